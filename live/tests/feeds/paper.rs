//! The imbalance rule on a replayed book, on paper, and on the journal of that once more.

use std::path::Path;
use std::time::Duration;

use rust_decimal::Decimal;
use tickstep_config::OwnStrategies;
use tickstep_core::event::Body;
use tickstep_journal::{ReadFolder, Reader};
use tickstep_live::clock::TimeSource;
use tickstep_live::config::LiveConfig;
use tickstep_live::driver::{Recovered, build_with, replay_seen};
use tickstep_live::record::{RecordKind, decode_input, decode_snapshot};
use tickstep_live::runner::{Effects, Happening, Input, Runner};
use tickstep_live::service::{Assembly, ServiceStatus, Ways};

use crate::capture::Minute;
use crate::exchange::{Exchange, patiently};
use crate::played::{Trading, time_of};

pub fn live_feed(exchange: &Exchange) -> String {
    let (rest, streams) = (&exchange.rest, &exchange.streams);
    format!(
        r#"kind = "binance_spot"
symbols = {{ BTC = "BTCUSDT" }}
depth_every_ms = 100
rest_url = "{rest}"
market_url = "{streams}"
depth_url = "{streams}""#
    )
}

pub fn config(feed: &str, state: &Path) -> String {
    let state = state.display();
    format!(
        r#"mode = "paper"
trading_enabled = true
state = "{state}"
[feed]
{feed}
[limits]
warm_up_bars = 200
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

/// Trades a minute of the market.
async fn traded(state: &Path) {
    let minute = Minute::read(0);
    let exchange = Exchange::open(&minute).await;
    let text = config(&live_feed(&exchange), state);
    let mut trading = Trading::start(&text, Ways::new(None, 1), time_of(&minute)).await;
    let mut imbalances = Vec::new();
    let told = |status: ServiceStatus| {
        assert!(status.feed.contains("Binance spot"), "{}", status.feed);
        let book = status.runner.instruments[0].book.clone();
        let sides = book.and_then(|book| book.sides);
        imbalances.extend(sides.map(|sides| (sides.levels, sides.imbalance)));
    };
    trading.play(&exchange, &minute, told).await;
    trading.end().await;
    imbalances.dedup();
    assert!(imbalances.len() > 20, "{imbalances:?}");
    let within = |share: &Decimal| *share > Decimal::ZERO && *share < Decimal::ONE;
    assert!(imbalances.iter().all(|(levels, share)| *levels == 10 && within(share)));
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

fn replayed(state: &Path) -> Day {
    let journal = state.join("journal");
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
    let state = folder.path().join("state");
    traded(&state).await;
    let day = replayed(&state);
    assert!(day.books > 50 && day.bars > 20, "{day:?}");
    assert!(!day.trades.is_empty() && day.pressed > 0, "{day:?}");
    assert_eq!(replayed(&state), day);
    goes_on_from_anywhere(&state);
    plays_again(folder.path(), &state, &day).await;
}

/// The journal as a recording has the books, so that another runner trades the same on it.
async fn plays_again(folder: &Path, state: &Path, day: &Day) {
    let own = OwnStrategies::default();
    let feed = format!("kind = \"tape\"\npath = \"{}\"", state.join("journal").display());
    let again = folder.join("again");
    let text = config(&feed, &again);
    let parse = |text: &str| LiveConfig::parse(text, Path::new("live.toml"), &[], &own).unwrap();
    let config = parse(&text);
    let (ways, time) = (Ways::new(None, 1), TimeSource::Real);
    let assembly = Assembly { config, own: own.clone(), ways, time, forget_changes: false };
    let assembled = assembly.start().await.unwrap();
    assert!(assembled.is_recording);
    patiently("the end of the recording", assembled.service.feed_over()).await;
    assembled.service.handle().stop(Duration::from_secs(5));
    assembled.service.join().await;
    let played = replayed(&again);
    assert_eq!((&played.trades, played.books), (&day.trades, day.books));
    // It has the ten levels that its runner looked at, and no more.
    let deeper = text.replace("min_imbalance", "depth = { depth = 11 }\nmin_imbalance");
    let deeper = deeper.replace("/again\"", "/deeper\"");
    let (ways, config) = (Ways::new(None, 1), parse(&deeper));
    let assembly = Assembly { config, own: own.clone(), ways, time, forget_changes: false };
    let refused = assembly.start().await.err().unwrap().to_string();
    assert!(refused.contains("looks at 11 levels of the order book"), "{refused}");
    assert!(refused.contains("books in it have 10"), "{refused}");
}

/// A runner that takes up another's snapshot at every fiftieth input does what that one does,
/// the book being what it was.
fn goes_on_from_anywhere(state: &Path) {
    let journal = state.join("journal");
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
