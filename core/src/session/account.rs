//! One account: its engine, and the venue that its intents go to.

use alloc::vec::Vec;

use super::observer::{AccountId, Observer};
use crate::engine::{Engine, Outbox};
use crate::event::{Bar, Body, Event};
use crate::features::Features;
use crate::instrument::InstrumentId;
use crate::ledger::{PriceRange, Reach};
use crate::order::{ExitReason, Unfilled};
use crate::sim::{Finer, Sim};
use crate::units::{Nanos, Ticks};

/// What of an instrument's data ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// A segment: features and strategies start afresh with the next.
    Segment,
    /// All data of the instrument: nothing follows.
    Data,
}

/// An engine and its venue. Events are numbered here, from 1.
pub struct Account {
    id: AccountId,
    pub(super) engine: Engine,
    pub(super) sim: Option<Sim>,
    out: Outbox,
    /// What the simulated exchange reported and the engine has not seen.
    reports: Vec<Body>,
    pub(super) seq: u64,
    /// Whether a position was open at any time since the last mark, inside a bar.
    pub(super) held: bool,
}

impl Account {
    /// An account that trades on a simulated exchange, or, without one, at a venue
    /// outside. `id` is its place in the session.
    #[must_use]
    pub fn new(id: AccountId, engine: Engine, sim: Option<Sim>) -> Self {
        Self { id, engine, sim, out: Outbox::default(), reports: Vec::new(), seq: 0, held: false }
    }

    /// The engine that decides for it.
    #[inline]
    #[must_use]
    pub const fn engine(&self) -> &Engine {
        &self.engine
    }

    /// The venue it trades at, where that is the simulated exchange.
    #[inline]
    #[must_use]
    pub const fn sim(&self) -> Option<&Sim> {
        self.sim.as_ref()
    }

    /// Whether its venue is a broker outside.
    pub(super) const fn is_outside(&self) -> bool {
        self.sim.is_none()
    }

    /// Numbers an event and steps the engine with it.
    #[inline(always)]
    pub(super) fn step<O: Observer>(
        &mut self,
        event: &mut Event,
        rows: &[Features],
        observer: &mut O,
    ) {
        self.seq += 1;
        event.seq = self.seq;
        observer.event(self.id, event);
        self.engine.step(event, rows, &mut self.out);
    }

    /// Hands what the engine gave out to its venue and the observer.
    #[inline]
    pub(super) fn answer<O: Observer>(&mut self, ts: Nanos, rows: &[Features], observer: &mut O) {
        if !self.out.is_empty() {
            self.submit(ts, rows, observer);
        }
    }

    /// Hands the venue's reports to the engine, and its answers to the venue.
    #[inline]
    fn deliver<O: Observer>(&mut self, ts: Nanos, rows: &[Features], observer: &mut O) {
        while !self.reports.is_empty() {
            self.report(ts, rows, observer);
            self.submit(ts, rows, observer);
        }
    }

    /// Steps the engine with what the venue reported so far.
    fn report<O: Observer>(&mut self, ts: Nanos, rows: &[Features], observer: &mut O) {
        let mut reports = core::mem::take(&mut self.reports);
        for body in reports.drain(..) {
            self.step(&mut Event::at(ts, 0, body), rows, observer);
        }
        // Stepping the engine reports nothing, so this is the one buffer again.
        self.reports = reports;
    }

    fn submit<O: Observer>(&mut self, ts: Nanos, rows: &[Features], observer: &mut O) {
        let mut again = true;
        while again {
            for intent in self.out.intents.drain(..) {
                observer.intent(self.id, &intent);
                if let Some(sim) = &mut self.sim {
                    sim.submit(ts, &intent, &mut self.reports);
                }
            }
            again = !self.reports.is_empty();
            self.report(ts, rows, observer);
        }
        observer.outbox(self.id, &mut self.out);
        self.out.clear();
    }

    /// Whether the venue has nothing that a bar could change.
    #[inline]
    pub(super) fn is_idle(&self) -> bool {
        self.sim.as_ref().is_none_or(Sim::is_idle)
    }

    /// Shows the venue the bars that end at `ts`.
    pub(super) fn test_brackets<O: Observer>(
        &mut self,
        ts: Nanos,
        bars: &[(InstrumentId, Bar)],
        finer: Option<Finer<'_>>,
        rows: &[Features],
        observer: &mut O,
    ) {
        let ranges =
            bars.iter().map(|(id, b)| PriceRange { instrument: *id, high: b.high, low: b.low });
        if !self.engine.admits(ts, ranges, Reach::Bracket) {
            return;
        }
        if let Some(sim) = &mut self.sim {
            sim.close_bars(ts, bars, self.engine.ledger(), finer, &mut self.reports);
        }
        self.deliver(ts, rows, observer);
    }

    /// Shows the venue the bars that open at `ts`: exits of all instruments, then
    /// entries of all, then brackets that an open is beyond.
    #[inline]
    pub(super) fn open_bars<O: Observer>(
        &mut self,
        ts: Nanos,
        opens: &[(InstrumentId, Ticks)],
        rows: &[Features],
        observer: &mut O,
    ) {
        let Some(sim) = &mut self.sim else { return };
        if sim.is_idle() {
            for (id, _) in opens {
                sim.opened(*id, ts);
            }
            return;
        }
        for act in [Sim::open_exits, Sim::open_entries, Sim::open_gaps] {
            for (id, px) in opens {
                if let Some(sim) = &mut self.sim {
                    act(sim, *id, ts, *px, &mut self.reports);
                }
                self.deliver(ts, rows, observer);
            }
        }
    }

    /// Notes whether a position is open while bars are in progress.
    #[inline]
    pub(super) fn note_held(&mut self, in_progress: bool) {
        if !self.engine.ledger().is_flat() {
            self.held |= in_progress;
        }
    }

    /// Shows the observer the account at a close.
    #[inline]
    pub(super) fn mark<O: Observer>(&mut self, ts: Nanos, observer: &mut O) {
        let held = core::mem::take(&mut self.held);
        observer.mark(self.id, ts, self.engine.ledger(), held);
        if self.is_outside() {
            // A broker's bars need not open here.
            self.note_held(true);
        }
    }

    /// Ends an instrument's data at the last price known of it.
    pub(super) fn end<O: Observer>(
        &mut self,
        id: InstrumentId,
        ts: Nanos,
        ending: Ending,
        rows: &[Features],
        observer: &mut O,
    ) {
        // Where no price is known yet, nothing can wait or be held.
        let Some(px) = self.engine.ledger().market(id).mark else { return };
        let (why, reason) = match ending {
            Ending::Segment => (Unfilled::SegmentEnd, ExitReason::SegmentEnd),
            Ending::Data => (Unfilled::EndOfData, ExitReason::EndOfData),
        };
        if let Some(sim) = &mut self.sim {
            sim.end(id, ts, px, why, reason, &mut self.reports);
        }
        if !self.reports.is_empty() {
            self.deliver(ts, rows, observer);
            observer.mark_again(self.id, ts, self.engine.ledger());
        }
    }

    /// Notes bars that ended and changed nothing, the next of which opened at
    /// `opened`; `bar` stands for them all.
    pub(super) fn pass<O: Observer>(
        &mut self,
        event: &mut Event,
        id: InstrumentId,
        opened: Nanos,
        rows: &[Features],
        observer: &mut O,
    ) {
        if let Some(sim) = &mut self.sim {
            sim.passed(id, opened);
        }
        if !self.engine.ledger().is_flat() {
            self.step(event, rows, observer);
        }
    }
}
