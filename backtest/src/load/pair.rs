//! Bid and ask in two files, read together as one series of mids.
//!
//! Both have one row for each bar, in the order of time. A bar that only one of
//! them has is a fault, told with its place.

use std::path::{Path, PathBuf};

use tickstep_core::units::Nanos;

use super::columns::Columns;
use super::error::{FileFault, LoadError};
use super::format::{Format, Price};
use super::origin::Origin;
use super::row_sink::{RawTime, RawValue, RowSink, dressed};
use super::text::{Lines, Stated, line};
use super::time::{self, TimeError};
use crate::series::candle::RowOrigin;
use crate::series::fault::{RowError, RowFault};

/// A file to read, and the ask that goes with it where both are wanted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Input {
    pub file: PathBuf,
    pub ask: Option<PathBuf>,
}

/// Which files are read, and which together.
pub(crate) fn inputs(files: &[PathBuf], format: Option<&Format>) -> Result<Vec<Input>, LoadError> {
    let alone = |file: &PathBuf| Input { file: file.clone(), ask: None };
    let Some((bid, ask, price)) = format.and_then(Format::pair) else {
        return Ok(files.iter().map(alone).collect());
    };
    let name_of = |file: &Path| {
        file.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned())
    };
    let other = |file: &Path, from: &str, to: &str| {
        file.with_file_name(name_of(file).replacen(from, to, 1))
    };
    let missing = |file: &Path, missing: &Path| {
        let fault = FileFault::NoPartner {
            name: format.map_or("", Format::name).to_owned(),
            bid: bid.to_owned(),
            ask: ask.to_owned(),
            missing: missing.display().to_string(),
        };
        fault.of(&file.display().to_string())
    };
    let mut found: Vec<Input> = Vec::new();
    for file in files {
        let name = name_of(file);
        let (bid_file, ask_file) = if name.contains(bid) {
            (file.clone(), other(file, bid, ask))
        } else if name.contains(ask) {
            (other(file, ask, bid), file.clone())
        } else {
            return Err(missing(file, file));
        };
        let input = match price {
            Price::Bid => Input { file: bid_file, ask: None },
            Price::Ask => Input { file: ask_file, ask: None },
            Price::Mid => Input { file: bid_file, ask: Some(ask_file) },
        };
        for needed in [Some(&input.file), input.ask.as_ref()].into_iter().flatten() {
            if !needed.exists() {
                return Err(missing(file, needed));
            }
        }
        if !found.contains(&input) {
            found.push(input);
        }
    }
    Ok(found)
}

/// One side, at its current row.
struct QuoteSide<'a> {
    path: &'a str,
    text: &'a [u8],
    lines: Lines<'a>,
    number: u64,
    ts: Option<Result<Nanos, TimeError>>,
}

impl<'a> QuoteSide<'a> {
    fn open(path: &'a str, text: &'a [u8], stated: Stated<'_>) -> Result<Self, LoadError> {
        let lines = Lines::open(path, path, text, stated)?;
        let header = lines.header;
        let mut side = Self { path, text, lines, number: 1, ts: None };
        if header {
            side.next()?
        } else {
            side.stamp()
        }
        Ok(side)
    }

    fn next(&mut self) -> Result<(), LoadError> {
        if self.lines.next()? {
            self.stamp()
        } else {
            self.ts = None
        }
        Ok(())
    }

    fn stamp(&mut self) {
        self.number = line(self.text, &self.lines.record);
        let columns = &self.lines.columns;
        let field = |i: usize| self.lines.record.get(i).unwrap_or_default();
        let text = field(columns.needed[0]);
        self.ts = Some(match &columns.shape {
            Some(shape) => shape.clock.read(shape.date.map(field), text).map(|(ts, _)| ts),
            None => time::parse(text).map(|(ts, _)| ts),
        });
    }

    fn prices(&self) -> [RawValue<'_>; 4] {
        let [_, open, high, low, close, _] = self.lines.columns.needed;
        [open, high, low, close]
            .map(|i| RawValue::Text(self.lines.record.get(i).unwrap_or_default()))
    }
}

/// Reads both texts into the rows that `start` makes of the bid's columns.
pub(crate) fn read<S: RowSink>(
    bid: (&str, &[u8]),
    ask: (&str, &[u8]),
    stated: Stated<'_>,
    start: impl FnOnce(Origin) -> Result<S, LoadError>,
) -> Result<S, LoadError> {
    let mut bid = QuoteSide::open(bid.0, bid.1, stated)?;
    let mut ask = QuoteSide::open(ask.0, ask.1, stated)?;
    // Taker volume of a bid or an ask means nothing for their mid.
    let columns = Columns { taker: None, ..bid.lines.columns.clone() };
    let mut sink = start(Origin::new(bid.path, true, columns.clone()))?;
    let there = Origin::new(ask.path, true, ask.lines.columns.clone());
    loop {
        match (bid.ts, ask.ts) {
            (None, None) => return Ok(sink),
            (Some(Ok(ours)), Some(Ok(theirs))) if ours == theirs => {
                both(&mut sink, &columns, &bid, &ask, ours)?;
                bid.next()?;
                ask.next()?;
            }
            (Some(Err(why)), _) => {
                let text = bid.lines.record.get(columns.needed[0]).unwrap_or_default();
                let cells = [RawValue::Text(b""); 5];
                sink.row(bid.number, RawTime::Fault(text, why), cells, None)?;
                bid.next()?;
            }
            (Some(Ok(ts)), other) if !matches!(other, Some(Ok(theirs)) if theirs < ts) => {
                let place = sink.origin().place(bid.number);
                let other = ask.path.to_owned();
                sink.torn(bid.number, RowFault::Unpaired { ts, other }.at(place))?;
                bid.next()?;
            }
            (_, ts) => {
                let place = there.place(ask.number);
                let (ts, other) =
                    (ts.and_then(Result::ok).unwrap_or_default(), bid.path.to_owned());
                sink.torn(ask.number, RowFault::Unpaired { ts, other }.at(place))?;
                ask.next()?;
            }
        }
    }
}

fn both<S: RowSink>(
    sink: &mut S,
    columns: &Columns,
    bid: &QuoteSide<'_>,
    ask: &QuoteSide<'_>,
    ts: Nanos,
) -> Result<(), RowError> {
    let [open, high, low, close] = bid.prices();
    let volume = bid.lines.record.get(columns.needed[5]).unwrap_or_default();
    let cells = [open, high, low, close, RawValue::Text(volume)];
    let stamp = RawTime::Nanos(i128::from(ts.0));
    dressed(sink, columns, bid.number, (stamp, cells, Some(ask.prices()), None))
}
