//! What trading costs. None of it has a default: fees and slippage are stated, for all
//! instruments or for each.

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use tickstep_core::instrument::{InstrumentSpec, Slippage};

use crate::fitted::FittedConfig;
use crate::terms::InstrumentTerms;

/// Costs of every instrument that does not state its own. Fees are fractions of
/// notional, for each fill.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct CostConfig {
    /// Fee of a resting fill.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub maker_fee: Option<Decimal>,
    /// Fee of an aggressive fill.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub taker_fee: Option<Decimal>,
    /// `{ ticks = 1 }` or `{ bps = 0.5 }`, against the trader on aggressive fills.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub slippage: Option<Slippage>,
    /// `{ file = "fit.toml", account = "main" }`: slippage, latency and refusals as they were
    /// measured, in place of `slippage`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fitted: Option<FittedConfig>,
}

/// Costs of one instrument, all of them stated.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Costs {
    /// Fee of a resting fill, a fraction of notional.
    pub maker_fee: Decimal,
    /// Fee of an aggressive fill, a fraction of notional.
    pub taker_fee: Decimal,
    /// Slippage of aggressive fills; nothing where it is drawn from what was measured.
    pub slippage: Slippage,
}

/// Costs are not stated.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "{symbol}: {} not stated, and costs have no default; add under [costs], or give {}",
    missing.join(", "),
    examples.join(" ")
)]
pub struct CostsNotStated {
    /// Name of the instrument.
    pub symbol: String,
    /// Keys under `[costs]` that are missing.
    pub missing: Vec<&'static str>,
    /// Options of the command line that would state them.
    pub examples: Vec<&'static str>,
}

impl CostConfig {
    /// Costs of an instrument, its own before those of all.
    pub fn of(&self, terms: &InstrumentTerms) -> Result<Costs, CostsNotStated> {
        let maker_fee = terms.maker_fee.or(self.maker_fee);
        let taker_fee = terms.taker_fee.or(self.taker_fee);
        let measured = self.fitted.as_ref().map(|_| Slippage::Ticks(0));
        let slippage = measured.or(terms.slippage).or(self.slippage);
        if let (Some(maker_fee), Some(taker_fee), Some(slippage)) = (maker_fee, taker_fee, slippage)
        {
            return Ok(Costs { maker_fee, taker_fee, slippage });
        }
        let (missing, examples) = [
            (maker_fee.is_none(), "maker_fee", "--set costs.maker_fee=0.0002"),
            (taker_fee.is_none(), "taker_fee", "--set costs.taker_fee=0.0005"),
            (slippage.is_none(), "slippage", "--set costs.slippage.ticks=1"),
        ]
        .into_iter()
        .filter_map(|(missing, key, example)| missing.then_some((key, example)))
        .unzip();
        Err(CostsNotStated { symbol: terms.symbol.clone(), missing, examples })
    }
}

impl Costs {
    /// The instrument of these terms and costs, in an account of `currency`.
    #[must_use]
    pub fn spec(
        &self,
        terms: &InstrumentTerms,
        currency: &str,
        tick_size: Decimal,
        lot_step: Decimal,
    ) -> InstrumentSpec {
        InstrumentSpec {
            symbol: terms.symbol.clone(),
            tick_size,
            lot_step,
            contract_size: terms.contract_size.unwrap_or(Decimal::ONE),
            min_qty: terms.min_qty,
            min_notional: terms.min_notional.unwrap_or(Decimal::ZERO),
            maker_fee: self.maker_fee,
            taker_fee: self.taker_fee,
            leverage: terms.leverage.unwrap_or(Decimal::ONE),
            maintenance_margin: terms.maintenance_margin,
            quote: terms.quote.clone().unwrap_or_else(|| currency.to_owned()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_borrowed_unasked() {
        let costs = Costs {
            maker_fee: Decimal::ZERO,
            taker_fee: Decimal::ZERO,
            slippage: Slippage::Ticks(0),
        };
        let leverage = |terms| costs.spec(&terms, "USDT", Decimal::ONE, Decimal::ONE).leverage;
        assert_eq!(leverage(InstrumentTerms::default()), Decimal::ONE);
        let stated = InstrumentTerms { leverage: Some(Decimal::TEN), ..InstrumentTerms::default() };
        assert_eq!(leverage(stated), Decimal::TEN);
    }
}
