//! What can be wrong with market data, in one enum.
//!
//! Every message says where (file and line, or row), in which column, what was
//! found there and what to do about it, so that a run that will not start is
//! mended without reading code.

use std::io;

use rust_decimal::Decimal;
use tickstep_core::units::Nanos;

use super::place::{Place, list, span, utc};
use super::repair::Repair;

/// Why data was refused. Nothing is repaired or dropped in silence.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LoadError {
    /// No file was named, or no bars were given.
    #[error("there is nothing to load; name at least one file with at least one bar")]
    Nothing,
    /// The file cannot be opened or read.
    #[error("{path}: cannot be read: {source}; check the path and its permissions")]
    Unreadable {
        /// File.
        path: String,
        /// What the system said.
        source: io::Error,
    },
    /// The name does not end in a known extension.
    #[error(
        "{path}: unknown kind of file; give .csv, .csv.gz, .csv.zst, .zip, .json, .json.gz, .tar, .tar.gz, \
         .tape or .parquet"
    )]
    UnknownKind {
        /// File.
        path: String,
    },
    /// A Parquet file, and a build without Parquet.
    #[error(
        "{path}: this build cannot read Parquet; build with `cargo build --features polars`, or \
         give the data as .csv"
    )]
    ParquetNotBuilt {
        /// File.
        path: String,
    },
    /// The container does not decompress or decode.
    #[error("{path}: damaged {kind} data: {reason}; fetch the file again")]
    Corrupt {
        /// File.
        path: String,
        /// gzip, zstd, zip or Parquet.
        kind: &'static str,
        /// What the decoder said.
        reason: String,
    },
    /// A zip without exactly one CSV file.
    #[error(
        "{path}: a zip must hold exactly one .csv file, this one holds {}; unpack it and name the \
         files",
        list(entries)
    )]
    ZipEntries {
        /// File.
        path: String,
        /// Names of everything inside.
        entries: Vec<String>,
    },
    /// Bytes that are not text.
    #[error("{place}: byte {byte:#04x} is not valid UTF-8; save the file as UTF-8")]
    NotUtf8 {
        /// Where.
        place: Place,
        /// The first offending byte.
        byte: u8,
    },
    /// No rows, or nothing but a header.
    #[error("{path}: there are no bars in it; remove it from the list or fetch it again")]
    Empty {
        /// File.
        path: String,
    },
    /// No header, and not the columns of the Binance archive.
    #[error(
        "{path}: there is no header, and {fields} columns are not the 12 of a Binance kline \
         archive; put a first line above the rows that names them, such as \
         open_time,open,high,low,close,volume, or name their format (see `tickstep check --formats`)"
    )]
    NoHeader {
        /// File.
        path: String,
        /// Number of columns.
        fields: usize,
    },
    /// A column that is always needed is not there.
    #[error("{path}: no column `{column}` among {}; name it in the header", list(found))]
    MissingColumn {
        /// File.
        path: String,
        /// Usual name of the column.
        column: &'static str,
        /// Columns of the file.
        found: Vec<String>,
    },
    /// Two columns have one name.
    #[error("{path}: there are two columns `{column}`; rename the one not meant")]
    AmbiguousColumn {
        /// File.
        path: String,
        /// Their name.
        column: String,
    },
    /// A column's values cannot be read as numbers or times.
    #[error("{path}: column `{column}` is of type {kind}; store it as numbers, times or text")]
    ColumnType {
        /// File.
        path: String,
        /// Column.
        column: String,
        /// Its type.
        kind: String,
    },
    /// Arrays of one call differ in length.
    #[error("`{column}` has {found} values, `ts_open` has {expected}; give one for every bar")]
    Length {
        /// Array.
        column: &'static str,
        /// Bars.
        expected: usize,
        /// Its length.
        found: usize,
    },
    /// A rule needs the taker-buy volume, and the data lacks it.
    #[error(
        "{path}: rule `{rule}` needs the column `taker_buy_volume`, found {}; switch the rule off, \
         choose volume_split = \"close_location\", or take files that have it",
        list(found)
    )]
    MissingTaker {
        /// File, or symbol of data in memory.
        path: String,
        /// The rule.
        rule: String,
        /// Columns of the file.
        found: Vec<String>,
    },
    /// Some bars have taker-buy volume and some have not.
    #[error(
        "{with} has taker-buy volume and {without} has not; load them as two series, or load both \
         without it (repair = [\"drop-taker\"])"
    )]
    MixedTaker {
        /// A bar that has it.
        with: Place,
        /// A bar that has not.
        without: Place,
    },
    /// A row is longer or shorter than the header.
    #[error("{place}: {found} fields instead of {expected}; mend or remove the line")]
    FieldCount {
        /// Where.
        place: Place,
        /// As in the first line.
        expected: usize,
        /// As found.
        found: usize,
    },
    /// Not a finite decimal number.
    #[error("{place}: `{column}` is {value:?}, not a number; mend or remove the row")]
    BadNumber {
        /// Where.
        place: Place,
        /// Column.
        column: String,
        /// Text as found.
        value: String,
    },
    /// A taker-buy cell is empty although the column is there.
    #[error(
        "{place}: `{column}` is empty; fill it in, or load without taker-buy volume (repair = [\"drop-taker\"])"
    )]
    EmptyTaker {
        /// Where.
        place: Place,
        /// Column.
        column: String,
    },
    /// A number with more digits than is exact.
    #[error(
        "{place}: `{column}` is {value}, more than 36 digits or 28 decimals; write it with fewer"
    )]
    TooLong {
        /// Where.
        place: Place,
        /// Column.
        column: String,
        /// Text as found.
        value: String,
    },
    /// Not a time.
    #[error(
        "{place}: `{column}` is {value:?}, not a time; write whole seconds, ms, us or ns since 1970, \
         or 2023-08-01 00:00:00"
    )]
    BadTime {
        /// Where.
        place: Place,
        /// Column.
        column: String,
        /// Text as found.
        value: String,
    },
    /// A time before 2000 or after 2100.
    #[error(
        "{place}: `{column}` is {value}, a time before 2000 or after 2100 in any unit; mend or \
         remove the row"
    )]
    AbsurdTime {
        /// Where.
        place: Place,
        /// Column.
        column: String,
        /// Text as found.
        value: String,
    },
    /// Times are not all in the unit of the first row.
    #[error(
        "{place}: `{column}` is {value}, in {unit}, but the rows before are in {before}; write all \
         in one unit, or split the file here"
    )]
    UnitChange {
        /// Where.
        place: Place,
        /// Column.
        column: String,
        /// Text as found.
        value: String,
        /// Unit of this row.
        unit: &'static str,
        /// Unit of the rows before.
        before: &'static str,
    },
    /// Rows run back in time.
    #[error(
        "{place}: open time {} comes after {} of {earlier}; sort the rows by open time",
        utc(*ts),
        utc(*before)
    )]
    Disorder {
        /// Where.
        place: Place,
        /// Its open time.
        ts: Nanos,
        /// The row ahead of it.
        earlier: Place,
        /// That row's open time.
        before: Nanos,
    },
    /// The same bar twice.
    #[error("{place}: the same bar as {earlier} (open time {}); remove one of them", utc(*ts))]
    Duplicate {
        /// Where.
        place: Place,
        /// Its open time.
        ts: Nanos,
        /// Where it was before.
        earlier: Place,
    },
    /// Two bars at one time that differ.
    #[error(
        "{place}: open time {} is also that of {earlier}, but `{column}` is {value} here and {other} \
         there; find out which is right and remove the other",
        utc(*ts)
    )]
    Conflict {
        /// Where.
        place: Place,
        /// Its open time.
        ts: Nanos,
        /// Where the other is.
        earlier: Box<Place>,
        /// First column that differs.
        column: String,
        /// Value here.
        value: Decimal,
        /// Value there.
        other: Decimal,
    },
    /// High is below low.
    #[error(
        "{place}: `{high_column}` {high} is below `{low_column}` {low}; mend or remove the row, and \
         see that the columns are named in their true order"
    )]
    HighBelowLow {
        /// Where.
        place: Place,
        /// Name of the high.
        high_column: String,
        /// Its value.
        high: Decimal,
        /// Name of the low.
        low_column: String,
        /// Its value.
        low: Decimal,
    },
    /// Open or close lies outside the bar.
    #[error(
        "{place}: `{column}` {value} is outside low..high {low}..{high}; mend or remove the row, \
         and see that the columns are named in their true order"
    )]
    OutsideRange {
        /// Where.
        place: Place,
        /// Open or close.
        column: String,
        /// Its value.
        value: Decimal,
        /// Low.
        low: Decimal,
        /// High.
        high: Decimal,
    },
    /// A price at or below zero.
    #[error("{place}: `{column}` {value} is not a price above zero; mend or remove the row")]
    NotPositive {
        /// Where.
        place: Place,
        /// Column.
        column: String,
        /// Its value.
        value: Decimal,
    },
    /// A volume below zero.
    #[error("{place}: `{column}` {value} is below zero; mend or remove the row")]
    NegativeVolume {
        /// Where.
        place: Place,
        /// Column.
        column: String,
        /// Text as found.
        value: String,
    },
    /// Buyers took more than was traded.
    #[error(
        "{place}: `{column}` {taker} is above the volume {volume}; mend the row, or load without \
         taker-buy volume (repair = [\"drop-taker\"])"
    )]
    TakerAboveVolume {
        /// Where.
        place: Place,
        /// Column.
        column: String,
        /// Taker-buy volume.
        taker: Decimal,
        /// Volume.
        volume: Decimal,
    },
    /// A local time that the clocks show twice or never.
    #[error(
        "{place}: `{column}` is {value:?}, a time that the clocks of the stated zone show twice or \
         never; state a fixed offset such as +02:00, or write UTC"
    )]
    ClockChange {
        /// Where.
        place: Place,
        /// Column.
        column: String,
        /// Text as found.
        value: String,
    },
    /// No bundled format has this name.
    #[error("there is no format {name:?}; name a .toml file that describes it, or one of {known}")]
    UnknownFormat {
        /// As given.
        name: String,
        /// Names of the bundled ones.
        known: String,
    },
    /// A description of a format cannot be used.
    #[error("format {name}: {}", reason.trim_end())]
    BadFormat {
        /// Its file.
        name: String,
        /// What is wrong.
        reason: String,
    },
    /// The file's clock is not UTC, and nobody said what it is.
    #[error(
        "{path}: times of the format {name} are by a clock that the file does not name; state \
         time_zone, such as UTC, +02:00, Europe/Athens or America/New_York+07:00"
    )]
    ZoneNotStated {
        /// File.
        path: String,
        /// Format.
        name: String,
    },
    /// Times are since midnight, and the name tells no day.
    #[error("{path}: times are since midnight, and no day such as 20140511 is in the name")]
    NoDay {
        /// File.
        path: String,
    },
    /// A price was chosen where there is no bid and ask.
    #[error("price does not apply: the format {name} has no bid and ask; remove it")]
    NoBidAsk {
        /// Format.
        name: String,
    },
    /// The repair `round`, and no grid to round to.
    #[error("the repair round needs a grid; state tick_size or volume_step")]
    RoundToWhat,
    /// A column that the description names is not there.
    #[error(
        "{path}: no column `{column}`, which the format {name} names, among {}; is it another \
         format?",
        list(found)
    )]
    DescribedColumn {
        /// File.
        path: String,
        /// Format.
        name: String,
        /// Column.
        column: String,
        /// Columns of the file.
        found: Vec<String>,
    },
    /// Rows are not as long as the description says.
    #[error("{path}: {found} values in the first row; the format {name} has {expected}")]
    FormatFields {
        /// File.
        path: String,
        /// Format.
        name: String,
        /// By the description.
        expected: usize,
        /// As found.
        found: usize,
    },
    /// JSON lists of a length that does not tell their order.
    #[error(
        "{path}: bars of {fields} values do not tell their order; name a format, such as freqtrade \
         (open, high, low, close, volume) or bitfinex (open, close, high, low, volume)"
    )]
    JsonOrder {
        /// File.
        path: String,
        /// Values in a bar.
        fields: usize,
    },
    /// JSON that is not a list of bars.
    #[error(
        "{place}: {reason}; give a list of bars, each a list of values: [[time, open, ...], ...]"
    )]
    BadJson {
        /// Where.
        place: Place,
        /// What is wrong.
        reason: &'static str,
    },
    /// A tar with something else in it.
    #[error("{path}: {entry} is not .json; a tar must hold lists of bars only")]
    TarEntry {
        /// File.
        path: String,
        /// Name inside.
        entry: String,
    },
    /// Apache Feather.
    #[error(
        "{path}: Feather is not read; save it as Parquet or CSV, such as with pandas: \
         read_feather(...).to_parquet(...)"
    )]
    Feather {
        /// File.
        path: String,
    },
    /// Bid and ask are in two files, and one is not there.
    #[error(
        "{path}: the format {name} needs a bid and an ask file, whose names hold \"{bid}\" and \
         \"{ask}\"; {missing} is not there"
    )]
    NoPartner {
        /// File.
        path: String,
        /// Format.
        name: String,
        /// Word in the name of the bid file.
        bid: String,
        /// Word in the name of the ask file.
        ask: String,
        /// What was looked for.
        missing: String,
    },
    /// A bar of the bid that the ask has not, or the other way round.
    #[error(
        "{place}: open time {} has no bar in the other file ({other}); remove the row, or load bid \
         or ask alone (price)",
        utc(*ts)
    )]
    Unpaired {
        /// Where.
        place: Place,
        /// Its open time.
        ts: Nanos,
        /// The other file.
        other: String,
    },
    /// A tape file is damaged or of another version.
    #[error("{path}: not a usable tape: {reason}; make it again with `tickstep convert`")]
    BadTape {
        /// File.
        path: String,
        /// What is wrong.
        reason: String,
    },
    /// A value is not a whole multiple of the stated step.
    #[error(
        "{place}: `{column}` {value} is not a multiple of {option} = {step}; correct {option}, or \
         round to it (repair = [\"round\"])"
    )]
    OffGrid {
        /// Where.
        place: Place,
        /// Column.
        column: String,
        /// Text as found.
        value: String,
        /// `tick_size` or `volume_step`.
        option: &'static str,
        /// Its value.
        step: Decimal,
    },
    /// A value is too many steps for exact sums.
    #[error(
        "{place}: `{column}` {value} is more than {max:e} steps of {step}; mend the row, or state a \
         coarser {option} and round to it (repair = [\"round\"])"
    )]
    TooLarge {
        /// Where.
        place: Place,
        /// Column.
        column: String,
        /// Value.
        value: Box<str>,
        /// `tick_size` or `volume_step`.
        option: &'static str,
        /// Its value, stated or inferred.
        step: Decimal,
        /// Most steps allowed.
        max: i64,
    },
    /// One value has so many decimals that the others no longer fit.
    #[error(
        "{place}: `{column}` {value} asks for a grid of {step}, on which other values of the data \
         are more than {max:e} steps; state {option} and round to it (repair = [\"round\"])"
    )]
    GridTooFine {
        /// Where the finest value is.
        place: Place,
        /// Column.
        column: String,
        /// Text as found.
        value: Box<str>,
        /// `tick_size` or `volume_step`.
        option: &'static str,
        /// What the decimals ask for.
        step: Decimal,
        /// Most steps allowed.
        max: i64,
    },
    /// Open times are not spaced by whole intervals.
    #[error(
        "{place}: open time {} is not a whole number of intervals of {} after {}; mend the row, or \
         state interval_s",
        utc(*ts),
        span(*interval),
        utc(*before)
    )]
    OffInterval {
        /// Where.
        place: Place,
        /// Its open time.
        ts: Nanos,
        /// Open time of the bar before.
        before: Nanos,
        /// Stated or inferred interval.
        interval: Nanos,
    },
    /// One bar has no difference of times to infer an interval from.
    #[error("{place} is the only bar, so its interval cannot be inferred; state interval_s")]
    IntervalUnknown {
        /// The bar.
        place: Place,
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
        /// Start asked for.
        from: Nanos,
        /// End asked for.
        to: Nanos,
        /// First open time there is.
        first: Nanos,
        /// Last open time there is.
        last: Nanos,
    },
    /// File names do not tell one symbol.
    #[error(
        "the symbol cannot be told from the file names ({}); state it with --symbol",
        list(names)
    )]
    SymbolUnclear {
        /// File names, or the symbols they tell.
        names: Vec<String>,
    },
    /// An option is out of its range.
    #[error("{option} = {value} is out of range; it must be {range}")]
    BadOption {
        /// Name of the option.
        option: &'static str,
        /// What was given.
        value: String,
        /// What is allowed.
        range: &'static str,
    },
    /// The progress callback asked to stop.
    #[error("loading was cancelled")]
    Cancelled,
}

impl LoadError {
    /// Where in a file it is, and the message without that.
    pub(crate) fn parts(&self) -> (String, String) {
        let text = self.to_string();
        let place = match self.place() {
            Some(place) => place.to_string(),
            None => return (String::new(), text),
        };
        let what = text.strip_prefix(&format!("{place}: ")).map(str::to_owned);
        (place, what.unwrap_or(text))
    }

    fn place(&self) -> Option<&Place> {
        match self {
            Self::NotUtf8 { place, .. }
            | Self::FieldCount { place, .. }
            | Self::BadNumber { place, .. }
            | Self::EmptyTaker { place, .. }
            | Self::TooLong { place, .. }
            | Self::BadTime { place, .. }
            | Self::AbsurdTime { place, .. }
            | Self::UnitChange { place, .. }
            | Self::Disorder { place, .. }
            | Self::Duplicate { place, .. }
            | Self::Conflict { place, .. }
            | Self::HighBelowLow { place, .. }
            | Self::OutsideRange { place, .. }
            | Self::NotPositive { place, .. }
            | Self::NegativeVolume { place, .. }
            | Self::TakerAboveVolume { place, .. }
            | Self::ClockChange { place, .. }
            | Self::BadJson { place, .. }
            | Self::Unpaired { place, .. }
            | Self::OffGrid { place, .. }
            | Self::TooLarge { place, .. }
            | Self::GridTooFine { place, .. }
            | Self::OffInterval { place, .. }
            | Self::IntervalUnknown { place, .. } => Some(place),
            _ => None,
        }
    }

    /// The repair that would mend this, were it named.
    #[must_use]
    pub const fn repair(&self) -> Option<Repair> {
        Some(match self {
            Self::Disorder { .. } => Repair::Sort,
            Self::Duplicate { .. } => Repair::DropDuplicates,
            Self::Conflict { .. } => Repair::KeepFirst,
            Self::TakerAboveVolume { .. } => Repair::ClipTaker,
            Self::EmptyTaker { .. } | Self::MixedTaker { .. } => Repair::DropTaker,
            Self::OffGrid { .. } | Self::TooLarge { .. } | Self::GridTooFine { .. } => {
                Repair::Round
            }
            Self::HighBelowLow { .. }
            | Self::OutsideRange { .. }
            | Self::NotPositive { .. }
            | Self::NegativeVolume { .. }
            | Self::BadNumber { .. }
            | Self::BadTime { .. }
            | Self::AbsurdTime { .. }
            | Self::ClockChange { .. }
            | Self::Unpaired { .. }
            | Self::FieldCount { .. } => Repair::DropInvalid,
            _ => return None,
        })
    }
}
