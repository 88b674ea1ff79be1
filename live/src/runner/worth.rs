//! What accounts are worth, now and then: the points of an equity curve.

use rust_decimal::Decimal;
use tickstep_core::ledger::{Ledger, Position};
use tickstep_core::session::AccountId;
use tickstep_core::units::Nanos;

use super::happening::{AccountWorth, Happening};
use super::{Effects, Runner};

/// How often accounts are valued: 288 times a day, a point for each five minutes of a chart.
const EVERY: Nanos = Nanos::MINUTE.times(5);

/// Margin that a position takes, account currency.
pub(super) fn margin_of(ledger: &Ledger, position: &Position) -> Decimal {
    ledger.notional(position) / ledger.market(position.instrument).instrument.leverage()
}

impl Runner {
    /// Says what accounts are worth at the first input of each five minutes.
    pub(super) fn value_accounts(&mut self, out: &mut Effects) {
        let turn = |at: Nanos| at.0.div_euclid(EVERY.0);
        if turn(self.now) == turn(self.known.valued) {
            return;
        }
        self.known.valued = self.now;
        let accounts = (0..self.rows.len()).map(|index| AccountId(index as u16));
        let worth: Vec<AccountWorth> = accounts.filter_map(|account| self.worth(account)).collect();
        if !worth.is_empty() {
            out.happenings.push(Happening::Worth(worth));
        }
    }

    /// As its broker states it, or the ledger where there is no broker; `None` while the
    /// broker's balance was never read.
    fn worth(&self, account: AccountId) -> Option<AccountWorth> {
        let ledger = self.session.accounts()[account.index()].engine().ledger();
        let Some((_, live)) = self.at_broker(account) else {
            let (balance, equity) = (ledger.cash(), ledger.equity());
            let positions = ledger.open_slots().len() as u32;
            let (stated, up) = (false, true);
            let margins = ledger.open_positions().map(|(_, position)| margin_of(ledger, position));
            let margin = Some(margins.sum());
            return Some(AccountWorth { account, balance, equity, margin, stated, up, positions });
        };
        let money = live.money.as_ref()?;
        let balance: Decimal = money.balance;
        let open = ledger.equity() - ledger.cash();
        let (equity, stated) = match money.equity {
            Some(equity) => (equity, true),
            None => (balance + open, false),
        };
        let (up, positions) = (live.link.is_up(), live.held.len() as u32);
        let margin = money.margin;
        Some(AccountWorth { account, balance, equity, margin, stated, up, positions })
    }
}
