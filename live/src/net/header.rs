//! Headers that tell a time.

use tickstep_core::units::Nanos;

/// A time as HTTP writes it.
pub(crate) fn date(text: &str) -> Option<Nanos> {
    let stamp = jiff::fmt::rfc2822::parse(text.trim()).ok()?.timestamp();
    i64::try_from(stamp.as_nanosecond()).ok().map(Nanos)
}

/// How long `Retry-After` asks to wait: seconds, or until a time, which is counted from the
/// server's own `Date`.
pub(crate) fn retry_after(text: &str, date_of_reply: Option<Nanos>) -> Option<Nanos> {
    let text = text.trim();
    if let Ok(seconds) = text.parse::<u32>() {
        return Some(Nanos::SECOND.times(i64::from(seconds)));
    }
    let until = date(text)?;
    date_of_reply.map(|now| Nanos(until.0.saturating_sub(now.0).max(0)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_wait_is_seconds_or_a_time() {
        let now = date("Mon, 07 Sep 2026 10:00:00 GMT");
        assert_eq!(now, Some(Nanos(1_788_775_200_000_000_000)));
        for (text, now, wanted) in [
            ("7", None, Some(7)),
            (" 120 ", now, Some(120)),
            ("0", None, Some(0)),
            ("Mon, 07 Sep 2026 10:00:30 GMT", now, Some(30)),
            ("Mon, 07 Sep 2026 09:00:00 GMT", now, Some(0)),
            ("Mon, 07 Sep 2026 10:00:30 GMT", None, None),
            ("soon", now, None),
            ("-1", now, None),
        ] {
            let wanted = wanted.map(|s| Nanos::SECOND.times(s));
            assert_eq!(retry_after(text, now), wanted, "{text}");
        }
    }

    proptest! {
        #[test]
        fn no_header_is_too_odd(text in ".*", now in any::<i64>()) {
            let _read = (date(&text), retry_after(&text, Some(Nanos(now))));
        }
    }
}
