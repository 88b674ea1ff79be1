//! Numbers, times and texts as people read them.

use ratatui::text::Span;
use rust_decimal::Decimal;
use tickstep_core::units::Nanos;

/// Money with two decimals and a comma after each thousand: `1,234.50`.
#[must_use]
pub fn money(amount: Decimal) -> String {
    let text = format!("{:.2}", amount.abs());
    let (whole, rest) = text.split_once('.').unwrap_or((&text, "00"));
    let mut grouped = String::new();
    for (at, digit) in whole.chars().enumerate() {
        if at > 0 && (whole.len() - at) % 3 == 0 {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    // What rounds to nothing is no loss.
    let minus = amount.is_sign_negative() && text.contains(|c| ('1'..='9').contains(&c));
    format!("{}{grouped}.{rest}", if minus { "-" } else { "" })
}

/// Money with its sign, also above zero: `+12.30`.
#[must_use]
pub fn signed(amount: Decimal) -> String {
    let text = money(amount);
    let above = !text.starts_with('-') && text.contains(|c| ('1'..='9').contains(&c));
    if above { format!("+{text}") } else { text }
}

/// How long something lasted: `45s`, `2m 15s`, `3h 02m`, `2d 4h`.
#[must_use]
pub fn lasted(span: Nanos) -> String {
    let s = span.0.max(0) / Nanos::SECOND.0;
    match s {
        0..60 => format!("{s}s"),
        60..3_600 => format!("{}m {:02}s", s / 60, s % 60),
        3_600..86_400 => format!("{}h {:02}m", s / 3_600, s / 60 % 60),
        _ => format!("{}d {}h", s / 86_400, s / 3_600 % 24),
    }
}

/// How long something took, to the millisecond where it is short: `12 ms`, `1.2 s`.
pub(super) fn took(span: Nanos) -> String {
    let ms = (span.0.max(0) + 500_000) / 1_000_000;
    match ms {
        0 if span.0 > 0 => "< 1 ms".to_owned(),
        0..1_000 => format!("{ms} ms"),
        1_000..60_000 => format!("{}.{} s", ms / 1_000, ms % 1_000 / 100),
        _ => lasted(span),
    }
}

/// A share of a whole, per cent with two decimals and a sign; nothing of nothing.
pub(super) fn percent(part: Decimal, whole: Decimal) -> Option<String> {
    let percent = (part * Decimal::ONE_HUNDRED).checked_div(whole)?;
    Some(format!("{} %", signed(percent)))
}

/// A number without the zeros at its end.
pub(super) fn number(x: Decimal) -> String {
    x.normalize().to_string()
}

/// A value of a signal's reason, to four figures at least and no more than it has.
pub(super) fn figure(x: f64) -> String {
    let decimals = match x.abs() {
        0.0..10.0 => 4,
        10.0..1_000.0 => 2,
        _ => 0,
    };
    let text = format!("{x:.decimals$}");
    let short =
        if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.') } else { &text };
    short.to_owned()
}

/// Columns that a text takes on a terminal.
pub(super) fn width(text: &str) -> usize {
    Span::raw(text).width()
}

/// Without what would move a terminal's cursor: a broker's words may have it in them.
pub(super) fn clean(text: &str) -> String {
    text.replace(char::is_control, " ")
}

/// A text in exactly so many columns, at their left or right; what is too long ends with
/// `cut`.
pub(super) fn fit(text: &str, columns: usize, right: bool, cut: char) -> String {
    let text = clean(text);
    let taken = width(&text);
    if taken <= columns {
        let blank = " ".repeat(columns - taken);
        return if right { format!("{blank}{text}") } else { format!("{text}{blank}") };
    }
    let mut short = String::new();
    for c in text.chars() {
        let mut longer = short.clone();
        longer.push(c);
        if width(&longer) >= columns {
            break;
        }
        short = longer;
    }
    if columns > 0 {
        short.push(cut);
    }
    let blank = " ".repeat(columns.saturating_sub(width(&short)));
    format!("{short}{blank}")
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_as_people_read_them() {
        let of = |text: &str| text.parse::<Decimal>().unwrap();
        for (amount, plain, with_sign) in [
            ("0", "0.00", "0.00"),
            ("1234567.891", "1,234,567.89", "+1,234,567.89"),
            ("-999.5", "-999.50", "-999.50"),
            ("-0.004", "0.00", "0.00"),
            ("0.004", "0.00", "0.00"),
            ("100000", "100,000.00", "+100,000.00"),
        ] {
            assert_eq!((money(of(amount)), signed(of(amount))), (plain.into(), with_sign.into()));
        }
        assert_eq!(percent(of("-1.5"), of("300")), Some("-0.50 %".to_owned()));
        assert_eq!(percent(Decimal::ONE, Decimal::ZERO), None);
        let figures = [4.2, 3.91234, 61.257, 25_259.1, 0.0, -1.5].map(figure);
        assert_eq!(figures, ["4.2", "3.9123", "61.26", "25259", "0", "-1.5"]);
    }

    #[test]
    fn times_are_as_exact_as_they_are_short() {
        let s = |n: i64| Nanos::SECOND.times(n);
        let spans = [s(0), s(59), s(135), s(11_000), s(187_200)].map(lasted);
        assert_eq!(spans, ["0s", "59s", "2m 15s", "3h 03m", "2d 4h"]);
        let ms = |n: i64| Nanos(n * 100_000);
        let spans = [ms(0), ms(2), ms(125), ms(12_340), ms(900_000)].map(took);
        assert_eq!(spans, ["0 ms", "< 1 ms", "13 ms", "1.2 s", "1m 30s"]);
    }

    #[test]
    fn a_text_takes_the_columns_it_is_given() {
        assert_eq!(fit("abc", 5, false, '…'), "abc  ");
        assert_eq!(fit("abc", 5, true, '…'), "  abc");
        assert_eq!(fit("abcdef", 4, true, '~'), "abc~");
        assert_eq!(fit("abcdef", 0, false, '~'), "");
        // A Korean letter takes two columns.
        assert_eq!(fit("계좌 일", 5, false, '…'), "계좌…");
        assert_eq!(fit("a\x1b[2Jb", 8, false, '…'), "a [2Jb  ");
    }
}
