//! The recorder as a process at a local exchange: ended by kill -9 in the middle of a burst,
//! with torn rows, started again, and held against what the exchange had.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::Duration;

use rust_decimal::Decimal;
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use tempfile::TempDir;
use tickstep_config::OwnStrategies;
use tickstep_live::cli::run::play;

use crate::capture::Minute;
use crate::exchange::{Exchange, patiently};
use crate::paper::{config, live_feed};
use crate::truth::{TrueBar, Truth};

const PROGRAM: &str = env!("CARGO_BIN_EXE_tickstep-live");
const STREAMS: [&str; 3] = ["btcusdt@kline_1s", "btcusdt@aggTrade", "btcusdt@depth@100ms"];

/// A recorder, ended with the test.
struct Process(Child);

impl Drop for Process {
    fn drop(&mut self) {
        // One that has ended cannot be ended again.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Process {
    fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.0), signal).unwrap();
    }
}

struct Recording {
    dir: TempDir,
    exchange: Exchange,
    minute: Minute,
}

impl Recording {
    async fn prepared() -> Self {
        let minute = Minute::read(0);
        let exchange = Exchange::open(&minute).await;
        let dir = tempfile::tempdir().unwrap();
        let text = config(&live_feed(&exchange), &dir.path().join("state"));
        fs::write(dir.path().join("live.toml"), text).unwrap();
        Self { dir, exchange, minute }
    }

    fn out(&self) -> PathBuf {
        self.dir.path().join("recording")
    }

    fn said(&self) -> String {
        fs::read_to_string(self.dir.path().join("said")).unwrap()
    }

    /// Starts a recorder, and waits until it listens to everything.
    async fn start(&self) -> Process {
        let said = fs::File::create(self.dir.path().join("said")).unwrap();
        let mut command = Command::new(PROGRAM);
        command.arg("record").arg(self.dir.path().join("live.toml"));
        let process = Process(command.stdout(said).stderr(Stdio::inherit()).spawn().unwrap());
        let heard = |inner: &crate::exchange::Inner| STREAMS.iter().all(|s| inner.is_heard(s));
        self.exchange.until("a recorder that listens", heard).await;
        process
    }

    /// Ends one as somebody does who is in a hurry, and waits until the exchange sees it.
    async fn kill(&self, mut process: Process) {
        process.signal(Signal::KILL);
        process.0.wait().unwrap();
        let unheard = |inner: &crate::exchange::Inner| !STREAMS.iter().any(|s| inner.is_heard(s));
        self.exchange.until("the recorder's end", unheard).await;
    }

    /// Ends one properly; what it said.
    fn stop(&self, mut process: Process) -> String {
        process.signal(Signal::TERM);
        let status = process.0.wait().unwrap();
        let said = self.said();
        assert!(status.success(), "{said}");
        assert!(said.ends_with("every row and sum is as it was written\n"), "{said}");
        said
    }

    /// Rows of all files of a folder, whole lines alone, without headers.
    fn rows(&self, folder: &str) -> Vec<String> {
        let mut files = files(&self.out().join(folder));
        files.retain(|path| !path.to_string_lossy().ends_with(".json"));
        let text = |path: &PathBuf| fs::read_to_string(path).unwrap();
        let whole = |text: String| text[..text.rfind('\n').map_or(0, |end| end + 1)].to_owned();
        let rows = files.iter().map(text).map(whole).collect::<String>();
        rows.lines()
            .filter(|row| row.starts_with(|c: char| c.is_ascii_digit()))
            .map(str::to_owned)
            .collect()
    }

    /// Waits until the disk has so much.
    async fn until_rows(&self, what: &str, holds: impl Fn(&Self) -> bool) {
        let look = async {
            while !self.out().join("depth").is_dir() || !holds(self) {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        };
        patiently(what, look).await;
    }

    /// The rows of trades that the exchange had.
    fn true_trades(&self) -> Vec<String> {
        let row = |t: &Value| {
            let text = |key: &str| t[key].as_str().unwrap().to_owned();
            let (p, q) = (text("p"), text("q"));
            format!("{},{p},{q},{},{},{},{}", t["a"], t["f"], t["l"], t["T"], t["m"])
        };
        self.exchange.look().trades.iter().map(row).collect()
    }

    /// The rows of bars that were finished.
    fn true_bars(&self) -> Vec<String> {
        let row = |bar: &TrueBar| {
            let row = bar.row();
            let cell = |v: &Value| v.as_str().map_or_else(|| v.to_string(), str::to_owned);
            row.as_array().unwrap().iter().map(cell).collect::<Vec<_>>().join(",")
        };
        self.minute.bars.iter().map(row).collect()
    }

    /// Plays everything that is left, and waits until the disk has it.
    async fn play_to_the_end(&self) {
        self.exchange.play_until(i64::MAX);
        let (trade, bar) = (self.true_trades().pop(), self.true_bars().pop());
        self.until_rows("the last trade and bar on the disk", |own| {
            own.rows("trades").last() == trade.as_ref() && own.rows("klines").last() == bar.as_ref()
        })
        .await;
        let last = format!("\"u\":{}", self.exchange.look().truth("BTCUSDT").last);
        let has_last = |own: &Self| own.rows("depth").iter().any(|row| row.contains(&last));
        self.until_rows("the last change of the book on the disk", has_last).await;
    }
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> =
        fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files
}

fn run(args: &[&str], more: &Path) -> Output {
    Command::new(PROGRAM).args(args).arg(more).output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// What is there is all of the truth from its first row on.
fn assert_all_from_the_first(what: &str, rows: &[String], truth: &[String]) {
    let first = truth.iter().position(|row| *row == rows[0]).unwrap();
    assert_eq!(rows, &truth[first..], "{what}");
}

/// The book that snapshots and changes make, as anybody would follow them.
fn follow(rows: &[String]) -> Truth {
    let mut book = Truth::default();
    for row in rows {
        let (_, json) = row.split_once(' ').unwrap();
        let value: Value = serde_json::from_str(json).unwrap();
        if value["lastUpdateId"].is_u64() {
            let whole = Truth::of(&value);
            // Changes that came before it and are newer are in the file before it.
            let newer: Vec<Value> = rows
                .iter()
                .map(|row| serde_json::from_str(row.split_once(' ').unwrap().1).unwrap())
                .collect();
            let mut next = whole;
            for change in newer.iter().filter(|v| v["data"]["u"].is_u64()) {
                if change["data"]["u"].as_u64().unwrap() <= book.last {
                    next.apply(&change["data"]);
                }
            }
            book = next;
        } else {
            book.apply(&value["data"]);
        }
    }
    book
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_lost_or_doubled_by_a_kill_in_the_middle() {
    let recording = Recording::prepared().await;
    let script = recording.minute.script.len();
    let process = recording.start().await;
    recording.exchange.play(script / 4);
    let begun = |own: &Recording| !own.rows("trades").is_empty() && own.rows("depth").len() > 1;
    recording.until_rows("rows on the disk", begun).await;
    recording.exchange.until("a question for the book", |inner| !inner.asked.is_empty()).await;
    // However far it comes with these before it is ended, the rest of the test is the same.
    recording.exchange.play(script / 4);
    recording.kill(process).await;
    let before = ["klines", "trades", "depth"].map(|folder| recording.rows(folder));
    for (folder, torn) in [
        ("klines", "17231612"),
        ("trades", "3735683259,61837.6300"),
        ("depth", "1723161253937085768 {\"stream\":\"btcusdt@dep"),
    ] {
        let newest = files(&recording.out().join(folder)).pop().unwrap();
        let mut bytes = fs::read(&newest).unwrap();
        bytes.extend_from_slice(torn.as_bytes());
        fs::write(newest, bytes).unwrap();
    }
    // It goes on while nobody listens.
    recording.exchange.play(script / 8);
    let said = run(&["record", "--check"], &recording.out());
    let told = text(&said.stdout);
    assert!(told.contains("21 bytes at its end are no whole row"), "{told}{}", text(&said.stderr));
    let process = recording.start().await;
    recording.play_to_the_end().await;
    let told = recording.stop(process);
    assert!(told.contains("21 bytes of a row that was not written to its end"), "{told}");

    let after = ["klines", "trades", "depth"].map(|folder| recording.rows(folder));
    for (before, after) in before.iter().zip(&after) {
        assert_eq!(before, &after[..before.len()], "what was whole stays as it was");
    }
    let [klines, trades, depth] = &after;
    assert_all_from_the_first("trades", trades, &recording.true_trades());
    assert_all_from_the_first("bars", klines, &recording.true_bars());
    assert!(trades.len() > 100 && klines.len() > 30, "{} {}", trades.len(), klines.len());
    // Changes that nobody heard are noted, and a whole book comes behind them.
    let gaps = fs::read_to_string(recording.out().join("gaps.csv")).unwrap();
    let gaps: Vec<&str> = gaps.lines().skip(1).collect();
    assert_eq!(gaps.len(), 1, "{gaps:?}");
    assert!(gaps[0].contains(",BTC,depth,"), "{gaps:?}");
    assert!(follow(depth).top(10) == recording.exchange.look().truth("BTCUSDT").top(10));
    let asked = recording.exchange.look().asked.clone();
    let count = |path: &str| asked.iter().filter(|(p, ..)| p == path).count();
    assert!(count("aggTrades") > 0 && count("klines") > 0 && count("depth") > 1, "{asked:?}");
}

/// Bars of a second, as the times of trades make them.
fn bars_of(trades: &[Value]) -> BTreeMap<i64, TrueBar> {
    let mut bars: BTreeMap<i64, TrueBar> = BTreeMap::new();
    let number = |t: &Value, key: &str| t[key].as_str().unwrap().parse::<Decimal>().unwrap();
    for trade in trades {
        let second = trade["T"].as_i64().unwrap() / 1_000 * 1_000;
        let (price, quantity) = (number(trade, "p"), number(trade, "q"));
        while let Some((last, bar)) = bars.last_key_value().filter(|(last, _)| **last < second) {
            let flat = TrueBar::flat(last + 1_000, bar.ohlc[3]);
            bars.insert(last + 1_000, flat);
        }
        let flat = || TrueBar::flat(second, price);
        let bar = bars.entry(second).or_insert_with(flat);
        bar.trade(price, quantity, trade["m"] == false);
    }
    bars
}

#[tokio::test(flavor = "multi_thread")]
async fn a_recording_plays_and_its_trades_make_bars() {
    let recording = Recording::prepared().await;
    let process = recording.start().await;
    recording.play_to_the_end().await;
    recording.stop(process);
    assert_eq!(recording.rows("trades"), recording.true_trades());
    // Another recorder may not write beside one that runs, and a finished one is continued.
    let again = recording.start().await;
    let second = run(&["record"], &recording.dir.path().join("live.toml"));
    assert!(text(&second.stderr).contains("another program records"), "{}", text(&second.stderr));
    recording.stop(again);

    let made = Command::new(PROGRAM)
        .args(["record", "--seconds", "1", "--bars"])
        .arg(recording.out())
        .output()
        .unwrap();
    assert!(made.status.success(), "{}", text(&made.stderr));
    let trades = recording.exchange.look().trades.clone();
    let truth = bars_of(&trades);
    // The first and the last second were not seen whole.
    let truth: Vec<&TrueBar> = truth.values().skip(1).collect();
    let rows = recording.rows("bars");
    assert_eq!(rows.len(), truth.len() - 1);
    for (row, bar) in rows.iter().zip(truth) {
        let mut cells = row.split(',').map(|cell| cell.parse::<Decimal>().unwrap());
        assert_eq!(cells.next(), Some(Decimal::from(bar.opens_ms)));
        let cells: Vec<Decimal> = cells.collect();
        assert_eq!(cells, [&bar.ohlc[..], &[bar.volume, bar.taker]].concat(), "{row}");
    }

    // The bars that the exchange told, and those of its trades, are a tape.
    for folder in ["klines", "bars"] {
        let feed = format!("kind = \"tape\"\npath = {:?}", recording.out().join(folder));
        let state = recording.dir.path().join(format!("state-{folder}"));
        let path = recording.dir.path().join("tape.toml");
        let rules = "[strategy.params]\npressure_rule = \"buy_share\"\n";
        let text = config(&feed, &state).replace("[strategy.params]\n", rules);
        fs::write(&path, text.replace("min_imbalance = 0.5\n", "")).unwrap();
        let said = play(&path, &[], &OwnStrategies::default()).await.unwrap();
        assert!(said.contains("the recording is over; all is saved"), "{said}");
    }
}
