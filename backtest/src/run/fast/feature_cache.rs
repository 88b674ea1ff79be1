//! What the runs of a sweep share: features as columns, comparisons as bits, and
//! the prices in a form that is quick to look through.
//!
//! Everything is computed when it is first asked for, by the nodes that a single
//! run uses, and kept while there is room: what was not used for longest goes
//! first, and is computed again when asked for again. So memory is bounded by
//! the budget and what the running sets hold, whatever the size of the sweep.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use tickstep_core::event::Bar;
use tickstep_core::features::{Column, Columns, FeatureError, FeatureSpec, Request, Timeframe};
use tickstep_core::features::{Exact, Integers, Real, afresh};
use tickstep_core::instrument::InstrumentId;
use tickstep_core::stats::DailyCloses;
use tickstep_core::strategy::wake::{At, Comparison, Wake};
use tickstep_core::units::{Fraction, Nanos};

use super::bitset::{Bits, SPAN, Sides, Span};
use super::price_index::Path;
use crate::series::Series;

/// What the runs of a sweep share. The instruments are those of the account, in
/// its order.
pub struct FeatureCache<'a> {
    tapes: Vec<Tape<'a>>,
    kept: Mutex<Kept>,
    budget: usize,
}

struct Tape<'a> {
    series: &'a Series,
    path: Option<Path>,
    /// First bars of segments, without the first of all.
    starts: Vec<usize>,
    /// Bars that no bar follows at once: before a gap, a segment's and the last.
    breaks: Vec<usize>,
    /// Last bars of UTC days.
    day_ends: Vec<usize>,
    /// Closes that know of none before them, by `max_gap`.
    afresh: Mutex<BTreeMap<u32, Arc<[usize]>>>,
}

#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Key {
    Column(InstrumentId, u32, Request),
    Exact(InstrumentId, u32, (Exact, i64), (Exact, i64)),
    Real(InstrumentId, u32, Real, Fraction),
}

#[derive(Clone)]
enum Item {
    Column(Known),
    Sides(Arc<Sides>),
}

/// A column, and what every comparison of it asks.
#[derive(Clone)]
struct Known {
    column: Column,
    defined: Arc<Bits>,
    /// The largest of an exact feature's values, without their signs.
    largest: u64,
    /// The extremes of an exact feature's values.
    spans: Arc<[Span]>,
}

impl Known {
    fn of(column: Column) -> Self {
        let (defined, spans) = match &column {
            Column::Exact(values) => Span::all(values, UNDEFINED),
            Column::Real(values) => (Bits::of(values.len(), |at| !values[at].is_nan()), Vec::new()),
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

/// What stands for `None` among integers.
const UNDEFINED: i64 = i64::MIN;

impl Item {
    fn bytes(&self) -> usize {
        match self {
            Self::Column(known) => {
                known.column.bytes() + known.defined.bytes() + size_of_val::<[Span]>(&known.spans)
            }
            Self::Sides(sides) => sides.bytes(),
        }
    }
}

type Slot = Arc<OnceLock<Result<Item, FeatureError>>>;

#[derive(Default)]
struct Kept {
    /// With the time each was last asked for, and its bytes once they are counted.
    items: BTreeMap<Key, (Slot, u64, Option<usize>)>,
    bytes: usize,
    clock: u64,
}

/// Where a strategy has to be asked.
#[derive(Clone, Debug)]
pub(super) enum Asked {
    Always,
    At(Arc<Bits>),
}

impl<'a> FeatureCache<'a> {
    /// Nothing computed yet; at most about `budget` bytes are kept.
    #[must_use]
    pub fn new(series: impl IntoIterator<Item = &'a Series>, budget: usize) -> Self {
        let tapes = series.into_iter().map(Tape::new).collect();
        Self { tapes, kept: Mutex::default(), budget }
    }

    /// Bytes held now, beside the data.
    #[must_use]
    pub fn bytes(&self) -> usize {
        let paths: usize = self.tapes.iter().filter_map(|t| Some(t.path.as_ref()?.bytes())).sum();
        paths + self.kept.lock().unwrap_or_else(PoisonError::into_inner).bytes
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
        Ok(Columns::new(&columns, self.tapes[id.index()].afresh(max_gap)))
    }

    pub(super) fn path(&self, id: InstrumentId) -> Option<&Path> {
        self.tapes[id.index()].path.as_ref()
    }

    pub(super) fn breaks(&self, id: InstrumentId) -> &[usize] {
        &self.tapes[id.index()].breaks
    }

    /// Last bars of UTC days.
    pub(super) fn day_ends(&self, id: InstrumentId) -> &[usize] {
        &self.tapes[id.index()].day_ends
    }

    pub(super) fn asked(
        &self,
        id: InstrumentId,
        max_gap: u32,
        wake: &Wake,
    ) -> Result<Asked, FeatureError> {
        let tape = &self.tapes[id.index()];
        let lists = match wake {
            Wake::Always => return Ok(Asked::Always),
            Wake::At(times) => return Ok(Asked::At(Arc::new(tape.closing_at(times)))),
            Wake::When(lists) => lists,
        };
        let bars = tape.series.bars().len();
        let mut any = Bits::none(bars);
        for list in lists {
            let mut all = Bits::all(bars);
            for comparison in list {
                let (key, relation, at) = parts(comparison, id, max_gap);
                let Item::Sides(sides) = self.get(key)? else { continue };
                all.narrow(&sides, relation, at == At::Before);
                if at == At::Before {
                    tape.afresh(max_gap).iter().for_each(|start| all.clear(*start));
                }
            }
            any.or(&all);
        }
        Ok(Asked::At(Arc::new(any)))
    }

    fn column(
        &self,
        id: InstrumentId,
        max_gap: u32,
        request: Request,
    ) -> Result<Known, FeatureError> {
        match self.get(Key::Column(id, max_gap, request))? {
            Item::Column(known) => Ok(known),
            Item::Sides(_) => unreachable!("a column's key holds a column"),
        }
    }

    fn get(&self, key: Key) -> Result<Item, FeatureError> {
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

    fn slot(&self, key: &Key) -> Slot {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.clock += 1;
        let now = kept.clock;
        let (slot, used, _) = kept.items.entry(key.clone()).or_default();
        *used = now;
        slot.clone()
    }

    /// Counts what was made, and lets go of what was not used for longest.
    fn keep(&self, made: &Key, bytes: usize) {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        // Gone already, if another thread had no room.
        let Some((_, _, counted)) = kept.items.get_mut(made) else { return };
        *counted = Some(bytes);
        kept.bytes += bytes;
        while kept.bytes > self.budget {
            let others = kept.items.iter().filter(|(key, _)| *key != made);
            let counted =
                others.filter_map(|(key, (_, used, bytes))| Some((*used, key, (*bytes)?)));
            let Some((_, key, bytes)) = counted.min_by_key(|(used, _, _)| *used) else { return };
            let key = key.clone();
            kept.items.remove(&key);
            kept.bytes -= bytes;
        }
    }

    fn make(&self, key: &Key) -> Result<Item, FeatureError> {
        let base = Timeframe::Base;
        match *key {
            Key::Column(id, max_gap, request) => {
                let Tape { series, starts, .. } = &self.tapes[id.index()];
                let timing = (series.interval(), max_gap);
                let column = Column::compute(request, timing, series.bars(), starts)?;
                Ok(Item::Column(Known::of(column)))
            }
            Key::Exact(id, max_gap, left, right) => {
                let column = |what| self.column(id, max_gap, Request::Exact(base, what));
                let (l, r) = (column(left.0)?, column(right.0)?);
                Ok(Item::Sides(Arc::new(exact_sides((&l, left.1), (&r, right.1)))))
            }
            Key::Real(id, max_gap, what, level) => {
                let known = self.column(id, max_gap, Request::Real(base, what))?;
                let (values, level) = (known.column.floats().unwrap_or_default(), level.to_f64());
                // NaN, which stands for undefined, is neither above nor below.
                let (above, below) = {
                    let of = |holds: fn(f64, f64) -> bool| {
                        Bits::of(values.len(), |at| holds(values[at], level))
                    };
                    (of(|v, level| v > level), of(|v, level| v < level))
                };
                Ok(Item::Sides(Arc::new(Sides::new(above, below, known.defined))))
            }
        }
    }
}

fn parts(
    comparison: &Comparison,
    id: InstrumentId,
    max_gap: u32,
) -> (Key, tickstep_core::strategy::wake::Relation, At) {
    match *comparison {
        Comparison::Exact { left, relation, right, at } => {
            (Key::Exact(id, max_gap, left, right), relation, at)
        }
        Comparison::Real { left, relation, level, at } => {
            (Key::Real(id, max_gap, left, level), relation, at)
        }
    }
}

/// `left * factor` against `right * factor`.
fn exact_sides((l, by): (&Known, i64), (r, of): (&Known, i64)) -> Sides {
    let fits = |known: &Known, factor: i64| {
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
        return Sides::of((left, right), spans, difference, defined);
    }
    let difference = |l: i64, r: i64| {
        let (l, r) = (i128::from(l) * i128::from(by), i128::from(r) * i128::from(of));
        (l > r) as i64 - (l < r) as i64
    };
    Sides::of((left, right), None, difference, defined)
}

impl<'a> Tape<'a> {
    fn new(series: &'a Series) -> Self {
        let starts: Vec<usize> = series.segments().iter().skip(1).map(|s| s.start).collect();
        let bars = series.bars();
        let parted = |at: &usize| {
            let next = bars.get(at + 1);
            next.is_none_or(|next| next.ts_open - bars[*at].ts_open != series.interval())
        };
        let mut breaks: Vec<usize> = (0..bars.len()).filter(parted).collect();
        breaks.extend(starts.iter().map(|start| start - 1));
        breaks.sort_unstable();
        breaks.dedup();
        let closes = |bar: &Bar| bar.ts_open + series.interval();
        let ends_day = |at: &usize| {
            let ends = DailyCloses::day_ends(closes(&bars[*at]));
            bars.get(at + 1).is_none_or(|next| closes(next) > ends)
        };
        let day_ends = (0..bars.len()).filter(ends_day).collect();
        Self { series, path: Path::new(bars), starts, breaks, day_ends, afresh: Mutex::default() }
    }

    /// The bars that close at these times, which rise.
    fn closing_at(&self, times: &[Nanos]) -> Bits {
        let bars = self.series.bars();
        let mut bits = Bits::none(bars.len());
        for ts in times {
            if let Ok(at) =
                bars.binary_search_by_key(&(*ts - self.series.interval()), |b| b.ts_open)
            {
                bits.set(at);
            }
        }
        bits
    }

    /// Closes that know of none before them.
    fn afresh(&self, max_gap: u32) -> Arc<[usize]> {
        let mut known = self.afresh.lock().unwrap_or_else(PoisonError::into_inner);
        let find = || afresh(self.series.bars(), (self.series.interval(), max_gap), &self.starts);
        known.entry(max_gap).or_insert_with(|| find().into()).clone()
    }
}
