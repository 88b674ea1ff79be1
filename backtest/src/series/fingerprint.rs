//! A hash of all that a run sees of a series.

use tickstep_core::units::Lots;
use xxhash_rust::xxh3::Xxh3Default;

use super::Series;

/// Numbers that are hashed of a bar.
const NUMBERS: usize = 7;
/// Bars gathered before they are hashed: many short updates cost more than one.
const GATHERED: usize = 512;

impl Series {
    /// XXH3 of the bars, their grid, calendar and segments: equal for series that a run takes
    /// for the same, whatever files they are of. It does not guard against forgery.
    ///
    /// ```
    /// # use tickstep_backtest::load::{LoadOptions, load};
    /// # let file = concat!(env!("CARGO_MANIFEST_DIR"), "/../examples/data/FILUSDT-1m-2023-08.csv.gz");
    /// # let all = load(None, &[vec![file.into()]], &LoadOptions::default(), &mut |_| std::ops::ControlFlow::Continue(())).unwrap();
    /// let (part, longer) = (all.part(0..100).unwrap(), all.part(0..101).unwrap());
    /// assert_ne!(part.fingerprint(), longer.fingerprint());
    /// assert_eq!(part.fingerprint(), longer.part(0..100).unwrap().fingerprint());
    /// ```
    #[must_use]
    pub fn fingerprint(&self) -> u128 {
        let mut hash = Xxh3Default::new();
        let grid = (self.grid.tick_size.normalize(), self.grid.volume_step.normalize());
        let around = (
            (&self.symbol, &self.times, grid, &self.segments),
            (self.calendar.name(), self.calendar.hours()),
        );
        // Texts, numbers and lists of them are always JSON.
        hash.update(&serde_json::to_vec(&around).unwrap_or_default());
        let mut gathered = Vec::with_capacity(GATHERED * NUMBERS * size_of::<i64>());
        for bars in self.bars.chunks(GATHERED) {
            gathered.clear();
            for bar in bars {
                let taker = bar.taker_buy.map_or(-1, Lots::get);
                let [open, high, low, close] = [bar.open, bar.high, bar.low, bar.close];
                let numbers: [i64; NUMBERS] =
                    [bar.ts_open.0, open.0, high.0, low.0, close.0, bar.volume.get(), taker];
                gathered.extend(numbers.iter().flat_map(|n| n.to_le_bytes()));
            }
            hash.update(&gathered);
        }
        hash.digest128()
    }
}
