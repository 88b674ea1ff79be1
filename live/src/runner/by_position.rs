//! What operators do to one position, which they name by its broker's number.

use rust_decimal::Decimal;
use tickstep_core::event::Command;
use tickstep_core::instrument::{Instrument, InstrumentId};
use tickstep_core::order::{Bracket, SlotId};
use tickstep_core::session::AccountId;
use tickstep_core::strategy::Phase;
use tickstep_core::units::Lots;

use super::bracket_change::BracketChange;
use super::input::Act;
use super::intents::prices;
use super::paper::position_name;
use super::{Effects, Runner};
use crate::broker::{BracketPrices, VenuePosition, Write};

/// A position that a strategy holds, at a broker or on paper.
struct Named {
    slot: SlotId,
    instrument: InstrumentId,
    /// What is open of it.
    lots: Lots,
    /// Whether it is all that its strategy holds there.
    whole: bool,
}

impl Runner {
    /// What an act changes of a value, before and after it.
    pub(super) fn before_and_after(&self, act: &Act) -> (Option<String>, Option<String>) {
        let Act::EditPosition { account, position, change } = act else { return (None, None) };
        let old = self.bracket_of(*account, position);
        let new = old.map(|old| levels(change.of(old)));
        (old.map(levels), new)
    }

    fn bracket_of(&self, account: AccountId, position: &str) -> Option<BracketPrices> {
        self.there(account).ok()?;
        if let Some(Named { slot, instrument, .. }) = self.named(account, position) {
            let ledger = self.session.accounts()[account.index()].engine().ledger();
            let bracket = ledger.position(slot)?.bracket;
            return Some(prices(self.instrument(account, instrument), bracket));
        }
        self.at_broker(account)?.1.foreign.get(position).map(|theirs| theirs.bracket)
    }

    /// The position of a strategy's that is called so.
    fn named(&self, account: AccountId, position: &str) -> Option<Named> {
        let ledger = self.session.accounts()[account.index()].engine().ledger();
        let Some((_, live)) = self.at_broker(account) else {
            let mut open = ledger.open_positions();
            let (slot, held) = open.find(|(_, held)| position_name(held.entry) == position)?;
            let (instrument, lots) = (held.instrument, held.lots);
            return Some(Named { slot, instrument, lots, whole: true });
        };
        let held = live.held(position)?;
        let (slot, instrument, lots) = (held.slot, held.instrument, held.lots);
        let whole = ledger.position(slot).is_some_and(|all| all.lots == lots);
        Some(Named { slot, instrument, lots, whole })
    }

    /// Closes a position, or part of it; what is done.
    pub(super) fn close_position(
        &mut self,
        account: AccountId,
        position: &str,
        volume: Option<Decimal>,
        out: &mut Effects,
    ) -> Result<String, String> {
        self.there(account)?;
        let Some(named) = self.named(account, position) else {
            return self.close_foreign(account, position, volume);
        };
        let Named { slot, instrument, lots: open, whole } = named;
        let instrument = self.instrument(account, instrument);
        let part = volume.map(|v| part_of(instrument, v, open)).transpose()?;
        let part = part.filter(|lots| *lots < open);
        if let Some(part) = part {
            self.may_be_parted(account, instrument, position, (part, open))?;
        }
        let words = match part {
            Some(lots) => format!("{} of it is closed", instrument.qty(lots).normalize()),
            None => "it is closed".to_owned(),
        };
        match (self.session.accounts()[account.index()].engine().phase(slot), part) {
            (Phase::Open, _) | (Phase::Entering, None) => {}
            (Phase::Entering, Some(_)) => {
                return Err("its entry has not ended yet, so that only all of it can be closed \
                            now"
                .to_owned());
            }
            (Phase::Exiting { .. }, None) => return Ok("it is being closed already".to_owned()),
            (Phase::Exiting { .. }, Some(_)) => {
                return Err("another close of it is on its way; say it again when that has \
                            ended"
                    .to_owned());
            }
            (Phase::Flat, _) => return Err("its strategy holds nothing".to_owned()),
        }
        self.rows[account.index()].touched = true;
        // Of several positions that one strategy holds, this one goes.
        let lots = if whole { part } else { Some(part.unwrap_or(open)) };
        self.close_of(account, slot, (position, lots), out);
        Ok(words)
    }

    /// Has a slot close so much, of this position before others.
    pub(super) fn close_of(
        &mut self,
        account: AccountId,
        slot: SlotId,
        (position, lots): (&str, Option<Lots>),
        out: &mut Effects,
    ) {
        self.first = Some((account, position.to_owned()));
        self.tell_command(account, Command::Close { slot, lots });
        self.take_caught(out);
        self.first = None;
    }

    /// Whether the broker takes a close of part of a position, and what is left can be closed
    /// later; in words where not.
    fn may_be_parted(
        &self,
        account: AccountId,
        instrument: &Instrument,
        position: &str,
        (part, open): (Lots, Lots),
    ) -> Result<(), String> {
        let live = self.at_broker(account).map(|(_, live)| live);
        let terms = live.and_then(|live| live.venue.get(&live.held(position)?.symbol));
        let Some(terms) = terms else { return Ok(()) };
        let (part, open) = (instrument.qty(part).normalize(), instrument.qty(open).normalize());
        if let Some(step) = terms.volume_step.filter(|s| !s.is_zero() && !(part % s).is_zero()) {
            return Err(format!("{part} is not a multiple of the broker's step, {step}"));
        }
        let Some(least) = terms.volume_min else { return Ok(()) };
        if part < least {
            return Err(format!("{part} is below the broker's smallest volume, {least}"));
        }
        let left = (open - part).normalize();
        if left < least {
            return Err(format!(
                "{left} would be left, below the broker's smallest volume, {least}, which could \
                 not be closed by itself; close all of it"
            ));
        }
        Ok(())
    }

    /// One that the program did not open is closed where an operator names it.
    fn close_foreign(
        &mut self,
        account: AccountId,
        position: &str,
        volume: Option<Decimal>,
    ) -> Result<String, String> {
        let (theirs, live) = self.foreign_named(account, position)?;
        if live.writes.iter().any(|w| w.position() == Some(position)) {
            return Err(
                "another order for it is on its way; say it again when that has ended".to_owned()
            );
        }
        let step = live.venue.get(&theirs.symbol).and_then(|terms| terms.volume_step);
        if let Some(volume) = volume {
            if volume <= Decimal::ZERO || volume > theirs.volume {
                return Err(format!("{volume} is not above 0 and at most {}", theirs.volume));
            }
            if let Some(step) = step.filter(|s| !s.is_zero() && !(volume % s).is_zero()) {
                return Err(format!("{volume} is not a multiple of the broker's step, {step}"));
            }
        }
        let part = volume.filter(|v| *v < theirs.volume);
        let write = Write::Close {
            position: position.to_owned(),
            symbol: theirs.symbol.clone(),
            side: theirs.side,
            volume: part.unwrap_or(theirs.volume),
            whole: part.is_none(),
        };
        let words = part.map_or_else(
            || "it was not opened by this program, and is closed".to_owned(),
            |part| format!("it was not opened by this program; {part} of it is closed"),
        );
        self.orphan(account, position, write);
        Ok(words)
    }

    fn foreign_named(
        &self,
        account: AccountId,
        position: &str,
    ) -> Result<(&VenuePosition, &super::tables::LiveAccount), String> {
        let unknown = || {
            let open: Vec<String> = self.position_names(account);
            let open = if open.is_empty() { "none".to_owned() } else { open.join(", ") };
            format!("there is no such position on the account; open are {open}")
        };
        let (_, live) = self.at_broker(account).ok_or_else(unknown)?;
        Ok((live.foreign.get(position).ok_or_else(unknown)?, live))
    }

    /// What the positions of an account are called, the ones that the program did not open
    /// too.
    fn position_names(&self, account: AccountId) -> Vec<String> {
        let ledger = self.session.accounts()[account.index()].engine().ledger();
        match self.at_broker(account) {
            None => ledger.open_positions().map(|(_, held)| position_name(held.entry)).collect(),
            Some((_, live)) => {
                live.held.iter().map(|h| &h.id).chain(live.foreign.keys()).cloned().collect()
            }
        }
    }

    /// Gives a position other levels; what is done.
    pub(super) fn edit_position(
        &mut self,
        account: AccountId,
        position: &str,
        change: BracketChange,
    ) -> Result<String, String> {
        self.there(account)?;
        let wanted = change.of(self.bracket_of(account, position).unwrap_or_default());
        let Some(Named { slot, instrument, .. }) = self.named(account, position) else {
            return self.edit_foreign(account, position, wanted);
        };
        let instrument = self.instrument(account, instrument);
        let bracket = on_grid(instrument, wanted)?;
        self.rows[account.index()].touched = true;
        self.tell_command(account, Command::Amend { slot, bracket });
        let engine = self.session.accounts()[account.index()].engine();
        let has = engine.ledger().position(slot).map(|held| held.bracket);
        if has == Some(bracket) {
            return Ok(levels(wanted));
        }
        Err(match engine.phase(slot) {
            Phase::Exiting { .. } => "a close of it is on its way".to_owned(),
            Phase::Entering => "its entry has not ended yet".to_owned(),
            Phase::Flat | Phase::Open => {
                "a level is at the price or beyond it, and would close it at once".to_owned()
            }
        })
    }

    /// One that the program did not open is given levels where an operator names it.
    fn edit_foreign(
        &mut self,
        account: AccountId,
        position: &str,
        bracket: BracketPrices,
    ) -> Result<String, String> {
        let (theirs, live) = self.foreign_named(account, position)?;
        if live.writes.iter().any(|w| w.position() == Some(position)) {
            return Err(
                "another order for it is on its way; say it again when that has ended".to_owned()
            );
        }
        let tick = live.venue.get(&theirs.symbol).and_then(|terms| terms.tick_size);
        let tick = tick.filter(|tick| !tick.is_zero());
        let off = |level: &Decimal| tick.is_some_and(|tick| !(level % tick).is_zero());
        if let Some(level) = [bracket.stop, bracket.target].into_iter().flatten().find(off) {
            return Err(format!("{level} is not a multiple of the broker's tick"));
        }
        let write = Write::EditPosition {
            position: position.to_owned(),
            symbol: theirs.symbol.clone(),
            side: theirs.side,
            volume: theirs.volume,
            bracket,
        };
        self.edit_with(account, position, write);
        Ok(format!("it was not opened by this program, and gets {}", levels(bracket)))
    }
}

/// Lots of a part that is to be closed; in words where it cannot be.
fn part_of(instrument: &Instrument, volume: Decimal, open: Lots) -> Result<Lots, String> {
    let lots = instrument.qty_exact(volume).map_err(|off| off.to_string())?;
    if lots.is_zero() || lots > open {
        let open = instrument.qty(open).normalize();
        return Err(format!("{volume} is not above 0 and at most {open}, which is open"));
    }
    Ok(lots)
}

/// Levels on an instrument's grid; in words where they are not on it.
pub(super) fn on_grid(instrument: &Instrument, wanted: BracketPrices) -> Result<Bracket, String> {
    let level = |price: Option<Decimal>, what: &str| {
        let level = price.map(|p| instrument.price_exact(p)).transpose();
        level.map_err(|off| format!("{what}: {off}"))
    };
    Ok(Bracket { stop: level(wanted.stop, "stop")?, target: level(wanted.target, "target")? })
}

pub(super) fn levels(bracket: BracketPrices) -> String {
    let level =
        |l: Option<Decimal>| l.map_or_else(|| "none".to_owned(), |l| l.normalize().to_string());
    format!("stop {}, target {}", level(bracket.stop), level(bracket.target))
}
