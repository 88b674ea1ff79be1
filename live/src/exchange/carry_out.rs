//! Instructions, checked and carried out at the present price.
//!
//! Everything is checked before anything is changed, so that a refusal leaves nothing.

use rust_decimal::Decimal;

use super::checks::{check_activation, check_levels, check_said, check_volume};
use super::fill::Filling;
use super::holding::{CloseCause, Holding, Waiting};
use super::instruction::{Instruction, Levels, Note, Objection, Receipt, Said};
use super::market::{Market, ShownQuote};
use super::truth::{Deed, VenueExecution};
use super::venue::Exchange;

impl Exchange {
    /// Carries an instruction out now, under `order` where it has a number already.
    pub(crate) fn carry_out(
        &mut self,
        account: &str,
        instruction: Instruction,
        note: &Note,
        order: Option<String>,
    ) -> Result<Receipt, Objection> {
        if !self.accounts.get(account).is_some_and(|books| books.enabled) {
            return Err(Objection::NoAccount);
        }
        match instruction {
            Instruction::Open { symbol, side, volume, levels } => {
                let (market, quote) = self.trading(&symbol)?;
                let px = market.fill(side, quote, self.worse);
                check_volume(&market.listing, volume)?;
                check_levels(&market.listing, side, quote.side(side.opposite()), levels)?;
                let order = self.number(order);
                let (intent, comment) = (note.intent, note.comment.clone());
                let filling = Filling { order, symbol, side, volume, px, levels, intent, comment };
                self.fill(account, filling, Deed::Opened)
            }
            Instruction::Amend { position, said, levels } => {
                self.amend(account, position, &said, levels, note, order)
            }
            Instruction::Close { position, said, part } => {
                self.close(account, position, &said, part, note, order)
            }
            Instruction::Create { symbol, side, volume, kind, px, levels } => {
                let (market, quote) = self.trading(&symbol)?;
                check_volume(&market.listing, volume)?;
                check_activation(&market.listing, (side, kind, px), quote)?;
                check_levels(&market.listing, side, px, levels)?;
                let (id, created) = (self.number(order), self.now);
                let (intent, comment) = (note.intent, note.comment.clone());
                let waiting = Waiting {
                    id,
                    symbol,
                    side,
                    volume,
                    kind,
                    px,
                    created,
                    levels,
                    intent,
                    comment,
                };
                Ok(self.wait(account, waiting, note))
            }
            Instruction::Change { order: id, said, px, levels } => {
                self.change(account, id, &said, (px, levels), note)
            }
            Instruction::Cancel { order: id, said } => self.cancel(account, &id, &said, note),
        }
    }

    fn number(&mut self, given: Option<String>) -> String {
        given.unwrap_or_else(|| self.fresh_id())
    }

    /// The instrument and its price, where it trades now.
    fn trading(&self, symbol: &str) -> Result<(&Market, &ShownQuote), Objection> {
        let missing = || Objection::NoSymbol(symbol.to_owned());
        let market = self.markets.get(symbol).ok_or_else(missing)?;
        if !market.is_open(self.now) {
            return Err(Objection::Closed);
        }
        Ok((market, market.quote().ok_or(Objection::NoPrice)?))
    }

    fn held(&self, account: &str, id: &str, said: &Said) -> Result<(usize, Holding), Objection> {
        let missing = || Objection::NoPosition(id.to_owned());
        let books = self.accounts.get(account).ok_or(Objection::NoAccount)?;
        let at = books.position(id).ok_or_else(missing)?;
        let held = &books.page.holdings[at];
        check_said(said, &held.symbol, held.side, Some(held.volume), None)?;
        Ok((at, held.clone()))
    }

    fn amend(
        &mut self,
        account: &str,
        position: String,
        said: &Said,
        levels: Levels,
        note: &Note,
        order: Option<String>,
    ) -> Result<Receipt, Objection> {
        let (at, held) = self.held(account, &position, said)?;
        let (market, quote) = self.trading(&held.symbol)?;
        let px = quote.side(held.side.opposite());
        check_levels(&market.listing, held.side, px, levels)?;
        let order = self.number(order);
        let now = self.now;
        if let Some(books) = self.accounts.get_mut(account) {
            books.turn(now);
            books.page.holdings[at].bracket(now, levels);
        }
        let held = Holding { levels, intent: note.intent, ..held };
        self.did(account, Deed::Amended, &held, held.volume, px);
        Ok(Receipt { order, position: Some(position) })
    }

    fn close(
        &mut self,
        account: &str,
        position: String,
        said: &Said,
        part: Option<Decimal>,
        note: &Note,
        order: Option<String>,
    ) -> Result<Receipt, Objection> {
        let (at, held) = self.held(account, &position, said)?;
        let (market, quote) = self.trading(&held.symbol)?;
        let px = market.fill(held.side.opposite(), quote, self.worse);
        let volume = part.unwrap_or(held.volume);
        let on_step = (volume % market.listing.volume_step).is_zero();
        if volume <= Decimal::ZERO || volume > held.volume || !on_step {
            return Err(Objection::Volume(volume));
        }
        let cause = if part.is_some() { CloseCause::Partial } else { CloseCause::Client };
        let order = self.number(order);
        self.close_at(account, at, (volume, px), (order.clone(), cause));
        let held = Holding { intent: note.intent, ..held };
        self.did(account, Deed::Closed, &held, volume, px);
        Ok(Receipt { order, position: Some(position) })
    }

    /// Closes part of the position at an index, without a word to the truth.
    pub(crate) fn close_at(
        &mut self,
        account: &str,
        at: usize,
        fill: (Decimal, Decimal),
        why: (String, CloseCause),
    ) {
        let now = self.now;
        let Some(books) = self.accounts.get_mut(account) else { return };
        let Some(market) = self.markets.get(&books.page.holdings[at].symbol) else { return };
        books.turn(now);
        books.close(now, at, fill, why, &market.listing);
    }

    /// Tells the truth what was done with a position.
    pub(crate) fn did(
        &mut self,
        account: &str,
        deed: Deed,
        held: &Holding,
        volume: Decimal,
        px: Decimal,
    ) {
        self.truth.did(VenueExecution {
            ts: self.now,
            account: account.to_owned(),
            deed,
            id: held.id.clone(),
            intent: held.intent,
            symbol: held.symbol.clone(),
            side: held.side,
            volume,
            px,
            levels: held.levels,
        });
    }

    /// Tells the truth what was done with an order that waits.
    pub(crate) fn did_waiting(&mut self, account: &str, deed: Deed, order: &Waiting) {
        self.truth.did(VenueExecution {
            ts: self.now,
            account: account.to_owned(),
            deed,
            id: order.id.clone(),
            intent: order.intent,
            symbol: order.symbol.clone(),
            side: order.side,
            volume: order.volume,
            px: order.px,
            levels: order.levels,
        });
    }

    fn wait(&mut self, account: &str, waiting: Waiting, note: &Note) -> Receipt {
        let now = self.now;
        let order = waiting.id.clone();
        if let Some(books) = self.accounts.get_mut(account) {
            books.turn(now);
            books.page.waiting.push(waiting.clone());
        }
        self.did_waiting(account, Deed::Created, &Waiting { intent: note.intent, ..waiting });
        Receipt { order, position: None }
    }

    fn waiting(&self, account: &str, id: &str, said: &Said) -> Result<(usize, Waiting), Objection> {
        let missing = || Objection::NoOrder(id.to_owned());
        let books = self.accounts.get(account).ok_or(Objection::NoAccount)?;
        let at = books.page.waiting.iter().position(|w| w.id == id).ok_or_else(missing)?;
        let order = &books.page.waiting[at];
        check_said(said, &order.symbol, order.side, None, Some(order.kind))?;
        Ok((at, order.clone()))
    }

    fn change(
        &mut self,
        account: &str,
        id: String,
        said: &Said,
        (px, levels): (Decimal, Levels),
        note: &Note,
    ) -> Result<Receipt, Objection> {
        let (at, order) = self.waiting(account, &id, said)?;
        let (market, quote) = self.trading(&order.symbol)?;
        let volume = said.volume.unwrap_or(order.volume);
        check_volume(&market.listing, volume)?;
        check_activation(&market.listing, (order.side, order.kind, px), quote)?;
        check_levels(&market.listing, order.side, px, levels)?;
        let changed = Waiting { volume, px, levels, ..order };
        let now = self.now;
        if let Some(books) = self.accounts.get_mut(account) {
            books.turn(now);
            books.page.waiting[at] = changed.clone();
        }
        self.did_waiting(account, Deed::Changed, &Waiting { intent: note.intent, ..changed });
        Ok(Receipt { order: id, position: None })
    }

    fn cancel(
        &mut self,
        account: &str,
        id: &str,
        said: &Said,
        note: &Note,
    ) -> Result<Receipt, Objection> {
        let (at, order) = self.waiting(account, id, said)?;
        self.drop_waiting(account, at);
        self.did_waiting(account, Deed::Cancelled, &Waiting { intent: note.intent, ..order });
        Ok(Receipt { order: id.to_owned(), position: None })
    }

    /// Takes an order out of those that wait.
    pub(crate) fn drop_waiting(&mut self, account: &str, at: usize) {
        let now = self.now;
        if let Some(books) = self.accounts.get_mut(account) {
            books.turn(now);
            books.page.waiting.remove(at);
        }
    }
}
