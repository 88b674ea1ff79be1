//! Settings that come from the environment, and sections that are set by it.

use tickstep_core::sizing::Sizing;
use tickstep_core::units::Nanos;

use super::*;
use crate::runner::VenueSetup;

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
