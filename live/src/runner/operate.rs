//! What operators do to accounts: stop them, close what they hold, log them out and in.

use tickstep_core::event::Command;
use tickstep_core::instrument::InstrumentId;
use tickstep_core::order::SlotId;
use tickstep_core::session::AccountId;
use tickstep_core::strategy::Phase;

use super::act_answer::ActAnswer;
use super::happening::Happening;
use super::input::{Reach, Stop};
use super::link::LinkState;
use super::tables::ReadKind;
use super::{AskedFor, Effects, Runner};
use crate::broker::Call;

impl Runner {
    /// Stops accounts, or lets them go on. What was decided and not sent yet is not sent to
    /// one that is stopped.
    pub(super) fn stand(&mut self, reach: Reach, stop: Option<Stop>, answer: &mut ActAnswer) {
        if reach == Reach::All {
            // A pause after a kill lifts nothing.
            self.known.stopped =
                stop.map(|stop| self.known.stopped.map_or(stop, |was| was.max(stop)));
        }
        for account in self.reached(reach, answer) {
            self.stand_one(account, stop);
            let words = match self.rows[account.index()].stopped {
                None => "positions are opened again".to_owned(),
                Some(Stop::Pause) => "nothing is opened until it is resumed".to_owned(),
                Some(Stop::Kill) => {
                    "nothing is opened until it is resumed, and what is open is being closed"
                        .to_owned()
                }
            };
            answer.done(account, words);
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
        if stop.is_some() {
            self.withdraw_entries(account);
        }
        self.tell_command(
            account,
            match stop {
                Some(Stop::Pause) => Command::Pause,
                Some(Stop::Kill) => Command::Kill,
                None => Command::Resume,
            },
        );
    }

    pub(super) fn close_where(
        &mut self,
        reach: Reach,
        symbol: Option<&str>,
        answer: &mut ActAnswer,
    ) {
        if self.is_unknown(symbol, "closing", answer) {
            return;
        }
        for account in self.reached(reach, answer) {
            let slots = &self.rows[account.index()].slots;
            let named = |on: InstrumentId| {
                symbol.is_none_or(|symbol| self.instrument(account, on).symbol() == symbol)
            };
            let slots: Vec<SlotId> = (0..slots.len())
                .filter(|slot| named(slots[*slot].1))
                .map(|slot| SlotId(slot as u16))
                .collect();
            let words: Vec<String> =
                slots.iter().filter_map(|slot| self.closing(account, *slot)).collect();
            if words.is_empty() {
                answer.done(account, "nothing is open");
            }
            words.into_iter().for_each(|words| answer.done(account, words));
            self.rows[account.index()].touched = true;
            if symbol.is_none() {
                self.tell_command(account, Command::Flatten);
                continue;
            }
            for slot in slots {
                self.tell_command(account, Command::Close { slot, lots: None });
            }
        }
    }

    /// What closing a slot does, for people; nothing where nothing is open.
    fn closing(&self, account: AccountId, slot: SlotId) -> Option<String> {
        let engine = self.session.accounts()[account.index()].engine();
        let (strategy, on) = &self.rows[account.index()].slots[slot.index()];
        let instrument = self.instrument(account, *on);
        let held = engine.ledger().position(slot).map(|held| {
            let quantity = instrument.qty(held.lots).normalize();
            format!("{} {quantity}", held.side.position_word())
        });
        let what = format!("{} of {strategy}", instrument.symbol());
        Some(match (engine.phase(slot), held) {
            (Phase::Flat, _) => return None,
            (Phase::Open, held) => format!("{} {what} is closed", held.unwrap_or_default()),
            (Phase::Entering, _) => {
                format!("the entry into {what} is withdrawn, and left at once where it fills")
            }
            (Phase::Exiting { .. }, held) => {
                format!("{} {what} is being closed already", held.unwrap_or_default())
            }
        })
    }

    /// Whether an instrument is named that there is none of, which is refused.
    pub(super) fn is_unknown(
        &self,
        symbol: Option<&str>,
        what: &str,
        answer: &mut ActAnswer,
    ) -> bool {
        let unknown = symbol.filter(|symbol| self.traded_as(symbol).is_none());
        if let Some(symbol) = unknown {
            let why = format!("no instrument is called {symbol}");
            answer.refuse(None, format!("{what} {symbol}"), why);
        }
        unknown.is_some()
    }

    /// The instrument that the configuration calls so.
    pub(super) fn traded_as(&self, symbol: &str) -> Option<InstrumentId> {
        let markets = self.session.accounts()[0].engine().ledger().markets();
        let at = markets.iter().position(|m| m.instrument.symbol() == symbol)?;
        Some(InstrumentId(at as u16))
    }

    /// Asks for every list anew. What was asked before does not count as an answer.
    pub(super) fn read_back(&mut self, reach: Reach, answer: &mut ActAnswer) {
        let now = self.now;
        for account in self.reached(reach, answer) {
            let Some(live) = self.live_mut(account) else { continue };
            for kind in ReadKind::LISTS {
                let read = live.read_mut(kind);
                (read.asked, read.due) = (None, now);
            }
            answer.done(account, "its broker is asked anew for all that it has");
        }
    }

    pub(super) fn want_session(
        &mut self,
        account: AccountId,
        wanted: bool,
        out: &mut Effects,
    ) -> Result<String, String> {
        self.there(account)?;
        let now = self.now;
        let live = self.live_mut(account).ok_or("an account on paper has no session")?;
        let (was_up, was_off) = (live.link.is_up(), matches!(live.link.state(), LinkState::Off(_)));
        live.link.want(now, wanted);
        if !wanted && !was_off {
            if was_up {
                out.happenings.push(Happening::no_session(account, "an operator".to_owned()));
            }
            // A login that is under way may open a session yet, which is to end too.
            self.next_request();
            self.ask(account, AskedFor::LogOut, Call::LogOut, out);
        }
        Ok(match wanted {
            true if was_up => "it is logged in already",
            true => "it is logged in",
            false if was_off => "it stays logged out",
            false => "it is logged out",
        }
        .to_owned())
    }
}
