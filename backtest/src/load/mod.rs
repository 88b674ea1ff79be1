//! Bars from files: Binance kline archives and whatever is shaped like them.
//!
//! A file is `.csv`, `.csv.gz`, `.csv.zst`, a `.zip` with one CSV inside, `.json`
//! lists of bars (also packed, or many in a `.tar`), a `.tape` (see [`to_tape`]) or
//! (feature `polars`) `.parquet`. What is not shaped like the archives is
//! described by a [`Format`]. Numbers go from text to grid integers without
//! a float on the way, and every bar is checked. Invariants: what is returned is
//! in order, without a duplicate, on one grid and one interval; the order in
//! which files are listed does not matter; the same files give the same
//! [`Series`]. Refuses to do: fill gaps; sort, mend or drop rows unless a [`Repair`]
//! is named, and then it counts.
//!
//! Known limit: a file is held in memory whole, unpacked.

mod axis;
mod check;
mod clock;
mod columns;
mod container;
mod description;
mod draft;
mod error;
mod feed;
mod format;
mod json;
mod merge;
mod number;
mod options;
mod pair;
mod place;
mod repair;
mod rows;
mod sink;
mod symbol;
mod tape_file;
mod text;
mod time;

use std::ops::ControlFlow;
use std::path::PathBuf;

use tickstep_core::units::Nanos;

pub use error::LoadError;
pub use format::{Format, Price};
pub use options::LoadOptions;
pub use place::Place;
pub use repair::{Repair, Repaired};
pub use symbol::symbol_of;
pub use tape_file::to_tape;

#[cfg(feature = "polars")]
pub(crate) use axis::shortest;
pub(crate) use axis::{Axis, Measure};
pub(crate) use check::{Origin, RowContext, is_sound};
#[cfg(feature = "polars")]
pub(crate) use clock::Clock;
#[cfg(feature = "polars")]
pub(crate) use columns::{Column, Columns};
pub(crate) use draft::{Draft, DraftRow};
#[cfg(feature = "polars")]
pub(crate) use feed::dressed;
pub(crate) use number::{Num, step_of};
pub(crate) use place::{span, utc};
pub(crate) use repair::{into_rows, is_candle, out_of_order};
pub(crate) use rows::Rows;
#[cfg(feature = "polars")]
pub(crate) use sink::Stamp;
pub(crate) use sink::{Cell, Sink};

use container::Kind;
use json::Entry;
use merge::Loaded;
use pair::Input;

use crate::series::{Raw, Series, Source};

/// A time in any form that files have it; `None` where it is none, or absurd.
pub(crate) fn instant(text: &[u8]) -> Option<Nanos> {
    time::parse(text).ok().map(|(ts, _)| ts)
}

/// How far loading is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress<'a> {
    /// File being read.
    pub path: &'a str,
    /// Bytes done of all files, as stored.
    pub bytes: u64,
    /// Bytes of all files, as stored.
    pub total: u64,
}

/// Loads one instrument from files; each inner list is one segment.
///
/// The symbol is told by the file names when it is not stated
/// (`FILUSDT-1m-2023-08.csv.gz` is `FILUSDT`). `progress` is called several
/// times a file and stops the load when it breaks.
///
/// ```
/// use std::ops::ControlFlow;
/// use tickstep_backtest::load::{LoadOptions, load};
///
/// let dir = tempfile::tempdir()?;
/// let file = dir.path().join("FILUSDT-1m.csv");
/// let rows = "open_time,open,high,low,close,volume\n\
///             1690848000000,4.255,4.256,4.252,4.252,25259.1\n\
///             1690848060000,4.251,4.253,4.251,4.253,2476.0\n";
/// std::fs::write(&file, rows)?;
/// let series = load(None, &[vec![file]], &LoadOptions::default(), &mut |_| {
///     ControlFlow::Continue(())
/// })?;
/// assert_eq!(series.symbol, "FILUSDT");
/// assert_eq!(series.grid.tick_size.to_string(), "0.001");
/// assert_eq!(series.bars[1].close.0, 4253); // 4.253 in ticks of 0.001
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn load(
    symbol: Option<&str>,
    segments: &[Vec<PathBuf>],
    opts: &LoadOptions,
    progress: &mut dyn FnMut(Progress<'_>) -> ControlFlow<()>,
) -> Result<Series, LoadError> {
    opts.axes()?;
    let shown = |file: &PathBuf| file.display().to_string();
    let paths: Vec<String> = segments.iter().flatten().map(shown).collect();
    let symbol = match symbol {
        Some(symbol) => symbol.to_owned(),
        None => symbol_of(&paths)?,
    };
    let segments = segments
        .iter()
        .map(|files| pair::inputs(files, opts.format.as_ref()))
        .collect::<Result<Vec<_>, _>>()?;
    let total = segments.iter().flatten().map(size).sum();
    let mut done = 0;
    let mut loaded = Vec::with_capacity(segments.len());
    for inputs in segments {
        let mut segment = Vec::with_capacity(inputs.len());
        for input in inputs {
            let path = input.file.display().to_string();
            let stored = size(&input);
            let mut at = |bytes: u64| match progress(Progress { path: &path, bytes, total }) {
                ControlFlow::Continue(()) => Ok(()),
                ControlFlow::Break(()) => Err(LoadError::Cancelled),
            };
            let mut share = |share| at(done + (stored as f64 * share) as u64);
            segment.push(one(&input, &path, opts, &mut share)?);
            done += stored;
            at(done)?;
        }
        loaded.push(segment);
    }
    let mut merged = merge::merge(loaded, &opts.repairs)?;
    let stated = opts.format.as_ref().and_then(Format::interval);
    let raw = Raw {
        symbol,
        interval: opts.interval.or(stated).or(merged.interval),
        grid: merged.grid,
        bars: std::mem::take(&mut merged.bars),
        breaks: std::mem::take(&mut merged.breaks),
        segment_gap: opts.segment_gap,
        period: opts.period,
        rounded: merged.rounded,
        repaired: merged.repaired,
        sources: std::mem::take(&mut merged.sources),
    };
    raw.assemble(&|index| merged.place(index))
}

/// Bytes of a file and of the ask that goes with it, as stored.
fn size(input: &Input) -> u64 {
    let size = |file: &PathBuf| std::fs::metadata(file).map_or(0, |meta| meta.len());
    size(&input.file) + input.ask.as_ref().map_or(0, size)
}

/// Something that is told the share of a file that is done.
type At<'a> = dyn FnMut(f64) -> Result<(), LoadError> + 'a;

/// Reads one file, or a pair, and mends what is to be mended.
fn one(
    input: &Input,
    path: &str,
    opts: &LoadOptions,
    at: &mut At<'_>,
) -> Result<Loaded, LoadError> {
    let mut files = open(input, path, at)?;
    // A tape is checked already and needs no second way through text.
    let tape = files.kind == Kind::Tape && opts.repairs.is_empty();
    let (rows, empty) = if tape {
        (tape_file::read(path, &files.bytes, opts)?, 0)
    } else if opts.repairs.is_empty() {
        let read = rows_of(path, &mut files, opts, |origin| opts.rows(origin, path), at)?;
        (read.sink.over(read.interval), read.empty)
    } else {
        let read = rows_of(path, &mut files, opts, |origin| opts.draft(origin), at)?;
        let rows = opts.repair(read.sink, path)?;
        (rows.over(read.interval), read.empty)
    };
    let (Some(first), Some(last)) = (rows.bars.first(), rows.bars.last()) else {
        return Err(LoadError::Empty { path: path.to_owned() });
    };
    let source = |path: &str, sha256: String| Source {
        path: path.to_owned(),
        sha256,
        rows: rows.bars.len(),
        empty,
        first: first.ts_open,
        last: last.ts_open,
    };
    let ask = files.ask.map(|ask| source(&ask.path, ask.sha256));
    let source = source(path, files.sha256);
    Ok(Loaded { rows, source, ask })
}

/// A file whose rows are kept whatever is wrong with them.
pub(crate) struct LenientFile {
    pub draft: Draft,
    /// Of the bytes as stored.
    pub sha256: String,
    /// Lists in it without a bar.
    pub empty: usize,
    /// Length of a bar, where the file states it.
    pub interval: Option<Nanos>,
    pub repaired: Repaired,
}

/// Reads one file for the check, mended as named; what is told is its share.
pub(crate) fn draft_of(
    file: &std::path::Path,
    path: &str,
    opts: &LoadOptions,
    progress: &mut dyn FnMut(f64) -> ControlFlow<()>,
) -> Result<LenientFile, LoadError> {
    opts.axes()?;
    let mut at = |share| match progress(share) {
        ControlFlow::Continue(()) => Ok(()),
        ControlFlow::Break(()) => Err(LoadError::Cancelled),
    };
    let mut inputs = pair::inputs(&[file.to_owned()], opts.format.as_ref())?;
    let input = inputs.pop().ok_or(LoadError::Nothing)?;
    let mut files = open(&input, path, &mut at)?;
    let read = rows_of(path, &mut files, opts, |origin| opts.draft(origin), &mut at)?;
    let mut draft = read.sink;
    if opts.ignore_taker {
        draft.reader.origin.columns.taker = None;
        draft.rows.iter_mut().for_each(|row| row.taker = None);
    }
    let repaired = repair::mend(&mut draft, &opts.repairs);
    if draft.rows.is_empty() && draft.faults.is_empty() {
        return Err(LoadError::Empty { path: path.to_owned() });
    }
    let sha256 = files.sha256;
    Ok(LenientFile { draft, sha256, empty: read.empty, interval: read.interval, repaired })
}

/// The files that are read on their own, or with an ask that goes with them.
pub(crate) fn primary(
    files: &[PathBuf],
    format: Option<&Format>,
) -> Result<Vec<PathBuf>, LoadError> {
    let inputs = pair::inputs(files, format)?;
    Ok(inputs.into_iter().map(|input| input.file).collect())
}

/// What the loader says of rows that can all be read; nothing where some cannot.
pub(crate) fn judge(
    draft: &Draft,
    opts: &LoadOptions,
    interval: Option<Nanos>,
) -> Result<(), LoadError> {
    if !draft.faults.is_empty() || !draft.units.is_empty() {
        return Ok(());
    }
    let (price, volume) = opts.axes()?;
    let rows = into_rows(Rows::new(draft.reader.origin.clone(), price, volume), &draft.rows)?;
    let opts = LoadOptions { interval, period: None, ..opts.clone() };
    Series::from_rows(String::new(), rows, &opts).map(|_| ())
}

/// A file in memory, as stored, and its ask.
struct Files {
    kind: Kind,
    bytes: Vec<u8>,
    /// Of the bytes as stored.
    pub sha256: String,
    ask: Option<Ask>,
}

struct Ask {
    path: String,
    kind: Kind,
    bytes: Vec<u8>,
    sha256: String,
}

fn open(input: &Input, path: &str, at: &mut At<'_>) -> Result<Files, LoadError> {
    let kind = Kind::of(path)?;
    let mut go_on = || match at(0.0) {
        Ok(()) => ControlFlow::Continue(()),
        Err(_) => ControlFlow::Break(()),
    };
    let stored = container::read(&input.file, path, &mut go_on)?;
    let ask = match &input.ask {
        None => None,
        Some(file) => {
            let path = file.display().to_string();
            let kind = Kind::of(&path)?;
            let stored = container::read(file, &path, &mut go_on)?;
            Some(Ask { path, kind, bytes: stored.bytes, sha256: stored.sha256 })
        }
    };
    Ok(Files { kind, bytes: stored.bytes, sha256: stored.sha256, ask })
}

/// What a file was read into.
struct Read<S> {
    pub sink: S,
    /// Lists in it without a bar.
    pub empty: usize,
    /// Length of a bar, where the file states it.
    pub interval: Option<Nanos>,
}

/// Reads a file of any kind into what `start` makes of its columns; takes its bytes.
fn rows_of<S: Sink>(
    path: &str,
    files: &mut Files,
    opts: &LoadOptions,
    start: impl FnOnce(Origin) -> Result<S, LoadError>,
    at: &mut At<'_>,
) -> Result<Read<S>, LoadError> {
    let format = opts.format.as_ref();
    let bytes = std::mem::take(&mut files.bytes);
    let read = |sink| Read { sink, empty: 0, interval: None };
    match files.kind {
        Kind::Parquet => parquet(path, bytes, opts, start).map(read),
        Kind::Tape => {
            let (sink, interval) = tape_file::read_into(path, &bytes, start)?;
            Ok(Read { sink, empty: 0, interval: Some(interval) })
        }
        kind @ (Kind::Csv | Kind::Gzip | Kind::Zstd | Kind::Zip) => {
            let (text, entry) = container::unpack(path, kind, bytes)?;
            if let (Some(ask), Some(format)) = (&mut files.ask, format) {
                let stored = std::mem::take(&mut ask.bytes);
                let (ask_text, _) = container::unpack(&ask.path, ask.kind, stored)?;
                return pair::read((path, &text), (&ask.path, &ask_text), format, start).map(read);
            }
            let whole = text.len().max(1) as f64;
            let at = &mut |pos: usize| at(pos as f64 / whole);
            text::read((path, &entry), &text, format, start, at).map(read)
        }
        kind @ (Kind::Json | Kind::JsonGzip | Kind::Tar | Kind::TarGzip) => {
            let (text, _) = container::unpack(path, kind, bytes)?;
            let entries = match kind {
                Kind::Tar | Kind::TarGzip => json::entries_of_tar(path, &text)?,
                _ => vec![Entry { name: "".into(), text }],
            };
            let (sink, empty) = json::read(path, &entries, format, start, at)?;
            Ok(Read { sink, empty, interval: None })
        }
    }
}

#[cfg(feature = "polars")]
fn parquet<S: Sink>(
    path: &str,
    bytes: Vec<u8>,
    opts: &LoadOptions,
    start: impl FnOnce(Origin) -> Result<S, LoadError>,
) -> Result<S, LoadError> {
    crate::frame::rows_of_parquet(path, bytes, opts.format.as_ref(), start)
}

#[cfg(not(feature = "polars"))]
fn parquet<S: Sink>(
    path: &str,
    _: Vec<u8>,
    _: &LoadOptions,
    _: impl FnOnce(Origin) -> Result<S, LoadError>,
) -> Result<S, LoadError> {
    Err(LoadError::ParquetNotBuilt { path: path.to_owned() })
}
