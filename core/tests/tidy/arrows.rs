//! Arrows between files, folders and packages run one way.

use std::collections::{BTreeMap, BTreeSet};

use crate::imports::{Import, imports};
use crate::source::MEMBERS;

/// Circles that still stand: this number only falls.
const FILE_CIRCLES: usize = 14;
const FOLDER_CIRCLES: usize = 20;

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
    let mut found = Vec::new();
    for member in MEMBERS {
        let imports = imports(member);
        let arrows: Vec<_> = imports.iter().map(|i| (i.from.clone(), i.to.clone(), i)).collect();
        found.extend(circles(&arrows));
    }
    println!("{}", found.concat().join("\n"));
    assert!(
        found.len() <= FILE_CIRCLES,
        "{} circles of files:\n{}",
        found.len(),
        found.concat().join("\n")
    );
}

/// Where two paths part: the folder they share, and the file or folder of each in it.
fn parting(from: &str, to: &str) -> (String, String, String) {
    let (a, b): (Vec<&str>, Vec<&str>) = (from.split('/').collect(), to.split('/').collect());
    let shared = a.iter().zip(&b).take_while(|(x, y)| x == y).count();
    (a[..shared].join("/"), a[shared].to_owned(), b[shared].to_owned())
}

#[test]
fn no_two_folders_import_each_other() {
    let mut found = Vec::new();
    for member in MEMBERS {
        let imports = imports(member);
        let mut by_folder: BTreeMap<String, Vec<(String, String, &Import)>> = BTreeMap::new();
        for import in &imports {
            let (folder, from, to) = parting(&import.from, &import.to);
            by_folder.entry(folder).or_default().push((from, to, import));
        }
        for (folder, arrows) in by_folder {
            for circle in circles(&arrows) {
                found.push([vec![format!("in {folder}")], circle].concat());
            }
        }
    }
    println!("{}", found.concat().join("\n"));
    assert!(
        found.len() <= FOLDER_CIRCLES,
        "{} circles of folders:\n{}",
        found.len(),
        found.concat().join("\n")
    );
}
