//! One file of any kind, or a bid and an ask, into rows.

use std::ops::ControlFlow;
use std::path::PathBuf;

use tickstep_core::units::Nanos;

use super::bar_tape;
use super::container::{self, Container, Packed, Unpacked};
use super::error::{FileFault, LoadError};
use super::json::{self, JsonList};
use super::merge::LoadedFile;
use super::options::LoadOptions;
use super::origin::Origin;
use super::pair::{self, Input};
use super::raw_rows::disorder;
use super::row_sink::RowSink;
use super::text::{self, Stated};
use crate::series::fault::{RowError, RowFault};
use crate::series::{SeriesMarket, SourceFile};

/// Bytes of a file and of the ask that goes with it, as stored.
pub(super) fn size(input: &Input) -> u64 {
    let size = |file: &PathBuf| std::fs::metadata(file).map_or(0, |meta| meta.len());
    size(&input.file) + input.ask.as_ref().map_or(0, size)
}

/// Something that is told the share of a file that is done.
pub(super) type OnProgress<'a> = dyn FnMut(f64) -> Result<(), LoadError> + 'a;

/// Reads one file, or a pair, and mends what is to be mended.
pub(super) fn file(
    input: &Input,
    path: &str,
    opts: &LoadOptions,
    at: &mut OnProgress<'_>,
) -> Result<LoadedFile, LoadError> {
    let mut files = open(input, path, at)?;
    // A tape file is checked already and needs no second way through text.
    let tape = files.kind == Container::Tape && opts.repairs.is_empty();
    let (mut rows, empty) = if tape {
        (bar_tape::read(path, &files.bytes, opts)?, 0)
    } else if opts.repairs.is_empty() {
        let read = rows_of(path, &mut files, opts, |origin| opts.rows(origin, path), at);
        let read = read.map_err(|error| read_on(error, input, path, opts))?;
        (read.sink.over(read.interval, read.market), read.empty)
    } else {
        let read = rows_of(path, &mut files, opts, |origin| opts.raw_rows(origin), at)?;
        let rows = opts.repair(read.sink, path, read.interval, read.market.as_ref())?;
        (rows.over(read.interval, read.market), read.empty)
    };
    rows.origin.symbols.end(path)?;
    rows.repaired.other_symbols += rows.origin.symbols.others;
    let (Some(first), Some(last)) = (rows.bars.first(), rows.bars.last()) else {
        return Err(FileFault::Empty.of(path));
    };
    let source = |path: &str, sha256: String| SourceFile {
        path: path.to_owned(),
        sha256,
        rows: rows.bars.len(),
        empty,
        first: first.ts_open,
        last: last.ts_open,
    };
    let ask = files.ask.map(|ask| source(&ask.path, ask.sha256));
    let source = source(path, files.sha256);
    Ok(LoadedFile { rows, source, ask })
}

/// Of a row that stands ahead of its time, and the rows behind it, it is the row that is
/// wrong: the first descent does not tell, so the rest of the file is read too.
fn read_on(error: LoadError, input: &Input, path: &str, opts: &LoadOptions) -> LoadError {
    let LoadError::Row(RowError { fault: RowFault::Disorder { .. }, .. }) = &error else {
        return error;
    };
    let mut at = |_: f64| Ok(());
    let raw = open(input, path, &mut at).and_then(|mut files| {
        rows_of(path, &mut files, opts, |origin| opts.raw_rows(origin), &mut at)
    });
    let raw = raw.ok().map(|read| read.sink);
    raw.and_then(|raw| disorder(&raw.rows, &raw.reader.origin)).map_or(error, LoadError::Row)
}

/// A file in memory, unpacked, and its ask.
#[derive(Clone)]
pub(super) struct Files {
    pub kind: Container,
    /// What is in it, unpacked.
    pub bytes: Vec<u8>,
    /// The name that it has inside an archive, or its own.
    entry: String,
    /// SHA-256 of the bytes as stored.
    pub sha256: String,
    ask: Option<AskFile>,
}

impl Files {
    /// Leaves the lines of the first `most` bytes.
    pub fn cut(&mut self, most: usize) {
        if self.bytes.len() > most {
            let head = self.bytes.get(..most).unwrap_or_default();
            let end = head.iter().rposition(|b| *b == b'\n').map_or(0, |at| at + 1);
            // The second byte of a line break in UTF-16.
            let end = end + usize::from(head.get(end) == Some(&0));
            self.bytes.truncate(end);
        }
    }
}

#[derive(Clone)]
struct AskFile {
    path: String,
    bytes: Vec<u8>,
    sha256: String,
}

pub(super) fn open(input: &Input, path: &str, at: &mut OnProgress<'_>) -> Result<Files, LoadError> {
    let packed = Packed::of(path)?;
    let mut go_on = || match at(0.0) {
        Ok(()) => ControlFlow::Continue(()),
        Err(_) => ControlFlow::Break(()),
    };
    let stored = container::read(&input.file, path, &mut go_on)?;
    let ask = match &input.ask {
        None => None,
        Some(file) => {
            let path = file.display().to_string();
            let packed = Packed::of(&path)?;
            let stored = container::read(file, &path, &mut go_on)?;
            let Unpacked { bytes, .. } = container::unpack(&path, packed, stored.bytes)?;
            Some(AskFile { path, bytes, sha256: stored.sha256 })
        }
    };
    let Unpacked { kind, bytes, entry } = container::unpack(path, packed, stored.bytes)?;
    Ok(Files { kind, bytes, entry, sha256: stored.sha256, ask })
}

/// What a file was read into.
pub(super) struct Read<S> {
    pub sink: S,
    /// Lists in it without a bar.
    pub empty: usize,
    /// Length of a bar, where the file states it.
    pub interval: Option<Nanos>,
    /// When the market trades, where the file states it.
    pub market: Option<SeriesMarket>,
}

/// Reads a file of any kind into what `start` makes of its columns; takes its bytes.
pub(super) fn rows_of<S: RowSink>(
    path: &str,
    files: &mut Files,
    opts: &LoadOptions,
    start: impl FnOnce(Origin) -> Result<S, LoadError>,
    at: &mut OnProgress<'_>,
) -> Result<Read<S>, LoadError> {
    let stated = Stated { format: opts.format.as_ref(), zone: opts.zone.as_ref() };
    let bytes = std::mem::take(&mut files.bytes);
    let read = |sink| Read { sink, empty: 0, interval: None, market: None };
    match files.kind {
        Container::Parquet => parquet(path, bytes, opts, start).map(read),
        Container::Tape => {
            let (sink, interval, market) = bar_tape::read_into(path, &bytes, start)?;
            Ok(Read { sink, empty: 0, interval: Some(interval), market })
        }
        Container::Csv => {
            if let (Some(ask), Some(format)) = (&mut files.ask, stated.format) {
                let ask_bytes = std::mem::take(&mut ask.bytes);
                let (text, taken) = text::prepare(path, &bytes, Some(format))?;
                let (ask_text, _) = text::prepare(&ask.path, &ask_bytes, Some(format))?;
                let sides = ((path, text.as_ref()), (ask.path.as_str(), ask_text.as_ref()));
                let mut sink = pair::read(sides.0, sides.1, stated, start)?;
                sink.origin().taken.extend(taken);
                return Ok(read(sink));
            }
            let whole = bytes.len().max(1) as f64;
            let at = &mut |pos: usize| at((pos as f64 / whole).min(1.0));
            text::read((path, &files.entry), &bytes, stated, start, at).map(read)
        }
        kind @ (Container::Json | Container::Tar) => {
            let entries = match kind {
                Container::Tar => json::entries_of_tar(path, &bytes)?,
                _ => vec![JsonList { name: "".into(), text: bytes }],
            };
            let (sink, empty) = json::read(path, entries, stated, start, at)?;
            Ok(Read { sink, empty, interval: None, market: None })
        }
    }
}

#[cfg(feature = "polars")]
fn parquet<S: RowSink>(
    path: &str,
    bytes: Vec<u8>,
    opts: &LoadOptions,
    start: impl FnOnce(Origin) -> Result<S, LoadError>,
) -> Result<S, LoadError> {
    super::parquet::rows_of_parquet(path, bytes, opts.format.as_ref(), start)
}

#[cfg(not(feature = "polars"))]
fn parquet<S: RowSink>(
    path: &str,
    _: Vec<u8>,
    _: &LoadOptions,
    _: impl FnOnce(Origin) -> Result<S, LoadError>,
) -> Result<S, LoadError> {
    Err(FileFault::ParquetNotBuilt.of(path))
}
