//! A venue and a runner as processes, with their files in a folder of their own.

use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};

const PROGRAM: &str = env!("CARGO_BIN_EXE_tickstep-live");
const PRICES: &str = include_str!("../../src/driver/simulated/prices.csv");
/// How much faster than real time the venue's time runs.
const SPEED: &str = "120";

pub struct Fixture {
    folder: tempfile::TempDir,
    since: String,
    base: String,
    http: reqwest::Client,
    /// The simulated venue, where it is a process.
    venue: Option<Child>,
    /// What the venue says until its end.
    told: Option<std::thread::JoinHandle<String>>,
    runner: Option<Child>,
}

impl Drop for Fixture {
    fn drop(&mut self) {
        for child in self.runner.iter_mut().chain(&mut self.venue) {
            // One that has ended cannot be ended again.
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// Prices as a file, there and back again so that none jumps.
fn prices() -> String {
    let rows: Vec<&str> = PRICES.lines().filter(|line| !line.starts_with('#')).collect();
    let mut text = "open_time,open,high,low,close,volume\n".to_owned();
    let turned = |row: &&str| {
        let f: Vec<&str> = row.split(',').collect();
        format!("{},{},{},{},{}", f[3], f[1], f[2], f[0], f[4])
    };
    let forth = rows.iter().map(|row| (*row).to_owned());
    let all: Vec<String> = forth.chain(rows.iter().rev().map(turned)).collect();
    for (at, row) in all.iter().cycle().take(20_000).enumerate() {
        text.push_str(&format!("{},{row}\n", 1_690_848_000 + 60 * at));
    }
    text
}

impl Fixture {
    /// Where its files are.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// A runner at a simulated venue that is a process of its own.
    pub async fn start(accounts: u32) -> Self {
        let mut fixture = Self::prepared();
        let mut venue = Command::new(PROGRAM)
            .args(["sim", "--listen", "127.0.0.1:0", "--per-minute", "600"])
            .args(["--speed", SPEED, "--since", &fixture.since])
            .args(["--accounts", &accounts.to_string()])
            .arg("--runner")
            .arg(fixture.at("state"))
            .arg("--bars")
            .arg(format!("FILUSDT={}", fixture.at("bars.csv").display()))
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        let mut told = BufReader::new(venue.stdout.take().unwrap());
        told.read_line(&mut line).unwrap();
        let base = line.split_whitespace().find(|w| w.starts_with("http://")).unwrap();
        fixture.base = base.trim_end_matches(',').to_owned();
        fixture.told = Some(std::thread::spawn(move || {
            let mut text = String::new();
            told.read_to_string(&mut text).map(|_| text).unwrap_or_default()
        }));
        fixture.venue = Some(venue);
        fixture.import(accounts, |_| "simulated".to_owned());
        fixture.configure(accounts, "match_trader", "intent_header = \"x-intent\"\n");
        fixture
    }

    /// A runner at a server of somebody else's, by the Trader API with these paths.
    pub fn at_trader_api(
        &mut self,
        base: &str,
        accounts: u32,
        token: impl Fn(u32) -> String,
        paths: &str,
    ) {
        base.clone_into(&mut self.base);
        self.import(accounts, token);
        self.configure(accounts, "match_trader_api", &format!("[venue.sim.paths]\n{paths}"));
    }

    /// Files, and no venue yet.
    pub fn prepared() -> Self {
        // The tests' own HTTP client wants one.
        let _set = rustls::crypto::ring::default_provider().install_default();
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        std::fs::write(at("bars.csv"), prices()).unwrap();
        let mut key = std::fs::OpenOptions::new();
        let key = key.write(true).create_new(true).mode(0o600).open(at("key"));
        key.unwrap().write_all(&[7_u8; 32]).unwrap();
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs().to_string();
        let (http, base) = (reqwest::Client::new(), String::new());
        Self { folder, since, base, http, venue: None, told: None, runner: None }
    }

    /// Where time began to run faster, in seconds, and how fast.
    pub fn pace(&self) -> (i64, u32) {
        (self.since.parse().unwrap(), SPEED.parse().unwrap())
    }

    fn at(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn import(&self, accounts: u32, password: impl Fn(u32) -> String) {
        let mut text = "name,email,password,broker,account\n".to_owned();
        for n in 1..=accounts {
            let number = 950_000 + n;
            let password = password(n);
            text.push_str(&format!("a{n},trader{n}@example.com,{password},2,{number}\n"));
        }
        let mut import = Command::new(PROGRAM)
            .args(["accounts", "import", "--vault"])
            .arg(self.at("vault"))
            .arg("--key-file")
            .arg(self.at("key"))
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        import.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
        assert!(import.wait().unwrap().success());
    }

    fn configure(&self, accounts: u32, kind: &str, rest: &str) {
        let mut text = format!(
            "trading_enabled = true\nstate = \"state\"\n\
             [reference]\ncurrency = \"USD\"\ncash = 100_000\n\
             [costs]\nmaker_fee = 0\ntaker_fee = 0\nslippage = {{ ticks = 0 }}\n\
             [feed]\nkind = \"match_trader\"\naccount = \"a1\"\nquotes_every_ms = 2000\n\
             [limits]\ntimeout_ms = 30_000\nwarm_up_bars = 50\n\
             [[instrument]]\nsymbol = \"FILUSDT\"\ninterval_s = 60\ntick_size = 0.001\n\
             lot_step = 0.1\nleverage = 100\n\
             [[strategy]]\nkind = \"sma_cross\"\n\
             sizing = {{ method = \"fixed_quantity\", quantity = 100 }}\n\
             params = {{ fast = 2, slow = 3, take_profit = 0.003, stop_loss = 0.002, \
             max_hold_s = 600 }}\n\
             [venue.sim]\nkind = \"{kind}\"\nurl = \"{}\"\nbroker = \"2\"\n\
             positions = \"hedging\"\nper_minute = 400\n{rest}",
            self.base
        );
        for n in 1..=accounts {
            let number = 950_000 + n;
            text.push_str(&format!(
                "[[account]]\nname = \"a{n}\"\nvenue = \"sim\"\nnumber = \"{number}\"\n"
            ));
        }
        std::fs::write(self.at("live.toml"), text).unwrap();
    }

    fn run_command(&self) -> Command {
        let mut command = Command::new(PROGRAM);
        command.arg("run").arg(self.at("live.toml"));
        command.args(["--speed", SPEED, "--since", &self.since]);
        command.arg("--vault").arg(self.at("vault")).arg("--key-file").arg(self.at("key"));
        command.env("XDG_RUNTIME_DIR", self.folder.path());
        command
    }

    /// Starts the runner, and waits until it answers.
    pub async fn run(&mut self) {
        self.run_with(&[]).await;
    }

    /// Starts it with more arguments.
    pub async fn run_with(&mut self, more: &[&str]) {
        let said = std::fs::File::create(self.at("said")).unwrap();
        let child = self.run_command().args(more).stdout(said).spawn().unwrap();
        self.runner = Some(child);
        for _ in 0..600 {
            // However well it is, it answers.
            if self.command(&["status"]).await.0 < 3 {
                return;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("the runner does not answer: {}", std::fs::read_to_string(self.at("said")).unwrap());
    }

    /// From now on nothing is decided but what is given by hand.
    pub fn by_hand(&self) {
        let path = self.at("live.toml");
        let text = std::fs::read_to_string(&path).unwrap();
        let (before, strategy) = text.split_once("[[strategy]]").unwrap();
        let (_, after) = strategy.split_once("[venue.sim]").unwrap();
        let outside = "[[strategy]]\nkind = \"outside\"\n\
                       sizing = { method = \"fixed_quantity\", quantity = 100 }\n";
        std::fs::write(&path, format!("{before}{outside}[venue.sim]{after}")).unwrap();
    }

    /// Starts one with more arguments that ends by itself, within two minutes; its code and
    /// what it said.
    pub async fn run_to_its_end(&self, more: &[&str]) -> (i32, String) {
        let said = std::fs::File::create(self.at("said")).unwrap();
        let mut child = self.run_command().args(more).stdout(said).spawn().unwrap();
        let mut code = None;
        for _ in 0..1200 {
            code = child.try_wait().unwrap().map(|status| status.code().unwrap_or(-1));
            if code.is_some() {
                break;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        let said = std::fs::read_to_string(self.at("said")).unwrap();
        if code.is_none() {
            child.kill().unwrap();
            child.wait().unwrap();
        }
        (code.unwrap_or_else(|| panic!("it does not end: {said}")), said)
    }

    /// Starts one that should not run, with other settings.
    pub async fn run_in_vain(&self, settings: &[&str]) -> (i32, String) {
        let mut command = self.run_command();
        for setting in settings {
            command.arg("--set").arg(setting);
        }
        output(&mut command)
    }

    /// The folder of the runner's journal.
    pub fn journal(&self) -> PathBuf {
        self.at("state").join("journal")
    }

    /// The prices of the venue.
    pub fn bars(&self) -> PathBuf {
        self.at("bars.csv")
    }

    /// Kills the runner as soon as a server has taken an entry that it has not answered yet.
    pub async fn kill_when(&mut self, desk: &crate::trader::Desk, habit: crate::trader::Habit) {
        desk.turn(habit);
        let before = desk.opens();
        for _ in 0..60_000 {
            if desk.opens() > before {
                return self.kill();
            }
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        panic!("nothing was opened");
    }

    pub fn kill(&mut self) {
        let mut runner = self.runner.take().unwrap();
        runner.kill().unwrap();
        runner.wait().unwrap();
    }

    /// Ends the runner by the signal that a service is ended by; what it said.
    pub async fn terminate(&mut self) -> String {
        let id = self.runner.as_ref().unwrap().id().to_string();
        assert!(Command::new("kill").args(["-TERM", &id]).status().unwrap().success());
        self.ended().await
    }

    /// The state's folder.
    pub fn state(&self) -> PathBuf {
        self.at("state")
    }

    /// Waits until the runner has ended; what it said.
    pub async fn ended(&mut self) -> String {
        let mut runner = self.runner.take().unwrap();
        let status = tokio::task::spawn_blocking(move || runner.wait().unwrap()).await.unwrap();
        let said = std::fs::read_to_string(self.at("said")).unwrap();
        assert!(status.success(), "{said}");
        said
    }

    /// Interrupts the venue; what it said at its end.
    pub async fn venue_ended(&mut self) -> String {
        let pid = self.venue.as_ref().unwrap().id().to_string();
        assert!(Command::new("kill").args(["-INT", &pid]).status().unwrap().success());
        let told = self.told.take().unwrap();
        tokio::task::spawn_blocking(move || told.join().unwrap()).await.unwrap()
    }

    /// A command to the runner: its code and what it said.
    pub async fn command(&self, args: &[&str]) -> (i32, String) {
        let mut command = Command::new(PROGRAM);
        command.args(args).env("TICKSTEP_STATE", self.at("state"));
        tokio::task::spawn_blocking(move || output(&mut command)).await.unwrap()
    }

    pub async fn status(&self) -> Value {
        let (code, said) = self.command(&["status", "--json"]).await;
        assert!(code < 3, "{said}");
        serde_json::from_str(&said).unwrap()
    }

    /// Tells the venue something that no client of a venue can.
    pub async fn control(&self, command: Value) -> Value {
        let url = format!("{}/control", self.base);
        let reply = self.http.post(url).header("user-agent", "tickstep-tests/1").json(&command);
        reply.send().await.unwrap().json().await.unwrap()
    }

    /// Entries that came in at the venue.
    pub async fn opens(&self) -> u64 {
        let census = self.control(json!({ "do": "census" })).await;
        census["requests"]["open"].as_u64().unwrap_or(0)
    }
}

fn output(command: &mut Command) -> (i32, String) {
    let output = command.output().unwrap();
    let text = [output.stdout, output.stderr].concat();
    (output.status.code().unwrap_or(-1), String::from_utf8_lossy(&text).into_owned())
}
