//! What a look-ahead check runs on, and what it compares.

use pyo3::IntoPyObjectExt;
use pyo3::prelude::*;
use tickstep_backtest::folder::columns::{CellValue, DecisionView, decision_columns};
use tickstep_core::math::decimal_to_f64;

use crate::bars::Bars;
use crate::failure::Failure;
use crate::run::Run;
use crate::signals::Column;

/// How far apart two floats may be and count as one, relative to the larger.
const SAME: f64 = 1e-9;

/// The first `count` bars.
#[pyfunction]
pub fn cut_off(bars: &Bars, count: usize) -> Bars {
    Bars { series: bars.series.until(count) }
}

/// The first `count` bars, and after them others than there were.
#[pyfunction]
pub fn with_other_future(bars: &Bars, count: usize, seed: u64) -> Bars {
    Bars { series: bars.series.with_other_future(count, seed) }
}

/// A row, and the values that two columns have there.
type TwoValues<'py> = (usize, Bound<'py, PyAny>, Bound<'py, PyAny>);

/// The first of the first `rows` values that differ, with both of them: its row, counted
/// from 0. Values that are missing in both are the same.
#[pyfunction]
pub fn different_value<'py>(
    py: Python<'py>,
    whole: &Bound<'py, PyAny>,
    other: &Bound<'py, PyAny>,
    rows: usize,
) -> PyResult<Option<TwoValues<'py>>> {
    let (a, b) = (Column::of(whole, "column")?, Column::of(other, "column")?);
    for row in 0..rows {
        let (a, b) = (a.cell(row), b.cell(row));
        if !a.is_same(b) {
            return Ok(Some((row, a.object(py)?, b.object(py)?)));
        }
    }
    Ok(None)
}

/// Rows that are set: True, or a number other than 0.
#[pyfunction]
pub fn set_rows(column: &Bound<'_, PyAny>) -> Result<Vec<usize>, Failure> {
    let column = Column::of(column, "column")?;
    let set = |row: &usize| match column.cell(*row) {
        Cell::Missing => false,
        Cell::Flag(flag) => flag,
        Cell::Number(number) => number != 0.0,
    };
    Ok((0..column.len()).filter(set).collect())
}

/// Close of the bar in a row, nanoseconds since 1970; of the last where there are fewer.
#[pyfunction]
pub fn close_time(bars: &Bars, row: usize) -> i64 {
    let last = bars.series.bars().len() - 1;
    bars.series.close_of(row.min(last)).0
}

/// The row of the bar that closes at a time, or of the first after it.
#[pyfunction]
pub fn row_closing_at(bars: &Bars, ts: i64) -> usize {
    let (times, bars) = (bars.series.times(), bars.series.bars());
    bars.partition_point(|bar| times.close_of(bar.ts_open).0 < ts)
}

/// Rows of the bars at whose closes a run decided something.
#[pyfunction]
pub fn decided_rows(run: &Run, bars: &Bars) -> Vec<usize> {
    let times = run.decision_views().into_iter().map(|view| view.decision.ts.0);
    let mut rows: Vec<usize> = times.map(|ts| row_closing_at(bars, ts)).collect();
    rows.dedup();
    rows
}

/// A value of a column.
#[derive(Clone, Copy)]
enum Cell {
    Missing,
    Flag(bool),
    Number(f64),
}

impl Cell {
    fn is_same(self, other: Self) -> bool {
        match (self, other) {
            (Self::Missing, Self::Missing) => true,
            (Self::Flag(a), Self::Flag(b)) => a == b,
            (Self::Number(a), Self::Number(b)) => {
                a == b || (a - b).abs() <= SAME * a.abs().max(b.abs())
            }
            _ => false,
        }
    }

    fn object(self, py: Python<'_>) -> PyResult<Bound<'_, PyAny>> {
        match self {
            Self::Missing => Ok(py.None().into_bound(py)),
            Self::Flag(flag) => flag.into_bound_py_any(py),
            Self::Number(number) => number.into_bound_py_any(py),
        }
    }
}

impl Column {
    fn cell(&self, row: usize) -> Cell {
        match self {
            Self::Flags(flags) => match flags.get(row) {
                Some(Some(flag)) => Cell::Flag(*flag),
                Some(None) | None => Cell::Missing,
            },
            Self::Numbers(numbers) => match numbers.get(row) {
                Some(number) if !number.is_nan() => Cell::Number(*number),
                Some(_) | None => Cell::Missing,
            },
        }
    }
}

/// A decision that two runs do not share, the first at or before `until` (nanoseconds, a
/// close): its time, the column, and what each run has there.
type Difference = (i64, String, Option<String>, Option<String>);

/// The first decision at or before `until` that differs. What became of an order that was
/// sent is not compared: it is known at the next open only.
#[pyfunction]
pub fn different_decision(whole: &Run, other: &Run, until: i64) -> Option<Difference> {
    let (ours, theirs) = (whole.decision_views(), other.decision_views());
    first_difference(&within(&ours, until), &within(&theirs, until))
}

/// The decisions at or before `until`.
fn within<'a>(views: &'a [DecisionView<'_>], until: i64) -> Vec<Row<'a>> {
    views.iter().filter(|view| view.decision.ts.0 <= until).map(Row::of).collect()
}

/// What is compared of a decision.
struct Row<'a> {
    ts: i64,
    cells: Vec<(&'static str, CellValue<'a>)>,
}

impl<'a> Row<'a> {
    fn of(view: &'a DecisionView<'_>) -> Self {
        let columns = decision_columns();
        let compared = columns.iter().filter(|column| !UNKNOWN.contains(&column.name));
        let cells = compared.map(|column| (column.name, column.value(view))).collect();
        Self { ts: view.decision.ts.0, cells }
    }

    fn action(&self) -> Option<String> {
        let (_, action) = self.cells.iter().find(|(name, _)| *name == "action")?;
        words(action)
    }
}

fn first_difference(a: &[Row<'_>], b: &[Row<'_>]) -> Option<Difference> {
    let action = || "action".to_owned();
    for at in 0..a.len().max(b.len()) {
        let (one, other) = match (a.get(at), b.get(at)) {
            (Some(one), Some(other)) if one.ts == other.ts => (one, other),
            // One of them says something where the other says nothing.
            (Some(one), other) if other.is_none_or(|other| one.ts < other.ts) => {
                return Some((one.ts, action(), one.action(), None));
            }
            (_, Some(other)) => return Some((other.ts, action(), None, other.action())),
            (Some(_) | None, None) => return None,
        };
        for ((name, x), (_, y)) in one.cells.iter().zip(&other.cells) {
            if !is_same(x, y) {
                return Some((one.ts, (*name).to_owned(), words(x), words(y)));
            }
        }
    }
    None
}

/// Columns of a decision that are not known at its bar.
const UNKNOWN: [&str; 3] = ["outcome", "rule", "order"];

fn is_same(a: &CellValue<'_>, b: &CellValue<'_>) -> bool {
    match (a, b) {
        (CellValue::Float(Some(a)), CellValue::Float(Some(b))) => {
            Cell::Number(*a).is_same(Cell::Number(*b))
        }
        _ => a == b,
    }
}

fn words(value: &CellValue<'_>) -> Option<String> {
    match value {
        CellValue::Time(ts) => Some(tickstep_backtest::times::utc(*ts)),
        CellValue::Count(n) => n.map(|n| n.to_string()),
        CellValue::Exact(exact) => exact.map(|exact| decimal_to_f64(exact).to_string()),
        CellValue::Float(x) => x.map(|x| x.to_string()),
        CellValue::Text(text) => text.as_ref().map(|text| text.clone().into_owned()),
        CellValue::Flag(flag) => Some(flag.to_string()),
    }
}
