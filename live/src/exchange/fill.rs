//! Orders that fill: into a position of their own, into the one there is, or against it.

use rust_decimal::Decimal;
use tickstep_core::units::Side;

use super::books::{Booking, Books};
use super::holding::{CloseCause, Holding, HoldingPart};
use super::instruction::{Levels, Objection, Receipt};
use super::listing::Listing;
use super::truth::Deed;
use super::venue::{Exchange, IdStyle};

/// An order that fills: its number, instrument, side, volume, price and levels.
pub(crate) struct Filling {
    /// Number of the order.
    pub order: String,
    /// The instrument.
    pub symbol: String,
    /// Its side.
    pub side: Side,
    /// How much.
    pub volume: Decimal,
    /// At which price.
    pub px: Decimal,
    /// Stop and target.
    pub levels: Levels,
    /// The intent behind it, where it was told.
    pub intent: Option<u64>,
    /// Its comment.
    pub comment: String,
}

impl Exchange {
    /// Fills an order: a position of its own, or into the one there is. Refused for want of
    /// margin alone.
    pub(crate) fn fill(
        &mut self,
        account: &str,
        filling: Filling,
        deed: Deed,
    ) -> Result<Receipt, Objection> {
        let missing = || Objection::NoSymbol(filling.symbol.clone());
        let books = self.accounts.get(account).ok_or(Objection::NoAccount)?;
        let listing = &self.markets.get(&filling.symbol).ok_or_else(missing)?.listing;
        let same = |h: &&Holding| h.symbol == filling.symbol;
        let against = match books.terms.booking {
            Booking::Hedging => None,
            Booking::Netting => {
                books.page.holdings.iter().find(same).filter(|h| h.side != filling.side)
            }
        };
        // On a netting account, only what goes beyond the position needs margin.
        let gone = against.map_or(Decimal::ZERO, |h| h.volume.min(filling.volume));
        let needed = self.needs(books, listing, filling.volume - gone, filling.px);
        let freed = against.map_or(Decimal::ZERO, |h| h.margin * gone / h.volume);
        let free = self.funds_of(&books.page, &books.terms).free_margin + freed;
        if needed > free {
            return Err(Objection::Margin { needed, free });
        }
        Ok(self.book(account, filling, deed))
    }

    fn needs(&self, books: &Books, listing: &Listing, volume: Decimal, px: Decimal) -> Decimal {
        let margin = books.cents(listing.margin(volume, px, books.terms.leverage));
        margin + books.cents(listing.commission_per_lot * volume)
    }

    fn book(&mut self, account: &str, filling: Filling, deed: Deed) -> Receipt {
        let (order, now) = (filling.order.clone(), self.now);
        let netting = self.accounts.get(account).filter(|b| b.terms.booking == Booking::Netting);
        let there = netting.and_then(|books| {
            let same = |h: &Holding| h.symbol == filling.symbol;
            let at = books.page.holdings.iter().position(same)?;
            Some((at, books.page.holdings[at].clone()))
        });
        let mut left = filling.volume;
        let mut shown = there.as_ref().map(|(_, held)| held.clone());
        if let Some((at, held)) = there.as_ref().filter(|(_, h)| h.side != filling.side) {
            let gone = left.min(held.volume);
            let why = (order.clone(), CloseCause::Opposite);
            self.close_at(account, *at, (gone, filling.px), why);
            left -= gone;
        }
        if !left.is_zero() {
            let into = there.filter(|(_, h)| h.side == filling.side).map(|(at, _)| at);
            shown = self.enter(account, &filling, left, into);
        }
        let Some(held) = shown else { return Receipt { order, position: None } };
        let (id, intent, levels) = (held.id.clone(), filling.intent, filling.levels);
        let said = Holding { intent, side: filling.side, levels, ..held };
        self.did(account, deed, &said, filling.volume, filling.px);
        debug_assert_eq!(self.now, now, "a fill takes no time");
        Receipt { order, position: Some(id) }
    }

    /// A new position, or more of the one at `into`; what the account then holds.
    fn enter(
        &mut self,
        account: &str,
        filling: &Filling,
        volume: Decimal,
        into: Option<usize>,
    ) -> Option<Holding> {
        let id = match self.rules.ids {
            IdStyle::Apart if into.is_none() => self.fresh_id(),
            IdStyle::Same | IdStyle::Apart => filling.order.clone(),
        };
        let (now, px) = (self.now, filling.px);
        let listing = &self.markets.get(&filling.symbol)?.listing;
        let books = self.accounts.get_mut(account)?;
        books.turn(now);
        let commission = -books.cents(listing.commission_per_lot * volume);
        let margin = books.cents(listing.margin(volume, px, books.terms.leverage));
        let part = HoldingPart { order: filling.order.clone(), ts: now, volume, px };
        if let Some(at) = into {
            books.add(at, part, commission, margin);
            books.page.holdings[at].bracket(now, filling.levels);
            return Some(books.page.holdings[at].clone());
        }
        let mut held = Holding {
            id,
            symbol: filling.symbol.clone(),
            side: filling.side,
            volume,
            opened: now,
            open_px: px,
            levels: filling.levels,
            swap: Decimal::ZERO,
            commission,
            margin,
            parts: vec![part],
            bare_since: None,
            intent: filling.intent,
            comment: filling.comment.clone(),
        };
        held.bracket(now, filling.levels);
        books.page.holdings.push(held.clone());
        Some(held)
    }
}
