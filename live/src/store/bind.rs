//! The one place that hands values to SQLite.

use sqlx::Sqlite;
use sqlx::sqlite::SqliteArguments;

use super::sql::Value;

/// Gives a statement its values.
pub(super) fn bind<'q>(
    query: sqlx::query::Query<'q, Sqlite, SqliteArguments>,
    values: Vec<Value>,
) -> sqlx::query::Query<'q, Sqlite, SqliteArguments> {
    values.into_iter().fold(query, |query, value| match value {
        Value::Int(value) => query.bind(value),
        Value::Real(value) => query.bind(value),
        Value::Text(value) => query.bind(value),
    })
}
