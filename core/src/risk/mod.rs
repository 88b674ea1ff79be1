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
//! symbol exposure, correlated exposure, margin. The last three shrink the size first and refuse only below the smallest order;
//! margin always refuses what a venue would, and shrinks where it is named.
//!
//! A daily loss, once reached, holds until the next day begins, whatever the
//! open P&L does after. A correlation that cannot be computed yet (fewer than
//! 24 common hours) counts as 1, the prudent reading.

mod approved;
pub mod correlation;
mod memory;
pub mod size;

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::decision::{Refusal, SizeCut};
use crate::instrument::{Instrument, InstrumentId, floor_ratio};
use crate::params::{ParamError, above_zero, in_range, proper_fraction};
use crate::sizing::Size;
use crate::units::{Fraction, Lots, Ticks};
pub use approved::Approved;
pub(crate) use memory::{Ended, Tier};
pub use memory::{Memory, Reached};
use size::EntryMoney;

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

/// An entry that asks to be let through.
#[derive(Clone, Copy, Debug)]
pub struct EntryRequest<'a> {
    /// The instrument to be entered.
    pub instrument: InstrumentId,
    /// Its smallest order, leverage and least notional.
    pub terms: &'a Instrument,
    /// The decision price, in ticks.
    pub px: Ticks,
    /// The size that the sizing method asks for.
    pub asked: Size,
    /// Notional of one lot, above 0, in the account's currency.
    pub lot_notional: Decimal,
    /// Equity at the decision prices, in the account's currency.
    pub equity: Decimal,
    /// Equity less the margin of what is open and waiting, in the account's currency.
    pub free_margin: Decimal,
    /// Most lots with which all money of the account is kept exactly.
    pub kept: Lots,
    /// Everything else open or waiting.
    pub others: &'a [Exposure],
}

impl EntryMoney for EntryRequest<'_> {
    fn carries(&self, lots: Lots) -> bool {
        lots <= self.carried()
    }

    fn is_kept(&self, lots: Lots) -> bool {
        lots <= self.kept
    }

    fn is_enough(&self, lots: Lots) -> bool {
        self.terms.notional(self.px, lots) >= self.terms.spec().min_notional
    }
}

impl EntryRequest<'_> {
    /// Most lots whose required margin is free.
    fn carried(&self) -> Lots {
        floor_ratio(self.free_margin * self.terms.leverage(), self.lot_notional)
    }

    /// Lots that a limit on notional, less what it holds already, leaves.
    fn within(&self, limit: Fraction, held: Decimal) -> Lots {
        let most = limit.decimal() * self.equity * self.terms.leverage();
        floor_ratio(most - held, self.lot_notional)
    }
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
mod tests {
    use alloc::string::ToString;

    use super::*;
    use crate::instrument::InstrumentSpec;

    fn dec(n: i64) -> Decimal {
        Decimal::from(n)
    }

    /// A lot at 1 tick is worth 1; 10 lots are the smallest order.
    fn terms() -> Instrument {
        Instrument::new(InstrumentSpec {
            min_qty: Some(dec(10)),
            leverage: dec(10),
            ..InstrumentSpec::plain("T", "USDT", dec(1), dec(1))
        })
        .unwrap()
    }

    fn ask<'a>(terms: &'a Instrument, others: &'a [Exposure]) -> EntryRequest<'a> {
        EntryRequest {
            instrument: InstrumentId(0),
            terms,
            px: Ticks(1),
            asked: Size { lots: Lots::new(1_000).unwrap(), cut: None, least: Lots::ZERO },
            lot_notional: dec(1),
            equity: dec(1_000),
            free_margin: dec(1_000),
            kept: Lots::new(i64::MAX).unwrap(),
            others,
        }
    }

    fn fitted(r: &Risk, ask: &EntryRequest<'_>) -> Result<i64, Refusal> {
        r.fit(Admitted(()), ask).map(|fit| fit.lots().get())
    }

    fn risk(params: RiskParams) -> Risk {
        Risk::new(params, dec(1_000), 2).unwrap()
    }

    #[test]
    fn a_size_that_limits_leave_below_its_own_least_is_refused() {
        let tiers = ["0.30", "0.35", "0.40", "0.50"].map(|s| s.parse().unwrap());
        let mut r = risk(RiskParams { drawdown_tiers: Some(tiers), ..RiskParams::default() });
        let terms = terms();
        let least = |lots| {
            let asked = Size { lots: Lots::new(1_000).unwrap(), cut: None, least: lots };
            EntryRequest { asked, ..ask(&terms, &[]) }
        };
        let lots = |n| Lots::new(n).unwrap();
        assert_eq!(fitted(&r, &least(lots(1_000))), Ok(1_000));
        assert_eq!(fitted(&r, &least(lots(1_001))), Err(Refusal::MinQuantity));
        assert!(r.on_equity(dec(700)).is_none(), "sizes are halved");
        assert_eq!(fitted(&r, &least(lots(500))), Ok(500));
        assert_eq!(fitted(&r, &least(lots(501))), Err(Refusal::MinQuantity));
    }

    #[test]
    fn tiers_shrink_then_stop_and_the_last_two_stay() {
        let tiers = ["0.30", "0.35", "0.40", "0.50"].map(|s| s.parse().unwrap());
        let mut r = risk(RiskParams { drawdown_tiers: Some(tiers), ..RiskParams::default() });
        let terms = terms();
        let lots = |r: &Risk| fitted(r, &ask(&terms, &[]));
        assert!(r.on_equity(dec(701)).is_none());
        assert_eq!(lots(&r), Ok(1_000));
        assert!(r.on_equity(dec(700)).is_none());
        assert_eq!(lots(&r), Ok(500), "exactly 30 % halves");
        assert!(r.on_equity(dec(650)).is_none());
        assert_eq!(lots(&r), Ok(250));
        assert!(r.on_equity(dec(900)).is_none());
        assert_eq!(lots(&r), Ok(1_000), "the first two lift");
        assert!(r.on_equity(dec(600)).is_none());
        assert!(r.on_equity(dec(999)).is_none());
        assert_eq!(r.gate(0), Err(Refusal::DrawdownTier), "the third stays");
        assert!(r.on_equity(dec(500)).is_some());
        assert!(r.on_equity(dec(500)).is_none(), "closing is asked for once");
        assert_eq!(r.gate(0), Err(Refusal::KillSwitch));
        r.resume(dec(500));
        assert_eq!(r.gate(0), Ok(Admitted(())));
        assert!(r.on_equity(dec(490)).is_none());
        assert_eq!(lots(&r), Ok(1_000), "measured from the equity at resume");
    }

    #[test]
    fn daily_loss_holds_until_the_next_day() {
        let mut r =
            risk(RiskParams { daily_loss: Some("0.03".parse().unwrap()), ..RiskParams::default() });
        assert!(r.on_equity(dec(971)).is_none());
        assert_eq!(r.gate(0), Ok(Admitted(())));
        assert!(r.on_equity(dec(970)).is_none());
        assert!(r.on_equity(dec(1_000)).is_none());
        assert_eq!(r.gate(0), Err(Refusal::DailyLoss));
        r.on_day_start(dec(1_000), dec(1_000));
        assert_eq!(r.gate(0), Ok(Admitted(())));
    }

    fn limited(change: impl FnOnce(&mut RiskParams)) -> Risk {
        let mut params = RiskParams::default();
        change(&mut params);
        risk(params)
    }

    fn tenth() -> Option<Fraction> {
        Some(Fraction::lit(1, 1))
    }

    #[test]
    fn a_day_is_over_once_and_the_next_is_not() {
        let mut r =
            limited(|p| (p.daily_loss, p.flatten_at) = (Some(Fraction::lit(5, 2)), tenth()));
        assert!(r.on_equity(dec(950)).is_none(), "5 %: no more entries");
        assert_eq!(r.gate(0), Err(Refusal::DailyLoss));
        assert!(r.on_equity(Decimal::new(90_001, 2)).is_none(), "900.01");
        let closing = r.on_equity(dec(900)).unwrap();
        assert_eq!(closing.reason().to_string(), "flatten_at=0.1, equity=900");
        assert!(r.on_equity(dec(880)).is_none(), "closing is asked for once");
        r.resume(dec(880));
        assert_eq!(r.gate(0), Err(Refusal::DailyLoss), "a day does not begin by a word");
        r.on_day_start(dec(880), dec(880));
        assert_eq!(r.gate(0), Ok(Admitted(())));
        assert!(r.on_equity(dec(793)).is_none());
        assert!(r.on_equity(dec(792)).is_some(), "a tenth of 880");
        let mut only = limited(|p| p.flatten_at = tenth());
        assert!(only.on_equity(dec(900)).is_some());
        assert!(only.on_equity(dec(1_000)).is_none());
        assert_eq!(only.gate(0), Err(Refusal::FlattenAt), "whatever equity does after");
    }

    #[test]
    fn a_day_opens_with_equity_balance_or_the_higher() {
        for (basis, floor) in
            [(DayBasis::Equity, 1_080), (DayBasis::Balance, 900), (DayBasis::Higher, 1_080)]
        {
            let mut r = limited(|p| (p.daily_loss, p.daily_loss_basis) = (tenth(), basis));
            r.on_day_start(dec(1_200), dec(1_000));
            let lost =
                |r: &mut Risk, equity| r.on_equity(dec(equity)).is_some() || r.gate(0).is_err();
            assert!(!lost(&mut r, floor + 1), "{basis:?}");
            assert!(lost(&mut r, floor), "{basis:?}");
        }
        // The other way around: open P&L is below zero.
        for (basis, floor) in
            [(DayBasis::Equity, 720), (DayBasis::Balance, 900), (DayBasis::Higher, 900)]
        {
            let mut r = limited(|p| (p.flatten_at, p.daily_loss_basis) = (tenth(), basis));
            r.on_day_start(dec(800), dec(1_000));
            assert!(r.on_equity(dec(floor + 1)).is_none(), "{basis:?}");
            assert!(r.on_equity(dec(floor)).is_some(), "{basis:?}");
        }
    }

    #[test]
    fn a_drawdown_is_from_the_start_or_from_the_peak() {
        let mut fixed = limited(|p| p.max_drawdown = tenth());
        let mut trailing = limited(|p| p.trailing_drawdown = tenth());
        for r in [&mut fixed, &mut trailing] {
            assert!(r.on_equity(dec(1_500)).is_none());
            assert!(r.on_equity(dec(1_351)).is_none());
        }
        assert!(fixed.on_equity(dec(1_350)).is_none());
        let closing = trailing.on_equity(dec(1_350)).unwrap();
        assert_eq!(closing.reason().to_string(), "trailing_drawdown=0.1, equity=1350");
        assert_eq!(trailing.gate(0), Err(Refusal::TrailingDrawdown));
        assert!(fixed.on_equity(dec(901)).is_none());
        assert!(fixed.on_equity(dec(900)).is_some());
        assert_eq!(fixed.gate(0), Err(Refusal::MaxDrawdown));
        // Neither lifts by itself; an operator lifts it, and it is measured afresh.
        for (r, equity) in [(&mut fixed, 900), (&mut trailing, 1_350)] {
            assert!(r.on_equity(dec(equity)).is_none(), "closing is asked for once");
            r.on_day_start(dec(equity), dec(equity));
            assert!(r.gate(0).is_err());
            r.resume(dec(equity));
            assert!(r.gate(0).is_ok());
            assert!(r.on_equity(dec(equity - equity / 10 + 1)).is_none());
            assert!(r.on_equity(dec(equity - equity / 10)).is_some());
        }
    }

    #[test]
    fn a_goal_needs_its_profit_and_its_days() {
        let goal = |days| limited(|p| (p.profit_target, p.min_trading_days) = (tenth(), days));
        let mut r = goal(None);
        assert!(r.on_equity(dec(1_099)).is_none());
        let closing = r.on_equity(dec(1_100)).unwrap();
        assert_eq!(closing.reason().to_string(), "profit_target=0.1, equity=1100");
        assert_eq!(r.gate(0), Err(Refusal::ProfitTarget));
        let mut r = goal(Some(2));
        r.on_entered();
        r.on_entered();
        assert!(r.on_equity(dec(2_000)).is_none(), "one day, however many entries");
        r.on_day_start(dec(2_000), dec(2_000));
        assert!(r.on_equity(dec(2_000)).is_none(), "a day without an entry is none");
        r.on_entered();
        assert!(r.on_equity(dec(1_099)).is_none());
        assert!(r.on_equity(dec(1_100)).is_some());
        r.resume(dec(1_100));
        assert!(r.on_equity(dec(1_209)).is_none());
        r.on_entered();
        assert!(r.on_equity(dec(1_210)).is_none(), "the day was counted before");
        for _ in 0..2 {
            r.on_day_start(dec(1_210), dec(1_210));
            r.on_entered();
        }
        assert!(r.on_equity(dec(1_210)).is_some());
    }

    #[test]
    fn a_stated_initial_balance_is_not_what_the_account_begins_with() {
        let stated = |initial: Option<i64>| {
            limited(|p| {
                p.initial_balance = initial.map(dec);
                p.max_drawdown = tenth();
            })
        };
        // It turns out to have 950: nine tenths of 1,000 are 900, of 950 they are 855.
        let (mut r, mut without) = (stated(Some(1_000)), stated(None));
        r.on_begun(dec(-50));
        without.on_begun(dec(-50));
        assert!(r.on_equity(dec(901)).is_none() && r.on_equity(dec(900)).is_some());
        assert!(without.on_equity(dec(856)).is_none() && without.on_equity(dec(855)).is_some());
        // Money paid in moves either.
        let mut r = stated(Some(2_000));
        r.on_paid(dec(1_000));
        assert!(r.on_equity(dec(2_701)).is_none() && r.on_equity(dec(2_700)).is_some());
        // Another configuration counts from what it states, and one that states the same
        // goes on from what was remembered.
        let mut same = stated(Some(2_000));
        same.recall(r.memory(), &[]);
        assert_eq!(same.memory().initial, dec(3_000));
        let mut other = stated(Some(5_000));
        other.recall(r.memory(), &[]);
        assert_eq!(other.memory().initial, dec(5_000));
    }

    #[test]
    fn money_paid_in_or_out_moves_what_equity_is_measured_from() {
        let mut r = limited(|p| {
            p.max_drawdown = tenth();
            p.trailing_drawdown = tenth();
            p.profit_target = tenth();
            p.flatten_at = tenth();
        });
        r.on_paid(dec(-500));
        assert!(r.on_equity(dec(500)).is_none());
        r.on_paid(dec(1_500));
        assert!(r.on_equity(dec(2_000)).is_none());
        assert!(r.on_equity(dec(1_801)).is_none());
        assert!(r.on_equity(dec(1_800)).is_some());
    }

    /// Every limit on losses.
    fn watchful() -> Risk {
        limited(|p| {
            p.daily_loss = Some(Fraction::lit(3, 2));
            p.flatten_at = Some(Fraction::lit(4, 2));
            p.drawdown_tiers = Some([5, 6, 7, 8].map(|n| Fraction::lit(n, 2)));
            p.max_drawdown = tenth();
            p.trailing_drawdown = Some(Fraction::lit(9, 2));
        })
    }

    proptest::proptest! {
        /// Days that only gain, however much, are never taken for days that lost.
        #[test]
        fn a_profit_reaches_no_limit_on_losses(
            gains in proptest::collection::vec((0_i64..5_000, proptest::prelude::any::<bool>()), 1..40),
        ) {
            let (mut r, terms, mut equity) = (watchful(), terms(), 1_000);
            for (gain, begins) in gains {
                equity += gain;
                proptest::prop_assert!(r.on_equity(dec(equity)).is_none());
                proptest::prop_assert_eq!(r.gate(0), Ok(Admitted(())));
                proptest::prop_assert_eq!(fitted(&r, &ask(&terms, &[])), Ok(1_000));
                if begins {
                    r.on_day_start(dec(equity), dec(equity));
                }
            }
        }

        /// The deeper of two losses never lets more through.
        #[test]
        fn a_deeper_loss_allows_no_more(one in 0_i64..1_000, more in 0_i64..1_000) {
            let terms = terms();
            let allowed = |loss: i64| {
                let mut r = watchful();
                let _ = r.on_equity(dec(1_000 - loss));
                r.gate(0).and_then(|_| fitted(&r, &ask(&terms, &[]))).unwrap_or(0)
            };
            proptest::prop_assert!(allowed((one + more).min(999)) <= allowed(one));
        }
    }

    #[test]
    fn what_contradicts_itself_is_refused_in_words() {
        let fault = |change: fn(&mut RiskParams)| {
            let mut params = RiskParams::default();
            change(&mut params);
            params.validate().unwrap_err().to_string()
        };
        assert_eq!(
            fault(|p| p.min_trading_days = Some(4)),
            "min_trading_days needs a profit_target"
        );
        let basis = fault(|p| p.daily_loss_basis = DayBasis::Higher);
        assert_eq!(basis, "daily_loss_basis needs daily_loss or flatten_at");
        assert!(fault(|p| p.flatten_at = Some(Fraction::lit(1, 0))).starts_with("flatten_at = 1"));
        assert!(fault(|p| p.max_drawdown = Some(Fraction::ZERO)).starts_with("max_drawdown = 0"));
        assert!(fault(|p| p.profit_target = Some(Fraction::ZERO)).contains("above 0, at most 100"));
    }

    #[test]
    fn the_first_rule_that_fails_names_itself() {
        let mut r = risk(RiskParams { max_positions: Some(2), ..RiskParams::default() });
        assert_eq!(r.gate(2), Err(Refusal::PositionCount));
        r.pause();
        assert_eq!(r.gate(2), Err(Refusal::Paused));
        r.kill();
        assert_eq!(r.gate(2), Err(Refusal::KillSwitch));
    }

    #[test]
    fn exposure_shrinks_and_refuses_below_the_smallest_order() {
        let r = risk(RiskParams {
            symbol_exposure: Some("0.04".parse().unwrap()),
            correlated_exposure: Some("0.06".parse().unwrap()),
            ..RiskParams::default()
        });
        let terms = terms();
        let other = |instrument, notional| Exposure { instrument, notional: dec(notional) };
        let same = [other(InstrumentId(0), 300)];
        assert_eq!(fitted(&r, &ask(&terms, &same)), Ok(100), "0.04 * 1000 * 10 - 300");
        let full = [other(InstrumentId(0), 391)];
        assert_eq!(fitted(&r, &ask(&terms, &full)), Err(Refusal::SymbolExposure));
        let elsewhere = [other(InstrumentId(1), 500)];
        assert_eq!(fitted(&r, &ask(&terms, &elsewhere)), Ok(100), "unknown rho counts as 1");
        let much = [other(InstrumentId(1), 595)];
        assert_eq!(fitted(&r, &ask(&terms, &much)), Err(Refusal::CorrelatedExposure));
    }

    #[test]
    fn margin_refuses_unless_it_may_shrink() {
        let terms = terms();
        let tight = EntryRequest { free_margin: dec(50), ..ask(&terms, &[]) };
        assert_eq!(fitted(&risk(RiskParams::default()), &tight), Err(Refusal::Margin));
        let shrinking = risk(RiskParams { margin: true, ..RiskParams::default() });
        assert_eq!(fitted(&shrinking, &tight), Ok(500));
    }
}
