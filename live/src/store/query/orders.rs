//! Orders, positions and trades.

use rust_decimal::Decimal;
use serde::Serialize;
use tickstep_core::units::Nanos;

use super::page::{Filter, Listed, PageWanted};
use super::reads::Reads;
use super::select::{Cells, FilterWords, Select};
use crate::store::error::StoreError;
use crate::store::word::{Direction, OrderPurpose, OrderState, OrderType, PositionState};

/// Something that was asked of a broker.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct OrderRow {
    /// Its number, which is the intent's.
    pub id: i64,
    /// The login.
    pub user: String,
    /// The account.
    pub account: String,
    /// The broker's number, where its answer had one.
    pub order_uuid: Option<String>,
    /// The signal that it executes.
    pub signal: Option<i64>,
    /// The strategy that asked for it.
    pub strategy: Option<String>,
    /// What it is for.
    pub purpose: OrderPurpose,
    /// The position that it opened, changes or closes.
    pub position: Option<String>,
    /// The instrument.
    pub symbol: String,
    /// Direction of that position.
    pub side: Direction,
    /// How it waits.
    pub order_type: OrderType,
    /// How much.
    pub quantity: Decimal,
    /// The price known when it was decided.
    pub decision_price: Option<Decimal>,
    /// The price at which the position was opened.
    pub entry_price: Option<Decimal>,
    /// The stop that it asks for.
    pub stop_loss: Option<Decimal>,
    /// The target that it asks for.
    pub take_profit: Option<Decimal>,
    /// Where it stands.
    pub status: OrderState,
    /// Why it was refused or given up, or why it closes.
    pub message: Option<String>,
    /// When it was decided.
    pub created_at: Nanos,
    /// When it was sent.
    pub sent_at: Option<Nanos>,
    /// When it was known to have been carried out.
    pub executed_at: Option<Nanos>,
    /// When it was over.
    pub closed_at: Option<Nanos>,
}

const ORDERS: &str = "SELECT id, user_id, account_id, order_uuid, signal_id, strategy, purpose, \
    position_id, symbol, side, order_type, quantity, decision_price, entry_price, stop_loss, \
    take_profit, status, message, created_at, sent_at, executed_at, closed_at FROM orders";
const BY_CREATED: FilterWords = FilterWords::traded("created_at >=", "created_at <");

fn order(row: &mut Cells<'_>) -> Result<OrderRow, StoreError> {
    Ok(OrderRow {
        id: row.int()?,
        user: row.text()?,
        account: row.text()?,
        order_uuid: row.some_text()?,
        signal: row.some_int()?,
        strategy: row.some_text()?,
        purpose: row.word()?,
        position: row.some_text()?,
        symbol: row.text()?,
        side: row.word()?,
        order_type: row.word()?,
        quantity: row.amount()?,
        decision_price: row.some_amount()?,
        entry_price: row.some_amount()?,
        stop_loss: row.some_amount()?,
        take_profit: row.some_amount()?,
        status: row.word()?,
        message: row.some_text()?,
        created_at: row.time()?,
        sent_at: row.some_time()?,
        executed_at: row.some_time()?,
        closed_at: row.some_time()?,
    })
}

/// A position, open or over.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PositionRow {
    /// Its number here.
    pub id: i64,
    /// The login.
    pub user: String,
    /// The account.
    pub account: String,
    /// The broker's number of it.
    pub position: String,
    /// The order that opened it; `None` for one that the program did not open.
    pub order: Option<i64>,
    /// The strategy that holds it; `None` for one that no strategy holds.
    pub strategy: Option<String>,
    /// The instrument.
    pub symbol: String,
    /// Which way it goes.
    pub side: Direction,
    /// What was opened.
    pub opened_quantity: Decimal,
    /// What is open.
    pub quantity: Decimal,
    /// Price it was opened at.
    pub entry_price: Decimal,
    /// Its stop.
    pub stop_loss: Option<Decimal>,
    /// Its target.
    pub take_profit: Option<Decimal>,
    /// Whether it is open.
    pub status: PositionState,
    /// Price of its last close, where that is known.
    pub close_price: Option<Decimal>,
    /// Why it was closed.
    pub close_reason: Option<String>,
    /// When it was opened, by the broker's clock.
    pub opened_at: Nanos,
    /// When it was known to be over.
    pub closed_at: Option<Nanos>,
}

const POSITIONS: &str = "SELECT id, user_id, account_id, position_id, order_id, strategy, symbol, \
    side, opened_quantity, quantity, entry_price, stop_loss, take_profit, status, close_price, \
    close_reason, opened_at, closed_at FROM positions";
const BY_OPENED: FilterWords = FilterWords::traded("opened_at >=", "opened_at <");

fn position(row: &mut Cells<'_>) -> Result<PositionRow, StoreError> {
    Ok(PositionRow {
        id: row.int()?,
        user: row.text()?,
        account: row.text()?,
        position: row.text()?,
        order: row.some_int()?,
        strategy: row.some_text()?,
        symbol: row.text()?,
        side: row.word()?,
        opened_quantity: row.amount()?,
        quantity: row.amount()?,
        entry_price: row.amount()?,
        stop_loss: row.some_amount()?,
        take_profit: row.some_amount()?,
        status: row.word()?,
        close_price: row.some_amount()?,
        close_reason: row.some_text()?,
        opened_at: row.time()?,
        closed_at: row.some_time()?,
    })
}

/// A trade: a strategy's position from its first fill to flat, or one close of a position
/// that no strategy holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct TradeRow {
    /// Its number.
    pub id: i64,
    /// The order that opened it.
    pub order: Option<i64>,
    /// The login.
    pub user: String,
    /// The account.
    pub account: String,
    /// The broker's number of the position; of several that made one trade, the first.
    pub position: Option<String>,
    /// The strategy; `None` for a position that no strategy holds.
    pub strategy: Option<String>,
    /// The instrument.
    pub symbol: String,
    /// Which way it went.
    pub side: Direction,
    /// Average entry price.
    pub entry_price: Decimal,
    /// Average exit price.
    pub exit_price: Decimal,
    /// How much.
    pub quantity: Decimal,
    /// What is left after commission and swap, account currency.
    pub profit_loss: Option<Decimal>,
    /// The same on the margin of the entry, per cent: the ROI.
    pub profit_loss_percent: Option<Decimal>,
    /// From entry to exit in its favour, per cent of the entry price.
    pub price_move_percent: Option<Decimal>,
    /// Before commission and swap, account currency.
    pub gross_profit: Option<Decimal>,
    /// Margin that the entry took, account currency.
    pub margin: Option<Decimal>,
    /// Above zero where it was paid, account currency.
    pub commission: Decimal,
    /// Above zero where it was paid, account currency.
    pub swap: Decimal,
    /// Why it was closed.
    pub exit_reason: Option<String>,
    /// How long it was held, whole seconds.
    pub duration_seconds: i64,
    /// When it was opened.
    pub executed_at: Nanos,
    /// When it was closed.
    pub closed_at: Nanos,
}

const TRADES: &str = "SELECT id, order_id, user_id, account_id, position_id, strategy, symbol, \
    side, entry_price, exit_price, quantity, profit_loss, profit_loss_percent, \
    price_move_percent, gross_profit, margin, commission, swap, exit_reason, duration_seconds, \
    executed_at, closed_at FROM trades";
pub(super) const BY_CLOSED: FilterWords = FilterWords::traded("closed_at >=", "closed_at <");

fn trade(row: &mut Cells<'_>) -> Result<TradeRow, StoreError> {
    Ok(TradeRow {
        id: row.int()?,
        order: row.some_int()?,
        user: row.text()?,
        account: row.text()?,
        position: row.some_text()?,
        strategy: row.some_text()?,
        symbol: row.text()?,
        side: row.word()?,
        entry_price: row.amount()?,
        exit_price: row.amount()?,
        quantity: row.amount()?,
        profit_loss: row.some_amount()?,
        profit_loss_percent: row.some_amount()?,
        price_move_percent: row.some_amount()?,
        gross_profit: row.some_amount()?,
        margin: row.some_amount()?,
        commission: row.amount()?,
        swap: row.amount()?,
        exit_reason: row.some_text()?,
        duration_seconds: row.int()?,
        executed_at: row.time()?,
        closed_at: row.time()?,
    })
}

pub(super) fn orders(filter: &Filter, status: Option<OrderState>) -> Select {
    Select::new(ORDERS)
        .filter(filter, &BY_CREATED)
        .and_some("status =", status.map(OrderState::word))
}

pub(super) fn positions(filter: &Filter, status: Option<PositionState>) -> Select {
    let status = status.map(PositionState::word);
    Select::new(POSITIONS).filter(filter, &BY_OPENED).and_some("status =", status)
}

pub(super) fn trades(filter: &Filter) -> Select {
    Select::new(TRADES).filter(filter, &BY_CLOSED)
}

impl Reads {
    /// Orders by when they were decided; of one status, or of all.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn orders(
        &self,
        filter: &Filter,
        status: Option<OrderState>,
        page: PageWanted,
    ) -> Result<Listed<OrderRow>, StoreError> {
        self.page(orders(filter, status), page, order, |row| row.id).await
    }

    /// One order by its number.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn order(&self, id: i64) -> Result<Option<OrderRow>, StoreError> {
        Ok(self.all(Select::new(ORDERS).and("id =", id), order).await?.pop())
    }

    /// Positions by when they were opened; open ones, those that are over, or all.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn positions(
        &self,
        filter: &Filter,
        status: Option<PositionState>,
        page: PageWanted,
    ) -> Result<Listed<PositionRow>, StoreError> {
        self.page(positions(filter, status), page, position, |row| row.id).await
    }

    /// Trades by when they were closed.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn trades(
        &self,
        filter: &Filter,
        page: PageWanted,
    ) -> Result<Listed<TradeRow>, StoreError> {
        self.page(trades(filter), page, trade, |row| row.id).await
    }
}
