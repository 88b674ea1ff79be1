//! The account's days, told when they begin.

use tickstep_config::DayStarts;
use tickstep_core::event::Body;
use tickstep_core::units::Nanos;
use tokio::sync::mpsc;

use crate::clock::Clock;
use crate::driver::production::Fed;
use crate::runner::Input;

/// When the account's days begin.
#[derive(Clone, Debug)]
pub struct DayClock {
    /// The days.
    pub days: DayStarts,
    /// The day that was told last, or the time that was written down last: a day that has
    /// begun since is told at once.
    pub after: Nanos,
}

impl DayClock {
    /// Tells each day as it begins, until nobody listens. Of several that began while the
    /// program did not run, the last one is told.
    pub async fn run(self, clock: Clock, feed: mpsc::Sender<Fed>) {
        let mut after = self.after;
        while let Some(mut begins) = self.days.after(after) {
            while let Some(later) = self.days.after(begins).filter(|at| *at <= clock.now()) {
                begins = later;
            }
            tokio::select! {
                () = clock.sleep_until(begins) => {}
                () = feed.closed() => return,
            }
            let input = Input::Market { ts_exch: begins, body: Body::DayStart };
            if feed.send(Fed { at: begins, input }).await.is_err() {
                return;
            }
            after = begins;
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use tickstep_config::AccountConfig;

    #[tokio::test]
    async fn a_day_that_began_meanwhile_is_told_once_and_then_each() {
        let account = AccountConfig {
            currency: "USD".to_owned(),
            cash: rust_decimal::Decimal::ONE,
            time_zone: "UTC".to_owned(),
            day_start: "17:00".to_owned(),
        };
        let five = |day: i64| Nanos(Nanos::DAY.0 * day + Nanos::HOUR.0 * 17);
        // It was stopped on the first day, and starts just before five on the fourth.
        let clock = Clock::recorded(five(3) - Nanos::SECOND, 2);
        let days = DayClock { days: account.day_starts().unwrap(), after: five(0) };
        let (feed, mut fed) = mpsc::channel(4);
        let task = tokio::spawn(days.run(clock, feed));
        for day in [2, 3] {
            let told = fed.recv().await.unwrap();
            assert_eq!(told.at, five(day));
            let body = Body::DayStart;
            assert_eq!(told.input, Input::Market { ts_exch: five(day), body });
        }
        drop(fed);
        task.await.unwrap();
    }
}
