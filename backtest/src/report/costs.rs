//! What costs took of what the trades made.

use rust_decimal::Decimal;
use serde::Serialize;

use crate::folder::TradeRow;

/// Where the gross result went, exact.
#[derive(Serialize)]
pub(super) struct CostBreakdown {
    before: Decimal,
    fees: Decimal,
    slippage: Decimal,
    funding: Decimal,
    net: Decimal,
}

impl CostBreakdown {
    pub(super) fn of(trades: &[TradeRow]) -> Self {
        let sum = |of: fn(&TradeRow) -> Decimal| trades.iter().map(of).sum();
        Self {
            before: sum(TradeRow::before),
            fees: sum(|t| t.fees),
            slippage: sum(|t| t.slippage),
            funding: sum(|t| t.funding),
            net: sum(|t| t.net_pnl),
        }
    }
}
