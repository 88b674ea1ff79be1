//! A file read as it stands, for whoever looks at it before trusting it.

use std::ops::ControlFlow;
use std::path::PathBuf;

use tickstep_core::units::Nanos;

use super::error::{FileFault, LoadError};
use super::format::Format;
use super::options::LoadOptions;
use super::origin::Origin;
use super::raw_rows::RawRows;
use super::read::{open, rows_of};
use super::rows::CheckedRows;
use super::{bar_tape, mend, pair};
use crate::series::error::SeriesFault;
use crate::series::repairs::Repaired;
use crate::series::{Series, SeriesMarket};

/// A file whose rows are kept whatever is wrong with them.
pub(crate) struct RawFile {
    pub rows: RawRows,
    /// SHA-256 of the bytes as stored.
    pub sha256: String,
    /// Lists in it without a bar.
    pub empty: usize,
    /// Length of a bar, where the file states it.
    pub interval: Option<Nanos>,
    /// When the market trades, where the file states it.
    pub market: Option<SeriesMarket>,
    pub repaired: Repaired,
}

/// Reads one file for the check, mended as named; what is told is its share.
pub(crate) fn read_raw(
    file: &std::path::Path,
    path: &str,
    opts: &LoadOptions,
    progress: &mut dyn FnMut(f64) -> ControlFlow<()>,
) -> Result<RawFile, LoadError> {
    opts.grids()?;
    let mut at = |share| match progress(share) {
        ControlFlow::Continue(()) => Ok(()),
        ControlFlow::Break(()) => Err(LoadError::Cancelled),
    };
    let mut inputs = pair::inputs(&[file.to_owned()], opts.format.as_ref())?;
    let input = inputs.pop().ok_or(SeriesFault::Nothing)?;
    let mut files = open(&input, path, &mut at)?;
    let read = rows_of(path, &mut files, opts, |origin| opts.raw_rows(origin), &mut at)?;
    let mut rows = read.sink;
    rows.reader.origin.symbols.end(path)?;
    if opts.ignore_taker {
        rows.reader.origin.columns.taker = None;
        rows.rows.iter_mut().for_each(|row| row.taker = None);
    }
    let stated = opts.stated(read.interval, read.market.as_ref(), rows.reader.stamps());
    let mut repaired = mend::mend(&mut rows, &opts.repairs, stated);
    repaired.other_symbols = rows.reader.origin.symbols.others;
    if rows.rows.is_empty() && rows.faults.is_empty() {
        return Err(FileFault::Empty.of(path));
    }
    let sha256 = files.sha256;
    Ok(RawFile {
        rows,
        sha256,
        empty: read.empty,
        interval: read.interval,
        market: read.market,
        repaired,
    })
}

/// Bars in memory as rows that are still to be looked at.
pub(crate) fn raw_of_series(series: &Series) -> Result<RawFile, LoadError> {
    let opts = LoadOptions::default();
    let (rows, interval, market) =
        bar_tape::read_into(series.symbol(), &bar_tape::to_tape(series), |origin| {
            opts.raw_rows(Origin { path: None, ..origin })
        })?;
    let (interval, repaired) = (Some(interval), series.all_repaired());
    Ok(RawFile { rows, sha256: String::new(), empty: 0, interval, market, repaired })
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
    raw: &RawRows,
    opts: &LoadOptions,
    interval: Option<Nanos>,
) -> Result<(), LoadError> {
    if !raw.faults.is_empty() || !raw.units.is_empty() {
        return Ok(());
    }
    let (price, volume) = opts.grids()?;
    let rows =
        mend::into_rows(CheckedRows::new(raw.reader.origin.clone(), price, volume), &raw.rows)?;
    let opts = LoadOptions { interval, period: None, ..opts.clone() };
    opts.series(String::new(), rows).map(|_| ())
}
