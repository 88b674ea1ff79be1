//! `results.csv`: a row for each set, its parameters first, its figures after.

use std::io::{self, Write};

use super::row::{ResultRow, TableError, set_columns};
use crate::research::store::SetRecord;
use tickstep_core::trade_hash;

/// Writes the table row by row, with the columns `set`, the axes, the figures,
/// `trade_hash` (16 hex digits) and `outcome` (`done` or `failed`).
///
/// ```
/// use tickstep_backtest::research::store::{Figures, SetRecord};
/// use tickstep_backtest::research::sweep::table::{ResultsTable, ResultRow};
///
/// let mut text = Vec::new();
/// let names = |names: &[&str]| names.iter().map(|n| (*n).to_owned()).collect::<Vec<_>>();
/// let mut results = ResultsTable::new(&mut text, &names(&["fast"]), &names(&["trades", "sharpe"]))?;
/// let figures = Figures { trade_hash: 255, values: vec![Some(12.0), None], blocks: None };
/// let record = SetRecord::Done(figures);
/// results.row(ResultRow { set: 0, axes: &names(&["5"]), record: &record })?;
/// results.row(ResultRow { set: 1, axes: &names(&["9"]), record: &SetRecord::Failed })?;
/// results.end()?;
/// assert_eq!(
///     String::from_utf8(text)?,
///     "set,fast,trades,sharpe,trade_hash,outcome\n\
///      0,5,12,,00000000000000ff,done\n\
///      1,9,,,,failed\n"
/// );
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct ResultsTable<W: Write> {
    csv: csv::Writer<W>,
    axes: usize,
    columns: usize,
}

impl<W: Write> ResultsTable<W> {
    /// Begins a table with its head.
    pub fn new(w: W, axes: &[String], columns: &[String]) -> Result<Self, TableError> {
        let head = set_columns(axes, columns);
        let mut sorted = head.clone();
        sorted.sort_unstable();
        if let Some(twice) = sorted.windows(2).find(|w| w[0] == w[1]) {
            return Err(TableError::Twice(twice[0].clone()));
        }
        let mut csv = csv::Writer::from_writer(w);
        csv.write_record(&head).map_err(io::Error::from)?;
        Ok(Self { csv, axes: axes.len(), columns: columns.len() })
    }

    /// Writes a row. Rows come in order of their sets where bytes are to be the same.
    pub fn row(&mut self, row: ResultRow<'_>) -> Result<(), TableError> {
        row.must_fit(self.axes, self.columns)?;
        let mut cell = |text: &str| self.csv.write_field(text).map_err(io::Error::from);
        cell(&row.set.to_string())?;
        row.axes.iter().try_for_each(|value| cell(value))?;
        match row.record {
            SetRecord::Done(figures) => {
                let text = |v: &Option<f64>| v.map_or_else(String::new, float);
                figures.values.iter().try_for_each(|value| cell(&text(value)))?;
                cell(&trade_hash::text(figures.trade_hash))?;
            }
            SetRecord::Failed => {
                (0..=self.columns).try_for_each(|_| cell(""))?;
            }
        }
        cell(row.record.outcome())?;
        self.csv.write_record(None::<&[u8]>).map_err(io::Error::from)?;
        Ok(())
    }

    /// Writes what is still in memory.
    pub fn end(mut self) -> Result<(), TableError> {
        Ok(self.csv.flush()?)
    }
}

/// The shortest text that reads back as `value`, with an exponent where there
/// would be many zeros.
///
/// ```
/// use tickstep_backtest::research::sweep::table::float;
///
/// assert_eq!(float(12.0), "12");
/// assert_eq!(float(0.1 + 0.2), "0.30000000000000004");
/// assert_eq!(float(2.5e-9), "2.5e-9");
/// ```
#[must_use]
pub fn float(value: f64) -> String {
    let size = value.abs();
    if size != 0.0 && !(1e-5..1e16).contains(&size) && value.is_finite() {
        format!("{value:e}")
    } else {
        value.to_string()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::research::store::Figures;

    #[test]
    fn a_row_of_another_width_and_a_name_used_twice_are_refused() {
        let names = |n: &[&str]| n.iter().map(|n| (*n).to_owned()).collect::<Vec<_>>();
        assert!(matches!(
            ResultsTable::new(Vec::new(), &names(&["net"]), &names(&["net"])),
            Err(TableError::Twice(name)) if name == "net"
        ));
        let mut results = ResultsTable::new(Vec::new(), &names(&["a"]), &names(&["net"])).unwrap();
        let record =
            SetRecord::Done(Figures { trade_hash: 0, values: vec![None, None], blocks: None });
        let wide = ResultRow { set: 3, axes: &names(&["1"]), record: &record };
        assert!(matches!(results.row(wide), Err(TableError::Width { set: 3, .. })));
        let narrow = ResultRow { set: 3, axes: &[], record: &SetRecord::Failed };
        assert!(results.row(narrow).is_err());
    }

    proptest! {
        #[test]
        fn every_float_reads_back(value in any::<f64>().prop_filter("finite", |v| v.is_finite())) {
            let text = float(value);
            prop_assert!(text.len() <= 26, "{}", text);
            prop_assert_eq!(text.parse::<f64>().map(f64::to_bits), Ok(value.to_bits()));
        }
    }
}
