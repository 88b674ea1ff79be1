//! The figures that sets are judged by, under the names they have in
//! `stats.json`: a set that is best by a figure must have that very figure when
//! it is run alone.
//!
//! # Invariants
//!
//! - A figure of a set equals that of its single run to the last bit: both are
//!   computed by the functions of [`tickstep_core::stats`].
//! - Every figure knows which way is better; a drawdown is at or below zero, so
//!   higher is better.
//!
//! # Known limits
//!
//! Figures that need the whole equity curve or whole trades, such as
//! `ulcer_index` or `expectancy_r`, make a sweep keep and measure every run whole,
//! which takes several times as long. [`Metric::is_quick`] tells which do not.

mod quick;
mod table;

use tickstep_core::stats::{self, CATALOGUE, Direction, Stats};

use super::objective::Objective;
pub use quick::Basis;
use table::{Quick, STANDARD};
use tickstep_config::hint;

/// A figure of a set, by name.
///
/// ```
/// use tickstep_backtest::research::sweep::metric::Metric;
///
/// assert_eq!(Metric::named("sharpe").map(|m| m.name()), Ok("sharpe"));
/// let error = Metric::named("sharp").unwrap_err().to_string();
/// assert!(error.contains("did you mean `sharpe`?"), "{error}");
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Metric {
    known: &'static stats::Metric,
    quick: Option<Quick>,
}

/// The metric of a search as a whole, which no single set has.
const OF_A_SEARCH: &str = "deflated_sharpe";

/// A name that no figure has.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "sweep.objective: no figure is called {given}{nearest}; take a name of stats.json that is a \
     number, such as sharpe or profit_factor"
)]
pub struct UnknownMetric {
    given: String,
    nearest: String,
}

impl Metric {
    /// The figure of that name.
    pub fn named(name: &str) -> Result<Self, UnknownMetric> {
        Self::all().find(|m| m.name() == name).ok_or_else(|| UnknownMetric {
            given: name.to_owned(),
            nearest: hint(name, Self::all().map(Self::name)),
        })
    }

    /// Every figure there is.
    pub fn all() -> impl Iterator<Item = Self> {
        let of_a_set = CATALOGUE.iter().filter(|known| known.key != OF_A_SEARCH);
        of_a_set.map(|known| Self { known, quick: table::quick(known.key) })
    }

    /// Name of the metric, as in `stats.json`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        self.known.key
    }

    /// What people call the metric, unit included.
    ///
    /// ```
    /// use tickstep_backtest::research::sweep::metric::Metric;
    /// let drawdown = Metric::named("max_drawdown").unwrap();
    /// assert_eq!(drawdown.label(), "Max. Drawdown [%]");
    /// assert_eq!(drawdown.shown(-0.25), -25.0);
    /// ```
    #[must_use]
    pub fn label(self) -> String {
        self.known.heading()
    }

    /// A value in the unit of the label.
    #[must_use]
    pub fn shown(self, value: f64) -> f64 {
        self.known.shown(value)
    }

    /// Which way is better.
    #[must_use]
    pub const fn direction(self) -> Direction {
        self.known.direction
    }

    /// Whether it is told from a [`Basis`], without keeping the run whole.
    #[must_use]
    pub const fn is_quick(self) -> bool {
        self.quick.is_some()
    }

    /// Its value for a run kept as a few figures; `None` where it has none, or needs
    /// the whole run.
    #[must_use]
    pub fn quick(self, basis: &Basis<'_>) -> Option<f64> {
        self.quick.and_then(|of| of(basis))
    }

    /// The metric's value among all figures of a run.
    #[must_use]
    pub fn whole(self, stats: &Stats) -> Option<f64> {
        self.known.value(stats)
    }
}

impl PartialEq for Metric {
    fn eq(&self, other: &Self) -> bool {
        self.name() == other.name()
    }
}

impl Eq for Metric {}

/// The figures kept of every set, and those it is judged by.
#[derive(Clone, Debug)]
pub struct Metrics {
    columns: Vec<Metric>,
    objectives: Vec<Goal>,
}

/// A figure with the way it is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Goal {
    metric: Metric,
    direction: Direction,
}

impl Metrics {
    /// The standard figures and `objectives`, the main one first; a `-` before a name
    /// turns its direction around.
    pub fn new(objectives: &[impl AsRef<str>]) -> Result<Self, UnknownMetric> {
        let goal = |given: &str| {
            let (name, turned) = given.strip_prefix('-').map_or((given, false), |n| (n, true));
            let metric = Metric::named(name)?;
            let direction = match (metric.direction(), turned) {
                (Direction::Highest, false) | (Direction::Lowest, true) => Direction::Highest,
                _ => Direction::Lowest,
            };
            Ok(Goal { metric, direction })
        };
        let objectives: Vec<Goal> =
            objectives.iter().map(|name| goal(name.as_ref())).collect::<Result<_, _>>()?;
        let wanted =
            |m: &Metric| STANDARD.contains(&m.name()) || objectives.iter().any(|o| o.metric == *m);
        Ok(Self { columns: Metric::all().filter(wanted).collect(), objectives })
    }

    /// Figures kept of every set.
    #[must_use]
    pub fn columns(&self) -> &[Metric] {
        &self.columns
    }

    /// Names of the columns, in their order.
    #[must_use]
    pub fn names(&self) -> Vec<String> {
        self.columns.iter().map(|m| m.name().to_owned()).collect()
    }

    /// What sets are judged by: columns and directions, the main one first.
    #[must_use]
    pub fn objectives(&self) -> Vec<Objective> {
        let of =
            |goal: &Goal| Objective { column: self.column(goal.metric), direction: goal.direction };
        self.objectives.iter().map(of).collect()
    }

    /// The objectives as an optimiser is told them, for which more is better: `-name`
    /// where less is.
    #[must_use]
    pub fn asked(&self) -> Vec<String> {
        let of = |goal: &Goal| match goal.direction {
            Direction::Highest => goal.metric.name().to_owned(),
            Direction::Lowest => format!("-{}", goal.metric.name()),
        };
        self.objectives.iter().map(of).collect()
    }

    /// Values of [`Metrics::asked`], of the figures of a set.
    #[must_use]
    pub fn answers(&self, values: &[Option<f64>]) -> Vec<Option<f64>> {
        let of = |o: &Objective| {
            let value = values.get(o.column).copied().flatten()?;
            Some(if o.direction == Direction::Highest { value } else { -value })
        };
        self.objectives().iter().map(of).collect()
    }

    /// Names of the objectives, the main one first.
    pub fn objective_names(&self) -> impl Iterator<Item = &'static str> {
        self.objectives.iter().map(|goal| goal.metric.name())
    }

    /// The column of the number of trades.
    #[must_use]
    pub fn trades(&self) -> usize {
        self.columns.iter().position(|m| m.name() == "trades").unwrap_or(0)
    }

    /// Whether no figure needs the whole run.
    #[must_use]
    pub fn is_quick(&self) -> bool {
        self.columns.iter().all(|m| m.is_quick())
    }

    fn column(&self, metric: Metric) -> usize {
        // Every objective is a column by construction.
        self.columns.iter().position(|m| *m == metric).unwrap_or(0)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn names_are_there_once_and_the_standard_ones_are_quick() {
        let names: Vec<&str> = Metric::all().map(Metric::name).collect();
        for (i, name) in names.iter().enumerate() {
            assert!(!names[..i].contains(name), "{name}");
        }
        for name in STANDARD {
            assert!(Metric::named(name).unwrap().is_quick(), "{name}");
        }
        assert_eq!(STANDARD.len(), 11);
        assert_eq!(Metric::all().filter(|m| m.is_quick()).count(), 34);
    }

    #[test]
    fn objectives_are_columns_with_a_direction() {
        let metrics = Metrics::new(&["ulcer_index", "-sharpe", "max_drawdown"]).unwrap();
        let ways: Vec<_> = metrics
            .objectives()
            .iter()
            .map(|o| (metrics.columns()[o.column].name(), o.direction))
            .collect();
        assert_eq!(
            ways,
            [
                ("ulcer_index", Direction::Lowest),
                ("sharpe", Direction::Lowest),
                ("max_drawdown", Direction::Highest),
            ]
        );
        assert!(!metrics.is_quick() && Metrics::new(&["sqn"]).unwrap().is_quick());
        assert_eq!(metrics.columns()[metrics.trades()].name(), "trades");
    }
}
