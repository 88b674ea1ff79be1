//! Features as Python names them, and their columns.

use std::sync::Arc;

use arrow_array::{ArrayRef, Float64Array};
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyDict};
use pyo3_arrow::PyTable;
use rust_decimal::Decimal;
use tickstep_backtest::features::{Formula, over};
use tickstep_core::features::{
    Band, Exact, FeatureError, FeatureSpec, MacdOutput, Real, Timeframe,
};
use tickstep_core::params::OutOfRange;
use tickstep_core::units::Fraction;

use crate::bars::Bars;
use crate::failure::{Class, Failure, Place};
use crate::frame::{of_arrays, times};
use crate::released::released;
use crate::span::span;

/// A feature that can be asked for: its formula and the bars it is computed on.
#[pyclass(frozen, module = "tickstep._native")]
pub struct Feature {
    pub formula: Formula,
    pub timeframe: Timeframe,
}

#[pymethods]
impl Feature {
    /// A feature by the name of its function and its arguments, checked.
    #[new]
    fn new(
        function: &str,
        args: &Bound<'_, PyDict>,
        timeframe: Option<&Bound<'_, PyAny>>,
    ) -> Result<Self, Failure> {
        let formula = formula(function, &Args(args))?;
        let timeframe = match timeframe {
            None => Timeframe::Base,
            Some(length) => Timeframe::Every(span(length, "timeframe")?),
        };
        formula.declare(timeframe, &mut FeatureSpec::default())?;
        Ok(Self { formula, timeframe })
    }

    /// Whether it reads taker-buy volume.
    #[getter]
    fn needs_taker(&self) -> bool {
        self.formula.needs_taker()
    }
}

/// Columns of features over bars, with the close times.
#[pyfunction]
#[pyo3(signature = (bars, features, *, max_gap=3, progress=None))]
pub fn feature_columns(
    py: Python<'_>,
    bars: &Bars,
    features: Vec<(String, PyRef<'_, Feature>)>,
    max_gap: u32,
    progress: Option<&Bound<'_, PyAny>>,
) -> PyResult<PyTable> {
    if max_gap > 10_000 {
        let words = format!("{max_gap} is out of range; it must be 0 to 10000");
        return Err(Failure::argument(Class::Config, "max_gap", words).into());
    }
    let (names, asked): (Vec<String>, Vec<_>) =
        features.iter().map(|(name, one)| (name.clone(), (one.formula, one.timeframe))).unzip();
    let series = &bars.series;
    for ((name, _), (formula, _)) in features.iter().zip(&asked) {
        if formula.needs_taker() && !series.has_taker() {
            let words = format!(
                "{name}: the bars of {} have no taker-buy volume, which it is computed from; \
                 ts.buy_share(split=\"close_location\") reads prices only",
                series.symbol()
            );
            let place = Place { column: Some("taker_buy_volume".to_owned()), ..Place::default() };
            return Err(Failure::new(Class::Data, words).at(place).into());
        }
    }
    drop(features);
    let (closes, columns) = released(py, progress, |watch| {
        let mut columns: Vec<ArrayRef> = Vec::with_capacity(asked.len());
        for (done, one) in asked.iter().enumerate() {
            if watch.at(done as u64, asked.len() as u64).is_break() {
                return Err(Failure::new(Class::Interrupted, "interrupted"));
            }
            for column in over(series, &[*one], max_gap)? {
                columns.push(Arc::new(Float64Array::from(column)));
            }
        }
        Ok((times((0..series.bars().len()).map(|at| series.close_of(at).0)), columns))
    })?;
    let named = names.iter().map(String::as_str).zip(columns);
    Ok(of_arrays([("close_time", closes)].into_iter().chain(named).collect())?)
}

/// The arguments of a feature.
struct Args<'a, 'py>(&'a Bound<'py, PyDict>);

impl Args<'_, '_> {
    fn given(&self, name: &str) -> Result<Bound<'_, PyAny>, Failure> {
        let found = self.0.get_item(name)?;
        found.ok_or_else(|| Failure::argument(Class::Param, name, "it is not given"))
    }

    /// A number of bars.
    fn count(&self, name: &str) -> Result<usize, Failure> {
        let value = self.given(name)?;
        let whole = (!value.is_instance_of::<PyBool>()).then(|| value.extract::<usize>().ok());
        whole.flatten().ok_or_else(|| self.not(name, &value, "a whole number above 0"))
    }

    /// A decimal; a float counts as its shortest text.
    fn fraction(&self, name: &str) -> Result<Fraction, Failure> {
        let value = self.given(name)?;
        let text = value.str()?.to_string();
        let decimal = Decimal::from_str_exact(&text).or_else(|_| Decimal::from_scientific(&text));
        let read = decimal.ok().and_then(|decimal| Fraction::new(decimal).ok());
        read.ok_or_else(|| self.not(name, &value, "a number, such as 2 or 2.5"))
    }

    /// One of a few words.
    fn word<T: Copy>(&self, name: &str, words: &[(&str, T)]) -> Result<T, Failure> {
        let value = self.given(name)?;
        let text: Option<String> = value.extract().ok();
        let found = words.iter().find(|(word, _)| text.as_deref() == Some(*word));
        let names: Vec<String> = words.iter().map(|(word, _)| format!("'{word}'")).collect();
        found.map(|(_, meant)| *meant).ok_or_else(|| self.not(name, &value, &names.join(" or ")))
    }

    fn not(&self, name: &str, value: &Bound<'_, PyAny>, wanted: &str) -> Failure {
        let found = value.repr().map_or_else(|_| "it".to_owned(), |text| text.to_string());
        Failure::argument(
            Class::Param,
            name,
            format!("{found} is not allowed; it must be {wanted}"),
        )
    }
}

fn formula(function: &str, args: &Args<'_, '_>) -> Result<Formula, Failure> {
    let n = || args.count("period");
    let levels =
        || Ok::<_, Failure>((args.count("left")?, args.count("right")?, args.count("keep")?));
    Ok(match function {
        "open" => Formula::Exact(Exact::Open),
        "high" => Formula::Exact(Exact::High),
        "low" => Formula::Exact(Exact::Low),
        "close" => Formula::Exact(Exact::Close),
        "volume" => Formula::Exact(Exact::Volume),
        "taker_buy" => Formula::Exact(Exact::TakerBuy),
        "close_sum" => Formula::Exact(Exact::CloseSum { n: n()? }),
        "volume_sum_before" => Formula::Exact(Exact::VolumeSumBefore { n: n()? }),
        "highest" => Formula::Exact(Exact::HighestBefore { n: n()? }),
        "lowest" => Formula::Exact(Exact::LowestBefore { n: n()? }),
        "streak" => Formula::Exact(Exact::Streak),
        "support" => {
            let (left, right, keep) = levels()?;
            Formula::Exact(Exact::Support { left, right, keep })
        }
        "resistance" => {
            let (left, right, keep) = levels()?;
            Formula::Exact(Exact::Resistance { left, right, keep })
        }
        "sma" => Formula::Sma { n: n()? },
        "volume_ratio" => Formula::VolumeRatio { n: n()? },
        "buy_share" => {
            let splits = [("taker", Formula::BuyShare), ("close_location", Formula::CloseLocation)];
            args.word("split", &splits)?
        }
        "ema" => Formula::Real(Real::Ema { n: n()? }),
        "rsi" => Formula::Real(Real::Rsi { n: n()? }),
        "atr" => Formula::Real(Real::Atr { n: n()? }),
        "deviation" => Formula::Real(Real::Deviation { n: n()? }),
        "vwap" => Formula::Real(Real::Vwap { n: n()? }),
        "macd" => {
            let outputs = [
                ("line", MacdOutput::Line),
                ("signal", MacdOutput::Signal),
                ("histogram", MacdOutput::Histogram),
            ];
            Formula::Real(Real::Macd {
                fast: args.count("fast")?,
                slow: args.count("slow")?,
                signal: args.count("signal")?,
                output: args.word("output", &outputs)?,
            })
        }
        "bollinger" => {
            let bands = [("upper", Band::Upper), ("middle", Band::Middle), ("lower", Band::Lower)];
            Formula::Real(Real::Bollinger {
                n: n()?,
                k: args.fraction("k")?,
                band: args.word("band", &bands)?,
            })
        }
        _ => {
            return Err(Failure::argument(
                Class::Param,
                "function",
                format!("{function} is unknown"),
            ));
        }
    })
}

impl From<OutOfRange> for Failure {
    fn from(error: OutOfRange) -> Self {
        let place = Place { argument: Some(error.field.to_owned()), ..Place::default() };
        Self::new(Class::Param, error).at(place)
    }
}

impl From<FeatureError> for Failure {
    fn from(error: FeatureError) -> Self {
        match error {
            FeatureError::Period(error) => error.into(),
            FeatureError::Param(_) => Self::new(Class::Param, error),
            FeatureError::Timeframe { .. } => {
                let place = Place { argument: Some("timeframe".to_owned()), ..Place::default() };
                Self::new(Class::Param, error).at(place)
            }
        }
    }
}
