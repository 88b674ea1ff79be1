//! The equity curve of a run that is followed trade by trade: days and drawdown.
//!
//! Amounts are compared as whole numbers; only a new peak, a possible new deepest
//! drawdown and the close of a day become floats, by the operations of the statistics.

use std::ops::Range;

use tickstep_core::calendar::BarTimes;
use tickstep_core::event::Bar;
use tickstep_core::math::{integer_to_f64, power_of_ten, scaled_to_f64};
use tickstep_core::stats::{DailyCloses, Deepest};
use tickstep_core::units::Ticks;

use super::account::{Account, MarkToMarket};
use super::figures::CurveFigures;
use super::price_index::{Scan, ScanBounds};

/// Bars looked at one by one before many are at once.
const FEW: usize = 24;

/// Days and drawdown so far.
pub(super) struct EquityCurve<'a> {
    times: &'a BarTimes,
    bars: &'a [Bar],
    /// Last bars of days, those to come.
    day_ends: &'a [usize],
    scale: f64,
    decimals: u32,
    first: usize,
    peak: i64,
    /// An amount below which a point may be the deepest.
    deeper: i64,
    deepest: Deepest,
    daily: DailyCloses,
    held: usize,
}

impl<'a> EquityCurve<'a> {
    pub(super) fn new(
        account: &Account<'_>,
        daily: DailyCloses,
        times: &'a BarTimes,
        bars: &'a [Bar],
        day_ends: &'a [usize],
        first: usize,
    ) -> Self {
        let scale = integer_to_f64(power_of_ten(account.decimals()));
        let cash = account.cash();
        Self {
            times,
            bars,
            day_ends: &day_ends[day_ends.partition_point(|end| *end < first)..],
            scale,
            decimals: account.decimals(),
            first,
            peak: cash,
            deeper: cash,
            deepest: Deepest::new(account.cash_f64()),
            daily,
            held: 0,
        }
    }

    #[inline]
    fn push(&mut self, amount: i64) {
        if amount > self.peak || amount < self.deeper {
            self.remarkable(amount);
        }
    }

    #[inline(never)]
    fn remarkable(&mut self, amount: i64) {
        self.deepest.push(self.float(amount));
        if amount > self.peak {
            self.peak = amount;
            // Rounded up by more than the float can be off.
            self.deeper = ((self.deepest.deeper() * self.scale) as i64).saturating_add(2);
        } else {
            self.deeper = amount;
        }
    }

    /// An amount in account currency, as the statistics take it.
    fn float(&self, amount: i64) -> f64 {
        scaled_to_f64(i128::from(amount), self.decimals)
    }

    fn day(&mut self, at: usize, amount: i64) {
        let equity = self.float(amount);
        self.daily.push(self.times.close_of(self.bars[at].ts_open), equity);
    }

    /// Bars that closed with this cash and no position.
    #[inline]
    pub(super) fn flat(&mut self, bars: Range<usize>, cash: i64) {
        self.push(cash);
        while let Some(&end) = self.day_ends.first().filter(|end| **end < bars.end) {
            self.day(end, cash);
            self.day_ends = &self.day_ends[1..];
        }
        if bars.end == self.bars.len() {
            self.day(bars.end - 1, cash);
        }
    }

    /// A bar in which a position was closed.
    pub(super) fn closed_within(&mut self) {
        self.held += 1;
    }

    /// Bars that close with a position, as many as `look` lets pass.
    /// The one at `end` is marked later, as its position is closed at its close.
    pub(super) fn open(
        &mut self,
        bars: Range<usize>,
        end: usize,
        line: &MarkToMarket,
        look: &dyn Fn(Range<usize>, (Ticks, Ticks)) -> Scan,
    ) -> Scan {
        let all = if bars.len() <= FEW {
            let seen = look(bars.clone(), ScanBounds::ANY_CLOSE);
            for bar in &self.bars[bars.start..seen.at.min(end)] {
                self.push(line.at(bar.close));
            }
            seen
        } else {
            self.many(bars.clone(), end, line, look)
        };
        self.held += all.at - bars.start;
        while let Some(&day) = self.day_ends.first().filter(|day| **day < all.at.min(end)) {
            self.day(day, line.at(self.bars[day].close));
            self.day_ends = &self.day_ends[1..];
        }
        all
    }

    /// Marks many bars by their extremes, up to each new peak.
    fn many(
        &mut self,
        bars: Range<usize>,
        end: usize,
        line: &MarkToMarket,
        look: &dyn Fn(Range<usize>, (Ticks, Ticks)) -> Scan,
    ) -> Scan {
        let mut all = Scan::none(bars.start);
        let join = |all: &mut Scan, seen: &Scan| {
            (all.low, all.high) = (all.low.min(seen.low), all.high.max(seen.high));
            all.at = seen.at;
        };
        let marked = bars.end.min(end);
        while all.at < marked {
            let px = (self.peak - line.base).div_euclid(line.slope);
            let new_peak = if line.slope > 0 {
                (ScanBounds::ANY_CLOSE.0, Ticks(px + 1))
            } else {
                (Ticks(px - 1), ScanBounds::ANY_CLOSE.1)
            };
            let seen = look(all.at..marked, new_peak);
            if seen.at > all.at {
                // The order of closes below the peak does not matter.
                self.push(line.at(if line.slope > 0 { seen.closes.0 } else { seen.closes.1 }));
                join(&mut all, &seen);
            }
            if seen.at == marked {
                break;
            }
            // By its close alone, or by a level of the venue?
            let alone = look(seen.at..seen.at + 1, ScanBounds::ANY_CLOSE);
            if alone.at == seen.at {
                return all;
            }
            self.push(line.at(self.bars[seen.at].close));
            join(&mut all, &alone);
        }
        if all.at < bars.end {
            let last = look(all.at..bars.end, ScanBounds::ANY_CLOSE);
            join(&mut all, &last);
        }
        all
    }

    /// One bar that closes with a position.
    pub(super) fn one(&mut self, at: usize, end: usize, line: &MarkToMarket) {
        self.held += 1;
        if at == end {
            return;
        }
        let amount = line.at(self.bars[at].close);
        self.push(amount);
        if self.day_ends.first() == Some(&at) {
            self.day(at, amount);
            self.day_ends = &self.day_ends[1..];
        }
    }

    /// The last bar of a segment, at whose close the position was closed.
    pub(super) fn ended(&mut self, at: usize, cash: i64) {
        self.push(cash);
        self.day(at, cash);
        if self.day_ends.first() == Some(&at) {
            self.day_ends = &self.day_ends[1..];
        }
    }

    pub(super) fn finish(mut self, equity: f64) -> CurveFigures {
        self.deepest.push(equity);
        let closes = |at: usize| self.times.close_of(self.bars[at].ts_open);
        let last = self.bars.len() - 1;
        CurveFigures {
            bars: last + 1 - self.first,
            bars_in_position: self.held,
            span: (closes(self.first), closes(last)),
            deepest: self.deepest,
            daily: self.daily,
        }
    }
}
