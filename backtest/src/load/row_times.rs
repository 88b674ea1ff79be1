//! The open times of the rows of one file: all in one unit.

use tickstep_core::units::Nanos;

use super::row_sink::{RawTime, shown};
use super::rows::CheckedRows;
use super::time::{self, TimeError, Unit};
use crate::series::candle::{BarField, RowOrigin};
use crate::series::fault::{RowError, RowFault};
use crate::series::stamps::StampKind;

impl CheckedRows {
    /// Reads an open time; all of them have to be in one unit.
    #[inline]
    pub(crate) fn time(&mut self, number: u64, stamp: RawTime<'_>) -> Result<Nanos, RowError> {
        let read = match stamp {
            RawTime::Text(text) => time::parse(text),
            RawTime::Num(num) => time::from_num(num),
            RawTime::Nanos(ns) => time::from_nanos(ns),
            RawTime::Read(_, ts, unit) => Ok((ts, unit)),
            RawTime::Fault(_, why) => Err(why),
        };
        match read {
            Ok((ts, unit)) if *self.unit.get_or_insert(unit) == unit => Ok(ts),
            Ok((ts, unit)) if self.widen(unit) => Ok(ts),
            other => Err(self.time_error(number, stamp, other.map(|(_, unit)| unit))),
        }
    }

    /// Takes times of `unit` too, where a file may have both.
    #[cold]
    fn widen(&mut self, unit: Unit) -> bool {
        let both = self.unit.and_then(|before| before.with(unit));
        self.unit = both.or(self.unit);
        both.is_some()
    }

    /// What the times say of themselves.
    pub(crate) fn stamps(&self) -> StampKind {
        self.unit.map_or(StampKind::Absolute, Unit::stamps)
    }

    #[cold]
    fn time_error(
        &self,
        number: u64,
        stamp: RawTime<'_>,
        unit: Result<Unit, TimeError>,
    ) -> RowError {
        let place = self.origin.place(number);
        let column = self.origin.name(BarField::Time);
        let value = match stamp {
            RawTime::Text(text) => shown(text),
            RawTime::Num(num) => super::row_sink::RawValue::Exact(num).shown(),
            RawTime::Nanos(ns) => format!("{ns} ns"),
            RawTime::Read(text, ..) | RawTime::Fault(text, _) => shown(text),
        };
        let fault = match (unit, self.unit) {
            (Ok(unit), Some(before)) => {
                let (unit, before) = (unit.name(), before.name());
                RowFault::UnitChange { column, value, unit, before }
            }
            (Err(TimeError::Absurd), _) => RowFault::AbsurdTime { column, value },
            (Err(TimeError::OtherUnit { told, stated }), _) => {
                let (unit, key, stated) = (told.name(), told.key(), stated.name());
                RowFault::OtherUnit { column, value, unit, key, stated }
            }
            (Err(TimeError::ClockChange), _) => RowFault::ClockChange { column, value },
            (Ok(_), None) | (Err(TimeError::NotATime), _) => RowFault::BadTime { column, value },
        };
        fault.at(place)
    }
}
