//! What an account has: money, positions, orders that wait, rows of what was closed.

use rust_decimal::Decimal;
use serde::Deserialize;

use super::{WireError, amount, json, level, need, side};
use crate::broker::{Balance, BracketPrices, ClosedRow, PendingKind, PendingOrder, VenuePosition};
use crate::match_trader::number::{Num, Text, When};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct WireBalance {
    #[serde(default)]
    balance: Num,
    #[serde(default)]
    equity: Num,
    #[serde(default)]
    margin: Num,
    #[serde(default)]
    free_margin: Num,
    currency: Option<String>,
}

/// Reads `GET /balance`. What is left out stays unknown; an equity is never made up.
pub fn balance(body: &[u8]) -> Result<Balance, WireError> {
    let wire: WireBalance = json("balance", body)?;
    Ok(Balance {
        balance: need("balance", "", "balance", wire.balance.0)?,
        equity: wire.equity.0,
        margin: wire.margin.0,
        free_margin: wire.free_margin.0,
        currency: wire.currency,
    })
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct WirePosition {
    id: Text,
    #[serde(default)]
    symbol: String,
    #[serde(default)]
    side: Text,
    #[serde(default)]
    volume: Num,
    #[serde(default)]
    open_time: When,
    #[serde(default)]
    open_time_millis: When,
    #[serde(default)]
    open_price: Num,
    #[serde(default)]
    stop_loss: Num,
    #[serde(default)]
    take_profit: Num,
    #[serde(default)]
    swap: Num,
    #[serde(default)]
    commission: Num,
    #[serde(default)]
    profit: Num,
    comment: Option<String>,
    positions: Option<Vec<WirePosition>>,
}

#[derive(Deserialize)]
struct WirePositions {
    positions: Vec<WirePosition>,
}

impl WirePosition {
    /// Whether what is nested in it are the fills that made it. Levels are a position's:
    /// children that have some are positions themselves.
    fn is_made_of(&self, children: &[Self]) -> bool {
        let bare = |c: &Self| level(c.stop_loss).is_none() && level(c.take_profit).is_none();
        let volumes = children.iter().map(|c| c.volume.0);
        let sum = volumes.sum::<Option<Decimal>>();
        children.iter().all(|c| bare(c) && c.side == self.side && c.symbol == self.symbol)
            && sum.is_some()
            && sum == self.volume.0
            && self.open_price.0.is_some()
    }

    fn read(mut self, into: &mut Vec<VenuePosition>) -> Result<(), WireError> {
        let children = self.positions.take().unwrap_or_default();
        if !children.is_empty() && !self.is_made_of(&children) {
            return children.into_iter().try_for_each(|child| child.read(into));
        }
        let (what, id) = ("position", self.id.0);
        into.push(VenuePosition {
            side: side(what, &id, &self.side.0)?,
            volume: amount(what, &id, "volume", self.volume)?,
            open_price: amount(what, &id, "openPrice", self.open_price)?,
            open_time: need(what, &id, "openTime", self.open_time_millis.or(self.open_time))?,
            symbol: self.symbol,
            bracket: BracketPrices { stop: level(self.stop_loss), target: level(self.take_profit) },
            commission: self.commission.0.unwrap_or_default(),
            swap: self.swap.0.unwrap_or_default(),
            profit: self.profit.0,
            comment: self.comment.filter(|c| !c.is_empty()),
            id,
        });
        Ok(())
    }
}

/// Reads `GET /open-positions`. Fills that are nested in a position are part of it; nested
/// positions are listed for themselves.
pub fn positions(body: &[u8]) -> Result<Vec<VenuePosition>, WireError> {
    let wire: WirePositions = json("open positions", body)?;
    let mut found = Vec::with_capacity(wire.positions.len());
    wire.positions.into_iter().try_for_each(|p| p.read(&mut found))?;
    Ok(found)
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct WireOrder {
    id: Text,
    symbol: String,
    side: String,
    #[serde(rename = "type")]
    kind: String,
    #[serde(default)]
    volume: Num,
    #[serde(default)]
    activation_price: Num,
    #[serde(default)]
    creation_time: When,
    #[serde(default)]
    stop_loss: Num,
    #[serde(default)]
    take_profit: Num,
    comment: Option<String>,
}

#[derive(Deserialize)]
struct WireOrders {
    orders: Vec<WireOrder>,
}

impl WireOrder {
    fn read(self) -> Result<PendingOrder, WireError> {
        let (what, id) = ("order", self.id.0);
        let kind = match self.kind.to_ascii_uppercase().as_str() {
            "LIMIT" => PendingKind::Limit,
            "STOP" => PendingKind::Stop,
            _ => return Err(WireError::Field { what, id, field: "type", found: self.kind }),
        };
        Ok(PendingOrder {
            side: side(what, &id, &self.side)?,
            kind,
            volume: amount(what, &id, "volume", self.volume)?,
            price: amount(what, &id, "activationPrice", self.activation_price)?,
            created: self.creation_time.0,
            symbol: self.symbol,
            bracket: BracketPrices { stop: level(self.stop_loss), target: level(self.take_profit) },
            comment: self.comment.filter(|c| !c.is_empty()),
            id,
        })
    }
}

/// Reads `GET /active-orders`.
pub fn orders(body: &[u8]) -> Result<Vec<PendingOrder>, WireError> {
    let wire: WireOrders = json("active orders", body)?;
    wire.orders.into_iter().map(WireOrder::read).collect()
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct WireClosed {
    id: Text,
    uid: Option<Text>,
    #[serde(rename = "closingOrderID")]
    closing_order: Option<Text>,
    symbol: String,
    side: String,
    #[serde(default)]
    volume: Num,
    #[serde(default)]
    open_price: Num,
    #[serde(default)]
    close_price: Num,
    #[serde(default)]
    open_time: When,
    #[serde(default)]
    time: When,
    #[serde(default)]
    commission: Num,
    #[serde(default)]
    swap: Num,
    #[serde(default)]
    profit: Num,
    close_reason: Option<String>,
    reason: Option<String>,
    comment: Option<String>,
}

#[derive(Deserialize)]
struct WireOperations {
    operations: Vec<WireClosed>,
}

impl WireClosed {
    fn read(self) -> Result<ClosedRow, WireError> {
        let (what, id) = ("closed position", self.id.0);
        let uid = Text::some(self.uid).or_else(|| Text::some(self.closing_order));
        let told = |words: Option<String>| words.filter(|w| !w.is_empty());
        Ok(ClosedRow {
            uid: need(what, &id, "uid", uid)?,
            side: side(what, &id, &self.side)?,
            volume: amount(what, &id, "volume", self.volume)?,
            open_price: amount(what, &id, "openPrice", self.open_price)?,
            close_price: amount(what, &id, "closePrice", self.close_price)?,
            open_time: need(what, &id, "openTime", self.open_time.0)?,
            close_time: need(what, &id, "time", self.time.0)?,
            symbol: self.symbol,
            commission: self.commission.0.unwrap_or_default(),
            swap: self.swap.0.unwrap_or_default(),
            profit: self.profit.0,
            reason: told(self.close_reason).or_else(|| told(self.reason)),
            comment: told(self.comment),
            position: id,
        })
    }
}

/// Reads `POST /closed-positions`: one row for each closing operation, whose `time` is
/// that of the close. A row is known by `uid`, else by its closing order.
pub fn closed(body: &[u8]) -> Result<Vec<ClosedRow>, WireError> {
    let wire: WireOperations = json("closed positions", body)?;
    wire.operations.into_iter().map(WireClosed::read).collect()
}
