//! What the bars that a run trades on cover: its days and its years.

use tickstep_core::event::Bar;
use tickstep_core::stats::Coverage;

use super::ahead::ahead;
use super::backtest::Period;
use crate::series::Series;

impl Period {
    /// The days and the time of the bars of `series` that lie in the period.
    #[must_use]
    pub fn coverage<'a>(&self, series: impl IntoIterator<Item = &'a Series>) -> Coverage {
        let series: Vec<&Series> = series.into_iter().collect();
        let mut coverage = Coverage::of_calendars(series.iter().map(|s| s.calendar()));
        for series in series {
            let bars = series.bars();
            let from = self.from.map_or(0, |from| bars.partition_point(|b| b.ts_open < from));
            let to = self.to.map_or(bars.len(), |to| bars.partition_point(|b| b.ts_open < to));
            for segment in series.segments() {
                let traded = segment.start.max(from)..segment.end.min(to);
                let bars = bars.get(traded).unwrap_or_default();
                let times = |at: usize| {
                    let open = bars[at].ts_open;
                    (open, series.times().close_of(open))
                };
                // The first bar of each day says all that the others of it do, and the last
                // of all when the segment ends.
                let closes = |bar: &Bar| series.times().close_of(bar.ts_open);
                let day_after = |at: &usize| {
                    let ends = coverage.day_ends(times(*at).1);
                    let next = ahead(bars, at + 1, |bar| closes(bar) <= ends);
                    (at + 1 < bars.len()).then(|| next.min(bars.len() - 1))
                };
                let first = (!bars.is_empty()).then_some(0);
                let seen: Vec<usize> = std::iter::successors(first, day_after).collect();
                coverage.add_segment(seen.into_iter().map(times));
            }
        }
        coverage
    }
}
