//! Why data is not loaded, by where the fault is: in a row, in the text or the make of
//! a file, in a format, in what was stated, or in all rows together.
//!
//! Every message says where, in which column, what was found there and what to do about it.

use std::io;

use super::format_error::FormatError;
use super::text_fault::TextFault;
use crate::series::error::{BadOption, SeriesError, SeriesFault};
use crate::series::fault::RowError;
use crate::series::place::RowPlace;
use crate::series::repairs::Repair;

/// Why data was refused. Nothing is repaired or dropped in silence.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// A row of it is wrong.
    #[error(transparent)]
    Row(#[from] RowError),
    /// The rows are sound, and do not make one series.
    #[error(transparent)]
    Series(#[from] SeriesFault),
    /// A file is not what it should be.
    #[error("{path}: {fault}")]
    File {
        /// The file, as the user named it; the symbol of data in memory.
        path: String,
        /// What is wrong with it.
        fault: FileFault,
    },
    /// The text of a file does not come apart into rows.
    #[error("{place}: {fault}")]
    Text {
        /// Where it does not come apart.
        place: RowPlace,
        /// What is wrong there.
        fault: TextFault,
    },
    /// The description of how files are laid out.
    #[error(transparent)]
    Format(#[from] FormatError),
    /// An option is out of its range.
    #[error(transparent)]
    Option(#[from] BadOption),
    /// Arrays of one call differ in length.
    #[error("`{column}` has {found} values, `ts_open` has {expected}; give one for every bar")]
    Length {
        /// Name of the array.
        column: &'static str,
        /// Number of bars there are.
        expected: usize,
        /// Number of values it has.
        found: usize,
    },
    /// The repair `round`, and no grid to round to.
    #[error("the repair round needs a grid; state tick_size or volume_step")]
    RoundToWhat,
    /// File names do not tell one symbol.
    #[error(
        "the symbol cannot be told from the file names ({}); state it with --symbol",
        list(names)
    )]
    SymbolUnclear {
        /// File names, or the symbols they tell.
        names: Vec<String>,
    },
    /// Files of one series are of different instruments, as their columns tell.
    #[error("{path} holds {symbol} and {other_path} holds {other}; load them as two instruments")]
    SymbolsDiffer {
        /// A file.
        path: String,
        /// The symbol in it.
        symbol: String,
        /// The file before it.
        other_path: String,
        /// The symbol in that one.
        other: String,
    },
    /// The progress callback asked to stop.
    #[error("loading was cancelled")]
    Cancelled,
}

/// What is wrong with a file.
#[derive(Debug, thiserror::Error)]
pub enum FileFault {
    /// The file cannot be opened or read.
    #[error("cannot be read: {source}; check the path and its permissions")]
    Unreadable {
        /// What the operating system said.
        source: io::Error,
    },
    /// The name does not end in a known extension.
    #[error(
        "unknown kind of file; give .csv, .txt, .tsv, .json or .jsonl (also as .gz or .zst), .zip, .tar, \
         .tar.gz, .tape, .parquet, or - for standard input"
    )]
    UnknownKind,
    /// A Parquet file, and a build without Parquet.
    #[error(
        "this build cannot read Parquet; build with `cargo build --features polars`, or \
         give the data as .csv"
    )]
    ParquetNotBuilt,
    /// The container does not decompress or decode.
    #[error("damaged {kind} data: {reason}; fetch the file again")]
    Corrupt {
        /// gzip, zstd, zip or Parquet.
        kind: &'static str,
        /// What the decoder said.
        reason: String,
    },
    /// A zip without exactly one CSV file.
    #[error(
        "a zip must hold exactly one .csv file, this one holds {}; {}",
        list(entries),
        if entries.is_empty() { "fetch it again" } else { "unpack it and name the files" }
    )]
    ZipEntries {
        /// Names of everything inside.
        entries: Vec<String>,
    },
    /// No rows, or nothing but a header.
    #[error("there are no bars in it; remove it from the list or fetch it again")]
    Empty,
    /// No header, and not the columns of the Binance archive.
    #[error(
        "there is no header, and {fields} columns are not the 12 of a Binance kline \
         archive; put a first line above the rows that names them, such as \
         open_time,open,high,low,close,volume, or name their format (see `tickstep check --formats`)"
    )]
    NoHeader {
        /// Number of columns in the file.
        fields: usize,
    },
    /// A column that is always needed is not there.
    #[error(
        "no column `{column}` among {}; name it in the header, or describe the file (--format FILE.toml): columns, delimiter, skip_lines{}",
        list(found),
        if *column == "volume" { ", or columns and volume_is = \"none\" where there is none" } else { "" }
    )]
    MissingColumn {
        /// Usual name of the column.
        column: &'static str,
        /// Columns of the file.
        found: Vec<String>,
    },
    /// A column tells several instruments apart, and none of them is asked for.
    #[error(
        "the column `{column}` holds {}; take one of them with --symbol, or make an instrument \
         of each (split = true, --split)",
        some(symbols)
    )]
    SeveralSymbols {
        /// Name of the column.
        column: String,
        /// What it holds.
        symbols: Vec<String>,
    },
    /// Numbers that can be read in two ways.
    #[error(
        "{value:?} can be read in two ways, and the other values do not tell which; describe the \
         numbers (--format FILE.toml) with thousands = \",\" or decimal = \",\""
    )]
    AmbiguousNumber {
        /// A value of the file, as found.
        value: String,
    },
    /// Dates that can be read in two ways.
    #[error(
        "`{column}` is {value:?}, and no row tells which number is the day; describe the times \
         (--format FILE.toml) with time.pattern = \"{first}\" or \"{second}\""
    )]
    AmbiguousDate {
        /// Column, by the name it has where the row came from.
        column: String,
        /// A value of the file, as found.
        value: String,
        /// A pattern that reads every row.
        first: String,
        /// Another.
        second: String,
    },
    /// Times that a spreadsheet has cut to a few digits.
    #[error(
        "`{column}` is {value:?}: a spreadsheet has cut the digits of the times; take the file as it \
         was downloaded, or format the column as {remedy} before saving"
    )]
    CutTimes {
        /// Column, by the name it has where the row came from.
        column: String,
        /// Text of the value, as found.
        value: String,
        /// The format that keeps everything.
        remedy: &'static str,
    },
    /// Two columns have one name.
    #[error("there are two columns `{column}`; rename the one not meant")]
    AmbiguousColumn {
        /// The name that two columns share.
        column: String,
    },
    /// Times of a table are by a clock that nobody named.
    #[error(
        "`{column}` has times without a zone, so nobody can tell which instants they are; say \
         whose clock showed them: time_zone = \"UTC\" for most exchanges of crypto currencies, \
         time_zone = \"America/New_York\" for New York, or give the column a zone"
    )]
    NaiveTimes {
        /// The column of the times.
        column: String,
    },
    /// Columns of a table are not of one length.
    #[error("`{column}` has {found} values, `{first}` has {expected}; give one for every bar")]
    Lengths {
        /// Column of another length.
        column: String,
        /// Number of its values.
        found: usize,
        /// The column of the times.
        first: String,
        /// Number of times.
        expected: usize,
    },
    /// A table has no row.
    #[error("there are no rows; give one for every bar")]
    NoRows,
    /// A column that was named is not there.
    #[error("no column `{column}`, which is named for `{field}`, among {}", list(found))]
    NamedColumn {
        /// The name that was given.
        column: String,
        /// What it was to be.
        field: &'static str,
        /// Columns of the table.
        found: Vec<String>,
    },
    /// A column's values cannot be read as numbers or times.
    #[error("column `{column}` is of type {kind}; store it as numbers, times or text")]
    ColumnType {
        /// Column, by the name it has where the row came from.
        column: String,
        /// Type of its values.
        kind: String,
    },
    /// A rule needs the taker-buy volume, and the data lacks it.
    #[error(
        "rule `{rule}` needs the column `taker_buy_volume`, found {}; switch the rule off, \
         choose volume_split = \"close_location\", or take files that have it",
        list(found)
    )]
    MissingTaker {
        /// The rule that needs taker-buy volume.
        rule: String,
        /// Columns that the file has.
        found: Vec<String>,
    },
    /// The file's clock is not UTC, and nobody said what it is.
    #[error(
        "times of the format {name} are by a clock that the file does not name; state \
         time_zone, such as UTC, +02:00, Europe/Athens or America/New_York+07:00"
    )]
    ZoneNotStated {
        /// Name of the format.
        name: String,
    },
    /// Times are since midnight, and the name tells no day.
    #[error("times are since midnight, and no day such as 20140511 is in the name")]
    NoDay,
    /// A column that the description names is not there.
    #[error(
        "no column `{column}`, which the format {name} names, among {}; `tickstep check` without \
         --format says which format the file seems to be",
        list(found)
    )]
    DescribedColumn {
        /// Name of the format.
        name: String,
        /// Column, by the name it has where the row came from.
        column: String,
        /// Columns of the file.
        found: Vec<String>,
    },
    /// Rows are not as long as the description says.
    #[error(
        "{found} values in the first row; the format {name} has {expected}; `tickstep check` without \
         --format says which format the file seems to be"
    )]
    FormatFields {
        /// Name of the format.
        name: String,
        /// Number of fields that the description states.
        expected: usize,
        /// Number of fields in the file.
        found: usize,
    },
    /// JSON lists of a length that does not tell their order.
    #[error(
        "bars of {fields} values do not tell their order; name a format{}, or describe the file \
         (--format FILE.toml) with header = false, fields = {fields} and columns by their positions",
        if *fields == 6 {
            ", such as freqtrade (open, high, low, close, volume) or bitfinex (open, close, high, low, \
             volume)"
        } else {
            ""
        }
    )]
    JsonOrder {
        /// Values in a bar.
        fields: usize,
    },
    /// A tar with something else in it.
    #[error("{entry} is not .json; a tar must hold lists of bars only")]
    TarEntry {
        /// Name of the entry inside the tar.
        entry: String,
    },
    /// The file is Apache Feather.
    #[error(
        "Feather is not read; save it as Parquet or CSV, such as with pandas: \
         read_feather(...).to_parquet(...)"
    )]
    Feather,
    /// Bid and ask are in two files, and one is not there.
    #[error(
        "the format {name} needs a bid and an ask file, whose names hold \"{bid}\" and \
         \"{ask}\"; {missing} is not there"
    )]
    NoPartner {
        /// Name of the format.
        name: String,
        /// Word in the name of the bid file.
        bid: String,
        /// Word in the name of the ask file.
        ask: String,
        /// What was looked for.
        missing: String,
    },
    /// A tape file is damaged or of another version.
    #[error("not a usable tape: {reason}; make it again with `tickstep convert`")]
    BadTape {
        /// What is damaged or unknown.
        reason: String,
    },
}

impl From<SeriesError> for LoadError {
    fn from(error: SeriesError) -> Self {
        match error {
            SeriesError::Row(error) => Self::Row(error),
            SeriesError::Whole(fault) => Self::Series(fault),
            SeriesError::Option(error) => Self::Option(error),
        }
    }
}

impl FileFault {
    /// The same, of a file.
    pub(crate) fn of(self, path: &str) -> LoadError {
        LoadError::File { path: path.to_owned(), fault: self }
    }
}

impl LoadError {
    /// The repair that would mend this, were it named.
    #[must_use]
    pub fn repair(&self) -> Option<Repair> {
        match self {
            Self::Row(error) => error.fault.repair(),
            Self::Series(fault) => fault.repair(),
            _ => None,
        }
    }
}

/// The first of many names.
fn some(names: &[String]) -> String {
    const MOST: usize = 5;
    let shown = names.iter().take(MOST).cloned().collect::<Vec<_>>().join(", ");
    match names.len().checked_sub(MOST) {
        None | Some(0) => format!("{} symbols ({shown})", names.len()),
        Some(_) => format!("{} symbols ({shown}, ...)", names.len()),
    }
}

/// Names for a message.
fn list(names: &[String]) -> String {
    if names.is_empty() { "nothing".to_owned() } else { names.join(", ") }
}
