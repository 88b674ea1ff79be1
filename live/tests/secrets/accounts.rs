//! The `accounts` commands, as a person or a script runs them.

use std::ffi::OsString;
use std::io;
use std::path::{Path, PathBuf};

use clap::Parser as _;
use secrecy::{ExposeSecret as _, SecretString};
use tickstep_config::OwnStrategies;
use tickstep_live::cli::accounts::{AccountsArgs, accounts_of};
use tickstep_live::cli::console::Console;
use tickstep_live::vault::{Strength, Vault, VaultKey};

use crate::client::{ACCOUNT, DECOY, EMAIL, PASSWORD, Server, options};

const WEAK: Strength = Strength { memory_kib: 8, passes: 1, lanes: 1 };
const PASSPHRASE: &str = "a passphrase of the tests";

#[derive(clap::Parser)]
struct Program {
    #[command(flatten)]
    accounts: AccountsArgs,
}

/// A person in a folder, who types this and has these variables set.
struct Person {
    folder: tempfile::TempDir,
    typed: Vec<String>,
    piped: Option<Vec<u8>>,
    env: Vec<(&'static str, PathBuf)>,
    /// What was asked.
    prompts: Vec<String>,
}

impl Person {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        Self { folder, typed: Vec::new(), piped: None, env: Vec::new(), prompts: Vec::new() }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn types(&mut self, words: &[&str]) -> &mut Self {
        self.typed = words.iter().rev().map(|w| (*w).to_owned()).collect();
        self
    }

    fn pipes(&mut self, text: &str) -> &mut Self {
        self.piped = Some(text.into());
        self
    }

    /// Runs a command; what it printed, or its error with all that led to it.
    fn run(&mut self, line: &str) -> Result<String, String> {
        let vault = self.path("accounts.vault");
        let words = ["accounts", "--vault", vault.to_str().unwrap()].map(str::to_owned);
        let words = words.into_iter().chain(line.split_whitespace().map(|word| {
            word.strip_prefix('@').map_or_else(
                || word.to_owned(),
                |name| self.path(name).to_str().unwrap().to_owned(),
            )
        }));
        let args = Program::try_parse_from(words).map_err(|error| error.to_string())?.accounts;
        let (typed, prompts) = (&mut self.typed, &mut self.prompts);
        let mut secret = |prompt: &str| {
            prompts.push(prompt.to_owned());
            let none = || io::Error::other("No such device or address");
            typed.pop().map(SecretString::from).ok_or_else(none)
        };
        let env = |name: &str| {
            let found = self.env.iter().find(|(variable, _)| *variable == name);
            found.map(|(_, path)| OsString::from(path))
        };
        let mut output = Vec::new();
        let piped = self.piped.take();
        let done = accounts_of(
            &args,
            WEAK,
            &OwnStrategies::default(),
            &mut Console {
                input: &mut piped.as_deref().unwrap_or_default(),
                is_terminal: piped.is_none(),
                output: &mut output,
                secret: &mut secret,
                env: &env,
            },
        );
        let output = String::from_utf8(output).unwrap();
        done.map(|()| output).map_err(|error| format!("{error:#} {error:?}"))
    }

    fn vault(&self) -> Vault {
        let key = VaultKey::passphrase(PASSPHRASE.into());
        Vault::open(&self.path("accounts.vault"), &key).unwrap()
    }

    /// One with an account in a vault.
    fn with_one() -> Self {
        let mut person = Self::new();
        let add = format!("add one --account {ACCOUNT} --email {EMAIL} --broker 2");
        person.types(&[PASSPHRASE, PASSPHRASE, PASSWORD]).run(&add).unwrap();
        person.prompts.clear();
        person
    }
}

#[test]
fn the_first_account_makes_the_vault() {
    let mut person = Person::new();
    person.types(&[PASSPHRASE, PASSPHRASE, "correct horse"]);
    let said = person.run("add one --account 950552 --email a@example.com").unwrap();
    assert!(said.ends_with("accounts.vault: made a vault\none: added\n"), "{said}");
    let wanted =
        ["New passphrase of the vault: ", "The same again: ", "Password of one: "].to_vec();
    assert_eq!(person.prompts, wanted);
    let login = person.vault().login("one").unwrap();
    assert_eq!((&*login.email, &*login.account, login.broker), ("a@example.com", "950552", None));
    assert_eq!(login.password.expose_secret(), "correct horse");
    person.types(&[PASSPHRASE, "battery staple"]).run("add two --account 2 --broker 7").unwrap();
    assert_eq!(person.prompts[3..], ["Passphrase of the vault: ", "Password of two: "]);
    assert_eq!(person.vault().login("two").unwrap().broker.as_deref(), Some("7"));
}

#[test]
fn what_is_mistyped_adds_nothing() {
    let mut person = Person::new();
    let differ = person.types(&[PASSPHRASE, "another passphrase"]).run("add one --account 1");
    assert!(differ.unwrap_err().contains("the two differ; nothing was changed"));
    let short = person.types(&["short", "short"]).run("add one --account 1").unwrap_err();
    assert!(short.contains("at least 12 characters"), "{short}");
    assert!(!person.path("accounts.vault").exists());
    let mut person = Person::with_one();
    let wrong = person.types(&["not the passphrase"]).run("add two --account 1").unwrap_err();
    assert!(wrong.contains("the passphrase is not the one"), "{wrong}");
    // A name that is taken is told before a password is asked for.
    let known = person.types(&[PASSPHRASE]).run("add one --account 1").unwrap_err();
    assert!(known.contains("in the vault already; --replace"), "{known}");
    let new = person.types(&[PASSPHRASE]).run("add two --account 1 --replace").unwrap_err();
    assert!(new.contains("leave --replace out"), "{new}");
    let empty = person.types(&[PASSPHRASE, ""]).run("add two --account 1").unwrap_err();
    assert!(empty.contains("account two: password is empty"), "{empty}");
    assert_eq!(person.vault().names().collect::<Vec<_>>(), ["one"]);
    assert_eq!(person.vault().login("one").unwrap().password.expose_secret(), PASSWORD);
}

#[test]
fn without_a_terminal_a_password_is_piped_on_purpose() {
    let mut person = Person::with_one();
    let add = "add two --account 2";
    let none = person.types(&[PASSPHRASE]).pipes("from a pipe\n").run(add).unwrap_err();
    assert!(none.contains("no terminal to ask at; give --key-file"), "{none}");
    let add = "add two --account 2 --password-stdin";
    person.types(&[PASSPHRASE]).pipes("from a pipe \r\n").run(add).unwrap();
    assert_eq!(person.vault().login("two").unwrap().password.expose_secret(), "from a pipe ");
    let replace = format!("{add} --replace");
    let lines = person.types(&[PASSPHRASE]).pipes("hunter2\nlines\n").run(&replace).unwrap_err();
    assert!(lines.contains("a password is one line") && !lines.contains("hunter2"), "{lines}");
    let terminal = person.types(&[PASSPHRASE]).run(&replace).unwrap_err();
    assert!(terminal.contains("this is a terminal; leave it out"), "{terminal}");
    person.types(&[PASSPHRASE]).pipes("newer").run(&replace).unwrap();
    assert_eq!(person.vault().login("two").unwrap().password.expose_secret(), "newer");
}

#[test]
fn an_import_adds_all_or_nothing() {
    let csv = "name,email,password,broker,account\n\
               a,a@example.com,hunter2-a,2,1\nb,b@example.com,hunter2-b,,2\n";
    let mut person = Person::with_one();
    let done = person.types(&[PASSPHRASE]).pipes(csv).run("import").unwrap();
    assert_eq!(done, "2 accounts added\n");
    let vault = person.vault();
    assert_eq!(vault.names().collect::<Vec<_>>(), ["a", "b", "one"]);
    assert_eq!(vault.login("b").unwrap().password.expose_secret(), "hunter2-b");
    let more = "name,email,password,account\nc,c,hunter2-c,3\nb,b,hunter2-d,2\n";
    let error = person.types(&[PASSPHRASE]).pipes(more).run("import").unwrap_err();
    let wanted = "line 3, column name: an account of this name is in the vault already";
    assert!(error.contains(wanted) && !error.contains("hunter2"), "{error}");
    // What is wrong in the input is told before the passphrase is asked for.
    person.prompts.clear();
    let error = person.pipes("name,email,password,account\nc,c,,3\n").run("import").unwrap_err();
    assert!(error.contains("line 2, column password: it is empty"), "{error}");
    assert!(person.prompts.is_empty());
    let terminal = person.run("import").unwrap_err();
    assert!(terminal.contains("reads CSV from a pipe"), "{terminal}");
    assert_eq!(person.vault().names().count(), 3);
    // Into a vault that is not there yet.
    let mut person = Person::new();
    person.types(&[PASSPHRASE, PASSPHRASE]).pipes(csv).run("import").unwrap();
    assert_eq!(person.vault().names().count(), 2);
}

#[test]
fn a_list_shows_no_secret() {
    let mut person = Person::with_one();
    person.types(&[PASSPHRASE]).run("disable one").unwrap();
    person
        .types(&[PASSPHRASE])
        .pipes("a token")
        .run("add two --account 7 --password-stdin")
        .unwrap();
    let table = person.types(&[PASSPHRASE]).run("list").unwrap();
    let words: Vec<Vec<_>> = table.lines().map(|l| l.split_whitespace().collect()).collect();
    assert_eq!(words[0], ["name", "e-mail", "account", "broker", "enabled"]);
    assert_eq!(words[1], ["one", EMAIL, ACCOUNT, "2", "no"]);
    assert_eq!(words[2], ["two", "7", "-", "yes"]);
    let json = person.types(&[PASSPHRASE]).run("list --json").unwrap();
    let read: serde_json::Value = serde_json::from_str(&json).unwrap();
    let one = serde_json::json!({
        "name": "one", "email": EMAIL, "account": ACCOUNT, "broker": "2", "enabled": false
    });
    assert_eq!(
        (read.as_array().unwrap().len(), &read[0], &read[1]["broker"]),
        (2, &one, &serde_json::Value::Null)
    );
    for text in [&table, &json] {
        assert!(!text.contains(PASSWORD) && !text.contains("token"), "{text}");
    }
    let mut person = Person::new();
    let none = person.run("list").unwrap_err();
    assert!(none.contains("there is no vault; the first `accounts add`"), "{none}");
    assert!(person.prompts.is_empty(), "who has no vault is not asked for its passphrase");
}

#[test]
fn accounts_are_disabled_enabled_and_removed() {
    let mut person = Person::with_one();
    for (line, enabled) in [("disable one", false), ("disable one", false), ("enable one", true)] {
        person.types(&[PASSPHRASE]).run(line).unwrap();
        assert_eq!(person.vault().entry("one").unwrap().enabled, enabled);
    }
    for line in ["disable two", "enable two", "remove two", "test two --url http://localhost"] {
        let error = person.types(&[PASSPHRASE]).run(line).unwrap_err();
        assert!(error.contains("account two is not in"), "{error}");
    }
    person.types(&[PASSPHRASE]).run("remove one").unwrap();
    let list = person.types(&[PASSPHRASE]).run("list").unwrap();
    assert_eq!(list, "no accounts; `accounts add` adds one\n");
}

#[test]
fn the_key_is_changed_from_any_kind_to_any() {
    let mut person = Person::with_one();
    person.run("make-key @key").unwrap();
    let again = person.run("make-key @key").unwrap_err();
    assert!(again.contains("there is a file already"), "{again}");
    person.types(&[PASSPHRASE]).run("rekey --new-key-file @key").unwrap();
    assert_eq!(person.run("--key-file @key list --json").unwrap().matches("name").count(), 1);
    let wrong = person.types(&[PASSPHRASE]).run("list").unwrap_err();
    assert!(wrong.contains("locked with a key file, and a passphrase was given"), "{wrong}");
    // Options may stand behind the command; variables name what no option does.
    person.run("list --key-file @key").unwrap();
    person.env = vec![("TICKSTEP_KEY_FILE", person.path("key"))];
    person.run("list").unwrap();
    secret_file(&person.path("passphrase"), "the third passphrase\n");
    person.run("rekey --new-passphrase-file @passphrase").unwrap();
    person.env = vec![("TICKSTEP_PASSPHRASE_FILE", person.path("passphrase"))];
    person.run("list").unwrap();
    person.types(&["the fourth passphrase"; 2]).run("rekey").unwrap();
    person.env.clear();
    person.types(&["the fourth passphrase"]).run("list").unwrap();
    let both = person.run("list --key-file @key --passphrase-file @passphrase").unwrap_err();
    assert!(both.contains("cannot be used with"), "{both}");
    let login = Vault::open(
        &person.path("accounts.vault"),
        &VaultKey::passphrase("the fourth passphrase".into()),
    );
    assert_eq!(login.unwrap().login("one").unwrap().password.expose_secret(), PASSWORD);
}

fn secret_file(path: &Path, text: &str) {
    std::fs::write(path, text).unwrap();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600)).unwrap();
    }
}

/// The command begins a runtime of its own, so the server has a thread to itself.
fn served() -> (tokio::runtime::Runtime, Server) {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let server = runtime.block_on(Server::start(options()));
    (runtime, server)
}

#[test]
fn a_login_is_tried_at_the_broker() {
    let (_runtime, server) = served();
    let mut person = Person::with_one();
    let test = format!("test one --url {}", server.base);
    let said = person.types(&[PASSPHRASE]).run(&test).unwrap();
    let wanted = format!("one: logged in to account {ACCOUNT}, balance 10000.00");
    assert!(said.starts_with(&wanted), "{said}");
    let census = server.desk.census();
    assert_eq!(census.writes.len(), 0, "nothing is changed");
    for (account, password, words) in [
        (ACCOUNT, "not the password", "e-mail or password is wrong"),
        ("1", PASSWORD, "the broker opened account"),
        (DECOY, PASSWORD, ""),
    ] {
        let add = format!(
            "add one --replace --password-stdin --account {account} --email {EMAIL} --broker 2"
        );
        person.types(&[PASSPHRASE]).pipes(password).run(&add).unwrap();
        let found = person.types(&[PASSPHRASE]).run(&test);
        match (found, words) {
            (Ok(said), "") => assert!(said.contains(&format!("account {DECOY}")), "{said}"),
            (Err(error), words) => {
                assert!(!words.is_empty() && error.contains(words), "{error}");
                assert!(!error.contains(password), "{error}");
            }
            (Ok(said), _) => panic!("{said}"),
        }
    }
    let neither = person.run("test one").unwrap_err();
    assert!(neither.contains("--url"), "{neither}");
    let unsafe_ = person.types(&[PASSPHRASE]).run("test one --url http://mtr.example.com");
    assert!(unsafe_.unwrap_err().contains("without TLS only this machine is spoken to"));
}

/// A runner's configuration with the account at a server.
fn configuration(base: &str, number: &str) -> String {
    format!(
        "trading_enabled = false\nstate = \"state\"\n\
         [feed]\nkind = \"tape\"\npath = \"day.tape\"\n\
         [reference]\ncurrency = \"USD\"\ncash = 1000\n\
         [costs]\nmaker_fee = 0\ntaker_fee = 0\nslippage = {{ ticks = 0 }}\n\
         [[instrument]]\nsymbol = \"EURUSD\"\ntick_size = 0.00001\nlot_step = 1000\n\
         [[strategy]]\nkind = \"sma_cross\"\n\
         sizing = {{ method = \"fixed_notional\", notional = 100 }}\n\
         [venue.demo]\nkind = \"match_trader\"\nurl = \"{base}\"\nbroker = \"2\"\n\
         positions = \"hedging\"\n\
         [[account]]\nname = \"one\"\nvenue = \"demo\"\nnumber = \"{number}\"\n"
    )
}

#[test]
fn a_login_is_tried_as_a_configuration_says() {
    let (_runtime, server) = served();
    let mut person = Person::with_one();
    let write = |text: &str| std::fs::write(person.path("live.toml"), text).unwrap();
    write(&configuration(&server.base, ACCOUNT));
    let test = "test one --config @live.toml";
    let said = person.types(&[PASSPHRASE]).run(test).unwrap();
    let wanted = format!("one: logged in to account {ACCOUNT}, balance 10000.00");
    assert!(said.starts_with(&wanted), "{said}");
    // On another server than the venue's, which is where this account is.
    let write = |text: &str| std::fs::write(person.path("live.toml"), text).unwrap();
    let elsewhere = configuration("http://127.0.0.1:1", ACCOUNT);
    let own = format!("url = \"{}\"\n", server.base);
    write(&(elsewhere.clone() + &own));
    assert!(person.types(&[PASSPHRASE]).run(test).unwrap().starts_with(&wanted));
    for (text, words) in [
        (elsewhere, "account one as"),
        (configuration(&server.base, "7"), "is number 7 in the configuration"),
        (
            configuration(&server.base, ACCOUNT).replace("\"one\"", "\"two\""),
            "no account is called one; there is two",
        ),
        ("mode = 7".to_owned(), "live.toml:1"),
    ] {
        std::fs::write(person.path("live.toml"), text).unwrap();
        let error = person.types(&[PASSPHRASE]).run(test).unwrap_err();
        assert!(error.contains(words), "{error}, not {words}");
    }
}

#[test]
fn a_secret_is_no_login_and_a_login_no_secret() {
    let mut person = Person::new();
    person.types(&[PASSPHRASE, PASSPHRASE, "4711:token"]);
    let said = person.run("add-secret bot").unwrap();
    assert!(said.ends_with("bot: a secret is in the vault\n"), "{said}");
    assert_eq!(person.prompts.last().map(String::as_str), Some("Secret bot: "));
    person.types(&[PASSPHRASE]).pipes("4711:newer\n");
    person.run("add-secret bot --password-stdin").unwrap();
    person.types(&[PASSPHRASE, "password"]);
    person.run("add main --account 950552").unwrap();
    // What is a login does not become a secret that is sent to somebody else.
    person.types(&[PASSPHRASE, "other"]);
    let said = person.run("add-secret main").unwrap_err();
    assert!(said.contains("account main is in the vault already"), "{said}");
    let key = VaultKey::passphrase(PASSPHRASE.into());
    let vault = Vault::open(&person.path("accounts.vault"), &key).unwrap();
    let secret = |name: &str| vault.secret(name).map(|s| s.expose_secret().to_owned());
    assert_eq!((secret("bot").as_deref(), secret("main")), (Some("4711:newer"), None));
    person.types(&[PASSPHRASE]);
    let listed = person.run("list").unwrap();
    assert!(!listed.contains("newer"), "{listed}");
}
