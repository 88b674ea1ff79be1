//! The order book of one instrument: quantities per price level, in ticks and lots.
//!
//! Each side is a sorted `Vec` with the best level at its **end**. Most changes
//! of a real feed are at or near the touch, so the part that an insertion moves
//! is short, reading the top levels walks memory that lies together, and nothing
//! is allocated per update once the vectors have grown; a `BTreeMap` pays for
//! its nodes on every one of these.
//!
//! Invariants: levels are sorted, distinct and never of zero quantity; the best
//! bid is below the best ask after every update; `1 <= price <=` [`MAX_PX`] and
//! quantity `<=` [`MAX_LOTS`], which keeps every sum and product made of a book
//! within 64 and 128 bits.
//!
//! Refuses to: take an update that contradicts itself ([`BookError`]). It knows
//! nothing of sequence numbers: whoever reads the feed notices a gap and calls
//! [`Book::clear`] until the next snapshot.

mod error;
mod ladder;
mod view;

use crate::event::{BookUpdate, Level};
use crate::units::{Side, Ticks};

pub use error::{BookError, MAX_LOTS, MAX_PX};
pub(crate) use view::mean_px;
pub use view::{BookView, Sweep};

use ladder::Ladder;

/// What an update did besides setting its levels.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Applied {
    /// Old bids removed because a new ask reached them.
    pub stale_bids: usize,
    /// Old asks removed because a new bid reached them.
    pub stale_asks: usize,
}

/// An order book, level by level.
///
/// ```
/// use tickstep_core::book::Book;
/// use tickstep_core::event::{BookUpdate, Level};
/// use tickstep_core::units::{Lots, Ticks};
/// let level = |px, lots| Level { px: Ticks(px), lots: Lots::new(lots).unwrap() };
/// let mut book = Book::new();
/// book.apply(&BookUpdate {
///     snapshot: true,
///     bids: vec![level(99, 5), level(100, 2)],
///     asks: vec![level(101, 4), level(103, 1)],
/// })?;
/// assert_eq!(book.whole().mid(), Some(100.5));
/// // A bid at 101: the ask there must be gone, the feed has just not said so yet.
/// let done =
///     book.apply(&BookUpdate { snapshot: false, bids: vec![level(101, 3)], asks: vec![] })?;
/// assert_eq!(done.stale_asks, 1);
/// assert_eq!(book.best_ask(), Some(level(103, 1)));
/// # Ok::<(), tickstep_core::book::BookError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Book {
    bids: Ladder,
    asks: Ladder,
}

impl Default for Book {
    fn default() -> Self {
        Self::new()
    }
}

impl Book {
    /// A book without levels, as before the first snapshot.
    #[must_use]
    pub const fn new() -> Self {
        Self { bids: Ladder::new(Side::Buy), asks: Ladder::new(Side::Sell) }
    }

    /// Applies a snapshot (everything known before is replaced) or a change
    /// (quantity zero removes a level; one that is absent may be removed).
    ///
    /// When a change leaves the book crossed, the side just updated wins, and
    /// the opposite levels it reaches are stale: they go, and are counted.
    pub fn apply(&mut self, update: &BookUpdate) -> Result<Applied, BookError> {
        let staged = self.stage(update);
        let applied = staged.map(|(new_bid, new_ask)| {
            self.bids.settle(update.snapshot);
            self.asks.settle(update.snapshot);
            Applied {
                stale_bids: new_ask.map_or(0, |px| self.bids.drop_reached(px)),
                stale_asks: new_bid.map_or(0, |px| self.asks.drop_reached(px)),
            }
        });
        self.bids.staged.clear();
        self.asks.staged.clear();
        let view = self.whole();
        assert!(view.spread().is_none_or(|s| s > Ticks(0)), "a book is never crossed");
        applied
    }

    /// Checks the update without changing a level; its best bid and best ask.
    fn stage(&mut self, update: &BookUpdate) -> Result<(Option<Ticks>, Option<Ticks>), BookError> {
        let bid = self.bids.stage(&update.bids)?;
        let ask = self.asks.stage(&update.asks)?;
        match (bid, ask) {
            (Some(bid), Some(ask)) if bid >= ask => Err(BookError::Crossed { bid, ask }),
            _ => Ok((bid, ask)),
        }
    }

    /// Forgets everything, as after a gap in the feed.
    pub fn clear(&mut self) {
        self.bids.levels.clear();
        self.asks.levels.clear();
    }

    /// Highest bid; `None` while there is none.
    #[must_use]
    pub fn best_bid(&self) -> Option<Level> {
        self.bids.levels.last().copied()
    }

    /// Lowest ask; `None` while there is none.
    #[must_use]
    pub fn best_ask(&self) -> Option<Level> {
        self.asks.levels.last().copied()
    }

    /// A view of every level of both sides.
    #[must_use]
    pub fn whole(&self) -> BookView<'_> {
        BookView { bids: &self.bids.levels, asks: &self.asks.levels }
    }

    /// The best `depth` levels of each side, fewer where fewer are there.
    #[must_use]
    pub fn view(&self, depth: usize) -> BookView<'_> {
        BookView { bids: self.bids.top(depth), asks: self.asks.top(depth) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::units::Lots;
    use alloc::string::ToString;
    use alloc::vec;
    use alloc::vec::Vec;
    use proptest::prelude::*;

    fn level(px: i64, lots: i64) -> Level {
        Level { px: Ticks(px), lots: Lots::new(lots).unwrap() }
    }

    fn levels(of: &[(i64, i64)]) -> Vec<Level> {
        of.iter().map(|&(px, lots)| level(px, lots)).collect()
    }

    fn update(snapshot: bool, bids: &[(i64, i64)], asks: &[(i64, i64)]) -> BookUpdate {
        BookUpdate { snapshot, bids: levels(bids), asks: levels(asks) }
    }

    /// 99 x 5, 98 x 6, 95 x 7 | 101 x 4, 102 x 3, 105 x 2
    fn book() -> Book {
        let mut book = Book::new();
        let bids = [(98, 6), (99, 5), (95, 7)];
        book.apply(&update(true, &bids, &[(105, 2), (101, 4), (102, 3)])).unwrap();
        book
    }

    fn sides(book: &Book) -> (Vec<Level>, Vec<Level>) {
        (book.whole().bids().collect(), book.whole().asks().collect())
    }

    #[test]
    fn changes_by_hand() {
        // (bids and asks of the change, stale bids and asks, bids and asks after it)
        type Levels = &'static [(i64, i64)];
        type Case = (Levels, Levels, (usize, usize), Levels, Levels);
        let cases: [Case; 9] = [
            (&[], &[], (0, 0), &[(99, 5), (98, 6), (95, 7)], &[(101, 4), (102, 3), (105, 2)]),
            // Set, insert, remove, remove what is absent.
            (
                &[(98, 1), (97, 2), (96, 0)],
                &[(101, 0), (103, 9), (200, 0)],
                (0, 0),
                &[(99, 5), (98, 1), (97, 2), (95, 7)],
                &[(102, 3), (103, 9), (105, 2)],
            ),
            // A new bid reaches two asks; an equal price is reached.
            (&[(102, 1)], &[], (0, 2), &[(102, 1), (99, 5), (98, 6), (95, 7)], &[(105, 2)]),
            // A new ask reaches a bid.
            (
                &[],
                &[(99, 1)],
                (1, 0),
                &[(98, 6), (95, 7)],
                &[(99, 1), (101, 4), (102, 3), (105, 2)],
            ),
            // Both sides: old asks up to the new bid go, the new ask stays.
            (
                &[(102, 1)],
                &[(103, 1)],
                (0, 2),
                &[(102, 1), (99, 5), (98, 6), (95, 7)],
                &[(103, 1), (105, 2)],
            ),
            // The feed removes the reached ask itself: nothing is stale.
            (
                &[(101, 1)],
                &[(101, 0)],
                (0, 0),
                &[(101, 1), (99, 5), (98, 6), (95, 7)],
                &[(102, 3), (105, 2)],
            ),
            // A removal beyond the touch of the other side reaches nothing.
            (
                &[(150, 0)],
                &[(1, 0)],
                (0, 0),
                &[(99, 5), (98, 6), (95, 7)],
                &[(101, 4), (102, 3), (105, 2)],
            ),
            // The same level twice is said twice, no more.
            (
                &[(99, 8), (99, 8)],
                &[],
                (0, 0),
                &[(99, 8), (98, 6), (95, 7)],
                &[(101, 4), (102, 3), (105, 2)],
            ),
            (&[(200, 1)], &[], (0, 3), &[(200, 1), (99, 5), (98, 6), (95, 7)], &[]),
        ];
        for (bids, asks, (stale_bids, stale_asks), bids_after, asks_after) in cases {
            let mut book = book();
            let applied = book.apply(&update(false, bids, asks)).unwrap();
            assert_eq!(applied, Applied { stale_bids, stale_asks }, "{bids:?} | {asks:?}");
            assert_eq!(sides(&book), (levels(bids_after), levels(asks_after)));
        }
    }

    #[test]
    fn refused_updates_leave_the_book_alone() {
        let cases = [
            (update(false, &[(0, 1)], &[]), "price of 0 ticks is out of range; it must be 1 to"),
            (update(false, &[], &[(-1, 0)]), "price of -1 ticks is out of range"),
            (update(false, &[], &[(MAX_PX.0 + 1, 0)]), "price of 281474976710657 ticks"),
            (update(false, &[(5, MAX_LOTS + 1)], &[]), "quantity of 9007199254740993 lots at 5"),
            (
                update(false, &[(90, 1), (103, 1)], &[(110, 1), (103, 1)]),
                "the update is crossed in itself: bid 103 is not below ask 103 (ticks)",
            ),
            (update(true, &[(104, 1)], &[(103, 1)]), "bid 104 is not below ask 103"),
            (
                update(false, &[], &[(103, 2), (104, 1), (103, 0)]),
                "the update gives the sell price 103 ticks both 0 and 2 lots",
            ),
        ];
        for (refused, text) in cases {
            let mut book = book();
            let error = book.apply(&refused).unwrap_err().to_string();
            assert!(error.contains(text), "{error}");
            assert_eq!(book, self::book());
        }
    }

    #[test]
    fn a_level_being_removed_does_not_cross() {
        let mut book = book();
        assert!(book.apply(&update(false, &[(99, 0), (100, 1)], &[(100, 0), (101, 1)])).is_ok());
    }

    #[test]
    fn empty_and_one_sided_books_have_no_mid() {
        let mut book = Book::new();
        let undefined = |b: &Book| (b.whole().mid(), b.whole().spread(), b.whole().mid_doubled());
        assert_eq!(undefined(&book), (None, None, None));
        book.apply(&update(true, &[(99, 1)], &[])).unwrap();
        assert_eq!(undefined(&book), (None, None, None));
        book.apply(&update(false, &[], &[(102, 1)])).unwrap();
        assert_eq!(undefined(&book), (Some(100.5), Some(Ticks(3)), Some(Ticks(201))));
        book.clear();
        assert_eq!(book, Book::new());
    }

    #[test]
    fn a_snapshot_without_quantity_is_empty() {
        let mut book = book();
        book.apply(&update(true, &[(99, 0)], &[])).unwrap();
        assert_eq!(book, Book::new());
    }

    #[test]
    fn sweeps_by_hand() {
        let book = book();
        let of = |side, lots| {
            let sweep = book.whole().cost_to_sweep(side, Lots::new(lots).unwrap());
            sweep.map(|s| (s.tick_lots, s.worst.0))
        };
        let cases = [
            (Side::Buy, 0, None),
            (Side::Buy, 4, Some((404, 101))),
            (Side::Buy, 5, Some((506, 102))),
            (Side::Buy, 9, Some((4 * 101 + 3 * 102 + 2 * 105, 105))),
            (Side::Buy, 10, None),
            (Side::Sell, 6, Some((5 * 99 + 98, 98))),
            (Side::Sell, 18, Some((5 * 99 + 6 * 98 + 7 * 95, 95))),
            (Side::Sell, 19, None),
        ];
        for (side, lots, expected) in cases {
            assert_eq!(of(side, lots), expected, "{side} {lots}");
        }
        // A view sweeps only what it shows.
        assert_eq!(book.view(1).cost_to_sweep(Side::Buy, Lots::new(5).unwrap()), None);
        assert_eq!(book.view(2).bids().collect::<Vec<_>>(), levels(&[(99, 5), (98, 6)]));
        assert_eq!(book.view(9), book.whole());
    }

    fn any_levels() -> impl Strategy<Value = Vec<Level>> {
        let one = (1_i64..40, 0_i64..6).prop_map(|(px, lots)| level(px, lots));
        prop::collection::vec(one, 0..12)
    }

    fn any_update() -> impl Strategy<Value = BookUpdate> {
        (prop::bool::weighted(0.1), any_levels(), any_levels())
            .prop_map(|(snapshot, bids, asks)| BookUpdate { snapshot, bids, asks })
    }

    /// One level a price and not crossed, so that it is never refused.
    fn sound_snapshot() -> impl Strategy<Value = BookUpdate> {
        let side = || prop::collection::btree_map(1_i64..50, 1_i64..100, 0..20);
        (side(), side()).prop_map(|(bids, asks)| BookUpdate {
            snapshot: true,
            bids: bids.into_iter().map(|(px, lots)| level(px, lots)).collect(),
            asks: asks.into_iter().map(|(px, lots)| level(px + 50, lots)).collect(),
        })
    }

    proptest! {
        #[test]
        fn never_crossed_and_always_sorted(updates in prop::collection::vec(any_update(), 0..40)) {
            let mut book = Book::new();
            for update in &updates {
                let before = book.clone();
                if book.apply(update).is_err() {
                    prop_assert_eq!(&book, &before);
                }
                let (bids, asks) = sides(&book);
                prop_assert!(bids.windows(2).all(|w| w[0].px > w[1].px));
                prop_assert!(asks.windows(2).all(|w| w[0].px < w[1].px));
                prop_assert!(bids.iter().chain(&asks).all(|l| !l.lots.is_zero()));
                if let (Some(bid), Some(ask)) = (book.best_bid(), book.best_ask()) {
                    prop_assert!(bid.px < ask.px);
                }
            }
        }

        #[test]
        fn the_update_wins(updates in prop::collection::vec(any_update(), 1..20)) {
            let mut book = Book::new();
            for update in &updates {
                if book.apply(update).is_ok() {
                    let (bids, asks) = sides(&book);
                    let kept = |side: &[Level], l: &Level| match l.lots.is_zero() {
                        true => side.iter().all(|s| s.px != l.px),
                        false => side.contains(l),
                    };
                    prop_assert!(update.bids.iter().all(|l| kept(&bids, l)));
                    prop_assert!(update.asks.iter().all(|l| kept(&asks, l)));
                }
            }
        }

        #[test]
        fn a_snapshot_is_a_fresh_book(
            updates in prop::collection::vec(any_update(), 0..10),
            snapshot in sound_snapshot(),
        ) {
            let (mut used, mut fresh) = (Book::new(), Book::new());
            for update in &updates {
                let _ = used.apply(update);
            }
            used.apply(&snapshot).unwrap();
            fresh.apply(&snapshot).unwrap();
            prop_assert_eq!(&used, &fresh);
            // In pieces, as changes to an empty book, it is the same again.
            let mut pieces = Book::new();
            for &l in &snapshot.bids {
                pieces.apply(&BookUpdate { snapshot: false, bids: vec![l], asks: vec![] }).unwrap();
            }
            for &l in &snapshot.asks {
                pieces.apply(&BookUpdate { snapshot: false, bids: vec![], asks: vec![l] }).unwrap();
            }
            prop_assert_eq!(&used, &pieces);
        }

        #[test]
        fn removing_all_leaves_nothing(snapshot in sound_snapshot()) {
            let mut book = Book::new();
            book.apply(&snapshot).unwrap();
            let gone = |side: &[Level]| side.iter().map(|l| level(l.px.0, 0)).collect();
            let (bids, asks) = (gone(&snapshot.bids), gone(&snapshot.asks));
            book.apply(&BookUpdate { snapshot: false, bids, asks }).unwrap();
            prop_assert_eq!(book, Book::new());
        }

        #[test]
        fn order_within_an_update_does_not_matter(
            updates in prop::collection::vec(any_update(), 1..12),
            turn in 0_usize..12,
        ) {
            let (mut one, mut other) = (Book::new(), Book::new());
            for update in &updates {
                let mut turned = update.clone();
                for side in [&mut turned.bids, &mut turned.asks] {
                    side.reverse();
                    let by = turn.min(side.len());
                    side.rotate_left(by);
                }
                prop_assert_eq!(one.apply(update), other.apply(&turned));
                prop_assert_eq!(&one, &other);
            }
        }

        #[test]
        fn views_add_up(snapshot in sound_snapshot(), depth in 0_usize..25) {
            let mut book = Book::new();
            book.apply(&snapshot).unwrap();
            let sum = |side: &[Level]| side.iter().map(|l| l.lots.get()).sum::<i64>();
            let (bids, asks) = sides(&book);
            prop_assert_eq!((sum(&bids), sum(&asks)), (sum(&snapshot.bids), sum(&snapshot.asks)));
            let view = book.view(depth);
            let shown: Vec<Level> = view.asks().collect();
            prop_assert_eq!(&shown[..], &asks[..depth.min(asks.len())]);
            prop_assert_eq!(view.bids().len(), depth.min(bids.len()));
            // Sweeping all that is shown costs all that is shown.
            let all = view.cost_to_sweep(Side::Buy, Lots::new(sum(&shown)).unwrap());
            let cost: i128 = shown.iter().map(|l| i128::from(l.px.0 * l.lots.get())).sum();
            prop_assert_eq!(all.map(|s| s.tick_lots), (cost > 0).then_some(cost));
        }
    }
}
