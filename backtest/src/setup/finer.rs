//! The finer series of an instrument: loaded on the same price grid, and checked
//! to be finer bars of the same time.

use std::ops::ControlFlow;
use std::path::Path;

use tickstep_core::sim::cost::Intrabar;

use super::error::SetupError;
use super::files::find;
use crate::config::{Config, ConfigError, InstrumentConfig};
use crate::load::{self, LoadOptions};
use crate::series::Series;

/// The finer series, where the run asks for one.
pub(super) fn load(
    config: &Config,
    wanted: &InstrumentConfig,
    bars: &Series,
    opts: LoadOptions,
    base: &Path,
    progress: &mut dyn FnMut(load::LoadProgress<'_>) -> ControlFlow<()>,
) -> Result<Option<Series>, SetupError> {
    let fault = |message: String| {
        let key = format!("instrument.{}.finer", wanted.terms.symbol);
        SetupError::from(ConfigError::AtKey { key, message })
    };
    match config.simulation.intrabar {
        Intrabar::FinerBars | Intrabar::FinerBarsTarget => {}
        Intrabar::StopFirst | Intrabar::TargetFirst | Intrabar::OhlcPath => {
            if wanted.finer.is_empty() {
                return Ok(None);
            }
            return Err(fault(
                "is only read with simulation.intrabar = \"finer_bars\"; set that, or remove it"
                    .to_owned(),
            ));
        }
    }
    if wanted.finer.is_empty() {
        return Err(fault(
            "names no file, and simulation.intrabar = \"finer_bars\" needs one".to_owned(),
        ));
    }
    let files = find(&wanted.terms.symbol, &wanted.finer, base)?;
    // Only prices are asked of it, so its volumes may have a grid of their own.
    let opts = LoadOptions {
        tick_size: Some(bars.grid().tick_size),
        volume_step: None,
        interval: None,
        require_taker: None,
        ..opts
    };
    let finer = load::load(Some(&wanted.terms.symbol), &files, &opts, progress)?;
    let (fine, coarse) = (finer.interval().nominal().0, bars.interval().nominal().0);
    if fine >= coarse || coarse % fine != 0 {
        let seconds = |ns: i64| ns / 1_000_000_000;
        return Err(fault(format!(
            "has bars of {} s, which do not divide the {} s of the data; name finer bars",
            seconds(fine),
            seconds(coarse)
        )));
    }
    let inside = |ts| bars.bars().binary_search_by_key(&ts, |b| b.ts_open).is_ok();
    if !finer.bars().iter().any(|b| inside(b.ts_open)) {
        return Err(fault("has no bar in the time of the data; name files of it".to_owned()));
    }
    Ok(Some(finer))
}
