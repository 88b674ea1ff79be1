//! Logs, alerts, acts of people, configurations, and bars of the market.

use rust_decimal::Decimal;
use serde::Serialize;
use tickstep_core::units::Nanos;

use super::page::{Filter, Listed, PageWanted};
use super::reads::Reads;
use super::select::{Cells, FilterWords, Select};
use crate::store::error::StoreError;
use crate::store::word::LogLevel;

/// A line of the log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct LogRow {
    /// Its number.
    pub id: i64,
    /// How much it matters.
    pub level: LogLevel,
    /// What it is about.
    pub component: String,
    /// What happened.
    pub message: String,
    /// More of it for machines, as JSON.
    pub metadata: String,
    /// The account.
    pub account: Option<String>,
    /// The instrument.
    pub symbol: Option<String>,
    /// When.
    pub created_at: Nanos,
}

/// Something that a person should know.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct AlertRow {
    /// Its number.
    pub id: i64,
    /// How bad it is: `notice`, `warning` or `critical`.
    pub severity: String,
    /// What kind of thing it is, one word for machines.
    pub kind: String,
    /// The account, where it concerns one.
    pub account: Option<String>,
    /// What it is, in a sentence.
    pub message: String,
    /// When.
    pub created_at: Nanos,
}

/// What somebody did.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct AuditRow {
    /// Its number.
    pub id: i64,
    /// Who.
    pub actor: String,
    /// What.
    pub action: String,
    /// Why, in the actor's words.
    pub reason: String,
    /// What it was before, where a value was changed.
    pub old_value: Option<String>,
    /// What it was after.
    pub new_value: Option<String>,
    /// When.
    pub created_at: Nanos,
}

/// A configuration that the runner had.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ConfigurationRow {
    /// Its number.
    pub id: i64,
    /// The whole of it, without any secret.
    pub text: String,
    /// Who made it so.
    pub actor: String,
    /// Why.
    pub reason: String,
    /// When.
    pub created_at: Nanos,
}

/// The last value of a setting that was changed while running.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SettingRow {
    /// Its key.
    pub setting: String,
    /// Its value, as the configuration writes it.
    pub value: Option<String>,
    /// The configuration that it came with.
    pub version: i64,
    /// Who changed it.
    pub changed_by: String,
    /// When.
    pub updated_at: Nanos,
}

/// A bar of the market.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct CandleRow {
    /// When it opened.
    pub opened_at: Nanos,
    /// First price.
    pub open: Decimal,
    /// Highest price.
    pub high: Decimal,
    /// Lowest price.
    pub low: Decimal,
    /// Last price.
    pub close: Decimal,
    /// Volume.
    pub volume: Decimal,
    /// What of it takers bought, where that is known.
    pub taker_buy_volume: Option<Decimal>,
}

const LOGS: &str = "SELECT id, log_level, component, message, metadata, account_id, symbol, \
    created_at FROM system_logs";
const ALERTS: &str = "SELECT id, severity, kind, account_id, message, created_at FROM alerts";
const AUDIT: &str =
    "SELECT id, actor, action, reason, old_value, new_value, created_at FROM audit_log";
const CONFIGURATIONS: &str =
    "SELECT id, text, actor, reason, created_at FROM engine_configurations";
const SETTINGS: &str =
    "SELECT setting, value, version, changed_by, updated_at FROM settings ORDER BY setting";
const CANDLES: &str = "SELECT opened_at, open, high, low, close, volume, taker_buy_volume \
    FROM candles";

const TIMES: FilterWords = FilterWords::times("created_at >=", "created_at <");
const LOGGED: FilterWords =
    FilterWords { account: Some("account_id ="), symbol: Some("symbol ="), ..TIMES };
const ALERTED: FilterWords = FilterWords { account: Some("account_id ="), ..TIMES };

pub(super) fn logs(filter: &Filter, level: Option<LogLevel>, component: Option<&str>) -> Select {
    Select::new(LOGS)
        .filter(filter, &LOGGED)
        .and_some("log_level =", level.map(LogLevel::word))
        .and_some("component =", component)
}

pub(super) fn alerts(filter: &Filter, severity: Option<&str>) -> Select {
    Select::new(ALERTS).filter(filter, &ALERTED).and_some("severity =", severity)
}

pub(super) fn audit(filter: &Filter, actor: Option<&str>) -> Select {
    Select::new(AUDIT).filter(filter, &TIMES).and_some("actor =", actor)
}

pub(super) fn configurations(filter: &Filter) -> Select {
    Select::new(CONFIGURATIONS).filter(filter, &TIMES)
}

pub(super) fn settings() -> Select {
    Select::new(SETTINGS)
}

fn bars(symbol: &str, interval: Nanos, from: Nanos, to: Nanos) -> Select {
    Select::new(CANDLES)
        .and("symbol =", symbol)
        .and("interval_ns =", interval.0)
        .and("opened_at >=", from.0)
        .and("opened_at <", to.0)
}

pub(super) fn candles(symbol: &str, interval: Nanos, from: Nanos, to: Nanos) -> Select {
    bars(symbol, interval, from, to).then("ORDER BY opened_at")
}

pub(super) fn first_candles(symbol: &str, interval: Nanos, from: Nanos, to: Nanos) -> Select {
    bars(symbol, interval, from, to).then("ORDER BY opened_at LIMIT 1000")
}

fn candle(row: &mut Cells<'_>) -> Result<CandleRow, StoreError> {
    Ok(CandleRow {
        opened_at: row.time()?,
        open: row.amount()?,
        high: row.amount()?,
        low: row.amount()?,
        close: row.amount()?,
        volume: row.amount()?,
        taker_buy_volume: row.some_amount()?,
    })
}

impl Reads {
    /// Lines of the log; of one level, of one component, or all.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn logs(
        &self,
        filter: &Filter,
        (level, component): (Option<LogLevel>, Option<&str>),
        page: PageWanted,
    ) -> Result<Listed<LogRow>, StoreError> {
        let read = |row: &mut Cells<'_>| {
            Ok(LogRow {
                id: row.int()?,
                level: row.word()?,
                component: row.text()?,
                message: row.text()?,
                metadata: row.text()?,
                account: row.some_text()?,
                symbol: row.some_text()?,
                created_at: row.time()?,
            })
        };
        self.page(logs(filter, level, component), page, read, |row| row.id).await
    }

    /// Alerts; of one severity, or all.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn alerts(
        &self,
        filter: &Filter,
        severity: Option<&str>,
        page: PageWanted,
    ) -> Result<Listed<AlertRow>, StoreError> {
        let read = |row: &mut Cells<'_>| {
            Ok(AlertRow {
                id: row.int()?,
                severity: row.text()?,
                kind: row.text()?,
                account: row.some_text()?,
                message: row.text()?,
                created_at: row.time()?,
            })
        };
        self.page(alerts(filter, severity), page, read, |row| row.id).await
    }

    /// Acts of people; of one person, or all.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn audit(
        &self,
        filter: &Filter,
        actor: Option<&str>,
        page: PageWanted,
    ) -> Result<Listed<AuditRow>, StoreError> {
        let read = |row: &mut Cells<'_>| {
            Ok(AuditRow {
                id: row.int()?,
                actor: row.text()?,
                action: row.text()?,
                reason: row.text()?,
                old_value: row.some_text()?,
                new_value: row.some_text()?,
                created_at: row.time()?,
            })
        };
        self.page(audit(filter, actor), page, read, |row| row.id).await
    }

    /// Configurations that the runner had.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn configurations(
        &self,
        filter: &Filter,
        page: PageWanted,
    ) -> Result<Listed<ConfigurationRow>, StoreError> {
        let read = |row: &mut Cells<'_>| {
            Ok(ConfigurationRow {
                id: row.int()?,
                text: row.text()?,
                actor: row.text()?,
                reason: row.text()?,
                created_at: row.time()?,
            })
        };
        self.page(configurations(filter), page, read, |row| row.id).await
    }

    /// Settings that were changed while running, by key, each with its last value.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn settings(&self) -> Result<Vec<SettingRow>, StoreError> {
        let read = |row: &mut Cells<'_>| {
            Ok(SettingRow {
                setting: row.text()?,
                value: row.some_text()?,
                version: row.int()?,
                changed_by: row.text()?,
                updated_at: row.time()?,
            })
        };
        self.all(settings(), read).await
    }

    /// Bars of an instrument that opened in `[from, to)`, oldest first.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn candles(
        &self,
        symbol: &str,
        interval: Nanos,
        (from, to): (Nanos, Nanos),
    ) -> Result<Vec<CandleRow>, StoreError> {
        self.all(candles(symbol, interval, from, to), candle).await
    }

    /// The first of them, at most a thousand.
    pub(super) async fn first_candles(
        &self,
        symbol: &str,
        interval: Nanos,
        (from, to): (Nanos, Nanos),
    ) -> Result<Vec<CandleRow>, StoreError> {
        self.all(first_candles(symbol, interval, from, to), candle).await
    }
}
