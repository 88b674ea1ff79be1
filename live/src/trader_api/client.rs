//! One account's way to its broker by the Trader API.

use core::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use reqwest::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderName, HeaderValue};
use reqwest::{Body, Client};
use secrecy::{ExposeSecret, SecretString};
use tickstep_core::units::Nanos;
use zeroize::Zeroizing;

use super::request::{TraderRequest, read_request, write_request};
use super::terms::TraderTerms;
use super::wire::{TraderWrite, outcome, problem, read_reply, same_account};
use crate::broker::{Broker, BrokerReply, Call, Fault, LoggedIn, Read, Reply, Write};
use crate::intent::{Doubt, Outcome, Ticket};
use crate::match_trader::once::{Gate, Once};
use crate::match_trader::transport::{Answer, Bounds, Lost, exchange};
use crate::match_trader::{BrokerHost, HostError, secrets, verdict};
use crate::random::random;

const JSON: HeaderValue = HeaderValue::from_static("application/json");
const KEY: HeaderName = HeaderName::from_static("idempotency-key");

/// The token of an account, and which account that is.
#[derive(Clone, Debug)]
pub struct TraderLogin {
    /// The account at the broker. No other one is ever taken.
    pub account: String,
    /// What the broker's pages gave out.
    pub token: SecretString,
}

/// One account's connection. There is no session: a token is good until it is revoked. Still
/// nothing is asked before the token was seen to be for the account that is meant, nor after
/// a log-out.
pub struct TraderConnection {
    host: Arc<BrokerHost>,
    terms: Arc<TraderTerms>,
    login: TraderLogin,
    http: Client,
    /// For changes without a body, which nothing else keeps from being sent again.
    bare: Client,
    open: AtomicBool,
}

impl fmt::Debug for TraderConnection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TraderConnection")
            .field("host", &self.host.settings().base)
            .field("account", &self.login.account)
            .field("open", &self.open.load(Ordering::SeqCst))
            .finish_non_exhaustive()
    }
}

impl Broker for TraderConnection {
    fn call(&self, call: Call) -> BrokerReply<'_> {
        Box::pin(self.ask(call))
    }
}

/// A UUID of version 4: random, so that no other write ever has it.
fn fresh_key() -> Option<String> {
    let mut bytes = [0; 16];
    random(&mut bytes).ok()?;
    bytes[6] = bytes[6] & 0x0f | 0x40;
    bytes[8] = bytes[8] & 0x3f | 0x80;
    let n = u128::from_be_bytes(bytes);
    let part = |from: u32, digits: u32| (n >> from) & ((1 << (4 * digits)) - 1);
    let [a, b, c, d, e] = [part(96, 8), part(80, 4), part(64, 4), part(48, 4), part(0, 12)];
    Some(format!("{a:08x}-{b:04x}-{c:04x}-{d:04x}-{e:012x}"))
}

impl TraderConnection {
    /// A connection that asks nothing before it is told to log in. Of the host's settings,
    /// the paths are the Platform API's and count for nothing here.
    pub fn new(
        host: Arc<BrokerHost>,
        terms: Arc<TraderTerms>,
        login: TraderLogin,
    ) -> Result<Self, HostError> {
        let (http, bare) = (host.client()?, host.client_of_new_connections()?);
        Ok(Self { host, terms, login, http, bare, open: AtomicBool::new(false) })
    }

    async fn ask(&self, call: Call) -> (Reply, Option<Nanos>) {
        let mut date = None;
        let reply = match call {
            Call::LogIn | Call::Refresh => self.log_in(&mut date).await,
            Call::LogOut => {
                self.open.store(false, Ordering::SeqCst);
                Ok(Reply::LoggedOut)
            }
            Call::Read(read) => self.read(&read, &mut date).await,
            Call::Write(ticket, write) => self.write(&ticket, &write, &mut date).await,
        };
        let reply = reply.unwrap_or_else(Reply::Failed);
        (secrets::hidden(reply, &[&self.login.token]), date)
    }

    fn opened(&self) -> Result<(), Fault> {
        if self.open.load(Ordering::SeqCst) { Ok(()) } else { Err(Fault::Unauthorised) }
    }

    /// Sees whether the token is taken, and for which account.
    async fn log_in(&self, date: &mut Option<Nanos>) -> Result<Reply, Fault> {
        let route = &self.terms.account;
        let request = TraderRequest {
            method: route.method.clone(),
            path: route.path.clone(),
            body: None,
            keyed: false,
        };
        let seen = match self.answer(request, date).await {
            Ok(answer) => same_account(&self.terms, &answer.body, &self.login.account),
            // A token that is not taken now will not be taken later.
            Err(Fault::Unauthorised) => Err(Fault::BadCredentials),
            Err(other) => return Err(other),
        };
        self.open.store(seen.is_ok(), Ordering::SeqCst);
        seen?;
        let account = self.login.account.clone();
        Ok(Reply::LoggedIn(LoggedIn { account, expires: None, leverage: None }))
    }

    async fn read(&self, read: &Read, date: &mut Option<Nanos>) -> Result<Reply, Fault> {
        self.opened()?;
        let request = read_request(&self.terms, read).map_err(Fault::Refused)?;
        let answer = self.answer(request, date).await?;
        read_reply(&self.terms, read, &answer.body)
    }

    /// The answer to a question.
    async fn answer(
        &self,
        request: TraderRequest,
        date: &mut Option<Nanos>,
    ) -> Result<Answer, Fault> {
        let answer = self.send(&self.http, request, date).await.map_err(verdict::lost)?;
        match verdict::fault(&answer) {
            None => Ok(answer),
            Some(Fault::Forbidden(_)) => Err(Fault::Forbidden(problem(&answer.body))),
            Some(Fault::Refused(_)) if answer.status >= 400 => {
                Err(Fault::Refused(format!("{} {}", answer.status, problem(&answer.body))))
            }
            Some(fault) => Err(fault),
        }
    }

    async fn write(
        &self,
        ticket: &Ticket,
        write: &Write,
        date: &mut Option<Nanos>,
    ) -> Result<Reply, Fault> {
        self.opened()?;
        let request = write_request(&self.terms, ticket.intent(), write);
        let kind = match write {
            Write::Open { .. } | Write::CreateOrder { .. } => TraderWrite::Makes,
            Write::EditPosition { .. }
            | Write::Close { .. }
            | Write::EditOrder { .. }
            | Write::CancelOrder { .. } => TraderWrite::Changes,
        };
        let http = if request.body.is_some() { &self.http } else { &self.bare };
        Ok(match self.send(http, request, date).await {
            Err(lost) => verdict::written(Err(lost)),
            Ok(answer) => match (answer.status, &answer.torn) {
                // Turned away at the door.
                (401 | 429, _) => verdict::written(Ok(&answer)),
                (200..=299, Some(_)) => {
                    let words = "the answer is not all there".to_owned();
                    Reply::Write(Outcome::Unknown(Doubt::Disconnected(words)))
                }
                (status, _) => Reply::Write(outcome(kind, status, &answer.body)),
            },
        })
    }

    async fn send(
        &self,
        http: &Client,
        request: TraderRequest,
        date: &mut Option<Nanos>,
    ) -> Result<Answer, Lost> {
        let settings = self.host.settings();
        let bounds = Bounds { time: settings.timeout, bytes: settings.longest_body };
        let (request, gate) = self.request(request)?;
        let answer = exchange(http, request, gate.as_ref(), bounds).await?;
        *date = answer.date.or(*date);
        Ok(answer)
    }

    fn request(&self, of: TraderRequest) -> Result<(reqwest::Request, Option<Gate>), Lost> {
        let unsent = |why: &str| Lost::Unsent(why.to_owned());
        let url = self.host.url(&of.path).ok_or_else(|| unsent("there is no such address"))?;
        let mut request = reqwest::Request::new(of.method, url);
        let headers = request.headers_mut();
        headers.insert(ACCEPT, JSON);
        let token = self.login.token.expose_secret();
        let mut bearer = Zeroizing::new(String::with_capacity("Bearer ".len() + token.len()));
        bearer.push_str("Bearer ");
        bearer.push_str(token);
        let value = HeaderValue::from_str(&bearer);
        let mut value = value.map_err(|_| unsent("a token that no header can carry"))?;
        value.set_sensitive(true);
        headers.insert(AUTHORIZATION, value);
        if of.keyed {
            let key = fresh_key().ok_or_else(|| unsent("the machine gives no random numbers"))?;
            // Digits and dashes are always a header.
            if let Ok(key) = HeaderValue::try_from(key) {
                headers.insert(KEY, key);
            }
        }
        if of.body.is_some() {
            headers.insert(CONTENT_TYPE, JSON);
        }
        let gate = of.body.map(|body| {
            let (once, gate) = Once::new(body);
            *request.body_mut() = Some(Body::wrap(once));
            gate
        });
        Ok((request, gate))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_a_uuid_that_never_comes_again() {
        let keys: std::collections::BTreeSet<_> = (0..1000).filter_map(|_| fresh_key()).collect();
        assert_eq!(keys.len(), 1000);
        for key in keys {
            let parts: Vec<_> = key.split('-').map(str::len).collect();
            assert_eq!(parts, [8, 4, 4, 4, 12], "{key}");
            let bytes = key.as_bytes();
            assert!(bytes[14] == b'4' && b"89ab".contains(&bytes[19]), "{key}");
            assert!(key.chars().all(|c| c == '-' || c.is_ascii_hexdigit()), "{key}");
        }
    }
}
