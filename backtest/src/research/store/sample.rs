//! Daily returns of a sample of the sets, for how alike the sets are: those of
//! all would be many times the size of everything else.

use std::path::{Path, PathBuf};

use super::cells::{cells, put_cell};
use super::error::StoreError;
use super::header::{Head, Holds, StoreHeader};
use super::merge::{merged, must_be_whole};
use super::records::Records;
use super::shard::{row_from, share};

/// Sets whose daily returns are kept, at most.
pub const MOST_SAMPLED: u64 = 2_000;

/// First bytes of a record.
const RETURNS: u8 = 1;
const NONE: u8 = 2;

/// The file `returns.bin`: a record for each sampled set, in the format of
/// `sets.bin`.
///
/// The sample is a function of the number of sets alone: floor(k * total /
/// most) for k from 0, all sets where there are no more than `most`. The header's
/// columns are the days, so that the file explains itself.
///
/// Put a set's returns before its record is put in the [`super::Store`]: a set that
/// is done there then has its returns. [`ReturnsSample::wants`] tells what else is to do
/// when a sweep is resumed.
#[derive(Debug)]
pub struct ReturnsSample {
    records: Records,
}

impl ReturnsSample {
    /// A new file for the sampled sets of the header's shard, `most` of all sets.
    pub fn create(path: &Path, days: &StoreHeader, most: u64) -> Result<Self, StoreError> {
        Ok(Self { records: Records::create(path, head(days, most))? })
    }

    /// The file with what is there of it, or a new one.
    pub fn open_or_resume(path: &Path, days: &StoreHeader, most: u64) -> Result<Self, StoreError> {
        Ok(Self { records: Records::resume(path, head(days, most), whole)? })
    }

    /// The file as it is, for reading only.
    pub fn open(path: &Path) -> Result<Self, StoreError> {
        let records = Records::open(path, whole)?;
        if records.head.holds == Holds::Returns {
            return Ok(Self { records });
        }
        let reason = "it holds sets, not returns".to_owned();
        Err(StoreError::Damaged { path: path.to_path_buf(), reason })
    }

    /// What the file is of; its columns are the days.
    #[must_use]
    pub fn header(&self) -> StoreHeader {
        self.records.head.header()
    }

    /// The sampled sets of this file, in order.
    pub fn sets(&self) -> impl Iterator<Item = u64> + '_ {
        let head = &self.records.head;
        self.records.range().map(|row| share(row, head.total, head.records))
    }

    /// Whether the set is sampled and its returns are not there yet.
    #[must_use]
    pub fn wants(&self, set: u64) -> bool {
        self.row(set).is_some_and(|row| !self.records.has(row))
    }

    /// Whether the set is one of the sample, of this file.
    #[must_use]
    pub fn covers(&self, set: u64) -> bool {
        self.row(set).is_some()
    }

    fn row(&self, set: u64) -> Option<u64> {
        let head = &self.records.head;
        let row = row_from(set, head.total, head.records);
        let sampled = row < head.records && share(row, head.total, head.records) == set;
        (sampled && self.records.range().contains(&row)).then_some(row)
    }

    /// Keeps the returns of a sampled set, a fraction for each day; `None` for a set
    /// that failed. One that is not sampled is an error.
    pub fn put(&self, set: u64, returns: Option<&[f64]>) -> Result<(), StoreError> {
        let days = self.records.head.columns.len();
        let row = self.row(set).filter(|_| returns.is_none_or(|r| r.len() == days));
        let Some(row) = row else {
            let what = format!("set {set} is not in the sample, or has not {days} returns");
            return Err(StoreError::Misfit { what });
        };
        let mut body = vec![if returns.is_some() { RETURNS } else { NONE }];
        match returns {
            Some(returns) => returns.iter().for_each(|&r| put_cell(&mut body, Some(r))),
            None => (0..days).for_each(|_| put_cell(&mut body, None)),
        }
        self.records.put(row, &body)
    }

    /// The returns of every sampled set that is there, in order; `None` for one that
    /// failed. What was not finite when it was put is 0.
    pub fn rows(&self) -> impl Iterator<Item = Result<(u64, Option<Vec<f64>>), StoreError>> + '_ {
        let head = &self.records.head;
        self.records.iter().map(|record| {
            let (row, body) = record?;
            let returns = || cells(&body[1..]).map(|r| r.unwrap_or(0.0)).collect();
            Ok((share(row, head.total, head.records), (body[0] == RETURNS).then(returns)))
        })
    }

    /// Whether all of the sample is there.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.records.left() == 0
    }

    /// Everything put is on the disk when this returns.
    pub fn sync(&self) -> Result<(), StoreError> {
        self.records.sync()
    }

    /// Joins the files of shards to the file of one run, which must not be there.
    pub fn merge(shards: &[PathBuf], out: &Path) -> Result<(), StoreError> {
        let open = |path: &PathBuf| Ok(Self::open(path)?.records);
        let mut shards = shards.iter().map(open).collect::<Result<Vec<_>, StoreError>>()?;
        must_be_whole(&mut shards)?;
        merged(&shards, out, || Ok(()))
    }
}

/// Whether a set is in the sample of a search of `total` sets, [`MOST_SAMPLED`] of them.
#[must_use]
pub fn is_sampled(set: u64, total: u64) -> bool {
    let rows = MOST_SAMPLED.min(total);
    let row = row_from(set, total, rows);
    row < rows && share(row, total, rows) == set
}

fn head(days: &StoreHeader, most: u64) -> Head {
    Head::returns(days, most.min(days.total()))
}

fn whole(_: u64, body: &[u8]) -> bool {
    matches!(body[0], RETURNS | NONE)
}
