//! Arrows between files, folders and packages run one way.

use std::collections::{BTreeMap, BTreeSet};

use crate::imports::{Import, imports};
use crate::source::{MEMBERS, assert_none, bare, code, files_of, root};

/// Nodes that reach each other, with what ties them.
fn circles(arrows: &[(String, String, &Import)]) -> Vec<Vec<String>> {
    let mut next: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for (from, to, _) in arrows {
        next.entry(from).or_default().insert(to);
    }
    let reach = |start: &str| {
        let mut seen: BTreeSet<&str> = BTreeSet::new();
        let mut open: Vec<&str> = next.get(start).into_iter().flatten().copied().collect();
        while let Some(node) = open.pop() {
            if seen.insert(node) {
                open.extend(next.get(node).into_iter().flatten());
            }
        }
        seen
    };
    let reached: BTreeMap<&str, BTreeSet<&str>> =
        next.keys().map(|node| (*node, reach(node))).collect();
    let mut found: BTreeSet<Vec<&str>> = BTreeSet::new();
    for (node, far) in &reached {
        let members: Vec<&str> = far
            .iter()
            .copied()
            .filter(|other| reached.get(other).is_some_and(|back| back.contains(node)))
            .collect();
        if far.contains(node) {
            found.insert(members);
        }
    }
    let told = |members: Vec<&str>| {
        let mut lines = vec![format!("circle of {}:", members.join(", "))];
        for (from, to, import) in arrows {
            if members.contains(&from.as_str()) && members.contains(&to.as_str()) {
                let Import { from, line, to, name } = import;
                lines.push(format!("  {from}:{line} takes {name} from {to}"));
            }
        }
        lines
    };
    found.into_iter().map(told).collect()
}

#[test]
fn no_two_files_import_each_other() {
    for member in MEMBERS {
        let imports = imports(member);
        let arrows: Vec<_> = imports.iter().map(|i| (i.from.clone(), i.to.clone(), i)).collect();
        assert_none("files that import each other", &circles(&arrows).concat());
    }
}

/// Where two paths part: the folder they share, and the file or folder of each in it.
fn parting(from: &str, to: &str) -> (String, String, String) {
    let (a, b): (Vec<&str>, Vec<&str>) = (from.split('/').collect(), to.split('/').collect());
    let shared = a.iter().zip(&b).take_while(|(x, y)| x == y).count();
    (a[..shared].join("/"), a[shared].to_owned(), b[shared].to_owned())
}

#[test]
fn no_two_folders_import_each_other() {
    for member in MEMBERS {
        let imports = imports(member);
        let mut by_folder: BTreeMap<String, Vec<(String, String, &Import)>> = BTreeMap::new();
        for import in &imports {
            let (folder, from, to) = parting(&import.from, &import.to);
            by_folder.entry(folder).or_default().push((from, to, import));
        }
        for (folder, arrows) in by_folder {
            let what = format!("files or folders of {folder} that import each other");
            assert_none(&what, &circles(&arrows).concat());
        }
    }
}

/// Folders and files of `backtest/src`, lowest first: an arrow points to an earlier line,
/// or stays within one.
const LAYERS: [&[&str]; 9] = [
    &["times.rs"],
    &["series"],
    &["load"],
    &["quality", "config", "run", "features.rs"],
    &["setup", "folder"],
    &["report", "frame.rs"],
    &["research"],
    &["prelude.rs"],
    &["cli"],
];

fn layer(file: &str) -> usize {
    let below = file.strip_prefix("backtest/src/").unwrap();
    let first = below.split('/').next().unwrap();
    let at = LAYERS.iter().position(|layer| layer.contains(&first));
    at.unwrap_or_else(|| panic!("{file}: no layer of backtest has {first}; say where it stands"))
}

#[test]
fn arrows_of_backtest_point_down() {
    let mut found = Vec::new();
    for Import { from, line, to, name } in imports("backtest") {
        if to != "backtest/src/lib.rs" && from != "backtest/src/lib.rs" && layer(&from) < layer(&to)
        {
            found.push(format!("{from}:{line} takes {name} from {to}"));
        }
    }
    assert_none("arrows that point up", &found);
}

/// What decides and what is decided on knows nothing of who searches for better settings.
/// The prelude stands beside the command: it hands names on to programs and uses none.
#[test]
fn research_is_named_by_the_command_alone() {
    let mut found = Vec::new();
    for Import { from, line, to, name } in imports("backtest") {
        let inside = |file: &str| file.starts_with("backtest/src/research/");
        let allowed = inside(&from)
            || from.starts_with("backtest/src/cli/")
            || from == "backtest/src/prelude.rs";
        if inside(&to) && !allowed {
            found.push(format!("{from}:{line} takes {name} from {to}"));
        }
    }
    assert_none("who names research", &found);
}

/// The dependencies that a member's manifest states in a section.
fn dependencies(member: &str, section: &str) -> Vec<String> {
    let text = std::fs::read_to_string(root().join(member).join("Cargo.toml")).unwrap();
    let mut inside = false;
    let mut found = Vec::new();
    for line in text.lines() {
        if line.starts_with('[') {
            inside = line == format!("[{section}]");
        } else if inside && !line.starts_with('#') {
            let name = line.split(|c: char| !(c.is_alphanumeric() || "-_".contains(c))).next();
            found.extend(name.filter(|n| !n.is_empty()).map(str::to_owned));
        }
    }
    found
}

#[test]
fn arrows_between_packages_point_down() {
    let allowed: [(&str, &[&str]); 6] = [
        ("core", &[]),
        ("core/config", &["tickstep-core"]),
        ("core/journal", &["tickstep-core"]),
        ("backtest", &["tickstep-core", "tickstep-config", "tickstep-journal"]),
        ("live", &["tickstep-core", "tickstep-config", "tickstep-journal"]),
        ("bindings", &["tickstep-core", "tickstep-config", "tickstep-backtest"]),
    ];
    let mut found = Vec::new();
    for (member, below) in allowed {
        for section in ["dependencies", "dev-dependencies", "build-dependencies"] {
            for name in dependencies(member, section) {
                if name.starts_with("tickstep-") && !below.contains(&name.as_str()) {
                    found.push(format!("{member}/Cargo.toml: {name} under [{section}]"));
                }
            }
        }
    }
    assert_none("packages that stand higher", &found);
}

/// A program that only runs backtests must not compile what a terminal needs.
#[test]
fn the_libraries_of_a_terminal_are_named_by_the_command_alone() {
    let terminal = ["anyhow", "clap", "ctrlc", "indicatif"];
    let mut found = Vec::new();
    for (name, text) in files_of("backtest") {
        if name.starts_with("backtest/src/cli/") {
            continue;
        }
        for (n, line) in code(&text).lines().enumerate() {
            let line = bare(line);
            for library in terminal {
                let chosen = line.contains("cfg_attr(feature");
                if line.contains(&format!("{library}::")) && !chosen {
                    found.push(format!("{name}:{}: {library}", n + 1));
                }
            }
        }
    }
    assert_none("libraries of a terminal outside cli", &found);
    let manifest = std::fs::read_to_string(root().join("backtest/Cargo.toml")).unwrap();
    let stated = |library: &&&str| {
        let line = manifest.lines().find(|l| l.starts_with(&format!("{library} =")));
        line.is_none_or(|line| !line.contains("optional = true"))
    };
    let found: Vec<_> = terminal.iter().filter(stated).map(|l| (*l).to_owned()).collect();
    assert_none("libraries of a terminal that are not optional", &found);
}
