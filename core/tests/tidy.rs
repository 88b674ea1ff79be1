//! House rules, held by a test so that nobody has to remember them.
#![allow(clippy::unwrap_used)]

use std::fs;
use std::path::{Path, PathBuf};

/// Longest file, tests excluded, and longest function, in lines.
const FILE: usize = 400;
const FUNCTION: usize = 70;
/// One enum of messages and one table of texts, which cannot be parted.
const WHOLE: [&str; 2] = ["backtest/src/load/error.rs", "backtest/src/report/text.rs"];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_path_buf()
}

fn sources(folder: &Path, into: &mut Vec<PathBuf>) {
    let mut entries: Vec<_> = fs::read_dir(folder).unwrap().map(|e| e.unwrap().path()).collect();
    entries.sort();
    for path in entries {
        if path.is_dir() {
            sources(&path, into);
        } else if path.extension().is_some_and(|e| e == "rs") {
            into.push(path);
        }
    }
}

/// Every source file of the two libraries: its path from the root, and its text.
fn files() -> Vec<(String, String)> {
    let root = root();
    let mut paths = Vec::new();
    for member in ["core", "backtest"] {
        sources(&root.join(member).join("src"), &mut paths);
    }
    let name = |p: &Path| p.strip_prefix(&root).unwrap().to_str().unwrap().replace('\\', "/");
    paths.iter().map(|p| (name(p), fs::read_to_string(p).unwrap())).collect()
}

/// Without the tests at the end.
fn code(text: &str) -> &str {
    text.split("#[cfg(test)]\nmod ").next().unwrap()
}

/// Without comments and the insides of strings, which may hold braces and words.
fn bare(line: &str) -> String {
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

fn words(line: &str) -> impl Iterator<Item = &str> {
    line.split(|c: char| !(c.is_alphanumeric() || c == '_')).filter(|w| !w.is_empty())
}

fn assert_none(what: &str, found: &[String]) {
    assert!(found.is_empty(), "{what}:\n{}", found.join("\n"));
}

fn is_tests(name: &str) -> bool {
    name.ends_with("/tests.rs") || name.ends_with("/testing.rs")
}

#[test]
fn every_file_says_what_it_is_for() {
    let found: Vec<_> =
        files().into_iter().filter(|(_, t)| !t.starts_with("//!")).map(|(n, _)| n).collect();
    let found: Vec<_> = found.into_iter().filter(|n| !is_tests(n)).collect();
    assert_none("files without a module doc", &found);
}

#[test]
fn no_file_is_longer_than_can_be_read_at_once() {
    let long = files()
        .into_iter()
        .filter(|(n, _)| !is_tests(n) && !WHOLE.contains(&n.as_str()))
        .filter_map(|(name, text)| {
            let lines = code(&text).lines().count();
            (lines > FILE).then(|| format!("{name}: {lines} lines"))
        });
    assert_none("files over 400 lines", &long.collect::<Vec<_>>());
}

#[test]
fn no_function_is_longer_than_a_screen() {
    let mut found = Vec::new();
    for (name, text) in files() {
        let mut open: Option<(usize, usize, bool)> = None;
        let mut depth = 0_usize;
        for (n, line) in text.lines().enumerate() {
            let line = bare(line);
            if open.is_none() && words(&line).any(|w| w == "fn") {
                open = Some((n, depth, false));
            }
            for c in line.chars() {
                match c {
                    '{' => depth += 1,
                    '}' => depth = depth.saturating_sub(1),
                    _ => {}
                }
            }
            if let Some((start, base, begun)) = open {
                let begun = begun || line.contains('{');
                let ended = (begun && depth <= base) || (!begun && line.ends_with(';'));
                open = if ended { None } else { Some((start, base, begun)) };
                if ended && n - start + 1 > FUNCTION {
                    found.push(format!("{name}:{}: {} lines", start + 1, n - start + 1));
                }
            }
        }
    }
    assert_none("functions over 70 lines", &found);
}

#[test]
fn nothing_that_depends_on_more_than_its_input() {
    let banned = ["HashMap", "HashSet", "f32", "SystemTime", "Instant"];
    let mut found = Vec::new();
    for (name, text) in files() {
        for (n, line) in code(&text).lines().enumerate() {
            let line = bare(line);
            for word in words(&line).filter(|w| banned.contains(w)) {
                found.push(format!("{name}:{}: {word}", n + 1));
            }
        }
    }
    assert_none("words that are not used here", &found);
}

/// What decides must not know the venue, or it could not be traded live as it
/// was tested. The engine may know where a bracket is measured from.
#[test]
fn what_decides_never_names_the_simulated_exchange() {
    let mut found = Vec::new();
    for (name, text) in files() {
        let decides = ["core/src/strategy/", "core/src/sizing", "core/src/risk", "core/src/engine"];
        if !decides.iter().any(|d| name.starts_with(d)) {
            continue;
        }
        let engine = name.starts_with("core/src/engine");
        for (n, line) in code(&text).lines().enumerate() {
            let line = bare(line);
            let names = line.contains("sim::") || line.contains("::sim;");
            let allowed = engine && line.trim() == "use crate::sim::cost::BracketAnchor;";
            if names && !allowed {
                found.push(format!("{name}:{}: {}", n + 1, line.trim()));
            }
        }
    }
    assert_none("the simulated exchange is named", &found);
}

#[test]
fn the_counter_sees_through_strings_characters_and_comments() {
    assert_eq!(bare(r#"let a = "{ \" }"; // {"#), "let a = ; ");
    assert_eq!(bare("match c { '{' => 'a', '\\'' => x }"), "match c {  => ,  => x }");
    assert_eq!(bare("fn f<'a>(x: &'a str) {"), "fn f<'a>(x: &'a str) {");
}
