//! How a figure is spread over many sets: a histogram whose winning end is never
//! cut off, for that is where the best set stands.

use serde::Serialize;
use tickstep_core::math::{floor, log10};

/// Most bars of a histogram.
pub const BARS: usize = 60;
/// Part of the sets that may fall into the last bar at the worse end.
const TAIL: f64 = 0.005;
/// A best set farther out than this many times the spread of the others joins the
/// last bar, or all others would be one bar.
const FAR: f64 = 8.0;

/// Counts in bars of one width.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct ValueHistogram {
    /// Lower border of the first bar.
    pub from: f64,
    /// Width of a bar.
    pub width: f64,
    /// Number of values in each bin.
    pub counts: Vec<u64>,
    /// Whether the first bar holds all below it as well.
    pub below: bool,
    /// Whether the last bar holds all above it as well.
    pub above: bool,
}

impl ValueHistogram {
    /// Of the finite ones among `values`, in at most [`BARS`] bars of a round width,
    /// none across zero. Without a value there are no bars.
    ///
    /// ```
    /// use tickstep_backtest::research::report::ValueHistogram;
    /// let spread = ValueHistogram::of([-50.0, 25.0, 35.0, 300.0], true);
    /// assert_eq!((spread.from, spread.width, spread.counts.len()), (-50.0, 10.0, 36));
    /// assert_eq!((spread.counts[0], spread.counts[7], spread.counts[35]), (1, 1, 1));
    /// ```
    #[must_use]
    pub fn of(values: impl IntoIterator<Item = f64>, higher_is_better: bool) -> Self {
        let mut sorted: Vec<f64> = values.into_iter().filter(|v| v.is_finite()).collect();
        sorted.sort_unstable_by(f64::total_cmp);
        let (Some(&first), Some(&last)) = (sorted.first(), sorted.last()) else {
            return Self::default();
        };
        let at = |share: f64| sorted[((sorted.len() - 1) as f64 * share) as usize];
        let (low, high) = (at(TAIL), at(1.0 - TAIL));
        let room = FAR * (high - low);
        let (low, high) = if higher_is_better {
            (low, if room > 0.0 { last.min(high + room) } else { last })
        } else {
            (if room > 0.0 { first.max(low - room) } else { first }, high)
        };
        // Two bars may be partly outside of the range.
        let width = round_up((high - low) / (BARS - 2) as f64);
        let (from, to) = ((low / width).floor(), (high / width).floor());
        let mut counts = vec![0; (to - from) as usize + 1];
        for value in &sorted {
            counts[((value / width).floor().clamp(from, to) - from) as usize] += 1;
        }
        Self {
            from: from * width,
            width,
            counts,
            below: first < from * width,
            above: last >= (to + 1.0) * width,
        }
    }
}

/// The next of 1, 2, 2.5, 5 times a power of ten.
fn round_up(width: f64) -> f64 {
    if width <= 0.0 || !width.is_finite() {
        return 1.0;
    }
    let power = floor(log10(width)) as i32;
    // As text, for the nearest number there is.
    let ten: f64 = format!("1e{power}").parse().unwrap_or(width);
    let steps = [1.0, 2.0, 2.5, 5.0, 10.0].map(|s| s * ten);
    steps.into_iter().find(|s| *s >= width).unwrap_or(width)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_value_is_in_a_bar_and_the_best_is_not_cut_off() {
        let values: Vec<f64> = (0..10_000).map(|i| f64::from(i % 997) / 99.7 - 4.0).collect();
        for higher in [true, false] {
            let all = values.iter().copied().chain([-40.0, 20.0, f64::NAN]);
            let spread = ValueHistogram::of(all, higher);
            assert_eq!(spread.counts.iter().sum::<u64>(), 10_002);
            assert!(spread.counts.len() <= BARS, "{}", spread.counts.len());
            assert_eq!((spread.below, spread.above), (higher, !higher));
            let zero = -spread.from / spread.width;
            assert!((zero - zero.round()).abs() < 1e-9, "no bar is across zero");
        }
        // A thousand times out: it joins the last bar.
        let far = ValueHistogram::of(values.iter().copied().chain([9_000.0]), true);
        assert!(far.above && far.counts.len() <= BARS && far.counts.iter().any(|c| *c > 300));
    }

    #[test]
    fn few_values_have_a_histogram_too() {
        assert_eq!(ValueHistogram::of([], true), ValueHistogram::default());
        assert_eq!(ValueHistogram::of([3.0, 3.0], true).counts, [2]);
        assert_eq!(ValueHistogram::of([1e-9, 2e-9], true).counts.iter().sum::<u64>(), 2);
    }
}
