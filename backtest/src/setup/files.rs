//! From paths and patterns of a configuration to files.

use std::path::{Path, PathBuf};

use super::error::SetupError;
use crate::config::DataItem;

/// Files of each segment: the plain items are one, each inner list is another.
pub(super) fn find(
    symbol: &str,
    items: &[DataItem],
    base: &Path,
) -> Result<Vec<Vec<PathBuf>>, SetupError> {
    let mut plain = Vec::new();
    let mut segments = Vec::new();
    for item in items {
        match item {
            DataItem::File(pattern) => plain.extend(matching(symbol, pattern, base)?),
            DataItem::Segment(patterns) => {
                let mut files = Vec::new();
                for pattern in patterns {
                    files.extend(matching(symbol, pattern, base)?);
                }
                segments.push(files);
            }
        }
    }
    if !plain.is_empty() {
        segments.insert(0, plain);
    }
    Ok(segments)
}

fn matching(symbol: &str, pattern: &str, base: &Path) -> Result<Vec<PathBuf>, SetupError> {
    let path = base.join(pattern);
    if path.exists() || !pattern.contains(['*', '?', '[']) {
        return Ok(vec![path]);
    }
    let none = || SetupError::NoFile {
        symbol: symbol.to_owned(),
        pattern: pattern.to_owned(),
        base: base.display().to_string(),
    };
    let found: Vec<PathBuf> =
        glob::glob(&path.to_string_lossy()).map_err(|_| none())?.filter_map(Result::ok).collect();
    if found.is_empty() { Err(none()) } else { Ok(found) }
}
