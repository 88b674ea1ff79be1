//! Where rows came from, and how times and names are shown in messages.

use std::fmt;

use jiff::Timestamp;
use tickstep_core::units::Nanos;

/// Where a row came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// A line of a text file, counted from 1, the header included.
    Line {
        /// File as the user named it.
        path: Box<str>,
        /// Line number.
        line: u64,
    },
    /// A row of a file that has no lines, counted from 1.
    FileRow {
        /// File as the user named it.
        path: Box<str>,
        /// Row number.
        row: u64,
    },
    /// A row of arrays in memory, counted from 1.
    Row(u64),
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Line { path, line } => write!(f, "{path}:{line}"),
            Self::FileRow { path, row } => write!(f, "{path}, row {row}"),
            Self::Row(row) => write!(f, "row {row}"),
        }
    }
}

/// Names for a message.
pub(crate) fn list(names: &[String]) -> String {
    if names.is_empty() { "nothing".to_owned() } else { names.join(", ") }
}

/// An instant as ISO 8601, UTC.
pub(crate) fn utc(ts: Nanos) -> String {
    Timestamp::from_nanosecond(i128::from(ts.0))
        .map_or_else(|_| ts.0.to_string(), |t| t.to_string())
}

/// A span in its largest whole unit.
pub(crate) fn span(ns: Nanos) -> String {
    let units = [
        (Nanos::DAY.0, "d"),
        (Nanos::HOUR.0, "h"),
        (Nanos::MINUTE.0, "m"),
        (Nanos::SECOND.0, "s"),
        (1_000_000, "ms"),
    ];
    for (len, name) in units {
        if ns.0 != 0 && ns.0 % len == 0 {
            return format!("{}{name}", ns.0 / len);
        }
    }
    format!("{}ns", ns.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_are_in_their_largest_unit() {
        let shown = [60, 90, 3600, 86_400].map(|s| span(Nanos(s * 1_000_000_000)));
        assert_eq!(shown, ["1m", "90s", "1h", "1d"]);
        assert_eq!(span(Nanos(250_000_000)), "250ms");
        assert_eq!(span(Nanos(1)), "1ns");
    }

    #[test]
    fn instants_are_shown_in_utc() {
        assert_eq!(utc(Nanos(1_690_848_000_000_000_000)), "2023-08-01T00:00:00Z");
    }
}
