//! Files that nobody but their owner reads, and that are replaced as a whole or not at all.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};

/// Reads a file, up to `most` bytes of it.
pub(super) fn read(path: &Path, most: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::with_capacity(usize::try_from(most.min(1 << 16)).unwrap_or_default());
    File::open(path)?.take(most).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// A file that was not there before, with mode 0600.
pub(super) fn new_file(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        options.mode(0o600);
    }
    options.open(path)
}

/// The folder of a file.
fn folder(path: &Path) -> &Path {
    path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or_else(|| Path::new("."))
}

/// Makes durable that a file is in its folder.
pub(super) fn sync_folder(path: &Path) -> io::Result<()> {
    // Elsewhere folders cannot be opened as files.
    if cfg!(unix) { File::open(folder(path))?.sync_all() } else { Ok(()) }
}

/// A file beside `path` whose name ends in `ending`.
pub(super) fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(ending);
    path.with_file_name(name)
}

/// Holds changes of `path` by other programs off, until it is dropped.
pub(super) fn lock(path: &Path) -> io::Result<File> {
    let path = beside(path, ".lock");
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(false);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        options.mode(0o600);
    }
    let file = options.open(path)?;
    file.lock()?;
    Ok(file)
}

/// How far a file got that was to be replaced.
#[derive(Debug)]
pub(super) enum Replaced {
    /// It is what it was.
    Not(io::Error),
    /// It is replaced, and whether that is durable is not known.
    Unconfirmed(io::Error),
}

/// Puts `bytes` in the place of a file. What was there stays whole until they are durable.
pub(super) fn replace(path: &Path, bytes: &[u8]) -> Result<(), Replaced> {
    let new = beside(path, ".new");
    let write = || {
        // One that was left behind by a loss of power is of no use.
        match fs::remove_file(&new) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        let mut file = new_file(&new)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        drop(file);
        fs::rename(&new, path)
    };
    write().map_err(|error| {
        let _gone = fs::remove_file(&new);
        Replaced::Not(error)
    })?;
    sync_folder(path).map_err(Replaced::Unconfirmed)
}

/// Whether nobody but its owner may read a file; else what to do about it.
pub(super) fn only_owner(path: &Path) -> Result<(), String> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let found = fs::metadata(path).map_err(|error| error.to_string())?;
        if found.permissions().mode() & 0o077 != 0 {
            return Err("others may read it; `chmod 600` keeps it to its owner".to_owned());
        }
    }
    #[cfg(not(unix))]
    let _unchecked = path;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_replaced_as_a_whole() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("vault");
        fs::write(beside(&path, ".new"), "left behind").unwrap();
        for text in ["one", "a longer two"] {
            replace(&path, text.as_bytes()).unwrap();
            assert_eq!(fs::read_to_string(&path).unwrap(), text);
            assert_eq!(read(&path, 2).unwrap(), text.as_bytes()[..2]);
        }
        assert!(!beside(&path, ".new").exists());
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        }
    }

    #[test]
    fn what_cannot_be_replaced_stays() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("vault");
        fs::create_dir(&path).unwrap();
        fs::write(path.join("inside"), "x").unwrap();
        assert!(matches!(replace(&path, b"new"), Err(Replaced::Not(_))));
        assert!(path.join("inside").exists() && !beside(&path, ".new").exists());
        let nowhere = folder.path().join("none").join("vault");
        assert!(matches!(replace(&nowhere, b"new"), Err(Replaced::Not(_))));
    }
}
