//! What cannot be compared is refused, with what to do.

use std::fs;

use tickstep_live::driver::simulated::WayOfWrite;

use crate::desk::{Desk, bars, base};

const SPAN: (usize, usize) = (1_440, 1_440 + 240);

fn desk() -> Desk {
    let desk = Desk::new();
    desk.session("state", &bars(), SPAN, &mut WayOfWrite::default);
    desk.run("run", SPAN, &[]);
    desk
}

fn error(desk: &Desk, args: &[&str]) -> String {
    desk.tickstep(args).unwrap_err()
}

#[test]
fn another_configuration_span_or_instrument_is_named() {
    let desk = desk();
    desk.run("slower", SPAN, &["strategy.params.slow=15"]);
    let said = error(&desk, &["compare", "slower", "state"]);
    assert!(said.contains("not of the same configuration: strategy sma_cross"), "{said}");
    assert!(said.contains("params.slow is 15 in the run and 14 live"), "{said}");

    desk.run("later", (1_440 * 9, 1_440 * 9 + 240), &[]);
    let said = error(&desk, &["compare", "later", "state"]);
    assert!(said.contains("no time in common; run the backtest over the days"), "{said}");

    let other = base().replace("FILUSDT\"\ntick", "OTHER\"\ntick");
    fs::write(desk.path("base.toml"), other).unwrap();
    desk.run("other", SPAN, &[]);
    let said = error(&desk, &["compare", "other", "state"]);
    assert!(said.contains("the journal trades FILUSDT, which the run does not"), "{said}");

    let euros = base().replace("\"USD\"", "\"EUR\"");
    fs::write(desk.path("base.toml"), euros).unwrap();
    desk.run("euros", SPAN, &[]);
    let said = error(&desk, &["compare", "euros", "state"]);
    assert!(said.contains("money is EUR in the run and USD in the journal"), "{said}");
}

#[test]
fn a_run_without_trades_and_an_account_that_is_not_there_are_named() {
    let desk = desk();
    desk.run("idle", SPAN, &["account.cash=1"]);
    let said = error(&desk, &["compare", "idle", "state"]);
    assert!(said.contains("the run has no trade from 2023-08-02T"), "{said}");
    let said = error(&desk, &["compare", "run", "state", "--account", "nobody"]);
    assert!(said.contains("the journal has no account nobody; it has main"), "{said}");
    let said = error(&desk, &["compare", "run", "run", "--fit", "fit.toml"]);
    assert!(said.contains("--fit goes with the journal of a live runner"), "{said}");
    let said = error(&desk, &["compare", "run", "run", "state"]);
    assert!(said.contains("held against one run: tickstep compare RUN JOURNAL"), "{said}");
}

#[test]
fn a_journal_that_was_changed_is_refused_and_a_torn_one_is_said() {
    let desk = desk();
    let file = desk.path("state/journal/0000000001.journal");
    let whole = fs::read(&file).unwrap();
    fs::write(&file, &whole[..whole.len() - 9]).unwrap();
    let said = desk.tickstep(&["compare", "run", "state"]).unwrap();
    assert!(said.contains("note: the journal's end is torn"), "{said}");
    let mut changed = whole.clone();
    changed[whole.len() / 2] ^= 1;
    fs::write(&file, &changed).unwrap();
    let said = error(&desk, &["compare", "run", "state"]);
    assert!(said.contains("`tickstep-live verify` says more"), "{said}");
    fs::write(&file, &whole[..40]).unwrap();
    let said = error(&desk, &["compare", "run", "state"]);
    assert!(said.contains("state"), "{said}");
    fs::write(&file, &whole).unwrap();
    // The journal itself may be named, too.
    desk.tickstep(&["compare", "run", "state/journal"]).unwrap();
}

#[test]
fn too_little_is_not_fitted() {
    let desk = Desk::new();
    desk.session("state", &bars(), (1_440, 1_440 + 30), &mut WayOfWrite::default);
    desk.run("run", (1_440, 1_440 + 240), &[]);
    let args = ["compare", "run", "state", "--fit", "fit.toml"];
    let said = desk.tickstep(&args).err().unwrap_or_default();
    assert!(said.contains("at least 10 are needed to measure") || said.contains("no trade"));
    assert!(!desk.path("fit.toml").exists());
}
