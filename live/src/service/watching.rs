//! A service as a screen follows it: where everything stands every so often, and what
//! happens in between.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::events::{Events, Heard};
use super::handle::{Handle, ServiceStatus};
use crate::driver::production::Happened;

/// How often status is told at least and at most.
const EVERY: (Duration, Duration) = (Duration::from_millis(50), Duration::from_secs(60));

/// What somebody is shown who watches a service.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WatchLine {
    /// Where everything stands.
    Status(Box<ServiceStatus>),
    /// What happened in a step.
    Happened(Happened),
    /// So many steps with happenings went by too fast.
    Missed(u64),
}

/// Somebody who watches a service.
pub struct Watching {
    handle: Handle,
    events: Events,
    ticks: tokio::time::Interval,
}

impl Handle {
    /// Status at once and every `every` from now on (50 ms to a minute), and what happens in
    /// between.
    #[must_use]
    pub fn watch(&self, every: Duration) -> Watching {
        let mut ticks = tokio::time::interval(every.clamp(EVERY.0, EVERY.1));
        ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        Watching { handle: self.clone(), events: self.events(), ticks }
    }
}

impl Watching {
    /// What comes next; `None` once the runner has ended. It may be dropped and called again
    /// without a loss.
    pub async fn next(&mut self) -> Option<WatchLine> {
        tokio::select! {
            biased;
            _ = self.ticks.tick() => {
                let status = self.handle.status().await.ok()?;
                Some(WatchLine::Status(Box::new(status)))
            }
            heard = self.events.next() => Some(match heard? {
                Heard::Happened(happened) => WatchLine::Happened((*happened).clone()),
                Heard::Missed(steps) => WatchLine::Missed(steps),
            }),
        }
    }
}
