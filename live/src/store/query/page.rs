//! Which rows, and how many of them.

use tickstep_core::units::Nanos;

/// Rows at most of one page.
const MOST: u32 = 1000;

/// Which rows are wanted; what is `None` lets all through. What a table does not have is
/// not looked at.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    /// Not before this instant.
    pub from: Option<Nanos>,
    /// Before this instant.
    pub to: Option<Nanos>,
    /// Of this login.
    pub user: Option<String>,
    /// Of this account.
    pub account: Option<String>,
    /// Of this instrument.
    pub symbol: Option<String>,
    /// Of this strategy.
    pub strategy: Option<String>,
}

/// Which part of the rows: those that come after the last one that was seen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PageWanted {
    /// [`Listed::next`] of the page before; `None` begins with the newest row.
    pub before: Option<i64>,
    /// Rows at most, up to 1000; 0 means 100.
    pub rows: u32,
}

impl PageWanted {
    /// The newest rows, this many at most.
    #[must_use]
    pub const fn first(rows: u32) -> Self {
        Self { before: None, rows }
    }

    /// The page after the one whose `next` is given.
    #[must_use]
    pub const fn after(next: i64, rows: u32) -> Self {
        Self { before: Some(next), rows }
    }

    pub(super) fn limit(self) -> u32 {
        if self.rows == 0 { 100 } else { self.rows.min(MOST) }
    }
}

/// A page of rows.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Listed<T> {
    /// The rows, newest first.
    pub rows: Vec<T>,
    /// Where the next page begins; `None` on the last one.
    pub next: Option<i64>,
}
