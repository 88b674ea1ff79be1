//! What a sweep leaves behind when its sets are done: tables, how far its best is to be
//! believed, the best of them as run folders, and `sweep.json`, which is written last: a folder without it is
//! not finished.
//!
//! The bytes are a function of configuration, data and version, however the sets
//! were run: at once, in parts, or as shards that were merged; and, of the judgement,
//! of the number of sets that other searches tried on the same data.

use std::fs;
use std::io::Write;
use std::path::Path;

use serde::{Deserialize, Serialize};
use tickstep_core::instrument::Instrument;

use super::configured::SweepPlan;
use super::error::SweepError;
use super::files::{self, BELIEF, FAILED, MANIFEST, REPORT, RESULTS, RETURNS, SETS, Tables};
use super::judge::{Judged, Judging};
use super::run::{Found, Sweep};
use super::{Shard, table};
use crate::config::Config;
use crate::folder::Findings;
use crate::folder::Identity;
use crate::folder::{self, InstrumentData, ResultFile, RunResults};
use crate::report::page_of;
use crate::research::SearchConfig;
use crate::research::space::Set;
use crate::research::validation::Validation;
use crate::run::{Backtest, Run};
use crate::setup::Prepared;
use tickstep_core::stats::TrialSharpes;

/// What a sweep was made from, enough to make it again.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// Version of tickstep.
    pub tickstep: String,
    /// Folder that the data's paths start from, seen from the sweep's folder.
    pub base: String,
    /// What the search is.
    pub identity: Identity,
    /// The part of it that is here.
    pub shard: Shard,
    /// The configuration, every change applied.
    pub config: SearchConfig,
    /// The data files, with the SHA-256 of their bytes.
    pub data: Vec<InstrumentData>,
    /// Sets of the whole search.
    pub sets: u64,
    /// Combinations or draws that a constraint excluded.
    pub excluded: u64,
    /// Draws that were an earlier set again.
    pub repeated: u64,
    /// Sets that failed, of those here.
    pub failed: u64,
    /// SHA-256 of each result file.
    pub results: Vec<ResultFile>,
    /// That of `results.csv`: one search, one hash.
    pub result_hash: String,
}

impl Manifest {
    /// Of the folder of a sweep.
    pub fn read(dir: &Path) -> Result<Self, SweepError> {
        let path = dir.join(MANIFEST);
        let text = fs::read_to_string(&path).map_err(|e| files::fault(&path, e))?;
        serde_json::from_str(&text).map_err(|e| {
            files::fault(&path, std::io::Error::new(std::io::ErrorKind::InvalidData, e.to_string()))
        })
    }
}

/// A search whose sets are all done, in the folder they are in.
pub struct Finish<'f> {
    /// The configuration.
    pub configured: &'f SweepPlan,
    /// Its data.
    pub prepared: &'f Prepared,
    /// Folder that the data's paths start from.
    pub base: &'f Path,
    /// The sweep's folder.
    pub dir: &'f Path,
    /// The part of the search that is there.
    pub shard: Shard,
}

/// A set run alone, as `tickstep run` would.
pub(super) struct WholeRun {
    pub(super) config: Config,
    pub(super) run: Run,
    pub(super) instruments: Vec<Instrument>,
    pub(super) findings: Findings,
}

/// What a finished sweep amounts to.
#[derive(Debug)]
pub struct Finished {
    /// The best sets.
    pub tables: Tables,
    /// What is in the folder.
    pub manifest: Manifest,
    /// How far it is to be believed; `None` for a shard.
    pub belief: Option<Validation>,
}

impl Finish<'_> {
    /// Writes tables and, of a whole search (the best of a shard are not the search's),
    /// the judgement and the best runs; the manifest last.
    pub fn write<'a, E: ToString, M: Fn(&Set) -> Result<Backtest<'a>, E> + Sync>(
        &self,
        sweep: &Sweep<'a, M>,
        found: &Found,
        judging: &Judging<'_>,
    ) -> Result<Finished, SweepError> {
        let tables = sweep.tables(self.dir, &found.store)?;
        let mut results = Vec::new();
        for name in [SETS, FAILED, RETURNS] {
            results.push(files::hashed(self.dir, name)?);
        }
        results.extend(tables.files.iter().cloned());
        let mut belief = None;
        if self.shard == Shard::WHOLE {
            let best = tables.tops.first().map(Vec::as_slice).unwrap_or_default();
            let first = best.first().map(|ranked| self.alone(sweep, ranked)).transpose()?;
            let judged = self.judge(sweep, found, (best, first.as_ref()), judging)?;
            results.extend(self.judgement(&judged)?);
            let search = judged.belief.search();
            let mut first = first;
            for (rank, ranked) in (1..=self.configured.sweep.whole).zip(best) {
                let alone = match first.take() {
                    Some(first) => first,
                    None => self.alone(sweep, ranked)?,
                };
                results.push(self.folder(rank, &alone, search)?);
            }
            belief = Some(judged.belief);
        }
        let hash = |name: &str| results.iter().find(|r| r.name == name).map(|r| r.sha256.clone());
        let data = self.prepared.data(self.base);
        let manifest = Manifest {
            tickstep: env!("CARGO_PKG_VERSION").to_owned(),
            base: folder::relative(self.dir, self.base)?,
            identity: self.configured.identity(&data),
            shard: self.shard,
            config: self.configured.config.clone(),
            data,
            sets: sweep.sets.len() as u64,
            excluded: sweep.sets.excluded(),
            repeated: sweep.sets.repeated(),
            failed: tables.failed,
            result_hash: hash(RESULTS).unwrap_or_default(),
            results,
        };
        self.json(MANIFEST, &manifest)?;
        Ok(Finished { tables, manifest, belief })
    }

    fn judgement(&self, judged: &Judged) -> Result<[ResultFile; 2], SweepError> {
        let page = files::made(self.dir, REPORT, |file| {
            let fault = |e| files::fault(&self.dir.join(REPORT), e);
            file.write_all(judged.page.html().as_bytes()).map_err(fault)
        })?;
        Ok([self.json(BELIEF, &judged.belief)?, page])
    }

    fn json(&self, name: &str, value: &impl Serialize) -> Result<ResultFile, SweepError> {
        files::made(self.dir, name, |file| {
            let fault = |e: std::io::Error| files::fault(&self.dir.join(name), e);
            let mut json = serde_json::to_vec_pretty(value).map_err(|e| fault(e.into()))?;
            json.push(b'\n');
            file.write_all(&json).map_err(fault)
        })
    }

    fn alone<'a, E: ToString, M: Fn(&Set) -> Result<Backtest<'a>, E> + Sync>(
        &self,
        sweep: &Sweep<'a, M>,
        ranked: &table::Ranked,
    ) -> Result<WholeRun, SweepError> {
        let set = usize::try_from(ranked.set).ok().and_then(|set| sweep.sets.get(set));
        let set = set.ok_or_else(|| crate::research::store::StoreError::Misfit {
            what: format!("the sweep has no set {}", ranked.set),
        })?;
        let config = self.configured.of_set(&set)?;
        let backtest = self.prepared.backtest_of(&config)?;
        let instruments: Vec<_> =
            backtest.instruments.iter().map(|t| t.instrument.clone()).collect();
        let run = backtest.run()?;
        let findings = self.prepared.findings_of(&config, &run)?;
        Ok(WholeRun { config, run, instruments, findings })
    }

    fn folder(
        &self,
        rank: u32,
        alone: &WholeRun,
        search: Option<TrialSharpes>,
    ) -> Result<ResultFile, SweepError> {
        let WholeRun { config, run, instruments, findings } = alone;
        let mut data = self.prepared.data(self.base);
        for (data, instrument) in data.iter_mut().zip(instruments) {
            data.lot_step = instrument.spec().lot_step;
        }
        let results = RunResults {
            run,
            stats: &run.stats_after(instruments, self.prepared.interval(), search),
            instruments,
            config,
            search,
            base: self.base,
            data,
            findings: findings.clone(),
        };
        let page = page_of(&self.prepared.series, self.prepared.zone());
        let name = format!("{}/{rank}", files::BEST);
        results.write(&self.dir.join(&name), page)?;
        files::hashed(self.dir, &format!("{name}/manifest.json"))
    }
}
