//! The set with the best surroundings, and how far the ground around it holds.
//!
//! On a grid with a table of its points the best neighbourhood is found exactly,
//! without sorting a single one: whether any neighbourhood reaches a level is
//! counted by adding up neighbours an axis at a time, and the level is bisected.

use std::collections::BTreeSet;
use std::num::NonZeroU32;

use rayon::prelude::*;
use serde::Serialize;

use super::around::Pick;
use super::axis::{HOLDS, REGION_MOST, STABLE_CANDIDATES};
use super::lookup::Lookup;
use super::parameter_surface::{ParameterSurface, SetLayout};

/// Look-ups that candidates may cost together.
const WORK: u64 = 100_000_000;

/// The set whose neighbourhood has the best lower median.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Stable {
    /// The set and its neighbourhood.
    pub pick: Pick,
    /// The ground around it.
    pub region: Region,
}

/// Sets that hang together and hold up.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Region {
    /// How many, the stable one among them.
    pub sets: usize,
    /// Whether it goes on beyond what was followed.
    pub more: bool,
    /// Lowest and highest level on every axis.
    pub levels: Vec<(u32, u32)>,
    /// The objective from which on a set belongs: half of the excess that the median
    /// of the stable neighbourhood has over the median of all sets.
    pub bar: f64,
}

impl ParameterSurface {
    /// The set to trade instead of the single best; the first of equals. None where
    /// no set has a neighbourhood with a median.
    ///
    /// ```
    /// use tickstep_backtest::research::surface::{SurfaceAxis, ParameterSurface};
    /// let labels: Vec<String> = (1..=7).map(|i| i.to_string()).collect();
    /// let positions = Some((1..=7).map(f64::from).collect());
    /// let axis = SurfaceAxis { name: "a".into(), labels, positions };
    /// let figures = [1.0, 20.0, 0.0, 1.0, 6.0, 8.0, 7.0].map(Some).to_vec();
    /// let sets = ParameterSurface::grid(vec![axis], (0..7).collect(), figures, true)?;
    /// assert_eq!(sets.winner(), Some(1));
    /// let stable = sets.stable().ok_or("none")?;
    /// // 6, 8 and 7 have the best median; all sets have 6; from 6 + (7 - 6) / 2 on a set belongs.
    /// assert_eq!((stable.pick.set, stable.pick.neighbourhood.median), (5, Some(7.0)));
    /// assert_eq!((stable.region.bar, stable.region.levels), (6.5, vec![(5, 6)]));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn stable(&self) -> Option<Stable> {
        let set = match &self.layout {
            SetLayout::Grid(lookup) => match lookup.dense() {
                Some(points) => self.bisect(lookup, points),
                None => self.among_the_best(self.boxed().min(self.levels.len() as u64)),
            },
            SetLayout::Drawn(_) => self.among_the_best(1),
        }?;
        let pick = self.pick(set);
        let excess = self.signed(pick.neighbourhood.median?);
        let all = self.signed(self.median()?);
        let region = self.region(set, all + HOLDS * (excess - all));
        Some(Stable { pick, region })
    }

    /// `work` is what one neighbourhood costs.
    pub(super) fn among_the_best(&self, work: u64) -> Option<usize> {
        let mut candidates: Vec<(f64, usize)> =
            (0..self.len()).filter_map(|s| Some((self.good(s)?, s))).collect();
        candidates.sort_unstable_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
        candidates.truncate(STABLE_CANDIDATES.min((WORK / work.max(1)).max(100) as usize));
        let medians = candidates.into_par_iter().filter_map(|(_, set)| {
            let median = self.neighbourhood(set).median?;
            Some((self.signed(median), set))
        });
        // Whichever is done first, the best wins, and of equals the lower number.
        let better = |a: (f64, usize), b: (f64, usize)| {
            if b.0 > a.0 || (b.0 == a.0 && b.1 < a.1) { b } else { a }
        };
        medians.reduce_with(better).map(|(_, set)| set)
    }

    fn bisect(&self, lookup: &Lookup, points: usize) -> Option<usize> {
        let mut goods: Vec<f64> = (0..self.len()).filter_map(|s| self.good(s)).collect();
        goods.sort_unstable_by(f64::total_cmp);
        goods.dedup();
        // At every point the rank of its objective, from one.
        let mut ranks: Vec<Option<NonZeroU32>> = vec![None; points];
        let (mut counts, mut spare) = (vec![0_u32; points], vec![0_u32; points]);
        for set in 0..self.len() {
            let point = lookup.flat(self.levels(set)) as usize;
            counts[point] = 1;
            let rank = self.good(set).map(|g| goods.partition_point(|v| *v <= g) as u32);
            ranks[point] = rank.and_then(NonZeroU32::new);
        }
        self.box_sums(&mut counts, &mut spare, lookup);
        let members = counts.clone();
        // The lower median reaches a level when more than half of the members do.
        let first = |rank: u32, counts: &mut [u32], spare: &mut [u32]| {
            for (count, own) in counts.iter_mut().zip(&ranks) {
                *count = u32::from(own.is_some_and(|r| r.get() >= rank));
            }
            self.box_sums(counts, spare, lookup);
            let reaches = |p: &usize| ranks[*p].is_some() && counts[*p] > members[*p] / 2;
            (0..points).filter(reaches).filter_map(|p| lookup.at(p as u64)).min()
        };
        let mut found = None;
        let (mut low, mut high) = (1, goods.len() as u32);
        while low <= high {
            let middle = low + (high - low) / 2;
            match first(middle, &mut counts, &mut spare) {
                Some(set) => (found, low) = (Some(set), middle + 1),
                None => high = middle - 1,
            }
        }
        found
    }

    /// Every point becomes the sum of the points within one level of it.
    fn box_sums(&self, values: &mut [u32], spare: &mut [u32], lookup: &Lookup) {
        for (axis, stride) in self.axes.iter().zip(&lookup.strides) {
            let (stride, count) = (*stride as usize, axis.labels.len());
            if !axis.is_ordered() || count < 2 {
                continue;
            }
            spare.copy_from_slice(values);
            let blocks = values.chunks_mut(stride * count).zip(spare.chunks(stride * count));
            for (out, from) in blocks {
                let inner = from.len() - stride;
                let add = |(o, f): (&mut u32, &u32)| *o += f;
                out[stride..].iter_mut().zip(&from[..inner]).for_each(add);
                out[..inner].iter_mut().zip(&from[stride..]).for_each(add);
            }
        }
    }

    /// Sets reached from `set` over sets worth at least `bar`.
    fn region(&self, set: usize, bar: f64) -> Region {
        let mut levels: Vec<(u32, u32)> = self.levels(set).iter().map(|l| (*l, *l)).collect();
        let (mut seen, mut open) = (BTreeSet::from([set]), vec![set]);
        let (mut sets, mut more) = (0, false);
        let drawn = matches!(self.layout, SetLayout::Drawn(_));
        while let Some(at) = open.pop() {
            if drawn && sets == REGION_MOST {
                more = true;
                break;
            }
            sets += 1;
            for (range, level) in levels.iter_mut().zip(self.levels(at)) {
                *range = (range.0.min(*level), range.1.max(*level));
            }
            for next in self.beside(at) {
                if self.good(next).is_some_and(|g| g >= bar) && seen.insert(next) {
                    open.push(next);
                }
            }
        }
        Region { sets, more, levels, bar: self.signed(bar) }
    }

    /// One step on one axis; of drawn sets the nearest.
    fn beside(&self, set: usize) -> Vec<usize> {
        let SetLayout::Grid(lookup) = &self.layout else { return self.neighbours(set) };
        let own = self.levels(set);
        let flat = lookup.flat(own);
        let mut out = Vec::new();
        for (axis, level) in own.iter().enumerate().filter(|(a, _)| self.axes[*a].is_ordered()) {
            let stride = lookup.strides[axis];
            let up = (*level as usize) + 1 < self.axes[axis].labels.len();
            out.extend((*level > 0).then(|| lookup.at(flat - stride)).flatten());
            out.extend(up.then(|| lookup.at(flat + stride)).flatten());
        }
        out
    }
}
