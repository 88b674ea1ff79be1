//! Spans of time as Python has them: text, `timedelta`.

use std::time::Duration;

use pyo3::prelude::*;
use pyo3::types::PyString;
use tickstep_core::calendar::Interval;
use tickstep_core::units::Nanos;

use tickstep_backtest::times::{parse_interval, parse_span, span as in_words};

use crate::failure::{Class, Failure};

/// A span above zero: `"5m"` or a `timedelta`.
pub fn span(of: &Bound<'_, PyAny>, argument: &str) -> Result<Nanos, Failure> {
    match of.cast::<PyString>() {
        Ok(text) => parse_span(text.extract()?).map_err(|words| not(of, argument, &words)),
        Err(_) => passed(of).ok_or_else(|| not(of, argument, WORDS)),
    }
}

/// The length of a bar: a span, or `"day"`, `"week"`, `"month"`.
pub fn interval(of: &Bound<'_, PyAny>, argument: &str) -> Result<Interval, Failure> {
    match of.cast::<PyString>() {
        Ok(text) => parse_interval(text.extract()?).map_err(|words| not(of, argument, &words)),
        Err(_) => span(of, argument).map(Interval::Time),
    }
}

/// A span in its largest whole unit, such as `5m`.
#[pyfunction]
pub fn span_text(of: &Bound<'_, PyAny>) -> Result<String, Failure> {
    Ok(in_words(span(of, "timeframe")?))
}

const WORDS: &str = "write a span above zero such as '5m', '90s', '1h' or '1d', or a timedelta";

/// The span of a `timedelta`.
fn passed(of: &Bound<'_, PyAny>) -> Option<Nanos> {
    let span: Duration = of.extract().ok()?;
    i64::try_from(span.as_nanos()).ok().filter(|ns| *ns > 0).map(Nanos)
}

fn not(of: &Bound<'_, PyAny>, argument: &str, words: &str) -> Failure {
    let found = of.repr().map_or_else(|_| "what was given".to_owned(), |text| text.to_string());
    Failure::argument(Class::Config, argument, format!("{found} is not a span of time; {words}"))
}
