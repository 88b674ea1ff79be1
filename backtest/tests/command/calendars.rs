//! Calendars through the real command.

use std::fmt::Write;

use serde_json::{Value, json};

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

    // The terminal, stats.json and the page say which calendar is in force, and how it came.
    let always = run("d", &["--calendar", "always"]);
    let year = "trading days";
    for (out, printed, name, inferred, row) in [
        (
            "a",
            &told,
            "weekdays",
            true,
            format!("weekdays (told by the open times); annual figures over 252 {year}"),
        ),
        ("b", &stated, "weekdays", false, format!("weekdays; annual figures over 252 {year}")),
        ("d", &always, "always", false, "always; annual figures over 365 days".to_owned()),
    ] {
        let text = stdout(printed);
        let line = text.lines().find(|line| line.trim_start().starts_with("Calendar ")).unwrap();
        assert!(line.ends_with(&format!("  {row}")), "{line}");
        let stats = std::fs::read_to_string(dir.path().join(out).join("stats.json")).unwrap();
        let stats: Value = serde_json::from_str(&stats).unwrap();
        let mut term =
            json!({ "key": "instrument.AAPL.calendar", "value": name, "default": false });
        if inferred {
            term["inferred"] = json!(true);
        }
        assert!(stats["in_force"].as_array().unwrap().contains(&term), "{}", stats["in_force"]);
        let page = std::fs::read_to_string(dir.path().join(out).join("report.html")).unwrap();
        assert!(page.contains(&row), "{row}");
    }
}
