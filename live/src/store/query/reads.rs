//! Asking: rows of a question, all of them or a page at a time.

use sqlx::sqlite::SqlitePool;

use super::page::{Listed, PageWanted};
use super::select::{Cells, Select};
use crate::store::error::StoreError;

/// Everything that can be asked of a store, from as many tasks as one likes.
#[derive(Clone)]
pub struct Reads {
    pool: SqlitePool,
}

impl Reads {
    pub(crate) const fn of(pool: SqlitePool) -> Self {
        Self { pool }
    }

    pub(crate) async fn close(&self) {
        self.pool.close().await;
    }

    /// All rows of a question.
    pub(super) async fn all<T>(
        &self,
        select: Select,
        read: impl Fn(&mut Cells<'_>) -> Result<T, StoreError>,
    ) -> Result<Vec<T>, StoreError> {
        let rows = select.query().fetch_all(&self.pool).await?;
        rows.iter().map(|row| read(&mut Cells::of(row))).collect()
    }

    /// One page of the rows of a question; `key` is the number that they are ordered by.
    pub(super) async fn page<T>(
        &self,
        select: Select,
        page: PageWanted,
        read: impl Fn(&mut Cells<'_>) -> Result<T, StoreError>,
        key: impl Fn(&T) -> i64,
    ) -> Result<Listed<T>, StoreError> {
        let limit = page.limit();
        let mut rows = self.all(select.page(page.before, limit + 1), read).await?;
        let more = rows.len() > limit as usize;
        rows.truncate(limit as usize);
        let next = rows.last().filter(|_| more).map(key);
        Ok(Listed { rows, next })
    }
}
