//! One account over historical bars: the loop that merges tapes and the
//! simulated exchange into the events that step the engine.
//!
//! At one instant, in this order: brackets of the bars that end there, their
//! features and marks, a new day, funding, decisions, the end of a segment,
//! then the bars that open there: exits decided before, entries decided before,
//! brackets that the open is beyond. A day or funding that falls inside a bar
//! comes before anything that is known at its close.

use std::ops::ControlFlow;

use rust_decimal::Decimal;
use tickstep_core::decision::{Decision, Outcome};
use tickstep_core::engine::{Engine, EngineConfig, EngineError, Outbox, SlotConfig};
use tickstep_core::event::{Bar, Body, Event};
use tickstep_core::features::{FeatureError, Features, Pipeline};
use tickstep_core::instrument::{Conversion, Instrument, InstrumentId, Slippage};
use tickstep_core::ledger::{Market, Trade};
use tickstep_core::order::{ExitReason, SlotId, Unfilled};
use tickstep_core::risk::RiskParams;
use tickstep_core::sim::cost::Intrabar;
use tickstep_core::sim::{Ambiguity, Sim, Venue};
use tickstep_core::strategy::Column;
use tickstep_core::units::{Nanos, Ticks};

use crate::stats::{EquityPoint, to_f64};
use crate::tape::Series;

/// Funding or swap of one instrument at one time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FundingPoint {
    /// When.
    pub ts: Nanos,
    /// Fraction of notional that longs pay (negative: receive).
    pub long_rate: Decimal,
    /// Fraction of notional that shorts pay (negative: receive).
    pub short_rate: Decimal,
}

/// An instrument of the account and its data.
pub struct Traded<'a> {
    /// What is traded.
    pub instrument: Instrument,
    /// Quote currency to account currency.
    pub conversion: Conversion,
    /// Slippage of aggressive fills.
    pub slippage: Slippage,
    /// Its bars.
    pub series: &'a Series,
    /// Finer bars of the same instrument, for [`Intrabar::FinerBars`].
    pub finer: Option<&'a Series>,
    /// In time order.
    pub funding: Vec<FundingPoint>,
}

/// The part of the data that is traded. Bars before it warm features up.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Period {
    /// Open time of the first bar that may be decided on; the data's first when absent.
    pub from: Option<Nanos>,
    /// Open time of the first bar after the period; the data's end when absent.
    pub to: Option<Nanos>,
}

/// Everything that decides a run's outcome.
pub struct Backtest<'a> {
    /// Cash at the start, account currency.
    pub cash: Decimal,
    /// Instruments, in the account's order.
    pub instruments: Vec<Traded<'a>>,
    /// Strategies with their instruments and sizes.
    pub strategies: Vec<SlotConfig>,
    /// Limits.
    pub risk: RiskParams,
    /// Which of stop and target comes first when one bar touches both.
    pub intrabar: Intrabar,
    /// Missing bars after which features warm up again and waiting entries lapse.
    pub max_gap: u32,
    /// The part of the data that is traded.
    pub period: Period,
    /// Starts of the account's days, in time order, for the daily loss limit.
    pub day_starts: Vec<Nanos>,
}

/// Why a run did not finish.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// The account or a strategy.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// A feature on an instrument's bars.
    #[error("{symbol}: {error}")]
    Feature {
        /// Instrument.
        symbol: String,
        /// What is wrong.
        error: FeatureError,
    },
    /// A rule lacks its data.
    #[error(
        "{strategy} on {symbol}: {rule} needs {column}, which the data does not have; load data \
         with it, or switch the rule off or choose another by name"
    )]
    Lacks {
        /// Strategy.
        strategy: String,
        /// Instrument.
        symbol: String,
        /// The rule's switch.
        rule: &'static str,
        /// The column.
        column: &'static str,
    },
    /// Nothing to trade.
    #[error("the period {0} holds no bar of any instrument; widen it or load other data")]
    Empty(String),
    /// No instrument or no strategy.
    #[error("a run needs at least one instrument and one strategy")]
    Nothing,
    /// Interrupted.
    #[error("interrupted")]
    Interrupted,
}

/// What a run gave.
#[derive(Clone, Debug, PartialEq)]
pub struct Run {
    /// Closed trades, in the order they closed.
    pub trades: Vec<Trade>,
    /// Every decision, in order.
    pub decisions: Vec<Decision>,
    /// Equity at every instant at which a bar closed.
    pub equity: Vec<EquityPoint>,
    /// Cash at the start.
    pub cash: Decimal,
    /// Instants at which bars closed within the period.
    pub bars: usize,
    /// Of those, with a position open.
    pub bars_in_position: usize,
    /// Sum over those of gross notional over equity.
    pub exposure_sum: f64,
    /// Bars that touched stop and target of one position.
    pub touched_both: u64,
    /// Of those, settled by finer bars.
    pub settled: u64,
    /// Strategy name and instrument of each slot.
    pub slots: Vec<(String, InstrumentId)>,
    /// First open and last close within the period of each instrument, ticks.
    pub first_last: Vec<Option<(i64, i64)>>,
}

impl Run {
    /// Mean over bars of gross notional over equity.
    #[must_use]
    pub fn mean_exposure(&self) -> f64 {
        if self.bars == 0 { 0.0 } else { self.exposure_sum / self.bars as f64 }
    }
}

/// How far a run has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// Bars done, all instruments.
    pub done: usize,
    /// Bars in all.
    pub total: usize,
}

impl Backtest<'_> {
    /// Runs to the end.
    pub fn run(self) -> Result<Run, RunError> {
        self.run_with(&mut |_| ControlFlow::Continue(()))
    }

    /// Runs, calling `progress` every few thousand bars; `Break` interrupts.
    pub fn run_with(
        self,
        progress: &mut dyn FnMut(Progress) -> ControlFlow<()>,
    ) -> Result<Run, RunError> {
        Driver::new(self)?.run(progress)
    }
}

/// Where an instrument's tape stands.
struct Cursor<'a> {
    id: InstrumentId,
    interval: Nanos,
    bars: &'a [Bar],
    /// Index after the last bar of each segment, ascending.
    segment_ends: Vec<usize>,
    finer: &'a [Bar],
    funding: std::iter::Peekable<std::vec::IntoIter<FundingPoint>>,
    next: usize,
    in_progress: bool,
    /// The next time at which something happens to this tape.
    next_instant: Nanos,
    pipeline: Pipeline,
}

impl<'a> Cursor<'a> {
    /// The bar that closed last; there is one once a bar has closed.
    #[inline]
    fn last_closed(&self) -> &'a Bar {
        &self.bars[self.next - 1]
    }

    /// The next bar begins.
    #[inline]
    fn open(&mut self) {
        self.in_progress = true;
        self.next_instant = self.next_instant + self.interval;
    }

    /// The bar in progress ends.
    #[inline]
    fn close(&mut self) -> &'a Bar {
        let bar = &self.bars[self.next];
        self.in_progress = false;
        self.next += 1;
        self.next_instant = self.bars.get(self.next).map_or(NEVER, |b| b.ts_open);
        bar
    }

    /// The bar that opened at `ts`, while it is in progress.
    #[inline]
    fn opened_at(&self, ts: Nanos) -> Option<&'a Bar> {
        self.bars.get(self.next).filter(|b| b.ts_open == ts)
    }

    fn finer_between(&self, from: Nanos, to: Nanos) -> &'a [Bar] {
        let start = self.finer.partition_point(|b| b.ts_open < from);
        let end = self.finer.partition_point(|b| b.ts_open < to);
        &self.finer[start..end]
    }

    /// First open and last close of the bars that open at `from` or later.
    fn first_last(&self, from: Option<Nanos>) -> Option<(i64, i64)> {
        let start = from.map_or(0, |from| self.bars.partition_point(|b| b.ts_open < from));
        Some((self.bars.get(start)?.open.0, self.bars.last()?.close.0))
    }
}

const NEVER: Nanos = Nanos(i64::MAX);

struct Driver<'a> {
    engine: Engine,
    sim: Sim,
    cursors: Vec<Cursor<'a>>,
    rows: Vec<Features>,
    from: Option<Nanos>,
    day_starts: std::iter::Peekable<std::vec::IntoIter<Nanos>>,
    /// The next day's start or funding, whichever comes first.
    next_date: Nanos,
    out: Outbox,
    bodies: Vec<Body>,
    /// Cursors whose bar ends at this instant, and whether any is traded.
    closing: Vec<usize>,
    closed_traded: bool,
    /// Their bars, while the venue looks at them.
    closing_bars: Vec<(InstrumentId, Bar)>,
    seq: u64,
    run: Run,
}

impl<'a> Driver<'a> {
    fn new(setup: Backtest<'a>) -> Result<Self, RunError> {
        if setup.instruments.is_empty() || setup.strategies.is_empty() {
            return Err(RunError::Nothing);
        }
        check_needs(&setup)?;
        let mut markets = Vec::new();
        let mut venues = Vec::new();
        for traded in &setup.instruments {
            let interval = traded.series.interval;
            markets.push((Market::new(traded.instrument.clone(), traded.conversion), interval));
            venues.push(Venue {
                instrument: traded.instrument.clone(),
                interval,
                slippage: traded.slippage,
            });
        }
        let mut instruments: Vec<InstrumentId> =
            setup.strategies.iter().map(|s| s.instrument).collect();
        instruments.sort();
        let (engine, specs) = Engine::new(EngineConfig {
            cash: setup.cash,
            markets,
            slots: setup.strategies,
            risk: setup.risk,
        })?;
        let mut cursors = Vec::new();
        for (index, (traded, spec)) in setup.instruments.into_iter().zip(&specs).enumerate() {
            let pipeline =
                Pipeline::new(spec, traded.series.interval, setup.max_gap).map_err(|error| {
                    RunError::Feature { symbol: traded.instrument.symbol().to_owned(), error }
                })?;
            let end = setup.period.to.map_or(traded.series.bars.len(), |to| {
                traded.series.bars.partition_point(|b| b.ts_open < to)
            });
            let bars = &traded.series.bars[..end];
            cursors.push(Cursor {
                id: InstrumentId(index as u16),
                interval: traded.series.interval,
                bars,
                next_instant: bars.first().map_or(NEVER, |b| b.ts_open),
                segment_ends: traded.series.segments.iter().map(|s| s.end).collect(),
                finer: traded.finer.map_or(&[], |s| &s.bars),
                funding: traded.funding.into_iter().peekable(),
                next: 0,
                in_progress: false,
                pipeline,
            });
        }
        let from = setup.period.from;
        if cursors.iter().all(|c| c.bars.last().is_none_or(|b| from.is_some_and(|f| b.ts_open < f)))
        {
            return Err(RunError::Empty(period_words(setup.period)));
        }
        let slots = instruments
            .iter()
            .enumerate()
            .map(|(i, id)| (engine.strategy_name(SlotId(i as u16)).to_owned(), *id))
            .collect();
        let longest = cursors.iter().map(|c| c.bars.len()).max().unwrap_or(0);
        let mut driver = Self {
            rows: cursors.iter().map(|c| c.pipeline.row()).collect(),
            sim: Sim::new(venues, setup.intrabar, setup.max_gap),
            run: Run {
                trades: Vec::new(),
                decisions: Vec::new(),
                equity: Vec::with_capacity(longest),
                cash: setup.cash,
                bars: 0,
                bars_in_position: 0,
                exposure_sum: 0.0,
                touched_both: 0,
                settled: 0,
                slots,
                first_last: cursors.iter().map(|c| c.first_last(from)).collect(),
            },
            cursors,
            engine,
            from,
            day_starts: setup.day_starts.into_iter().peekable(),
            next_date: NEVER,
            out: Outbox::default(),
            bodies: Vec::new(),
            closing: Vec::new(),
            closed_traded: false,
            closing_bars: Vec::new(),
            seq: 0,
        };
        driver.find_next_date();
        Ok(driver)
    }

    fn run(
        mut self,
        progress: &mut dyn FnMut(Progress) -> ControlFlow<()>,
    ) -> Result<Run, RunError> {
        let total = self.cursors.iter().map(|c| c.bars.len()).sum();
        let mut report_at = 0;
        let mut done = 0;
        loop {
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
        let Ambiguity { touched_both, settled } = self.sim.ambiguity();
        self.run.touched_both = touched_both;
        self.run.settled = settled;
        Ok(self.run)
    }

    /// Whether bars opening at `ts_open` are traded or only warm features up.
    #[inline]
    fn in_period(&self, ts_open: Nanos) -> bool {
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
            let bar = cursor.close();
            let (instrument, interval) = (cursor.id, cursor.interval);
            cursor.pipeline.push(bar, &mut self.rows[instrument.index()]);
            if self.in_period(bar.ts_open) {
                self.closed_traded = true;
                self.step(ts, Body::Bar { instrument, interval, bar: *bar });
            } else {
                self.engine.observe(instrument, ts, bar);
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
        self.step(ts, Body::Timer);
        if !self.out.is_empty() {
            self.submit(ts);
        }
        if self.closed_traded {
            self.mark(ts);
        }
    }

    #[inline]
    fn mark(&mut self, ts: Nanos) {
        let ledger = self.engine.ledger();
        let equity = ledger.equity();
        self.run.equity.push(EquityPoint { ts, equity });
        self.run.bars += 1;
        if !ledger.is_flat() {
            let gross: f64 = ledger.open_positions().map(|(_, p)| to_f64(ledger.notional(p))).sum();
            let equity = to_f64(equity);
            self.run.bars_in_position += 1;
            if equity > 0.0 {
                self.run.exposure_sum += gross / equity;
            }
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
                let equity = self.engine.ledger().equity();
                if let Some(point) = self.run.equity.last_mut().filter(|p| p.ts == ts) {
                    point.equity = equity;
                }
            }
            if !last {
                self.cursors[index].pipeline.reset(&mut self.rows[id.index()]);
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
    fn step(&mut self, ts: Nanos, body: Body) {
        self.seq += 1;
        self.engine.step(&Event::at(ts, self.seq, body), &self.rows, &mut self.out);
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
                self.sim.submit(&intent, &mut self.bodies);
            }
            again = !self.bodies.is_empty();
            self.report(ts);
        }
        self.run.trades.append(&mut self.out.trades);
        self.run.decisions.append(&mut self.out.decisions);
        for (order, why) in self.out.unfilled.drain(..) {
            let sent = Outcome::Sent(order);
            if let Some(d) = self.run.decisions.iter_mut().rev().find(|d| d.outcome == sent) {
                d.outcome = Outcome::Unfilled(order, why);
            }
        }
    }
}

fn check_needs(setup: &Backtest<'_>) -> Result<(), RunError> {
    for slot in &setup.strategies {
        let Some(traded) = setup.instruments.get(slot.instrument.index()) else { continue };
        for need in slot.strategy.needs() {
            let there = match need.column {
                Column::TakerBuy => traded.series.has_taker,
                Column::Volume => traded.series.bars.iter().any(|b| !b.volume.is_zero()),
                Column::Book => false,
            };
            if !there {
                return Err(RunError::Lacks {
                    strategy: slot.strategy.name().to_owned(),
                    symbol: traded.instrument.symbol().to_owned(),
                    rule: need.rule,
                    column: need.column.name(),
                });
            }
        }
    }
    Ok(())
}

fn period_words(period: Period) -> String {
    let words = |ts: Option<Nanos>| {
        ts.and_then(|t| jiff::Timestamp::from_nanosecond(i128::from(t.0)).ok())
            .map_or_else(|| "the data's end".to_owned(), |t| t.to_string())
    };
    format!("from {} to {}", words(period.from), words(period.to))
}
