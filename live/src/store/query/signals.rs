//! Signals and what became of them on each account.

use rust_decimal::Decimal;
use serde::Serialize;
use tickstep_core::units::Nanos;

use super::page::{Filter, Listed, PageWanted};
use super::reads::Reads;
use super::select::{Cells, FilterWords, Select};
use crate::store::error::StoreError;
use crate::store::word::{ResultState, SignalType};

/// A signal, and its sums over all accounts once they are known.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SignalRow {
    /// Its number.
    pub id: i64,
    /// The strategy.
    pub strategy: String,
    /// The instrument.
    pub symbol: String,
    /// What it says.
    pub signal_type: SignalType,
    /// Confidence from 0 to 1, where the strategy states one.
    pub strength: Option<f64>,
    /// Volume over its average, where the strategy looked at it.
    pub volume_ratio: Option<f64>,
    /// Imbalance of the order book, where the strategy looked at it.
    pub orderbook_imbalance: Option<f64>,
    /// The price known then.
    pub price: Decimal,
    /// The conditions that led to it, as JSON: name and value.
    pub reason: String,
    /// When it was made.
    pub created_at: Nanos,
    /// Accounts on which it was executed.
    pub executed_count: Option<i64>,
    /// Accounts on which it was rejected or not placed.
    pub failed_count: Option<i64>,
    /// Accounts on which it was not sent.
    pub skipped_count: Option<i64>,
    /// What was executed on all accounts.
    pub total_volume: Option<Decimal>,
    /// From the decision to the last account's end, nanoseconds.
    pub execution_time_ns: Option<i64>,
    /// When all of it was known.
    pub completed_at: Option<Nanos>,
}

const SIGNALS: &str = "SELECT id, strategy, symbol, signal_type, strength, volume_ratio, \
    orderbook_imbalance, price, reason, created_at, executed_count, failed_count, skipped_count, \
    total_volume, execution_time_ns, completed_at FROM trading_signals";
const BY_CREATED: FilterWords = FilterWords {
    symbol: Some("symbol ="),
    strategy: Some("strategy ="),
    ..FilterWords::times("created_at >=", "created_at <")
};

/// What became of a signal on an account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SignalLine {
    /// The account.
    pub account: String,
    /// The order, where one was made.
    pub order: Option<i64>,
    /// What became of it.
    pub status: ResultState,
    /// Price of the execution.
    pub executed_price: Option<Decimal>,
    /// What was executed.
    pub quantity: Option<Decimal>,
    /// How far the price is from the decision's, against the account, in ticks.
    pub slippage_ticks: Option<i64>,
    /// From sending to the execution, as the broker stamps it, nanoseconds.
    pub latency_ns: Option<i64>,
    /// Why it was refused or left out.
    pub reason: Option<String>,
}

const LINES: &str = "SELECT account_id, order_id, status, executed_price, quantity, \
    slippage_ticks, latency_ns, reason FROM signal_results";

pub(super) fn signals(filter: &Filter) -> Select {
    Select::new(SIGNALS).filter(filter, &BY_CREATED)
}

pub(super) fn lines(signal: i64) -> Select {
    Select::new(LINES).and("signal_id =", signal).then("ORDER BY line")
}

impl Reads {
    /// Signals by when they were made.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn signals(
        &self,
        filter: &Filter,
        page: PageWanted,
    ) -> Result<Listed<SignalRow>, StoreError> {
        let read = |row: &mut Cells<'_>| {
            Ok(SignalRow {
                id: row.int()?,
                strategy: row.text()?,
                symbol: row.text()?,
                signal_type: row.word()?,
                strength: row.real()?,
                volume_ratio: row.real()?,
                orderbook_imbalance: row.real()?,
                price: row.amount()?,
                reason: row.text()?,
                created_at: row.time()?,
                executed_count: row.some_int()?,
                failed_count: row.some_int()?,
                skipped_count: row.some_int()?,
                total_volume: row.some_amount()?,
                execution_time_ns: row.some_int()?,
                completed_at: row.some_time()?,
            })
        };
        self.page(signals(filter), page, read, |row| row.id).await
    }

    /// What became of a signal on every account, in the runner's order.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn signal_lines(&self, signal: i64) -> Result<Vec<SignalLine>, StoreError> {
        let read = |row: &mut Cells<'_>| {
            Ok(SignalLine {
                account: row.text()?,
                order: row.some_int()?,
                status: row.word()?,
                executed_price: row.some_amount()?,
                quantity: row.some_amount()?,
                slippage_ticks: row.some_int()?,
                latency_ns: row.some_int()?,
                reason: row.some_text()?,
            })
        };
        self.all(lines(signal), read).await
    }
}
