//! What is known of a metric beside its value: its names, its unit, which way is
//! better, where its formula comes from.

use alloc::format;
use alloc::string::{String, ToString};

use super::compute::Stats;
use super::undefined::Undefined;

/// Which way is better.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// More is better.
    Highest,
    /// Less is better.
    Lowest,
}

impl Direction {
    /// A value turned so that more is better, and such a value turned back.
    #[must_use]
    pub const fn turned(self, value: f64) -> f64 {
        match self {
            Self::Highest => value,
            Self::Lowest => -value,
        }
    }
}

/// The unit of a metric in print, and how its value in `stats.json` becomes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MetricUnit {
    /// A ratio or a count: no unit.
    None,
    /// Money, in the account's currency.
    Money,
    /// A fraction, shown in percent.
    Percent,
    /// Basis points of the notional, a round trip.
    BpsATrade,
    /// Basis points of the notional, one side.
    BpsASide,
    /// Multiples of the risk taken at entry.
    R,
    /// A number of days.
    Days,
    /// A span in seconds, shown in days.
    SpanDays,
    /// A span in seconds, shown in hours.
    SpanHours,
}

impl MetricUnit {
    /// As it stands behind a label; `None` where nothing does.
    #[must_use]
    pub const fn symbol(self) -> Option<&'static str> {
        match self {
            Self::None | Self::Money => None,
            Self::Percent => Some("%"),
            Self::BpsATrade => Some("bps a trade"),
            Self::BpsASide => Some("bps a side"),
            Self::R => Some("R"),
            Self::Days | Self::SpanDays => Some("days"),
            Self::SpanHours => Some("h"),
        }
    }

    /// What a value is multiplied by to be in this unit.
    #[must_use]
    pub const fn scale(self) -> f64 {
        match self {
            Self::None | Self::Money | Self::BpsATrade | Self::BpsASide | Self::R | Self::Days => {
                1.0
            }
            Self::Percent => 100.0,
            Self::SpanDays => 1.0 / 86_400.0,
            Self::SpanHours => 1.0 / 3_600.0,
        }
    }
}

/// A metric of the catalogue.
#[derive(Debug)]
pub struct Metric {
    /// Its name in `stats.json`, and as an objective of a search.
    pub key: &'static str,
    /// What people call it, without its unit.
    pub label: &'static str,
    /// The unit it is printed in.
    pub unit: MetricUnit,
    /// Which way is better.
    pub direction: Direction,
    /// Decimals that it is shown with.
    pub decimals: usize,
    /// Who defined it, or its formula.
    pub source: &'static str,
    pub(super) value: fn(&Stats) -> Option<f64>,
    pub(super) why: fn(&Stats) -> Undefined,
}

impl Metric {
    /// Its value: a fraction, account currency, a count, or seconds of a span, as in
    /// `stats.json`.
    #[must_use]
    pub fn value(&self, stats: &Stats) -> Option<f64> {
        (self.value)(stats)
    }

    /// Its value, or the reason why there is none.
    pub fn defined(&self, stats: &Stats) -> Result<f64, Undefined> {
        self.value(stats).ok_or_else(|| (self.why)(stats))
    }

    /// Why it has no value, of a run where it has none.
    #[must_use]
    pub fn why(&self, stats: &Stats) -> Undefined {
        (self.why)(stats)
    }

    /// A value in the unit of print.
    ///
    /// ```
    /// use tickstep_core::stats::metric;
    /// let drawdown = metric("max_drawdown").unwrap();
    /// assert_eq!((drawdown.shown(-0.25), drawdown.heading().as_str()), (-25.0, "Max. Drawdown [%]"));
    /// ```
    #[must_use]
    pub fn shown(&self, value: f64) -> f64 {
        value * self.unit.scale()
    }

    /// Its label with the unit in brackets.
    #[must_use]
    pub fn heading(&self) -> String {
        match self.unit.symbol() {
            Some(symbol) => format!("{} [{symbol}]", self.label),
            None => self.label.to_string(),
        }
    }
}
