//! A month's figures as Markdown.

use core::fmt::Write as _;

use rust_decimal::Decimal;
use tickstep_core::units::Nanos;

use super::figures::{Figures, ReviewLine};
use crate::logs::told_at;
use crate::store::SampleRow;

/// A word or sentence in a cell or a line: what would end either is taken out.
fn plain(text: &str) -> String {
    text.replace(['\n', '\r'], " ").replace('|', "\\|")
}

/// The one of sorted values that so many of a hundred do not exceed.
fn rank<T: Copy>(sorted: &[T], percent: usize) -> Option<T> {
    let rank = (sorted.len() * percent).div_ceil(100).max(1);
    sorted.get(rank - 1).copied()
}

fn percent(part: u64, whole: u64) -> String {
    let part = Decimal::from(part) * Decimal::ONE_HUNDRED;
    let of = part.checked_div(Decimal::from(whole));
    of.map_or_else(|| "-".to_owned(), |percent| format!("{:.2} %", percent.round_dp(2)))
}

/// Days, hours and minutes.
fn lasted(span: Nanos) -> String {
    let minutes = span.0.max(0) / Nanos::MINUTE.0;
    let (days, hours, minutes) = (minutes / 1_440, minutes / 60 % 24, minutes % 60);
    match (days, hours) {
        (0, 0) => format!("{minutes} min"),
        (0, hours) => format!("{hours} h {minutes} min"),
        (days, hours) => format!("{days} d {hours} h {minutes} min"),
    }
}

/// The page of a month's figures.
#[must_use]
pub fn page(figures: &Figures) -> String {
    let mut text = String::new();
    // Writing to a text cannot fail.
    let _written = write_page(figures, &mut text);
    text
}

fn write_page(figures: &Figures, out: &mut String) -> core::fmt::Result {
    let at = |at: Nanos| told_at(at, &figures.month.zone);
    writeln!(out, "# Review of {}\n", figures.month.name)?;
    if let Some((from, to)) = figures.known {
        writeln!(out, "Written down from {} to {}.\n", at(from), at(to))?;
    }
    uptime(figures, out)?;
    accounts(figures, out)?;
    latency(figures, out)?;
    errors(figures, out)?;
    list(out, "Limits and drawdown tiers", "none was reached", &figures.limits, &at)?;
    list(out, "What people did", "nothing", &figures.acts, &at)?;
    resources(&figures.samples, out)
}

fn uptime(figures: &Figures, out: &mut String) -> core::fmt::Result {
    let (up, known) = figures.up();
    let minutes = |span: Nanos| u64::try_from(span.0 / Nanos::MINUTE.0).unwrap_or(0);
    writeln!(out, "## Uptime\n")?;
    writeln!(
        out,
        "Up {} of {} ({}), {} restarts.\n",
        lasted(up),
        lasted(known),
        percent(minutes(up), minutes(known)),
        figures.downs.len()
    )?;
    if !figures.downs.is_empty() {
        writeln!(out, "| last heard of | started again | down |\n|---|---|---|")?;
        for down in &figures.downs {
            let (from, to) = (down.from, down.to);
            let at = |at: Nanos| told_at(at, &figures.month.zone);
            writeln!(out, "| {} | {} | {} |", at(from), at(to), lasted(to - from))?;
        }
        writeln!(out)?;
    }
    Ok(())
}

fn accounts(figures: &Figures, out: &mut String) -> core::fmt::Result {
    writeln!(out, "## Accounts\n")?;
    if figures.accounts.is_empty() {
        return writeln!(out, "Nothing was valued.\n");
    }
    let head = "| account | equity at first | at last | paid in | trades | net | deepest drawdown \
                | when |";
    writeln!(out, "{head}\n|---|---:|---:|---:|---:|---:|---:|---|")?;
    for (name, of) in &figures.accounts {
        let money = |amount: Decimal| format!("{:.2}", amount.round_dp(2));
        let when = match of.drawdown.is_zero() {
            true => "-".to_owned(),
            false => told_at(of.deepest, &figures.month.zone),
        };
        writeln!(
            out,
            "| {} | {} | {} | {} | {} | {} | {} ({} %) | {when} |",
            plain(name),
            money(of.first),
            money(of.last),
            money(of.paid),
            of.trades,
            money(of.net),
            money(of.drawdown),
            of.drawdown_percent.normalize()
        )?;
    }
    writeln!(out)
}

fn latency(figures: &Figures, out: &mut String) -> core::fmt::Result {
    writeln!(out, "## Latency\n")?;
    let mut sorted = figures.latencies.clone();
    sorted.sort_unstable();
    let sum: i128 = sorted.iter().map(|took| i128::from(took.0)).sum();
    let mean = sum.checked_div(sorted.len() as i128).and_then(|mean| i64::try_from(mean).ok());
    let ranked = rank(&sorted, 50).zip(rank(&sorted, 99)).zip(sorted.last());
    match (ranked, mean) {
        (Some(((median, p99), longest)), Some(mean)) => writeln!(
            out,
            "{} executions, from sending to the broker's stamp: mean {} ms, median {} ms, 99 of \
             100 in {} ms, longest {} ms.\n",
            sorted.len(),
            Nanos(mean).millis(),
            median.millis(),
            p99.millis(),
            longest.millis()
        ),
        _ => writeln!(out, "Nothing was executed.\n"),
    }
}

fn errors(figures: &Figures, out: &mut String) -> core::fmt::Result {
    let (executed, failed, left) = figures.orders;
    writeln!(out, "## Errors\n")?;
    writeln!(out, "| what | how many | of |\n|---|---:|---:|")?;
    let sent = executed + failed;
    writeln!(out, "| orders refused or not placed | {failed} | {} |", percent(failed, sent))?;
    writeln!(
        out,
        "| orders of unknown outcome at first | {} | {} |",
        figures.unknown,
        percent(figures.unknown, sent)
    )?;
    writeln!(
        out,
        "| decisions not sent on an account | {left} | {} |",
        percent(left, sent + left)
    )?;
    writeln!(out, "| sessions lost | {} | |", figures.sessions_lost)?;
    let (requests, lost) = figures
        .samples
        .iter()
        .fold((0_u64, 0_u64), |(all, lost), sample| (all + sample.requests, lost + sample.failed));
    // Each is of the quarter of an hour before it, so that a request is in fifteen of them.
    writeln!(out, "| requests failed, mean of all minutes | | {} |\n", percent(lost, requests))?;
    writeln!(out, "| alerts | severity | how many |\n|---|---|---:|")?;
    for ((severity, kind), count) in &figures.alerts {
        writeln!(out, "| {kind:?} | {:?} | {count} |", severity.0)?;
    }
    writeln!(out)?;
    let at = |at: Nanos| told_at(at, &figures.month.zone);
    list(out, "Critical alerts", "none", &figures.critical, &at)
}

fn list(
    out: &mut String,
    head: &str,
    none: &str,
    all: &[ReviewLine],
    at: &dyn Fn(Nanos) -> String,
) -> core::fmt::Result {
    writeln!(out, "## {head}\n")?;
    if all.is_empty() {
        writeln!(out, "{none}")?;
    }
    for told in all {
        writeln!(out, "- {}: {}", at(told.at), plain(&told.words))?;
    }
    writeln!(out)
}

fn resources(samples: &[SampleRow], out: &mut String) -> core::fmt::Result {
    writeln!(out, "## Resources\n")?;
    if samples.is_empty() {
        return writeln!(out, "Nothing was measured.");
    }
    writeln!(out, "{} minutes were measured.\n", samples.len())?;
    writeln!(out, "| what | least | median | most |\n|---|---:|---:|---:|")?;
    let mib = |bytes: u64| format!("{} MiB", bytes >> 20);
    let ms = |took: u64| format!("{} ms", took / 1_000_000);
    let count = |n: u64| n.to_string();
    type Column = (&'static str, fn(&SampleRow) -> Option<u64>);
    let rows: [(Column, &dyn Fn(u64) -> String); 5] = [
        (("memory of the process", |s| s.memory_bytes), &mib),
        (("free on the disk of the state", |s| s.disk_free_bytes), &mib),
        (("waiting in all queues", |s| Some(s.waiting)), &count),
        (("median answer of the slowest host", |s| s.median_ns), &ms),
        (("99 of 100 answers of the slowest host", |s| s.p99_ns), &ms),
    ];
    for ((name, of), shown) in rows {
        let mut values: Vec<u64> = samples.iter().filter_map(of).collect();
        values.sort_unstable();
        let cell = |value: Option<&u64>| value.map_or_else(|| "-".to_owned(), |v| shown(*v));
        let median = rank(&values, 50);
        let (least, most) = (cell(values.first()), cell(values.last()));
        writeln!(out, "| {name} | {least} | {} | {most} |", cell(median.as_ref()))?;
    }
    let dropped = samples.windows(2).map(|two| two[1].dropped.saturating_sub(two[0].dropped));
    let dropped = dropped.sum::<u64>() + samples.first().map_or(0, |first| first.dropped);
    writeln!(out, "\n{dropped} messages were dropped from full queues.")?;
    let of = |level: u64| samples.iter().filter(|sample| sample.level == level).count() as u64;
    let all = samples.len() as u64;
    writeln!(
        out,
        "Health: {} of the minutes healthy, {} degraded, {} critical.",
        percent(of(0), all),
        percent(of(1), all),
        percent(of(2), all)
    )
}
