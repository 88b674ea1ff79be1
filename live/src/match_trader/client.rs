//! One account's session at its broker, and what is asked by it.

use core::fmt;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use reqwest::header::{ACCEPT, CONTENT_TYPE, COOKIE, HeaderName, HeaderValue};
use reqwest::{Body, Client, Method};
use rust_decimal::Decimal;
use secrecy::{ExposeSecret, SecretString};
use tickstep_core::units::Nanos;

use super::cookies::{Jar, Place};
use super::host::{BrokerHost, HostError};
use super::json::Object;
use super::login::{self, Key};
use super::once::{Gate, Once};
use super::transport::{Answer, Bounds, Lost, exchange};
use super::{request, secrets, verdict, wire};
use crate::broker::{Broker, BrokerReply, Call, Fault, LoggedIn, Read, Reply, Write};
use crate::intent::Ticket;

const JSON: HeaderValue = HeaderValue::from_static("application/json");
const TRADING: HeaderName = HeaderName::from_static("auth-trading-api");
/// The cookie that is the session.
const SESSION: &str = "co-auth";
/// How many secrets of sessions are remembered, so that none is shown.
const REMEMBERED: usize = 24;

/// Who logs in, and for which account.
#[derive(Clone, Debug)]
pub struct BrokerLogin {
    /// The account at the broker. No other one is ever taken.
    pub account: String,
    /// E-mail.
    pub email: String,
    /// Password.
    pub password: SecretString,
    /// The broker's number; where it is not configured, the broker is asked for it.
    pub broker: Option<String>,
}

/// An open session.
struct Session {
    /// Which of the connection's sessions it is.
    serial: u64,
    key: Key,
    jar: Jar,
    expires: Option<Nanos>,
}

/// What stays between sessions.
#[derive(Default)]
struct Door {
    /// The broker's number, as it said.
    broker: Option<String>,
    sessions: u64,
}

/// What goes with a request.
#[derive(Default)]
struct Keys {
    serial: u64,
    prefix: String,
    trading: Option<SecretString>,
    cookies: Option<SecretString>,
}

/// A request that may be sent.
struct Ask<'a> {
    /// Path and query.
    path: &'a str,
    body: Option<String>,
    keys: &'a Keys,
    intent: Option<u64>,
}

/// One account's connection. It has the account's secrets, which it shows to nobody, and
/// which are wiped from memory when they are no longer needed; what the layers below copy
/// to send it is theirs.
///
/// Nothing is sent twice, and nothing is tried again: that is for whoever calls.
pub struct Connection {
    host: Arc<BrokerHost>,
    login: BrokerLogin,
    http: Client,
    /// Sessions are opened, prolonged and ended one after the other.
    door: tokio::sync::Mutex<Door>,
    session: Mutex<Option<Session>>,
    /// Secrets of sessions so far, oldest first.
    had: Mutex<VecDeque<SecretString>>,
}

impl fmt::Debug for Connection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connection")
            .field("host", &self.host.settings().base)
            .field("account", &self.login.account)
            .field("open", &self.session().is_some())
            .finish_non_exhaustive()
    }
}

impl Broker for Connection {
    fn call(&self, call: Call) -> BrokerReply<'_> {
        Box::pin(Self::call(self, call))
    }
}

impl Connection {
    /// A connection without a session.
    pub fn new(host: Arc<BrokerHost>, login: BrokerLogin) -> Result<Self, HostError> {
        let http = host.client()?;
        Ok(Self {
            host,
            login,
            http,
            door: tokio::sync::Mutex::default(),
            session: Mutex::new(None),
            had: Mutex::default(),
        })
    }

    /// Asks something of the broker. The time is the broker's own when it answered, where
    /// it said so.
    ///
    /// A write that ends as [`Reply::Failed`] was not sent, or was turned away at the door.
    pub async fn call(&self, call: Call) -> (Reply, Option<Nanos>) {
        let mut date = None;
        let reply = match call {
            Call::LogIn => self.log_in(&mut date).await,
            Call::Refresh => self.refresh(&mut date).await,
            Call::LogOut => Ok(self.log_out().await),
            Call::Read(read) => self.read(&read, &mut date).await,
            Call::Write(ticket, write) => self.write(ticket, &write, &mut date).await,
        };
        (self.without_secrets(reply.unwrap_or_else(Reply::Failed)), date)
    }

    fn session(&self) -> MutexGuard<'_, Option<Session>> {
        self.session.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn without_secrets(&self, reply: Reply) -> Reply {
        let session = self.session();
        let mut had = self.had.lock().unwrap_or_else(PoisonError::into_inner);
        // A server may say what has been replaced since, or was forgotten with its session.
        for secret in session.iter().flat_map(|s| s.jar.values().chain([&s.key.token])) {
            if !had.iter().any(|old| old.expose_secret() == secret.expose_secret()) {
                had.push_back(secret.clone());
            }
        }
        while had.len() > REMEMBERED {
            had.pop_front();
        }
        let known: Vec<_> = had.iter().chain([&self.login.password]).collect();
        secrets::hidden(reply, &known)
    }

    fn place<'a>(&'a self, path: &'a str) -> Place<'a> {
        let path = path.split('?').next().unwrap_or_default();
        Place { host: self.host.name(), path, tls: self.host.is_tls() }
    }

    async fn log_in(&self, date: &mut Option<Nanos>) -> Result<Reply, Fault> {
        let mut door = self.door.lock().await;
        let broker = match self.login.broker.clone().or_else(|| door.broker.clone()) {
            Some(id) => id,
            None => door.broker.insert(self.broker_id(date).await?).clone(),
        };
        let path = &*self.host.settings().paths.login;
        let body = Object::new()
            .text("email", &self.login.email)
            .text("password", self.login.password.expose_secret())
            .text("brokerId", &broker)
            .end();
        let keys = Keys::default();
        let ask = Ask { path, body: Some(body), keys: &keys, intent: None };
        let answer = self.ask(ask, date).await.map_err(verdict::lost)?;
        let opened = match verdict::fault(&answer) {
            Some(Fault::Unauthorised) => Err(Fault::BadCredentials),
            Some(fault) => return Err(fault),
            None => login::login(&answer.body, &self.login.account),
        };
        // A session that was open is no longer this account's to use.
        let (token, key) = opened.inspect_err(|_| *self.session() = None)?;
        let mut jar = Jar::default();
        for line in &answer.cookies {
            jar.take(line, self.place(path), answer.date);
        }
        if let (None, Some(token)) = (jar.value(SESSION), &token) {
            jar.put(SESSION, token, self.host.is_tls());
        }
        let none = || Fault::Unreadable("the login brought no session".to_owned());
        let session = jar.value(SESSION).ok_or_else(none)?;
        let expires = login::expiry(session.expose_secret());
        door.sessions += 1;
        let leverage = key.leverage;
        *self.session() = Some(Session { serial: door.sessions, key, jar, expires });
        Ok(self.opened(expires, leverage))
    }

    fn opened(&self, expires: Option<Nanos>, leverage: Option<Decimal>) -> Reply {
        Reply::LoggedIn(LoggedIn { account: self.login.account.clone(), expires, leverage })
    }

    async fn broker_id(&self, date: &mut Option<Nanos>) -> Result<String, Fault> {
        let path = &*self.host.settings().paths.platform_details;
        let ask = Ask { path, body: None, keys: &Keys::default(), intent: None };
        let answer = self.ask(ask, date).await.map_err(verdict::lost)?;
        match verdict::fault(&answer) {
            Some(fault) => Err(fault),
            None => login::broker_id(&answer.body),
        }
    }

    async fn refresh(&self, date: &mut Option<Nanos>) -> Result<Reply, Fault> {
        // Held to the end, so that no other session comes in between.
        let _door = self.door.lock().await;
        let path = &*self.host.settings().paths.refresh;
        let cookies = |s: &Session| s.jar.line(self.place(path));
        let cookies = self.session().as_ref().map(cookies).ok_or(Fault::Unauthorised)?;
        let keys = Keys { cookies, ..Keys::default() };
        let ask = Ask { path, body: Some(Object::new().end()), keys: &keys, intent: None };
        let answer = self.ask(ask, date).await.map_err(verdict::lost)?;
        if let Some(fault) = verdict::fault(&answer) {
            return Err(fault);
        }
        let brought = login::refresh(&answer.body, &self.login.account);
        let mut open = self.session();
        if matches!(brought, Err(Fault::WrongAccount { .. })) {
            *open = None;
        }
        let brought = brought?;
        let session = open.as_mut().ok_or(Fault::Unauthorised)?;
        let before = session.jar.value(SESSION).cloned();
        for line in &answer.cookies {
            session.jar.take(line, self.place(path), answer.date);
        }
        let same = |a: Option<&SecretString>| {
            a.map(ExposeSecret::expose_secret) == before.as_ref().map(ExposeSecret::expose_secret)
        };
        if let (Some(token), true) = (&brought.token, same(session.jar.value(SESSION))) {
            session.jar.put(SESSION, token, self.host.is_tls());
        }
        let now = session.jar.value(SESSION);
        let expires = now.and_then(|token| login::expiry(token.expose_secret()));
        // A token that ends no later prolongs nothing.
        let longer = match (expires, session.expires) {
            (Some(new), Some(old)) => new > old,
            (new, old) => now.is_some() && !same(now) && new.is_some() >= old.is_some(),
        };
        if !longer {
            return Err(Fault::Unreadable("the refresh brought no later session".to_owned()));
        }
        session.expires = expires;
        if let Some(key) = brought.key {
            session.key = key;
        }
        Ok(self.opened(expires, session.key.leverage))
    }

    /// There is no call for it: the tokens are forgotten.
    async fn log_out(&self) -> Reply {
        *self.session() = None;
        // A login that was under way ends first; what it brought is forgotten too.
        let _door = self.door.lock().await;
        *self.session() = None;
        Reply::LoggedOut
    }

    async fn read(&self, read: &Read, date: &mut Option<Nanos>) -> Result<Reply, Fault> {
        let request = request::read(&self.host.settings().paths, read);
        let keys = self.keys(&request.path).ok_or(Fault::Unauthorised)?;
        let path = format!("{}{}", keys.prefix, request.path);
        let ask = Ask { path: &path, body: request.body, keys: &keys, intent: None };
        let answer = self.ask(ask, date).await.map_err(verdict::lost)?;
        if let Some(fault) = verdict::fault(&answer) {
            return Err(fault);
        }
        let body = &answer.body[..];
        let found = match read {
            Read::Balance => wire::balance(body).map(Reply::Balance),
            Read::Instruments => wire::instruments(body).map(Reply::Instruments),
            Read::Quotes(_) => wire::quotes(body).map(Reply::Quotes),
            Read::Candles { from, to, .. } => wire::candles(body).map(|mut bars| {
                bars.retain(|bar| *from <= bar.ts_open && bar.ts_open < *to);
                Reply::Candles(bars)
            }),
            Read::Positions => wire::positions(body).map(Reply::Positions),
            Read::Orders => wire::orders(body).map(Reply::Orders),
            Read::Closed { from, to } => wire::closed(body).map(|mut rows| {
                rows.retain(|row| *from <= row.close_time && row.close_time < *to);
                Reply::Closed(rows)
            }),
        };
        found.map_err(|e| Fault::Unreadable(e.to_string()))
    }

    async fn write(
        &self,
        ticket: Ticket,
        write: &Write,
        date: &mut Option<Nanos>,
    ) -> Result<Reply, Fault> {
        let request = request::write(&self.host.settings().paths, write);
        let keys = self.keys(&request.path).ok_or(Fault::Unauthorised)?;
        let path = format!("{}{}", keys.prefix, request.path);
        let intent = Some(ticket.intent().0);
        let ask = Ask { path: &path, body: request.body, keys: &keys, intent };
        Ok(match self.ask(ask, date).await {
            Ok(answer) => verdict::written(Ok(&answer)),
            Err(lost) => verdict::written(Err(lost)),
        })
    }

    /// What goes with a request to a path below the prefix, where there is a session.
    fn keys(&self, path: &str) -> Option<Keys> {
        let session = self.session();
        let Session { serial, key, jar, .. } = session.as_ref()?;
        let prefix = self.host.settings().paths.prefix.replace("{system}", &key.system);
        let cookies = jar.line(self.place(&format!("{prefix}{path}")));
        Some(Keys { serial: *serial, prefix, trading: Some(key.token.clone()), cookies })
    }

    async fn ask(&self, ask: Ask<'_>, date: &mut Option<Nanos>) -> Result<Answer, Lost> {
        let settings = self.host.settings();
        let bounds = Bounds { time: settings.timeout, bytes: settings.longest_body };
        let (path, serial) = (ask.path, ask.keys.serial);
        let (request, gate) = self.request(ask)?;
        let answer = exchange(&self.http, request, gate.as_ref(), bounds).await?;
        *date = answer.date.or(*date);
        // The session's cookies may change with any reply, as long as it is this session.
        if let Some(session) = self.session().as_mut().filter(|s| s.serial == serial) {
            for line in &answer.cookies {
                session.jar.take(line, self.place(path), answer.date);
            }
        }
        Ok(answer)
    }

    fn request(&self, ask: Ask<'_>) -> Result<(reqwest::Request, Option<Gate>), Lost> {
        let unsent = |why: &str| Lost::Unsent(why.to_owned());
        let url = self.host.url(ask.path).ok_or_else(|| unsent("there is no such address"))?;
        let method = if ask.body.is_some() { Method::POST } else { Method::GET };
        let mut request = reqwest::Request::new(method, url);
        let headers = request.headers_mut();
        headers.insert(ACCEPT, JSON);
        headers.insert(CONTENT_TYPE, JSON);
        for (name, secret) in [(TRADING, &ask.keys.trading), (COOKIE, &ask.keys.cookies)] {
            let Some(secret) = secret else { continue };
            let value = HeaderValue::from_str(secret.expose_secret());
            let mut value = value.map_err(|_| unsent("a token that no header can carry"))?;
            value.set_sensitive(true);
            headers.insert(name, value);
        }
        if let (Some(name), Some(intent)) = (self.host.intent_header(), ask.intent) {
            headers.insert(name.clone(), HeaderValue::from(intent));
        }
        let gate = ask.body.map(|body| {
            let (once, gate) = Once::new(body);
            *request.body_mut() = Some(Body::wrap(once));
            gate
        });
        Ok((request, gate))
    }
}
