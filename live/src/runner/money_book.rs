//! What is known of an account's money beside its ledger.

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use tickstep_core::units::Nanos;

use crate::broker::ClosedRow;

/// When a broker takes commission and swap of an open position out of the balance.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Charged {
    /// Commission at the entry, swap at the close.
    Commission,
    /// Both as they arise.
    AtOnce,
    /// Both at the close.
    AtClose,
}

/// What a balance is beside the ledger's cash where the broker charges in one way.
#[derive(Clone, Copy, Debug)]
pub(super) struct Way {
    pub how: Charged,
    /// Charges of open positions, as far as ledger and balance differ by them.
    pub charges: Decimal,
    /// How far the ledger's cash is off if the broker charges so.
    pub doubt: Decimal,
}

impl Way {
    /// How far a balance is from the ledger's cash if the broker charges so.
    pub(super) fn explains(&self) -> Decimal {
        self.charges + self.doubt
    }
}

/// A balance that nothing explains.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Unexplained {
    pub balance: Decimal,
    /// When it was known.
    pub at: Nanos,
    /// Bookings until then.
    pub bookings: u64,
}

/// What is known of an account's money beside its ledger.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct MoneyBook {
    /// When the balance that the account began with was asked for, by the broker's clock.
    pub begun: Option<Nanos>,
    /// What rows state beyond what was booked for them, since the last balance that fitted.
    pub unbooked: Decimal,
    /// What rows state of which it cannot be told yet whose they are.
    pub put_off: Decimal,
    /// Bookings since then, each of which the broker may have rounded.
    pub roundings: u32,
    /// Whether something was closed since then of which nobody says what it made.
    pub unclear: bool,
    /// Ways of charging that a balance has ruled out.
    pub ruled_out: Vec<Charged>,
    /// How far the ledger's cash is off if the broker charges in a way: money came or went
    /// while a position was open, and how much of it was a payment depends on the way.
    pub doubts: Vec<(Charged, Decimal)>,
    /// All bookings, and when the last one was.
    pub bookings: u64,
    pub booked: Nanos,
    pub suspect: Option<Unexplained>,
}

/// How far each booking may be rounded: profit, commission and swap by half a cent each.
const ROUNDING: (i64, u32) = (15, 3);

impl MoneyBook {
    /// An execution was booked.
    pub(super) const fn booked(&mut self, now: Nanos) {
        self.roundings = self.roundings.saturating_add(1);
        self.bookings += 1;
        self.booked = now;
    }

    /// A row of ours was booked: `booked` is what it moved here in all.
    pub(super) fn row(&mut self, row: &ClosedRow, booked: Decimal) {
        if let Some(profit) = row.profit {
            self.unbooked += profit + row.commission + row.swap - booked;
        }
    }

    /// A row of a position that is not in the ledger: `slack` is how far its time, and that
    /// of the first balance, may be off.
    pub(super) fn stray(&mut self, now: Nanos, row: &ClosedRow, slack: Nanos) {
        let Some(begun) = self.begun else { return };
        if row.close_time.0 < begun.0 - slack.0 {
            return;
        }
        self.booked(now);
        // It may have been in the first balance already.
        let is_sure = row.close_time.0 > begun.0 + slack.0;
        match row.profit {
            Some(profit) if is_sure => self.unbooked += profit + row.commission + row.swap,
            Some(_) | None => self.unclear = true,
        }
    }

    pub(super) fn tolerance(&self) -> Decimal {
        Decimal::new(ROUNDING.0, ROUNDING.1) * Decimal::from(self.roundings)
    }

    pub(super) fn doubt(&self, how: Charged) -> Decimal {
        let known = self.doubts.iter().find(|(way, _)| *way == how);
        known.map_or(Decimal::ZERO, |(_, doubt)| *doubt)
    }

    /// How far the cash is off in each way from now on. A doubt of nothing is none: what is
    /// saved has to read back as it was, and a zero may have a sign.
    pub(super) fn doubt_by(&mut self, doubts: impl Iterator<Item = (Charged, Decimal)>) {
        self.doubts = doubts.filter(|(_, doubt)| !doubt.is_zero()).collect();
    }

    /// The cash was moved by the doubt of one way.
    pub(super) fn decide(&mut self, by: Decimal) {
        let ways = [Charged::Commission, Charged::AtOnce, Charged::AtClose];
        let doubts = ways.map(|how| (how, self.doubt(how) - by));
        self.doubt_by(doubts.into_iter());
    }

    /// A balance fits some ways of charging open positions: the others are ruled out, as long
    /// as any is left.
    pub(super) fn learn(&mut self, ways: &[Way], fits: impl Fn(&Way) -> bool) {
        let known = |way: &Way| !self.ruled_out.contains(&way.how);
        let goes_on = ways.iter().any(|way| fits(way) && known(way));
        let out = ways.iter().filter(|way| !fits(way) || (goes_on && !known(way)));
        self.ruled_out = out.map(|way| way.how).collect();
    }

    pub(super) fn agreed(&mut self) {
        (self.unbooked, self.roundings, self.unclear) = (Decimal::ZERO, 0, false);
        self.suspect = None;
    }
}
