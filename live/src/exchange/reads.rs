//! What a client can ask, and what somebody at the broker can do.

use std::collections::BTreeSet;

use rust_decimal::Decimal;
use serde::Serialize;
use tickstep_core::units::Nanos;

use super::books::{AccountTerms, KEPT, Page};
use super::candles::{CandleSpan, ServedCandle, served};
use super::holding::{CloseCause, ClosedPart, Funds, Holding, Waiting};
use super::instruction::Levels;
use super::listing::Listing;
use super::market::ShownQuote;
use super::truth::{Deed, Duplicate, Suspect};
use super::venue::{Exchange, SetupError};

/// The state of an account that a read sees, which may be a moment old.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccountView<'a> {
    /// Positions, in the order they were opened.
    pub holdings: &'a [Holding],
    /// Orders that wait, in the order they were created.
    pub waiting: &'a [Waiting],
    /// Closed rows, oldest first.
    pub closed: &'a [ClosedPart],
    /// Money; open profit is of the present prices.
    pub funds: Funds,
}

/// What the exchange holds against a client at the end of a test.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct TruthReport {
    /// Intents that were carried out more than once.
    pub duplicates: Vec<Duplicate>,
    /// Entries that look like the one before, within a minute.
    pub twins: usize,
    /// Positions that are open and that the client did not name; all of them where it named
    /// none, and `None` where it was not asked.
    pub forgotten: Option<Vec<Suspect>>,
    /// Positions without a stop or without a target.
    pub unbracketed: Vec<Suspect>,
    /// Positions that are open.
    pub open: usize,
    /// Orders that wait.
    pub waiting: usize,
    /// Instructions that are still to be carried out.
    pub deferred: usize,
}

impl Exchange {
    /// An account as a client sees it; `None` where there is none of this number.
    pub fn view(&mut self, now: Nanos, account: &str) -> Option<AccountView<'_>> {
        self.view_of(now, account, self.rules.lag)
    }

    /// An account as it is.
    pub fn view_true(&mut self, now: Nanos, account: &str) -> Option<AccountView<'_>> {
        self.view_of(now, account, Nanos(0))
    }

    fn view_of(&mut self, now: Nanos, account: &str, lag: Nanos) -> Option<AccountView<'_>> {
        self.advance(now);
        let books = self.accounts.get(account)?;
        let page = books.seen(Nanos(self.now.0.saturating_sub(lag.0)));
        Some(AccountView {
            holdings: &page.holdings,
            waiting: &page.waiting,
            closed: &books.closed[..page.closed],
            funds: self.funds_of(page, &books.terms),
        })
    }

    /// Profit of an open position at the price that would close it, not rounded.
    #[must_use]
    pub fn open_profit(&self, held: &Holding) -> Decimal {
        let Some(market) = self.markets.get(&held.symbol) else { return Decimal::ZERO };
        let Some(quote) = market.quote() else { return Decimal::ZERO };
        let px = quote.side(held.side.opposite());
        market.listing.profit(held.side, held.volume, held.open_px, px)
    }

    pub(crate) fn funds_of(&self, page: &Page, terms: &AccountTerms) -> Funds {
        let sum =
            |of: &dyn Fn(&Holding) -> Decimal| -> Decimal { page.holdings.iter().map(of).sum() };
        let profit = sum(&|h| self.open_profit(h).round_dp(terms.precision));
        let net_profit = profit + sum(&|h| h.commission + h.swap);
        let margin = sum(&|h| h.margin);
        let equity = page.balance + net_profit;
        let level = || (equity * Decimal::ONE_HUNDRED / margin).round_dp(2);
        Funds {
            balance: page.balance,
            equity,
            margin,
            free_margin: equity - margin,
            margin_level: (!margin.is_zero()).then(level),
            profit,
            net_profit,
            currency: terms.currency.clone(),
            precision: terms.precision,
        }
    }

    /// Numbers of all accounts.
    pub fn account_ids(&self) -> impl Iterator<Item = &str> {
        self.accounts.keys().map(String::as_str)
    }

    /// Terms of an account.
    #[must_use]
    pub fn terms(&self, account: &str) -> Option<&AccountTerms> {
        self.accounts.get(account).map(|books| &books.terms)
    }

    /// What was ever paid into an account, less what was paid out.
    #[must_use]
    pub fn paid(&self, account: &str) -> Option<Decimal> {
        self.accounts.get(account).map(|books| books.paid)
    }

    /// All instruments, and whether each trades at `now`.
    pub fn listings(&mut self, now: Nanos) -> impl Iterator<Item = (&Listing, bool)> {
        self.advance(now);
        let now = self.now;
        self.markets.values().map(move |market| (&market.listing, market.is_open(now)))
    }

    /// The prices that an instrument shows.
    pub fn quote(&mut self, now: Nanos, symbol: &str) -> Option<&ShownQuote> {
        self.advance(now);
        self.markets.get(symbol)?.shown()
    }

    /// Bars that open in `[from, to]`, oldest first; the last may be in the making. `None`
    /// where there is no such instrument.
    pub fn candles(
        &mut self,
        now: Nanos,
        symbol: &str,
        span: CandleSpan,
        window: (Nanos, Nanos),
    ) -> Option<Vec<ServedCandle>> {
        self.advance(now);
        let market = self.markets.get(symbol)?;
        let until = market.shown_until(self.now);
        Some(served(&market.tape, span, window, until, self.rules.history_bars))
    }

    /// Pays into an account, or out of it where the amount is below zero.
    pub fn pay(&mut self, now: Nanos, account: &str, amount: Decimal) -> Result<(), SetupError> {
        self.advance(now);
        let now = self.now;
        self.books_mut(account)?.pay(now, amount);
        Ok(())
    }

    /// Lets an account trade, or not.
    pub fn enable(&mut self, account: &str, enabled: bool) -> Result<(), SetupError> {
        self.books_mut(account)?.enabled = enabled;
        Ok(())
    }

    /// Opens or closes the session of an instrument whatever its hours say; `None` lets them
    /// say it again.
    pub fn force_session(
        &mut self,
        now: Nanos,
        symbol: &str,
        open: Option<bool>,
    ) -> Result<(), SetupError> {
        self.advance(now);
        self.market_mut(symbol)?.force(open);
        Ok(())
    }

    /// Stops showing new prices of an instrument while trades go on, or shows them again.
    pub fn freeze(&mut self, now: Nanos, symbol: &str, frozen: bool) -> Result<(), SetupError> {
        self.advance(now);
        let now = self.now;
        self.market_mut(symbol)?.freeze(now, frozen);
        Ok(())
    }

    /// Sets how far reads of accounts lag behind them.
    pub fn set_lag(&mut self, lag: Nanos) -> Result<(), SetupError> {
        if lag < Nanos(0) || lag > KEPT {
            return Err(SetupError::Lag(lag));
        }
        self.rules.lag = lag;
        Ok(())
    }

    /// Somebody at the broker gives a position other levels, unchecked.
    pub fn set_levels(
        &mut self,
        now: Nanos,
        account: &str,
        position: &str,
        levels: Levels,
    ) -> Result<(), SetupError> {
        self.advance(now);
        let now = self.now;
        let books = self.books_mut(account)?;
        let missing = || SetupError::Missing(format!("position {position}"));
        let at = books.position(position).ok_or_else(missing)?;
        books.turn(now);
        books.page.holdings[at].bracket(now, levels);
        Ok(())
    }

    /// Somebody at the broker closes a position at the present price.
    pub fn close_by_dealer(
        &mut self,
        now: Nanos,
        account: &str,
        position: &str,
    ) -> Result<(), SetupError> {
        self.advance(now);
        let missing = || SetupError::Missing(format!("position {position}"));
        let books = self.books_mut(account)?;
        let at = books.position(position).ok_or_else(missing)?;
        let held = books.page.holdings[at].clone();
        let no_price = || SetupError::Missing(format!("price of {}", held.symbol));
        let quote = self.market_mut(&held.symbol)?.quote().ok_or_else(no_price)?;
        let px = quote.side(held.side.opposite());
        let order = self.fresh_id();
        self.close_at(account, at, (held.volume, px), (order, CloseCause::Dealer));
        self.did(account, Deed::Dealt, &held, held.volume, px);
        Ok(())
    }

    /// Compares the truth with the positions `(account, position)` that a client says it
    /// manages, where it was asked.
    pub fn report(
        &mut self,
        now: Nanos,
        known: Option<&BTreeSet<(String, String)>>,
    ) -> TruthReport {
        self.advance(now);
        let mut report = TruthReport {
            duplicates: self.truth.duplicates(),
            twins: self.truth.twins(Nanos::MINUTE).len(),
            forgotten: known.map(|_| Vec::new()),
            unbracketed: Vec::new(),
            open: 0,
            waiting: 0,
            deferred: self.deferred(),
        };
        for (account, books) in &self.accounts {
            report.waiting += books.page.waiting.len();
            for held in &books.page.holdings {
                report.open += 1;
                let suspect = |since: Nanos| Suspect {
                    account: account.clone(),
                    position: held.id.clone(),
                    since,
                };
                report.unbracketed.extend(held.bare_since.map(&suspect));
                let key = (account.clone(), held.id.clone());
                if known.is_some_and(|known| !known.contains(&key)) {
                    report.forgotten.get_or_insert_default().push(suspect(held.opened));
                }
            }
        }
        report
    }
}
