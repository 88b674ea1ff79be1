//! Files of one instrument beside each other.

use super::finding::{FileReport, FindingCase, FindingKind, QualityFinding, Severity};

/// What is wrong between files of one instrument that were checked one by one:
/// stretches of time in two of them, different intervals, taker volume in some.
#[must_use]
pub fn between(reports: &[FileReport]) -> Vec<QualityFinding> {
    let mut files: Vec<&FileReport> = reports.iter().filter(|r| r.first.is_some()).collect();
    // RFC 3339 in UTC with as many digits sorts as time does.
    files.sort_by(|a, b| (&a.first, &a.path).cmp(&(&b.first, &b.path)));
    let mut findings = Vec::new();
    let mut overlaps = Vec::new();
    let mut latest: Option<&FileReport> = None;
    for file in &files {
        if let Some(before) = latest.filter(|before| file.first <= before.last) {
            overlaps.push(FindingCase {
                place: file.path.clone(),
                time: file.first.clone(),
                until: before.last.clone().min(file.last.clone()),
                bars: None,
                what: format!("begins before {} ends", before.path),
            });
        }
        if latest.is_none_or(|before| file.last > before.last) {
            latest = Some(file);
        }
    }
    let mut add = |kind, words: String, cases: Vec<FindingCase>| {
        let count = cases.len() as u64;
        let (severity, repairs) = (Severity::Error, Vec::new());
        findings.push(QualityFinding { kind, severity, count, words, repairs, cases });
    };
    if !overlaps.is_empty() {
        add(
            FindingKind::Overlap,
            format!("{} files overlap the one before", overlaps.len()),
            overlaps,
        );
    }
    let Some(first) = files.first() else { return findings };
    let differs = |file: &&&FileReport| {
        let intervals = (file.interval_ns, first.interval_ns);
        matches!(intervals, (Some(a), Some(b)) if a != b)
            || (file.with_taker > 0) != (first.with_taker > 0)
    };
    let other: Vec<FindingCase> = files
        .iter()
        .filter(differs)
        .map(|file| FindingCase {
            place: file.path.clone(),
            time: None,
            until: None,
            bars: None,
            what: format!(
                "interval {} s, taker-buy volume {}; {} has {} s, {}",
                file.interval_ns.unwrap_or(0) / 1_000_000_000,
                yes(file.with_taker > 0),
                first.path,
                first.interval_ns.unwrap_or(0) / 1_000_000_000,
                yes(first.with_taker > 0),
            ),
        })
        .collect();
    if !other.is_empty() {
        let words = format!("{} files differ from the first in interval or columns", other.len());
        add(FindingKind::FilesDiffer, words, other);
    }
    findings
}

const fn yes(there: bool) -> &'static str {
    if there { "yes" } else { "no" }
}
