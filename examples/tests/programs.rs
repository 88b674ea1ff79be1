//! The programs beside this folder run, and a strategy of one's own has the whole command.
#![allow(clippy::unwrap_used)]

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use tempfile::TempDir;

/// A program, built with the tests.
fn program(name: &str) -> PathBuf {
    let test = std::env::current_exe().unwrap();
    let built = test.parent().and_then(Path::parent).unwrap().join("examples").join(name);
    assert!(built.exists(), "{} is not there; cargo build --examples makes it", built.display());
    built
}

fn said(output: &Output) -> (String, String) {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (text(&output.stdout), text(&output.stderr))
}

fn run(name: &str, args: &[&str]) -> Result<String, String> {
    let folder = env!("CARGO_MANIFEST_DIR");
    // The trials of a test are not its user's.
    let trials = Path::new(env!("CARGO_TARGET_TMPDIR")).join("trials.jsonl");
    let mut command = Command::new(program(name));
    command.args(args).current_dir(folder).env("TICKSTEP_TRIALS", trials);
    let output = command.output().unwrap();
    let (out, err) = said(&output);
    if output.status.success() { Ok(out) } else { Err(err) }
}

#[test]
fn a_run_needs_ten_lines_with_files_and_without() {
    assert!(run("hello_backtest", &[]).unwrap().contains("USDT"));
    let made_up = run("in_memory", &[]).unwrap();
    assert!(made_up.contains(" trades, ") && !made_up.starts_with("0 "), "{made_up}");
}

#[cfg(feature = "polars")]
#[test]
fn results_leave_as_frames() {
    let frames = run("frames", &[]).unwrap();
    assert!(frames.contains("net_pnl") && frames.contains("equity"), "{frames}");
}

#[test]
fn a_program_searches_and_judges() {
    let said = run("own_sweep", &[]).unwrap();
    assert!(said.starts_with("set "), "{said}");
    assert!(said.lines().count() > 3, "{said}");
}

#[test]
fn a_strategy_of_ones_own_has_the_whole_command() {
    let dir = TempDir::new().unwrap();
    let at = |name: &str| dir.path().join(name).display().to_string();
    run("own_strategy", &["run", "own.toml", "-q", "--out", &at("run")]).unwrap();
    let manifest = std::fs::read_to_string(dir.path().join("run/manifest.json")).unwrap();
    let json: serde_json::Value = serde_json::from_str(&manifest).unwrap();
    let strategy = &json["config"]["strategy"][0];
    assert_eq!((&strategy["kind"], &strategy["params"]["bars"]), (&"breakout".into(), &240.into()));

    let again = ["run", "--manifest", &at("run/manifest.json"), "--out", &at("again")];
    assert!(run("own_strategy", &again).unwrap().contains("Every byte is the same"));
    run("own_strategy", &["report", &at("run"), "--lang", "ko"]).unwrap();

    let sweep = run("own_strategy", &["sweep", "own.toml", "--out", &at("sweep")]).unwrap();
    assert!(sweep.contains("4 sets") && sweep.contains("sweep.json"), "{sweep}");
    let best = std::fs::read_dir(dir.path().join("sweep/best")).unwrap().next().unwrap().unwrap();
    let manifest = best.path().join("manifest.json").display().to_string();
    let again = run("own_strategy", &["run", "--manifest", &manifest, "--out", &at("best")]);
    assert!(again.unwrap().contains("Every byte is the same"));
}

#[test]
fn faults_in_its_parameters_have_their_place() {
    let fault = |set: &str| run("own_strategy", &["run", "own.toml", "--set", set]).unwrap_err();
    let key = fault("strategy.params.bras=5");
    assert!(key.contains("strategy[0].params.bras: unknown field `bras`"), "{key}");
    assert!(key.contains("did you mean `bars`?"), "{key}");
    let range = fault("strategy.params.bars=1");
    assert!(range.contains("strategy[0].params.bars: 1 is out of range; it must be 2"), "{range}");
    let kind = fault("strategy.kind=breakot");
    assert!(
        kind.contains("expected one of `scalper`, `sma_cross`, `outside`, `breakout`"),
        "{kind}"
    );
    assert!(kind.contains("did you mean `breakout`?"), "{kind}");
    let dir = TempDir::new().unwrap();
    let text = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/own.toml")).unwrap();
    let file = dir.path().join("own.toml");
    std::fs::write(&file, text.replace("hold_s = 3600", "hold_s = -1")).unwrap();
    let placed = run("own_strategy", &["run", &file.display().to_string()]).unwrap_err();
    let place = format!("{}:27:10: strategy[0].params.hold_s: -1 is not", file.display());
    assert!(placed.contains(&place), "{placed}");
}
