//! The live runner for a hundred accounts: from a bar to intents, from a decision to
//! requests on the wire, and what days leave behind.
//!
//! What is timed is asserted too, and so are the limits, where this is a measurement.
//! `intents` growing points at an engine or a strategy; `requests`, which each decision
//! pays before anything can be sent, at the runner; `durable` less `sync` at the journal's
//! codec; `written` at the calls and the HTTP client. Should `fan-out` grow, accounts wait
//! for each other. `replay` is what a restart waits for. Memory that grows by the day is
//! something that is never forgotten.
//!
//! `cargo bench --bench live -- fan_out` runs one part alone.
#![allow(clippy::print_stdout, missing_docs)]

mod day;
mod decide;
mod desk;
mod disk;
mod fan_out;
mod figures;
mod line;
mod plan;
#[path = "../support/mod.rs"]
mod support;

use std::time::Duration;

use figures::{Figures, Limits};
use plan::Plan;
use tickstep_core::event::Bar;
use tickstep_live::record::RecordKind;

/// Accounts of a decision.
const ACCOUNTS: u16 = 100;

/// Whether a part was asked for: all are where none is named.
fn wanted(part: &str) -> bool {
    let mut named = std::env::args().skip(1).filter(|a| !a.starts_with("--")).peekable();
    named.peek().is_none() || named.any(|name| name == part)
}

const fn ms(n: u64) -> Duration {
    Duration::from_millis(n)
}

fn decide(bars: &[Bar], limits: &mut Limits) -> anyhow::Result<()> {
    let decisions = if limits.measuring { 2_000 } else { 10 };
    let engines = decide::engines(ACCOUNTS, bars, decisions)?;
    Figures::of(engines.quiet).row("bar, no account decides");
    let intents = Figures::of(engines.all);
    intents.row("bar to intents of 100 accounts");
    limits.most("bar to intents, median, us", intents.median.as_secs_f64() * 1e6, 20.0);
    let runner = decide::runner(ACCOUNTS, bars, decisions);
    Figures::of(runner.quiet).row("runner's step, no account decides");
    Figures::of(runner.all).row("runner's step to 100 requests");
    let kept = decide::journalled(ACCOUNTS, bars, decisions / 5)?;
    kept.durable.row("the same, durable, with one sync");
    kept.sync.row("of that, the sync");
    Ok(())
}

fn fan_out(bars: &[Bar], limits: &mut Limits) -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let decisions = if limits.measuring { 30 } else { 1 };
    let even = vec![ms(20); usize::from(ACCOUNTS)];
    let took = runtime.block_on(fan_out::decisions(decisions, &even, bars))?;
    let written = Figures::of(took.iter().map(|t| t.written).collect());
    written.row("decision to the last request written, durable");
    limits.most("decision to last request, median, ms", written.median.as_secs_f64() * 1e3, 5.0);

    let uneven: Vec<Duration> = (0..u64::from(ACCOUNTS)).map(|account| ms(20 + account)).collect();
    let slowest = &uneven[uneven.len() - 1..];
    let alone = runtime.block_on(fan_out::decisions(decisions, slowest, bars))?;
    let alone = Figures::of(alone.iter().map(|t| t.answered).collect());
    alone.row("the slowest account alone, answered");
    let all = runtime.block_on(fan_out::decisions(decisions, &uneven, bars))?;
    let all = Figures::of(all.iter().map(|t| t.answered).collect());
    all.row("all 100 accounts, answered");
    let times = all.median.as_secs_f64() / alone.median.as_secs_f64();
    limits.most("fan-out, times the slowest account alone", times, 1.3);
    Ok(())
}

fn days(bars: &[Bar], limits: &mut Limits) -> anyhow::Result<()> {
    let minutes = if limits.measuring { 1_440 } else { 30 };
    let plan = Plan { accounts: ACCOUNTS, symbols: 10, every: 10, per_minute: 800, paper: false };
    let day = day::day(plan, bars, minutes)?;
    println!(
        "{minutes} minutes of 10 symbols on 100 accounts: {:.1} MB of journal, {} positions",
        day.bytes as f64 / 1e6,
        day.opened
    );
    for (what, kind) in [
        ("replies, quotes, wakes", RecordKind::Input),
        ("news of the market", RecordKind::Market),
        ("writes", RecordKind::Write),
    ] {
        let (records, bytes) = day.of_kind(kind);
        println!("  {what:<24} {records:>9} records, {:>7.1} MB before hashes", bytes as f64 / 1e6);
    }
    let (inputs, speed) = day::replayed(plan, &day.journal)?;
    println!("replay of that day: {inputs} inputs, {:.2} M a second", speed / 1e6);

    let plan = Plan { accounts: 1, paper: true, ..plan };
    let journal = day::market(plan, bars, 3 * minutes)?;
    let (inputs, speed) = day::replayed(plan, &journal)?;
    println!("replay of a market on paper: {inputs} inputs, {:.2} M a second", speed / 1e6);
    limits.least("replayed events a second, M", speed / 1e6, 1.0);
    Ok(())
}

fn month(bars: &[Bar], limits: &mut Limits) -> anyhow::Result<()> {
    let days = if limits.measuring { 30 } else { 2 };
    let plan = Plan { accounts: 20, symbols: 5, every: 60, per_minute: 800, paper: false };
    let resident = day::days(plan, bars, days)?;
    println!("resident memory by the day, MB: {resident:.0?}");
    // What is remembered for two days is there by the tenth.
    if let (Some(tenth), Some(last)) = (resident.get(9), resident.last()) {
        limits.most("memory after a month, times that of day ten", last / tenth.max(1.0), 1.05);
    }
    Ok(())
}

type Part = fn(&[Bar], &mut Limits) -> anyhow::Result<()>;

fn main() -> anyhow::Result<()> {
    let year = support::year()?;
    let bars = year.bars();
    let mut limits = Limits::new(support::measuring());
    let parts: [(&str, Part); 4] =
        [("decide", decide), ("fan_out", fan_out), ("days", days), ("month", month)];
    for (name, part) in parts {
        if wanted(name) {
            part(bars, &mut limits)?;
        }
    }
    limits.kept()
}
