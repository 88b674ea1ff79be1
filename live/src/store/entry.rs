//! What the store is told: what happened at each record of the journal.

use std::sync::Arc;

use rust_decimal::Decimal;
use tickstep_core::instrument::{Conversion, InstrumentId};
use tickstep_core::ledger::Market;
use tickstep_core::session::AccountId;
use tickstep_core::units::Nanos;

use super::word::AccountKind;
use crate::runner::{Happening, Runner};

/// What happened at one record of the journal.
#[derive(Clone, Debug)]
pub struct StoreEntry {
    /// Number of the record.
    pub record: u64,
    /// The record's time.
    pub at: Nanos,
    /// Who the accounts and instruments are.
    pub roster: Arc<Roster>,
    /// What happened, in the runner's order.
    pub happenings: Vec<Happening>,
}

/// An account, as the store knows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RosterAccount {
    /// What people call it.
    pub name: String,
    /// The login that it belongs to.
    pub user: String,
    /// Where its orders go.
    pub kind: AccountKind,
    /// Name and port of its server, where it has one.
    pub server: Option<String>,
    /// Notional over margin, on paper; a broker's sessions say it.
    pub leverage: Option<Decimal>,
    /// Its currency, on paper; a broker says it with the money.
    pub currency: Option<String>,
}

/// An instrument, as the store knows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RosterInstrument {
    /// What the configuration calls it.
    pub symbol: String,
    /// Price of one tick.
    pub tick: Decimal,
    /// Quantity of one lot.
    pub lot: Decimal,
    /// Notional over margin.
    pub leverage: Decimal,
}

/// Who the accounts and instruments of a runner are: what it says of them has numbers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Roster {
    /// Accounts, in the runner's order.
    pub accounts: Vec<RosterAccount>,
    /// Instruments, in the runner's order.
    pub instruments: Vec<RosterInstrument>,
}

impl Roster {
    /// Those of a runner. An account is its own login until somebody says otherwise.
    #[must_use]
    pub fn of(runner: &Runner) -> Self {
        let accounts = runner.accounts().iter().enumerate().map(|(index, account)| {
            let id = AccountId(index as u16);
            let name = runner.account_name(id).unwrap_or_default().to_owned();
            let server = runner.account_server(id).map(str::to_owned);
            let (kind, leverage, currency) = match account.sim() {
                Some(_) => {
                    let markets = account.engine().ledger().markets();
                    (AccountKind::Paper, one_leverage(markets), currency(markets))
                }
                None => (AccountKind::Broker, None, None),
            };
            RosterAccount { user: name.clone(), name, kind, server, leverage, currency }
        });
        let markets = runner.accounts().first().map(|one| one.engine().ledger().markets());
        let instruments = markets.unwrap_or_default().iter().map(|market| {
            let spec = market.instrument.spec();
            RosterInstrument {
                symbol: spec.symbol.clone(),
                tick: spec.tick_size,
                lot: spec.lot_step,
                leverage: spec.leverage,
            }
        });
        Self { accounts: accounts.collect(), instruments: instruments.collect() }
    }

    /// An account's name; one that is not there is called by its number.
    #[must_use]
    pub fn name(&self, account: AccountId) -> String {
        let known = self.accounts.get(account.index());
        known.map_or_else(|| format!("account {}", account.0), |known| known.name.clone())
    }

    /// The login that an account belongs to.
    #[must_use]
    pub fn user(&self, account: AccountId) -> String {
        let known = self.accounts.get(account.index());
        known.map_or_else(|| format!("account {}", account.0), |known| known.user.clone())
    }

    /// An instrument.
    #[must_use]
    pub fn instrument(&self, instrument: InstrumentId) -> Option<&RosterInstrument> {
        self.instruments.get(instrument.index())
    }
}

/// The leverage of all instruments, where there is one.
fn one_leverage(markets: &[Market]) -> Option<Decimal> {
    let mut all = markets.iter().map(|market| market.instrument.spec().leverage);
    let first = all.next()?;
    all.all(|other| other == first).then_some(first)
}

/// The currency of the account, as an instrument tells that is quoted in it.
fn currency(markets: &[Market]) -> Option<String> {
    let own = markets.iter().find(|market| matches!(market.conversion, Conversion::Same));
    own.map(|market| market.instrument.spec().quote.clone())
}

/// A login of the vault, without its password.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoreLogin {
    /// What it is called.
    pub user: String,
    /// Its e-mail address, where it has one.
    pub email: Option<String>,
    /// The broker's number of itself, where it is known.
    pub broker: Option<String>,
}

/// What happened at the records of the journal from one to another, all of it.
#[derive(Clone, Debug, Default)]
pub struct Batch {
    /// The first record.
    pub from: u64,
    /// The last record.
    pub upto: u64,
    /// Those at which something happened, in their order.
    pub entries: Vec<StoreEntry>,
}
