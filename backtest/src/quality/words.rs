//! What a check found, in words for people.

use comfy_table::presets::NOTHING;
use comfy_table::{ContentArrangement, Table};

use super::finding::{FileReport, QualityFinding, Severity};
use super::instrument::{InstrumentReport, LoadVerdict};

/// What `run` would make of an instrument, and what is between its files, for people.
#[must_use]
pub fn verdict_words(report: &InstrumentReport) -> String {
    let name = report.symbol.as_deref().unwrap_or("these files");
    let mut text = match &report.verdict {
        LoadVerdict::Loads { bars, first, last, segments, missing, repaired } => {
            let repaired =
                if repaired.is_none() { String::new() } else { format!("; repaired: {repaired}") };
            format!(
                "{name}: loads, {bars} bars, {first} to {last}, {missing} missing, {segments} \
                 segments{repaired}\n"
            )
        }
        LoadVerdict::Refused { fault, repairs } => {
            let names: Vec<&str> = repairs.iter().map(|repair| repair.name()).collect();
            let loads = if names.is_empty() {
                String::new()
            } else {
                format!(" [loads with --repair {}]", names.join(","))
            };
            format!("{name}: `run` refuses this: {fault}{loads}\n")
        }
    };
    text += &table(&report.findings);
    text
}

/// The report of a file for people.
#[must_use]
pub fn file_words(report: &FileReport) -> String {
    let mut text = report.path.clone();
    if let (Some(first), Some(last)) = (&report.first, &report.last) {
        let interval = match (&report.bar, report.interval_ns) {
            // In seconds, as a run says it, where a bar is always as long.
            (Some(period), _) if period.contains(' ') => period.clone(),
            (_, Some(ns)) => format!("{} s", ns as f64 / 1e9),
            (_, None) => "unknown".to_owned(),
        };
        let step = |d: Option<rust_decimal::Decimal>| d.map_or_else(String::new, |d| d.to_string());
        text += &format!(
            "\n  {} bars of {interval}, {first} to {last}, {} missing\n  tick {}, volume step {}, \
             {} with taker-buy volume",
            report.bars,
            report.missing,
            step(report.tick_size),
            step(report.volume_step),
            report.with_taker,
        );
        if !report.repaired.is_none() {
            text += &format!("\n  repaired: {}", report.repaired);
        }
    }
    if report.findings.is_empty() {
        return text + "\n  nothing to report\n";
    }
    format!("{text}\n{}", table(&report.findings))
}

fn table(findings: &[QualityFinding]) -> String {
    let mut text = String::new();
    for finding in findings {
        let severity = match finding.severity {
            Severity::Error => "ERROR",
            Severity::Warning => "warning",
            Severity::Note => "note",
        };
        text += &format!("  {severity:<8}{}: {}", finding.kind.name(), finding.words);
        if !finding.repairs.is_empty() {
            let names: Vec<&str> = finding.repairs.iter().map(|r| r.name()).collect();
            text += &format!(" [--repair {}]", names.join(" or "));
        }
        text.push('\n');
        let mut cases = {
            let mut table = Table::new();
            table.load_style(NOTHING).set_content_arrangement(ContentArrangement::Disabled);
            table
        };
        for case in &finding.cases {
            let span = match (&case.time, &case.until) {
                (Some(from), Some(to)) if from != to => format!("{from} to {to}"),
                (Some(at), _) => at.clone(),
                (None, _) => String::new(),
            };
            cases.add_row([case.place.clone(), span, case.what.clone()]);
        }
        for line in cases.lines() {
            text += &format!("         {}\n", line.trim_end());
        }
        let more = finding.count.saturating_sub(finding.cases.len() as u64);
        if more > 0 && !finding.cases.is_empty() {
            text += &format!("          and {more} more (--all)\n");
        }
    }
    text
}
