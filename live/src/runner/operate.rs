//! What operators and other programs want.

use rust_decimal::Decimal;
use tickstep_core::event::{Body, Command};
use tickstep_core::order::SlotId;
use tickstep_core::session::AccountId;
use tickstep_core::signal::{Distance, Exits, Signal};
use tickstep_core::units::{Nanos, Side, Ticks};

use super::caught::Given;
use super::happening::Happening;
use super::input::{Act, OutsideSignal, Reach, SignalKind, Stop};
use super::tables::ReadKind;
use super::{AskedFor, Effects, Runner};
use crate::broker::{Call, Write};

/// Oldest signal from outside that is looked at.
const OLDEST: Nanos = Nanos(30_000_000_000);
/// How long the number of a signal is remembered.
const REMEMBERED: Nanos = Nanos(24 * 3_600_000_000_000);

impl Runner {
    pub(super) fn operate(&mut self, who: String, why: String, act: Act, out: &mut Effects) {
        let what = format!("{act:?}");
        let (old, new) = self.before_and_after(&act);
        self.act(act, out);
        out.happenings.push(Happening::Operated { who, why, what, old, new });
    }

    fn act(&mut self, act: Act, out: &mut Effects) {
        match act {
            Act::Pause(reach) => self.stand(reach, Some(Stop::Pause)),
            Act::Resume(reach) => self.stand(reach, None),
            Act::Kill(reach) => self.stand(reach, Some(Stop::Kill)),
            Act::Close { reach, symbol } => self.close_where(reach, symbol.as_deref()),
            Act::ClosePosition { account, position, volume } => {
                self.close_position(account, &position, volume);
            }
            Act::EditPosition { account, position, bracket } => {
                self.edit_position(account, &position, bracket);
            }
            Act::ReadBack(reach) => self.read_back(reach),
            Act::Session { account, wanted } => self.want_session(account, wanted, out),
            Act::Batch(acts) => acts.into_iter().for_each(|act| self.act(act, out)),
        }
    }

    /// What an act changes of a value, before and after it.
    fn before_and_after(&self, act: &Act) -> (Option<String>, Option<String>) {
        let Act::EditPosition { account, position, bracket } = act else { return (None, None) };
        let held = self.at_broker(*account).and_then(|(_, live)| live.held(position));
        let old = held.and_then(|held| self.wanted(*account, held));
        (old.map(levels), held.map(|_| levels(*bracket)))
    }

    /// Stops accounts, or lets them go on. What was decided and not sent yet is not sent to
    /// one that is stopped.
    fn stand(&mut self, reach: Reach, stop: Option<Stop>) {
        if reach == Reach::All {
            // A pause after a kill lifts nothing.
            self.stopped = stop.map(|stop| self.stopped.map_or(stop, |was| was.max(stop)));
        }
        for index in 0..self.rows.len() {
            let account = AccountId(index as u16);
            if reach.covers(account) {
                self.stand_one(account, stop);
            }
        }
    }

    /// Stops an account, or lets it go on.
    pub(super) fn stand_one(&mut self, account: AccountId, stop: Option<Stop>) {
        let row = &mut self.rows[account.index()];
        row.touched = true;
        if let (None, Some((_, live))) = (stop, &mut row.broker)
            && let Some(words) = live.halted.take()
        {
            // A person has looked; what is still so is said again.
            live.reported.remove(&words);
        }
        row.stopped = stop.map(|stop| row.stopped.map_or(stop, |was| was.max(stop)));
        self.tell_command(
            account,
            match stop {
                Some(Stop::Pause) => Command::Pause,
                Some(Stop::Kill) => Command::Kill,
                None => Command::Resume,
            },
        );
    }

    fn close_where(&mut self, reach: Reach, symbol: Option<&str>) {
        for index in 0..self.rows.len() {
            let account = AccountId(index as u16);
            if !reach.covers(account) {
                continue;
            }
            self.rows[index].touched = true;
            let ledger = self.session.accounts()[index].engine().ledger();
            let named = |instrument| {
                symbol.is_none_or(|s| ledger.market(instrument).instrument.symbol() == s)
            };
            let slots: Vec<SlotId> = (0..self.rows[index].slots.len())
                .filter(|slot| named(self.rows[index].slots[*slot].1))
                .map(|slot| SlotId(slot as u16))
                .collect();
            if symbol.is_none() {
                self.tell_command(account, Command::Flatten);
                continue;
            }
            for slot in slots {
                self.tell_command(account, Command::Close { slot, lots: None });
            }
        }
    }

    fn close_position(&mut self, account: AccountId, position: &str, volume: Option<Decimal>) {
        let Some((_, live)) = self.at_broker(account) else { return };
        let Some(held) = live.held(position) else {
            return self.close_foreign(account, position, volume);
        };
        let (slot, instrument) = (held.slot, held.instrument);
        let lots = volume.and_then(|v| self.instrument(account, instrument).qty_exact(v).ok());
        self.rows[account.index()].touched = true;
        if volume.is_none() || lots.is_some() {
            self.tell_command(account, Command::Close { slot, lots });
        }
    }

    /// One that the program did not open is closed where an operator names it.
    fn close_foreign(&mut self, account: AccountId, position: &str, volume: Option<Decimal>) {
        let Some((_, live)) = self.at_broker(account) else { return };
        let Some(theirs) = live.foreign.get(position) else { return };
        if live.writes.iter().any(|w| w.position() == Some(position)) {
            return;
        }
        let part = volume.filter(|v| *v > Decimal::ZERO && *v < theirs.volume);
        let write = Write::Close {
            position: position.to_owned(),
            symbol: theirs.symbol.clone(),
            side: theirs.side,
            volume: part.unwrap_or(theirs.volume),
            whole: part.is_none(),
        };
        self.orphan(account, position, write);
    }

    fn edit_position(
        &mut self,
        account: AccountId,
        position: &str,
        bracket: crate::broker::BracketPrices,
    ) {
        let Some((_, live)) = self.at_broker(account) else { return };
        let Some(held) = live.held(position) else { return };
        let (slot, instrument) = (held.slot, self.instrument(account, held.instrument));
        let level = |price: Option<Decimal>| price.map(|p| instrument.price_exact(p)).transpose();
        let (Ok(stop), Ok(target)) = (level(bracket.stop), level(bracket.target)) else { return };
        let bracket = tickstep_core::order::Bracket { stop, target };
        self.rows[account.index()].touched = true;
        self.tell_command(account, Command::Amend { slot, bracket });
    }

    /// Asks for every list anew. What was asked before does not count as an answer.
    fn read_back(&mut self, reach: Reach) {
        let now = self.now;
        for account in (0..self.rows.len()).map(|index| AccountId(index as u16)) {
            let Some(live) = self.live_mut(account).filter(|_| reach.covers(account)) else {
                continue;
            };
            for kind in ReadKind::LISTS {
                let read = live.read_mut(kind);
                (read.asked, read.due) = (None, now);
            }
        }
    }

    fn want_session(&mut self, account: AccountId, wanted: bool, out: &mut Effects) {
        let now = self.now;
        let Some(live) = self.live_mut(account) else { return };
        let was_up = live.link.is_up();
        live.link.want(now, wanted);
        if was_up && !wanted {
            out.happenings.push(Happening::no_session(account, "an operator".to_owned()));
            self.next_request();
            self.ask(account, AskedFor::LogOut, Call::LogOut, out);
        }
    }

    /// The door for a signal from another program.
    pub(super) fn outside(&mut self, signal: OutsideSignal, out: &mut Effects) {
        if let Err(why) = self.take_outside(&signal) {
            let OutsideSignal { source, key, .. } = signal;
            out.happenings.push(Happening::SignalRefused { source, key, why });
        }
    }

    fn take_outside(&mut self, signal: &OutsideSignal) -> Result<(), String> {
        let now = self.now;
        self.taken.retain(|_, at| now.0 - at.0 < REMEMBERED.0);
        if signal.source.is_empty() || signal.key.is_empty() {
            return Err(
                "it does not say whose it is, and its number there (source, key)".to_owned()
            );
        }
        let key = (signal.source.clone(), signal.key.clone());
        if self.taken.contains_key(&key) {
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
        let (wanted, px) = self.as_wanted(signal)?;
        wanted.validate().map_err(|fault| fault.to_string())?;
        let given = Given { at: signal.given.min(now), px };
        let mut found = false;
        for index in 0..self.rows.len() {
            let named = |(name, on): &(String, tickstep_core::instrument::InstrumentId)| {
                let account = AccountId(index as u16);
                *name == signal.strategy && self.instrument(account, *on).symbol() == signal.symbol
            };
            let Some(slot) = self.rows[index].slots.iter().position(named) else { continue };
            found = true;
            let (account, slot) = (AccountId(index as u16), SlotId(slot as u16));
            self.rows[index].touched = true;
            self.report(account, signal.given, Body::Signal { slot, signal: wanted });
            self.caught.given.push(((account, slot), given));
        }
        if !found {
            let OutsideSignal { strategy, symbol, .. } = signal;
            return Err(format!("no account trades {strategy} on {symbol}"));
        }
        self.taken.insert(key, now);
        Ok(())
    }

    /// The signal with its levels as distances from the last price, and the price it was
    /// given at.
    fn as_wanted(&self, signal: &OutsideSignal) -> Result<(Signal, Option<Ticks>), String> {
        let side = match signal.kind {
            SignalKind::Leave => return Ok((Signal::leave(self.now), None)),
            SignalKind::Enter(side) => side,
        };
        let ledger = self.session.accounts()[0].engine().ledger();
        let market = ledger.markets().iter().find(|m| m.instrument.symbol() == signal.symbol);
        let market = market.ok_or_else(|| format!("no instrument is called {}", signal.symbol))?;
        let px = market.mark.ok_or_else(|| format!("{} has no price yet", signal.symbol))?;
        let at = signal.price.map(|price| match market.instrument.price_exact(price) {
            Ok(at) if at > Ticks(0) => Ok(at),
            Ok(_) => Err(format!("price {price} is no price")),
            Err(off) => Err(format!("price: {off}")),
        });
        let at = at.transpose()?;
        let distance = |price: Option<Decimal>, what: &str, above: bool| {
            let Some(price) = price else { return Ok(None) };
            let level = market.instrument.price_exact(price);
            let level = level.map_err(|off| format!("{what}: {off}"))?;
            let away = if above { level.0 - px.0 } else { px.0 - level.0 };
            if away <= 0 {
                let now = market.instrument.price(px);
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
        Ok((Signal::enter(self.now, side, exits), at))
    }
}

fn levels(bracket: crate::broker::BracketPrices) -> String {
    let level = |l: Option<Decimal>| l.map_or_else(|| "none".to_owned(), |l| l.to_string());
    format!("stop {}, target {}", level(bracket.stop), level(bracket.target))
}
