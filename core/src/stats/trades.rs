//! What the closed trades say: counts, averages, excursions, and where they ended.
//!
//! Percentages of a trade are its net P&L over its entry notional, as fractions.
//! Averages are arithmetic. Every trade given was closed; a run that ends with an
//! open position closes it first.

use alloc::vec::Vec;

use crate::ledger::Trade;
use crate::order::ExitReason;
use crate::units::{Nanos, Side};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::float::{finite, ratio};
use super::moments::mean;
use super::pnl::{self, WinLossTally};

/// Trades of one side, or of one exit reason.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TradeTotals {
    /// Number of trades.
    pub trades: usize,
    /// Number of those with a net P&L above zero.
    pub wins: usize,
    /// Sum of net P&L, in the account's currency.
    pub net: Decimal,
}

impl TradeTotals {
    fn of<'a>(trades: impl Iterator<Item = &'a Trade>) -> Self {
        trades.fold(Self::default(), |sum, t| Self {
            trades: sum.trades + 1,
            wins: sum.wins + usize::from(t.net > Decimal::ZERO),
            net: sum.net + t.net,
        })
    }
}

/// Trades that ended for one reason.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExitTotals {
    /// Reason that they ended for.
    pub reason: ExitReason,
    /// Number of them, and their result.
    pub share: TradeTotals,
}

/// Figures of the closed trades. Fractions unless a unit is named.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TradeStats {
    /// Number of trades.
    pub count: usize,
    /// Number of trades with a net P&L above zero.
    pub wins: usize,
    /// Number of trades with a net P&L below zero.
    pub losses: usize,
    /// Number of trades with a net P&L of exactly zero, which are neither.
    pub break_evens: usize,
    /// Trades whose exit price depended on an assumed order of prices inside a bar.
    pub ambiguous: usize,
    /// Wins over all trades.
    pub win_rate: Option<f64>,
    /// Best net P&L over entry notional.
    pub best: Option<f64>,
    /// Worst net P&L over entry notional.
    pub worst: Option<f64>,
    /// Mean net P&L over entry notional.
    pub average: Option<f64>,
    /// Mean net P&L over entry notional, of the wins.
    pub average_win: Option<f64>,
    /// Mean net P&L over entry notional, of the losses; negative.
    pub average_loss: Option<f64>,
    /// Longest time from first entry fill to last exit fill, in nanoseconds.
    pub max_duration: Option<Nanos>,
    /// Mean time from first entry fill to last exit fill, in nanoseconds.
    pub average_duration: Option<Nanos>,
    /// Sum of the wins over the sum of the losses: see [`pnl::profit_factor`].
    pub profit_factor: Option<f64>,
    /// Mean net P&L, in the account's currency: see [`pnl::expectancy`].
    pub expectancy: Option<f64>,
    /// Mean of net P&L over initial risk, of the trades that had a stop.
    pub expectancy_r: Option<f64>,
    /// System quality number: see [`pnl::sqn`].
    pub sqn: Option<f64>,
    /// Kelly fraction: see [`pnl::kelly`].
    pub kelly: Option<f64>,
    /// Mean win over mean loss: see [`pnl::payoff_ratio`].
    pub payoff_ratio: Option<f64>,
    /// Longest streak of wins.
    pub max_consecutive_wins: usize,
    /// Longest streak of losses.
    pub max_consecutive_losses: usize,
    /// Mean maximum adverse excursion, of the entry price, at or above 0.
    pub mae_average: Option<f64>,
    /// Largest maximum adverse excursion, of the entry price, at or above 0.
    pub mae_largest: Option<f64>,
    /// Mean maximum favourable excursion, of the entry price, at or above 0.
    pub mfe_average: Option<f64>,
    /// Largest maximum favourable excursion, of the entry price, at or above 0.
    pub mfe_largest: Option<f64>,
    /// Totals of the long trades.
    pub long: TradeTotals,
    /// Totals of the short trades.
    pub short: TradeTotals,
    /// By reason of the last exit fill, in the order of [`ExitReason::ALL`]; reasons
    /// that did not occur are left out.
    pub exits: Vec<ExitTotals>,
}

impl TradeStats {
    /// The figures of `trades`, which are in the order they closed.
    #[must_use]
    pub fn new(trades: &[Trade]) -> Self {
        let net: Vec<Decimal> = trades.iter().map(|t| t.net).collect();
        let tally = WinLossTally::new(&net);
        let (streak_won, streak_lost) = pnl::longest_streaks(&net);
        let fractions =
            |wanted: fn(&Trade) -> bool| column(trades, |t| wanted(t).then(|| fraction(t))?);
        let all = fractions(|_| true);
        let (mae, mfe) = (column(trades, |t| finite(t.mae)), column(trades, |t| finite(t.mfe)));
        let spans: Vec<i64> = trades.iter().map(|t| (t.exit_ts - t.entry_ts).0).collect();
        Self {
            count: tally.trades(),
            wins: tally.wins,
            losses: tally.losses,
            break_evens: tally.break_evens,
            ambiguous: trades.iter().filter(|t| t.ambiguous).count(),
            win_rate: tally.win_rate(),
            best: largest(&all),
            worst: all.iter().copied().min_by(f64::total_cmp),
            average: mean(&all),
            average_win: mean(&fractions(|t| t.net > Decimal::ZERO)),
            average_loss: mean(&fractions(|t| t.net < Decimal::ZERO)),
            max_duration: spans.iter().copied().max().map(Nanos),
            average_duration: average_span(&spans),
            profit_factor: tally.profit_factor(),
            expectancy: tally.expectancy(),
            expectancy_r: mean(&column(trades, |t| ratio(t.net, t.initial_risk?))),
            sqn: tally.sqn(&net),
            kelly: tally.kelly(),
            payoff_ratio: tally.payoff_ratio(),
            max_consecutive_wins: streak_won,
            max_consecutive_losses: streak_lost,
            mae_average: mean(&mae),
            mae_largest: largest(&mae),
            mfe_average: mean(&mfe),
            mfe_largest: largest(&mfe),
            long: TradeTotals::of(trades.iter().filter(|t| t.side == Side::Buy)),
            short: TradeTotals::of(trades.iter().filter(|t| t.side == Side::Sell)),
            exits: exits(trades),
        }
    }
}

/// Net P&L over entry notional.
fn fraction(trade: &Trade) -> Option<f64> {
    ratio(trade.net, trade.entry_notional)
}

fn column(trades: &[Trade], of: impl Fn(&Trade) -> Option<f64>) -> Vec<f64> {
    trades.iter().filter_map(of).collect()
}

fn largest(values: &[f64]) -> Option<f64> {
    values.iter().copied().max_by(f64::total_cmp)
}

fn average_span(spans: &[i64]) -> Option<Nanos> {
    let sum: i128 = spans.iter().map(|s| i128::from(*s)).sum();
    let mean = sum.checked_div(i128::try_from(spans.len()).ok()?)?;
    i64::try_from(mean).ok().map(Nanos)
}

fn exits(trades: &[Trade]) -> Vec<ExitTotals> {
    ExitReason::ALL
        .into_iter()
        .map(|reason| ExitTotals {
            reason,
            share: TradeTotals::of(trades.iter().filter(|t| t.exit == reason)),
        })
        .filter(|exit| exit.share.trades > 0)
        .collect()
}
