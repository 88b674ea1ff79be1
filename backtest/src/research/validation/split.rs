//! Splits in time: what may be learnt from, and what it is judged on.
//!
//! Shuffled cross-validation leaks in a market, for neighbours share the same move.
//! [`walk_forward`] only ever learns from the past; [`Cpcv`] uses every part of the
//! history as a test but takes out of the training what overlaps a test.
//!
//! Invariants: training and test never share an instant or an observation; splits
//! come in a stated order; nothing is random.
//!
//! Known limits: [`Cpcv`] trains on what comes after the test too, which no trader
//! can; its purge is as good as the label ends it is given, so they must be the ends
//! of the holding times.

use std::ops::Range;

use serde::{Deserialize, Serialize};
use tickstep_core::units::Nanos;

/// How a history is walked through.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Walk {
    /// Length of a training window in nanoseconds; of the first one when anchored.
    pub train: Nanos,
    /// Length of a test window, in nanoseconds.
    pub test: Nanos,
    /// Time from the start of one window to that of the next, in nanoseconds. Tests
    /// overlap when it is shorter than `test`.
    pub step: Nanos,
    /// Between the end of a training and the start of its test: the longest holding
    /// time, so that no position of the training is open in the test.
    pub gap: Nanos,
    /// Whether every training starts with the history and grows, instead of rolling.
    pub anchored: bool,
}

/// One training and its test, each from its start up to, not including, its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WalkWindow {
    /// Start of the training, nanoseconds since the Unix epoch, UTC.
    pub train_start: Nanos,
    /// End of the training, on the same clock.
    pub train_end: Nanos,
    /// Start of the test, on the same clock: `gap` after the end of the training.
    pub test_start: Nanos,
    /// End of the test, on the same clock.
    pub test_end: Nanos,
}

/// The windows of a walk through `start..end`, in time order; those that do not fit
/// whole are left out. `None` when `train`, `test` or `step` is not above zero or
/// `gap` is below it.
///
/// ```
/// use tickstep_backtest::research::validation::{Walk, walk_forward};
/// use tickstep_core::units::Nanos;
/// let days = |n| Nanos::DAY.times(n);
/// let mut walk =
///     Walk { train: days(4), test: days(2), step: days(2), gap: days(1), anchored: false };
/// let windows = walk_forward(days(0), days(10), &walk).unwrap();
/// assert_eq!(windows.len(), 2);
/// let second = windows[1];
/// assert_eq!((second.train_start, second.train_end), (days(2), days(6)));
/// assert_eq!((second.test_start, second.test_end), (days(7), days(9)));
/// walk.anchored = true;
/// let second = walk_forward(days(0), days(10), &walk).unwrap()[1];
/// assert_eq!((second.train_start, second.train_end), (days(0), days(6)));
/// ```
#[must_use]
pub fn walk_forward(start: Nanos, end: Nanos, walk: &Walk) -> Option<Vec<WalkWindow>> {
    let zero = Nanos(0);
    if walk.train <= zero || walk.test <= zero || walk.step <= zero || walk.gap < zero {
        return None;
    }
    let mut windows = Vec::new();
    let mut from = start;
    // A sum that does not fit in 64 bits is past the end too.
    while let Some(window) = window(start, from, walk).filter(|w| w.test_end <= end) {
        windows.push(window);
        let Some(next) = from.0.checked_add(walk.step.0) else { break };
        from = Nanos(next);
    }
    Some(windows)
}

fn window(start: Nanos, from: Nanos, walk: &Walk) -> Option<WalkWindow> {
    let train_end = from.0.checked_add(walk.train.0)?;
    let test_start = train_end.checked_add(walk.gap.0)?;
    let test_end = test_start.checked_add(walk.test.0)?;
    Some(WalkWindow {
        train_start: if walk.anchored { start } else { from },
        train_end: Nanos(train_end),
        test_start: Nanos(test_start),
        test_end: Nanos(test_end),
    })
}

/// Combinatorial purged cross-validation, Lopez de Prado, "Advances in Financial
/// Machine Learning" (2018), chapter 12: the history in `N` groups, every choice of
/// `k` of them a test.
///
/// Equal to skfolio's `CombinatorialPurgedCV` with labels of constant length, which
/// `tests/oracle/make_cpcv.py` holds it to. As there, groups have `T / N` observations
/// and the last one takes the rest, and test groups side by side are one block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cpcv {
    groups: usize,
    test_groups: usize,
    label_end: Vec<usize>,
    embargo: usize,
}

/// One split of a [`Cpcv`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CpcvSplit {
    /// Observations to learn from, rising; may be empty after purge and embargo.
    pub train: Vec<usize>,
    /// The `k` test groups, rising.
    pub tests: Vec<Range<usize>>,
    /// The path that each test group belongs to, in 0..[`Cpcv::paths`].
    pub paths: Vec<usize>,
}

impl Cpcv {
    /// Over `label_end.len()` observations. `label_end[i]` is the last observation
    /// that the outcome of observation `i` reaches to (that of the bar it is sold at);
    /// it may lie past the end. `embargo` observations after the labels of a test block
    /// are left out of the training as well. `None` unless `0 < k < N <= 64`, every
    /// group has an observation, and no label ends before it starts.
    #[must_use]
    pub fn new(
        groups: usize,
        test_groups: usize,
        label_end: Vec<usize>,
        embargo: usize,
    ) -> Option<Self> {
        let counts = (1..groups).contains(&test_groups) && groups <= 64.min(label_end.len());
        let labels = label_end.iter().enumerate().all(|(i, end)| *end >= i);
        (counts && labels).then_some(Self { groups, test_groups, label_end, embargo })
    }

    /// With labels that all reach `purge` observations ahead.
    ///
    /// ```
    /// use tickstep_backtest::research::validation::Cpcv;
    /// let cpcv = Cpcv::constant(12, 3, 2, 1, 0).unwrap();
    /// let split = cpcv.splits().nth(1).unwrap(); // groups 0 and 2 are the test
    /// assert_eq!(split.tests, [0..4, 8..12]);
    /// assert_eq!(split.train, [5, 6]); // 4 and 7 overlap a test
    /// assert_eq!((cpcv.splits().count(), cpcv.paths()), (3, 2));
    /// ```
    #[must_use]
    pub fn constant(
        observations: usize,
        groups: usize,
        test_groups: usize,
        purge: usize,
        embargo: usize,
    ) -> Option<Self> {
        let label_end = (0..observations).map(|i| i.saturating_add(purge)).collect();
        Self::new(groups, test_groups, label_end, embargo)
    }

    /// Number of observations that are split.
    #[must_use]
    pub fn observations(&self) -> usize {
        self.label_end.len()
    }

    /// Number of whole passes through the history that the tests make up,
    /// `k C(N, k) / N`.
    #[must_use]
    pub fn paths(&self) -> u64 {
        // k C(N, k) / N = C(N - 1, k - 1), each factor dividing as it goes.
        let (n, k) = (self.groups as u128 - 1, self.test_groups as u128 - 1);
        let count = (0..k).fold(1, |count, i| count * (n - i) / (i + 1));
        u64::try_from(count).unwrap_or(u64::MAX)
    }

    /// All `C(N, k)` splits, by rising test groups: (0, 1), (0, 2), ... A group's
    /// first test is on path 0, its second on path 1, and so on.
    pub fn splits(&self) -> impl Iterator<Item = CpcvSplit> + '_ {
        let mut next: Option<Vec<usize>> = Some((0..self.test_groups).collect());
        let mut tested = vec![0; self.groups];
        std::iter::from_fn(move || {
            let chosen = next.take()?;
            next = following(&chosen, self.groups);
            let paths = chosen.iter().map(|group| {
                tested[*group] += 1;
                tested[*group] - 1
            });
            let paths = paths.collect();
            Some(self.split(&chosen, paths))
        })
    }

    fn split(&self, chosen: &[usize], paths: Vec<usize>) -> CpcvSplit {
        let tests: Vec<Range<usize>> = chosen.iter().map(|group| self.group(*group)).collect();
        let mut blocks: Vec<Range<usize>> = Vec::new();
        for test in &tests {
            match blocks.last_mut() {
                Some(block) if block.end == test.start => block.end = test.end,
                _ => blocks.push(test.clone()),
            }
        }
        let mut keep = vec![true; self.label_end.len()];
        for block in blocks {
            self.drop_overlaps(&block, &mut keep);
        }
        let train = (0..keep.len()).filter(|i| keep[*i]).collect();
        CpcvSplit { train, tests, paths }
    }

    fn drop_overlaps(&self, block: &Range<usize>, keep: &mut [bool]) {
        for (keep, end) in keep.iter_mut().zip(&self.label_end).take(block.start) {
            *keep &= *end < block.start;
        }
        let reach = self.label_end[block.clone()].iter().copied().max().unwrap_or(block.end);
        let end = reach.saturating_add(self.embargo).saturating_add(1).min(keep.len());
        keep[block.start..end].fill(false);
    }

    fn group(&self, group: usize) -> Range<usize> {
        let size = self.label_end.len() / self.groups;
        let last = group + 1 == self.groups;
        group * size..if last { self.label_end.len() } else { (group + 1) * size }
    }
}

/// The next choice of groups in lexicographic order.
fn following(chosen: &[usize], groups: usize) -> Option<Vec<usize>> {
    let k = chosen.len();
    let at = (0..k).rev().find(|i| chosen[*i] < groups - k + i)?;
    let mut next = chosen.to_vec();
    for (step, group) in next[at..].iter_mut().enumerate() {
        *group = chosen[at] + 1 + step;
    }
    Some(next)
}
