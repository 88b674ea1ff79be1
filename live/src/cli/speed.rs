//! Time that runs faster, for a simulated venue and whoever trades there.

use anyhow::bail;
use clap::Args;
use tickstep_core::units::Nanos;

use crate::clock::{Clock, FastTime, TimeSource};

/// How fast time runs.
#[derive(Clone, Copy, Debug, Default, Args)]
pub struct SpeedArgs {
    /// How many times faster than real time it runs, for a simulated venue; programs that
    /// are given the same two numbers agree on the time
    #[arg(long, default_value_t = 1, value_name = "N")]
    pub speed: u32,
    /// When it began to run faster, in seconds since 1970 UTC
    #[arg(long, value_name = "SECONDS")]
    pub since: Option<i64>,
}

impl SpeedArgs {
    /// Where time comes from.
    pub fn source(&self) -> anyhow::Result<TimeSource> {
        match (self.speed, self.since) {
            (1, None) => Ok(TimeSource::Real),
            (0, _) => bail!("--speed 0: time would stand still; write 1 or more"),
            (_, None) => bail!("--speed {}: say by --since when it began", self.speed),
            (speed, Some(since)) => {
                let since = Nanos(since.saturating_mul(Nanos::SECOND.0));
                Ok(TimeSource::Fast(FastTime { since, speed }))
            }
        }
    }

    /// A clock that runs so.
    pub fn clock(&self) -> anyhow::Result<Clock> {
        Ok(self.source()?.clock(None))
    }
}
