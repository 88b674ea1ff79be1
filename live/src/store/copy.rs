//! A copy of a database that is written meanwhile.

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::time::Duration;

use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions as _, Connection as _};

use super::error::StoreError;

/// How long it waits for another program that holds the file.
const BUSY: Duration = Duration::from_secs(30);

/// Copies the database at `from` as it is at one moment into `to`, which must not be there,
/// for its owner alone. Whoever writes it goes on writing.
///
/// # Errors
/// When it cannot be opened, or the copy cannot be written.
pub async fn copy_database(from: &Path, to: &Path) -> Result<(), StoreError> {
    let failed = |error| StoreError::Open { path: from.to_owned(), error };
    let options = SqliteConnectOptions::new()
        .filename(from)
        .create_if_missing(false)
        .busy_timeout(BUSY)
        .disable_statement_logging();
    let mut connection = options.connect().await.map_err(failed)?;
    let path = to.to_str().ok_or_else(|| StoreError::Export("its path is no UTF-8".to_owned()))?;
    let copied = sqlx::query("VACUUM INTO ?1").bind(path).execute(&mut connection).await;
    // What was read is of no more use; the copy is what counts.
    let _closed = connection.close().await;
    copied?;
    let durable = || {
        std::fs::set_permissions(to, std::fs::Permissions::from_mode(0o600))?;
        std::fs::File::open(to)?.sync_all()
    };
    durable().map_err(|error| StoreError::Export(format!("{}: {error}", to.display())))
}
