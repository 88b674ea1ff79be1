//! `results.parquet`: the columns of `results.csv`, figures as `f64`, everything
//! else but the set's index as text, what there is none of as null.
//!
//! Rows are written in groups of [`GROUP`], so that memory does not grow with
//! their number.

use std::fs::File;
use std::io::BufWriter;
use std::path::Path;

use polars::prelude::{
    BatchedWriter, Column, DataFrame, NamedFrom, ParquetWriter, PolarsResult, Series,
};

use super::row::{ResultRow, TableError, set_columns};
use crate::research::store::{Figures, SetRecord};
use tickstep_core::trade_hash;

/// Rows of a group.
pub const GROUP: usize = 16_384;

/// Writes the table row by row.
pub struct ParquetResults {
    writer: BatchedWriter<BufWriter<File>>,
    group: RowGroup,
}

impl ParquetResults {
    /// Begins the table in the file `path`, replacing it.
    pub fn new(path: &Path, axes: &[String], columns: &[String]) -> Result<Self, TableError> {
        let file = BufWriter::new(File::create(path)?);
        let mut group = RowGroup::new(axes, columns);
        let empty = group.take().map_err(fault)?;
        let writer = ParquetWriter::new(file).batched(empty.schema()).map_err(fault)?;
        Ok(Self { writer, group })
    }

    /// Adds a row. Rows come in order of their sets where bytes are to be the same.
    pub fn row(&mut self, row: ResultRow<'_>) -> Result<(), TableError> {
        self.group.add(row)?;
        if self.group.sets.len() >= GROUP { self.flush() } else { Ok(()) }
    }

    fn flush(&mut self) -> Result<(), TableError> {
        let frame = self.group.take().map_err(fault)?;
        self.writer.write_batch(&frame).map_err(fault)
    }

    /// Writes what is still in memory, and the end of the file.
    pub fn end(mut self) -> Result<(), TableError> {
        if !self.group.sets.is_empty() {
            self.flush()?;
        }
        self.writer.finish().map_err(fault)?;
        Ok(())
    }
}

fn fault(error: polars::prelude::PolarsError) -> TableError {
    TableError::Parquet(error.to_string())
}

/// Rows that are not written yet, column by column.
struct RowGroup {
    names: Vec<String>,
    sets: Vec<u64>,
    axes: Vec<Vec<String>>,
    columns: Vec<Vec<Option<f64>>>,
    hashes: Vec<Option<String>>,
    outcomes: Vec<&'static str>,
}

impl RowGroup {
    fn new(axes: &[String], columns: &[String]) -> Self {
        Self {
            names: set_columns(axes, columns),
            sets: Vec::new(),
            axes: vec![Vec::new(); axes.len()],
            columns: vec![Vec::new(); columns.len()],
            hashes: Vec::new(),
            outcomes: Vec::new(),
        }
    }

    fn add(&mut self, row: ResultRow<'_>) -> Result<(), TableError> {
        let done: Option<&Figures> = match row.record {
            SetRecord::Done(figures) => Some(figures),
            SetRecord::Failed => None,
        };
        row.must_fit(self.axes.len(), self.columns.len())?;
        self.sets.push(row.set);
        for (cells, value) in self.axes.iter_mut().zip(row.axes) {
            cells.push(value.clone());
        }
        for (i, cells) in self.columns.iter_mut().enumerate() {
            cells.push(done.and_then(|figures| figures.values[i]));
        }
        self.hashes.push(done.map(|figures| trade_hash::text(figures.trade_hash)));
        self.outcomes.push(row.record.outcome());
        Ok(())
    }

    /// The rows as a frame, and none any more.
    fn take(&mut self) -> PolarsResult<DataFrame> {
        let rows = self.sets.len();
        let mut names = self.names.iter().map(|name| name.as_str().into());
        let mut next = || names.next().unwrap_or_default();
        let mut frame: Vec<Column> =
            vec![Series::new(next(), std::mem::take(&mut self.sets)).into()];
        for cells in &mut self.axes {
            frame.push(Series::new(next(), std::mem::take(cells)).into());
        }
        for cells in &mut self.columns {
            frame.push(Series::new(next(), std::mem::take(cells)).into());
        }
        frame.push(Series::new(next(), std::mem::take(&mut self.hashes)).into());
        frame.push(Series::new(next(), std::mem::take(&mut self.outcomes)).into());
        DataFrame::new(rows, frame)
    }
}

#[cfg(test)]
mod tests {
    use polars::prelude::{ParquetReader, SerReader};

    use super::*;

    #[test]
    fn rows_are_read_back_over_several_groups() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("results.parquet");
        let names = |n: &[&str]| n.iter().map(|n| (*n).to_owned()).collect::<Vec<_>>();
        let write = || {
            let mut results =
                ParquetResults::new(&path, &names(&["fast"]), &names(&["trades", "sharpe"]))
                    .unwrap();
            for set in 0..2 * GROUP as u64 + 1 {
                let values = vec![Some(set as f64), (set != 1).then_some(0.5)];
                let record = match set {
                    3 => SetRecord::Failed,
                    _ => SetRecord::Done(Figures { trade_hash: set, values, blocks: None }),
                };
                let axes = [format!("{set}")];
                results.row(ResultRow { set, axes: &axes, record: &record }).unwrap();
            }
            results.end().unwrap();
            std::fs::read(&path).unwrap()
        };
        let bytes = write();
        assert_eq!(bytes, write());
        let frame = ParquetReader::new(File::open(&path).unwrap()).finish().unwrap();
        assert_eq!(frame.shape(), (2 * GROUP + 1, 6));
        let text = frame.head(Some(4)).to_string();
        assert!(text.contains("failed") && text.contains("0000000000000002"), "{text}");
        assert_eq!(frame.column("sharpe").unwrap().null_count(), 2);
        assert_eq!(frame.column("trade_hash").unwrap().null_count(), 1);
    }
}
