//! What a runner says of itself.

use tickstep_core::units::{Nanos, Side};
use tickstep_live::broker::Read;
use tickstep_live::runner::{Happening, SignalResult};

use crate::desk::{Desk, Plan, START, d};

/// Best prices are there without asking a broker, and how well its host answers.
#[test]
fn prices_and_answers_of_a_host_are_told() {
    let plan = Plan { hosts: &["desk", "desk two"], ..Plan::of(2) };
    let mut desk = Desk::around(plan.runner().unwrap(), plan.accounts);
    let status = desk.runner.report_all();
    assert!(status.instruments[0].quotes.is_empty(), "none has come");
    assert_eq!((status.hosts[0].answers.requests, status.hosts[0].answers.median), (0, None));
    desk.run(5);
    let status = desk.runner.report_all();
    let quote = &status.instruments[0].quotes[0];
    assert_eq!((&*quote.server, quote.bid, quote.ask), ("desk", d("100"), d("100.02")));
    assert_eq!(quote.at, START + Nanos::SECOND.times(4));
    // The desk's brokers are asked one after the other, each takes a millisecond.
    let answers = status.hosts[0].answers;
    let took = answers.median.unwrap();
    assert!(answers.requests >= 6 && answers.failed == 0, "{answers:?}");
    assert!(took > Nanos(0) && took <= answers.p99.unwrap(), "{answers:?}");
    assert!(took.0 % 1_000_000 == 0 && took < Nanos::SECOND, "{answers:?}");
    let second = status.hosts[1].answers;
    desk.fails = |read| *read == Read::Balance;
    desk.run(400);
    let failed = desk.runner.report_all().hosts[0].answers;
    assert!(failed.failed > 0 && failed.requests > answers.requests, "{failed:?}");
    let percent = failed.failed_percent.unwrap();
    let exact = d(&(failed.failed * 100).to_string()) / d(&failed.requests.to_string());
    assert!((percent - exact).abs() <= d("0.01"), "{failed:?}");
    assert!(second.requests > 0, "each host has its own");
    // It is known after a restart, and when another configuration takes over.
    let before = desk.runner.report_all().hosts;
    let saved = desk.runner.snapshot().unwrap();
    let mut again = plan.runner().unwrap();
    again.restore(&saved).unwrap();
    assert_eq!(again.report_all().hosts, before);
}

/// By the names that other programs know, with milliseconds as a number.
#[test]
fn a_result_is_published_with_its_counts_its_volume_and_its_time() {
    let mut desk = Desk::open(&Plan::of(2));
    desk.signal(Side::Buy);
    desk.run(5);
    let result = desk.happened.iter().find_map(|h| match h {
        Happening::Result(result) => Some(result.clone()),
        _ => None,
    });
    let result = result.unwrap();
    let json = serde_json::to_value(&result).unwrap();
    let of = |name: &str| json[name].clone();
    assert_eq!(of("signal_id"), serde_json::to_value(result.id).unwrap());
    let counts = ["executed_count", "failed_count", "skipped_count", "resting_count"].map(of);
    assert_eq!(counts, [2, 0, 0, 0].map(serde_json::Value::from));
    let volume = of("total_volume");
    assert_eq!(d(volume.as_str().unwrap()), d("20"));
    assert!(result.took.0 > 0 && of("execution_time_ms") == result.took.millis(), "{json}");
    let read: SignalResult = serde_json::from_value(json).unwrap();
    assert_eq!((read.executed, read.took.millis()), (2, result.took.millis()));
    // What is saved of it is exact.
    let saved = rmp_serde::to_vec(&result).unwrap();
    assert_eq!(rmp_serde::from_slice::<SignalResult>(&saved).unwrap(), result);
}
