//! What is due at a time: sessions, lists to be read, replies that did not come, closes to
//! be tried again, brackets that are not as they should be.

use rust_decimal::Decimal;
use tickstep_core::event::{Body, Command, Event};
use tickstep_core::session::AccountId;
use tickstep_core::units::Nanos;

use super::intents::prices;
use super::limits::Urgency;
use super::link::LinkCall;
use super::news::{AlertKind, Severity};
use super::precheck::LONGEST_WAIT;
use super::tables::{CloseAgain, Held, LiveAccount, Purpose, ReadKind, Under};
use super::{AskedFor, Effects, NEVER, Runner, alert};
use crate::broker::{BracketPrices, Call, Fault, Read, Reply};
use crate::intent::{Doubt, IntentId, Outcome, RequestId, Stage};

/// Changes of a bracket in a row that were refused, after which a position without a stop
/// is closed.
const REFUSED: u32 = 3;
/// How far windows of closed positions overlap, for clocks that differ.
pub(super) const OVERLAP: Nanos = Nanos(300_000_000_000);

/// How urgent a session is: without one nothing is known of an account.
const SESSION: Urgency = Urgency::ReadBack;

/// The least time between two alarms of an account: a millisecond.
const LEAST: i64 = 1_000_000;

impl Runner {
    pub(super) fn run_alarms(&mut self, amid: bool, out: &mut Effects) {
        let now = self.now;
        for index in 0..self.rows.len() {
            let row = &mut self.rows[index];
            row.touched |= row.alarm <= now;
            if row.touched && row.broker.is_some() {
                let account = AccountId(index as u16);
                self.expire(account, out);
                self.close_again(account, out);
                self.keep_session(account, out);
                self.read_lists(account, out);
            }
        }
        self.log_in_queued(out);
        self.forget_requests();
        if !amid && self.session.next_due().is_some_and(|due| due <= now) {
            let fed = self.session.feed(Event::at(now, 0, Body::Decide), &mut self.caught);
            debug_assert!(fed.is_ok(), "the moment to decide is never refused: {fed:?}");
        }
    }

    /// Replies that did not come in time.
    fn expire(&mut self, account: AccountId, out: &mut Effects) {
        let (now, timeout) = (self.now, self.settings.timeout);
        let late = |sent: Nanos| now.0 - sent.0 >= timeout.0;
        let Some((_, live)) = self.at_broker(account) else { return };
        let writes: Vec<IntentId> = live
            .writes
            .iter()
            .filter(|w| matches!(w.intent.stage(), Stage::InFlight { since, .. } if late(*since)))
            .map(|w| w.intent.id())
            .collect();
        let over = |kind: &ReadKind| live.read(*kind).asked.filter(|(_, sent)| late(*sent));
        let mut requests: Vec<RequestId> =
            ReadKind::ALL.iter().filter_map(over).map(|(request, _)| request).collect();
        let session = |(_, asked): &(&RequestId, &super::Asked)| {
            asked.account == account && matches!(asked.what, AskedFor::Session(_))
        };
        // The first were sent first.
        let old = self.known.requests.iter().take_while(|(_, asked)| late(asked.sent));
        requests.extend(old.filter(session).map(|(id, _)| *id));
        for request in requests {
            self.reply(request, Reply::Failed(Fault::Timeout), out);
        }
        for id in writes {
            // The request stays, for an answer that comes after all.
            self.write_answered(account, id, Outcome::Unknown(Doubt::Timeout), out);
        }
    }

    /// Nobody waits for the oldest requests any more.
    fn forget_requests(&mut self) {
        let forgotten = self.settings.late.0 + self.settings.timeout.0;
        while let Some(first) = self.known.requests.first_entry()
            && self.now.0 - first.get().sent.0 >= forgotten
        {
            first.remove();
        }
    }

    /// Exits that failed are asked for anew, as new intents: as much as was asked for, and no
    /// more.
    fn close_again(&mut self, account: AccountId, out: &mut Effects) {
        let now = self.now;
        let Some(live) = self.live_mut(account) else { return };
        let due: Vec<CloseAgain> =
            live.close_again.iter().filter(|c| c.at <= now).cloned().collect();
        live.close_again.retain(|c| c.at > now);
        for CloseAgain { slot, part, .. } in due {
            // One that is held by nobody, or on its way out, needs nothing.
            let Some((position, lots)) = part else {
                self.tell_command(account, Command::Close { slot, lots: None });
                continue;
            };
            self.close_of(account, slot, (&position, Some(lots)), out);
        }
    }

    fn keep_session(&mut self, account: AccountId, out: &mut Effects) {
        let now = self.now;
        let Some(live) = self.live_mut(account) else { return };
        if live.link.check_due(now) {
            live.hurry(ReadKind::Balance, now);
        }
        match live.link.due(now) {
            None => live.queued = None,
            Some(LinkCall::LogIn) => _ = live.queued.get_or_insert(now),
            Some(LinkCall::Refresh) => {
                live.queued = None;
                self.ask_for_session(account, LinkCall::Refresh, out);
            }
        }
    }

    /// Asks for a session, if a request may be sent.
    pub(super) fn ask_for_session(
        &mut self,
        account: AccountId,
        call: LinkCall,
        out: &mut Effects,
    ) -> bool {
        if !self.may_send(account, self.session_urgency(account)) {
            return false;
        }
        let (now, request) = (self.now, self.next_request());
        if let Some(live) = self.live_mut(account) {
            live.link.asked(now, call, request);
        }
        let sent = match call {
            LinkCall::LogIn => Call::LogIn,
            LinkCall::Refresh => Call::Refresh,
        };
        self.ask(account, AskedFor::Session(call), sent, out);
        true
    }

    /// How urgent a session is: a close that waits for one is as urgent as any.
    fn session_urgency(&self, account: AccountId) -> Urgency {
        let closes = |w: &Under| {
            matches!(w.purpose, Purpose::Exit { .. } | Purpose::Orphan { .. })
                && *w.intent.stage() == Stage::Ready
        };
        let waits = self.at_broker(account).is_some_and(|(_, l)| l.writes.iter().any(closes));
        if waits { Urgency::Close } else { SESSION }
    }

    /// How often a list is read where nothing hurries.
    pub(super) fn every(&self, account: AccountId, kind: ReadKind) -> Nanos {
        let Some((broker, live)) = self.at_broker(account) else { return NEVER };
        let (waiting, intervals) = (live.is_waiting(), broker.intervals);
        match kind {
            ReadKind::Positions if waiting => self.settings.positions_soon,
            ReadKind::Closed if waiting => self.settings.positions_soon.times(2),
            ReadKind::Orders if live.awaits_orders() => self.settings.positions_soon.times(2),
            ReadKind::Positions => intervals.positions,
            ReadKind::Closed | ReadKind::Balance | ReadKind::Orders => intervals.rest,
            ReadKind::Instruments => intervals.terms,
        }
    }

    fn read_lists(&mut self, account: AccountId, out: &mut Effects) {
        let now = self.now;
        let Some((_, live)) = self.at_broker(account) else { return };
        // What has been due longest comes first, so that a list that is asked for often
        // leaves something of a small budget for the others.
        let mut kinds = ReadKind::ALL;
        kinds.sort_by_key(|kind| (self.read_urgency(live, *kind), live.read(*kind).due, *kind));
        for kind in kinds {
            let Some((_, live)) = self.at_broker(account) else { return };
            let read = live.read(kind);
            if !live.link.is_up() || read.asked.is_some() || read.due > now {
                continue;
            }
            let urgency = self.read_urgency(live, kind);
            let call = question(live, kind, now);
            if !self.may_send(account, urgency) {
                continue;
            }
            let request = self.next_request();
            if let Some(live) = self.live_mut(account) {
                live.read_mut(kind).asked = Some((request, now));
            }
            self.ask(account, AskedFor::Read(kind), Call::Read(call), out);
        }
    }

    fn read_urgency(&self, live: &LiveAccount, kind: ReadKind) -> Urgency {
        match kind {
            ReadKind::Positions | ReadKind::Closed if live.is_waiting() => Urgency::ReadBack,
            ReadKind::Orders if live.awaits_orders() => Urgency::ReadBack,
            // Nothing is entered before they are known, so that no order needs what they take.
            _ if !live.is_known() || live.lists_from().is_none() => Urgency::ReadBack,
            ReadKind::Positions => Urgency::Routine,
            ReadKind::Closed | ReadKind::Balance | ReadKind::Instruments | ReadKind::Orders => {
                Urgency::Spare
            }
        }
    }

    /// Positions whose bracket at the broker is not the one they should have.
    pub(super) fn look_after(&mut self, out: &mut Effects) {
        for index in 0..self.rows.len() {
            if !self.rows[index].touched || !self.settings.trading {
                continue;
            }
            let account = AccountId(index as u16);
            self.look_after_orders(account);
            let Some((_, live)) = self.at_broker(account) else { continue };
            let wrong: Vec<(Held, BracketPrices)> = live
                .held
                .iter()
                .filter(|held| held.missing == 0 && held.edit_after <= self.now)
                .filter(|held| !live.writes.iter().any(|w| w.position() == Some(&held.id)))
                .filter_map(|held| {
                    let wanted = self.wanted(account, held)?;
                    (wanted != held.shown).then(|| (held.clone(), wanted))
                })
                .collect();
            for (held, wanted) in wrong {
                // Its first bracket may differ, because it is measured from the fill.
                if held.shown.stop.is_none() && wanted.stop.is_some() {
                    self.bracket_lost(account, &held, out);
                }
                let bare = held.shown.stop.is_none() && wanted.stop.is_some();
                if bare && held.edits_refused >= REFUSED {
                    self.tell_command(account, Command::Close { slot: held.slot, lots: None });
                } else {
                    self.edit(account, &held, wanted);
                }
            }
        }
    }

    /// The bracket that the engine wants of a position.
    pub(super) fn wanted(&self, account: AccountId, held: &Held) -> Option<BracketPrices> {
        let ledger = self.session.accounts()[account.index()].engine().ledger();
        let position = ledger.position(held.slot)?;
        let instrument = &ledger.market(held.instrument).instrument;
        Some(prices(instrument, position.bracket))
    }

    /// Says once that a bracket was lost at the broker.
    fn bracket_lost(&mut self, account: AccountId, held: &Held, out: &mut Effects) {
        let Some(live) = self.live_mut(account) else { return };
        if live.reported.insert(format!("bracket {}", held.id)) {
            let level = |l: Option<Decimal>| l.map_or_else(|| "none".to_owned(), |l| l.to_string());
            let words = format!(
                "position {} of {} has stop {} and target {}, not what it should have; it is repaired",
                held.id,
                held.symbol,
                level(held.shown.stop),
                level(held.shown.target)
            );
            let kind = AlertKind::BracketLost;
            out.happenings.push(alert(Severity::Warning, Some(account), kind, words));
        }
    }

    /// When something is due of each account that this step touched.
    pub(super) fn set_alarms(&mut self) {
        for index in 0..self.rows.len() {
            if !self.rows[index].touched {
                continue;
            }
            let account = AccountId(index as u16);
            let alarm = self.alarm(account);
            let row = &mut self.rows[index];
            // What is due and could not be done now is not due again at once.
            row.alarm = alarm.max(Nanos(self.now.0 + LEAST));
            row.touched = false;
        }
    }

    fn alarm(&self, account: AccountId) -> Nanos {
        let Some((_, live)) = self.at_broker(account) else { return NEVER };
        let mut at = NEVER;
        let mut soonest = |when: Nanos| at = at.min(when);
        let may = |urgency| self.may_send_at(account, urgency);
        // One that is queued goes when a login of another account ends.
        if let Some(due) = live.link.next_due().filter(|_| live.queued.is_none()) {
            soonest(if due <= self.now { may(self.session_urgency(account)) } else { due });
        }
        for kind in ReadKind::ALL {
            let read = live.read(kind);
            match read.asked {
                Some((_, sent)) => soonest(Nanos(sent.0 + self.settings.timeout.0)),
                None if live.link.is_up() => {
                    let urgency = self.read_urgency(live, kind);
                    soonest(if read.due <= self.now { may(urgency) } else { read.due });
                }
                None => {}
            }
        }
        for under in &live.writes {
            if let Stage::InFlight { since, .. } = under.intent.stage() {
                soonest(Nanos(since.0 + self.settings.timeout.0));
            }
        }
        let session = live.link.awaited().and_then(|request| self.known.requests.get(&request));
        if let Some(asked) = session {
            soonest(Nanos(asked.sent.0 + self.settings.timeout.0));
        }
        let anew = |w: &&Under| {
            *w.intent.stage() == Stage::Ready && w.entry().is_some_and(|e| e.refused > 0)
        };
        for under in live.writes.iter().filter(anew) {
            soonest(Nanos(under.decided.0 + LONGEST_WAIT.0 + 1));
        }
        live.close_again.iter().for_each(|c| soonest(c.at));
        live.order_after.values().filter(|a| a.0 > self.now).for_each(|a| soonest(a.0));
        let again = live.held.iter().map(|h| h.edit_after).filter(|at| *at > self.now);
        again.for_each(&mut soonest);
        if let Some(ready) = self.ready_at(account) {
            soonest(ready);
        }
        at
    }
}

/// What is asked for a list.
fn question(live: &LiveAccount, kind: ReadKind, now: Nanos) -> Read {
    match kind {
        ReadKind::Positions => Read::Positions,
        ReadKind::Orders => Read::Orders,
        ReadKind::Balance => Read::Balance,
        ReadKind::Instruments => Read::Instruments,
        ReadKind::Closed => {
            let from = Nanos(live.closed_to.0 - OVERLAP.0);
            // A day at a time: a broker may not give more at once.
            let to = Nanos((now.0 + OVERLAP.0).min(from.0 + OVERLAP.0 + Nanos::DAY.0));
            Read::Closed { from, to }
        }
    }
}
