//! Searches that choose the next sets by the results of the last, because most
//! of a large grid lies far from anything good.
//!
//! Whoever drives a search asks for sets, runs all of them, tells what came of
//! each, and asks again; no set at all means that the search is over. An
//! optimiser then finds the same whatever the number of threads and however many
//! sets are asked for at once. [`Evolution`] is one that comes with tickstep;
//! other programs take part by [`mod@line`].
//!
//! Known limits: an adaptive search looks where results are good, so the best of
//! many tried is luckier than the best of a grid; judge it on data it never saw.

mod evolution;
pub mod line;

pub use evolution::{Evolution, EvolutionSettings};

use super::space::{Set, Value};

/// What came of a set.
#[derive(Clone, Debug, PartialEq)]
pub struct Told {
    /// The number of the set that was asked for.
    pub number: usize,
    /// Its values, in the order of the axes.
    pub values: Vec<Value>,
    /// The figures it is judged by, the main one first; more is better. One that could
    /// not be told, such as a ratio without trades, is `None`.
    pub objectives: Vec<Option<f64>>,
    /// Whether it may be chosen at all, such as by its number of trades.
    pub feasible: bool,
}

impl Told {
    /// The main figure, where there is one and the set may be chosen.
    #[must_use]
    pub fn score(&self) -> Option<f64> {
        let first = self.objectives.first().copied().flatten();
        first.filter(|score| self.feasible && score.is_finite())
    }
}

/// Chooses sets by what came of earlier ones.
///
/// ```
/// use tickstep_backtest::sweep::ask::{Evolution, EvolutionSettings, Optimiser, Told};
/// use tickstep_backtest::sweep::space::{Axis, Method, Space, Value};
///
/// let whole = |n| Value::Int(n);
/// let axes = vec![
///     Axis::range("x", &whole(0), &whole(99), &whole(1))?,
///     Axis::range("y", &whole(0), &whole(99), &whole(1))?,
/// ];
/// let space = Space::new(axes, &[], Method::Grid)?;
/// let settings = EvolutionSettings { sets: 400, ..EvolutionSettings::default() };
/// let mut search = Evolution::new(space, settings)?;
///
/// // The best of 10000 combinations is x = 70, y = 20, where this is 0.
/// let height = |v: &[Value]| {
///     let at = |i: usize| v[i].float().unwrap_or_default();
///     -((at(0) - 70.0).powi(2) + (at(1) - 20.0).powi(2))
/// };
/// let mut best = f64::NEG_INFINITY;
/// loop {
///     let sets = search.ask(8);
///     if sets.is_empty() {
///         break;
///     }
///     let told: Vec<Told> = sets
///         .iter()
///         .map(|set| Told {
///             number: set.number(),
///             values: set.values().to_vec(),
///             objectives: vec![Some(height(set.values()))],
///             feasible: true,
///         })
///         .collect();
///     best = told.iter().filter_map(Told::score).fold(best, f64::max);
///     search.tell(&told);
/// }
/// assert!(best >= -2.0, "{best}");
/// # Ok::<(), tickstep_backtest::sweep::space::SpaceError>(())
/// ```
pub trait Optimiser {
    /// The next sets to run, at most so many and at least one; none when the search is over.
    fn ask(&mut self, most: usize) -> Vec<Set>;

    /// What came of the sets that were asked for; one that is never told counts as not feasible.
    fn tell(&mut self, told: &[Told]);
}
