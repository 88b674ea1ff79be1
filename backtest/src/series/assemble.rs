//! From checked bars in order to a series: where they lie in time, the period asked for,
//! gaps and segments.

use std::sync::Arc;

use tickstep_config::MarketHours;
use tickstep_core::calendar::{BarTimes, Calendar};
use tickstep_core::event::Bar;
use tickstep_core::units::Nanos;

use super::error::{BadOption, SeriesError, SeriesFault};
use super::fault::{RowError, RowFault};
use super::gaps::{gaps, segments, starts};
use super::grid::Grid;
use super::layout::{StatedTimes, TimeLayout};
use super::place::RowPlace;
use super::repairs::{Repair, Repaired};
use super::{Rounded, Series, SourceFile, StampKind};

/// Where bars lie in time, and when their market trades.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct MarketTimes {
    pub times: BarTimes,
    pub calendar: Calendar,
}

/// The market of a series, and whether it was told by the open times.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct SeriesMarket {
    pub hours: MarketHours,
    pub inferred: bool,
}

/// Checked bars in order, on the way to a [`Series`].
pub(crate) struct SeriesParts {
    pub symbol: String,
    pub interval: Option<Nanos>,
    /// Where the bars lie, where a program says it.
    pub given: Option<MarketTimes>,
    /// The market, where it is stated; else it is told by the open times.
    pub market: Option<SeriesMarket>,
    pub repairs: Vec<Repair>,
    /// Whether rows came by a way on which times can be moved to the grid.
    pub can_snap: bool,
    pub grid: Grid,
    pub bars: Vec<Bar>,
    /// Where the user's segments begin, but the first.
    pub breaks: Vec<usize>,
    pub segment_gap: Nanos,
    pub period: Option<(Nanos, Nanos)>,
    pub rounded: Rounded,
    pub repaired: Repaired,
    pub sources: Vec<SourceFile>,
    pub stamps: StampKind,
    /// Whether all stamps are dates, and none an instant.
    pub dates: bool,
}

impl SeriesParts {
    /// Settles where the bars lie in time, cuts out the period, and finds gaps and segments.
    /// `place` names a bar by its index.
    pub(crate) fn assemble(
        mut self,
        place: &dyn Fn(usize) -> RowPlace,
    ) -> Result<Series, SeriesError> {
        self.check_options()?;
        // A column of times is looked through far sooner than bars are.
        let mut seen = None;
        let (given, layout) = match self.given.take() {
            Some(given) => (Some(given), None),
            None => (None, Some(self.settle(place, &mut seen)?)),
        };
        if self.cut_period()? {
            seen = None;
        }
        let Opens { times: opens, has_taker } = seen.unwrap_or_else(|| Opens::of(&self.bars));
        let MarketTimes { times, calendar } = match (given, &layout) {
            (Some(given), _) => given,
            (None, Some(layout)) => market_times(layout, &opens)?,
            (None, None) => return Err(SeriesFault::Nothing.into()),
        };
        let gaps = gaps(&opens, &times);
        let starts = starts(opens.len(), &gaps, &times, self.segment_gap, &self.breaks);
        let segments = segments(&starts, self.bars.len());
        let market = layout.map(|l| SeriesMarket { hours: l.market, inferred: l.inferred });
        Ok(Series {
            has_taker,
            symbol: self.symbol,
            grid: self.grid,
            gaps: gaps.into_iter().map(|(_, gap)| gap).collect(),
            times,
            calendar,
            market,
            bars: Arc::new(self.bars),
            segments,
            rounded: self.rounded,
            repaired: self.repaired,
            sources: self.sources,
            stamps: self.stamps,
        })
    }

    fn check_options(&self) -> Result<(), SeriesError> {
        let bad = |option, value, range| Err(BadOption { option, value, range }.into());
        if let Some(interval) = self.interval
            && interval.0 <= 0
        {
            return bad("interval", format!("{} ns", interval.0), "above zero");
        }
        if self.segment_gap.0 < 0 {
            return bad("segment_gap", format!("{} ns", self.segment_gap.0), "zero or more");
        }
        Ok(())
    }

    /// How the bars lie in time; refuses those that do not fit, or drops them where that
    /// is named. `seen` are the opens, where they remain as they are.
    fn settle(
        &mut self,
        place: &dyn Fn(usize) -> RowPlace,
        seen: &mut Option<Opens>,
    ) -> Result<TimeLayout, SeriesError> {
        if self.bars.is_empty() {
            return Err(SeriesFault::Nothing.into());
        }
        let opens = Opens::of(&self.bars);
        let times = &opens.times;
        let stated = StatedTimes {
            interval: self.interval,
            calendar: self.market.as_ref().map(|market| &market.hours),
            inferred: self.market.as_ref().is_some_and(|market| market.inferred),
            dates: self.dates,
        };
        let layout = TimeLayout::of(times, stated);
        let mut layout = layout.ok_or_else(|| SeriesFault::IntervalUnknown { place: place(0) })?;
        if let Some(market) = &self.market {
            layout.inferred = market.inferred;
        }
        if let Some(error) = self.misfit(&layout, times, place) {
            return Err(error.into());
        }
        let kept = layout.outside.is_empty() && !layout.moves_opens();
        if !layout.outside.is_empty() {
            self.drop_outside(&layout.outside);
            layout.outside.clear();
        }
        if layout.moves_opens() {
            self.bars.iter_mut().for_each(|bar| bar.ts_open = layout.open_of(bar.ts_open));
        }
        *seen = kept.then_some(opens);
        Ok(layout)
    }

    fn misfit(
        &self,
        layout: &TimeLayout,
        times: &[Nanos],
        place: &dyn Fn(usize) -> RowPlace,
    ) -> Option<RowError> {
        let more = |all: &[usize]| all.iter().skip(1).take(SHOWN).map(|i| place(*i)).collect();
        if let [first, ..] = layout.strays.as_slice() {
            let fault = RowFault::OffInterval {
                ts: times[*first],
                interval: layout.interval(),
                nearest: layout.nearest_of(times, *first),
                more: more(&layout.strays),
                count: layout.strays.len(),
                of: times.len(),
                ends: layout.tells_ends(times),
                mended_by: self.mended_by(layout, times),
            };
            return Some(fault.at(place(*first)));
        }
        let [first, ..] = layout.outside.as_slice() else { return None };
        if self.repairs.contains(&Repair::DropOutside) && layout.outside.len() < times.len() {
            return None;
        }
        let fault = RowFault::OutsideHours {
            ts: times[*first],
            calendar: layout.market.name().into(),
            more: more(&layout.outside),
            count: layout.outside.len(),
            of: times.len(),
        };
        Some(fault.at(place(*first)))
    }

    /// The repairs that bring rows off the grid onto it.
    fn mended_by(&self, layout: &TimeLayout, times: &[Nanos]) -> Vec<Repair> {
        let mut snapped = times.to_vec();
        if !self.can_snap || !layout.has_nearest(times) {
            return Vec::new();
        }
        for (at, nearest) in layout.moves(times) {
            let Some(nearest) = nearest else { return Vec::new() };
            snapped[at] = nearest;
        }
        let mut repairs = vec![Repair::Snap];
        let mut met: Vec<(Nanos, usize)> = snapped.into_iter().zip(0..).collect();
        met.sort_unstable();
        for pair in met.windows(2).filter(|pair| pair[0].0 == pair[1].0) {
            let (a, b) = (&self.bars[pair[0].1], &self.bars[pair[1].1]);
            let same = Bar { ts_open: b.ts_open, ..*a } == *b;
            let repair = if same { Repair::DropDuplicates } else { Repair::KeepFirst };
            if !repairs.contains(&repair) {
                repairs.push(repair);
            }
        }
        repairs
    }

    fn drop_outside(&mut self, outside: &[usize]) {
        let mut at = 0;
        self.bars.retain(|_| {
            at += 1;
            outside.binary_search(&(at - 1)).is_err()
        });
        for start in &mut self.breaks {
            *start -= outside.partition_point(|i| i < start);
        }
        self.breaks.dedup();
        self.breaks.retain(|start| *start > 0 && *start < self.bars.len());
        self.repaired.outside += outside.len() as u64;
    }

    /// Keeps the bars of the period, and says whether one is asked for.
    fn cut_period(&mut self) -> Result<bool, SeriesError> {
        let Some((from, to)) = self.period else { return Ok(false) };
        let start = self.bars.partition_point(|bar| bar.ts_open < from);
        let end = self.bars.partition_point(|bar| bar.ts_open < to);
        if start >= end {
            let time = |bar: Option<&Bar>| bar.map_or(Nanos(0), |bar| bar.ts_open);
            let (first, last) = (time(self.bars.first()), time(self.bars.last()));
            return Err(SeriesFault::EmptyPeriod { from, to, first, last }.into());
        }
        self.bars.truncate(end);
        self.bars.drain(..start);
        self.breaks.retain(|i| *i > start && *i < end);
        for i in &mut self.breaks {
            *i -= start;
        }
        Ok(true)
    }
}

/// What of bars is looked at again and again, in a column.
struct Opens {
    /// When each of them opens.
    times: Vec<Nanos>,
    /// Whether all have taker-buy volume.
    has_taker: bool,
}

impl Opens {
    fn of(bars: &[Bar]) -> Self {
        let mut has_taker = true;
        let open = |bar: &Bar| {
            has_taker &= bar.taker_buy.is_some();
            bar.ts_open
        };
        Self { times: bars.iter().map(open).collect(), has_taker }
    }
}

fn market_times(layout: &TimeLayout, opens: &[Nanos]) -> Result<MarketTimes, SeriesError> {
    let bad = |e: tickstep_core::calendar::BarTimesError| BadOption {
        option: "interval",
        value: e.to_string(),
        range: "one that the calendar has room for",
    };
    let (times, calendar) = layout.market_times(opens).map_err(bad)?;
    Ok(MarketTimes { times, calendar })
}

/// How many more rows a message names.
const SHOWN: usize = 9;
