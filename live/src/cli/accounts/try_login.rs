//! A login that is tried: the account's money is read by it, and nothing is changed.

use core::fmt;
use std::sync::Arc;

use anyhow::{Context as _, anyhow};
use tickstep_core::units::Nanos;

use crate::broker::{Balance, Broker, Call, Fault, LoggedIn, Read, Reply};
use crate::match_trader::{BrokerHost, BrokerLogin, Connection, HostSettings};
use crate::vault::Credential;

/// What a login that was tried showed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tried {
    /// The account that the session was for.
    pub account: String,
    /// When the session would have ended, where the broker said so.
    pub expires: Option<Nanos>,
    /// Its money.
    pub balance: Balance,
}

impl fmt::Display for Tried {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Balance { balance, equity, free_margin, currency, .. } = &self.balance;
        write!(f, "logged in to account {}, balance {balance}", self.account)?;
        for (name, amount) in [("equity", equity), ("free margin", free_margin)] {
            if let Some(amount) = amount {
                write!(f, ", {name} {amount}")?;
            }
        }
        write!(f, "{}", currency.as_deref().map_or_else(String::new, |c| format!(", in {c}")))
    }
}

/// Logs in, reads the balance and logs out, by whichever way there is to the broker. The
/// session must be for the account that the login is for.
pub async fn try_way(way: &dyn Broker, account: &str) -> anyhow::Result<Tried> {
    let LoggedIn { account, expires, .. } = match way.call(Call::LogIn).await.0 {
        Reply::LoggedIn(session) => session,
        other => return Err(refused("logging in", other, account)),
    };
    let read = way.call(Call::Read(Read::Balance)).await.0;
    way.call(Call::LogOut).await;
    match read {
        Reply::Balance(balance) => Ok(Tried { account, expires, balance }),
        other => Err(refused("reading the balance", other, &account)),
    }
}

/// [`try_way`] at a server of Match-Trader's Platform API.
pub async fn try_login(host: HostSettings, login: Credential) -> anyhow::Result<Tried> {
    let Credential { email, password, broker, account } = login;
    let host = Arc::new(BrokerHost::new(host)?);
    let login = BrokerLogin { account: account.clone(), email, password, broker };
    try_way(&Connection::new(host, login)?, &account).await
}

fn refused(what: &str, reply: Reply, account: &str) -> anyhow::Error {
    let fault = match reply {
        Reply::Failed(fault) => fault,
        other => return anyhow!("{what}: an answer to something else: {other:?}"),
    };
    let advice = match &fault {
        Fault::BadCredentials => {
            "; put the right one in by `accounts add --replace`. Brokers lock a login after a few \
             wrong passwords"
        }
        Fault::Forbidden(_) => "; ask the broker to let API clients in",
        Fault::WrongAccount { .. } => "; the login has no such account",
        _ => "",
    };
    anyhow!("{what} to account {account}: {fault}{advice}")
}

/// Tries for a program that does nothing else meanwhile.
pub(super) fn on_this_thread(
    tried: impl Future<Output = anyhow::Result<Tried>>,
) -> anyhow::Result<Tried> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.context("cannot begin")?.block_on(tried)
}
