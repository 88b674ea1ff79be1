//! An evolutionary search, (mu + lambda): the best sets so far are crossed and
//! moved along their axes, at first far, later to neighbouring levels only.
//!
//! It never asks for a set twice or for one that a constraint excludes, and with
//! one seed it asks for the same sets given the same results.
//!
//! Known limits: only the main figure is looked at; a set for which a constraint
//! has no answer, as by a division by zero, is passed over.

use std::collections::{BTreeSet, VecDeque};

use super::{Optimiser, Told};
use crate::sweep::space::{Axis, Dice, Set, Space, SpaceError, Value};

/// Tries for one child before a set is drawn anywhere, and for that before the search ends.
const TRIES: u32 = 200;
const LAST_TRIES: u32 = 20_000;

/// How an evolutionary search goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EvolutionSettings {
    /// Sets that are asked for in all.
    pub sets: u32,
    /// Best sets that the next ones descend from (mu).
    pub parents: u32,
    /// Sets of a generation (lambda); the first is drawn at random.
    pub children: u32,
    /// Where draws begin.
    pub seed: u64,
}

impl Default for EvolutionSettings {
    fn default() -> Self {
        Self { sets: 1000, parents: 10, children: 40, seed: 1 }
    }
}

/// An evolutionary search over the axes of a space, within its constraints.
#[derive(Clone, Debug)]
pub struct Evolution {
    space: Space,
    settings: EvolutionSettings,
    dice: Dice,
    generation: u32,
    waiting: VecDeque<Vec<u32>>,
    asked: Vec<Asked>,
    seen: BTreeSet<Vec<u32>>,
}

#[derive(Clone, Debug)]
struct Asked {
    levels: Vec<u32>,
    score: Option<f64>,
}

impl Evolution {
    /// Over the axes of a space; its method plays no part.
    pub fn new(space: Space, settings: EvolutionSettings) -> Result<Self, SpaceError> {
        let given = [
            ("sets", settings.sets),
            ("parents", settings.parents),
            ("children", settings.children),
        ];
        if let Some((option, _)) = given.into_iter().find(|(_, n)| *n == 0) {
            let message = "it must be at least 1".to_owned();
            return Err(SpaceError::Option { option, message });
        }
        Ok(Self {
            space,
            settings,
            dice: Dice::new(settings.seed, 0),
            generation: 0,
            waiting: VecDeque::new(),
            asked: Vec::new(),
            seen: BTreeSet::new(),
        })
    }

    /// Generations that were begun.
    #[must_use]
    pub fn generation(&self) -> u32 {
        self.generation
    }

    /// The next generation, shorter where few sets are left.
    fn breed(&mut self) {
        let left = (self.settings.sets as usize).saturating_sub(self.asked.len());
        let parents = self.parents();
        for _ in 0..left.min(self.settings.children as usize) {
            match self.child(&parents).or_else(|| self.anywhere()) {
                Some(levels) => self.waiting.push_back(levels),
                None => break,
            }
        }
        self.generation += 1;
    }

    /// The best sets so far; of equals the earlier.
    fn parents(&self) -> Vec<Vec<u32>> {
        let mut ranked: Vec<(f64, &Asked)> =
            self.asked.iter().filter_map(|a| Some((a.score?, a))).collect();
        ranked.sort_by(|a, b| b.0.total_cmp(&a.0));
        let best = ranked.into_iter().take(self.settings.parents as usize);
        best.map(|(_, asked)| asked.levels.clone()).collect()
    }

    fn child(&mut self, parents: &[Vec<u32>]) -> Option<Vec<u32>> {
        (0..TRIES).find_map(|_| {
            let pick = |dice: &mut Dice| parents.get(dice.below(parents.len() as u64) as usize);
            let (a, b) = (pick(&mut self.dice)?, pick(&mut self.dice)?);
            let axes = self.space.axes();
            let surely = self.dice.below(axes.len() as u64) as usize;
            let mut levels = Vec::with_capacity(axes.len());
            for (i, axis) in axes.iter().enumerate() {
                let from = if self.dice.below(2) == 0 { a[i] } else { b[i] };
                // One axis always moves, and on average one of the others.
                let moves = i == surely || self.dice.below(axes.len() as u64) == 0;
                let to =
                    if moves { moved(&mut self.dice, axis, from, self.generation) } else { from };
                levels.push(to);
            }
            self.new_one(levels)
        })
    }

    fn anywhere(&mut self) -> Option<Vec<u32>> {
        (0..LAST_TRIES).find_map(|_| {
            let axes = self.space.axes();
            let levels = axes.iter().map(|axis| self.dice.level(axis)).collect();
            self.new_one(levels)
        })
    }

    /// The set, if it is allowed and was never asked for.
    fn new_one(&mut self, levels: Vec<u32>) -> Option<Vec<u32>> {
        let allowed = self.space.allows(&levels).unwrap_or(false);
        (allowed && self.seen.insert(levels.clone())).then_some(levels)
    }
}

/// Another level of the axis, where it has one: near where levels have an order,
/// the nearer the later the generation.
fn moved(dice: &mut Dice, axis: &Axis, from: u32, generation: u32) -> u32 {
    let others = u64::from(axis.count() - 1);
    if others == 0 {
        return from;
    }
    if !matches!(axis.value(from), Some(Value::Int(_) | Value::Decimal(_))) {
        let other = dice.below(others) as u32;
        return other + u32::from(other >= from);
    }
    let reach = (others >> generation.min(63)).max(1);
    let by = u32::try_from(1 + dice.below(reach)).unwrap_or(u32::MAX);
    let to = if dice.below(2) == 0 { from.checked_sub(by) } else { from.checked_add(by) };
    let inside = to.filter(|to| *to < axis.count());
    // Off the end: the nearest level that is not the end it is on.
    inside.unwrap_or(if from == 0 { 1 } else { from - 1 })
}

impl Optimiser for Evolution {
    fn ask(&mut self, most: usize) -> Vec<Set> {
        if self.waiting.is_empty() {
            self.breed();
        }
        let count = most.max(1).min(self.waiting.len());
        let batch: Vec<Vec<u32>> = self.waiting.drain(..count).collect();
        let mut sets = Vec::new();
        for levels in batch {
            sets.push(self.space.of_levels(self.asked.len(), &levels));
            self.asked.push(Asked { levels, score: None });
        }
        sets
    }

    fn tell(&mut self, told: &[Told]) {
        for one in told {
            if let Some(asked) = self.asked.get_mut(one.number) {
                asked.score = one.score();
            }
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::sweep::space::{Method, Spacing};

    fn space(constraints: &[&str]) -> Space {
        let int = Value::Int;
        let axes = vec![
            Axis::range("x", &int(0), &int(49), &int(1)).unwrap(),
            Axis::continuous("y", &int(1), &int(100), 3, Spacing::Log).unwrap(),
            Axis::list("mode", vec![Value::Text("a".into()), Value::Text("b".into())]).unwrap(),
        ];
        let constraints: Vec<String> = constraints.iter().map(|c| (*c).to_owned()).collect();
        Space::new(axes, &constraints, Method::Random { sets: 1, seed: 1 }).unwrap()
    }

    fn height(values: &[Value]) -> f64 {
        let off = |i: usize, at: f64| (values[i].float().unwrap() - at).abs();
        let mode = if values[2] == Value::Text("b".into()) { 0.0 } else { 10.0 };
        -(off(0, 30.0) + off(1, 12.5) + mode)
    }

    /// All sets and the best score, asking for `most` at once.
    fn search(space: Space, settings: EvolutionSettings, most: usize) -> (Vec<String>, f64) {
        let mut evolution = Evolution::new(space, settings).unwrap();
        let (mut all, mut best) = (Vec::new(), f64::NEG_INFINITY);
        loop {
            let sets = evolution.ask(most);
            if sets.is_empty() {
                return (all, best);
            }
            let mut told = Vec::new();
            for set in &sets {
                assert_eq!(set.number(), all.len());
                let score = height(set.values());
                best = best.max(score);
                all.push(set.to_string());
                told.push(Told {
                    number: set.number(),
                    values: set.values().to_vec(),
                    objectives: vec![Some(score)],
                    feasible: true,
                });
            }
            // In any order.
            told.reverse();
            evolution.tell(&told);
        }
    }

    #[test]
    fn it_finds_the_top_and_the_same_way_in_any_batches() {
        let settings = EvolutionSettings { sets: 600, ..EvolutionSettings::default() };
        let (all, best) = search(space(&[]), settings, 7);
        assert_eq!(all.len(), 600);
        assert!(best > -1.0, "{best}");
        assert_eq!(all, search(space(&[]), settings, 1000).0);
        let distinct: BTreeSet<&String> = all.iter().collect();
        assert_eq!(distinct.len(), 600);
        let other = EvolutionSettings { seed: 2, ..settings };
        assert_ne!(all, search(space(&[]), other, 7).0);
    }

    #[test]
    fn it_keeps_to_constraints_and_ends_when_nothing_is_left() {
        let int = Value::Int;
        let axes = vec![
            Axis::range("x", &int(0), &int(5), &int(1)).unwrap(),
            Axis::list("y", vec![int(1), int(2)]).unwrap(),
            Axis::list("mode", vec![Value::Text("b".into())]).unwrap(),
        ];
        let space = Space::new(axes, &["x > y".to_owned()], Method::Grid).unwrap();
        let (all, best) = search(space, EvolutionSettings::default(), 3);
        assert_eq!(all.len(), 4 + 3);
        assert!(best > -40.0);
    }

    #[test]
    fn what_is_not_feasible_or_no_number_has_no_score() {
        let told = |objectives: &[Option<f64>], feasible| Told {
            number: 0,
            values: Vec::new(),
            objectives: objectives.to_vec(),
            feasible,
        };
        assert_eq!(told(&[Some(1.5), None], true).score(), Some(1.5));
        for (objectives, feasible) in [
            (vec![Some(1.0)], false),
            (vec![None], true),
            (vec![Some(f64::NAN)], true),
            (vec![], true),
        ] {
            assert_eq!(told(&objectives, feasible).score(), None);
        }
    }
}
