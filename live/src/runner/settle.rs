//! What the broker's lists say of writes that were sent: done, not there, or nothing yet.

use tickstep_core::session::AccountId;
use tickstep_core::units::Nanos;

use super::dispatch::news;
use super::fate::Fate;
use super::news::OrderStatus;
use super::tables::{Held, LiveAccount, Purpose, ReadKind, Under};
use super::{Effects, Runner};
use crate::broker::Write;
use crate::intent::{IntentId, Stage};

impl Runner {
    /// Ends writes of which the lists have told enough.
    pub(super) fn settle(&mut self, account: AccountId, out: &mut Effects) {
        let Some((_, live)) = self.at_broker(account) else { return };
        let ids: Vec<IntentId> = live.writes.iter().map(|w| w.intent.id()).collect();
        for id in ids {
            let Some((_, live)) = self.at_broker(account) else { return };
            let Some(under) = live.writes.iter().find(|w| w.intent.id() == id) else { continue };
            match self.verdict(live, under) {
                Verdict::Wait => {}
                Verdict::Done => self.write_done(account, id, out),
                Verdict::Rest => self.entry_over(account, id, out),
                Verdict::Gone => self.order_gone(account, id, out),
                Verdict::Absent => {
                    let Some(live) = self.live_mut(account) else { return };
                    let under = live.writes.iter_mut().find(|w| w.intent.id() == id);
                    if under.is_some_and(|w| w.intent.absent().is_ok()) {
                        self.write_failed(account, id, &Fate::NotPlaced, out);
                    }
                }
            }
        }
    }

    /// What the lists that were read say of a write.
    fn verdict(&self, live: &LiveAccount, under: &Under) -> Verdict {
        let (Some(sent), false) = (under.intent.sent(), is_in_flight(under)) else {
            return Verdict::Wait;
        };
        let there = under.sent_there;
        let after = |kind, wait: Nanos| {
            live.read(kind).done_there.is_some_and(|done| done.0 >= there.0 + wait.0)
        };
        let lag = self.settings.lag;
        let over = Nanos(self.settings.window_after.0 + lag.0);
        match &under.purpose {
            Purpose::Entry(entry) if under.intent.rests() => {
                if !is_past(live, under, lag) {
                    return Verdict::Wait;
                }
                if entry.filled.is_zero() { Verdict::Gone } else { Verdict::Rest }
            }
            Purpose::Entry(entry) => {
                let late = after(ReadKind::Positions, over)
                    && after(ReadKind::Closed, over)
                    && (!under.waits() || after(ReadKind::Orders, over));
                match (late, entry.filled.is_zero()) {
                    (true, true) => Verdict::Absent,
                    (true, false) => Verdict::Rest,
                    (false, _) => Verdict::Wait,
                }
            }
            Purpose::Exit { position, .. } => match live.held(position) {
                None => Verdict::Done,
                Some(held)
                    if held.missing == 0
                        && after(ReadKind::Positions, over)
                        && after(ReadKind::Closed, over)
                        && !self.is_less(live, held) =>
                {
                    Verdict::Absent
                }
                Some(_) => Verdict::Wait,
            },
            Purpose::Edit { position } => {
                let Write::EditPosition { bracket, .. } = &under.write else {
                    return Verdict::Done;
                };
                let foreign = live.foreign.get(position);
                match live.held(position) {
                    None if foreign.is_none_or(|theirs| theirs.bracket == *bracket) => {
                        Verdict::Done
                    }
                    None if after(ReadKind::Positions, over) => Verdict::Absent,
                    None => Verdict::Wait,
                    Some(held) if held.shown_at >= sent && held.shown == *bracket => Verdict::Done,
                    Some(held) if held.missing == 0 && after(ReadKind::Positions, over) => {
                        Verdict::Absent
                    }
                    Some(_) => Verdict::Wait,
                }
            }
            Purpose::Cancel { order } | Purpose::Reprice { order, .. } => {
                match (is_changed(live, under, order, sent), after(ReadKind::Orders, over)) {
                    (true, _) => Verdict::Done,
                    (false, true) => Verdict::Absent,
                    (false, false) => Verdict::Wait,
                }
            }
            Purpose::Orphan { .. } => {
                // Lists that still show it will have it closed again.
                if after(ReadKind::Positions, over) { Verdict::Done } else { Verdict::Wait }
            }
        }
    }

    /// Whether the broker shows less of a position than is counted on here: something was
    /// closed, and the row that says how is on its way.
    fn is_less(&self, live: &LiveAccount, held: &Held) -> bool {
        held.theirs.1 < self.instrument(live.id, held.instrument).qty(held.lots)
    }

    /// A write was carried out, and the lists show it.
    pub(super) fn write_done(&mut self, account: AccountId, id: IntentId, out: &mut Effects) {
        let Some(live) = self.live_mut(account) else { return };
        let Some(at) = live.writes.iter().position(|w| w.intent.id() == id) else { return };
        let mut under = live.writes.remove(at);
        if *under.intent.stage() == Stage::Ready {
            let _ = under.intent.withdraw();
        } else if under.intent.found().is_err() {
            return;
        }
        if let Purpose::Edit { position } = &under.purpose
            && let Some(held) = live.held_mut(position)
        {
            held.edits_refused = 0;
        }
        if let Stage::Done(end) = under.intent.stage() {
            out.happenings.push(news(account, &under, OrderStatus::Ended(end.clone())));
        }
    }
}

/// What lists say of a write.
enum Verdict {
    /// Nothing yet.
    Wait,
    /// It was carried out.
    Done,
    /// Part of it was, and no more will come.
    Rest,
    /// It waited for its price, and is not there any more.
    Gone,
    /// It was not.
    Absent,
}

/// Whether an order that waited is gone, and lists of positions are newer than that.
fn is_past(live: &LiveAccount, under: &Under, lag: Nanos) -> bool {
    let Some(gone) = live.gone_since(under.intent.id()) else { return false };
    let newer = |kind| live.read(kind).done_there.is_some_and(|done| done.0 >= gone.0 + lag.0);
    newer(ReadKind::Positions) && newer(ReadKind::Closed)
}

/// Whether the list of orders, asked for after a change was sent, shows it: the order is gone,
/// or has the price and the levels that were asked for.
fn is_changed(live: &LiveAccount, under: &Under, order: &str, sent: Nanos) -> bool {
    let asked = live.read(ReadKind::Orders).done.is_some_and(|done| done >= sent);
    asked
        && match (live.orders.get(order), &under.write) {
            (None, _) => true,
            (Some(shown), Write::EditOrder { price, bracket, .. }) => {
                (shown.price, shown.bracket) == (*price, *bracket)
            }
            (Some(_), _) => false,
        }
}

const fn is_in_flight(under: &Under) -> bool {
    matches!(under.intent.stage(), Stage::InFlight { .. })
}
