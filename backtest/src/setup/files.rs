//! From paths and patterns of a configuration to files.

use std::path::{Path, PathBuf};

use super::error::SetupError;
use crate::config::DataItem;
use crate::load::STDIN;

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
    if pattern == STDIN {
        return Ok(vec![PathBuf::from(STDIN)]);
    }
    let path = base.join(pattern);
    if path.exists() || !pattern.contains(['*', '?', '[']) {
        return Ok(vec![path]);
    }
    let none = || SetupError::NoFile {
        symbol: symbol.to_owned(),
        pattern: pattern.to_owned(),
        base: if base.as_os_str().is_empty() { Path::new(".") } else { base }.to_owned(),
    };
    let found: Vec<PathBuf> =
        glob::glob(&escaped(&path)).map_err(|_| none())?.filter_map(Result::ok).collect();
    if found.is_empty() { Err(none()) } else { Ok(found) }
}

/// The pattern in which folders that are there stand for themselves, whatever signs
/// their names have: `data [1]/*.csv` is all of `data [1]`.
fn escaped(path: &Path) -> String {
    let folder = path.ancestors().skip(1).find(|folder| folder.is_dir());
    let Some(folder) = folder.filter(|folder| !folder.as_os_str().is_empty()) else {
        return path.to_string_lossy().into_owned();
    };
    let rest = path.strip_prefix(folder).unwrap_or(path);
    let literal = glob::Pattern::escape(&folder.to_string_lossy());
    PathBuf::from(literal).join(rest).to_string_lossy().into_owned()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_with_signs_of_patterns_in_its_name_is_that_folder() {
        let dir = tempfile::tempdir().unwrap();
        let base = dir.path().join("bars [1m] *");
        std::fs::create_dir_all(base.join("y[20]")).unwrap();
        std::fs::write(base.join("y[20]/FIL-1.csv"), "").unwrap();
        std::fs::write(base.join("FIL-2.csv"), "").unwrap();
        let names = |pattern: &str| -> Vec<String> {
            let found = matching("FIL", pattern, &base).unwrap();
            found.iter().map(|f| f.file_name().unwrap().to_string_lossy().into_owned()).collect()
        };
        assert_eq!(names("*.csv"), ["FIL-2.csv"]);
        assert_eq!(names("y[20]/*.csv"), ["FIL-1.csv"]);
        assert_eq!(names("FIL-[12].csv"), ["FIL-2.csv"]);
    }

    #[test]
    fn a_base_without_a_name_is_told_as_the_current_folder() {
        let error = matching("FIL", "none/*.csv", Path::new("")).unwrap_err().to_string();
        assert!(error.contains("matches no file below .;"), "{error}");
    }
}
