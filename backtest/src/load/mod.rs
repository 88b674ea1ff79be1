//! Bars from files: Binance kline archives and whatever is shaped like them.
//!
//! A file is `.csv`, `.csv.gz`, `.csv.zst`, a `.zip` with one CSV inside, or
//! (feature `polars`) `.parquet`. Numbers go from text to grid integers without
//! a float on the way, and every bar is checked. Invariants: what is returned is
//! in order, without a duplicate, on one grid and one interval; the order in
//! which files are listed does not matter; the same files give the same
//! [`Series`]. Refuses to do: sort, fill, repair or drop rows.
//!
//! Known limits: a file is held in memory whole, unpacked; a file without a
//! header must have the 12 columns of the Binance archive.

mod axis;
mod check;
mod columns;
mod container;
mod error;
mod merge;
mod number;
mod place;
mod rows;
mod text;
mod time;

use std::ops::ControlFlow;
use std::path::PathBuf;

use rust_decimal::Decimal;
use tickstep_core::units::Nanos;

pub use error::LoadError;
pub use place::Place;

#[cfg(feature = "polars")]
pub(crate) use axis::shortest;
pub(crate) use axis::{Axis, Measure};
pub(crate) use check::{Origin, Scene, is_sound};
#[cfg(feature = "polars")]
pub(crate) use columns::{Column, Columns};
#[cfg(feature = "polars")]
pub(crate) use number::Num;
#[cfg(feature = "polars")]
pub(crate) use rows::Stamp;
pub(crate) use rows::{Cell, Rows};

use container::Kind;
use merge::Loaded;

use crate::tape::{Raw, Series, Source};

/// What the user states about the data. The default states nothing: grid and
/// interval are inferred, and a gap above one day starts a new segment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoadOptions {
    /// Price step, quote currency; inferred from the decimals when absent.
    pub tick_size: Option<Decimal>,
    /// Volume step, base units; inferred from the decimals when absent.
    pub volume_step: Option<Decimal>,
    /// Round values off a stated grid to it, half away from zero, instead of
    /// refusing them. How many is in [`Series::rounded`].
    pub round_to: bool,
    /// Length of a bar; the smallest difference of open times when absent.
    pub interval: Option<Nanos>,
    /// Time without bars above which a new segment starts.
    pub segment_gap: Nanos,
    /// Keep only bars that open at or after the first time and before the second.
    /// Everything outside is still checked.
    pub period: Option<(Nanos, Nanos)>,
    /// The rule that needs taker-buy volume; data without it is refused in its name.
    pub require_taker: Option<String>,
    /// Load without taker-buy volume even where it is there.
    pub ignore_taker: bool,
}

impl Default for LoadOptions {
    fn default() -> Self {
        Self {
            tick_size: None,
            volume_step: None,
            round_to: false,
            interval: None,
            segment_gap: Nanos::DAY,
            period: None,
            require_taker: None,
            ignore_taker: false,
        }
    }
}

impl LoadOptions {
    pub(crate) fn axes(&self) -> Result<(Axis, Axis), LoadError> {
        let price = Axis::new(Measure::Price, self.tick_size, self.round_to)?;
        let volume = Axis::new(Measure::Volume, self.volume_step, self.round_to)?;
        Ok((price, volume))
    }

    /// Rows on the stated grid, with taker-buy volume as asked for.
    pub(crate) fn rows(&self, mut origin: Origin, name: &str) -> Result<Rows, LoadError> {
        if self.ignore_taker {
            origin.columns.taker = None;
        }
        if let (Some(rule), None) = (&self.require_taker, origin.columns.taker) {
            let (path, rule) = (name.to_owned(), rule.clone());
            return Err(LoadError::MissingTaker { path, rule, found: origin.columns.found });
        }
        let (price, volume) = self.axes()?;
        Ok(Rows::new(origin, price, volume))
    }
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
    let size = |file: &PathBuf| std::fs::metadata(file).map_or(0, |meta| meta.len());
    let total = segments.iter().flatten().map(size).sum();
    let mut done = 0;
    let mut loaded = Vec::with_capacity(segments.len());
    for files in segments {
        let mut segment = Vec::with_capacity(files.len());
        for file in files {
            let path = file.display().to_string();
            let stored = size(file);
            let mut at = |bytes: u64| match progress(Progress { path: &path, bytes, total }) {
                ControlFlow::Continue(()) => Ok(()),
                ControlFlow::Break(()) => Err(LoadError::Cancelled),
            };
            segment.push(one(file, &path, opts, &mut |share| {
                at(done + (stored as f64 * share) as u64)
            })?);
            done += stored;
            at(done)?;
        }
        loaded.push(segment);
    }
    let mut merged = merge::merge(loaded)?;
    let raw = Raw {
        symbol,
        interval: opts.interval,
        grid: merged.grid,
        bars: std::mem::take(&mut merged.bars),
        breaks: std::mem::take(&mut merged.breaks),
        segment_gap: opts.segment_gap,
        period: opts.period,
        rounded: merged.rounded,
        sources: std::mem::take(&mut merged.sources),
    };
    raw.assemble(&|index| merged.place(index))
}

/// Reads one file; `at` is told the share of it that is done.
fn one(
    file: &std::path::Path,
    path: &str,
    opts: &LoadOptions,
    at: &mut dyn FnMut(f64) -> Result<(), LoadError>,
) -> Result<Loaded, LoadError> {
    let kind = Kind::of(path)?;
    let stored = container::read(file, path, &mut || match at(0.0) {
        Ok(()) => ControlFlow::Continue(()),
        Err(_) => ControlFlow::Break(()),
    })?;
    let rows = match kind {
        Kind::Parquet => parquet(path, stored.bytes, opts)?,
        Kind::Csv | Kind::Gzip | Kind::Zstd | Kind::Zip => {
            let text = container::unpack(path, kind, stored.bytes)?;
            let whole = text.len().max(1) as f64;
            text::read(path, &text, |origin| opts.rows(origin, path), &mut |pos| {
                at(pos as f64 / whole)
            })?
        }
    };
    let (Some(first), Some(last)) = (rows.bars.first(), rows.bars.last()) else {
        return Err(LoadError::Empty { path: path.to_owned() });
    };
    let source = Source {
        path: path.to_owned(),
        sha256: stored.sha256,
        rows: rows.bars.len(),
        first: first.ts_open,
        last: last.ts_open,
    };
    Ok(Loaded { rows, source })
}

#[cfg(feature = "polars")]
fn parquet(path: &str, bytes: Vec<u8>, opts: &LoadOptions) -> Result<Rows, LoadError> {
    crate::frame::rows_of_parquet(path, bytes, opts)
}

#[cfg(not(feature = "polars"))]
fn parquet(path: &str, _: Vec<u8>, _: &LoadOptions) -> Result<Rows, LoadError> {
    Err(LoadError::ParquetNotBuilt { path: path.to_owned() })
}

/// The one symbol that all file names begin with: `FILUSDT` of
/// `FILUSDT-1m-2023-08.csv.gz` and of `kraken-FILUSDT_1m.csv`.
pub fn symbol_of(paths: &[String]) -> Result<String, LoadError> {
    let mut names = Vec::new();
    for path in paths {
        let name = path.rsplit(['/', '\\']).next().unwrap_or(path);
        let is_symbol = |part: &&str| {
            let upper = part.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit());
            part.len() >= 3 && upper && part.bytes().any(|b| b.is_ascii_uppercase())
        };
        let Some(symbol) = name.split(['-', '_', '.']).find(is_symbol) else {
            return Err(LoadError::SymbolUnclear { names: vec![name.to_owned()] });
        };
        if !names.iter().any(|known| known == symbol) {
            names.push(symbol.to_owned());
        }
    }
    match names.len() {
        0 => Err(LoadError::Nothing),
        1 => Ok(names.remove(0)),
        _ => Err(LoadError::SymbolUnclear { names }),
    }
}
