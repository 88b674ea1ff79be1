//! Cells of a CSV file.

use tickstep_core::units::Nanos;

/// A text as a spreadsheet takes it for a text: one that begins like a formula has a quote
/// before it.
pub(super) fn cell(text: &str) -> String {
    match text.chars().next() {
        Some('=' | '+' | '-' | '@' | '\t' | '\r') => format!("'{text}"),
        _ => text.to_owned(),
    }
}

/// A time, to the millisecond: `2026-11-27T12:00:00.000Z`.
pub(super) fn time(at: Nanos) -> String {
    let stamp = jiff::Timestamp::from_nanosecond(i128::from(at.0));
    stamp.map(|stamp| format!("{stamp:.3}")).unwrap_or_else(|_| at.0.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_no_formula() {
        assert_eq!(cell("FILUSDT"), "FILUSDT");
        assert_eq!(cell("=1+1"), "'=1+1");
        assert_eq!(cell("-x"), "'-x");
        assert_eq!(cell(""), "");
    }

    #[test]
    fn a_time_is_utc() {
        assert_eq!(time(Nanos(1_690_848_000_500_000_000)), "2023-08-01T00:00:00.500Z");
    }
}
