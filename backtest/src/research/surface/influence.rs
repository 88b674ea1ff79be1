//! Which parameter the objective depends on: the first-order share of variance.

use serde::Serialize;

use super::parameter_surface::ParameterSurface;

/// How much of the objective one axis explains alone.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Influence {
    /// Number of the axis, counted from 0.
    pub axis: usize,
    /// Variance between its levels over the variance of all sets, 0 to 1; none
    /// where the objective does not vary.
    pub share: Option<f64>,
}

impl ParameterSurface {
    /// Axes by their share of the objective's variance, the largest first.
    ///
    /// `share = sum over levels of n (mean of the level - mean)^2 / sum of (x - mean)^2`
    ///
    /// ```
    /// use tickstep_backtest::research::surface::{SurfaceAxis, ParameterSurface};
    /// let axis = |name: &str| SurfaceAxis {
    ///     name: name.into(),
    ///     labels: vec!["1".into(), "2".into()],
    ///     positions: Some(vec![1.0, 2.0]),
    /// };
    /// // 0 and 2 on the first level of a, 6 and 8 on its second. The mean is 4, all
    /// // squares are 16 + 4 + 4 + 16 = 40. Means by a are 1 and 7: 2 * 9 + 2 * 9 = 36.
    /// let levels = vec![0, 0, 0, 1, 1, 0, 1, 1];
    /// let figures = [0.0, 2.0, 6.0, 8.0].map(Some).to_vec();
    /// let sets = ParameterSurface::grid(vec![axis("b"), axis("a")], levels, figures, true)?;
    /// let shares = sets.influence();
    /// assert_eq!((shares[0].axis, shares[0].share), (0, Some(0.9)));
    /// assert_eq!((shares[1].axis, shares[1].share), (1, Some(0.1)));
    /// # Ok::<(), tickstep_backtest::research::surface::SurfaceError>(())
    /// ```
    #[must_use]
    pub fn influence(&self) -> Vec<Influence> {
        let count = self.objective.iter().flatten().count() as f64;
        let mean = self.objective.iter().flatten().sum::<f64>() / count;
        let total: f64 = self.objective.iter().flatten().map(|v| (v - mean) * (v - mean)).sum();
        // A spread in the last digits of the figures is no spread.
        let least = mean.abs() * 1e-12;
        let least = least * least * count;
        let mut out: Vec<Influence> = (0..self.axes.len())
            .map(|axis| {
                let share = self.between(axis, mean) / total;
                Influence { axis, share: (total > least).then_some(share.min(1.0)) }
            })
            .collect();
        let key = |i: &Influence| i.share.unwrap_or(0.0);
        out.sort_by(|a, b| key(b).total_cmp(&key(a)).then(a.axis.cmp(&b.axis)));
        out
    }

    fn between(&self, axis: usize, mean: f64) -> f64 {
        let mut sums = vec![(0.0, 0_u64); self.axes[axis].labels.len()];
        for set in 0..self.len() {
            if let Some(value) = self.objective[set] {
                let level = &mut sums[self.levels(set)[axis] as usize];
                level.0 += value - mean;
                level.1 += 1;
            }
        }
        sums.iter().filter(|(_, n)| *n > 0).map(|(sum, n)| sum * sum / *n as f64).sum()
    }
}
