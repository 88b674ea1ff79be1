//! How long a position is held.

use crate::units::Nanos;

/// When a position that was entered at `entry` has been held for `hold`: after whole
/// bars of `interval`, at least one. It is closed at the first open from then on.
///
/// ```
/// use tickstep_core::engine::due;
/// use tickstep_core::units::Nanos;
/// let (entry, second) = (Nanos::MINUTE.times(10), |n| Nanos::SECOND.times(n));
/// let after = |hold| due(entry, second(hold), Nanos::MINUTE) - entry;
/// assert_eq!(after(60), Nanos::MINUTE);
/// assert_eq!(after(61), Nanos::MINUTE.times(2), "a bar that has begun is a whole one");
/// assert_eq!(after(0), Nanos::MINUTE, "an exit is decided at a close after the entry");
/// ```
#[inline]
#[must_use]
pub fn due(entry: Nanos, hold: Nanos, interval: Nanos) -> Nanos {
    let bars = (hold.0 + interval.0 - 1) / interval.0;
    entry + interval.times(bars.max(1))
}
