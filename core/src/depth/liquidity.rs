//! How deep a book is near its mid, against what is usual for it.

use crate::event::Level;
use crate::units::{Fraction, Ticks};

/// The exponential mean of `d`, the notional within the band on the thinner side.
///
/// The mean `r` includes the current update: `r += alpha * (d - r)` with
/// `alpha = 2 / (span + 1)`, after which the score is `d / (d + r)`. It is seeded
/// with the first `d`, so the first score is 0.5. Notional is in ticks * lots:
/// the score is a ratio, and the unit falls out of it.
#[derive(Clone, Debug)]
pub(super) struct DepthLiquidity {
    alpha: f64,
    mean: Option<f64>,
}

impl DepthLiquidity {
    pub(super) fn new(span: u32) -> Self {
        Self { alpha: 2.0 / (f64::from(span) + 1.0), mean: None }
    }

    /// Takes the next `d`; the score, or `None` while `d` and its mean are 0.
    pub(super) fn update(&mut self, d: i128) -> Option<f64> {
        let d = d as f64;
        let mean = self.mean.map_or(d, |r| r + self.alpha * (d - r));
        self.mean = Some(mean);
        (d + mean > 0.0).then(|| d / (d + mean))
    }
}

/// Notional of the thinner side within `band_bps` of mid, ticks * lots. A level
/// exactly on the edge of the band counts.
pub(super) fn thinner_notional(
    bids: &[Level],
    asks: &[Level],
    mid_doubled: Ticks,
    band_bps: Fraction,
) -> i128 {
    let limit = i128::from(band_bps.num()) * i128::from(mid_doubled.0);
    let notional = |side: &[Level]| -> i128 {
        let within = |l: &&Level| {
            // |px - mid| <= band * mid / 10,000, with everything doubled to stay whole.
            let distance = i128::from((l.px + l.px - mid_doubled).0.abs());
            distance * 10_000 * i128::from(band_bps.den()) <= limit
        };
        let inside = side.iter().filter(within);
        inside.map(|l| i128::from(l.px.0) * i128::from(l.lots.get())).sum()
    };
    notional(bids).min(notional(asks))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::units::Lots;

    #[test]
    fn score_by_hand() {
        // span 3: alpha = 1/2
        let mut liquidity = DepthLiquidity::new(3);
        assert_eq!(liquidity.update(0), None);
        let mut liquidity = DepthLiquidity::new(3);
        assert_eq!(liquidity.update(100), Some(0.5));
        // r = 100 + (300 - 100)/2 = 200
        assert_eq!(liquidity.update(300), Some(0.6));
        // r = 200 - 100 = 100: nothing there now, and that is a known 0
        assert_eq!(liquidity.update(0), Some(0.0));
        assert_eq!(liquidity.update(100), Some(0.5));
    }

    #[test]
    fn band_edge_counts_and_the_thinner_side_decides() {
        let level = |px, lots| Level { px: Ticks(px), lots: Lots::new(lots).unwrap() };
        let bids = [level(9_999, 2), level(9_990, 3), level(9_989, 50)];
        let asks = [level(10_001, 100)];
        // mid 10,000, 10 bps = 10 ticks: 9,990 is on the edge and counts.
        let of = |bps: &str| thinner_notional(&bids, &asks, Ticks(20_000), bps.parse().unwrap());
        assert_eq!(of("10"), 2 * 9_999 + 3 * 9_990);
        assert_eq!(of("9.999"), 2 * 9_999);
        assert_eq!(of("0.5"), 0);
        assert_eq!(of("100"), 2 * 9_999 + 3 * 9_990 + 50 * 9_989);
        assert_eq!(of("1000"), 2 * 9_999 + 3 * 9_990 + 50 * 9_989);
    }
}
