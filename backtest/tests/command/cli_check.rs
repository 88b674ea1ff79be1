//! `tickstep check` and `tickstep convert`, and repairs named to `tickstep run`: as a
//! process, with its streams, files and exit codes.

use std::fs;

use serde_json::Value;
use tempfile::TempDir;

use crate::support::command::{stderr, stdout, tickstep};
use crate::support::files::{FIL, data, written};

const FILE: &str = "FILUSDT-1m.csv";

fn folder(text: &str) -> TempDir {
    written(FILE, text).0
}

/// Two rows in the wrong order, and one there twice.
fn flawed() -> String {
    let mut lines: Vec<&str> = FIL.lines().collect();
    lines.insert(51, lines[50]);
    lines.swap(200, 201);
    lines.join("\n") + "\n"
}

const COSTS: [&str; 8] = [
    "--set",
    "costs.maker_fee=0.0002",
    "--set",
    "costs.taker_fee=0.0005",
    "--set",
    "costs.slippage.ticks=1",
    "--set",
    "strategy.params.pressure_rule=buy_share",
];

#[test]
fn exit_codes_tell_errors_from_warnings() {
    let clean = folder(FIL);
    let output = tickstep(clean.path(), &["check", FILE]);
    assert_eq!(output.status.code(), Some(0));
    let text = stdout(&output);
    assert!(
        text.contains("300 bars of 60 s, 2023-08-01T00:00:00Z to 2023-08-01T04:59:00Z"),
        "{text}"
    );
    assert!(text.contains("nothing to report"), "{text}");
    assert_eq!(stderr(&output), "");

    // A gap is a warning: it loads.
    let lines: Vec<&str> = FIL.lines().collect();
    let gap = folder(&[&lines[..100], &lines[110..]].concat().join("\n"));
    let output = tickstep(gap.path(), &["check", FILE]);
    assert_eq!(output.status.code(), Some(0), "{}", stdout(&output));
    assert!(stdout(&output).contains("1 gaps, 10 bars missing"));

    let flawed = folder(&flawed());
    let output = tickstep(flawed.path(), &["check", FILE]);
    assert_eq!(output.status.code(), Some(1));
    let text = stdout(&output);
    assert!(text.contains("ERROR   out-of-order: 1 rows"), "{text}");
    assert!(text.contains("[--repair drop-duplicates]"), "{text}");
    let output = tickstep(flawed.path(), &["check", FILE, "--repair", "sort,drop-duplicates"]);
    assert_eq!(output.status.code(), Some(0));
    assert!(stdout(&output).contains("repaired: 1 rows put in order, 1 duplicates dropped"));

    let output = tickstep(flawed.path(), &["check", "no-such.csv"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(stdout(&output).contains("no-such.csv: cannot be read"));
    assert_eq!(tickstep(flawed.path(), &["check"]).status.code(), Some(2));
    let output = tickstep(flawed.path(), &["check", FILE, "--repair", "mend"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(stderr(&output).contains("no such repair; there is sort, drop-duplicates"));
}

#[test]
fn json_says_the_same() {
    let dir = folder(&flawed());
    let output = tickstep(dir.path(), &["check", FILE, "--json", "--cases", "1"]);
    assert_eq!((output.status.code(), stderr(&output)), (Some(1), String::new()));
    let json: Value = serde_json::from_str(&stdout(&output)).unwrap();
    assert_eq!((&json["errors"], &json["warnings"]), (&Value::from(2), &Value::from(0)));
    let file = &json["files"][0];
    assert_eq!(file["path"], FILE);
    assert_eq!((&file["bars"], &file["missing"]), (&Value::from(301), &Value::from(0)));
    let first = &file["findings"][0];
    assert_eq!((&first["kind"], &first["severity"]), (&"out-of-order".into(), &"error".into()));
    assert_eq!(first["cases"][0]["place"], format!("{FILE}:202"));
    assert_eq!(first["repairs"][0], "sort");
}

#[test]
fn formats_are_listed_and_named() {
    let dir = folder(FIL);
    let output = tickstep(dir.path(), &["check", "--formats"]);
    assert!(stdout(&output).contains("bitfinex"));
    let output = tickstep(dir.path(), &["check", FILE, "--format", "bitfinx"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(stderr(&output).contains("there is no format \"bitfinx\""));
    let output = tickstep(dir.path(), &["check", FILE, "--price", "bid"]);
    assert!(stderr(&output).contains("--format"), "{}", stderr(&output));
    // A zone is that of the times of any file, with a format and without.
    assert!(tickstep(dir.path(), &["check", FILE, "--time-zone", "UTC"]).status.success());
    let output = tickstep(dir.path(), &["check", FILE, "--time-zone", "Mars"]);
    assert!(stderr(&output).contains("time_zone = Mars"), "{}", stderr(&output));
}

#[test]
fn run_refuses_until_a_repair_is_named_and_then_reports_it() {
    let dir = folder(&flawed());
    let refused = tickstep(dir.path(), &[&["run", FILE][..], &COSTS].concat());
    assert_eq!(refused.status.code(), Some(1));
    let text = stderr(&refused);
    assert!(text.contains("FILUSDT-1m.csv:52: the same bar as"), "{text}");
    assert!(text.contains("`--repair drop-duplicates` would mend this, and count it"), "{text}");

    let repair = ["--repair", "sort,drop-duplicates", "--out", "run"];
    let output = tickstep(dir.path(), &[&["run", FILE][..], &COSTS, &repair].concat());
    assert!(output.status.success(), "{}", stderr(&output));
    let counts = "repaired: 1 rows put in order, 1 duplicates dropped";
    assert!(stdout(&output).contains(counts), "{}", stdout(&output));
    let manifest = fs::read_to_string(dir.path().join("run/manifest.json")).unwrap();
    let manifest: Value = serde_json::from_str(&manifest).unwrap();
    assert_eq!(manifest["data"][0]["repaired"]["sorted"], 1);
    assert_eq!(manifest["data"][0]["repaired"]["duplicates"], 1);
    assert_eq!(manifest["config"]["instrument"][0]["repair"][0], "sort");
    let again = tickstep(dir.path(), &["run", "--manifest", "run/manifest.json"]);
    assert!(again.status.success(), "{}", stderr(&again));

    // What is mended is the file as it was: the same trades.
    let clean = folder(FIL);
    let plain = tickstep(clean.path(), &[&["run", FILE, "--out", "run"][..], &COSTS].concat());
    assert!(plain.status.success());
    let trades = |dir: &TempDir| fs::read(dir.path().join("run/trades.csv")).unwrap();
    assert_eq!(trades(&dir), trades(&clean));
}

#[test]
fn a_configuration_names_format_and_repair_for_each_instrument() {
    let rows: Vec<String> = FIL
        .lines()
        .skip(1)
        .map(|line| {
            let r: Vec<&str> = line.split(',').collect();
            [r[0], r[1], r[4], r[2], r[3], r[5]].join(",")
        })
        .collect();
    let mut rows = rows;
    rows.swap(10, 11);
    let dir = folder(&rows.join("\n"));
    let config = |instrument: &str| {
        format!(
            "[account]\ncurrency = 'USDT'\ncash = 1000\n[costs]\nmaker_fee = 0\ntaker_fee = 0\n\
             slippage = {{ ticks = 0 }}\n[[instrument]]\nsymbol = 'FILUSDT'\ndata = ['{FILE}']\n\
             {instrument}\n[[strategy]]\nkind = 'scalper'\n[strategy.params]\n\
             pressure_rule = 'off'\n"
        )
    };
    let run = |instrument: &str| {
        fs::write(dir.path().join("run.toml"), config(instrument)).unwrap();
        tickstep(dir.path(), &["run", "run.toml", "--out", "run"])
    };
    let output = run("format = 'bitfinex'\nrepair = ['sort']");
    assert!(output.status.success(), "{}", stderr(&output));
    assert!(stdout(&output).contains("repaired: 1 rows put in order"));
    let output = run("format = 'bitfinex'\nrepair = ['sorted']");
    assert!(stderr(&output).contains("did you mean `sort`?"), "{}", stderr(&output));
    let output = run("price = 'bid'");
    assert!(stderr(&output).contains("goes with a format"), "{}", stderr(&output));
    let output = run("format = 'bitfinex'");
    assert!(stderr(&output).contains("--repair sort"), "{}", stderr(&output));
}

#[test]
fn a_tape_runs_to_the_same_trades() {
    let dir = folder(FIL);
    let output = tickstep(dir.path(), &["convert", FILE, "--out", "FILUSDT.tape"]);
    assert!(output.status.success(), "{}", stderr(&output));
    assert!(stdout(&output).contains("FILUSDT: 300 bars of 60 s"), "{}", stdout(&output));
    let run = |file: &str, out: &str| {
        let output = tickstep(dir.path(), &[&["run", file, "--out", out][..], &COSTS].concat());
        assert!(output.status.success(), "{}", stderr(&output));
        fs::read(dir.path().join(out).join("trades.csv")).unwrap()
    };
    assert_eq!(run(FILE, "a"), run("FILUSDT.tape", "b"));
    let output = tickstep(dir.path(), &["check", "FILUSDT.tape"]);
    assert_eq!(output.status.code(), Some(0), "{}", stdout(&output));

    let again = tickstep(dir.path(), &["convert", FILE, "--out", "FILUSDT.tape"]);
    assert!(stderr(&again).contains("is there already"), "{}", stderr(&again));
    let path = dir.path().join("FILUSDT.tape");
    let mut bytes = fs::read(&path).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::write(&path, bytes).unwrap();
    let broken = tickstep(dir.path(), &["check", "FILUSDT.tape"]);
    assert_eq!(broken.status.code(), Some(1));
    assert!(stdout(&broken).contains("its checksum does not match"), "{}", stdout(&broken));
}

#[test]
fn converting_resamples() {
    let dir = folder(FIL);
    let args = ["convert", FILE, "--interval", "7m", "--out", "FILUSDT-7m.tape"];
    let output = tickstep(dir.path(), &args);
    assert!(output.status.success(), "{}", stderr(&output));
    // 00:00 UTC of that day is 4 minutes into a bar of seven since 1970.
    assert!(stdout(&output).contains("300 bars to 42"), "{}", stdout(&output));
    let json = tickstep(dir.path(), &["check", "--json", "FILUSDT-7m.tape"]);
    let json: Value = serde_json::from_str(&stdout(&json)).unwrap();
    assert_eq!(json["files"][0]["interval_ns"], 420_000_000_000_i64);
    let odd = ["convert", FILE, "--interval", "90s", "--out", "x.tape"];
    let odd = tickstep(dir.path(), &odd);
    assert!(stderr(&odd).contains("not a whole multiple of the 1m"), "{}", stderr(&odd));
    let kind = tickstep(dir.path(), &["convert", FILE, "--out", "x.csv"]);
    assert!(stderr(&kind).contains("name a .tape or a .parquet"), "{}", stderr(&kind));
    assert!(!dir.path().join("x.tape").exists());
}

#[cfg(feature = "polars")]
#[test]
fn parquet_goes_there_and_back() {
    let dir = folder(FIL);
    let output = tickstep(dir.path(), &["convert", FILE, "--out", "FILUSDT.parquet"]);
    assert!(output.status.success(), "{}", stderr(&output));
    let run = |file: &str, out: &str| {
        let output = tickstep(dir.path(), &[&["run", file, "--out", out][..], &COSTS].concat());
        assert!(output.status.success(), "{}", stderr(&output));
        fs::read(dir.path().join(out).join("trades.csv")).unwrap()
    };
    assert_eq!(run(FILE, "a"), run("FILUSDT.parquet", "b"));
    let output = tickstep(dir.path(), &["check", "FILUSDT.parquet"]);
    assert_eq!(output.status.code(), Some(0), "{}", stdout(&output));
}

#[test]
fn real_lost_trades_are_told_with_their_time() {
    let output = tickstep(&data("check"), &["check", "FILUSDT-filler.csv"]);
    let text = stdout(&output);
    assert!(text.contains("filler-run: 1 runs of 3 or more filler bars"), "{text}");
    assert!(text.contains("2024-10-28T20:00:00Z to 2024-10-28T21:13:00Z"), "{text}");
}
