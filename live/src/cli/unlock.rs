//! Where the vault is, and where its key comes from.

use std::path::PathBuf;

use anyhow::Context as _;
use secrecy::{ExposeSecret as _, SecretString};

use super::console::Console;
use crate::vault::{Strength, Vault, VaultError, VaultKey, read_passphrase};

/// Variable that names the vault.
const VAULT: &str = "TICKSTEP_VAULT";
/// Variable that names a file with a key.
const KEY_FILE: &str = "TICKSTEP_KEY_FILE";
/// Variable that names a file with a passphrase.
const PASSPHRASE_FILE: &str = "TICKSTEP_PASSPHRASE_FILE";

/// Where logins are, and what opens them. The passphrase itself is never an argument: other
/// programs of the machine could read it there.
#[derive(Clone, Debug, Default, clap::Args)]
pub struct VaultArgs {
    /// File with the logins [default: TICKSTEP_VAULT, else accounts.vault]
    #[arg(long, global = true, value_name = "FILE")]
    pub vault: Option<PathBuf>,
    /// File of 32 random bytes that opens it [default: TICKSTEP_KEY_FILE]
    #[arg(long, global = true, value_name = "FILE", conflicts_with = "passphrase_file")]
    pub key_file: Option<PathBuf>,
    /// File with the passphrase [default: TICKSTEP_PASSPHRASE_FILE; else it is asked for]
    #[arg(long, global = true, value_name = "FILE")]
    pub passphrase_file: Option<PathBuf>,
}

impl VaultArgs {
    /// Where the vault is.
    #[must_use]
    pub fn path(&self, console: &Console<'_>) -> PathBuf {
        let told = self.vault.clone().or_else(|| (console.env)(VAULT).map(PathBuf::from));
        told.unwrap_or_else(|| PathBuf::from("accounts.vault"))
    }

    /// The key of a vault that is there, or, where `new`, of one that is to be made: what is
    /// typed is asked for twice then.
    fn key(&self, console: &mut Console<'_>, new: bool) -> anyhow::Result<VaultKey> {
        let env = |name: &str| (console.env)(name).map(PathBuf::from);
        let (key, passphrase) = match (&self.key_file, &self.passphrase_file) {
            (None, None) => (env(KEY_FILE), env(PASSPHRASE_FILE)),
            (key, passphrase) => (key.clone(), passphrase.clone()),
        };
        if let Some(path) = key {
            return Ok(VaultKey::read_file(&path)?);
        }
        if let Some(path) = passphrase {
            return Ok(VaultKey::passphrase(read_passphrase(&path)?));
        }
        let prompt =
            if new { "New passphrase of the vault: " } else { "Passphrase of the vault: " };
        asked(console, prompt, new).map(VaultKey::passphrase)
    }

    /// Opens the vault.
    pub fn open(&self, console: &mut Console<'_>) -> anyhow::Result<Vault> {
        let path = self.path(console);
        // Whoever has no vault is not asked for its passphrase.
        Vault::wants_passphrase(&path)?;
        let key = self.key(console, false)?;
        Ok(Vault::open(&path, &key)?)
    }

    /// Opens the vault, or makes one where there is none.
    pub fn open_or_make(
        &self,
        console: &mut Console<'_>,
        strength: Strength,
    ) -> anyhow::Result<Vault> {
        let path = self.path(console);
        match Vault::wants_passphrase(&path) {
            Ok(_) => self.open(console),
            Err(VaultError::Missing { .. }) => {
                let key = self.key(console, true)?;
                let vault = Vault::create(&path, &key, strength)?;
                writeln!(console.output, "{}: made a vault", path.display())?;
                Ok(vault)
            }
            Err(error) => Err(error.into()),
        }
    }

    /// The key that another one gives way to.
    pub(super) fn new_key(&self, console: &mut Console<'_>) -> anyhow::Result<VaultKey> {
        self.key(console, true)
    }
}

/// A secret that is typed, twice where `twice`.
pub(super) fn asked(
    console: &mut Console<'_>,
    prompt: &str,
    twice: bool,
) -> anyhow::Result<SecretString> {
    let none = "no terminal to ask at; give --key-file or --passphrase-file, or --password-stdin \
                for a password";
    let secret = (console.secret)(prompt).context(none)?;
    if twice {
        let again = (console.secret)("The same again: ").context(none)?;
        if secret.expose_secret() != again.expose_secret() {
            anyhow::bail!("the two differ; nothing was changed");
        }
    }
    Ok(secret)
}
