//! One broker account is run by one program at a time: two that did not know of each other
//! would each take the other's positions for a stranger's, and twice the risk.
//!
//! A second runner on the same state folder is refused by the journal's own lock. Here it is
//! the same account in two state folders of one machine and user that is noticed: each
//! account has a file, named by a hash of its host and number, in the user's folder for
//! files of running programs, and whoever runs the account holds a lock on it. It tells
//! nothing of another machine, or another user's programs.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read, Seek, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

/// Why accounts cannot be run here.
#[derive(Debug, thiserror::Error)]
pub enum TwinError {
    /// Another program runs one.
    #[error(
        "account {account} at {host} is run by another program already, with the state in \
         {}; stop that one first, or take the account out of one of the two", by.display()
    )]
    Taken {
        /// The account at its broker.
        account: String,
        /// The host.
        host: String,
        /// The other program's folder.
        by: PathBuf,
    },
    /// The lock could not be made.
    #[error("{}: the lock of an account could not be made: {error}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// Why.
        error: std::io::Error,
    },
}

/// Locks on accounts, held as long as this is there.
#[derive(Debug, Default)]
pub struct AccountLocks(Vec<File>);

impl AccountLocks {
    /// Takes the locks of accounts, each a host and a number there, for a state folder.
    pub fn take(accounts: &[(String, String)], state: &Path) -> Result<Self, TwinError> {
        if accounts.is_empty() {
            return Ok(Self::default());
        }
        let failed = |path: &Path, error| TwinError::Io { path: path.to_owned(), error };
        let folder = folder().map_err(|error| failed(&std::env::temp_dir(), error))?;
        // Whoever is told of it may be somewhere else.
        let state = std::path::absolute(state).map_err(|error| failed(state, error))?;
        Self::take_in(&folder, accounts, &state)
    }

    fn take_in(
        folder: &Path,
        accounts: &[(String, String)],
        state: &Path,
    ) -> Result<Self, TwinError> {
        let mut locks = Vec::with_capacity(accounts.len());
        for (host, account) in accounts {
            let path = folder.join(name(host, account));
            let failed = |error| TwinError::Io { path: path.clone(), error };
            let mut options = OpenOptions::new();
            options.read(true).write(true).create(true).truncate(false).mode(0o600);
            let mut file = options.open(&path).map_err(failed)?;
            match file.try_lock() {
                Ok(()) => {}
                Err(TryLockError::WouldBlock) => {
                    let mut by = String::new();
                    // A folder that cannot be read is no name, but the lock holds.
                    let _ = file.read_to_string(&mut by);
                    let (account, host) = (account.clone(), host.clone());
                    return Err(TwinError::Taken { account, host, by: PathBuf::from(by) });
                }
                Err(TryLockError::Error(error)) => return Err(failed(error)),
            }
            let written = file.set_len(0).and_then(|()| file.rewind());
            let told = state.display().to_string();
            written.and_then(|()| file.write_all(told.as_bytes())).map_err(failed)?;
            locks.push(file);
        }
        Ok(Self(locks))
    }

    /// How many accounts are held.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether none is.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// The name of an account's file.
fn name(host: &str, account: &str) -> String {
    let hash = Sha256::digest(format!("{host}\n{account}"));
    let hex: String = hash.iter().take(16).map(|b| format!("{b:02x}")).collect();
    format!("{hex}.lock")
}

/// The user's folder for files of running programs, made where it is missing.
fn folder() -> std::io::Result<PathBuf> {
    if let Some(runtime) = std::env::var_os("XDG_RUNTIME_DIR").filter(|dir| !dir.is_empty()) {
        return made(PathBuf::from(runtime).join("tickstep"));
    }
    // A file of ours tells who we are.
    let mine = tempfile_uid()?;
    made(std::env::temp_dir().join(format!("tickstep-{mine}")))
}

fn made(path: PathBuf) -> std::io::Result<PathBuf> {
    match std::fs::DirBuilder::new().mode(0o700).create(&path) {
        Err(error) if error.kind() != std::io::ErrorKind::AlreadyExists => Err(error),
        Ok(()) | Err(_) => Ok(path),
    }
}

/// The number of the user that runs this program.
fn tempfile_uid() -> std::io::Result<u32> {
    let path = std::env::temp_dir().join(format!(".tickstep-{}", std::process::id()));
    let uid = OpenOptions::new().write(true).create(true).truncate(false).mode(0o600).open(&path);
    let uid = uid.and_then(|file| file.metadata()).map(|of| of.uid());
    // One that stays is empty, and in the way of nobody.
    let _ = std::fs::remove_file(&path);
    uid
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn one(account: &str) -> (String, String) {
        ("https://mtr.example.com".to_owned(), account.to_owned())
    }

    #[test]
    fn the_same_account_in_two_folders_is_noticed() {
        let folder = tempfile::tempdir().unwrap();
        let take = |accounts: &[(String, String)], state: &str| {
            AccountLocks::take_in(folder.path(), accounts, Path::new(state))
        };
        let first = take(&[one("1"), one("2")], "/home/kim/one").unwrap();
        assert_eq!(first.len(), 2);
        let said = take(&[one("3"), one("2")], "/home/kim/two").unwrap_err().to_string();
        assert!(said.contains("account 2 at https://mtr.example.com"), "{said}");
        assert!(said.contains("/home/kim/one"), "{said}");
        // What it had taken before it failed is free again.
        let other = take(&[one("3")], "/home/kim/two").unwrap();
        drop((first, other));
        assert!(take(&[one("1"), one("2"), one("3")], "/home/kim/two").is_ok());
    }
}
