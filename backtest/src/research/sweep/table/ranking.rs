//! The best sets by each objective, and those that no other beats in all: kept
//! while records go by, in memory that does not grow with their number.

use std::cmp::{Ordering, Reverse};
use std::collections::BinaryHeap;

use crate::research::store::SetRecord;
use crate::research::sweep::objective::{Eligible, Objective};

/// Sets of a Pareto front, at most.
pub const MOST_FRONT: usize = 1_000;

/// A set and what it was ranked by.
#[derive(Clone, Debug, PartialEq)]
pub struct Ranked {
    /// Number of the set.
    pub set: u64,
    /// Its value in each objective it was ranked by, in the unit of the column.
    pub values: Vec<f64>,
}

/// The sets that no other beats: none is as good in every objective and better
/// in one. Of sets that are equal in all only the one with the lowest index.
#[derive(Clone, Debug, PartialEq)]
pub struct Front {
    /// Ranking in the first objective first; ties are ordered by the next.
    pub sets: Vec<Ranked>,
    /// False where there were more than [`MOST_FRONT`] at some point. What is there is
    /// then the front's best part by the first objective, and true members all.
    pub whole: bool,
}

/// Keeps the best while records go by. A failed set is never among them, nor one
/// without a value in the objective (for the front: in any).
#[derive(Debug)]
pub struct Ranking {
    objectives: Vec<Objective>,
    eligible: Eligible,
    k: usize,
    /// The best by each objective, the worst of them on top.
    tops: Vec<BinaryHeap<Reverse<RankedEntry>>>,
    /// Ranking first, strictly.
    front: Vec<RankedEntry>,
    most_front: usize,
    /// The best that was cut off; nothing that is not better comes in again.
    floor: Option<Vec<f64>>,
}

/// Goods are values turned so that more is better.
#[derive(Clone, Debug)]
struct RankedEntry {
    goods: Vec<f64>,
    set: u64,
}

impl RankedEntry {
    /// Whether it is as good in all and better in one.
    fn beats(&self, other: &Self) -> bool {
        let pairs = || self.goods.iter().zip(&other.goods);
        pairs().all(|(a, b)| a >= b) && pairs().any(|(a, b)| a > b)
    }
}

impl Ord for RankedEntry {
    fn cmp(&self, other: &Self) -> Ordering {
        by_goods(&self.goods, &other.goods).then(other.set.cmp(&self.set))
    }
}

impl PartialOrd for RankedEntry {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for RankedEntry {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for RankedEntry {}

fn by_goods(a: &[f64], b: &[f64]) -> Ordering {
    let pairs = a.iter().zip(b).map(|(a, b)| a.total_cmp(b));
    pairs.fold(Ordering::Equal, Ordering::then)
}

impl Ranking {
    /// The best `k` by each objective, and the front over all of them.
    #[must_use]
    pub fn new(objectives: Vec<Objective>, k: usize, eligible: Eligible) -> Self {
        let tops = objectives.iter().map(|_| BinaryHeap::new()).collect();
        let (front, floor) = (Vec::new(), None);
        Self { objectives, eligible, k, tops, front, most_front: MOST_FRONT, floor }
    }

    /// Takes note of a record.
    pub fn offer(&mut self, set: u64, record: &SetRecord) {
        let SetRecord::Done(figures) = record else { return };
        if !self.eligible.admits(&figures.values) {
            return;
        }
        let good = |o: &Objective| {
            let value = figures.values.get(o.column).copied().flatten()?;
            // -0 and 0 are one value.
            Some(o.direction.turned(value) + 0.0).filter(|v| v.is_finite())
        };
        let goods: Vec<Option<f64>> = self.objectives.iter().map(good).collect();
        for (top, good) in self.tops.iter_mut().zip(&goods) {
            if let Some(good) = good {
                offer_top(top, self.k, RankedEntry { goods: vec![*good], set });
            }
        }
        if let Some(goods) = goods.into_iter().collect::<Option<Vec<f64>>>() {
            self.offer_front(RankedEntry { goods, set });
        }
    }

    fn offer_front(&mut self, entry: RankedEntry) {
        let below = |floor: &Vec<f64>| by_goods(&entry.goods, floor).is_le();
        if self.objectives.is_empty() || self.floor.as_ref().is_some_and(below) {
            return;
        }
        // What beats an entry, or equals it, is before it or just after.
        let at = self.front.partition_point(|e| *e > entry);
        if self.front[..at].iter().any(|e| e.beats(&entry) || e.goods == entry.goods) {
            return;
        }
        let mut n = 0;
        self.front.retain(|e| {
            n += 1;
            n <= at || !(entry.beats(e) || e.goods == entry.goods)
        });
        self.front.insert(at, entry);
        if self.front.len() > self.most_front {
            self.floor = self.front.pop().map(|worst| worst.goods);
        }
    }

    /// The best by the objective at place `objective`, best first.
    #[must_use]
    pub fn top(&self, objective: usize) -> Vec<Ranked> {
        let Some(top) = self.tops.get(objective) else { return Vec::new() };
        let mut entries: Vec<&RankedEntry> = top.iter().map(|e| &e.0).collect();
        entries.sort_unstable_by(|a, b| b.cmp(a));
        let direction = self.objectives[objective].direction;
        let ranked = |e: &RankedEntry| {
            let values = e.goods.iter().map(|good| direction.turned(*good) + 0.0).collect();
            Ranked { set: e.set, values }
        };
        entries.into_iter().map(ranked).collect()
    }

    /// The sets that no other beats.
    #[must_use]
    pub fn front(&self) -> Front {
        let ranked = |e: &RankedEntry| {
            let pairs = e.goods.iter().zip(&self.objectives);
            let values = pairs.map(|(good, o)| o.direction.turned(*good) + 0.0).collect();
            Ranked { set: e.set, values }
        };
        Front { sets: self.front.iter().map(ranked).collect(), whole: self.floor.is_none() }
    }
}

fn offer_top(top: &mut BinaryHeap<Reverse<RankedEntry>>, k: usize, entry: RankedEntry) {
    if top.len() < k {
        top.push(Reverse(entry));
    } else if top.peek().is_some_and(|worst| entry > worst.0) {
        top.pop();
        top.push(Reverse(entry));
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::research::store::Figures;
    use tickstep_core::stats::Direction;

    const HIGH: Objective = Objective { column: 1, direction: Direction::Highest };
    const LOW: Objective = Objective { column: 2, direction: Direction::Lowest };
    const LEAST: Eligible = Eligible::Trades { column: 0, least: 10 };

    fn done(values: &[Option<f64>]) -> SetRecord {
        SetRecord::Done(Figures { trade_hash: 0, values: values.to_vec(), blocks: None })
    }

    fn offered(best: &mut Ranking, rows: &[(u64, [f64; 3])]) {
        for (set, values) in rows {
            best.offer(*set, &done(&values.map(Some)));
        }
    }

    #[test]
    fn ties_go_to_the_lower_index_and_few_trades_do_not_count() {
        let rows = [
            (0, [9.0, 99.0, 0.0]),
            (1, [10.0, 2.0, 5.0]),
            (2, [11.0, 3.0, 5.0]),
            (3, [12.0, 3.0, 4.0]),
            (4, [12.0, 3.0, 4.0]),
        ];
        let mut best = Ranking::new(vec![HIGH, LOW], 2, LEAST);
        offered(&mut best, &rows);
        best.offer(5, &SetRecord::Failed);
        best.offer(6, &done(&[Some(50.0), None, Some(-1.0)]));
        best.offer(7, &done(&[None, Some(100.0), Some(-1.0)]));
        let ranked = |set, values: &[f64]| Ranked { set, values: values.to_vec() };
        assert_eq!(best.top(0), [ranked(2, &[3.0]), ranked(3, &[3.0])]);
        assert_eq!(best.top(1), [ranked(6, &[-1.0]), ranked(3, &[4.0])]);
        assert_eq!(best.front(), Front { sets: vec![ranked(3, &[3.0, 4.0])], whole: true });
        assert!(best.top(2).is_empty());
    }

    #[test]
    fn nothing_asked_for_is_nothing_found() {
        let mut best = Ranking::new(vec![], 3, Eligible::All);
        offered(&mut best, &[(0, [1.0, 1.0, 1.0])]);
        assert!(best.front().sets.is_empty() && best.top(0).is_empty());
        let mut best = Ranking::new(vec![HIGH], 0, Eligible::All);
        offered(&mut best, &[(0, [1.0, 1.0, 1.0])]);
        assert!(best.top(0).is_empty());
    }

    fn rows() -> impl Strategy<Value = Vec<(u64, [f64; 3])>> {
        let value = (0..12_i32).prop_map(f64::from);
        let row = (0..20_i32, value.clone(), value).prop_map(|(n, a, b)| [f64::from(n), a, b]);
        proptest::collection::vec(row, 0..60)
            .prop_map(|rows| (0..).zip(rows).collect::<Vec<_>>())
            .prop_shuffle()
    }

    /// The whole front, the slow way.
    fn front_of(rows: &[(u64, [f64; 3])]) -> Vec<Ranked> {
        let able: Vec<_> = rows.iter().filter(|(_, v)| v[0] >= 10.0).collect();
        let beaten = |(set, b): &(u64, [f64; 3])| {
            able.iter().any(|(other, a)| {
                let equal = a[1] == b[1] && a[2] == b[2];
                (a[1] >= b[1] && a[2] <= b[2] && !equal) || (equal && other < set)
            })
        };
        let mut front: Vec<_> = able.iter().filter(|row| !beaten(row)).collect();
        front.sort_by(|(_, a), (_, b)| b[1].total_cmp(&a[1]).then(a[2].total_cmp(&b[2])));
        front.iter().map(|(set, v)| Ranked { set: *set, values: v[1..].to_vec() }).collect()
    }

    proptest! {
        #[test]
        fn the_order_does_not_matter_and_the_slow_way_agrees(rows in rows(), k in 0..9_usize) {
            let mut best = Ranking::new(vec![HIGH, LOW], k, LEAST);
            offered(&mut best, &rows);
            prop_assert_eq!(best.front().sets, front_of(&rows));
            let mut able: Vec<_> = rows.iter().filter(|(_, v)| v[0] >= 10.0).collect();
            able.sort_by(|(i, a), (j, b)| b[1].total_cmp(&a[1]).then(i.cmp(j)));
            let top: Vec<u64> = able.iter().take(k).map(|(set, _)| *set).collect();
            prop_assert_eq!(best.top(0).iter().map(|r| r.set).collect::<Vec<_>>(), top);
        }

        #[test]
        fn a_front_that_is_cut_holds_true_members_only(rows in rows(), most in 1..6_usize) {
            let mut best = Ranking::new(vec![HIGH, LOW], 1, LEAST);
            best.most_front = most;
            offered(&mut best, &rows);
            let (cut, slow) = (best.front(), front_of(&rows));
            prop_assert!(cut.sets.len() <= most);
            prop_assert!(!cut.whole || cut.sets == slow);
            prop_assert_eq!(&cut.sets[..], &slow[..cut.sets.len()]);
            prop_assert!(!cut.sets.is_empty() || slow.is_empty());
        }
    }
}
