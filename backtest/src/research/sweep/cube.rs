//! A figure of every set of a grid as an array with an axis for each parameter.

use ndarray::{ArrayD, IxDyn};

use super::records::SetRecords;
use crate::research::space::{Method, Sets, Space};
use crate::research::store::{SetRecord, StoreError};

/// Most cells of a cube.
const MOST: usize = 1 << 27;

/// The figure in `column` of every set, by the levels of its axes in their order; NaN where
/// a set was excluded, failed, or has no value. `None` where the sets are of no grid, or
/// the cells are more than 2^27.
pub fn cube(
    space: &Space,
    sets: &Sets,
    records: &dyn SetRecords,
    column: usize,
) -> Result<Option<ArrayD<f64>>, StoreError> {
    let shape: Vec<usize> = space.axes().iter().map(|axis| axis.count() as usize).collect();
    let cells = shape.iter().try_fold(1_usize, |all, n| all.checked_mul(*n));
    if space.method() != Method::Grid || cells.is_none_or(|cells| cells > MOST) {
        return Ok(None);
    }
    let mut cube = ArrayD::from_elem(IxDyn(&shape), f64::NAN);
    for record in records.all() {
        let (set, SetRecord::Done(figures)) = record? else { continue };
        let levels = usize::try_from(set).ok().and_then(|set| sets.levels(set));
        let place: Vec<usize> = levels.into_iter().flatten().map(|level| level as usize).collect();
        let value = figures.values.get(column).copied().flatten();
        if let (Some(cell), Some(value)) = (cube.get_mut(IxDyn(&place)), value) {
            *cell = value;
        }
    }
    Ok(Some(cube))
}
