//! How far apart bars are, told by their open times: the one rule that `run`, `check` and
//! the repairs share.
//!
//! Most bars follow the one before without a gap, so the usual difference of open times is
//! the length of a bar. Among the differences that are usual (a tenth of all, and at least
//! two) the one counts that leaves the fewest rows off the grid: in a market where every
//! second minute has no trade, two minutes may be the most frequent difference, and half of
//! the rows would lie off it. Rows off the grid are those that are not a whole number of
//! bars from where most rows lie, so a row that is wrong is told from the good ones around
//! it.

use std::collections::BTreeMap;

use tickstep_core::units::Nanos;

/// The usual difference of open times, which rise; `None` of fewer than two times.
pub(crate) fn usual(times: &[Nanos]) -> Option<Nanos> {
    let mut counts: BTreeMap<i64, usize> = BTreeMap::new();
    let mut all = 0;
    for pair in times.windows(2) {
        let difference = pair[1].0.saturating_sub(pair[0].0);
        if difference > 0 {
            *counts.entry(difference).or_default() += 1;
            all += 1;
        }
    }
    let most_frequent = counts.iter().max_by_key(|(length, count)| (**count, -**length));
    let (most_frequent, _) = most_frequent?;
    let is_usual = |count: usize| count >= 2 && count * 10 >= all;
    let usual = counts.iter().filter(|(_, count)| is_usual(**count));
    let strays = |length: i64| {
        let on_grid = phases(times, Nanos(length)).into_values().max().unwrap_or(0);
        times.len() - on_grid
    };
    let best = usual
        .min_by_key(|(length, count)| (strays(**length), std::cmp::Reverse(**count), **length));
    Some(Nanos(best.map_or(*most_frequent, |(length, _)| *length)))
}

/// How far after a whole multiple of `length` most times lie; the earlier of two as
/// frequent.
pub(crate) fn phase(times: &[Nanos], length: Nanos) -> Nanos {
    let phases = phases(times, length);
    let most = phases.iter().max_by_key(|(phase, count)| (**count, -**phase));
    Nanos(most.map_or(0, |(phase, _)| *phase))
}

fn phases(times: &[Nanos], length: Nanos) -> BTreeMap<i64, usize> {
    let mut phases: BTreeMap<i64, usize> = BTreeMap::new();
    // Runs of rows on one phase are counted before they are put in.
    let (mut last, mut run) = (None, 0);
    let mut next = None;
    for ts in times {
        // The bar after the one before lies as that does, which saves a division.
        let follows = next == Some(*ts);
        next = ts.0.checked_add(length.0).map(Nanos);
        let phase = match last.filter(|_| follows) {
            Some(phase) => phase,
            None => ts.0.rem_euclid(length.0),
        };
        if last == Some(phase) {
            run += 1;
        } else {
            if let Some(before) = last.replace(phase) {
                *phases.entry(before).or_default() += run;
            }
            run = 1;
        }
    }
    if let Some(before) = last {
        *phases.entry(before).or_default() += run;
    }
    phases
}

/// Indexes of times that do not lie a whole number of bars from where most lie.
pub(crate) fn strays(times: &[Nanos], length: Nanos, phase: Nanos) -> Vec<usize> {
    let mut next = None;
    let off = |(at, ts): (usize, &Nanos)| {
        let on = next == Some(*ts) || is_on(*ts, length, phase);
        next = if on { ts.0.checked_add(length.0).map(Nanos) } else { None };
        (!on).then_some(at)
    };
    times.iter().enumerate().filter_map(off).collect()
}

/// Whether a time lies a whole number of bars from where most lie.
fn is_on(ts: Nanos, length: Nanos, phase: Nanos) -> bool {
    ts.0.rem_euclid(length.0) == phase.0
}

/// The time on the grid nearest to `ts`; `None` halfway between two.
pub(crate) fn nearest(ts: Nanos, length: Nanos, phase: Nanos) -> Option<Nanos> {
    let after = (ts.0 - phase.0).rem_euclid(length.0);
    let below = ts.0 - after;
    match (2 * after).cmp(&length.0) {
        std::cmp::Ordering::Less => Some(Nanos(below)),
        std::cmp::Ordering::Equal => None,
        std::cmp::Ordering::Greater => below.checked_add(length.0).map(Nanos),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn seconds(times: &[i64]) -> Vec<Nanos> {
        times.iter().map(|s| Nanos::SECOND.times(*s)).collect()
    }

    #[test]
    fn the_usual_difference_counts_not_the_smallest() {
        let table: [(&[i64], Option<i64>); 7] = [
            (&[0, 60, 119, 120, 180, 240], Some(60)),
            (&[0, 60, 120, 4814, 4874, 4934, 4980, 5040], Some(60)),
            (&[0, 10, 20, 31, 41, 51, 61, 72], Some(10)),
            // Two minutes are more frequent, but half of the rows would be off them.
            (&[0, 60, 180, 300, 360, 480, 600, 660], Some(60)),
            (&[0, 60], Some(60)),
            (&[0, 0], None),
            (&[7], None),
        ];
        for (times, expected) in table {
            assert_eq!(
                usual(&seconds(times)),
                expected.map(|s| Nanos::SECOND.times(s)),
                "{times:?}"
            );
        }
    }

    #[test]
    fn the_nearest_time_is_at_most_half_a_bar_away() {
        let at = |s| Nanos::SECOND.times(s);
        let minute = |s| nearest(at(s), Nanos::MINUTE, at(5));
        assert_eq!(minute(34), Some(at(5)));
        assert_eq!(minute(35), None);
        assert_eq!(minute(36), Some(at(65)));
        assert_eq!(minute(-60), Some(at(-55)));
    }

    proptest! {
        /// Of a grid with holes and some strays, exactly the strays are off it.
        #[test]
        fn strays_of_a_grid_are_told_from_its_rows(
            length in 2_i64..100_000, from in -1_000_000_i64..1_000_000,
            holes in prop::collection::btree_set(1_usize..200, 0..20),
            strays in prop::collection::btree_map(1_usize..200, 1_i64..100_000, 0..8),
        ) {
            let mut times = Vec::new();
            let mut wrong = Vec::new();
            for i in 0..200_usize {
                let ts = from + i as i64 * length;
                if let Some(by) = strays.get(&i).filter(|by| **by % length != 0) {
                    times.push(Nanos(ts + by % length));
                    wrong.push(Nanos(ts + by % length));
                } else if !holes.contains(&i) {
                    times.push(Nanos(ts));
                }
            }
            prop_assert_eq!(usual(&times), Some(Nanos(length)));
            let phase = phase(&times, Nanos(length));
            let off: Vec<Nanos> =
                super::strays(&times, Nanos(length), phase).into_iter().map(|at| times[at]).collect();
            prop_assert_eq!(off, wrong);
        }
    }
}
