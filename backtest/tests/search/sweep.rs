//! A sweep is its sets' single runs, and its files are the same bytes however it
//! is run: on any number of threads, in parts, killed and resumed, or merged.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::ops::ControlFlow;
use std::path::Path;
use std::process::{Command, Stdio};

use sha2::{Digest, Sha256};
use tempfile::TempDir;
use tickstep_backtest::config::Config;
use tickstep_backtest::folder::Identity;
use tickstep_backtest::research::SearchConfig;
use tickstep_backtest::research::search::{Finish, SearchError, SweepPlan};
use tickstep_backtest::research::space::{Axis, Method, Set, Space, Value};
use tickstep_backtest::research::store::{SetRecord, Shard, Store};
use tickstep_backtest::research::sweep::metric::{Basis, Metric};
use tickstep_backtest::research::sweep::{Sweep, SweepJob};
use tickstep_backtest::research::validation::ValidationOptions;
use tickstep_backtest::run::{Period, Stepping};
use tickstep_backtest::setup::Prepared;
use tickstep_core::sizing::Sizing;
use tickstep_core::trade_hash::TradeHash;

use crate::support::command::{command, stderr as said, tickstep};
use crate::support::files::examples;
use crate::support::{dec, known};

/// A strategy of one's own, without any configuration.
#[test]
fn a_program_sweeps_its_own_strategy() {
    let series = known::bundled_fil();
    let periods = |list: &[i64]| list.iter().map(|n| Value::Int(*n)).collect();
    let axes = vec![
        Axis::list("fast", periods(&[10, 20, 50])).unwrap(),
        Axis::list("slow", periods(&[50, 200, 999])).unwrap(),
    ];
    let space = Space::new(axes, &["fast < slow".to_owned()], Method::Grid).unwrap();
    let make = |set: &Set| {
        let period = |at: usize| set.values()[at].float().unwrap() as usize;
        assert_ne!(period(1), 999, "no such average");
        let cross = known::sma_cross::SmaCross::factory(period(0), period(1));
        let sizing = Sizing::FixedQuantity { quantity: dec("1") };
        let account = known::backtest(&series, known::fil("0", "10"), 0, cross, sizing);
        if period(0) == 10 { Err("too fast") } else { Ok(account) }
    };
    let dir = TempDir::new().unwrap();
    let whole = Period::default();
    let sweep = Sweep::over(&space, [&series], whole, &["profit_factor"], make).unwrap();
    let (mut seen, job) = (0, SweepJob::new(Identity::of(&"crosses")));
    let found = sweep.run_into(dir.path(), &job, &mut |p| {
        seen = p.done;
        ControlFlow::Continue(())
    });
    let files = found.unwrap();
    let tables = sweep.write_tables(dir.path(), &files).unwrap();
    let store = files.store;
    // 10/50 and 10/200 are too fast; 10/999, 20/999 and 50/999 panic.
    assert_eq!((seen, tables.failed, tables.tops[0].len()), (8, 5, 3));
    let why: Vec<String> = store.failures().unwrap().map(|f| f.unwrap().why).collect();
    assert_eq!(why[0], "too fast");
    assert!(why[3].contains("panicked") && why[3].contains("no such average"), "{}", why[3]);
    let trades = |fast: &str, slow: &str| {
        let mut csv = csv::Reader::from_path(dir.path().join("results.csv")).unwrap();
        let at = csv.headers().unwrap().iter().position(|h| h == "trades").unwrap();
        let rows: Vec<_> = csv.records().map(Result::unwrap).collect();
        rows.iter().find(|r| &r[1] == fast && &r[2] == slow).unwrap()[at].to_owned()
    };
    assert_eq!((trades("20", "50"), trades("50", "200")), ("4160".into(), "1200".into()));
}

const HEAD: &str = r#"
[account]
currency = "USDT"
cash = 100_000
[costs]
maker_fee = 0.0004
taker_fee = 0.0004
slippage = { ticks = 0 }
[period]
to = "2023-08-22"
[[instrument]]
symbol = "FILUSDT"
tick_size = 0.001
lot_step = 0.1
data = ["data/FILUSDT-1m-2023-08.csv.gz"]
[[strategy]]
kind = "scalper"
sizing = { method = "fixed_notional", notional = 10_000 }
params = { pressure_rule = "buy_share" }
"#;

/// Rules, exits, costs, sizes and limits; neither pressure nor a cross is a contradiction.
const SWEEP: &str = r#"
[sweep]
method = "random"
sets = 40
seed = 7
objective = ["sharpe", "max_drawdown"]
min_trades = 5
top = 6
whole = 2
random_entries = 20            # as many as tell threads apart
constraints = ["take_profit > 0.001 or rsi_rule == true"]
[[sweep.axis]]
key = "strategy.params.spike_multiple"
values = [1.5, 2, 4]
[[sweep.axis]]
key = "strategy.params.rsi_rule"
values = [true, false]
[[sweep.axis]]
key = "strategy.params.stop_loss"
values = [0.002, 0.006, 0.02]
[[sweep.axis]]
key = "strategy.params.pressure_rule"
values = ["buy_share", "off"]
[[sweep.axis]]
key = "strategy.params.cross_rule"
values = [true, false]
[[sweep.axis]]
key = "strategy.params.take_profit"
values = [0.001, 0.004, 0.01]
[[sweep.axis]]
key = "strategy.params.max_hold_s"
values = [300, 3600]
[[sweep.axis]]
key = "costs.taker_fee"
values = [0, 0.0004]
[[sweep.axis]]
key = "costs.slippage.ticks"
values = [0, 1]
[[sweep.axis]]
key = "simulation.intrabar"
values = ["stop_first", "target_first", "ohlc_path"]
[[sweep.axis]]
key = "risk.daily_loss"
values = [0.0005, 0.05]
[[sweep.axis]]
key = "instrument.leverage"
values = [1, 20]
[[sweep.axis]]
key = "strategy.sizing.notional"
from = 1000
to = 900000
decimals = 0
log = true
[walk_forward]
train_days = 9
test_days = 4
"#;

fn plan(sets: &[&str]) -> Result<SweepPlan, SearchError> {
    let sets: Vec<String> = sets.iter().map(|s| (*s).to_owned()).collect();
    let text = format!("{HEAD}{SWEEP}");
    SweepPlan::new(SearchConfig::parse(&text, Path::new("sweep.toml"), &sets)?)
}

/// Runs the sweep in `dir` in this process.
fn sweep_in(dir: &Path, plan: &SweepPlan, prepared: &Prepared, threads: usize, how: Stepping) {
    let mut sweep = plan.over(prepared).unwrap();
    sweep.stepping = how;
    let identity = plan.identity(&prepared.data(&examples()));
    let job = SweepJob { threads: Some(threads), ..SweepJob::new(identity) };
    let found = sweep.run_into(dir, &job, &mut |_| ControlFlow::Continue(())).unwrap();
    let base = examples();
    let finish = Finish { plan, prepared, base: &base, dir, shard: Shard::WHOLE };
    let options = ValidationOptions { threads: Some(threads), ..plan.validation_options() };
    finish.write(&sweep, &found, &options).unwrap();
}

/// Every file below `dir` by its path there.
fn files(dir: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut all = BTreeMap::new();
    let mut folders = vec![dir.to_path_buf()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let name = path.strip_prefix(dir).unwrap().display().to_string();
                all.insert(name, fs::read(&path).unwrap());
            }
        }
    }
    all
}

fn assert_same(a: &Path, b: &Path, what: &str) {
    let (a, b) = (files(a), files(b));
    assert_eq!(a.keys().collect::<Vec<_>>(), b.keys().collect::<Vec<_>>(), "{what}");
    for (name, bytes) in &a {
        assert!(*bytes == b[name], "{what}: {name} differs");
    }
}

#[test]
fn every_set_is_its_single_run_to_the_last_bit() {
    let dir = TempDir::new().unwrap();
    let plan = plan(&[]).unwrap();
    let prepared = Prepared::load(plan.base().clone(), &examples()).unwrap();
    let out = dir.path().join("a");
    sweep_in(&out, &plan, &prepared, 2, Stepping::TradeByTrade);
    let store = Store::open(&out.join("sets.bin")).unwrap();
    let sweep = plan.over(&prepared).unwrap();
    let failures: BTreeMap<u64, String> =
        store.failures().unwrap().map(Result::unwrap).map(|f| (f.set, f.why)).collect();
    let cache = sweep.feature_cache();
    let (mut done, mut trades) = (0, 0);
    for record in store.records() {
        let (number, record) = record.unwrap();
        let set = sweep.sets.get(number as usize).unwrap();
        // As `tickstep run --set ...` would make it.
        let changes: Vec<String> = set.pairs().map(|(k, v)| format!("{k}={v}")).collect();
        let alone = Config::parse(HEAD, Path::new("run.toml"), &changes);
        let figures = match record {
            SetRecord::Done(figures) => figures,
            SetRecord::Failed => {
                assert_eq!(alone.unwrap_err().to_string(), failures[&number], "set {number}");
                continue;
            }
        };
        let alone = alone.unwrap();
        assert_eq!(alone, plan.of_set(&set).unwrap());
        let prepared = Prepared::load(alone, &examples()).unwrap();
        let run = prepared.backtest().unwrap().run().unwrap();
        assert_eq!(figures.trade_hash, TradeHash::of(&run.trades), "{set}");
        let stats = prepared.stats(&run);
        for (metric, value) in sweep.metrics.columns().iter().zip(&figures.values) {
            let whole = metric.whole(&stats);
            assert_eq!(value.map(f64::to_bits), whole.map(f64::to_bits), "{}", metric.name());
        }
        let account = prepared.backtest().unwrap();
        let summary = account.summary(Some(&cache), Stepping::TradeByTrade).unwrap();
        let basis = Basis::new(&summary);
        for metric in Metric::all().filter(|m| m.is_quick()) {
            let (quick, whole) = (metric.quick(&basis), metric.whole(&stats));
            let both = (quick.map(f64::to_bits), whole.map(f64::to_bits));
            assert_eq!(both.0, both.1, "{} of {set}: {quick:?}, {whole:?}", metric.name());
        }
        (done, trades) = (done + 1, trades + run.trades.len());
    }
    assert!(done > 15 && failures.len() > 3 && trades > 1_000, "{done} {trades}");
    assert!(
        failures.values().all(|why| why.contains("pressure_rule is off and cross_rule is false"))
    );
}

#[test]
fn threads_and_stepping_and_whole_runs_change_no_byte() {
    let dir = TempDir::new().unwrap();
    let at = |name: &str| dir.path().join(name);
    let quick = plan(&[]).unwrap();
    let prepared = Prepared::load(quick.base().clone(), &examples()).unwrap();
    sweep_in(&at("one"), &quick, &prepared, 1, Stepping::TradeByTrade);
    for (name, threads, how) in [
        ("two", 2, Stepping::EveryBar),
        ("three", 3, Stepping::SkipIdle),
        ("sixteen", 16, Stepping::TradeByTrade),
    ] {
        sweep_in(&at(name), &quick, &prepared, threads, how);
        assert_same(&at("one"), &at(name), name);
    }
    // A figure that needs whole runs is a column more, and changes no other.
    let whole = plan(&["sweep.objective=[\"sharpe\", \"max_drawdown\", \"ulcer_index\"]"]);
    sweep_in(&at("whole"), &whole.unwrap(), &prepared, 2, Stepping::SkipIdle);
    let column = |name: &str, wanted: &str| -> Vec<String> {
        let mut csv = csv::Reader::from_path(at(name).join("results.csv")).unwrap();
        let place = csv.headers().unwrap().iter().position(|h| h == wanted).unwrap();
        csv.records().map(|r| r.unwrap()[place].to_owned()).collect()
    };
    for name in ["sharpe", "trade_hash", "total_return", "exposure_time", "outcome"] {
        assert_eq!(column("one", name), column("whole", name), "{name}");
    }
    assert!(column("whole", "ulcer_index").iter().any(|cell| !cell.is_empty()));
}

/// A folder with the data and the configuration.
fn workspace() -> TempDir {
    let dir = TempDir::new().unwrap();
    fs::create_dir(dir.path().join("data")).unwrap();
    let file = "data/FILUSDT-1m-2023-08.csv.gz";
    fs::copy(examples().join(file), dir.path().join(file)).unwrap();
    fs::write(dir.path().join("sweep.toml"), format!("{HEAD}{SWEEP}")).unwrap();
    dir
}

/// Kills a sweep some sets further on; whether it was killed before its end.
fn killed(dir: &Path) -> bool {
    let out = dir.join("a/killed");
    if out.join("sweep.json").exists() {
        fs::remove_dir_all(&out).unwrap();
    }
    let args = ["sweep", "sweep.toml", "-q", "--threads", "1", "--out", "a/killed", "--resume"];
    let mut child = command(dir, &args).stdout(Stdio::null()).spawn().unwrap();
    let kept = || Store::open(&out.join("sets.bin")).map_or(0, |store| store.count());
    let before = kept();
    while kept() < (before + 5).min(40) && child.try_wait().unwrap().is_none() {
        std::thread::sleep(std::time::Duration::from_millis(2));
    }
    child.kill().unwrap();
    child.wait().unwrap();
    !out.join("sweep.json").exists()
}

/// Ctrl-C amid a sweep: it says what is kept and how to go on.
#[cfg(unix)]
fn interrupted(dir: &Path) {
    // It tries sets of its own, which are not to count beside the others.
    fs::create_dir_all(dir.join("stopped")).unwrap();
    fs::write(dir.join("stopped/trials.jsonl"), "").unwrap();
    let child = command(dir, &["sweep", "sweep.toml", "-q", "--threads", "1"])
        .args(["--out", "stopped/run"])
        .args(["--set", "sweep.sets=2000"])
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let sets = dir.join("stopped/run/sets.bin");
    while Store::open(&sets).map_or(0, |store| store.count()) < 3 {
        std::thread::sleep(std::time::Duration::from_millis(2));
    }
    let id = child.id().to_string();
    assert!(Command::new("kill").args(["-INT", &id]).status().unwrap().success());
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(130), "{}", said(&output));
    assert!(said(&output).contains("of 2000 sets are finished and kept"), "{}", said(&output));
    assert!(said(&output).contains("--resume"), "{}", said(&output));
}

#[test]
fn killed_resumed_sharded_and_merged_it_is_the_same_bytes() {
    let dir = workspace();
    let at = |name: &str| dir.path().join(name);
    let run = |args: &[&str]| {
        let output = tickstep(dir.path(), &[&["sweep", "sweep.toml", "-q"], args].concat());
        assert!(output.status.success(), "{args:?}: {}", said(&output));
    };
    run(&["--out", "a/whole"]);
    // A test that sleeps too long finds the sweep finished, and tries again.
    let killed = (0..20).filter(|_| killed(dir.path())).take(2).count();
    assert_eq!(killed, 2);
    #[cfg(unix)]
    interrupted(dir.path());
    run(&["--out", "a/killed", "--resume"]);
    assert_same(&at("a/whole"), &at("a/killed"), "killed");

    for shard in ["1/3", "2/3", "3/3"] {
        let name = format!("a/{}", shard.replace('/', "of"));
        run(&["--out", &name, "--shard", shard]);
    }
    let lacking = tickstep(dir.path(), &["merge", "a/1of3", "a/3of3", "--out", "a/lacking"]);
    assert_eq!(lacking.status.code(), Some(1));
    assert!(said(&lacking).contains("do not make a whole"), "{}", said(&lacking));
    let shards = ["a/3of3", "a/1of3", "a/2of3"];
    let merged = tickstep(dir.path(), &[&["merge"], &shards[..], &["--out", "a/merged"]].concat());
    assert!(merged.status.success(), "{}", said(&merged));
    assert_same(&at("a/whole"), &at("a/merged"), "merged");

    // Every process of the sweep told the registry of it.
    let lines = fs::read_to_string(at("data/tickstep/trials.jsonl")).unwrap();
    assert!(lines.lines().count() >= 8 && lines.contains(r#""sets_planned":40"#), "{lines}");
    // The best is a run folder like any other.
    let again = tickstep(dir.path(), &["run", "--manifest", "a/whole/best/1/manifest.json"]);
    assert!(again.status.success(), "{}", said(&again));
}

#[test]
fn folders_are_not_overwritten_and_a_single_run_ignores_the_sweep() {
    let dir = workspace();
    let sweep = |more: &[&str]| {
        tickstep(dir.path(), &[&["sweep", "sweep.toml", "-q", "--out", "s"], more].concat())
    };
    assert!(sweep(&["--set", "sweep.sets=3"]).status.success());
    let again = sweep(&["--set", "sweep.sets=3"]);
    assert!(said(&again).contains("--resume"), "{}", said(&again));
    let other = sweep(&["--set", "sweep.sets=4", "--resume"]);
    assert!(said(&other).contains("another sweep"), "{}", said(&other));
    fs::create_dir(dir.path().join("mine")).unwrap();
    fs::write(dir.path().join("mine/notes.txt"), "keep").unwrap();
    let mine = tickstep(dir.path(), &["sweep", "sweep.toml", "-q", "--out", "mine"]);
    assert!(said(&mine).contains("not the folder of a sweep"), "{}", said(&mine));

    fs::write(dir.path().join("run.toml"), HEAD).unwrap();
    for name in ["run", "sweep"] {
        let config = format!("{name}.toml");
        assert!(tickstep(dir.path(), &["run", &config, "--out", name]).status.success());
    }
    assert_same(&dir.path().join("run"), &dir.path().join("sweep"), "run");
    assert!(dir.path().join("data/tickstep/trials.jsonl").is_file());
}

#[test]
fn the_same_sets_count_once_however_they_are_judged_and_wherever_they_are_written() {
    let dir = workspace();
    let file = dir.path().join("data/tickstep/trials.jsonl");
    let lines = || fs::read_to_string(&file).unwrap_or_default();
    let searches = || -> BTreeSet<String> {
        let id = |line: &str| {
            let line: serde_json::Value = serde_json::from_str(line).unwrap();
            line["search"].as_str().unwrap().to_owned()
        };
        lines().lines().map(id).collect()
    };
    let sweep = |out: &str, more: &[&str]| {
        let first = ["sweep", "sweep.toml", "--out", out, "--set", "sweep.sets=3"];
        tickstep(dir.path(), &[&first, more].concat())
    };
    let never = sweep("none", &["--set", "sweep.axis=[]"]);
    assert!(!never.status.success() && lines().is_empty(), "{}", said(&never));
    let first = sweep("a", &[]);
    assert!(first.status.success(), "{}", said(&first));
    let told = String::from_utf8_lossy(&first.stdout).into_owned();
    assert!(told.contains(&format!("Trials are counted in {}", file.display())), "{told}");
    assert_eq!(searches().len(), 1);
    for (out, change) in [
        ("b", "sweep.top=1"),
        ("x/c", "sweep.min_trades=2"),
        ("d", "sweep.objective=\"profit_factor\""),
        ("x/y/e", "sweep.random_entries=0"),
    ] {
        let ran = sweep(out, &["--set", change]);
        assert!(ran.status.success(), "{}", said(&ran));
        assert_eq!(searches().len(), 1, "{change}");
        let told = String::from_utf8_lossy(&ran.stdout).into_owned();
        assert!(told.contains("Trials: 3 in this search, 3 in all on this data"), "{told}");
    }
    // What is refused tried nothing, and what is gone on with was counted.
    let before = lines();
    for more in [&[][..], &["--resume", "--set", "sweep.top=2"]] {
        assert!(!sweep("a", more).status.success());
        assert_eq!(lines(), before);
    }
    assert!(sweep("a", &["--resume"]).status.success());
    assert_eq!(searches().len(), 1);
    // Other sets are other trials.
    assert!(sweep("f", &["--set", "sweep.seed=9"]).status.success());
    assert_eq!(searches().len(), 2);
    // A file above the results is taken before the user's.
    fs::create_dir(dir.path().join("x")).ok();
    fs::write(dir.path().join("x/trials.jsonl"), "").unwrap();
    let near = sweep("x/g", &[]);
    let told = String::from_utf8_lossy(&near.stdout).into_owned();
    assert!(told.contains("x/trials.jsonl"), "{told}");
}

#[test]
fn what_cannot_be_swept_is_refused_before_anything_is_loaded() {
    let refused = |change: &str| {
        let changes = ["sweep.constraints=[]", change];
        plan(&changes).map(drop).unwrap_err().to_string()
    };
    for key in [
        "instrument.data",
        "instrument.symbol",
        "instrument.interval_s",
        "instrument.tick_size",
        "instrument.FILUSDT.volume_step",
        "instrument.funding.rate",
        "period.from",
        "simulation.segment_gap_s",
        "account.time_zone",
        "account.currency",
        "strategy.kind",
        "sweep.top",
        "nonsense",
    ] {
        let said = refused(&format!("sweep.axis=[{{ key = \"{key}\", values = [1, 2] }}]"));
        assert!(said.starts_with(&format!("axis {key}: it cannot be swept")), "{said}");
        assert!(said.contains("strategy.{params,"), "{said}");
    }
    let axis = "sweep.axis=[{ key = \"strategy.params.ma_perid\", values = [5, 6] }]";
    let said = refused(axis);
    assert!(said.contains("did you mean `ma_period`?"), "{said}");
    // A value that no set can have is named with the axis and the range.
    for (key, values, said) in [
        (
            "strategy.params.stop_loss",
            "0.002, 1",
            "value 1 is out of range; it must be above 0 and below 1; take it out of the axis",
        ),
        ("strategy.params.ma_period", "5, 1001", "value 1001"),
        ("strategy.sizing.notional", "1000, 0", "value 0"),
        ("risk.max_positions", "0, 2", "value 0"),
        ("simulation.max_gap", "3, 20000", "value 20000"),
    ] {
        let axis = format!("sweep.axis=[{{ key = \"{key}\", values = [{values}] }}]");
        let refusal = refused(&axis);
        assert!(refusal.starts_with(&format!("axis {key}: {said}")), "{refusal}");
        assert!(refusal.contains("out of range; it must be"), "{refusal}");
    }
    let said = refused("sweep.objective=[\"sharp\"]");
    assert!(said.contains("did you mean `sharpe`?"), "{said}");
    let none = SearchConfig::parse(HEAD, Path::new("run.toml"), &[]).unwrap();
    assert!(matches!(SweepPlan::new(none), Err(SearchError::NoSweep)));
}

#[test]
fn a_set_that_cannot_run_on_this_data_is_refused_before_the_search() {
    let over = |changes: &[&str]| {
        let plan = plan(&[&["sweep.constraints=[]"], changes].concat()).unwrap();
        let prepared = Prepared::load(plan.base().clone(), &examples()).unwrap();
        plan.over(&prepared).map(drop).map_err(|e| e.to_string())
    };
    let leverage = "sweep.axis=[{ key = \"instrument.leverage\", values = [1, 20000] }]";
    let said = over(&[leverage]).unwrap_err();
    assert!(said.starts_with("axis instrument.leverage: value 20000: "), "{said}");
    // August and what warms up before it: 30,240 minutes of it are traded.
    let slow = |n: u32| {
        let axis = format!("sweep.axis=[{{ key = \"strategy.params.slow\", values = [50, {n}] }}]");
        over(&["strategy.kind=\"sma_cross\"", "strategy.params={ fast = 20 }", &axis])
    };
    let said = slow(44_641).unwrap_err();
    assert!(said.starts_with("axis strategy.params.slow: value 44641: sma_cross looks back 44641 bars and FILUSDT has"), "{said}");
    assert!(slow(20_000).is_ok(), "as long as data allows");
    let none = plan(&["sweep.constraints=[\"take_profit > 5\"]"]).unwrap();
    let prepared = Prepared::load(none.base().clone(), &examples()).unwrap();
    let said = none.over(&prepared).map(drop).unwrap_err().to_string();
    assert!(said.contains("no set is left: the constraints exclude all"), "{said}");
}

#[test]
fn another_program_asks_and_is_answered() {
    let dir = workspace();
    let mut child = command(dir.path(), &["sweep", "sweep.toml", "--ask"])
        .args(["--set", "sweep.objective=[\"sharpe\", \"fees\"]"])
        .args(["--set", "sweep.axis=[{ key = \"strategy.params.ma_period\", values = [5, 9] }]"])
        .args(["--set", "sweep.constraints=[]"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut ask = child.stdin.take().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map(Result::unwrap);
    let opening = lines.next().unwrap();
    assert!(opening.contains(r#""objectives":["sharpe","-fees"]"#), "{opening}");
    for line in [
        r#"{"id": 4, "set": {"strategy.params.ma_period": 5}}"#,
        r#"{"id": 9, "set": {"strategy.params.ma_period": 9}}"#,
        r#"{"id": 2, "set": {"strategy.params.ma_period": 5}}"#,
        r#"{"id": 3, "set": {"strategy.params.ma_period": 7}}"#,
        "nonsense",
    ] {
        writeln!(ask, "{line}").unwrap();
    }
    drop(ask);
    let mut replies: Vec<serde_json::Value> =
        lines.map(|line| serde_json::from_str(&line).unwrap()).collect();
    assert!(child.wait().unwrap().success());
    replies.sort_by_key(|r| r["id"].as_u64());
    let ids: Vec<_> = replies.iter().map(|r| r["id"].as_u64()).collect();
    assert_eq!(ids, [None, Some(2), Some(3), Some(4), Some(9)]);
    assert!(replies[2]["error"].as_str().unwrap().contains("ma_period"), "{}", replies[2]);
    assert_eq!(replies[1]["trade_hash"], replies[3]["trade_hash"]);
    assert_ne!(replies[1]["trade_hash"], replies[4]["trade_hash"]);
    assert!(replies[4]["objectives"]["-fees"].as_f64().unwrap() < 0.0);
    assert!(dir.path().join("data/tickstep/trials.jsonl").is_file());
}

/// What a search prints into its folder, but for what names the version, lists the files,
/// or is there with the feature `polars` only.
const PRINTED: &str = "180faf57638eac0099aa2c09d26acb668d1c55a610f3d45142b469b08b011071";

#[test]
fn a_judged_search_is_the_same_bytes_on_every_platform_and_with_every_feature() {
    let dir = TempDir::new().unwrap();
    let plan = plan(&["sweep.random_entries=20"]).unwrap();
    let prepared = Prepared::load(plan.base().clone(), &examples()).unwrap();
    sweep_in(dir.path(), &plan, &prepared, 2, Stepping::TradeByTrade);
    let left_out = ["sweep.json", "manifest.json", "sets.bin", "returns.bin", "report.html"];
    let mut printed = Sha256::new();
    let mut names = Vec::new();
    for (name, bytes) in files(dir.path()) {
        let last = name.rsplit('/').next().unwrap();
        if !left_out.contains(&last) && !last.ends_with(".parquet") {
            printed.update(&name);
            printed.update(&bytes);
            names.push(name);
        }
    }
    assert!(names.len() > 8 && names.contains(&"validation.json".to_owned()), "{names:?}");
    let printed: String = printed.finalize().iter().map(|b| format!("{b:02x}")).collect();
    assert_eq!(printed, PRINTED, "{names:?}");
}
