//! From levels to the set that has them, by index arithmetic, so that a million
//! sets are walked without a search.

use std::num::NonZeroU32;

use super::axis::SurfaceAxis;
use super::error::SurfaceError;

/// Grids up to this many points have a table of all of them: 32 MB.
const DENSE: u64 = 8_000_000;

/// Sets by their flat level index.
#[derive(Clone, Debug)]
pub(super) struct Lookup {
    /// What a step on each axis adds to the flat index.
    pub strides: Vec<u64>,
    table: PointTable,
}

#[derive(Clone, Debug)]
enum PointTable {
    /// One more than the set, at every point of the grid.
    Dense(Vec<Option<NonZeroU32>>),
    /// Flat index and set, in order.
    Sorted(Vec<(u64, u32)>),
}

impl Lookup {
    pub fn new(axes: &[SurfaceAxis], levels: &[u32], sets: usize) -> Result<Self, SurfaceError> {
        let mut strides = vec![1_u64; axes.len()];
        let mut points = 1_u64;
        for (stride, axis) in strides.iter_mut().zip(axes).rev() {
            *stride = points;
            let count = axis.labels.len().max(1) as u64;
            points = points.checked_mul(count).ok_or(SurfaceError::TooWide)?;
        }
        let table = PointTable::Sorted(Vec::new());
        let mut lookup = Self { strides, table };
        let flat = |set: usize| lookup.flat(&levels[set * axes.len()..(set + 1) * axes.len()]);
        let number = |set: usize| u32::try_from(set).map_err(|_| SurfaceError::TooWide);
        let twice = |a: u32, b: u32| SurfaceError::Twice { first: a as usize, second: b as usize };
        let table = if points <= DENSE {
            let mut dense: Vec<Option<NonZeroU32>> = vec![None; points as usize];
            for set in 0..sets {
                let slot = &mut dense[flat(set) as usize];
                if let Some(first) = *slot {
                    return Err(twice(first.get() - 1, number(set)?));
                }
                *slot = NonZeroU32::new(number(set + 1)?);
            }
            PointTable::Dense(dense)
        } else {
            let mut sorted = Vec::with_capacity(sets);
            for set in 0..sets {
                sorted.push((flat(set), number(set)?));
            }
            sorted.sort_unstable();
            if let Some(w) = sorted.windows(2).find(|w| w[0].0 == w[1].0) {
                return Err(twice(w[0].1, w[1].1));
            }
            PointTable::Sorted(sorted)
        };
        lookup.table = table;
        Ok(lookup)
    }

    /// The flat index of a point.
    pub fn flat(&self, levels: &[u32]) -> u64 {
        levels.iter().zip(&self.strides).map(|(l, s)| u64::from(*l) * s).sum()
    }

    /// The set at a flat index.
    pub fn at(&self, flat: u64) -> Option<usize> {
        match &self.table {
            PointTable::Dense(dense) => {
                dense.get(usize::try_from(flat).ok()?)?.map(|n| n.get() as usize - 1)
            }
            PointTable::Sorted(sorted) => {
                sorted.binary_search_by_key(&flat, |p| p.0).ok().map(|i| sorted[i].1 as usize)
            }
        }
    }

    /// Points of the table of all points, where there is one.
    pub fn dense(&self) -> Option<usize> {
        match &self.table {
            PointTable::Dense(dense) => Some(dense.len()),
            PointTable::Sorted(_) => None,
        }
    }
}
