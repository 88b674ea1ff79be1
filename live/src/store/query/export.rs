//! History as CSV: trades for spreadsheets, bars for backtests.

use std::io::Write;

use tickstep_core::units::Nanos;

use super::cell::{cell, time};
use super::history::CandleRow;
use super::orders::TradeRow;
use super::page::{Filter, PageWanted};
use super::reads::Reads;
use crate::store::error::StoreError;

/// Rows that are in memory at once.
const PAGE: u32 = 1000;

const HEAD: [&str; 19] = [
    "closed_at",
    "opened_at",
    "user",
    "account",
    "strategy",
    "symbol",
    "side",
    "quantity",
    "entry_price",
    "exit_price",
    "profit_loss",
    "roi_percent",
    "price_move_percent",
    "commission",
    "swap",
    "duration_seconds",
    "exit_reason",
    "position",
    "order",
];

fn cells(row: &TradeRow) -> Vec<String> {
    let text = |text: &Option<String>| text.as_deref().map(cell).unwrap_or_default();
    let amount = |amount: Option<rust_decimal::Decimal>| {
        amount.map(|amount| amount.to_string()).unwrap_or_default()
    };
    vec![
        time(row.closed_at),
        time(row.executed_at),
        cell(&row.user),
        cell(&row.account),
        text(&row.strategy),
        cell(&row.symbol),
        row.side.to_string(),
        row.quantity.to_string(),
        row.entry_price.to_string(),
        row.exit_price.to_string(),
        amount(row.profit_loss),
        amount(row.profit_loss_percent),
        amount(row.price_move_percent),
        row.commission.to_string(),
        row.swap.to_string(),
        row.duration_seconds.to_string(),
        text(&row.exit_reason),
        text(&row.position),
        row.order.map(|order| order.to_string()).unwrap_or_default(),
    ]
}

const CANDLE_HEAD: [&str; 7] =
    ["open_time", "open", "high", "low", "close", "volume", "taker_buy_volume"];

impl Reads {
    /// Writes the bars of an instrument that opened in `[from, to)` as CSV, oldest first: a
    /// line of names, then one for each, as a backtest reads it. Times are milliseconds since
    /// the Unix epoch, UTC; a bar without taker volume leaves it empty. How many were written.
    ///
    /// # Errors
    /// When the database fails, or `to` cannot be written.
    pub async fn candles_csv(
        &self,
        symbol: &str,
        interval: Nanos,
        (from, until): (Nanos, Nanos),
        to: impl Write,
    ) -> Result<u64, StoreError> {
        let failed = |error: csv::Error| StoreError::Export(error.to_string());
        let mut writer = csv::Writer::from_writer(to);
        writer.write_record(CANDLE_HEAD).map_err(failed)?;
        let (mut next, mut written) = (from, 0);
        loop {
            let rows = self.first_candles(symbol, interval, (next, until)).await?;
            for row in &rows {
                let CandleRow { opened_at, open, high, low, close, volume, taker_buy_volume } = row;
                let taker = taker_buy_volume.map(|v| v.to_string()).unwrap_or_default();
                let mut cells = vec![opened_at.millis().to_string()];
                cells.extend([open, high, low, close, volume].map(ToString::to_string));
                cells.push(taker);
                writer.write_record(cells).map_err(failed)?;
                (next, written) = (*opened_at + Nanos(1), written + 1);
            }
            if rows.is_empty() {
                break;
            }
        }
        writer.flush().map_err(|error| StoreError::Export(error.to_string()))?;
        Ok(written)
    }

    /// Writes the trades that a filter lets through as CSV, newest first: a line of names,
    /// then one for each. Times are UTC; amounts are exact; what is not known is empty.
    /// How many were written.
    ///
    /// # Errors
    /// When the database fails, or `to` cannot be written.
    pub async fn trades_csv(&self, filter: &Filter, to: impl Write) -> Result<u64, StoreError> {
        let failed = |error: csv::Error| StoreError::Export(error.to_string());
        let mut writer = csv::Writer::from_writer(to);
        writer.write_record(HEAD).map_err(failed)?;
        let (mut page, mut written) = (PageWanted::first(PAGE), 0);
        loop {
            let listed = self.trades(filter, page).await?;
            for row in &listed.rows {
                writer.write_record(cells(row)).map_err(failed)?;
                written += 1;
            }
            let Some(next) = listed.next else { break };
            page = PageWanted::after(next, PAGE);
        }
        writer.flush().map_err(|error| StoreError::Export(error.to_string()))?;
        Ok(written)
    }
}
