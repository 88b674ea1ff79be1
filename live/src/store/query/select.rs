//! Questions made of fixed words and values, in the words of both databases; and their rows.

use std::fmt::Write as _;
use std::str::FromStr;

use rust_decimal::Decimal;
use sqlx::sqlite::{SqliteArguments, SqliteRow};
use sqlx::{AssertSqlSafe, Row as _, Sqlite};
use tickstep_core::units::Nanos;

use super::page::Filter;
use crate::store::amount::decimal;
use crate::store::bind::bind;
use crate::store::error::StoreError;
use crate::store::sql::Value;
use crate::store::word::UnknownWord;

/// A question. All of its words are the program's; what somebody gave is a value.
#[derive(Clone, Debug)]
pub(super) struct Select {
    text: String,
    values: Vec<Value>,
    filtered: bool,
}

/// What a filter's parts are for a table; `None` where it has no such column.
#[derive(Clone, Copy, Debug)]
pub(super) struct FilterWords {
    pub at: (&'static str, &'static str),
    pub user: Option<&'static str>,
    pub account: Option<&'static str>,
    pub symbol: Option<&'static str>,
    pub strategy: Option<&'static str>,
}

impl FilterWords {
    /// A table of which only the time can be asked: the words of "from" and of "to".
    pub(super) const fn times(from: &'static str, to: &'static str) -> Self {
        Self { at: (from, to), user: None, account: None, symbol: None, strategy: None }
    }

    /// A table that also has `user_id` and `account_id`.
    pub(super) const fn owned(from: &'static str, to: &'static str) -> Self {
        let (user, account) = (Some("user_id ="), Some("account_id ="));
        Self { user, account, ..Self::times(from, to) }
    }

    /// A table that also has `symbol` and `strategy`.
    pub(super) const fn traded(from: &'static str, to: &'static str) -> Self {
        let (symbol, strategy) = (Some("symbol ="), Some("strategy ="));
        Self { symbol, strategy, ..Self::owned(from, to) }
    }
}

impl Select {
    pub(super) fn new(text: &'static str) -> Self {
        Self { text: text.to_owned(), values: Vec::new(), filtered: false }
    }

    fn condition(&mut self) {
        self.text.push_str(if self.filtered { " AND " } else { " WHERE " });
        self.filtered = true;
    }

    /// Adds a condition that ends with a value: `column =`.
    pub(super) fn and(mut self, words: &'static str, value: impl Into<Value>) -> Self {
        self.condition();
        self.values.push(value.into());
        let number = self.values.len();
        // Writing to a string does not fail.
        let _ = write!(self.text, "{words} ${number}");
        self
    }

    /// Adds a condition where there is a value for it.
    pub(super) fn and_some<V: Into<Value>>(self, words: &'static str, value: Option<V>) -> Self {
        match value {
            Some(value) => self.and(words, value),
            None => self,
        }
    }

    /// Adds a condition without a value.
    pub(super) fn and_that(mut self, words: &'static str) -> Self {
        self.condition();
        self.text.push_str(words);
        self
    }

    /// Adds what a filter says of the columns that the table has.
    pub(super) fn filter(self, filter: &Filter, looks: &FilterWords) -> Self {
        let mut select = self
            .and_some(looks.at.0, filter.from.map(|at| at.0))
            .and_some(looks.at.1, filter.to.map(|at| at.0));
        for (words, value) in [
            (looks.user, &filter.user),
            (looks.account, &filter.account),
            (looks.symbol, &filter.symbol),
            (looks.strategy, &filter.strategy),
        ] {
            if let Some(words) = words {
                select = select.and_some(words, value.clone());
            }
        }
        select
    }

    /// Adds words behind the conditions.
    pub(super) fn then(mut self, words: &'static str) -> Self {
        self.text.push(' ');
        self.text.push_str(words);
        self
    }

    /// Newest first, `limit` rows of those before `before`.
    pub(super) fn page(self, before: Option<i64>, limit: u32) -> Self {
        let mut select = self.and_some("id <", before).then("ORDER BY id DESC LIMIT");
        select.values.push(i64::from(limit).into());
        let number = select.values.len();
        let _ = write!(select.text, " ${number}");
        select
    }

    /// The words of it.
    #[cfg(test)]
    pub(super) fn text(&self) -> &str {
        &self.text
    }

    pub(super) fn query(self) -> sqlx::query::Query<'static, Sqlite, SqliteArguments> {
        // Every word is a literal of this program; see `and`.
        bind(sqlx::query(AssertSqlSafe(self.text)), self.values)
    }
}

/// The columns of a row, read from the first to the last.
pub(super) struct Cells<'r> {
    row: &'r SqliteRow,
    next: usize,
}

impl<'r> Cells<'r> {
    pub(super) const fn of(row: &'r SqliteRow) -> Self {
        Self { row, next: 0 }
    }

    fn take<T>(&mut self) -> Result<T, StoreError>
    where
        T: for<'c> sqlx::Decode<'c, Sqlite> + sqlx::Type<Sqlite>,
    {
        let at = self.next;
        self.next += 1;
        Ok(self.row.try_get(at)?)
    }

    pub(super) fn int(&mut self) -> Result<i64, StoreError> {
        self.take()
    }

    pub(super) fn some_int(&mut self) -> Result<Option<i64>, StoreError> {
        self.take()
    }

    pub(super) fn flag(&mut self) -> Result<bool, StoreError> {
        Ok(self.int()? != 0)
    }

    pub(super) fn real(&mut self) -> Result<Option<f64>, StoreError> {
        self.take()
    }

    pub(super) fn text(&mut self) -> Result<String, StoreError> {
        self.take()
    }

    pub(super) fn some_text(&mut self) -> Result<Option<String>, StoreError> {
        self.take()
    }

    pub(super) fn time(&mut self) -> Result<Nanos, StoreError> {
        self.int().map(Nanos)
    }

    pub(super) fn some_time(&mut self) -> Result<Option<Nanos>, StoreError> {
        Ok(self.some_int()?.map(Nanos))
    }

    pub(super) fn amount(&mut self) -> Result<Decimal, StoreError> {
        self.int().map(decimal)
    }

    pub(super) fn some_amount(&mut self) -> Result<Option<Decimal>, StoreError> {
        Ok(self.some_int()?.map(decimal))
    }

    pub(super) fn word<T: FromStr<Err = UnknownWord>>(&mut self) -> Result<T, StoreError> {
        Ok(self.text()?.parse()?)
    }
}
