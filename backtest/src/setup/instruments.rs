//! What a configuration must have before data is loaded, and its instruments on the
//! grids of their data.

use tickstep_config::{ConfigError, Costs};
use tickstep_core::instrument::{Instrument, InstrumentError};

use super::error::SetupError;
use crate::config::{Config, InstrumentConfig, StrategyParams};
use crate::series::Series;

/// Every cost is stated, and no rule asks for what bars cannot have.
pub(super) fn check(config: &Config) -> Result<(), SetupError> {
    for (i, wanted) in config.instrument.iter().enumerate() {
        config.costs.of(&wanted.terms)?;
        if wanted.split {
            let words = "only `tickstep run` splits; name the instruments one by one here";
            return Err(ConfigError::at_key(&format!("instrument[{i}].split"), words).into());
        }
    }
    for (i, strategy) in config.strategy.iter().enumerate() {
        if strategy.params.built_in().is_some_and(StrategyParams::needs_book) {
            let strategy = strategy.name.clone().unwrap_or_else(|| (i + 1).to_string());
            return Err(SetupError::NoBook { strategy });
        }
    }
    Ok(())
}

/// An instrument on the grid of its data.
pub(super) fn instrument(
    config: &Config,
    wanted: &InstrumentConfig,
    costs: &Costs,
    series: &Series,
) -> Result<Instrument, InstrumentError> {
    let lot_step = wanted.terms.lot_step.unwrap_or(series.grid().volume_step);
    let currency = &config.account.currency;
    Instrument::new(costs.spec(&wanted.terms, currency, series.grid().tick_size, lot_step))
}
