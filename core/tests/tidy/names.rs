//! Names: each type has one in its crate, folders are not deep, modules follow one convention.

use std::collections::BTreeMap;

use crate::source::{MEMBERS, assert_none, bare, code, files, files_of, is_tests};

/// Type names that follow a convention of a library, once in each file that needs one.
const CONVENTIONS: [&str; 1] = ["Args"];

/// The type that a line defines, wherever it stands in its file.
fn type_of(line: &str) -> Option<&str> {
    let line = line.strip_prefix("pub ").unwrap_or(line);
    let line = match line.strip_prefix("pub(") {
        Some(rest) => rest.split_once(") ")?.1,
        None => line,
    };
    let name =
        ["struct ", "enum ", "trait ", "union "].iter().find_map(|k| line.strip_prefix(k))?;
    name.split(|c: char| !(c.is_alphanumeric() || c == '_')).next()
}

#[test]
fn no_type_name_stands_twice_in_a_crate() {
    let mut found = Vec::new();
    for member in MEMBERS {
        let mut places: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for (name, text) in files_of(member) {
            if is_tests(&name) {
                continue;
            }
            for (n, line) in code(&text).lines().enumerate() {
                if let Some(of) = type_of(&bare(line)) {
                    places.entry(of.to_owned()).or_default().push(format!("{name}:{}", n + 1));
                }
            }
        }
        places.retain(|of, places| places.len() > 1 && !CONVENTIONS.contains(&of.as_str()));
        found.extend(places.iter().map(|(of, places)| format!("{of}: {}", places.join(", "))));
    }
    assert_none("type names that stand twice", &found);
}

#[test]
fn folders_are_at_most_three_deep() {
    let deep = |name: &&(String, String)| {
        let below = name.0.split_once("/src/").unwrap().1;
        below.matches('/').count() > 3
    };
    let found: Vec<_> = files().iter().filter(deep).map(|(name, _)| name.clone()).collect();
    assert_none("files more than three folders deep", &found);
}

#[test]
fn a_folder_has_its_module_inside() {
    let files = files();
    let beside = |name: &&(String, String)| {
        let folder = format!("{}/", name.0.trim_end_matches(".rs"));
        files.iter().any(|(other, _)| other.starts_with(&folder))
    };
    let found: Vec<_> = files.iter().filter(beside).map(|(name, _)| name.clone()).collect();
    assert_none("module files beside their folder", &found);
}
