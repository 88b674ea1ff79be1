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
    if !is_asked_for(config, wanted, !wanted.finer.is_empty())? {
        return Ok(None);
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
    fits(wanted, bars, &finer)?;
    Ok(Some(finer))
}

/// The finer series that a program has, where the run asks for one.
pub(super) fn given(
    config: &Config,
    wanted: &InstrumentConfig,
    bars: &Series,
    finer: Option<Series>,
) -> Result<Option<Series>, SetupError> {
    if !is_asked_for(config, wanted, finer.is_some())? {
        return Ok(None);
    }
    if let Some(finer) = &finer {
        fits(wanted, bars, finer)?;
        if finer.grid().tick_size != bars.grid().tick_size {
            return Err(fault(
                wanted,
                format!(
                    "has ticks of {}, the bars of {}; load it with that tick size",
                    finer.grid().tick_size,
                    bars.grid().tick_size
                ),
            ));
        }
    }
    Ok(finer)
}

/// Whether the run looks at finer bars; they are there then, and only then.
fn is_asked_for(
    config: &Config,
    wanted: &InstrumentConfig,
    there: bool,
) -> Result<bool, SetupError> {
    match (config.simulation.intrabar, there) {
        (Intrabar::FinerBars | Intrabar::FinerBarsTarget, true) => Ok(true),
        (Intrabar::FinerBars | Intrabar::FinerBarsTarget, false) => Err(fault(
            wanted,
            "names no file, and simulation.intrabar = \"finer_bars\" needs one".to_owned(),
        )),
        (Intrabar::StopFirst | Intrabar::TargetFirst | Intrabar::OhlcPath, false) => Ok(false),
        (Intrabar::StopFirst | Intrabar::TargetFirst | Intrabar::OhlcPath, true) => Err(fault(
            wanted,
            "is only read with simulation.intrabar = \"finer_bars\"; set that, or remove it"
                .to_owned(),
        )),
    }
}

/// Bars that lie inside those of the data, in the same time.
fn fits(wanted: &InstrumentConfig, bars: &Series, finer: &Series) -> Result<(), SetupError> {
    let (fine, coarse) = (finer.interval().nominal().0, bars.interval().nominal().0);
    if fine >= coarse || coarse % fine != 0 {
        let seconds = |ns: i64| ns / 1_000_000_000;
        let words = format!(
            "has bars of {} s, which do not divide the {} s of the data; name finer bars",
            seconds(fine),
            seconds(coarse)
        );
        return Err(fault(wanted, words));
    }
    let inside = |ts| bars.bars().binary_search_by_key(&ts, |b| b.ts_open).is_ok();
    if !finer.bars().iter().any(|b| inside(b.ts_open)) {
        let words = "has no bar in the time of the data; name files of it".to_owned();
        return Err(fault(wanted, words));
    }
    Ok(())
}

fn fault(wanted: &InstrumentConfig, message: String) -> SetupError {
    let key = format!("instrument.{}.finer", wanted.terms.symbol);
    ConfigError::AtKey { key, message }.into()
}
