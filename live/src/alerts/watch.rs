//! Health is watched: what gets worse, and stays so, is told, and that it is well again.

use std::collections::BTreeMap;
use std::time::Duration;

use super::notify::Notifier;
use crate::runner::Severity;
use crate::service::{Handle, HealthCheck, HealthLevel};

/// How often it is looked.
const EVERY: Duration = Duration::from_secs(60);
/// How often in a row something has to be seen before it is told: once is no state.
const TWICE: u32 = 2;
/// What a runner tells of by itself, the moment it happens.
const TOLD_BY_RUNNER: [&str; 4] = ["API ", "feed ", "sessions", "positions"];

/// What was seen of one check.
#[derive(Clone, Copy, Debug)]
struct SeenHealth {
    /// The level that was told last.
    told: HealthLevel,
    /// The level that was seen last, and how often in a row.
    seen: (HealthLevel, u32),
}

/// What is told of health, and what was before.
#[derive(Debug, Default)]
struct HealthWatch(BTreeMap<String, SeenHealth>);

impl HealthWatch {
    /// Takes what was looked at; what is to be told.
    fn look(&mut self, checks: &[HealthCheck]) -> Vec<(Severity, String)> {
        let mut tells = Vec::new();
        let own = |check: &&HealthCheck| !TOLD_BY_RUNNER.iter().any(|n| check.name.starts_with(n));
        for check in checks.iter().filter(own) {
            let fresh = SeenHealth { told: HealthLevel::Healthy, seen: (HealthLevel::Healthy, 0) };
            let standing = self.0.entry(check.name.clone()).or_insert(fresh);
            let (level, times) = standing.seen;
            let times = if level == check.level { times.saturating_add(1) } else { 1 };
            standing.seen = (check.level, times);
            if times < TWICE || standing.told == check.level {
                continue;
            }
            standing.told = check.level;
            let HealthCheck { name, value, limit, .. } = check;
            tells.push(match check.level {
                HealthLevel::Healthy => {
                    (Severity::Notice, format!("{name} is well again: {value}"))
                }
                HealthLevel::Degraded => {
                    (Severity::Warning, format!("{name}: {value}; well is {limit}"))
                }
                HealthLevel::Critical => {
                    (Severity::Critical, format!("{name}: {value}; well is {limit}"))
                }
            });
        }
        tells
    }
}

/// Tells what gets worse until the service has ended.
pub(super) async fn watch_health(handle: Handle, notifier: Notifier) {
    let mut watch = HealthWatch::default();
    loop {
        tokio::select! {
            () = tokio::time::sleep(EVERY) => {}
            () = handle.ended() => return,
        }
        let Ok(status) = handle.status().await else { return };
        for (severity, words) in watch.look(&status.health) {
            tracing::info!(event = "health", "{words}");
            notifier.tell(severity, "health", words);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(name: &str, level: HealthLevel) -> HealthCheck {
        let (value, limit) = ("9".to_owned(), "below 5".to_owned());
        HealthCheck { name: name.to_owned(), level, value, limit, since: None }
    }

    #[test]
    fn what_stays_bad_is_told_once_and_so_is_its_end() {
        use HealthLevel::{Critical, Degraded, Healthy};
        let mut watch = HealthWatch::default();
        let mut look = |level| watch.look(&[check("memory", level), check("feed A", level)]);
        let warning = |words: &str| vec![(Severity::Warning, words.to_owned())];
        for (level, told) in [
            (Healthy, vec![]),
            (Healthy, vec![]),
            // Once is no state.
            (Degraded, vec![]),
            (Healthy, vec![]),
            (Degraded, vec![]),
            (Degraded, warning("memory: 9; well is below 5")),
            (Degraded, vec![]),
            (Critical, vec![]),
            (Critical, vec![(Severity::Critical, "memory: 9; well is below 5".to_owned())]),
            (Healthy, vec![]),
            (Healthy, vec![(Severity::Notice, "memory is well again: 9".to_owned())]),
        ] {
            assert_eq!(look(level), told, "{level:?}");
        }
    }
}
