//! What is stated of data, from the arguments of a call.

use std::path::Path;

use pyo3::prelude::*;
use pyo3::types::{PyBool, PyDict, PyString};
use rust_decimal::Decimal;
use tickstep_backtest::load::{ColumnNames, Format, LoadOptions, Price, Zone, parse_instant};
use tickstep_backtest::series::Repair;
use tickstep_backtest::times::utc;
use tickstep_config::{CalendarConfig, MarketHours};
use tickstep_core::units::Nanos;

use crate::failure::{Class, Failure};
use crate::span::span;
use crate::value::value_at;

/// The options of a dictionary whose keys are arguments; those that are `None` are not
/// stated.
pub fn options(of: &Bound<'_, PyDict>) -> Result<LoadOptions, Failure> {
    let given = Given(of);
    let zone = given.text("time_zone")?;
    let price =
        given.word("price", &[("bid", Price::Bid), ("ask", Price::Ask), ("mid", Price::Mid)])?;
    let name = given.text("format")?;
    if name.is_none() && price.is_some() {
        let words = "it goes with a format that has a bid and an ask; give format= too";
        return Err(Failure::argument(Class::Config, "price", words));
    }
    let format = name.map(|name| Format::stated(&name, Path::new(""), zone.as_deref(), price));
    let stated_zone = |zone: &String| {
        let words = format!(
            "{zone:?} is no time zone; it must be an IANA name such as \"Europe/Athens\", an \
             offset such as \"+02:00\", or both: \"America/New_York+07:00\""
        );
        Zone::parse(zone).ok_or_else(|| Failure::argument(Class::Config, "time_zone", words))
    };
    let (start, end) = (given.instant("start")?, given.instant("end")?);
    if let (Some(start), Some(end)) = (start, end)
        && start >= end
    {
        let words = format!("{} is not after start, {}", utc(end), utc(start));
        return Err(Failure::argument(Class::Config, "end", words));
    }
    let period = (start.is_some() || end.is_some())
        .then(|| (start.unwrap_or(Nanos(i64::MIN)), end.unwrap_or(Nanos(i64::MAX))));
    let plain = LoadOptions::default();
    Ok(LoadOptions {
        tick_size: given.step("tick_size")?,
        volume_step: given.step("lot_step")?,
        round_to: given.flag("round_to_grid")?,
        interval: given.span("interval")?,
        calendar: given.calendar()?,
        segment_gap: given.span("segment_gap")?.unwrap_or(plain.segment_gap),
        period,
        ignore_taker: given.flag("ignore_taker")?,
        format: format
            .transpose()
            .map_err(|error| Failure::argument(Class::Config, "format", error))?,
        zone: zone.as_ref().map(stated_zone).transpose()?,
        repairs: given.repairs()?,
        ..plain
    })
}

/// What the columns of a table are called.
pub fn column_names(of: Option<&Bound<'_, PyDict>>) -> Result<ColumnNames, Failure> {
    let mut names = ColumnNames::default();
    for (key, value) in of.into_iter().flat_map(|of| of.iter()) {
        let bad = |words: String| Failure::argument(Class::Config, "columns", words);
        let key: String = key.str()?.extract()?;
        let name: Option<String> = match value.is_none() {
            true => None,
            false => Some(value.str()?.extract()?),
        };
        let place = match key.as_str() {
            "time" | "open_time" => &mut names.time,
            "open" => &mut names.open,
            "high" => &mut names.high,
            "low" => &mut names.low,
            "close" => &mut names.close,
            "volume" => &mut names.volume,
            "taker_buy" | "taker_buy_volume" => &mut names.taker_buy,
            _ => {
                return Err(bad(format!(
                    "{key:?} is no part of a bar; there are time, open, high, low, close, volume \
                     and taker_buy"
                )));
            }
        };
        match (name, key.as_str()) {
            (Some(name), _) => *place = Some(name),
            (None, "volume") => names.no_volume = true,
            (None, "taker_buy" | "taker_buy_volume") => names.no_taker = true,
            (None, _) => return Err(bad(format!("{key} is None; a bar must have it"))),
        }
    }
    Ok(names)
}

struct Given<'a, 'py>(&'a Bound<'py, PyDict>);

impl<'py> Given<'_, 'py> {
    fn get(&self, name: &str) -> Result<Option<Bound<'py, PyAny>>, Failure> {
        Ok(self.0.get_item(name)?.filter(|value| !value.is_none()))
    }

    fn text(&self, name: &str) -> Result<Option<String>, Failure> {
        let Some(value) = self.get(name)? else { return Ok(None) };
        match value.cast::<PyString>() {
            Ok(text) => Ok(Some(text.extract()?)),
            Err(_) => Err(not(name, &value, "a text")),
        }
    }

    fn word<T: Copy>(&self, name: &str, words: &[(&str, T)]) -> Result<Option<T>, Failure> {
        let Some(value) = self.get(name)? else { return Ok(None) };
        let text: Option<String> = value.extract().ok();
        let found = words.iter().find(|(word, _)| text.as_deref() == Some(*word));
        let names: Vec<String> = words.iter().map(|(word, _)| format!("'{word}'")).collect();
        let found = found.map(|(_, meant)| Some(*meant));
        found.ok_or_else(|| not(name, &value, &names.join(" or ")))
    }

    fn flag(&self, name: &str) -> Result<bool, Failure> {
        let Some(value) = self.get(name)? else { return Ok(false) };
        match value.cast::<PyBool>() {
            Ok(flag) => Ok(flag.is_true()),
            Err(_) => Err(not(name, &value, "True or False")),
        }
    }

    /// A step above zero; a float counts as its shortest text.
    fn step(&self, name: &str) -> Result<Option<Decimal>, Failure> {
        let Some(value) = self.get(name)? else { return Ok(None) };
        let text = value.str()?.to_string();
        let read = Decimal::from_str_exact(&text).or_else(|_| Decimal::from_scientific(&text));
        let step =
            read.ok().filter(|step| *step > Decimal::ZERO && !value.is_instance_of::<PyBool>());
        step.map(Some).ok_or_else(|| not(name, &value, "a number above 0, such as \"0.01\""))
    }

    fn span(&self, name: &str) -> Result<Option<Nanos>, Failure> {
        self.get(name)?.map(|value| span(&value, name)).transpose()
    }

    fn instant(&self, name: &str) -> Result<Option<Nanos>, Failure> {
        self.get(name)?.map(|value| instant(&value, name)).transpose()
    }

    fn calendar(&self) -> Result<Option<MarketHours>, Failure> {
        let Some(value) = self.get("calendar")? else { return Ok(None) };
        let written = value_at(&value, "calendar")?;
        let read = written.try_into::<CalendarConfig>();
        let bad = |words: String| {
            let words = words.trim().trim_start_matches(".: ");
            Failure::argument(Class::Config, "calendar", words)
        };
        let config = read.map_err(|e| bad(e.to_string()))?;
        MarketHours::of(&config).map(Some).map_err(|e| bad(e.to_string()))
    }

    fn repairs(&self) -> Result<Vec<Repair>, Failure> {
        let Some(value) = self.get("repair")? else { return Ok(Vec::new()) };
        let names: Vec<&str> = Repair::ALL.iter().map(|repair| repair.name()).collect();
        let wanted = format!("a list of {}", names.join(", "));
        let all: Vec<String> = match value.cast::<PyString>() {
            Ok(one) => vec![one.extract()?],
            Err(_) => value.extract().map_err(|_| not("repair", &value, &wanted))?,
        };
        let repair = |name: &String| {
            let words = format!("{name:?} is no repair; there is {}", names.join(", "));
            Repair::of(name).ok_or_else(|| Failure::argument(Class::Config, "repair", words))
        };
        all.iter().map(repair).collect()
    }
}

/// An instant: text (UTC where it says no zone), a date, or a datetime with a zone.
pub fn instant(of: &Bound<'_, PyAny>, argument: &str) -> Result<Nanos, Failure> {
    const WORDS: &str = "a time such as \"2023-08-01\" or \"2023-08-01 09:30\" (UTC), or a datetime \
                         with a zone";
    if of.cast::<PyString>().is_err() && of.hasattr("hour")? && of.getattr("tzinfo")?.is_none() {
        return Err(not(argument, of, "a datetime with a zone, such as tzinfo=timezone.utc"));
    }
    let text = of.str()?.to_string();
    parse_instant(&text).ok_or_else(|| not(argument, of, WORDS))
}

pub fn not(argument: &str, of: &Bound<'_, PyAny>, wanted: &str) -> Failure {
    let found = of.repr().map_or_else(|_| "what was given".to_owned(), |text| text.to_string());
    Failure::argument(
        Class::Config,
        argument,
        format!("{found} is not allowed; it must be {wanted}"),
    )
}
