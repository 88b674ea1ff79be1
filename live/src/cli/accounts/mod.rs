//! `accounts`: logins are put into the vault, looked at without their secrets, tried at the
//! broker, and taken out.

mod import;
mod list;
mod try_login;

use std::io::Read as _;
use std::path::PathBuf;

use anyhow::{Context as _, bail};
use secrecy::SecretString;
use tickstep_config::OwnStrategies;
use zeroize::Zeroizing;

use super::console::Console;
use super::run::environment;
use super::unlock::{VaultArgs, asked};
use crate::config::LiveConfig;
use crate::match_trader::HostSettings;
use crate::service::Ways;
use crate::vault::{Credential, Strength, Vault, VaultKey};

pub use import::{ImportError, Imported, read_csv};
use try_login::on_this_thread;
pub use try_login::{Tried, try_login, try_way};

/// Longest input that is taken, in bytes.
const LONGEST: u64 = 4 << 20;

/// Manage the logins of broker accounts
#[derive(Clone, Debug, clap::Args)]
pub struct AccountsArgs {
    /// Where they are.
    #[command(flatten)]
    pub vault: VaultArgs,
    /// What is done.
    #[command(subcommand)]
    pub what: AccountsCommand,
}

/// What can be done with logins.
#[derive(Clone, Debug, clap::Subcommand)]
pub enum AccountsCommand {
    /// Add an account; its password is asked for at the terminal
    Add(AddArgs),
    /// Add a secret that is no login, which is asked for at the terminal: a webhook's key or a
    /// bot's token, as `[alerts]` names it. One that is there gives way to it
    AddSecret {
        /// What the configuration calls it
        name: String,
        /// Read the secret from standard input instead of asking for it
        #[arg(long)]
        password_stdin: bool,
    },
    /// Add accounts from CSV on standard input: name,email,password,broker,account
    ///
    /// The first line names the columns, in any order; broker may be left out. Either all
    /// accounts are added or none.
    Import,
    /// List the accounts, without their secrets
    List {
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Log in, read the balance, and log out again
    Test(TestArgs),
    /// Forget an account
    Remove {
        /// Its name
        name: String,
    },
    /// Keep an account, and do not log it in when a runner starts
    Disable {
        /// Its name
        name: String,
    },
    /// Log an account in again when a runner starts
    Enable {
        /// Its name
        name: String,
    },
    /// Lock the vault with another key; a passphrase is asked for unless a file is given
    Rekey {
        /// File with the new key
        #[arg(long, value_name = "FILE", conflicts_with = "new_passphrase_file")]
        new_key_file: Option<PathBuf>,
        /// File with the new passphrase
        #[arg(long, value_name = "FILE")]
        new_passphrase_file: Option<PathBuf>,
    },
    /// Make a file with a new key, for --key-file and --new-key-file
    MakeKey {
        /// The file
        file: PathBuf,
    },
}

/// A new account.
#[derive(Clone, Debug, clap::Args)]
pub struct AddArgs {
    /// What the configuration calls it
    pub name: String,
    /// The account's number at the broker; a session for another one is refused
    #[arg(long, value_name = "NUMBER")]
    pub account: String,
    /// E-mail of the login; left out for a broker that gives out tokens
    #[arg(long, default_value = "", hide_default_value = true)]
    pub email: String,
    /// The broker's number; without it the broker is asked
    #[arg(long, value_name = "NUMBER")]
    pub broker: Option<String>,
    /// Read the password from standard input instead of asking for it
    #[arg(long)]
    pub password_stdin: bool,
    /// Put this login in the place of the one that the account has
    #[arg(long)]
    pub replace: bool,
}

/// A login that is tried.
#[derive(Clone, Debug, clap::Args)]
pub struct TestArgs {
    /// The account
    pub name: String,
    /// Address of a server of Match-Trader's Platform API, such as `https://mtr.example.com`
    #[arg(long, required_unless_present = "config")]
    pub url: Option<String>,
    /// Configuration of a runner: the account is tried where and how it says
    #[arg(long, value_name = "FILE", conflicts_with = "url")]
    pub config: Option<PathBuf>,
}

/// Runs an `accounts` command.
///
/// `own` are the strategies that the program brings, which a configuration may name.
pub fn accounts(
    args: &AccountsArgs,
    own: &OwnStrategies,
    console: &mut Console<'_>,
) -> anyhow::Result<()> {
    accounts_of(args, Strength::DEFAULT, own, console)
}

/// [`accounts`], where keys of new passphrases are made with this much work.
pub fn accounts_of(
    args: &AccountsArgs,
    strength: Strength,
    own: &OwnStrategies,
    console: &mut Console<'_>,
) -> anyhow::Result<()> {
    let at = &args.vault;
    match &args.what {
        AccountsCommand::Add(new) => add(at, new, strength, console),
        AccountsCommand::AddSecret { name, password_stdin } => {
            let mut vault = at.open_or_make(console, strength)?;
            let secret = match password_stdin {
                true => one_line(console)?,
                false => asked(console, &format!("Secret {name}: "), false)?,
            };
            vault.put_secret(name, secret)?;
            said(console, name, "a secret is in the vault")
        }
        AccountsCommand::Import => import(at, strength, console),
        AccountsCommand::List { json } => {
            let text = list::told(&at.open(console)?, *json)?;
            console.output.write_all(text.as_bytes())?;
            Ok(())
        }
        AccountsCommand::Test(test) => {
            let tried = tried(&at.open(console)?, test, own)?;
            writeln!(console.output, "{}: {tried}", test.name)?;
            Ok(())
        }
        AccountsCommand::Remove { name } => {
            at.open(console)?.remove(name)?;
            said(console, name, "removed")
        }
        AccountsCommand::Disable { name } => {
            at.open(console)?.enable(name, false)?;
            said(console, name, "disabled; a runner that is at work keeps it until it starts anew")
        }
        AccountsCommand::Enable { name } => {
            at.open(console)?.enable(name, true)?;
            said(console, name, "enabled")
        }
        AccountsCommand::Rekey { new_key_file, new_passphrase_file } => {
            let mut vault = at.open(console)?;
            let key = match (new_key_file, new_passphrase_file) {
                (None, None) => VaultKey::passphrase(asked(console, NEW, true)?),
                (key_file, passphrase_file) => VaultArgs {
                    vault: None,
                    key_file: key_file.clone(),
                    passphrase_file: passphrase_file.clone(),
                }
                .new_key(console)?,
            };
            vault.rekey(&key, strength)?;
            let path = vault.path().display();
            writeln!(
                console.output,
                "{path}: locked with the new key; copies of the old file still open with the old one"
            )?;
            Ok(())
        }
        AccountsCommand::MakeKey { file } => {
            VaultKey::make_file(file)?;
            let path = file.display();
            writeln!(console.output, "{path}: made a key; keep a copy where the vault is not")?;
            Ok(())
        }
    }
}

/// Tries a login: at an address, or as a configuration says.
fn tried(vault: &Vault, test: &TestArgs, own: &OwnStrategies) -> anyhow::Result<Tried> {
    let TestArgs { name, url, config } = test;
    let Some(login) = vault.login(name) else {
        bail!("account {name} is not in {}", vault.path().display());
    };
    let host = match (config, url) {
        (Some(file), _) => {
            let config = LiveConfig::read(file, &[], &environment(), own)?;
            if !config.account_names().any(|known| known == name) {
                let names: Vec<&str> = config.account_names().collect();
                bail!(
                    "{}: no account is called {name}; there is {}",
                    file.display(),
                    names.join(", ")
                );
            }
            let way = Ways::new(Some(vault), 1).way(&config, name)?;
            return on_this_thread(try_way(&*way, &login.account))
                .with_context(|| format!("account {name} as {} says", file.display()));
        }
        (None, Some(url)) => HostSettings::new(&**url),
        (None, None) => bail!("say where: --config FILE, or --url ADDRESS"),
    };
    let base = host.base.clone();
    on_this_thread(try_login(host, login)).with_context(|| format!("account {name} at {base}"))
}

const NEW: &str = "New passphrase of the vault: ";

fn said(console: &mut Console<'_>, name: &str, what: &str) -> anyhow::Result<()> {
    writeln!(console.output, "{name}: {what}")?;
    Ok(())
}

fn add(
    at: &VaultArgs,
    new: &AddArgs,
    strength: Strength,
    console: &mut Console<'_>,
) -> anyhow::Result<()> {
    let mut vault = at.open_or_make(console, strength)?;
    // What cannot be added needs no password.
    match (new.replace, vault.entry(&new.name).is_some()) {
        (false, true) => bail!(
            "account {} is in the vault already; --replace puts another login in its place",
            new.name
        ),
        (true, false) => bail!("account {} is not in the vault; leave --replace out", new.name),
        _ => {}
    }
    let password = match new.password_stdin {
        true => one_line(console)?,
        false => asked(console, &format!("Password of {}: ", new.name), false)?,
    };
    let (email, account) = (new.email.clone(), new.account.clone());
    let credential = Credential { email, password, broker: new.broker.clone(), account };
    let done = match new.replace {
        true => vault.replace(&new.name, credential).map(|()| "another login is in its place"),
        false => vault.add(&new.name, credential).map(|()| "added"),
    };
    said(console, &new.name, done?)
}

/// The input, in memory that is wiped.
fn input(console: &mut Console<'_>) -> anyhow::Result<Zeroizing<Vec<u8>>> {
    // Room for what a person types, so that growing leaves no copy behind.
    let mut bytes = Zeroizing::new(Vec::with_capacity(1 << 16));
    (&mut *console.input).take(LONGEST + 1).read_to_end(&mut bytes).context("standard input")?;
    if bytes.len() as u64 > LONGEST {
        bail!("standard input: over {LONGEST} bytes");
    }
    Ok(bytes)
}

fn one_line(console: &mut Console<'_>) -> anyhow::Result<SecretString> {
    if console.is_terminal {
        bail!("--password-stdin reads from a pipe, and this is a terminal; leave it out");
    }
    let bytes = input(console)?;
    let text = core::str::from_utf8(&bytes).ok().context("standard input: it is no UTF-8")?;
    let text = text.strip_suffix('\n').unwrap_or(text);
    let text = text.strip_suffix('\r').unwrap_or(text);
    if text.contains(['\n', '\r']) {
        bail!("standard input: a password is one line");
    }
    Ok(text.into())
}

fn import(at: &VaultArgs, strength: Strength, console: &mut Console<'_>) -> anyhow::Result<()> {
    if console.is_terminal {
        bail!("accounts import reads CSV from a pipe, such as `accounts import < accounts.csv`");
    }
    let new = read_csv(&input(console)?)?;
    let mut vault = at.open_or_make(console, strength)?;
    if let Some(row) = new.iter().find(|row| vault.entry(&row.name).is_some()) {
        let why = "an account of this name is in the vault already".to_owned();
        return Err(ImportError::Field { line: row.line, column: "name", why }.into());
    }
    let count = new.len();
    vault.add_all(new.into_iter().map(|row| (row.name, row.credential)).collect())?;
    writeln!(console.output, "{count} accounts added")?;
    Ok(())
}
