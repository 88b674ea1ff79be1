//! News of the market, and of the journal's disk.

use tickstep_core::event::{Body, Event};
use tickstep_core::instrument::InstrumentId;
use tickstep_core::units::{Nanos, Ticks};

use super::happening::Happening;
use super::input::Room;
use super::news::{AlertKind, Severity};
use super::{Effects, LastPrice, Runner, alert};

impl Runner {
    /// News of the market.
    pub(super) fn market(&mut self, ts_exch: Nanos, body: Body, out: &mut Effects) {
        if let Body::Bar { instrument, interval, bar } = body {
            out.happenings.push(Happening::Bar { instrument, interval, bar });
        }
        let rank = body.rank().unwrap_or(u8::MAX);
        let decide = Body::Decide.rank().unwrap_or(u8::MAX);
        while let Some(due) = self.session.next_due() {
            if (due, decide) >= (self.now, rank) {
                break;
            }
            // Held as long as allowed: the time of that, not of what came after.
            let at = due.max(self.last_fed());
            let fed = self.session.feed(Event::at(at, 0, Body::Decide), &mut self.caught);
            if fed.is_err() {
                break;
            }
        }
        if let Some((instrument, px)) = price(&body) {
            let last = &self.known.prices[instrument.index()];
            let of = last.of.max(ts_exch.min(self.now));
            // What features warm up on may be of yesterday.
            let still = last.still && matches!(body, Body::History { .. });
            self.known.prices[instrument.index()] =
                LastPrice { px: Some(px), at: self.now, of, still };
            self.remember(instrument, ts_exch, &body);
        }
        if body == Body::DayStart {
            self.known.day = self.known.day.max(Some(ts_exch));
        }
        if let Body::Open { instrument, px } = body {
            self.check_on_paper(instrument, px, out);
        }
        let event = Event { ts_exch, ts_recv: self.now, seq: 0, body };
        // Whole books alone are told, so that the last one is all that has to be kept.
        if let Body::Book { instrument, update } = &event.body
            && update.snapshot
        {
            self.known.books[instrument.index()] = Some(event.clone());
        }
        // What is refused changes nothing; a book that contradicts itself is asked for again
        // by the feed, which sees the same.
        let _ = self.session.feed(event, &mut self.caught);
    }

    /// Keeps the bars that features warm up on.
    fn remember(&mut self, instrument: InstrumentId, ts_exch: Nanos, body: &Body) {
        let (Body::Bar { interval, bar, .. } | Body::History { interval, bar, .. }) = body else {
            return;
        };
        let kept = &mut self.known.history[instrument.index()];
        if kept.len() >= self.settings.warm_up_bars {
            kept.pop_front();
        }
        let body = Body::History { instrument, interval: *interval, bar: *bar };
        kept.push_back(Event { ts_exch, ts_recv: self.now, seq: 0, body });
    }

    fn last_fed(&self) -> Nanos {
        self.now.min(self.known.prices.iter().map(|p| p.at).max().unwrap_or(self.now))
    }

    pub(super) fn room(&mut self, room: Room, out: &mut Effects) {
        if self.known.room != room && room == Room::Reserve {
            out.happenings.push(alert(
                Severity::Critical,
                None,
                AlertKind::Disk,
                "the journal's disk is full: no new entries; closes go on".to_owned(),
            ));
        }
        self.known.room = room;
    }
}

fn price(body: &Body) -> Option<(InstrumentId, Ticks)> {
    match body {
        Body::Bar { instrument, bar, .. } | Body::History { instrument, bar, .. } => {
            Some((*instrument, bar.close))
        }
        Body::Open { instrument, px } | Body::PublicTrade { instrument, px, .. } => {
            Some((*instrument, *px))
        }
        _ => None,
    }
}
