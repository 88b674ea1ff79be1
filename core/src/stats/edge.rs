//! The scalper's first question: what does a trade earn before costs, what does
//! it cost, and at which cost does nothing remain?
//!
//! All in basis points of the notional traded. `Trade::gross` is at fill prices,
//! with slippage inside, so slippage is added back for the edge and counted as a
//! cost: `gross edge - costs = net`.

use alloc::vec::Vec;

use crate::ledger::Trade;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::float::{finite, ratio, to_f64};
use super::ratios::ALPHA;
use super::student::student_quantile;
use crate::math::sqrt;

const BPS: Decimal = Decimal::from_parts(10_000, 0, 0, false, 0);

/// Edge and costs of a list of trades. All `None` without a traded notional.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Edge {
    /// P&L before fees, slippage and funding, per entry notional, bps a trade.
    pub gross_bps: Option<f64>,
    /// Half the width of the 95 % confidence interval of `gross_bps`, by Student's t;
    /// `None` below two trades.
    #[serde(default)]
    pub gross_ci95_bps: Option<f64>,
    /// Fees, slippage and funding, per entry notional, bps a trade.
    pub cost_bps: Option<f64>,
    /// Net P&L per entry notional, bps a trade.
    pub net_bps: Option<f64>,
    /// Fees, slippage and funding per notional of entry and exit, bps a side.
    pub cost_side_bps: Option<f64>,
    /// The cost a side, in bps of each side's notional, at which the result would
    /// be zero; negative where the trades lose before costs.
    pub break_even_side_bps: Option<f64>,
}

impl Edge {
    /// Of `trades`. Trades weigh by notional.
    ///
    /// One trade of 1000 in and 1002 out that won 2 at its fills, of which
    /// slippage had taken 0.5, and paid 1 in fees: 25 bps before costs, 15 of
    /// costs, 10 net; and 2.5 over 2002 is 12.49 bps a side.
    #[must_use]
    pub fn new(trades: &[Trade]) -> Self {
        let (mut before, mut costs, mut net) = (Decimal::ZERO, Decimal::ZERO, Decimal::ZERO);
        let (mut entered, mut traded) = (Decimal::ZERO, Decimal::ZERO);
        for t in trades {
            before += t.gross + t.slippage;
            costs += t.fees + t.slippage + t.funding;
            net += t.net;
            entered += t.entry_notional;
            traded += t.entry_notional + t.exit_notional;
        }
        Self {
            gross_bps: ratio(before * BPS, entered),
            gross_ci95_bps: half_width(trades, before, entered),
            cost_bps: ratio(costs * BPS, entered),
            net_bps: ratio(net * BPS, entered),
            cost_side_bps: ratio(costs * BPS, traded),
            break_even_side_bps: ratio(before * BPS, traded),
        }
    }
}

/// Half the width of the interval of the edge `before / entered`, in bps: the standard
/// error of a mean that weighs trades by notional times the quantile of Student's t.
/// Where all notionals are equal it is that of the plain mean.
///
/// Edges of 10, 20 and 60 bps at equal notionals: a mean of 30, a deviation of 26.46,
/// and 26.46 / sqrt(3) times 4.303 is 65.7.
fn half_width(trades: &[Trade], before: Decimal, entered: Decimal) -> Option<f64> {
    let n = trades.len() as f64;
    let edge = ratio(before, entered)?;
    let off = |t: &Trade| to_f64(t.gross + t.slippage) - edge * to_f64(t.entry_notional);
    let mut squares: Vec<f64> = trades.iter().map(off).map(|off| off * off).collect();
    // The smallest first, whatever order the trades are in.
    squares.sort_by(f64::total_cmp);
    let squares: f64 = squares.iter().sum();
    let error = sqrt(squares * n / (n - 1.0)) / to_f64(entered);
    let t = student_quantile(1.0 - ALPHA / 2.0, trades.len().checked_sub(1)?)?;
    finite(error * t * to_f64(BPS))
}
