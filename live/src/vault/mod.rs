//! Logins of broker accounts, locked in one file.
//!
//! The file is encrypted by XChaCha20-Poly1305 with a key that is made from a passphrase by
//! Argon2id, or that is in a file of its own. Every change writes all of it anew, under
//! fresh nonces, beside the old file, which stays whole until the new one is durable.
//!
//! What is held in memory is wiped when it goes. A vault tells nothing secret by `Debug`,
//! nor does any of its errors. It does not guard against who can read this program's
//! memory, or has both the file and its key.

mod credential;
mod disk;
mod error;
mod format;
mod key;
#[cfg(test)]
mod tests;

use core::fmt;
use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use chacha20poly1305::XChaCha20Poly1305;
use secrecy::SecretString;
use sha2::{Digest as _, Sha256};

pub use credential::Credential;
pub use error::VaultError;
pub use key::{Strength, VaultKey, read_passphrase};

use disk::Replaced;
use format::Header;
use key::SALT;

use crate::random::random;

/// Longest name of an account, in bytes.
const NAME: usize = 64;
/// Most accounts in one vault.
const MOST: usize = 4096;

/// What stands in the place of an account's number where an entry is a secret and no login.
const SECRET: &str = "-";

/// An account in a vault.
#[derive(Clone, Debug)]
pub struct VaultEntry {
    /// Whether a runner logs it in.
    pub enabled: bool,
    /// Its login.
    pub credential: Credential,
}

/// Logins of accounts by their names, and the file they are locked in.
pub struct Vault {
    path: PathBuf,
    header: Header,
    cipher: XChaCha20Poly1305,
    entries: BTreeMap<String, VaultEntry>,
    /// SHA-256 of the file as it was read or written last.
    last: [u8; 32],
}

impl fmt::Debug for Vault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Vault")
            .field("path", &self.path)
            .field("accounts", &self.entries.len())
            .finish_non_exhaustive()
    }
}

/// Header and cipher of a key, with a salt of its own.
fn locked_by(
    key: &VaultKey,
    strength: Strength,
) -> Result<(Header, XChaCha20Poly1305), VaultError> {
    key.fit()?;
    let mut salt = [0; SALT];
    random(&mut salt).map_err(|_| VaultError::Random)?;
    let passphrase = key.is_passphrase();
    // A key from a file costs nothing to make.
    let strength =
        if passphrase { strength } else { Strength { memory_kib: 0, passes: 0, lanes: 0 } };
    Ok((Header { passphrase, strength, salt }, key.cipher(strength, &salt)?))
}

impl Vault {
    /// Makes a vault without accounts. There must be no file yet.
    pub fn create(path: &Path, key: &VaultKey, strength: Strength) -> Result<Self, VaultError> {
        let (header, cipher) = locked_by(key, strength)?;
        let (path, entries) = (path.to_owned(), BTreeMap::new());
        let bytes = format::write(header, &cipher, &entries)?;
        let held = disk::lock(&path).map_err(|error| io_error(&path, "lock it", error))?;
        if path.exists() {
            return Err(VaultError::Exists { path });
        }
        let last = put(&path, &bytes)?;
        drop(held);
        Ok(Self { path, header, cipher, entries, last })
    }

    /// Opens a vault.
    pub fn open(path: &Path, key: &VaultKey) -> Result<Self, VaultError> {
        let (path, bytes) = read(path)?;
        let closed = format::read(&path, &bytes)?;
        let header = closed.header;
        if header.passphrase != key.is_passphrase() {
            let wanted = if header.passphrase { "passphrase" } else { "key file" };
            return Err(VaultError::OtherKind { path, wanted, given: key.kind() });
        }
        let cipher = key.cipher(header.strength, &header.salt)?;
        let entries = closed.unlock(&cipher)?;
        Ok(Self { last: Sha256::digest(&bytes).into(), path, header, cipher, entries })
    }

    /// Where its file is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Whether the vault at `path` is locked with a passphrase; else it is with a key file.
    pub fn wants_passphrase(path: &Path) -> Result<bool, VaultError> {
        let (path, bytes) = read(path)?;
        Ok(format::read(&path, &bytes)?.header.passphrase)
    }

    /// Names of the accounts, in their order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.entries.keys().map(String::as_str)
    }

    /// The accounts by their names, in their order.
    pub fn entries(&self) -> impl Iterator<Item = (&str, &VaultEntry)> {
        self.entries.iter().map(|(name, entry)| (name.as_str(), entry))
    }

    /// An account.
    #[must_use]
    pub fn entry(&self, name: &str) -> Option<&VaultEntry> {
        self.entries.get(name)
    }

    /// The login of an account, also of one that is disabled.
    #[must_use]
    pub fn login(&self, name: &str) -> Option<Credential> {
        self.entries.get(name).map(|entry| entry.credential.clone())
    }

    /// A secret that is no login: a webhook's key, a bot's token. A login is none.
    #[must_use]
    pub fn secret(&self, name: &str) -> Option<SecretString> {
        let entry = self.entries.get(name).filter(|entry| entry.credential.account == SECRET)?;
        Some(entry.credential.password.clone())
    }

    /// Adds a secret that is no login, or puts it in the place of the one that was there.
    pub fn put_secret(&mut self, name: &str, secret: SecretString) -> Result<(), VaultError> {
        let (email, account) = (String::new(), SECRET.to_owned());
        let credential = Credential { email, password: secret, broker: None, account };
        match self.entries.get(name) {
            Some(entry) if entry.credential.account == SECRET => self.replace(name, credential),
            Some(_) | None => self.add(name, credential),
        }
    }

    /// Adds an account.
    pub fn add(&mut self, name: &str, credential: Credential) -> Result<(), VaultError> {
        self.add_all(vec![(name.to_owned(), credential)])
    }

    /// Adds accounts: all of them, or none where one of them cannot be.
    pub fn add_all(&mut self, new: Vec<(String, Credential)>) -> Result<(), VaultError> {
        let mut entries = self.entries.clone();
        for (name, credential) in new {
            check(&name)?;
            credential.check(&name)?;
            let entry = VaultEntry { enabled: true, credential };
            if entries.insert(name.clone(), entry).is_some() {
                return Err(VaultError::Known(name));
            }
        }
        self.save(entries)
    }

    /// Puts another login in the place of the one that an account has.
    pub fn replace(&mut self, name: &str, credential: Credential) -> Result<(), VaultError> {
        credential.check(name)?;
        self.change(name, |entry| entry.credential = credential)
    }

    /// Says whether a runner logs an account in.
    pub fn enable(&mut self, name: &str, enabled: bool) -> Result<(), VaultError> {
        self.change(name, |entry| entry.enabled = enabled)
    }

    /// Forgets an account.
    pub fn remove(&mut self, name: &str) -> Result<(), VaultError> {
        let mut entries = self.entries.clone();
        entries.remove(name).ok_or_else(|| self.unknown(name))?;
        self.save(entries)
    }

    /// Locks everything with another key. Until the new file is durable, the old one is
    /// whole and opens with the old key.
    pub fn rekey(&mut self, key: &VaultKey, strength: Strength) -> Result<(), VaultError> {
        let (header, cipher) = locked_by(key, strength)?;
        let bytes = format::write(header, &cipher, &self.entries)?;
        let written = self.write(&bytes);
        if matches!(written, Ok(()) | Err(VaultError::Unconfirmed { .. })) {
            (self.header, self.cipher) = (header, cipher);
        }
        written
    }

    fn unknown(&self, name: &str) -> VaultError {
        let known = self.names().map(str::to_owned).collect();
        VaultError::Unknown { name: name.to_owned(), known }
    }

    fn change(
        &mut self,
        name: &str,
        change: impl FnOnce(&mut VaultEntry),
    ) -> Result<(), VaultError> {
        let mut entries = self.entries.clone();
        change(entries.get_mut(name).ok_or_else(|| self.unknown(name))?);
        self.save(entries)
    }

    fn save(&mut self, entries: BTreeMap<String, VaultEntry>) -> Result<(), VaultError> {
        if entries.len() > MOST {
            return Err(VaultError::Full { path: self.path.clone(), most: MOST });
        }
        let bytes = format::write(self.header, &self.cipher, &entries)?;
        let written = self.write(&bytes);
        if matches!(written, Ok(()) | Err(VaultError::Unconfirmed { .. })) {
            self.entries = entries;
        }
        written
    }

    /// Writes the file, if it is still what it was when it was read.
    fn write(&mut self, bytes: &[u8]) -> Result<(), VaultError> {
        let path = &self.path;
        let _held = disk::lock(path).map_err(|error| io_error(path, "lock it", error))?;
        let (_, now) = read(path)?;
        if self.last != <[u8; 32]>::from(Sha256::digest(&now)) {
            return Err(VaultError::Changed { path: path.clone() });
        }
        let written = put(path, bytes);
        if matches!(written, Ok(_) | Err(VaultError::Unconfirmed { .. })) {
            self.last = Sha256::digest(bytes).into();
        }
        written.map(|_| ())
    }
}

fn put(path: &Path, bytes: &[u8]) -> Result<[u8; 32], VaultError> {
    match disk::replace(path, bytes) {
        Ok(()) => Ok(Sha256::digest(bytes).into()),
        Err(Replaced::Not(error)) => Err(io_error(path, "write it", error)),
        Err(Replaced::Unconfirmed(error)) => {
            Err(VaultError::Unconfirmed { path: path.to_owned(), error })
        }
    }
}

/// The file that a path leads to, and what is in it.
fn read(path: &Path) -> Result<(PathBuf, Vec<u8>), VaultError> {
    let failed = |error: io::Error| match error.kind() {
        io::ErrorKind::NotFound => VaultError::Missing { path: path.to_owned() },
        _ => io_error(path, "read it", error),
    };
    let real = fs::canonicalize(path).map_err(failed)?;
    let bytes = disk::read(&real, format::LARGEST).map_err(failed)?;
    Ok((real, bytes))
}

fn io_error(path: &Path, doing: &'static str, error: io::Error) -> VaultError {
    VaultError::Io { path: path.to_owned(), doing, error }
}

/// What is wrong with the name of an account, if anything is.
#[must_use]
pub fn name_fault(name: &str) -> Option<&'static str> {
    match name {
        "" => Some("it is empty"),
        name if name.len() > NAME => Some("it is over 64 bytes long"),
        name if name.trim() != name => Some("it begins or ends with a space"),
        name if name.contains(char::is_control) => Some("it has a control character in it"),
        _ => None,
    }
}

fn check(name: &str) -> Result<(), VaultError> {
    match name_fault(name) {
        None => Ok(()),
        Some(why) => Err(VaultError::Name { name: name.to_owned(), why }),
    }
}
