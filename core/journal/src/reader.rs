//! Reading a journal from front to back, every hash checked.
//!
//! One record at a time is in memory, however long the files are. What is returned has
//! the bytes that were appended, behind all that was appended before; the first record of
//! which that is not so ends the reading, with its place.

use sha2::{Digest, Sha256};
use tickstep_core::units::Nanos;

use crate::error::{Damage, Fault, ReadError, Torn};
use crate::layout::{
    FILE_HEAD, FileHead, FileHeadFault, HASH, Hash, RECORD_EXTRA, RECORD_HEAD, RecordHead,
    file_name, file_number,
};
use crate::storage::{Source, StorageError};
use crate::tail::Tail;
use crate::window::Window;

/// A record as it was appended, and where it stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Record<'r> {
    /// Its number, counted from 0 at the beginning of the journal, over all files.
    pub number: u64,
    /// Sequence number of its file.
    pub file: u64,
    /// Byte of the file at which it begins.
    pub offset: u64,
    /// What kind it is; the caller's to say.
    pub kind: u8,
    /// Its time.
    pub ts: Nanos,
    /// What was appended.
    pub payload: &'r [u8],
}

/// A file of the journal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JournalFile {
    /// Its sequence number, from 1.
    pub number: u64,
    /// Its name in the folder.
    pub name: String,
    /// Its bytes.
    pub len: u64,
}

/// The files of a journal that are kept, oldest first.
///
/// # Errors
/// [`ReadError::Missing`] when one between them is gone.
pub fn files(source: &impl Source) -> Result<Vec<JournalFile>, ReadError> {
    let ours = |entry: crate::Entry| {
        let number = file_number(&entry.name)?;
        Some(JournalFile { number, name: entry.name, len: entry.len })
    };
    let mut files: Vec<JournalFile> = source.list()?.into_iter().filter_map(ours).collect();
    files.sort_by_key(|file| file.number);
    for pair in files.windows(2) {
        if pair[1].number != pair[0].number + 1 {
            return Err(ReadError::Missing { file: file_name(pair[0].number + 1) });
        }
    }
    Ok(files)
}

/// Reads records, oldest first, up to the end that there was when it was made.
#[derive(Debug)]
pub struct Reader<S> {
    source: S,
    files: Vec<JournalFile>,
    /// Which of the files is read.
    at: usize,
    /// Its sequence number, once its head was read.
    open: Option<u64>,
    window: Window,
    /// Number of the next record.
    next: u64,
    /// The hash of the last record of the file before.
    before: Option<Hash>,
    /// Time of the last record.
    after: Option<Nanos>,
    /// Up to this byte of the file everything is known to have been durable.
    proven: u64,
    ended: bool,
    torn: Option<Torn>,
}

impl<S: Source> Reader<S> {
    /// From the oldest record that is kept.
    pub fn oldest(source: S) -> Result<Self, ReadError> {
        let files = files(&source)?;
        Ok(Self::of(source, files))
    }

    /// From the snapshot that the last file begins with.
    pub fn latest(source: S) -> Result<Self, ReadError> {
        let mut files = files(&source)?;
        files.drain(..files.len().saturating_sub(1));
        Ok(Self::of(source, files))
    }

    /// From the snapshot that this file begins with.
    pub fn from_file(source: S, number: u64) -> Result<Self, ReadError> {
        let mut files = files(&source)?;
        let Some(at) = files.iter().position(|file| file.number == number) else {
            return Err(ReadError::Missing { file: file_name(number) });
        };
        files.drain(..at);
        Ok(Self::of(source, files))
    }

    fn of(source: S, files: Vec<JournalFile>) -> Self {
        Self {
            source,
            files,
            at: 0,
            open: None,
            window: Window::default(),
            next: 0,
            before: None,
            after: None,
            proven: 0,
            ended: false,
            torn: None,
        }
    }

    /// The next record; `None` after the last whole one.
    ///
    /// # Errors
    /// [`ReadError::Damaged`] with the place of the first record that is not as it was
    /// appended. A torn end of the last file is no error: see [`torn`](Self::torn).
    #[expect(clippy::should_implement_trait, reason = "a record borrows from its reader")]
    pub fn next(&mut self) -> Result<Option<Record<'_>>, ReadError> {
        let Some(head) = self.check_next()? else { return Ok(None) };
        let offset = self.window.offset();
        let size = head.len + RECORD_EXTRA;
        self.window.pass(size);
        let number = self.next;
        self.next += 1;
        self.after = Some(head.ts);
        let payload = &self.window.behind(size)[RECORD_HEAD..RECORD_HEAD + head.len];
        let file = self.files[self.at].number;
        Ok(Some(Record { number, file, offset, kind: head.kind, ts: head.ts, payload }))
    }

    /// What a crash left behind the last whole record, once all records are read.
    #[must_use]
    pub const fn torn(&self) -> Option<&Torn> {
        self.torn.as_ref()
    }

    /// Number of the record after the last one that was read.
    #[must_use]
    pub const fn next_number(&self) -> u64 {
        self.next
    }

    /// The hash of the last record that was read, or of what the first file was begun after.
    #[must_use]
    pub fn head(&self) -> Hash {
        self.end().or(self.before).unwrap_or_default()
    }

    /// The file that is read, the byte of it behind the last whole record, and the byte up
    /// to which everything is known to have been durable.
    pub(crate) fn place(&self) -> Option<(&JournalFile, u64, u64)> {
        Some((self.files.get(self.at)?, self.window.offset(), self.proven))
    }

    /// The hash that the part of the file that was read ends with.
    fn end(&self) -> Option<Hash> {
        self.open?;
        self.window.behind(HASH).try_into().ok()
    }

    /// The head of the next record, all of which agrees with its hash and is in the window.
    fn check_next(&mut self) -> Result<Option<RecordHead>, ReadError> {
        while !self.ended {
            let Some(file) = self.files.get(self.at) else { break };
            let len = file.len;
            if self.open.is_none() {
                self.open_file()?;
            }
            // A file without its snapshot is not whole.
            if self.window.offset() < len.max(FILE_HEAD as u64 + 1) {
                return self.check_record(len);
            }
            if self.at + 1 == self.files.len() {
                break;
            }
            self.before = self.end();
            self.at += 1;
            self.open = None;
        }
        self.ended = true;
        Ok(None)
    }

    fn reach(&mut self, n: usize) -> Result<usize, StorageError> {
        let file = &self.files[self.at];
        self.window.reach(&self.source, &file.name, file.len, n)
    }

    fn open_file(&mut self) -> Result<(), ReadError> {
        self.window.restart();
        let have = self.reach(FILE_HEAD)?;
        let head = match self.window.ahead(have).first_chunk::<FILE_HEAD>() {
            None => return Err(self.damaged(None, Fault::Cut((FILE_HEAD - have) as u64))),
            Some(bytes) => FileHead::read(bytes).map_err(|fault| match fault {
                FileHeadFault::Magic => Fault::NoJournal,
                FileHeadFault::Version(version) => Fault::Version(version),
                FileHeadFault::Hash => Fault::FileHead,
            }),
        };
        let head = head.map_err(|fault| self.damaged(None, fault))?;
        if head.file != self.files[self.at].number {
            return Err(self.damaged(None, Fault::Renamed(head.file)));
        }
        let follows = self.before.is_none_or(|end| end == head.before && self.next == head.first);
        if !follows {
            return Err(self.damaged(None, Fault::Link));
        }
        self.next = head.first;
        self.window.pass(FILE_HEAD);
        self.proven = FILE_HEAD as u64;
        self.open = Some(head.file);
        Ok(())
    }

    fn check_record(&mut self, len: u64) -> Result<Option<RecordHead>, ReadError> {
        let number = self.files[self.at].number;
        let have = self.reach(RECORD_HEAD)?;
        let Some(bytes) = self.window.ahead(have).first_chunk::<RECORD_HEAD>() else {
            return self.bad(None, Fault::Cut((RECORD_HEAD - have) as u64));
        };
        let Some(head) = RecordHead::read(bytes, number) else {
            return self.bad(None, Fault::Head);
        };
        if head.number != self.next {
            return self.bad(Some(head), Fault::Place(head.number));
        }
        let size = head.len + RECORD_EXTRA;
        let missing = (self.window.offset() + head.size()).saturating_sub(len);
        if missing > 0 {
            return self.bad(Some(head), Fault::Cut(missing));
        }
        let have = self.reach(size)?;
        if have < size {
            return self.bad(Some(head), Fault::Cut((size - have) as u64));
        }
        let (hashed, written) = self.window.with_hash_before(size).split_at(size);
        if Sha256::digest(hashed)[..] != *written {
            return self.bad(Some(head), Fault::Hash);
        }
        if head.batch {
            // The snapshot of a file became durable with it.
            let at = self.window.offset();
            self.proven = if at == FILE_HEAD as u64 { at + head.size() } else { at };
        }
        Ok(Some(head))
    }

    /// A bad record: the end of what can be read, or an error.
    fn bad<T>(&mut self, head: Option<RecordHead>, fault: Fault) -> Result<Option<T>, ReadError> {
        let JournalFile { number, name, len } = self.files[self.at].clone();
        let bad = self.window.offset();
        let last = self.at + 1 == self.files.len();
        // A file comes into being with its first record. And a crash leaves parts of what was
        // written where they were written: it puts no record in the place of another.
        let moved = matches!(fault, Fault::Place(_));
        if !last || moved || bad == FILE_HEAD as u64 {
            return Err(self.damaged(head, fault));
        }
        let (source, record) = (&self.source, self.next);
        let tail = Tail { source, name: &name, file: number, len, bad, record };
        if tail.was_durable()? {
            return Err(self.damaged(head, fault));
        }
        let (offset, bytes, record) = (bad, len - bad, self.next);
        self.torn = Some(Torn { file: name, offset, bytes, record, fault });
        self.ended = true;
        Ok(None)
    }

    fn damaged(&self, head: Option<RecordHead>, fault: Fault) -> ReadError {
        ReadError::Damaged(Box::new(Damage {
            file: self.files[self.at].name.clone(),
            offset: self.window.offset(),
            record: self.next,
            ts: head.filter(|head| head.number == self.next).map(|head| head.ts),
            after: self.after,
            fault,
        }))
    }
}

/// A journal that is as it was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verified {
    /// Its files, oldest first.
    pub files: Vec<JournalFile>,
    /// Number of the oldest record that is kept.
    pub first: u64,
    /// Number of the next record.
    pub next: u64,
    /// The hash of the last record.
    pub head: Hash,
    /// What a crash left behind it.
    pub torn: Option<Torn>,
}

/// Reads all that is kept and checks it.
///
/// # Errors
/// [`ReadError::Damaged`] names the first bad record.
pub fn verify(source: &impl Source) -> Result<Verified, ReadError> {
    let mut reader = Reader::oldest(source)?;
    let mut first = None;
    while let Some(record) = reader.next()? {
        first.get_or_insert(record.number);
    }
    Ok(Verified {
        first: first.unwrap_or_default(),
        next: reader.next,
        head: reader.head(),
        torn: reader.torn.take(),
        files: reader.files,
    })
}
