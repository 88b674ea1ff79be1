//! Trades computed independently of this project, on the bundled candles: the
//! first 60 of each run one by one, all of them by number and net P&L.

use std::cmp::Ordering;
use std::collections::BTreeSet;
use std::path::Path;

use tickstep_backtest::config::Config;
use tickstep_backtest::run::FeatureCache;
use tickstep_backtest::setup::Prepared;
use tickstep_core::order::ExitReason;

use crate::support::files::examples;
use crate::support::known::sma_cross::SmaCross;
use crate::support::known::{CROSSES, SCALPERS, bundled_fil, check_cross, check_scalper};

fn golden(file: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(file);
    std::fs::read_to_string(path).unwrap()
}

#[test]
fn scalper() {
    let series = bundled_fil();
    for case in SCALPERS {
        check_scalper(case, &series, &golden(case.file), true);
    }
}

#[test]
fn cross() {
    let series = bundled_fil();
    for case in CROSSES {
        check_cross(case, &series, &golden(case.file));
    }
}

/// The cross that a configuration names decides as the one written by hand.
#[test]
fn the_built_in_cross() {
    let folder = examples();
    for case in CROSSES {
        let lengths = [("fast", case.fast), ("slow", case.slow)];
        let sets = lengths.map(|(key, n)| format!("strategy.params.{key}={n}"));
        let config = Config::read(&folder.join("cross.toml"), &sets).unwrap();
        let prepared = Prepared::load(config, &folder).unwrap();
        let named = prepared.backtest().unwrap().run().unwrap();
        let mut own = prepared.backtest().unwrap();
        own.strategies[0].strategy = SmaCross::factory(case.fast, case.slow);
        assert_eq!(named.trades.len(), case.trades, "{}", case.file);
        assert!(named.trades == own.run().unwrap().trades, "{}", case.file);

        // A search passes over the closes at which it says it has nothing to propose.
        let cache = FeatureCache::new(&prepared.series, 1 << 26);
        let passed = prepared.backtest().unwrap().run_with_cache(&cache).unwrap();
        assert!(named == passed, "{}", case.file);
    }
}

/// The exits that the cross of one's own does not have.
#[test]
fn the_built_in_cross_leaves_by_stop_target_and_time() {
    let folder = examples();
    let exits = ["take_profit=0.01", "stop_loss=0.005", "max_hold_s=3600"];
    let mut sets: Vec<String> = exits.iter().map(|e| format!("strategy.params.{e}")).collect();
    sets.push("strategy.sizing={ method = \"risk\" }".to_owned());
    let config = Config::read(&folder.join("cross.toml"), &sets).unwrap();
    let prepared = Prepared::load(config, &folder).unwrap();
    let run = prepared.backtest().unwrap().run().unwrap();
    let left = |wanted: ExitReason| run.trades.iter().filter(|t| t.exit == wanted).count();
    for reason in [ExitReason::Stop, ExitReason::Target, ExitReason::Time, ExitReason::Opposite] {
        assert!(left(reason) > 10, "{reason:?}: {}", left(reason));
    }
    let cache = FeatureCache::new(&prepared.series, 1 << 26);
    assert!(run == prepared.backtest().unwrap().run_with_cache(&cache).unwrap());
}

/// Why crosses are decided on integers: float running sums get some of these wrong.
#[test]
fn float_running_sums_see_other_crosses() {
    let series = bundled_fil();
    let closes: Vec<i64> = series.bars().iter().map(|b| b.close.0).collect();
    let exact = |n: usize| {
        let mut sum = 0;
        sums(&closes, n, |x, old| {
            sum += x - old;
            sum
        })
    };
    let float = |n: usize| {
        let mut sum = 0.0;
        sums(&closes, n, |x, old| {
            sum += x as f64 * 0.001;
            sum -= old as f64 * 0.001;
            sum / n as f64
        })
    };
    let (fast, slow) = (exact(20), exact(50));
    let right = crosses(
        fast.iter().zip(&slow).map(|(f, s)| Some((f.as_ref()? * 50).cmp(&(s.as_ref()? * 20)))),
    );
    let (fast, slow) = (float(20), float(50));
    let wrong = crosses(fast.iter().zip(&slow).map(|(f, s)| f.as_ref()?.partial_cmp(s.as_ref()?)));
    assert_eq!(right.len(), 4_176);
    assert_eq!(right.symmetric_difference(&wrong).count(), 142, "missed or invented by floats");
}

fn sums<T>(closes: &[i64], n: usize, mut next: impl FnMut(i64, i64) -> T) -> Vec<Option<T>> {
    (0..closes.len())
        .map(|i| {
            let value = next(closes[i], if i < n { 0 } else { closes[i - n] });
            (i + 1 >= n).then_some(value)
        })
        .collect()
}

/// Indices at which the order turns up or down, with its direction.
fn crosses(orders: impl Iterator<Item = Option<Ordering>>) -> BTreeSet<(usize, Ordering)> {
    let orders: Vec<_> = orders.collect();
    let turned = |(i, pair): (usize, &[Option<Ordering>])| {
        let (before, now) = (pair[0]?, pair[1]?);
        (now != Ordering::Equal && before != now).then_some((i + 1, now))
    };
    orders.windows(2).enumerate().filter_map(turned).collect()
}
