//! Sets as the rows of a table: their values, what came of each, their figures.

use std::sync::Arc;

use arrow_array::builder::{BooleanBuilder, Float64Builder, Int64Builder, StringBuilder};
use arrow_array::{ArrayRef, Int64Array, StringArray, UInt64Array};
use tickstep_backtest::research::space::{Sets, Value};
use tickstep_backtest::research::store::{Failure, Figures, SetRecord};
use tickstep_backtest::research::sweep::metric::Metrics;
use tickstep_core::trade_hash;

use super::search::Shared;

/// Sets with their records.
pub type Rows = [(u64, SetRecord)];

/// The columns of some sets.
pub fn rows<'n>(
    shared: &'n Shared,
    sets: &Sets,
    metrics: &'n Metrics,
    rows: &Rows,
    failed: &[Failure],
) -> Vec<(&'n str, ArrayRef)> {
    let values: Vec<Option<_>> = rows
        .iter()
        .map(|(set, _)| usize::try_from(*set).ok().and_then(|set| sets.get(set)))
        .collect();
    let numbers = rows.iter().map(|(set, _)| *set);
    let mut columns = vec![("set", Arc::new(UInt64Array::from_iter_values(numbers)) as ArrayRef)];
    for (at, axis) in shared.plan.space.axes().iter().enumerate() {
        let of: Vec<Option<&Value>> =
            values.iter().map(|set| set.as_ref().and_then(|set| set.values().get(at))).collect();
        // A parameter that is called as a figure is has its key, so that no name is twice.
        let name = shared.name(axis);
        let taken = metrics.columns().iter().any(|metric| metric.name() == name);
        columns.push((if taken { axis.key() } else { name }, parameter(&of)));
    }
    let figures: Vec<Option<&Figures>> = rows
        .iter()
        .map(|(_, record)| if let SetRecord::Done(of) = record { Some(of) } else { None })
        .collect();
    for (at, metric) in metrics.columns().iter().enumerate() {
        let of = figures.iter().map(|of| of.and_then(|of| of.values.get(at).copied().flatten()));
        let column: ArrayRef = if at == metrics.trades() {
            Arc::new(of.map(|trades| trades.map(|trades| trades as i64)).collect::<Int64Array>())
        } else {
            let mut out = Float64Builder::with_capacity(rows.len());
            of.for_each(|value| out.append_option(value));
            Arc::new(out.finish())
        };
        columns.push((metric.name(), column));
    }
    let hash = figures.iter().map(|of| of.map(|of| trade_hash::text(of.trade_hash)));
    columns.push(("trade_hash", Arc::new(hash.collect::<StringArray>())));
    let words = rows.iter().map(|(set, record)| {
        let at = failed.binary_search_by_key(set, |failure| failure.set).ok();
        at.filter(|_| *record == SetRecord::Failed).map(|at| &*failed[at].why)
    });
    columns.push(("failure", Arc::new(words.collect::<StringArray>())));
    columns
}

/// Sets that failed, and why.
pub fn why(failed: &[Failure]) -> Vec<(&'static str, ArrayRef)> {
    let sets = failed.iter().map(|failure| failure.set);
    let words = failed.iter().map(|failure| Some(&*failure.why));
    vec![
        ("set", Arc::new(UInt64Array::from_iter_values(sets))),
        ("failure", Arc::new(words.collect::<StringArray>())),
    ]
}

/// The values of one parameter: whole numbers, numbers, truths or texts.
fn parameter(of: &[Option<&Value>]) -> ArrayRef {
    let all = |is: fn(&Value) -> bool| of.iter().flatten().all(|value| is(value));
    if all(|value| matches!(value, Value::Int(_))) {
        let mut out = Int64Builder::with_capacity(of.len());
        of.iter().for_each(|value| {
            out.append_option(if let Some(Value::Int(n)) = value { Some(*n) } else { None });
        });
        return Arc::new(out.finish());
    }
    if all(|value| value.number().is_some()) {
        let mut out = Float64Builder::with_capacity(of.len());
        of.iter().for_each(|value| out.append_option(value.and_then(Value::float)));
        return Arc::new(out.finish());
    }
    if all(|value| matches!(value, Value::Bool(_))) {
        let mut out = BooleanBuilder::with_capacity(of.len());
        of.iter().for_each(|value| out.append_value(matches!(value, Some(Value::Bool(true)))));
        return Arc::new(out.finish());
    }
    let mut out = StringBuilder::new();
    of.iter().for_each(|value| out.append_option(value.map(ToString::to_string)));
    Arc::new(out.finish())
}
