//! What runs live is what was tested: a recording played to paper accounts makes the trades
//! of a backtest over it, and its journal replays.
#![allow(clippy::unwrap_used)]

use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use tickstep_backtest::config::Config;
use tickstep_backtest::setup::Prepared;
use tickstep_config::OwnStrategies;
use tickstep_core::ledger::Trade;
use tickstep_core::order::ExitReason;
use tickstep_core::units::Nanos;
use tickstep_journal::{ReadFolder, Reader, verify};
use tickstep_live::cli::run::play;
use tickstep_live::driver::{Recovered, build_with, replay_seen};
use tickstep_live::runner::Happening;
use tickstep_live::service::store_path;
use tickstep_live::store::{Store, StoreOptions};

fn examples() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// Runs a configuration as the command does; what it printed.
fn run_command(config: &Path, changes: &[String]) -> String {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    runtime.block_on(play(config, changes, &OwnStrategies::default())).unwrap()
}

/// The trades of each account, from the journal of a state folder.
fn trades(state: &Path, accounts: usize) -> Vec<Vec<Trade>> {
    let journal = ReadFolder::new(&state.join("journal"));
    let mut trades = vec![Vec::new(); accounts];
    let own = OwnStrategies::default();
    let mut recovered = Recovered::default();
    let reader = Reader::oldest(journal).unwrap();
    let again = replay_seen(reader, &build_with(&own), &mut recovered, &mut |step| {
        for happening in step.happenings.drain(..) {
            if let Happening::Traded { account, trade, .. } = happening {
                trades[account.index()].push(*trade);
            }
        }
    });
    // What is replayed is what was saved at the end, byte for byte, or this is an error.
    again.unwrap();
    assert!(recovered.inputs > 100_000, "{recovered:?}");
    trades
}

/// The trades of a backtest over the August of a configuration, but for what the end of
/// the data closed: live, data has no end.
fn backtested(config: &Path) -> Vec<Trade> {
    let config = Config::read(config, &["period.to=2023-09-01T00:00:00Z".to_owned()]).unwrap();
    let prepared = Prepared::load(config, &examples()).unwrap();
    let mut trades = prepared.backtest().unwrap().run().unwrap().trades;
    trades.retain(|trade| trade.exit != ExitReason::EndOfData);
    trades
}

fn assert_same(what: &str, paper: &[Trade], tested: &[Trade], least: usize) {
    assert!(tested.len() > least, "{what}: {} trades", tested.len());
    for (at, (ours, theirs)) in paper.iter().zip(tested).enumerate() {
        assert_eq!(ours, theirs, "{what}: trade {at}");
    }
    assert_eq!(paper.len(), tested.len(), "{what}");
}

/// A configuration of a live run on a base, in a folder of its own.
fn live(dir: &Path, base: &str, feed: &Path, instruments: &[&str]) -> PathBuf {
    let mut text = format!(
        "base = {:?}\ntrading_enabled = true\nstate = \"state\"\n\
         [feed]\nkind = \"tape\"\npath = {:?}\n[venue.inside]\nkind = \"paper\"\n\
         [[account]]\nname = \"paper\"\nvenue = \"inside\"\n",
        examples().join(base).display().to_string(),
        feed.display().to_string(),
    );
    for symbol in instruments {
        text.push_str(&format!("[[instrument]]\nsymbol = \"{symbol}\"\ninterval_s = 60\n"));
    }
    let path = dir.join("live.toml");
    std::fs::write(&path, text).unwrap();
    path
}

fn august(symbol: &str) -> PathBuf {
    examples().join(format!("data/{symbol}-1m-2023-08.csv.gz"))
}

#[test]
fn a_recording_trades_on_paper_as_it_does_in_a_backtest() {
    for (base, least) in [("fil.toml", 50), ("cross.toml", 100)] {
        let dir = tempfile::tempdir().unwrap();
        let config = live(dir.path(), base, &august("FILUSDT"), &["FILUSDT"]);
        let said = run_command(&config, &[]);
        assert!(said.contains("mode paper") && said.contains("FILUSDT (leverage 10)"), "{said}");
        assert!(said.ends_with("stopped: the recording is over; all is saved\n"), "{said}");
        let paper = trades(&dir.path().join("state"), 1).remove(0);
        assert_same(base, &paper, &backtested(&examples().join(base)), least);
        // The bars that the run kept are the recording: a backtest over them is the same.
        let kept = kept_bars(&dir.path().join("state"), &dir.path().join("kept.csv"));
        let text = std::fs::read_to_string(examples().join(base)).unwrap();
        let of_kept = |line: &str| match line.starts_with("data = ") {
            true => format!("data = [{:?}]", kept.display().to_string()),
            false => line.to_owned(),
        };
        let lines: Vec<String> = text.lines().map(of_kept).collect();
        let path = dir.path().join(base);
        std::fs::write(&path, lines.join("\n")).unwrap();
        assert_same("what was kept", &paper, &backtested(&path), least);
    }
}

/// Writes the bars of a run as a backtest reads them.
fn kept_bars(state: &Path, to: &Path) -> PathBuf {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let store = Store::open(&store_path(state), StoreOptions::default()).await.unwrap();
        let (all, file) = ((Nanos(0), Nanos(i64::MAX)), std::fs::File::create(to).unwrap());
        let bars = store.reads().candles_csv("FILUSDT", Nanos::MINUTE, all, file).await.unwrap();
        assert_eq!(bars, 31 * 24 * 60);
        store.close().await.unwrap();
    });
    to.to_owned()
}

#[test]
fn two_instruments_on_one_account_trade_as_in_a_backtest() {
    let dir = tempfile::tempdir().unwrap();
    let folder = dir.path().join("bars");
    std::fs::create_dir(&folder).unwrap();
    for symbol in ["FILUSDT", "NEARUSDT"] {
        std::fs::copy(august(symbol), folder.join(format!("{symbol}-08.csv.gz"))).unwrap();
    }
    // Nothing is only to warm up on here.
    let text = std::fs::read_to_string(examples().join("fil_near.toml")).unwrap();
    let left_out = |line: &&str| !["from ", "[period]", "to "].iter().any(|w| line.starts_with(w));
    let text: Vec<&str> = text.lines().filter(left_out).collect();
    let base = dir.path().join("base.toml");
    std::fs::write(&base, text.join("\n")).unwrap();
    let name = base.display().to_string();
    let config = live(dir.path(), &name, &folder, &["FILUSDT", "NEARUSDT"]);
    // Both pay what the base says of its data: one by its rate, the other by a file here.
    let rates: String =
        (0..100).map(|n| format!("{},0.0001\n", 1_690_848_000 + 28_800 * n)).collect();
    std::fs::write(dir.path().join("rates.csv"), format!("time,rate\n{rates}")).unwrap();
    let pays = format!("feed.funding.NEARUSDT={{ file = {:?} }}", dir.path().join("rates.csv"));
    run_command(&config, &[pays]);
    let paper = trades(&dir.path().join("state"), 1).remove(0);
    let tested = backtested(&base);
    assert!(tested.iter().any(|trade| !trade.funding.is_zero()), "nothing was held at a payment");
    assert_same("two instruments", &paper, &tested, 50);
}

#[test]
fn a_recording_with_days_missing_ends_its_segments_as_a_backtest_does() {
    let dir = tempfile::tempdir().unwrap();
    let mut text = String::new();
    let bars = std::fs::File::open(august("FILUSDT")).unwrap();
    flate2::read::MultiGzDecoder::new(bars).read_to_string(&mut text).unwrap();
    let (head, rows) = text.split_once('\n').unwrap();
    let all: Vec<&str> = rows.lines().collect();
    // Two days and a half, and somewhat less than one.
    let kept: Vec<&str> = [&all[..9_000], &all[12_600..20_000], &all[21_400..]].concat();
    let bars = dir.path().join("FILUSDT-holes.csv");
    std::fs::write(&bars, format!("{head}\n{}\n", kept.join("\n"))).unwrap();
    let text = std::fs::read_to_string(examples().join("cross.toml")).unwrap();
    let base: String = text
        .lines()
        .map(|line| match line.starts_with("data") {
            true => format!("data = [{:?}]\n", bars.display().to_string()),
            false => format!("{line}\n"),
        })
        .collect();
    let path = dir.path().join("base.toml");
    std::fs::write(&path, base).unwrap();
    let config = live(dir.path(), &path.display().to_string(), &bars, &["FILUSDT"]);
    run_command(&config, &[]);
    let paper = trades(&dir.path().join("state"), 1).remove(0);
    let tested = backtested(&path);
    let ended = tested.iter().filter(|trade| trade.exit == ExitReason::SegmentEnd).count();
    assert_eq!(ended, 1, "a position was open where the first hole begins");
    assert_same("holes", &paper, &tested, 50);
}

#[test]
fn a_run_that_was_ended_goes_on_where_it_was() {
    let dir = tempfile::tempdir().unwrap();
    let config = live(dir.path(), "cross.toml", &august("FILUSDT"), &["FILUSDT"]);
    run_command(&config, &[]);
    let state = dir.path().join("state");
    let first = verify(&ReadFolder::new(&state.join("journal"))).unwrap();
    let all = trades(&state, 1).remove(0);
    // Started again it has nothing left to play, and makes no trade twice.
    run_command(&config, &[]);
    let again = trades(&state, 1).remove(0);
    assert_eq!(again, all);
    let second = verify(&ReadFolder::new(&state.join("journal"))).unwrap();
    assert!(second.next > first.next && second.next < first.next + 10);
}

#[test]
fn a_strategy_of_ones_own_runs_live() {
    let dir = tempfile::tempdir().unwrap();
    let test = std::env::current_exe().unwrap();
    let built = test.parent().and_then(Path::parent).unwrap().join("examples/live_strategy");
    assert!(built.exists(), "{} is not there; cargo build --examples makes it", built.display());
    let config = live(dir.path(), "fil.toml", &august("FILUSDT"), &["FILUSDT"]);
    let mut text = std::fs::read_to_string(&config).unwrap();
    text.push_str(
        "[[strategy]]\nname = \"mine\"\nkind = \"breakout\"\n\
         sizing = { method = \"fixed_notional\", notional = 5_000 }\n\
         params = { bars = 240, hold_s = 3600, stop = 0.01 }\n",
    );
    std::fs::write(&config, text).unwrap();
    let mut command = Command::new(built);
    let output = command.args(["run", "--paper"]).arg(&config).output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said} {error}");
    assert!(said.contains("mine"), "{said}");
    assert!(said.contains("the recording is over; all is saved"), "{said}");
}
