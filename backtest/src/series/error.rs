//! Why bars do not become a series: one of them, all of them together, or what was
//! stated of them.

use tickstep_core::units::Nanos;

use super::fault::RowError;
use super::place::RowPlace;
use super::repairs::Repair;
use crate::times::{span, utc};

/// Why rows that are sound each are not one series.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SeriesFault {
    /// No file was named, or no bars were given.
    #[error("there is nothing to load; name at least one file with at least one bar")]
    Nothing,
    /// Some bars have taker-buy volume and some have not.
    #[error(
        "{with} has taker-buy volume and {without} has not; load them as two series, or load both \
         without it (repair = [\"drop-taker\"])"
    )]
    MixedTaker {
        /// A bar that has it.
        with: RowPlace,
        /// A bar that has not.
        without: RowPlace,
    },
    /// Files whose bars have different lengths.
    #[error(
        "{first} and what follows are bars of {}, {other} and what follows of {}; load them as \
         two series, or make bars of one length with `tickstep convert --interval`",
        span(*interval),
        span(*other_interval)
    )]
    MixedIntervals {
        /// The first bar of one file.
        first: RowPlace,
        /// Length of its bars.
        interval: Nanos,
        /// The first bar of another file.
        other: RowPlace,
        /// Length of the bars there.
        other_interval: Nanos,
    },
    /// One bar has no difference of times to infer an interval from.
    #[error("{place} is the only bar, so its interval cannot be inferred; state interval_s")]
    IntervalUnknown {
        /// Where that bar stands.
        place: RowPlace,
    },
    /// A period that holds no bar.
    #[error(
        "no bar opens from {} to before {}; the data run from {} to {}",
        utc(*from),
        utc(*to),
        utc(*first),
        utc(*last)
    )]
    EmptyPeriod {
        /// First open time asked for.
        from: Nanos,
        /// End of the period asked for; bars that open at it are outside.
        to: Nanos,
        /// Open time of the first bar there is.
        first: Nanos,
        /// Last open time there is.
        last: Nanos,
    },
}

impl SeriesFault {
    /// The repair that would mend this, were it named.
    #[must_use]
    pub const fn repair(&self) -> Option<Repair> {
        match self {
            Self::MixedTaker { .. } => Some(Repair::DropTaker),
            Self::Nothing
            | Self::MixedIntervals { .. }
            | Self::IntervalUnknown { .. }
            | Self::EmptyPeriod { .. } => None,
        }
    }
}

/// An option that is out of its range.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{option} = {value} is out of range; it must be {range}")]
pub struct BadOption {
    /// Name of the option.
    pub option: &'static str,
    /// The value given, as text.
    pub value: String,
    /// What is allowed, in words.
    pub range: &'static str,
}

/// Why bars do not become a [`Series`](super::Series).
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SeriesError {
    /// One bar is at fault.
    #[error(transparent)]
    Row(#[from] RowError),
    /// The bars are at fault together.
    #[error(transparent)]
    Whole(#[from] SeriesFault),
    /// An option stated for the bars is out of its range.
    #[error(transparent)]
    Option(#[from] BadOption),
}
