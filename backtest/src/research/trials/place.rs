//! Where the sets that were ever tried are counted, so that the count does not depend on
//! the folder that a result is written to.
//!
//! The file is, in this order: what the environment variable `TICKSTEP_TRIALS` names; the
//! `trials.jsonl` of the folder that holds the result's, or of the nearest folder above
//! that has one; the one in the user's data folder (`tickstep/trials.jsonl` below
//! `$XDG_DATA_HOME` or `~/.local/share`, on Windows below `%APPDATA%`). Which one it was
//! is said.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use etcetera::BaseStrategy;

use super::registry::Registry;

const FILE: &str = "trials.jsonl";

impl Registry {
    /// The count of trials for a result that is written to the folder `out`.
    #[must_use]
    pub fn of_result(out: &Path) -> Self {
        let data = etcetera::choose_base_strategy().ok().map(|dirs| dirs.data_dir());
        Self::at(place(std::env::var_os("TICKSTEP_TRIALS"), out, data.as_deref()))
    }

    /// What is said of it beside a result.
    #[must_use]
    pub fn words(&self) -> String {
        format!("Trials are counted in {}", self.path().display())
    }
}

fn place(stated: Option<OsString>, out: &Path, data: Option<&Path>) -> PathBuf {
    if let Some(stated) = stated.filter(|path| !path.is_empty()) {
        return PathBuf::from(stated);
    }
    let parent = out.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let whole = std::path::absolute(parent).unwrap_or_else(|_| parent.to_path_buf());
    let found = whole.ancestors().map(|folder| folder.join(FILE)).find(|file| file.is_file());
    found.unwrap_or_else(|| match data {
        Some(data) => data.join("tickstep").join(FILE),
        None => parent.join(FILE),
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn the_file_is_the_stated_one_the_nearest_above_or_the_users() {
        let dir = tempfile::TempDir::new().unwrap();
        let (root, data) = (dir.path(), dir.path().join("data"));
        let out = root.join("a/b/run");
        std::fs::create_dir_all(root.join("a/b")).unwrap();
        let at = |stated: Option<&str>| place(stated.map(Into::into), &out, Some(&data));
        assert_eq!(at(Some("mine.jsonl")), Path::new("mine.jsonl"));
        let users = data.join("tickstep").join(FILE);
        assert_eq!(at(None), users);
        assert_eq!(at(Some("")), users, "an empty variable is none");
        assert_eq!(place(None, &out, None), root.join("a/b").join(FILE), "nobody's home");
        for folder in [root.to_path_buf(), root.join("a"), root.join("a/b")] {
            std::fs::write(folder.join(FILE), "").unwrap();
            assert_eq!(at(None), folder.join(FILE), "the nearest");
        }
    }
}
