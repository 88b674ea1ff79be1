//! How rows lie in time: the length of a bar, the calendar of the market, and which rows do
//! not fit.
//!
//! What is not stated is told by the open times. A calendar is told only where the rows show
//! one plainly: no row outside its hours, four fifths of its bars there, and at least two
//! times at which it closes, or a weekend. Of several that fit the one counts that misses
//! the fewest bars.

use tickstep_config::MarketHours;
use tickstep_core::calendar::{Anchor, BarTimes, BarTimesError, Calendar, Interval};
use tickstep_core::units::Nanos;

use super::periods::{self, PeriodGrid};
use super::{daily, spacing};

/// Where bars lie.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum BarGrid {
    /// All the time, or within trading hours by the clock, a phase after whole multiples.
    Every { length: Nanos, phase: Nanos },
    /// Within trading hours.
    Within { length: Nanos, anchor: Anchor },
    /// Days, weeks or months of a zone.
    Periods(PeriodGrid),
}

/// What is stated of the rows.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct StatedTimes<'a> {
    pub interval: Option<Nanos>,
    pub calendar: Option<&'a MarketHours>,
    /// Whether the calendar was told by open times before, and nobody stated it.
    pub inferred: bool,
    /// Whether the rows bore dates alone, which are midnight in UTC so far.
    pub dates: bool,
}

/// How rows lie in time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct TimeLayout {
    pub grid: BarGrid,
    pub market: MarketHours,
    /// Whether the calendar was told by the rows.
    pub inferred: bool,
    /// Indexes of rows off the grid.
    pub strays: Vec<usize>,
    /// Indexes of rows outside trading hours.
    pub outside: Vec<usize>,
}

impl TimeLayout {
    /// How times lie that rise, or stand still; `None` where one is alone and nothing stated.
    pub(crate) fn of(times: &[Nanos], stated: StatedTimes<'_>) -> Option<Self> {
        let usual = stated.interval.or_else(|| spacing::usual(times))?;
        if let Some(kind) = periods::kind(usual).filter(|kind| is_kind(*kind, stated.interval)) {
            return Some(Self::of_periods(times, kind, usual, stated));
        }
        if let Some(market) = stated.calendar
            && !market.is_continuous()
        {
            return Some(Self::within(times, usual, market));
        }
        let always = Self::every(times, usual, MarketHours::always());
        if stated.calendar.is_some() {
            return Some(always);
        }
        Some(sessions(times, usual).unwrap_or(always))
    }

    fn every(times: &[Nanos], length: Nanos, market: MarketHours) -> Self {
        let phase = spacing::phase(times, length);
        Self {
            grid: BarGrid::Every { length, phase },
            market,
            inferred: false,
            strays: spacing::strays(times, length, phase),
            outside: Vec::new(),
        }
    }

    fn within(times: &[Nanos], length: Nanos, market: &MarketHours) -> Self {
        let calendar = market.calendar(ends(times));
        let fits = ANCHORS.map(|anchor| Fit::of(times, length, anchor, &calendar, usize::MAX));
        let best = fits.into_iter().flatten().min_by_key(|fit| fit.outside.len() + fit.off.len());
        match best {
            Some(fit) => fit.layout(length, market.clone(), false),
            // Bars of such a length there are, and no row is in one.
            None if BarTimes::within(length, Anchor::Open, &calendar).is_ok() => {
                let outside = (0..times.len()).collect();
                Self { strays: Vec::new(), outside, ..Self::every(times, length, market.clone()) }
            }
            None => Self::every(times, length, market.clone()),
        }
    }

    fn of_periods(times: &[Nanos], kind: Interval, usual: Nanos, stated: StatedTimes<'_>) -> Self {
        let own = stated.calendar.filter(|_| !stated.inferred);
        let grid = PeriodGrid::of(times, kind, own, stated.dates);
        let stated = stated.calendar;
        let strays = grid.strays(times);
        let labels: Vec<_> = times.iter().map(|ts| grid.label(*ts)).collect();
        let told = match stated {
            None if kind == Interval::Day && strays.is_empty() => daily::market(&labels),
            _ => None,
        };
        let inferred = told.is_some();
        let market = stated.cloned().or(told).unwrap_or_else(MarketHours::always);
        if market.is_continuous() && grid.is_even() {
            return Self::every(times, usual, market);
        }
        let closed = |(i, label)| {
            (kind == Interval::Day && !market.trades_on(label) && !strays.contains(&i)).then_some(i)
        };
        let outside = labels.into_iter().enumerate().filter_map(closed).collect();
        Self { grid: BarGrid::Periods(grid), market, inferred, strays, outside }
    }

    /// How long a bar is.
    pub(crate) const fn interval(&self) -> Interval {
        match &self.grid {
            BarGrid::Every { length, .. } | BarGrid::Within { length, .. } => {
                Interval::Time(*length)
            }
            BarGrid::Periods(grid) => grid.interval,
        }
    }

    /// Whether bars follow each other all the time.
    pub(crate) const fn is_continuous(&self) -> bool {
        matches!(self.grid, BarGrid::Every { .. })
    }

    /// Whether a bar opens at another time than its stamp.
    pub(crate) const fn moves_opens(&self) -> bool {
        matches!(self.grid, BarGrid::Periods(_))
    }

    /// When the bar of a row opens, from its stamp.
    pub(crate) fn open_of(&self, ts: Nanos) -> Nanos {
        match &self.grid {
            BarGrid::Periods(grid) => grid.open_of(ts),
            BarGrid::Every { .. } | BarGrid::Within { .. } => ts,
        }
    }

    /// The bars and the hours of the span of some open times, which are on the grid.
    pub(crate) fn market_times(
        &self,
        opens: &[Nanos],
    ) -> Result<(BarTimes, Calendar), BarTimesError> {
        let calendar = self.market.calendar(ends(opens));
        let times = match &self.grid {
            BarGrid::Every { length, .. } => BarTimes::every(*length)?,
            BarGrid::Within { length, anchor } => BarTimes::within(*length, *anchor, &calendar)?,
            BarGrid::Periods(grid) => grid.times(opens, &self.market)?,
        };
        Ok((times, calendar))
    }

    /// The bar nearest to a time; `None` halfway between two, and where no bar of the market
    /// is as near as half a bar.
    fn nearest(&self, ts: Nanos, times: &BarTimes) -> Option<Nanos> {
        if let BarGrid::Every { length, phase } = &self.grid {
            return spacing::nearest(ts, *length, *phase);
        }
        let half = times.nominal().0 / 2;
        let near = [0, -half, half].map(|by| times.number_at(Nanos(ts.0.saturating_add(by))));
        let numbers = near.into_iter().flatten().flat_map(|number| [number, number + 1]);
        let away = |open: &Nanos| open.0.abs_diff(ts.0);
        let mut opens: Vec<Nanos> = numbers.map(|number| times.period_of(number).open).collect();
        opens.retain(|open| away(open) <= half.unsigned_abs());
        opens.sort_unstable_by_key(|open| (away(open), *open));
        opens.dedup();
        match opens.as_slice() {
            [] => None,
            [first, second, ..] if away(first) == away(second) => None,
            [first, ..] => Some(*first),
        }
    }

    /// The bar nearest to the time at an index.
    pub(crate) fn nearest_of(&self, times: &[Nanos], at: usize) -> Option<Nanos> {
        let good = self.good(times);
        let (grid, _) = self.market_times(&good).ok()?;
        self.nearest(times[at], &grid)
    }

    /// Whether there are bars to move the times off the grid to: not where all are off it.
    pub(crate) const fn has_nearest(&self, times: &[Nanos]) -> bool {
        self.strays.len() < times.len()
    }

    /// Whether weeks or months seem to be stamped when they end.
    pub(crate) fn tells_ends(&self, times: &[Nanos]) -> bool {
        match &self.grid {
            BarGrid::Periods(grid) => {
                let strays: Vec<Nanos> = self.strays.iter().map(|at| times[*at]).collect();
                grid.tells_ends(&strays)
            }
            // The first day of 1970 was a Thursday.
            BarGrid::Every { length, phase } if *length == WEEK => {
                let day = (phase.0.div_euclid(Nanos::DAY.0) + 3).rem_euclid(7);
                periods::is_week_end(day as i32)
            }
            BarGrid::Every { .. } | BarGrid::Within { .. } => false,
        }
    }

    /// The bar nearest to each time off the grid, by its index; `None` where there is none.
    pub(crate) fn moves(&self, times: &[Nanos]) -> Vec<(usize, Option<Nanos>)> {
        let Ok((grid, _)) = self.market_times(&self.good(times)) else { return Vec::new() };
        self.strays.iter().map(|at| (*at, self.nearest(times[*at], &grid))).collect()
    }

    /// The times that are on the grid; all where none is.
    fn good(&self, times: &[Nanos]) -> Vec<Nanos> {
        let fits = |i: &usize| self.strays.binary_search(i).is_err();
        let good: Vec<Nanos> = (0..times.len()).filter(fits).map(|i| times[i]).collect();
        if good.is_empty() { times.to_vec() } else { good }
    }
}

/// Whether an interval that is stated can mean a period: a day is 86,400 s.
fn is_kind(kind: Interval, stated: Option<Nanos>) -> bool {
    stated.is_none_or(|stated| stated == kind.nominal())
}

fn ends(times: &[Nanos]) -> (Nanos, Nanos) {
    let first = times.first().copied().unwrap_or(Nanos(0));
    (first, times.last().copied().unwrap_or(first))
}

const WEEK: Nanos = Nanos::DAY.times(7);
const ANCHORS: [Anchor; 2] = [Anchor::Open, Anchor::Clock];

/// How times fit into the hours of a market.
struct Fit {
    anchor: Anchor,
    outside: Vec<usize>,
    off: Vec<usize>,
    /// Bars from the first to the last.
    bars: i64,
}

impl Fit {
    /// `None` once more than `most` rows are outside.
    fn of(
        times: &[Nanos],
        length: Nanos,
        anchor: Anchor,
        calendar: &Calendar,
        most: usize,
    ) -> Option<Self> {
        let grid = BarTimes::within(length, anchor, calendar).ok()?;
        let mut fit = Self { anchor, outside: Vec::new(), off: Vec::new(), bars: 0 };
        let (mut first, mut last) = (None, 0);
        for (i, ts) in times.iter().enumerate() {
            match grid.number_at(*ts) {
                None => {
                    fit.outside.push(i);
                    if fit.outside.len() > most {
                        return None;
                    }
                }
                Some(number) => {
                    first.get_or_insert(number);
                    last = number;
                    if grid.period_of(number).open != *ts {
                        fit.off.push(i);
                    }
                }
            }
        }
        fit.bars = last - first? + 1;
        Some(fit)
    }

    fn layout(self, length: Nanos, market: MarketHours, inferred: bool) -> TimeLayout {
        TimeLayout {
            grid: BarGrid::Within { length, anchor: self.anchor },
            market,
            inferred,
            strays: self.off,
            outside: self.outside,
        }
    }
}

/// The hours of a bundled market, where rows within the day show them plainly.
fn sessions(times: &[Nanos], length: Nanos) -> Option<TimeLayout> {
    if length >= Nanos::DAY || times.iter().any(|ts| is_weekend(*ts)) {
        return None;
    }
    let break_at_least = length.0.saturating_mul(2).max(Nanos::MINUTE.times(20).0);
    let breaks = times.windows(2).filter(|pair| (pair[1] - pair[0]).0 >= break_at_least);
    // One may be a fault of the data, two are what a market does.
    let weekend = breaks.clone().any(|pair| pair[1] - pair[0] >= Nanos::DAY);
    if breaks.count() < 2 && !weekend {
        return None;
    }
    let mut best: Option<(i64, TimeLayout)> = None;
    for name in MarketHours::names() {
        let Ok(market) = MarketHours::named(name) else { continue };
        if market.is_continuous() {
            continue;
        }
        let calendar = market.calendar(ends(times));
        if !closes_often(&calendar, ends(times)) {
            continue;
        }
        let fits = ANCHORS.map(|anchor| Fit::of(times, length, anchor, &calendar, 0));
        let fit = fits.into_iter().flatten().min_by_key(|fit| (fit.off.len(), fit.bars));
        let Some(fit) = fit else { continue };
        let rows = times.len() as i64;
        let few_off = fit.off.len() * 100 <= times.len();
        let covered = rows * 5 >= fit.bars * 4;
        let missing = fit.bars - rows;
        if few_off && covered && best.as_ref().is_none_or(|(least, _)| missing < *least) {
            best = Some((missing, fit.layout(length, market, true)));
        }
    }
    best.map(|(_, layout)| layout)
}

/// Whether a market closes twice in a span, or for a weekend.
fn closes_often(calendar: &Calendar, (first, last): (Nanos, Nanos)) -> bool {
    let hours = calendar.hours();
    let from = hours.partition_point(|h| h.close <= first);
    let to = hours.partition_point(|h| h.open <= last);
    let inside = hours.get(from..to).unwrap_or_default();
    let closed = inside.windows(2).filter(|pair| pair[1].open > pair[0].close);
    let weekend = closed.clone().any(|pair| pair[1].open - pair[0].close >= Nanos::DAY);
    closed.count() >= 2 || weekend
}

/// Between Saturday, 00:00 and Sunday, 12:00 UTC: no market with a weekend trades then.
fn is_weekend(ts: Nanos) -> bool {
    // The first of January 1970 was a Thursday.
    let since_thursday = ts.0.rem_euclid(Nanos::DAY.0 * 7);
    let saturday = Nanos::DAY.0 * 2;
    (saturday..saturday + Nanos::HOUR.0 * 36).contains(&since_thursday)
}
