//! House rules, held by a test so that nobody has to remember them.
#![allow(clippy::unwrap_used)]

mod arrows;
mod bits;
mod imports;
mod names;
mod source;

use source::{assert_none, bare, code, files, is_tests, words};

/// Longest file, tests excluded, and longest function, in lines.
const FILE: usize = 400;
const FUNCTION: usize = 70;
/// One table of texts, which cannot be parted.
const WHOLE: [&str; 1] = ["backtest/src/report/text.rs"];

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
    // The bindings wait for Python by the clock, and compute nothing.
    for (name, text) in files().into_iter().filter(|(name, _)| !name.starts_with("bindings/")) {
        for (n, line) in code(&text).lines().enumerate() {
            let line = bare(line);
            // Tables of other programs may hold them; they are read as their shortest text.
            let taken = |w: &str| match name.as_str() {
                "backtest/src/load/memory_table.rs" => w == "f32",
                // The one file that reads the wall clock.
                "live/src/clock.rs" => matches!(w, "SystemTime" | "Instant"),
                _ => false,
            };
            for word in words(&line).filter(|w| banned.contains(w) && !taken(w)) {
                found.push(format!("{name}:{}: {word}", n + 1));
            }
        }
    }
    assert_none("words that are not used here", &found);
}

/// What decides must not know the venue, or it could not be traded live as it
/// was tested.
#[test]
fn what_decides_never_names_the_simulated_exchange() {
    let mut found = Vec::new();
    for (name, text) in files() {
        let decides = ["core/src/strategy/", "core/src/sizing", "core/src/risk", "core/src/engine"];
        if !decides.iter().any(|d| name.starts_with(d)) {
            continue;
        }
        for (n, line) in code(&text).lines().enumerate() {
            let line = bare(line);
            if line.contains("sim::") || line.contains("::sim;") {
                found.push(format!("{name}:{}: {}", n + 1, line.trim()));
            }
        }
    }
    assert_none("the simulated exchange is named", &found);
}
