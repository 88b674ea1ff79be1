//! What the runs of a sweep share: features as columns, comparisons as bits, and
//! the prices in a form that is quick to look through.
//!
//! Everything is computed when it is first asked for, by the nodes that a single
//! run uses, and kept while there is room: what was not used for longest goes
//! first, and is computed again when asked for again. So memory is bounded by
//! the budget and what the running sets hold, whatever the size of the sweep.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use tickstep_core::features::{Column, Columns, FeatureError, FeatureSpec, Request, Timeframe};
use tickstep_core::features::{Exact, Integers, Real};
use tickstep_core::instrument::InstrumentId;
use tickstep_core::stats::Coverage;
use tickstep_core::strategy::wake::{At, Comparison, Wake, Wakes};
use tickstep_core::units::{Fraction, Nanos};

use super::bitset::{BitSet, CompareBits, SPAN, Span};
use super::indexed_series::IndexedSeries;
use super::price_index::PriceIndex;
use crate::run::backtest::{Backtest, Period};
use crate::series::Series;

/// Where a period begins and ends; see [`Period`].
type PeriodEnds = (Option<Nanos>, Option<Nanos>);

/// What the runs of a sweep share. The instruments are those of the account, in
/// its order.
pub struct FeatureCache<'a> {
    series: Vec<IndexedSeries<'a>>,
    entries: Mutex<CacheEntries>,
    /// What the bars of a period cover, by its ends.
    coverage: Mutex<BTreeMap<PeriodEnds, Coverage>>,
    budget: usize,
}

#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
enum CacheKey {
    Column(InstrumentId, u32, Request),
    Exact(InstrumentId, u32, (Exact, i64), (Exact, i64)),
    Real(InstrumentId, u32, Real, Fraction),
}

#[derive(Clone)]
enum CacheItem {
    Column(CachedColumn),
    CompareBits(Arc<CompareBits>),
}

/// A column, and what every comparison of it asks.
#[derive(Clone)]
struct CachedColumn {
    column: Column,
    defined: Arc<BitSet>,
    /// The largest of an exact feature's values, without their signs.
    largest: u64,
    /// The extremes of an exact feature's values.
    spans: Arc<[Span]>,
}

impl CachedColumn {
    fn of(column: Column) -> Self {
        let (defined, spans) = match &column {
            Column::Exact(values) => Span::all(values, UNDEFINED),
            Column::Real(values) => {
                (BitSet::of(values.len(), |at| !values[at].is_nan()), Vec::new())
            }
        };
        let largest = column.integers().map_or(0, |values| largest(values, &spans));
        let spans = spans.into();
        Self { column, defined: Arc::new(defined), largest, spans }
    }

    fn integers(&self) -> &Integers {
        self.column.integers().expect("an exact feature has integers")
    }
}

/// The largest of the values, without their signs.
fn largest(values: &Integers, spans: &[Span]) -> u64 {
    let each = |span: usize| {
        let places = span * SPAN..values.len().min((span + 1) * SPAN);
        let sizes = places.map(|at| values.at(at)).filter(|v| *v != UNDEFINED);
        sizes.map(i64::unsigned_abs).max().unwrap_or(0)
    };
    let sizes = spans
        .iter()
        .enumerate()
        .map(|(at, span)| span.largest().map_or_else(|| each(at), i64::unsigned_abs));
    sizes.max().unwrap_or(0)
}

/// Periods whose days are kept: a walk forward has two for each of its windows.
const MOST_PERIODS: usize = 1_024;

/// What stands for `None` among integers.
const UNDEFINED: i64 = i64::MIN;

impl CacheItem {
    fn bytes(&self) -> usize {
        match self {
            Self::Column(known) => {
                known.column.bytes() + known.defined.bytes() + size_of_val::<[Span]>(&known.spans)
            }
            Self::CompareBits(sides) => sides.bytes(),
        }
    }
}

type CacheSlot = Arc<OnceLock<Result<CacheItem, FeatureError>>>;

#[derive(Default)]
struct CacheEntries {
    /// With the time each was last asked for, and its bytes once they are counted.
    items: BTreeMap<CacheKey, (CacheSlot, u64, Option<usize>)>,
    bytes: usize,
    clock: u64,
}

/// Bars at whose close a strategy has to be asked.
#[derive(Clone, Debug)]
pub(super) enum WakeBars {
    Always,
    At(Arc<BitSet>),
}

impl WakeBars {
    /// The first of the bars `from..to`, else `to`.
    #[inline]
    pub(super) fn next(&self, from: usize, to: usize) -> usize {
        match self {
            Self::Always => from,
            Self::At(bits) => bits.next(from, to),
        }
    }
}

/// The bars at which a slot's strategy has to be asked.
pub(super) struct SlotWakes {
    pub(super) flat: WakeBars,
    pub(super) open: WakeBars,
}

impl<'a> FeatureCache<'a> {
    /// Nothing computed yet; at most about `budget` bytes are entries.
    #[must_use]
    pub fn new(series: impl IntoIterator<Item = &'a Series>, budget: usize) -> Self {
        let series = series.into_iter().map(IndexedSeries::new).collect();
        Self { series, entries: Mutex::default(), coverage: Mutex::default(), budget }
    }

    /// Bytes held now, beside the data.
    #[must_use]
    pub fn bytes(&self) -> usize {
        let prices: usize = self.series.iter().map(IndexedSeries::bytes).sum();
        prices + self.entries.lock().unwrap_or_else(PoisonError::into_inner).bytes
    }

    pub(in crate::run) fn columns(
        &self,
        id: InstrumentId,
        spec: &FeatureSpec,
        max_gap: u32,
    ) -> Result<Columns, FeatureError> {
        let column = |request| self.column(id, max_gap, request).map(|known| known.column);
        let columns: Vec<Column> =
            spec.requests().into_iter().map(column).collect::<Result<_, _>>()?;
        Ok(Columns::new(&columns, self.series[id.index()].afresh(max_gap)))
    }

    /// What the bars cover that an account over these series is traded on.
    pub(in crate::run) fn coverage(&self, setup: &Backtest<'_>) -> Coverage {
        let Period { from, to } = setup.period;
        let cover = || setup.period.coverage(setup.instruments.iter().map(|t| t.series));
        let mut known = self.coverage.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= MOST_PERIODS {
            known.clear();
        }
        known.entry((from, to)).or_insert_with(cover).clone()
    }

    pub(super) fn prices(&self, id: InstrumentId) -> Option<&PriceIndex> {
        self.series[id.index()].prices()
    }

    pub(super) fn breaks(&self, id: InstrumentId) -> &[usize] {
        &self.series[id.index()].breaks
    }

    /// Last bars of days.
    pub(super) fn day_ends(&self, id: InstrumentId) -> &[usize] {
        self.series[id.index()].day_ends()
    }

    /// Where a strategy with these `wakes` has to be asked.
    pub(super) fn slot_wakes(
        &self,
        id: InstrumentId,
        max_gap: u32,
        wakes: &Wakes,
    ) -> Result<SlotWakes, FeatureError> {
        let flat = self.wake_bars(id, max_gap, &wakes.flat)?;
        let open = if wakes.open == wakes.flat {
            flat.clone()
        } else {
            self.wake_bars(id, max_gap, &wakes.open)?
        };
        Ok(SlotWakes { flat, open })
    }

    fn wake_bars(
        &self,
        id: InstrumentId,
        max_gap: u32,
        wake: &Wake,
    ) -> Result<WakeBars, FeatureError> {
        let tape = &self.series[id.index()];
        let lists = match wake {
            Wake::Always => return Ok(WakeBars::Always),
            Wake::At(times) => return Ok(WakeBars::At(Arc::new(tape.closing_at(times)))),
            Wake::When(lists) => lists,
        };
        let bars = tape.series.bars().len();
        let mut any = BitSet::none(bars);
        for list in lists {
            let mut all = BitSet::all(bars);
            for comparison in list {
                let (key, relation, at) = parts(comparison, id, max_gap);
                let CacheItem::CompareBits(sides) = self.get(key)? else { continue };
                all.narrow(&sides, relation, at == At::Before);
                if at == At::Before {
                    tape.afresh(max_gap).iter().for_each(|start| all.clear(*start));
                }
            }
            any.or(&all);
        }
        Ok(WakeBars::At(Arc::new(any)))
    }

    fn column(
        &self,
        id: InstrumentId,
        max_gap: u32,
        request: Request,
    ) -> Result<CachedColumn, FeatureError> {
        match self.get(CacheKey::Column(id, max_gap, request))? {
            CacheItem::Column(known) => Ok(known),
            CacheItem::CompareBits(_) => unreachable!("a column's key holds a column"),
        }
    }

    fn get(&self, key: CacheKey) -> Result<CacheItem, FeatureError> {
        let slot = self.slot(&key);
        let mut made = false;
        let item = slot.get_or_init(|| {
            made = true;
            self.make(&key)
        });
        if let (true, Ok(item)) = (made, item) {
            self.keep(&key, item.bytes());
        }
        item.clone()
    }

    fn slot(&self, key: &CacheKey) -> CacheSlot {
        let mut entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        entries.clock += 1;
        let now = entries.clock;
        let (slot, used, _) = entries.items.entry(key.clone()).or_default();
        *used = now;
        slot.clone()
    }

    /// Counts what was made, and lets go of what was not used for longest.
    fn keep(&self, made: &CacheKey, bytes: usize) {
        let mut entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        // Gone already, if another thread had no room.
        let Some((_, _, counted)) = entries.items.get_mut(made) else { return };
        *counted = Some(bytes);
        entries.bytes += bytes;
        while entries.bytes > self.budget {
            let others = entries.items.iter().filter(|(key, _)| *key != made);
            let counted =
                others.filter_map(|(key, (_, used, bytes))| Some((*used, key, (*bytes)?)));
            let Some((_, key, bytes)) = counted.min_by_key(|(used, _, _)| *used) else { return };
            let key = key.clone();
            entries.items.remove(&key);
            entries.bytes -= bytes;
        }
    }

    fn make(&self, key: &CacheKey) -> Result<CacheItem, FeatureError> {
        let base = Timeframe::Base;
        match *key {
            CacheKey::Column(id, max_gap, request) => {
                let IndexedSeries { series, starts, .. } = &self.series[id.index()];
                let (times, bars) = (series.times(), series.bars());
                let column = Column::compute(request, times, max_gap, bars, starts)?;
                Ok(CacheItem::Column(CachedColumn::of(column)))
            }
            CacheKey::Exact(id, max_gap, left, right) => {
                let column = |what| self.column(id, max_gap, Request::Exact(base, what));
                let (l, r) = (column(left.0)?, column(right.0)?);
                Ok(CacheItem::CompareBits(Arc::new(exact_sides((&l, left.1), (&r, right.1)))))
            }
            CacheKey::Real(id, max_gap, what, level) => {
                let known = self.column(id, max_gap, Request::Real(base, what))?;
                let (values, level) = (known.column.floats().unwrap_or_default(), level.to_f64());
                // NaN, which stands for undefined, is neither above nor below.
                let (above, below) = {
                    let of = |holds: fn(Real, f64, f64) -> bool| {
                        BitSet::of(values.len(), |at| holds(what, values[at], level))
                    };
                    (of(Real::is_above), of(Real::is_below))
                };
                Ok(CacheItem::CompareBits(Arc::new(CompareBits::new(above, below, known.defined))))
            }
        }
    }
}

fn parts(
    comparison: &Comparison,
    id: InstrumentId,
    max_gap: u32,
) -> (CacheKey, tickstep_core::strategy::wake::Relation, At) {
    match *comparison {
        Comparison::Exact { left, relation, right, at } => {
            (CacheKey::Exact(id, max_gap, left, right), relation, at)
        }
        Comparison::Real { left, relation, level, at } => {
            (CacheKey::Real(id, max_gap, left, level), relation, at)
        }
    }
}

/// `left * factor` against `right * factor`.
fn exact_sides((l, by): (&CachedColumn, i64), (r, of): (&CachedColumn, i64)) -> CompareBits {
    let fits = |known: &CachedColumn, factor: i64| {
        known.largest.checked_mul(factor.unsigned_abs()).is_some_and(|most| most < 1 << 62)
    };
    let mut defined = l.defined.as_ref().clone();
    defined.and(&r.defined);
    let (left, right) = (l.integers(), r.integers());
    if fits(l, by) && fits(r, of) {
        // What is undefined wraps to anything, and is left out.
        let difference = |l: i64, r: i64| l.wrapping_mul(by).wrapping_sub(r.wrapping_mul(of));
        // With a factor at or below zero the larger value is not the larger product.
        let spans = (by > 0 && of > 0).then_some((&*l.spans, &*r.spans));
        return CompareBits::of(left, right, spans, difference, defined);
    }
    let difference = |l: i64, r: i64| {
        let (l, r) = (i128::from(l) * i128::from(by), i128::from(r) * i128::from(of));
        (l > r) as i64 - (l < r) as i64
    };
    CompareBits::of(left, right, None, difference, defined)
}
