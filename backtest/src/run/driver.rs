//! The series of a run, merged into the instants of one session.
//!
//! What happens at an instant, and in which order, is [`tickstep_core::session`]'s;
//! here is only which bars end and open there, and which dates lie between.

use std::ops::ControlFlow;

use tickstep_core::engine::{Engine, EngineConfig, Overflow};
use tickstep_core::instrument::InstrumentId;
use tickstep_core::order::SlotId;
use tickstep_core::session::{Account, AccountId, Closing, Ending, Session};
use tickstep_core::sim::{Sim, Venue};
use tickstep_core::stats::Coverage;
use tickstep_core::units::{Nanos, Ticks};

use super::backtest::{Backtest, FundingPoint, MarketData, markets};
use super::cursor::{Cursor, FeatureReader, NEVER};
use super::error::RunError;
use super::fast::{FeatureCache, IdleSkip};
use super::needs;
use super::record::{Record, Recorder, Watch};

/// How far a run has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// Number of bars done, of all instruments.
    pub done: usize,
    /// Number of bars in all.
    pub total: usize,
}

pub(super) struct Driver<'a, 'w, R> {
    pub(super) session: Session<[Account; 1], FeatureReader<'a>>,
    pub(super) recorder: Recorder<'w, R>,
    pub(super) cursors: Vec<Cursor<'a>>,
    /// Which bars may be stepped over, where any may.
    pub(super) idle: Option<IdleSkip<'a>>,
    pub(super) from: Option<Nanos>,
    /// The days and the time that are traded.
    pub(super) coverage: Coverage,
    day_starts: std::iter::Peekable<std::vec::IntoIter<Nanos>>,
    /// The next day's start or funding, whichever comes first.
    pub(super) next_date: Nanos,
    /// The bars that end at this instant, and those that open.
    closing: Vec<Closing<'a>>,
    opens: Vec<(InstrumentId, Ticks)>,
}

impl<'a, 'w, R: Record> Driver<'a, 'w, R> {
    /// A run of `setup` that `record` keeps. Features come from `shared` where there
    /// are any, else from pipelines of its own.
    pub(super) fn new(
        setup: Backtest<'a>,
        watch: Option<Watch<'w>>,
        cache: Option<&'a FeatureCache<'a>>,
        record: R,
    ) -> Result<Self, RunError> {
        if setup.instruments.is_empty() || setup.strategies.is_empty() {
            return Err(RunError::Nothing);
        }
        needs::check(&setup)?;
        let coverage = match cache {
            Some(cache) => cache.coverage(&setup),
            None => setup.period.coverage(setup.instruments.iter().map(|t| t.series)),
        };
        let venue = |t: &MarketData<'_>| Venue {
            instrument: t.instrument.clone(),
            times: t.series.times().clone(),
            slippage: t.slippage,
        };
        let venues = setup.instruments.iter().map(venue).collect();
        let sim = Sim::new(venues, setup.intrabar, setup.max_gap).with_fitted(setup.fitted);
        let (engine, specs) = Engine::new(EngineConfig {
            cash: setup.cash,
            markets: markets(&setup.instruments),
            slots: setup.strategies,
            risk: setup.risk,
        })?;
        let mut cursors = Vec::with_capacity(setup.instruments.len());
        let mut readers = Vec::with_capacity(setup.instruments.len());
        for (index, (traded, spec)) in setup.instruments.into_iter().zip(&specs).enumerate() {
            let symbol = traded.instrument.symbol().to_owned();
            let times = traded.series.times();
            let cursor = Cursor::new(index, traded, setup.period.to);
            let (id, bars) = (cursor.id, cursor.bars);
            let reader = FeatureReader::new(spec, setup.max_gap, cache, id, times, bars);
            readers.push((
                times.nominal(),
                reader.map_err(|error| RunError::Feature { symbol, error })?,
            ));
            cursors.push(cursor);
        }
        let from = setup.period.from;
        if cursors.iter().all(|c| c.bars.last().is_none_or(|b| from.is_some_and(|f| b.ts_open < f)))
        {
            return Err(RunError::Empty(needs::period_words(setup.period)));
        }
        let account = Account::new(AccountId(0), engine, Some(sim));
        let mut driver = Self {
            session: Session::new([account], readers),
            recorder: Recorder { watch, record },
            idle: None,
            cursors,
            from,
            coverage,
            day_starts: setup.day_starts.into_iter().peekable(),
            next_date: NEVER,
            closing: Vec::new(),
            opens: Vec::new(),
        };
        driver.find_next_date();
        Ok(driver)
    }

    /// The account of the run, the only one of its session.
    #[inline]
    pub(super) fn account(&self) -> &Account {
        &self.session.accounts()[0]
    }

    /// The engine of that account.
    #[inline]
    pub(super) fn engine(&self) -> &Engine {
        self.account().engine()
    }

    /// Strategy name and instrument of each slot.
    pub(super) fn slots(&self) -> Vec<(String, InstrumentId)> {
        let engine = self.engine();
        let slot = |i| {
            let id = SlotId(i as u16);
            (engine.strategy_name(id).to_owned(), engine.wakes(id).0)
        };
        (0..engine.slots()).map(slot).collect()
    }

    pub(super) fn run(
        mut self,
        progress: &mut dyn FnMut(Progress) -> ControlFlow<()>,
    ) -> Result<R, RunError> {
        let total = self.cursors.iter().map(|c| c.bars.len()).sum();
        let mut report_at = 0;
        let mut done = 0;
        loop {
            if self.idle.is_some() {
                done += self.skip_idle();
            }
            let tape = self.cursors.iter().map(|c| c.next_instant).min().unwrap_or(NEVER);
            if tape == NEVER {
                break;
            }
            let ts = self.session.next_due().map_or(tape, |due| due.min(tape));
            // What falls inside bars in progress meets the account as it stood then.
            if self.next_date < ts {
                self.days_and_funding(ts);
            }
            self.close_bars(ts);
            done += self.closing.len();
            if self.next_date <= ts {
                self.days_and_funding(ts + Nanos(1));
            }
            self.session.decide(ts, &mut self.recorder);
            self.end_segments(ts);
            self.open_bars(ts);
            if let Some(Overflow { ts, instrument, px }) = self.engine().overflow() {
                let ledger = self.engine().ledger();
                let market = &ledger.market(instrument).instrument;
                return Err(RunError::Overflow {
                    symbol: market.symbol().to_owned(),
                    at: ts,
                    price: market.price(px),
                    decimals: ledger.decimals(),
                });
            }
            if done >= report_at {
                report_at = done + 8_192;
                if progress(Progress { done, total }).is_break() {
                    return Err(RunError::Interrupted);
                }
            }
        }
        let account = &self.session.accounts()[0];
        let ambiguity = account.sim().map(Sim::ambiguity).unwrap_or_default();
        self.recorder.record.end(account.engine().ledger(), ambiguity);
        Ok(self.recorder.record)
    }

    #[inline]
    fn close_bars(&mut self, ts: Nanos) {
        self.closing.clear();
        for cursor in &mut self.cursors {
            if cursor.in_progress && cursor.next_instant == ts {
                let bar = cursor.close();
                let traded = self.from.is_none_or(|from| bar.ts_open >= from);
                self.closing.push(Closing { instrument: cursor.id, bar, traded, ts_exch: ts });
            }
        }
        let cursors = &self.cursors;
        let finer =
            |id: InstrumentId, from: Nanos, to: Nanos| cursors[id.index()].finer_between(from, to);
        self.session.close_bars(ts, &self.closing, Some(&finer), &mut self.recorder);
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
                self.session.day_start(day, &mut self.recorder);
                continue;
            }
            let Some((ts, at)) = due else { break };
            let cursor = &mut self.cursors[at];
            if let Some(FundingPoint { long_rate, short_rate, .. }) = cursor.funding.next() {
                self.session.funding(ts, cursor.id, long_rate, short_rate, &mut self.recorder);
            }
        }
        self.find_next_date();
    }

    fn end_segments(&mut self, ts: Nanos) {
        for closing in &self.closing {
            let cursor = &self.cursors[closing.instrument.index()];
            let ending = if cursor.next == cursor.bars.len() {
                Ending::Data
            } else if cursor.segment_ends.binary_search(&cursor.next).is_ok() {
                Ending::Segment
            } else {
                continue;
            };
            self.session.end_segment(ts, cursor.id, ending, &mut self.recorder);
        }
    }

    #[inline]
    fn open_bars(&mut self, ts: Nanos) {
        self.opens.clear();
        for cursor in &mut self.cursors {
            if !cursor.in_progress && cursor.next_instant == ts {
                self.opens.push((cursor.id, cursor.open()));
            }
        }
        self.session.open_bars(ts, &self.opens, &mut self.recorder);
    }
}
