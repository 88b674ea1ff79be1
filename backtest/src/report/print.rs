//! Numbers, money and time as people read them. Only for reports: files take the
//! figures themselves.

use jiff::tz::TimeZone;
use rust_decimal::Decimal;
use tickstep_core::units::Nanos;

use crate::times::local;

/// Above this, digits tell nothing and would break a table.
const HUGE: f64 = 1e9;

/// `value` with `places` decimals, in scientific notation when huge, and without
/// the sign of a zero.
#[must_use]
pub fn number(value: f64, places: usize) -> String {
    if value.abs() >= HUGE {
        return format!("{value:.2e}");
    }
    let text = format!("{value:.places$}");
    let is_zero = text.bytes().all(|b| matches!(b, b'-' | b'0' | b'.'));
    if is_zero { text.trim_start_matches('-').to_owned() } else { text }
}

/// A whole number with thousands separated.
pub(super) fn count(n: u64) -> String {
    grouped(&n.to_string())
}

fn grouped(digits: &str) -> String {
    let mut grouped = String::new();
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

/// Money with thousands separated and two decimals; eight for accounts that are
/// not kept in hundreds, such as one in BTC.
#[must_use]
pub fn money(amount: Decimal, account: Decimal, currency: &str) -> String {
    let places = if account.abs() < Decimal::ONE_HUNDRED { 8 } else { 2 };
    let rounded = amount.round_dp(places);
    let text = format!("{:.*}", places as usize, rounded.abs());
    let (whole, fraction) = text.split_once('.').unwrap_or((&text, ""));
    let sign = if rounded < Decimal::ZERO { "-" } else { "" };
    let grouped = grouped(whole);
    format!("{sign}{grouped}.{fraction} {currency}").trim_end().to_owned()
}

/// A point in time in `zone`, to the minute.
pub(super) fn time(ts: Nanos, zone: &TimeZone) -> String {
    local(ts, zone, "%Y-%m-%d %H:%M %Z")
}

/// A span: `12 d 03:04` from a day on, else `03:04:05`.
pub(super) fn span(span: Nanos) -> String {
    let (days, rest) = (span.0 / Nanos::DAY.0, span.0 % Nanos::DAY.0);
    let (hours, minutes) = (rest / Nanos::HOUR.0, rest % Nanos::HOUR.0 / Nanos::MINUTE.0);
    if days > 0 {
        format!("{days} d {hours:02}:{minutes:02}")
    } else {
        format!("{hours:02}:{minutes:02}:{:02}", rest % Nanos::MINUTE.0 / Nanos::SECOND.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers() {
        for (value, text) in
            [(-0.001, "0.00"), (1.005, "1.00"), (-1.5, "-1.50"), (2.5e12, "2.50e12"), (0.0, "0.00")]
        {
            assert_eq!(number(value, 2), text);
        }
        assert_eq!(number(-0.4, 0), "0");
        assert_eq!([0, 999, 1_000, 1_234_567].map(count), ["0", "999", "1,000", "1,234,567"]);
    }

    #[test]
    fn amounts() {
        let d = |text| Decimal::from_str_exact(text).unwrap();
        let account = d("10000");
        assert_eq!(money(d("1234567.891"), account, "USDT"), "1,234,567.89 USDT");
        assert_eq!(money(d("-999.999"), account, "USDT"), "-1,000.00 USDT");
        assert_eq!(money(d("-0.001"), account, "USDT"), "0.00 USDT");
        assert_eq!(money(d("100"), account, ""), "100.00");
        assert_eq!(money(d("0.0123"), d("1.5"), "BTC"), "0.01230000 BTC");
    }

    #[test]
    fn times() {
        assert_eq!(time(Nanos(0), &TimeZone::UTC), "1970-01-01 00:00 UTC");
        assert_eq!(span(Nanos::SECOND.times(3_725)), "01:02:05");
        assert_eq!(span(Nanos::MINUTE.times(2 * 1440 + 61)), "2 d 01:01");
    }
}
