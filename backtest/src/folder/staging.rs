//! A run folder comes whole or not at all.

use std::fs;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use super::error::{OutputError, io_error};
use super::manifest::{FILES, ResultFile};

/// Whether a run may be written to `dir`: where there is nothing, or a run, or
/// what is left of one.
pub fn check(dir: &Path) -> Result<(), OutputError> {
    if !dir.exists() {
        return Ok(());
    }
    let not_a_run = || OutputError::NotARun(dir.display().to_string());
    if !dir.is_dir() {
        return Err(not_a_run());
    }
    for entry in fs::read_dir(dir).map_err(|e| io_error(dir, e))? {
        let name = entry.map_err(|e| io_error(dir, e))?.file_name();
        let name = name.to_string_lossy();
        let ours = FILES.contains(&name.as_ref()) || name.starts_with("report");
        if !ours && !dir.join("manifest.json").is_file() {
            return Err(not_a_run());
        }
    }
    Ok(())
}

/// The way from the run folder `from` to `to`, with `/`, the same wherever the
/// process was started.
pub(crate) fn relative(from: &Path, to: &Path) -> Result<String, OutputError> {
    let whole = |path: &Path| {
        let path = if path.as_os_str().is_empty() { Path::new(".") } else { path };
        std::path::absolute(path)
            .map(|p| p.canonicalize().unwrap_or(p))
            .map_err(|e| io_error(path, e))
    };
    let parent = whole(from.parent().unwrap_or(Path::new("")))?;
    let (from, to) = (parent.join(from.file_name().unwrap_or_default()), whole(to)?);
    let shared = from.components().zip(to.components()).take_while(|(a, b)| a == b).count();
    let up = from.components().skip(shared).map(|_| "..".to_owned());
    let down = to.components().skip(shared).map(|c| c.as_os_str().to_string_lossy().into_owned());
    Ok(up.chain(down).collect::<Vec<_>>().join("/"))
}

/// A folder beside the target that is removed unless it is committed.
pub(super) struct Staging {
    pub(super) dir: PathBuf,
}

impl Staging {
    pub(super) fn beside(target: &Path) -> Result<Self, OutputError> {
        let name = target.file_name().map_or_else(|| "run".into(), |n| n.to_string_lossy());
        let dir = target.with_file_name(format!(".{name}.{}", std::process::id()));
        if dir.exists() {
            // Left by a process of that number that was killed.
            fs::remove_dir_all(&dir).map_err(|e| io_error(&dir, e))?;
        }
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
        let mut hashing = Hashing { inner: BufWriter::new(file), hash: Sha256::new(), fault: None };
        let written = write(&mut hashing);
        if let Some(error) = hashing.fault.take() {
            return Err(io_error(&path, error));
        }
        written?;
        hashing.flush().map_err(|e| io_error(&path, e))?;
        let digest = hashing.hash.finalize();
        let sha256 = hex::encode(digest);
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
    /// The disk's own words, which writers of tables turn into their own.
    fault: Option<io::Error>,
}

impl<W: Write> Write for Hashing<W> {
    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        let n = self.inner.write(buf).inspect_err(|e| self.fault = Some(e.kind().into()))?;
        self.hash.update(&buf[..n]);
        Ok(n)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}
