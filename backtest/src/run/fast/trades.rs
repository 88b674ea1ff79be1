//! Runs followed trade by trade: what makes a sweep fast.
//!
//! Where an account is one strategy on one instrument without limits, a trade's
//! whole life follows from its entry: the fill, the levels, the first bar that
//! reaches one or the close that ends it. Then orders, reports and bookings in
//! between need not be made: levels, fills, holding times and sizes come from the same
//! functions of the core that the engine and the simulated exchange call, decisions
//! from the same strategy, and money is booked once for each trade, in whole numbers.
//! Where anything else could happen, this says so by [`NeedsEngine`] and the
//! engine runs the set from its beginning.
//!
//! # What still takes the engine
//!
//! - More than one instrument or strategy; any limit of the account (daily loss,
//!   drawdown, exposure, shrinking to margin), as it ties trades to equity between them;
//!   funding, which is charged inside trades; another currency.
//! - Costs that were measured, which are drawn by the numbers of orders.
//! - Levels fixed at the decision, finer bars, sizes by Kelly, prices that span more
//!   than 32 bits of ticks, money that 64 bits do not hold.
//! - A strategy that is asked at every close, looks at outcomes, leaves by itself or
//!   moves its stop.
//! - A position whose margin may fail inside a bar.
//!
//! The order in which a strategy is heard at a close (a hold that is due before an opposite
//! signal, the end of the data last) follows the engine's and is held against it.
//!
//! It is no second meaning: `tests/run/passing*.rs`
//! hold every trade, mark and sum against the engine's.

use tickstep_core::engine::SlotConfig;
use tickstep_core::event::Bar;
use tickstep_core::features::{Columns, FeatureSpec, Features};
use tickstep_core::instrument::{Conversion, InstrumentId};
use tickstep_core::order::{BracketAnchor, ExitReason};
use tickstep_core::risk::RiskParams;
use tickstep_core::sim::cost::Intrabar;
use tickstep_core::sim::{Alarm, lapses};
use tickstep_core::stats::DailyCloses;
use tickstep_core::strategy::{Entry, Moment, Phase, Proposal, Strategy};
use tickstep_core::units::Nanos;

use super::account::Account;
use super::curve::EquityCurve;
use super::feature_cache::{FeatureCache, SlotWakes, WakeBars};
use super::figures::TradeFigures;
use super::needs_engine::NeedsEngine;
use super::position::{ExitFill, MarketRules, OpenTrade, PendingEntry};
use super::price_index::{PriceIndex, Scan, ScanBounds};
use crate::run::backtest::{Backtest, MarketData};
use crate::run::needs;

/// A set that is followed trade by trade.
struct TradeRun<'a, 's> {
    strategy: &'s mut (dyn Strategy + Send),
    rules: MarketRules<'s>,
    bars: &'a [Bar],
    segment_ends: Vec<usize>,
    breaks: &'a [usize],
    prices: &'a PriceIndex,
    columns: Columns,
    row: Features,
    wakes: SlotWakes,
    proposal: Proposal,
    account: Account<'s>,
    curve: EquityCurve<'a>,
    ambiguous: u64,
}

/// The bar from which on to go on, and the position then.
type Next = (usize, Option<OpenTrade>);

/// Whether an account has nothing that ties its trades to each other.
fn plain(
    setup: &Backtest<'_>,
    traded: &MarketData<'_>,
    slot: &SlotConfig,
) -> Result<(), NeedsEngine> {
    let plain = traded.conversion == Conversion::Same
        && traded.funding.is_empty()
        && setup.risk == RiskParams::default()
        && slot.anchor == BracketAnchor::Fill
        && slot.instrument == InstrumentId(0);
    match setup.intrabar {
        _ if !plain => Err(NeedsEngine::Account),
        _ if setup.fitted.is_some() => Err(NeedsEngine::Fitted),
        Intrabar::FinerBars | Intrabar::FinerBarsTarget => Err(NeedsEngine::FinerBars),
        Intrabar::StopFirst | Intrabar::TargetFirst | Intrabar::OhlcPath => Ok(()),
    }
}

/// A run that is followed trade by trade, in a few figures.
pub(in crate::run) fn trade_by_trade<'a>(
    setup: &Backtest<'a>,
    cache: &'a FeatureCache<'a>,
) -> Result<TradeFigures, NeedsEngine> {
    let ([traded], [slot]) = (setup.instruments.as_slice(), setup.strategies.as_slice()) else {
        return Err(NeedsEngine::Account);
    };
    plain(setup, traded, slot)?;
    let refused = |_| NeedsEngine::Refused;
    let id = InstrumentId(0);
    let mut spec = FeatureSpec::default();
    let mut strategy = slot.strategy.build(&mut spec).map_err(refused)?;
    if strategy.looks_at_outcomes() {
        return Err(NeedsEngine::Outcomes);
    }
    needs::fits(traded, &slot.name, &*strategy).map_err(|_| NeedsEngine::Refused)?;
    let wakes = cache.slot_wakes(id, setup.max_gap, &strategy.wakes()).map_err(refused)?;
    let always =
        matches!((&wakes.flat, &wakes.open), (WakeBars::Always, _) | (_, WakeBars::Always));
    if spec.wants_book() || always {
        return Err(NeedsEngine::EveryClose);
    }
    let series = traded.series;
    let end = setup
        .period
        .to
        .map_or(series.bars().len(), |to| series.bars().partition_point(|b| b.ts_open < to));
    let bars = &series.bars()[..end];
    let first = setup.period.from.map_or(0, |f| bars.partition_point(|b| b.ts_open < f));
    if first >= end {
        return Err(NeedsEngine::Refused);
    }
    let columns = cache.columns(id, &spec, setup.max_gap).map_err(refused)?;
    let prices = cache.prices(id).ok_or(NeedsEngine::Prices)?;
    let account = Account::new(setup.cash, &traded.instrument, &slot.sizing, prices.top())
        .ok_or(NeedsEngine::Money)?;
    let daily = DailyCloses::new(account.cash_f64(), cache.coverage(setup));
    let curve = EquityCurve::new(&account, daily, series.times(), bars, cache.day_ends(id), first);
    let mut run = TradeRun {
        rules: MarketRules {
            instrument: &traded.instrument,
            slippage: traded.slippage,
            intrabar: setup.intrabar,
            times: series.times(),
            max_gap: i64::from(setup.max_gap),
        },
        segment_ends: series.segments().iter().map(|s| s.end - 1).collect(),
        breaks: cache.breaks(id),
        prices,
        row: columns.row(),
        columns,
        wakes,
        proposal: Proposal::default(),
        strategy: &mut *strategy,
        bars,
        account,
        curve,
        ambiguous: 0,
    };
    run.run(first)?;
    let TradeRun { account, curve, ambiguous, .. } = run;
    let curve = curve.finish(account.cash_f64());
    Ok(account.figures(curve, ambiguous))
}

impl TradeRun<'_, '_> {
    /// Follows everything from bar `at` on.
    fn run(&mut self, mut at: usize) -> Result<(), NeedsEngine> {
        let last = self.bars.len() - 1;
        let mut position: Option<OpenTrade> = None;
        while at <= last {
            let next = self.segment_ends.partition_point(|end| *end < at);
            let end = self.segment_ends.get(next).map_or(last, |end| last.min(*end));
            (at, position) = match position {
                None => self.flat(at, end)?,
                Some(open) => self.held(open, at, end)?,
            };
            if at == end + 1 && end < last {
                self.strategy.reset();
            }
        }
        Ok(())
    }

    /// From bar `at` on without a position, to the next one or the segment's end.
    fn flat(&mut self, at: usize, end: usize) -> Result<Next, NeedsEngine> {
        let asked = self.wakes.flat.next(at, end + 1);
        let closed = asked.min(end);
        self.curve.flat(at..closed + 1, self.account.cash());
        if asked > end {
            return Ok((end + 1, None));
        }
        let pending = match self.ask(asked, None, Phase::Flat)? {
            Some(entry) => self.sized(entry, asked, self.account.cash())?,
            None => None,
        };
        if asked == end {
            return Ok((end + 1, None));
        }
        Ok((asked + 1, self.enter(pending, asked + 1)?))
    }

    /// From bar `at` on with a position, until it is closed or the bar that has to
    /// be looked at is over.
    fn held(&mut self, mut open: OpenTrade, at: usize, end: usize) -> Result<Next, NeedsEngine> {
        let (closed, within) = self.until(&mut open, at, end)?;
        let ts = self.closes(closed);
        if let Some(exit) = within {
            self.account.close(&open, exit, ts)?;
            self.curve.closed_within();
            // A signal at this close counts: the bar is looked at again, without a position.
            return Ok((closed, None));
        }
        let timed = open.due <= ts;
        let mut exit = timed.then_some(ExitReason::Time);
        let mut pending = None;
        if self.wakes.open.next(closed, closed + 1) == closed {
            let phase = if timed { Phase::Exiting { reversing: false } } else { Phase::Open };
            let entry = self.ask(closed, Some(&open), phase)?;
            if let Some(entry) = entry.filter(|e| e.side != open.side) {
                exit = exit.or(Some(ExitReason::Opposite));
                let equity = self.account.equity(&open, self.bars[closed].close)?;
                pending = self.sized(entry, closed, equity)?;
            }
        }
        let next = closed + 1;
        if closed == end {
            let last = end == self.bars.len() - 1;
            let reason = if last { ExitReason::EndOfData } else { ExitReason::SegmentEnd };
            let exit = self.rules.exit(&open, self.bars[closed].close, reason);
            self.account.close(&open, exit, ts)?;
            self.curve.ended(closed, self.account.cash());
            return Ok((next, None));
        }
        let Bar { ts_open: opens, open: px, .. } = self.bars[next];
        if exit.is_none() && open.due <= opens {
            exit = Some(ExitReason::Time);
        }
        if let Some(reason) = exit {
            self.account.close(&open, self.rules.ordered(&open, px, reason), opens)?;
            return Ok((next, self.enter(pending, next)?));
        }
        if let Some(exit) = self.rules.gapped(&open, px) {
            self.account.close(&open, exit, opens)?;
            return Ok((next, None));
        }
        Ok((next, Some(open)))
    }

    /// The bar at which something is to be done, and the exit inside it, if any.
    fn until(
        &mut self,
        open: &mut OpenTrade,
        at: usize,
        end: usize,
    ) -> Result<(usize, Option<ExitFill>), NeedsEngine> {
        let next = self.breaks.partition_point(|b| *b < at);
        let mut stop = self.breaks.get(next).map_or(end, |b| end.min(*b));
        let due = self.rules.times.bars_until(self.bars[at].ts_open, open.due);
        stop = stop.min(at.saturating_add(due));
        stop = self.wakes.open.next(at, stop);
        let alarm = Alarm::around(open.side, open.bracket, open.margin);
        let bounds =
            ScanBounds { low: alarm.below, high: alarm.above, close: ScanBounds::ANY_CLOSE };
        let line = self.account.mark_to_market(open)?;
        let (prices, bars) = (self.prices, self.bars);
        let look = |range, close| prices.scan(bars, range, &ScanBounds { close, ..bounds });
        let seen = self.curve.open(at..stop + 1, end, &line, &look);
        open.widen(&seen);
        if seen.at > stop {
            return Ok((stop, None));
        }
        let bar = &self.bars[seen.at];
        if let Some((exit, assumed)) = self.rules.touched(open, bar)? {
            self.ambiguous += u64::from(assumed);
            return Ok((seen.at, Some(exit)));
        }
        // Only the next open is beyond a level, so this bar closes as any other.
        let alone = Scan { at: seen.at + 1, low: bar.low, high: bar.high, ..seen };
        self.curve.one(seen.at, end, &line);
        open.widen(&alone);
        Ok((seen.at, None))
    }

    /// What the strategy wants at a close.
    fn ask(
        &mut self,
        at: usize,
        open: Option<&OpenTrade>,
        phase: Phase,
    ) -> Result<Option<Entry>, NeedsEngine> {
        self.columns.read(at, self.bars, &mut self.row);
        let position = open.map(OpenTrade::shown);
        let moment = Moment {
            ts: self.closes(at),
            instrument: self.rules.instrument,
            bar: &self.bars[at],
            features: &self.row,
            position: position.as_ref(),
            phase,
            others: 0,
            explain: false,
        };
        self.strategy.on_bar(&moment, &mut self.proposal);
        if self.proposal.exit.is_some() || self.proposal.stop.is_some() {
            return Err(NeedsEngine::Proposal);
        }
        Ok(self.proposal.enter.take())
    }

    /// An entry decided at a close, with its size; `None` where a rule refuses it.
    fn sized(
        &self,
        entry: Entry,
        at: usize,
        equity: i64,
    ) -> Result<Option<PendingEntry>, NeedsEngine> {
        if entry.withheld.is_some() {
            return Ok(None);
        }
        let lots = self.account.size(&entry, self.bars[at].close, equity)?;
        Ok(lots.map(|lots| PendingEntry { entry, lots }))
    }

    /// Enters at the open of a bar, unless too many are missing before it.
    fn enter(
        &mut self,
        pending: Option<PendingEntry>,
        at: usize,
    ) -> Result<Option<OpenTrade>, NeedsEngine> {
        let Some(pending) = pending else { return Ok(None) };
        let Bar { ts_open: opens, open, .. } = self.bars[at];
        let MarketRules { times, max_gap, .. } = self.rules;
        if lapses(times, self.bars[at - 1].ts_open, opens, max_gap) {
            return Ok(None);
        }
        let (mut trade, execution) = self.rules.entered(&pending, opens, open);
        trade.margin = self.account.enter(&trade, execution)?;
        Ok(Some(trade))
    }

    fn closes(&self, at: usize) -> Nanos {
        self.rules.times.close_of(self.bars[at].ts_open)
    }
}
