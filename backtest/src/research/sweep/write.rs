//! The tables of a sweep, made from its records in one pass.

use std::fs::File;
use std::io;
use std::path::Path;

use super::error::SweepError;
use super::files::{FRONT, RESULTS, TOP, made};
use super::records::SetRecords;
use super::run::Sweep;
use super::table::{
    Front, Ranked, Ranking, ResultRow, ResultsTable, TableError, float, set_columns,
};
use crate::folder::ResultFile;
use crate::research::space::Set;
use crate::research::store::SetRecord;
use crate::run::Backtest;
use tickstep_core::trade_hash;

/// The best of a sweep, and the tables that were written.
#[derive(Debug)]
pub struct RankedTables {
    /// Number of sets that failed.
    pub failed: u64,
    /// The best by each objective, best first.
    pub tops: Vec<Vec<Ranked>>,
    /// Sets that no other beats, where there are several objectives.
    pub front: Option<Front>,
    /// The tables, with the SHA-256 of each.
    pub files: Vec<ResultFile>,
}

impl<'a, E: ToString, M: Fn(&Set) -> Result<Backtest<'a>, E> + Sync> Sweep<'a, M> {
    /// Writes `results.csv`, `top.csv` and, where there are several objectives,
    /// `front.csv` into `dir`, from the records in one pass.
    pub fn write_tables(
        &self,
        dir: &Path,
        records: &dyn SetRecords,
    ) -> Result<RankedTables, SweepError> {
        let (axes, names) = (self.axes(), self.metrics.names());
        let mut ranking = Ranking::new(self.metrics.objectives(), self.top, self.eligible());
        let mut failed = 0;
        #[cfg(feature = "polars")]
        let parquet = dir.join("results.parquet");
        #[cfg(feature = "polars")]
        let mut columns = super::table::ParquetResults::new(&parquet, &axes, &names)?;
        let mut files = vec![made(dir, RESULTS, |file| {
            let mut results = ResultsTable::new(file, &axes, &names)?;
            for record in records.all() {
                let (set, record) = record?;
                ranking.offer(set, &record);
                failed += u64::from(record == SetRecord::Failed);
                let values = self.values(set);
                let row = ResultRow { set, axes: &values, record: &record };
                results.row(row)?;
                #[cfg(feature = "polars")]
                columns.row(row)?;
            }
            Ok(results.end()?)
        })?];
        #[cfg(feature = "polars")]
        {
            columns.end()?;
            files.push(super::files::hashed(dir, "results.parquet")?);
        }
        let objectives = self.metrics.objectives().len();
        let tops: Vec<_> = (0..objectives).map(|o| ranking.top(o)).collect();
        let ranked = self.metrics.objective_names().zip(&tops);
        let ranked: Vec<_> = ranked.map(|(name, top)| (Some(name), top.as_slice())).collect();
        files.push(made(dir, TOP, |file| self.ranking(file, records, &ranked))?);
        let front = (objectives > 1).then(|| ranking.front());
        if let Some(front) = &front {
            let ranked = [(None, front.sets.as_slice())];
            files.push(made(dir, FRONT, |file| self.ranking(file, records, &ranked))?);
        }
        Ok(RankedTables { failed, tops, front, files })
    }

    fn values(&self, set: u64) -> Vec<String> {
        let set = usize::try_from(set).ok().and_then(|set| self.sets.get(set));
        set.map_or_else(Vec::new, |set| set.values().iter().map(ToString::to_string).collect())
    }

    /// A row for each ranked set, in order; with its objective and place, where named.
    fn ranking(
        &self,
        file: &mut File,
        records: &dyn SetRecords,
        lists: &[(Option<&str>, &[Ranked])],
    ) -> Result<(), SweepError> {
        let mut csv = csv::Writer::from_writer(file);
        let put = |csv: &mut csv::Writer<_>, row: &[String]| {
            csv.write_record(row).map_err(|e| TableError::Io(io::Error::from(e)))
        };
        let named = lists.iter().any(|(name, _)| name.is_some());
        let mut head: Vec<String> = Vec::new();
        if named {
            head.extend(["objective".to_owned(), "rank".to_owned()]);
        }
        head.extend(set_columns(&self.axes(), &self.metrics.names()));
        head.pop();
        put(&mut csv, &head)?;
        for (name, list) in lists {
            for (rank, ranked) in (1_usize..).zip(*list) {
                let Some(SetRecord::Done(figures)) = records.record(ranked.set)? else { continue };
                let mut row: Vec<String> = Vec::new();
                if let Some(name) = name {
                    row.extend([(*name).to_owned(), rank.to_string()]);
                }
                row.push(ranked.set.to_string());
                row.extend(self.values(ranked.set));
                row.extend(figures.values.iter().map(|v| v.map_or_else(String::new, float)));
                row.push(trade_hash::text(figures.trade_hash));
                put(&mut csv, &row)?;
            }
        }
        Ok(csv.flush().map_err(TableError::from)?)
    }
}
