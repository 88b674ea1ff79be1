//! The sources of the workspace as text, and what can be read off a line of them.

use std::fs;
use std::path::{Path, PathBuf};

/// Members whose sources the rules hold for, by their folder.
pub const MEMBERS: [&str; 6] =
    ["core", "core/config", "core/journal", "backtest", "live", "bindings"];

pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_path_buf()
}

fn sources(folder: &Path, into: &mut Vec<PathBuf>) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    let mut entries: Vec<_> = entries.map(|e| e.unwrap().path()).collect();
    entries.sort();
    for path in entries {
        if path.is_dir() {
            sources(&path, into);
        } else if path.extension().is_some_and(|e| e == "rs") {
            into.push(path);
        }
    }
}

/// Every source file of the libraries: its path from the root, and its text.
pub fn files() -> Vec<(String, String)> {
    MEMBERS.iter().flat_map(|member| files_of(member)).collect()
}

/// Every source file of one member.
pub fn files_of(member: &str) -> Vec<(String, String)> {
    let root = root();
    let mut paths = Vec::new();
    sources(&root.join(member).join("src"), &mut paths);
    let name = |p: &Path| p.strip_prefix(&root).unwrap().to_str().unwrap().replace('\\', "/");
    paths.iter().map(|p| (name(p), fs::read_to_string(p).unwrap())).collect()
}

/// Without the tests at the end.
pub fn code(text: &str) -> &str {
    let plain = text.find("#[cfg(test)]\nmod ");
    let allowing = text.find("#[cfg(test)]\n#[allow(clippy::unwrap_used)]\nmod ");
    &text[..plain.into_iter().chain(allowing).min().unwrap_or(text.len())]
}

/// Without comments and the insides of strings, which may hold braces and words.
pub fn bare(line: &str) -> String {
    let mut out = String::new();
    let mut chars = line.chars().peekable();
    let mut inside = false;
    while let Some(c) = chars.next() {
        match c {
            '\\' if inside => drop(chars.next()),
            '"' => inside = !inside,
            '/' if !inside && chars.peek() == Some(&'/') => break,
            '\'' if !inside => {
                // A character, escaped or not; a lifetime has no closing quote so near.
                let ahead: Vec<char> = chars.clone().take(3).collect();
                let from = if ahead.first() == Some(&'\\') { 2 } else { 1 };
                if ahead.get(from) == Some(&'\'') {
                    chars.nth(from);
                } else {
                    out.push(c);
                }
            }
            _ if !inside => out.push(c),
            _ => {}
        }
    }
    out
}

pub fn words(line: &str) -> impl Iterator<Item = &str> {
    line.split(|c: char| !(c.is_alphanumeric() || c == '_')).filter(|w| !w.is_empty())
}

pub fn is_tests(name: &str) -> bool {
    name.ends_with("/tests.rs") || name.ends_with("/testing.rs")
}

pub fn assert_none(what: &str, found: &[String]) {
    assert!(found.is_empty(), "{what}:\n{}", found.join("\n"));
}

#[test]
fn the_counter_sees_through_strings_characters_and_comments() {
    assert_eq!(bare(r#"let a = "{ \" }"; // {"#), "let a = ; ");
    assert_eq!(bare("match c { '{' => 'a', '\\'' => x }"), "match c {  => ,  => x }");
    assert_eq!(bare("fn f<'a>(x: &'a str) {"), "fn f<'a>(x: &'a str) {");
}
