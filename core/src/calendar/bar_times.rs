//! Where the bars of one instrument lie in time.

use alloc::sync::Arc;
use alloc::vec::Vec;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::hours::Calendar;
use super::interval::Interval;
use crate::units::Nanos;

/// From where the bars of a stretch of trading hours are counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Anchor {
    /// From its beginning: 09:30, 10:30, ... of a market that opens at 09:30.
    #[default]
    Open,
    /// From whole multiples of the interval since the Unix epoch, so that the first
    /// bar of the stretch may open before trading does: 09:00, 10:00, ...
    Clock,
}

/// The time of one bar.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Period {
    /// When it begins, nanoseconds since the Unix epoch, UTC.
    pub open: Nanos,
    /// When it ends, after it began.
    pub close: Nanos,
}

/// Why times of bars cannot be made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BarTimesError {
    /// The length of a bar is not above zero.
    #[error("a bar takes time, {0} ns is none")]
    Length(i64),
    /// Bars by the calendar without their periods.
    #[error("bars of days, weeks or months need the periods they cover")]
    NoPeriods,
    /// A period that ends before it begins, or begins before the one ahead of it ends.
    #[error("period {0} ends before it begins, or begins before the one ahead of it ends")]
    Disorder(usize),
}

/// Bars that follow each other without a break.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Stretch {
    open: Nanos,
    /// End of its last bar, which may be shorter than the others.
    close: Nanos,
    /// Number of its first bar.
    first: i64,
}

/// Where the bars of one instrument lie in time: when a bar ends, how many are missing
/// between two, and when a position has been held for as long as it may be.
///
/// ```
/// use tickstep_core::calendar::{Anchor, BarTimes, Calendar, OpenHours};
/// use tickstep_core::units::Nanos;
///
/// let hour = |n| Nanos::HOUR.times(n);
/// // Two days from 9 to 12 o'clock, in bars of two hours: 9 to 11, and 11 to 12.
/// let day = |day: i32| {
///     let midnight = hour(24 * i64::from(day));
///     OpenHours { open: midnight + hour(9), close: midnight + hour(12), day }
/// };
/// let calendar = Calendar::of_hours("mornings", vec![day(0), day(1)])?;
/// let times = BarTimes::within(hour(2), Anchor::Open, &calendar)?;
/// assert_eq!(times.close_of(hour(9)), hour(11));
/// assert_eq!(times.close_of(hour(11)), hour(12));
/// assert_eq!(times.missing(hour(9), hour(33)), 1); // the one from 11 to 12
/// // Held for four hours of bars from 11 o'clock on: that one, and the next from 33 to 35.
/// assert_eq!(times.held(hour(11), hour(4)), hour(35));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BarTimes {
    interval: Interval,
    /// Length of a bar where it does not follow from a stretch.
    step: Nanos,
    /// Rising and apart; `None` where the market never closes.
    #[serde(with = "shared")]
    stretches: Option<Arc<[Stretch]>>,
}

/// Shared stretches as a list.
mod shared {
    use super::{Arc, Deserialize, Deserializer, Serialize, Serializer, Stretch, Vec};

    pub(super) fn serialize<S: Serializer>(
        of: &Option<Arc<[Stretch]>>,
        to: S,
    ) -> Result<S::Ok, S::Error> {
        of.as_deref().serialize(to)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        from: D,
    ) -> Result<Option<Arc<[Stretch]>>, D::Error> {
        Ok(Option::<Vec<Stretch>>::deserialize(from)?.map(Arc::from))
    }
}

impl BarTimes {
    /// Bars of one minute in a market that never closes.
    pub const MINUTE: Self =
        Self { interval: Interval::MINUTE, step: Nanos::MINUTE, stretches: None };

    /// Bars of `length` in a market that never closes.
    pub fn every(length: Nanos) -> Result<Self, BarTimesError> {
        if length.0 <= 0 {
            return Err(BarTimesError::Length(length.0));
        }
        Ok(Self { interval: Interval::Time(length), step: length, stretches: None })
    }

    /// Bars of `length` within the hours of a calendar, counted from `anchor`. The last
    /// one of a stretch ends with it.
    pub fn within(
        length: Nanos,
        anchor: Anchor,
        calendar: &Calendar,
    ) -> Result<Self, BarTimesError> {
        let every = Self::every(length)?;
        if calendar.is_continuous() {
            return Ok(every);
        }
        let mut first = 0;
        let mut stretches: Vec<Stretch> = Vec::with_capacity(calendar.hours().len());
        for hours in calendar.hours() {
            let mut open = match anchor {
                Anchor::Open => hours.open,
                Anchor::Clock => Nanos(hours.open.0 - hours.open.0.rem_euclid(length.0)),
            };
            // By the clock, the bar in which one stretch ends may be the first of the next.
            while stretches.last().is_some_and(|before| open < before.close) {
                open = open + length;
            }
            if open >= hours.close {
                continue;
            }
            stretches.push(Stretch { open, close: hours.close, first });
            first += count(hours.close - open, length);
        }
        Ok(Self { stretches: Some(stretches.into()), ..every })
    }

    /// Bars of days, weeks or months, each with its period. They rise; between two may
    /// lie time in which the market is closed.
    pub fn periods(interval: Interval, periods: &[Period]) -> Result<Self, BarTimesError> {
        if periods.is_empty() {
            return Err(BarTimesError::NoPeriods);
        }
        let mut stretches = Vec::with_capacity(periods.len());
        for (at, period) in periods.iter().enumerate() {
            let before = at.checked_sub(1).map(|at| periods[at]);
            if period.open >= period.close || before.is_some_and(|b| period.open < b.close) {
                return Err(BarTimesError::Disorder(at));
            }
            stretches.push(Stretch { open: period.open, close: period.close, first: at as i64 });
        }
        // One bar a stretch, however long.
        Ok(Self { interval, step: Nanos(i64::MAX), stretches: Some(stretches.into()) })
    }

    /// How long a bar is.
    #[inline]
    #[must_use]
    pub const fn interval(&self) -> Interval {
        self.interval
    }

    /// The nominal length of a bar, see [`Interval::nominal`].
    #[inline]
    #[must_use]
    pub const fn nominal(&self) -> Nanos {
        self.interval.nominal()
    }

    /// Whether the market never closes and bars are all as long as each other.
    #[inline]
    #[must_use]
    pub const fn is_continuous(&self) -> bool {
        self.stretches.is_none()
    }

    /// When the bar that opens at `open` ends.
    #[inline]
    #[must_use]
    pub fn close_of(&self, open: Nanos) -> Nanos {
        match &self.stretches {
            None => open + self.step,
            Some(stretches) => self.close_within(stretches, open),
        }
    }

    #[inline(never)]
    fn close_within(&self, stretches: &[Stretch], open: Nanos) -> Nanos {
        match self.stretch(stretches, open) {
            Some(s) if open < s.close => self.close_at(s, (open - s.open).0 / self.step.0),
            // Nothing is known of that time: as if the market had been open.
            _ => open + self.nominal(),
        }
    }

    /// How many bars are missing between one that opens at `before` and one that opens
    /// at `after`.
    #[inline]
    #[must_use]
    pub fn missing(&self, before: Nanos, after: Nanos) -> i64 {
        match &self.stretches {
            // As nearly always, and without a division.
            None if after - before == self.step => 0,
            None => (after - before).0 / self.step.0 - 1,
            Some(stretches) => self.number(stretches, after) - self.number(stretches, before) - 1,
        }
    }

    /// Whether no bar is missing between one that opens at `before` and one that opens at
    /// `after`.
    #[inline]
    #[must_use]
    pub fn follows(&self, before: Nanos, after: Nanos) -> bool {
        match &self.stretches {
            None => after - before == self.step,
            Some(_) => self.missing(before, after) == 0,
        }
    }

    /// When a position entered at `entry` has been held for `hold`: after as many bars as
    /// it takes, at least one. Entered at the open of a bar, that is the close of the
    /// last of them; it is closed at the first open from then on.
    ///
    /// ```
    /// use tickstep_core::calendar::BarTimes;
    /// use tickstep_core::units::Nanos;
    /// let times = BarTimes::every(Nanos::MINUTE)?;
    /// let (entry, second) = (Nanos::MINUTE.times(10), |n| Nanos::SECOND.times(n));
    /// let after = |hold| times.held(entry, hold) - entry;
    /// assert_eq!(after(second(60)), Nanos::MINUTE);
    /// assert_eq!(after(second(61)), Nanos::MINUTE.times(2), "a bar that has begun is a whole one");
    /// assert_eq!(after(second(0)), Nanos::MINUTE, "an exit is decided at a close after the entry");
    /// # Ok::<(), tickstep_core::calendar::BarTimesError>(())
    /// ```
    #[inline]
    #[must_use]
    pub fn held(&self, entry: Nanos, hold: Nanos) -> Nanos {
        let bars = count(hold, self.nominal()).max(1);
        match &self.stretches {
            None => entry + self.step.times(bars),
            Some(stretches) => self.held_within(stretches, entry, bars),
        }
    }

    #[inline(never)]
    fn held_within(&self, stretches: &[Stretch], entry: Nanos, bars: i64) -> Nanos {
        let number = self.number(stretches, entry);
        let into = self
            .stretch(stretches, entry)
            .filter(|s| entry < s.close)
            .map_or(Nanos(0), |s| Nanos((entry - s.open).0 % self.step.0));
        if into == Nanos(0) {
            self.period_within(stretches, number + bars - 1).close
        } else {
            // In the middle of a bar, as a live order is: as far into a later one.
            self.period_within(stretches, number + bars).open + into
        }
    }

    /// How many bars follow the one that opens at `open` until the first that ends at or
    /// after `due`; 0 where that one does.
    #[inline]
    #[must_use]
    pub fn bars_until(&self, open: Nanos, due: Nanos) -> usize {
        match &self.stretches {
            None => {
                let ahead = due.0.saturating_sub(open.0 + self.step.0).max(0);
                (ahead / self.step.0) as usize + usize::from(ahead % self.step.0 != 0)
            }
            Some(stretches) => {
                // The bar in which the time just before `due` lies, or the next one.
                let until = self.number(stretches, Nanos(due.0.saturating_sub(1)));
                let ahead = until.saturating_sub(self.number(stretches, open));
                usize::try_from(ahead).unwrap_or(0)
            }
        }
    }

    /// Number of the bar in which `ts` lies; `None` while the market is closed. Numbers
    /// rise by one from bar to bar.
    #[must_use]
    pub fn number_at(&self, ts: Nanos) -> Option<i64> {
        match &self.stretches {
            None => Some(ts.0.div_euclid(self.step.0)),
            Some(stretches) => self
                .stretch(stretches, ts)
                .filter(|s| ts < s.close)
                .map(|s| s.first + (ts - s.open).0 / self.step.0),
        }
    }

    /// The time of the bar with a number, see [`BarTimes::number_at`].
    #[must_use]
    pub fn period_of(&self, number: i64) -> Period {
        match &self.stretches {
            None => {
                let open = self.step.times(number);
                Period { open, close: open + self.step }
            }
            Some(stretches) => self.period_within(stretches, number),
        }
    }

    /// Since when the market has been open at `ts`, however many bars ago; `None` while it is
    /// closed.
    ///
    /// ```
    /// use tickstep_core::calendar::{Anchor, BarTimes, Calendar, OpenHours};
    /// use tickstep_core::units::Nanos;
    /// let hour = |n| Nanos::HOUR.times(n);
    /// let open = |from, to| OpenHours { open: hour(from), close: hour(to), day: 0 };
    /// let calendar = Calendar::of_hours("two", vec![open(9, 12), open(13, 15)])?;
    /// let times = BarTimes::within(Nanos::MINUTE, Anchor::Open, &calendar)?;
    /// assert_eq!(times.open_since(hour(11)), Some(hour(9)));
    /// assert_eq!(times.open_since(hour(12)), None);
    /// assert_eq!(times.open_since(hour(13)), Some(hour(13)));
    /// assert_eq!(BarTimes::MINUTE.open_since(hour(11)), Some(Nanos(i64::MIN)), "it never closes");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn open_since(&self, ts: Nanos) -> Option<Nanos> {
        let Some(stretches) = &self.stretches else { return Some(Nanos(i64::MIN)) };
        let mut at = stretches.partition_point(|s| s.open <= ts).checked_sub(1)?;
        if ts >= stretches[at].close {
            return None;
        }
        // Stretches that touch are one as far as anybody outside can see.
        while at > 0 && stretches[at - 1].close == stretches[at].open {
            at -= 1;
        }
        Some(stretches[at].open)
    }

    /// The last stretch that begins at or before `ts`.
    fn stretch<'s>(&self, stretches: &'s [Stretch], ts: Nanos) -> Option<&'s Stretch> {
        stretches.partition_point(|s| s.open <= ts).checked_sub(1).map(|at| &stretches[at])
    }

    /// Number of the bar in which `ts` lies, or of the next one while the market is
    /// closed. After the last hours that are known it goes on as if it never closed.
    fn number(&self, stretches: &[Stretch], ts: Nanos) -> i64 {
        let at = stretches.partition_point(|s| s.open <= ts);
        let Some(s) = at.checked_sub(1).map(|at| &stretches[at]) else {
            return stretches.first().map_or(0, |s| s.first);
        };
        if ts < s.close {
            return s.first + (ts - s.open).0 / self.step.0;
        }
        match stretches.get(at) {
            Some(next) => next.first,
            None => self.after(s) + (ts - s.close).0 / self.nominal().0,
        }
    }

    /// Number of the bar after the last of a stretch.
    fn after(&self, s: &Stretch) -> i64 {
        s.first + count(s.close - s.open, self.step)
    }

    fn close_at(&self, s: &Stretch, bar: i64) -> Nanos {
        let close = s.open.0.saturating_add(self.step.0.saturating_mul(bar.saturating_add(1)));
        Nanos(close.min(s.close.0))
    }

    fn period_within(&self, stretches: &[Stretch], number: i64) -> Period {
        let at = stretches.partition_point(|s| s.first <= number);
        let s = &stretches[at.saturating_sub(1)];
        let beyond = number - self.after(s);
        if beyond >= 0 {
            // Past the last hours that are known, as if the market never closed.
            let open = s.close + self.nominal().times(beyond);
            return Period { open, close: open + self.nominal() };
        }
        let bar = (number - s.first).max(0);
        let open = s.open + Nanos(self.step.0.saturating_mul(bar));
        Period { open, close: self.close_at(s, bar) }
    }
}

/// How many steps of a length cover a span.
#[inline]
const fn count(span: Nanos, step: Nanos) -> i64 {
    span.0 / step.0 + (span.0 % step.0 > 0) as i64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::calendar::OpenHours;
    use proptest::prelude::*;

    fn hour(n: i64) -> Nanos {
        Nanos::HOUR.times(n)
    }

    /// Days 0, 1 and 4, from 9 to 12 and from 13 to 16 o'clock.
    fn lunch() -> Calendar {
        let day = |day: i32, open| {
            let open = hour(24 * i64::from(day) + open);
            OpenHours { open, close: open + hour(3), day }
        };
        let hours = [0, 1, 4].into_iter().flat_map(|d| [day(d, 9), day(d, 13)]).collect();
        Calendar::of_hours("lunch", hours).unwrap()
    }

    #[test]
    fn a_break_is_no_missing_bar_and_no_time_held() {
        let times = BarTimes::within(hour(1), Anchor::Open, &lunch()).unwrap();
        assert_eq!(times.missing(hour(11), hour(13)), 0, "lunch");
        assert_eq!(times.missing(hour(10), hour(13)), 1, "the one at 11");
        assert_eq!(times.missing(hour(15), hour(33)), 0, "the night");
        assert_eq!(times.missing(hour(24 + 15), hour(96 + 9)), 0, "the weekend");
        assert_eq!(times.held(hour(11), hour(1)), hour(12), "at the close before lunch");
        assert_eq!(times.held(hour(11), hour(2)), hour(14), "lunch is not held");
        assert_eq!(times.held(hour(24 + 15), hour(2)), hour(96 + 10), "nor the weekend");
        assert_eq!(times.bars_until(hour(11), hour(12)), 0);
        assert_eq!(times.bars_until(hour(11), hour(13)), 1, "something falls into lunch");
        assert_eq!(times.bars_until(hour(11), hour(14)), 1);
        assert_eq!(times.number_at(hour(12)), None);
        assert_eq!(times.number_at(hour(13)), Some(3));
        assert_eq!(times.period_of(3), Period { open: hour(13), close: hour(14) });
        // An order that filled within a bar is held as far into a later one.
        let half = Nanos(hour(1).0 / 2);
        assert_eq!(times.held(hour(11) + half, hour(1)), hour(13) + half);
    }

    #[test]
    fn bars_count_from_the_open_or_by_the_clock() {
        let half = Nanos(hour(1).0 / 2);
        let hours = OpenHours { open: hour(9) + half, close: hour(12), day: 0 };
        let calendar = Calendar::of_hours("half", alloc::vec![hours]).unwrap();
        let open = BarTimes::within(hour(1), Anchor::Open, &calendar).unwrap();
        assert_eq!(open.close_of(hour(11) + half), hour(12), "the last one is shorter");
        assert_eq!(open.missing(hour(9) + half, hour(11) + half), 1);
        let clock = BarTimes::within(hour(1), Anchor::Clock, &calendar).unwrap();
        assert_eq!(clock.number_at(hour(9)), Some(0), "it opens before trading does");
        assert_eq!(clock.close_of(hour(11)), hour(12));
    }

    #[test]
    fn periods_are_as_long_as_their_days() {
        // A day of 23 hours, one of 24, and one after a day without trading.
        let periods = [(0, 23), (23, 47), (71, 95)];
        let periods = periods.map(|(a, b)| Period { open: hour(a), close: hour(b) });
        let times = BarTimes::periods(Interval::Day, &periods).unwrap();
        assert_eq!(times.close_of(hour(0)), hour(23));
        assert_eq!(times.missing(hour(23), hour(71)), 0, "no market in between");
        assert_eq!(times.held(hour(0), hour(48)), hour(47));
        assert_eq!(times.held(hour(0), hour(72)), hour(95));
        assert_eq!(times.held(hour(71), hour(48)), hour(95 + 24), "past what is known");
        assert_eq!(times.bars_until(hour(0), hour(47)), 1);
        assert_eq!(times.bars_until(hour(0), hour(48)), 2);
    }

    #[test]
    fn what_is_no_bar_is_refused() {
        assert_eq!(BarTimes::every(Nanos(0)), Err(BarTimesError::Length(0)));
        assert_eq!(BarTimes::periods(Interval::Day, &[]), Err(BarTimesError::NoPeriods));
        let period = Period { open: hour(1), close: hour(2) };
        let twice = BarTimes::periods(Interval::Day, &[period, period]);
        assert_eq!(twice, Err(BarTimesError::Disorder(1)));
    }

    /// Hours of a market, as lengths of stretches and of the breaks before them.
    fn calendar(parts: &[(i64, i64)]) -> Calendar {
        let mut at = Nanos(0);
        let mut hours = Vec::new();
        for (day, (closed, open)) in parts.iter().enumerate() {
            let from = at + Nanos(*closed);
            at = from + Nanos(*open);
            hours.push(OpenHours { open: from, close: at, day: day as i32 });
        }
        Calendar::of_hours("drawn", hours).unwrap()
    }

    proptest! {
        #[test]
        fn counting_bars_one_by_one_says_the_same(
            parts in prop::collection::vec((0_i64..20, 1_i64..40), 1..12),
            step in 1_i64..9,
            clock in any::<bool>(),
            hold in 0_i64..60,
        ) {
            let anchor = if clock { Anchor::Clock } else { Anchor::Open };
            let times = BarTimes::within(Nanos(step), anchor, &calendar(&parts)).unwrap();
            // All bars, found by walking through time.
            let mut bars: Vec<Period> = Vec::new();
            for ts in 0..1_000 {
                let Some(number) = times.number_at(Nanos(ts)) else { continue };
                if bars.len() as i64 == number {
                    bars.push(times.period_of(number));
                    prop_assert_eq!(bars[number as usize].open, Nanos(ts));
                }
                let period = bars[number as usize];
                prop_assert!(period.open.0 <= ts && ts < period.close.0);
                prop_assert!((period.close - period.open).0 <= step);
            }
            for (i, a) in bars.iter().enumerate() {
                prop_assert_eq!(times.close_of(a.open), a.close);
                for (j, b) in bars.iter().enumerate().skip(i + 1) {
                    prop_assert_eq!(times.missing(a.open, b.open), (j - i) as i64 - 1);
                    prop_assert_eq!(times.bars_until(a.open, b.close), j - i);
                }
                let held = ((hold + step - 1) / step).max(1) as usize;
                if let Some(last) = bars.get(i + held - 1) {
                    prop_assert_eq!(times.held(a.open, Nanos(hold)), last.close);
                }
            }
        }

        #[test]
        fn a_market_that_is_open_all_day_is_one_that_never_closes(
            from in -50_i64..50, ahead in 0_i64..50, hold in 0_i64..99, step in 1_i64..7,
        ) {
            let every = BarTimes::every(Nanos(step)).unwrap();
            let (open, far) = (Nanos(-70 * step), Nanos(700 * step));
            let whole = OpenHours { open, close: far, day: 0 };
            let calendar = Calendar::of_hours("whole", alloc::vec![whole]).unwrap();
            let within = BarTimes::within(Nanos(step), Anchor::Open, &calendar).unwrap();
            let (a, b) = (Nanos(from * step), Nanos((from + ahead) * step));
            prop_assert_eq!(every.close_of(a), within.close_of(a));
            prop_assert_eq!(every.missing(a, b), within.missing(a, b));
            prop_assert_eq!(every.held(a, Nanos(hold)), within.held(a, Nanos(hold)));
            let odd = a + Nanos(step / 2);
            prop_assert_eq!(every.held(odd, Nanos(hold)), within.held(odd, Nanos(hold)));
            prop_assert_eq!(every.bars_until(a, Nanos(hold)), within.bars_until(a, Nanos(hold)));
        }
    }
}
