use std::path::Path;

use proptest::prelude::*;
use rust_decimal::Decimal;
use tickstep_core::sizing::{Scaled, Sizing};
use tickstep_core::units::Nanos;

use super::*;
use crate::runner::VenueSetup;

const SAMPLE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../examples/live.toml");

/// A whole file without a base.
const WHOLE: &str = r#"trading_enabled = true
state = "state"

[feed]
kind = "tape"
path = "day.tape"

[reference]
currency = "USDT"
cash = 100_000

[costs]
maker_fee = 0.0004
taker_fee = 0.0004
slippage = { ticks = 0 }

[[instrument]]
symbol = "FILUSDT"
tick_size = 0.001
lot_step = 0.1
leverage = 10

[[instrument]]
symbol = "NEARUSDT"
tick_size = 0.001
lot_step = 0.1

[[strategy]]
kind = "sma_cross"
sizing = { method = "fixed_notional", notional = 10_000 }

[venue.demo]
kind = "match_trader"
url = "https://mtr.example.com"
positions = "hedging"

[[account]]
name = "main"
venue = "demo"
number = "950552"
template = "half"

[template.half]
size = { method = "multiplier", factor = 0.5 }
"#;

fn own() -> OwnStrategies {
    OwnStrategies::default()
}

fn parse(text: &str, changes: &[&str]) -> Result<LiveConfig, String> {
    let changes: Vec<String> = changes.iter().map(|c| (*c).to_owned()).collect();
    LiveConfig::parse(text, Path::new("live.toml"), &changes, &own()).map_err(|e| e.to_string())
}

fn fault(from: &str, to: &str) -> String {
    assert!(WHOLE.contains(from), "{from}");
    parse(&WHOLE.replacen(from, to, 1), &[]).unwrap_err()
}

fn sample(env: &[(&str, &str)]) -> Result<LiveConfig, String> {
    let env: Vec<_> = env.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
    LiveConfig::read(Path::new(SAMPLE), &[], &env, &own()).map_err(|e| e.to_string())
}

fn d(text: &str) -> Decimal {
    text.parse().unwrap()
}

#[test]
fn the_sample_is_read_with_its_base_and_can_be_traded() {
    let config = sample(&[]).unwrap();
    assert_eq!(config.reference.cash, d("100000"));
    assert_eq!(config.instrument[0].terms.symbol, "FILUSDT");
    assert_eq!(config.instrument[0].terms.tick_size, Some(d("0.001")));
    assert_eq!(config.costs.taker_fee, Some(d("0.0004")));
    assert!(config.state.ends_with("examples/live-state"), "{:?}", config.state);
    let setup = config.setup(Nanos(0)).unwrap();
    assert_eq!(setup.hosts.len(), 1);
    assert_eq!(setup.hosts[0].name, "mtr-demo-prod.match-trader.com");
    let names: Vec<_> = setup.accounts.iter().map(|a| a.name.as_str()).collect();
    assert_eq!(names, ["main", "second", "shadow"]);
    let sizings: Vec<_> = setup.accounts.iter().map(|a| a.engine.slots[0].sizing.clone()).collect();
    let buy = Sizing::FixedNotional { notional: d("10000") };
    let most =
        |of: Scaled, most| Sizing::Scaled(Box::new(Scaled { max_quantity: Some(d(most)), ..of }));
    let written = Scaled { reference: Some(d("100000")), ..Scaled::of(buy.clone()) };
    assert_eq!(sizings[0], most(Scaled::of(buy), "20000"));
    let small = Scaled { factor: d("0.1"), min_quantity: Some(d("50")), ..written.clone() };
    assert_eq!(sizings[1], most(small, "1000"));
    assert_eq!(sizings[2], most(Scaled { by_balance: true, ..written }, "20000"));
    let VenueSetup::Broker { symbols, log_in, identity, .. } = &setup.accounts[1].venue else {
        panic!("the second account is at a broker");
    };
    assert_eq!(symbols, &[Some("FILUSDT.".to_owned())]);
    assert_eq!((setup.accounts[1].rules.oldest, *log_in), (Some(Nanos::SECOND.times(5)), false));
    assert_eq!(identity, "950553 at mtr-demo-prod.match-trader.com");
    assert_eq!(setup.accounts[1].engine.risk.daily_loss, config.risk.daily_loss);
    assert!(setup.accounts[1].engine.risk.max_drawdown.is_some());
    assert!(setup.accounts[0].engine.risk.max_drawdown.is_none());
    assert!(matches!(setup.accounts[2].venue, VenueSetup::Paper(_)));
    assert_eq!(setup.accounts[2].engine.cash, d("25000"));
    assert!(!setup.settings.trading);
    assert!(config.runner(Nanos(0)).is_ok());
}

#[test]
fn every_base_of_the_examples_is_understood() {
    let folder = Path::new(SAMPLE).parent().unwrap();
    let dir = tempfile::tempdir().unwrap();
    for name in ["fil.toml", "fil_near.toml", "sweep.toml", "portfolio/shared_margin.toml"] {
        let base = folder.join(name).canonicalize().unwrap();
        let feed = "feed = { kind = \"tape\", path = \"t\" }";
        let account = "[[account]]\nname = \"a\"\nvenue = \"p\"\n";
        let rest = format!("{feed}\nvenue.p.kind = \"paper\"\n{account}");
        let base = format!("base = {:?}", base.display().to_string());
        let text = format!("{base}\ntrading_enabled = true\nstate = \"s\"\n{rest}");
        let path = dir.path().join("live.toml");
        std::fs::write(&path, text).unwrap();
        let read = LiveConfig::read(&path, &[], &[], &own());
        assert!(read.is_ok(), "{name}: {}", read.unwrap_err());
    }
}

#[test]
fn text_reads_back_to_the_same_and_has_every_default() {
    for config in [sample(&[]).unwrap(), parse(WHOLE, &[]).unwrap()] {
        let text = config.text();
        let again = LiveConfig::parse(&text, Path::new("text"), &[], &own());
        assert_eq!(again.as_ref(), Ok(&config), "{text}");
        assert_eq!(again.unwrap().text(), text);
        assert!(text.contains("max_readback_s = 30") && text.contains("mode = \"live\""), "{text}");
    }
}

#[test]
fn modes_decide_where_orders_go() {
    let kind = |changes: &[&str]| {
        let setup = parse(WHOLE, changes).unwrap().setup(Nanos(0)).unwrap();
        let paper = matches!(setup.accounts[0].venue, VenueSetup::Paper(_));
        (setup.settings.trading, paper, setup.hosts.len())
    };
    assert_eq!(kind(&[]), (true, false, 1));
    assert_eq!(kind(&["mode=dry_run"]), (false, false, 1));
    assert_eq!(kind(&["mode=paper"]), (true, true, 0));
    assert_eq!(kind(&["trading_enabled=false"]), (false, false, 1));
}

/// What is written instead of what, and what is said of it.
const FAULTS: &[(&str, &str, &str)] = &[
    (
        "name = \"main\"",
        "nam = \"main\"",
        "live.toml:38:1: unknown field `nam`, expected one of `name`, `venue`, `url`, `number`, `template`, `enabled`, `cash`, `initial_balance`; did you mean `name`?",
    ),
    (
        "venue = \"demo\"",
        "venue = \"dmo\"",
        "live.toml:39:9: account[0].venue: no venue is called dmo; there is demo; did you mean `demo`?",
    ),
    (
        "template = \"half\"",
        "template = \"hlf\"",
        "live.toml:41:12: account[0].template: no template is called hlf; there is half; did you mean `half`?",
    ),
    ("template = \"half\"", "", "no account follows it; name it in an [[account]], or remove it"),
    (
        "number = \"950552\"",
        "",
        "account[0].number: the broker's number of the account is not stated; write number = \"950552\"",
    ),
    (
        "factor = 0.5",
        "factor = 0",
        "template.half.size.factor: 0 is out of range; it must be above 0, at most 1000",
    ),
    ("maker_fee = 0.0004\n", "", "FILUSDT: maker_fee not stated, and costs have no default"),
    (
        "tick_size = 0.001\n",
        "",
        "instrument[0].tick_size: FILUSDT has no tick_size, and no data tells it here; write tick_size = 0.001",
    ),
    ("trading_enabled = true\n", "", "missing field `trading_enabled`"),
    ("state = \"state\"\n", "state = \"state\"\nstate = \"other\"\n", "duplicate key"),
    ("positions = \"hedging\"\n", "", "missing field `positions`"),
    ("cash = 100_000", "cash = 0", "reference.cash: 0 is out of range; it must be above 0"),
    (
        "https://mtr",
        "https://me:secret@mtr",
        "venue.demo.url: is to be an address and nothing else; logins are in the vault",
    ),
    ("https://mtr", "http://mtr", "venue.demo.url: without TLS only this machine is spoken to"),
    (
        "hedging\"",
        "hedging\"\nper_minute = 2",
        "venue.demo.per_minute: 2 is out of range; it must be 3 to 1000000",
    ),
    ("hedging\"", "hedging\"\npaths = { opn = \"/x\" }", "did you mean `open`?"),
    (
        "hedging\"",
        "hedging\"\nsymbols = { FILUSD = \"x\" }",
        "no instrument is called FILUSD; there is FILUSDT, NEARUSDT; did you mean `FILUSDT`?",
    ),
    (
        "hedging\"",
        "hedging\"\nper_day = 500",
        "venue.demo: the only account of a server could be read back every 1879 s with 450 requests a minute and 500 a day",
    ),
    (
        "kind = \"match_trader\"",
        "kind = \"match_trader_api\"",
        "venue.demo.paths: are not documented for this interface; write them out, or use kind = \"match_trader\"",
    ),
    ("kind = \"match_trader\"", "kind = \"match_tradr\"", "did you mean `match_trader`?"),
    (
        "[[strategy]]",
        "[journal]\nrotate_hours = 0\n[[strategy]]",
        "journal.rotate_hours: 0 is out of range; it must be 1 to 720",
    ),
    ("[[strategy]]", "[journal]\nkeep_file = 3\n[[strategy]]", "did you mean `keep_files`?"),
    (
        "[[strategy]]",
        "[store]\nlogs_days = 40_000\n[[strategy]]",
        "store.logs_days: 40000 is out of range; it must be 1 to 36500",
    ),
    ("[[strategy]]", "[store]\nmax_mb = 3\n[[strategy]]", "did you mean `max_mib`?"),
    (
        "factor = 0.5 }",
        "factor = 0.5 }\ndeny = [\"BTC\"]",
        "template.half.deny: no instrument is called BTC; there is FILUSDT, NEARUSDT",
    ),
    (
        "factor = 0.5 }",
        "factor = 0.5 }\nallow = []",
        "template.half.allow: leaves no instrument to trade",
    ),
    (
        "factor = 0.5 }",
        "factor = 0.5 }\nmin_quantity = 2\nmax_quantity = 1",
        "template.half.max_quantity: 1 is out of range; it must be at least min_quantity",
    ),
    (
        "factor = 0.5 }",
        "factor = 0.5 }\noldest_signal_ms = 40_000",
        "template.half.oldest_signal_ms: 40000 is out of range; it must be 1 to 30000",
    ),
    (
        "factor = 0.5 }",
        "factor = 0.5 }\n[template.half.risk]\ndaily_los = 0.1",
        "did you mean `daily_loss`?",
    ),
    (
        "factor = 0.5 }",
        "factor = 0.5 }\n[template.half.risk]\ndaily_loss = 2",
        "template.half.risk.daily_loss",
    ),
    (
        "[[strategy]]",
        "[limits]\nmax_readback_s = 0\n[[strategy]]",
        "limits.max_readback_s: 0 is out of range; it must be 1 to 3600",
    ),
    (
        "path = \"day.tape\"",
        "pth = \"day.tape\"",
        "unknown field `pth`, expected one of `path`, `speed`, `funding`; did you mean `path`?",
    ),
    (
        "kind = \"tape\"\npath = \"day.tape\"",
        "kind = \"match_trader\"\naccount = \"man\"",
        "feed.account: no account is called man; there is main; did you mean `main`?",
    ),
];

#[test]
fn faults_name_their_place_and_what_would_be_right() {
    for (from, to, words) in FAULTS {
        let said = fault(from, to);
        assert!(said.contains(words), "{to}\n  said:   {said}\n  wanted: {words}");
        assert!(!said.contains("secret"), "{said}");
    }
    let one = WHOLE.split("[[account]]").next().unwrap().replace("[reference]", "[account]");
    let words =
        "account: is a list here, [[account]]; what a backtest calls [account] is [reference]";
    assert!(parse(&one, &[]).unwrap_err().contains(words));
    let twice = WHOLE.replace(
        "[template.half]",
        "[[account]]\nname = \"b\"\nvenue = \"demo\"\nnumber = 950552\n[template.half]",
    );
    assert!(
        parse(&twice, &[])
            .unwrap_err()
            .contains("account[1].number: 950552 is the number of main too")
    );
    let twice = twice.replace("\"b\"", "\"main\"").replace("950552\n[", "950553\n[");
    assert!(
        parse(&twice, &[]).unwrap_err().contains("two accounts are called main; names must differ")
    );
}

#[test]
fn a_fault_of_the_base_is_told_in_the_base() {
    let dir = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| std::fs::write(dir.path().join(name), text).unwrap();
    let live = dir.path().join("live.toml");
    let rest = WHOLE.replace("[reference]\ncurrency = \"USDT\"\ncash = 100_000\n", "");
    write("live.toml", &format!("base = \"fil.toml\"\n{rest}"));
    let read = || LiveConfig::read(&live, &[], &[], &own()).map_err(|e| e.to_string());
    write("fil.toml", "[account]\ncurrency = \"USDT\"\ncash = 0\n");
    let said = read().unwrap_err();
    assert!(
        said.ends_with("fil.toml:3:8: account.cash: 0 is out of range; it must be above 0"),
        "{said}"
    );
    write("fil.toml", "[acount]\ncurrency = \"USDT\"\n");
    let said = read().unwrap_err();
    assert!(said.contains("fil.toml:1:2: unknown field of a backtest's file"), "{said}");
    assert!(said.ends_with("did you mean `account`?"), "{said}");
    write("fil.toml", "[account]\ncurrency = \"USDT\"\ncash = 5\n[sweep]\nx = 1\n");
    assert_eq!(read().unwrap().reference.cash, d("5"));
    write("live.toml", &format!("base = \"fil.toml\"\n{rest}\n[reference]\ncash = 7"));
    assert_eq!(read().unwrap().reference.cash, d("7"));
    assert_eq!(read().unwrap().reference.currency, "USDT");
}

/// Paths that a test makes up; nobody knows the real ones.
const PATHS: &str = "
[venue.demo.paths]
account = \"GET /v9/account\"
balance = \"GET /v9/account/summary\"
instruments = \"GET /v9/symbols\"
quotes = \"GET /v9/quotes\"
candles = \"GET /v9/candles\"
positions = \"GET /v9/positions\"
orders = \"GET /v9/pending-orders\"
closed = \"POST /v9/history\"
open = \"POST /v9/positions\"
edit = \"PATCH /v9/positions/{id}\"
close = \"POST /v9/positions/{id}/close\"
create_order = \"POST /v9/pending-orders\"
edit_order = \"PATCH /v9/pending-orders/{id}\"
cancel_order = \"DELETE /v9/pending-orders/{id}\"
time_unit = \"milliseconds\"
\"names.lots\" = \"volume\"
";

#[test]
fn the_trader_api_is_off_until_every_path_is_there_and_sound() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("live.toml");
    let whole = WHOLE.replace("\"match_trader\"", "\"match_trader_api\"") + PATHS;
    let read = |text: &str| {
        std::fs::write(&file, text).unwrap();
        LiveConfig::read(&file, &[], &[], &own()).map_err(|e| e.to_string())
    };
    let config = read(&whole).unwrap();
    let abilities = config.venue["demo"].abilities().unwrap();
    assert!(abilities.names_intents && abilities.idempotent);
    assert_eq!(LiveConfig::parse(&config.text(), &file, &[], &own()).unwrap(), config);
    // Its market can be the feed, too.
    let fed = whole.replace(
        "kind = \"tape\"\npath = \"day.tape\"",
        "kind = \"match_trader\"\naccount = \"main\"",
    );
    assert!(read(&fed).is_ok(), "{:?}", read(&fed));
    let line = |text: &str, part: &str| text.lines().position(|l| l.contains(part)).unwrap() + 1;
    for (from, to, key, words) in [
        (
            "PATCH /v9/positions/{id}",
            "PATCH /v9/positions",
            "edit",
            "paths.edit: \"PATCH /v9/positions\": {id} stands in it once",
        ),
        ("milliseconds", "hours", "time_unit", "paths.time_unit: seconds or milliseconds"),
        ("open = ", "opn = ", "opn", "did you mean `open`?"),
        ("https://mtr", "http://mtr", "url", "venue.demo.url: without TLS only this machine"),
    ] {
        let text = whole.replacen(from, to, 1);
        let said = read(&text).unwrap_err();
        let at = format!("live.toml:{}:", line(&text, &format!("{key} = ")));
        assert!(said.contains(&at) && said.contains(words), "{said}, not {at}");
    }
    let said = read(&whole.replace("balance = \"GET /v9/account/summary\"\n", "")).unwrap_err();
    assert!(said.contains("venue.demo.paths: balance: has to be there"), "{said}");
}

#[test]
fn what_is_kept_and_where_an_account_is_can_be_stated_and_set() {
    let sample = sample(&[]).unwrap();
    let (journal, store) = (JournalConfig::default(), StoreConfig::default());
    assert_eq!((&sample.journal, &sample.store), (&journal, &store), "the sample has the defaults");
    let config = parse(WHOLE, &["journal.keep_files=30"]).unwrap();
    assert_eq!(config.journal.rotation().keep, Some(30));
    let set = |name: &str, value: &str| {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("live.toml");
        std::fs::write(&file, WHOLE).unwrap();
        let env = [(name.to_owned(), value.to_owned())];
        LiveConfig::read(&file, &[], &env, &own()).map_err(|e| e.to_string())
    };
    let off = set("TRADING_ENABLED", "false").unwrap();
    assert!(parse(WHOLE, &[]).unwrap().settings().trading && !off.settings().trading);
    let config = set("TICKSTEP_LIVE__JOURNAL__ROTATE_HOURS", "6").unwrap();
    assert_eq!(config.journal.rotation().every, Nanos::HOUR.times(6));
    let config = set("TICKSTEP_LIVE__STORE__CANDLES_DAYS", "40").unwrap();
    assert_eq!(config.store.options().retention.candles, Nanos::DAY.times(40));
    let said = set("TICKSTEP_LIVE__STORE__CANDLE_DAYS", "40").unwrap_err();
    assert!(said.contains("TICKSTEP_LIVE__STORE__CANDLE_DAYS"), "{said}");
    assert!(said.contains("did you mean `candles_days`?"), "{said}");
    let config = set("TICKSTEP_LIVE__ACCOUNT__MAIN__URL", "https://mtr2.example.com").unwrap();
    let main = &config.account[0];
    assert_eq!(config.broker(main).unwrap().server(), "mtr2.example.com");
    assert_eq!(config.venue["demo"].broker().unwrap().server(), "mtr.example.com");
    let setup = config.setup(Nanos(0)).unwrap();
    assert_eq!(setup.hosts.iter().map(|h| &*h.name).collect::<Vec<_>>(), ["mtr2.example.com"]);
    let VenueSetup::Broker { identity, .. } = &setup.accounts[0].venue else { panic!() };
    assert_eq!(identity, "950552 at mtr2.example.com");
    let said = set("TICKSTEP_LIVE__ACCOUNT__MAIN__URL", "http://mtr2.example.com").unwrap_err();
    assert!(said.contains("account[0].url: without TLS only this machine"), "{said}");
    // A server of two venues has one limit of requests, also where an account names it.
    let two = WHOLE.replace(
        "[template.half]",
        "[[account]]\nname = \"b\"\nvenue = \"other\"\nnumber = 7\nurl = \"https://mtr.example.com\"\n\
         [venue.other]\nkind = \"match_trader\"\nurl = \"https://x.example.com\"\n\
         positions = \"hedging\"\nper_minute = 300\n[template.half]",
    );
    let said = parse(&two, &[]).unwrap_err();
    let words = "account[1].url: is the server of venue.demo too; state the same per_minute";
    assert!(said.contains(words), "{said}");
    assert!(parse(&two.replace("per_minute = 300", "per_minute = 450"), &[]).is_ok());
}

#[test]
fn every_setting_can_come_from_the_environment() {
    let config = sample(&[
        ("TICKSTEP_LIVE__FEED__KIND", "tape"),
        ("TICKSTEP_LIVE__FEED__PATH", "x.tape"),
        ("HOME", "/root"),
    ]);
    // What the file says of the other kind does not apply, and the fault says so.
    let said = config.unwrap_err();
    assert!(said.contains("unknown field `account`"), "{said}");
    let config = sample(&[
        ("TRADING_ENABLED", "true"),
        ("MAX_POSITION_SIZE", "62.5"),
        ("TICKSTEP_LIVE__ACCOUNT__SECOND__ENABLED", "true"),
        ("TICKSTEP_LIVE__VENUE__DEMO__PER_MINUTE", "300"),
        ("TICKSTEP_LIVE__TEMPLATE__IN_PROPORTION__SIZE__FACTOR", "2"),
        ("TICKSTEP_LIVE__INSTRUMENT__FILUSDT__LEVERAGE", "5"),
        ("TICKSTEP_LIVE__STRATEGY__SCALPER__SIZING__NOTIONAL", "5000"),
        ("TICKSTEP_LIVE__REFERENCE__CURRENCY", "USD"),
    ])
    .unwrap();
    assert!(config.trading_enabled && config.account[1].enabled);
    assert_eq!(config.limits.max_quantity, Some(d("62.5")));
    assert_eq!(config.venue["demo"].broker().unwrap().per_minute, 300);
    assert_eq!(
        config.template["in_proportion"].size,
        TemplateSize::BalanceRatio { factor: d("2") }
    );
    assert_eq!(config.instrument[0].terms.leverage, Some(d("5")));
    assert_eq!(config.strategy[0].sizing, Sizing::FixedNotional { notional: d("5000") });
    assert_eq!(config.reference.currency, "USD");
}

#[test]
fn a_variable_that_is_wrong_is_named_and_its_value_is_not() {
    for (name, value, words) in [
        ("TICKSTEP_LIVE__FED__KIND", "tape", "TICKSTEP_LIVE__FED__KIND: fed: unknown field `fed`"),
        ("TICKSTEP_LIVE__FED__KIND", "tape", "did you mean `feed`?"),
        (
            "TICKSTEP_LIVE__LIMITS__MAX_READBCK_S",
            "5",
            "TICKSTEP_LIVE__LIMITS__MAX_READBCK_S: limits.max_readbck_s: unknown field",
        ),
        ("TICKSTEP_LIVE__LIMITS__MAX_READBCK_S", "5", "did you mean `max_readback_s`?"),
        (
            "TICKSTEP_LIVE__LIMITS__MAX_READBACK_S",
            "0",
            "TICKSTEP_LIVE__LIMITS__MAX_READBACK_S: limits.max_readback_s: 0 is out of range; it must be 1 to 3600",
        ),
        (
            "TICKSTEP_LIVE__ACCOUNT__MIAN__ENABLED",
            "true",
            "TICKSTEP_LIVE__ACCOUNT__MIAN__ENABLED: account has no entry MIAN; there is MAIN, SECOND, SHADOW; did you mean `MAIN`?",
        ),
        (
            "TICKSTEP_LIVE__FEED____KIND",
            "tape",
            "TICKSTEP_LIVE__FEED____KIND: has an empty step; write TICKSTEP_LIVE__FEED__KIND",
        ),
        ("TICKSTEP_LIVE__VENUE__DEMO__PASSWORD", "hunter2", "unknown field `password`"),
        (
            "TICKSTEP_LIVE__TRADING_ENABLED__X",
            "hunter2",
            "TICKSTEP_LIVE__TRADING_ENABLED__X: trading_enabled.x: trading_enabled is a value, not a table",
        ),
        (
            "TRADING_ENABLED",
            "maybe",
            "TRADING_ENABLED: trading_enabled: invalid type: string \"maybe\", expected a boolean",
        ),
        (
            "MAX_POSITION_SIZE",
            "0",
            "MAX_POSITION_SIZE: limits.max_quantity: 0 is out of range; it must be above 0",
        ),
        (
            "RISK_PER_TRADE",
            "0.02",
            "RISK_PER_TRADE: no strategy and no template is sized by risk; remove it, or size one so",
        ),
    ] {
        let said = sample(&[(name, value)]).unwrap_err();
        assert!(said.contains(words), "{name}\n  said:   {said}\n  wanted: {words}");
        assert!(!said.contains("hunter2"), "{said}");
    }
}

#[test]
fn risk_per_trade_is_that_of_every_size_by_risk() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("live.toml");
    let sized = "sizing = { method = \"fixed_notional\", notional = 10_000 }";
    let by_risk = "size = { method = \"risk\", risk_fraction = 0.01, max_margin_use = 0.5 }";
    let text = WHOLE.replace(sized, "");
    let text = text.replace("size = { method = \"multiplier\", factor = 0.5 }", by_risk);
    std::fs::write(&path, text).unwrap();
    let read = |value: &str| {
        let env = [("RISK_PER_TRADE".to_owned(), value.to_owned())];
        LiveConfig::read(&path, &[], &env, &own()).map_err(|e| e.to_string())
    };
    let config = read("0.02").unwrap();
    let Sizing::Risk { risk_fraction, .. } = &config.strategy[0].sizing else {
        panic!("it is by risk where nothing is stated");
    };
    assert_eq!(risk_fraction.decimal(), d("0.02"));
    let TemplateSize::Risk { risk_fraction, .. } = &config.template["half"].size else {
        panic!("the template is by risk");
    };
    assert_eq!(risk_fraction.decimal(), d("0.02"));
    let said = read("2").unwrap_err();
    assert!(
        said.contains("RISK_PER_TRADE")
            && said.contains("2 is out of range; it must be 0.01 to 0.05"),
        "{said}"
    );
}

#[test]
fn changes_reach_values_and_lists_and_say_what_they_changed() {
    let config = parse(WHOLE, &[]).unwrap();
    let changed = |changes: &[&str]| {
        let changes: Vec<String> = changes.iter().map(|c| (*c).to_owned()).collect();
        config.changed(&changes, &own()).map_err(|e| e.to_string())
    };
    let told = |changes: &[&str]| {
        let new = changed(changes).unwrap();
        let each = config.changes_to(&new);
        let told = each.iter().map(|c| format!("{} {:?} {:?}", c.key, c.old, c.new));
        told.collect::<Vec<_>>()
    };
    assert_eq!(told(&["trading_enabled=true"]), Vec::<String>::new());
    assert_eq!(
        told(&["template.half.size.factor=0.25", "account.main.enabled=false"]),
        [
            "account.main.enabled Some(\"true\") Some(\"false\")",
            "template.half.size.factor Some(\"\\\"0.5\\\"\") Some(\"\\\"0.25\\\"\")",
        ]
    );
    let more = "account+={ name = \"b\", venue = \"demo\", number = \"7\" }";
    assert_eq!(changed(&[more]).unwrap().account_names().collect::<Vec<_>>(), ["main", "b"]);
    assert_eq!(changed(&[more, "account-=b"]).unwrap(), config);
    let fewer = changed(&["instrument-=NEARUSDT"]).unwrap();
    assert_eq!(fewer.instrument.len(), 1);
    let deny = changed(&["template.half.deny+=\"NEARUSDT\""]).unwrap();
    assert_eq!(deny.template["half"].deny, ["NEARUSDT"]);
    assert_eq!(
        deny.changed(&["template.half.deny-=NEARUSDT".to_owned()], &own()),
        Ok(config.clone())
    );
    for (change, words) in [
        (
            "account.man.enabled=false",
            "--set account.man.enabled=false: no account is called man; there is main; did you mean `main`?",
        ),
        (
            "account-=man",
            "--set account-=man: man is not in the list; there is main; did you mean `main`?",
        ),
        ("instrument+={ symbol = \"FILUSDT\" }", "FILUSDT is there already"),
        ("trading_enabled+=1", "trading_enabled is no list; write key=value"),
        (
            "template.half.size.factor=2000",
            "template.half.size.factor: 2000 is out of range; it must be above 0, at most 1000",
        ),
        ("limits.timeout_mss=1", "did you mean `timeout_ms`?"),
        ("instrument-=FILUSDT", ""),
    ] {
        match changed(&[change]) {
            Ok(_) => assert!(words.is_empty(), "{change} was taken"),
            Err(said) => assert!(said.contains(words) && !words.is_empty(), "{change}: {said}"),
        }
    }
}

#[test]
fn accounts_share_the_limit_of_their_server_unless_it_counts_each() {
    let second = "[[account]]\nname = \"b\"\nvenue = \"demo\"\nnumber = \"7\"\n[template.half]";
    let two = WHOLE.replace("[template.half]", second);
    let hosts = |text: &str| {
        let setup = parse(text, &[]).unwrap().setup(Nanos(0)).unwrap();
        setup.hosts.into_iter().map(|h| h.name).collect::<Vec<_>>()
    };
    assert_eq!(hosts(&two), ["mtr.example.com"]);
    let each = two.replace("hedging\"", "hedging\"\ncounted = \"account\"");
    assert_eq!(hosts(&each), ["mtr.example.com main", "mtr.example.com b"]);
    let config = parse(&each, &[]).unwrap();
    assert_eq!(config.server_of("b").as_deref(), Some("mtr.example.com"));
    assert_eq!(config.server_of("c"), None);
    let other = "[venue.other]\nkind = \"match_trader\"\nurl = \"https://mtr.example.com/\"\n\
                 positions = \"netting\"\nper_minute = 400\n[[account]]\nname = \"c\"\n\
                 venue = \"other\"\nnumber = \"8\"\n[template.half]";
    let said = parse(&WHOLE.replace("[template.half]", other), &[]).unwrap_err();
    assert!(said.contains("is the server of venue.demo too; state the same per_minute"), "{said}");
}

#[test]
fn the_currency_and_the_initial_balance_are_those_that_are_stated_nearest() {
    let setup = |config: &LiveConfig| config.setup(Nanos(0)).unwrap();
    let currency = |config: &LiveConfig| match &setup(config).accounts[0].venue {
        VenueSetup::Broker { currency, .. } => currency.clone(),
        VenueSetup::Paper(_) => panic!("the first account is at a broker"),
    };
    let whole = parse(WHOLE, &[]).unwrap();
    assert_eq!(currency(&whole), "USDT");
    let named = parse(WHOLE, &["venue.demo.currency=USD"]).unwrap();
    assert_eq!(currency(&named), "USD");
    let initial = |config: &LiveConfig| setup(config).accounts[0].engine.risk.initial_balance;
    assert_eq!(initial(&whole), None);
    let drawdown = "risk.max_drawdown=0.1";
    let of_all = parse(WHOLE, &[drawdown, "risk.initial_balance=5000"]).unwrap();
    assert_eq!(initial(&of_all), Some(d("5000")));
    let changes = [drawdown, "risk.initial_balance=5000", "account.main.initial_balance=7000"];
    assert_eq!(initial(&parse(WHOLE, &changes).unwrap()), Some(d("7000")));
    let changes =
        [drawdown, "risk.initial_balance=5000", "template.half.risk={ initial_balance = 6000 }"];
    assert_eq!(initial(&parse(WHOLE, &changes).unwrap()), Some(d("6000")));
    let said = parse(WHOLE, &["account.main.initial_balance=7000"]).unwrap_err();
    assert!(said.contains("initial_balance needs a max_drawdown or a profit_target"), "{said}");
}

#[test]
fn what_the_feed_asks_for_is_kept_of_the_limit_of_its_own_host() {
    let config = sample(&[]).unwrap();
    let host = config.setup(Nanos(0)).unwrap().hosts.swap_remove(0);
    // Quotes each second, and two requests for the candle of each minute.
    assert_eq!((host.per_minute, host.feed), (450, 62));
    assert_eq!(config.candles_a_minute(), 2);
    let slower = config.changed(&["feed.quotes_every_ms=5000".to_owned()], &own()).unwrap();
    assert_eq!(slower.setup(Nanos(0)).unwrap().hosts[0].feed, 14);
}

/// A value of any kind that is allowed at its place.
fn changes() -> impl proptest::strategy::Strategy<Value = Vec<String>> {
    let quantity = (1_i64..1_000_000, 0_u32..6).prop_map(|(n, scale)| Decimal::new(n, scale));
    let sizes = (0..4, quantity.clone()).prop_map(|(which, q)| {
        let factor = q.min(Decimal::ONE_THOUSAND);
        match which {
            0 => "{ method = \"own\" }".to_owned(),
            1 => format!("{{ method = \"multiplier\", factor = {factor} }}"),
            2 => format!("{{ method = \"balance_ratio\", factor = {factor} }}"),
            _ => format!("{{ method = \"fixed_quantity\", quantity = {q} }}"),
        }
    });
    let name = "[a-z][a-z0-9-]{0,6}";
    let accounts = proptest::collection::btree_map(name, any::<bool>(), 0..4);
    (sizes, quantity, 1_u32..30_000, any::<bool>(), accounts, 0_i64..100_000).prop_map(
        |(size, most, age, deny, accounts, floor)| {
            let mut changes = vec![
                format!("template.half.size={size}"),
                format!("template.half.max_quantity={most}"),
                format!("template.half.oldest_signal_ms={age}"),
                format!("template.half.free_margin_floor={}", Decimal::new(floor, 2)),
                format!("template.half.risk={{ daily_loss = 0.0{age} }}"),
            ];
            if deny {
                changes.push("template.half.deny+=\"FILUSDT\"".to_owned());
            }
            for (at, (name, enabled)) in accounts.into_iter().enumerate() {
                let rest = format!("number = {at}, enabled = {enabled}");
                let named = format!("name = \"x{name}\", venue = \"demo\"");
                changes.push(format!("account+={{ {named}, {rest} }}"));
            }
            changes
        },
    )
}

proptest! {
    #[test]
    fn any_configuration_reads_back_from_its_text(changes in changes()) {
        let config = LiveConfig::parse(WHOLE, Path::new("live.toml"), &changes, &own()).unwrap();
        let again = LiveConfig::parse(&config.text(), Path::new("text"), &[], &own());
        prop_assert_eq!(again.as_ref(), Ok(&config));
        // What is told as changed, made to the first, gives the other.
        let first = parse(WHOLE, &[]).unwrap();
        prop_assert_eq!(first.changes_to(&config).is_empty(), first == config);
        prop_assert!(config.changes_to(&config).is_empty());
    }
}
