//! What is written, field by field.

use reqwest::StatusCode;
use serde_json::{Value, json};
use tickstep_live::sim_server::{OmittedLevel, RefusalWording};

use crate::client::{ACCOUNT, Client, Server, entry};

fn with(mut body: Value, name: &str, value: Value) -> Value {
    body[name] = value;
    body
}

async fn opened(client: &Client) -> Value {
    let body = client.post("position/open", &entry()).await.json();
    assert_eq!(body["status"], "OK", "{body}");
    body["orderId"].clone()
}

#[tokio::test]
async fn an_entry_is_answered_without_its_price() {
    let (_server, client) = Server::plain().await;
    let reply = client.post("position/open", &entry()).await;
    let id = reply.json()["orderId"].clone();
    let wanted = json!({ "status": "OK", "nativeCode": null, "errorMessage": "", "orderId": id });
    assert_eq!((reply.status, reply.json()), (StatusCode::OK, wanted));
    assert_eq!(client.rows("open-positions").await[0]["id"], id);
}

#[tokio::test]
async fn types_are_those_of_the_documents() {
    let (server, client) = Server::plain().await;
    let id = opened(&client).await;
    let part = json!({
        "positionId": id, "instrument": "EURUSD", "orderSide": "BUY", "volume": 0.01,
        "isMobile": false
    });
    let edit = with(entry(), "id", id.clone());
    let bad = [
        ("position/open", with(entry(), "volume", "0.1".into())),
        ("position/open", with(entry(), "slPrice", "1.07".into())),
        ("position/open", with(entry(), "orderSide", "buy".into())),
        ("position/open", with(entry(), "isMobile", Value::Null)),
        ("position/open", json!([entry()])),
        ("position/edit", entry()),
        ("position/edit", with(edit, "volume", "0.1".into())),
        ("position/close", part.clone()),
        ("position/close-partially", with(part.clone(), "volume", "0.01".into())),
        ("position/close-partially", with(part, "orderSide", Value::Null)),
        ("pending-order/create", entry()),
        ("pending-order/cancel", json!({ "id": "W1", "instrument": "EURUSD" })),
    ];
    for (path, body) in bad {
        let reply = client.post(path, &body).await;
        assert_eq!(reply.status, StatusCode::BAD_REQUEST, "{path} {body}: {}", reply.text);
    }
    let executions = server.desk.with(|exchange, _| exchange.truth().executions().len());
    assert_eq!(executions, 1, "nothing of it was done");
}

#[tokio::test]
async fn refusals_are_200_or_400_with_a_reason() {
    let (server, client) = Server::plain().await;
    let refused = with(entry(), "slPrice", json!(1.081));
    let reply = client.post("position/open", &refused).await;
    let body = reply.json();
    assert_eq!((reply.status, &body["status"]), (StatusCode::OK, &"REJECTED".into()));
    assert_eq!((&body["nativeCode"], &body["orderId"]), (&"INVALID_STOPS".into(), &Value::Null));
    server.desk.change(|options| options.wording.refusal = RefusalWording::BadRequest);
    let reply = client.post("position/open", &refused).await;
    assert_eq!((reply.status, reply.json()), (StatusCode::BAD_REQUEST, body));
    let unknown = client.post("position/open", &with(entry(), "instrument", "NONE".into())).await;
    assert_eq!(unknown.json()["nativeCode"], "INSTRUMENT_NOT_FOUND");
    server.desk.with(|exchange, now| exchange.force_session(now, "EURUSD", Some(false))).unwrap();
    let closed = client.post("position/open", &entry()).await;
    assert_eq!(closed.json()["errorMessage"], "Market is closed");
}

#[tokio::test]
async fn a_bracket_is_edited_and_what_is_left_out_goes_or_stays() {
    let (server, client) = Server::plain().await;
    let id = opened(&client).await;
    let edit = with(with(entry(), "id", id.clone()), "slPrice", json!(1.0775));
    let reply = client.post("position/edit", &edit).await.json();
    assert_eq!(reply["status"], "OK");
    let rows = client.rows("open-positions").await;
    assert_eq!((&rows[0]["stopLoss"], &rows[0]["takeProfit"]), (&"1.0775".into(), &"1.09".into()));
    let stale = client.post("position/edit", &with(edit.clone(), "volume", json!(0.2))).await;
    assert_eq!(stale.json()["errorMessage"], "volume does not match");
    let mut partly = edit;
    partly.as_object_mut().unwrap().remove("tpPrice");
    server.desk.change(|options| options.wording.omitted_level = OmittedLevel::Stays);
    client.post("position/edit", &partly).await;
    assert_eq!(client.rows("open-positions").await[0]["takeProfit"], "1.09");
    server.desk.change(|options| options.wording.omitted_level = OmittedLevel::Goes);
    client.post("position/edit", &partly).await;
    assert_eq!(client.rows("open-positions").await[0]["takeProfit"], "0");
    let gone = client.post("position/edit", &with(partly, "id", "W1".into())).await;
    assert_eq!(gone.json()["nativeCode"], "POSITION_NOT_FOUND");
}

#[tokio::test]
async fn an_order_is_created_edited_and_withdrawn() {
    let (server, client) = Server::plain().await;
    let create = with(with(entry(), "price", json!(1.079)), "type", "LIMIT".into());
    let id = client.post("pending-order/create", &create).await.json()["orderId"].clone();
    let mut edit = with(with(create, "id", id.clone()), "priceOrder", json!(1.078));
    edit.as_object_mut().unwrap().remove("price");
    edit["volume"] = json!(0.2);
    assert_eq!(client.post("pending-order/edit", &edit).await.json()["status"], "OK");
    let orders = client.rows("active-orders").await;
    assert_eq!(
        (&orders[0]["activationPrice"], &orders[0]["volume"]),
        (&"1.078".into(), &"0.2".into())
    );
    server.desk.change(|options| options.wording.empty_edit = true);
    let reply = client.post("pending-order/edit", &edit).await;
    assert_eq!((reply.status, reply.text.as_str()), (StatusCode::OK, ""));
    let cancel = json!({
        "id": id, "instrument": "EURUSD", "orderSide": "BUY", "type": "LIMIT", "isMobile": false
    });
    let wrong =
        client.post("pending-order/cancel", &with(cancel.clone(), "type", "STOP".into())).await;
    assert_eq!(wrong.json()["errorMessage"], "type does not match");
    assert_eq!(client.post("pending-order/cancel", &cancel).await.json()["status"], "OK");
    assert!(client.rows("active-orders").await.is_empty());
    let again = client.post("pending-order/cancel", &cancel).await;
    assert_eq!(again.status, StatusCode::NOT_FOUND);
    assert!(again.text.contains("ORDER_NOT_FOUND") && again.text.contains("Order not found"));
}

#[tokio::test]
async fn several_positions_are_closed_at_once() {
    let (_server, client) = Server::plain().await;
    let (first, second) = (opened(&client).await, opened(&client).await);
    let row = |id: &Value, volume: Value| json!({ "positionId": id, "instrument": "EURUSD", "orderSide": "BUY", "volume": volume });
    let some = json!([row(&first, "0.1".into()), row(&"W1".into(), "0.1".into())]);
    assert_eq!(client.post("positions/close", &some).await.json()["status"], "PARTIAL_SUCCESS");
    let rest = json!([row(&second, json!(0.1))]);
    assert_eq!(client.post("positions/close", &rest).await.json()["status"], "OK");
    assert_eq!(client.post("positions/close", &rest).await.json()["status"], "REJECTED");
    assert!(client.rows("open-positions").await.is_empty());
}

#[tokio::test]
async fn the_market_reaches_brackets_while_nobody_asks() {
    let (server, client) = Server::plain().await;
    opened(&client).await;
    server.pass(31 * 60);
    let client = {
        drop(client);
        server.logged_in().await
    };
    assert!(client.rows("open-positions").await.is_empty());
    let row =
        server.desk.with(|exchange, now| exchange.view(now, ACCOUNT).unwrap().closed[0].clone());
    // The price jumped from 1.081 over the stop at 1.075.
    assert_eq!(row.close_px.to_string(), "1.07101");
    assert_eq!(row.closed.0, crate::client::START.0 + 30 * 60 * 1_000_000_000);
    let money = client.get("balance").await.json();
    // 10,000 euros lost 0.01002 each, and 0.70 were paid.
    assert_eq!(money["balance"], "9899.10");
}

#[tokio::test]
async fn the_intent_is_told_beside_the_request() {
    let (server, client) = Server::plain().await;
    for _ in 0..2 {
        let url = format!("{}/mtr-api/{}/position/open", client.base, crate::client::SYSTEM);
        let request = client.http.post(url).header("Auth-trading-api", &client.trading);
        let request = request.header("User-Agent", "tickstep-tests/1").header("x-intent", "77");
        request.json(&entry()).send().await.unwrap();
    }
    let report = server.desk.with(|exchange, now| exchange.report(now, None));
    assert_eq!((report.duplicates[0].intent, report.duplicates[0].times), (77, 2));
}
