//! Whether a service is well: what can be measured of it, against limits.

use serde::{Deserialize, Serialize};
use tickstep_core::units::Nanos;

use super::gauge::QueueReport;
use super::resources::Resources;
use crate::runner::{AccountReport, HostReport, InstrumentReport, LinkState, Off, RunnerReport};

/// Failed requests of a hundred, and how many there must be: what is degraded, what critical.
const FAILED: [(u32, u32); 2] = [(1, 2), (5, 5)];
/// Median time to an answer.
const LATENCY: [Nanos; 2] = [Nanos::SECOND, Nanos::SECOND.times(5)];
/// Memory of the process, in MiB.
const MEMORY: [u64; 2] = [1_024, 2_048];
/// Room on the disk of the state, in MiB.
const DISK: [u64; 2] = [2_048, 256];
/// How far a broker's clock may be from ours.
const CLOCK: Nanos = Nanos::SECOND.times(2);

/// How well something is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HealthLevel {
    /// As it should be.
    Healthy,
    /// Somebody should look.
    Degraded,
    /// Money is at risk.
    Critical,
}

/// One thing that was looked at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HealthCheck {
    /// What, such as `feed EURUSD`.
    pub name: String,
    /// How well it is.
    pub level: HealthLevel,
    /// What was measured, for people.
    pub value: String,
    /// What is still well, for people.
    pub limit: String,
    /// Since when it is not well, where that is known.
    pub since: Option<Nanos>,
}

impl HealthLevel {
    /// The word for it.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Healthy => "healthy",
            Self::Degraded => "degraded",
            Self::Critical => "critical",
        }
    }

    /// The worst of all checks.
    #[must_use]
    pub fn worst(checks: &[HealthCheck]) -> Self {
        checks.iter().map(|check| check.level).max().unwrap_or(Self::Healthy)
    }

    const fn of(critical: bool, degraded: bool) -> Self {
        match (critical, degraded) {
            (true, _) => Self::Critical,
            (false, true) => Self::Degraded,
            (false, false) => Self::Healthy,
        }
    }
}

fn check(
    name: impl Into<String>,
    level: HealthLevel,
    value: impl Into<String>,
    limit: impl Into<String>,
) -> HealthCheck {
    let (name, value, limit) = (name.into(), value.into(), limit.into());
    HealthCheck { name, level, value, limit, since: None }
}

/// Looks at everything.
#[must_use]
pub fn health(
    runner: &RunnerReport,
    queues: &[QueueReport],
    resources: &Resources,
) -> Vec<HealthCheck> {
    let mut checks: Vec<HealthCheck> = Vec::new();
    for host in &runner.hosts {
        checks.extend([reachable(host), latency(host), errors(host)]);
        checks.extend(clock(host));
    }
    checks.extend(sessions(&runner.accounts));
    checks.push(positions(&runner.accounts));
    checks.extend(runner.instruments.iter().map(|one| feed(one, runner.now)));
    checks.extend(queues.iter().map(queue));
    checks.push(memory(resources));
    checks.push(disk(resources, runner.disk_full));
    checks
}

fn reachable(host: &HostReport) -> HealthCheck {
    let silent = 2 * host.unanswered > host.accounts;
    let level = HealthLevel::of(silent, host.unanswered > 0);
    let value = match host.unanswered {
        0 => "answers".to_owned(),
        some => format!("does not answer {some} of {} accounts", host.accounts),
    };
    check(format!("API {}", host.name), level, value, "every account is answered")
}

fn latency(host: &HostReport) -> HealthCheck {
    let name = format!("latency {}", host.name);
    let limit = format!("median below {} ms", LATENCY[0].millis());
    let Some(median) = host.answers.median else {
        return check(name, HealthLevel::Healthy, "nothing was asked lately", limit);
    };
    let level = HealthLevel::of(median >= LATENCY[1], median >= LATENCY[0]);
    let p99 = host.answers.p99.unwrap_or(median);
    let value = format!("median {} ms, 99 of 100 in {} ms", median.millis(), p99.millis());
    check(name, level, value, limit)
}

fn errors(host: &HostReport) -> HealthCheck {
    let (requests, failed) = (host.answers.requests, host.answers.failed);
    let beyond = |(percent, least): (u32, u32)| {
        failed >= least && u64::from(failed) * 100 >= u64::from(percent) * u64::from(requests)
    };
    let level = HealthLevel::of(beyond(FAILED[1]), beyond(FAILED[0]));
    let value = match host.answers.failed_percent {
        Some(percent) => format!("{failed} of {requests} requests failed ({percent} %)"),
        None => "nothing was asked lately".to_owned(),
    };
    let limit = format!("below {} %", FAILED[0].0);
    check(format!("errors {}", host.name), level, value, limit)
}

fn clock(host: &HostReport) -> Option<HealthCheck> {
    let (ahead, off) = host.clock_ahead?;
    let level = HealthLevel::of(false, ahead.0.unsigned_abs() > CLOCK.0.unsigned_abs());
    let value = format!("{} ms ahead of ours, within {} ms", ahead.millis(), off.millis());
    let limit = format!("at most {} ms apart", CLOCK.millis());
    Some(check(format!("clock {}", host.name), level, value, limit))
}

/// Sessions of accounts at brokers, where there are any.
fn sessions(accounts: &[AccountReport]) -> Option<HealthCheck> {
    let (mut all, mut refused, mut down) = (0_u32, Vec::new(), Vec::new());
    for account in accounts {
        let Some(session) = &account.session else { continue };
        all += 1;
        match session {
            LinkState::Up { .. } | LinkState::Off(Off::Operator) => {}
            LinkState::Off(Off::BadCredentials | Off::Refused(_)) => refused.push(&*account.name),
            LinkState::Down { .. } | LinkState::Opening { .. } => down.push(&*account.name),
        }
    }
    if all == 0 {
        return None;
    }
    let level = HealthLevel::of(!refused.is_empty(), !down.is_empty());
    let value = match (refused.as_slice(), down.as_slice()) {
        ([], []) => format!("all {all} as they should be"),
        ([], down) => format!("down: {}", down.join(", ")),
        (refused, []) => format!("refused: {}", refused.join(", ")),
        (refused, down) => format!("refused: {}; down: {}", refused.join(", "), down.join(", ")),
    };
    Some(check("sessions", level, value, "every account that should be is logged in"))
}

/// Whether ledger and brokers agree on what is held.
fn positions(accounts: &[AccountReport]) -> HealthCheck {
    let wrong = |a: &&AccountReport| a.halted.is_some() || !a.differences.is_empty();
    let names = |of: &dyn Fn(&&AccountReport) -> bool| {
        accounts.iter().filter(of).map(|a| a.name.as_str()).collect::<Vec<_>>()
    };
    let (differ, unknown) = (names(&wrong), names(&|a| !a.known && !wrong(a)));
    let level = HealthLevel::of(!differ.is_empty(), !unknown.is_empty());
    let held: usize = accounts.iter().map(|a| a.positions.len()).sum();
    let value = match (differ.as_slice(), unknown.as_slice()) {
        ([], []) => format!("{held} positions, as the brokers have them"),
        ([], unknown) => format!("not known yet of {}", unknown.join(", ")),
        (differ, _) => format!("ledger and broker differ, or halted: {}", differ.join(", ")),
    };
    check("positions", level, value, "ledger and brokers agree")
}

fn feed(one: &InstrumentReport, now: Nanos) -> HealthCheck {
    let age = Nanos((now - one.at).0.max(0)).0 / Nanos::SECOND.0;
    let (level, value) = match (one.price, one.still) {
        (None, _) => (HealthLevel::Degraded, "no price has come yet".to_owned()),
        (Some(_), true) => (HealthLevel::Critical, format!("stands still for {age} s")),
        // A market that is closed has an old price, and nothing is wrong with it.
        (Some(_), false) => (HealthLevel::Healthy, format!("the last price is {age} s old")),
    };
    let since = one.still.then_some(one.at);
    let limit = "it comes while the market is open";
    HealthCheck { since, ..check(format!("feed {}", one.symbol), level, value, limit) }
}

fn queue(queue: &QueueReport) -> HealthCheck {
    let full = queue.room.is_some_and(|room| queue.waiting * 10 >= room * 9);
    let level = HealthLevel::of(false, full || queue.trouble.is_some());
    let room = queue.room.map_or_else(String::new, |room| format!(" of {room}"));
    let mut value = format!("{}{room} wait", queue.waiting);
    if queue.dropped > 0 {
        value += &format!(", {} were dropped", queue.dropped);
    }
    if queue.failed > 0 {
        value += &format!(", {} were given up", queue.failed);
    }
    if let Some((_, why)) = &queue.trouble {
        value += &format!("; {why}");
    }
    let since = queue.trouble.as_ref().map(|(since, _)| *since);
    let limit = "below nine tenths, and it works";
    HealthCheck { since, ..check(format!("queue {}", queue.name), level, value, limit) }
}

fn memory(resources: &Resources) -> HealthCheck {
    let limit = format!("below {} MiB", MEMORY[0]);
    let Some(bytes) = resources.memory_bytes else {
        let words = "this machine does not tell";
        return check("memory", HealthLevel::Healthy, words, limit);
    };
    let mib = bytes >> 20;
    let level = HealthLevel::of(mib >= MEMORY[1], mib >= MEMORY[0]);
    check("memory", level, format!("{mib} MiB"), limit)
}

fn disk(resources: &Resources, full: bool) -> HealthCheck {
    let limit = format!("above {} MiB free", DISK[0]);
    let free = resources.disk_free_bytes.map(|bytes| bytes >> 20);
    let below = |mib: u64| free.is_some_and(|free| free < mib);
    let level = HealthLevel::of(full || below(DISK[1]), below(DISK[0]));
    let value = match (full, free) {
        (true, _) => "full: nothing is opened".to_owned(),
        (false, Some(free)) => format!("{free} MiB free"),
        (false, None) => "this machine does not tell".to_owned(),
    };
    check("disk", level, value, limit)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use rust_decimal::Decimal;

    use super::*;
    use crate::runner::AnswersReport;

    const MIB: u64 = 1 << 20;

    fn host(requests: u32, failed: u32, median_ms: i64, unanswered: u32) -> HostReport {
        let ms = |ms: i64| Some(Nanos(ms * 1_000_000));
        let percent = Decimal::from(failed * 100).checked_div(Decimal::from(requests));
        HostReport {
            name: "h".to_owned(),
            accounts: 4,
            per_minute: 450,
            feed: 0,
            share: 100,
            at_once: 10,
            left: 10,
            unanswered,
            answers: AnswersReport {
                requests,
                failed,
                failed_percent: percent,
                median: ms(median_ms),
                p99: ms(median_ms),
                longest: ms(median_ms),
            },
            clock_ahead: None,
        }
    }

    fn well() -> (RunnerReport, Vec<QueueReport>, Resources) {
        let instrument = InstrumentReport {
            symbol: "A".to_owned(),
            price: Some(Decimal::ONE),
            at: Nanos(0),
            still: false,
            quotes: Vec::new(),
            book: None,
        };
        let runner = RunnerReport {
            now: Nanos::HOUR,
            trading: true,
            disk_full: false,
            awaited: Vec::new(),
            stopping: false,
            instruments: vec![instrument],
            hosts: vec![host(100, 0, 50, 0)],
            accounts: Vec::new(),
        };
        let queue = QueueReport {
            name: "q".to_owned(),
            waiting: 0,
            room: Some(10),
            dropped: 0,
            failed: 0,
            trouble: None,
        };
        let resources =
            Resources { memory_bytes: Some(100 * MIB), disk_free_bytes: Some(9_000 * MIB) };
        (runner, vec![queue], resources)
    }

    type Change = fn(&mut RunnerReport, &mut Vec<QueueReport>, &mut Resources);

    #[test]
    fn each_thing_is_held_against_its_limits() {
        use HealthLevel::{Critical, Degraded, Healthy};
        let table: [(&str, HealthLevel, Change); 19] = [
            ("feed A", Healthy, |r, _, _| r.now = Nanos::DAY),
            ("feed A", Critical, |r, _, _| r.instruments[0].still = true),
            ("feed A", Degraded, |r, _, _| r.instruments[0].price = None),
            ("API h", Degraded, |r, _, _| r.hosts[0].unanswered = 2),
            ("API h", Critical, |r, _, _| r.hosts[0].unanswered = 3),
            ("latency h", Degraded, |r, _, _| r.hosts = vec![host(9, 0, 1_000, 0)]),
            ("latency h", Critical, |r, _, _| r.hosts = vec![host(9, 0, 5_000, 0)]),
            ("errors h", Healthy, |r, _, _| r.hosts = vec![host(10, 1, 50, 0)]),
            ("errors h", Degraded, |r, _, _| r.hosts = vec![host(200, 2, 50, 0)]),
            ("errors h", Critical, |r, _, _| r.hosts = vec![host(100, 5, 50, 0)]),
            ("clock h", Degraded, |r, _, _| {
                r.hosts[0].clock_ahead = Some((Nanos::SECOND.times(-3), Nanos(0)));
            }),
            ("queue q", Healthy, |_, q, _| q[0].waiting = 8),
            ("queue q", Degraded, |_, q, _| q[0].waiting = 9),
            ("queue q", Degraded, |_, q, _| q[0].trouble = Some((Nanos(1), "gone".to_owned()))),
            ("memory", Degraded, |_, _, m| m.memory_bytes = Some(1_024 * MIB)),
            ("memory", Critical, |_, _, m| m.memory_bytes = Some(2_048 * MIB)),
            ("memory", Healthy, |_, _, m| m.memory_bytes = None),
            ("disk", Degraded, |_, _, m| m.disk_free_bytes = Some(2_047 * MIB)),
            ("disk", Critical, |r, _, _| r.disk_full = true),
        ];
        for (number, (name, level, change)) in table.into_iter().enumerate() {
            let (mut runner, mut queues, mut resources) = well();
            let checks = health(&runner, &queues, &resources);
            assert_eq!(HealthLevel::worst(&checks), Healthy, "{checks:?}");
            change(&mut runner, &mut queues, &mut resources);
            let checks = health(&runner, &queues, &resources);
            let found = checks.iter().find(|check| check.name == name).unwrap();
            assert_eq!(found.level, level, "{number}: {found:?}");
            // Nothing else is the worse for it.
            assert_eq!(HealthLevel::worst(&checks), level, "{number}: {checks:?}");
        }
    }
}
