//! Long series made short enough to draw without losing what an eye looks for.

use serde::Serialize;

/// Points of a curve: four to a pixel of a wide screen.
const POINTS: usize = 4_000;

/// A curve over time, reduced to [`POINTS`] points and as the page draws it.
#[derive(Serialize)]
pub(crate) struct ReducedLine {
    /// Times of the points, seconds since the Unix epoch.
    t: Vec<i64>,
    v: Vec<f64>,
}

impl ReducedLine {
    pub(crate) fn of(points: &[(i64, f64)]) -> Self {
        let (t, v) = outline(points, POINTS, |p| p.1).into_iter().unzip();
        Self { t, v }
    }
}

/// First, lowest, highest and last point of each of at most `most / 4` stretches
/// of `points`, in order: the outline of a curve at any width up to `most / 4`
/// pixels. The extremes of the whole are always among them.
///
/// A curve of at most `most` points is returned as it is.
pub(crate) fn outline<T: Copy>(points: &[T], most: usize, value: impl Fn(&T) -> f64) -> Vec<T> {
    if points.len() <= most {
        return points.to_vec();
    }
    let stretches = (most / 4).max(1);
    let mut kept = Vec::with_capacity(stretches * 4);
    for s in 0..stretches {
        let from = s * points.len() / stretches;
        let stretch = &points[from..(s + 1) * points.len() / stretches];
        let by = |a: &usize, b: &usize| value(&stretch[*a]).total_cmp(&value(&stretch[*b]));
        let all = 0..stretch.len();
        let (Some(low), Some(high)) = (all.clone().min_by(by), all.max_by(by)) else { continue };
        let mut chosen = [0, low, high, stretch.len() - 1];
        chosen.sort_unstable();
        let mut last = None;
        for i in chosen {
            if last != Some(i) {
                kept.push(stretch[i]);
            }
            last = Some(i);
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn extremes_ends_and_order_survive() {
        let mut curve: Vec<(usize, f64)> =
            (0..100_000).map(|i| (i, (i as f64 / 900.0).sin())).collect();
        curve[77_777].1 = 9.0;
        curve[77_778].1 = -9.0;
        let short = outline(&curve, 4_000, |p| p.1);
        assert!(short.len() <= 4_000 && short.len() > 2_000, "{}", short.len());
        assert!(short.windows(2).all(|w| w[0].0 < w[1].0));
        assert_eq!((short[0], *short.last().unwrap()), (curve[0], curve[99_999]));
        assert!(short.contains(&(77_777, 9.0)) && short.contains(&(77_778, -9.0)));
    }

    #[test]
    fn a_short_curve_is_left_alone() {
        assert_eq!(outline(&[1.0, 2.0, 0.5], 4, |p| *p), [1.0, 2.0, 0.5]);
        assert!(outline::<f64>(&[], 4, |p| *p).is_empty());
    }
}
