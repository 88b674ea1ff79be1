//! The imbalance rule on a replayed book, on paper, as the command trades it.

use std::path::Path;
use std::process::ExitCode;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use tickstep_config::OwnStrategies;
use tickstep_core::event::Body;
use tickstep_journal::{ReadFolder, Reader};
use tickstep_live::cli::console::Console;
use tickstep_live::cli::log_args::LogArgs;
use tickstep_live::cli::run::{RunArgs, run};
use tickstep_live::cli::speed::SpeedArgs;
use tickstep_live::cli::unlock::VaultArgs;
use tickstep_live::clock::Clock;
use tickstep_live::driver::{Recovered, build_with, replay_seen};
use tickstep_live::record::{RecordKind, decode_input, decode_snapshot};
use tickstep_live::runner::{Effects, Happening, Input, Runner};

use crate::capture::Minute;
use crate::exchange::Exchange;

/// How much faster than real time the market runs.
const SPEED: u32 = 10;

fn config(exchange: &Exchange, rotate: &str) -> String {
    let (rest, streams) = (&exchange.rest, &exchange.streams);
    format!(
        r#"trading_enabled = true
state = "state"
[feed]
kind = "binance_spot"
symbols = {{ BTC = "BTCUSDT" }}
depth_every_ms = 100
rest_url = "{rest}"
market_url = "{streams}"
depth_url = "{streams}"
[limits]
warm_up_bars = 200
[journal]
{rotate}
[reference]
currency = "USDT"
cash = 100_000
[costs]
maker_fee = 0
taker_fee = 0
slippage = {{ ticks = 0 }}
[[instrument]]
symbol = "BTC"
interval_s = 1
tick_size = 0.01
lot_step = 0.00001
[[strategy]]
kind = "scalper"
sizing = {{ method = "fixed_quantity", quantity = 0.1 }}
[strategy.params]
volume_rule = false
rsi_rule = false
baseline_period = 2
ma_period = 2
min_imbalance = 0.5
max_hold_s = 2
[venue.inside]
kind = "paper"
[[account]]
name = "paper"
venue = "inside"
"#
    )
}

/// Runs the command on a minute of the market that is played as it runs.
async fn traded(folder: &Path, rotate: &str) {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs() as i64;
    // It begins a minute of its time from now, six seconds of ours.
    let first = Minute::read(0).script[0].at_ms / 1_000 * 1_000;
    let minute = Minute::read((now + 60) * 1_000 - first);
    let exchange = Exchange::open(&minute).await;
    let file = folder.join("live.toml");
    std::fs::write(&file, config(&exchange, rotate)).unwrap();
    let speed = SpeedArgs { speed: SPEED, since: Some(now) };
    let clock: Clock = speed.clock().unwrap();
    let args = RunArgs {
        config: file,
        paper: true,
        dry_run: false,
        validate_state: false,
        changes: Vec::new(),
        forget_changes: false,
        vault: VaultArgs::default(),
        speed,
        logs: LogArgs {
            log: "warn".to_owned(),
            log_folder: None,
            log_kept: 1,
            log_zone: "UTC".to_owned(),
        },
    };
    let mut output = Vec::new();
    let mut console = Console {
        input: &mut std::io::empty(),
        is_terminal: false,
        output: &mut output,
        secret: &mut |_| Err(std::io::ErrorKind::NotFound.into()),
        env: &|_| None,
    };
    let played = async {
        exchange.clients(1).await;
        while exchange.play_until(clock.now().0 / 1_000_000) {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        tokio::time::sleep(Duration::from_millis(300)).await;
    };
    let ended = run(&args, &OwnStrategies::default(), &mut console, played).await;
    let said = String::from_utf8_lossy(&output).into_owned();
    assert_eq!(ended.unwrap(), ExitCode::SUCCESS, "{said}");
    assert!(said.contains("Binance spot"), "{said}");
}

/// What is in a journal.
#[derive(Debug, Default, PartialEq)]
struct Day {
    trades: Vec<String>,
    /// Entries that were decided because of the book.
    pressed: usize,
    books: usize,
    bars: usize,
    files: usize,
}

fn replayed(folder: &Path) -> Day {
    let journal = folder.join("state").join("journal");
    let own = OwnStrategies::default();
    let mut day = Day {
        files: tickstep_journal::files(&ReadFolder::new(&journal)).unwrap().len(),
        ..Day::default()
    };
    let mut reader = Reader::oldest(ReadFolder::new(&journal)).unwrap();
    while let Some(record) = reader.next().unwrap() {
        if record.kind == RecordKind::Market as u8 {
            match decode_input(RecordKind::Market, record.payload) {
                Some(Ok(Input::Market { body: Body::Book { update, .. }, .. })) => {
                    assert!(update.snapshot && update.bids.len() <= 10);
                    day.books += 1;
                }
                Some(Ok(Input::Market { body: Body::Bar { .. }, .. })) => day.bars += 1,
                _ => {}
            }
        }
    }
    let reader = Reader::oldest(ReadFolder::new(&journal)).unwrap();
    // Every snapshot on the way is compared with what the replay comes to.
    let replay = replay_seen(reader, &build_with(&own), &mut Recovered::default(), &mut |seen| {
        for happening in seen.happenings.drain(..) {
            match happening {
                Happening::Traded { trade, .. } => day.trades.push(format!("{trade:?}")),
                Happening::Signal(made) if format!("{made:?}").contains("imbalance") => {
                    day.pressed += 1;
                }
                _ => {}
            }
        }
    });
    replay.unwrap();
    day
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_imbalance_rule_trades_on_the_replayed_book_and_its_journal_replays_equal() {
    let folder = tempfile::tempdir().unwrap();
    traded(folder.path(), "rotate_mib = 256").await;
    let day = replayed(folder.path());
    assert!(day.books > 50 && day.bars > 20, "{day:?}");
    assert!(!day.trades.is_empty() && day.pressed > 0, "{day:?}");
    assert_eq!(replayed(folder.path()), day);
    goes_on_from_anywhere(folder.path());
}

/// A runner that takes up another's snapshot at every fiftieth input does what that one does,
/// the book being what it was.
fn goes_on_from_anywhere(folder: &Path) {
    let journal = folder.join("state").join("journal");
    let own = OwnStrategies::default();
    let build = build_with(&own);
    let mut reader = Reader::oldest(ReadFolder::new(&journal)).unwrap();
    let (mut whole, text) = {
        let record = reader.next().unwrap().unwrap();
        let (configured, known) = decode_snapshot(record.payload).unwrap();
        let mut runner = build(&configured.text, record.ts).unwrap();
        runner.restore(known).unwrap();
        (runner, configured.text)
    };
    let mut taken: Option<Runner> = None;
    let (mut out, mut again) = (Effects::default(), Effects::default());
    let (mut inputs, mut compared) = (0, 0);
    while let Some(record) = reader.next().unwrap() {
        let kind = RecordKind::of(record.kind).unwrap();
        let Some(input) = decode_input(kind, record.payload) else { continue };
        let (ts, input) = (record.ts, input.unwrap());
        inputs += 1;
        out.clear();
        whole.step(ts, input.clone(), &mut out);
        if let Some(taken) = &mut taken {
            again.clear();
            taken.step(ts, input, &mut again);
            assert_eq!(format!("{:?}", out.happenings), format!("{:?}", again.happenings));
            compared += out.happenings.len();
        }
        if inputs % 50 == 0
            && let Some(known) = whole.snapshot()
        {
            if let Some(taken) = &taken {
                assert!(taken.snapshot() == Some(known.clone()), "input {inputs}");
            }
            let mut fresh = build(&text, ts).unwrap();
            fresh.restore(&known).unwrap();
            taken = Some(fresh);
        }
    }
    assert!(compared > 20, "{compared} happenings of {inputs} inputs");
}
