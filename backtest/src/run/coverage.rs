//! What the bars that a run trades on cover: its days and its years.

use tickstep_core::stats::Coverage;

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
                let times = bars.get(traded).unwrap_or_default().iter().map(|b| b.ts_open);
                coverage.add_segment(times.map(|open| (open, series.times().close_of(open))));
            }
        }
        coverage
    }
}
