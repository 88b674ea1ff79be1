//! What every part of a check looks at, and how it lists what it found.

use tickstep_core::units::Nanos;

use super::finding::FindingCase;
use crate::load::{LoadOptions, RawRow, RawRows};
use crate::series::candle::RowOrigin;
use crate::series::fault::RowError;
use crate::series::layout::TimeLayout;
use crate::times::utc;

/// How a file is checked.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CheckOptions {
    /// What is stated of the data; repairs are made before the check.
    pub load: LoadOptions,
    /// How many cases of a finding are listed; all when absent.
    pub cases: Option<usize>,
}

/// Everything that the parts of the check look at.
pub(super) struct CheckedFile<'a> {
    pub raw: &'a RawRows,
    /// Rows by open time; rows at one time in the file's order.
    pub sorted: &'a [RawRow],
    /// Rows by open time that are candles, one for each time.
    pub sound: &'a [RawRow],
    pub opts: &'a CheckOptions,
    /// Length of a bar: stated, or told by the open times.
    pub interval: Option<Nanos>,
    /// Where the rows lie in time, by the loader's rule.
    pub layout: Option<&'a TimeLayout>,
}

impl CheckedFile<'_> {
    /// A row as a case.
    pub(super) fn case(&self, row: &RawRow, what: String) -> FindingCase {
        let place = self.raw.reader.origin.place(row.number).to_string();
        FindingCase { place, time: Some(utc(row.ts)), until: None, bars: None, what }
    }

    /// The first of many cases.
    pub(super) fn first<T>(
        &self,
        all: &[T],
        mut case: impl FnMut(&T) -> FindingCase,
    ) -> Vec<FindingCase> {
        let most = self.opts.cases.unwrap_or(usize::MAX);
        all.iter().take(most).map(&mut case).collect()
    }
}

/// A row that the loader refuses, as a case.
pub(super) fn refused(error: &RowError) -> FindingCase {
    let (place, what) = (error.place.to_string(), error.fault.to_string());
    FindingCase { place, time: None, until: None, bars: None, what }
}
