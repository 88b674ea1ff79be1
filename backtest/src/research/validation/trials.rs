//! How many independent trials a search amounts to, and what its best result is
//! worth once that many have been tried.
//!
//! A thousand settings of one moving average are not a thousand ideas: neighbours
//! trade the same days. Deflating by their number would refuse everything, and by 1
//! nothing; what counts is the number of groups that move apart.
//!
//! Invariants: the effective number lies between 1 and the number of sets; it is the
//! number of sets when no two series correlate; same input, same order, same result.
//!
//! Known limits: the 0.5 of [`SAME_TRIAL`] is a choice, not an estimate, and the
//! number moves with it. Leaders are taken in the order given, so another order
//! gives another number, by a few per cent as a rule; give the sample in random
//! order. The step from the sample to all sets is Good's (1953) estimate of the
//! unseen, which takes every unseen group for a singleton: rather too many than too
//! few. What was tried before this search, by hand or by others, is not in it.

use ndarray::{Array1, Array2, ArrayView1, ArrayView2, Axis, Slice};
use serde::{Deserialize, Serialize};
use tickstep_core::math::sqrt;

use tickstep_core::stats::{
    SharpeSample, deflated_sharpe, expected_max_sharpe, mean, min_track_record,
    probabilistic_sharpe, std_dev,
};

/// Correlation of daily returns from which on two sets are one trial.
pub const SAME_TRIAL: f64 = 0.5;
/// The most series [`Trials::of`] takes: each is compared with every leader before it.
pub const MAX_SAMPLE: usize = 2_000;
/// `alpha` of the minimum track record: 95 % confidence.
const ALPHA: f64 = 0.05;

/// Number of trials of a search, counted and effective.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Trials {
    /// Number of parameter sets run.
    pub sets: usize,
    /// Number of sets in the sample that was clustered.
    pub sampled: usize,
    /// Clusters found in the sample. The series without variance are one.
    pub clusters: usize,
    /// Clusters of one series, that of the series without variance not counted: no
    /// unseen set without variance could open a new one.
    pub singletons: usize,
    /// Effective number of independent trials among all sets.
    pub effective: f64,
}

impl Trials {
    /// Of a sample of return series, `sample` one row a set and one column a day,
    /// out of `sets` sets in all. A series joins the first cluster with whose leader
    /// it correlates by [`SAME_TRIAL`] or more, else it leads a new one; then
    /// `N_eff = clusters + (N - n) singletons / n`. Opposite series are two trials.
    /// `None` for no series, more than [`MAX_SAMPLE`] or more than `sets`, fewer than
    /// two days, or a return that is not a finite number.
    ///
    /// ```
    /// use ndarray::array;
    /// use tickstep_backtest::research::validation::Trials;
    /// let sample = array![
    ///     [0.01, -0.01, 0.02, -0.02],
    ///     [0.02, -0.02, 0.04, -0.04], // the first, twice as large
    ///     [0.01, 0.01, -0.01, -0.01],
    ///     [0.00, 0.00, 0.00, 0.00], // never traded
    /// ];
    /// let trials = Trials::of(sample.view(), 8).unwrap();
    /// assert_eq!((trials.clusters, trials.singletons), (3, 1));
    /// assert_eq!(trials.effective, 3.0 + (8.0 - 4.0) * 1.0 / 4.0);
    /// ```
    #[must_use]
    pub fn of(sample: ArrayView2<'_, f64>, sets: usize) -> Option<Self> {
        let (sampled, days) = sample.dim();
        let fits = (1..=MAX_SAMPLE.min(sets)).contains(&sampled) && days >= 2;
        if !fits || sample.iter().any(|r| !r.is_finite()) {
            return None;
        }
        let (series, still) = standardised(sample);
        let sizes = cluster_sizes(&series);
        let clusters = sizes.len() + usize::from(still > 0);
        let singletons = sizes.iter().filter(|size| **size == 1).count();
        let unseen = (sets - sampled) as f64 * singletons as f64 / sampled as f64;
        Some(Self { sets, sampled, clusters, singletons, effective: clusters as f64 + unseen })
    }

    /// The same sample out of more sets: those of earlier searches on the same data,
    /// taken to be as alike as the sets of this one. At least the sets there are.
    ///
    /// ```
    /// use ndarray::array;
    /// use tickstep_backtest::research::validation::Trials;
    /// let trials = Trials::of(array![[0.1, -0.1], [0.1, 0.2]].view(), 2).unwrap();
    /// assert_eq!((trials.effective, trials.among(10).effective), (2.0, 2.0 + 8.0 * 2.0 / 2.0));
    /// ```
    #[must_use]
    pub fn among(self, sets: usize) -> Self {
        let sets = sets.max(self.sets);
        let unseen = (sets - self.sampled) as f64 * self.singletons as f64 / self.sampled as f64;
        Self { sets, effective: self.clusters as f64 + unseen, ..self }
    }
}

/// Rows of mean 0 and length 1, so that a product of two is their correlation, and
/// the number of rows left out because they do not vary.
fn standardised(sample: ArrayView2<'_, f64>) -> (Array2<f64>, usize) {
    let mut series = Array2::zeros(sample.dim());
    let mut kept = 0;
    for row in sample.rows() {
        let values = row.to_vec();
        let (Some(m), Some(sd)) = (mean(&values), std_dev(&values)) else { continue };
        if sd > 0.0 {
            let scale = sd * sqrt((values.len() - 1) as f64);
            let unit: Array1<f64> = values.iter().map(|r| (r - m) / scale).collect();
            series.row_mut(kept).assign(&unit);
            kept += 1;
        }
    }
    (series.slice_axis(Axis(0), Slice::from(..kept)).to_owned(), sample.len_of(Axis(0)) - kept)
}

/// How many rows join each leader, the first with which a row correlates enough.
fn cluster_sizes(series: &Array2<f64>) -> Vec<usize> {
    let (mut leaders, mut sizes) = (Vec::<ArrayView1<'_, f64>>::new(), Vec::new());
    for row in series.rows() {
        let alike = |leader: &ArrayView1<'_, f64>| product(row, *leader) >= SAME_TRIAL;
        if let Some(at) = leaders.iter().position(alike) {
            sizes[at] += 1;
        } else {
            leaders.push(row);
            sizes.push(1);
        }
    }
    sizes
}

/// Numbers that are multiplied side by side.
const SIDE_BY_SIDE: usize = 8;

/// The sum of the products, in an order of its own: a matrix product would pick its
/// instructions, and with them its rounding, by the processor that it runs on.
fn product(a: ArrayView1<'_, f64>, b: ArrayView1<'_, f64>) -> f64 {
    let (Some(a), Some(b)) = (a.to_slice(), b.to_slice()) else {
        return a.iter().zip(b).map(|(x, y)| x * y).sum();
    };
    let (a, a_rest) = a.as_chunks::<SIDE_BY_SIDE>();
    let (b, b_rest) = b.as_chunks::<SIDE_BY_SIDE>();
    let mut sums = [0.0; SIDE_BY_SIDE];
    for (a, b) in a.iter().zip(b) {
        for ((sum, x), y) in sums.iter_mut().zip(a).zip(b) {
            *sum += x * y;
        }
    }
    let rest: f64 = a_rest.iter().zip(b_rest).map(|(x, y)| x * y).sum();
    sums.iter().sum::<f64>() + rest
}

/// How much of the best result of a search luck explains. Every Sharpe ratio is per
/// period, of the same length as the trials' returns (days as a rule).
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Luck {
    /// Parameter sets run, those without a Sharpe ratio too.
    pub sets: usize,
    /// Effective number of independent trials.
    pub effective: f64,
    /// Sharpe ratio of the best.
    pub sharpe: f64,
    /// Standard deviation of the trials' Sharpe ratios, those that have one.
    pub sharpe_std: Option<f64>,
    /// [`expected_max_sharpe`]: what the best of so many worthless trials shows.
    pub bar: Option<f64>,
    /// [`deflated_sharpe`]: the probability that the true Sharpe ratio is above zero
    /// once the search is allowed for, in 0..=1.
    pub deflated: Option<f64>,
    /// [`probabilistic_sharpe`] against 0, as if nothing had been searched, in 0..=1.
    pub probabilistic: Option<f64>,
    /// [`min_track_record`] against 0 at 95 %, in periods.
    pub min_track_record: Option<f64>,
}

impl Luck {
    /// Of the `best` of a search, the Sharpe ratios of **all** its sets and their
    /// effective number. The bar, and with it the deflated ratio, is `None` for one
    /// effective trial: there was no search. See [`expected_max_sharpe`] for its
    /// limits.
    ///
    /// ```
    /// use tickstep_backtest::research::validation::Luck;
    /// use tickstep_core::stats::SharpeSample;
    /// let best = SharpeSample { sharpe: 0.35, periods: 500, skewness: -0.3, kurtosis: 6.0 };
    /// let trials = [Some(-0.1), Some(0.0), Some(0.1), None]; // deviation 0.1
    /// let luck = Luck::of(&best, &trials, 100.0);
    /// assert!((luck.bar.unwrap() - 0.2530602893).abs() < 1e-10);
    /// assert!((luck.deflated.unwrap() - 0.9732331242).abs() < 1e-10);
    /// assert_eq!(Luck::of(&best, &trials, 1.0).bar, None);
    /// ```
    #[must_use]
    pub fn of(best: &SharpeSample, sharpes: &[Option<f64>], effective: f64) -> Self {
        let known: Vec<f64> = sharpes.iter().flatten().copied().collect();
        let sharpe_std = std_dev(&known);
        Self {
            sets: sharpes.len(),
            effective,
            sharpe: best.sharpe,
            sharpe_std,
            bar: sharpe_std.and_then(|sd| expected_max_sharpe(effective, sd)),
            deflated: sharpe_std.and_then(|sd| deflated_sharpe(best, effective, sd)),
            probabilistic: probabilistic_sharpe(best, 0.0),
            min_track_record: min_track_record(best, 0.0, ALPHA),
        }
    }
}
