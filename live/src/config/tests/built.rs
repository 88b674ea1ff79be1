//! What a runner is built of.

use tickstep_core::sizing::{Scaled, Sizing};
use tickstep_core::units::Nanos;

use super::*;
use crate::runner::VenueSetup;

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

#[test]
fn a_recording_pays_what_the_base_says_of_its_data() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::create_dir(dir.path().join("tested")).unwrap();
    let base = |funding: &str| {
        let instrument =
            "symbol = \"FILUSDT\"\ndata = [\"a.csv\"]\ntick_size = 0.001\nlot_step = 0.1";
        let text = format!(
            "[account]\ncurrency = \"USDT\"\ncash = 1_000\n[costs]\nmaker_fee = 0\n\
             taker_fee = 0\nslippage = {{ ticks = 1 }}\n[[instrument]]\n{instrument}\n\
             funding = {funding}\n[[strategy]]\nkind = \"sma_cross\"\n"
        );
        std::fs::write(dir.path().join("tested/base.toml"), text).unwrap();
    };
    let read = |feed: &str, changes: &[&str]| {
        let account = "[[account]]\nname = \"a\"\nvenue = \"p\"\n";
        let rest = format!("{feed}\n[venue.p]\nkind = \"paper\"\n{account}");
        let text = "base = \"tested/base.toml\"\ntrading_enabled = true\nstate = \"s\"\n";
        let path = dir.path().join("live.toml");
        std::fs::write(&path, format!("{text}{rest}")).unwrap();
        let changes: Vec<_> = changes.iter().map(|c| (*c).to_owned()).collect();
        let read = LiveConfig::read(&path, &changes, &[], &own());
        read.map(|config| config.feed).map_err(|error| error.to_string())
    };
    let paid = |feed: Result<FeedConfig, String>| match feed.unwrap() {
        FeedConfig::Tape { mut funding, .. } => funding.remove("FILUSDT"),
        other => panic!("{other:?}"),
    };
    let tape = "[feed]\nkind = \"tape\"\npath = \"t\"";
    base("{ file = \"rates.csv\", partial = true }");
    let file = dir.path().join("tested/rates.csv");
    assert_eq!(paid(read(tape, &[])), Some(FundingTerms::File { file }));
    let own = FundingTerms::Rate { rate: d("0.001"), every_s: 60 };
    let change = "feed.funding.FILUSDT={ rate = 0.001, every_s = 60 }";
    assert_eq!(paid(read(tape, &[change])), Some(own.clone()));
    let stated = "funding = { FILUSDT = { rate = 0.001, every_s = 60 } }";
    assert_eq!(paid(read(&format!("{tape}\n{stated}"), &[])), Some(own));
    base("{ rate = 2, every_s = 60 }");
    let said = read(tape, &[]).unwrap_err();
    assert!(said.contains("base.toml:13:"), "{said}");
    assert!(said.contains("rate 2 is out of range"), "{said}");
}
