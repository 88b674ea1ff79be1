//! What a service did since it was started, counted on the runner's own thread, so that no
//! reader's slowness leaves anything out.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use tickstep_core::session::AccountId;
use tickstep_core::units::Nanos;

use crate::driver::Stepped;
use crate::runner::{Alert, Fate, Happening, SignalId, SignalMade, SignalResult};

/// Executions whose latency is kept.
const LATENCIES: usize = 256;
/// Alerts that are kept.
const ALERTS: usize = 64;

/// What a service did since it was started.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct TallyReport {
    /// What each account's closed positions came to, by its name.
    pub accounts: BTreeMap<String, AccountTally>,
    /// The latest signal to open something.
    pub signal: Option<SignalMade>,
    /// What became of it on every account, or of the one before it until that is known.
    pub result: Option<SignalResult>,
    /// Signals to open something.
    pub signals: u64,
    /// How long executions took.
    pub latency: Option<LatencyReport>,
    /// The latest alerts, the newest last, 64 at most.
    pub alerts: VecDeque<RecentAlert>,
}

/// An alert since the service was started.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecentAlert {
    /// When.
    pub at: Nanos,
    /// Number of the journal's record from which it follows.
    pub record: u64,
    /// What.
    pub alert: Alert,
}

/// What the positions of an account came to that were closed since the service was started.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccountTally {
    /// Positions of strategies.
    pub trades: u64,
    /// Those of them that made money after costs.
    pub won: u64,
    /// What all closed positions made after costs, account currency: as the broker states it
    /// where it does.
    pub net: Decimal,
    /// Closed parts of positions that no strategy counts on; their money is in `net` where
    /// the broker states it.
    pub strays: u64,
}

/// How long the last executions took, from sending to the execution, as brokers stamp it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LatencyReport {
    /// How many there were, 256 at most.
    pub count: u32,
    /// Half of them took at most this long.
    pub median: Nanos,
    /// 99 of 100 took at most this long.
    pub p99: Nanos,
}

/// The counts, shared by who counts and who asks.
#[derive(Clone, Default)]
pub(super) struct Tally(Arc<Mutex<Counts>>);

#[derive(Default)]
struct Counts {
    report: TallyReport,
    latencies: VecDeque<Nanos>,
    /// Signals to open something whose results are awaited.
    awaited: BTreeSet<SignalId>,
}

impl Tally {
    /// Counts what happened; `name` is what people call an account.
    pub fn count<'n>(&self, what: &[Happening], name: &dyn Fn(AccountId) -> Option<&'n str>) {
        let counted = |h: &&Happening| {
            use Happening::{Result, Signal, Stray, Traded};
            matches!(h, Signal(_) | Result(_) | Traded { .. } | Stray(_))
        };
        let mut what = what.iter().filter(counted).peekable();
        if what.peek().is_none() {
            return;
        }
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        what.for_each(|happening| counts.add(happening, name));
    }

    /// Keeps the alerts among what happened at records.
    pub fn keep_alerts(&self, stepped: &[Stepped], what: &[Happening]) {
        let mut places = (0..).zip(what).filter_map(|(at, happening)| match happening {
            Happening::Alert(alert) => Some((at, alert)),
            _ => None,
        });
        let Some(first) = places.next() else { return };
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let alerts = &mut counts.report.alerts;
        for (place, alert) in core::iter::once(first).chain(places) {
            let Some(step) = stepped.iter().find(|step| place < step.happenings) else { return };
            let (at, record, alert) = (step.at, step.record, alert.clone());
            alerts.push_back(RecentAlert { at, record, alert });
        }
        alerts.drain(..alerts.len().saturating_sub(ALERTS));
    }

    /// The latest alerts.
    pub fn alerts(&self) -> VecDeque<RecentAlert> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).report.alerts.clone()
    }

    /// What it came to so far.
    pub fn report(&self) -> TallyReport {
        let counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        TallyReport { latency: latency(&counts.latencies), ..counts.report.clone() }
    }
}

impl Counts {
    fn add<'n>(&mut self, happening: &Happening, name: &dyn Fn(AccountId) -> Option<&'n str>) {
        let Self { report, latencies, awaited } = self;
        match happening {
            Happening::Signal(made) if made.action.is_entry() => {
                report.signals += 1;
                report.signal = Some(made.clone());
                awaited.insert(made.id);
            }
            Happening::Result(result) => {
                for line in &result.accounts {
                    if let Fate::Executed { latency, .. } = line.fate {
                        latencies.push_back(latency);
                    }
                }
                latencies.drain(..latencies.len().saturating_sub(LATENCIES));
                let newer = report.result.as_ref().is_none_or(|last| last.id < result.id);
                if awaited.remove(&result.id) && newer {
                    report.result = Some(result.clone());
                }
            }
            Happening::Traded { account, trade, stated, .. } => {
                let net = stated.map_or(trade.net, |stated| stated.net());
                let Some(name) = name(*account) else { return };
                let of = report.accounts.entry(name.to_owned()).or_default();
                of.trades += 1;
                of.won += u64::from(net > Decimal::ZERO);
                of.net += net;
            }
            Happening::Stray(close) => {
                let Some(name) = name(close.account) else { return };
                let of = report.accounts.entry(name.to_owned()).or_default();
                of.strays += 1;
                let costs = close.row.commission + close.row.swap;
                of.net += close.row.profit.map_or(Decimal::ZERO, |profit| profit + costs);
            }
            _ => {}
        }
    }
}

fn latency(all: &VecDeque<Nanos>) -> Option<LatencyReport> {
    let mut sorted: Vec<Nanos> = all.iter().copied().collect();
    sorted.sort();
    // The smallest that so many of a hundred do not exceed.
    let at = |percent: usize| {
        let rank = (sorted.len() * percent).div_ceil(100).max(1);
        sorted.get(rank - 1).copied()
    };
    let count = u32::try_from(sorted.len()).unwrap_or(u32::MAX);
    Some(LatencyReport { count, median: at(50)?, p99: at(99)? })
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::runner::AccountResult;
    use tickstep_core::decision::Action;

    fn signal(id: u64, action: Action) -> Happening {
        Happening::Signal(SignalMade {
            id: SignalId(id),
            at: Nanos(1),
            strategy: "scalper".to_owned(),
            symbol: "A".to_owned(),
            action,
            price: Decimal::ONE,
            confidence: None,
            reason: Vec::new(),
        })
    }

    fn result(id: u64, millis: impl Iterator<Item = i64>) -> Happening {
        let line = |ms: i64| AccountResult {
            account: AccountId(0),
            intent: None,
            fate: Fate::Executed {
                price: Decimal::ONE,
                quantity: Decimal::ONE,
                slippage_ticks: 0,
                latency: Nanos(ms * 1_000_000),
            },
        };
        Happening::Result(SignalResult {
            id: SignalId(id),
            symbol: "A".to_owned(),
            executed: 1,
            failed: 0,
            skipped: 0,
            resting: 0,
            volume: Decimal::ONE,
            took: Nanos(1),
            accounts: millis.map(line).collect(),
        })
    }

    #[test]
    fn latency_is_of_the_last_executions() {
        let tally = Tally::default();
        assert_eq!(tally.report().latency, None);
        tally.count(&[result(2, 1..=1_000)], &|_| None);
        let ms = |n: i64| Nanos(n * 1_000_000);
        let latency = tally.report().latency.unwrap();
        // The last 256 are those of 745 to 1,000 ms.
        assert_eq!((latency.count, latency.median, latency.p99), (256, ms(872), ms(998)));
    }

    #[test]
    fn the_latest_signal_is_one_that_opens_something() {
        let tally = Tally::default();
        let opens = Action::OpenLong;
        tally.count(&[signal(1, opens), signal(2, opens), signal(3, Action::Close)], &|_| None);
        let known = |tally: &Tally| {
            let TallyReport { signal, result, signals, .. } = tally.report();
            (signal.map(|s| s.id.0), result.map(|r| r.id.0), signals)
        };
        assert_eq!(known(&tally), (Some(2), None, 2));
        tally.count(&[result(3, 1..=1), result(2, 1..=1)], &|_| None);
        assert_eq!(known(&tally), (Some(2), Some(2), 2));
        tally.count(&[result(1, 1..=1)], &|_| None);
        assert_eq!(known(&tally), (Some(2), Some(2), 2), "an older one came later");
    }
}
