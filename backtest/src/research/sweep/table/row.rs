//! A row of the table of results, and why a table cannot be written.

use std::io;

use crate::research::store::SetRecord;

/// Names of the columns of a table of sets, in order: `set`, the axes, the figures,
/// `trade_hash` (16 hex digits) and `outcome` (`done` or `failed`). Every file with rows
/// of sets takes them from here; a ranking, whose sets are all done, leaves the last out.
pub(in crate::research) fn set_columns(axes: &[String], figures: &[String]) -> Vec<String> {
    let mut names = vec!["set".to_owned()];
    names.extend(axes.iter().chain(figures).cloned());
    names.extend(["trade_hash".to_owned(), "outcome".to_owned()]);
    names
}

/// One set of the table.
#[derive(Clone, Copy, Debug)]
pub struct ResultRow<'a> {
    /// Number of the set.
    pub set: u64,
    /// The set's value on each axis, as text.
    pub axes: &'a [String],
    /// The figures of the set, or that it failed.
    pub record: &'a SetRecord,
}

impl ResultRow<'_> {
    /// An error where the row has not this many axes and figures.
    pub(super) fn must_fit(&self, axes: usize, columns: usize) -> Result<(), TableError> {
        let found = match self.record {
            SetRecord::Done(figures) => figures.values.len(),
            SetRecord::Failed => columns,
        };
        if (self.axes.len(), found) == (axes, columns) {
            return Ok(());
        }
        let (found, expected) = (self.axes.len() + found, axes + columns);
        Err(TableError::Width { set: self.set, found, expected })
    }
}

/// A table of results that cannot be written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TableError {
    /// The disk or its rights.
    #[error(
        "the table of results: {0}; check the disk's space and rights: the sets themselves are kept"
    )]
    Io(#[from] io::Error),
    /// A row that is not as wide as the table.
    #[error(
        "the table of results: set {set} has {found} cells, not {expected}; please report this"
    )]
    Width {
        /// Number of the set.
        set: u64,
        /// Values of axes and columns it has.
        found: usize,
        /// Values of axes and columns there are.
        expected: usize,
    },
    /// Two columns of one name, which no reader could tell apart.
    #[error("the table of results: two columns would be named {0}; please report this")]
    Twice(String),
    /// Parquet that cannot be formed.
    #[cfg(feature = "polars")]
    #[error(
        "results.parquet: {0}; check the disk's space and rights: the sets themselves are kept"
    )]
    Parquet(String),
}
