//! What an order book says to someone who is about to trade: who leads, how
//! wide and how deep it is, where it is heavy, and whether it is changing.
//!
//! Everything is made of the top [`DepthParams::depth`] levels of each side,
//! fewer where fewer are there. What is deeper does not count anywhere, not in
//! the liquidity band and not in a cluster either.
//!
//! Invariants: what decides (imbalance, large levels, clusters, the band, a
//! rapid change) is compared on whole ticks and lots, so a tie is a tie; `f64`
//! is only for showing. A number that is not defined is `None`, never 0 or NaN.
//!
//! Refuses to: speak of a book that is one-sided, crossed, too old, or of the
//! future. Known limit: only what was passed to [`DepthAnalyser::update`] is
//! known, so a book that was cleared must be passed as well.

mod cluster;
mod imbalance;
mod large;
mod liquidity;
mod params;
mod shift;

use alloc::vec::Vec;

use crate::book::{Book, mean_px};
use crate::event::Level;
use crate::params::OutOfRange;
use crate::units::{Nanos, Ticks};

pub use cluster::Cluster;
pub use imbalance::Imbalance;
pub use large::LargeLevels;
pub use params::DepthParams;
pub use shift::Shift;

use liquidity::DepthLiquidity;
use shift::ShiftHistory;

/// What is known of a book at one instant. Prices in ticks.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct DepthAnalysis {
    /// Time of the last book event, nanoseconds since the Unix epoch, UTC.
    pub ts: Nanos,
    /// Highest bid: price in ticks, quantity in lots.
    pub best_bid: Level,
    /// Lowest ask: price in ticks, quantity in lots.
    pub best_ask: Level,
    /// Bid quantity over the quantity of both sides.
    pub imbalance: Imbalance,
    /// (best ask - best bid) / mid * 10,000, bps.
    pub spread_bps: f64,
    /// (best bid + best ask) / 2, ticks; exact.
    pub mid: f64,
    /// Mid weighted by the quantities at the best prices, in ticks: see [`microprice`].
    pub microprice: f64,
    /// Bids far above the median level quantity.
    pub large_bid: LargeLevels,
    /// Asks far above the median level quantity.
    pub large_ask: LargeLevels,
    /// The heaviest cluster of bids.
    pub support: Cluster,
    /// The heaviest cluster of asks.
    pub resistance: Cluster,
    /// `d / (d + r)`, 0..1: `d` is the notional within `band_bps` of mid on the
    /// thinner side, `r` its own exponential mean, this update included. 0.5 is
    /// usual, higher is deeper than usual. `None` while nothing ever was in the band.
    pub liquidity_score: Option<f64>,
    /// Change since `shift_window` before `ts`. `None` until there is a state
    /// that old, or when the book was undefined then.
    pub shift: Option<Shift>,
}

/// The mid weighted by the opposite side's quantity at the touch: it leans away
/// from the heavier side, to where the price is more likely to go. Ticks.
///
/// `(bid_px * ask_lots + ask_px * bid_lots) / (bid_lots + ask_lots)`, `None`
/// when both quantities are zero.
///
/// ```
/// use tickstep_core::depth::microprice;
/// use tickstep_core::event::Level;
/// use tickstep_core::units::{Lots, Ticks};
/// let level = |px, lots| Level { px: Ticks(px), lots: Lots::new(lots).unwrap() };
/// // (100 * 10 + 102 * 30) / 40: three quarters of the way to the ask
/// assert_eq!(microprice(level(100, 30), level(102, 10)), Some(101.5));
/// assert_eq!(microprice(level(100, 0), level(102, 0)), None);
/// ```
#[must_use]
pub fn microprice(bid: Level, ask: Level) -> Option<f64> {
    let wide = |l: Level| (i128::from(l.px.0), i128::from(l.lots.get()));
    let ((bid_px, bid_lots), (ask_px, ask_lots)) = (wide(bid), wide(ask));
    let total = bid_lots + ask_lots;
    (total > 0).then(|| mean_px(bid_px * ask_lots + ask_px * bid_lots, total))
}

/// Follows one book and answers for it.
///
/// ```
/// use tickstep_core::book::Book;
/// use tickstep_core::depth::{DepthAnalyser, DepthParams};
/// use tickstep_core::event::{BookUpdate, Level};
/// use tickstep_core::units::{Lots, Nanos, Ticks};
/// let level = |px, lots| Level { px: Ticks(px), lots: Lots::new(lots).unwrap() };
/// let mut book = Book::new();
/// let (bids, asks) = (vec![level(9_999, 6)], vec![level(10_001, 3), level(10_002, 1)]);
/// book.apply(&BookUpdate { snapshot: true, bids, asks })?;
///
/// let mut analyser = DepthAnalyser::new(DepthParams::spec())?;
/// analyser.update(Nanos::SECOND, &book);
/// let known = analyser.analysis(Nanos::SECOND).unwrap();
/// assert_eq!(known.imbalance.to_f64(), 0.6); // 6 / (6 + 3 + 1)
/// assert_eq!(known.spread_bps, 2.0); // 2 / 10,000 * 10,000
/// assert_eq!(known.resistance.price(), 10_001.25); // (10,001 * 3 + 10,002) / 4
/// assert_eq!(known.liquidity_score, Some(0.5)); // the first is its own mean
/// assert_eq!(known.shift, None); // nothing a second ago
/// // Older than 5 s: as if there were no book.
/// assert_eq!(analyser.analysis(Nanos::SECOND.times(6) + Nanos(1)), None);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct DepthAnalyser {
    params: DepthParams,
    ts: Option<Nanos>,
    bids: Vec<Level>,
    asks: Vec<Level>,
    liquidity: DepthLiquidity,
    liquidity_score: Option<f64>,
    history: ShiftHistory,
}

impl DepthAnalyser {
    /// Checks the parameters; knows no book yet.
    pub fn new(params: DepthParams) -> Result<Self, OutOfRange> {
        params.validate()?;
        Ok(Self {
            ts: None,
            bids: Vec::with_capacity(params.depth),
            asks: Vec::with_capacity(params.depth),
            liquidity: DepthLiquidity::new(params.liquidity_span),
            liquidity_score: None,
            history: ShiftHistory::new(params.shift_window),
            params,
        })
    }

    /// Takes the book as it is after the event received at `ts`, which is never
    /// before that of the last one (panics otherwise). An undefined book is a
    /// state too: it leaves the mean of the liquidity alone, and a shift that
    /// would compare with it is undefined.
    pub fn update(&mut self, ts: Nanos, book: &Book) {
        assert!(self.ts.is_none_or(|last| last <= ts), "book events come in order of time");
        let view = book.view(self.params.depth);
        self.ts = Some(ts);
        self.bids.clear();
        self.bids.extend(view.bids());
        self.asks.clear();
        self.asks.extend(view.asks());
        self.liquidity_score = self.touch().and_then(|(bid, ask)| {
            let (mid_doubled, band) = (bid.px + ask.px, self.params.band_bps);
            let d = liquidity::thinner_notional(&self.bids, &self.asks, mid_doubled, band);
            self.liquidity.update(d)
        });
        self.history.push(ts, self.imbalance());
    }

    /// What is known at `now`; `None` when the last book event is more than
    /// `max_book_age` before it (or after it), when a side is empty, or when the
    /// best bid is not below the best ask.
    #[must_use]
    pub fn analysis(&self, now: Nanos) -> Option<DepthAnalysis> {
        let ts = self.ts?;
        if ts > now || now.0.saturating_sub(ts.0) > self.params.max_book_age.0 {
            return None;
        }
        let (best_bid, best_ask) = self.touch()?;
        let (mid_doubled, spread) = (best_bid.px + best_ask.px, best_ask.px - best_bid.px);
        let (median, multiple) =
            (large::doubled_median(&self.bids, &self.asks), self.params.large_multiple);
        let heaviest =
            |side: &[Level]| Cluster::heaviest(side.iter().copied(), self.params.cluster_bps);
        Some(DepthAnalysis {
            ts,
            best_bid,
            best_ask,
            imbalance: self.imbalance()?,
            spread_bps: spread_bps(spread, mid_doubled),
            mid: mid_doubled.0 as f64 * 0.5,
            microprice: microprice(best_bid, best_ask)?,
            large_bid: LargeLevels::of(&self.bids, median, multiple),
            large_ask: LargeLevels::of(&self.asks, median, multiple),
            support: heaviest(&self.bids)?,
            resistance: heaviest(&self.asks)?,
            liquidity_score: self.liquidity_score,
            shift: self.history.shift(),
        })
    }

    /// The parameters it goes by.
    #[must_use]
    pub const fn params(&self) -> &DepthParams {
        &self.params
    }

    /// Best bid and best ask of a book that is defined.
    fn touch(&self) -> Option<(Level, Level)> {
        let (bid, ask) = (*self.bids.first()?, *self.asks.first()?);
        (bid.px < ask.px).then_some((bid, ask))
    }

    fn imbalance(&self) -> Option<Imbalance> {
        self.touch()?;
        let lots = |side: &[Level]| side.iter().map(|l| l.lots).reduce(|a, b| a + b);
        Imbalance::of(lots(&self.bids)?, lots(&self.asks)?)
    }
}

/// spread / mid * 10,000, from twice the mid: rounded once, at the division.
fn spread_bps(spread: Ticks, mid_doubled: Ticks) -> f64 {
    (i128::from(spread.0) * 20_000) as f64 / mid_doubled.0 as f64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::BookUpdate;
    use crate::units::{Fraction, Lots};
    use proptest::prelude::*;

    fn book(bids: &[(i64, i64)], asks: &[(i64, i64)]) -> Book {
        let levels = |of: &[(i64, i64)]| {
            of.iter().map(|&(px, n)| Level { px: Ticks(px), lots: Lots::new(n).unwrap() }).collect()
        };
        let mut book = Book::new();
        let update = BookUpdate { snapshot: true, bids: levels(bids), asks: levels(asks) };
        book.apply(&update).unwrap();
        book
    }

    fn analyser(depth: usize) -> DepthAnalyser {
        DepthAnalyser::new(DepthParams { depth, ..DepthParams::spec() }).unwrap()
    }

    fn once(depth: usize, bids: &[(i64, i64)], asks: &[(i64, i64)]) -> Option<DepthAnalysis> {
        let mut analyser = analyser(depth);
        analyser.update(Nanos(0), &book(bids, asks));
        analyser.analysis(Nanos(0))
    }

    #[test]
    fn undefined_books() {
        assert_eq!(once(10, &[], &[]), None);
        assert_eq!(once(10, &[(99, 1)], &[]), None);
        assert_eq!(once(10, &[], &[(101, 1)]), None);
        assert_eq!(analyser(10).analysis(Nanos(0)), None);
    }

    #[test]
    fn a_crossed_book_is_undefined_even_if_it_could_be_made() {
        let level = |px| Level { px: Ticks(px), lots: Lots::new(1).unwrap() };
        for (bid, ask) in [(100, 100), (101, 100)] {
            let mut analyser = analyser(10);
            analyser.ts = Some(Nanos(0));
            (analyser.bids, analyser.asks) = ([level(bid)].into(), [level(ask)].into());
            assert_eq!(analyser.analysis(Nanos(0)), None);
            assert_eq!(analyser.imbalance(), None);
        }
    }

    #[test]
    fn one_level_a_side() {
        let known = once(10, &[(9_999, 3)], &[(10_001, 1)]).unwrap();
        assert_eq!(known.imbalance.to_f64(), 0.75);
        assert_eq!((known.mid, known.spread_bps), (10_000.0, 2.0));
        assert_eq!(known.microprice, 10_000.5); // (9,999 * 1 + 10,001 * 3) / 4
        assert_eq!((known.support.price(), known.resistance.price()), (9_999.0, 10_001.0));
        assert!(!known.large_bid.any() && !known.large_ask.any());
        assert_eq!(known.liquidity_score, Some(0.5));
        assert_eq!(known.shift, None);
    }

    #[test]
    fn all_numbers_by_hand() {
        let bids = [(10_000, 4), (9_996, 20), (9_990, 3), (9_985, 20)];
        let asks = [(10_004, 2), (10_006, 2), (10_020, 9), (10_500, 1_000)];
        let known = once(3, &bids, &asks).unwrap(); // the fourth levels do not count
        assert_eq!(known.imbalance, Imbalance::of(lots(27), lots(13)).unwrap());
        assert_eq!(known.mid, 10_002.0);
        assert_eq!(known.spread_bps, 40_000.0 / 10_002.0);
        assert_eq!(known.microprice, (10_000.0 * 2.0 + 10_004.0 * 4.0) / 6.0);
        // Quantities 2 2 3 4 9 20: the median is 3.5, five times it 17.5.
        assert_eq!(known.large_bid, LargeLevels { lots: lots(20), side_lots: lots(27) });
        assert_eq!(known.large_ask, LargeLevels { lots: lots(0), side_lots: lots(13) });
        // 10,000 and 9,996 are 4 bps apart, 9,990 is 6 from there.
        assert_eq!(known.support.price(), (40_000.0 + 199_920.0) / 24.0);
        // 10,004 and 10,006 hold 4, 10,020 holds 9.
        assert_eq!(known.resistance.price(), 10_020.0);
        // At depth 4 the side of 10,500 turns everything.
        let known = once(4, &bids, &asks).unwrap();
        assert_eq!(known.resistance.price(), 10_500.0);
        assert_eq!(known.large_ask.share(), 1_000.0 / 1_013.0);
    }

    #[test]
    fn microprice_stays_within_the_touch_however_lopsided() {
        // Found by the property below: as one division of f64 this was above the ask.
        let known = once(1, &[(9_901, crate::book::MAX_LOTS)], &[(9_925, 1)]).unwrap();
        assert_eq!(known.microprice, 9_925.0);
    }

    fn lots(n: i64) -> Lots {
        Lots::new(n).unwrap()
    }

    #[test]
    fn age_counts_from_the_last_event() {
        let mut analyser = analyser(10);
        let book = book(&[(99, 1)], &[(101, 1)]);
        analyser.update(Nanos::SECOND, &book);
        assert!(analyser.analysis(Nanos::SECOND.times(6)).is_some());
        assert!(analyser.analysis(Nanos::SECOND.times(6) + Nanos(1)).is_none());
        assert!(analyser.analysis(Nanos::SECOND - Nanos(1)).is_none());
        analyser.update(Nanos::SECOND.times(7), &book); // unchanged, but heard of again
        assert!(analyser.analysis(Nanos::SECOND.times(8)).is_some());
        assert!(analyser.analysis(Nanos(i64::MAX)).is_none());
        // Cleared after a gap in the feed.
        analyser.update(Nanos::SECOND.times(9), &Book::new());
        assert!(analyser.analysis(Nanos::SECOND.times(9)).is_none());
    }

    #[test]
    fn liquidity_is_against_its_own_mean() {
        let params = DepthParams { liquidity_span: 3, ..DepthParams::spec() }; // alpha = 1/2
        let mut analyser = DepthAnalyser::new(params).unwrap();
        let mut score = |bid_lots, ask_lots| {
            analyser.update(Nanos(0), &book(&[(9_999, bid_lots)], &[(10_001, ask_lots)]));
            analyser.analysis(Nanos(0)).unwrap().liquidity_score.unwrap()
        };
        assert_eq!(score(10, 50), 0.5);
        assert_eq!(score(30, 50), 0.6); // r = 20
        assert_eq!(score(20, 50), 0.5); // r = 20
        assert_eq!(
            score(60, 50),
            50.0 * 10_001.0 / (50.0 * 10_001.0 + (20.0 * 9_999.0 + 50.0 * 10_001.0) / 2.0)
        );
    }

    #[test]
    fn an_undefined_book_leaves_the_mean_of_liquidity_alone() {
        let mut analyser = analyser(10);
        let usual = book(&[(9_999, 10)], &[(10_001, 10)]);
        analyser.update(Nanos(0), &usual);
        analyser.update(Nanos(1), &Book::new());
        analyser.update(Nanos(2), &usual);
        assert_eq!(analyser.analysis(Nanos(2)).unwrap().liquidity_score, Some(0.5));
        // A spread wider than the band, from the start: nothing is known of liquidity.
        assert_eq!(once(10, &[(9_000, 10)], &[(11_000, 10)]).unwrap().liquidity_score, None);
    }

    #[test]
    #[should_panic(expected = "in order of time")]
    fn time_does_not_run_back() {
        let mut analyser = analyser(10);
        analyser.update(Nanos(2), &Book::new());
        analyser.update(Nanos(1), &Book::new());
    }

    fn any_levels(px: core::ops::Range<i64>) -> impl Strategy<Value = Vec<Level>> {
        let quantity = prop_oneof![9 => 0_i64..50, 1 => Just(crate::book::MAX_LOTS)];
        let one = (px, quantity).prop_map(|(px, n)| Level { px: Ticks(px), lots: lots(n) });
        prop::collection::vec(one, 0..8)
    }

    fn any_updates(step: i64) -> impl Strategy<Value = Vec<(Nanos, BookUpdate)>> {
        let near_top = crate::book::MAX_PX.0 - 60;
        let update = prop_oneof![Just(0), Just(9_900), Just(near_top)].prop_flat_map(|base| {
            let bids = any_levels(base + 1..base + 35);
            (prop::bool::weighted(0.1), bids, any_levels(base + 25..base + 60))
        });
        let timed = (0..step, update).prop_map(|(dt, (snapshot, bids, asks))| {
            (Nanos(dt), BookUpdate { snapshot, bids, asks })
        });
        prop::collection::vec(timed, 1..40)
    }

    proptest! {
        #[test]
        fn everything_stays_in_range(
            updates in any_updates(600_000_000),
            depth in 1_usize..12,
            bps in 0_i64..100_000,
            multiple in 100_i64..1_000,
        ) {
            let mut analyser = DepthAnalyser::new(DepthParams {
                depth,
                large_multiple: Fraction::lit(multiple, 2),
                cluster_bps: Fraction::lit(bps, 2),
                band_bps: Fraction::lit(bps + 1, 2),
                ..DepthParams::spec()
            }).unwrap();
            let (mut book, mut now) = (Book::new(), Nanos(0));
            for (dt, update) in &updates {
                now = now + *dt;
                let _ = book.apply(update);
                analyser.update(now, &book);
                let known = analyser.analysis(now);
                let view = book.view(depth);
                prop_assert_eq!(known.is_some(), view.mid().is_some());
                let Some(a) = known else { continue };
                let (bid, ask) = (a.best_bid.px.0 as f64, a.best_ask.px.0 as f64);
                let ratio = a.imbalance.to_f64();
                prop_assert!(ratio > 0.0 && ratio <= 1.0);
                prop_assert!(a.spread_bps > 0.0 && a.spread_bps < 20_000.0);
                prop_assert!(bid < a.mid && a.mid < ask);
                prop_assert!(bid <= a.microprice && a.microprice <= ask);
                prop_assert!(a.support.price() <= bid && a.resistance.price() >= ask);
                prop_assert!(a.support.lots <= a.large_bid.side_lots);
                let sides = a.large_bid.side_lots + a.large_ask.side_lots;
                prop_assert_eq!(sides, a.imbalance.total_lots());
                for large in [a.large_bid, a.large_ask] {
                    prop_assert!((0.0..=1.0).contains(&large.share()));
                    prop_assert_eq!(large.any(), large.share() > 0.0);
                }
                prop_assert!(a.liquidity_score.is_none_or(|s| (0.0..1.0).contains(&s)));
                if let Some(shift) = a.shift {
                    let (ratio, depth) = (shift.imbalance_change().abs(), shift.depth_change());
                    prop_assert!(ratio <= 1.0 && depth >= -1.0);
                    // The flag is exact and these two are rounded, so they may differ at a tie.
                    let rapid_by = |slack: f64| ratio >= 0.2 + slack || depth <= -0.5 - slack;
                    prop_assert!(shift.rapid_change() || !rapid_by(1e-9));
                    prop_assert!(!shift.rapid_change() || rapid_by(-1e-9));
                }
            }
        }

        #[test]
        fn order_within_an_update_does_not_matter(updates in any_updates(600_000_000)) {
            let (mut one, mut other) = (analyser(5), analyser(5));
            let (mut book, mut turned_book, mut now) = (Book::new(), Book::new(), Nanos(0));
            for (dt, update) in &updates {
                now = now + *dt;
                let mut turned = update.clone();
                turned.bids.reverse();
                turned.asks.reverse();
                let _ = book.apply(update);
                let _ = turned_book.apply(&turned);
                one.update(now, &book);
                other.update(now, &turned_book);
                prop_assert_eq!(one.analysis(now), other.analysis(now));
            }
        }
    }
}
