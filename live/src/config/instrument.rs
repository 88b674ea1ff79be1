//! An instrument on a live market: its terms, as a backtest has them, and where its bars
//! lie in time.

use serde::de::{self, Deserializer, MapAccess};
use serde::ser::{SerializeMap, Serializer};
use serde::{Deserialize, Serialize};
use tickstep_config::{
    AccountTerms, CalendarConfig, ConfigError, CostConfig, InstrumentTable, InstrumentTerms,
    MarketHours, read_table, write_table,
};
use tickstep_core::calendar::{Anchor, BarTimes};
use tickstep_core::instrument::{Instrument, Slippage};
use tickstep_core::units::Nanos;

/// Days of trading hours that are looked ahead, from when the runner is built.
const AHEAD: Nanos = Nanos::DAY.times(550);
/// And back, for the bars that features warm up on.
const BACK: Nanos = Nanos::DAY.times(60);

/// An instrument that is traded live.
#[derive(Clone, Debug, PartialEq)]
pub struct LiveInstrument {
    /// Symbol, grid, margin, currency and costs. No data tells the grid here, so
    /// `tick_size` and `lot_step` are stated.
    pub terms: InstrumentTerms,
    /// Seconds of a bar, 1 to 86,400; 60 when absent.
    pub interval_s: u32,
    /// When the market trades, as a backtest has it; always when absent.
    pub calendar: Option<CalendarConfig>,
}

/// What a backtest's file says of an instrument's data, which is no concern here; its funding
/// is a recording's.
pub(super) const OF_DATA: &[&str] = &[
    "data",
    "finer",
    "format",
    "time_zone",
    "price",
    "repair",
    "split",
    "volume_step",
    "round_to_grid",
    "funding",
];

impl Default for LiveInstrument {
    fn default() -> Self {
        Self { terms: InstrumentTerms::default(), interval_s: 60, calendar: None }
    }
}

impl Serialize for LiveInstrument {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        write_table(self, to)
    }
}

impl<'de> Deserialize<'de> for LiveInstrument {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        read_table(from)
    }
}

impl InstrumentTable for LiveInstrument {
    const KEYS: &'static [&'static str] = &[
        "symbol",
        "interval_s",
        "calendar",
        "tick_size",
        "lot_step",
        "contract_size",
        "min_qty",
        "min_notional",
        "leverage",
        "maintenance_margin",
        "quote",
        "convert",
        "maker_fee",
        "taker_fee",
        "slippage",
    ];

    fn terms(&mut self) -> &mut InstrumentTerms {
        &mut self.terms
    }

    fn read<'de, A: MapAccess<'de>>(&mut self, key: &str, map: &mut A) -> Result<(), A::Error> {
        match key {
            "interval_s" => self.interval_s = map.next_value()?,
            "calendar" => self.calendar = Some(map.next_value()?),
            _ => return Err(de::Error::unknown_field(key, Self::KEYS)),
        }
        Ok(())
    }

    fn write<S: SerializeMap>(&self, key: &str, out: &mut S) -> Result<(), S::Error> {
        if self.terms.write(key, out)? {
            return Ok(());
        }
        match (key, &self.calendar) {
            ("interval_s", _) => out.serialize_entry(key, &self.interval_s),
            ("calendar", Some(calendar)) => out.serialize_entry(key, calendar),
            _ => Ok(()),
        }
    }
}

impl LiveInstrument {
    /// Ranges, and what must agree; `i` is its place in the list.
    pub(super) fn check(&self, i: usize, terms: &AccountTerms<'_>) -> Result<(), ConfigError> {
        let at = |key: &str| format!("instrument[{i}].{key}");
        terms.check_symbol(i)?;
        if !(1..=86_400).contains(&self.interval_s) {
            let words = format!("{} is out of range; it must be 1 to 86400", self.interval_s);
            return Err(ConfigError::at_key(&at("interval_s"), &words));
        }
        if let Some(calendar) = &self.calendar {
            let hours = MarketHours::of(calendar).map_err(|e| e.below(&at("calendar")))?;
            if !hours.is_continuous() && self.interval_s >= 86_400 {
                let words = "a day of a market that closes is not traded live; state bars of \
                             less than 86400 seconds";
                return Err(ConfigError::at_key(&at("interval_s"), words));
            }
        }
        terms.check_conversion(i)
    }

    /// The instrument in an account of `currency`, and its slippage.
    pub(super) fn traded(
        &self,
        i: usize,
        costs: &CostConfig,
        currency: &str,
    ) -> Result<(Instrument, Slippage), ConfigError> {
        let terms = &self.terms;
        let at = |key: &str| format!("instrument[{i}].{key}");
        let costs = costs.of(terms);
        let costs = costs.map_err(|e| ConfigError::at_key("costs", &e.to_string()))?;
        let stated = |key: &str, value: Option<_>, example: &str| {
            let words = format!(
                "{} has no {key}, and no data tells it here; write {key} = {example}",
                terms.symbol
            );
            value.ok_or_else(|| ConfigError::at_key(&at(key), &words))
        };
        let tick_size = stated("tick_size", terms.tick_size, "0.001")?;
        let lot_step = stated("lot_step", terms.lot_step, "0.1")?;
        let spec = costs.spec(terms, currency, tick_size, lot_step);
        let made = Instrument::new(spec);
        let made = made.map_err(|e| ConfigError::at_key(&at("symbol"), &e.to_string()))?;
        Ok((made, costs.slippage))
    }

    /// Where its bars lie, in a runner that is built at `now`.
    pub(super) fn times(&self, i: usize, now: Nanos) -> Result<BarTimes, ConfigError> {
        let length = Nanos::SECOND.times(i64::from(self.interval_s));
        let at = |key: &str| format!("instrument[{i}].{key}");
        let fault = |key: &str, words: String| ConfigError::at_key(&at(key), &words);
        let every = || BarTimes::every(length).map_err(|e| fault("interval_s", e.to_string()));
        let Some(calendar) = &self.calendar else { return every() };
        let hours = MarketHours::of(calendar).map_err(|e| e.below(&at("calendar")))?;
        if hours.is_continuous() {
            return every();
        }
        // Whole days, so that it is the same whenever in a day it is built.
        let today = Nanos(now.0.div_euclid(Nanos::DAY.0) * Nanos::DAY.0);
        let span = (Nanos(today.0.saturating_sub(BACK.0)), Nanos(today.0.saturating_add(AHEAD.0)));
        BarTimes::within(length, Anchor::Open, &hours.calendar(span))
            .map_err(|e| fault("calendar", e.to_string()))
    }
}
