//! What brokers answer.

use tickstep_core::order::Unfilled;
use tickstep_core::session::AccountId;
use tickstep_core::units::Nanos;

use super::dispatch::news;
use super::fate::Fate;
use super::happening::Happening;
use super::limits::back_off;
use super::link::LinkCall;
use super::news::{AlertKind, OrderStatus, Severity};
use super::outcome::{SentTimes, unexecuted};
use super::retry_rules::TURNED_AWAY;
use super::tables::{CloseAgain, GivenUp, Purpose, ReadKind, Under};
use super::{Asked, AskedFor, Effects, Runner, alert};
use crate::broker::{Fault, Reply};
use crate::intent::{Doubt, End, IntentId, Outcome, RequestId, Stage};

/// How often a question is asked close together.
const TRIES: u32 = 3;

impl Runner {
    pub(super) fn reply(&mut self, request: RequestId, reply: Reply, out: &mut Effects) {
        // A reply that was not asked for, or was answered, tells nothing.
        let Some(asked) = self.known.requests.remove(&request) else { return };
        self.rows[asked.account.index()].touched = true;
        self.note_host(asked.account, asked.sent, &reply, out);
        let Asked { account, what, sent } = asked;
        match what {
            AskedFor::Session(call) => self.session_reply(account, call, request, reply, out),
            AskedFor::LogOut => {}
            AskedFor::Read(kind) => self.read_reply(account, kind, (request, sent), reply, out),
            AskedFor::Write(intent) => self.write_reply(account, intent, sent, reply, out),
        }
    }

    fn session_reply(
        &mut self,
        account: AccountId,
        call: LinkCall,
        request: RequestId,
        reply: Reply,
        out: &mut Effects,
    ) {
        let now = self.now;
        let ahead = self.venue_time(account, now) - now;
        let Some(live) = self.live_mut(account) else { return };
        if !live.link.awaits(request) {
            return;
        }
        let was_up = live.link.is_up();
        match reply {
            Reply::LoggedIn(session) => {
                // The broker says it by its own clock.
                live.link.opened_until(now, session.expires.map(|at| at - ahead));
                if call == LinkCall::LogIn || !was_up {
                    // Whatever was known may have changed meanwhile.
                    for kind in ReadKind::ALL {
                        live.hurry(kind, now);
                    }
                }
                let (number, expires) =
                    (Some(session.account), session.expires.map(|at| at - ahead));
                let (up, leverage, why) = (true, session.leverage, None);
                out.happenings.push(Happening::Session {
                    account,
                    up,
                    number,
                    expires,
                    leverage,
                    why,
                });
            }
            Reply::Failed(fault) => {
                live.link.failed(now, &fault);
                let why = fault.to_string();
                if was_up && !live.link.is_up() {
                    out.happenings.push(Happening::no_session(account, why.clone()));
                }
                if live.reported.insert(format!("session: {why}")) {
                    let words = format!("no session: {why}");
                    let kind = AlertKind::Session;
                    out.happenings.push(alert(Severity::Warning, Some(account), kind, words));
                }
                return;
            }
            _ => live.link.failed(now, &Fault::Unreadable("another kind of reply".to_owned())),
        }
        live.reported.retain(|words| !words.starts_with("session: "));
    }

    fn read_reply(
        &mut self,
        account: AccountId,
        kind: ReadKind,
        (request, sent): (RequestId, Nanos),
        reply: Reply,
        out: &mut Effects,
    ) {
        let now = self.now;
        let every = self.every(account, kind);
        let Some(live) = self.live_mut(account) else { return };
        // Asked in an earlier session: what is known of this one it does not say, so that it
        // is asked again at once.
        let is_old = live.link.opened().is_some_and(|opened| sent < opened);
        let read = live.read_mut(kind);
        if read.asked.is_some_and(|(asked, _)| asked != request) {
            return;
        }
        read.asked = None;
        if let Reply::Failed(fault) = &reply {
            read.failures += 1;
            // Three tries close together, then with everybody else's turn.
            let wait = match fault {
                Fault::TooMany { retry_after: Some(wait) } => *wait,
                Fault::Unauthorised if is_old => Nanos(0),
                // It is not there any more; what is asked in everybody's turn may be again.
                Fault::Gone => every,
                _ if read.failures < TRIES => back_off(read.failures, u64::from(account.0)),
                _ => every.max(back_off(read.failures, u64::from(account.0))),
            };
            read.due = Nanos(now.0 + wait.0);
            let tried = read.failures >= TRIES;
            if *fault == Fault::Unauthorised {
                live.link.refused(now, sent);
            }
            if tried && live.reported.insert(format!("unread {}", kind.word())) {
                let words = format!("{} cannot be read: {fault}", kind.word());
                let kind = AlertKind::Unread;
                out.happenings.push(alert(Severity::Warning, Some(account), kind, words));
            }
            return;
        }
        read.failures = 0;
        read.due = if is_old { now } else { Nanos(now.0 + every.0) };
        live.reported.remove(&format!("unread {}", kind.word()));
        match (kind, reply) {
            (ReadKind::Positions, Reply::Positions(theirs)) => {
                self.positions_read(account, sent, theirs, out);
            }
            (ReadKind::Closed, Reply::Closed(rows)) => self.closed_read(account, sent, rows, out),
            (ReadKind::Balance, Reply::Balance(money)) => {
                self.balance_read(account, sent, money, out);
            }
            (ReadKind::Instruments, Reply::Instruments(terms)) => {
                self.terms_read(account, sent, terms, out);
            }
            (ReadKind::Orders, Reply::Orders(theirs)) => {
                self.orders_read(account, sent, theirs, out);
            }
            (_, other) => {
                let read = live.read_mut(kind);
                read.failures += 1;
                let words = format!("{} were answered with {}", kind.word(), name(&other));
                self.halt(account, AlertKind::Difference, words, out);
            }
        }
        self.settle(account, out);
        self.hold_against(account, out);
    }

    fn write_reply(
        &mut self,
        account: AccountId,
        id: IntentId,
        sent: Nanos,
        reply: Reply,
        out: &mut Effects,
    ) {
        let now = self.now;
        let outcome = match reply {
            Reply::Write(outcome) => outcome,
            // The request was not sent, or turned away at the door, so that nothing was done.
            Reply::Failed(
                fault @ (Fault::Unauthorised | Fault::TooMany { .. } | Fault::Network(_)),
            ) => {
                if fault == Fault::Unauthorised
                    && let Some(live) = self.live_mut(account)
                {
                    live.link.refused(now, sent);
                }
                Outcome::Rejected { code: Some(TURNED_AWAY.to_owned()), message: fault.to_string() }
            }
            Reply::Failed(fault) => Outcome::Unknown(Doubt::Unreadable(fault.to_string())),
            other => Outcome::Unknown(Doubt::Unreadable(name(&other).to_owned())),
        };
        self.write_answered(account, id, outcome, out);
    }

    /// Takes the answer to a write, or that there was none.
    pub(super) fn write_answered(
        &mut self,
        account: AccountId,
        id: IntentId,
        outcome: Outcome,
        out: &mut Effects,
    ) {
        let now = self.now;
        let soon = Nanos(now.0 + self.settings.positions_soon.0 / 4);
        let Some(live) = self.live_mut(account) else { return };
        let Some(under) = live.writes.iter_mut().find(|w| w.intent.id() == id) else { return };
        if under.intent.answered(now, outcome).is_err() {
            return;
        }
        match under.intent.stage().clone() {
            Stage::Accepted { .. } => {
                out.happenings.push(news(account, under, OrderStatus::Accepted));
                live.hurry_after_write(soon);
            }
            Stage::Unknown { why, .. } => {
                out.happenings.push(news(account, under, OrderStatus::Unknown));
                let words = format!("the outcome of intent {} is not known: {why:?}", id.0);
                let kind = AlertKind::Unknown;
                out.happenings.push(alert(Severity::Warning, Some(account), kind, words));
                live.hurry_after_write(soon);
            }
            Stage::Done(End::Rejected { message, .. }) => {
                self.write_failed(account, id, &Fate::Rejected { message }, out);
            }
            Stage::Ready | Stage::InFlight { .. } | Stage::Resting { .. } | Stage::Done(_) => {}
        }
    }

    /// A write ended without having been carried out.
    pub(super) fn write_failed(
        &mut self,
        account: AccountId,
        id: IntentId,
        fate: &Fate,
        out: &mut Effects,
    ) {
        let now = self.now;
        let Some(live) = self.live_mut(account) else { return };
        let Some(at) = live.writes.iter().position(|w| w.intent.id() == id) else { return };
        let under = live.writes.remove(at);
        if let Stage::Done(end) = under.intent.stage() {
            out.happenings.push(news(account, &under, OrderStatus::Ended(end.clone())));
        }
        let (times, end) = (SentTimes::default(), unexecuted(fate));
        out.outcomes.extend(self.write_outcome(account, &under, times, end));
        let words = match fate {
            Fate::Rejected { message } => format!("{} was refused: {message}", what(&under)),
            _ => format!("{} was not found at the broker and is given up", what(&under)),
        };
        let dropped = self.is_dropped(account, &under, fate);
        let words = if dropped {
            format!("{words}; it is not asked for again, and the position stays as it is")
        } else {
            words
        };
        out.happenings.push(alert(Severity::Warning, Some(account), AlertKind::Rejected, words));
        let Some(live) = self.live_mut(account) else { return };
        // What a refusal says of a position may be that it is gone.
        live.hurry_after_write(now);
        if self.try_again(account, &under) {
            return;
        }
        let Some(live) = self.live_mut(account) else { return };
        let Under { purpose, write, before, intent, decided, sent_there, .. } = under;
        match purpose {
            Purpose::Entry(entry) => {
                if *fate == Fate::NotPlaced {
                    live.given_up.push(GivenUp {
                        intent: intent.id(),
                        order: entry.order,
                        write,
                        decided,
                        sent_there,
                        before,
                        since: now,
                    });
                }
                let (order, fate) = (entry.order, fate.clone());
                out.happenings.extend(self.known.fan_outs.ended(now, account, order, fate));
                self.tell_end(account, order, entry.slot, Unfilled::Rejected);
            }
            Purpose::Exit { .. } => self.exit_failed(account, (purpose, dropped), fate, out),
            Purpose::Edit { position } => {
                if let Some(held) = live.held_mut(&position) {
                    held.edits_refused += 1;
                    let wait = back_off(held.edits_refused, u64::from(account.0));
                    held.edit_after = Nanos(now.0 + wait.0);
                }
            }
            // The lists show whether it is still there; then it is closed again.
            Purpose::Orphan { .. } => {}
            Purpose::Cancel { order } => self.order_refused(account, &order),
            Purpose::Reprice { order, entry } => self.reprice_failed(account, &order, entry, fate),
        }
    }
}

impl Runner {
    /// An exit ended without having been carried out: it is asked for again, unless it is
    /// dropped.
    fn exit_failed(
        &mut self,
        account: AccountId,
        (exit, dropped): (Purpose, bool),
        fate: &Fate,
        out: &mut Effects,
    ) {
        let now = self.now;
        let Purpose::Exit { order, slot, position, lots, filled, part, .. } = exit else { return };
        let Some(live) = self.live_mut(account) else { return };
        let failed = live.close_failures.entry(slot).or_default();
        *failed += 1;
        let wait = back_off(*failed, u64::from(account.0));
        live.close_again.retain(|c| c.slot != slot);
        let left = lots.checked_sub(filled).filter(|left| !left.is_zero());
        let part = part.then_some(position).zip(left);
        if dropped {
            live.close_failures.remove(&slot);
        } else {
            live.close_again.push(CloseAgain { slot, at: now + wait, part });
        }
        let others = live
            .writes
            .iter()
            .any(|w| matches!(&w.purpose, Purpose::Exit { order: other, .. } if *other == order));
        out.happenings.extend(self.known.fan_outs.ended(now, account, order, fate.clone()));
        if !others {
            self.tell_end(account, order, slot, Unfilled::Rejected);
        }
    }

    /// Whether a write that failed is the close of a part that is not asked for again: the
    /// broker does not want it as it is, or it was tried often enough. All of a position is
    /// asked for until it is closed.
    fn is_dropped(&self, account: AccountId, under: &Under, fate: &Fate) -> bool {
        let Purpose::Exit { slot, part: true, .. } = &under.purpose else { return false };
        let code = match under.intent.stage() {
            Stage::Done(End::Rejected { code, .. }) => code.as_deref(),
            _ => None,
        };
        let may_pass = match fate {
            Fate::Rejected { message } => self.settings.retry.lets(0, code, message),
            _ => true,
        };
        let failed = self.at_broker(account).and_then(|(_, l)| l.close_failures.get(slot).copied());
        !may_pass || failed.unwrap_or(0) >= TRIES
    }
}

/// A write, for people.
fn what(under: &Under) -> String {
    let kind = match &under.purpose {
        Purpose::Entry(_) => "the entry",
        Purpose::Exit { .. } | Purpose::Orphan { .. } => "the close",
        Purpose::Edit { .. } => "the change of stop and target",
        Purpose::Cancel { .. } => "the withdrawal of an order",
        Purpose::Reprice { .. } => "the change of an order",
    };
    format!("{kind} of {} (intent {})", under.write.symbol(), under.intent.id().0)
}

/// What kind of reply it is.
const fn name(reply: &Reply) -> &'static str {
    match reply {
        Reply::LoggedIn(_) => "a session",
        Reply::LoggedOut => "the end of a session",
        Reply::Balance(_) => "a balance",
        Reply::Instruments(_) => "instruments",
        Reply::Quotes(_) => "quotes",
        Reply::Candles(_) => "candles",
        Reply::Positions(_) => "positions",
        Reply::Orders(_) => "orders",
        Reply::Closed(_) => "closed positions",
        Reply::Write(_) => "the answer to an order",
        Reply::Failed(_) => "a fault",
    }
}
