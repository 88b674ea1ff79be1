//! A folder of a real disk.
//!
//! One process writes in it: an advisory lock on the file `lock` is held for as long as a
//! [`Folder`] lives, and goes with the process that held it. A file that is being made is
//! called `NAME.part` until it is whole and durable; what a crash left of one is removed.
//! Files can be read and written by their owner alone.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, ErrorKind, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use super::{Entry, Source, Storage, StorageError};

const LOCK: &str = "lock";
const PART: &str = ".part";

/// A folder that this process alone writes in.
#[derive(Debug)]
pub struct Folder {
    read: ReadFolder,
    /// Locked until it is dropped.
    _lock: File,
    /// The file that was written last.
    open: Option<OpenFile>,
}

/// A folder that is only read, also while another process writes in it.
#[derive(Clone, Debug)]
pub struct ReadFolder {
    path: PathBuf,
}

#[derive(Debug)]
struct OpenFile {
    name: String,
    file: File,
    len: u64,
}

impl Folder {
    /// Opens a folder for writing, and makes it if it is not there.
    ///
    /// # Errors
    /// [`StorageError::InUse`] when another process, or another `Folder` of this one,
    /// writes there.
    pub fn open(path: &Path) -> Result<Self, StorageError> {
        let said = |error| failed("open", &path.display().to_string(), error);
        if !path.is_dir() {
            fs::create_dir_all(path).map_err(said)?;
            let parent = path.parent().filter(|p| !p.as_os_str().is_empty());
            sync_folder(parent.unwrap_or(Path::new("."))).map_err(said)?;
        }
        let lock = options().truncate(false).open(path.join(LOCK)).map_err(said)?;
        lock.try_lock().map_err(|error| match error {
            TryLockError::WouldBlock => StorageError::InUse { folder: path.display().to_string() },
            TryLockError::Error(error) => failed("lock", &path.display().to_string(), error),
        })?;
        for entry in fs::read_dir(path).map_err(said)? {
            let name = entry.map_err(said)?.file_name();
            if name.to_string_lossy().ends_with(PART) {
                fs::remove_file(path.join(&name)).map_err(said)?;
            }
        }
        Ok(Self { read: ReadFolder::new(path), _lock: lock, open: None })
    }

    fn path(&self, name: &str) -> PathBuf {
        self.read.path.join(name)
    }

    fn file(&mut self, name: &str) -> Result<&mut OpenFile, StorageError> {
        if self.open.as_ref().is_none_or(|open| open.name != name) {
            let said = |error| failed("open", name, error);
            let mut file =
                OpenOptions::new().read(true).write(true).open(self.path(name)).map_err(said)?;
            let len = file.seek(SeekFrom::End(0)).map_err(said)?;
            self.open = Some(OpenFile { name: name.to_owned(), file, len });
        }
        self.open.as_mut().ok_or_else(|| failed("open", name, ErrorKind::NotFound.into()))
    }
}

impl ReadFolder {
    /// A folder to read from.
    #[must_use]
    pub fn new(path: &Path) -> Self {
        Self { path: path.to_path_buf() }
    }
}

impl Source for ReadFolder {
    fn list(&self) -> Result<Vec<Entry>, StorageError> {
        let said = |error| failed("list", &self.path.display().to_string(), error);
        let mut found = Vec::new();
        for entry in fs::read_dir(&self.path).map_err(said)? {
            let entry = entry.map_err(said)?;
            let Ok(name) = entry.file_name().into_string() else { continue };
            let about = match entry.metadata() {
                Ok(about) => about,
                // Removed by its writer since the folder was read.
                Err(error) if error.kind() == ErrorKind::NotFound => continue,
                Err(error) => return Err(said(error)),
            };
            if about.is_file() && name != LOCK && !name.ends_with(PART) {
                found.push(Entry { name, len: about.len() });
            }
        }
        found.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(found)
    }

    fn read(&self, name: &str, at: u64, into: &mut [u8]) -> Result<usize, StorageError> {
        let mut read = || {
            let mut file = File::open(self.path.join(name))?;
            file.seek(SeekFrom::Start(at))?;
            file.read(into)
        };
        read().map_err(|error| failed("read", name, error))
    }
}

impl Source for Folder {
    fn list(&self) -> Result<Vec<Entry>, StorageError> {
        self.read.list()
    }

    fn read(&self, name: &str, at: u64, into: &mut [u8]) -> Result<usize, StorageError> {
        self.read.read(name, at, into)
    }
}

impl Storage for Folder {
    fn create(&mut self, name: &str, content: &[u8]) -> Result<(), StorageError> {
        let part = self.path(&format!("{name}{PART}"));
        let made = || {
            let mut file = options().truncate(true).open(&part)?;
            file.write_all(content)?;
            file.sync_all()?;
            fs::rename(&part, self.path(name))
        };
        if let Err(error) = made() {
            // The error that counts is the first; what is left is removed when next opened.
            let _ = fs::remove_file(&part);
            return Err(told("create", name, error));
        }
        sync_folder(&self.read.path).map_err(|error| failed("create", name, error))
    }

    fn append(&mut self, name: &str, bytes: &[u8]) -> Result<(), StorageError> {
        let open = self.file(name)?;
        let from = open.len;
        let written =
            open.file.seek(SeekFrom::Start(from)).and_then(|_| open.file.write_all(bytes));
        match written {
            Ok(()) => open.len += bytes.len() as u64,
            Err(error) => {
                open.file.set_len(from).map_err(|error| failed("cut", name, error))?;
                return Err(told("append to", name, error));
            }
        }
        Ok(())
    }

    fn sync(&mut self, name: &str) -> Result<(), StorageError> {
        let open = self.file(name)?;
        // What has no room here was written already, and may be lost: no room is no excuse.
        open.file.sync_data().map_err(|error| failed("sync", name, error))
    }

    fn cut(&mut self, name: &str, len: u64) -> Result<(), StorageError> {
        let open = self.file(name)?;
        open.file.set_len(len).map_err(|error| told("cut", name, error))?;
        open.len = len;
        Ok(())
    }

    fn rewrite(&mut self, name: &str, at: u64, bytes: &[u8]) -> Result<(), StorageError> {
        let open = self.file(name)?;
        assert!(
            at + bytes.len() as u64 <= open.len,
            "bytes that are not there cannot be rewritten"
        );
        let written = open.file.seek(SeekFrom::Start(at)).and_then(|_| open.file.write_all(bytes));
        written.map_err(|error| told("rewrite", name, error))
    }

    fn remove(&mut self, name: &str) -> Result<(), StorageError> {
        self.open.take_if(|open| open.name == name);
        let removed = fs::remove_file(self.path(name)).and_then(|()| sync_folder(&self.read.path));
        removed.map_err(|error| failed("remove", name, error))
    }
}

/// For a file that is made, readable by its owner alone.
fn options() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.write(true).create(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

/// Makes durable which files a folder has. Windows has no such call and needs none.
fn sync_folder(path: &Path) -> io::Result<()> {
    if cfg!(unix) { File::open(path)?.sync_all() } else { Ok(()) }
}

fn failed(doing: &'static str, name: &str, error: io::Error) -> StorageError {
    StorageError::Failed { doing, name: name.to_owned(), error }
}

/// Of an operation that changed nothing: whether there was no room.
fn told(doing: &'static str, name: &str, error: io::Error) -> StorageError {
    match error.kind() {
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => {
            StorageError::NoRoom { doing, name: name.to_owned(), error }
        }
        _ => failed(doing, name, error),
    }
}
