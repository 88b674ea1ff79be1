//! A sweep that stays in memory is the one that goes to files, to the last bit: records,
//! samples, tables, and what is made of them.

use std::ops::ControlFlow;

use tempfile::TempDir;
use tickstep_backtest::folder::Identity;
use tickstep_backtest::research::space::{Axis, Method, Set, Space, Value};
use tickstep_backtest::research::store::SetRecord;
use tickstep_backtest::research::sweep::{SetRecords, Sweep, SweepError, SweepJob};
use tickstep_backtest::research::validation::{ValidationOptions, WalkConfig};
use tickstep_backtest::run::Backtest;
use tickstep_backtest::series::Series;
use tickstep_core::sizing::Sizing;
use tickstep_core::strategy::scalper::Scalper;

use crate::support::{dec, frac, known};

fn space() -> Space {
    let ints = |list: &[i64]| list.iter().map(|n| Value::Int(*n)).collect();
    let axes = vec![
        Axis::list("spike_multiple", ints(&[2, 3, 5])).unwrap(),
        Axis::list("max_hold_s", ints(&[300, 3_600, 60])).unwrap(),
    ];
    Space::new(axes, &[], Method::Grid).unwrap()
}

/// An account of a program's own; a minute is too short to hold.
fn account<'a>(series: &'a Series, set: &Set) -> Result<Backtest<'a>, String> {
    let mut params = known::scalper_params(|_| {});
    for (key, value) in set.pairs() {
        match key {
            "spike_multiple" => params.spike_multiple = frac(&value.to_string()),
            _ => params.max_hold_s = value.to_string().parse().unwrap(),
        }
    }
    if params.max_hold_s == 60 {
        return Err("a minute is too short".to_owned());
    }
    let strategy = Scalper::factory(params).map_err(|e| e.to_string())?;
    let notional = Sizing::FixedNotional { notional: dec("10000") };
    Ok(known::backtest(series, known::fil("0.0001", "10"), 0, strategy, notional))
}

#[test]
fn a_sweep_in_memory_is_the_one_in_files_and_is_judged_alike() {
    let series = known::bundled_fil();
    let objectives = ["sharpe", "profit_factor"];
    let sweep = Sweep::new(&space(), &objectives, |set| account(&series, set)).unwrap();
    let on = |threads| sweep.run_on(Some(threads), &mut |_| ControlFlow::Continue(())).unwrap();
    let (result, again) = (on(1), on(2));
    let dir = TempDir::new().unwrap();
    let job = SweepJob::new(Identity::of(&"in memory"));
    let mut watch = |_| ControlFlow::Continue(());
    let files = sweep.run_into(dir.path(), &job, &mut watch).unwrap();
    let tables = sweep.write_tables(dir.path(), &files).unwrap();

    let records = |of: &dyn SetRecords| of.all().map(Result::unwrap).collect::<Vec<_>>();
    assert_eq!(records(&result), records(&files));
    assert_eq!(records(&result), records(&again));
    let sampled = |of: &dyn SetRecords| of.sampled().map(Result::unwrap).collect::<Vec<_>>();
    assert_eq!(sampled(&result), sampled(&files));
    assert_eq!((result.len(), SetRecords::days(&result)), (9, files.days()));
    let failures: Vec<_> = files.store.failures().unwrap().map(Result::unwrap).collect();
    assert_eq!(result.failures(), failures);
    assert_eq!((failures.len(), failures[0].why.as_str()), (3, "a minute is too short"));

    assert_eq!(result.best(20), tables.tops[0]);
    assert_eq!(Some(result.front()), tables.front);
    let mut csv = Vec::new();
    result.write_csv(&mut csv).unwrap();
    assert_eq!(csv, std::fs::read(dir.path().join("results.csv")).unwrap());
    let best = usize::try_from(result.best(1)[0].set).unwrap();
    assert_eq!(result.value(best, "sharpe"), Some(result.best(1)[0].values[0]));
    assert_eq!((result.value(2, "sharpe"), &result.records()[2]), (None, &SetRecord::Failed));

    let how = WalkConfig {
        train_days: 60,
        test_days: 30,
        step_days: None,
        anchored: false,
        embargo_s: 0,
    };
    let options = ValidationOptions {
        walk_forward: Some(how),
        random_entries: 9,
        ..ValidationOptions::default()
    };
    let judged = sweep.validate(&result, &options).unwrap();
    let one = ValidationOptions { threads: Some(1), ..options };
    assert_eq!(judged.validation, sweep.validate(&files, &one).unwrap().validation);
    assert!(judged.validation.walk_forward.is_some() && judged.validation.random.is_some());
    assert_eq!((judged.failed, judged.stats.is_some()), (3, true));
    let surface = result.surface().unwrap();
    assert_eq!(surface.winner(), Some(best));
    assert_eq!(Some(surface.overview()), judged.surface.map(|surface| surface.overview()));
}

#[test]
fn a_sweep_in_memory_stops_when_told_to_and_says_why_no_set_can_be_made() {
    let series = known::bundled_fil();
    let sweep = Sweep::new(&space(), &["sharpe"], |set| account(&series, set)).unwrap();
    let stopped = sweep.run_on(Some(1), &mut |_| ControlFlow::Break(()));
    assert!(matches!(stopped, Err(SweepError::Stopped { done: 1, total: 9 })), "{stopped:?}");
    let none = |_: &Set| -> Result<Backtest<'static>, String> { Err("not today".to_owned()) };
    let result = Sweep::new(&space(), &["sharpe"], none).unwrap().run().unwrap();
    assert_eq!((result.failures().len(), result.best(3).len()), (9, 0));
    assert!(result.failures().iter().all(|failure| failure.why == "not today"));
}
