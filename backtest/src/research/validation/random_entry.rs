//! Whether a strategy's entries beat entries at random.
//!
//! A rising market and a good exit make any entry look clever. Trading as often, on
//! the same sides and with the same exits but at random bars says what the entries
//! themselves are worth.
//!
//! Invariants: the p-value is never 0, for no finite number of draws shows that much;
//! same seed, same bars.
//!
//! Known limits: bars are drawn apart but not by the holding times, so two positions
//! may meet where the strategy holds one; the run that plays them must then skip the
//! later entry, and trades a little less often.

use rand::seq::SliceRandom;
use serde::{Deserialize, Serialize};
use tickstep_core::stats::{mean, std_dev};
use tickstep_core::units::Side;

use super::sample::generator;

/// Where an observed figure stands among those of random strategies.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct RandomEntry {
    /// The strategy's figure, higher is better.
    pub observed: f64,
    /// Number of random strategies, 1 or more.
    pub draws: usize,
    /// `(1 + #{random >= observed}) / (1 + n)`: how likely chance does as well, in
    /// 0..=1. Davison and Hinkley, "Bootstrap Methods" (1997), 4.11.
    pub p: f64,
    /// `(observed - mean) / deviation` of the random figures; `None` without spread.
    pub z: Option<f64>,
}

impl RandomEntry {
    /// `None` without random figures or when a number is not finite.
    ///
    /// ```
    /// use tickstep_backtest::research::validation::RandomEntry;
    /// let entry = RandomEntry::of(3.0, &[1.0, 2.0, 3.0]).unwrap();
    /// assert_eq!((entry.p, entry.z), (0.5, Some(1.0))); // (1 + 1) / (1 + 3)
    /// assert_eq!(RandomEntry::of(3.0, &[]), None);
    /// ```
    #[must_use]
    pub fn of(observed: f64, random: &[f64]) -> Option<Self> {
        if !observed.is_finite() || random.iter().any(|r| !r.is_finite()) {
            return None;
        }
        let as_good = random.iter().filter(|r| **r >= observed).count();
        let (m, draws) = (mean(random)?, random.len());
        let deviation = std_dev(random).filter(|sd| *sd > 0.0);
        Some(Self {
            observed,
            draws,
            p: (1 + as_good) as f64 / (1 + draws) as f64,
            z: deviation.map(|sd| (observed - m) / sd).filter(|z| z.is_finite()),
        })
    }
}

/// Entries at random: as many as there are `sides`, on distinct bars of `candidates`
/// (the bars the strategy could have entered at, rising), rising, each with one of the
/// sides in random order. Draw `draw` of `seed`. `None` with fewer candidates than
/// sides.
///
/// ```
/// use tickstep_backtest::research::validation::entries;
/// use tickstep_core::units::Side;
/// let bars: Vec<usize> = (100..200).collect();
/// let drawn = entries(&bars, &[Side::Buy, Side::Buy, Side::Sell], 42, 0).unwrap();
/// assert_eq!(drawn.len(), 3);
/// assert!(drawn[0].0 < drawn[1].0 && drawn[1].0 < drawn[2].0);
/// assert_eq!(drawn.iter().filter(|(_, side)| *side == Side::Sell).count(), 1);
/// assert_eq!(entries(&bars, &[Side::Buy; 101], 42, 0), None);
/// ```
#[must_use]
pub fn entries(
    candidates: &[usize],
    sides: &[Side],
    seed: u64,
    draw: usize,
) -> Option<Vec<(usize, Side)>> {
    let drawn = places(candidates.len(), sides, seed, draw)?;
    Some(drawn.into_iter().map(|(place, side)| (candidates[place], side)).collect())
}

/// The same as places among `count` candidates.
pub(super) fn places(
    count: usize,
    sides: &[Side],
    seed: u64,
    draw: usize,
) -> Option<Vec<(usize, Side)>> {
    if sides.len() > count {
        return None;
    }
    let mut rng = generator(seed, draw);
    let mut places = rand::seq::index::sample(&mut rng, count, sides.len()).into_vec();
    places.sort_unstable();
    let mut sides = sides.to_vec();
    sides.shuffle(&mut rng);
    Some(places.into_iter().zip(sides).collect())
}
