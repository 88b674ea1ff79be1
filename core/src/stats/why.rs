//! The reason behind each `None` of [`Stats`], from the facts beside it: figures
//! stay plain options, and a reader of a report still learns what is missing.

use super::compute::Stats;
use super::coverage::is_week;
use super::undefined::Undefined;

impl Stats {
    pub(super) const fn why_trades(&self) -> Undefined {
        if self.trades.count == 0 { Undefined::NoTrades } else { Undefined::OutOfRange }
    }

    pub(super) const fn why_wins(&self) -> Undefined {
        match (self.trades.count, self.trades.wins) {
            (0, _) => Undefined::NoTrades,
            (_, 0) => Undefined::NoWins,
            _ => Undefined::OutOfRange,
        }
    }

    pub(super) const fn why_losses(&self) -> Undefined {
        match (self.trades.count, self.trades.losses) {
            (0, _) => Undefined::NoTrades,
            (_, 0) => Undefined::NoLosses,
            _ => Undefined::OutOfRange,
        }
    }

    /// Why a figure that needs a win and a loss has no value.
    pub(super) const fn why_payoff(&self) -> Undefined {
        if self.trades.wins == 0 { self.why_wins() } else { self.why_losses() }
    }

    pub(super) const fn why_sqn(&self) -> Undefined {
        match self.trades.count {
            0 => Undefined::NoTrades,
            1 => Undefined::TooShort,
            _ => Undefined::NoVariance,
        }
    }

    pub(super) const fn why_risk_multiple(&self) -> Undefined {
        if self.trades.count == 0 { Undefined::NoTrades } else { Undefined::NoStops }
    }

    /// Why a figure that needs equity points only has no value.
    pub(super) fn why_points(&self) -> Undefined {
        if self.outcome.starting_cash <= rust_decimal::Decimal::ZERO {
            Undefined::Ruin
        } else if self.period.start.is_none() {
            Undefined::TooShort
        } else {
            Undefined::OutOfRange
        }
    }

    /// Why there is no turnover: its divisor, mean equity, is above zero but at ruin.
    pub(super) fn why_turnover(&self) -> Undefined {
        if self.risk.ruined { Undefined::Ruin } else { self.why_points() }
    }

    pub(super) fn why_drawdown(&self) -> Undefined {
        if self.risk.max_drawdown == Some(0.0) { Undefined::NoDrawdown } else { self.why_points() }
    }

    /// Of figures on daily returns that `need` so many of them; `lacking` is said of
    /// returns that are there.
    fn why_days(&self, need: usize, lacking: Undefined) -> Undefined {
        if self.risk.ruined {
            Undefined::Ruin
        } else if self.ratios.days < need {
            Undefined::TooShort
        } else if self.trades.count == 0 {
            Undefined::NoTrades
        } else {
            lacking
        }
    }

    pub(super) fn why_sharpe(&self) -> Undefined {
        self.why_days(2, Undefined::NoVariance)
    }

    pub(super) fn why_sortino(&self) -> Undefined {
        self.why_days(2, Undefined::NoLosingDays)
    }

    pub(super) fn why_omega(&self) -> Undefined {
        self.why_days(2, Undefined::NoLosingDays)
    }

    pub(super) fn why_tail(&self) -> Undefined {
        self.why_days(1, Undefined::NoLowerTail)
    }

    pub(super) fn why_probability(&self) -> Undefined {
        match self.ratios.sharpe_daily {
            None => self.why_sharpe(),
            Some(_) => Undefined::OutOfRange,
        }
    }

    pub(super) fn why_deflated(&self) -> Undefined {
        if self.ratios.trials_sharpe_std.is_none() || self.ratios.trials <= 1.0 {
            Undefined::NeedsSearch
        } else {
            self.why_probability()
        }
    }

    pub(super) fn why_track_record(&self) -> Undefined {
        match self.ratios.sharpe_daily {
            Some(sharpe) if sharpe <= 0.0 => Undefined::SharpeNotPositive,
            _ => self.why_probability(),
        }
    }

    pub(super) fn why_cagr(&self) -> Undefined {
        if self.risk.ruined {
            Undefined::Ruin
        } else if !is_week(self.period.covered, self.ratios.days, self.period.days_per_year) {
            Undefined::TooShort
        } else {
            Undefined::OutOfRange
        }
    }

    pub(super) fn why_calmar(&self) -> Undefined {
        if self.outcome.cagr.is_none() { self.why_cagr() } else { self.why_drawdown() }
    }

    /// Why a figure on bar returns has no value: no spread, or too few for the lags.
    pub(super) fn why_bars(&self) -> Undefined {
        if self.risk.ruined {
            Undefined::Ruin
        } else if self.period.bars < 2 {
            Undefined::TooShort
        } else if self.trades.count == 0 {
            Undefined::NoTrades
        } else if self.ratios.sharpe_bars.is_some() {
            Undefined::TooShort
        } else {
            Undefined::NoVariance
        }
    }
}
