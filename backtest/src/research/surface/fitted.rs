//! The sets of a search as a surface: a grid where all of them are there level by
//! level, drawn sets otherwise.
//!
//! Invariants: levels of numbers rise, in whatever order a list gave them, so that
//! neighbours are neighbours.
//!
//! Known limits: positions are floats, which tell decimals of more than fifteen digits
//! apart no longer.

use super::axis::SurfaceAxis;
use super::bin::{DrawnColumn, DrawnValues};
use super::error::SurfaceError;
use super::parameter_surface::ParameterSurface;
use crate::research::space::{self, Method, Sets, Space};
use crate::research::sweep::SweepResult;
use tickstep_core::stats::Direction;

/// The surface of `objective`, a value for each set in order, over the parameters.
pub fn surface(
    space: &Space,
    sets: &Sets,
    objective: Vec<Option<f64>>,
    direction: Direction,
) -> Result<ParameterSurface, SurfaceError> {
    let higher = direction == Direction::Highest;
    let table: Vec<u32> = (0..sets.len()).filter_map(|set| sets.levels(set)).flatten().collect();
    let count = space.axes().len();
    let column = |at: usize| table.iter().copied().skip(at).step_by(count);
    if space.method() == Method::Grid {
        let (axes, places): (Vec<_>, Vec<_>) = space.axes().iter().map(ordered).unzip();
        let at = |(i, level): (usize, &u32)| {
            places[i % count].get(*level as usize).copied().unwrap_or(u32::MAX)
        };
        let levels = table.iter().enumerate().map(at).collect();
        return ParameterSurface::grid(axes, levels, objective, higher);
    }
    let columns = space.axes().iter().enumerate().map(|(at, axis)| {
        let number = |level| axis.value(level).and_then(|v| v.float());
        let values: Option<Vec<f64>> = column(at).map(number).collect();
        let values = match values {
            Some(numbers) => DrawnValues::Numbers(numbers),
            None => DrawnValues::Names {
                labels: axis.values().map(|v| v.to_string()).collect(),
                picked: column(at).collect(),
            },
        };
        DrawnColumn { name: axis.key().to_owned(), values }
    });
    ParameterSurface::drawn(columns.collect(), objective, higher)
}

impl SweepResult {
    /// The surface of the main objective over the parameters; sets that are not ranked
    /// have none.
    pub fn surface(&self) -> Result<ParameterSurface, SurfaceError> {
        let direction = self.metrics.objectives().first().map(|goal| goal.direction);
        let direction = direction.unwrap_or(Direction::Highest);
        surface(&self.space, &self.sets, self.objective(), direction)
    }
}

/// An axis whose numbers rise, and the place on it of each level as it was written.
fn ordered(axis: &space::Axis) -> (SurfaceAxis, Vec<u32>) {
    let values: Vec<_> = axis.values().collect();
    let numbers: Option<Vec<f64>> = values.iter().map(space::Value::float).collect();
    let mut order: Vec<usize> = (0..values.len()).collect();
    if let Some(numbers) = &numbers {
        order.sort_by(|a, b| numbers[*a].total_cmp(&numbers[*b]));
    }
    let mut places = vec![0; values.len()];
    for (place, level) in (0..).zip(&order) {
        places[*level] = place;
    }
    let labels = order.iter().map(|level| values[*level].to_string()).collect();
    let positions = numbers.map(|numbers| order.iter().map(|level| numbers[*level]).collect());
    (SurfaceAxis { name: axis.key().to_owned(), labels, positions }, places)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::research::space::Value;

    fn axes() -> Vec<space::Axis> {
        let ints = [20, 5, 10].map(Value::Int).to_vec();
        let names = ["b", "a"].map(|name| Value::Text(name.to_owned())).to_vec();
        vec![space::Axis::list("n", ints).unwrap(), space::Axis::list("kind", names).unwrap()]
    }

    #[test]
    fn a_list_out_of_order_is_put_in_order() {
        let space = Space::new(axes(), &[], Method::Grid).unwrap();
        let sets = space.sets().unwrap();
        let objective = (0..6).map(|set| Some(f64::from(set))).collect();
        let land = surface(&space, &sets, objective, Direction::Highest).unwrap();
        assert_eq!(land.axes()[0].labels, ["5", "10", "20"]);
        assert_eq!(land.axes()[0].positions, Some(vec![5.0, 10.0, 20.0]));
        assert_eq!((land.axes()[1].labels.len(), land.axes()[1].is_ordered()), (2, false));
        // Set 0 is n = 20, set 5 is n = 10.
        assert_eq!((land.levels(0), land.levels(5)), (&[2, 0][..], &[1, 1][..]));
        assert_eq!(land.winner(), Some(5));
    }

    #[test]
    fn drawn_sets_are_drawn() {
        let space = Space::new(axes(), &[], Method::Random { sets: 4, seed: 1 }).unwrap();
        let sets = space.sets().unwrap();
        let objective = (0..4).map(|set| Some(f64::from(set))).collect();
        let land = surface(&space, &sets, objective, Direction::Lowest).unwrap();
        assert_eq!((land.len(), land.winner()), (4, Some(0)));
        assert!(land.overview().drawn);
    }
}
