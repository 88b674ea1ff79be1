//! Logins, accounts, sessions, and what accounts are worth.

use rust_decimal::Decimal;
use serde::Serialize;
use tickstep_core::units::Nanos;

use super::page::{Filter, Listed, PageWanted};
use super::reads::Reads;
use super::select::{Cells, FilterWords, Select};
use crate::store::error::StoreError;
use crate::store::word::AccountKind;

/// A login at a broker; its password is in the vault.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct UserRow {
    /// What it is called.
    pub id: String,
    /// Its e-mail address, as the vault has it; of several logins that share one, one has it.
    pub email: Option<String>,
    /// The broker's number of itself, where the vault or the configuration says it.
    pub broker: Option<String>,
    /// What people call it.
    pub name: String,
    /// Whether it may be used.
    pub is_active: bool,
    /// When it was first seen.
    pub created_at: Nanos,
}

/// An account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct AccountRow {
    /// What it is called.
    pub id: String,
    /// The login that it belongs to.
    pub user: String,
    /// Where its orders go.
    pub kind: AccountKind,
    /// Name and port of its server, where it has one.
    pub host: Option<String>,
    /// The broker's number of it, once a session said it.
    pub trading_account_uuid: Option<String>,
    /// Balance, account currency.
    pub balance: Option<Decimal>,
    /// Equity, account currency.
    pub equity: Option<Decimal>,
    /// Margin in use, account currency.
    pub margin: Option<Decimal>,
    /// Free margin, account currency.
    pub free_margin: Option<Decimal>,
    /// Notional over margin, where it is one number.
    pub leverage: Option<Decimal>,
    /// Currency.
    pub currency: Option<String>,
    /// When its money was last known.
    pub updated_at: Nanos,
}

/// A session at a broker, without its tokens.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SessionRow {
    /// Its number.
    pub id: i64,
    /// The login.
    pub user: String,
    /// The account.
    pub account: String,
    /// The broker's number of the account.
    pub trading_account: Option<String>,
    /// When it was opened.
    pub login_at: Nanos,
    /// When it ends unless it is prolonged, where the broker says so.
    pub expires_at: Option<Nanos>,
    /// When it was last prolonged.
    pub last_refresh_at: Option<Nanos>,
    /// Whether it is open.
    pub is_active: bool,
    /// When it was over.
    pub ended_at: Option<Nanos>,
    /// Why.
    pub end_reason: Option<String>,
}

/// What an account was worth at an instant.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct WorthPoint {
    /// The account.
    pub account: String,
    /// When.
    pub at: Nanos,
    /// Balance, account currency.
    pub balance: Decimal,
    /// Equity, account currency.
    pub equity: Decimal,
    /// Whether the broker stated the equity.
    pub is_stated: bool,
}

/// What several accounts were worth together.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct WorthSum {
    /// When.
    pub at: Nanos,
    /// How many accounts it is the sum of.
    pub accounts: i64,
    /// Sum of balances; of accounts in one currency.
    pub balance: Decimal,
    /// Sum of equities; of accounts in one currency.
    pub equity: Decimal,
}

/// That the engine was alive.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct HeartbeatRow {
    /// Its number.
    pub id: i64,
    /// The engine.
    pub engine: String,
    /// When.
    pub at: Nanos,
    /// Accounts that it has.
    pub accounts: i64,
    /// Those that could trade.
    pub sessions_up: i64,
    /// Positions that it held.
    pub open_positions: i64,
}

const USERS: &str = "SELECT id, email, broker_id, name, is_active, created_at FROM users";
const ACCOUNTS: &str = "SELECT id, user_id, kind, host, trading_account_uuid, balance, equity, \
    margin, free_margin, leverage, currency, updated_at FROM accounts";
const SESSIONS: &str = "SELECT id, user_id, account_id, trading_account_id, login_at, expires_at, \
    last_refresh_at, is_active, ended_at, end_reason FROM user_sessions";
const WORTH: &str = "SELECT account_id, at, balance, equity, is_stated FROM equity_points";
// A sum of BIGINT is NUMERIC to PostgreSQL.
const WORTH_SUM: &str = "SELECT at, COUNT(*), CAST(SUM(balance) AS BIGINT), \
    CAST(SUM(equity) AS BIGINT) FROM equity_points";
const HEARTBEATS: &str = "SELECT id, engine_id, at, accounts, sessions_up, open_positions \
    FROM engine_heartbeats";

const BY_AT: FilterWords = FilterWords::owned("at >=", "at <");
const BY_LOGIN: FilterWords = FilterWords::owned("login_at >=", "login_at <");

pub(super) fn users() -> Select {
    Select::new(USERS).and_that("deleted_at IS NULL").then("ORDER BY id")
}

pub(super) fn accounts(user: Option<&str>) -> Select {
    Select::new(ACCOUNTS).and_some("user_id =", user).then("ORDER BY id")
}

pub(super) fn sessions(filter: &Filter, active: bool) -> Select {
    let select = Select::new(SESSIONS).filter(filter, &BY_LOGIN);
    if active { select.and("is_active =", 1) } else { select }
}

pub(super) fn worth(filter: &Filter) -> Select {
    Select::new(WORTH).filter(filter, &BY_AT).then("ORDER BY at, account_id")
}

pub(super) fn worth_sum(filter: &Filter) -> Select {
    Select::new(WORTH_SUM).filter(filter, &BY_AT).then("GROUP BY at ORDER BY at")
}

pub(super) fn heartbeats(filter: &Filter) -> Select {
    Select::new(HEARTBEATS).filter(filter, &FilterWords::times("at >=", "at <"))
}

impl Reads {
    /// Logins that were not deleted, by name.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn users(&self) -> Result<Vec<UserRow>, StoreError> {
        let read = |row: &mut Cells<'_>| {
            Ok(UserRow {
                id: row.text()?,
                email: row.some_text()?,
                broker: row.some_text()?,
                name: row.text()?,
                is_active: row.flag()?,
                created_at: row.time()?,
            })
        };
        self.all(users(), read).await
    }

    /// Accounts by name; of one login, or all.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn accounts(&self, user: Option<&str>) -> Result<Vec<AccountRow>, StoreError> {
        let read = |row: &mut Cells<'_>| {
            Ok(AccountRow {
                id: row.text()?,
                user: row.text()?,
                kind: row.word()?,
                host: row.some_text()?,
                trading_account_uuid: row.some_text()?,
                balance: row.some_amount()?,
                equity: row.some_amount()?,
                margin: row.some_amount()?,
                free_margin: row.some_amount()?,
                leverage: row.some_amount()?,
                currency: row.some_text()?,
                updated_at: row.time()?,
            })
        };
        self.all(accounts(user), read).await
    }

    /// Sessions by when they were opened; those that are open now, or all.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn sessions(
        &self,
        filter: &Filter,
        active: bool,
        page: PageWanted,
    ) -> Result<Listed<SessionRow>, StoreError> {
        let read = |row: &mut Cells<'_>| {
            Ok(SessionRow {
                id: row.int()?,
                user: row.text()?,
                account: row.text()?,
                trading_account: row.some_text()?,
                login_at: row.time()?,
                expires_at: row.some_time()?,
                last_refresh_at: row.some_time()?,
                is_active: row.flag()?,
                ended_at: row.some_time()?,
                end_reason: row.some_text()?,
            })
        };
        self.page(sessions(filter, active), page, read, |row| row.id).await
    }

    /// What accounts were worth, oldest first: at most 288 points a day for each.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn worth(&self, filter: &Filter) -> Result<Vec<WorthPoint>, StoreError> {
        let read = |row: &mut Cells<'_>| {
            Ok(WorthPoint {
                account: row.text()?,
                at: row.time()?,
                balance: row.amount()?,
                equity: row.amount()?,
                is_stated: row.flag()?,
            })
        };
        self.all(worth(filter), read).await
    }

    /// What accounts were worth together, oldest first.
    ///
    /// # Errors
    /// When the database fails, or a sum does not fit.
    pub async fn worth_sum(&self, filter: &Filter) -> Result<Vec<WorthSum>, StoreError> {
        let read = |row: &mut Cells<'_>| {
            let (at, accounts) = (row.time()?, row.int()?);
            Ok(WorthSum { at, accounts, balance: row.amount()?, equity: row.amount()? })
        };
        self.all(worth_sum(filter), read).await
    }

    /// When the engine was alive.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn heartbeats(
        &self,
        filter: &Filter,
        page: PageWanted,
    ) -> Result<Listed<HeartbeatRow>, StoreError> {
        let read = |row: &mut Cells<'_>| {
            Ok(HeartbeatRow {
                id: row.int()?,
                engine: row.text()?,
                at: row.time()?,
                accounts: row.int()?,
                sessions_up: row.int()?,
                open_positions: row.int()?,
            })
        };
        self.page(heartbeats(filter), page, read, |row| row.id).await
    }
}
