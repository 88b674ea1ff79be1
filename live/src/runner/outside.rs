//! The door for signals from other programs.

use rust_decimal::Decimal;
use tickstep_core::event::Body;
use tickstep_core::order::SlotId;
use tickstep_core::resting::Rest;
use tickstep_core::session::AccountId;
use tickstep_core::signal::{Distance, Exits, Signal};
use tickstep_core::units::{Nanos, Side, Ticks};

use super::act_answer::ActAnswer;
use super::caught::Given;
use super::happening::Happening;
use super::input::{OutsideSignal, Reach, SignalKind, WaitsFor};
use super::{Effects, Runner};
use crate::broker::PendingKind;

/// Oldest signal from outside that is looked at.
const OLDEST: Nanos = Nanos(30_000_000_000);
/// How long the number of a signal is remembered.
const REMEMBERED: Nanos = Nanos(24 * 3_600_000_000_000);

impl Runner {
    /// The door for a signal from another program.
    pub(super) fn outside(&mut self, signal: OutsideSignal, out: &mut Effects) {
        if let Err(why) = self.take_outside(&signal, Reach::All) {
            let OutsideSignal { source, key, .. } = signal;
            out.happenings.push(Happening::SignalRefused { source, key, why });
        }
    }

    /// A signal that an operator gives.
    pub(super) fn signal_by_hand(
        &mut self,
        reach: Reach,
        signal: &OutsideSignal,
        answer: &mut ActAnswer,
    ) {
        let what = format!("signal {} for {} on {}", signal.key, signal.strategy, signal.symbol);
        self.reached(reach, answer);
        match self.take_outside(signal, reach) {
            Ok(accounts) => {
                accounts.into_iter().for_each(|account| answer.done(account, what.clone()));
            }
            Err(why) => answer.refuse(None, what, why),
        }
    }

    /// Hands a signal to the accounts that are reached; which have it.
    fn take_outside(
        &mut self,
        signal: &OutsideSignal,
        reach: Reach,
    ) -> Result<Vec<AccountId>, String> {
        let now = self.now;
        self.known.taken.retain(|_, at| now.0 - at.0 < REMEMBERED.0);
        if signal.source.is_empty() || signal.key.is_empty() {
            return Err(
                "it does not say whose it is, and its number there (source, key)".to_owned()
            );
        }
        let key = (signal.source.clone(), signal.key.clone());
        if self.known.taken.contains_key(&key) {
            return Err("a signal with this key was taken already".to_owned());
        }
        let age = now - signal.given;
        if age > OLDEST || age.0 < -OLDEST.0 {
            return Err(format!(
                "it was given {} ms ago; at most {} ms are allowed, either way",
                age.millis(),
                OLDEST.millis()
            ));
        }
        let (wanted, rest, px) = self.as_wanted(signal)?;
        wanted.validate().map_err(|fault| fault.to_string())?;
        let (made, given) = (signal.given, Given { at: signal.given.min(now), px });
        let mut found = Vec::new();
        for index in (0..self.rows.len()).filter(|at| reach.covers(AccountId(*at as u16))) {
            let named = |(name, on): &(String, tickstep_core::instrument::InstrumentId)| {
                let account = AccountId(index as u16);
                *name == signal.strategy && self.instrument(account, *on).symbol() == signal.symbol
            };
            let Some(slot) = self.rows[index].slots.iter().position(named) else { continue };
            // On paper nothing waits; where nobody else is meant, that is said.
            if rest.is_some() && self.at_broker(AccountId(index as u16)).is_none() {
                continue;
            }
            found.push(AccountId(index as u16));
            let (slot, signal) = (SlotId(slot as u16), wanted);
            let body = match rest {
                None => Body::Signal { slot, signal },
                Some(rest) => Body::Pending { slot, signal, rest },
            };
            self.rows[index].touched = true;
            self.report(AccountId(index as u16), made, body);
            self.caught.given.push(((AccountId(index as u16), slot), given));
        }
        if found.is_empty() {
            let OutsideSignal { strategy, symbol, .. } = signal;
            let what = if rest.is_some() { " at a broker" } else { "" };
            return Err(format!("no account trades {strategy} on {symbol}{what}"));
        }
        self.known.taken.insert(key, now);
        Ok(found)
    }

    /// The signal with its levels as distances from the price that it enters at: the last
    /// one, or the one that it waits for; how it waits, and the price it was given at.
    fn as_wanted(
        &self,
        signal: &OutsideSignal,
    ) -> Result<(Signal, Option<Rest>, Option<Ticks>), String> {
        let side = match signal.kind {
            SignalKind::Leave if signal.waits.is_some() => {
                return Err("nothing is left at a price that is waited for".to_owned());
            }
            SignalKind::Leave => return Ok((Signal::leave(self.now), None, None)),
            SignalKind::Enter(side) => side,
        };
        let unknown = || format!("no instrument is called {}", signal.symbol);
        let on = self.traded_as(&signal.symbol).ok_or_else(unknown)?;
        let market = self.session.accounts()[0].engine().ledger().market(on);
        let instrument = &market.instrument;
        let mark = market.mark.ok_or_else(|| format!("{} has no price yet", signal.symbol))?;
        let rest = match signal.waits {
            None => None,
            Some(WaitsFor { kind, price }) => {
                let px = instrument.price_exact(price);
                let px = px.map_err(|off| format!("the price it waits for: {off}"))?;
                self.ahead(on, side, kind, px)?;
                Some(match kind {
                    PendingKind::Limit => Rest::Limit(px),
                    PendingKind::Stop => Rest::Stop(px),
                })
            }
        };
        let at = signal.price.map(|price| match instrument.price_exact(price) {
            Ok(at) if at > Ticks(0) => Ok(at),
            Ok(_) => Err(format!("price {price} is no price")),
            Err(off) => Err(format!("price: {off}")),
        });
        let at = at.transpose()?;
        let px = rest.map_or(mark, Rest::px);
        let distance = |price: Option<Decimal>, what: &str, above: bool| {
            let Some(price) = price else { return Ok(None) };
            let level = instrument.price_exact(price);
            let level = level.map_err(|off| format!("{what}: {off}"))?;
            let away = if above { level.0 - px.0 } else { px.0 - level.0 };
            if away <= 0 {
                let now = instrument.price(px);
                return Err(format!("{what} {price} is on the wrong side of the price, {now}"));
            }
            Ok(Some(Distance::Ticks(away as f64)))
        };
        let long = side == Side::Buy;
        let exits = Exits {
            stop: distance(signal.bracket.stop, "stop", !long)?,
            target: distance(signal.bracket.target, "target", long)?,
            hold: signal.hold,
        };
        Ok((Signal::enter(self.now, side, exits), rest, at))
    }
}
