//! Days of faults, seed by seed: see `driver::simulated`.
#![allow(clippy::unwrap_used)]

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use tickstep_core::session::AccountId;
use tickstep_live::driver::simulated::{FaultRates, Options, Report, Sent, Violation, simulate};

fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok().and_then(|n| n.parse::<u64>().ok())
}

/// Seeds, from the environment or as many as fit into a test.
fn seeds() -> std::ops::Range<u64> {
    let first = number("TICKSTEP_SEED").unwrap_or(0);
    first..first + number("TICKSTEP_SEEDS").unwrap_or(2_000)
}

/// What came of all seeds, and what was wrong of those whose number is `seed`.
type Sum = (Report, Vec<(u64, Vec<Violation>)>);

/// Lives through every seed, on as many threads as there are; with `TICKSTEP_FIRST` no
/// further than the first that is not as it should be.
fn live_through(seeds: std::ops::Range<u64>) -> Sum {
    let next = AtomicU64::new(seeds.start);
    let enough = AtomicBool::new(false);
    let first = number("TICKSTEP_FIRST").is_some();
    let all: Mutex<Sum> = Mutex::default();
    let work = || {
        while !enough.load(Ordering::Relaxed) {
            let seed = next.fetch_add(1, Ordering::Relaxed);
            if seed >= seeds.end {
                break;
            }
            let lived = std::panic::catch_unwind(|| simulate(Options::drawn(seed)));
            let report = lived.unwrap_or_else(|_| {
                let stuck = Violation::Stuck("it panicked".to_owned());
                Report { violations: [stuck].into(), ..Report::default() }
            });
            let mut all = all.lock().unwrap();
            let (sum, bad) = &mut *all;
            sum.inputs += report.inputs;
            sum.writes += report.writes;
            sum.opened += report.opened;
            sum.lost += report.lost;
            sum.late += report.late;
            sum.restarts += report.restarts;
            sum.acts += report.acts;
            if !report.violations.is_empty() {
                bad.push((seed, report.violations.into_iter().collect()));
                enough.fetch_or(first, Ordering::Relaxed);
            }
        }
    };
    std::thread::scope(|scope| {
        for _ in 0..std::thread::available_parallelism().map_or(1, usize::from) {
            scope.spawn(work);
        }
    });
    let (sum, mut bad) = all.into_inner().unwrap();
    bad.sort();
    (sum, bad)
}

#[test]
fn nothing_is_lost_whatever_happens() {
    let seeds = seeds();
    let (sum, mut bad) = live_through(seeds.clone());
    println!("{sum:?}");
    let count = bad.len();
    bad.truncate(5);
    assert!(bad.is_empty(), "{count} seeds from {seeds:?}, first {:?}: {bad:#?}", bad[0].0);
    // It would be easy to be right by doing nothing.
    let days = seeds.end - seeds.start;
    assert!(sum.opened > 10 * days && sum.lost > days && sum.acts > days, "{sum:?}");
}

/// Each is one that a longer search found, with what the program got wrong on it.
#[test]
fn days_that_went_wrong_once() {
    let days = [
        (3_101, "what executed after it had been given up was forgotten while nobody looked"),
        (3_142, "an order's number was taken for that of somebody's position"),
        (4_576, "the day ended while a session was being prolonged"),
        (8_481, "a payment while it was open hid when the broker charges a position"),
        (8_714, "a part that was closed before a list showed the rest was taken off the rest"),
        (9_860, "a part that was closed before any list was taken for the whole"),
        (19_070, "what was given up late was forgotten at once"),
        (19_898, "a close by hand was taken for a part of ours"),
    ];
    for (seed, wrong) in days {
        let report = simulate(Options::drawn(seed));
        assert!(report.violations.is_empty(), "seed {seed}, {wrong}: {:#?}", report.violations);
    }
}

#[test]
fn a_calm_day_trades() {
    let report = simulate(Options { rates: FaultRates::NONE, ..Options::drawn(1) });
    assert!(report.violations.is_empty(), "{report:#?}");
    assert!(report.opened > 20, "{report:?}");
    assert_eq!((report.lost, report.restarts), (0, 0));
}

#[test]
fn a_configuration_put_in_force_anew_changes_nothing() {
    for seed in 0..40 {
        // A program that ends does so at an operation of its disk, of which there are more.
        let rates = FaultRates { crash: 0, disk: 0, ..FaultRates::drawn(seed) };
        let day = |rebuilds| simulate(Options { rates, rebuilds, ..Options::drawn(seed) });
        assert_eq!(day(true), day(false), "seed {seed}");
    }
}

#[test]
fn the_same_seed_lives_the_same_day() {
    for seed in 0..10 {
        assert_eq!(simulate(Options::drawn(seed)), simulate(Options::drawn(seed)));
    }
}

/// With the broker's numbers replaced by the order in which they are named: it counts
/// across accounts.
fn numbered(sends: Vec<Sent>) -> Vec<Sent> {
    let mut names: Vec<String> = Vec::new();
    let own = |sent: Sent| {
        let mut word = |word: &str| {
            if !word.starts_with("\"W69") {
                return word.to_owned();
            }
            let at = names.iter().position(|name| name == word);
            let at = at.unwrap_or_else(|| {
                names.push(word.to_owned());
                names.len() - 1
            });
            format!("number {at}")
        };
        let what: Vec<String> = sent.what.split(' ').map(&mut word).collect();
        Sent { what: what.join(" "), ..sent }
    };
    sends.into_iter().map(own).collect()
}

/// The requests of a day on which nothing goes wrong but that one account may be slow, which
/// is the one that the seed says; those of the slow one, and those of the others.
fn requests(world: Options, is_slow: bool) -> (Vec<Sent>, Vec<Sent>) {
    let slow = AccountId((world.seed % u64::from(world.accounts)) as u16);
    let options = Options {
        rates: FaultRates::NONE,
        slow: is_slow.then_some(slow),
        lists_sends: true,
        ..world
    };
    let sends = simulate(options).sends;
    let (own, others) = sends.into_iter().partition(|sent| sent.account == slow);
    (own, numbered(others))
}

/// Whether others send the same to the nanosecond, whatever one account has to wait for.
fn moves_nobody(world: Options) {
    let seed = world.seed;
    let ((even, others), (slow, beside)) = (requests(world, false), requests(world, true));
    assert_ne!(even, slow, "seed {seed}: it was not slow");
    let differs = others.iter().zip(&beside).find(|(a, b)| a != b);
    assert!(others == beside, "seed {seed}: {differs:#?}");
    assert!(others.iter().any(|s| s.what.starts_with("Open")), "seed {seed} trades");
}

#[test]
fn a_slow_account_moves_no_other_accounts_requests() {
    for seed in 0..30 {
        moves_nobody(Options { per_minute: 500, ..Options::drawn(seed) });
        // Less than the lists take that are wished for, so that every account waits for its
        // share of the limit all the time.
        moves_nobody(Options { per_minute: 24, ..Options::drawn(seed) });
    }
}

/// About as many as the documented limit can read back every 30 seconds.
#[test]
fn a_slow_account_of_eighty_moves_no_other_on_the_documented_limit() {
    for seed in 0..2 {
        let drawn = Options::drawn(seed);
        moves_nobody(Options { accounts: 80, bars: 12, per_minute: 500, ..drawn });
    }
}
