//! What the open times of bars say of themselves.

use serde::{Deserialize, Serialize};

/// Whether times of bars are instants, or need to be told whose clock they are by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StampKind {
    /// Instants: counted since 1970, with an offset, or by a zone that was stated.
    #[default]
    Absolute,
    /// Dates without a time of day and without a zone. Each is a day of the market's
    /// calendar; as an instant it is midnight UTC of that date.
    Date,
    /// Dates and times of day of a clock that nobody named; they are taken as UTC.
    Clock,
}

impl StampKind {
    /// Whether an instant was made by taking a clock for UTC.
    #[must_use]
    pub const fn taken_as_utc(self) -> bool {
        !matches!(self, Self::Absolute)
    }

    /// What is to be said of it, where there is anything.
    #[must_use]
    pub const fn words(self) -> Option<&'static str> {
        match self {
            Self::Absolute => None,
            Self::Date => Some(
                "dates without a time of day and without a zone, each taken as midnight UTC; state time_zone \
                 (--time-zone) for another",
            ),
            Self::Clock => Some(
                "times without a zone, taken as UTC; state time_zone (--time-zone) for another",
            ),
        }
    }
}
