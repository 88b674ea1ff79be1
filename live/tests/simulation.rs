//! Days of faults, seed by seed: see `driver::simulated`.
#![allow(clippy::unwrap_used)]

use tickstep_live::driver::simulated::{FaultRates, Options, Report, simulate};

/// Seeds, from the environment or as many as fit into a test.
fn seeds() -> std::ops::Range<u64> {
    let number = |name: &str| std::env::var(name).ok().and_then(|n| n.parse::<u64>().ok());
    let first = number("TICKSTEP_SEED").unwrap_or(0);
    first..first + number("TICKSTEP_SEEDS").unwrap_or(500)
}

#[test]
fn nothing_is_lost_whatever_happens() {
    let mut bad = Vec::new();
    let mut sum = Report::default();
    for seed in seeds() {
        let report = simulate(Options::drawn(seed));
        sum.inputs += report.inputs;
        sum.writes += report.writes;
        sum.opened += report.opened;
        sum.lost += report.lost;
        sum.late += report.late;
        sum.restarts += report.restarts;
        if !report.violations.is_empty() {
            bad.push((seed, report.violations));
        }
    }
    println!("{sum:?}");
    let count = bad.len();
    bad.truncate(5);
    assert!(bad.is_empty(), "{count} seeds, of which {bad:#?}");
}

#[test]
fn a_calm_day_trades() {
    let report = simulate(Options { rates: FaultRates::NONE, ..Options::drawn(1) });
    assert!(report.violations.is_empty(), "{report:#?}");
    assert!(report.opened > 20, "{report:?}");
    assert_eq!((report.lost, report.restarts), (0, 0));
}

#[test]
fn the_same_seed_lives_the_same_day() {
    for seed in 0..10 {
        assert_eq!(simulate(Options::drawn(seed)), simulate(Options::drawn(seed)));
    }
}
