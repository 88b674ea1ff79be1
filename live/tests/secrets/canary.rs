//! Invariant 11: no secret in any output. A server that shows every secret it knows wherever
//! it can is spoken to with every line of every library heard, and nothing that comes out
//! of it has one.

use std::io::{self, Write as _};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tickstep_core::units::{Nanos, Side};
use tickstep_live::broker::{
    BracketPrices, Call, CandleInterval, PendingKind, Read, Reply, Write as BrokerWrite,
};
use tickstep_live::intent::{Intent, IntentId, RequestId};
use tickstep_live::match_trader::{BrokerHost, BrokerLogin, Connection, HostSettings};
use tickstep_live::record::encode_input;
use tickstep_live::runner::Input;
use tickstep_live::vault::{Credential, Strength, Vault, VaultKey};
use tracing_subscriber::layer::SubscriberExt as _;

use crate::canned::{Act, Canned, reply};
use crate::client::{ACCOUNT, PASSWORD, Server, d, options};

/// With a character that JSON escapes, and one that an address does.
const SECRET_PASSWORD: &str = "canary \"pass%word";
const SESSION_COOKIE: &str = "canary-session-cookie";
const REFRESH_COOKIE: &str = "canary-refresh-cookie";
const TRADING_TOKEN: &str = "canary-trading-token";
const NEW_COOKIE: &str = "canary-newer-cookie";
const NEW_TOKEN: &str = "canary-newer-trading";
const SECRET_PASSPHRASE: &str = "canary of a passphrase";

/// Everything that came out, in whichever way.
#[derive(Clone, Default)]
struct Heard(Arc<Mutex<Vec<u8>>>);

impl io::Write for Heard {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Heard {
    /// Hears everything that is said on this thread, by libraries too, whatever its level.
    fn listening() -> (Self, tracing::subscriber::DefaultGuard) {
        let heard = Self::default();
        let (lines, people) = (heard.clone(), heard.clone());
        let subscriber = tracing_subscriber::registry()
            .with(tracing_subscriber::fmt::layer().json().with_writer(move || lines.clone()))
            .with(tracing_subscriber::fmt::layer().with_writer(move || people.clone()));
        (heard, tracing::subscriber::set_default(subscriber))
    }

    fn note(&self, text: &str) {
        writeln!(self.clone(), "{text}").unwrap();
    }

    /// A reply, in every form in which it goes on: shown, as JSON, and in the journal.
    fn note_reply(&self, reply: &Reply) {
        self.note(&format!("{reply:?} {reply:#?}"));
        self.note(&serde_json::to_string(reply).unwrap());
        if let Reply::Failed(fault) = reply {
            self.note(&fault.to_string());
        }
        let mut bytes = Vec::new();
        let request = RequestId(1);
        encode_input(&Input::Reply { request, reply: reply.clone(), venue_time: None }, &mut bytes);
        self.clone().write_all(&bytes).unwrap();
    }

    fn text(&self) -> String {
        String::from_utf8_lossy(&self.0.lock().unwrap()).into_owned()
    }

    fn has_none_of(&self, secrets: &[&str]) {
        let text = self.text();
        for secret in secrets {
            let place = text.find(secret);
            let around = place.map(|at| {
                let from = (0..=at.saturating_sub(200)).rev().find(|n| text.is_char_boundary(*n));
                text[from.unwrap()..].chars().take(400).collect::<String>()
            });
            assert!(around.is_none(), "{secret}: {}", around.unwrap());
        }
    }
}

fn every_call() -> Vec<Call> {
    let (from, to) = (Nanos(1_788_775_200_000_000_000), Nanos(1_788_775_800_000_000_000));
    let symbol = || "EURUSD".to_owned();
    let (side, volume, bracket) = (Side::Buy, d("0.1"), BracketPrices::default());
    let (position, order, kind, price) =
        (|| "W1".to_owned(), || "W2".to_owned(), PendingKind::Limit, d("1.08"));
    let reads = [
        Read::Balance,
        Read::Instruments,
        Read::Quotes(vec![symbol()]),
        Read::Candles { symbol: symbol(), interval: CandleInterval::M1, from, to },
        Read::Positions,
        Read::Orders,
        Read::Closed { from, to },
    ];
    let writes = [
        BrokerWrite::Open { symbol: symbol(), side, volume, bracket },
        BrokerWrite::EditPosition { position: position(), symbol: symbol(), side, volume, bracket },
        BrokerWrite::Close { position: position(), symbol: symbol(), side, volume, whole: true },
        BrokerWrite::Close { position: position(), symbol: symbol(), side, volume, whole: false },
        BrokerWrite::CreateOrder { symbol: symbol(), side, volume, kind, price, bracket },
        BrokerWrite::EditOrder {
            order: order(),
            symbol: symbol(),
            side,
            volume,
            kind,
            price,
            bracket,
        },
        BrokerWrite::CancelOrder { order: order(), symbol: symbol(), side, kind },
    ];
    let ticket =
        |n: usize| Intent::new(IntentId(n as u64 + 1)).send(RequestId(n as u64), Nanos(0)).unwrap();
    let writes = writes.into_iter().enumerate().map(|(n, w)| Call::Write(ticket(n), w));
    [Call::Refresh, Call::LogIn]
        .into_iter()
        .chain(reads.into_iter().map(Call::Read))
        .chain(writes)
        .chain([Call::Refresh])
        .collect()
}

const COOKIES: [(&str, &str); 3] =
    [("co-auth", SESSION_COOKIE), ("rt", REFRESH_COOKIE), ("extra", NEW_COOKIE)];

/// All secrets, as a server might show them by mistake.
fn echo() -> String {
    let escaped = serde_json::to_string(SECRET_PASSWORD).unwrap();
    format!(
        r#"{{"password":{escaped},"message":"{SESSION_COOKIE} {REFRESH_COOKIE} {TRADING_TOKEN}",
            "errorMessage":"for {TRADING_TOKEN}","errorCode":"{SESSION_COOKIE}","status":"{TRADING_TOKEN}",
            "token":"{NEW_TOKEN}","tradingApiToken":"{NEW_TOKEN}",
            "balance":"{TRADING_TOKEN}","candles":[{{"time":1,"open":"{SESSION_COOKIE}"}}],
            "positions":[{{"id":"1","symbol":"E","side":"{TRADING_TOKEN}"}}],
            "orders":[{{"id":"1","symbol":"E","type":"{TRADING_TOKEN}","side":"BUY"}}],
            "operations":[{{"id":"1","symbol":"E","side":"{TRADING_TOKEN}"}}],
            "url":"https://x/?p=canary%20%22pass%25word&c=canary+%22pass%25word"}}"#
    )
}

fn login_reply() -> String {
    let set: String =
        COOKIES.map(|(name, value)| format!("\r\nSet-Cookie: {name}={value}; Path=/")).concat();
    let body = format!(
        r#"{{"token":"{SESSION_COOKIE}","accounts":[{{"tradingAccountId":"{ACCOUNT}",
            "tradingApiToken":"{TRADING_TOKEN}","system":{{"uuid":"system-1"}}}}]}}"#
    );
    reply(&format!("200 OK{set}"), &body)
}

/// What a server may say to anything but a login.
fn replies() -> Vec<String> {
    let echo = echo();
    let page = format!(
        "<html><title>{SESSION_COOKIE} {TRADING_TOKEN} {SECRET_PASSWORD}</title>{echo}</html>"
    );
    let long = format!("{}{TRADING_TOKEN}", "x".repeat(190));
    let location = format!("302 Found\r\nLocation: https://elsewhere/?token={TRADING_TOKEN}");
    let mut all: Vec<String> = ["200 OK", "201 Created", "400 Bad Request", "401 Unauthorized"]
        .into_iter()
        .chain(["403 Forbidden", "404 Not Found", "410 Gone", "422 Unprocessable", "429 Too Many"])
        .chain(["500 Oh", "502 Bad Gateway", &*location])
        .flat_map(|head| [reply(head, &echo), reply(head, &page), reply(head, &long)])
        .collect();
    let headers = format!("200 OK\r\nX-Token: {TRADING_TOKEN}\r\nSet-Cookie: extra={NEW_COOKIE}");
    all.push(reply(&headers, &echo));
    all.push(format!("HTTP/1.1 200 OK\r\nContent-Length: 99999\r\n\r\n{echo}"));
    all.push(format!("HTTP/1.1 {TRADING_TOKEN}\r\n\r\n{echo}"));
    all.push(format!("{SESSION_COOKIE}\r\n\r\n"));
    all
}

fn canary_login() -> BrokerLogin {
    BrokerLogin {
        account: ACCOUNT.to_owned(),
        email: "trader@example.com".to_owned(),
        password: SECRET_PASSWORD.to_owned().into(),
        broker: Some("2".to_owned()),
    }
}

const ALL: [&str; 8] = [
    // Its beginning: in whichever way the rest is escaped.
    "canary \"pass",
    "canary \\\"pass",
    "canary%20%22pass",
    "canary+%22pass",
    SESSION_COOKIE,
    REFRESH_COOKIE,
    "canary-trading",
    "canary-newer",
];

#[tokio::test]
async fn a_server_that_shows_every_secret_makes_nobody_else_show_one() {
    let (heard, _listening) = Heard::listening();
    for said in replies() {
        let answer = said.clone();
        let server =
            Canned::start(move |request| match request.starts_with("POST /manager/mtr-login") {
                true => Act::Say(login_reply()),
                false => Act::SayAndClose(answer.clone(), Duration::ZERO),
            })
            .await;
        let settings = HostSettings {
            timeout: Duration::from_millis(500),
            ..HostSettings::new(&*server.base)
        };
        let host = Arc::new(BrokerHost::new(settings).unwrap());
        let connection = Connection::new(Arc::clone(&host), canary_login()).unwrap();
        let (opened, _) = connection.call(Call::LogIn).await;
        assert!(matches!(opened, Reply::LoggedIn(_)), "{opened:?}");
        for call in every_call() {
            heard.note(&format!("{call:?}"));
            let (reply, _) = connection.call(call).await;
            heard.note_reply(&reply);
        }
        heard.note(&format!("{connection:?} {host:?} {:?}", canary_login()));
        // The secrets went to where they belong, so the test is one.
        let seen = server.seen().concat();
        for secret in [SESSION_COOKIE, TRADING_TOKEN, "canary \\\"pass"] {
            assert!(seen.contains(secret), "{secret}");
        }
    }
    assert!(heard.text().contains("[hidden]"));
    // Libraries below were heard.
    assert!(heard.text().contains("hyper_util"));
    heard.has_none_of(&ALL);
}

#[tokio::test]
async fn what_a_session_had_before_it_was_prolonged_is_not_shown_either() {
    let (heard, _listening) = Heard::listening();
    let server =
        Canned::start(move |request| match request.starts_with("POST /manager/mtr-login") {
            true => Act::Say(login_reply()),
            false => Act::Say(reply("200 OK", &echo())),
        })
        .await;
    let host = Arc::new(BrokerHost::new(HostSettings::new(&*server.base)).unwrap());
    let connection = Connection::new(host, canary_login()).unwrap();
    let (opened, _) = connection.call(Call::LogIn).await;
    assert!(matches!(opened, Reply::LoggedIn(_)), "{opened:?}");
    for call in every_call().into_iter().filter(|call| !matches!(call, Call::LogIn)) {
        heard.note_reply(&connection.call(call).await.0);
    }
    heard.note_reply(&connection.call(Call::LogOut).await.0);
    assert!(heard.text().contains("[hidden]"));
    heard.has_none_of(&ALL);
}

#[tokio::test]
async fn a_login_that_is_refused_shows_no_password() {
    let (heard, _listening) = Heard::listening();
    for said in replies() {
        let answer = said.clone();
        let server = Canned::start(move |_| Act::SayAndClose(answer.clone(), Duration::ZERO)).await;
        let host = Arc::new(BrokerHost::new(HostSettings::new(&*server.base)).unwrap());
        let connection = Connection::new(host, canary_login()).unwrap();
        heard.note_reply(&connection.call(Call::LogIn).await.0);
    }
    // Tokens in a refusal are those of nobody; what JSON calls a token is hidden anyhow.
    heard.has_none_of(&ALL[..4]);
    heard.has_none_of(&["canary-newer"]);
}

#[tokio::test]
async fn a_day_at_a_broker_shows_no_secret() {
    let (heard, _listening) = Heard::listening();
    let server = Server::start(options()).await;
    let host = Arc::new(BrokerHost::new(HostSettings::new(&*server.base)).unwrap());
    let login = BrokerLogin { password: PASSWORD.to_owned().into(), ..canary_login() };
    let connection = Connection::new(host, login).unwrap();
    for call in every_call().into_iter().chain([Call::LogOut, Call::Refresh]) {
        heard.note_reply(&connection.call(call).await.0);
    }
    assert!(heard.text().contains(ACCOUNT));
    // Tokens of this server are JWTs.
    heard.has_none_of(&[PASSWORD, "eyJ"]);
}

#[test]
fn a_vault_and_its_errors_show_no_secret() {
    let (heard, _listening) = Heard::listening();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("vault");
    let weak = Strength { memory_kib: 8, passes: 1, lanes: 1 };
    let key = VaultKey::passphrase(SECRET_PASSPHRASE.into());
    let mut vault = Vault::create(&path, &key, weak).unwrap();
    let login = Credential {
        email: "a@example.com".to_owned(),
        password: SECRET_PASSWORD.into(),
        broker: None,
        account: "1".to_owned(),
    };
    vault.add("one", login.clone()).unwrap();
    heard.note(&format!("{vault:?} {key:?} {login:?} {:?}", vault.entry("one")));
    let wrong = VaultKey::passphrase("canary of another passphrase".into());
    let errors = [
        vault.add("one", login.clone()).unwrap_err(),
        vault.add("", login).unwrap_err(),
        vault.remove("two").unwrap_err(),
        Vault::open(&path, &wrong).unwrap_err(),
        vault.rekey(&VaultKey::passphrase("canary".into()), weak).unwrap_err(),
    ];
    errors.iter().for_each(|error| heard.note(&format!("{error} {error:?}")));
    heard.clone().write_all(&std::fs::read(&path).unwrap()).unwrap();
    assert!(heard.text().contains("the passphrase is not the one"));
    heard.has_none_of(&["canary"]);
}
