//! Drawing at random so that it can be drawn again.
//!
//! Invariants: a resample's generator depends on the seed and the resample's index
//! alone, never on the thread that draws it.
//!
//! Known limits: seeds less apart than the number of resamples share some of them;
//! independent repetitions need seeds far apart.

use rand::{RngExt, SeedableRng};
use rand_pcg::Pcg64;

/// The generator of resample `index`.
pub(super) fn generator(seed: u64, index: usize) -> Pcg64 {
    Pcg64::seed_from_u64(seed.wrapping_add(index as u64))
}

/// Fills `into` with a stationary bootstrap of `values`, which are taken as a circle:
/// each draw goes on to the next value, but with probability `1 / block` starts a new
/// block anywhere. Lengths are geometric with mean `block`, one or more.
pub(super) fn stationary(values: &[f64], block: f64, rng: &mut Pcg64, into: &mut Vec<f64>) {
    into.clear();
    let restart = 1.0 / block;
    let mut at = 0;
    for drawn in 0..values.len() {
        let fresh = drawn == 0 || rng.random::<f64>() < restart;
        at = if fresh { rng.random_range(0..values.len()) } else { (at + 1) % values.len() };
        into.push(values[at]);
    }
}

#[cfg(test)]
mod tests {
    use rand::seq::SliceRandom;

    use super::*;

    #[test]
    fn what_a_seed_draws_is_pinned() {
        // Another version of a library would make other figures of the same search.
        let mut rng = generator(1, 0);
        let drawn: Vec<usize> = (0..6).map(|_| rng.random_range(0..1_000)).collect();
        assert_eq!(drawn, [140, 541, 285, 672, 923, 115]);
        assert_eq!(generator(1, 0).random::<f64>(), 0.8398736585259249);
        let mut order: Vec<u32> = (0..8).collect();
        order.shuffle(&mut generator(1, 0));
        assert_eq!(order, [3, 4, 0, 1, 5, 7, 6, 2]);
        let chosen =
            |count, of| rand::seq::index::sample(&mut generator(1, 0), count, of).into_vec();
        assert_eq!(chosen(1_000, 5), [140, 540, 284, 671, 923]);
        assert_eq!(chosen(1_000_000, 400).iter().sum::<usize>(), 192_604_944);
        let (values, mut into): (Vec<f64>, _) = ((0..10).map(f64::from).collect(), Vec::new());
        stationary(&values, 3.0, &mut generator(7, 3), &mut into);
        assert_eq!(into, [2.0, 3.0, 4.0, 3.0, 8.0, 9.0, 0.0, 3.0, 4.0, 5.0]);
    }

    #[test]
    fn blocks_have_the_mean_length_asked_for() {
        let values: Vec<f64> = (0..100_000).map(f64::from).collect();
        let mut drawn = Vec::new();
        for block in [1.0, 4.0, 20.0] {
            stationary(&values, block, &mut generator(7, 0), &mut drawn);
            let breaks = drawn.windows(2).filter(|w| w[1] != (w[0] + 1.0) % 100_000.0).count();
            let mean = values.len() as f64 / (breaks + 1) as f64;
            assert!((mean / block - 1.0).abs() < 0.05, "{block}: {mean}");
        }
    }
}
