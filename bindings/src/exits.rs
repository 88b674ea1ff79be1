//! What a proposal is made of: distances, holds and reasons.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use pyo3::prelude::*;
use pyo3::types::{PyBool, PyDelta, PyDict, PyFloat, PyInt, PyString};
use rust_decimal::Decimal;
use tickstep_core::decision::Reason;
use tickstep_core::strategy::Distance;
use tickstep_core::units::{Fraction, Nanos};

use crate::failure::{Class, Failure};
use crate::span::span;

/// What a distance may be.
pub const FRACTION: &str = "a fraction of the price above 0 and below 1, or ts.ticks(n)";

/// Most different names of conditions; they are kept as long as the process lives.
const NAMES: usize = 10_000;

/// A distance of a stop or target; `None` and NaN are none.
pub fn distance(
    of: &Bound<'_, PyAny>,
    class: Class,
    argument: &str,
) -> Result<Option<Distance>, Failure> {
    if of.is_none() {
        return Ok(None);
    }
    let wrong = || refused(of, class, argument, FRACTION);
    let unit = of.getattr("unit").ok().and_then(|unit| unit.extract::<String>().ok());
    if unit.as_deref() == Some("ticks") {
        let ticks: f64 = of.getattr("amount")?.extract().map_err(|_| wrong())?;
        return ticks_apart(ticks).map_err(|()| wrong());
    }
    if of.is_instance_of::<PyBool>() || unit.is_some() {
        return Err(wrong());
    }
    if of.is_instance_of::<PyFloat>() || of.is_instance_of::<PyInt>() {
        return fraction(of.extract()?).map_err(|()| wrong());
    }
    // A decimal, or a number of NumPy.
    let text = of.str()?.to_string();
    let float = || of.extract::<f64>().map_err(|_| wrong());
    match text.parse::<Fraction>() {
        Ok(exact) => proper(exact).map(Some).map_err(|()| wrong()),
        Err(_) => fraction(float()?).map_err(|()| wrong()),
    }
}

/// A fraction as a float; NaN is none.
pub fn fraction(of: f64) -> Result<Option<Distance>, ()> {
    if of.is_nan() {
        return Ok(None);
    }
    proper(Fraction::of_float(of).ok_or(())?).map(Some)
}

/// A number of ticks; NaN is none.
pub fn ticks_apart(of: f64) -> Result<Option<Distance>, ()> {
    if of.is_nan() {
        return Ok(None);
    }
    if of > 0.0 && of <= 1e12 { Ok(Some(Distance::Ticks(of))) } else { Err(()) }
}

fn proper(of: Fraction) -> Result<Distance, ()> {
    let inside = Fraction::ZERO < of && of < Fraction::lit(1, 0);
    if inside { Ok(Distance::Fraction(of)) } else { Err(()) }
}

/// A longest hold: a span as text, a `timedelta`, or seconds.
pub fn hold(of: &Bound<'_, PyAny>, class: Class, argument: &str) -> Result<Option<Nanos>, Failure> {
    if of.is_none() {
        return Ok(None);
    }
    let words = "a span above zero: '5m', a timedelta or seconds, at most 3650 days";
    let wrong = || refused(of, class, argument, words);
    let most = Nanos::DAY.times(3650);
    let within = |span: Nanos| if Nanos(0) < span && span <= most { Some(span) } else { None };
    let span = if of.is_instance_of::<PyString>() || of.is_instance_of::<PyDelta>() {
        span(of, argument).map_err(|_| wrong())?
    } else if of.is_instance_of::<PyBool>() {
        return Err(wrong());
    } else {
        // Seconds, whole or not; a decimal holds every nanosecond.
        let seconds = Decimal::from_str_exact(&of.str()?.to_string()).map_err(|_| wrong())?;
        let ns = seconds.checked_mul(Decimal::from(Nanos::SECOND.0)).ok_or_else(wrong)?;
        Nanos(i64::try_from(ns).map_err(|_| wrong())?)
    };
    within(span).map(Some).ok_or_else(wrong)
}

/// Named conditions, in the order of the dictionary.
pub fn reason(of: Option<&Bound<'_, PyDict>>) -> Result<Reason, Failure> {
    let mut reason = Reason::default();
    for (name, value) in of.into_iter().flat_map(|dict| dict.iter()) {
        let words = "names and numbers, such as {'rsi': 28.5}";
        let wrong = |of: &Bound<'_, PyAny>| refused(of, Class::Strategy, "reason", words);
        let text: String = name.extract().map_err(|_| wrong(&name))?;
        let number: f64 = value.extract().map_err(|_| wrong(&value))?;
        reason.push(kept(&text)?, number);
    }
    Ok(reason)
}

/// The name as the engine wants it: one that lives as long as the process. Each is kept once.
fn kept(name: &str) -> Result<&'static str, Failure> {
    static KEPT: Mutex<BTreeMap<&'static str, ()>> = Mutex::new(BTreeMap::new());
    let mut names = KEPT.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some((known, ())) = names.get_key_value(name) {
        return Ok(known);
    }
    if names.len() >= NAMES {
        let words = format!(
            "{name:?} is one name more than {NAMES}; name a condition always alike and put what \
             changes into its value"
        );
        return Err(Failure::argument(Class::Strategy, "reason", words));
    }
    let known: &'static str = Box::leak(name.to_owned().into_boxed_str());
    names.insert(known, ());
    Ok(known)
}

/// An argument that is not what it must be.
pub fn refused(of: &Bound<'_, PyAny>, class: Class, argument: &str, must: &str) -> Failure {
    let found = of.repr().map_or_else(|_| "what was given".to_owned(), |text| text.to_string());
    Failure::argument(class, argument, format!("{found} is not allowed; it must be {must}"))
}
