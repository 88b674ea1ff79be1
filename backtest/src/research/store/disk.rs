//! Reads and writes at given places of a file, which many threads may do at
//! once: where the system cannot, one after the other behind a lock.

use std::fs::File;
use std::io;

/// Reads and writes at places in a file, from many threads.
#[derive(Debug)]
pub(super) struct Disk {
    #[cfg(unix)]
    file: File,
    #[cfg(not(unix))]
    file: std::sync::Mutex<File>,
}

#[cfg(unix)]
impl Disk {
    pub(super) const fn new(file: File) -> Self {
        Self { file }
    }

    pub(super) fn write(&self, offset: u64, bytes: &[u8]) -> io::Result<()> {
        std::os::unix::fs::FileExt::write_all_at(&self.file, bytes, offset)
    }

    /// Fewer bytes than `length` only at the end of the file.
    pub(super) fn read(&self, offset: u64, length: usize) -> io::Result<Vec<u8>> {
        let mut bytes = vec![0; length];
        let mut done = 0;
        while done < length {
            let at = offset + done as u64;
            match std::os::unix::fs::FileExt::read_at(&self.file, &mut bytes[done..], at) {
                Ok(0) => break,
                Ok(n) => done += n,
                Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                Err(e) => return Err(e),
            }
        }
        bytes.truncate(done);
        Ok(bytes)
    }

    pub(super) fn set_len(&self, length: u64) -> io::Result<()> {
        self.file.set_len(length)
    }

    pub(super) fn sync(&self) -> io::Result<()> {
        self.file.sync_data()
    }
}

#[cfg(not(unix))]
impl Disk {
    pub(super) const fn new(file: File) -> Self {
        Self { file: std::sync::Mutex::new(file) }
    }

    pub(super) fn write(&self, offset: u64, bytes: &[u8]) -> io::Result<()> {
        use std::io::{Seek, Write};

        let mut file = self.lock();
        file.seek(io::SeekFrom::Start(offset))?;
        file.write_all(bytes)
    }

    /// Fewer bytes than `length` only at the end of the file.
    pub(super) fn read(&self, offset: u64, length: usize) -> io::Result<Vec<u8>> {
        use std::io::{Read, Seek};

        let mut file = self.lock();
        file.seek(io::SeekFrom::Start(offset))?;
        let mut bytes = Vec::with_capacity(length);
        Read::by_ref(&mut *file).take(length as u64).read_to_end(&mut bytes)?;
        Ok(bytes)
    }

    pub(super) fn set_len(&self, length: u64) -> io::Result<()> {
        self.lock().set_len(length)
    }

    pub(super) fn sync(&self) -> io::Result<()> {
        self.lock().sync_data()
    }

    /// A thread that panicked while it held the file left at worst a torn record.
    fn lock(&self) -> std::sync::MutexGuard<'_, File> {
        self.file.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}
