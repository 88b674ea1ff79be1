//! Which instruments files hold, told by their column of symbols.

use std::ops::ControlFlow;
use std::path::PathBuf;

use super::error::LoadError;
use super::options::LoadOptions;
use super::origin::Origin;
use super::pair;
use super::read::{open, rows_of};
use super::row_sink::{RawTime, RawValue, RowSink};
use super::symbol::symbol_of;
use crate::series::fault::RowError;

/// Rows of which only the symbols matter.
struct SymbolSink {
    origin: Origin,
}

impl RowSink for SymbolSink {
    fn row(
        &mut self,
        _: u64,
        _: RawTime<'_>,
        _: [RawValue<'_>; 5],
        _: Option<RawValue<'_>>,
    ) -> Result<(), RowError> {
        Ok(())
    }

    fn torn(&mut self, _: u64, _: RowError) -> Result<(), RowError> {
        Ok(())
    }

    fn origin(&mut self) -> &mut Origin {
        &mut self.origin
    }

    fn restart(&mut self) {}

    fn expect(&mut self, _: usize) {}
}

/// The symbols in files, by name; empty where no file has a column of them. `progress`
/// may stop it.
///
/// ```
/// use std::ops::ControlFlow;
/// use tickstep_backtest::load::{LoadOptions, symbols_in};
///
/// let dir = tempfile::tempdir()?;
/// let file = dir.path().join("2025-04-15.csv");
/// let rows = "ticker,time,open,high,low,close,volume\n\
///             MSFT,1690848000,4.2,4.3,4.1,4.2,5\nAAPL,1690848000,4.2,4.3,4.1,4.2,5\n";
/// std::fs::write(&file, rows)?;
/// let go_on = &mut || ControlFlow::Continue(());
/// assert_eq!(symbols_in(&[file], &LoadOptions::default(), go_on)?, ["AAPL", "MSFT"]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn symbols_in(
    files: &[PathBuf],
    opts: &LoadOptions,
    progress: &mut dyn FnMut() -> ControlFlow<()>,
) -> Result<Vec<String>, LoadError> {
    let mut at = |_| match progress() {
        ControlFlow::Continue(()) => Ok(()),
        ControlFlow::Break(()) => Err(LoadError::Cancelled),
    };
    let mut all = Vec::new();
    for input in pair::inputs(files, opts.format.as_ref())? {
        let path = input.file.display().to_string();
        let mut files = open(&input, &path, &mut at)?;
        let start = |origin| Ok(SymbolSink { origin });
        all.extend(rows_of(&path, &mut files, opts, start, &mut at)?.sink.origin.symbols.symbols());
    }
    all.sort();
    all.dedup();
    Ok(all)
}

/// The name of the instrument of files, for whom nobody states it: that of the file names,
/// or where they tell none, that of their column of symbols.
pub fn name_of(files: &[PathBuf], opts: &LoadOptions) -> Result<String, LoadError> {
    let paths: Vec<String> = files.iter().map(|file| file.display().to_string()).collect();
    symbol_of(&paths).or_else(|unclear| {
        // A file that cannot be read says so when it is loaded.
        let mut told =
            symbols_in(files, opts, &mut || ControlFlow::Continue(())).unwrap_or_default();
        match (told.pop(), told.is_empty()) {
            (Some(symbol), true) => Ok(symbol),
            _ => Err(unclear),
        }
    })
}
