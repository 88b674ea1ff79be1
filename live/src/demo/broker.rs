//! The simulated broker of a configuration: its instruments, accounts and logins.

use std::collections::BTreeMap;

use rust_decimal::Decimal;
use secrecy::SecretString;
use tickstep_core::units::Nanos;

use super::tape::{TapeFault, tape};
use crate::config::{AccountEntry, LiveConfig};
use crate::exchange::{AccountTerms, Exchange, ExchangeRules, IdStyle, Listing, SetupError};
use crate::sim_server::SimLogin;
use crate::vault::Credential;

/// The password of every account. It opens what ends with the program.
pub const PASSWORD: &str = "opens-nothing-but-this";
/// How far lists lag behind what was done, in the market's time.
const LAG: Nanos = Nanos(300_000_000);

/// Why there is no broker.
#[derive(Debug, thiserror::Error)]
pub enum BrokerFault {
    /// Its candles.
    #[error(transparent)]
    Tape(#[from] TapeFault),
    /// Its terms.
    #[error(transparent)]
    Setup(#[from] SetupError),
    /// Something that the configuration has to say and does not.
    #[error("the demonstration's configuration says no {key} of {of}")]
    Unsaid {
        /// What is missing.
        key: &'static str,
        /// Of which account or instrument.
        of: String,
    },
}

fn said<T>(value: Option<T>, key: &'static str, of: &str) -> Result<T, BrokerFault> {
    value.ok_or_else(|| BrokerFault::Unsaid { key, of: of.to_owned() })
}

/// The number of an account at the broker.
pub(super) fn number(account: &AccountEntry) -> &str {
    account.number.as_deref().unwrap_or_default()
}

/// What an account begins with.
pub(super) fn deposit(account: &AccountEntry) -> Decimal {
    account.initial_balance.unwrap_or_default()
}

fn email(account: &AccountEntry) -> String {
    format!("{}@example.com", account.name)
}

/// The logins as the broker knows them.
pub(super) fn logins(config: &LiveConfig) -> Vec<SimLogin> {
    let login = |account: &AccountEntry| SimLogin {
        email: email(account),
        password: PASSWORD.to_owned(),
        accounts: vec![number(account).to_owned()],
    };
    config.account.iter().map(login).collect()
}

/// The logins as the runner knows them, by the account's name.
pub(super) fn credentials(config: &LiveConfig) -> BTreeMap<String, Credential> {
    let of = |account: &AccountEntry| {
        let login = Credential {
            email: email(account),
            password: SecretString::from(PASSWORD),
            broker: None,
            account: number(account).to_owned(),
        };
        (account.name.clone(), login)
    };
    config.account.iter().map(of).collect()
}

/// The exchange behind the broker.
pub(super) fn exchange(config: &LiveConfig) -> Result<Exchange, BrokerFault> {
    let rules = ExchangeRules { ids: IdStyle::Apart, lag: LAG, ..ExchangeRules::plain() };
    let mut exchange = Exchange::new(rules)?;
    for instrument in &config.instrument {
        let (terms, symbol) = (&instrument.terms, instrument.terms.symbol.as_str());
        let tick = said(terms.tick_size, "tick_size", symbol)?;
        let step = said(terms.lot_step, "lot_step", symbol)?;
        let listing = Listing {
            quote_currency: config.reference.currency.clone(),
            volume_min: step,
            volume_step: step,
            volume_max: Decimal::from(10_000_000),
            leverage: said(terms.leverage, "leverage", symbol)?,
            ..Listing::plain(symbol, tick, Decimal::ONE)
        };
        exchange.list(listing, tape(symbol, tick)?)?;
    }
    for account in &config.account {
        let name = account.name.as_str();
        let balance = said(account.initial_balance, "initial_balance", name)?;
        let number = said(account.number.as_deref(), "number", name)?;
        exchange.open_account(AccountTerms::plain(number, balance))?;
    }
    Ok(exchange)
}
