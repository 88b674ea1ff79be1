//! The scalper: a sudden volume, confirmed by the book or the takers and by the chart,
//! for a small move within minutes.
//!
//! Entry LONG when all rules that are on hold at the close of a bar (SHORT
//! mirrors each):
//! 1. `volume_ratio >= spike_multiple`
//! 2. `imbalance_ratio > min_imbalance`, or `buy_share >= min_buy_share` where
//!    that rule is chosen in its place
//! 3. the close crosses its simple mean of `ma_period` bars upwards
//! 4. `RSI < overbought`
//! 5. flat, and fewer than `max_positions` open or waiting on the account
//!
//! It never sees the venue: stop and target travel with the entry, the hold is
//! the engine's timer, the opposite signal a reversal.

mod params;
mod wakes;

use alloc::vec::Vec;

use super::wake::Wakes;
use super::{
    DataColumn, Distance, Entry, Exit, Exits, Moment, Need, NotRemembered, Phase, Proposal,
    StopMove, Strategy, StrategyFactory,
};
use crate::chart::{Cross, Mean, MeanPair};
use crate::decision::{Reason, Refusal};
use crate::features::{Exact, ExactId, FeatureError, FeatureSpec, Real, RealId, Timeframe};
use crate::ledger::{Position, Trade};
use crate::math::decimal_to_f64;
use crate::order::ExitReason;
use crate::params::ParamError;
use crate::units::{Nanos, Side, Ticks};
use crate::volume::{VolumeRatio, VolumeSplit, buy_share, strength};
pub use params::{AtrExits, Pressure, ScalperParams};

/// The scalper: its parameters, and what it remembers between bars.
#[derive(Clone, Debug)]
pub struct Scalper {
    params: ScalperParams,
    overbought: f64,
    oversold: f64,
    ids: Ids,
    quiet_until: Option<Nanos>,
}

/// A rule's feature is there where the rule is on.
#[derive(Clone, Copy, Debug)]
struct Ids {
    baseline: ExactId,
    close_sum: Option<ExactId>,
    rsi: Option<RealId>,
    atr: Option<RealId>,
}

impl Ids {
    fn of(p: &ScalperParams, spec: &mut FeatureSpec) -> Result<Self, FeatureError> {
        let base = Timeframe::Base;
        let baseline = spec.exact(base, Exact::VolumeSumBefore { n: p.baseline_period })?;
        if p.pressure_rule == Pressure::Imbalance {
            spec.book(&p.depth)?;
        }
        let sum = p.cross_rule.then(|| spec.exact(base, Exact::CloseSum { n: p.ma_period }));
        let close_sum = sum.transpose()?;
        let rsi = p.rsi_rule.then(|| spec.real(base, Real::Rsi { n: p.rsi_period })).transpose()?;
        let atr = p.atr.map(|atr| spec.real(base, Real::Atr { n: atr.period })).transpose()?;
        Ok(Self { baseline, close_sum, rsi, atr })
    }
}

/// What rule 2 looked at.
#[derive(Clone, Copy)]
struct Press {
    name: &'static str,
    share: f64,
    long: bool,
    short: bool,
}

impl Scalper {
    /// A scalper whose features are asked of `spec`.
    pub fn new(params: ScalperParams, spec: &mut FeatureSpec) -> Result<Self, FeatureError> {
        params.validate()?;
        Ok(Self {
            overbought: params.overbought.to_f64(),
            oversold: params.oversold.to_f64(),
            ids: Ids::of(&params, spec)?,
            params,
            quiet_until: None,
        })
    }

    /// Makes scalpers of these parameters, which are validated.
    pub fn factory(params: ScalperParams) -> Result<StrategyFactory, ParamError> {
        params.validate()?;
        Ok(StrategyFactory::new(move |spec| Self::new(params.clone(), spec)))
    }

    /// The parameters it was made with.
    #[must_use]
    pub const fn params(&self) -> &ScalperParams {
        &self.params
    }

    /// The side on which rules 1 to 4 hold at this close, if exactly one does.
    #[inline]
    fn signal(&self, now: &Moment<'_>) -> Option<Side> {
        let p = &self.params;
        if p.volume_rule && !self.volume_ratio(now)?.at_least(p.spike_multiple) {
            return None;
        }
        let (mut long, mut short) = (true, true);
        if p.cross_rule {
            let crossed = self.cross(now)?;
            long = crossed == Cross::Up;
            short = crossed == Cross::Down;
        }
        if !(long || short) {
            return None;
        }
        if p.pressure_rule != Pressure::Off {
            let press = self.press(now)?;
            long &= press.long;
            short &= press.short;
        }
        if p.rsi_rule {
            let rsi = now.features.real(self.ids.rsi?)?;
            let of = Real::Rsi { n: p.rsi_period };
            long &= of.is_below(rsi, self.overbought);
            short &= of.is_above(rsi, self.oversold);
        }
        if p.atr.is_some() {
            now.features.real(self.ids.atr?)?;
        }
        match (long, short) {
            (true, false) => Some(Side::Buy),
            (false, true) => Some(Side::Sell),
            (true, true) | (false, false) => None,
        }
    }

    #[inline]
    fn cross(&self, now: &Moment<'_>) -> Option<Cross> {
        let id = self.ids.close_sum?;
        let pair = |close: Ticks, sum: i64| {
            let slow = Mean::new(sum, self.params.ma_period)?;
            Some(MeanPair { fast: Mean::single(close.0), slow })
        };
        let before = now.features.bar_before()?.close;
        Some(Cross::between(
            pair(before, now.features.exact_before(id)?)?,
            pair(now.bar.close, now.features.exact(id)?)?,
        ))
    }

    #[inline]
    fn volume_ratio(&self, now: &Moment<'_>) -> Option<VolumeRatio> {
        let baseline = now.features.exact(self.ids.baseline)?;
        VolumeRatio::new(now.bar.volume, baseline, self.params.baseline_period)
    }

    fn press(&self, now: &Moment<'_>) -> Option<Press> {
        let p = &self.params;
        match p.pressure_rule {
            Pressure::Off => None,
            Pressure::Imbalance => {
                let imbalance = now.features.book()?.imbalance;
                Some(Press {
                    name: "imbalance",
                    share: imbalance.to_f64(),
                    long: imbalance.above(p.min_imbalance),
                    short: imbalance.below(p.min_imbalance.complement()),
                })
            }
            Pressure::BuyShare => {
                let share = buy_share(now.bar, p.volume_split)?;
                Some(Press {
                    name: "buy_share",
                    share: share.to_f64(),
                    long: share.at_least(p.min_buy_share),
                    short: share.at_most(p.min_buy_share.complement()),
                })
            }
        }
    }

    #[inline(never)]
    fn entry(&self, now: &Moment<'_>, side: Side) -> Entry {
        let Exits { stop, target, hold } = self.bracket(now);
        let (reason, confidence) =
            if now.explain { self.reason(now) } else { (Reason::default(), None) };
        Entry { side, stop, target, hold, confidence, reason, withheld: self.withheld(now) }
    }

    /// The conditions that hold, with their values, and how strong they are.
    fn reason(&self, now: &Moment<'_>) -> (Reason, Option<f64>) {
        let p = &self.params;
        let mut reason = Reason(Vec::with_capacity(5));
        let ratio = self.volume_ratio(now).map(VolumeRatio::to_f64);
        if let Some(ratio) = ratio {
            reason.push("volume_ratio", ratio);
        }
        let press = self.press(now);
        if let Some(press) = press {
            reason.push(press.name, press.share);
        }
        if let Some(sum) = self.ids.close_sum.and_then(|id| now.features.exact(id)) {
            let tick = decimal_to_f64(now.instrument.spec().tick_size);
            let mean = sum as f64 / p.ma_period as f64 * tick;
            reason.push("close", now.bar.close.0 as f64 * tick);
            reason.push("mean", mean);
        }
        if let Some(rsi) = self.ids.rsi.and_then(|id| now.features.real(id)) {
            reason.push("rsi", rsi);
        }
        (reason, ratio.map(|r| strength(r, press.map_or(0.5, |x| x.share))))
    }

    fn bracket(&self, now: &Moment<'_>) -> Exits {
        let p = &self.params;
        let atr = self.ids.atr.and_then(|id| now.features.real(id));
        let (stop, target) = match p.atr {
            None => {
                (Some(Distance::Fraction(p.stop_loss)), Some(Distance::Fraction(p.take_profit)))
            }
            Some(exits) => (
                atr.map(|atr| Distance::Ticks(atr * exits.stop.to_f64())),
                atr.map(|atr| Distance::Ticks(atr * exits.target.to_f64())),
            ),
        };
        Exits { stop, target, hold: Some(Nanos::SECOND.times(i64::from(p.max_hold_s))) }
    }

    fn withheld(&self, now: &Moment<'_>) -> Option<Refusal> {
        let p = &self.params;
        if now.others >= p.max_positions {
            return Some(Refusal::MaxPositions);
        }
        if self.quiet_until.is_some_and(|until| now.ts < until) {
            return Some(Refusal::CoolDown);
        }
        let hour = now.ts.0.div_euclid(Nanos::HOUR.0).rem_euclid(24) as u8;
        // The epoch was a Thursday.
        let weekday = (now.ts.0.div_euclid(Nanos::DAY.0) + 3).rem_euclid(7) as u8 + 1;
        let outside = |allowed: &[u8], value| !allowed.is_empty() && !allowed.contains(&value);
        if outside(&p.allowed_hours, hour) || outside(&p.allowed_weekdays, weekday) {
            return Some(Refusal::Schedule);
        }
        None
    }

    /// The tightest of break-even and trailing stop, from the best price so far.
    fn tightened(&self, now: &Moment<'_>, position: &Position) -> Option<StopMove> {
        let entry = position.entry_px();
        let ahead = |stop: Ticks| position.side.sign() * stop.0;
        let trailed = self.params.trailing_stop.map(|f| StopMove {
            stop: now.instrument.stop_level(position.side, position.best, f),
            reason: ExitReason::TrailingStop,
        });
        let even = self
            .params
            .break_even
            .filter(|f| {
                let reached = now.instrument.target_level(position.side, entry, *f);
                ahead(position.best) >= ahead(reached)
            })
            .map(|_| StopMove { stop: entry, reason: ExitReason::BreakEven });
        [trailed, even].into_iter().flatten().max_by_key(|m| ahead(m.stop))
    }

    /// Moves the stop to its tightened level, or leaves where the close is at it
    /// or through: no price is left at which that stop could wait.
    fn guard(&self, now: &Moment<'_>, position: &Position, out: &mut Proposal) {
        let Some(moved) = self.tightened(now, position) else { return };
        let sign = position.side.sign();
        if sign * moved.stop.0 < sign * now.bar.close.0 {
            out.stop = Some(moved);
            return;
        }
        let tick = decimal_to_f64(now.instrument.spec().tick_size);
        let mut conditions = Reason::of("close", now.bar.close.0 as f64 * tick);
        conditions.push("stop", moved.stop.0 as f64 * tick);
        out.exit = Some(Exit { reason: moved.reason, conditions });
    }
}

impl Strategy for Scalper {
    fn needs(&self) -> Vec<Need> {
        let p = &self.params;
        let mut needs = Vec::new();
        if p.volume_rule {
            needs.push(Need { rule: "volume_rule", column: DataColumn::Volume });
        }
        match p.pressure_rule {
            Pressure::Off => {}
            Pressure::Imbalance => {
                needs.push(Need { rule: "pressure_rule = imbalance", column: DataColumn::Book });
            }
            Pressure::BuyShare => {
                // A share of no volume is undefined however it is split.
                let rule = "pressure_rule = buy_share";
                needs.push(Need { rule, column: DataColumn::Volume });
                match p.volume_split {
                    VolumeSplit::Taker => needs.push(Need { rule, column: DataColumn::TakerBuy }),
                    // A file's taker volume is the venue's word, not the tick rule's.
                    VolumeSplit::TickRule => needs.push(Need {
                        rule: "volume_split = tick_rule",
                        column: DataColumn::Trades,
                    }),
                    VolumeSplit::CloseLocation => {}
                }
            }
        }
        needs
    }

    #[inline]
    fn on_bar(&mut self, now: &Moment<'_>, out: &mut Proposal) {
        if let Some(position) = now.position
            && now.phase == Phase::Open
            && (self.params.trailing_stop.is_some() || self.params.break_even.is_some())
        {
            self.guard(now, position, out);
        }
        if let Some(side) = self.signal(now) {
            out.enter = Some(self.entry(now, side));
        }
    }

    fn wakes(&self) -> Wakes {
        self.params.wakes()
    }

    fn exits(&self, now: &Moment<'_>) -> Option<Exits> {
        let exits = self.bracket(now);
        (exits.stop.is_some() && self.withheld(now).is_none()).then_some(exits)
    }

    fn on_trade_closed(&mut self, trade: &Trade) {
        if let Some(seconds) = self.params.cool_down_s
            && trade.net.is_sign_negative()
            && !trade.net.is_zero()
        {
            self.quiet_until = Some(trade.exit_ts + Nanos::SECOND.times(i64::from(seconds)));
        }
    }

    fn looks_at_outcomes(&self) -> bool {
        self.params.cool_down_s.is_some()
    }

    fn reset(&mut self) {
        self.quiet_until = None;
    }

    /// Until when a loss keeps it quiet, as eight little-endian bytes; none where none does.
    fn memory(&self) -> Vec<u8> {
        self.quiet_until.map_or_else(Vec::new, |until| until.0.to_le_bytes().to_vec())
    }

    fn recall(&mut self, memory: &[u8]) -> Result<(), NotRemembered> {
        self.quiet_until = match memory {
            [] => None,
            bytes => {
                let until = bytes.try_into().map_err(|_| NotRemembered(bytes.len()))?;
                Some(Nanos(i64::from_le_bytes(until)))
            }
        };
        Ok(())
    }
}
