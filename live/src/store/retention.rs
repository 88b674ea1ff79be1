//! How long rows are kept that would otherwise grow without bound.

use tickstep_core::units::Nanos;

use super::sql::{self, Statement, statement};

/// How long rows are kept. Orders, positions, trades, signals and acts of people stay.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Retention {
    /// Lines of the log.
    pub logs: Nanos,
    /// Lines of the log at most, the newest ones.
    pub most_logs: u32,
    /// Heartbeats of the engine.
    pub heartbeats: Nanos,
    /// Points of equity curves.
    pub equity: Nanos,
    /// Bars of the market.
    pub candles: Nanos,
    /// What became of signals on each account; their sums stay.
    pub results: Nanos,
    /// Alerts.
    pub alerts: Nanos,
    /// What was measured each minute.
    pub samples: Nanos,
}

impl Default for Retention {
    fn default() -> Self {
        let days = |n: i64| Nanos::DAY.times(n);
        Self {
            logs: days(30),
            most_logs: 500_000,
            heartbeats: days(7),
            equity: days(400),
            candles: days(400),
            results: days(90),
            alerts: days(400),
            samples: days(100),
        }
    }
}

impl Retention {
    /// What is removed at the beginning of an hour.
    pub(super) fn statements(&self, hour: i64) -> Vec<Statement> {
        let before = |kept: Nanos| hour.saturating_mul(Nanos::HOUR.0).saturating_sub(kept.0);
        vec![
            statement!(sql::OLD_LOGS, before(self.logs)),
            statement!(sql::MANY_LOGS, i64::from(self.most_logs)),
            statement!(sql::OLD_HEARTBEATS, before(self.heartbeats)),
            statement!(sql::OLD_EQUITY, before(self.equity)),
            statement!(sql::OLD_CANDLES, before(self.candles)),
            statement!(sql::OLD_RESULTS, before(self.results)),
            statement!(sql::OLD_ALERTS, before(self.alerts)),
            statement!(sql::OLD_SAMPLES, before(self.samples)),
        ]
    }
}
