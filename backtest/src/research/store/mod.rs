//! What a sweep has found out so far, on the disk as soon as it is known: a
//! sweep runs for hours, and none of it may be lost to Ctrl-C, `kill -9` or a full
//! disk, nor may the number of sets be bounded by memory.
//!
//! `sets.bin` has a record of fixed size for each set, `sets.failed.csv` the words
//! of those that failed, `returns.bin` the daily returns of a [`Sample`].
//!
//! # Invariants
//!
//! - The bytes of a finished file are a function of its [`Header`] and what was put:
//!   not of the order, the number of threads, or how often it was resumed. Shards
//!   [`merge`] to the bytes of one run.
//! - A record that is torn or damaged is not there, so its set is evaluated again.
//! - Memory is a bit a set, a chunk of a file and 24 bytes a failed set.
//! - One process writes a file at a time; any number may read it.
//!
//! # Known limits
//!
//! What was put survives the end of the process at once, but a power failure only
//! from the next `sync` on. A value that is not finite is kept as none. Where locks
//! keep readers out (Windows), a file can be read only when its writer is gone.

mod disk;
mod error;
mod header;
mod records;
mod sample;
#[cfg(test)]
mod tests;
mod words;

use std::fs::{self, File};
use std::path::{Path, PathBuf};

pub use error::StoreError;
pub use header::{BLOCKS, Header};
pub use sample::{MOST_SAMPLED, Sample};

use header::{Head, Holds};
use records::Records;
use words::{Line, Words};

/// First bytes of a record.
const DONE: u8 = 1;
const FAILED: u8 = 2;
/// On the disk, of a value that there is none of.
const NONE: u64 = 0x7ff8_0000_0000_0000;

/// What came of one set.
#[derive(Clone, Debug, PartialEq)]
pub enum SetRecord {
    /// It was evaluated.
    Done(Figures),
    /// Its parameters were refused; the words are in the store's `failures`.
    Failed,
}

impl SetRecord {
    /// `done` or `failed`.
    #[must_use]
    pub const fn outcome(&self) -> &'static str {
        match self {
            Self::Done(_) => "done",
            Self::Failed => "failed",
        }
    }
}

/// The figures of an evaluated set.
#[derive(Clone, Debug, PartialEq)]
pub struct Figures {
    /// Of its trades: sets of one hash traded alike.
    pub trade_hash: u64,
    /// One for each of the header's columns, in its unit.
    pub values: Vec<Option<f64>>,
    /// Where the header has blocks and the returns of the set have sums.
    pub blocks: Option<Box<Blocks>>,
}

/// Sums over the returns of each block of the traded span.
#[derive(Clone, Debug, PartialEq)]
pub struct Blocks {
    /// Sum of the returns, a fraction.
    pub sums: [f64; BLOCKS],
    /// Sum of their squares.
    pub squares: [f64; BLOCKS],
}

/// The file `sets.bin` and, beside it, the words of sets that failed.
#[derive(Debug)]
pub struct Store {
    records: Records,
    header: Header,
    /// `None` where it was opened for reading only.
    words: Option<Words>,
}

impl Store {
    /// A new file, which must not be there yet.
    pub fn create(path: &Path, header: Header) -> Result<Self, StoreError> {
        let records = Records::create(path, Head::sets(&header))?;
        let beside = failed_path(path);
        if beside.exists() {
            // Of a sweep whose records are gone.
            fs::remove_file(&beside).map_err(StoreError::io(&beside))?;
        }
        let (words, _) = Words::resume(&beside)?;
        Ok(Self { records, header, words: Some(words) })
    }

    /// The file with what is there of it, or a new one. A file of another search, of
    /// another part of it, or that another process writes to, is an error.
    pub fn open_or_resume(path: &Path, header: Header) -> Result<Self, StoreError> {
        if !path.exists() {
            return Self::create(path, header);
        }
        // The records first: they tell whether another process is at work.
        let lines = words::lines(&failed_path(path))?;
        let records = Records::resume(path, Head::sets(&header), whole(&lines))?;
        let (words, _) = Words::resume(&failed_path(path))?;
        Ok(Self { records, header, words: Some(words) })
    }

    /// The file as it is, for reading only, whether or not it is being written.
    pub fn open(path: &Path) -> Result<Self, StoreError> {
        let lines = words::lines(&failed_path(path))?;
        let records = Records::open(path, whole(&lines))?;
        if records.head.holds != Holds::Sets {
            let reason = "it holds returns, not sets".to_owned();
            return Err(StoreError::Damaged { path: path.to_path_buf(), reason });
        }
        Ok(Self { header: records.head.header(), records, words: None })
    }

    /// What the file is of.
    #[must_use]
    pub const fn header(&self) -> &Header {
        &self.header
    }

    /// Whether the set is there; false for one of another shard.
    #[must_use]
    pub fn has(&self, set: u64) -> bool {
        self.records.has(set)
    }

    /// Sets that are there.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.records.count()
    }

    /// The sets of this file that are not there, in order.
    pub fn missing(&self) -> impl Iterator<Item = u64> + '_ {
        self.header.range().filter(|set| !self.has(*set))
    }

    /// Whether all sets of this file are there.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.records.left() == 0
    }

    /// Keeps the figures of a set. Any thread may, each set by one at a time.
    pub fn put(&self, set: u64, figures: &Figures) -> Result<(), StoreError> {
        self.writable()?;
        let columns = self.header.columns().len();
        if figures.values.len() != columns || figures.blocks.is_some() && !self.header.has_blocks()
        {
            let what = format!("set {set} has not the {columns} columns and blocks of its file");
            return Err(StoreError::Misfit { what });
        }
        let mut body = Vec::with_capacity(self.records.head.bytes);
        body.push(DONE);
        body.extend_from_slice(&figures.trade_hash.to_le_bytes());
        figures.values.iter().for_each(|value| put_cell(&mut body, *value));
        if let Some(blocks) = &figures.blocks {
            let all = blocks.sums.iter().chain(&blocks.squares);
            all.for_each(|sum| put_cell(&mut body, Some(*sum)));
        } else if self.header.has_blocks() {
            (0..2 * BLOCKS).for_each(|_| put_cell(&mut body, None));
        }
        self.records.put(set, &body)
    }

    /// Keeps that a set failed, and why. Control characters become spaces.
    pub fn put_failed(&self, set: u64, why: &str) -> Result<(), StoreError> {
        let words = self.writable()?;
        let mut body = vec![0; 9];
        body[0] = FAILED;
        self.header.columns().iter().for_each(|_| put_cell(&mut body, None));
        if self.header.has_blocks() {
            body.resize(body.len() + 16 * BLOCKS, 0);
        }
        if !self.header.range().contains(&set) {
            // Refused by the records, before any words are written.
            return self.records.put(set, &body);
        }
        // The words first: a set that failed has them, whenever the process ends.
        words.put(set, why)?;
        self.records.put(set, &body)
    }

    fn writable(&self) -> Result<&Words, StoreError> {
        self.words.as_ref().ok_or_else(|| StoreError::Misfit {
            what: format!("{} was opened for reading only", self.records.path.display()),
        })
    }

    /// What came of a set; `None` where it is not there.
    pub fn get(&self, set: u64) -> Result<Option<SetRecord>, StoreError> {
        let body = self.records.get(set)?;
        Ok(body.map(|body| decode(&body, &self.header)))
    }

    /// All sets that are there, in order, read in chunks.
    pub fn records(&self) -> impl Iterator<Item = Result<(u64, SetRecord), StoreError>> + '_ {
        self.records.iter().map(|record| {
            let (set, body) = record?;
            Ok((set, decode(&body, &self.header)))
        })
    }

    /// Why each set that failed did, in order of the sets.
    pub fn failures(
        &self,
    ) -> Result<impl Iterator<Item = Result<Failure, StoreError>>, StoreError> {
        let path = failed_path(&self.records.path);
        let lines = self.failed_lines(&path)?;
        let mut file = match lines.is_empty() {
            true => None,
            false => Some(File::open(&path).map_err(StoreError::io(&path))?),
        };
        Ok(lines.into_iter().filter_map(move |line| {
            let why = words::read(file.as_mut()?, line).map_err(StoreError::io(&path));
            Some(why.map(|why| Failure { set: line.set, why }))
        }))
    }

    fn failed_lines(&self, path: &Path) -> Result<Vec<Line>, StoreError> {
        let mut kept = Vec::new();
        for line in words::lines(path)? {
            if self.get(line.set)? == Some(SetRecord::Failed) {
                kept.push(line);
            }
        }
        Ok(kept)
    }

    /// Everything put is on the disk when this returns.
    pub fn sync(&self) -> Result<(), StoreError> {
        self.words.as_ref().map_or(Ok(()), Words::sync)?;
        self.records.sync()
    }

    /// Brings the files of a complete sweep into their final form and onto the disk;
    /// from then on it can only be read. An error where sets are missing.
    pub fn finish(&mut self) -> Result<(), StoreError> {
        let left = self.records.left();
        if left > 0 {
            let (path, range) = (self.records.path.clone(), self.header.range());
            return Err(StoreError::Unfinished { path, left, of: range.end - range.start });
        }
        self.writable()?;
        self.sync()?;
        let path = failed_path(&self.records.path);
        let lines = self.failed_lines(&path)?;
        words::sorted(&path, |sorted| sorted.add(&path, &lines, |_| Ok(true)))?;
        self.words = None;
        Ok(())
    }
}

/// A set that failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// Set.
    pub set: u64,
    /// Why, in words.
    pub why: String,
}

/// Joins the `sets.bin` of shards and the words beside them to those of one run.
/// `out` must not be there; it comes whole or not at all. What is missing is named.
pub fn merge(shards: &[PathBuf], out: &Path) -> Result<(), StoreError> {
    let open = |path: &PathBuf| Ok(Store::open(path)?.records);
    let mut shards = shards.iter().map(open).collect::<Result<Vec<_>, StoreError>>()?;
    records::must_be_whole(&mut shards)?;
    merged(&shards, out, || {
        words::sorted(&failed_path(out), |sorted| {
            shards.iter().try_for_each(|shard| {
                let path = failed_path(&shard.path);
                let keep = |set| Ok(shard.get(set)?.is_some_and(|body| body[0] == FAILED));
                sorted.add(&path, &words::lines(&path)?, keep)
            })
        })
    })
}

/// Joins records beside `out`, and moves them there when they are whole and what
/// belongs to them is there too.
fn merged(
    shards: &[Records],
    out: &Path,
    rest: impl FnOnce() -> Result<(), StoreError>,
) -> Result<(), StoreError> {
    if out.exists() {
        return Err(StoreError::Exists(out.to_path_buf()));
    }
    let partial = words::partial(out);
    let joined = records::join(shards, &partial)
        .and_then(|()| rest())
        .and_then(|()| fs::rename(&partial, out).map_err(StoreError::io(out)));
    joined.inspect_err(|_| {
        // The error is told; what is left of the attempt is of no use.
        let _ = fs::remove_file(&partial);
    })
}

/// `sets.failed.csv` of `sets.bin`.
fn failed_path(path: &Path) -> PathBuf {
    path.with_extension("failed.csv")
}

/// A set that failed without its words is not whole: it is evaluated again.
fn whole(lines: &[Line]) -> impl Fn(u64, &[u8]) -> bool + '_ {
    |set, body| match body[0] {
        DONE => true,
        FAILED => lines.binary_search_by_key(&set, |line| line.set).is_ok(),
        _ => false,
    }
}

fn put_cell(body: &mut Vec<u8>, value: Option<f64>) {
    let bits = value.filter(|v| v.is_finite()).map_or(NONE, f64::to_bits);
    body.extend_from_slice(&bits.to_le_bytes());
}

fn numbers(bytes: &[u8]) -> impl Iterator<Item = u64> + '_ {
    let (whole, _) = bytes.as_chunks::<8>();
    whole.iter().map(|b| u64::from_le_bytes(*b))
}

fn cells(bytes: &[u8]) -> impl Iterator<Item = Option<f64>> + '_ {
    numbers(bytes).map(|bits| Some(f64::from_bits(bits)).filter(|v| v.is_finite()))
}

/// A body whose length and checksum were found right.
fn decode(body: &[u8], header: &Header) -> SetRecord {
    if body[0] == FAILED {
        return SetRecord::Failed;
    }
    let (values, sums) = body[9..].split_at(8 * header.columns().len());
    let sums: Option<Vec<f64>> = cells(sums).collect();
    let blocks = sums.filter(|sums| sums.len() == 2 * BLOCKS).map(|sums| {
        let take = |from: usize| std::array::from_fn(|i| sums[from + i]);
        Box::new(Blocks { sums: take(0), squares: take(BLOCKS) })
    });
    let trade_hash = numbers(&body[1..9]).next().unwrap_or_default();
    SetRecord::Done(Figures { trade_hash, values: cells(values).collect(), blocks })
}
