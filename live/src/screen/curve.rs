//! Money over time, in few points.

use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive as _;

/// Most points that are kept.
const POINTS: usize = 512;
/// Heights of a column, the lowest first.
const HEIGHTS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/// P&L from when somebody began to look, evenly spaced. When it is full every other point
/// goes, so that it is always of the whole time.
#[derive(Clone, Debug)]
pub(super) struct Curve {
    points: Vec<Decimal>,
    /// Samples for each point.
    stride: u32,
    since: u32,
}

impl Default for Curve {
    fn default() -> Self {
        Self { points: Vec::new(), stride: 1, since: 0 }
    }
}

impl Curve {
    /// Takes the next sample.
    pub fn add(&mut self, amount: Decimal) {
        self.since += 1;
        if self.since < self.stride && !self.points.is_empty() {
            return;
        }
        self.since = 0;
        self.points.push(amount);
        if self.points.len() > POINTS {
            let mut keep = false;
            self.points.retain(|_| {
                keep = !keep;
                keep
            });
            self.stride *= 2;
        }
    }

    /// It in at most so many columns, lowest to highest; nothing where it does not move.
    pub fn drawn(&self, columns: usize) -> String {
        let (Some(least), Some(most)) = (self.points.iter().min(), self.points.iter().max()) else {
            return String::new();
        };
        let range = *most - *least;
        let columns = columns.min(self.points.len());
        if range.is_zero() || columns < 2 {
            return String::new();
        }
        let column = |at: usize| {
            let point = self.points[at * (self.points.len() - 1) / (columns - 1)];
            let share = ((point - *least) / range).to_f64().unwrap_or(0.0);
            HEIGHTS[((share * 8.0) as usize).min(7)]
        };
        (0..columns).map(column).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_time_fits_into_few_points() {
        let mut curve = Curve::default();
        assert_eq!(curve.drawn(10), "");
        (0..10_000).for_each(|n| curve.add(Decimal::from(n)));
        assert!(curve.points.len() <= POINTS);
        assert_eq!(curve.drawn(8), "▁▂▃▄▅▆▇█");
        let first = curve.points[0];
        assert_eq!(first, Decimal::ZERO, "the beginning stays");
    }
}
