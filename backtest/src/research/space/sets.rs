//! The sets of a space, kept as levels of 4 bytes so that a million of them fit
//! anywhere: a grid without constraints keeps nothing at all.

use std::collections::BTreeSet;
use std::sync::Arc;

use rayon::prelude::*;

use super::axis::Axis;
use super::draw::Dice;
use super::error::SpaceError;
use super::parameter_space::{Method, Space};
use super::set::Set;

/// Most combinations of a grid.
const MOST: u64 = 100_000_000;
/// Failed draws in a row after which no further set is looked for.
const ATTEMPTS: u32 = 100_000;
/// Combinations that one thread looks at before it asks for more.
const CHUNK: u64 = 1 << 16;

/// The sets of a space, in order.
#[derive(Clone, Debug)]
pub struct Sets {
    axes: Arc<[Axis]>,
    kept: SetIndex,
    asked: u64,
    excluded: u64,
    repeated: u64,
}

#[derive(Clone, Debug)]
enum SetIndex {
    /// Every combination, by number.
    All(u32),
    /// Some of the combinations, by number.
    Some(Vec<u32>),
    /// A level for each axis, set after set.
    Levels(Vec<u32>),
}

impl Sets {
    /// Number of sets.
    #[must_use]
    pub fn len(&self) -> usize {
        match &self.kept {
            SetIndex::All(n) => *n as usize,
            SetIndex::Some(list) => list.len(),
            SetIndex::Levels(levels) => levels.len() / self.axes.len(),
        }
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Sets asked for, or combinations of a grid; fewer are here where constraints
    /// exclude some, or the space holds no more.
    #[must_use]
    pub fn asked(&self) -> u64 {
        self.asked
    }

    /// Combinations of a grid, or draws, that a constraint excluded.
    #[must_use]
    pub fn excluded(&self) -> u64 {
        self.excluded
    }

    /// Draws that were an earlier set again.
    #[must_use]
    pub fn repeated(&self) -> u64 {
        self.repeated
    }

    /// Set `i`, if there is one.
    #[must_use]
    pub fn get(&self, i: usize) -> Option<Set> {
        self.levels(i).map(|levels| Set::new(i, &self.axes, &levels))
    }

    /// All sets, in order.
    pub fn iter(&self) -> impl Iterator<Item = Set> {
        (0..self.len()).filter_map(|i| self.get(i))
    }

    /// The level of set `i` on an axis whose values can be counted through.
    #[must_use]
    pub fn level(&self, i: usize, axis: usize) -> Option<usize> {
        let discrete = self.axes.get(axis).filter(|a| a.continuous_spacing().is_none());
        discrete.and(self.levels(i)?.get(axis).map(|l| *l as usize))
    }

    /// The value of set `i` on an axis of numbers.
    #[must_use]
    pub fn position(&self, i: usize, axis: usize) -> Option<f64> {
        let level = *self.levels(i)?.get(axis)?;
        self.axes.get(axis)?.value(level)?.float()
    }

    /// The level of set `i` on every axis.
    pub(crate) fn levels(&self, i: usize) -> Option<Vec<u32>> {
        match &self.kept {
            SetIndex::All(n) => {
                let flat = u32::try_from(i).ok().filter(|i| i < n)?;
                Some(apart(&self.axes, u64::from(flat)))
            }
            SetIndex::Some(list) => Some(apart(&self.axes, u64::from(*list.get(i)?))),
            SetIndex::Levels(levels) => levels.chunks(self.axes.len()).nth(i).map(<[u32]>::to_vec),
        }
    }

    fn grid(space: &Space) -> Result<Self, SpaceError> {
        let combinations = space.combinations().filter(|n| *n <= u128::from(MOST));
        let total = combinations.and_then(|n| u32::try_from(n).ok()).ok_or_else(|| {
            let known = space.combinations();
            let words = known.map_or_else(|| "2^128 or more".to_owned(), |n| n.to_string());
            SpaceError::TooMany { combinations: words, most: MOST }
        })?;
        let axes = Arc::clone(space.shared_axes());
        let all = Self {
            axes,
            kept: SetIndex::All(total),
            asked: u64::from(total),
            excluded: 0,
            repeated: 0,
        };
        if space.constraints.is_empty() {
            return Ok(all);
        }
        let chunks = u64::from(total).div_ceil(CHUNK);
        let parts: Vec<Result<Vec<u32>, SpaceError>> =
            (0..chunks).into_par_iter().map(|c| allowed(space, c, total)).collect();
        // Parts in order, so that the first fault is the same on any number of threads.
        let mut list = Vec::new();
        for part in parts {
            list.extend(part?);
        }
        let excluded = u64::from(total) - list.len() as u64;
        Ok(Self { kept: SetIndex::Some(list), excluded, ..all })
    }

    fn random(space: &Space, sets: u32, seed: u64) -> Result<Self, SpaceError> {
        let few = space.combinations().is_some_and(|n| n <= u128::from(sets));
        if few {
            // All there is; drawing would only find it slowly.
            return Ok(Self { asked: u64::from(sets), ..Self::grid(space)? });
        }
        let mut draws = Draws::new(space, sets);
        let mut dice = Dice::new(seed, 0);
        let (mut found, mut failed) = (0, 0);
        while found < sets && failed < ATTEMPTS {
            let levels: Vec<u32> = space.axes().iter().map(|a| dice.level(a)).collect();
            if draws.take(&levels)? {
                (found, failed) = (found + 1, 0);
            } else {
                failed += 1;
            }
        }
        Ok(draws.done())
    }

    fn latin(space: &Space, sets: u32, seed: u64) -> Result<Self, SpaceError> {
        // An axis draws from a stream of its own, so that a new last axis changes no other.
        let mut columns: Vec<(Dice, Vec<u32>)> = (0..space.axes().len())
            .map(|i| {
                let mut dice = Dice::new(seed, 1 + i as u64);
                let order = dice.shuffled(sets);
                (dice, order)
            })
            .collect();
        let mut draws = Draws::new(space, sets);
        for i in 0..sets {
            let pairs = space.axes().iter().zip(&mut columns);
            let levels: Vec<u32> = pairs
                .map(|(axis, (dice, order))| dice.stratum(axis, order[i as usize], sets))
                .collect();
            draws.take(&levels)?;
        }
        Ok(draws.done())
    }
}

impl Space {
    /// The sets to try, in order; none where another program asks for them.
    pub fn sets(&self) -> Result<Sets, SpaceError> {
        let sets = match self.method() {
            Method::Grid => Sets::grid(self),
            Method::Random { sets, seed } => Sets::random(self, sets, seed),
            Method::Latin { sets, seed } => Sets::latin(self, sets, seed),
            Method::Asked => return Ok(Draws::new(self, 0).done()),
        }?;
        if sets.is_empty() {
            return Err(SpaceError::NoneLeft { excluded: sets.excluded() });
        }
        Ok(sets)
    }

    /// Sets that were asked for ([`Space::set`]), in this order, each once.
    pub fn sets_asked(&self, asked: &[Set]) -> Result<Sets, SpaceError> {
        let mut draws = Draws::new(self, u32::try_from(asked.len()).unwrap_or(u32::MAX));
        for set in asked {
            let levels = self.axes().iter().zip(set.values()).map(|(a, v)| a.level_of(v));
            draws.take(&levels.collect::<Result<Vec<_>, _>>()?)?;
        }
        Ok(draws.done())
    }
}

/// The combinations of one chunk of a grid that no constraint excludes.
fn allowed(space: &Space, chunk: u64, total: u32) -> Result<Vec<u32>, SpaceError> {
    let begin = chunk * CHUNK;
    let end = (begin + CHUNK).min(u64::from(total));
    let mut list = Vec::new();
    let mut levels = apart(space.axes(), begin);
    for flat in begin..end {
        if space.allows(&levels)? {
            list.extend(u32::try_from(flat));
        }
        // Counting on is a division cheaper for each axis than taking the next apart.
        for (level, axis) in levels.iter_mut().zip(space.axes()).rev() {
            *level += 1;
            if *level < axis.count() {
                break;
            }
            *level = 0;
        }
    }
    Ok(list)
}

/// The levels of a combination, by its number; the last axis is the fastest.
fn apart(axes: &[Axis], mut flat: u64) -> Vec<u32> {
    let mut levels = vec![0; axes.len()];
    for (level, axis) in levels.iter_mut().zip(axes).rev() {
        let count = u64::from(axis.count());
        // Below the count of an axis, which fits.
        *level = (flat % count) as u32;
        flat /= count;
    }
    levels
}

/// Draws that are kept: allowed, and none twice.
struct Draws<'a> {
    space: &'a Space,
    seen: Option<BTreeSet<u128>>,
    levels: Vec<u32>,
    asked: u64,
    excluded: u64,
    repeated: u64,
}

impl<'a> Draws<'a> {
    fn new(space: &'a Space, sets: u32) -> Self {
        let seen = space.combinations().map(|_| BTreeSet::new());
        Self { space, seen, levels: Vec::new(), asked: u64::from(sets), excluded: 0, repeated: 0 }
    }

    fn take(&mut self, levels: &[u32]) -> Result<bool, SpaceError> {
        if !self.space.allows(levels)? {
            self.excluded += 1;
            return Ok(false);
        }
        if let Some(seen) = &mut self.seen {
            let axes = self.space.axes().iter().zip(levels);
            let flat = axes.fold(0, |flat, (a, l)| flat * u128::from(a.count()) + u128::from(*l));
            if !seen.insert(flat) {
                self.repeated += 1;
                return Ok(false);
            }
        }
        self.levels.extend_from_slice(levels);
        Ok(true)
    }

    fn done(self) -> Sets {
        Sets {
            axes: Arc::clone(self.space.shared_axes()),
            kept: SetIndex::Levels(self.levels),
            asked: self.asked,
            excluded: self.excluded,
            repeated: self.repeated,
        }
    }
}
