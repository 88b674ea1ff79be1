//! Repairs that lead to a load, known because they were tried.

use super::error::LoadError;
use crate::series::repairs::Repair;

/// The repairs with which data loads that was refused for `error`; empty where none lead
/// there. `attempt` loads with these repairs in addition to those already named, and says
/// why it still fails.
pub fn remedy(
    error: &LoadError,
    mut attempt: impl FnMut(&[Repair]) -> Option<LoadError>,
) -> Vec<Repair> {
    let mut named = Vec::new();
    let mut next = error.repair();
    while let Some(repair) = next {
        if named.contains(&repair) {
            return Vec::new();
        }
        named.push(repair);
        match attempt(&named) {
            None => return named,
            Some(error) => next = error.repair(),
        }
    }
    Vec::new()
}

/// The repairs as a hint for the command line: that of the first fault, and all of them
/// where the files need more.
pub fn remedy_words(repairs: &[Repair]) -> Option<String> {
    let first = repairs.first()?;
    let mut words = format!("`--repair {first}` would mend this, and count it");
    if repairs.len() > 1 {
        let names: Vec<&str> = repairs.iter().map(|repair| repair.name()).collect();
        words += &format!("; with all that is wrong, `--repair {}`", names.join(","));
    }
    Some(words)
}
