//! Runs followed trade by trade: what makes a sweep fast.
//!
//! Where an account is one strategy on one instrument without limits, a trade's
//! whole life follows from its entry: the fill, the levels, the first bar that
//! reaches one or the close that ends it. Then orders, reports and bookings in
//! between need not be made: prices come from the same roundings of the
//! instrument, decisions from the same strategy, and money is booked once for each
//! trade, in whole numbers. Where anything else could happen (margin that may
//! fail, a strategy that moves stops or looks at outcomes, limits, funding,
//! conversions), this gives up and the engine runs the set from its beginning.
//!
//! It means nothing of its own: `tests/run/passing.rs` holds every trade, mark and sum
//! against the engine's.

use tickstep_core::event::{Bar, missing_bars};
use tickstep_core::features::{Columns, FeatureSpec, Features};
use tickstep_core::instrument::{Conversion, Instrument, InstrumentId, Slippage};
use tickstep_core::ledger::Position;
use tickstep_core::order::BracketAnchor;
use tickstep_core::order::{Bracket, ExitReason};
use tickstep_core::risk::RiskParams;
use tickstep_core::sim::cost::Intrabar;
use tickstep_core::strategy::{Distance, Entry, Moment, Phase, Proposal, Strategy};
use tickstep_core::units::{Lots, Nanos, Side, Ticks};

use super::account::{Account, Exit};
use super::curve::Curve;
use super::feature_cache::{Asked, FeatureCache};
use super::price_index::{Bounds, Path, Seen};
use crate::run::record::ANY_CLOSE;
use crate::run::summary::Summary;
use crate::run::{Backtest, needs};

/// A set that is followed trade by trade.
pub(super) struct Settling<'a, 's> {
    pub(super) strategy: &'s mut (dyn Strategy + Send),
    pub(super) instrument: &'s Instrument,
    pub(super) slippage: Slippage,
    pub(super) intrabar: Intrabar,
    pub(super) interval: Nanos,
    pub(super) max_gap: i64,
    pub(super) bars: &'a [Bar],
    pub(super) segment_ends: Vec<usize>,
    pub(super) breaks: &'a [usize],
    pub(super) path: &'a Path,
    pub(super) columns: Columns,
    pub(super) row: Features,
    pub(super) flat: Asked,
    pub(super) open: Asked,
    pub(super) proposal: Proposal,
    pub(super) account: Account<'s>,
    pub(super) curve: Curve<'a>,
    pub(super) ambiguous: u64,
}

/// A position, from the open it was entered at.
pub(super) struct Open {
    pub(super) side: Side,
    pub(super) lots: Lots,
    pub(super) px: Ticks,
    pub(super) entry_ts: Nanos,
    pub(super) bracket: Bracket,
    pub(super) due: Nanos,
    /// Price at which margin may fail.
    pub(super) margin: Option<Ticks>,
    pub(super) best: Ticks,
    pub(super) worst: Ticks,
}

/// An entry that waits for the next open.
struct Wanted {
    entry: Entry,
    lots: Lots,
}

/// What ended a stretch of bars in which a position was open.
enum Reached {
    /// A level within the bar.
    Level(Exit),
    /// Nothing: the bar closed with the position open.
    Close,
}

/// Whether a set may be followed trade by trade, as far as that can be told without
/// asking its strategy anything.
pub(in crate::run) fn may(setup: &Backtest<'_>) -> bool {
    let ([traded], [slot]) = (setup.instruments.as_slice(), setup.strategies.as_slice()) else {
        return false;
    };
    let Ok(strategy) = slot.strategy.look() else { return false };
    traded.conversion == Conversion::Same
        && traded.funding.is_empty()
        && setup.risk == RiskParams::default()
        && slot.anchor == BracketAnchor::Fill
        && slot.instrument == InstrumentId(0)
        && !strategy.looks_at_outcomes()
        && !matches!(setup.intrabar, Intrabar::FinerBars | Intrabar::FinerBarsTarget)
        && needs::fits(traded, &slot.name, &*strategy).is_ok()
}

/// The run of a set that [may](may()) be followed trade by trade, in a few figures;
/// `None` where that takes the engine.
pub(in crate::run) fn settled<'a>(
    setup: &Backtest<'a>,
    shared: &'a FeatureCache<'a>,
) -> Option<Summary> {
    let ([traded], [slot]) = (setup.instruments.as_slice(), setup.strategies.as_slice()) else {
        return None;
    };
    let id = InstrumentId(0);
    let mut spec = FeatureSpec::default();
    let mut strategy = slot.strategy.build(&mut spec).ok()?;
    let wakes = strategy.wakes();
    let flat = shared.asked(id, setup.max_gap, &wakes.flat).ok()?;
    let open = if wakes.open == wakes.flat {
        flat.clone()
    } else {
        shared.asked(id, setup.max_gap, &wakes.open).ok()?
    };
    if spec.wants_book() || matches!((&flat, &open), (Asked::Always, _) | (_, Asked::Always)) {
        return None;
    }
    let series = traded.series;
    let end = setup
        .period
        .to
        .map_or(series.bars().len(), |to| series.bars().partition_point(|b| b.ts_open < to));
    let bars = &series.bars()[..end];
    let first = setup.period.from.map_or(0, |f| bars.partition_point(|b| b.ts_open < f));
    if first >= end {
        return None;
    }
    let columns = shared.columns(id, &spec, setup.max_gap).ok()?;
    let path = shared.path(id)?;
    let account = Account::new(setup.cash, &traded.instrument, &slot.sizing, path.top())?;
    let curve = Curve::new(&account, series.interval(), bars, shared.day_ends(id), first);
    let mut settling = Settling {
        instrument: &traded.instrument,
        slippage: traded.slippage,
        intrabar: setup.intrabar,
        interval: series.interval(),
        max_gap: i64::from(setup.max_gap),
        segment_ends: series.segments().iter().map(|s| s.end - 1).collect(),
        breaks: shared.breaks(id),
        path,
        row: columns.row(),
        columns,
        flat,
        open,
        proposal: Proposal::default(),
        strategy: &mut *strategy,
        bars,
        account,
        curve,
        ambiguous: 0,
    };
    settling.run(first)?;
    let Settling { account, curve, ambiguous, .. } = settling;
    Some(account.summary(curve, ambiguous))
}

impl Settling<'_, '_> {
    /// Follows the run from bar `at` on; `None` where the engine is needed.
    fn run(&mut self, mut at: usize) -> Option<()> {
        let last = self.bars.len() - 1;
        let mut position: Option<Open> = None;
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
        Some(())
    }

    /// From bar `at` on without a position, to the next one or the segment's end.
    fn flat(&mut self, at: usize, end: usize) -> Option<(usize, Option<Open>)> {
        let asked = self.flat.next(at, end + 1);
        let closed = asked.min(end);
        self.curve.flat(at..closed + 1, self.account.cash());
        if asked > end {
            return Some((end + 1, None));
        }
        let wanted = match self.ask(asked, None, Phase::Flat)? {
            Some(entry) => self.sized(entry, asked, self.account.cash())?,
            None => None,
        };
        if asked == end {
            return Some((end + 1, None));
        }
        Some((asked + 1, self.enter(wanted, asked + 1)?))
    }

    /// From bar `at` on with a position, until it is closed or the bar that has to
    /// be looked at is over.
    fn held(&mut self, mut open: Open, at: usize, end: usize) -> Option<(usize, Option<Open>)> {
        let (closed, reached) = self.until(&mut open, at, end)?;
        if let Reached::Level(exit) = reached {
            let ts = self.closes(closed);
            self.account.close(&open, exit, ts)?;
            self.curve.closed_within();
            // A signal at this close counts: the bar is looked at again, without a position.
            return Some((closed, None));
        }
        let ts = self.closes(closed);
        let timed = open.due <= ts;
        let mut exit = timed.then_some(ExitReason::Time);
        let mut wanted = None;
        if self.open.next(closed, closed + 1) == closed {
            let phase = if timed { Phase::Exiting { reversing: false } } else { Phase::Open };
            let entry = self.ask(closed, Some(&open), phase)?;
            if let Some(entry) = entry.filter(|e| e.side != open.side) {
                exit = exit.or(Some(ExitReason::Opposite));
                let equity = self.account.equity(&open, self.bars[closed].close)?;
                wanted = self.sized(entry, closed, equity)?;
            }
        }
        let next = closed + 1;
        if closed == end {
            let last = end == self.bars.len() - 1;
            let reason = if last { ExitReason::EndOfData } else { ExitReason::SegmentEnd };
            let px = self.bars[closed].close;
            self.account.close(&open, Exit::unslipped(px, reason), ts)?;
            self.curve.ended(closed, self.account.cash());
            return Some((next, None));
        }
        let opens = self.bars[next].ts_open;
        if exit.is_none() && open.due <= opens {
            exit = Some(ExitReason::Time);
        }
        if let Some(reason) = exit {
            let exit = self.market(open.side.opposite(), self.bars[next].open, reason);
            self.account.close(&open, exit, opens)?;
            return Some((next, self.enter(wanted, next)?));
        }
        if let Some(exit) = self.gapped(&open, self.bars[next].open)? {
            self.account.close(&open, exit, opens)?;
            return Some((next, None));
        }
        Some((next, Some(open)))
    }

    /// The bar at which something is to be done, and what was reached in it.
    fn until(&mut self, open: &mut Open, at: usize, end: usize) -> Option<(usize, Reached)> {
        let next = self.breaks.partition_point(|b| *b < at);
        let mut stop = self.breaks.get(next).map_or(end, |b| end.min(*b));
        // The bar whose close is the first at or after the time it is due.
        let ahead = open.due.0.saturating_sub(self.closes(at).0).max(0);
        let due = ahead / self.interval.0 + i64::from(ahead % self.interval.0 != 0);
        stop = stop.min(at.saturating_add(due as usize));
        stop = self.open.next(at, stop);
        let (low, high) = match open.side {
            Side::Buy => (open.bracket.stop.max(open.margin), open.bracket.target),
            Side::Sell => {
                (open.bracket.target, open.bracket.stop.into_iter().chain(open.margin).min())
            }
        };
        let bounds = Bounds {
            low: low.unwrap_or(Ticks(i64::MIN)),
            high: high.unwrap_or(Ticks(i64::MAX)),
            close: ANY_CLOSE,
        };
        let line = self.account.line(open)?;
        let (path, bars) = (self.path, self.bars);
        let look = |range, close| path.look(bars, range, &Bounds { close, ..bounds });
        let seen = self.curve.open(at..stop + 1, end, &line, &look);
        self.widen(open, &seen);
        if seen.at > stop {
            return Some((stop, Reached::Close));
        }
        let bar = &self.bars[seen.at];
        if let Some(exit) = self.touched(open, bar)? {
            return Some((seen.at, Reached::Level(exit)));
        }
        // Only the next open is beyond a level, so this bar closes as any other.
        let alone = Seen { at: seen.at + 1, low: bar.low, high: bar.high, ..seen };
        self.curve.one(seen.at, end, &line);
        self.widen(open, &alone);
        Some((seen.at, Reached::Close))
    }

    fn widen(&self, open: &mut Open, seen: &Seen) {
        if seen.low > seen.high {
            return;
        }
        let (good, bad) = match open.side {
            Side::Buy => (seen.high, seen.low),
            Side::Sell => (seen.low, seen.high),
        };
        let ahead = |a: Ticks, b: Ticks| open.side.sign() * (a.0 - b.0) > 0;
        if ahead(good, open.best) {
            open.best = good;
        }
        if ahead(open.worst, bad) {
            open.worst = bad;
        }
    }

    /// What the strategy wants at a close; `None` of the outer kind where it wants what
    /// only the engine does.
    fn ask(&mut self, at: usize, open: Option<&Open>, phase: Phase) -> Option<Option<Entry>> {
        self.columns.read(at, self.bars, &mut self.row);
        let position = open.map(|o| {
            let what = (InstrumentId(0), o.side, o.lots);
            Position::shown(what, (o.px, o.entry_ts), o.bracket, (o.best, o.worst))
        });
        let moment = Moment {
            ts: self.closes(at),
            instrument: self.instrument,
            bar: &self.bars[at],
            features: &self.row,
            position: position.as_ref(),
            phase,
            others: 0,
            explain: false,
        };
        self.strategy.on_bar(&moment, &mut self.proposal);
        if self.proposal.exit.is_some() || self.proposal.stop.is_some() {
            return None;
        }
        Some(self.proposal.enter.take())
    }

    /// The size of an entry decided at a close; `None` of the inner kind where a
    /// rule refuses it.
    fn sized(&self, entry: Entry, at: usize, equity: i64) -> Option<Option<Wanted>> {
        if entry.withheld.is_some() {
            return Some(None);
        }
        let px = self.bars[at].close;
        let lots = self.account.size(&entry, px, equity)?;
        Some(lots.map(|lots| Wanted { entry, lots }))
    }

    /// Enters at the open of a bar, unless too many are missing before it.
    fn enter(&mut self, wanted: Option<Wanted>, at: usize) -> Option<Option<Open>> {
        let Some(Wanted { entry, lots }) = wanted else { return Some(None) };
        let bar = &self.bars[at];
        if missing_bars(bar.ts_open - self.bars[at - 1].ts_open, self.interval) > self.max_gap {
            return Some(None);
        }
        let side = entry.side;
        let px = self.instrument.slipped(side, bar.open, self.slippage);
        let bracket = Distance::bracket(self.instrument, side, (entry.stop, entry.target), px);
        let due = entry.hold.map_or(Nanos(i64::MAX), |hold| {
            let bars = (hold.0 + self.interval.0 - 1) / self.interval.0;
            bar.ts_open + self.interval.times(bars.max(1))
        });
        let slip = Ticks((px.0 - bar.open.0).abs());
        let margin = self.account.enter(side, lots, px, slip)?;
        let entry_ts = bar.ts_open;
        let (best, worst) = (px, px);
        Some(Some(Open { side, lots, px, entry_ts, bracket, due, margin, best, worst }))
    }

    fn closes(&self, at: usize) -> Nanos {
        self.bars[at].ts_open + self.interval
    }
}
