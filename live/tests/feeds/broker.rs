//! The same signals on a Match-Trader account, where the instrument has another name, another
//! size and another price: Binance supplies the market, the broker takes the orders.

use std::path::Path;
use std::sync::Arc;

use rust_decimal::Decimal;
use tickstep_config::OwnStrategies;
use tickstep_core::units::Nanos;
use tickstep_journal::{ReadFolder, Reader};
use tickstep_live::clock::Clock;
use tickstep_live::driver::{Recovered, build_with, replay_seen};
use tickstep_live::exchange::{
    AccountTerms, Deed, Exchange, ExchangeRules, Listing, PriceTape, TapeBar,
};
use tickstep_live::runner::Happening;
use tickstep_live::service::{ServiceStatus, Ways};
use tickstep_live::sim_server::{Desk, SimLogin, SimOptions, serve};
use tickstep_live::vault::{Credential, Strength, Vault, VaultKey};
use tokio::net::TcpListener;

use crate::capture::Minute;
use crate::exchange::Exchange as Binance;
use crate::played::{Trading, time_of};

const THERE: &str = "BTCUSD.x";
const NUMBER: &str = "950552";

fn d(text: &str) -> Decimal {
    text.parse().unwrap()
}

/// A broker whose price stands ten dollars above the market's, in lots of a tenth.
async fn broker(clock: Clock, price: Decimal) -> (Desk, String) {
    let mut exchange = Exchange::new(ExchangeRules::plain()).unwrap();
    let listing = Listing {
        quote_currency: "USD".to_owned(),
        volume_min: d("0.01"),
        volume_step: d("0.01"),
        ..Listing::plain(THERE, d("0.01"), d("0.1"))
    };
    let first = Nanos(clock.now().0.div_euclid(Nanos::MINUTE.0) * Nanos::MINUTE.0);
    let bar = |at: i64| TapeBar {
        ts_open: first + Nanos::MINUTE.times(at - 10),
        open: price,
        high: price,
        low: price,
        close: price,
        volume: d("1"),
        spread: d("0.02"),
    };
    let tape = PriceTape::new(Nanos::MINUTE, (0..10_000).map(bar).collect()).unwrap();
    exchange.list(listing, tape).unwrap();
    exchange.open_account(AccountTerms::plain(NUMBER, d("100000"))).unwrap();
    let login = SimLogin {
        email: "me@example.com".to_owned(),
        password: "no-secret".to_owned(),
        accounts: vec![NUMBER.to_owned()],
    };
    let mut options = SimOptions::plain(vec![login]);
    options.rate.per_minute = 10_000;
    let desk = Desk::new(exchange, options, Arc::new(move || clock.now()));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(serve(listener, desk.clone(), std::future::pending()));
    (desk, base)
}

fn vault(folder: &Path) -> Vault {
    let key = VaultKey::make_file(&folder.join("key")).unwrap();
    let mut vault = Vault::create(&folder.join("vault"), &key, Strength::DEFAULT).unwrap();
    let credential = Credential {
        email: "me@example.com".to_owned(),
        password: "no-secret".to_owned().into(),
        broker: None,
        account: NUMBER.to_owned(),
    };
    vault.add("main", credential).unwrap();
    vault
}

fn config(binance: &Binance, base: &str, folder: &Path) -> String {
    let (rest, streams) = (&binance.rest, &binance.streams);
    let state = folder.join("state");
    format!(
        r#"trading_enabled = true
state = "{}"
[feed]
kind = "binance_spot"
symbols = {{ BTC = "BTCUSDT" }}
depth_every_ms = 100
rest_url = "{rest}"
market_url = "{streams}"
depth_url = "{streams}"
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
lot_step = 0.001
leverage = 10
[[strategy]]
kind = "scalper"
sizing = {{ method = "fixed_quantity", quantity = 0.2 }}
[strategy.params]
volume_rule = false
rsi_rule = false
baseline_period = 2
ma_period = 2
min_imbalance = 0.5
max_hold_s = 15
[venue.demo]
kind = "match_trader"
url = "{base}"
positions = "hedging"
currency = "USD"
per_minute = 5_000
suffix = ".r"
quotes_every_ms = 1_000
[venue.demo.symbols.BTC]
name = "{THERE}"
contract_size = 0.1
offset = 10
max_deviation = 0.01
[[account]]
name = "main"
venue = "demo"
number = "{NUMBER}"
"#,
        state.display()
    )
}

/// What became of signals, as the journal tells.
fn results(folder: &Path) -> Vec<String> {
    let journal = ReadFolder::new(&folder.join("state").join("journal"));
    let own = OwnStrategies::default();
    let mut told = Vec::new();
    let reader = Reader::oldest(journal).unwrap();
    let replay = replay_seen(reader, &build_with(&own), &mut Recovered::default(), &mut |seen| {
        for happening in seen.happenings.drain(..) {
            if matches!(happening, Happening::Result(_) | Happening::Alert(_)) {
                told.push(format!("{happening:?}"));
            }
        }
    });
    replay.unwrap();
    told
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_imbalance_of_one_market_trades_at_another_with_its_name_size_and_price() {
    // The tests' own HTTP client wants one.
    let _set = rustls::crypto::ring::default_provider().install_default();
    let folder = tempfile::tempdir().unwrap();
    let minute = Minute::read(0);
    let tempo = time_of(&minute);
    let market = minute.bars[0].ohlc[0];
    let binance = Binance::open(&minute).await;
    let (desk, base) = broker(Clock::paced(tempo), market + d("10")).await;
    let text = config(&binance, &base, folder.path());
    let ways = Ways::new(Some(&vault(folder.path())), 1);
    let mut trading = Trading::start(&text, ways, tempo).await;
    let mut held = Vec::new();
    let holds = |status: ServiceStatus| held.extend(status.runner.accounts[0].positions.clone());
    trading.play(&binance, &minute, holds).await;
    let flat = |status: &ServiceStatus| status.runner.accounts[0].positions.is_empty();
    trading.until("the end of the last hold", flat).await;
    trading.end().await;
    let opened: Vec<_> = desk
        .with(|exchange, _| exchange.take_executions())
        .into_iter()
        .filter(|e| e.deed == Deed::Opened)
        .collect();
    assert!(
        !opened.is_empty() && !held.is_empty(),
        "nothing was traded: {:?}",
        results(folder.path())
    );
    for execution in &opened {
        assert_eq!((execution.symbol.as_str(), execution.volume), (THERE, d("2")));
        // Stop and target are a quarter and two fifths of a hundredth away from the feed's
        // price, which is ten dollars below.
        let levels = format!("{:?}", execution.levels);
        let (stop, target) = (execution.levels.stop.unwrap(), execution.levels.target.unwrap());
        assert!((stop - target).abs() > market * d("0.0064"), "{levels}");
        assert!((stop - target).abs() < market * d("0.0066"), "{levels}");
    }
    for position in &held {
        assert_eq!((position.symbol.as_str(), position.quantity), ("BTC", d("0.2")));
        let apart = (position.entry - market).abs();
        assert!(apart <= d("0.02"), "counted as the feed counts: {} and {market}", position.entry);
    }
}
