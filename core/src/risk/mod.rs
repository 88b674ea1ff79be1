//! What may be sent. Every limit is off unless the account names it; exits are
//! never blocked.
//!
//! An entry passes two doors, and each hands out what the next one takes:
//! [`Risk::gate`] an [`Admitted`], [`Risk::fit`] for it a [`Fit`], which holds the
//! size, and only a [`Fit`] makes an [`Approved`] entry. No other code can make
//! any of the three.
//!
//! Before an entry the rules are asked in the specification's order, and the
//! first that fails names itself: kill switch, pause, daily loss, the loss that ended
//! the day, the drawdown or profit that ended trading, drawdown tier, position count,
//! symbol exposure, correlated exposure, margin. The last three shrink the size first and
//! refuse only below the smallest order; margin always refuses what a venue would, and
//! shrinks where it is named.
//!
//! A daily loss, once reached, holds until the next day begins, whatever the
//! open P&L does after. A correlation that cannot be computed yet (fewer than
//! 24 common hours) counts as 1, the prudent reading.

mod approved;
pub mod correlation;
mod entry;
mod memory;
pub mod size;

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::decision::{Refusal, SizeCut};
use crate::instrument::InstrumentId;
use crate::params::{ParamError, above_zero, in_range, proper_fraction};
use crate::units::{Fraction, Lots};
pub use approved::Approved;
pub use entry::EntryRequest;
pub(crate) use memory::{Ended, Tier};
pub use memory::{LimitBase, LimitsReached, Memory, Reached};

/// Limits of one account. A limit that is absent is off.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RiskParams {
    /// Largest loss of a day, a fraction of what the day opened with (usual 0.03): no
    /// entries until the next day.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub daily_loss: Option<Fraction>,
    /// What the day opened with, as `daily_loss` and `flatten_at` measure it.
    #[serde(skip_serializing_if = "DayBasis::is_equity")]
    pub daily_loss_basis: DayBasis,
    /// A day's loss at which everything is closed and the day is over, a fraction of what
    /// it opened with (usual 0.04).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub flatten_at: Option<Fraction>,
    /// Drawdowns from peak equity that halve new sizes, quarter them, stop
    /// entries, close all and set the kill switch (usual 0.30, 0.35, 0.40, 0.50).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub drawdown_tiers: Option<[Fraction; 4]>,
    /// Balance that `max_drawdown` and `profit_target` are measured from, account currency;
    /// what the account begins with when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub initial_balance: Option<Decimal>,
    /// Loss from the initial balance at which everything is closed and nothing is entered
    /// until an operator resumes, a fraction of it (usual 0.10).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_drawdown: Option<Fraction>,
    /// The same from peak equity (usual 0.05).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trailing_drawdown: Option<Fraction>,
    /// Profit at which the goal is reached: everything is closed and nothing is entered
    /// until an operator resumes; a fraction of the initial balance (usual 0.10).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub profit_target: Option<Fraction>,
    /// Days on which something was entered that the goal needs as well (usual 4).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub min_trading_days: Option<u32>,
    /// Most positions open or waiting.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_positions: Option<usize>,
    /// Largest notional in one instrument, a fraction of equity times leverage (usual 0.40).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub symbol_exposure: Option<Fraction>,
    /// Largest sum of |correlation| times notional, a fraction of equity times leverage (usual 0.60).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub correlated_exposure: Option<Fraction>,
    /// Shrink a size to free margin instead of refusing it.
    pub margin: bool,
}

impl RiskParams {
    /// Checks that every limit is in its range.
    pub fn validate(&self) -> Result<(), ParamError> {
        for (name, limit) in [
            ("daily_loss", self.daily_loss),
            ("flatten_at", self.flatten_at),
            ("max_drawdown", self.max_drawdown),
            ("trailing_drawdown", self.trailing_drawdown),
        ] {
            limit.map_or(Ok(()), |f| proper_fraction(name, f))?;
        }
        if let Some(f) = self.profit_target {
            above_zero("profit_target", f, Fraction::lit(100, 0), "above 0, at most 100")?;
        }
        if let Some(n) = self.min_trading_days {
            in_range("min_trading_days", n, 1, 1_000, "1 to 1000")?;
        }
        if self.min_trading_days.is_some() && self.profit_target.is_none() {
            return Err(ParamError::Conflict("min_trading_days needs a profit_target"));
        }
        if self.initial_balance.is_some_and(|initial| initial <= Decimal::ZERO) {
            return Err(ParamError::Conflict("initial_balance must be above 0"));
        }
        if self.initial_balance.is_some()
            && self.max_drawdown.is_none()
            && self.profit_target.is_none()
        {
            return Err(ParamError::Conflict(
                "initial_balance needs a max_drawdown or a profit_target",
            ));
        }
        let of_a_day = self.daily_loss.is_some() || self.flatten_at.is_some();
        if !(of_a_day || self.daily_loss_basis.is_equity()) {
            return Err(ParamError::Conflict("daily_loss_basis needs daily_loss or flatten_at"));
        }
        if let Some(tiers) = self.drawdown_tiers {
            for f in tiers {
                proper_fraction("drawdown_tiers", f)?;
            }
            if !tiers.windows(2).all(|w| w[0] < w[1]) {
                return Err(ParamError::Conflict(
                    "drawdown_tiers must rise, such as [0.30, 0.35, 0.40, 0.50]",
                ));
            }
        }
        if let Some(n) = self.max_positions {
            in_range("max_positions", n, 1, 10_000, "1 to 10000")?;
        }
        for (name, limit) in [
            ("symbol_exposure", self.symbol_exposure),
            ("correlated_exposure", self.correlated_exposure),
        ] {
            if let Some(f) = limit {
                in_range(name, f, Fraction::lit(1, 6), Fraction::lit(1, 0), "0.000001 to 1")?;
            }
        }
        Ok(())
    }
}

impl RiskParams {
    /// Whether a limit depends on equity at every instant.
    #[must_use]
    pub const fn watches_equity(&self) -> bool {
        self.daily_loss.is_some()
            || self.flatten_at.is_some()
            || self.drawdown_tiers.is_some()
            || self.max_drawdown.is_some()
            || self.trailing_drawdown.is_some()
            || self.profit_target.is_some()
    }

    /// Whether a limit depends on when days begin.
    #[must_use]
    pub const fn counts_days(&self) -> bool {
        self.daily_loss.is_some() || self.flatten_at.is_some() || self.min_trading_days.is_some()
    }
}

/// What a day opened with.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DayBasis {
    /// Equity: open positions at their marks.
    #[default]
    Equity,
    /// Balance: cash, without open P&L.
    Balance,
    /// The higher of the two.
    Higher,
}

impl DayBasis {
    /// Whether it is the default, equity.
    #[must_use]
    pub const fn is_equity(&self) -> bool {
        matches!(self, Self::Equity)
    }

    /// The name that files write.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Equity => "equity",
            Self::Balance => "balance",
            Self::Higher => "higher",
        }
    }
}

/// A position, open or waiting, as the limits see it.
#[derive(Clone, Copy, Debug)]
pub struct Exposure {
    /// The instrument that is held or asked for.
    pub instrument: InstrumentId,
    /// Notional at its mark, or at the decision price while it waits, in the account's
    /// currency.
    pub notional: Decimal,
}

/// What [`Risk::gate`] gives out: the account may enter now.
#[derive(Debug, PartialEq, Eq)]
pub struct Admitted(());

/// What [`Risk::fit`] gives out: a size that every rule leaves. It can be used once.
#[derive(Debug, PartialEq, Eq)]
pub struct Fit {
    instrument: InstrumentId,
    lots: Lots,
    cut: Option<SizeCut>,
}

impl Fit {
    /// The size, at least the smallest order.
    #[must_use]
    pub const fn lots(&self) -> Lots {
        self.lots
    }

    /// The last limit that made it smaller than its sizing method asks for.
    #[must_use]
    pub const fn cut(&self) -> Option<SizeCut> {
        self.cut
    }
}

/// The limits and their memory.
#[derive(Clone, Debug)]
pub struct Risk {
    params: RiskParams,
    watches_equity: bool,
    memory: Memory,
}

impl Risk {
    /// Limits of an account that starts with `cash` and trades `instruments` instruments.
    pub fn new(params: RiskParams, cash: Decimal, instruments: usize) -> Result<Self, ParamError> {
        params.validate()?;
        let watched = if params.correlated_exposure.is_some() { instruments } else { 0 };
        let watches_equity = params.watches_equity();
        let initial = params.initial_balance;
        Ok(Self { params, watches_equity, memory: Memory::new(cash, initial, watched) })
    }

    /// Whether equity has to be shown to [`Risk::on_equity`] at every instant.
    #[must_use]
    #[inline]
    pub const fn watches_equity(&self) -> bool {
        self.watches_equity
    }

    /// Whether every close has to be shown to [`Risk::on_close`].
    #[must_use]
    #[inline]
    pub fn watches_closes(&self) -> bool {
        !self.memory.hours.is_empty()
    }

    /// Whether an entry is allowed at all with `count` positions open or waiting.
    pub fn gate(&self, count: usize) -> Result<Admitted, Refusal> {
        if self.memory.killed {
            return Err(Refusal::KillSwitch);
        }
        if self.memory.paused {
            return Err(Refusal::Paused);
        }
        if self.memory.day_lost {
            return Err(Refusal::DailyLoss);
        }
        if self.memory.day_over {
            return Err(Refusal::FlattenAt);
        }
        if let Some(ended) = self.memory.ended {
            return Err(ended.refusal());
        }
        if self.memory.tier >= Tier::NoEntry {
            return Err(Refusal::DrawdownTier);
        }
        if self.params.max_positions.is_some_and(|most| count >= most) {
            return Err(Refusal::PositionCount);
        }
        Ok(Admitted(()))
    }

    /// The size that the limits, margin and the venue leave of what is asked for.
    pub fn fit(&self, _: Admitted, ask: &EntryRequest<'_>) -> Result<Fit, Refusal> {
        let mut cut = ask.asked.cut;
        let limits = |lots| self.limited(lots, ask, &mut cut);
        let lots = size::allowed(ask.terms, ask.px, ask.asked.lots, limits, ask)?;
        if lots < ask.asked.least {
            return Err(Refusal::MinQuantity);
        }
        Ok(Fit { instrument: ask.instrument, lots, cut })
    }

    /// What the account's own limits leave of `lots`, the last that took of it in `cut`;
    /// below the smallest order the one that took most of it refuses.
    fn limited(
        &self,
        lots: Lots,
        ask: &EntryRequest<'_>,
        cut: &mut Option<SizeCut>,
    ) -> Result<Lots, Refusal> {
        let divisor = match self.memory.tier {
            Tier::Full => 1,
            Tier::Half => 2,
            Tier::Quarter => 4,
            Tier::NoEntry | Tier::Closed => return Err(Refusal::DrawdownTier),
        };
        let tier = Lots::new(lots.get() / divisor).unwrap_or(Lots::ZERO);
        let mut lots = lots;
        let mut shrink = |cap: Option<Lots>, by, rule| {
            if let Some(cap) = cap.filter(|cap| *cap < lots) {
                (lots, *cut) = (cap, Some(by));
            }
            if lots < ask.terms.min_lots() { Err(rule) } else { Ok(lots) }
        };
        shrink(Some(tier), SizeCut::DrawdownTier, Refusal::DrawdownTier)?;
        shrink(self.symbol_cap(ask), SizeCut::SymbolExposure, Refusal::SymbolExposure)?;
        let correlated = self.correlated_cap(ask);
        shrink(correlated, SizeCut::CorrelatedExposure, Refusal::CorrelatedExposure)?;
        // Unless it may shrink to it, a size beyond margin is refused whole.
        let margin = self.params.margin.then(|| ask.carried());
        shrink(margin, SizeCut::Margin, Refusal::Margin)
    }

    fn symbol_cap(&self, ask: &EntryRequest<'_>) -> Option<Lots> {
        let limit = self.params.symbol_exposure?;
        let held: Decimal =
            ask.others.iter().filter(|o| o.instrument == ask.instrument).map(|o| o.notional).sum();
        Some(ask.within(limit, held))
    }

    fn correlated_cap(&self, ask: &EntryRequest<'_>) -> Option<Lots> {
        let limit = self.params.correlated_exposure?;
        let held: Decimal =
            ask.others.iter().map(|o| self.weight(ask.instrument, o.instrument) * o.notional).sum();
        Some(ask.within(limit, held))
    }

    /// |correlation| to four decimals, rounded up; 1 while it is not known.
    fn weight(&self, a: InstrumentId, b: InstrumentId) -> Decimal {
        if a == b {
            return Decimal::ONE;
        }
        let hours = &self.memory.hours;
        let rho = match (hours.get(a.index()), hours.get(b.index())) {
            (Some(x), Some(y)) => x.correlation(y),
            _ => None,
        };
        rho.map_or(Decimal::ONE, |rho| {
            let steps = crate::math::ceil(rho.abs() * 1e4 - 1e-9).min(1e4);
            Decimal::new(steps as i64, 4)
        })
    }
}

#[cfg(test)]
mod tests;
