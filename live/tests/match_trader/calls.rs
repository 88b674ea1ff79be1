//! Everything that can be asked, carried out by a venue.

use tickstep_core::units::{Nanos, Side};
use tickstep_live::broker::{Call, CandleInterval, PendingKind, Read, Reply, Write};
use tickstep_live::exchange::{ExchangeRules, IdStyle};
use tickstep_live::intent::Outcome;
use tickstep_live::sim_server::{
    AccountsWording, NumberWording, RefusalWording, SimOptions, SystemPlace, Wording,
};

use crate::client::{ACCOUNT, DECOY, START, Server, d, exchange_with, options};
use crate::support::{
    close, entry, levels, limit, log_in, opened, positions, questions, read, ticket, write,
};

fn id_of(reply: &Reply) -> String {
    match reply {
        Reply::Write(Outcome::Accepted { id: Some(id) }) => id.clone(),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn every_write_is_carried_out_once_on_the_account_that_is_meant() {
    for ids in [IdStyle::Same, IdStyle::Apart] {
        let rules = ExchangeRules { ids, ..ExchangeRules::plain() };
        let server = Server::over(exchange_with(rules), options()).await;
        let connection = opened(&server).await;
        let order = id_of(&write(&connection, entry()).await);
        let position = positions(&connection).await.remove(0);
        assert_eq!(position.id == order, ids == IdStyle::Same);
        assert_eq!((position.side, position.volume), (Side::Buy, d("0.1")));
        assert_eq!(position.open_price, d("1.08103"), "the ask");
        assert_eq!((position.bracket, position.open_time), (levels("1.075", "1.09"), START));
        assert_eq!(position.commission, d("-0.7"));
        let edit = Write::EditPosition {
            position: position.id.clone(),
            symbol: position.symbol.clone(),
            side: position.side,
            volume: position.volume,
            bracket: levels("1.076", "1.085"),
        };
        id_of(&write(&connection, edit).await);
        assert_eq!(positions(&connection).await[0].bracket, levels("1.076", "1.085"));
        id_of(&write(&connection, close(&position, d("0.03"), false)).await);
        assert_eq!(positions(&connection).await[0].volume, d("0.07"));
        id_of(&write(&connection, close(&position, d("0.07"), true)).await);
        assert_eq!(positions(&connection).await, Vec::new());
        let (from, to) = (START, Nanos(START.0 + 1));
        let Reply::Closed(rows) = read(&connection, Read::Closed { from, to }).await else {
            panic!("no rows");
        };
        let closed: Vec<_> = rows.iter().map(|r| (&*r.position, r.volume.to_string())).collect();
        let id = &*position.id;
        assert_eq!(closed, [(id, "0.03".to_owned()), (id, "0.07".to_owned())]);
        assert_ne!(rows[0].uid, rows[1].uid);
        pending(&server, &connection).await;
        let census = server.desk.census();
        assert_eq!((census.writes[ACCOUNT], census.writes.get(DECOY)), (8, None));
        let report = server.desk.with(|exchange, now| exchange.report(now, None));
        assert!(report.duplicates.is_empty() && report.twins == 0, "{report:?}");
    }
}

async fn pending(server: &Server, connection: &tickstep_live::match_trader::Connection) {
    let order = id_of(&write(connection, limit("1.079")).await);
    let Reply::Orders(list) = read(connection, Read::Orders).await else { panic!("no orders") };
    let waiting = &list[0];
    assert_eq!(
        (&*waiting.id, waiting.kind, waiting.side),
        (&*order, PendingKind::Limit, Side::Buy)
    );
    assert_eq!((waiting.price, waiting.volume), (d("1.079"), d("0.2")));
    assert_eq!((waiting.bracket, waiting.created), (levels("1.07", "1.09"), Some(START)));
    let edit = Write::EditOrder {
        order: order.clone(),
        symbol: "EURUSD".to_owned(),
        side: Side::Buy,
        volume: d("0.2"),
        kind: PendingKind::Limit,
        price: d("1.0785"),
        bracket: levels("1.07", "1.09"),
    };
    id_of(&write(connection, edit).await);
    let Reply::Orders(list) = read(connection, Read::Orders).await else { panic!("no orders") };
    assert_eq!(list[0].price, d("1.0785"));
    let cancel = || Write::CancelOrder {
        order: order.clone(),
        symbol: "EURUSD".to_owned(),
        side: Side::Buy,
        kind: PendingKind::Limit,
    };
    assert!(matches!(write(connection, cancel()).await, Reply::Write(Outcome::Accepted { .. })));
    assert_eq!(read(connection, Read::Orders).await, Reply::Orders(Vec::new()));
    // Again, it is gone; the broker says so with 404.
    let Reply::Write(Outcome::Rejected { code, message }) =
        connection.call(Call::Write(ticket(), cancel())).await.0
    else {
        panic!("not refused");
    };
    let told = format!("{code:?} {message}");
    assert!(told.contains("ORDER_NOT_FOUND") && told.contains("not found"), "{told}");
    let refused = server.desk.with(|exchange, _| exchange.truth().refused());
    assert_eq!(refused, 1);
}

#[tokio::test]
async fn what_is_read_is_the_same_however_it_is_written() {
    let mut seen: Option<Vec<Reply>> = None;
    let numbers = [
        NumberWording::Documented,
        NumberWording::Opposite,
        NumberWording::Texts,
        NumberWording::Numbers,
    ];
    for numbers in numbers {
        for odd in [false, true] {
            let wording = Wording {
                accounts: if odd {
                    AccountsWording::Accounts
                } else {
                    AccountsWording::TradingAccounts
                },
                system: if odd { SystemPlace::Account } else { SystemPlace::Offer },
                numeric_partner: odd,
                wrapped_instruments: odd,
                wrapped_quotes: odd,
                numbers,
                null_levels: odd,
                without_zone: odd,
                candle_seconds: odd,
                without_uid: false,
                ..Wording::default()
            };
            let server = Server::start(SimOptions { wording, ..options() }).await;
            let connection = opened(&server).await;
            write(&connection, entry()).await;
            write(&connection, entry()).await;
            write(&connection, limit("1.079")).await;
            let first = positions(&connection).await.remove(0);
            write(&connection, close(&first, d("0.1"), true)).await;
            server.pass(1);
            let mut found = Vec::new();
            for question in questions() {
                let question = match question {
                    Read::Closed { .. } => Read::Closed { from: START, to: Nanos(START.0 + 1) },
                    other => other,
                };
                let reply = read(&connection, question.clone()).await;
                assert!(!matches!(reply, Reply::Failed(_)), "{question:?}: {reply:?}");
                found.push(reply);
            }
            match &seen {
                None => seen = Some(found),
                Some(seen) => same(seen, &found),
            }
        }
    }
}

/// Equal, but for how many zeros an amount is written with.
fn same(wanted: &[Reply], found: &[Reply]) {
    for (wanted, found) in wanted.iter().zip(found) {
        let values = [wanted, found].map(|reply| normal(serde_json::to_value(reply).unwrap()));
        assert_eq!(values[0], values[1]);
    }
}

fn normal(value: serde_json::Value) -> serde_json::Value {
    use serde_json::Value;
    match value {
        Value::String(text) => {
            let number = text.parse::<rust_decimal::Decimal>();
            number.map_or(Value::String(text), |d| Value::String(d.normalize().to_string()))
        }
        Value::Array(list) => list.into_iter().map(normal).collect(),
        Value::Object(map) => map.into_iter().map(|(name, value)| (name, normal(value))).collect(),
        other => other,
    }
}

#[tokio::test]
async fn the_market_is_read() {
    let server = Server::start(options()).await;
    let connection = opened(&server).await;
    let Reply::Instruments(terms) = read(&connection, Read::Instruments).await else {
        panic!("no instruments");
    };
    let euro = terms.iter().find(|t| t.symbol == "EURUSD").unwrap();
    assert_eq!((euro.tick_size, euro.contract_size), (Some(d("0.00001")), Some(d("100000"))));
    assert_eq!((euro.stops_level, euro.session_open), (Some(10), Some(true)));
    let symbols = ["EURUSD", "XAUUSD"].map(str::to_owned).to_vec();
    let Reply::Quotes(quotes) = read(&connection, Read::Quotes(symbols)).await else {
        panic!("no quotes");
    };
    assert_eq!((quotes[0].bid, quotes[0].ask), (d("1.08101"), d("1.08103")));
    assert_eq!((quotes.len(), &*quotes[1].symbol), (2, "XAUUSD"));
    assert!(quotes[0].ts.is_some_and(|ts| ts <= START && START.0 - ts.0 < Nanos::MINUTE.0));
    let (from, to) = (Nanos(START.0 - Nanos::MINUTE.times(5).0), Nanos(START.0 - 1));
    let symbol = "EURUSD".to_owned();
    let candles = Read::Candles { symbol, interval: CandleInterval::M1, from, to };
    let Reply::Candles(bars) = read(&connection, candles).await else { panic!("no bars") };
    let opens: Vec<_> =
        bars.iter().map(|bar| (START.0 - bar.ts_open.0) / Nanos::MINUTE.0).collect();
    assert_eq!(opens, [5, 4, 3, 2, 1]);
    let unknown = read(&connection, Read::Quotes(vec!["NONE".to_owned()])).await;
    assert!(
        matches!(unknown, Reply::Failed(tickstep_live::broker::Fault::Refused(_))),
        "{unknown:?}"
    );
}

#[tokio::test]
async fn a_refusal_is_one_with_its_reason_whatever_its_status() {
    for refusal in [RefusalWording::Rejected, RefusalWording::BadRequest] {
        let wording = Wording { refusal, ..Wording::default() };
        let server = Server::start(SimOptions { wording, ..options() }).await;
        let connection = opened(&server).await;
        let near = Write::Open {
            symbol: "EURUSD".to_owned(),
            side: Side::Buy,
            volume: d("0.1"),
            bracket: levels("1.081", "1.09"),
        };
        let Reply::Write(Outcome::Rejected { code, .. }) = write(&connection, near).await else {
            panic!("not refused");
        };
        assert_eq!(code.as_deref(), Some("INVALID_STOPS"));
        assert_eq!(positions(&connection).await, Vec::new());
    }
}

#[tokio::test]
async fn accounts_do_not_see_each_other() {
    let server = Server::start(options()).await;
    let own = opened(&server).await;
    let mut login = crate::support::login();
    login.account = DECOY.to_owned();
    let other = crate::support::with(crate::support::settings(&server.base), login);
    log_in(&other).await;
    write(&own, entry()).await;
    let (mine, theirs) = tokio::join!(positions(&own), positions(&other));
    assert_eq!((mine.len(), theirs.len()), (1, 0));
    let holds = |account: &str| {
        server.desk.with(|exchange, now| exchange.view_true(now, account).unwrap().holdings.len())
    };
    assert_eq!((holds(ACCOUNT), holds(DECOY)), (1, 0));
}
