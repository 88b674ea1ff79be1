//! Correlation of 1-hour returns over the last 7 days, for the risk limits.

use alloc::collections::VecDeque;

use crate::math;
use crate::units::{Nanos, Ticks};

const HOURS: usize = 7 * 24;
const FEWEST: usize = 24;

/// The last close of each of the last 169 UTC hours, as far as they are known.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HourlyCloses {
    /// Hours since the Unix epoch, each with the last close in it.
    pub(crate) closes: VecDeque<(i64, Ticks)>,
}

impl HourlyCloses {
    /// Takes a close at `ts`; a close exactly on the hour ends the hour before.
    pub fn push(&mut self, ts: Nanos, close: Ticks) {
        let hour = (ts.0 - 1).div_euclid(Nanos::HOUR.0);
        match self.closes.back_mut() {
            Some(last) if last.0 == hour => last.1 = close,
            _ => {
                self.closes.push_back((hour, close));
                while self.closes.front().is_some_and(|c| c.0 < hour - HOURS as i64) {
                    self.closes.pop_front();
                }
            }
        }
    }

    /// Pearson's correlation of the returns of common hours; `None` with fewer
    /// than 24 of them, or when one side did not move.
    #[must_use]
    pub fn correlation(&self, other: &Self) -> Option<f64> {
        let (mut n, mut sx, mut sy, mut sxx, mut syy, mut sxy) = (0_usize, 0.0, 0.0, 0.0, 0.0, 0.0);
        let mut theirs = other.returns().peekable();
        for (hour, x) in self.returns() {
            while theirs.next_if(|(h, _)| *h < hour).is_some() {}
            if let Some((_, y)) = theirs.next_if(|(h, _)| *h == hour) {
                n += 1;
                sx += x;
                sy += y;
                sxx += x * x;
                syy += y * y;
                sxy += x * y;
            }
        }
        if n < FEWEST {
            return None;
        }
        let n = n as f64;
        let spread = (n * sxx - sx * sx) * (n * syy - sy * sy);
        let rho = (n * sxy - sx * sy) / math::sqrt(spread);
        rho.is_finite().then(|| rho.clamp(-1.0, 1.0))
    }

    fn returns(&self) -> impl Iterator<Item = (i64, f64)> + '_ {
        self.closes
            .iter()
            .zip(self.closes.iter().skip(1))
            .filter(|(a, b)| a.0 + 1 == b.0)
            .map(|(a, b)| (b.0, b.1.0 as f64 / a.1.0 as f64 - 1.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn series(price: impl Fn(i64) -> i64, hours: i64) -> HourlyCloses {
        let mut closes = HourlyCloses::default();
        for h in 1..=hours {
            closes.push(Nanos(h * Nanos::HOUR.0), Ticks(price(h)));
        }
        closes
    }

    #[test]
    fn equal_and_opposite_moves() {
        let wave = |h: i64| 10_000 + 100 * (h % 2);
        let up = series(wave, 60);
        assert!((up.correlation(&series(|h| 3 * wave(h), 60)).unwrap() - 1.0).abs() < 1e-12);
        assert!(up.correlation(&series(|h| 20_000 - wave(h), 60)).unwrap() < -0.99);
    }

    #[test]
    fn undefined_when_short_or_still() {
        let up = series(|h| 10_000 + h, 60);
        assert_eq!(up.correlation(&series(|_| 5, 60)), None);
        assert_eq!(up.correlation(&series(|h| 10_000 + h, 24)), None, "23 returns");
        assert!(up.correlation(&series(|h| 10_000 + h, 25)).is_some());
    }

    #[test]
    fn keeps_seven_days() {
        assert_eq!(series(|h| h, 1_000).closes.len(), HOURS + 1);
    }
}
