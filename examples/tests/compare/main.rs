//! Live held against its backtest: what was put into a simulated broker is found again, and a
//! backtest with what was measured says how sessions that it never saw may end.
#![allow(clippy::unwrap_used)]

mod covered;
mod desk;
mod refused;

use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;
use serde_json::Value;
use tickstep_config::{Document, FitFile, OwnStrategies, read};
use tickstep_core::units::Nanos;
use tickstep_live::cli::run::play;
use tickstep_live::driver::simulated::WayOfWrite;
use tickstep_live::driver::{Recovered, build_with, replay};

use desk::{Desk, Dice, august, bars, money, outcomes, total};

/// Three days.
const SPAN: (usize, usize) = (1_440, 1_440 * 4);

fn steady(latency_ms: i64, slips: u32) -> impl FnMut() -> WayOfWrite {
    let latency = Nanos(latency_ms * 1_000_000);
    move || WayOfWrite { latency, slips, refused: false }
}

#[test]
fn a_broker_without_faults_makes_the_backtest() {
    let (desk, bars) = (Desk::new(), bars());
    let state = desk.session("state", &bars, SPAN, &mut steady(0, 0));
    desk.run("run", SPAN, &[]);
    let account = desk.compared("run", "state");
    let count = |key: &str| account[key].as_u64().unwrap();
    assert!(count("matched") > 100, "{account:#}");
    assert_eq!((count("missed"), count("rejected"), count("extra")), (0, 0, 0), "{account:#}");
    assert_eq!(money(&account["gap"]), Decimal::ZERO, "{account:#}");
    assert_eq!(money(&account["run_pnl"]), money(&account["live_pnl"]));
    // Its journal replays, outcomes included.
    let own = OwnStrategies::default();
    let journal = tickstep_journal::ReadFolder::new(&state.join("journal"));
    let reader = tickstep_journal::Reader::oldest(journal).unwrap();
    let mut recovered = Recovered::default();
    replay(reader, &build_with(&own), &mut recovered).unwrap();
    assert!(recovered.outcomes.is_empty() && recovered.writes > 100, "{recovered:?}");
}

/// What was measured of the only account.
fn fitted(desk: &Desk, run: &str, state: &str) -> tickstep_config::FitAccount {
    desk.tickstep(&["compare", run, state, "--fit", "fit.toml"]).unwrap();
    let document = Document::read(&desk.path("fit.toml"), &[]).unwrap();
    let mut file: FitFile = read(document.table().clone(), &[]).unwrap();
    assert_eq!(file.account.len(), 1);
    file.account.remove(0)
}

fn mean(list: &[i64]) -> f64 {
    list.iter().sum::<i64>() as f64 / list.len() as f64
}

#[test]
fn latency_and_slippage_that_were_put_in_are_found_within_five_percent() {
    let (desk, bars) = (Desk::new(), bars());
    desk.run("run", SPAN, &[]);
    for (case, (ms, ticks)) in
        [(0, 0), (20, 1), (150, 0), (700, 2), (2_500, 5), (9_000, 12)].into_iter().enumerate()
    {
        let name = format!("state{case}");
        desk.session(&name, &bars, SPAN, &mut steady(ms, ticks));
        let fit = fitted(&desk, "run", &name);
        let within = |found: f64, put_in: f64, what: &str| {
            assert!(
                (found - put_in).abs() <= 0.05 * put_in,
                "{what} of {ms} ms and {ticks} ticks: {found}"
            );
        };
        let latency: Vec<i64> = fit.latency_ms.iter().map(|ms| i64::from(*ms)).collect();
        let slippage = &fit.slippage_ticks["FILUSDT"];
        assert!(latency.len() > 100 && slippage.orders.len() > 100, "{fit:?}");
        within(mean(&latency), ms as f64, "mean latency");
        within(latency[latency.len() / 2] as f64, ms as f64, "median latency");
        within(mean(&slippage.orders), f64::from(ticks), "mean slippage");
        assert_eq!((fit.rejected, fit.entries > 50), (0, true));
        // The table says the same as the file.
        let account = desk.compared("run", &name);
        assert_eq!(account["latency_ms"][0].as_i64().unwrap(), latency[latency.len() / 2]);
        assert_eq!(money(&account["gap"]), total(&account["parts"]));
        let live = money(&account["live_pnl"]) - money(&account["run_pnl"]);
        assert_eq!(money(&account["gap"]), live);
        if ticks > 0 {
            let price = money(&account["parts"]["price"]).to_f64().unwrap();
            assert!(price < 0.0, "slippage is paid in the price: {account:#}");
        }
    }
}

#[test]
fn refusals_are_told_apart_and_counted() {
    let (desk, bars) = (Desk::new(), bars());
    let mut dice = Dice(5);
    let mut refused = 0_u64;
    let mut way = || {
        let no = dice.below(10) == 0;
        refused += u64::from(no);
        WayOfWrite { refused: no, ..WayOfWrite::default() }
    };
    let state = desk.session("state", &bars, SPAN, &mut way);
    desk.run("run", SPAN, &[]);
    let account = desk.compared("run", "state");
    let count = |key: &str| account[key].as_u64().unwrap();
    assert!(count("rejected") > 5, "{account:#}");
    assert!(count("entries_rejected") >= count("rejected"), "{account:#}");
    assert_eq!(money(&account["gap"]), total(&account["parts"]));
    assert!(!money(&account["parts"]["rejected"]).is_zero());
    let lines = account["trades"].as_array().unwrap();
    let of = |status: &str| lines.iter().filter(|line| line["status"] == status).count() as u64;
    for status in ["matched", "missed", "rejected", "extra"] {
        assert_eq!(of(status), count(status), "{status}");
    }
    let each: Decimal = lines.iter().map(|line| total(&line["parts"])).sum();
    assert_eq!(each, money(&account["gap"]));
    // Entries that the broker refused are those that the journal says it did.
    let fit = fitted(&desk, "run", "state");
    let said = outcomes(&state).into_iter().filter(|outcome| {
        matches!(outcome, tickstep_journal::Outcome::Order(order)
            if order.aim == tickstep_journal::Aim::Entry
                && matches!(order.end, tickstep_journal::OrderEnd::Rejected { .. }))
    });
    assert_eq!(fit.rejected, said.count() as u64);
    assert!(fit.rejected <= refused && refused > 20);
    let page = desk.tickstep(&["compare", "run", "state", "--html", "live.html", "--lang", "ko"]);
    assert!(page.unwrap().contains("거부된 거래"));
    let html = std::fs::read_to_string(desk.path("live.html")).unwrap();
    let shown = |words: &str| html.contains(words);
    assert!(shown("거부된 거래") && shown("\"trades\":[[\"main\",") && shown("rejected"));
}

/// A recording on paper against the backtest over the same candles: no gap at all, with costs
/// as stated and as measured.
#[test]
fn a_recording_on_paper_has_no_gap_to_its_backtest() {
    let (desk, bars) = (Desk::new(), bars());
    let mut dice = Dice(9);
    let mut way = || WayOfWrite {
        latency: Nanos(dice.below(8_000) as i64 * 1_000_000),
        slips: dice.below(4) as u32,
        refused: dice.below(20) == 0,
    };
    desk.session("measured", &bars, SPAN, &mut way);
    desk.run("first", SPAN, &[]);
    let fit = fitted(&desk, "first", "measured");
    assert!(fit.rejected > 2 && fit.latency_ms.last() > Some(&7_000), "{fit:?}");
    for (at, set) in ["costs.taker_fee=0.0004", "costs.fitted={ file = \"fit.toml\", seed = 3 }"]
        .into_iter()
        .enumerate()
    {
        let live = format!(
            "base = \"base.toml\"\ntrading_enabled = true\nmode = \"paper\"\nstate = \"paper{at}\"\n\
             [feed]\nkind = \"tape\"\npath = {:?}\n[venue.inside]\nkind = \"paper\"\n\
             [[instrument]]\nsymbol = \"FILUSDT\"\ninterval_s = 60\n\
             [[account]]\nname = \"paper\"\nvenue = \"inside\"\n",
            august().display().to_string()
        );
        std::fs::write(desk.path("paper.toml"), live).unwrap();
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
        let own = OwnStrategies::default();
        runtime.block_on(play(&desk.path("paper.toml"), &[set.to_owned()], &own)).unwrap();
        let out = format!("run{at}");
        let args = ["run", "base.toml", "--out", &out, "-q", "--set", set];
        desk.tickstep(&args).unwrap();
        let account = desk.compared(&out, &format!("paper{at}"));
        let count = |key: &str| account[key].as_u64().unwrap();
        assert!(count("matched") > 500, "{}", account["matched"]);
        assert_eq!((count("missed"), count("rejected"), count("extra")), (0, 0, 0));
        assert_eq!(money(&account["gap"]), Decimal::ZERO);
        let side = |line: &Value, key: &str| line["run"][key] == line["live"][key];
        for line in account["trades"].as_array().unwrap() {
            for key in ["entry_time", "exit_time", "entry_price", "exit_price", "net"] {
                assert!(side(line, key), "{line}");
            }
        }
        if at == 1 {
            let text = std::fs::read_to_string(desk.path(&out).join("stats.json")).unwrap();
            let said = "costs.fitted.slippage_ticks.FILUSDT.orders";
            assert!(text.contains(said) && !text.contains("slippage.ticks"));
            // The manifest needs the file no more.
            std::fs::remove_file(desk.path("fit.toml")).unwrap();
            let manifest = format!("{out}/manifest.json");
            desk.tickstep(&["run", "--manifest", &manifest, "--out", "again", "-q"]).unwrap();
            let trades = |run: &str| std::fs::read(desk.path(run).join("trades.csv")).unwrap();
            assert_eq!(trades("again"), trades(&out));
        }
    }
}
