//! What must be stated before any data is read.

use rust_decimal::Decimal;
use tickstep_core::instrument::Slippage;

use super::SetupError;
use crate::config::{Config, InstrumentConfig};

/// Costs of one instrument, its own before those of all.
pub(super) struct Costs {
    pub(super) maker_fee: Decimal,
    pub(super) taker_fee: Decimal,
    pub(super) slippage: Slippage,
}

impl Costs {
    pub(super) fn of(config: &Config, wanted: &InstrumentConfig) -> Result<Self, SetupError> {
        let costs = &config.costs;
        let maker_fee = wanted.maker_fee.or(costs.maker_fee);
        let taker_fee = wanted.taker_fee.or(costs.taker_fee);
        let slippage = wanted.slippage.or(costs.slippage);
        if let (Some(maker_fee), Some(taker_fee), Some(slippage)) = (maker_fee, taker_fee, slippage)
        {
            return Ok(Self { maker_fee, taker_fee, slippage });
        }
        let (missing, examples) = [
            (maker_fee.is_none(), "maker_fee", "--set costs.maker_fee=0.0002"),
            (taker_fee.is_none(), "taker_fee", "--set costs.taker_fee=0.0005"),
            (slippage.is_none(), "slippage", "--set costs.slippage.ticks=1"),
        ]
        .into_iter()
        .filter_map(|(missing, key, example)| missing.then_some((key, example)))
        .unzip();
        Err(SetupError::CostsNotStated { symbol: wanted.symbol.clone(), missing, examples })
    }
}

/// Every cost is stated, and no rule asks for what bars cannot have.
pub(super) fn check(config: &Config) -> Result<(), SetupError> {
    for wanted in &config.instrument {
        Costs::of(config, wanted)?;
    }
    for (i, strategy) in config.strategy.iter().enumerate() {
        if strategy.params.needs_book() {
            let strategy = strategy.name.clone().unwrap_or_else(|| (i + 1).to_string());
            return Err(SetupError::NoBook { strategy });
        }
    }
    Ok(())
}
