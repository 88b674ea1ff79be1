//! What the exchange knows, as JSON.

use rust_decimal::Decimal;
use serde_json::{Value, json};
use tickstep_core::units::{Nanos, Side};

use super::options::Wording;
use super::wire::Pen;
use crate::exchange::{
    CandleSpan, CloseCause, ClosedPart, Exchange, Funds, Holding, Listing, ServedCandle,
    ShownQuote, WaitKind, Waiting,
};

pub(crate) const fn side_word(side: Side) -> &'static str {
    match side {
        Side::Buy => "BUY",
        Side::Sell => "SELL",
    }
}

const fn kind_word(kind: WaitKind) -> &'static str {
    match kind {
        WaitKind::Limit => "LIMIT",
        WaitKind::Stop => "STOP",
    }
}

const fn cause_word(cause: CloseCause) -> &'static str {
    match cause {
        CloseCause::Client => "CLOSE_REASON_USER",
        CloseCause::Partial => "CLOSE_REASON_PARTIAL",
        CloseCause::Stop => "CLOSE_REASON_STOP_LOSS",
        CloseCause::Target => "CLOSE_REASON_TAKE_PROFIT",
        CloseCause::Opposite => "CLOSE_REASON_OPPOSITE",
        CloseCause::Dealer => "CLOSE_REASON_DEALER",
    }
}

pub(crate) fn balance(pen: &Pen, funds: &Funds) -> Value {
    let money = |amount: Decimal| {
        let mut amount = amount;
        amount.rescale(funds.precision);
        pen.text(amount)
    };
    let mut value = json!({
        "balance": money(funds.balance),
        "equity": money(funds.equity),
        "freeMargin": money(funds.free_margin),
        "margin": money(funds.margin),
        "marginLevel": money(funds.margin_level.unwrap_or_default()),
        "credit": money(Decimal::ZERO),
        "profit": money(funds.profit),
        "netProfit": money(funds.net_profit),
        "currency": funds.currency,
        "currencyPrecision": funds.precision,
    });
    if pen.wording.without_equity {
        leave_out(&mut value, "equity");
    }
    value
}

fn leave_out(value: &mut Value, name: &str) {
    if let Value::Object(map) = value {
        map.remove(name);
    }
}

pub(crate) fn position(pen: &Pen, exchange: &Exchange, held: &Holding, current: Decimal) -> Value {
    let profit = exchange.open_profit(held).round_dp(2);
    let parts = if held.parts.len() > 1 {
        held.parts
            .iter()
            .map(|part| {
                json!({
                    "id": part.order,
                    "symbol": held.symbol,
                    "side": side_word(held.side),
                    "volume": pen.text(part.volume),
                    "openTime": pen.time(part.ts),
                    "openPrice": pen.text(part.px),
                })
            })
            .collect()
    } else {
        Vec::new()
    };
    let mut value = json!({
        "id": held.id,
        "symbol": held.symbol,
        "alias": held.symbol,
        "side": side_word(held.side),
        "volume": pen.text(held.volume),
        "openTime": pen.time(held.opened),
        "openPrice": pen.text(held.open_px),
        "stopLoss": pen.level(held.levels.stop),
        "takeProfit": pen.level(held.levels.target),
        "swap": pen.text(held.swap),
        "commission": pen.text(held.commission),
        "profit": pen.text(profit),
        "netProfit": pen.text(profit + held.commission + held.swap),
        "currentPrice": pen.text(current),
        "margin": pen.text(held.margin),
        "positions": parts,
    });
    if !pen.wording.without_millis {
        value["openTimeMillis"] = pen.millis(held.opened);
    }
    if !held.comment.is_empty() {
        value["comment"] = held.comment.clone().into();
    }
    value
}

pub(crate) fn order(pen: &Pen, order: &Waiting) -> Value {
    json!({
        "id": order.id,
        "symbol": order.symbol,
        "alias": order.symbol,
        "type": kind_word(order.kind),
        "side": side_word(order.side),
        "volume": pen.text(order.volume),
        "activationPrice": pen.text(order.px),
        "creationTime": pen.time(order.created),
        "stopLoss": pen.level(order.levels.stop),
        "takeProfit": pen.level(order.levels.target),
        "comment": order.comment,
    })
}

pub(crate) fn closed(pen: &Pen, row: &ClosedPart) -> Value {
    let mut value = json!({
        "id": row.position,
        "uid": row.uid,
        "closingOrderID": row.order,
        "symbol": row.symbol,
        "side": side_word(row.side),
        "volume": pen.text(row.volume),
        "openPrice": pen.text(row.open_px),
        "closePrice": pen.text(row.close_px),
        "openTime": pen.time(row.opened),
        "time": pen.time(row.closed),
        "stopLoss": pen.level(row.levels.stop),
        "takeProfit": pen.level(row.levels.target),
        "commission": pen.text(row.commission),
        "swap": pen.text(row.swap),
        "profit": pen.text(row.profit),
        "netProfit": pen.text(row.net()),
        "reason": "CLOSED",
        "closeReason": cause_word(row.cause),
        "comment": row.comment,
    });
    if pen.wording.without_uid {
        leave_out(&mut value, "uid");
    }
    value
}

pub(crate) fn instrument(pen: &Pen, listing: &Listing, open: bool) -> Value {
    let hours = listing.hours.iter().map(|h| {
        json!({
            "dayNumber": day_number(&pen.wording, h.day),
            "openHours": h.open_s / 3_600,
            "openMinutes": h.open_s / 60 % 60,
            "openSeconds": h.open_s % 60,
            "closeHours": h.close_s / 3_600,
            "closeMinutes": h.close_s / 60 % 60,
            "closeSeconds": h.close_s % 60,
        })
    });
    let hours: Vec<_> = hours.collect();
    let decimals = |amount: Decimal| amount.normalize().scale();
    json!({
        "symbol": listing.symbol,
        "alias": listing.symbol,
        "description": listing.symbol,
        "type": listing.calculation,
        "baseCurrency": listing.base_currency,
        "quoteCurrency": listing.quote_currency,
        "sessionOpen": open,
        "tradingHours": hours,
        "volumeMin": pen.number(listing.volume_min),
        "volumeMax": pen.number(listing.volume_max),
        "volumeStep": pen.number(listing.volume_step),
        "volumePrecision": decimals(listing.volume_step),
        "pricePrecision": decimals(listing.tick_size),
        "contractSize": pen.number(listing.contract_size),
        "sizeOfOnePoint": pen.number(listing.tick_size),
        "leverage": pen.number(listing.leverage),
        "fixedLeverage": listing.fixed_leverage,
        "multiplier": pen.number(listing.rate),
        "multiplierCurrency": listing.quote_currency,
        "divider": 1,
        "bidMarkup": pen.number(Decimal::ZERO),
        "askMarkup": pen.number(Decimal::ZERO),
        "swapBuy": pen.number(listing.swap_buy),
        "swapSell": pen.number(listing.swap_sell),
        "swapType": "PIPS",
        "freezeLevel": 0,
        "stopsLevel": listing.stops_level,
        "terminationType": null,
        "terminationDate": null,
        "terminationDateIso": null,
        "tags": [],
    })
}

/// Number of a day whose Monday is 0, as this server counts days.
const fn day_number(wording: &Wording, day: u8) -> u8 {
    if wording.sunday_first { (day + 1) % 7 } else { day }
}

pub(crate) fn quote(pen: &Pen, quote: &ShownQuote) -> Value {
    let mut change = (quote.bid - quote.day_open) * Decimal::ONE_HUNDRED / quote.day_open;
    change.rescale(2);
    let mut value = json!({
        "symbol": quote.symbol,
        "alias": quote.symbol,
        "bid": pen.text(quote.bid),
        "ask": pen.text(quote.ask),
        "change": pen.text(change),
        "high": pen.text(quote.day_high),
        "low": pen.text(quote.day_low),
    });
    if !pen.wording.without_millis {
        let ms = (quote.ts + pen.skew).millis();
        value["timestampMs"] = ms.into();
        value["timestampSec"] = ms.div_euclid(1_000).into();
    }
    value
}

pub(crate) fn candles(
    pen: &Pen,
    symbol: &str,
    span: CandleSpan,
    candles: &[ServedCandle],
) -> Value {
    let time = |ts: Nanos| {
        let ms = (ts + pen.skew).millis();
        if pen.wording.candle_seconds { ms.div_euclid(1_000) } else { ms }
    };
    let bars = candles.iter().map(|candle| {
        json!({
            "time": time(candle.ts_open),
            "open": pen.number(candle.open),
            "high": pen.number(candle.high),
            "low": pen.number(candle.low),
            "close": pen.number(candle.close),
            "volume": pen.number(candle.volume),
        })
    });
    let bars: Vec<_> = bars.collect();
    let name = CandleSpan::NAMES.iter().find(|(_, s)| *s == span).map_or("", |(name, _)| name);
    json!({ "symbol": symbol, "interval": name, "candles": bars })
}
