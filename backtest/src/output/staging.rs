//! A run folder comes whole or not at all.

use std::fs;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use super::{FILES, OutputError, ResultFile, io_error};

/// A folder beside the target that is removed unless it is committed.
pub(super) struct Staging {
    pub(super) dir: PathBuf,
}

impl Staging {
    pub(super) fn beside(target: &Path) -> Result<Self, OutputError> {
        let name = target.file_name().map_or_else(|| "run".into(), |n| n.to_string_lossy());
        let dir = target.with_file_name(format!(".{name}.{}", std::process::id()));
        fs::create_dir_all(&dir).map_err(|e| io_error(&dir, e))?;
        Ok(Self { dir })
    }

    pub(super) fn file(
        &self,
        name: &'static str,
        write: impl FnOnce(&mut dyn Write) -> Result<(), OutputError>,
    ) -> Result<ResultFile, OutputError> {
        let path = self.dir.join(name);
        let file = fs::File::create(&path).map_err(|e| io_error(&path, e))?;
        let mut hashing = Hashing { inner: BufWriter::new(file), hash: Sha256::new() };
        write(&mut hashing)?;
        hashing.flush().map_err(|e| io_error(&path, e))?;
        let digest = hashing.hash.finalize();
        let sha256 = digest.iter().map(|b| format!("{b:02x}")).collect();
        Ok(ResultFile { name: name.to_owned(), sha256 })
    }

    pub(super) fn commit(self, target: &Path) -> Result<(), OutputError> {
        fs::create_dir_all(target).map_err(|e| io_error(target, e))?;
        // The manifest goes first and comes last: a folder without one is no whole run.
        let manifest = target.join("manifest.json");
        if manifest.exists() {
            fs::remove_file(&manifest).map_err(|e| io_error(&manifest, e))?;
        }
        for name in FILES {
            let (from, to) = (self.dir.join(name), target.join(name));
            if from.exists() {
                fs::rename(from, &to).map_err(|e| io_error(&to, e))?;
            } else if to.exists() {
                // Of the run that was here before.
                fs::remove_file(&to).map_err(|e| io_error(&to, e))?;
            }
        }
        Ok(())
    }
}

impl Drop for Staging {
    fn drop(&mut self) {
        // What is left is a part of a run that failed; there is nothing to tell.
        let _ = fs::remove_dir_all(&self.dir);
    }
}

struct Hashing<W: Write> {
    inner: W,
    hash: Sha256,
}

impl<W: Write> Write for Hashing<W> {
    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        let n = self.inner.write(buf)?;
        self.hash.update(&buf[..n]);
        Ok(n)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}
