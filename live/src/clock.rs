//! The one place that reads the machine's clocks.
//!
//! A runner's time goes on from where it was, at the pace of a clock that nobody sets: the
//! wall clock is looked at when the program starts, and the monotonic one from then on. So
//! a wall clock that is set while it runs moves nothing, and one that was set back between
//! two runs does not make time stand still. How far a broker's clock is away is told by the
//! broker's answers, not by this machine.
//!
//! Against a simulated venue, or a recorded market, time may run faster than it does, and at
//! another pace from one moment to the next ([`Tempo`]). A test that plays a market sets it by
//! hand, so that however busy the machine is, nothing comes too late.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use tickstep_core::units::Nanos;

/// Time, from one start of the program to its end.
#[derive(Clone, Copy, Debug)]
pub struct Clock(Pacing);

#[derive(Clone, Copy, Debug)]
enum Pacing {
    Steady(Stretch),
    Changing(&'static Tempo),
}

/// Time at one pace.
#[derive(Clone, Copy, Debug)]
struct Stretch {
    from: Nanos,
    started: Instant,
    /// Nanoseconds that it shows for one that passes; 0 where it is set by hand.
    speed: u32,
}

/// Longest sleep on a clock whose pace may change meanwhile.
const NAP: Duration = Duration::from_millis(20);

/// Time whose pace somebody changes while it runs. All clocks of it show the same. It is
/// there for as long as the program is.
#[derive(Debug)]
pub struct Tempo(Mutex<Stretch>);

/// Where a program's time comes from.
#[derive(Clone, Copy, Debug)]
pub enum TimeSource {
    /// It passes as it does.
    Real,
    /// It runs faster, from an instant of the wall clock on.
    Fast(FastTime),
    /// It runs at a pace that somebody changes.
    Paced(&'static Tempo),
}

impl TimeSource {
    /// A clock of it that shows no time before `last`, which was written down last. One that
    /// is paced shows what all its clocks do.
    #[must_use]
    pub fn clock(self, last: Option<Nanos>) -> Clock {
        match self {
            Self::Real => Clock::after(last),
            Self::Fast(time) => Clock::fast(time, last),
            Self::Paced(tempo) => Clock::paced(tempo),
        }
    }
}

/// Time that runs faster: programs with the same two numbers agree on what time it is,
/// whenever each of them was started.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FastTime {
    /// The instant of the wall clock at which both show the same.
    pub since: Nanos,
    /// How many times faster than the wall clock it runs from then on.
    pub speed: u32,
}

impl Clock {
    /// A clock that shows the wall clock's time now, or the time that was written down
    /// last, if that is later.
    #[must_use]
    pub fn after(last: Option<Nanos>) -> Self {
        Self::starting(wall(), 1, last)
    }

    /// A clock that runs faster, or goes on from the time that was written down last.
    #[must_use]
    pub fn fast(time: FastTime, last: Option<Nanos>) -> Self {
        let passed = wall().0.saturating_sub(time.since.0).max(0);
        let shown =
            Nanos(passed.saturating_mul(i64::from(time.speed)).saturating_add(time.since.0));
        Self::starting(shown, time.speed, last)
    }

    /// A clock that begins at an instant of a recorded market.
    #[must_use]
    pub fn recorded(from: Nanos, speed: u32) -> Self {
        Self::starting(from, speed, None)
    }

    /// A clock whose pace somebody changes.
    #[must_use]
    pub const fn paced(tempo: &'static Tempo) -> Self {
        Self(Pacing::Changing(tempo))
    }

    fn starting(from: Nanos, speed: u32, last: Option<Nanos>) -> Self {
        Self(Pacing::Steady(Stretch::new(from.max(last.unwrap_or(Nanos(0))), speed)))
    }

    fn stretch(&self) -> Stretch {
        match self.0 {
            Pacing::Steady(stretch) => stretch,
            Pacing::Changing(tempo) => tempo.stretch(),
        }
    }

    /// The time, nanoseconds since the Unix epoch, UTC.
    #[must_use]
    pub fn now(&self) -> Nanos {
        self.stretch().now()
    }

    /// How long a span of its time takes at its present pace.
    #[must_use]
    pub fn real(&self, span: Nanos) -> Duration {
        self.stretch().real(span)
    }

    /// Waits until it shows `at`.
    pub async fn sleep_until(&self, at: Nanos) {
        match self.0 {
            Pacing::Steady(stretch) => match stretch.instant(at) {
                Some(instant) => tokio::time::sleep_until(instant.into()).await,
                None => std::future::pending().await,
            },
            Pacing::Changing(tempo) => loop {
                let stretch = tempo.stretch();
                let now = stretch.now();
                if now >= at {
                    return;
                }
                let left = Nanos(at.0.saturating_sub(now.0));
                // Never nothing, or it would spin through the last nanoseconds.
                let nap = stretch.real(left).clamp(Duration::from_micros(50), NAP);
                tokio::time::sleep(nap).await;
            },
        }
    }
}

impl Stretch {
    fn new(from: Nanos, speed: u32) -> Self {
        Self { from, started: Instant::now(), speed: speed.max(1) }
    }

    fn now(&self) -> Nanos {
        let passed = i64::try_from(self.started.elapsed().as_nanos()).unwrap_or(i64::MAX);
        Nanos(self.from.0.saturating_add(passed.saturating_mul(i64::from(self.speed))))
    }

    /// The instant of the monotonic clock at which it shows `at`, for waiting; `None` where
    /// that is farther away than any clock goes.
    fn instant(&self, at: Nanos) -> Option<Instant> {
        let ahead = u64::try_from(at.0.saturating_sub(self.from.0)).unwrap_or(0);
        self.started.checked_add(Duration::from_nanos(ahead / u64::from(self.speed.max(1))))
    }

    fn real(&self, span: Nanos) -> Duration {
        Duration::from_nanos(u64::try_from(span.0).unwrap_or(0) / u64::from(self.speed.max(1)))
    }
}

impl Tempo {
    /// Time that begins at `from` and runs so many times faster than it does.
    #[must_use]
    pub fn new(from: Nanos, speed: u32) -> &'static Self {
        Box::leak(Box::new(Self(Mutex::new(Stretch::new(from, speed)))))
    }

    /// Time that stands still but where it is [set](Self::set). Spans that are waited for
    /// outside, such as those for an answer, take as long as they do.
    #[must_use]
    pub fn by_hand(from: Nanos) -> &'static Self {
        let still = Stretch { speed: 0, ..Stretch::new(from, 1) };
        Box::leak(Box::new(Self(Mutex::new(still))))
    }

    /// Goes on to `at`, and stands still there; where it is later already, it stays.
    pub fn set(&self, at: Nanos) {
        let mut stretch = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *stretch = Stretch { speed: 0, ..Stretch::new(stretch.now().max(at), 1) };
    }

    fn stretch(&self) -> Stretch {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The time, nanoseconds since the Unix epoch, UTC.
    #[must_use]
    pub fn now(&self) -> Nanos {
        self.stretch().now()
    }

    /// How many times faster than it does time runs.
    #[must_use]
    pub fn speed(&self) -> u32 {
        self.stretch().speed
    }

    /// Lets it run so many times faster from now on.
    pub fn set_speed(&self, speed: u32) {
        let mut stretch = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *stretch = Stretch::new(stretch.now(), speed);
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
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn it_goes_on_from_what_was_written_down() {
        let future = Nanos(wall().0 + 3_600_000_000_000);
        let clock = Clock::after(Some(future));
        let (one, two) = (clock.now(), clock.now());
        assert!(future <= one && one <= two);
        assert!(Clock::after(Some(Nanos(5))).now() > Nanos(1_700_000_000_000_000_000));
        let instant = |at: Nanos| clock.stretch().instant(at).unwrap();
        assert!(instant(two) <= instant(Nanos(two.0 + 1)));
    }

    #[test]
    fn one_that_is_fast_shows_the_same_to_all() {
        let time = FastTime { since: Nanos(wall().0 - 1_000_000_000), speed: 300 };
        let (one, two) = (Clock::fast(time, None), Clock::fast(time, None));
        let apart = (two.now().0 - one.now().0).abs();
        assert!(apart < 300_000_000, "{apart} ns");
        assert!(one.now().0 - time.since.0 >= 300_000_000_000);
        assert_eq!(one.real(Nanos::MINUTE), Duration::from_millis(200));
        let there = Clock::recorded(Nanos(5), 1).now();
        assert!(there >= Nanos(5) && there < Nanos(1_000_000_000));
    }

    #[tokio::test]
    async fn a_pace_that_changes_never_sets_time_back_and_wakes_who_sleeps() {
        let tempo = Tempo::new(Nanos(1_000), 1);
        let clock = Clock::paced(tempo);
        assert_eq!((tempo.speed(), clock.real(Nanos::SECOND)), (1, Duration::from_secs(1)));
        let hour = Nanos(clock.now().0 + Nanos::HOUR.0);
        // At the pace of its beginning it would sleep for an hour.
        let sleeper = tokio::spawn(async move { clock.sleep_until(hour).await });
        let before = clock.now();
        tempo.set_speed(1_000_000);
        let after = clock.now();
        assert!(before <= after && after.0 - before.0 < Nanos::HOUR.0);
        sleeper.await.unwrap();
        assert!(clock.now() >= hour);
        tempo.set_speed(0);
        assert_eq!(tempo.speed(), 1, "time does not stand still");
    }

    #[tokio::test]
    async fn time_that_is_set_by_hand_goes_on_by_nothing_else() {
        let tempo = Tempo::by_hand(Nanos(1_000));
        let clock = Clock::paced(tempo);
        let hour = Nanos(1_000) + Nanos::HOUR;
        let sleeper = tokio::spawn(async move { clock.sleep_until(hour).await });
        tempo.set(Nanos(5_000));
        tempo.set(Nanos(4_000));
        assert_eq!((clock.now(), sleeper.is_finished()), (Nanos(5_000), false));
        assert_eq!(clock.real(Nanos::SECOND), Duration::from_secs(1));
        tempo.set(hour);
        sleeper.await.unwrap();
        assert_eq!(clock.now(), hour);
    }
}
