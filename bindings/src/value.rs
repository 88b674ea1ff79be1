//! Python's values as those of a configuration.

use pyo3::prelude::*;
use pyo3::types::{PyBool, PyDict, PyFloat, PyInt, PySequence, PyString};
use tickstep_core::units::Nanos;
use toml::{Table, Value};

use crate::failure::{Class, Failure};
use crate::span::span;

/// A dictionary as a table; keys whose value is `None` are left out.
pub fn table(of: &Bound<'_, PyDict>) -> Result<Table, Failure> {
    table_at(of, "")
}

fn table_at(of: &Bound<'_, PyDict>, at: &str) -> Result<Table, Failure> {
    let mut table = Table::new();
    for (key, value) in of.iter() {
        let key: String = key.extract()?;
        let path = if at.is_empty() { key.clone() } else { format!("{at}.{key}") };
        if !value.is_none() {
            table.insert(key, value_at(&value, &path)?);
        }
    }
    Ok(table)
}

/// Changes of a configuration by dotted key, as the command's `--set` takes them.
pub fn changes(of: &Bound<'_, PyDict>) -> Result<Vec<String>, Failure> {
    let mut changes = Vec::new();
    for (key, value) in of.iter() {
        let key: String = key.extract()?;
        if value.is_none() {
            return Err(not(&key, &value, "a value; leave it out for the default"));
        }
        changes.push(format!("{key}={}", value_at(&value, &key)?));
    }
    Ok(changes)
}

/// A value; `at` is its key, for messages.
pub fn value_at(of: &Bound<'_, PyAny>, at: &str) -> Result<Value, Failure> {
    if of.is_instance_of::<PyBool>() {
        return Ok(Value::Boolean(of.extract()?));
    }
    if of.is_instance_of::<PyInt>() {
        let n: i64 = of.extract().map_err(|_| not(at, of, "a whole number of 64 bits"))?;
        return Ok(Value::Integer(n));
    }
    if of.is_instance_of::<PyFloat>() {
        return Ok(Value::Float(of.extract()?));
    }
    if of.is_instance_of::<PyString>() {
        return Ok(Value::String(of.extract()?));
    }
    if let Ok(dict) = of.cast::<PyDict>() {
        return Ok(Value::Table(table_at(dict, at)?));
    }
    if of.cast::<PySequence>().is_ok() {
        let mut list = Vec::new();
        for (i, item) in of.try_iter()?.enumerate() {
            list.push(value_at(&item?, &format!("{at}[{i}]"))?);
        }
        return Ok(Value::Array(list));
    }
    // A decimal is its text, exactly, and so is a short float; scalars and arrays of NumPy
    // are what they hold.
    let kind = of.get_type().name()?.to_string();
    if kind == "Decimal" {
        return Ok(Value::String(of.str()?.extract()?));
    }
    if kind == "float32" || kind == "float16" {
        let text: String = of.str()?.extract()?;
        return text.parse().map(Value::Float).map_err(|_| not(at, of, "a number"));
    }
    if let Ok(held) = of.call_method0("tolist") {
        return value_at(&held, at);
    }
    Err(not(at, of, "a number, a text, a list or a dictionary"))
}

/// Whole seconds of a length of time: a number of seconds, a `timedelta` or a word.
#[pyfunction]
#[pyo3(signature = (duration, argument="duration"))]
pub fn seconds(duration: &Bound<'_, PyAny>, argument: &str) -> Result<i64, Failure> {
    if let Ok(count) = duration.extract::<i64>() {
        return Ok(count);
    }
    let ns = span(duration, argument)?;
    if ns.0 % Nanos::SECOND.0 == 0 {
        Ok(ns.0 / Nanos::SECOND.0)
    } else {
        Err(not(argument, duration, "a length of whole seconds"))
    }
}

fn not(at: &str, of: &Bound<'_, PyAny>, wanted: &str) -> Failure {
    let found = of.repr().map_or_else(|_| "what was given".to_owned(), |text| text.to_string());
    Failure::argument(Class::Config, at, format!("{found} is not {wanted}"))
}
