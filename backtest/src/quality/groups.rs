//! Which files are of one instrument.

use std::path::PathBuf;

use super::checked_file::CheckOptions;
use crate::load::name_of;

/// The files of each instrument that they tell by name or column, and those that tell none
/// as one.
#[must_use]
pub fn by_symbol(files: Vec<PathBuf>, opts: &CheckOptions) -> Vec<Vec<PathBuf>> {
    if name_of(&files, &opts.load).is_ok() {
        return vec![files];
    }
    let mut groups: Vec<(Option<String>, Vec<PathBuf>)> = Vec::new();
    for file in files {
        let symbol = name_of(std::slice::from_ref(&file), &opts.load).ok();
        match groups.iter_mut().find(|(known, _)| *known == symbol) {
            Some((_, group)) => group.push(file),
            None => groups.push((symbol, vec![file])),
        }
    }
    groups.into_iter().map(|(_, files)| files).collect()
}
