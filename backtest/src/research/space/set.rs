//! One set of parameters: a value for each axis, and the number it has among the sets.

use std::fmt;
use std::sync::Arc;

use super::axis::Axis;
use super::value::Value;

/// A set of parameters.
#[derive(Clone, Debug)]
pub struct Set {
    number: usize,
    axes: Arc<[Axis]>,
    values: Vec<Value>,
}

impl Set {
    /// The set of one level for each axis.
    pub(crate) fn new(number: usize, axes: &Arc<[Axis]>, levels: &[u32]) -> Self {
        let values = axes.iter().zip(levels).filter_map(|(a, l)| a.value(*l)).collect();
        Self { number, axes: Arc::clone(axes), values }
    }

    /// Place of the set among all, 0 for the first.
    #[must_use]
    pub fn number(&self) -> usize {
        self.number
    }

    /// The set's values, in the order of the axes.
    #[must_use]
    pub fn values(&self) -> &[Value] {
        &self.values
    }

    /// Keys with their values, in the order of the axes.
    pub fn pairs(&self) -> impl Iterator<Item = (&str, &Value)> {
        self.axes.iter().map(Axis::key).zip(&self.values)
    }
}

impl PartialEq for Set {
    fn eq(&self, other: &Self) -> bool {
        self.number == other.number && self.pairs().eq(other.pairs())
    }
}

impl fmt::Display for Set {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, (key, value)) in self.pairs().enumerate() {
            write!(f, "{}{key}={value}", if i == 0 { "" } else { " " })?;
        }
        Ok(())
    }
}
