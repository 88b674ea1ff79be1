//! Bars from files and from memory: Binance kline archives and whatever is shaped like
//! them, arrays of floats ([`from_f64`]) or integers ([`from_i64`]), tables of columns of any
//! type ([`from_table`]), and frames (feature `polars`, `from_frame`).
//!
//! A file is `.csv`, `.txt`, `.tsv`, a `.zip` with one CSV inside, `.json` or `.jsonl` of
//! lists or objects (each also as `.gz` or `.zst`, many lists in a `.tar`), a `.tape` (see
//! [`to_tape`]), (feature `polars`) `.parquet`, or `-`, standard input. Separators, decimal
//! marks, encodings and dates that can be read in one way are read so, and said; what is
//! not told by the file is stated by a [`Format`]. [`recognise`] says what a file seems to be. Numbers go from text to grid integers without
//! a float on the way, and every bar is checked. Invariants: what is returned is
//! in order, without a duplicate, on one grid and one interval; the order in
//! which files are listed does not matter; the same files give the same
//! [`Series`]. Refuses to do: fill gaps; sort, mend or drop rows unless a
//! [`Repair`](crate::series::Repair) is named, and then it counts.
//!
//! Known limit: a file is held in memory whole, unpacked.

mod arrays;
mod bar_tape;
mod clock;
mod columns;
mod container;
mod dialect;
mod encoding;
mod error;
mod format;
mod format_error;
mod json;
mod json_cursor;
mod marks;
mod memory_table;
mod mend;
mod merge;
mod number;
mod one_interval;
mod one_symbol;
mod options;
mod origin;
mod pair;
#[cfg(feature = "polars")]
mod parquet;
mod pattern;
mod raw_file;
mod raw_rows;
mod read;
mod recognise;
mod remedy;
mod row_sink;
mod row_times;
mod rows;
mod symbol;
mod symbols_in;
mod table;
mod table_fast;
mod tape_market;
mod text;
mod text_fault;
mod time;
mod value_grid;

use std::ops::ControlFlow;
use std::path::PathBuf;

pub use arrays::{FloatBars, IntegerBars, from_f64, from_i64};
pub use bar_tape::to_tape;
pub use clock::Zone;
pub use columns::ColumnNames;
pub use error::{FileFault, LoadError};
pub use format::{Format, Price};
pub use format_error::FormatError;
pub use memory_table::{ColumnValues, MemoryColumn, MemoryTable};
pub use options::LoadOptions;
#[cfg(feature = "polars")]
pub use parquet::{DataFrame, from_frame};
pub use recognise::{LikelyFormat, Recognised, recognise};
pub use remedy::{remedy, remedy_words};
pub use symbol::symbol_of;
pub use symbols_in::{name_of, symbols_in};
pub use table::from_table;
pub use text_fault::TextFault;

pub(crate) use container::STDIN;
pub(crate) use number::{Num, step_of};
pub(crate) use raw_file::{RawFile, judge, primary, raw_of_series, read_raw};
pub(crate) use raw_rows::{RawRow, RawRows, misplaced};

pub(crate) use time::instant;

use tickstep_core::units::Nanos;

use crate::series::{Series, SeriesParts};
use one_symbol::bare;

/// A time in any form that files have it, UTC where it says no zone; `None` where it is none.
#[must_use]
pub fn parse_instant(text: &str) -> Option<Nanos> {
    instant(text.as_bytes())
}

/// Whether a column of this name tells instruments apart.
#[must_use]
pub fn is_symbol_column(name: &str) -> bool {
    one_symbol::OneSymbol::of(&[name.to_owned()]).at.is_some()
}

/// How far loading is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LoadProgress<'a> {
    /// Path of the file being read.
    pub path: &'a str,
    /// Number of bytes done of all files, as stored.
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
/// assert_eq!(series.symbol(), "FILUSDT");
/// assert_eq!(series.grid().tick_size.to_string(), "0.001");
/// assert_eq!(series.bars()[1].close.0, 4253); // 4.253 in ticks of 0.001
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn load(
    symbol: Option<&str>,
    segments: &[Vec<PathBuf>],
    opts: &LoadOptions,
    progress: &mut dyn FnMut(LoadProgress<'_>) -> ControlFlow<()>,
) -> Result<Series, LoadError> {
    let files: Vec<PathBuf> = segments.iter().flatten().cloned().collect();
    let symbol = symbol.map_or_else(|| name_of(&files, opts), |symbol| Ok(symbol.to_owned()))?;
    let instrument = opts.instrument.clone().or_else(|| Some(symbol.clone()));
    let opts = &LoadOptions { instrument, ..opts.clone() };
    opts.grids()?;
    let segments = segments
        .iter()
        .map(|files| pair::inputs(files, opts.format.as_ref()))
        .collect::<Result<Vec<_>, _>>()?;
    let total = segments.iter().flatten().map(read::size).sum();
    let mut done = 0;
    let mut loaded = Vec::with_capacity(segments.len());
    for inputs in segments {
        let mut segment = Vec::with_capacity(inputs.len());
        for input in inputs {
            let path = input.file.display().to_string();
            let stored = read::size(&input);
            let mut at = |bytes: u64| match progress(LoadProgress { path: &path, bytes, total }) {
                ControlFlow::Continue(()) => Ok(()),
                ControlFlow::Break(()) => Err(LoadError::Cancelled),
            };
            let mut share = |share| at(done + (stored as f64 * share) as u64);
            segment.push(read::file(&input, &path, opts, &mut share)?);
            done += stored;
            at(done)?;
        }
        loaded.push(segment);
    }
    let stated = opts.interval.or(opts.format.as_ref().and_then(Format::interval));
    if stated.is_none() {
        one_interval::check(loaded.iter().flatten())?;
    }
    one_symbol_of(loaded.iter().flatten())?;
    let mut merged = merge::merge(loaded, &opts.repairs)?;
    let parts = SeriesParts {
        symbol,
        interval: stated.or(merged.interval),
        given: None,
        market: opts.market().or(merged.market.take()),
        repairs: opts.repairs.clone(),
        can_snap: true,
        grid: merged.grid,
        bars: std::mem::take(&mut merged.bars),
        breaks: std::mem::take(&mut merged.breaks),
        segment_gap: opts.segment_gap,
        period: opts.period,
        rounded: merged.rounded,
        repaired: merged.repaired,
        sources: std::mem::take(&mut merged.sources),
        stamps: merged.stamps,
        dates: merged.dates,
    };
    Ok(parts.assemble(&|index| merged.place(index))?)
}

/// All files that tell their symbol by a column tell the same.
fn one_symbol_of<'a>(files: impl Iterator<Item = &'a merge::LoadedFile>) -> Result<(), LoadError> {
    let mut first: Option<(String, &merge::LoadedFile)> = None;
    for file in files {
        let Some(symbol) = file.rows.origin.symbols.symbol() else { continue };
        match &first {
            Some((known, other)) if bare(known) != bare(&symbol) => {
                return Err(LoadError::SymbolsDiffer {
                    path: file.source.path.clone(),
                    symbol,
                    other_path: other.source.path.clone(),
                    other: known.clone(),
                });
            }
            Some(_) => {}
            None => first = Some((symbol, file)),
        }
    }
    Ok(())
}
