//! The one text form of a time in files.

use tickstep_core::units::Nanos;

/// RFC 3339, UTC, as many decimals of a second as there are.
#[must_use]
pub fn time(ts: Nanos) -> String {
    jiff::Timestamp::from_nanosecond(i128::from(ts.0))
        .map_or_else(|_| ts.0.to_string(), |t| t.to_string())
}
