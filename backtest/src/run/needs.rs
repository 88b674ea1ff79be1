//! What a run must have before it starts.

use tickstep_core::strategy::{DataColumn, Strategy};
use tickstep_core::units::Nanos;

use super::backtest::{Backtest, MarketData, Period};
use super::error::RunError;
use crate::times::utc;

/// A rule that is on but lacks its data is an error before the run starts, as is
/// a cost out of its range.
pub(super) fn check(setup: &Backtest<'_>) -> Result<(), RunError> {
    for slot in &setup.strategies {
        let Some(traded) = setup.instruments.get(slot.instrument.index()) else { continue };
        // What cannot be made is told by the engine, with the rest of its account.
        let Ok(strategy) = slot.strategy.look() else { continue };
        fits(traded, &slot.name, &*strategy)?;
    }
    setup.instruments.iter().try_for_each(costs)
}

fn costs(traded: &MarketData<'_>) -> Result<(), RunError> {
    traded.slippage.validate().map_err(|error| RunError::Slippage {
        symbol: traded.instrument.symbol().to_owned(),
        error,
    })
}

/// The data has what a strategy needs, and costs are within their ranges.
pub(super) fn fits(
    traded: &MarketData<'_>,
    name: &str,
    strategy: &dyn Strategy,
) -> Result<(), RunError> {
    costs(traded)?;
    for need in strategy.needs() {
        let there = match need.column {
            DataColumn::TakerBuy => traded.series.has_taker(),
            DataColumn::Volume => traded.series.bars().iter().any(|b| !b.volume.is_zero()),
            // Bars come without either.
            DataColumn::Book | DataColumn::Trades => false,
        };
        if !there {
            return Err(RunError::Lacks {
                strategy: name.to_owned(),
                symbol: traded.instrument.symbol().to_owned(),
                rule: need.rule,
                column: need.column.name(),
            });
        }
    }
    Ok(())
}

pub(super) fn period_words(period: Period) -> String {
    let words = |ts: Option<Nanos>, absent: &str| ts.map_or_else(|| absent.to_owned(), utc);
    let from = words(period.from, "the data's start");
    format!("from {from} to {}", words(period.to, "the data's end"))
}
