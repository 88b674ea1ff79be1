//! Who imports whom, read off the sources: each name that a file uses of its own
//! crate, followed through re-exports to the file that defines it.
//!
//! A re-export (`pub use`) hands a name on and is no import; the tests at the end of
//! a file are left out, and so is the insides of strings and comments.

use std::collections::{BTreeMap, BTreeSet};

use crate::source::{bare, code, files_of, is_tests};

/// One name that a file takes from another.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Import {
    pub from: String,
    pub line: usize,
    pub to: String,
    pub name: String,
}

struct Module {
    file: String,
    /// Names defined at the top level of the file.
    defined: BTreeSet<String>,
    /// Names handed on, and the path each is taken from.
    exported: BTreeMap<String, Vec<String>>,
    globs: Vec<Vec<String>>,
    /// Names brought in for the file's own use.
    imported: BTreeMap<String, Vec<String>>,
    /// Every path written in the file, with its line.
    paths: Vec<(usize, Vec<String>)>,
}

type Modules = BTreeMap<Vec<String>, Module>;

/// Every import between two files of a crate.
pub fn imports(member: &str) -> Vec<Import> {
    let modules = modules(member);
    let mut found = BTreeSet::new();
    for (at, module) in &modules {
        for (line, path) in &module.paths {
            let Some((to, name)) = resolve(&modules, at, path, 0) else { continue };
            if to != module.file {
                let from = module.file.clone();
                found.insert(Import { from, line: *line, to, name });
            }
        }
    }
    found.into_iter().collect()
}

fn modules(member: &str) -> Modules {
    let mut modules = Modules::new();
    let prefix = format!("{member}/src/");
    for (name, text) in files_of(member) {
        if is_tests(&name) || name.ends_with("/main.rs") {
            continue;
        }
        let inner = name.strip_prefix(&prefix).unwrap().trim_end_matches(".rs");
        let mut at: Vec<String> = inner.split('/').map(str::to_owned).collect();
        if matches!(at.last().map(String::as_str), Some("mod" | "lib")) {
            at.pop();
        }
        modules.insert(at, read(name, code(&text)));
    }
    modules
}

fn read(file: String, text: &str) -> Module {
    let mut module = Module {
        file,
        defined: BTreeSet::new(),
        exported: BTreeMap::new(),
        globs: Vec::new(),
        imported: BTreeMap::new(),
        paths: Vec::new(),
    };
    let mut statement: Option<(usize, String)> = None;
    for (n, line) in text.lines().enumerate() {
        let bare = bare(line);
        let trimmed = bare.trim();
        if statement.is_none() && is_use(trimmed) {
            statement = Some((n + 1, String::new()));
        }
        if let Some((start, so_far)) = &mut statement {
            so_far.push_str(trimmed);
            so_far.push(' ');
            if trimmed.ends_with(';') {
                take_use(&mut module, *start, &so_far.clone());
                statement = None;
            }
            continue;
        }
        if let Some(name) = defines(&bare) {
            module.defined.insert(name);
        }
        for path in paths(&bare) {
            module.paths.push((n + 1, path));
        }
    }
    module
}

fn is_use(line: &str) -> bool {
    line.starts_with("use ") || (line.starts_with("pub") && line.contains(" use "))
}

fn take_use(module: &mut Module, line: usize, text: &str) {
    let public = text.starts_with("pub");
    let tree = text.split_once("use ").unwrap().1.trim().trim_end_matches(';').trim();
    for (path, alias) in leaves(tree) {
        let last = path.last().cloned().unwrap_or_default();
        if last == "*" {
            module.globs.push(path[..path.len() - 1].to_vec());
            continue;
        }
        let name = alias.unwrap_or(last);
        if public {
            module.exported.insert(name, path);
        } else {
            module.paths.push((line, path.clone()));
            module.imported.insert(name, path);
        }
    }
}

/// The paths of a use tree, each with its `as` name.
fn leaves(tree: &str) -> Vec<(Vec<String>, Option<String>)> {
    let tree = tree.trim();
    if let Some(open) = tree.find('{') {
        let head: Vec<String> = segments(&tree[..open]);
        let inner = tree[open + 1..].trim_end().trim_end_matches('}');
        let mut out = Vec::new();
        for part in split_top(inner) {
            for (path, alias) in leaves(part) {
                let path = if path.first().is_some_and(|p| p == "self") && path.len() == 1 {
                    head.clone()
                } else {
                    head.iter().cloned().chain(path).collect()
                };
                out.push((path, alias));
            }
        }
        return out;
    }
    if tree.is_empty() {
        return Vec::new();
    }
    match tree.split_once(" as ") {
        Some((path, alias)) => vec![(segments(path), Some(alias.trim().to_owned()))],
        None => vec![(segments(tree), None)],
    }
}

fn segments(path: &str) -> Vec<String> {
    path.split("::").map(str::trim).filter(|s| !s.is_empty()).map(str::to_owned).collect()
}

fn split_top(list: &str) -> Vec<&str> {
    let (mut depth, mut start, mut out) = (0, 0, Vec::new());
    for (at, c) in list.char_indices() {
        match c {
            '{' => depth += 1,
            '}' => depth -= 1,
            ',' if depth == 0 => {
                out.push(&list[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    out.push(&list[start..]);
    out.into_iter().map(str::trim).filter(|p| !p.is_empty()).collect()
}

/// The name that a line at the top level defines.
fn defines(line: &str) -> Option<String> {
    if line.starts_with(char::is_whitespace) {
        return None;
    }
    let mut words = line.split_whitespace().skip_while(|w| {
        w.starts_with("pub")
            || ["in", "unsafe", "async", "extern", "default"].contains(w)
            || w.ends_with(')')
    });
    let kind = words.next()?;
    let name = words.next()?;
    let (kind, name) =
        if kind == "const" && name == "fn" { ("fn", words.next()?) } else { (kind, name) };
    ["fn", "struct", "enum", "trait", "type", "const", "static", "macro_rules!"]
        .contains(&kind)
        .then(|| name.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect())
}

/// Paths of two segments and more that are written in a line of code.
fn paths(line: &str) -> Vec<Vec<String>> {
    let is_path = |c: char| c.is_alphanumeric() || c == '_' || c == ':';
    line.split(|c: char| !is_path(c))
        .filter(|p| p.contains("::"))
        .map(segments)
        .filter(|p| p.len() > 1)
        .collect()
}

/// The file that defines what a path names, and the name; `None` outside the crate.
fn resolve(
    modules: &Modules,
    at: &[String],
    path: &[String],
    depth: usize,
) -> Option<(String, String)> {
    if depth > 12 {
        return None;
    }
    let (first, rest) = path.split_first()?;
    let mut here = at.to_vec();
    let mut rest = rest;
    match first.as_str() {
        "crate" => here.clear(),
        "self" => {}
        "super" => {
            here.pop()?;
            while let Some(("super", tail)) = rest.split_first().map(|(f, t)| (f.as_str(), t)) {
                here.pop()?;
                rest = tail;
            }
        }
        name => {
            let child: Vec<String> = at.iter().cloned().chain([name.to_owned()]).collect();
            if modules.contains_key(&child) {
                here = child;
            } else {
                let taken = modules.get(at)?.imported.get(name)?.clone();
                if taken == path {
                    return None;
                }
                let path: Vec<String> = taken.into_iter().chain(rest.iter().cloned()).collect();
                return resolve(modules, at, &path, depth + 1);
            }
        }
    }
    follow(modules, here, rest, depth)
}

fn follow(
    modules: &Modules,
    mut here: Vec<String>,
    rest: &[String],
    depth: usize,
) -> Option<(String, String)> {
    for segment in rest {
        here.push(segment.clone());
        if modules.contains_key(&here) {
            continue;
        }
        here.pop();
        let module = modules.get(&here)?;
        if module.defined.contains(segment) {
            return Some((module.file.clone(), segment.clone()));
        }
        if let Some(path) = module.exported.get(segment) {
            return resolve(modules, &here, path, depth + 1);
        }
        let named = |glob: &Vec<String>| {
            let path: Vec<String> = glob.iter().cloned().chain([segment.clone()]).collect();
            resolve(modules, &here, &path, depth + 1)
        };
        return module.globs.iter().find_map(named);
    }
    // A module by itself: what is taken from it is seen where it is used.
    None
}

#[test]
fn a_use_tree_is_read_leaf_by_leaf() {
    let read = |tree| leaves(tree).into_iter().map(|(p, a)| (p.join("::"), a)).collect::<Vec<_>>();
    let plain = |p: &str| (p.to_owned(), None);
    assert_eq!(
        read("crate::a::{self, b::{C, D as E}, F}"),
        [
            plain("crate::a"),
            plain("crate::a::b::C"),
            ("crate::a::b::D".into(), Some("E".into())),
            plain("crate::a::F")
        ]
    );
}

#[test]
fn the_definitions_of_a_file_are_seen() {
    for (line, name) in [
        ("pub(crate) const fn near(x: u8) {", "near"),
        ("pub struct Series {", "Series"),
        ("pub(in crate::run) enum Kind<T> {", "Kind"),
        ("const MOST: usize = 3;", "MOST"),
        ("type Slot = u8;", "Slot"),
    ] {
        assert_eq!(defines(line).as_deref(), Some(name), "{line}");
    }
    assert_eq!(defines("    fn inner() {"), None);
}
