//! Calendars through the real command.

use std::fmt::Write;

use crate::support::command::{stderr, stdout, tickstep};

#[test]
fn a_calendar_is_named_in_the_summary() {
    let dir = tempfile::tempdir().unwrap();
    let mut text = "time,open,high,low,close,volume\n".to_owned();
    // Three weeks from Monday, 2020-01-06 on, without weekends.
    for day in (0..21).filter(|day| day % 7 < 5) {
        let seconds = 1_578_268_800 + 86_400 * day;
        let px = 100 + day % 5;
        writeln!(text, "{seconds},{px},{px},{px},{px},10").unwrap();
    }
    std::fs::write(dir.path().join("AAPL.csv"), text).unwrap();
    let run = |out: &str, more: &[&str]| {
        let costs = ["costs.maker_fee=0", "costs.taker_fee=0", "costs.slippage.ticks=0"];
        let mut args = vec!["run", "AAPL.csv", "--out", out];
        costs.iter().for_each(|set| args.extend(["--set", set]));
        args.extend(["--set", "strategy.params.pressure_rule=off"]);
        args.extend(more);
        tickstep(dir.path(), &args)
    };
    let told = run("a", &[]);
    assert!(told.status.success(), "{}", stderr(&told));
    let words = "0 gaps (0 bars missing), 1 segments, calendar weekdays (inferred)";
    assert!(stdout(&told).contains(words), "{}", stdout(&told));
    let stated = run("b", &["--calendar", "weekdays"]);
    assert!(stdout(&stated).contains("1 segments, calendar weekdays\n"), "{}", stdout(&stated));
    let unknown = run("c", &["--calendar", "weekday"]);
    assert!(stderr(&unknown).contains("did you mean `weekdays`?"), "{}", stderr(&unknown));
}
