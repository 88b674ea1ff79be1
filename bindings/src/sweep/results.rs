//! The results of a search, as Rust has them.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use pyo3_arrow::PyTable;
use tickstep_backtest::research::space::{Set, Sets};
use tickstep_backtest::research::store::{self, SetRecord, Shard, StoreError};
use tickstep_backtest::research::sweep::metric::Metrics;
use tickstep_backtest::research::sweep::table::Ranking;
use tickstep_backtest::research::sweep::{
    Eligible, SetRecords, Sweep, SweepFiles, SweepJob, SweepResult,
};
use tickstep_backtest::research::trials::{Registry, Tried};
use tickstep_backtest::research::validation::Validation;

use super::failure::of_sweep;
use super::frame::{Rows, rows};
use super::search::Shared;
use crate::failure::{Class, Failure};
use crate::frame::of_arrays;

/// Where the records of the sets are.
pub enum Kept {
    Memory(Box<SweepResult>),
    Files { dir: PathBuf, files: Box<SweepFiles> },
}

impl Kept {
    pub fn records(&self) -> &dyn SetRecords {
        match self {
            Self::Memory(result) => &**result,
            Self::Files { files, .. } => &**files,
        }
    }
}

/// What a search was told besides its sets.
#[derive(Default)]
pub struct Told {
    pub tried: Tried,
    /// The file that trials are counted in.
    pub counted_in: PathBuf,
    pub warnings: Vec<String>,
}

impl Told {
    pub fn count(&mut self, tried: Tried, registry: &Registry) {
        self.warnings.extend(tried.doubts.iter().map(ToString::to_string));
        self.tried = tried;
        self.counted_in = registry.path().to_path_buf();
    }
}

/// What a search found.
pub struct Results {
    pub shared: Arc<Shared>,
    pub sets: Sets,
    pub metrics: Metrics,
    eligible: Eligible,
    pub kept: Kept,
    pub shard: Shard,
    pub validation: Option<Validation>,
    pub told: Told,
}

impl Results {
    pub fn new<M>(
        shared: &Arc<Shared>,
        kept: Kept,
        sweep: &Sweep<'_, M>,
        shard: Shard,
        validation: Option<Validation>,
        told: Told,
    ) -> Self {
        Self {
            shared: Arc::clone(shared),
            sets: sweep.sets.clone(),
            metrics: sweep.metrics.clone(),
            eligible: sweep.eligible(),
            kept,
            shard,
            validation,
            told,
        }
    }

    pub fn records(&self) -> &dyn SetRecords {
        self.kept.records()
    }

    pub fn set(&self, number: usize) -> Result<Set, Failure> {
        self.sets.get(number).ok_or_else(|| {
            let words = format!("there is no set {number}; sets are 0 to {}", self.sets.len() - 1);
            Failure::argument(Class::Config, "set", words)
        })
    }

    /// Place of a figure among those that are kept.
    pub fn column(&self, metric: &str) -> Result<usize, Failure> {
        let names = self.metrics.names();
        names.iter().position(|name| name == metric).ok_or_else(|| {
            let known = names.join(", ");
            let words = format!(
                "{metric} is not kept of a set; it must be one of {known}, or an \
                                 objective of the sweep"
            );
            Failure::argument(Class::Config, "metric", words)
        })
    }

    /// Place of an axis, by what the caller called it or by its key.
    pub fn axis(&self, argument: &str, name: &str) -> Result<usize, Failure> {
        let axes = self.shared.plan.space.axes();
        let at = axes.iter().position(|a| a.key() == name || self.shared.name(a) == name);
        at.ok_or_else(|| {
            let known: Vec<&str> = axes.iter().map(|axis| self.shared.name(axis)).collect();
            let words = format!("{name} was not swept; it must be one of {}", known.join(", "));
            Failure::argument(Class::Config, argument, words)
        })
    }

    /// A figure of every set that is ranked.
    pub fn figure(&self, column: usize) -> Result<Vec<Option<f64>>, Failure> {
        let mut values = vec![None; self.sets.len()];
        for record in self.records().all() {
            let (set, SetRecord::Done(figures)) =
                record.map_err(|e| of_sweep(e.into(), &self.shared.names))?
            else {
                continue;
            };
            let place = usize::try_from(set).ok().and_then(|set| values.get_mut(set));
            if let (Some(place), true) = (place, self.eligible.admits(&figures.values)) {
                *place = figures.values.get(column).copied().flatten();
            }
        }
        Ok(values)
    }

    pub fn ranking(&self, count: usize) -> Result<Ranking, Failure> {
        let mut ranking = Ranking::new(self.metrics.objectives(), count, self.eligible);
        for record in self.records().all() {
            let (set, record) = record.map_err(|e| of_sweep(e.into(), &self.shared.names))?;
            ranking.offer(set, &record);
        }
        Ok(ranking)
    }

    /// Rows of some sets, in their order.
    pub fn rows_of(&self, sets: impl Iterator<Item = u64>) -> Result<PyTable, Failure> {
        self.table(&self.records_of(sets)?)
    }

    /// What came of some sets, in their order.
    pub fn records_of(
        &self,
        sets: impl Iterator<Item = u64>,
    ) -> Result<Vec<(u64, SetRecord)>, Failure> {
        let mut found = Vec::new();
        for set in sets {
            let record = self.records().record(set);
            let record = record.map_err(|e| of_sweep(e.into(), &self.shared.names))?;
            found.extend(record.map(|record| (set, record)));
        }
        Ok(found)
    }

    pub fn table(&self, found: &Rows) -> Result<PyTable, Failure> {
        let (sets, metrics) = (&self.sets, &self.metrics);
        of_arrays(rows(&self.shared, sets, metrics, found, &self.failed()?))
    }

    pub fn failed(&self) -> Result<Vec<store::Failure>, Failure> {
        match &self.kept {
            Kept::Memory(result) => Ok(result.failures().to_vec()),
            Kept::Files { files, .. } => {
                let fail = |e: StoreError| of_sweep(e.into(), &self.shared.names);
                files.store.failures().map_err(fail)?.collect::<Result<_, _>>().map_err(fail)
            }
        }
    }

    /// Writes the records of all sets into a folder.
    pub fn stored(&self, dir: &Path) -> Result<SweepFiles, Failure> {
        let sweep = self.shared.sweep(Some(&self.sets))?;
        let fail = |e| of_sweep(e, &self.shared.names);
        let job = SweepJob::new(self.shared.identity());
        match &self.kept {
            Kept::Memory(result) => sweep.store(dir, &job, result).map_err(fail),
            Kept::Files { files, .. } => {
                let result = sweep.loaded(files).map_err(fail)?;
                sweep.store(dir, &job, &result).map_err(fail)
            }
        }
    }
}
