//! Refused data as an exception: the place, the time and the remedy, in Python's words.

use tickstep_backtest::load::{LoadError, remedy};
use tickstep_backtest::series::{Repair, RowFault};
use tickstep_backtest::times::utc;
use tickstep_core::units::Nanos;

use crate::failure::{Class, Failure, Place};

/// Why data is refused. `attempt` loads with more repairs, `time_of` tells the open time of a
/// row; in memory there is no file.
pub fn refused(
    error: LoadError,
    in_memory: bool,
    time_of: impl Fn(u64) -> Option<Nanos>,
    attempt: impl FnMut(&[Repair]) -> Option<LoadError>,
) -> Failure {
    let argument = match &error {
        LoadError::Option(bad) => Some(in_python(bad.option)),
        _ => None,
    };
    let repairs = match &error {
        LoadError::Cancelled => Vec::new(),
        _ => remedy(&error, attempt),
    };
    let (column, told) = match &error {
        LoadError::Row(row) => of_row(&row.fault),
        _ => (None, None),
    };
    let mut words = in_python(&error.to_string());
    let failure = Failure::from(error);
    let mut place = failure.place().clone();
    let time = told.or_else(|| place.row.and_then(time_of));
    if let (None, Some(time)) = (told, time) {
        words += &format!(" (open time {})", utc(time));
    }
    if !repairs.is_empty() {
        let names: Vec<String> = repairs.iter().map(|repair| format!("\"{repair}\"")).collect();
        words += &format!("; repair=[{}] mends it, and counts what it did", names.join(", "));
    }
    if in_memory {
        place.file = None;
    }
    place.column = column.or(place.column);
    place.timestamp = time.map(|time| time.0);
    place.argument = argument;
    let class = match (&place.argument, failure.class()) {
        (Some(_), Class::Data) => Class::Config,
        (_, class) => class,
    };
    Failure::new(class, words).at(Place { ..place })
}

/// The library's words with the names that the arguments have in Python.
pub fn in_python(words: &str) -> String {
    [
        ("--volume-step", "lot_step"),
        ("--tick-size ", "tick_size="),
        (": `run` refuses this: ", ": refused, "),
        (" (--all)", ""),
        ("volume_step", "lot_step"),
        ("state interval_s", "give interval="),
        (
            "or columns and volume_is = \"none\" where there is none",
            "or columns={\"volume\": None} (frames) where there is none",
        ),
        ("repair = [", "repair=["),
        ("time_zone = ", "time_zone="),
        ("(--format FILE.toml)", "(format=\"FILE.toml\")"),
        ("with --symbol", "with symbol="),
        ("(split = true, --split)", "(split=True)"),
        ("state time_zone (--time-zone)", "give time_zone="),
        (
            "or describe the file (format=\"FILE.toml\"): columns, delimiter, skip_lines",
            "or say which is meant with columns={...} (frames) or format=\"FILE.toml\" (files)",
        ),
    ]
    .into_iter()
    .fold(quoted(words), |words, (from, to)| words.replace(from, to))
}

/// `--repair sort,round` as `repair=["sort", "round"]`.
fn quoted(words: &str) -> String {
    let mut parts = words.split("--repair ");
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let end = part.find(|c: char| !c.is_ascii_lowercase() && c != '-' && c != ',');
        let (names, rest) = part.split_at(end.unwrap_or(part.len()));
        let names: Vec<String> = names.split(',').map(|name| format!("\"{name}\"")).collect();
        out += &format!("repair=[{}]{rest}", names.join(", "));
    }
    out
}

/// The column at fault, and the open time of the row, where the fault knows them.
fn of_row(fault: &RowFault) -> (Option<String>, Option<Nanos>) {
    match fault {
        RowFault::BadNumber { column, .. }
        | RowFault::EmptyTaker { column }
        | RowFault::TooLong { column, .. }
        | RowFault::BadTime { column, .. }
        | RowFault::AbsurdTime { column, .. }
        | RowFault::UnitChange { column, .. }
        | RowFault::OtherUnit { column, .. }
        | RowFault::ClockChange { column, .. }
        | RowFault::OutsideRange { column, .. }
        | RowFault::NotPositive { column, .. }
        | RowFault::NegativeVolume { column, .. }
        | RowFault::TakerAboveVolume { column, .. }
        | RowFault::OffGrid { column, .. }
        | RowFault::TooLarge { column, .. }
        | RowFault::GridTooFine { column, .. } => (Some(column.clone()), None),
        RowFault::HighBelowLow { high_column, .. } => (Some(high_column.clone()), None),
        RowFault::Conflict { column, ts, .. } => (Some(column.clone()), Some(*ts)),
        RowFault::Disorder { ts, .. }
        | RowFault::Interleaved { ts, .. }
        | RowFault::Duplicate { ts, .. }
        | RowFault::Unpaired { ts, .. }
        | RowFault::OffInterval { ts, .. }
        | RowFault::OutsideHours { ts, .. } => (None, Some(*ts)),
        RowFault::FieldCount { .. } => (None, None),
    }
}
