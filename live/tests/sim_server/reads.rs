//! What is read, against the JSON that is known.

use reqwest::StatusCode;
use serde_json::{Value, json};
use tickstep_core::units::Nanos;
use tickstep_live::exchange::{OrderedTrouble, Trouble, VenueCall};
use tickstep_live::sim_server::NumberWording;

use crate::client::{ACCOUNT, START, Server, entry, same_shape};

#[tokio::test]
async fn a_balance_is_texts() {
    let (server, client) = Server::plain().await;
    let body = client.get("balance").await.json();
    let wanted = json!({
        "balance": "10000.00", "equity": "10000.00", "freeMargin": "10000.00", "margin": "0.00",
        "marginLevel": "0.00", "credit": "0.00", "profit": "0.00", "netProfit": "0.00",
        "currency": "USD", "currencyPrecision": 2
    });
    assert_eq!(body, wanted);
    server.desk.change(|options| options.wording.without_equity = true);
    assert_eq!(client.get("balance").await.json().get("equity"), None);
}

#[tokio::test]
async fn instruments_come_as_a_list_or_wrapped() {
    let (server, client) = Server::plain().await;
    let list = client.get("effective-instruments").await.json();
    assert_eq!(list.as_array().unwrap().len(), 2);
    let gold = &list[1];
    let wanted = json!({
        "symbol": "XAUUSD", "alias": "", "description": "", "type": "CFD", "baseCurrency": "XAU",
        "quoteCurrency": "USD", "sessionOpen": true, "tradingHours": [], "volumeMin": 0.01,
        "volumeMax": 100, "volumeStep": 0.01, "volumePrecision": 2, "pricePrecision": 2,
        "contractSize": 100, "sizeOfOnePoint": 0.01, "leverage": 100, "fixedLeverage": false,
        "multiplier": 1, "multiplierCurrency": "USD", "divider": 1, "bidMarkup": 0, "askMarkup": 0,
        "swapBuy": 0, "swapSell": 0, "swapType": "PIPS", "freezeLevel": 0, "stopsLevel": 0,
        "terminationType": null, "terminationDate": null, "terminationDateIso": null, "tags": []
    });
    same_shape(&wanted, gold);
    for name in ["volumeMin", "volumeMax", "contractSize", "sizeOfOnePoint", "pricePrecision"] {
        assert_eq!(gold[name], wanted[name], "{name}");
    }
    let hours = json!({
        "dayNumber": 0, "openHours": 1, "openMinutes": 0, "openSeconds": 0,
        "closeHours": 22, "closeMinutes": 0, "closeSeconds": 0
    });
    assert_eq!(gold["tradingHours"], json!([hours]));
    assert_eq!(list[0]["stopsLevel"], 10);

    server.desk.change(|options| {
        options.wording.wrapped_instruments = true;
        options.wording.sunday_first = true;
    });
    server.desk.with(|exchange, now| exchange.force_session(now, "XAUUSD", Some(false))).unwrap();
    let wrapped = client.get("effective-instruments").await.json();
    let gold = &wrapped["instruments"][1];
    assert_eq!(
        (&gold["sessionOpen"], &gold["tradingHours"][0]["dayNumber"]),
        (&false.into(), &1.into())
    );
}

#[tokio::test]
async fn prices_are_texts_with_their_time() {
    let (server, client) = Server::plain().await;
    server.pass(50);
    let list = client.get("quotations?symbols=EURUSD,XAUUSD").await.json();
    let ms = START.millis() + 45_000;
    let wanted = json!({
        "symbol": "EURUSD", "alias": "EURUSD", "bid": "1.08101", "ask": "1.08103",
        "change": "0.00", "high": "1.08111", "low": "1.08096",
        "timestampMs": ms, "timestampSec": ms / 1000
    });
    assert_eq!(list[0], wanted);
    assert_eq!(list[1]["symbol"], "XAUUSD");
    assert_eq!(client.get("quotations?symbols=NONE").await.status, StatusCode::NOT_FOUND);
    server.desk.change(|options| {
        options.wording.numbers = NumberWording::Opposite;
        options.wording.without_millis = true;
    });
    let list = client.get("quotations?symbols=EURUSD").await.json();
    assert_eq!((&list[0]["bid"], list[0].get("timestampMs")), (&json!(1.08101), None));
}

#[tokio::test]
async fn bars_open_at_their_time_and_the_last_is_in_the_making() {
    let (server, client) = Server::plain().await;
    server.pass(2 * 60 + 20);
    let path =
        "candles?symbol=EURUSD&interval=M5&from=2026-09-07T09:50:00Z&to=2026-09-07T11:00:00Z";
    let body = client.get(path).await.json();
    let open = START.millis();
    assert_eq!((&body["symbol"], &body["interval"]), (&"EURUSD".into(), &"M5".into()));
    let bars = body["candles"].as_array().unwrap();
    let times: Vec<_> = bars.iter().map(|bar| bar["time"].as_i64().unwrap() - open).collect();
    assert_eq!(times, [-600_000, -300_000, 0]);
    let first = json!({
        "time": open - 600_000, "open": 1.08101, "high": 1.08111, "low": 1.08096, "close": 1.08101,
        "volume": 500
    });
    assert_eq!(bars[0], first);
    // Two bars and, after twenty seconds, half of the third.
    assert_eq!((&bars[2]["volume"], &bars[2]["close"]), (&250.into(), &json!(1.08096)));

    for interval in ["m5", "M2", ""] {
        let bad = client.get(&format!("candles?symbol=EURUSD&interval={interval}")).await;
        assert_eq!(bad.status, StatusCode::BAD_REQUEST);
        let message = bad.json()["errorMessage"].as_str().unwrap().to_owned();
        assert!(message.starts_with("Validation failed for argument"), "{message}");
    }
    assert_eq!(client.get("candles?symbol=NONE&interval=M1").await.status, StatusCode::NOT_FOUND);
    let recent = client.get("candles?symbol=EURUSD&interval=M1").await.json();
    assert_eq!(recent["candles"].as_array().unwrap().len(), 13);
    server.desk.change(|options| options.wording.numbers = NumberWording::Texts);
    let texts = client.get("candles?symbol=EURUSD&interval=M1").await.json();
    assert_eq!(texts["candles"][0]["open"], "1.08101");
    server.desk.change(|options| options.wording.candle_seconds = true);
    let seconds = client.get("candles?symbol=EURUSD&interval=M1").await.json();
    assert_eq!(seconds["candles"][10]["time"], open / 1_000);
}

#[tokio::test]
async fn bars_come_twice_or_out_of_order_when_told() {
    let (server, client) = Server::plain().await;
    let times = async || -> Vec<i64> {
        let body = client.get("candles?symbol=EURUSD&interval=M1").await.json();
        let bars = body["candles"].as_array().unwrap().clone();
        bars.iter().map(|bar| bar["time"].as_i64().unwrap()).collect()
    };
    let plain = times().await;
    server.desk.order(OrderedTrouble::next(VenueCall::Candles, Trouble::DoubledCandles));
    server.desk.order(OrderedTrouble::next(VenueCall::Candles, Trouble::ShuffledCandles));
    let mut doubled = times().await;
    assert!(doubled.len() > plain.len());
    doubled.dedup();
    assert_eq!(doubled, plain);
    let mut shuffled = times().await;
    assert_ne!(shuffled, plain);
    shuffled.sort_unstable();
    assert_eq!(shuffled, plain);
    assert_eq!(times().await, plain);
}

#[tokio::test]
async fn a_feed_may_freeze() {
    let (server, client) = Server::plain().await;
    server.desk.with(|exchange, now| exchange.freeze(now, "EURUSD", true)).unwrap();
    server.pass(35 * 60);
    // The session would be over by now.
    let client = {
        drop(client);
        server.logged_in().await
    };
    let quote = client.get("quotations?symbols=EURUSD").await.json();
    assert_eq!(quote[0]["bid"], "1.08101");
    server.desk.with(|exchange, now| exchange.freeze(now, "EURUSD", false)).unwrap();
    let quote = client.get("quotations?symbols=EURUSD").await.json();
    assert_eq!(quote[0]["bid"], "1.07101");
}

#[tokio::test]
async fn a_position_is_read_as_documented() {
    let (server, client) = Server::plain().await;
    let id = client.post("position/open", &entry()).await.json()["orderId"].clone();
    let rows = client.rows("open-positions").await;
    let wanted = json!({
        "id": id, "symbol": "EURUSD", "alias": "EURUSD", "side": "BUY", "volume": "0.1",
        "openTime": "2026-09-07T10:00:00Z", "openTimeMillis": START.millis(),
        "openPrice": "1.08103", "stopLoss": "1.075", "takeProfit": "1.09", "swap": "0",
        "commission": "-0.70", "profit": "-0.20", "netProfit": "-0.90", "currentPrice": "1.08101",
        "margin": "108.10", "positions": []
    });
    same_shape(&wanted, &rows[0]);
    for (name, value) in wanted.as_object().unwrap() {
        let of =
            |value: &Value| value.as_str().and_then(|t| t.parse::<rust_decimal::Decimal>().ok());
        if of(value).is_some() {
            assert_eq!(of(&rows[0][name]), of(value), "{name}");
        } else {
            assert_eq!(&rows[0][name], value, "{name}");
        }
    }
    let balance = client.get("balance").await.json();
    assert_eq!((&balance["margin"], &balance["equity"]), (&"108.10".into(), &"9999.10".into()));
    assert_eq!(balance["freeMargin"], "9891.00");

    server.desk.change(|options| {
        options.wording.numbers = NumberWording::Numbers;
        options.wording.without_zone = true;
        options.wording.without_millis = true;
    });
    let rows = client.rows("open-positions").await;
    assert_eq!((&rows[0]["volume"], &rows[0]["stopLoss"]), (&json!(0.1), &json!(1.075)));
    assert_eq!(rows[0]["openTime"], "2026-09-07T10:00:00");
    assert_eq!(rows[0].get("openTimeMillis"), None);
}

#[tokio::test]
async fn levels_that_are_not_there_are_zero_or_null() {
    let (server, client) = Server::plain().await;
    let mut body = entry();
    body["slPrice"] = 0.into();
    body["tpPrice"] = 0.into();
    client.post("position/open", &body).await;
    let rows = client.rows("open-positions").await;
    assert_eq!((&rows[0]["stopLoss"], &rows[0]["takeProfit"]), (&"0".into(), &"0".into()));
    server.desk.change(|options| options.wording.null_levels = true);
    let rows = client.rows("open-positions").await;
    assert_eq!((&rows[0]["stopLoss"], &rows[0]["takeProfit"]), (&Value::Null, &Value::Null));
}

#[tokio::test]
async fn an_order_is_read_as_documented() {
    let (_server, client) = Server::plain().await;
    let body = json!({
        "instrument": "XAUUSD", "orderSide": "SELL", "volume": 0.01, "price": 4395.62,
        "type": "LIMIT", "slPrice": 0, "tpPrice": 0, "isMobile": false
    });
    let id = client.post("pending-order/create", &body).await.json()["orderId"].clone();
    let wanted = json!({
        "id": id, "symbol": "XAUUSD", "alias": "XAUUSD", "type": "LIMIT", "side": "SELL",
        "volume": "0.01", "activationPrice": "4395.62", "creationTime": "2026-09-07T10:00:00Z",
        "stopLoss": "0", "takeProfit": "0", "comment": ""
    });
    assert_eq!(client.rows("active-orders").await, [wanted]);
}

#[tokio::test]
async fn closed_rows_are_one_for_each_closing() {
    let (server, client) = Server::plain().await;
    let id = client.post("position/open", &entry()).await.json()["orderId"].clone();
    let part = json!({
        "positionId": id, "instrument": "EURUSD", "orderSide": "BUY", "volume": 0.04,
        "isMobile": false
    });
    server.pass(60);
    let order = client.post("position/close-partially", &part).await.json()["orderId"].clone();
    let whole = json!({
        "positionId": id, "instrument": "EURUSD", "orderSide": "BUY", "volume": "0.06"
    });
    server.pass(60);
    client.post("position/close", &whole).await;
    let window = json!({ "from": "2026-09-07T00:00:00Z", "to": "2026-09-08T00:00:00Z" });
    let body = client.post("closed-positions", &window).await.json();
    let rows = body["operations"].as_array().unwrap();
    assert_eq!((rows.len(), &rows[0]["id"], &rows[1]["id"]), (2, &id, &id));
    assert_ne!(rows[0]["uid"], rows[1]["uid"]);
    let wanted = json!({
        "id": "W1", "uid": "W1_close1", "closingOrderID": "W2", "symbol": "EURUSD", "side": "BUY",
        "volume": "0.01", "openPrice": "1.10", "closePrice": "1.11", "openTime": "", "time": "",
        "stopLoss": "0", "takeProfit": "0", "commission": "0", "swap": "0", "profit": "10",
        "netProfit": "9", "reason": "", "closeReason": "CLOSE_REASON_PARTIAL", "comment": ""
    });
    same_shape(&wanted, &rows[0]);
    assert_eq!((&rows[0]["closingOrderID"], &rows[0]["volume"]), (&order, &"0.04".into()));
    assert_eq!(rows[0]["closeReason"], "CLOSE_REASON_PARTIAL");
    assert_eq!(rows[0]["time"], "2026-09-07T10:01:00Z");
    assert_eq!(
        (&rows[0]["commission"], &rows[1]["commission"]),
        (&"-0.28".into(), &"-0.42".into())
    );
    server.desk.change(|options| options.wording.without_uid = true);
    let body = client.post("closed-positions", &window).await.json();
    assert_eq!((body["operations"][0].get("uid"), &body["operations"][0]["id"]), (None, &id));
    // Windows may be milliseconds too, and end before their end.
    let ms = START.millis();
    let early = json!({ "from": ms, "to": ms + 120_000 });
    let body = client.post("closed-positions", &early).await.json();
    assert_eq!(body["operations"].as_array().unwrap().len(), 1);
    let bad = client.post("closed-positions", &json!({ "from": "yesterday", "to": "now" })).await;
    assert_eq!(bad.status, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn reads_lag_when_told() {
    let (server, client) = Server::plain().await;
    server.desk.with(|exchange, _| exchange.set_lag(Nanos::SECOND.times(3))).unwrap();
    client.post("position/open", &entry()).await;
    server.pass(2);
    assert!(client.rows("open-positions").await.is_empty());
    server.pass(1);
    assert_eq!(client.rows("open-positions").await.len(), 1);
    assert_eq!(server.desk.with(|e, now| e.view_true(now, ACCOUNT).unwrap().holdings.len()), 1);
}

#[tokio::test]
async fn the_only_instrument_may_come_by_itself() {
    let mut exchange = crate::client::exchange();
    let euros = exchange.listings(START).next().unwrap().0.clone();
    exchange = tickstep_live::exchange::Exchange::new(exchange.rules().clone()).unwrap();
    let tape = tickstep_live::exchange::PriceTape::new(Nanos::MINUTE, Vec::new()).unwrap();
    exchange.list(euros, tape).unwrap();
    let mut options = crate::client::options();
    options.wording.single_instrument = true;
    let server = Server::over(exchange, options).await;
    let client = server.logged_in().await;
    assert_eq!(client.get("effective-instruments").await.json()["symbol"], "EURUSD");
    // It has shown no price yet.
    assert_eq!(client.get("quotations?symbols=EURUSD").await.json(), json!([]));
}

#[tokio::test]
async fn parts_of_a_netted_position_are_nested() {
    use tickstep_live::exchange::{AccountTerms, Booking, Exchange, ExchangeRules, IdStyle};
    let mut from = crate::client::exchange();
    let euros = from.listings(START).next().unwrap().0.clone();
    let rules = ExchangeRules { ids: IdStyle::Apart, ..ExchangeRules::plain() };
    let mut exchange = Exchange::new(rules).unwrap();
    exchange.list(euros, crate::client::euro()).unwrap();
    let terms = AccountTerms::plain(ACCOUNT, crate::client::d("10000"));
    exchange.open_account(AccountTerms { booking: Booking::Netting, ..terms }).unwrap();
    let server = Server::over(exchange, crate::client::options()).await;
    let client = server.logged_in().await;
    let first = client.post("position/open", &entry()).await.json()["orderId"].clone();
    let second = client.post("position/open", &entry()).await.json()["orderId"].clone();
    let rows = client.rows("open-positions").await;
    assert_eq!((rows.len(), &rows[0]["volume"]), (1, &"0.2".into()));
    assert_ne!(rows[0]["id"], first, "the order's number is not the position's");
    assert_eq!(rows[0]["positions"][0]["id"], first);
    assert_eq!(rows[0]["positions"][1]["id"], second);
    assert_eq!(rows[0]["positions"][1]["volume"], "0.1");
}
