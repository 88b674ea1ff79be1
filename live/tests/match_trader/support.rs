//! A connection to a server, and the right to send.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use rust_decimal::Decimal;
use tickstep_core::units::{Nanos, Side};
use tickstep_live::broker::{
    BracketPrices, Call, CandleInterval, PendingKind, Read, Reply, VenuePosition, Write,
};
use tickstep_live::intent::{Intent, IntentId, RequestId, Ticket};
use tickstep_live::match_trader::{BrokerHost, BrokerLogin, Connection, HostSettings};

use crate::client::{ACCOUNT, EMAIL, PASSWORD, START, Server, d};

pub fn login() -> BrokerLogin {
    BrokerLogin {
        account: ACCOUNT.to_owned(),
        email: EMAIL.to_owned(),
        password: PASSWORD.to_owned().into(),
        broker: Some("2".to_owned()),
    }
}

pub fn settings(base: &str) -> HostSettings {
    HostSettings { intent_header: Some("x-intent".to_owned()), ..HostSettings::new(base) }
}

pub fn connection(base: &str) -> Connection {
    with(settings(base), login())
}

/// One that waits no longer than this.
pub fn hasty(base: &str, ms: u64) -> Connection {
    with(HostSettings { timeout: Duration::from_millis(ms), ..settings(base) }, login())
}

pub fn with(settings: HostSettings, login: BrokerLogin) -> Connection {
    Connection::new(Arc::new(BrokerHost::new(settings).unwrap()), login).unwrap()
}

pub async fn opened(server: &Server) -> Connection {
    let connection = connection(&server.base);
    log_in(&connection).await;
    connection
}

pub async fn log_in(connection: &Connection) {
    let (reply, _) = connection.call(Call::LogIn).await;
    assert!(matches!(reply, Reply::LoggedIn(_)), "{reply:?}");
}

static INTENTS: AtomicU64 = AtomicU64::new(1);

pub fn ticket() -> Ticket {
    let n = INTENTS.fetch_add(1, Ordering::SeqCst);
    Intent::new(IntentId(n)).send(RequestId(n), Nanos(0)).unwrap()
}

pub async fn write(connection: &Connection, write: Write) -> Reply {
    connection.call(Call::Write(ticket(), write)).await.0
}

pub async fn read(connection: &Connection, read: Read) -> Reply {
    connection.call(Call::Read(read)).await.0
}

pub async fn positions(connection: &Connection) -> Vec<VenuePosition> {
    match read(connection, Read::Positions).await {
        Reply::Positions(list) => list,
        other => panic!("{other:?}"),
    }
}

pub fn levels(stop: &str, target: &str) -> BracketPrices {
    BracketPrices { stop: Some(d(stop)), target: Some(d(target)) }
}

pub fn entry() -> Write {
    Write::Open {
        symbol: "EURUSD".to_owned(),
        side: Side::Buy,
        volume: d("0.1"),
        bracket: levels("1.075", "1.09"),
    }
}

pub fn close(position: &VenuePosition, volume: Decimal, whole: bool) -> Write {
    Write::Close {
        position: position.id.clone(),
        symbol: position.symbol.clone(),
        side: position.side,
        volume,
        whole,
    }
}

pub fn limit(price: &str) -> Write {
    Write::CreateOrder {
        symbol: "EURUSD".to_owned(),
        side: Side::Buy,
        volume: d("0.2"),
        kind: PendingKind::Limit,
        price: d(price),
        bracket: levels("1.07", "1.09"),
    }
}

/// Every question there is.
pub fn questions() -> Vec<Read> {
    let (from, to) = (Nanos(START.0 - Nanos::MINUTE.times(5).0), START);
    vec![
        Read::Balance,
        Read::Instruments,
        Read::Quotes(vec!["EURUSD".to_owned()]),
        Read::Candles { symbol: "EURUSD".to_owned(), interval: CandleInterval::M1, from, to },
        Read::Positions,
        Read::Orders,
        Read::Closed { from, to },
    ]
}
