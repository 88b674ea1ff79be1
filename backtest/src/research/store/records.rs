//! A file of records of one size, so that threads write each where it belongs
//! and a process that is killed leaves whole records and, at worst, torn ones.
//!
//! ```text
//! bytes   content
//! 8       "ticksets"
//! 4       version, 1, little endian
//! 4       length of the header, little endian
//! ...     header: JSON, see `Head`
//! 8       xxh3-64 of everything before
//! n x     a record: its body, then xxh3-64 of the body, seeded with the number
//!         of the record
//! ```
//!
//! The file has its full length from the start (sparse where the disk can). A
//! record of zeros, or one whose checksum is wrong, is not there: so is one that
//! was written where another belongs. The first byte of a body is never 0.

use std::fs::{File, TryLockError};
use std::io;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use xxhash_rust::xxh3::xxh3_64_with_seed;

use super::disk::Disk;
use super::error::StoreError;
use super::header::Head;

const CHECKSUM: usize = 8;
/// Bytes read at a time when all records are.
pub(super) const CHUNK: usize = 1 << 20;

/// Such a file. Records may be put from many threads, each by one.
#[derive(Debug)]
pub(super) struct Records {
    pub(super) path: PathBuf,
    pub(super) head: Head,
    disk: Disk,
    /// Length of the header in bytes.
    start: u64,
    /// A bit for each record that is there.
    there: Vec<AtomicU64>,
    count: AtomicU64,
}

impl Records {
    /// A new file, which must not be there yet.
    pub(super) fn create(path: &Path, head: Head) -> Result<Self, StoreError> {
        let file = File::options().read(true).write(true).create_new(true).open(path);
        let file = file.map_err(|error| match error.kind() {
            io::ErrorKind::AlreadyExists => StoreError::Exists(path.to_path_buf()),
            _ => StoreError::Io { path: path.to_path_buf(), error },
        })?;
        lock(&file, path)?;
        let bytes = head.to_bytes();
        let records = Self::new(path, head, Disk::new(file), bytes.len());
        records.begin(&bytes)?;
        Ok(records)
    }

    /// The file, or a new one; `whole` tells whether a record that is written well
    /// is also whole in other respects.
    pub(super) fn resume(
        path: &Path,
        head: Head,
        whole: impl Fn(u64, &[u8]) -> bool,
    ) -> Result<Self, StoreError> {
        let file = match File::options().read(true).write(true).open(path) {
            Ok(file) => file,
            Err(e) if e.kind() == io::ErrorKind::NotFound => return Self::create(path, head),
            Err(e) => return Err(StoreError::io(path)(e)),
        };
        lock(&file, path)?;
        let disk = Disk::new(file);
        let bytes = head.to_bytes();
        let found = disk.read(0, bytes.len()).map_err(StoreError::io(path))?;
        if found != bytes {
            // Killed while the header was being written: nothing was finished yet.
            let torn = found.len() < bytes.len() && bytes.starts_with(&found);
            if !torn {
                read_head(path, &disk)?.must_be(&head, path)?;
            }
        }
        let records = Self::new(path, head, disk, bytes.len());
        records.begin(&bytes)?;
        records.scan(whole)?;
        Ok(records)
    }

    /// The file as it is, for reading only.
    pub(super) fn open(
        path: &Path,
        whole: impl Fn(u64, &[u8]) -> bool,
    ) -> Result<Self, StoreError> {
        let disk = Disk::new(File::open(path).map_err(StoreError::io(path))?);
        let head = read_head(path, &disk)?;
        let start = head.to_bytes().len();
        let records = Self::new(path, head, disk, start);
        records.scan(whole)?;
        Ok(records)
    }

    fn new(path: &Path, head: Head, disk: Disk, start: usize) -> Self {
        let words = (head.end - head.first).div_ceil(64);
        Self {
            path: path.to_path_buf(),
            disk,
            start: start as u64,
            there: (0..words).map(|_| AtomicU64::new(0)).collect(),
            count: AtomicU64::new(0),
            head,
        }
    }

    fn begin(&self, header: &[u8]) -> Result<(), StoreError> {
        let end = self.offset(self.head.end);
        let begun = self.disk.write(0, header).and_then(|()| self.disk.set_len(end));
        begun.map_err(StoreError::io(&self.path))
    }

    fn scan(&self, whole: impl Fn(u64, &[u8]) -> bool) -> Result<(), StoreError> {
        let mut reader = self.reader();
        while let Some((at, body)) = reader.read()? {
            if body.is_some_and(|body| whole(at, body)) {
                self.mark(at);
            }
        }
        Ok(())
    }

    fn mark(&self, at: u64) {
        let (word, bit) = self.bit(at);
        // A reader that sees the bit sees the record.
        if self.there[word].fetch_or(bit, Ordering::Release) & bit == 0 {
            self.count.fetch_add(1, Ordering::Relaxed);
        }
    }

    fn bit(&self, at: u64) -> (usize, u64) {
        let at = at - self.head.first;
        ((at / 64) as usize, 1 << (at % 64))
    }

    fn offset(&self, at: u64) -> u64 {
        self.start + (at - self.head.first) * self.head.bytes as u64
    }

    pub(super) fn range(&self) -> Range<u64> {
        self.head.first..self.head.end
    }

    /// Whether record `at` is there, false for one of another part.
    pub(super) fn has(&self, at: u64) -> bool {
        self.range().contains(&at) && {
            let (word, bit) = self.bit(at);
            self.there[word].load(Ordering::Acquire) & bit != 0
        }
    }

    pub(super) fn count(&self) -> u64 {
        self.count.load(Ordering::Acquire)
    }

    pub(super) fn left(&self) -> u64 {
        self.head.end - self.head.first - self.count()
    }

    pub(super) fn put(&self, at: u64, body: &[u8]) -> Result<(), StoreError> {
        let Range { start, end } = self.range();
        if !(start..end).contains(&at) || body.len() + CHECKSUM != self.head.bytes {
            let what = format!(
                "record {at} of {} bytes does not fit a file of records {start}..{end} of {} \
                 bytes",
                body.len(),
                self.head.bytes - CHECKSUM
            );
            return Err(StoreError::Misfit { what });
        }
        let record = sealed(at, body);
        self.disk.write(self.offset(at), &record).map_err(StoreError::io(&self.path))?;
        self.mark(at);
        Ok(())
    }

    pub(super) fn get(&self, at: u64) -> Result<Option<Vec<u8>>, StoreError> {
        if !self.has(at) {
            return Ok(None);
        }
        let mut record = self.disk.read(self.offset(at), self.head.bytes);
        if let Ok(record) = &mut record
            && let Some(body) = body_of(at, record, self.head.bytes)
        {
            let length = body.len();
            record.truncate(length);
            return Ok(Some(std::mem::take(record)));
        }
        record.map(|_| None).map_err(StoreError::io(&self.path))
    }

    /// All records in order, a chunk of the file in memory at a time.
    pub(super) fn reader(&self) -> RecordReader<'_> {
        RecordReader {
            records: self,
            next: self.head.first,
            from: self.head.first,
            chunk: Vec::new(),
        }
    }

    /// The body of every record that is there, in order.
    pub(super) fn iter(&self) -> impl Iterator<Item = Result<(u64, Vec<u8>), StoreError>> + '_ {
        let mut reader = self.reader();
        std::iter::from_fn(move || {
            loop {
                match reader.read() {
                    Ok(Some((at, Some(body)))) if self.has(at) => {
                        return Some(Ok((at, body.to_vec())));
                    }
                    Ok(Some(_)) => {}
                    Ok(None) => return None,
                    Err(e) => {
                        // Once, and no further.
                        reader.next = self.head.end;
                        return Some(Err(e));
                    }
                }
            }
        })
    }

    /// Everything written is on the disk when this returns.
    pub(super) fn sync(&self) -> Result<(), StoreError> {
        self.disk.sync().map_err(StoreError::io(&self.path))
    }
}

/// Reads record after record.
pub(super) struct RecordReader<'a> {
    records: &'a Records,
    next: u64,
    /// Record that the chunk begins with.
    from: u64,
    chunk: Vec<u8>,
}

impl RecordReader<'_> {
    /// The next number with its body if it is there; `None` after the last.
    #[expect(clippy::type_complexity, reason = "told in the line above")]
    pub(super) fn read(&mut self) -> Result<Option<(u64, Option<&[u8]>)>, StoreError> {
        let records = self.records;
        let (at, size) = (self.next, records.head.bytes);
        if at >= records.head.end {
            return Ok(None);
        }
        let fits = (CHUNK / size).max(1) as u64;
        if self.chunk.is_empty() || at >= self.from + fits {
            let count = fits.min(records.head.end - at) as usize;
            let read = records.disk.read(records.offset(at), count * size);
            self.chunk = read.map_err(StoreError::io(&records.path))?;
            // A file that was cut short: what is missing reads as zeros.
            self.chunk.resize(count * size, 0);
            self.from = at;
        }
        self.next += 1;
        let start = (at - self.from) as usize * size;
        Ok(Some((at, body_of(at, &self.chunk[start..start + size], size))))
    }
}

pub(super) fn sealed(at: u64, body: &[u8]) -> Vec<u8> {
    let mut record = Vec::with_capacity(body.len() + CHECKSUM);
    record.extend_from_slice(body);
    record.extend_from_slice(&xxh3_64_with_seed(body, at).to_le_bytes());
    record
}

fn body_of(at: u64, record: &[u8], size: usize) -> Option<&[u8]> {
    let (body, checksum) = record.split_at_checked(size - CHECKSUM)?;
    let whole = body[0] != 0 && xxh3_64_with_seed(body, at).to_le_bytes() == checksum;
    whole.then_some(body)
}

fn lock(file: &File, path: &Path) -> Result<(), StoreError> {
    match file.try_lock() {
        Err(TryLockError::WouldBlock) => Err(StoreError::Busy(path.to_path_buf())),
        // Some network disks have no locks; there it is up to the user.
        Ok(()) | Err(TryLockError::Error(_)) => Ok(()),
    }
}

/// Why a header cannot be read.
enum HeadFault {
    Words(String),
    Io(io::Error),
}

impl From<String> for HeadFault {
    fn from(words: String) -> Self {
        Self::Words(words)
    }
}

fn read_head(path: &Path, disk: &Disk) -> Result<Head, StoreError> {
    Head::read(|offset, length| disk.read(offset, length).map_err(HeadFault::Io)).map_err(|fault| {
        match fault {
            HeadFault::Words(reason) => StoreError::Damaged { path: path.to_path_buf(), reason },
            HeadFault::Io(error) => StoreError::io(path)(error),
        }
    })
}
