//! The surface a search draws over its parameters, and where on it the best set
//! stands: a result that its neighbours share can be met again, a lone peak
//! cannot.
//!
//! # Invariants
//!
//! - Pure: the same sets give the same answers in the same order; ties go to the
//!   set with the lower number.
//! - The median used throughout is the lower one: of an even count the worse of
//!   the two middle values. It is always a figure that some set had.
//! - A set without an objective (failed, filtered, not a number) is never drawn
//!   as a zero; beside a set it counts as worse than any figure.
//!
//! # Known limits
//!
//! - An axis of names (no positions) has no order, so neighbourhoods stay on one
//!   name. Its names are compared in [`Sensitivity`] instead.
//! - Drawn sets (random, Latin hypercube) have no steps: their axes are binned
//!   into [`BINS`] levels and neighbours are the nearest in rank space. The stable
//!   set is then looked for among the [`STABLE_CANDIDATES`] best.
//! - The influence of an axis is of the axis alone; what axes do only together
//!   is in none of them. With few sets a level, chance alone explains some.
//! - Edges of a grid have fewer neighbours, so luck is easier there.

mod around;
mod bin;
mod fitted;
mod heat;
mod influence;
mod lookup;
mod nearest;
mod stable;

use serde::Serialize;

pub use around::{Neighbourhood, Plateau, Sensitivity, Shape, Step};
pub use bin::{Column, Values, bin};
pub use fitted::surface;
pub use heat::{Cell, HeatMap};
pub use influence::Influence;
pub use stable::{Region, Stable};

use lookup::Lookup;
use nearest::Tree;

/// Most levels of a binned axis.
pub const BINS: usize = 20;
/// Most rows and columns of a heat map: about what a screen shows apart. More
/// levels are joined.
pub const HEAT_SIDE: usize = 32;
/// Up to this many axes every pair has a heat map: 15 of them.
pub const HEAT_AXES: usize = 6;
/// Levels shown on each side of the winner.
pub const WINDOW: usize = 15;
/// From this share of neighbours that hold half of the winner's excess on, it
/// stands on a plateau: three of four moves do little harm.
pub const PLATEAU: f64 = 0.75;
/// Below this share it is a spike: three of four moves lose more than half.
pub const SPIKE: f64 = 0.25;
/// Part of an excess over the median that counts as holding up: as near to the
/// winner as to an average set.
pub const HOLDS: f64 = 0.5;
/// Nearest sets of a drawn search: twice its axes, at least this many.
pub const FEWEST_NEAREST: usize = 5;
/// Drawn sets whose neighbourhoods are looked at for the stable one.
pub const STABLE_CANDIDATES: usize = 10_000;
/// Members of a drawn region after which it is not followed further.
pub const REGION_MOST: usize = 5_000;

/// One parameter and the levels it took, in order.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Axis {
    /// Its name.
    pub name: String,
    /// What each level is called.
    pub labels: Vec<String>,
    /// Where each level lies; none where levels are names without an order.
    pub positions: Option<Vec<f64>>,
}

impl Axis {
    /// Whether one level is next to another.
    #[must_use]
    pub const fn is_ordered(&self) -> bool {
        self.positions.is_some()
    }
}

/// Sets that do not make a landscape.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SurfaceError {
    /// A column is not as long as there are sets.
    #[error("{what} has {got} entries where {want} are needed")]
    Length {
        /// Which.
        what: String,
        /// Its length.
        got: usize,
        /// The length it needs.
        want: usize,
    },
    /// A set stands on a level its axis does not have.
    #[error("set {set} is on level {level} of axis {axis}, which has {levels}")]
    Level {
        /// The set.
        set: usize,
        /// The axis.
        axis: String,
        /// The level.
        level: u32,
        /// How many the axis has.
        levels: usize,
    },
    /// A value cannot be put in order.
    #[error("axis {axis} has a value that is not a number")]
    NotANumber {
        /// The axis.
        axis: String,
    },
    /// Two sets of a grid are the same.
    #[error("sets {first} and {second} have the same levels")]
    Twice {
        /// The first.
        first: usize,
        /// The second.
        second: usize,
    },
    /// More than can be counted.
    #[error("the grid has more points than can be numbered")]
    TooWide,
}

/// How sets were chosen, which decides what a neighbour is.
#[derive(Clone, Debug)]
enum Place {
    /// Levels of a grid: one step on any axis.
    Grid(Lookup),
    /// Anywhere: the nearest in rank space.
    Drawn(Tree),
}

/// Sets of parameters, each with its levels and its objective.
#[derive(Clone, Debug)]
pub struct ParameterSurface {
    axes: Vec<Axis>,
    /// Sets by axes, a set after the other.
    levels: Vec<u32>,
    objective: Vec<Option<f64>>,
    higher_is_better: bool,
    place: Place,
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
    /// use tickstep_backtest::research::surface::{Axis, ParameterSurface};
    /// let labels = vec!["5".into(), "10".into(), "20".into()];
    /// let axis = Axis { name: "bars".into(), labels, positions: Some(vec![5.0, 10.0, 20.0]) };
    /// let sets = ParameterSurface::grid(vec![axis], vec![0, 1, 2], vec![Some(1.0), None, Some(3.0)], true)?;
    /// assert_eq!(sets.winner(), Some(2));
    /// assert_eq!(sets.median(), Some(1.0));
    /// # Ok::<(), tickstep_backtest::research::surface::SurfaceError>(())
    /// ```
    pub fn grid(
        axes: Vec<Axis>,
        levels: Vec<u32>,
        objective: Vec<Option<f64>>,
        higher_is_better: bool,
    ) -> Result<Self, SurfaceError> {
        check(&axes, &levels, objective.len())?;
        let place = Place::Grid(Lookup::new(&axes, &levels, objective.len())?);
        Ok(Self { axes, levels, objective: finite(objective), higher_is_better, place })
    }

    /// Sets drawn at random or by Latin hypercube, a column of values an axis.
    ///
    /// # Errors
    ///
    /// When lengths do not fit or a value is not a number.
    ///
    /// ```
    /// use tickstep_backtest::research::surface::{Column, ParameterSurface, Values};
    /// let values = Values::Numbers(vec![0.3, 0.1, 0.2]);
    /// let columns = vec![Column { name: "stop".into(), values }];
    /// let sets = ParameterSurface::drawn(columns, vec![Some(7.0), Some(5.0), Some(6.0)], false)?;
    /// assert_eq!(sets.axes()[0].labels, ["0.1", "0.2", "0.3"]);
    /// assert_eq!(sets.winner(), Some(1));
    /// # Ok::<(), tickstep_backtest::research::surface::SurfaceError>(())
    /// ```
    pub fn drawn(
        columns: Vec<Column>,
        objective: Vec<Option<f64>>,
        higher_is_better: bool,
    ) -> Result<Self, SurfaceError> {
        let (axes, levels, ranks) = bin::columns(columns, objective.len())?;
        check(&axes, &levels, objective.len())?;
        let place = Place::Drawn(Tree::new(ranks, axes.len(), objective.len()));
        Ok(Self { axes, levels, objective: finite(objective), higher_is_better, place })
    }

    /// The axes, binned where the search was drawn.
    #[must_use]
    pub fn axes(&self) -> &[Axis] {
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

    /// Everything a report shows of it.
    #[must_use]
    pub fn overview(&self) -> Overview {
        let winner = self.winner();
        Overview {
            axes: self.axes.clone(),
            sets: self.len(),
            defined: self.objective.iter().flatten().count(),
            higher_is_better: self.higher_is_better,
            drawn: matches!(self.place, Place::Drawn(_)),
            median: self.median(),
            winner: winner.map(|set| self.pick(set)),
            plateau: self.plateau(),
            stable: self.stable(),
            influence: self.influence(),
            sensitivity: self.sensitivity(),
            heat_maps: self.heat_maps(),
        }
    }

    fn pick(&self, set: usize) -> Pick {
        Pick {
            set,
            levels: self.levels(set).to_vec(),
            objective: self.objective(set),
            neighbourhood: self.neighbourhood(set),
        }
    }

    /// The objective turned so that more is better.
    fn good(&self, set: usize) -> Option<f64> {
        self.objective(set).map(|v| self.signed(v))
    }

    /// Between the objective and its better-is-more form, either way.
    fn signed(&self, value: f64) -> f64 {
        if self.higher_is_better { value } else { -value }
    }

    /// What holding up means beside a set worth `good`.
    fn bar(&self, good: f64) -> Option<f64> {
        let median = self.signed(self.median()?);
        Some(median + HOLDS * (good - median))
    }
}

/// A set, what it is worth and what is around it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Pick {
    /// Its number.
    pub set: usize,
    /// Its level on every axis.
    pub levels: Vec<u32>,
    /// Its objective.
    pub objective: Option<f64>,
    /// The sets around it.
    pub neighbourhood: Neighbourhood,
}

/// All a report shows of a landscape; its size does not grow with the sets.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Overview {
    /// The axes.
    pub axes: Vec<Axis>,
    /// How many sets.
    pub sets: usize,
    /// How many of them have an objective.
    pub defined: usize,
    /// Whether more is better.
    pub higher_is_better: bool,
    /// Whether sets were drawn, not taken from a grid.
    pub drawn: bool,
    /// Lower median of the objective.
    pub median: Option<f64>,
    /// The single best set.
    pub winner: Option<Pick>,
    /// How its neighbours hold up.
    pub plateau: Option<Plateau>,
    /// The set with the best surroundings.
    pub stable: Option<Stable>,
    /// Axes by influence, the most influential first.
    pub influence: Vec<Influence>,
    /// What a step away from the winner costs, an axis each.
    pub sensitivity: Vec<Sensitivity>,
    /// Pairs of axes.
    pub heat_maps: Vec<HeatMap>,
}

/// The lower median of values where more is better; reorders them.
fn lower_median(goods: &mut [f64]) -> Option<f64> {
    let middle = goods.len().checked_sub(1)? / 2;
    Some(*goods.select_nth_unstable_by(middle, f64::total_cmp).1)
}

fn finite(objective: Vec<Option<f64>>) -> Vec<Option<f64>> {
    let mut objective = objective;
    objective.iter_mut().for_each(|v| *v = v.filter(|v| v.is_finite()));
    objective
}

fn check(axes: &[Axis], levels: &[u32], sets: usize) -> Result<(), SurfaceError> {
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

#[cfg(test)]
mod tests;
