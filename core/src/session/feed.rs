//! The door for a driver that is handed events one by one: a live runner, or a
//! paper account beside it.
//!
//! Events come in their total order, ranked by [`Body::rank`] where they share an
//! instant, which is their time of receipt. Bars that end together are held back
//! until something else comes, because a venue tests margin against all of them, and
//! so are bars that open together; [`Session::flush`] says that nothing else will.
//!
//! Known limit: where a bar touched stop and target and finer bars should tell which
//! came first, none are known here, so it stays open and the rule for that applies.

use alloc::vec::Vec;

use super::account::{Account, Ending};
use super::error::FeedError;
use super::instant::{Closing, Session};
use super::observer::{AccountId, Observer};
use crate::event::{Body, Event};
use crate::features::FeatureSource;
use crate::order::SlotId;
use crate::units::Nanos;

impl<A, F> Session<A, F>
where
    A: AsRef<[Account]> + AsMut<[Account]>,
    F: FeatureSource,
{
    /// Takes what concerns every account: news of the market, the calendar, a
    /// command, the moment to decide. Numbers are given anew; both times are kept.
    pub fn feed<O: Observer>(&mut self, event: Event, observer: &mut O) -> Result<(), FeedError> {
        let ts = event.ts_recv;
        self.check(&event)?;
        match event.body {
            Body::Bar { instrument, .. } | Body::History { instrument, .. } => {
                if !self.batch.closes_with(instrument, ts) {
                    self.flush(observer);
                }
                self.batch.ts = Some(ts);
                self.batch.closing.push(event);
                Ok(())
            }
            Body::Open { instrument, px } => {
                if !self.batch.opens_with(instrument, ts) {
                    self.flush(observer);
                }
                self.batch.ts = Some(ts);
                self.batch.opens.push((instrument, px));
                Ok(())
            }
            Body::Fill(_)
            | Body::Order { .. }
            | Body::Balance { .. }
            | Body::Signal { .. }
            | Body::Pending { .. } => Err(FeedError::OneAccount),
            Body::Command(command) if command.is_of_one_account() => Err(FeedError::OneAccount),
            Body::Book { instrument, .. } => {
                self.go_on(ts, observer);
                let taken = self.take(event, observer);
                taken.map_err(|error| FeedError::Book { instrument, error })
            }
            Body::PublicTrade { .. } | Body::Funding { .. } | Body::DayStart => {
                self.go_on(ts, observer);
                self.step(event, observer);
                Ok(())
            }
            Body::Command(_) => {
                self.go_on(ts, observer);
                self.step(event, observer);
                self.answer(ts, observer);
                Ok(())
            }
            Body::Decide => {
                self.go_on(ts, observer);
                self.decide(ts, observer);
                Ok(())
            }
            Body::SegmentStart { instrument } => {
                self.go_on(ts, observer);
                self.end_segment(ts, instrument, Ending::Segment, observer);
                Ok(())
            }
        }
    }

    /// What waited is over; the next thing is at `ts`.
    fn go_on<O: Observer>(&mut self, ts: Nanos, observer: &mut O) {
        self.flush(observer);
        self.batch.ts = Some(ts);
    }

    /// Says that it is `ts`: nothing else of an instant before will come.
    pub fn pass_to<O: Observer>(&mut self, ts: Nanos, observer: &mut O) {
        if self.batch.ts.is_some_and(|at| at < ts) {
            self.flush(observer);
        }
    }

    /// Takes what concerns one account: its broker's reports, an operator's command, a
    /// signal from outside.
    pub fn report<O: Observer>(
        &mut self,
        account: AccountId,
        mut event: Event,
        observer: &mut O,
    ) -> Result<(), FeedError> {
        let Some(to) = self.accounts().get(account.index()) else {
            return Err(FeedError::NoAccount(account));
        };
        match &event.body {
            Body::Fill(_) | Body::Order { .. } | Body::Balance { .. } if !to.is_outside() => {
                return Err(FeedError::Simulated(account));
            }
            Body::Balance { cash, paid }
                if !to.engine().ledger().has_room_for_balance(*cash, *paid) =>
            {
                return Err(FeedError::Balance(*cash));
            }
            Body::Balance { .. } => {}
            Body::Fill(fill) if !to.engine().expects(fill) => {
                return Err(FeedError::Fill(fill.order));
            }
            Body::Fill(_) => {}
            Body::Order { slot, .. } => has_slot(to, *slot)?,
            Body::Command(command) => command.slot().map_or(Ok(()), |slot| has_slot(to, slot))?,
            Body::Signal { slot, signal } | Body::Pending { slot, signal, .. } => {
                has_slot(to, *slot)?;
                signal.validate().map_err(FeedError::Signal)?;
            }
            _ => return Err(FeedError::Market),
        }
        let ts = event.ts_recv;
        self.check(&event)?;
        self.go_on(ts, observer);
        let (accounts, rows) = self.accounts_mut();
        let to = &mut accounts[account.index()];
        to.step(&mut event, rows, observer);
        if to.is_outside() {
            to.note_held(true);
        }
        to.answer(ts, rows, observer);
        Ok(())
    }

    /// Acts on what waits: nothing else of its instant comes.
    pub fn flush<O: Observer>(&mut self, observer: &mut O) {
        let Some(ts) = self.batch.ts else { return };
        if !self.batch.closing.is_empty() {
            let mut events = core::mem::take(&mut self.batch.closing);
            let closing: Vec<Closing<'_>> = events.iter().filter_map(closing).collect();
            self.close_bars(ts, &closing, None, observer);
            events.clear();
            self.batch.closing = events;
        }
        if !self.batch.opens.is_empty() {
            let mut opens = core::mem::take(&mut self.batch.opens);
            self.open_bars(ts, &opens, observer);
            opens.clear();
            self.batch.opens = opens;
        }
    }

    /// Whether an event may come now, and of what.
    fn check(&self, event: &Event) -> Result<(), FeedError> {
        if let Some(last) = self.batch.ts.filter(|last| *last > event.ts_recv) {
            return Err(FeedError::Backwards { event: event.ts_recv.0, last: last.0 });
        }
        match event.body.instrument().filter(|id| id.index() >= self.instruments()) {
            Some(id) => Err(FeedError::NoInstrument(id)),
            None => Ok(()),
        }
    }
}

fn has_slot(account: &Account, slot: SlotId) -> Result<(), FeedError> {
    if slot.index() < account.engine().slots() { Ok(()) } else { Err(FeedError::NoSlot(slot)) }
}

fn closing(event: &Event) -> Option<Closing<'_>> {
    let (instrument, bar) = event.body.closed_bar()?;
    let traded = matches!(event.body, Body::Bar { .. });
    Some(Closing { instrument, bar, traded, ts_exch: event.ts_exch })
}
