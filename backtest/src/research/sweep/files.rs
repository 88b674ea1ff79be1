//! The folder of a sweep: what lies in it under which name, and the tables that
//! are made from its records.

use std::fs::{self, File};
use std::io;
use std::path::Path;

use super::error::SweepError;
use super::run::Sweep;
use super::table::{Best, Front, Ranked, Results, Row, TableError, float};
use crate::folder::{self, OutputError, ResultFile};
use crate::research::space::Set;
use crate::research::store::{SetRecord, Store};
use crate::run::Backtest;

/// Records of all sets.
pub const SETS: &str = "sets.bin";
/// Words of those that failed.
pub const FAILED: &str = "sets.failed.csv";
/// Daily returns of some.
pub const RETURNS: &str = "returns.bin";
/// A row for each set.
pub const RESULTS: &str = "results.csv";
/// The best by each objective.
pub const TOP: &str = "top.csv";
/// Those that no other beats in all objectives.
pub const FRONT: &str = "front.csv";
/// How far it is to be believed.
pub const BELIEF: &str = "belief.json";
/// The same for people.
pub const REPORT: &str = "report.html";
/// What the sweep was made from.
pub const MANIFEST: &str = "sweep.json";
/// Run folders of the best.
pub const BEST: &str = "best";

/// The best of a sweep, and the tables that were written.
#[derive(Debug)]
pub struct Tables {
    /// Sets that failed.
    pub failed: u64,
    /// The best by each objective, best first.
    pub tops: Vec<Vec<Ranked>>,
    /// Those that no other beats, where there are several objectives.
    pub front: Option<Front>,
    /// The tables, with the SHA-256 of each.
    pub files: Vec<ResultFile>,
}

pub(super) fn fault(path: &Path, error: io::Error) -> SweepError {
    OutputError::Io { path: path.display().to_string(), error }.into()
}

/// Whether a sweep may be written to `dir`, which is made: where there is nothing, or
/// a sweep.
pub fn check(dir: &Path) -> Result<(), SweepError> {
    let not_a_sweep = || SweepError::NotASweep(dir.display().to_string());
    if dir.exists() {
        if !dir.is_dir() {
            return Err(not_a_sweep());
        }
        let mut entries = fs::read_dir(dir).map_err(|e| fault(dir, e))?;
        if entries.next().is_some() && !dir.join(SETS).is_file() {
            return Err(not_a_sweep());
        }
    }
    fs::create_dir_all(dir).map_err(|e| fault(dir, e))
}

impl<'a, E: ToString, M: Fn(&Set) -> Result<Backtest<'a>, E> + Sync> Sweep<'a, M> {
    /// Writes `results.csv`, `top.csv` and, where there are several objectives,
    /// `front.csv` into `dir`, from the records in one pass.
    pub fn tables(&self, dir: &Path, store: &Store) -> Result<Tables, SweepError> {
        let names = self.metrics.names();
        let mut best = Best::new(self.metrics.objectives(), self.top, self.eligible());
        let mut failed = 0;
        #[cfg(feature = "polars")]
        let parquet = dir.join("results.parquet");
        #[cfg(feature = "polars")]
        let mut columns = super::table::ParquetResults::new(&parquet, &self.axes, &names)?;
        let mut files = vec![made(dir, RESULTS, |file| {
            let mut results = Results::new(file, &self.axes, &names)?;
            for record in store.records() {
                let (set, record) = record?;
                best.offer(set, &record);
                failed += u64::from(record == SetRecord::Failed);
                let axes = self.values(set);
                let row = Row { set, axes: &axes, record: &record };
                results.row(row)?;
                #[cfg(feature = "polars")]
                columns.row(row)?;
            }
            Ok(results.end()?)
        })?];
        #[cfg(feature = "polars")]
        {
            columns.end()?;
            files.push(hashed(dir, "results.parquet")?);
        }
        let objectives = self.metrics.objectives().len();
        let tops: Vec<_> = (0..objectives).map(|o| best.top(o)).collect();
        let ranked = self.metrics.objective_names().zip(&tops);
        let ranked: Vec<_> = ranked.map(|(name, top)| (Some(name), top.as_slice())).collect();
        files.push(made(dir, TOP, |file| self.ranking(file, store, &ranked))?);
        let front = (objectives > 1).then(|| best.front());
        if let Some(front) = &front {
            let ranked = [(None, front.sets.as_slice())];
            files.push(made(dir, FRONT, |file| self.ranking(file, store, &ranked))?);
        }
        Ok(Tables { failed, tops, front, files })
    }

    fn values(&self, set: u64) -> Vec<String> {
        let set = usize::try_from(set).ok().and_then(|set| self.sets.get(set));
        set.map_or_else(Vec::new, |set| set.values().iter().map(ToString::to_string).collect())
    }

    /// A row for each ranked set, in order; with its objective and place, where named.
    fn ranking(
        &self,
        file: &mut File,
        store: &Store,
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
        head.push("set".to_owned());
        head.extend(self.axes.iter().cloned().chain(self.metrics.names()));
        head.push("trade_hash".to_owned());
        put(&mut csv, &head)?;
        for (name, list) in lists {
            for (rank, ranked) in (1_usize..).zip(*list) {
                let Some(SetRecord::Done(figures)) = store.get(ranked.set)? else { continue };
                let mut row: Vec<String> = Vec::new();
                if let Some(name) = name {
                    row.extend([(*name).to_owned(), rank.to_string()]);
                }
                row.push(ranked.set.to_string());
                row.extend(self.values(ranked.set));
                row.extend(figures.values.iter().map(|v| v.map_or_else(String::new, float)));
                row.push(format!("{:016x}", figures.trade_hash));
                put(&mut csv, &row)?;
            }
        }
        Ok(csv.flush().map_err(TableError::from)?)
    }
}

/// Writes the file `name` beside its place and moves it there when it is whole.
pub(super) fn made(
    dir: &Path,
    name: &str,
    write: impl FnOnce(&mut File) -> Result<(), SweepError>,
) -> Result<ResultFile, SweepError> {
    let partial = dir.join(format!("{name}.partial"));
    let mut file = File::create(&partial).map_err(|e| fault(&partial, e))?;
    write(&mut file)?;
    drop(file);
    let path = dir.join(name);
    fs::rename(&partial, &path).map_err(|e| fault(&path, e))?;
    hashed(dir, name)
}

/// The file `name` of `dir`, with the SHA-256 of its bytes.
pub(super) fn hashed(dir: &Path, name: &str) -> Result<ResultFile, SweepError> {
    let path = dir.join(name);
    let sha256 = folder::sha256(&path).map_err(|e| fault(&path, e))?;
    Ok(ResultFile { name: name.to_owned(), sha256 })
}
