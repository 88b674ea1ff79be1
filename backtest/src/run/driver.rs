//! The loop of a run.

use std::ops::ControlFlow;

use tickstep_core::engine::{Engine, EngineConfig, Outbox};
use tickstep_core::event::{Bar, Body, Event};
use tickstep_core::features::Features;
use tickstep_core::instrument::InstrumentId;
use tickstep_core::order::{ExitReason, SlotId, Unfilled};
use tickstep_core::sim::{Sim, Venue};
use tickstep_core::units::{Nanos, Ticks};

use super::cursor::{Cursor, Source};
use super::fast::{FeatureCache, Rest};
use super::record::Record;
use super::replay::Seen;
use super::{Backtest, FundingPoint, MarketData, Progress, RunError, needs};

pub(super) const NEVER: Nanos = Nanos(i64::MAX);

/// Shown all that passes between the engine and the world.
type Watch<'w> = &'w mut dyn FnMut(Seen<'_>);

pub(super) struct Driver<'a, 'w, R> {
    watch: Option<Watch<'w>>,
    pub(super) engine: Engine,
    pub(super) sim: Sim,
    pub(super) cursors: Vec<Cursor<'a>>,
    /// How bars may be passed over, where they may.
    pub(super) rest: Option<Rest<'a>>,
    rows: Vec<Features>,
    pub(super) from: Option<Nanos>,
    day_starts: std::iter::Peekable<std::vec::IntoIter<Nanos>>,
    /// The next day's start or funding, whichever comes first.
    pub(super) next_date: Nanos,
    out: Outbox,
    bodies: Vec<Body>,
    /// Cursors whose bar ends at this instant, and whether any is traded.
    closing: Vec<usize>,
    closed_traded: bool,
    /// Whether a position was open at any time since the last mark, inside a bar.
    held: bool,
    /// Their bars, while the venue looks at them.
    closing_bars: Vec<(InstrumentId, Bar)>,
    seq: u64,
    pub(super) record: R,
}

impl<'a, 'w, R: Record> Driver<'a, 'w, R> {
    /// A run of `setup` that `record` keeps. Features come from `shared` where there
    /// are any, else from pipelines of its own.
    pub(super) fn new(
        setup: Backtest<'a>,
        watch: Option<Watch<'w>>,
        shared: Option<&'a FeatureCache<'a>>,
        record: R,
    ) -> Result<Self, RunError> {
        if setup.instruments.is_empty() || setup.strategies.is_empty() {
            return Err(RunError::Nothing);
        }
        needs::check(&setup)?;
        let venue = |t: &MarketData<'_>| Venue {
            instrument: t.instrument.clone(),
            interval: t.series.interval,
            slippage: t.slippage,
        };
        let venues = setup.instruments.iter().map(venue).collect();
        let (engine, specs) = Engine::new(EngineConfig {
            cash: setup.cash,
            markets: super::markets(&setup.instruments),
            slots: setup.strategies,
            risk: setup.risk,
        })?;
        let mut cursors = Vec::with_capacity(setup.instruments.len());
        for (index, (traded, spec)) in setup.instruments.into_iter().zip(&specs).enumerate() {
            let source = Source { spec, max_gap: setup.max_gap, shared };
            cursors.push(Cursor::new(index, traded, &source, setup.period.to)?);
        }
        let from = setup.period.from;
        if cursors.iter().all(|c| c.bars.last().is_none_or(|b| from.is_some_and(|f| b.ts_open < f)))
        {
            return Err(RunError::Empty(needs::period_words(setup.period)));
        }
        let mut driver = Self {
            watch,
            rows: cursors.iter().map(|c| c.features.row()).collect(),
            sim: Sim::new(venues, setup.intrabar, setup.max_gap),
            rest: None,
            record,
            cursors,
            engine,
            from,
            day_starts: setup.day_starts.into_iter().peekable(),
            next_date: NEVER,
            out: Outbox::default(),
            bodies: Vec::new(),
            closing: Vec::new(),
            closed_traded: false,
            held: false,
            closing_bars: Vec::new(),
            seq: 0,
        };
        driver.find_next_date();
        Ok(driver)
    }

    /// Strategy name and instrument of each slot.
    pub(super) fn slots(&self) -> Vec<(String, InstrumentId)> {
        let slot = |i| {
            let id = SlotId(i as u16);
            (self.engine.strategy_name(id).to_owned(), self.engine.wakes(id).0)
        };
        (0..self.engine.slots()).map(slot).collect()
    }

    pub(super) fn run(
        mut self,
        progress: &mut dyn FnMut(Progress) -> ControlFlow<()>,
    ) -> Result<R, RunError> {
        let total = self.cursors.iter().map(|c| c.bars.len()).sum();
        let mut report_at = 0;
        let mut done = 0;
        loop {
            if self.rest.is_some() {
                done += self.pass_over();
            }
            let tape = self.cursors.iter().map(|c| c.next_instant).min().unwrap_or(NEVER);
            if tape == NEVER {
                break;
            }
            let ts = self.engine.next_due().map_or(tape, |due| due.min(tape));
            // What falls inside bars in progress meets the account as it stood then.
            if self.next_date < ts {
                self.days_and_funding(ts);
            }
            self.close_bars(ts);
            done += self.closing.len();
            if self.next_date <= ts {
                self.days_and_funding(ts + Nanos(1));
            }
            self.decide(ts);
            self.end_segments(ts);
            self.open_bars(ts);
            if done >= report_at {
                report_at = done + 8_192;
                if progress(Progress { done, total }).is_break() {
                    return Err(RunError::Interrupted);
                }
            }
        }
        self.record.end(self.engine.ledger(), self.sim.ambiguity());
        Ok(self.record)
    }

    /// Whether bars opening at `ts_open` are traded or only warm features up.
    #[inline]
    pub(super) fn in_period(&self, ts_open: Nanos) -> bool {
        self.from.is_none_or(|from| ts_open >= from)
    }

    #[inline]
    fn close_bars(&mut self, ts: Nanos) {
        self.closing.clear();
        self.closed_traded = false;
        for (index, cursor) in self.cursors.iter().enumerate() {
            if cursor.in_progress && cursor.next_instant == ts {
                self.closing.push(index);
            }
        }
        if !self.closing.is_empty() && !self.sim.is_idle() {
            self.test_brackets(ts);
        }
        for at in 0..self.closing.len() {
            let cursor = &mut self.cursors[self.closing[at]];
            let instrument = cursor.id;
            let interval = cursor.interval;
            let bar = cursor.close(&mut self.rows[instrument.index()]);
            if self.in_period(bar.ts_open) {
                self.closed_traded = true;
                self.step(ts, Body::Bar { instrument, interval, bar: *bar });
            } else {
                self.step(ts, Body::History { instrument, interval, bar: *bar });
            }
        }
    }

    /// Shows the venue the bars that end at `ts`.
    fn test_brackets(&mut self, ts: Nanos) {
        self.closing_bars.clear();
        for &index in &self.closing {
            let cursor = &self.cursors[index];
            self.closing_bars.push((cursor.id, cursor.bars[cursor.next]));
        }
        let cursors = &self.cursors;
        let finer =
            |id: InstrumentId, from: Nanos, to: Nanos| cursors[id.index()].finer_between(from, to);
        let ledger = self.engine.ledger();
        self.sim.close_bars(ts, &self.closing_bars, ledger, Some(&finer), &mut self.bodies);
        self.deliver(ts);
    }

    fn find_next_date(&mut self) {
        let day = self.day_starts.peek().copied();
        let funding = self.cursors.iter_mut().filter_map(|c| Some(c.funding.peek()?.ts));
        self.next_date = funding.chain(day).min().unwrap_or(NEVER);
    }

    /// Days and funding before `until`, in time order, a day first.
    fn days_and_funding(&mut self, until: Nanos) {
        loop {
            let points = self.cursors.iter_mut().enumerate();
            let due = points.filter_map(|(at, c)| Some((c.funding.peek()?.ts, at))).min();
            let due = due.filter(|(ts, _)| *ts < until);
            let funding = due.map_or(NEVER, |(ts, _)| ts);
            if let Some(day) = self.day_starts.next_if(|day| *day < until && *day <= funding) {
                self.step(day, Body::DayStart);
                continue;
            }
            let Some((ts, at)) = due else { break };
            let cursor = &mut self.cursors[at];
            let instrument = cursor.id;
            if let Some(FundingPoint { long_rate, short_rate, .. }) = cursor.funding.next() {
                self.step(ts, Body::Funding { instrument, long_rate, short_rate });
            }
        }
        self.find_next_date();
    }

    #[inline]
    fn decide(&mut self, ts: Nanos) {
        if !self.closed_traded && self.engine.next_due().is_none_or(|due| due > ts) {
            return;
        }
        self.step(ts, Body::Decide);
        if !self.out.is_empty() {
            self.submit(ts);
        }
        if self.closed_traded {
            let held = std::mem::take(&mut self.held);
            self.record.mark(ts, self.engine.ledger(), held);
        }
    }

    fn end_segments(&mut self, ts: Nanos) {
        for at in 0..self.closing.len() {
            let index = self.closing[at];
            let cursor = &self.cursors[index];
            let last = cursor.next == cursor.bars.len();
            if !last && cursor.segment_ends.binary_search(&cursor.next).is_err() {
                continue;
            }
            let (why, reason) = if last {
                (Unfilled::EndOfData, ExitReason::EndOfData)
            } else {
                (Unfilled::SegmentEnd, ExitReason::SegmentEnd)
            };
            let (id, close) = (cursor.id, cursor.last_closed().close);
            self.sim.end(id, ts, close, why, reason, &mut self.bodies);
            if !self.bodies.is_empty() {
                self.deliver(ts);
                self.record.mark_again(ts, self.engine.ledger());
            }
            if !last {
                self.cursors[index].features.reset(&mut self.rows[id.index()]);
                self.step(ts, Body::SegmentStart { instrument: id });
            }
        }
    }

    #[inline]
    fn open_bars(&mut self, ts: Nanos) {
        let idle = self.sim.is_idle();
        let mut opening = false;
        for cursor in &mut self.cursors {
            if !cursor.in_progress && cursor.next_instant == ts {
                cursor.open();
                opening = true;
                if idle {
                    self.sim.opened(cursor.id, ts);
                }
            }
        }
        if opening && !idle {
            self.at_opens(ts, Sim::open_exits);
            self.at_opens(ts, Sim::open_entries);
            self.at_opens(ts, Sim::open_gaps);
        }
        if !self.engine.ledger().is_flat() {
            self.held |= self.cursors.iter().any(|c| c.in_progress);
        }
    }

    fn at_opens(
        &mut self,
        ts: Nanos,
        act: impl Fn(&mut Sim, InstrumentId, Nanos, Ticks, &mut Vec<Body>),
    ) {
        for index in 0..self.cursors.len() {
            let cursor = &self.cursors[index];
            if let Some(bar) = cursor.opened_at(ts) {
                act(&mut self.sim, cursor.id, ts, bar.open, &mut self.bodies);
                self.deliver(ts);
            }
        }
    }

    #[inline(always)]
    pub(super) fn step(&mut self, ts: Nanos, body: Body) {
        self.seq += 1;
        let event = Event::at(ts, self.seq, body);
        if let Some(watch) = &mut self.watch {
            watch(Seen::Event(&event));
        }
        self.engine.step(&event, &self.rows, &mut self.out);
    }

    /// Hands the venue's reports to the engine, and its answers to the venue.
    #[inline]
    fn deliver(&mut self, ts: Nanos) {
        while !self.bodies.is_empty() {
            self.report(ts);
            self.submit(ts);
        }
    }

    /// Steps the engine with what the venue reported so far.
    fn report(&mut self, ts: Nanos) {
        let mut bodies = std::mem::take(&mut self.bodies);
        for body in bodies.drain(..) {
            self.step(ts, body);
        }
        // Stepping the engine reports nothing, so this is the one buffer again.
        self.bodies = bodies;
    }

    fn submit(&mut self, ts: Nanos) {
        let mut again = true;
        while again {
            for intent in self.out.intents.drain(..) {
                if let Some(watch) = &mut self.watch {
                    watch(Seen::Intent(intent.intent()));
                }
                self.sim.submit(&intent, &mut self.bodies);
            }
            again = !self.bodies.is_empty();
            self.report(ts);
        }
        self.record.take(&mut self.out);
    }
}
