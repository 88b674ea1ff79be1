//! Small files that a trader's day brings, each through the real command, with what its
//! user is owed: loads with the right figures, or a refusal that leads to success. The
//! right values were computed by hand from the files.

use std::fmt::Write;
use std::fs;
use std::path::Path;

use tempfile::TempDir;

use crate::support::command::{stderr, stdout, tickstep};
use crate::support::files::data;

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}

/// A copy of the cases, to work in.
fn cases() -> TempDir {
    let dir = tempfile::tempdir().unwrap();
    copy(&data("cases"), dir.path());
    dir
}

struct Case {
    /// The command, its words parted by spaces.
    command: &'static str,
    code: i32,
    /// What it has to say, on whichever stream.
    says: &'static [&'static str],
}

const fn says(command: &'static str, code: i32, says: &'static [&'static str]) -> Case {
    Case { command, code, says }
}

fn play(dir: &Path, case: &Case) {
    let mut args: Vec<&str> = case.command.split_whitespace().collect();
    if args[0] == "run" {
        // What a run needs beside its data.
        args.extend(["--set", "costs.maker_fee=0", "--set", "costs.taker_fee=0"]);
        args.extend(["--set", "costs.slippage.ticks=0", "--out", "run"]);
        if !args[1].ends_with(".toml") {
            args.extend(["--set", "strategy.params.pressure_rule=off"]);
        }
    }
    if args[0] == "convert" {
        args.extend(["--force", "--out", "out.tape"]);
    }
    let output = tickstep(dir, &args);
    let text = stdout(&output) + &stderr(&output);
    assert_eq!(output.status.code(), Some(case.code), "{}: {text}", case.command);
    for words in case.says {
        assert!(text.contains(words), "{}: {words:?} is not in\n{text}", case.command);
    }
}

#[test]
fn sets_of_files_are_judged_together() {
    const TWO: &str = "bars of 1m, sets/BTCUSDT-5m-2023-08-02.csv:2 and what follows of 5m";
    let dir = cases();
    // 35 minutes from 00:00 and 30 from 00:30: five are in both, and the same.
    const MIXED: &str =
        "sets/ethusdt-a.csv:2 has taker-buy volume and sets/ethusdt-b.csv:2 has not";
    let table = [
        says(
            "check sets/BTCUSDT-1m-2023-08-01.csv sets/BTCUSDT-5m-2023-08-02.csv",
            1,
            &[TWO, "sets/BTCUSDT-1m-2023-08-01.csv:2"],
        ),
        says("run sets/BTCUSDT-1m-2023-08-01.csv sets/BTCUSDT-5m-2023-08-02.csv", 1, &[TWO]),
        says("convert sets/BTCUSDT-1m-2023-08-01.csv sets/BTCUSDT-5m-2023-08-02.csv", 1, &[TWO]),
        says(
            "check sets/BTCUSDT-1m-a.csv sets/BTCUSDT-1m-b.csv",
            1,
            &["sets/BTCUSDT-1m-b.csv:2: ", "loads with --repair "],
        ),
        says(
            "run sets/BTCUSDT-1m-a.csv sets/BTCUSDT-1m-b.csv",
            1,
            &["sets/BTCUSDT-1m-b.csv:2: ", "--repair "],
        ),
        says(
            "check sets/BTCUSDT-1m-a.csv sets/BTCUSDT-1m-b.csv --repair drop-duplicates,keep-first",
            0,
            &["BTCUSDT: loads, 60 bars", "0 missing, 1 segments"],
        ),
        says(
            "run sets/BTCUSDT-1m-a.csv sets/BTCUSDT-1m-b.csv --repair drop-duplicates,keep-first",
            0,
            &["BTCUSDT: 60 bars of"],
        ),
        says(
            "check sets/ethusdt-a.csv sets/ethusdt-b.csv --symbol ETHUSDT",
            1,
            &[MIXED, "ETHUSDT: `run` refuses this", "loads with --repair drop-taker"],
        ),
        says(
            "run sets/ethusdt-a.csv sets/ethusdt-b.csv --symbol ETHUSDT",
            1,
            &[MIXED, "--repair drop-taker"],
        ),
        says(
            "check sets/ethusdt-a.csv sets/ethusdt-b.csv --symbol ETHUSDT --repair drop-taker",
            0,
            &["ETHUSDT: loads, 40 bars"],
        ),
        says(
            "run sets/ethusdt-a.csv sets/ethusdt-b.csv --symbol ETHUSDT --repair drop-taker",
            0,
            &["ETHUSDT: 40 bars of"],
        ),
    ];
    table.iter().for_each(|case| play(dir.path(), case));
}

#[test]
fn a_lower_case_name_does_not_decide_what_is_checked() {
    let dir = cases();
    for part in ["a", "b"] {
        let from = dir.path().join(format!("sets/BTCUSDT-1m-{part}.csv"));
        fs::copy(from, dir.path().join(format!("sets/btcusdt-1m-{part}.csv"))).unwrap();
    }
    const OVERLAP: &str = "sets/btcusdt-1m-b.csv:2: ";
    let table = [
        says("check sets/btcusdt-1m-a.csv sets/btcusdt-1m-b.csv --symbol BTCUSDT", 1, &[OVERLAP]),
        says("run sets/btcusdt-1m-a.csv sets/btcusdt-1m-b.csv --symbol BTCUSDT", 1, &[OVERLAP]),
    ];
    table.iter().for_each(|case| play(dir.path(), case));
}

#[test]
fn several_symbols_in_one_file_are_seen() {
    const TWO: &str =
        "the column `ticker` holds 2 symbols (AAPL, MSFT); take one of them with --symbol";
    let poly = "--format sets/poly.toml";
    let dir = cases();
    let table = [
        says("check sets/MIX.csv --format sets/poly.toml", 1, &[TWO]),
        says("run sets/MIX.csv --format sets/poly.toml", 1, &[TWO]),
        says("convert sets/MIX.csv --format sets/poly.toml", 1, &[TWO]),
        // 150 rows of each, on alternate minutes.
        says(
            "check sets/MIX.csv --format sets/poly.toml --symbol AAPL",
            0,
            &["AAPL: loads, 150 bars", "repaired: 150 rows of other symbols left out"],
        ),
        says(
            "run sets/MIX.csv --format sets/poly.toml --symbol MSFT",
            0,
            &["MSFT: 150 bars of 120 s", "150 rows of other symbols left out"],
        ),
        says(
            "run sets/MIX.csv --format sets/poly.toml --split",
            0,
            &["AAPL: 150 bars of 120 s", "MSFT: 150 bars of 120 s"],
        ),
        says("check sets/2025-04-15.csv --format sets/poly.toml", 1, &["--symbol"]),
        says(
            "check sets/2025-04-15.csv --format sets/poly.toml --symbol MSFT",
            0,
            &["MSFT: loads, 30 bars"],
        ),
    ];
    assert!(table.iter().all(|case| case.command.contains(poly)));
    table.iter().for_each(|case| play(dir.path(), case));

    let manifest = fs::read_to_string(dir.path().join("run/manifest.json")).unwrap();
    assert!(manifest.contains("\"AAPL\"") && !manifest.contains("\"split\""), "{manifest}");
    let again = tickstep(dir.path(), &["run", "--manifest", "run/manifest.json"]);
    assert!(again.status.success(), "{}", stderr(&again));

    // A file of one symbol tells its name.
    let text = fs::read_to_string(dir.path().join("sets/2025-04-15.csv")).unwrap();
    let apple: Vec<&str> = text.lines().filter(|line| !line.starts_with("MSFT")).collect();
    fs::write(dir.path().join("sets/2025-04-16.csv"), apple.join("\n")).unwrap();
    let one = says("run sets/2025-04-16.csv --format sets/poly.toml", 0, &["AAPL: 30 bars"]);
    play(dir.path(), &one);
    // Files of two symbols are not one series, whatever the user calls it.
    let other: Vec<&str> = text.lines().filter(|line| !line.starts_with("AAPL")).collect();
    fs::write(dir.path().join("sets/2025-04-17.csv"), other.join("\n")).unwrap();
    const DIFFER: &str = "sets/2025-04-17.csv holds MSFT and sets/2025-04-16.csv holds AAPL";
    let command =
        "check sets/2025-04-16.csv sets/2025-04-17.csv --format sets/poly.toml --symbol X";
    play(dir.path(), &says(command, 1, &[DIFFER]));
}

#[test]
fn a_configuration_splits_a_file_into_its_instruments() {
    let dir = cases();
    let config = "[account]\ncurrency = 'USD'\ncash = 1000\n[costs]\nmaker_fee = 0\ntaker_fee = 0\n\
                  slippage = { ticks = 0 }\n[[instrument]]\nsymbol = 'US'\nsplit = true\n\
                  data = ['MIX.csv']\nformat = 'poly.toml'\n[[strategy]]\nkind = 'sma_cross'\n\
                  instruments = ['US']\nsizing = { method = 'fixed_notional', notional = 100 }\n";
    fs::write(dir.path().join("sets/split.toml"), config).unwrap();
    let both = ["AAPL: 150 bars", "MSFT: 150 bars"];
    let output = tickstep(dir.path(), &["run", "sets/split.toml", "--out", "run"]);
    let text = stdout(&output) + &stderr(&output);
    assert!(output.status.success() && both.iter().all(|words| text.contains(words)), "{text}");
    let none = config.replace("MIX.csv", "BTCUSDT-1m-a.csv").replace("format = 'poly.toml'\n", "");
    fs::write(dir.path().join("sets/split.toml"), none).unwrap();
    let output = tickstep(dir.path(), &["run", "sets/split.toml", "--out", "none"]);
    assert!(stderr(&output).contains("there is no column of symbols"), "{}", stderr(&output));
}

#[test]
fn a_format_is_the_same_path_in_every_command() {
    let dir = cases();
    let here = dir.path().join("sets/format_path");
    let zone = "--format f/mt4.toml --time-zone Europe/Athens";
    let check = "check data/EURUSD60.csv --format f/mt4.toml --time-zone Europe/Athens";
    let table = [
        says(check, 0, &["loads, 61 bars"]),
        says(
            "convert data/EURUSD60.csv --format f/mt4.toml --time-zone Europe/Athens",
            0,
            &["61 bars of"],
        ),
        says(
            "run data/EURUSD60.csv --format f/mt4.toml --time-zone Europe/Athens",
            0,
            &["61 bars of"],
        ),
        says(
            "run cfg/c.toml --format f/mt4.toml --time-zone Europe/Athens",
            0,
            &["EURUSD: 61 bars of"],
        ),
        says("check data/EURUSD60.csv --format ../f/mt4.toml --time-zone UTC", 1, &["f/mt4.toml"]),
    ];
    assert!(table[..4].iter().all(|case| case.command.ends_with(zone)));
    table.iter().for_each(|case| play(&here, case));
    let again = tickstep(&here, &["run", "--manifest", "run/manifest.json"]);
    assert!(again.status.success(), "{}", stderr(&again));
    // Inside a configuration it starts from the configuration's folder, whatever the base.
    let config = fs::read_to_string(here.join("cfg/c.toml")).unwrap();
    let config = config
        .replace("data = [\"../data/", "format = '../f/mt4.toml'\ntime_zone = 'UTC'\ndata = [\"");
    fs::write(here.join("cfg/c.toml"), config).unwrap();
    play(&here, &says("run cfg/c.toml --base data", 0, &["EURUSD: 61 bars of"]));
}

#[test]
fn rows_off_the_bars_are_named_and_snapped_by_name() {
    let dir = cases();
    let stray = "times/stray_row.csv --symbol X";
    let shifted = "times/BTCUSDT-1m-2018-02.csv";
    // Line 4 opens a second before line 5: snapped, it is the same bar as that.
    for command in ["check", "run", "convert"] {
        let at = |case: String, code: i32, words: &[&'static str]| {
            let command: &'static str = Box::leak(case.into_boxed_str());
            let words: &'static [&'static str] = Box::leak(words.to_vec().into_boxed_slice());
            play(dir.path(), &says(command, code, words));
        };
        at(format!("{command} {stray}"), 1, &["times/stray_row.csv:4: ", "bars of 1m"]);
        at(format!("{command} {stray} --repair snap,drop-duplicates"), 0, &["5 bars"]);
        // Lines 5 to 7 open at :14 of their minutes.
        at(format!("{command} {shifted}"), 1, &["times/BTCUSDT-1m-2018-02.csv:5: ", "snap"]);
        at(format!("{command} {shifted} --repair snap"), 0, &["8 bars", "3 times snapped"]);
    }
}

/// Days from the first of August 2023 on.
fn days(count: i64) -> String {
    let mut text = "open_time,open,high,low,close,volume\n".to_owned();
    for day in 0..count {
        writeln!(text, "{},100.1,101.2,99.3,100.5,5.5", 1_690_848_000 + 86_400 * day).unwrap();
    }
    text
}

#[test]
fn funding_of_a_part_is_told_and_refused_unless_allowed() {
    let dir = cases();
    // August to November: 122 days. The series ends on 31 August at 16:00; 91 days of three
    // payments are missing, the last at 16:00 of 30 November.
    let here = dir.path().join("funding");
    fs::write(here.join("BTCUSDT-1d.csv"), days(122)).unwrap();
    let config = |funding: &str, data: &str| {
        let text = format!(
            "[account]\ncurrency = 'USDT'\ncash = 1000\n[costs]\nmaker_fee = 0\ntaker_fee = 0\n\
             slippage = {{ ticks = 0 }}\n[[instrument]]\nsymbol = 'BTCUSDT'\ndata = ['{data}']\n\
             funding = {funding}\n[[strategy]]\nkind = 'sma_cross'\n\
             sizing = {{ method = 'fixed_notional', notional = 100 }}\n"
        );
        fs::write(here.join("c.toml"), text).unwrap();
        let output = tickstep(&here, &["run", "c.toml", "--out", "run"]);
        (output.status.code(), stdout(&output) + &stderr(&output))
    };
    let missing =
        "no funding from 2023-09-01T00:00:00Z to 2023-11-30T16:00:00Z (273 payments, every 8h)";
    let (code, text) = config("{ file = 'aug.csv' }", "BTCUSDT-1d.csv");
    assert_eq!(code, Some(1), "{text}");
    assert!(text.contains(missing) && text.contains("partial = true"), "{text}");
    let (code, text) = config("{ file = 'aug.csv', partial = true }", "BTCUSDT-1d.csv");
    assert_eq!(code, Some(0), "{text}");
    let findings = fs::read_to_string(here.join("run/findings.json")).unwrap();
    assert!(findings.contains(missing), "{findings}");
    // All of August is covered.
    fs::write(here.join("BTCUSDT-aug.csv"), days(31)).unwrap();
    assert_eq!(config("{ file = 'aug.csv' }", "BTCUSDT-aug.csv").0, Some(0));
    // One thing given as the other.
    let (code, text) = config("{ file = 'BTCUSDT-aug.csv' }", "BTCUSDT-aug.csv");
    assert!(code == Some(1) && text.contains("it holds bars"), "{text}");
}

#[test]
fn a_period_is_by_the_clocks_of_the_account() {
    let dir = cases();
    let here = dir.path().join("sets");
    let run = |zone: &str, from: &str| {
        let text = format!(
            "[account]\ncurrency = 'USDT'\ncash = 1000\ntime_zone = '{zone}'\n[costs]\n\
             maker_fee = 0\ntaker_fee = 0\nslippage = {{ ticks = 0 }}\n[period]\nfrom = '{from}'\n\
             warm_up_s = 0\n[[instrument]]\nsymbol = 'BTCUSDT'\ndata = ['BTCUSDT-1m-a.csv']\n\
             [[strategy]]\nkind = 'sma_cross'\n\
             sizing = {{ method = 'fixed_notional', notional = 100 }}\n"
        );
        fs::write(here.join("p.toml"), text).unwrap();
        let output = tickstep(&here, &["run", "p.toml", "--out", "run"]);
        stdout(&output) + &stderr(&output)
    };
    // The data begin at midnight UTC on 1 August, 09:00 in Seoul.
    assert!(run("UTC", "2023-08-01T00:10").contains("25 bars of"));
    assert!(run("Asia/Seoul", "2023-08-01T09:10").contains("25 bars of"));
    assert!(run("Asia/Seoul", "2023-08-01T00:10Z").contains("25 bars of"));
    assert!(run("Asia/Seoul", "2023-08-01T10:00").contains("no bar opens from"));
}
