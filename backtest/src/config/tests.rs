use std::path::Path;

use rust_decimal::Decimal;
use tickstep_core::instrument::Slippage;
use tickstep_core::sizing::{Scaled, Sizing};
use tickstep_core::strategy::sma_cross::SmaCrossParams;

use super::*;

const BASE: &str = r#"[account]
currency = "USDT"
cash = 100_000

[costs]
maker_fee = 0.0002
taker_fee = 0.0005
slippage = { ticks = 1 }

[[instrument]]
symbol = "A"
data = ["a.csv"]

[[strategy]]
kind = "scalper"
params = { spike_multiple = 2 }
"#;

fn read(text: &str, sets: &[&str]) -> Result<Config, ConfigError> {
    let sets: Vec<String> = sets.iter().map(|s| (*s).to_owned()).collect();
    Config::parse(text, Path::new("c.toml"), &sets)
}

fn with(from: &str, to: &str) -> Result<Config, ConfigError> {
    assert!(BASE.contains(from), "{from}");
    read(&BASE.replace(from, to), &[])
}

fn fault(from: &str, to: &str) -> String {
    with(from, to).unwrap_err().to_string()
}

fn set_fault(set: &str) -> String {
    read(BASE, &[set]).unwrap_err().to_string()
}

fn d(text: &str) -> Decimal {
    text.parse().unwrap()
}

/// The spike multiple of a strategy.
fn scalper(config: &Config, i: usize) -> Decimal {
    match config.strategy[i].params.built_in() {
        Some(StrategyParams::Scalper(p)) => p.spike_multiple.into(),
        _ => panic!("strategy {i} is no scalper"),
    }
}

/// The configuration with a cross in the scalper's place, `params` a line of TOML.
fn cross(params: &str, sets: &[&str]) -> Result<SmaCrossParams, String> {
    let text = BASE.replace("kind = \"scalper\"\nparams = { spike_multiple = 2 }", params);
    match read(&text, sets).map_err(|e| e.to_string())?.strategy[0].params.built_in() {
        Some(StrategyParams::SmaCross(p)) => Ok(p.clone()),
        _ => panic!("{params} is no cross"),
    }
}

#[test]
fn files_keep_every_digit_of_a_decimal_or_refuse_it() {
    let fee = with("0.0005", "0.00039999999999999999999").unwrap().costs.taker_fee;
    assert_eq!(fee, Some(d("0.00039999999999999999999")));
    let cash = with("100_000", "123_456_789.123456789012").unwrap().account.cash;
    assert_eq!(cash, d("123456789.123456789012"));
    assert_eq!(with("100_000", "99999999999999999999").unwrap().account.cash.to_string().len(), 20);
    let tiny = fault("0.0005", "1e-30");
    assert!(tiny.starts_with("c.toml:7:13: costs.taker_fee: 1e-30 cannot be kept"), "{tiny}");
    let quoted = fault("0.0005", "\"0.00000000000000000000000000000000001\"");
    assert!(quoted.contains("costs.taker_fee: 0.000"), "{quoted}");
}

#[test]
fn sets_keep_every_digit_of_a_decimal_or_refuse_it() {
    let read = |set| read(BASE, &[set]).unwrap();
    let fee = read("costs.taker_fee=0.00039999999999999999999").costs.taker_fee;
    assert_eq!(fee, Some(d("0.00039999999999999999999")));
    assert_eq!(
        read("account.cash=123456789.123456789012").account.cash,
        d("123456789.123456789012")
    );
    assert!(set_fault("costs.taker_fee=1e-30").contains("--set costs.taker_fee=1e-30: 1e-30"));
}

#[test]
fn ranges_name_the_whole_path_and_the_place() {
    assert_eq!(
        fault("spike_multiple = 2", "spike_multiple = 0"),
        "c.toml:16:29: strategy[0].params.spike_multiple: 0 is out of range; it must be above 0, \
         at most 100"
    );
    assert_eq!(
        set_fault("strategy.params.spike_multiple=0"),
        "strategy[0].params.spike_multiple: 0 is out of range; it must be above 0, at most 100"
    );
    assert!(fault("100_000", "0").starts_with("c.toml:3:8: account.cash: 0 is out of range"));
}

#[test]
fn numbers_too_large_for_their_type_say_what_is_allowed() {
    let large = set_fault("simulation.max_gap=99999999999999999999");
    assert_eq!(
        large,
        "simulation.max_gap: 99999999999999999999 is not allowed; it must be a whole number, 0 to \
         4294967295"
    );
    assert!(set_fault("simulation.max_gap=-1").contains("-1 is not allowed"));
    assert!(set_fault("account.cash=1e40").contains("below 7.9e28"));
}

#[test]
fn funding_is_one_of_two_and_names_the_nearest_key() {
    let funding = |text: &str| with("data = [", &format!("funding = {text}\ndata = ["));
    let fault = |text: &str| funding(text).unwrap_err().to_string();
    assert!(funding("{ rate = 0.0001, every_s = 28800 }").is_ok());
    assert!(funding("{ file = \"rates.csv\" }").is_ok());
    for text in
        ["{}", "{ rate = 0.1 }", "{ every_s = 5 }", "{ rate = 0.1, every_s = 5, file = \"f\" }"]
    {
        assert!(fault(text).contains("instrument[0].funding: write either { rate"), "{text}");
    }
    let near = fault("{ rate = 0.1, evry_s = 5 }");
    assert!(near.starts_with("c.toml:12:25: unknown field `evry_s`"), "{near}");
    assert!(near.ends_with("did you mean `every_s`?"), "{near}");
    assert!(fault("{ rate = 1, every_s = 5 }").contains("rate: 1 is out of range"));
    assert!(fault("{ rate = -1.0, every_s = 5 }").contains("above -1 and below 1"));
    assert!(fault("{ rate = 0.1, every_s = 0 }").contains("funding.every_s: 0 is out of range"));
}

#[test]
fn data_says_what_an_item_may_be() {
    let number = fault("\"a.csv\"", "5");
    assert!(number.contains("instrument[0].data[0]: "), "{number}");
    assert!(number.contains("a file or pattern in quotes, or a list of them"), "{number}");
}

#[test]
fn slippage_has_one_unit_and_says_how_it_is_written() {
    let bps = read(BASE, &["costs.slippage.bps=1"]).unwrap().costs.slippage;
    assert_eq!(bps, Some(Slippage::Bps("1".parse().unwrap())));
    let bare = set_fault("costs.slippage=5");
    assert!(bare.starts_with("costs.slippage: "), "{bare}");
    assert!(bare.contains("write { ticks = 1 } or { bps = 0.5 }"), "{bare}");
}

#[test]
fn an_empty_symbol_or_currency_is_refused() {
    assert!(fault("\"A\"", "\"\"").contains("instrument[0].symbol: is empty"));
    assert!(fault("\"USDT\"", "\" \"").contains("account.currency: is empty"));
}

#[test]
fn a_conversion_ends_in_the_account_currency() {
    let b = |quote: &str, convert: &str| {
        let more = format!(
            "[[instrument]]\nsymbol = \"B\"\ndata = [\"b.csv\"]\nquote = \"{quote}\"\n{convert}\n"
        );
        let text = BASE.replace("[[strategy]]", &(more + "[[strategy]]"));
        read(&text, &[]).map(|_| ()).map_err(|e| e.to_string())
    };
    let convert = |via: &str, method: &str| {
        b("JPY", &format!("convert = {{ via = \"{via}\", method = \"{method}\" }}"))
    };
    assert_eq!(convert("A", "multiply"), Ok(()));
    assert_eq!(convert("B", "divide"), Ok(()));
    let own = convert("B", "multiply").unwrap_err();
    assert!(own.contains("instrument[1].convert.via: B cannot be multiplied by its own"), "{own}");
    let quote = convert("A", "divide").unwrap_err();
    assert!(quote.contains("A is quoted in USDT; to divide JPY by its price"), "{quote}");
    let third = "convert = { via = \"C\", method = \"multiply\" }\n[[instrument]]\nsymbol = \"C\"\n\
                 data = [\"c.csv\"]\nquote = \"EUR\"\nconvert = { via = \"A\", method = \"multiply\" }";
    let chain = b("JPY", third).unwrap_err();
    assert!(
        chain.contains("C is quoted in EUR; to multiply by its price gives USDT only"),
        "{chain}"
    );
}

#[test]
fn strategies_have_names_that_differ() {
    let two = |first: &str, second: &str, sets: &[&str]| {
        let more = format!("[[strategy]]\nkind = \"scalper\"\n{second}\n");
        read(&(BASE.replace("kind =", &format!("{first}\nkind =")) + &more), sets)
    };
    assert_eq!(two("", "", &[]).unwrap().strategy_names(), ["scalper", "scalper#2"]);
    let named = two("", "name = \"slow\"", &["strategy.slow.params.spike_multiple=7"]).unwrap();
    assert_eq!(named.strategy_names(), ["scalper", "slow"]);
    assert_eq!((scalper(&named, 0), scalper(&named, 1)), (d("2"), d("7")));
    let second = two("", "", &["strategy.scalper#2.params.spike_multiple=7"]).unwrap();
    assert_eq!(scalper(&second, 1), d("7"));
    let same = two("", "name = \"scalper\"", &[]).unwrap_err().to_string();
    assert!(same.contains("two strategies are called scalper"), "{same}");
    let set = ["strategy.scalper.params.spike_multiple=7"];
    let which = two("name = \"a\"", "name = \"b\"", &set).unwrap_err().to_string();
    assert!(which.contains("scalper is ambiguous; it may be 0 (a), 1 (b)"), "{which}");
    assert!(two("name = \"\"", "", &[]).unwrap_err().to_string().contains("cannot be a name"));
}

#[test]
fn a_kind_has_its_own_parameters_and_defaults() {
    let spec = SmaCrossParams::spec();
    let kind = "kind = \"sma_cross\"\nsizing = { method = \"fixed_quantity\", quantity = 1 }\n";
    let with = |params: &str| cross(&format!("{kind}{params}"), &[]);
    assert_eq!(with(""), Ok(spec.clone()));
    assert_eq!(with("params = { slow = 200 }"), Ok(SmaCrossParams { slow: 200, ..spec.clone() }));
    let exits = "[strategy.params]\nfast = 1\ntake_profit = 0.300000000000000001\nstop_loss = 0.002\n\
                 max_hold_s = 60";
    let take_profit = Some("0.300000000000000001".parse().unwrap());
    let stop_loss = Some("0.002".parse().unwrap());
    let wanted = SmaCrossParams { fast: 1, take_profit, stop_loss, max_hold_s: Some(60), ..spec };
    assert_eq!(with(exits), Ok(wanted));
}

#[test]
fn a_size_by_risk_needs_no_stop_as_its_cap_is_the_size_then() {
    let of = |sizing: &str, sets: &[&str]| {
        let table = "[[strategy]]\nkind = \"scalper\"\nparams = { spike_multiple = 2 }";
        let cross = format!("[[strategy]]\nkind = \"sma_cross\"\n{sizing}");
        assert!(BASE.contains(table));
        read(&BASE.replace(table, &cross), sets).map_err(|e| e.to_string())
    };
    assert_eq!(of("", &[]).map(|c| c.strategy[0].sizing.clone()), Ok(Sizing::spec()));
    assert!(of("sizing = { method = \"risk\" }", &[]).is_ok());
    assert!(of("sizing = { method = \"kelly\" }", &[]).is_ok());
    assert!(of("", &["strategy.params.stop_loss=0.01"]).is_ok());
    assert!(of("sizing = { method = \"fixed_notional\", notional = 1 }", &[]).is_ok());
}

#[test]
fn a_size_may_be_another_methods_scaled_and_held_within_quantities() {
    let of = |scaled: &str| {
        let table = "kind = \"scalper\"\n";
        assert!(BASE.contains(table));
        let sizing = format!("{table}sizing = {{ method = \"scaled\", {scaled} }}\n");
        let read = read(&BASE.replace(table, &sizing), &[]).map_err(|e| e.to_string())?;
        Ok::<_, String>(read.strategy[0].sizing.clone())
    };
    let scaled = Scaled {
        reference: Some("100000".parse().unwrap()),
        factor: "0.25".parse().unwrap(),
        by_balance: true,
        max_quantity: Some("7.5".parse().unwrap()),
        ..Scaled::of(Sizing::spec())
    };
    let text = "of = { method = \"risk\" }, reference = 100_000, factor = 0.25";
    let whole = format!("{text}, by_balance = true, max_quantity = 7.5");
    assert_eq!(of(&whole), Ok(Sizing::Scaled(Box::new(scaled))));
    let fault = of(&format!("{text}, min_quantity = 0")).unwrap_err();
    assert!(fault.contains("strategy[0].sizing.min_quantity: 0 is out of range"), "{fault}");
    let fault = of(&format!("{text}, max_quantty = 1")).unwrap_err();
    assert!(fault.contains("did you mean `max_quantity`?"), "{fault}");
}

#[test]
fn sets_reach_the_parameters_of_a_kind_and_the_kind() {
    let (kind, size) =
        ("kind = \"sma_cross\"", "sizing = { method = \"fixed_quantity\", quantity = 1 }");
    let set = cross(kind, &["strategy.params.fast=10", "strategy.sma_cross.params.stop_loss=0.01"]);
    let set = set.unwrap();
    assert_eq!((set.fast, set.slow, set.stop_loss), (10, 50, Some("0.01".parse().unwrap())));
    assert_eq!(
        cross(&format!("kind = \"scalper\"\n{size}"), &["strategy.kind=sma_cross"]),
        Ok(SmaCrossParams::spec())
    );
    let bad = cross(kind, &["strategy.params.fats=10"]).unwrap_err();
    assert!(bad.starts_with("strategy[0].params.fats: unknown field `fats`"), "{bad}");
    assert!(bad.ends_with("did you mean `fast`?"), "{bad}");
    let order = cross(kind, &["strategy.params.fast=50"]).unwrap_err();
    assert!(order.starts_with("strategy[0].params: fast must be below slow"), "{order}");
}

#[test]
fn a_wrong_parameter_of_any_kind_names_its_place() {
    let fault = |text: &str| cross(text, &[]).unwrap_err();
    let key = fault("kind = \"sma_cross\"\n[strategy.params]\nslow = 30\n  fats = 10");
    assert!(key.starts_with("c.toml:18:3: unknown field `fats`, expected one of `fast`, `slow`"));
    assert!(key.ends_with("did you mean `fast`?"), "{key}");
    // The kind counts wherever it is written.
    let before = fault("params = { fats = 10 }\nkind = \"sma_cross\"");
    assert!(before.starts_with("c.toml:15:12: unknown field `fats`"), "{before}");
    let other = fault("kind = \"sma_cross\"\nparams = { spike_multiple = 2 }");
    assert!(other.starts_with("c.toml:16:12: unknown field `spike_multiple`"), "{other}");
    let value = fault("kind = \"sma_cross\"\nparams = { fast = -1 }");
    assert!(
        value.starts_with("c.toml:16:19: strategy[0].params.fast: -1 is not allowed"),
        "{value}"
    );
    let range = fault("kind = \"sma_cross\"\nparams = { slow = 1_000_001 }");
    assert!(
        range.starts_with("c.toml:16:19: strategy[0].params.slow: 1000001 is out of"),
        "{range}"
    );
    let order = fault("kind = \"sma_cross\"\nparams = { fast = 30, slow = 30 }");
    assert_eq!(
        order,
        "c.toml:16:10: strategy[0].params: fast must be below slow; where one is left out, fast \
         is 20 and slow is 50"
    );
    let kind = fault("kind = \"sma_cros\"");
    assert!(
        kind.starts_with("c.toml:15:8: strategy[0].kind: unknown variant `sma_cros`"),
        "{kind}"
    );
    assert!(kind.ends_with("did you mean `sma_cross`?"), "{kind}");
    let none = fault("params = { fast = 3 }");
    assert!(none.contains("strategy[0]: missing field `kind`"), "{none}");
    let key = fault("kind = \"sma_cross\"\nsizng = 5");
    assert!(key.starts_with("c.toml:16:1: unknown field `sizng`, expected one of `kind`"), "{key}");
}

#[test]
fn a_strategy_is_written_in_the_order_of_its_keys_and_read_back() {
    let scalper =
        &with("kind =", "name = \"s\"\ninstruments = [\"A\"]\nkind =").unwrap().strategy[0];
    let json = serde_json::to_string(scalper).unwrap();
    let start = "{\"kind\":\"scalper\",\"name\":\"s\",\"instruments\":[\"A\"],\"bracket_anchor\":\"fill\",\
                 \"sizing\":{\"method\":\"risk\",\"risk_fraction\":\"0.01\",\"max_margin_use\":\"0.5\"},\
                 \"params\":{\"volume_rule\":true,";
    assert!(json.starts_with(start), "{json}");
    assert_eq!(&serde_json::from_str::<StrategyConfig>(&json).unwrap(), scalper);
    let cross = "{\"kind\":\"sma_cross\",\"bracket_anchor\":\"fill\",\"sizing\":{\"method\":\
                 \"fixed_quantity\",\"quantity\":\"1\"},\"params\":{\"fast\":5,\"slow\":9}}";
    let read: StrategyConfig = serde_json::from_str(cross).unwrap();
    assert_eq!(serde_json::to_string(&read).unwrap(), cross);
}

/// As only a hand-written manifest has it.
#[test]
fn parameters_before_their_kind_and_keys_given_twice() {
    let read = serde_json::from_str::<StrategyConfig>;
    let late = read("{\"params\":{\"fast\":5},\"kind\":\"sma_cross\"}").unwrap();
    assert_eq!(
        late.params.built_in(),
        Some(&StrategyParams::SmaCross(SmaCrossParams { fast: 5, ..SmaCrossParams::spec() }))
    );
    let wrong = read("{\"params\":{\"fats\":5},\"kind\":\"sma_cross\"}").unwrap_err().to_string();
    assert!(wrong.contains("unknown field `fats`"), "{wrong}");
    for twice in [
        "{\"kind\":\"scalper\",\"kind\":\"scalper\"}",
        "{\"params\":{},\"kind\":\"scalper\",\"params\":{}}",
    ] {
        assert!(read(twice).unwrap_err().to_string().contains("duplicate field"), "{twice}");
    }
}
