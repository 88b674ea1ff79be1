//! What limits remember of the account: how high its equity was, what the day opened with,
//! and what stopped entries.

use alloc::vec::Vec;

use rust_decimal::Decimal;

use super::correlation::HourlyCloses;
use super::{DayBasis, Risk, RiskParams};
use crate::decision::{Reason, Refusal};
use crate::instrument::InstrumentId;
use crate::math::decimal_to_f64;
use crate::units::{Fraction, Nanos, Ticks};

/// How deep the account is under its peak.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Tier {
    Full,
    Half,
    Quarter,
    NoEntry,
    Closed,
}

/// What ended trading until an operator resumes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ended {
    MaxDrawdown,
    TrailingDrawdown,
    ProfitTarget,
}

impl Ended {
    pub(super) const fn refusal(self) -> Refusal {
        match self {
            Self::MaxDrawdown => Refusal::MaxDrawdown,
            Self::TrailingDrawdown => Refusal::TrailingDrawdown,
            Self::ProfitTarget => Refusal::ProfitTarget,
        }
    }
}

/// A limit was reached at which everything is closed.
#[derive(Clone, Debug, PartialEq)]
pub struct Reached(Reason);

impl Reached {
    /// The limit by its name in the configuration, and the equity that reached it; empty
    /// for the last drawdown tier, which sets the kill switch.
    #[must_use]
    pub const fn reason(&self) -> &Reason {
        &self.0
    }

    fn by(name: &'static str, limit: Fraction, equity: Decimal) -> Self {
        let mut reason = Reason::of(name, limit.to_f64());
        reason.push("equity", decimal_to_f64(equity));
        Self(reason)
    }
}

/// Which limits on losses and profit an account has reached, until they are lifted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LimitsReached {
    /// The day lost what `daily_loss` allows: nothing is entered until the next.
    pub day_lost: bool,
    /// The day lost what `flatten_at` allows: everything was closed.
    pub day_over: bool,
    /// What ended trading until an operator resumes.
    pub ended: Option<Refusal>,
    /// How many of the four drawdown tiers: half the size, a quarter, no entries, closed.
    pub tiers: u8,
}

/// What limits on losses and profit measure from, account currency.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LimitBase {
    /// Equity or balance that the day opened with, where a limit on a day's loss is set.
    pub day_open: Option<Decimal>,
    /// The highest equity, where a limit looks at equity.
    pub peak: Option<Decimal>,
    /// What a drawdown that does not trail, and the profit target, are measured from.
    pub initial: Decimal,
}

/// What limits remember, as it is saved and restored.
#[derive(Clone, Debug, PartialEq)]
pub struct Memory {
    pub(crate) killed: bool,
    pub(crate) paused: bool,
    pub(crate) tier: Tier,
    pub(crate) peak: Decimal,
    /// What a drawdown that does not trail, and the profit target, are measured from.
    pub(crate) initial: Decimal,
    /// What the configuration stated of it.
    pub(crate) stated: Option<Decimal>,
    pub(crate) ended: Option<Ended>,
    pub(crate) day_open: Decimal,
    pub(crate) day_lost: bool,
    /// Whether everything was closed because of what the day lost.
    pub(crate) day_over: bool,
    /// Days on which something was entered.
    pub(crate) trading_days: u32,
    pub(crate) entered_today: bool,
    /// By instrument; none where no limit looks at correlations.
    pub(crate) hours: Vec<HourlyCloses>,
}

impl Memory {
    /// Of an account that starts with `cash`, and watches this many instruments' closes;
    /// `stated` is what its drawdown is measured from, where that is another amount.
    pub(super) fn new(cash: Decimal, stated: Option<Decimal>, watched: usize) -> Self {
        Self {
            killed: false,
            paused: false,
            tier: Tier::Full,
            peak: cash,
            initial: stated.unwrap_or(cash),
            stated,
            ended: None,
            day_open: cash,
            day_lost: false,
            day_over: false,
            trading_days: 0,
            entered_today: false,
            hours: alloc::vec![HourlyCloses::default(); watched],
        }
    }
}

impl Risk {
    /// Takes the equity of an instant; says when everything must be closed, once.
    #[must_use]
    pub fn on_equity(&mut self, equity: Decimal) -> Option<Reached> {
        let below = |from: Decimal, f: Fraction| equity <= from * (Decimal::ONE - f.decimal());
        let memory = &mut self.memory;
        memory.day_lost |= self.params.daily_loss.is_some_and(|f| below(memory.day_open, f));
        memory.peak = memory.peak.max(equity);
        // Each of them is asked, so that each knows that it was reached.
        let tier = self.on_tiers(equity);
        let ended = self.on_end(equity);
        let memory = &mut self.memory;
        let day = self.params.flatten_at.filter(|f| !memory.day_over && below(memory.day_open, *f));
        memory.day_over |= day.is_some();
        let day = day.map(|f| Reached::by("flatten_at", f, equity));
        ended.or(day).or(tier)
    }

    /// The drawdown or the profit that ends trading.
    fn on_end(&mut self, equity: Decimal) -> Option<Reached> {
        let RiskParams { max_drawdown, trailing_drawdown, profit_target, .. } = self.params;
        let memory = &mut self.memory;
        if memory.ended.is_some() {
            return None;
        }
        let left = |f: Fraction| Decimal::ONE - f.decimal();
        let fixed = max_drawdown.filter(|f| equity <= memory.initial * left(*f));
        let trailing = trailing_drawdown.filter(|f| equity <= memory.peak * left(*f));
        let enough = self.params.min_trading_days.is_none_or(|days| memory.trading_days >= days);
        let goal = profit_target
            .filter(|f| enough && equity >= memory.initial * (Decimal::ONE + f.decimal()));
        let reached = [
            (Ended::MaxDrawdown, "max_drawdown", fixed),
            (Ended::TrailingDrawdown, "trailing_drawdown", trailing),
            (Ended::ProfitTarget, "profit_target", goal),
        ];
        let (ended, name, limit) =
            reached.into_iter().find_map(|(ended, name, f)| Some((ended, name, f?)))?;
        memory.ended = Some(ended);
        Some(Reached::by(name, limit, equity))
    }

    fn on_tiers(&mut self, equity: Decimal) -> Option<Reached> {
        let tiers = self.params.drawdown_tiers?;
        let memory = &mut self.memory;
        let reached = [Tier::Closed, Tier::NoEntry, Tier::Quarter, Tier::Half]
            .into_iter()
            .zip(tiers.iter().rev())
            .find(|(_, f)| equity <= memory.peak * (Decimal::ONE - f.decimal()))
            .map_or(Tier::Full, |(tier, _)| tier);
        let before = memory.tier;
        // The first two lift with the drawdown, the last two stay.
        memory.tier = if before >= Tier::NoEntry { before.max(reached) } else { reached };
        let close_all = memory.tier == Tier::Closed && before != Tier::Closed;
        memory.killed |= close_all;
        close_all.then(|| Reached(Reason::default()))
    }

    /// A new day begins with this equity and this cash.
    pub fn on_day_start(&mut self, equity: Decimal, balance: Decimal) {
        let memory = &mut self.memory;
        memory.day_open = match self.params.daily_loss_basis {
            DayBasis::Equity => equity,
            DayBasis::Balance => balance,
            DayBasis::Higher => equity.max(balance),
        };
        memory.day_lost = false;
        memory.day_over = false;
        memory.entered_today = false;
    }

    /// Something was entered: it is a trading day.
    pub fn on_entered(&mut self) {
        if !self.memory.entered_today {
            self.memory.entered_today = true;
            self.memory.trading_days += 1;
        }
    }

    /// Money was paid in, or taken out where it is below zero: neither profit nor loss, so
    /// what equity is measured from moves with it.
    pub fn on_paid(&mut self, paid: Decimal) {
        self.memory.peak += paid;
        self.memory.initial += paid;
        self.memory.day_open += paid;
    }

    /// The account turned out to begin with so much more than was assumed, or less.
    pub fn on_begun(&mut self, more: Decimal) {
        self.memory.peak += more;
        self.memory.day_open += more;
        if self.memory.stated.is_none() {
            self.memory.initial += more;
        }
    }

    /// Takes the close of a bar, for correlations.
    #[inline]
    pub fn on_close(&mut self, instrument: InstrumentId, ts: Nanos, close: Ticks) {
        if let Some(hours) = self.memory.hours.get_mut(instrument.index()) {
            hours.push(ts, close);
        }
    }

    /// Stops new entries, or lets them through again.
    pub fn pause(&mut self) {
        self.memory.paused = true;
    }

    /// Which limits are reached.
    #[must_use]
    pub fn reached(&self) -> LimitsReached {
        let Memory { day_lost, day_over, ended, tier, .. } = self.memory;
        LimitsReached { day_lost, day_over, ended: ended.map(Ended::refusal), tiers: tier as u8 }
    }

    /// What limits measure from.
    #[must_use]
    pub fn base(&self) -> LimitBase {
        let RiskParams { daily_loss, flatten_at, .. } = &self.params;
        let by_day = daily_loss.is_some() || flatten_at.is_some();
        let Memory { day_open, peak, initial, .. } = self.memory;
        LimitBase {
            day_open: by_day.then_some(day_open),
            peak: self.watches_equity().then_some(peak),
            initial,
        }
    }

    /// Sets the kill switch.
    pub fn kill(&mut self) {
        self.memory.killed = true;
    }

    /// Lifts a pause, the kill switch, the lasting tiers and what ended trading; drawdown
    /// and profit are measured afresh from `equity`, and trading days counted anew. What a
    /// day lost holds until the next.
    pub fn resume(&mut self, equity: Decimal) {
        let memory = &mut self.memory;
        memory.paused = false;
        memory.killed = false;
        if memory.tier >= Tier::NoEntry {
            memory.tier = Tier::Full;
            memory.peak = equity;
        }
        if memory.ended.take().is_some() {
            (memory.peak, memory.initial) = (equity, equity);
            memory.trading_days = 0;
        }
    }

    /// What is remembered.
    #[must_use]
    pub const fn memory(&self) -> &Memory {
        &self.memory
    }

    /// Takes what was remembered before; `places` tells where each of its instruments is
    /// now. Of one that was not watched then, nothing is known yet.
    pub(crate) fn recall(&mut self, memory: &Memory, places: &[Option<InstrumentId>]) {
        let mut hours = core::mem::take(&mut self.memory.hours);
        for (old, place) in memory.hours.iter().zip(places) {
            if let Some(now) = place.and_then(|id| hours.get_mut(id.index())) {
                now.clone_from(old);
            }
        }
        self.memory = Memory { hours, ..memory.clone() };
        let stated = self.params.initial_balance;
        if stated != memory.stated {
            self.memory.stated = stated;
            self.memory.initial = stated.unwrap_or(memory.initial);
        }
    }
}
