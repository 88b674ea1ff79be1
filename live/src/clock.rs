//! The one place that reads the machine's clocks.
//!
//! A runner's time goes on from where it was, at the pace of a clock that nobody sets: the
//! wall clock is looked at when the program starts, and the monotonic one from then on. So
//! a wall clock that is set while it runs moves nothing, and one that was set back between
//! two runs does not make time stand still. How far a broker's clock is away is told by the
//! broker's answers, not by this machine.

use std::time::{Instant, SystemTime, UNIX_EPOCH};

use tickstep_core::units::Nanos;

/// Time, from one start of the program to its end.
#[derive(Clone, Copy, Debug)]
pub struct Clock {
    from: Nanos,
    started: Instant,
}

impl Clock {
    /// A clock that shows the wall clock's time now, or the time that was written down
    /// last, if that is later.
    #[must_use]
    pub fn after(last: Option<Nanos>) -> Self {
        let from = wall().max(last.unwrap_or(Nanos(0)));
        Self { from, started: Instant::now() }
    }

    /// The time, nanoseconds since the Unix epoch, UTC.
    #[must_use]
    pub fn now(&self) -> Nanos {
        let passed = i64::try_from(self.started.elapsed().as_nanos()).unwrap_or(i64::MAX);
        Nanos(self.from.0.saturating_add(passed))
    }

    /// The instant of the monotonic clock at which it shows `at`, for waiting.
    #[must_use]
    pub fn instant(&self, at: Nanos) -> Instant {
        let ahead = u64::try_from(at.0 - self.from.0).unwrap_or(0);
        self.started + std::time::Duration::from_nanos(ahead)
    }
}

/// The wall clock, nanoseconds since the Unix epoch, UTC.
#[must_use]
pub fn wall() -> Nanos {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    // Before 1970 it is not set at all.
    Nanos(since.map_or(0, |d| i64::try_from(d.as_nanos()).unwrap_or(i64::MAX)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_goes_on_from_what_was_written_down() {
        let future = Nanos(wall().0 + 3_600_000_000_000);
        let clock = Clock::after(Some(future));
        let (one, two) = (clock.now(), clock.now());
        assert!(future <= one && one <= two);
        assert!(Clock::after(Some(Nanos(5))).now() > Nanos(1_700_000_000_000_000_000));
        assert!(clock.instant(two) <= clock.instant(Nanos(two.0 + 1)));
    }
}
