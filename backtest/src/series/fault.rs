//! What can be wrong with a row.
//!
//! Every message says in which column, what was found there and what to do about
//! it; the place stands before it, so that a run that will not start is mended
//! without reading code. Nothing here knows files.

use rust_decimal::Decimal;
use tickstep_core::calendar::Interval;
use tickstep_core::units::Nanos;

use super::place::RowPlace;
use super::repairs::Repair;
use super::words;
use crate::times::{length, utc};

/// A row that is refused, and where it stands.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{place}: {fault}")]
pub struct RowError {
    /// Where the row came from.
    pub place: RowPlace,
    /// What is wrong with it.
    pub fault: RowFault,
}

/// What is wrong with a row.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RowFault {
    /// A row is longer or shorter than the header.
    #[error("{found} fields instead of {expected}; mend or remove the line")]
    FieldCount {
        /// Number of fields of the first line.
        expected: usize,
        /// Number of fields of this line.
        found: usize,
    },
    /// A value is not a finite decimal number.
    #[error("`{column}` is {value:?}, not a number; mend or remove the row")]
    BadNumber {
        /// Column, by the name it has where the row came from.
        column: String,
        /// Text of the value, as found.
        value: String,
    },
    /// A taker-buy cell is empty although the column is there.
    #[error(
        "`{column}` is empty; fill it in, or load without taker-buy volume (repair = [\"drop-taker\"])"
    )]
    EmptyTaker {
        /// Column, by the name it has where the row came from.
        column: String,
    },
    /// A number with more digits than is exact.
    #[error("`{column}` is {value}, more than 36 digits or 28 decimals; write it with fewer")]
    TooLong {
        /// Column, by the name it has where the row came from.
        column: String,
        /// Text of the value, as found.
        value: String,
    },
    /// The text is no time.
    #[error(
        "`{column}` is {value:?}, not a time; write whole seconds, ms, us or ns since 1970, \
         or 2023-08-01 00:00:00"
    )]
    BadTime {
        /// Column, by the name it has where the row came from.
        column: String,
        /// Text of the value, as found.
        value: String,
    },
    /// A time before 1800 or after 2199, or a number whose unit cannot be told.
    #[error(
        "`{column}` is {value}, no time between 1800 and 2199 in any unit; mend or \
         remove the row"
    )]
    AbsurdTime {
        /// Column, by the name it has where the row came from.
        column: String,
        /// Text of the value, as found.
        value: String,
    },
    /// Times are not all in the unit of the first row.
    #[error(
        "`{column}` is {value}, in {unit}, but the rows before are in {before}; write all \
         in one unit, or split the file here"
    )]
    UnitChange {
        /// Column, by the name it has where the row came from.
        column: String,
        /// Text of the value, as found.
        value: String,
        /// Unit of this row.
        unit: &'static str,
        /// Unit of the rows before.
        before: &'static str,
    },
    /// A number in another unit than the description states.
    #[error(
        "`{column}` is {value}, in {unit}, but the format has times in {stated}; name another \
         format, or describe the file (--format FILE.toml) with time.unit = \"{key}\""
    )]
    OtherUnit {
        /// Column, by the name it has where the row came from.
        column: String,
        /// Text of the value, as found.
        value: String,
        /// Unit that the size of the value tells.
        unit: &'static str,
        /// What a description calls that unit.
        key: &'static str,
        /// Unit that the description states.
        stated: &'static str,
    },
    /// A local time that the clocks show twice or never.
    #[error(
        "`{column}` is {value:?}, a time that the clocks of the stated zone show twice or \
         never; state a fixed offset such as +02:00, or write UTC"
    )]
    ClockChange {
        /// Column, by the name it has where the row came from.
        column: String,
        /// Text of the value, as found.
        value: String,
    },
    /// Rows run back in time.
    #[error(
        "open time {} {} {} of {earlier}; sort the rows by open time",
        utc(*ts),
        if ts < before { "comes after" } else { "stands ahead of" },
        utc(*before)
    )]
    Disorder {
        /// Open time of the row.
        ts: Nanos,
        /// A row ahead of it that opens later; where this row alone stands too early, the
        /// row behind it.
        earlier: RowPlace,
        /// Open time of that row.
        before: Nanos,
    },
    /// Rows of one file lie between those of another.
    #[error(
        "open time {} lies before {} of {earlier}, and the rows of one file between those of the \
         other; put the rows of both into one file, by open time",
        utc(*ts),
        utc(*before)
    )]
    Interleaved {
        /// Open time of the row.
        ts: Nanos,
        /// The last row of the file that begins earlier.
        earlier: RowPlace,
        /// Open time of that row.
        before: Nanos,
    },
    /// The same bar twice.
    #[error("the same bar as {earlier} (open time {}); remove one of them", utc(*ts))]
    Duplicate {
        /// Open time of the row.
        ts: Nanos,
        /// Where it was before.
        earlier: RowPlace,
    },
    /// Two bars at one time that differ.
    #[error(
        "open time {} is also that of {earlier}, but `{column}` is {value} here and {other} \
         there; find out which is right and remove the other",
        utc(*ts)
    )]
    Conflict {
        /// Open time of the row.
        ts: Nanos,
        /// Where the other is.
        earlier: Box<RowPlace>,
        /// First column that differs.
        column: String,
        /// The value in this row.
        value: Decimal,
        /// The value in the row at `earlier`.
        other: Decimal,
    },
    /// High is below low.
    #[error(
        "`{high_column}` {high} is below `{low_column}` {low}; mend or remove the row, and \
         see that the columns are named in their true order"
    )]
    HighBelowLow {
        /// Name of the high.
        high_column: String,
        /// The value of it.
        high: Decimal,
        /// Name of the low.
        low_column: String,
        /// The value of it.
        low: Decimal,
    },
    /// Open or close lies outside the bar.
    #[error(
        "`{column}` {value} is outside low..high {low}..{high}; mend or remove the row, \
         and see that the columns are named in their true order"
    )]
    OutsideRange {
        /// Name of the column, `open` or `close`.
        column: String,
        /// The open or the close.
        value: Decimal,
        /// Low of the bar.
        low: Decimal,
        /// High of the bar.
        high: Decimal,
    },
    /// A price at or below zero.
    #[error("`{column}` {value} is not a price above zero; mend or remove the row")]
    NotPositive {
        /// Column, by the name it has where the row came from.
        column: String,
        /// The value of it.
        value: Decimal,
    },
    /// A volume below zero.
    #[error("`{column}` {value} is below zero; mend or remove the row")]
    NegativeVolume {
        /// Column, by the name it has where the row came from.
        column: String,
        /// Text of the value, as found.
        value: String,
    },
    /// Buyers took more than was traded.
    #[error(
        "`{column}` {taker} is above the volume {volume}; mend the row, or load without \
         taker-buy volume (repair = [\"drop-taker\"])"
    )]
    TakerAboveVolume {
        /// Column, by the name it has where the row came from.
        column: String,
        /// Taker-buy volume of the bar.
        taker: Decimal,
        /// Volume of the bar.
        volume: Decimal,
    },
    /// A bar of the bid that the ask has not, or the other way round.
    #[error(
        "open time {} has no bar in the other file ({other}); remove the row, or load bid \
         or ask alone (price)",
        utc(*ts)
    )]
    Unpaired {
        /// Open time of the row.
        ts: Nanos,
        /// Name of the file that lacks it.
        other: String,
    },
    /// A value is not a whole multiple of the stated step.
    #[error(
        "`{column}` {value} is not a multiple of {option} = {step}; correct {option}, or \
         round to it (repair = [\"round\"])"
    )]
    OffGrid {
        /// Column, by the name it has where the row came from.
        column: String,
        /// Text of the value, as found.
        value: String,
        /// `tick_size` or `volume_step`.
        option: &'static str,
        /// The step that was stated.
        step: Decimal,
    },
    /// A value is too many steps for exact sums.
    #[error(
        "`{column}` {value} is more than {max:e} steps of {step}; mend the row, or state a \
         coarser {option} and round to it (repair = [\"round\"])"
    )]
    TooLarge {
        /// Column, by the name it has where the row came from.
        column: String,
        /// The value as it stands.
        value: Box<str>,
        /// `tick_size` or `volume_step`.
        option: &'static str,
        /// The step, stated or inferred.
        step: Decimal,
        /// Most steps allowed.
        max: i64,
    },
    /// One value has so many decimals that the others no longer fit.
    #[error(
        "`{column}` {value} asks for a grid of {step}, on which other values of the data \
         are more than {max:e} steps; state {option} and round to it (repair = [\"round\"])"
    )]
    GridTooFine {
        /// Column, by the name it has where the row came from.
        column: String,
        /// Text of the value, as found.
        value: Box<str>,
        /// `tick_size` or `volume_step`.
        option: &'static str,
        /// The step that the decimals ask for.
        step: Decimal,
        /// Most steps allowed.
        max: i64,
    },
    /// A row opens where no bar does, judged by where most rows open.
    #[error(
        "open time {} is {}off the bars of {}: {} like it{}; mend {}{}",
        utc(*ts),
        words::distance(*ts, *nearest),
        length(*interval),
        words::share(*count, *of),
        words::also(more),
        if *count == 1 { "the row" } else { "the rows" },
        words::move_them(mended_by, ends.then_some(*interval))
    )]
    OffInterval {
        /// Open time of the row.
        ts: Nanos,
        /// Stated or inferred length of a bar.
        interval: Interval,
        /// The nearest time at which a bar opens; `None` halfway between two.
        nearest: Option<Nanos>,
        /// Some of the other rows off the bars.
        more: Box<[RowPlace]>,
        /// Rows off the bars, this one included.
        count: usize,
        /// All rows.
        of: usize,
        /// Whether times seem to be those at which bars end.
        ends: bool,
        /// The repairs that together would mend this, were they named.
        mended_by: Vec<Repair>,
    },
    /// A row at a time when the market is closed.
    #[error(
        "open time {} is outside the trading hours of the calendar {calendar}: {} like it{}; \
         state the calendar of this market{}",
        utc(*ts),
        words::share(*count, *of),
        words::also(more),
        if count == of {
            ""
        } else {
            ", or leave such rows out (repair = [\"drop-outside\"])"
        }
    )]
    OutsideHours {
        /// Open time of the row.
        ts: Nanos,
        /// Name of the calendar.
        calendar: Box<str>,
        /// Some of the other rows outside.
        more: Box<[RowPlace]>,
        /// Rows outside, this one included.
        count: usize,
        /// All rows.
        of: usize,
    },
}

impl RowFault {
    /// The same, at a place.
    pub(crate) const fn at(self, place: RowPlace) -> RowError {
        RowError { place, fault: self }
    }

    /// The repair that alone mends this fault. Whether the file then loads depends on its
    /// other rows: where no other row is left, or another is at fault, it does not.
    #[must_use]
    pub fn repair(&self) -> Option<Repair> {
        Some(match self {
            Self::Disorder { .. } => Repair::Sort,
            Self::Duplicate { .. } => Repair::DropDuplicates,
            Self::Conflict { .. } => Repair::KeepFirst,
            Self::TakerAboveVolume { .. } => Repair::ClipTaker,
            Self::EmptyTaker { .. } => Repair::DropTaker,
            Self::OffGrid { .. } => Repair::Round,
            Self::HighBelowLow { .. }
            | Self::OutsideRange { .. }
            | Self::NotPositive { .. }
            | Self::NegativeVolume { .. }
            | Self::BadNumber { .. }
            | Self::BadTime { .. }
            | Self::AbsurdTime { .. }
            | Self::OtherUnit { .. }
            | Self::ClockChange { .. }
            | Self::Unpaired { .. }
            | Self::FieldCount { .. } => Repair::DropInvalid,
            Self::OutsideHours { count, of, .. } if *count < *of => Repair::DropOutside,
            // Where two rows would come to stand at one time, the message names what else.
            Self::OffInterval { mended_by, .. } if mended_by.len() == 1 => Repair::Snap,
            // The last two are mended by a coarser step and rounding to it, not by that alone.
            Self::TooLong { .. }
            | Self::UnitChange { .. }
            | Self::OffInterval { .. }
            | Self::OutsideHours { .. }
            | Self::Interleaved { .. }
            | Self::TooLarge { .. }
            | Self::GridTooFine { .. } => return None,
        })
    }
}
