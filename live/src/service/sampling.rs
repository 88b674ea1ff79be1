//! What a service takes, measured each minute for the month's review.

use std::time::Duration;

use tickstep_core::units::Nanos;
use tokio::sync::mpsc;

use super::handle::{Handle, ServiceStatus};
use super::health::HealthLevel;
use crate::store::SampleRow;

/// How often it is measured.
const EVERY: Duration = Duration::from_secs(60);

/// Measures until the service has ended. What the database does not take in time is left
/// out.
pub(super) async fn sample(handle: Handle, to: mpsc::Sender<SampleRow>) {
    let mut ticks = tokio::time::interval(EVERY);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            _ = ticks.tick() => {}
            () = handle.ended() => return,
        }
        let Ok(status) = handle.status().await else { return };
        // The database may be behind; trading never waits for it.
        let _full = to.try_send(measured(&status));
    }
}

/// What a status says, as it is kept.
fn measured(status: &ServiceStatus) -> SampleRow {
    let hosts = &status.runner.hosts;
    let sum = |of: &dyn Fn(&crate::runner::AnswersReport) -> u32| {
        hosts.iter().map(|host| u64::from(of(&host.answers))).sum()
    };
    let ns = |took: Nanos| took.0.unsigned_abs();
    SampleRow {
        at: status.runner.now,
        memory_bytes: status.resources.memory_bytes,
        disk_free_bytes: status.resources.disk_free_bytes,
        waiting: status.queues.iter().map(|queue| queue.waiting).sum(),
        dropped: status.queues.iter().map(|queue| queue.dropped).sum(),
        requests: sum(&|answers| answers.requests),
        failed: sum(&|answers| answers.failed),
        median_ns: hosts.iter().filter_map(|host| host.answers.median).max().map(ns),
        p99_ns: hosts.iter().filter_map(|host| host.answers.p99).max().map(ns),
        level: match HealthLevel::worst(&status.health) {
            HealthLevel::Healthy => 0,
            HealthLevel::Degraded => 1,
            HealthLevel::Critical => 2,
        },
    }
}
