//! What may be sent. Every limit is off unless the account names it; exits are
//! never blocked.
//!
//! An entry passes two doors, and each hands out what the next one takes:
//! [`Risk::gate`] an [`Admitted`], [`Risk::fit`] for it a [`Fit`], which holds the
//! size, and only a [`Fit`] makes an [`Approved`] entry. No other code can make
//! any of the three.
//!
//! Before an entry the rules are asked in the specification's order, and the
//! first that fails names itself: kill switch, pause, daily loss, drawdown
//! tier, position count, symbol exposure, correlated exposure, margin. The last
//! three shrink the size first and refuse only below the smallest order;
//! margin always refuses what a venue would, and shrinks where it is named.
//!
//! A daily loss, once reached, holds until the next day begins, whatever the
//! open P&L does after. A correlation that cannot be computed yet (fewer than
//! 24 common hours) counts as 1, the prudent reading.

mod approved;
pub mod correlation;
pub mod size;

use alloc::vec::Vec;

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::decision::{Refusal, SizeCut};
use crate::instrument::{Instrument, InstrumentId, floor_ratio};
use crate::params::{ParamError, in_range, proper_fraction};
use crate::sizing::Size;
use crate::units::{Fraction, Lots, Nanos, Ticks};
pub use approved::Approved;
use correlation::HourlyCloses;
use size::EntryMoney;

/// Limits of one account. A limit that is absent is off.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RiskParams {
    /// Largest loss of a day, a fraction of the day's opening equity (usual 0.03).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub daily_loss: Option<Fraction>,
    /// Drawdowns from peak equity that halve new sizes, quarter them, stop
    /// entries, close all and set the kill switch (usual 0.30, 0.35, 0.40, 0.50).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub drawdown_tiers: Option<[Fraction; 4]>,
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
        if let Some(f) = self.daily_loss {
            proper_fraction("daily_loss", f)?;
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

/// How deep the account is under its peak.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Tier {
    Full,
    Half,
    Quarter,
    NoEntry,
    Closed,
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
    killed: bool,
    paused: bool,
    tier: Tier,
    peak: Decimal,
    day_open: Decimal,
    day_lost: bool,
    hours: Vec<HourlyCloses>,
}

impl Risk {
    /// Limits of an account that starts with `cash` and trades `instruments` instruments.
    pub fn new(params: RiskParams, cash: Decimal, instruments: usize) -> Result<Self, ParamError> {
        params.validate()?;
        let hours = if params.correlated_exposure.is_some() {
            alloc::vec![HourlyCloses::default(); instruments]
        } else {
            Vec::new()
        };
        Ok(Self {
            params,
            killed: false,
            paused: false,
            tier: Tier::Full,
            peak: cash,
            day_open: cash,
            day_lost: false,
            hours,
        })
    }

    /// Whether equity has to be shown to [`Risk::on_equity`] at every instant.
    #[must_use]
    #[inline]
    pub fn watches_equity(&self) -> bool {
        self.params.daily_loss.is_some() || self.params.drawdown_tiers.is_some()
    }

    /// Whether every close has to be shown to [`Risk::on_close`].
    #[must_use]
    #[inline]
    pub fn watches_closes(&self) -> bool {
        !self.hours.is_empty()
    }

    /// Takes the equity of an instant; `true` when everything must be closed.
    #[must_use]
    pub fn on_equity(&mut self, equity: Decimal) -> bool {
        if let Some(limit) = self.params.daily_loss {
            self.day_lost |= equity <= self.day_open * (Decimal::ONE - limit.decimal());
        }
        self.peak = self.peak.max(equity);
        let Some(tiers) = self.params.drawdown_tiers else { return false };
        let reached = [Tier::Closed, Tier::NoEntry, Tier::Quarter, Tier::Half]
            .into_iter()
            .zip(tiers.iter().rev())
            .find(|(_, f)| equity <= self.peak * (Decimal::ONE - f.decimal()))
            .map_or(Tier::Full, |(tier, _)| tier);
        let before = self.tier;
        // The first two lift with the drawdown, the last two stay.
        self.tier = if before >= Tier::NoEntry { before.max(reached) } else { reached };
        let close_all = self.tier == Tier::Closed && before != Tier::Closed;
        self.killed |= close_all;
        close_all
    }

    /// A new day begins with this equity.
    pub fn on_day_start(&mut self, equity: Decimal) {
        self.day_open = equity;
        self.day_lost = false;
    }

    /// Takes the close of a bar, for correlations.
    #[inline]
    pub fn on_close(&mut self, instrument: InstrumentId, ts: Nanos, close: Ticks) {
        if let Some(hours) = self.hours.get_mut(instrument.index()) {
            hours.push(ts, close);
        }
    }

    /// Stops new entries, or lets them through again.
    pub fn pause(&mut self) {
        self.paused = true;
    }

    /// Sets the kill switch.
    pub fn kill(&mut self) {
        self.killed = true;
    }

    /// Lifts a pause, the kill switch and the lasting tiers; drawdown is
    /// measured afresh from `equity`.
    pub fn resume(&mut self, equity: Decimal) {
        self.paused = false;
        self.killed = false;
        if self.tier >= Tier::NoEntry {
            self.tier = Tier::Full;
            self.peak = equity;
        }
    }

    /// Whether an entry is allowed at all with `count` positions open or waiting.
    pub fn gate(&self, count: usize) -> Result<Admitted, Refusal> {
        if self.killed {
            return Err(Refusal::KillSwitch);
        }
        if self.paused {
            return Err(Refusal::Paused);
        }
        if self.day_lost {
            return Err(Refusal::DailyLoss);
        }
        if self.tier >= Tier::NoEntry {
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
        let divisor = match self.tier {
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
        let rho = match (self.hours.get(a.index()), self.hours.get(b.index())) {
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
    use super::*;
    use crate::instrument::InstrumentSpec;

    fn dec(n: i64) -> Decimal {
        Decimal::from(n)
    }

    /// A lot at 1 tick is worth 1; 10 lots are the smallest order.
    fn terms() -> Instrument {
        Instrument::new(InstrumentSpec {
            symbol: "T".into(),
            tick_size: dec(1),
            lot_step: dec(1),
            contract_size: dec(1),
            min_qty: Some(dec(10)),
            min_notional: dec(0),
            maker_fee: dec(0),
            taker_fee: dec(0),
            leverage: dec(10),
            maintenance_margin: None,
            quote: "USDT".into(),
        })
        .unwrap()
    }

    fn ask<'a>(terms: &'a Instrument, others: &'a [Exposure]) -> EntryRequest<'a> {
        EntryRequest {
            instrument: InstrumentId(0),
            terms,
            px: Ticks(1),
            asked: Size { lots: Lots::new(1_000).unwrap(), cut: None },
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
    fn tiers_shrink_then_stop_and_the_last_two_stay() {
        let tiers = ["0.30", "0.35", "0.40", "0.50"].map(|s| s.parse().unwrap());
        let mut r = risk(RiskParams { drawdown_tiers: Some(tiers), ..RiskParams::default() });
        let terms = terms();
        let lots = |r: &Risk| fitted(r, &ask(&terms, &[]));
        assert!(!r.on_equity(dec(701)));
        assert_eq!(lots(&r), Ok(1_000));
        assert!(!r.on_equity(dec(700)));
        assert_eq!(lots(&r), Ok(500), "exactly 30 % halves");
        assert!(!r.on_equity(dec(650)));
        assert_eq!(lots(&r), Ok(250));
        assert!(!r.on_equity(dec(900)));
        assert_eq!(lots(&r), Ok(1_000), "the first two lift");
        assert!(!r.on_equity(dec(600)));
        assert!(!r.on_equity(dec(999)));
        assert_eq!(r.gate(0), Err(Refusal::DrawdownTier), "the third stays");
        assert!(r.on_equity(dec(500)));
        assert!(!r.on_equity(dec(500)), "closing is asked for once");
        assert_eq!(r.gate(0), Err(Refusal::KillSwitch));
        r.resume(dec(500));
        assert_eq!(r.gate(0), Ok(Admitted(())));
        assert!(!r.on_equity(dec(490)));
        assert_eq!(lots(&r), Ok(1_000), "measured from the equity at resume");
    }

    #[test]
    fn daily_loss_holds_until_the_next_day() {
        let mut r =
            risk(RiskParams { daily_loss: Some("0.03".parse().unwrap()), ..RiskParams::default() });
        assert!(!r.on_equity(dec(971)));
        assert_eq!(r.gate(0), Ok(Admitted(())));
        assert!(!r.on_equity(dec(970)));
        assert!(!r.on_equity(dec(1_000)));
        assert_eq!(r.gate(0), Err(Refusal::DailyLoss));
        r.on_day_start(dec(1_000));
        assert_eq!(r.gate(0), Ok(Admitted(())));
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
