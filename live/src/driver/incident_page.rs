//! What happened between two times, as Markdown for people: the report of an incident begins
//! with it.

use std::fmt::Write as _;
use std::io;

use tickstep_core::session::AccountId;
use tickstep_core::units::Nanos;
use tickstep_journal::{Reader, Source};
use tracing::Level;

use super::incident::{IncidentError, IncidentSpan, find};
use super::replay::{Build, Recovered, Replayed, replay_seen};
use crate::logs::lines;
use crate::runner::{AccountReport, Happening, RunnerReport};

/// What stood and happened in a span.
#[derive(Default)]
struct Chronicle {
    first: Option<RunnerReport>,
    last: Option<RunnerReport>,
    rows: Vec<String>,
    critical: usize,
}

/// Text in a cell: what would end it is taken out.
fn cell(text: &str) -> String {
    text.replace(['\n', '\r'], " ").replace('|', "\\|")
}

/// Writes the page of a span; how many things that happened are in it.
///
/// # Errors
/// When the journal cannot be read or replayed, has nothing of the span, or `to` fails.
pub fn incident_page<S: Source + Clone>(
    source: &S,
    build: &Build<'_>,
    span: &IncidentSpan,
    to: &mut dyn io::Write,
) -> Result<u64, IncidentError> {
    let found = find(source, span)?;
    let mut told = Chronicle::default();
    let mut seen = |seen: Replayed<'_>| {
        if seen.record < found.first || seen.record > found.last {
            return;
        }
        if seen.record == found.first {
            told.first = Some(seen.runner.report_all());
        }
        if seen.record == found.last {
            told.last = Some(seen.runner.report_all());
        }
        told.take(&seen, span);
    };
    let reader = Reader::from_file(source.clone(), found.file)?;
    let again = replay_seen(reader, build, &mut Recovered::default(), &mut seen)?;
    let text = page(&told, span, found.ends, &again.configured.text);
    to.write_all(text.as_bytes())?;
    to.flush()?;
    Ok(told.rows.len() as u64)
}

impl Chronicle {
    fn take(&mut self, seen: &Replayed<'_>, span: &IncidentSpan) {
        let name = |account: AccountId| seen.runner.account_name(account);
        for happening in seen.happenings.iter() {
            // There are many of them, and the tables at both ends say what they came to.
            if matches!(
                happening,
                Happening::Bar { .. } | Happening::Money { .. } | Happening::Worth(_)
            ) {
                continue;
            }
            for line in lines(happening, &name).into_iter().filter(|l| l.level <= Level::INFO) {
                self.critical += usize::from(line.level == Level::ERROR);
                let weight = if line.level == Level::INFO { "" } else { "**" };
                let about = [line.symbol.as_deref(), line.side, line.volume.as_deref()];
                let about: Vec<&str> = about.into_iter().flatten().collect();
                let about = match (about.is_empty(), line.price.as_deref()) {
                    (true, _) => String::new(),
                    (false, None) => format!(" ({})", about.join(" ")),
                    (false, Some(price)) => format!(" ({} at {price})", about.join(" ")),
                };
                self.rows.push(format!(
                    "| {} | {} | {weight}{}{weight} | {}{} |",
                    span.told(seen.at),
                    cell(line.account.as_deref().unwrap_or("")),
                    line.event,
                    cell(&line.words),
                    cell(&about)
                ));
            }
        }
    }
}

fn page(told: &Chronicle, span: &IncidentSpan, ends: Nanos, configuration: &str) -> String {
    let mut out = String::new();
    let program = concat!("tickstep-live ", env!("CARGO_PKG_VERSION"));
    let (from, to) = (span.told(span.from), span.told(span.to.min(ends)));
    // Writing to a text cannot fail.
    let mut put = |text: &str| {
        let _written = writeln!(out, "{text}");
    };
    put(&format!("# Incident between {from} and {to}\n"));
    put(&format!(
        "Written by {program} from the journal: {} things happened, {} of them critical. What \
         people saw and thought is yours to add.\n",
        told.rows.len(),
        told.critical
    ));
    put("## Where everything stood at first\n");
    put(&told.first.as_ref().map_or_else(|| "Not known.\n".to_owned(), |r| standing(r, span)));
    put("## What happened\n");
    if told.rows.is_empty() {
        put("Nothing but prices and balances.\n");
    } else {
        put("| when | account | what | in words |\n|---|---|---|---|");
        told.rows.iter().for_each(|row| put(row));
        put("");
    }
    put("## Where everything stood at last\n");
    put(&told.last.as_ref().map_or_else(|| "Not known.\n".to_owned(), |r| standing(r, span)));
    put("## The configuration at the journal's end\n");
    put(&format!("```toml\n{}\n```", configuration.trim_end()));
    out
}

fn standing(runner: &RunnerReport, span: &IncidentSpan) -> String {
    let mut out = format!("At {}:\n\n", span.told(runner.now));
    out += "| account | cash | equity | positions | not settled |\n|---|---:|---:|---|---|\n";
    for account in &runner.accounts {
        let money = |amount: rust_decimal::Decimal| amount.round_dp(2).to_string();
        out += &format!(
            "| {} | {} | {} | {} | {} |\n",
            cell(&account.name),
            money(account.cash),
            money(account.equity),
            cell(&positions(account)),
            cell(&unsettled(account))
        );
    }
    out
}

fn positions(account: &AccountReport) -> String {
    let held = account.positions.iter().map(|p| {
        let (side, quantity) = (p.side.position_word(), p.quantity.normalize());
        format!("{side} {quantity} {} at {} ({})", p.symbol, p.entry.normalize(), p.strategy)
    });
    let foreign = account.foreign.iter().map(|p| {
        let (side, volume) = (p.side.position_word(), p.volume.normalize());
        format!("{side} {volume} {} at {}, not ours", p.symbol, p.open_price.normalize())
    });
    let all: Vec<String> = held.chain(foreign).collect();
    if all.is_empty() { "none".to_owned() } else { all.join("; ") }
}

fn unsettled(account: &AccountReport) -> String {
    let halted = account.halted.iter().map(|why| format!("HALTED: {why}"));
    let stopped = account.stopped.iter().map(|stop| format!("{stop:?}").to_uppercase());
    let unknown = (!account.known).then(|| "what it holds is not known".to_owned());
    let others = account.differences.iter().chain(&account.under_way).cloned();
    halted.chain(stopped).chain(unknown).chain(others).collect::<Vec<_>>().join("; ")
}
