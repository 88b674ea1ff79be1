//! Sets of parameters with their objective, on a grid or drawn.

use super::axis::{HOLDS, SurfaceAxis};
use super::bin::{self, DrawnColumn};
use super::error::SurfaceError;
use super::lookup::Lookup;
use super::nearest::Tree;

/// How sets were chosen, which decides what a neighbour is.
#[derive(Clone, Debug)]
pub(super) enum SetLayout {
    /// Levels of a grid: one step on any axis.
    Grid(Lookup),
    /// Anywhere: the nearest in rank space.
    Drawn(Tree),
}

/// Sets of parameters, each with its levels and its objective.
#[derive(Clone, Debug)]
pub struct ParameterSurface {
    pub(super) axes: Vec<SurfaceAxis>,
    /// Sets by axes, a set after the other.
    pub(super) levels: Vec<u32>,
    pub(super) objective: Vec<Option<f64>>,
    higher_is_better: bool,
    pub(super) layout: SetLayout,
}

impl ParameterSurface {
    /// Sets of a grid, whole or in part; `levels` holds every set's level on every
    /// axis, a set after the other.
    ///
    /// # Errors
    ///
    /// When lengths do not fit, a level is not there, or two sets are the same.
    ///
    /// ```
    /// use tickstep_backtest::research::surface::{SurfaceAxis, ParameterSurface};
    /// let labels = vec!["5".into(), "10".into(), "20".into()];
    /// let axis = SurfaceAxis { name: "bars".into(), labels, positions: Some(vec![5.0, 10.0, 20.0]) };
    /// let sets = ParameterSurface::grid(vec![axis], vec![0, 1, 2], vec![Some(1.0), None, Some(3.0)], true)?;
    /// assert_eq!(sets.winner(), Some(2));
    /// assert_eq!(sets.median(), Some(1.0));
    /// # Ok::<(), tickstep_backtest::research::surface::SurfaceError>(())
    /// ```
    pub fn grid(
        axes: Vec<SurfaceAxis>,
        levels: Vec<u32>,
        objective: Vec<Option<f64>>,
        higher_is_better: bool,
    ) -> Result<Self, SurfaceError> {
        check(&axes, &levels, objective.len())?;
        let layout = SetLayout::Grid(Lookup::new(&axes, &levels, objective.len())?);
        Ok(Self { axes, levels, objective: finite(objective), higher_is_better, layout })
    }

    /// Sets drawn at random or by Latin hypercube, a column of values an axis.
    ///
    /// # Errors
    ///
    /// When lengths do not fit or a value is not a number.
    ///
    /// ```
    /// use tickstep_backtest::research::surface::{DrawnColumn, ParameterSurface, DrawnValues};
    /// let values = DrawnValues::Numbers(vec![0.3, 0.1, 0.2]);
    /// let columns = vec![DrawnColumn { name: "stop".into(), values }];
    /// let sets = ParameterSurface::drawn(columns, vec![Some(7.0), Some(5.0), Some(6.0)], false)?;
    /// assert_eq!(sets.axes()[0].labels, ["0.1", "0.2", "0.3"]);
    /// assert_eq!(sets.winner(), Some(1));
    /// # Ok::<(), tickstep_backtest::research::surface::SurfaceError>(())
    /// ```
    pub fn drawn(
        columns: Vec<DrawnColumn>,
        objective: Vec<Option<f64>>,
        higher_is_better: bool,
    ) -> Result<Self, SurfaceError> {
        let (axes, levels, ranks) = bin::columns(columns, objective.len())?;
        check(&axes, &levels, objective.len())?;
        let layout = SetLayout::Drawn(Tree::new(ranks, axes.len(), objective.len()));
        Ok(Self { axes, levels, objective: finite(objective), higher_is_better, layout })
    }

    /// The axes, binned where the search was drawn.
    #[must_use]
    pub fn axes(&self) -> &[SurfaceAxis] {
        &self.axes
    }

    /// How many sets there are, with an objective or without.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.objective.len()
    }

    /// Whether there is no set.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.objective.is_empty()
    }

    /// Whether more of the objective is better.
    #[must_use]
    pub const fn higher_is_better(&self) -> bool {
        self.higher_is_better
    }

    /// The objective of `set`.
    #[must_use]
    pub fn objective(&self, set: usize) -> Option<f64> {
        self.objective.get(set).copied().flatten()
    }

    /// The levels of `set`, one an axis; empty where there is no such set.
    #[must_use]
    pub fn levels(&self, set: usize) -> &[u32] {
        let axes = self.axes.len();
        self.levels.get(set * axes..(set + 1) * axes).unwrap_or_default()
    }

    /// The set with the best objective, the first of equals.
    #[must_use]
    pub fn winner(&self) -> Option<usize> {
        let mut best: Option<(usize, f64)> = None;
        for set in 0..self.len() {
            if let Some(good) = self.good(set)
                && best.is_none_or(|(_, b)| good > b)
            {
                best = Some((set, good));
            }
        }
        best.map(|(set, _)| set)
    }

    /// The lower median of all objectives: what a set is worth that nobody chose.
    #[must_use]
    pub fn median(&self) -> Option<f64> {
        let mut goods: Vec<f64> = (0..self.len()).filter_map(|s| self.good(s)).collect();
        lower_median(&mut goods).map(|m| self.signed(m))
    }

    /// The objective turned so that more is better.
    pub(super) fn good(&self, set: usize) -> Option<f64> {
        self.objective(set).map(|v| self.signed(v))
    }

    /// Between the objective and its better-is-more form, either way.
    pub(super) fn signed(&self, value: f64) -> f64 {
        if self.higher_is_better { value } else { -value }
    }

    /// What holding up means beside a set worth `good`.
    pub(super) fn bar(&self, good: f64) -> Option<f64> {
        let median = self.signed(self.median()?);
        Some(median + HOLDS * (good - median))
    }
}

/// The lower median of values where more is better; reorders them.
pub(super) fn lower_median(goods: &mut [f64]) -> Option<f64> {
    let middle = goods.len().checked_sub(1)? / 2;
    Some(*goods.select_nth_unstable_by(middle, f64::total_cmp).1)
}

fn finite(objective: Vec<Option<f64>>) -> Vec<Option<f64>> {
    let mut objective = objective;
    objective.iter_mut().for_each(|v| *v = v.filter(|v| v.is_finite()));
    objective
}

fn check(axes: &[SurfaceAxis], levels: &[u32], sets: usize) -> Result<(), SurfaceError> {
    let fits = |what: &str, got: usize, want: usize| {
        let wrong = || SurfaceError::Length { what: what.to_owned(), got, want };
        if got == want { Ok(()) } else { Err(wrong()) }
    };
    fits("the table of levels", levels.len(), sets * axes.len())?;
    for axis in axes {
        let positions = axis.positions.as_ref().map_or(axis.labels.len(), Vec::len);
        fits(&format!("positions of axis {}", axis.name), positions, axis.labels.len())?;
    }
    for (i, level) in levels.iter().enumerate() {
        let axis = &axes[i % axes.len()];
        if *level as usize >= axis.labels.len() {
            return Err(SurfaceError::Level {
                set: i / axes.len(),
                axis: axis.name.clone(),
                level: *level,
                levels: axis.labels.len(),
            });
        }
    }
    Ok(())
}
