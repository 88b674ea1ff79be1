//! Every call against the addresses and bodies of the reference.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;

fn d(text: &str) -> Decimal {
    text.parse().unwrap()
}

/// 2026-09-07T10:00:00Z.
const TEN: Nanos = Nanos(1_788_775_200_000_000_000);

fn bracket(stop: &str, target: &str) -> BracketPrices {
    let level = |text: &str| (!text.is_empty()).then(|| d(text));
    BracketPrices { stop: level(stop), target: level(target) }
}

#[test]
fn each_question_has_its_address() {
    let paths = Paths::default();
    let get = |of: Read| {
        let request = read(&paths, &of);
        assert_eq!(request.body, None, "{of:?}");
        request.path
    };
    assert_eq!(get(Read::Balance), "/balance");
    assert_eq!(get(Read::Instruments), "/effective-instruments");
    assert_eq!(get(Read::Positions), "/open-positions");
    assert_eq!(get(Read::Orders), "/active-orders");
    let symbols = ["EURUSD", "XAUUSD", "EURUSD.", "#US 30&x=1"].map(str::to_owned).to_vec();
    assert_eq!(
        get(Read::Quotes(symbols)),
        "/quotations?symbols=EURUSD,XAUUSD,EURUSD.,%23US%2030%26x%3D1"
    );
    let lengths = [
        (CandleInterval::M1, "M1"),
        (CandleInterval::M5, "M5"),
        (CandleInterval::M15, "M15"),
        (CandleInterval::M30, "M30"),
        (CandleInterval::H1, "H1"),
        (CandleInterval::H4, "H4"),
        (CandleInterval::D1, "D1"),
    ];
    for (interval, name) in lengths {
        // Whole seconds around what is asked for.
        let (from, to) = (Nanos(TEN.0 + 1), Nanos(TEN.0 + Nanos::HOUR.0 + 1));
        let symbol = "EURUSD".to_owned();
        let wanted = format!(
            "/candles?symbol=EURUSD&interval={name}&from=2026-09-07T10:00:00Z&to=2026-09-07T11:00:01Z"
        );
        assert_eq!(get(Read::Candles { symbol, interval, from, to }), wanted);
    }
    let to = Nanos(TEN.0 + Nanos::HOUR.times(24).0);
    let request = read(&paths, &Read::Closed { from: TEN, to });
    let body = r#"{"from":"2026-09-07T10:00:00Z","to":"2026-09-08T10:00:00Z"}"#;
    assert_eq!((&*request.path, request.body.as_deref()), ("/closed-positions", Some(body)));
}

const ID: &str = "W6910422326264457";

/// What every body has.
fn common(side: &str, volume: Value, more: Value) -> Value {
    let mut body = json!({ "instrument": "EURUSD", "orderSide": side, "volume": volume });
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    body
}

/// Every change of a position, with the path and the body that the reference has for it.
fn of_positions() -> Vec<(Write, &'static str, Value)> {
    let (symbol, position) = ("EURUSD".to_owned(), ID.to_owned());
    let open = Write::Open {
        symbol: symbol.clone(),
        side: Side::Buy,
        volume: d("0.010"),
        bracket: bracket("1.05", "1.10"),
    };
    let edit = Write::EditPosition {
        position: position.clone(),
        symbol: symbol.clone(),
        side: Side::Sell,
        volume: d("2"),
        bracket: bracket("", ""),
    };
    let close = |volume: &str, whole: bool| Write::Close {
        position: position.clone(),
        symbol: symbol.clone(),
        side: Side::Buy,
        volume: d(volume),
        whole,
    };
    let opened = json!({ "slPrice": 1.05, "tpPrice": 1.1, "isMobile": false });
    let edited = json!({ "id": ID, "slPrice": 0, "tpPrice": 0, "isMobile": false });
    let part = json!({ "positionId": ID, "isMobile": false });
    vec![
        (open, "/position/open", common("BUY", json!(0.01), opened)),
        (edit, "/position/edit", common("SELL", json!(2), edited)),
        (
            close("0.10", true),
            "/position/close",
            common("BUY", json!("0.1"), json!({ "positionId": ID })),
        ),
        (close("0.05", false), "/position/close-partially", common("BUY", json!(0.05), part)),
    ]
}

/// Every change of an order that waits.
fn of_orders() -> Vec<(Write, &'static str, Value)> {
    let (symbol, order) = ("EURUSD".to_owned(), ID.to_owned());
    let create = Write::CreateOrder {
        symbol: symbol.clone(),
        side: Side::Sell,
        volume: d("1"),
        kind: PendingKind::Limit,
        price: d("1.2"),
        bracket: bracket("1.21", ""),
    };
    let edit = Write::EditOrder {
        order: order.clone(),
        symbol: symbol.clone(),
        side: Side::Sell,
        volume: d("1"),
        kind: PendingKind::Stop,
        price: d("1.2"),
        bracket: bracket("", "1.1"),
    };
    let cancel = Write::CancelOrder { order, symbol, side: Side::Buy, kind: PendingKind::Stop };
    let created = json!({ "price": 1.2, "type": "LIMIT", "slPrice": 1.21, "tpPrice": 0,
        "isMobile": false });
    let edited = json!({ "id": ID, "priceOrder": 1.2, "type": "STOP", "slPrice": 0,
        "tpPrice": 1.1, "isMobile": false });
    let cancelled = json!({ "id": ID, "instrument": "EURUSD", "orderSide": "BUY",
        "type": "STOP", "isMobile": false });
    vec![
        (create, "/pending-order/create", common("SELL", json!(1), created)),
        (edit, "/pending-order/edit", common("SELL", json!(1), edited)),
        (cancel, "/pending-order/cancel", cancelled),
    ]
}

#[test]
fn each_change_has_the_body_of_the_reference() {
    for (change, path, wanted) in of_positions().into_iter().chain(of_orders()) {
        let request = write(&Paths::default(), &change);
        let body: Value = serde_json::from_str(request.body.as_deref().unwrap()).unwrap();
        assert_eq!((&*request.path, body), (path, wanted));
    }
}

proptest! {
    #[test]
    fn prices_and_volumes_go_out_digit_for_digit(
        volume in 1_i64..i64::MAX,
        stop in 1_i64..i64::MAX,
        scale in 0_u32..=18,
        symbol in ".{0,12}",
    ) {
        let (volume, stop) = (Decimal::new(volume, scale), Decimal::new(stop, scale));
        let bracket = BracketPrices { stop: Some(stop), target: None };
        let change = Write::Open { symbol: symbol.clone(), side: Side::Buy, volume, bracket };
        let body = write(&Paths::default(), &change).body.unwrap();
        let (volume, stop) = (volume.normalize(), stop.normalize());
        let middle = format!(",\"orderSide\":\"BUY\",\"volume\":{volume},\"slPrice\":{stop},\"tpPrice\":0,");
        prop_assert!(body.contains(&middle), "{}", body);
        let read: Value = serde_json::from_str(&body).unwrap();
        prop_assert_eq!(&read["instrument"], &symbol);
    }

    #[test]
    fn every_symbol_can_be_asked_for(symbol in ".{1,12}") {
        let path = read(&Paths::default(), &Read::Quotes(vec![symbol.clone()])).path;
        let url = reqwest::Url::parse(&format!("http://localhost{path}")).unwrap();
        let found = url.query_pairs().next().unwrap().1.into_owned();
        prop_assert_eq!(found, symbol);
        prop_assert_eq!(url.query_pairs().count(), 1);
        prop_assert_eq!(url.fragment(), None);
    }

    #[test]
    fn every_time_can_be_asked_for(from in any::<i64>(), to in any::<i64>()) {
        let [first, last] = window(Nanos(from), Nanos(to));
        let read = |text: &str| text.parse::<jiff::Timestamp>().unwrap().as_nanosecond();
        prop_assert!(read(&first) <= i128::from(from) && i128::from(to) <= read(&last));
    }
}
