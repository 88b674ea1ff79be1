//! Why a vault, or a key, cannot be used, and what to do about it. No secret is in any of
//! them, and no part of one.

use std::io;
use std::path::PathBuf;

/// What is wrong with a vault or a key.
#[derive(Debug, thiserror::Error)]
pub enum VaultError {
    /// There is no file.
    #[error("{}: there is no vault; the first `accounts add` or `accounts import` makes one", path.display())]
    Missing {
        /// The vault.
        path: PathBuf,
    },
    /// There is a file where one was to be made.
    #[error("{}: there is a file already; give another path, or move it away", path.display())]
    Exists {
        /// The vault.
        path: PathBuf,
    },
    /// The machine refused.
    #[error("{}: cannot {doing}: {error}", path.display())]
    Io {
        /// File or folder.
        path: PathBuf,
        /// What was attempted.
        doing: &'static str,
        /// The machine's words.
        error: io::Error,
    },
    /// The file is something else.
    #[error("{}: this is no vault; give the path of the file that `accounts add` made", path.display())]
    NotAVault {
        /// The file.
        path: PathBuf,
    },
    /// The file was made by another version of the program.
    #[error("{}: the vault has format {found} and this program reads format {known}; use the program that wrote it", path.display())]
    Version {
        /// The vault.
        path: PathBuf,
        /// Its format.
        found: u16,
        /// The format that can be read.
        known: u16,
    },
    /// The end of the file is missing.
    #[error("{}: the vault is cut short, {found} bytes of {told}; put back a copy", path.display())]
    Truncated {
        /// The vault.
        path: PathBuf,
        /// Bytes there are.
        found: u64,
        /// Bytes there were.
        told: u64,
    },
    /// The file is not what was written.
    #[error("{}: the vault is damaged or was tampered with ({what}); put back a copy", path.display())]
    Damaged {
        /// The vault.
        path: PathBuf,
        /// What does not fit.
        what: String,
    },
    /// The key is not the one that the vault was locked with.
    #[error("{}: the {kind} is not the one that this vault is locked with; nothing was changed, try again with the right one", path.display())]
    WrongKey {
        /// The vault.
        path: PathBuf,
        /// Passphrase or key file.
        kind: &'static str,
    },
    /// The vault is locked with the other kind of key.
    #[error("{}: the vault is locked with a {wanted}, and a {given} was given", path.display())]
    OtherKind {
        /// The vault.
        path: PathBuf,
        /// What it is locked with.
        wanted: &'static str,
        /// What was given.
        given: &'static str,
    },
    /// Making the key would take more memory or time than is allowed.
    #[error("{name} = {value} of Argon2id is outside {least} to {most}")]
    Cost {
        /// The parameter.
        name: &'static str,
        /// Its value.
        value: u32,
        /// Least value that is taken.
        least: u32,
        /// Largest value that is taken.
        most: u32,
    },
    /// Another program changed the vault since it was opened.
    #[error("{}: another program changed the vault meanwhile; nothing was written, run the command again", path.display())]
    Changed {
        /// The vault.
        path: PathBuf,
    },
    /// The new vault is in place, but it may not outlive a loss of power.
    #[error("{}: the vault was changed, but the machine did not confirm that it is on the disk: {error}; check it with `accounts list`", path.display())]
    Unconfirmed {
        /// The vault.
        path: PathBuf,
        /// The machine's words.
        error: io::Error,
    },
    /// There is no room for more accounts.
    #[error("{}: a vault has room for {most} accounts; put further ones in another vault", path.display())]
    Full {
        /// The vault.
        path: PathBuf,
        /// Most accounts in one.
        most: usize,
    },
    /// A name that no account can have.
    #[error("account name \"{}\": {why}", name.escape_debug())]
    Name {
        /// The name.
        name: String,
        /// What is wrong with it.
        why: &'static str,
    },
    /// A field that no login can have. Its value is not told.
    #[error("account {name}: {field} {why}")]
    Field {
        /// The account.
        name: String,
        /// The field.
        field: &'static str,
        /// What is wrong with it.
        why: &'static str,
    },
    /// The account is there already.
    #[error("account {0} is in the vault already; `--replace` puts another login in its place")]
    Known(String),
    /// The account is not there.
    #[error("account {name} is not in the vault; it has {}", listed(known))]
    Unknown {
        /// The account.
        name: String,
        /// Those there are.
        known: Vec<String>,
    },
    /// A key file that cannot be used.
    #[error("key file {}: {why}", path.display())]
    KeyFile {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        why: String,
    },
    /// A passphrase that is not taken.
    #[error("passphrase: {0}")]
    Passphrase(String),
    /// The machine gives no random numbers, without which nothing can be locked.
    #[error("the machine gives no random numbers; nothing was written")]
    Random,
}

fn listed(names: &[String]) -> String {
    match names {
        [] => "none".to_owned(),
        names => names.join(", "),
    }
}
