//! The tape as bars of the lengths that a venue offers, up to now.
//!
//! The last one is still in the making. Bars of a week begin on Mondays, those of a month
//! on its first day, UTC.

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use tickstep_core::units::Nanos;

use super::tape::PriceTape;

/// Lengths of bars.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum CandleSpan {
    /// One minute.
    M1,
    /// Five minutes.
    M5,
    /// Fifteen minutes.
    M15,
    /// Thirty minutes.
    M30,
    /// One hour.
    H1,
    /// Four hours.
    H4,
    /// One day.
    D1,
    /// One week.
    W1,
    /// One month.
    MN1,
}

impl CandleSpan {
    /// All of them with their names on the wire, shortest first.
    pub const NAMES: [(&'static str, Self); 9] = [
        ("M1", Self::M1),
        ("M5", Self::M5),
        ("M15", Self::M15),
        ("M30", Self::M30),
        ("H1", Self::H1),
        ("H4", Self::H4),
        ("D1", Self::D1),
        ("W1", Self::W1),
        ("MN1", Self::MN1),
    ];

    /// The one of this name, letter by letter.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::NAMES.iter().find(|(n, _)| *n == name).map(|(_, span)| *span)
    }

    /// Open of the bar that holds `ts`.
    #[must_use]
    pub fn open_of(self, ts: Nanos) -> Nanos {
        let even = |minutes: i64| ts.0 - ts.0.rem_euclid(Nanos::MINUTE.0 * minutes);
        let day = ts.0.div_euclid(Nanos::DAY.0);
        Nanos(match self {
            Self::M1 => even(1),
            Self::M5 => even(5),
            Self::M15 => even(15),
            Self::M30 => even(30),
            Self::H1 => even(60),
            Self::H4 => even(240),
            Self::D1 => even(1440),
            // The epoch was a Thursday.
            Self::W1 => (day - (day + 3).rem_euclid(7)) * Nanos::DAY.0,
            Self::MN1 => (day - day_of_month(day)) * Nanos::DAY.0,
        })
    }

    /// The longest that a bar of it can be.
    const fn longest(self) -> i64 {
        let minutes = match self {
            Self::M1 => 1,
            Self::M5 => 5,
            Self::M15 => 15,
            Self::M30 => 30,
            Self::H1 => 60,
            Self::H4 => 240,
            Self::D1 => 1440,
            Self::W1 => 7 * 1440,
            Self::MN1 => 31 * 1440,
        };
        minutes * Nanos::MINUTE.0
    }
}

/// Days since the first of the month, for a day counted from the epoch (proleptic
/// Gregorian calendar, counted from the first of March of year 0).
const fn day_of_month(day: i64) -> i64 {
    let since_march = day + 719_468;
    let of_era = since_march.rem_euclid(146_097);
    let year = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let month = (5 * of_year + 2) / 153;
    of_year - (153 * month + 2) / 5
}

/// A bar of bids.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServedCandle {
    /// Open of the bar, nanoseconds since the Unix epoch, UTC.
    pub ts_open: Nanos,
    /// First price.
    pub open: Decimal,
    /// Highest price.
    pub high: Decimal,
    /// Lowest price.
    pub low: Decimal,
    /// Last price.
    pub close: Decimal,
    /// What the feed counted in it.
    pub volume: Decimal,
}

/// Bars that open in `[from, to]` and not after `now`, oldest first, at most the last
/// `most`; none where the span is shorter than the tape's own bars.
pub(crate) fn served(
    tape: &PriceTape,
    span: CandleSpan,
    (from, to): (Nanos, Nanos),
    now: Nanos,
    most: usize,
) -> Vec<ServedCandle> {
    if span.longest() < tape.length().0 {
        return Vec::new();
    }
    let last = to.min(now);
    let first = span.open_of(Nanos(from.0.max(last.0 - span.longest() * (most as i64 + 1))));
    let bars = tape.bars();
    let start = bars.partition_point(|bar| bar.ts_open < first);
    let mut out: Vec<ServedCandle> = Vec::new();
    for at in start..bars.len() {
        let Some(bar) = tape.shown(at, now) else { break };
        let ts_open = span.open_of(bar.ts_open);
        if ts_open > last {
            break;
        }
        match out.last_mut().filter(|candle| candle.ts_open == ts_open) {
            Some(candle) => {
                candle.high = candle.high.max(bar.high);
                candle.low = candle.low.min(bar.low);
                candle.close = bar.close;
                candle.volume += bar.volume;
            }
            None => out.push(ServedCandle {
                ts_open,
                open: bar.open,
                high: bar.high,
                low: bar.low,
                close: bar.close,
                volume: bar.volume,
            }),
        }
    }
    out.retain(|candle| candle.ts_open >= from);
    out.split_off(out.len().saturating_sub(most))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exchange::tape::TapeBar;

    fn tape() -> PriceTape {
        let bars = (0..120).map(|m| {
            let px = |x: i64| Decimal::new(1_000 + m + x, 0);
            TapeBar {
                ts_open: Nanos::MINUTE.times(m),
                open: px(0),
                high: px(2),
                low: px(-3),
                close: px(1),
                volume: Decimal::ONE,
                spread: Decimal::ONE,
            }
        });
        PriceTape::new(Nanos::MINUTE, bars.collect()).unwrap()
    }

    #[test]
    fn bars_are_put_together_and_the_last_is_in_the_making() {
        let now = Nanos(Nanos::MINUTE.times(11).0 + 20 * Nanos::SECOND.0);
        let candles = served(&tape(), CandleSpan::M5, (Nanos(0), now), now, 100);
        let of = |x: i64| Decimal::new(x, 0);
        assert_eq!(candles.len(), 3);
        let second = &candles[1];
        assert_eq!(second.ts_open, Nanos::MINUTE.times(5));
        assert_eq!(
            [second.open, second.high, second.low, second.close, second.volume],
            [1_005, 1_011, 1_002, 1_010, 5].map(of)
        );
        // Minute 10 has ended; minute 11 opened at 1011 and went up to 1013.
        let last = &candles[2];
        assert_eq!(
            [last.open, last.high, last.low, last.close],
            [1_010, 1_013, 1_007, 1_013].map(of)
        );
    }

    #[test]
    fn only_the_last_ones_are_kept_and_only_what_was_asked() {
        let now = Nanos::MINUTE.times(100);
        let all = served(&tape(), CandleSpan::M1, (Nanos(0), now), now, 1_000);
        assert_eq!(all.len(), 101);
        let few = served(&tape(), CandleSpan::M1, (Nanos(0), now), now, 7);
        assert_eq!(few[..], all[94..]);
        let part = (Nanos::MINUTE.times(10), Nanos::MINUTE.times(12));
        assert_eq!(served(&tape(), CandleSpan::M1, part, now, 1_000)[..], all[10..13]);
        let fine = PriceTape::new(Nanos::HOUR, Vec::new()).unwrap();
        assert_eq!(served(&fine, CandleSpan::M1, part, now, 7), []);
    }

    #[test]
    fn weeks_begin_on_mondays_and_months_on_their_first() {
        let day = |d: i64| Nanos::DAY.times(d);
        let noon = |d: i64| Nanos(day(d).0 + 12 * Nanos::HOUR.0);
        // 2024-02-29 was day 19,782, a Thursday; February began on day 19,754.
        assert_eq!(CandleSpan::W1.open_of(noon(19_782)), day(19_779));
        assert_eq!(CandleSpan::MN1.open_of(noon(19_782)), day(19_754));
        assert_eq!(CandleSpan::MN1.open_of(noon(19_783)), day(19_783));
        assert_eq!(CandleSpan::MN1.open_of(noon(0)), day(0));
        assert_eq!(CandleSpan::MN1.open_of(noon(-1)), day(-31));
    }
}
