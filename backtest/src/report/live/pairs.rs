//! Trades of a run and of an account as one list is held against another: with the same
//! numbers for the same strategy and instrument.

use std::collections::BTreeMap;

use jiff::Timestamp;
use rust_decimal::Decimal;
use tickstep_config::Strategies;
use tickstep_core::instrument::InstrumentId;
use tickstep_core::ledger::Trade;
use tickstep_core::order::{ExitReason, OrderId, SlotId};
use tickstep_core::stats::RejectedEntry;
use tickstep_core::units::{Lots, Nanos, Side};
use tickstep_journal::{Aim, OrderEnd, OrderOutcome, TradeOutcome};

use super::error::LiveError;
use crate::folder::{RunFolder, TradeRow};

/// Numbers of strategies and instruments, the run's.
pub(super) struct Numbers {
    strategies: Vec<String>,
    pub symbols: Vec<String>,
    /// Units that a lot of a trade stands for here, as a number of decimals.
    decimals: u32,
}

impl Numbers {
    /// Of a run; quantities of `live` trades are counted in the same lots.
    pub fn of(run: &RunFolder, live: &[TradeOutcome]) -> Self {
        let quantities =
            run.trades.iter().map(|t| t.quantity).chain(live.iter().map(|t| t.quantity));
        Self {
            strategies: Strategies(&run.manifest.config.strategy).names(),
            symbols: run.manifest.data.iter().map(|data| data.symbol.clone()).collect(),
            decimals: quantities.map(|q| q.normalize().scale()).max().unwrap_or(0),
        }
    }

    fn slot(&self, strategy: &str, symbol: &str) -> Option<(SlotId, InstrumentId)> {
        let strategy = self.strategies.iter().position(|name| name == strategy)?;
        let instrument = self.symbols.iter().position(|name| name == symbol)?;
        let slot = strategy * self.symbols.len() + instrument;
        Some((SlotId(u16::try_from(slot).ok()?), InstrumentId(u16::try_from(instrument).ok()?)))
    }

    /// The strategy of a trade with these numbers.
    pub fn strategy(&self, trade: &Trade) -> &str {
        let at = trade.slot.index() / self.symbols.len().max(1);
        self.strategies.get(at).map_or("", String::as_str)
    }

    fn lots(&self, quantity: Decimal) -> Result<Lots, LiveError> {
        let scaled = quantity * Decimal::from(10_u64.saturating_pow(self.decimals));
        let lots = i64::try_from(scaled.normalize().trunc().mantissa()).ok();
        lots.and_then(Lots::new).ok_or_else(|| {
            LiveError::Number(format!("a quantity of {quantity} is more than is counted here"))
        })
    }

    /// A trade of the run.
    pub fn reference(&self, row: &TradeRow) -> Result<Trade, LiveError> {
        let side = if row.side == Side::Buy.position_word() { Side::Buy } else { Side::Sell };
        let (slot, instrument) = self.place(&row.strategy, &row.instrument)?;
        let lots = self.lots(row.quantity)?;
        // What one unit of price is worth on all of it, conversion and contract included.
        let moved = (row.exit_price - row.entry_price) * Decimal::from(side.sign());
        let worth = row.gross_pnl.checked_div(moved).unwrap_or(row.quantity);
        Ok(Trade {
            slot,
            instrument,
            side,
            lots,
            entry: OrderId(row.trade as u64),
            entry_ts: nanos(row.entry_time)?,
            exit_ts: nanos(row.exit_time)?,
            entry_price: row.entry_price,
            exit_price: row.exit_price,
            exit: row.exit_reason,
            gross: row.gross_pnl,
            fees: row.fees,
            funding: row.funding,
            slippage: row.slippage,
            net: row.net_pnl,
            entry_notional: worth * row.entry_price,
            exit_notional: worth * row.exit_price,
            initial_risk: None,
            mae: row.mae_bps / 1e4,
            mfe: row.mfe_bps / 1e4,
            ambiguous: row.ambiguous,
        })
    }

    /// A trade of the account.
    pub fn live(&self, outcome: &TradeOutcome) -> Result<Trade, LiveError> {
        let (slot, instrument) = self.place(&outcome.strategy, &outcome.symbol)?;
        let lots = self.lots(outcome.quantity)?;
        Ok(Trade { slot, instrument, lots, ..outcome.trade.clone() })
    }

    fn place(&self, strategy: &str, symbol: &str) -> Result<(SlotId, InstrumentId), LiveError> {
        self.slot(strategy, symbol).ok_or_else(|| {
            LiveError::Differs(format!("strategy {strategy} on {symbol} is not in both"))
        })
    }

    /// Entries that the venue refused, or that were found not to be there.
    pub fn rejects(&self, orders: &[&OrderOutcome]) -> Vec<RejectedEntry> {
        let refused = |order: &&&OrderOutcome| {
            order.aim == Aim::Entry
                && matches!(order.end, OrderEnd::Rejected { .. } | OrderEnd::NotPlaced)
        };
        let refused = orders.iter().filter(refused).filter_map(|order| {
            let (slot, instrument) = self.slot(&order.strategy, &order.symbol)?;
            Some(RejectedEntry { slot, instrument, side: order.side, ts: order.decided })
        });
        refused.collect()
    }
}

/// Whether a trade was open at the end of the data, so that nothing is known of how it went on.
pub(super) const fn is_cut(trade: &Trade) -> bool {
    matches!(trade.exit, ExitReason::EndOfData)
}

/// Entries that were not sent, by why.
pub(super) fn unsent(orders: &[&OrderOutcome]) -> BTreeMap<String, u64> {
    let mut found: BTreeMap<String, u64> = BTreeMap::new();
    for order in orders.iter().filter(|order| order.aim == Aim::Entry) {
        if let OrderEnd::NotSent { why } = &order.end {
            *found.entry(why.clone()).or_default() += 1;
        }
    }
    found
}

pub(super) fn nanos(time: Timestamp) -> Result<Nanos, LiveError> {
    i64::try_from(time.as_nanosecond())
        .map(Nanos)
        .map_err(|_| LiveError::Number(format!("{time} is beyond the times that are counted here")))
}
