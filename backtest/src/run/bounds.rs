//! How much of a result is an artefact of the bars: the same run under the
//! worst and the best order of stop and target inside every ambiguous bar.
//!
//! With fixed sizes and a strategy that does not look at outcomes, an ambiguous
//! bar changes one trade's price and nothing else, because the position is flat
//! at its close either way. Then the sum of the worse of each two trades and the
//! sum of the better are bounds: no order of prices inside the bars gives less or
//! more. With compounding, limits that look at equity, or a strategy that looks
//! at its trades, one changed trade changes those after it; then the two runs are
//! scenarios and say so.

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use tickstep_core::engine::SlotConfig;
use tickstep_core::ledger::Trade;
use tickstep_core::sim::cost::Intrabar;

use crate::run::{Backtest, Run, RunError};

/// Net P&L under each order of prices inside a bar. Account currency.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Bounds {
    /// Net P&L under the worse order in every ambiguous bar.
    pub worst: Decimal,
    /// Net P&L under the better order in every ambiguous bar.
    pub best: Decimal,
    /// Net P&L under the order that the run was asked for.
    pub chosen: Decimal,
    /// Number of bars that touched stop and target of one position where no finer bars
    /// told which came first.
    pub ambiguous_bars: u64,
    /// Net P&L of the chosen run's trades that ended in such a bar.
    pub ambiguous_pnl: Decimal,
    /// One changed trade may change others, so these are scenarios and not bounds.
    pub scenario: bool,
}

impl Bounds {
    /// Runs the worst and the best order beside `chosen`, where any bar is
    /// ambiguous; `make` gives the same account under another order.
    pub fn of<'a, E: From<RunError>>(
        chosen: &Run,
        order: Intrabar,
        make: impl Fn(Intrabar) -> Result<Backtest<'a>, E>,
    ) -> Result<Self, E> {
        let net = |run: &Run| run.trades.iter().map(|t| t.net).sum::<Decimal>();
        let ambiguous = |t: &&Trade| t.ambiguous;
        let mut bounds = Self {
            worst: net(chosen),
            best: net(chosen),
            chosen: net(chosen),
            ambiguous_bars: chosen.touched_both - chosen.resolved,
            ambiguous_pnl: chosen.trades.iter().filter(ambiguous).map(|t| t.net).sum(),
            scenario: false,
        };
        if bounds.ambiguous_bars == 0 {
            return Ok(bounds);
        }
        let (stop, target) = match order {
            Intrabar::FinerBars | Intrabar::FinerBarsTarget => {
                (Intrabar::FinerBars, Intrabar::FinerBarsTarget)
            }
            Intrabar::StopFirst | Intrabar::TargetFirst | Intrabar::OhlcPath => {
                (Intrabar::StopFirst, Intrabar::TargetFirst)
            }
        };
        let setup = make(stop)?;
        bounds.scenario = feeds_back(&setup);
        let stop = setup.run()?;
        let target = make(target)?.run()?;
        let entered = |t: &Trade| (t.slot, t.entry_ts, t.side, t.lots);
        bounds.scenario |= !stop.trades.iter().map(entered).eq(target.trades.iter().map(entered));
        (bounds.worst, bounds.best) = if bounds.scenario {
            let (a, b) = (net(&stop), net(&target));
            (a.min(b).min(bounds.chosen), a.max(b).max(bounds.chosen))
        } else {
            // Trade by trade, as a rebate can make the target the worse of the two.
            let pairs = || stop.trades.iter().zip(&target.trades);
            (
                pairs().map(|(a, b)| a.net.min(b.net)).sum(),
                pairs().map(|(a, b)| a.net.max(b.net)).sum(),
            )
        };
        Ok(bounds)
    }
}

impl Bounds {
    /// Net P&L of ambiguous trades as a fraction of all; `None` where all is zero.
    #[must_use]
    pub fn ambiguous_share(&self) -> Option<Decimal> {
        self.ambiguous_pnl.checked_div(self.chosen)
    }

    /// In a sentence or two, for a terminal.
    #[must_use]
    pub fn words(&self, order: &str, resolved: u64) -> String {
        let kind = if self.scenario { "scenarios, not bounds" } else { "bounds" };
        let share = self.ambiguous_share().map_or_else(
            || "no share of a net P&L of zero".to_owned(),
            |share| format!("{} % of net P&L", (share * Decimal::ONE_HUNDRED).round_dp(2)),
        );
        format!(
            "{} ambiguous bars (stop and target in one bar; assumed {order}, finer bars settled \
             {resolved}) decide {share}.\nNet P&L worst {} / chosen {} / best {}: {kind}.",
            self.ambiguous_bars,
            self.worst.round_dp(2),
            self.chosen.round_dp(2),
            self.best.round_dp(2),
        )
    }
}

/// The order that is assumed inside a bar, in words.
#[must_use]
pub const fn order_words(intrabar: Intrabar) -> &'static str {
    match intrabar {
        Intrabar::StopFirst | Intrabar::FinerBars => "stop first",
        Intrabar::TargetFirst | Intrabar::FinerBarsTarget => "target first",
        Intrabar::OhlcPath => "nearer extreme first",
    }
}

/// Whether one trade's outcome can change another trade.
fn feeds_back(setup: &Backtest<'_>) -> bool {
    let risk = &setup.risk;
    let looks = |s: &SlotConfig| s.strategy.look().is_ok_and(|s| s.looks_at_outcomes());
    setup.strategies.iter().any(|s| s.sizing.compounds() || looks(s))
        || risk.watches_equity()
        || risk.symbol_exposure.is_some()
        || risk.correlated_exposure.is_some()
        || risk.margin
}
