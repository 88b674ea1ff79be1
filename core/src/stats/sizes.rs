//! How large the trades were: what a sizing method came to.

use alloc::vec::Vec;

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::float::{ratio, to_f64};
use super::input::StatsInput;
use super::moments::quantile;
use crate::units::Nanos;

/// Sizes of the closed trades. All `None` without trades.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct SizeStats {
    /// Median notional at entry, in the account's currency.
    pub median_notional: Option<f64>,
    /// Median of notional at entry over equity before it, a fraction: 1 is all of it.
    pub median_share: Option<f64>,
    /// Largest of them.
    pub largest_share: Option<f64>,
}

impl SizeStats {
    /// Of `trades`. Equity before an entry is that of the last close at or before it.
    ///
    /// Entries of 500 with 1,000 and of 300 with 1,200 of equity: a median of 400, or
    /// 37.5 % of equity, and at most 50 %.
    pub(super) fn new(input: &StatsInput<'_>) -> Self {
        let equity = |at: Nanos| {
            let before = input.equity.partition_point(|p| p.ts <= at).checked_sub(1);
            before.map_or(input.starting_cash, |i| input.equity[i].equity)
        };
        let share = |t: &crate::ledger::Trade| {
            let equity = equity(t.entry_ts);
            if equity > Decimal::ZERO { ratio(t.entry_notional, equity) } else { None }
        };
        let notionals: Vec<f64> = input.trades.iter().map(|t| to_f64(t.entry_notional)).collect();
        let shares: Vec<f64> = input.trades.iter().filter_map(share).collect();
        Self {
            median_notional: quantile(&notionals, 0.5),
            median_share: quantile(&shares, 0.5),
            largest_share: shares.iter().copied().max_by(f64::total_cmp),
        }
    }
}
