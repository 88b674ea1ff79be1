//! Where a row came from, as a message names it.

use std::fmt;

/// Where a row came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RowPlace {
    /// A line of a text file, counted from 1, the header included.
    Line {
        /// File as the user named it.
        path: Box<str>,
        /// Number of the line, counted from 1.
        line: u64,
    },
    /// A row of a file that has no lines, counted from 1.
    FileRow {
        /// File as the user named it.
        path: Box<str>,
        /// Number of the row, counted from 1.
        row: u64,
    },
    /// A row of arrays in memory, counted from 1.
    Row(u64),
}

impl fmt::Display for RowPlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Line { path, line } => write!(f, "{path}:{line}"),
            Self::FileRow { path, row } => write!(f, "{path}, row {row}"),
            Self::Row(row) => write!(f, "row {row}"),
        }
    }
}
