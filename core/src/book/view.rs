//! What can be read off a book: its top levels, mid, spread and the cost of a sweep.

use crate::event::Level;
use crate::units::{Lots, Side, Ticks};

/// The top levels of a book, or all of them; the slices have the best level last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BookView<'a> {
    pub(super) bids: &'a [Level],
    pub(super) asks: &'a [Level],
}

impl<'a> BookView<'a> {
    /// Bids from the best price down.
    pub fn bids(self) -> impl ExactSizeIterator<Item = Level> + 'a {
        self.bids.iter().rev().copied()
    }

    /// Asks from the best price up.
    pub fn asks(self) -> impl ExactSizeIterator<Item = Level> + 'a {
        self.asks.iter().rev().copied()
    }

    /// Highest bid; `None` while there is none.
    #[must_use]
    pub fn best_bid(self) -> Option<Level> {
        self.bids.last().copied()
    }

    /// Lowest ask; `None` while there is none.
    #[must_use]
    pub fn best_ask(self) -> Option<Level> {
        self.asks.last().copied()
    }

    /// Twice the mid, so that it is whole: best bid + best ask, ticks.
    #[must_use]
    pub fn mid_doubled(self) -> Option<Ticks> {
        Some(self.best_bid()?.px + self.best_ask()?.px)
    }

    /// (best bid + best ask) / 2, ticks. Exact: a half fits an `f64` at these sizes.
    #[must_use]
    pub fn mid(self) -> Option<f64> {
        Some(self.mid_doubled()?.0 as f64 * 0.5)
    }

    /// Best ask - best bid, ticks.
    #[must_use]
    pub fn spread(self) -> Option<Ticks> {
        Some(self.best_ask()?.px - self.best_bid()?.px)
    }

    /// What an aggressive order of `side` for `lots` would pay level by level:
    /// a `Buy` takes asks. `None` when the view is not deep enough, or for no lots.
    ///
    /// ```
    /// # use tickstep_core::book::Book;
    /// # use tickstep_core::event::{BookUpdate, Level};
    /// # use tickstep_core::units::{Lots, Side, Ticks};
    /// # let level = |px, lots| Level { px: Ticks(px), lots: Lots::new(lots).unwrap() };
    /// # let mut book = Book::new();
    /// # let asks = vec![level(101, 4), level(103, 2)];
    /// # book.apply(&BookUpdate { snapshot: true, bids: vec![], asks }).unwrap();
    /// // Asks: 4 lots at 101 and 2 at 103.
    /// let sweep = book.whole().cost_to_sweep(Side::Buy, Lots::new(5).unwrap()).unwrap();
    /// assert_eq!(sweep.tick_lots, 4 * 101 + 103);
    /// assert_eq!(sweep.average(), 101.4);
    /// assert_eq!(sweep.worst, Ticks(103));
    /// assert_eq!(book.whole().cost_to_sweep(Side::Buy, Lots::new(7).unwrap()), None);
    /// ```
    #[must_use]
    pub fn cost_to_sweep(self, side: Side, lots: Lots) -> Option<Sweep> {
        let levels = match side {
            Side::Buy => self.asks,
            Side::Sell => self.bids,
        };
        let (mut left, mut tick_lots) = (lots, 0);
        for level in levels.iter().rev() {
            let taken = left.min(level.lots);
            tick_lots += i128::from(level.px.0) * i128::from(taken.get());
            left -= taken;
            if left.is_zero() && !lots.is_zero() {
                return Some(Sweep { lots, tick_lots, worst: level.px });
            }
        }
        None
    }
}

/// The cost of walking a book.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sweep {
    /// Quantity taken, in lots; positive.
    pub lots: Lots,
    /// Sum of price * quantity over the levels taken, ticks * lots, exact.
    pub tick_lots: i128,
    /// Price of the last level taken, in ticks.
    pub worst: Ticks,
}

impl Sweep {
    /// Average price of the quantity taken, in ticks.
    #[must_use]
    pub fn average(&self) -> f64 {
        mean_px(self.tick_lots, i128::from(self.lots.get()))
    }
}

/// `tick_lots / lots`, an average price in ticks, for positive `lots`. The whole
/// ticks are divided off exactly: sums beyond 2^53 divided as `f64` may end up
/// outside the prices they are the average of.
pub(crate) fn mean_px(tick_lots: i128, lots: i128) -> f64 {
    tick_lots.div_euclid(lots) as f64 + tick_lots.rem_euclid(lots) as f64 / lots as f64
}
