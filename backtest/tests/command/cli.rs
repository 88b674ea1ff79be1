//! The `tickstep` command as its users meet it: a process, its streams, its
//! files and its exit code.

use std::fs;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use crate::support::command::{command, stderr, stdout, tickstep};
use crate::support::files::{CONFIG, workspace};

fn files(dir: &Path) -> Vec<(String, Vec<u8>)> {
    let mut files: Vec<_> = fs::read_dir(dir)
        .unwrap()
        .map(|e| e.unwrap().path())
        .map(|p| (p.file_name().unwrap().to_string_lossy().into_owned(), fs::read(&p).unwrap()))
        .collect();
    files.sort();
    files
}

#[test]
fn two_processes_write_the_same_bytes() {
    let dir = workspace();
    for out in ["a", "b"] {
        let output = tickstep(dir.path(), &["run", "run.toml", "--out", out]);
        assert!(output.status.success(), "{}", stderr(&output));
    }
    let a = files(&dir.path().join("a"));
    let names: Vec<&str> = a.iter().map(|f| f.0.as_str()).collect();
    assert_eq!(
        names,
        [
            "decisions.csv",
            "equity.csv",
            "findings.json",
            "manifest.json",
            "report.html",
            "stats.json",
            "trades.csv"
        ]
    );
    assert!(a.iter().all(|(_, bytes)| bytes.len() > 20));
    assert_eq!(a, files(&dir.path().join("b")));
}

#[test]
fn a_manifest_makes_the_same_bytes_again_and_notices_changed_data() {
    let dir = workspace();
    let first = tickstep(dir.path(), &["run", "run.toml", "--out", "first"]);
    assert!(first.status.success(), "{}", stderr(&first));
    fs::remove_file(dir.path().join("run.toml")).unwrap();
    let again = tickstep(dir.path(), &["run", "--manifest", "first/manifest.json"]);
    assert!(again.status.success(), "{}", stderr(&again));
    assert!(stdout(&again).contains("Every byte is the same as in first/manifest.json."));
    assert_eq!(files(&dir.path().join("first")), files(&dir.path().join("first-again")));

    let bars = dir.path().join("FILUSDT-1m-2023-08.csv");
    let text = fs::read_to_string(&bars).unwrap();
    let shorter: Vec<&str> = text.lines().take(200).collect();
    fs::write(&bars, shorter.join("\n")).unwrap();
    let changed = tickstep(dir.path(), &["run", "--manifest", "first/manifest.json"]);
    assert_eq!(changed.status.code(), Some(1));
    assert!(stderr(&changed).contains("FILUSDT-1m-2023-08.csv is not the file that"));
}

#[test]
fn every_signal_is_recorded_with_its_fate() {
    let dir = workspace();
    let output = tickstep(dir.path(), &["run", "run.toml", "--out", "run"]);
    assert!(output.status.success());
    let table = |name| {
        let mut reader = csv::Reader::from_path(dir.path().join("run").join(name)).unwrap();
        let head = reader.headers().unwrap().clone();
        let rows: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect();
        let column = move |name: &str| head.iter().position(|h| h == name).unwrap();
        (column, rows)
    };
    let (column, decisions) = table("decisions.csv");
    let (_, trades) = table("trades.csv");
    let opened = |r: &csv::StringRecord| {
        r[column("action")].starts_with("OPEN") && &r[column("outcome")] == "sent"
    };
    assert!(trades.len() > 3);
    assert_eq!(decisions.iter().filter(|r| opened(r)).count(), trades.len());
    let entry = decisions.iter().find(|r| opened(r)).unwrap();
    assert!(entry[column("reason")].starts_with("volume_ratio="));
    assert!(entry[column("reason")].contains("buy_share="));
}

#[test]
fn set_changes_the_run_and_is_kept_in_the_manifest() {
    let dir = workspace();
    let set = "strategy.params.spike_multiple=1.5";
    let output = tickstep(dir.path(), &["run", "run.toml", "--out", "run", "--set", set]);
    assert!(output.status.success(), "{}", stderr(&output));
    let manifest = fs::read_to_string(dir.path().join("run/manifest.json")).unwrap();
    assert!(manifest.contains("\"spike_multiple\": \"1.5\""));
}

#[test]
fn a_pipe_gets_no_progress_and_quiet_only_the_folder() {
    let dir = workspace();
    let output = tickstep(dir.path(), &["run", "run.toml"]);
    assert_eq!(stderr(&output), "");
    assert!(stdout(&output).contains("Break-even Cost [bps a side]"));
    let quiet = tickstep(dir.path(), &["run", "run.toml", "--quiet"]);
    let folder = stdout(&quiet);
    assert!(folder.starts_with("runs/run-") && folder.lines().count() == 1, "{folder}");
    assert!(dir.path().join(folder.trim()).join("manifest.json").is_file());
}

#[test]
fn data_files_alone_run_once_costs_are_stated() {
    let dir = workspace();
    let file = "FILUSDT-1m-2023-08.csv";
    let fails = |args: &[&str]| {
        let output = tickstep(dir.path(), args);
        assert_eq!(output.status.code(), Some(1), "{}", stdout(&output));
        stderr(&output)
    };
    assert_eq!(
        fails(&["run", file]),
        "error: FILUSDT: maker_fee, taker_fee, slippage not stated, and costs have no default; \
         add under [costs], or give --set costs.maker_fee=0.0002 --set costs.taker_fee=0.0005 \
         --set costs.slippage.ticks=1\n"
    );
    let costs = [
        "--set",
        "costs.maker_fee=0.0002",
        "--set",
        "costs.taker_fee=0.0005",
        "--set",
        "costs.slippage.ticks=1",
    ];
    let with_costs = [&["run", file][..], &costs].concat();
    let no_book = fails(&with_costs);
    assert!(no_book.contains("pressure_rule = imbalance needs order book"), "{no_book}");
    let whole = [&with_costs[..], &["--set", "strategy.params.pressure_rule=buy_share"]].concat();
    let output = tickstep(dir.path(), &whole);
    assert!(output.status.success(), "{}", stderr(&output));
    assert!(stdout(&output).contains("tick 0.001 (inferred), lot 0.1 (inferred)"));
}

#[test]
fn faults_of_the_configuration_name_key_place_and_remedy() {
    let dir = workspace();
    let fails = |from: &str, to: &str, sets: &[&str]| {
        assert!(CONFIG.contains(from));
        fs::write(dir.path().join("bad.toml"), CONFIG.replace(from, to)).unwrap();
        let output = tickstep(dir.path(), &[&["run", "bad.toml"][..], sets].concat());
        assert_eq!(output.status.code(), Some(1));
        stderr(&output)
    };
    let unknown = fails("taker_fee", "takerfee", &[]);
    assert!(unknown.starts_with("error: bad.toml:8:1: unknown field `takerfee`"), "{unknown}");
    assert!(unknown.ends_with("did you mean `taker_fee`?\n"), "{unknown}");
    let deep = fails("spike_multiple", "spike_multipel", &[]);
    assert!(deep.contains("did you mean `spike_multiple`?"), "{deep}");
    let set = fails("cash", "cash", &["--set", "account.csh=5"]);
    assert!(set.contains("account.csh: unknown field `csh`"), "{set}");
    assert!(set.contains("did you mean `cash`?"), "{set}");
    let range = fails("spike_multiple = 2", "spike_multiple = 0", &[]);
    assert_eq!(
        range,
        "error: bad.toml:24:58: strategy[0].params.spike_multiple: 0 is out of range; it must be \
         above 0, at most 100\n"
    );
    let borrowed = fails("cash", "cash", &["--set", "instrument.leverage=0.5"]);
    let half = "FILUSDT: leverage = 0.5 is out of range; it must be above 0.5 where \
                maintenance_margin, then 1 / (2 * leverage), is not stated";
    assert!(borrowed.contains(half), "{borrowed}");
    let both_off = fails("buy_share\"", "off\", cross_rule = false", &[]);
    assert!(both_off.contains("at least one of them must be on"), "{both_off}");
    let no_file = fails("FILUSDT-*.csv", "FILLUSDT-*.csv", &[]);
    assert!(no_file.contains("FILUSDT: FILLUSDT-*.csv matches no file"), "{no_file}");
    let syntax = fails("cash = 100_000", "cash = ", &[]);
    assert!(syntax.starts_with("error: bad.toml:4:"), "{syntax}");
    let method = fails("fixed_notional\", notional", "fixed_notionl\", notional", &[]);
    assert!(method.contains("did you mean `fixed_notional`?"), "{method}");
}

#[test]
fn two_scalpers_on_one_instrument_are_told_apart() {
    let dir = workspace();
    let more = "\n[[strategy]]\nkind = \"scalper\"\nname = \"second\"\n\
                sizing = { method = \"fixed_notional\", notional = 5_000 }\n\
                params = { pressure_rule = \"buy_share\", spike_multiple = 3 }\n";
    fs::write(dir.path().join("two.toml"), format!("{CONFIG}{more}")).unwrap();
    let output = tickstep(dir.path(), &["run", "two.toml", "--out", "run"]);
    assert!(output.status.success(), "{}", stderr(&output));
    for file in ["trades.csv", "decisions.csv"] {
        let text = fs::read_to_string(dir.path().join("run").join(file)).unwrap();
        let header: Vec<&str> = text.lines().next().unwrap().split(',').collect();
        let at = header.iter().position(|c| *c == "strategy").unwrap();
        let has = |name: &str| text.lines().any(|l| l.split(',').nth(at) == Some(name));
        assert!(has("scalper") && has("second"), "{file}: {}", &text[..text.len().min(500)]);
    }
}

#[test]
fn bad_data_is_refused_with_its_place() {
    let dir = workspace();
    let bars = dir.path().join("FILUSDT-1m-2023-08.csv");
    let text = fs::read_to_string(&bars).unwrap();
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    lines.swap(10, 11);
    fs::write(&bars, lines.join("\n")).unwrap();
    let output = tickstep(dir.path(), &["run", "run.toml", "--out", "run"]);
    assert_eq!(output.status.code(), Some(1));
    let message = stderr(&output);
    assert!(message.contains("FILUSDT-1m-2023-08.csv:12"), "{message}");
    assert!(!dir.path().join("run").exists(), "nothing is left behind");
}

#[test]
fn a_folder_that_is_no_run_is_not_touched() {
    let dir = workspace();
    let thesis = dir.path().join("thesis");
    fs::create_dir(&thesis).unwrap();
    fs::write(thesis.join("draft.txt"), "years of work").unwrap();
    let output = tickstep(dir.path(), &["run", "run.toml", "--out", "thesis"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(stderr(&output).contains("thesis is not a run folder"));
    assert_eq!(files(&thesis).len(), 1);
}

/// The data is a FIFO, so that the process is certainly at work when Ctrl-C comes.
#[cfg(unix)]
#[test]
fn ctrl_c_stops_cleanly() {
    use std::io::Write;

    let dir = workspace();
    let fifo = dir.path().join("FILUSDT-1m.csv");
    assert!(Command::new("mkfifo").arg(&fifo).status().unwrap().success());
    let config = CONFIG.replace("FILUSDT-*.csv", "FILUSDT-1m.csv");
    fs::write(dir.path().join("run.toml"), config).unwrap();
    let child = command(dir.path(), &["run", "run.toml", "--out", "run"])
        .stderr(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    // Opening returns once the process reads.
    let mut pipe = fs::OpenOptions::new().write(true).open(&fifo).unwrap();
    pipe.write_all(b"open_time,open,high,low,close,volume,taker_buy_volume\n").unwrap();
    let interrupt = Command::new("kill").args(["-INT", &child.id().to_string()]).status();
    assert!(interrupt.unwrap().success());
    // The process goes on reading until it sees the request, then closes the pipe.
    for minute in 0..5_000_000_u64 {
        let row = format!("{},1,1,1,1,1,1\n", 1_690_848_000_000 + minute * 60_000);
        if pipe.write_all(row.as_bytes()).is_err() {
            break;
        }
    }
    drop(pipe);
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(130), "{}", stderr(&output));
    assert_eq!(stderr(&output), "interrupted; nothing was written\n");
    assert!(!dir.path().join("run").exists());
}

fn tickstep_to(cwd: &Path, args: &[&str], stdout: Stdio) -> Output {
    let mut command = command(cwd, args);
    command.stdout(stdout).stderr(Stdio::piped()).spawn().unwrap().wait_with_output().unwrap()
}

#[cfg(unix)]
#[test]
fn a_reader_that_went_away_is_a_quiet_end() {
    let dir = workspace();
    for args in [
        &["run", "run.toml", "--out", "run"][..],
        &["run", "run.toml", "--out", "run", "--quiet"],
        &["report", "run"],
        &["compare", "run", "run"],
    ] {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let output = tickstep_to(dir.path(), args, writer.into());
        assert_eq!(stderr(&output), "", "{args:?}");
        assert!(output.status.success(), "{args:?}");
    }
    assert!(dir.path().join("run/manifest.json").is_file());
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_standard_output_is_an_error_after_the_folder_is_written() {
    let dir = workspace();
    for args in
        [&["run", "run.toml", "--out", "run"][..], &["report", "run"], &["compare", "run", "run"]]
    {
        let full = fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
        let output = tickstep_to(dir.path(), args, full.into());
        assert_eq!(output.status.code(), Some(1), "{args:?}");
        let message = stderr(&output);
        assert!(message.starts_with("error: cannot write to standard output: "), "{message}");
    }
    assert!(dir.path().join("run/manifest.json").is_file());
}

#[test]
fn what_the_system_said_is_told_once() {
    let dir = workspace();
    let output = tickstep(dir.path(), &["run", "--manifest", "none/manifest.json"]);
    assert_eq!(stderr(&output).matches("os error 2").count(), 1, "{}", stderr(&output));
    fs::write(dir.path().join("bad.toml"), CONFIG.replace("FILUSDT-*.csv", "none.csv")).unwrap();
    let output = tickstep(dir.path(), &["run", "bad.toml"]);
    assert_eq!(stderr(&output).matches("os error 2").count(), 1, "{}", stderr(&output));
}

#[test]
fn help_says_what_it_is_for() {
    let help = stdout(&tickstep(Path::new("."), &["--help"]));
    assert!(help.starts_with("Backtests that are what you trade\n"), "{help}");
}

#[test]
fn a_run_made_again_from_inside_its_folder_stands_beside_it() {
    let dir = workspace();
    let base = dir.path().display().to_string();
    assert!(tickstep(dir.path(), &["run", "run.toml", "--out", "first"]).status.success());
    let inside = dir.path().join("first");
    let again = tickstep(&inside, &["run", "--manifest", "manifest.json", "--base", &base]);
    assert!(stdout(&again).contains("first-again"), "{}", stderr(&again));
    assert!(dir.path().join("first-again/stats.json").is_file());
    assert!(!inside.join("run-again").exists());
}

#[test]
fn a_manifest_works_from_any_folder_and_holds_no_absolute_path() {
    let dir = workspace();
    assert!(tickstep(dir.path(), &["run", "run.toml", "--out", "first"]).status.success());
    let manifest = dir.path().join("first/manifest.json");
    let text = fs::read_to_string(&manifest).unwrap();
    assert!(text.contains("\"base\": \"..\""), "{text}");
    assert!(!text.contains(dir.path().to_str().unwrap()), "{text}");
    let elsewhere = tempfile::tempdir().unwrap();
    let args = ["run", "--manifest", manifest.to_str().unwrap()];
    let again = tickstep(elsewhere.path(), &args);
    assert!(again.status.success(), "{}", stderr(&again));
    assert_eq!(files(&dir.path().join("first")), files(&dir.path().join("first-again")));

    let config = dir.path().join("run.toml");
    let from_there = ["run", config.to_str().unwrap(), "--out"];
    let out = dir.path().join("second");
    let other = tickstep(elsewhere.path(), &[&from_there[..], &[out.to_str().unwrap()]].concat());
    assert!(other.status.success(), "{}", stderr(&other));
    assert_eq!(files(&dir.path().join("first")), files(&out));
}

#[test]
fn a_target_that_is_a_file_is_refused_before_the_work() {
    let dir = workspace();
    fs::write(dir.path().join("afile"), "x").unwrap();
    fs::remove_file(dir.path().join("FILUSDT-1m-2023-08.csv")).unwrap();
    let output = tickstep(dir.path(), &["run", "run.toml", "--out", "afile"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(stderr(&output).contains("afile is not a run folder"), "{}", stderr(&output));
}

#[test]
fn a_changed_funding_file_is_named_as_changed_data() {
    let dir = workspace();
    let series = |rate: &str| format!("time,rate\n2023-08-01T01:00:00Z,{rate}\n");
    let file = dir.path().join("funding.csv");
    fs::write(&file, series("0.0001")).unwrap();
    let set = "instrument.FILUSDT.funding={ file = \"funding.csv\" }";
    let first = tickstep(dir.path(), &["run", "run.toml", "--out", "first", "--set", set]);
    assert!(first.status.success(), "{}", stderr(&first));
    fs::write(&file, series("0.0002")).unwrap();
    let again = tickstep(dir.path(), &["run", "--manifest", "first/manifest.json"]);
    assert_eq!(again.status.code(), Some(1));
    assert!(stderr(&again).contains("funding.csv is not the file that"), "{}", stderr(&again));
}

#[test]
fn a_symbol_is_asked_for_when_names_do_not_tell_it() {
    let dir = workspace();
    fs::rename(dir.path().join("FILUSDT-1m-2023-08.csv"), dir.path().join("bars.csv")).unwrap();
    let output = tickstep(dir.path(), &["run", "bars.csv"]);
    assert!(stderr(&output).contains("state it with --symbol"), "{}", stderr(&output));
    let named = tickstep(dir.path(), &["run", "bars.csv", "--symbol", "FILUSDT"]);
    assert!(
        stderr(&named).contains("FILUSDT: maker_fee, taker_fee, slippage not stated"),
        "{}",
        stderr(&named)
    );
}
