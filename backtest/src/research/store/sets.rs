//! The file `sets.bin`: a record for each set, as soon as it is known.

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use super::blocks::{BLOCKS, BlockSums};
use super::cells::{cells, numbers, put_cell};
use super::error::StoreError;
use super::failures::{self, FailureLine, FailureLog};
use super::header::{Head, Holds, StoreHeader};
use super::merge::{self, merged};
use super::records::Records;
use super::set_record::{Figures, SetRecord};

/// First bytes of a record.
const DONE: u8 = 1;
const FAILED: u8 = 2;

/// The file `sets.bin` and, beside it, the words of sets that failed.
#[derive(Debug)]
pub struct Store {
    records: Records,
    header: StoreHeader,
    /// `None` where it was opened for reading only.
    log: Option<FailureLog>,
}

impl Store {
    /// A new file, which must not be there yet.
    pub fn create(path: &Path, header: StoreHeader) -> Result<Self, StoreError> {
        let records = Records::create(path, Head::sets(&header))?;
        let beside = failed_path(path);
        if beside.exists() {
            // Of a sweep whose records are gone.
            fs::remove_file(&beside).map_err(StoreError::io(&beside))?;
        }
        let (log, _) = FailureLog::resume(&beside)?;
        Ok(Self { records, header, log: Some(log) })
    }

    /// The file with what is there of it, or a new one. A file of another search, of
    /// another part of it, or that another process writes to, is an error.
    pub fn open_or_resume(path: &Path, header: StoreHeader) -> Result<Self, StoreError> {
        if !path.exists() {
            return Self::create(path, header);
        }
        // The records first: they tell whether another process is at work.
        let lines = failures::lines(&failed_path(path))?;
        let records = Records::resume(path, Head::sets(&header), whole(&lines))?;
        let (log, _) = FailureLog::resume(&failed_path(path))?;
        Ok(Self { records, header, log: Some(log) })
    }

    /// The file as it is, for reading only, whether or not it is being written.
    pub fn open(path: &Path) -> Result<Self, StoreError> {
        let lines = failures::lines(&failed_path(path))?;
        let records = Records::open(path, whole(&lines))?;
        if records.head.holds != Holds::Sets {
            let reason = "it holds returns, not sets".to_owned();
            return Err(StoreError::Damaged { path: path.to_path_buf(), reason });
        }
        Ok(Self { header: records.head.header(), records, log: None })
    }

    /// The header of the file: the search and the sets it holds.
    #[must_use]
    pub const fn header(&self) -> &StoreHeader {
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
        let log = self.writable()?;
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
        log.put(set, why)?;
        self.records.put(set, &body)
    }

    fn writable(&self) -> Result<&FailureLog, StoreError> {
        self.log.as_ref().ok_or_else(|| StoreError::Misfit {
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
            let why = failures::read(file.as_mut()?, line).map_err(StoreError::io(&path));
            Some(why.map(|why| Failure { set: line.set, why }))
        }))
    }

    fn failed_lines(&self, path: &Path) -> Result<Vec<FailureLine>, StoreError> {
        let mut kept = Vec::new();
        for line in failures::lines(path)? {
            if self.get(line.set)? == Some(SetRecord::Failed) {
                kept.push(line);
            }
        }
        Ok(kept)
    }

    /// Everything put is on the disk when this returns.
    pub fn sync(&self) -> Result<(), StoreError> {
        self.log.as_ref().map_or(Ok(()), FailureLog::sync)?;
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
        failures::sorted(&path, |sorted| sorted.add(&path, &lines, |_| Ok(true)))?;
        self.log = None;
        Ok(())
    }
}

/// A set that could not be run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// Number of the set.
    pub set: u64,
    /// Why, in words.
    pub why: String,
}

/// Joins the `sets.bin` of shards and the words beside them to those of one run.
/// `out` must not be there; it comes whole or not at all. What is missing is named.
pub fn merge(shards: &[PathBuf], out: &Path) -> Result<(), StoreError> {
    let open = |path: &PathBuf| Ok(Store::open(path)?.records);
    let mut shards = shards.iter().map(open).collect::<Result<Vec<_>, StoreError>>()?;
    merge::must_be_whole(&mut shards)?;
    merged(&shards, out, || {
        failures::sorted(&failed_path(out), |sorted| {
            shards.iter().try_for_each(|shard| {
                let path = failed_path(&shard.path);
                let keep = |set| Ok(shard.get(set)?.is_some_and(|body| body[0] == FAILED));
                sorted.add(&path, &failures::lines(&path)?, keep)
            })
        })
    })
}

/// `sets.failed.csv` of `sets.bin`.
pub(super) fn failed_path(path: &Path) -> PathBuf {
    path.with_extension("failed.csv")
}

/// A set that failed without its words is not whole: it is evaluated again.
fn whole(lines: &[FailureLine]) -> impl Fn(u64, &[u8]) -> bool + '_ {
    |set, body| match body[0] {
        DONE => true,
        FAILED => lines.binary_search_by_key(&set, |line| line.set).is_ok(),
        _ => false,
    }
}

/// A body whose length and checksum were found right.
fn decode(body: &[u8], header: &StoreHeader) -> SetRecord {
    if body[0] == FAILED {
        return SetRecord::Failed;
    }
    let (values, sums) = body[9..].split_at(8 * header.columns().len());
    let sums: Option<Vec<f64>> = cells(sums).collect();
    let blocks = sums.filter(|sums| sums.len() == 2 * BLOCKS).map(|sums| {
        let take = |from: usize| std::array::from_fn(|i| sums[from + i]);
        Box::new(BlockSums { sums: take(0), squares: take(BLOCKS) })
    });
    let trade_hash = numbers(&body[1..9]).next().unwrap_or_default();
    SetRecord::Done(Figures { trade_hash, values: cells(values).collect(), blocks })
}
