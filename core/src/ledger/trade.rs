//! A position becomes a trade.

use rust_decimal::Decimal;

use super::Ledger;
use super::position::{Position, SoFar, Trade};
use crate::math::{above_zero, integer_to_f64};
use crate::order::{ExitReason, Fill};
use crate::units::{Lots, Ticks};

impl Ledger {
    pub(super) fn close(&self, fill: &Fill, p: Position, exit: ExitReason) -> Trade {
        let instrument = &self.market(p.instrument).instrument;
        let SoFar { entry_lots, entry_value, exit_value, .. } = p.so_far;
        let lots = Lots::new(entry_lots).unwrap_or(Lots::ZERO);
        let average = |value: i128| match exact_quotient(value, entry_lots) {
            Some(ticks) => instrument.price(Ticks(ticks)),
            None => {
                instrument.spec().tick_size * Decimal::from_i128_with_scale(value, 0)
                    / Decimal::from(entry_lots)
            }
        };
        let entry_ticks = integer_to_f64(entry_value) / entry_lots as f64;
        let away = |px: Ticks| {
            let moved = p.side.sign() as f64 * (px.0 as f64 - entry_ticks) / entry_ticks;
            (above_zero(moved), above_zero(-moved))
        };
        let initial_risk = p.initial.stop.map(|stop| {
            let per_lot = i128::from(p.side.sign())
                * (entry_value - i128::from(stop.0) * i128::from(entry_lots));
            self.account_value(p.instrument, per_lot.max(0))
        });
        Trade {
            slot: fill.slot,
            instrument: p.instrument,
            side: p.side,
            lots,
            entry: p.entry,
            entry_ts: p.entry_ts,
            exit_ts: fill.ts,
            entry_price: average(entry_value),
            exit_price: average(exit_value),
            exit,
            gross: self.money(p.so_far.gross),
            fees: self.money(p.so_far.fees),
            funding: self.money(p.so_far.funding),
            slippage: self.money(p.so_far.slippage),
            net: self.money(p.so_far.gross - p.so_far.fees - p.so_far.funding),
            entry_notional: self.money(p.so_far.entry_notional),
            exit_notional: self.money(p.so_far.exit_notional),
            initial_risk,
            mae: away(p.worst).1,
            mfe: away(p.best).0,
            ambiguous: p.so_far.ambiguous,
        }
    }
}

/// `a / b`, where that is a whole number.
fn exact_quotient(a: i128, b: i64) -> Option<i64> {
    match i64::try_from(a) {
        Ok(a) => (a % b == 0).then(|| a / b),
        Err(_) => (a % i128::from(b) == 0).then(|| i64::try_from(a / i128::from(b)).ok())?,
    }
}
