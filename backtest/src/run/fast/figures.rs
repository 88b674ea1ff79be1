//! What a run that was followed trade by trade comes to.

use rust_decimal::Decimal;
use tickstep_core::stats::{DailyCloses, Deepest};
use tickstep_core::trade_hash::TradeHash;
use tickstep_core::units::Nanos;

/// Days and drawdown of an equity curve.
pub(in crate::run) struct CurveFigures {
    pub deepest: Deepest,
    pub daily: DailyCloses,
    pub bars: usize,
    pub bars_in_position: usize,
    /// Close of the first bar, and of the last.
    pub span: (Nanos, Nanos),
}

/// The money of all trades, account currency, and the curve.
pub(in crate::run) struct TradeFigures {
    pub cash: Decimal,
    pub equity: Decimal,
    /// Net P&L of every trade, in the order they closed.
    pub nets: Vec<Decimal>,
    /// Of them, the last ones, that were closed only because the data ended.
    pub cut: usize,
    /// Longest time from entry to exit.
    pub longest_hold: Nanos,
    pub fees: Decimal,
    pub slippage: Decimal,
    /// Bars that touched stop and target of one position.
    pub ambiguous: u64,
    pub hash: TradeHash,
    pub curve: CurveFigures,
}
