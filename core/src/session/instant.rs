//! The order of one instant.

use alloc::vec::Vec;

use rust_decimal::Decimal;

use super::account::{Account, Ending};
use super::batch::Batch;
use super::error::{FeedError, SessionError};
use super::observer::{AccountId, Observer};
use crate::book::BookError;
use crate::calendar::BarTimes;
use crate::engine::{Engine, EngineConfig};
use crate::event::{Bar, Body, Command, Event};
use crate::features::{FeatureSource, FeatureSpec, Features, Pipeline};
use crate::instrument::{InstrumentId, InstrumentSpec};
use crate::ledger::Market;
use crate::sim::{Finer, Sim};
use crate::units::{Nanos, Ticks};

/// A bar that ends, as the session is given it.
#[derive(Clone, Copy, Debug)]
pub struct Closing<'b> {
    /// The instrument whose bar ends.
    pub instrument: InstrumentId,
    /// Its prices and volume.
    pub bar: &'b Bar,
    /// Whether it may be decided on; else it only warms features up.
    pub traded: bool,
    /// The venue's time of its end, nanoseconds since the Unix epoch, UTC.
    pub ts_exch: Nanos,
}

/// An instrument of a session.
struct Feed<F> {
    interval: Nanos,
    source: F,
}

/// Accounts and what they see. `A` is how many accounts there are, `[Account; 1]`
/// or a vector; `F` is where rows come from.
pub struct Session<A, F> {
    accounts: A,
    feeds: Vec<Feed<F>>,
    /// The latest features, by instrument.
    rows: Vec<Features>,
    /// How many instruments have a bar in progress.
    pub(super) in_progress: usize,
    /// Whether a bar that may be decided on closed since the last decision.
    pub(super) closed: bool,
    /// Whether anything else came that may be decided on.
    pub(super) news: bool,
    /// Whether any order book was fed.
    books: bool,
    /// The bars that end, while venues look at them.
    bars: Vec<(InstrumentId, Bar)>,
    /// What was fed and waits for the rest of its instant.
    pub(super) batch: Batch,
}

impl<A, F> Session<A, F>
where
    A: AsRef<[Account]> + AsMut<[Account]>,
    F: FeatureSource,
{
    /// A session of accounts that read the rows of `sources`, each with the nominal
    /// length of its bars, in the accounts' order of instruments.
    #[must_use]
    pub fn new(accounts: A, sources: Vec<(Nanos, F)>) -> Self {
        Self {
            accounts,
            rows: sources.iter().map(|(_, source)| source.row()).collect(),
            feeds: sources
                .into_iter()
                .map(|(interval, source)| Feed { interval, source })
                .collect(),
            in_progress: 0,
            closed: false,
            news: false,
            books: false,
            bars: Vec::new(),
            batch: Batch::default(),
        }
    }

    /// The accounts, in their order.
    #[inline]
    #[must_use]
    pub fn accounts(&self) -> &[Account] {
        self.accounts.as_ref()
    }

    #[inline]
    pub(super) fn accounts_mut(&mut self) -> (&mut [Account], &[Features]) {
        (self.accounts.as_mut(), &self.rows)
    }

    /// Number of instruments that the session is fed.
    #[must_use]
    pub fn instruments(&self) -> usize {
        self.feeds.len()
    }

    /// Where the rows of an instrument come from.
    pub fn source_mut(&mut self, id: InstrumentId) -> &mut F {
        &mut self.feeds[id.index()].source
    }

    /// The earliest time at which a position of any account has been held as long
    /// as allowed: a driver calls [`Session::decide`] then, whether a bar closes or not,
    /// and at once where it has passed while an order was on its way.
    #[inline]
    #[must_use]
    pub fn next_due(&self) -> Option<Nanos> {
        self.accounts.as_ref().iter().filter_map(|a| a.engine().next_due()).min()
    }

    /// Says how far the clock of an account's venue is ahead of the one that events come by,
    /// by which positions are held no longer than they may be. It is not saved.
    pub fn set_ahead(&mut self, account: AccountId, ahead: Nanos) {
        if let Some(account) = self.accounts.as_mut().get_mut(account.index()) {
            account.engine.set_ahead(ahead);
        }
    }

    /// Bars end at `ts`: venues test brackets and margin against all of them, then
    /// features and marks take each in, in the order given. `finer` has finer bars,
    /// from which venues learn what a bar leaves open.
    #[inline]
    pub fn close_bars<O: Observer>(
        &mut self,
        ts: Nanos,
        closing: &[Closing<'_>],
        finer: Option<Finer<'_>>,
        observer: &mut O,
    ) {
        if closing.is_empty() {
            return;
        }
        if !self.accounts.as_ref().iter().all(Account::is_idle) {
            self.test_brackets(ts, closing, finer, observer);
        }
        self.in_progress = self.in_progress.saturating_sub(closing.len());
        for &Closing { instrument, bar, traded, ts_exch } in closing {
            let interval = self.feeds[instrument.index()].interval;
            let bar = *bar;
            let at = |body| Event { ts_exch, ..Event::at(ts, 0, body) };
            // Told apart here, not again by features and engines.
            if traded {
                self.closed = true;
                self.step(at(Body::Bar { instrument, interval, bar }), observer);
            } else {
                self.step(at(Body::History { instrument, interval, bar }), observer);
            }
        }
    }

    fn test_brackets<O: Observer>(
        &mut self,
        ts: Nanos,
        closing: &[Closing<'_>],
        finer: Option<Finer<'_>>,
        observer: &mut O,
    ) {
        self.bars.clear();
        self.bars.extend(closing.iter().map(|c| (c.instrument, *c.bar)));
        for account in self.accounts.as_mut().iter_mut().filter(|a| !a.is_idle()) {
            account.test_brackets(ts, &self.bars, finer, &self.rows, observer);
        }
    }

    /// A trading day begins.
    pub fn day_start<O: Observer>(&mut self, ts: Nanos, observer: &mut O) {
        self.step(Event::at(ts, 0, Body::DayStart), observer);
    }

    /// Funding or swap is due: the fractions of notional that longs and shorts pay.
    pub fn funding<O: Observer>(
        &mut self,
        ts: Nanos,
        instrument: InstrumentId,
        long_rate: Decimal,
        short_rate: Decimal,
        observer: &mut O,
    ) {
        let body = Body::Funding { instrument, long_rate, short_rate };
        self.step(Event::at(ts, 0, body), observer);
    }

    /// An operator speaks to every account. A command that names a slot or an order is one
    /// account's and refused here ([`Session::report`]).
    pub fn command<O: Observer>(
        &mut self,
        ts: Nanos,
        command: Command,
        observer: &mut O,
    ) -> Result<(), FeedError> {
        if command.is_of_one_account() {
            return Err(FeedError::OneAccount);
        }
        self.step(Event::at(ts, 0, Body::Command(command)), observer);
        self.answer(ts, observer);
        Ok(())
    }

    /// Everything before decisions was taken in. An account decides if something
    /// came since the last time that may be decided on, or something of its own is
    /// due; else nothing happens.
    #[inline]
    pub fn decide<O: Observer>(&mut self, ts: Nanos, observer: &mut O) {
        let closed = core::mem::take(&mut self.closed);
        let asked = core::mem::take(&mut self.news) || closed;
        self.look_at_books(ts);
        for account in self.accounts.as_mut() {
            if !asked && account.engine().next_due().is_none_or(|due| due > ts) {
                continue;
            }
            account.step(&mut Event::at(ts, 0, Body::Decide), &self.rows, observer);
            account.answer(ts, &self.rows, observer);
            if closed {
                account.mark(ts, observer);
            }
        }
    }

    /// What is left of an instrument ends at `ts`, at the last price known: waiting
    /// orders lapse and positions close at the simulated exchange.
    pub fn end_segment<O: Observer>(
        &mut self,
        ts: Nanos,
        id: InstrumentId,
        ending: Ending,
        observer: &mut O,
    ) {
        for account in self.accounts.as_mut() {
            account.end(id, ts, ending, &self.rows, observer);
        }
        if ending == Ending::Segment {
            self.step(Event::at(ts, 0, Body::SegmentStart { instrument: id }), observer);
        }
    }

    /// Bars open at `ts`, each at a price: what waits for them fills.
    #[inline]
    pub fn open_bars<O: Observer>(
        &mut self,
        ts: Nanos,
        opens: &[(InstrumentId, Ticks)],
        observer: &mut O,
    ) {
        self.in_progress += opens.len();
        for account in self.accounts.as_mut() {
            account.open_bars(ts, opens, &self.rows, observer);
            account.note_held(self.in_progress > 0);
        }
    }

    /// Bars of one instrument ended at `ts` and changed nothing, and the next opened
    /// at `opened`. `bar` stands for them all; the source of features is not asked.
    pub fn pass<O: Observer>(
        &mut self,
        ts: Nanos,
        instrument: InstrumentId,
        bar: &Bar,
        opened: Nanos,
        observer: &mut O,
    ) {
        let interval = self.feeds[instrument.index()].interval;
        let body = Body::Bar { instrument, interval, bar: *bar };
        let mut event = Event::at(ts, 0, body);
        for account in self.accounts.as_mut() {
            account.pass(&mut event, instrument, opened, &self.rows, observer);
        }
    }

    /// Takes an event as it is: features first, then every account. A change of a
    /// book that contradicts it is shown to the accounts too, and changes nothing.
    #[inline(always)]
    pub(super) fn take<O: Observer>(
        &mut self,
        mut event: Event,
        observer: &mut O,
    ) -> Result<(), BookError> {
        let applied = self.features(&event);
        for account in self.accounts.as_mut() {
            account.step(&mut event, &self.rows, observer);
        }
        applied
    }

    /// Takes an event that holds no book, so that nothing can be refused.
    #[inline(always)]
    pub(super) fn step<O: Observer>(&mut self, event: Event, observer: &mut O) {
        let _ = self.take(event, observer);
    }

    /// What an event does to features.
    #[inline(always)]
    fn features(&mut self, event: &Event) -> Result<(), BookError> {
        match &event.body {
            Body::Bar { instrument, bar, .. } | Body::History { instrument, bar, .. } => {
                let at = instrument.index();
                self.feeds[at].source.push(bar, &mut self.rows[at]);
            }
            Body::SegmentStart { instrument } => {
                let at = instrument.index();
                self.feeds[at].source.reset(&mut self.rows[at]);
            }
            Body::Book { instrument, update } => {
                (self.news, self.books) = (true, true);
                self.feeds[instrument.index()].source.push_book(event.ts_recv, update)?;
            }
            Body::PublicTrade { .. } => self.news = true,
            Body::Decide => self.look_at_books(event.ts_recv),
            Body::Funding { .. }
            | Body::Balance { .. }
            | Body::Fill(_)
            | Body::Order { .. }
            | Body::DayStart
            | Body::Command(_)
            | Body::Signal { .. }
            | Body::Pending { .. }
            | Body::Open { .. } => {}
        }
        Ok(())
    }

    #[inline]
    fn look_at_books(&mut self, now: Nanos) {
        if self.books {
            for (feed, row) in self.feeds.iter().zip(&mut self.rows) {
                feed.source.look_at_book(now, row);
            }
        }
    }

    /// Hands on what the engines gave out.
    pub(super) fn answer<O: Observer>(&mut self, ts: Nanos, observer: &mut O) {
        for account in self.accounts.as_mut() {
            account.answer(ts, &self.rows, observer);
        }
    }
}

impl Session<Vec<Account>, Pipeline> {
    /// Accounts, each with its simulated exchange or without one, on pipelines that
    /// they share: a feature that several ask for is computed once. After more than
    /// `max_gap` missing bars features warm up again.
    pub fn of(
        accounts: Vec<(EngineConfig, Option<Sim>)>,
        max_gap: u32,
    ) -> Result<Self, SessionError> {
        if accounts.is_empty() || accounts.len() > 1 << 16 {
            return Err(SessionError::Accounts(accounts.len()));
        }
        let grids = |config: &EngineConfig| -> Vec<(InstrumentSpec, BarTimes)> {
            let grid = |(m, t): &(Market, BarTimes)| (m.instrument.spec().clone(), t.clone());
            config.markets.iter().map(grid).collect()
        };
        let markets = grids(&accounts[0].0);
        let mut specs = alloc::vec![FeatureSpec::default(); markets.len()];
        let mut joined = Vec::with_capacity(accounts.len());
        for (at, (config, sim)) in accounts.into_iter().enumerate() {
            let same =
                |((a, i), (b, j)): (&(InstrumentSpec, BarTimes), &(InstrumentSpec, BarTimes))| {
                    let grid = |s: &InstrumentSpec| (s.tick_size, s.lot_step);
                    a.symbol == b.symbol && grid(a) == grid(b) && i == j
                };
            let own = grids(&config);
            if own.len() != markets.len() || !own.iter().zip(&markets).all(same) {
                return Err(SessionError::Markets(at));
            }
            let engine = Engine::sharing(config, &mut specs)?;
            joined.push(Account::new(AccountId(at as u16), engine, sim));
        }
        let mut sources = Vec::with_capacity(specs.len());
        for (spec, (instrument, times)) in specs.iter().zip(markets) {
            let pipeline = Pipeline::new(spec, &times, max_gap)
                .map_err(|error| SessionError::Feature { symbol: instrument.symbol, error })?;
            sources.push((times.nominal(), pipeline));
        }
        Ok(Self::new(joined, sources))
    }
}
