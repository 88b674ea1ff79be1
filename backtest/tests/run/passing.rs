//! A run that shares features and passes over bars gives what a run that makes
//! its own and looks at every bar gives: every trade, decision, mark and sum.

use rand::RngExt;
use rand::SeedableRng;
use rand_pcg::Pcg64;
use tickstep_backtest::config::Config;
use tickstep_backtest::run::{FeatureCache, Run, Stepping};
use tickstep_backtest::setup::Prepared;

use crate::support::files::examples;
use crate::support::same::assert_summary;

/// A random change of the configuration: rules, exits, costs, sizes and limits.
pub fn random(rng: &mut Pcg64) -> Vec<String> {
    let mut sets = Vec::new();
    let mut set = |key: &str, value: String| sets.push(format!("{key}={value}"));
    let pick = |rng: &mut Pcg64, of: &[&str]| of[rng.random_range(0..of.len())].to_owned();
    let params = "strategy.params";
    set(&format!("{params}.spike_multiple"), pick(rng, &["0.5", "1.3", "2", "2.99", "4"]));
    set(&format!("{params}.baseline_period"), pick(rng, &["2", "20", "77"]));
    set(&format!("{params}.ma_period"), pick(rng, &["2", "5", "30"]));
    set(&format!("{params}.min_buy_share"), pick(rng, &["0.5", "0.51", "0.6", "0.73"]));
    set(&format!("{params}.rsi_rule"), pick(rng, &["true", "false"]));
    set(&format!("{params}.overbought"), pick(rng, &["55", "70", "71.5"]));
    set(&format!("{params}.oversold"), pick(rng, &["45", "30", "28.5"]));
    set(&format!("{params}.max_hold_s"), pick(rng, &["60", "300", "3000", "604800"]));
    set(&format!("{params}.take_profit"), pick(rng, &["0.001", "0.004", "0.2"]));
    set(&format!("{params}.stop_loss"), pick(rng, &["0.001", "0.0025", "0.5"]));
    if rng.random_bool(0.2) {
        set(&format!("{params}.trailing_stop"), pick(rng, &["0.001", "0.01"]));
    }
    if rng.random_bool(0.2) {
        set(&format!("{params}.break_even"), "0.002".to_owned());
    }
    if rng.random_bool(0.2) {
        set(&format!("{params}.cool_down_s"), pick(rng, &["60", "7200"]));
    }
    if rng.random_bool(0.2) {
        set("risk.daily_loss", pick(rng, &["0.001", "0.03"]));
    }
    if rng.random_bool(0.2) {
        set("risk.flatten_at", pick(rng, &["0.002", "0.03"]));
        set("risk.daily_loss_basis", pick(rng, &["\"equity\"", "\"balance\"", "\"higher\""]));
        set("account.day_start", pick(rng, &["00:00", "17:30"]));
    }
    if rng.random_bool(0.2) {
        set("risk.max_drawdown", pick(rng, &["0.005", "0.05"]));
        set("risk.trailing_drawdown", pick(rng, &["0.004", "0.05"]));
    }
    if rng.random_bool(0.2) {
        set("risk.profit_target", pick(rng, &["0.001", "0.02"]));
        set("risk.min_trading_days", pick(rng, &["1", "5"]));
    }
    if rng.random_bool(0.2) {
        set("risk.drawdown_tiers", "[0.01, 0.02, 0.05, 0.08]".to_owned());
    }
    if rng.random_bool(0.3) {
        set("instrument.leverage", pick(rng, &["1", "50", "125"]));
        set("strategy.sizing", "{ method = \"fixed_notional\", notional = 900000 }".to_owned());
    }
    if rng.random_bool(0.3) {
        set("period.from", "2023-08-05T03:00:00Z".to_owned());
    }
    if rng.random_bool(0.3) {
        set("simulation.intrabar", pick(rng, &["target_first", "ohlc_path"]));
    }
    set("costs.slippage.ticks", pick(rng, &["0", "1"]));
    set("costs.taker_fee", pick(rng, &["0.0004", "0"]));
    sets
}

/// The first place where two lists differ.
fn differ<T: PartialEq + Clone>(a: &[T], b: &[T]) -> Option<(usize, Option<T>, Option<T>)> {
    let at = (0..a.len().max(b.len())).find(|at| a.get(*at) != b.get(*at))?;
    Some((at, a.get(at).cloned(), b.get(at).cloned()))
}

pub fn assert_same(whole: &Run, passed: &Run, what: &str) {
    assert_eq!(differ(&whole.trades, &passed.trades), None, "{what}");
    assert_eq!(differ(&whole.decisions, &passed.decisions), None, "{what}");
    assert_eq!(differ(&whole.equity, &passed.equity), None, "{what}");
    assert!(whole == passed, "{what}");
}

#[test]
fn random_settings_give_the_same_run_whether_bars_are_passed_over_or_not() {
    let mut rng = Pcg64::seed_from_u64(20_261_121);
    let (mut trades, mut refused) = (0, 0);
    for n in 0..60 {
        let mut sets = random(&mut rng);
        sets.push("period.to=2023-08-20".to_owned());
        let what = format!("set {n}: {sets:?}");
        let folder = examples();
        let Ok(config) = Config::read(&folder.join("fil.toml"), &sets) else {
            refused += 1;
            continue;
        };
        let prepared = Prepared::load(config, &folder).unwrap();
        let cache = FeatureCache::new(&prepared.series, 1 << 26);
        let whole = prepared.backtest().unwrap().run().unwrap();
        let passed = prepared.backtest().unwrap().run_with_cache(&cache).unwrap();
        assert_same(&whole, &passed, &what);
        for how in [Stepping::TradeByTrade, Stepping::SkipIdle, Stepping::EveryBar] {
            let summary = prepared.backtest().unwrap().summary(Some(&cache), how).unwrap();
            assert_summary(&whole, &summary, &format!("{what} {how:?}"));
        }
        trades += whole.trades.len();
    }
    assert!(trades > 10_000 && refused < 30, "{trades} trades, {refused} refused");
}
