//! Taking records in: all of a batch in one transaction, with the number of the last one.

use std::sync::Arc;

use sqlx::sqlite::SqliteConnection;
use sqlx::{Connection as _, Row as _};
use tickstep_core::units::Nanos;

use super::bind::bind;
use super::entry::{Batch, StoreEntry, StoreLogin};
use super::error::StoreError;
use super::open::Store;
use super::sql::{self, Statement, statement};
use super::translate::{self, LeftOut};

/// What came of taking records in.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Applied {
    /// Records at which something happened that it did not have.
    pub records: u64,
    /// Happenings that no column can hold, and why.
    pub left_out: Vec<LeftOut>,
}

impl Store {
    /// Takes records in. Those that it has already change nothing; those that are taken in
    /// are there whole, with everything before them, or not at all.
    ///
    /// # Errors
    /// [`StoreError::Gap`] when records before the batch are missing, and
    /// [`StoreError::Database`] when the database fails; nothing is changed then.
    pub async fn apply(&mut self, batch: &Batch) -> Result<Applied, StoreError> {
        let mut tx = self.write.begin_with("BEGIN IMMEDIATE").await?;
        let (have, mut hour) = progress(&mut tx).await?;
        if i64::try_from(batch.from).is_ok_and(|from| from > have + 1) {
            return Err(StoreError::Gap { have, from: batch.from });
        }
        let mut applied = Applied::default();
        let mut known = self.roster.clone();
        let mut last = None;
        let is_new = |entry: &&StoreEntry| i64::try_from(entry.record).is_ok_and(|r| r > have);
        for entry in batch.entries.iter().filter(is_new) {
            let mut statements = Vec::new();
            let now = entry.at.0.div_euclid(Nanos::HOUR.0);
            if now > hour {
                statements.extend(self.retention.statements(now));
                hour = now;
            }
            let same = known.as_ref().is_some_and(|k| Arc::ptr_eq(k, &entry.roster));
            if !same && known.as_ref() != Some(&entry.roster) {
                translate::roster(&entry.roster, entry.at, &mut statements);
            }
            known = Some(Arc::clone(&entry.roster));
            translate::statements(entry, &mut statements, &mut applied.left_out);
            for statement in statements {
                run(&mut tx, statement).await?;
            }
            applied.records += 1;
            last = Some(entry.at);
        }
        let upto = i64::try_from(batch.upto).unwrap_or(i64::MAX).max(have);
        if upto > have {
            let at = last.unwrap_or(Nanos(0)).0;
            run(&mut tx, statement!(sql::SET_PROGRESS, upto, at, hour)).await?;
        }
        tx.commit().await?;
        self.roster = known;
        Ok(applied)
    }

    /// Notes what the vault says of logins. It is in no journal, and stays when the database
    /// is made again.
    ///
    /// # Errors
    /// When the database fails; nothing is changed then.
    pub async fn logins(&mut self, logins: &[StoreLogin], now: Nanos) -> Result<(), StoreError> {
        let mut tx = self.write.begin_with("BEGIN IMMEDIATE").await?;
        for StoreLogin { user, email, broker } in logins {
            let (user, email, broker) = (user.as_str(), email.clone(), broker.clone());
            run(&mut tx, statement!(sql::LOGIN, user, email, broker, now.0)).await?;
        }
        tx.commit().await?;
        Ok(())
    }

    /// The last record that it has; -1 before the first.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn record(&mut self) -> Result<i64, StoreError> {
        Ok(progress(&mut self.write).await?.0)
    }

    /// Takes back what records from `first` on have made, so that they can be taken in again.
    /// What was made by older ones stays.
    ///
    /// # Errors
    /// When the database fails; nothing is changed then.
    pub async fn rewind(&mut self, first: u64) -> Result<(), StoreError> {
        let first = i64::try_from(first).unwrap_or(i64::MAX);
        let mut tx = self.write.begin_with("BEGIN IMMEDIATE").await?;
        for text in sql::REWIND {
            run(&mut tx, statement!(text, first)).await?;
        }
        run(&mut tx, statement!(sql::REWIND_PROGRESS, first - 1)).await?;
        tx.commit().await?;
        self.roster = None;
        Ok(())
    }
}

async fn progress(connection: &mut SqliteConnection) -> Result<(i64, i64), StoreError> {
    let row = sqlx::query(sql::PROGRESS).fetch_one(connection).await?;
    Ok((row.try_get(0)?, row.try_get(1)?))
}

pub(super) async fn run(
    connection: &mut SqliteConnection,
    statement: Statement,
) -> Result<(), StoreError> {
    bind(sqlx::query(statement.sql), statement.values).execute(connection).await?;
    Ok(())
}
