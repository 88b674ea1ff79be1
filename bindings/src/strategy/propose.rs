//! What an `on_bar` returns: entries, exits and moved stops.

use pyo3::prelude::*;
use pyo3::types::{PyDict, PyTuple};
use tickstep_core::decision::Reason;
use tickstep_core::order::ExitReason;
use tickstep_core::strategy::{self, Exits, Moment, Phase, Proposal, StopMove};
use tickstep_core::units::Side;

use crate::exits::{distance, hold, reason as conditions, refused};
use crate::failure::{Class, Failure};

/// A wish to enter.
#[pyclass(frozen, module = "tickstep._native")]
pub struct Entry {
    side: Side,
    exits: Exits,
    confidence: Option<f64>,
    reason: Reason,
    /// What it was made of, from which a copy is made again.
    given: [Option<Py<PyAny>>; 5],
}

/// What an entry is made of beside its side.
const GIVEN: [&str; 5] = ["take_profit", "stop_loss", "max_hold", "confidence", "reason"];

#[pymethods]
impl Entry {
    #[new]
    #[pyo3(signature = (side, *, take_profit=None, stop_loss=None, max_hold=None, confidence=None, reason=None))]
    fn new(
        side: &str,
        take_profit: Option<&Bound<'_, PyAny>>,
        stop_loss: Option<&Bound<'_, PyAny>>,
        max_hold: Option<&Bound<'_, PyAny>>,
        confidence: Option<&Bound<'_, PyAny>>,
        reason: Option<&Bound<'_, PyDict>>,
    ) -> Result<Self, Failure> {
        let class = Class::Strategy;
        let far = |of: Option<&Bound<'_, PyAny>>, name| {
            of.map_or(Ok(None), |of| distance(of, class, name))
        };
        let confident = |of: &Bound<'_, PyAny>| {
            let value = of.extract::<f64>().ok().filter(|value| (0.0..=1.0).contains(value));
            value.ok_or_else(|| refused(of, class, "confidence", "a number from 0 to 1"))
        };
        let kept = |of: Option<&Bound<'_, PyAny>>| of.map(|of| of.clone().unbind());
        let reason_given = reason.map(|of| of.clone().into_any().unbind());
        let [target, stop, longest, sure] =
            [take_profit, stop_loss, max_hold, confidence].map(kept);
        Ok(Self {
            given: [target, stop, longest, sure, reason_given],
            side: if side == "buy" { Side::Buy } else { Side::Sell },
            exits: Exits {
                stop: far(stop_loss, "stop_loss")?,
                target: far(take_profit, "take_profit")?,
                hold: max_hold.map_or(Ok(None), |of| hold(of, class, "max_hold"))?,
            },
            confidence: confidence.map(confident).transpose()?,
            reason: conditions(reason)?,
        })
    }

    fn __getnewargs_ex__<'py>(
        &self,
        py: Python<'py>,
    ) -> PyResult<((&'static str,), Bound<'py, PyDict>)> {
        let given = PyDict::new(py);
        for (name, value) in GIVEN.iter().zip(&self.given) {
            given.set_item(name, value)?;
        }
        Ok(((self.word(),), given))
    }

    fn __repr__(&self) -> String {
        format!("<{}: {}>", self.word(), self.reason)
    }
}

impl Entry {
    const fn word(&self) -> &'static str {
        match self.side {
            Side::Buy => "buy",
            Side::Sell => "sell",
        }
    }
}

/// A wish to leave.
#[pyclass(frozen, module = "tickstep._native")]
pub struct Exit {
    conditions: Reason,
    /// What it was made of.
    given: Option<Py<PyDict>>,
}

#[pymethods]
impl Exit {
    #[new]
    #[pyo3(signature = (*, reason=None))]
    fn new(reason: Option<&Bound<'_, PyDict>>) -> Result<Self, Failure> {
        Ok(Self { conditions: conditions(reason)?, given: reason.map(|of| of.clone().unbind()) })
    }

    fn __getnewargs_ex__<'py>(
        &self,
        py: Python<'py>,
    ) -> PyResult<(Bound<'py, PyTuple>, Bound<'py, PyDict>)> {
        let given = PyDict::new(py);
        given.set_item("reason", &self.given)?;
        Ok((PyTuple::empty(py), given))
    }

    fn __repr__(&self) -> String {
        format!("<exit: {}>", self.conditions)
    }
}

/// A wish to move the stop.
#[pyclass(frozen, module = "tickstep._native")]
pub struct MoveStop {
    price: f64,
}

#[pymethods]
impl MoveStop {
    #[new]
    fn new(price: &Bound<'_, PyAny>) -> Result<Self, Failure> {
        let float = price.extract::<f64>().ok().filter(|x| x.is_finite() && *x > 0.0);
        let words = "a price above 0, quote currency";
        let price = float.ok_or_else(|| refused(price, Class::Strategy, "price", words))?;
        Ok(Self { price })
    }

    const fn __getnewargs__(&self) -> (f64,) {
        (self.price,)
    }

    fn __repr__(&self) -> String {
        format!("<stop to {}>", self.price)
    }
}

/// Puts what was returned into the engine's proposal.
pub fn take(
    returned: &Bound<'_, PyAny>,
    now: &Moment<'_>,
    out: &mut Proposal,
) -> Result<(), Failure> {
    if returned.is_none() {
        return Ok(());
    }
    if let Ok(several) = returned.cast::<PyTuple>() {
        return several.iter().try_for_each(|one| take(&one, now, out));
    }
    let twice = |what: &str| {
        let words = format!("on_bar returned two {what}; a bar has at most one");
        Err(Failure::new(Class::Strategy, words))
    };
    if let Ok(entry) = returned.cast::<Entry>() {
        if out.enter.is_some() {
            return twice("entries");
        }
        let Entry { side, exits, confidence, reason, .. } = entry.get();
        let entry = strategy::Entry::new(*side, *exits, reason.clone());
        out.enter = Some(strategy::Entry { confidence: *confidence, ..entry });
        return Ok(());
    }
    if let Ok(exit) = returned.cast::<Exit>() {
        if out.exit.is_some() {
            return twice("exits");
        }
        out.exit = Some(strategy::Exit::signal(exit.get().conditions.clone()));
        return Ok(());
    }
    if let Ok(moved) = returned.cast::<MoveStop>() {
        if out.stop.is_some() {
            return twice("stops");
        }
        return move_stop(moved.get().price, now, out);
    }
    let kind = returned.get_type().name()?;
    let words = format!(
        "on_bar returned a {kind}; it must return None, ts.buy(...), ts.sell(...), \
         ts.exit(...), ts.move_stop(price), or a tuple of them"
    );
    Err(Failure::new(Class::Strategy, words))
}

/// A stop at `price`; where the close is at it or through, no stop could wait there, so
/// the position is left at the next open, as the scalper's trailing stop does.
fn move_stop(price: f64, now: &Moment<'_>, out: &mut Proposal) -> Result<(), Failure> {
    let Some(position) = now.position else {
        let words = "on_bar returned ts.move_stop(...) while no position is open; look at \
                     now.position first";
        return Err(Failure::new(Class::Strategy, words));
    };
    if now.phase != Phase::Open {
        return Ok(());
    }
    let stop = now.instrument.stop_at(position.side, price).ok_or_else(|| {
        Failure::argument(Class::Strategy, "price", format!("{price} is no price of this market"))
    })?;
    let (reason, sign) = (ExitReason::TrailingStop, position.side.sign());
    if sign * stop.0 < sign * now.bar.close.0 {
        out.stop = Some(StopMove { stop, reason });
    } else if out.exit.is_none() {
        out.exit = Some(strategy::Exit { reason, conditions: Reason::default() });
    }
    Ok(())
}
