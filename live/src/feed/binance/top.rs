//! Which part of a book the runner is told, and when.
//!
//! The runner, and so its journal, has the best levels that its strategies look at, whole
//! each time, so that a replay knows the same book from the first of them on. They are told
//! at most so often, and before a bar that closes.

use rust_decimal::Decimal;
use tickstep_core::book::Book;
use tickstep_core::event::{BookUpdate, Level};
use tickstep_core::instrument::{Instrument, OffGrid};
use tickstep_core::units::{Lots, Nanos, Side, Ticks};

use super::wire::PRICE_DECIMALS;

/// The best levels of one book.
#[derive(Clone, Debug)]
pub struct BookTop {
    instrument: Instrument,
    levels: usize,
    every: Nanos,
    /// Whether prices between two ticks are rounded away from the middle of the book.
    rounds: bool,
    told: Option<Nanos>,
    /// Whether anything came since.
    news: bool,
    /// Whether the runner has a book that does not hold any more.
    stands: bool,
}

impl BookTop {
    /// `levels` of each side, told at most each `every`.
    #[must_use]
    pub const fn new(instrument: Instrument, levels: usize, every: Nanos, rounds: bool) -> Self {
        let (told, news, stands) = (None, false, false);
        Self { instrument, levels, every, rounds, told, news, stands }
    }

    /// The book changed.
    pub const fn note(&mut self) {
        self.news = true;
    }

    /// When it is to be told; `None` while there is nothing to tell.
    #[must_use]
    pub fn due(&self) -> Option<Nanos> {
        self.news.then(|| self.told.map_or(Nanos(i64::MIN), |told| told + self.every))
    }

    /// The levels, where they are not told yet.
    pub fn take(&mut self, book: &Book, now: Nanos) -> Option<Result<BookUpdate, OffGrid>> {
        if !std::mem::replace(&mut self.news, false) {
            return None;
        }
        self.told = Some(now);
        let view = book.whole();
        let sides = self
            .side(Side::Buy, view.bids())
            .and_then(|b| Ok((b, self.side(Side::Sell, view.asks())?)));
        Some(sides.map(|(bids, asks)| {
            self.stands = true;
            BookUpdate { snapshot: true, bids, asks }
        }))
    }

    /// A book without levels, where the runner has one that does not hold any more.
    pub fn gone(&mut self) -> Option<BookUpdate> {
        self.news = false;
        let stood = std::mem::replace(&mut self.stands, false);
        stood.then(|| BookUpdate { snapshot: true, bids: Vec::new(), asks: Vec::new() })
    }

    fn side(&self, side: Side, from: impl Iterator<Item = Level>) -> Result<Vec<Level>, OffGrid> {
        let mut out: Vec<Level> = Vec::with_capacity(self.levels);
        for Level { px, lots } in from {
            let px = self.ticks(side, px)?;
            if let Some(last) = out.last_mut().filter(|last| last.px == px) {
                let sum = last.lots.get().saturating_add(lots.get());
                last.lots = Lots::new(sum).unwrap_or(last.lots);
                continue;
            }
            if out.len() == self.levels {
                break;
            }
            out.push(Level { px, lots });
        }
        Ok(out)
    }

    /// Ticks of the instrument for a price of the exchange.
    fn ticks(&self, side: Side, px: Ticks) -> Result<Ticks, OffGrid> {
        let value = Decimal::new(px.0, PRICE_DECIMALS).normalize();
        if !self.rounds {
            return self.instrument.price_exact(value);
        }
        let rounded = match side {
            Side::Buy => self.instrument.price_floor(value),
            Side::Sell => self.instrument.price_ceil(value),
        };
        rounded.ok_or(OffGrid { value, step: self.instrument.spec().tick_size })
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use tickstep_core::instrument::InstrumentSpec;

    fn top(tick: Decimal, levels: usize, rounds: bool) -> BookTop {
        let spec = InstrumentSpec::plain("X", "USDT", tick, Decimal::ONE);
        let every = Nanos::SECOND;
        BookTop::new(Instrument::new(spec).unwrap(), levels, every, rounds)
    }

    /// Prices in hundredths.
    fn book(bids: &[(i64, i64)], asks: &[(i64, i64)]) -> Book {
        let level = |(px, lots): &(i64, i64)| Level {
            px: Ticks(px * 1_000_000),
            lots: Lots::new(*lots).unwrap(),
        };
        let mut book = Book::new();
        let update = BookUpdate {
            snapshot: true,
            bids: bids.iter().map(level).collect(),
            asks: asks.iter().map(level).collect(),
        };
        book.apply(&update).unwrap();
        book
    }

    fn pairs(levels: &[Level]) -> Vec<(i64, i64)> {
        levels.iter().map(|l| (l.px.0, l.lots.get())).collect()
    }

    #[test]
    fn the_best_levels_are_told_at_most_so_often() {
        let mut top = top(Decimal::new(1, 2), 2, false);
        let book = book(&[(100, 1), (99, 2), (98, 3)], &[(101, 4)]);
        let at = |s| Nanos::SECOND.times(s);
        assert_eq!((top.due(), top.take(&book, at(5))), (None, None));
        top.note();
        assert!(top.due() <= Some(at(5)));
        let told = top.take(&book, at(5)).unwrap().unwrap();
        assert!(told.snapshot);
        assert_eq!(pairs(&told.bids), [(100, 1), (99, 2)]);
        assert_eq!(pairs(&told.asks), [(101, 4)]);
        assert_eq!(top.due(), None);
        top.note();
        assert_eq!(top.due(), Some(at(6)));
        // A book that was lost is told once.
        let gone = top.gone().unwrap();
        assert!(gone.snapshot && gone.bids.is_empty() && gone.asks.is_empty());
        assert_eq!((top.gone(), top.due()), (None, None));
    }

    #[test]
    fn a_coarser_grid_is_refused_or_rounded_away_from_the_middle() {
        let book = book(&[(104, 1), (101, 2), (95, 3), (91, 1)], &[(106, 4), (110, 5), (111, 6)]);
        let mut exact = top(Decimal::new(1, 1), 2, false);
        exact.note();
        let error = exact.take(&book, Nanos(0)).unwrap().unwrap_err().to_string();
        assert_eq!(error, "1.04 is not a whole multiple of 0.1");
        assert_eq!(exact.gone(), None, "the runner never had it");
        let mut near = top(Decimal::new(1, 1), 2, true);
        near.note();
        let told = near.take(&book, Nanos(0)).unwrap().unwrap();
        assert_eq!(pairs(&told.bids), [(10, 3), (9, 4)]);
        assert_eq!(pairs(&told.asks), [(11, 9), (12, 6)]);
    }
}
