//! When the market of a tape trades, as the header of the tape says it.

use serde::{Deserialize, Serialize};
use tickstep_config::{CalendarConfig, MarketHours};
use tickstep_core::units::Nanos;

use crate::series::layout::{StatedTimes, TimeLayout};
use crate::series::{Series, SeriesMarket, StampKind};

/// When the market of a tape trades.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct TapeMarket {
    /// What open times differ by is a multiple of this.
    pub step_ns: i64,
    /// Absent where a program listed the hours; then it is told by the open times.
    calendar: Option<CalendarConfig>,
    /// Whether the calendar was told by the open times.
    inferred: bool,
    /// Whether the open times are dates, which a calendar that is stated later moves to the
    /// days of its zone. Those of a calendar that was stated are there already.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub dates: bool,
}

impl TapeMarket {
    /// Of a series of which it has to be said.
    pub(super) fn of(series: &Series) -> Option<Self> {
        let market = series.market();
        let opens: Vec<Nanos> = series.bars().iter().map(|bar| bar.ts_open).collect();
        let interval = series.interval().length();
        let untold = TimeLayout::of(&opens, StatedTimes { interval, ..StatedTimes::default() });
        let shown = untold.is_none_or(|l| l.is_continuous() && l.market.is_continuous());
        if series.times().is_continuous() && shown {
            return None;
        }
        let differences = opens.windows(2).map(|pair| (pair[1] - pair[0]).0);
        Some(Self {
            step_ns: differences.fold(0, gcd).max(1),
            calendar: market.map(|market| market.hours.to_config()),
            inferred: market.is_some_and(|market| market.inferred),
            dates: series.is_calendar_inferred() && series.stamps() == StampKind::Date,
        })
    }

    pub(super) fn read(&self) -> Result<Option<SeriesMarket>, String> {
        let Some(written) = &self.calendar else { return Ok(None) };
        let hours = MarketHours::of(written).map_err(|e| e.to_string())?;
        Ok(Some(SeriesMarket { hours, inferred: self.inferred }))
    }
}

fn gcd(a: i64, b: i64) -> i64 {
    if b == 0 { a } else { gcd(b, a % b) }
}
