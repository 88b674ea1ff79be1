//! A space of parameters: its axes, the conditions between them, and the method by
//! which sets are taken from it.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::axis::Axis;
use super::constraint::Constraint;
use super::error::SpaceError;
use super::set::Set;
use super::value::Value;
use tickstep_config::hint;

/// Most sets that are drawn: above this, what keeps them apart no longer fits small machines.
const MOST_DRAWN: u32 = 10_000_000;

/// How sets are taken from the combinations of all values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// Every combination of the values.
    Grid,
    /// A number of combinations drawn at random.
    Random {
        /// Number of sets drawn.
        sets: u32,
        /// Seed of the draws: the same seed draws the same sets.
        seed: u64,
    },
    /// A number of sets that are spread evenly over each axis, by a Latin hypercube.
    Latin {
        /// Number of sets drawn.
        sets: u32,
        /// Seed of the draws: the same seed draws the same sets.
        seed: u64,
    },
    /// Whatever another program asks for: the space has no sets of its own.
    Asked,
}

/// Parameters, the values they may take together, and how sets are taken from them.
///
/// ```
/// use tickstep_backtest::research::space::{Axis, Method, Space, Value};
///
/// let periods = |list: &[i64]| list.iter().map(|n| Value::Int(*n)).collect();
/// let axes = vec![
///     Axis::list("fast", periods(&[5, 10, 20]))?,
///     Axis::list("slow", periods(&[10, 20, 50]))?,
/// ];
/// let space = Space::new(axes, &["fast < slow".to_owned()], Method::Grid)?;
/// let sets = space.sets()?;
/// assert_eq!((sets.len(), sets.excluded()), (6, 3));
/// let last = sets.get(5).map(|set| set.to_string());
/// assert_eq!(last.as_deref(), Some("fast=20 slow=50"));
/// # Ok::<(), tickstep_backtest::research::space::SpaceError>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Space {
    axes: Arc<[Axis]>,
    pub(super) constraints: Vec<Constraint>,
    method: Method,
}

impl Space {
    /// Of axes in the order they are counted in, and constraints as text.
    pub fn new(
        axes: Vec<Axis>,
        constraints: &[String],
        method: Method,
    ) -> Result<Self, SpaceError> {
        if axes.is_empty() {
            return Err(SpaceError::NoAxes);
        }
        let fault = |axis: &Axis, message: &str| SpaceError::Axis {
            key: axis.key().to_owned(),
            message: message.to_owned(),
        };
        for (i, axis) in axes.iter().enumerate() {
            if axes[..i].iter().any(|a| a.key() == axis.key()) {
                return Err(fault(axis, "it is there twice; give one axis all its values"));
            }
            if method == Method::Grid && axis.continuous_spacing().is_some() {
                return Err(fault(
                    axis,
                    "a grid needs step in place of decimals; or search by method = \"random\" or \
                     \"latin\"",
                ));
            }
        }
        if let Method::Random { sets, .. } | Method::Latin { sets, .. } = method
            && !(1..=MOST_DRAWN).contains(&sets)
        {
            let message = format!("{sets} is out of range; it must be 1 to {MOST_DRAWN}");
            return Err(SpaceError::Option { option: "sets", message });
        }
        let constraints = constraints
            .iter()
            .map(|text| Constraint::read(text, &axes))
            .collect::<Result<_, _>>()?;
        Ok(Self { axes: axes.into(), constraints, method })
    }

    /// The axes, in order.
    #[must_use]
    pub fn axes(&self) -> &[Axis] {
        &self.axes
    }

    /// The constraints, as written.
    pub fn constraints(&self) -> impl Iterator<Item = &str> {
        self.constraints.iter().map(Constraint::text)
    }

    /// How sets are taken.
    #[must_use]
    pub fn method(&self) -> Method {
        self.method
    }

    /// Combinations of all values, constraints aside; `None` where they are 2^128 or more.
    #[must_use]
    pub fn combinations(&self) -> Option<u128> {
        let mut counts = self.axes.iter().map(|a| u128::from(a.count()));
        counts.try_fold(1, |all: u128, n| all.checked_mul(n))
    }

    /// The set of values found elsewhere, such as by another program: every axis once,
    /// each value one of its axis, no constraint against it. `number` is only passed on.
    pub fn set(&self, number: usize, values: &BTreeMap<String, Value>) -> Result<Set, SpaceError> {
        let foreign =
            |key: &str, message: String| Err(SpaceError::Foreign { key: key.to_owned(), message });
        let mut levels = Vec::new();
        for axis in self.axes.iter() {
            match values.get(axis.key()) {
                Some(value) => levels.push(axis.level_of(value)?),
                None => return foreign(axis.key(), "the set has no value for it".to_owned()),
            }
        }
        let keys = || self.axes.iter().map(Axis::key);
        if let Some(key) = values.keys().find(|k| keys().all(|known| known != k.as_str())) {
            return foreign(key, format!("no axis has this key{}", hint(key, keys())));
        }
        match self.against(&levels)? {
            Some(constraint) => Err(SpaceError::Excluded { text: constraint.text().to_owned() }),
            None => Ok(self.of_levels(number, &levels)),
        }
    }

    /// The first constraint that excludes the set of these levels.
    fn against(&self, levels: &[u32]) -> Result<Option<&Constraint>, SpaceError> {
        for constraint in &self.constraints {
            if !constraint.holds(&self.axes, levels)? {
                return Ok(Some(constraint));
            }
        }
        Ok(None)
    }

    /// Whether no constraint excludes the set of these levels.
    pub(crate) fn allows(&self, levels: &[u32]) -> Result<bool, SpaceError> {
        Ok(self.against(levels)?.is_none())
    }

    pub(crate) fn of_levels(&self, number: usize, levels: &[u32]) -> Set {
        Set::new(number, &self.axes, levels)
    }

    pub(super) fn shared_axes(&self) -> &Arc<[Axis]> {
        &self.axes
    }
}
