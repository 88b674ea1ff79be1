//! An account's money: what its broker states, held against what was booked here, with
//! positions open or not.
//!
//! A balance has no open profit in it. What realised trades explain is no deposit: each row
//! of closed positions says what its close made, rounded as the broker rounds, and of
//! positions that somebody else traded too. Whether commission and swap of an open position
//! are in the balance already is not documented; brokers differ, and which of the ways one
//! has is learnt from the first balance that tells. What is left when lists that were asked
//! for later show nothing new was paid in or taken out; where the ways disagree about how
//! much that is, the smallest amount counts until a balance tells, and is then corrected.
//!
//! Known limits: a row that does not say what it made, of a position that is none of ours,
//! leaves the next difference unexplained, and it is taken for its profit. Less money than
//! what rounding may have moved is not told from it.

use rust_decimal::Decimal;
use tickstep_core::event::Body;
use tickstep_core::session::AccountId;
use tickstep_core::units::Nanos;

use super::happening::Happening;
use super::money_book::{Charged, Unexplained, Way};
use super::news::{AlertKind, Severity};
use super::tables::{LiveAccount, ReadKind};
use super::{Effects, Runner, alert};
use crate::broker::Balance;

impl LiveAccount {
    /// How far the balance may be from the ledger's cash by charges of open positions, in
    /// each way of charging them; those that are not ruled out first.
    fn ways(&self) -> Vec<Way> {
        let sum = |each: &dyn Fn(Decimal, Decimal, Decimal) -> Decimal| {
            let own = self.held.iter().map(|h| each(h.stated.0, h.stated.1, h.charged));
            let foreign = self.foreign.values();
            let foreign = foreign.map(|p| each(p.commission, p.swap, Decimal::ZERO));
            own.chain(foreign).sum::<Decimal>()
        };
        let way = |how, charges| Way { how, charges, doubt: self.book.doubt(how) };
        let mut ways = vec![
            way(Charged::Commission, sum(&|commission, _, told| commission - told)),
            way(Charged::AtOnce, sum(&|commission, swap, told| commission + swap - told)),
            // What is none of ours is in neither.
            way(Charged::AtClose, -self.held.iter().map(|h| h.charged).sum::<Decimal>()),
        ];
        ways.sort_by_key(|way| self.book.ruled_out.contains(&way.how));
        ways
    }
}

impl Runner {
    /// The broker's money came.
    pub(super) fn balance_read(
        &mut self,
        account: AccountId,
        sent: Nanos,
        money: Balance,
        out: &mut Effects,
    ) {
        let there = self.venue_time(account, sent);
        let Some(live) = self.live_mut(account) else { return };
        let read = live.read_mut(ReadKind::Balance);
        (read.done, read.done_there) = (Some(sent), Some(there));
        let balance = money.balance;
        if live.money.as_ref() != Some(&money) {
            out.happenings.push(Happening::Money {
                account,
                balance,
                equity: money.equity,
                margin: money.margin,
                free_margin: money.free_margin,
                currency: money.currency.clone(),
            });
        }
        live.money = Some(money);
        if let Some((ours, theirs)) = self.other_currency(account) {
            let Some(live) = self.live_mut(account) else { return };
            let words = format!(
                "the account is in {theirs} at its broker and everything here is counted in \
                 {ours}: nothing is opened on it; if the broker means the same by it, write \
                 currency = \"{theirs}\" for its venue"
            );
            if live.reported.insert(format!("currency {theirs}")) {
                let kind = AlertKind::Difference;
                out.happenings.push(alert(Severity::Critical, Some(account), kind, words));
            }
            return;
        }
        let Some(live) = self.live_mut(account) else { return };
        live.reported.retain(|words| !words.starts_with("currency "));
        if live.book.begun.is_none() {
            live.book.begun = Some(there);
            self.set_cash(account, balance, None, out);
        } else {
            self.hold_against(account, out);
        }
    }

    /// The currency that is counted in here, and the one that the broker states, where they
    /// differ.
    pub(super) fn other_currency(&self, account: AccountId) -> Option<(String, String)> {
        let (broker, live) = self.at_broker(account)?;
        let theirs = live.money.as_ref()?.currency.as_ref()?;
        let same = theirs.trim().eq_ignore_ascii_case(broker.currency.trim());
        (!same).then(|| (broker.currency.clone(), theirs.clone()))
    }

    /// The last balance against what was booked, where both are of the same time.
    pub(super) fn hold_against(&mut self, account: AccountId, out: &mut Effects) {
        let (now, lag, cash) = (self.now, self.settings.lag, self.ledger_cash(account));
        let Some(live) = self.live_mut(account) else { return };
        let Some(balance) = live.money.as_ref().map(|money| money.balance) else { return };
        if live.book.begun.is_none()
            || live.writes.iter().any(|w| !w.intent.rests())
            || live.is_waiting()
        {
            return;
        }
        // A broker may state a balance that is without what it has just done.
        let settled = live.book.booked + lag;
        if live.read(ReadKind::Balance).done.is_none_or(|done| done < settled) {
            live.hurry(ReadKind::Balance, settled);
            return;
        }
        let off = balance - cash - live.book.unbooked;
        let ways = live.ways();
        let tolerance = live.book.tolerance();
        let fits = |way: &Way| (off - way.explains()).abs() <= tolerance;
        if let Some(way) = ways.iter().find(|way| fits(way)) {
            live.book.learn(&ways, fits);
            live.book.agreed();
            live.book.decide(way.doubt);
            let cash_now = balance - way.charges;
            if cash_now != cash {
                self.set_cash(account, cash_now, Some(way.doubt), out);
            }
            return;
        }
        // It is what rows say that are to be told yet.
        let put_off = live.book.put_off;
        let explains = |way: &Way| (off - way.explains() - put_off).abs() <= tolerance;
        if !put_off.is_zero() && ways.iter().any(explains) {
            return;
        }
        let possible = ways.iter().filter(|way| !live.book.ruled_out.contains(&way.how));
        let nearest = possible.min_by_key(|way| (off - way.explains()).abs());
        let charges = nearest.map_or(Decimal::ZERO, |way| way.charges);
        if !live.is_confirmed(balance, now, lag) {
            return;
        }
        let paid = if live.book.unclear { Decimal::ZERO } else { off - charges };
        live.book.agreed();
        live.book.doubt_by(ways.iter().map(|way| (way.how, charges - way.charges)));
        self.set_cash(account, balance - charges, Some(paid), out);
    }

    /// Makes the engine's cash what the broker says.
    fn set_cash(
        &mut self,
        account: AccountId,
        cash: Decimal,
        paid: Option<Decimal>,
        out: &mut Effects,
    ) {
        let ledger = self.session.accounts()[account.index()].engine().ledger();
        if !ledger.has_room_for_balance(cash, paid) {
            let words = format!("a balance of {cash} cannot be kept exactly");
            return self.halt(account, AlertKind::OffGrid, words, out);
        }
        self.report(account, self.now, Body::Balance { cash, paid });
        if let Some(amount) = paid.filter(|paid| !paid.is_zero()) {
            let amount = amount.normalize();
            out.happenings.push(Happening::Paid { account, amount, balance: cash });
        }
    }

    pub(super) fn ledger_cash(&self, account: AccountId) -> Decimal {
        self.session.accounts()[account.index()].engine().ledger().cash()
    }

    /// The broker's balance and what is expected of it, where both are of one time and
    /// differ by more than rounding.
    pub(super) fn money_differs(&self, account: AccountId) -> Option<(Decimal, Decimal)> {
        let (_, live) = self.at_broker(account)?;
        let balance = live.money.as_ref()?.balance;
        let settled = live.book.booked + self.settings.lag;
        live.book.begun?;
        live.read(ReadKind::Balance).done.filter(|done| *done >= settled)?;
        let expected = self.ledger_cash(account) + live.book.unbooked;
        let off = balance - expected;
        let fits = |explained: Decimal| (off - explained).abs() <= live.book.tolerance();
        let (ways, put_off) = (live.ways(), live.book.put_off);
        let fits = ways.iter().any(|way| fits(way.explains()) || fits(way.explains() + put_off));
        (!fits).then(|| (expected + ways.first().map_or(Decimal::ZERO, Way::explains), balance))
    }
}

impl LiveAccount {
    /// Whether lists that were asked for after a balance show nothing that would explain it.
    /// They are asked for, where they have not been.
    fn is_confirmed(&mut self, balance: Decimal, now: Nanos, lag: Nanos) -> bool {
        let bookings = self.book.bookings;
        let known = self.book.suspect.take();
        let suspect = known
            .filter(|suspect| suspect.balance == balance && suspect.bookings == bookings)
            .unwrap_or(Unexplained { balance, at: now, bookings });
        // What they show is old enough to have everything in it that the balance has.
        let enough = suspect.at + lag;
        self.book.suspect = Some(suspect);
        let mut confirmed = true;
        for kind in [ReadKind::Closed, ReadKind::Positions] {
            if self.read(kind).done.is_none_or(|done| done < enough) {
                confirmed = false;
                self.hurry(kind, enough);
            }
        }
        confirmed
    }
}
