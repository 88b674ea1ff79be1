//! Feeds from Binance, and venues that count otherwise.

#![allow(clippy::unwrap_used)]

use std::path::Path;

use rust_decimal::Decimal;
use tickstep_config::OwnStrategies;
use tickstep_core::units::{Fraction, Nanos};

use super::LiveConfig;
use crate::broker::SymbolScale;
use crate::feed::binance::BinanceMarket;
use crate::runner::VenueSetup;

const WHOLE: &str = r#"trading_enabled = true
state = "state"

[feed]
kind = "binance_futures"
symbols = { BTC = "BTCUSDT" }

[reference]
currency = "USD"
cash = 100_000

[costs]
maker_fee = 0
taker_fee = 0
slippage = { ticks = 0 }

[[instrument]]
symbol = "BTC"
tick_size = 0.1
lot_step = 0.001

[[instrument]]
symbol = "ETHUSDT"
tick_size = 0.01
lot_step = 0.001

[[strategy]]
kind = "scalper"
sizing = { method = "fixed_notional", notional = 10_000 }
[strategy.params]
depth = { depth = 15 }

[venue.demo]
kind = "match_trader"
url = "https://mtr.example.com"
positions = "hedging"
suffix = ".x"
[venue.demo.symbols.BTC]
name = "BTCUSD"
contract_size = 0.1
multiplier = 10
offset = -2.5
max_deviation = 0.002

[[account]]
name = "main"
venue = "demo"
number = "950552"
"#;

fn parse(text: &str) -> Result<LiveConfig, String> {
    let own = OwnStrategies::default();
    LiveConfig::parse(text, Path::new("live.toml"), &[], &own).map_err(|e| e.to_string())
}

fn d(text: &str) -> Decimal {
    text.parse().unwrap()
}

#[test]
fn a_feed_and_a_venue_are_chosen_apart() {
    let config = parse(WHOLE).unwrap();
    assert_eq!(parse(&config.text()).unwrap(), config);
    let (market, feed) = config.feed.binance().unwrap();
    assert_eq!((market, config.book_levels()), (BinanceMarket::UsdM, 15));
    let terms = feed.terms(market, config.book_levels(), 2_000);
    assert_eq!(terms.market_url, "wss://fstream.binance.com/market");
    assert_eq!(terms.depth_url, "wss://fstream.binance.com/public");
    assert_eq!(feed.rest_url(market), "https://fapi.binance.com");
    assert_eq!((terms.levels, terms.weight_per_minute), (15, 1_200));
    assert_eq!((feed.symbol("BTC"), feed.symbol("ETHUSDT")), ("BTCUSDT".into(), "ETHUSDT".into()));
    let setup = config.setup(Nanos(0)).unwrap();
    assert!(!setup.settings.marks_by_quotes);
    let VenueSetup::Broker { symbols, most_apart, .. } = &setup.accounts[0].venue else { panic!() };
    assert_eq!(symbols, &[Some("BTCUSD".to_owned()), Some("ETHUSDT.x".to_owned())]);
    assert_eq!(most_apart, &[Some(Fraction::lit(2, 3)), None]);
    let broker = config.venue["demo"].broker().unwrap();
    let scale = SymbolScale { contract_size: d("0.1"), multiplier: d("10"), offset: d("-2.5") };
    assert_eq!(broker.scales()["BTCUSD"], scale);
    // Quotes are asked for every two seconds, which its limit of requests pays for.
    assert_eq!(config.quoted_accounts()[0].0.name, "main");
    assert_eq!(setup.hosts[0].feed, 30);
    let without = parse(&WHOLE.replace("max_deviation = 0.002\n", "")).unwrap();
    assert!(without.quoted_accounts().is_empty());
    assert_eq!(without.setup(Nanos(0)).unwrap().hosts[0].feed, 0);
}

#[test]
fn a_name_alone_is_a_name_and_an_empty_one_is_not_traded() {
    let table = WHOLE.find("[venue.demo.symbols.BTC]").unwrap();
    let account = WHOLE.find("[[account]]").unwrap();
    let of = |symbols: &str| format!("{}{symbols}\n{}", &WHOLE[..table], &WHOLE[account..]);
    let config = parse(&of("symbols = { BTC = \"XBT\", ETHUSDT = \"\" }")).unwrap();
    assert!(config.text().contains("BTC = \"XBT\""), "{}", config.text());
    let broker = config.venue["demo"].broker().unwrap();
    assert_eq!((broker.symbol("BTC"), broker.symbol("ETHUSDT")), (Some("XBT".to_owned()), None));
    let twice = parse(&of("symbols = { BTC = \"X\", ETHUSDT = \"X\" }")).unwrap_err();
    assert!(twice.contains("venue.demo.symbols.ETHUSDT: BTC is called X there too"), "{twice}");
}

#[test]
fn faults_name_their_place_and_what_would_be_right() {
    for (from, to, words) in [
        (
            "kind = \"binance_futures\"\nsymbols = { BTC = \"BTCUSDT\" }",
            "kind = \"match_trader\"\naccount = \"main\"",
            "strategy[0].params: looks at the order book, which this feed does not have; take \
             kind = \"binance_futures\" or \"binance_spot\"",
        ),
        (
            "symbols = { BTC = \"BTCUSDT\" }",
            "depth_levels = 10",
            "strategy[0].params: looks at 15 levels of the book, and feed.depth_levels is 10",
        ),
        ("BTC = \"BTCUSDT\"", "BTX = \"A\"", "feed.symbols: no instrument is called BTX"),
        ("symbols = {", "symbls = {", "did you mean `symbols`?"),
        ("symbols = { BTC", "quiet_s = 4\nsymbols = { BTC", "feed.quiet_s: 4 is out of range"),
        (
            "symbols = { BTC",
            "market_url = \"ws://example.com\"\nsymbols = { BTC",
            "feed.market_url: without TLS only this machine is spoken to",
        ),
        (
            "symbols = { BTC",
            "rest_url = \"wss://example.com\"\nsymbols = { BTC",
            "feed.rest_url: it must begin with https://",
        ),
        (
            "tick_size = 0.1",
            "interval_s = 61\ntick_size = 0.1",
            "instrument[0].interval_s: Binance has no bars of 61 s",
        ),
        (
            "tick_size = 0.01",
            "tick_size = 0.0000000001",
            "instrument[1].tick_size: Binance has prices of at most 8 decimals",
        ),
        (
            "contract_size = 0.1",
            "contract_size = 0",
            "venue.demo.symbols.BTC.contract_size: 0 is out of range; it must be above 0",
        ),
        (
            "multiplier = 10",
            "multiplier = 3",
            "venue.demo.symbols.BTC.multiplier: 3 cannot be counted back exactly",
        ),
        (
            "max_deviation = 0.002",
            "max_deviation = 1",
            "venue.demo.symbols.BTC.max_deviation: 1 is out of range",
        ),
        ("offset = -2.5", "ofset = -2.5", "did you mean `offset`?"),
    ] {
        assert!(WHOLE.contains(from), "{from}");
        let said = parse(&WHOLE.replacen(from, to, 1)).unwrap_err();
        assert!(said.contains(words), "{to}\n  said:   {said}\n  wanted: {words}");
    }
}

#[test]
fn the_example_is_read() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../examples/live_binance.toml");
    let config = LiveConfig::read(Path::new(path), &[], &[], &OwnStrategies::default()).unwrap();
    assert_eq!((config.book_levels(), config.instrument.len()), (10, 2));
    assert!(config.runner(Nanos(0)).is_ok());
}
