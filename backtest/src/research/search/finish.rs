//! What a sweep leaves behind when its sets are done: tables, how far its best is to be
//! believed, the best of them as run folders, and `sweep.json`, which is written last: a
//! folder without it is not finished.
//!
//! The bytes are a function of configuration, data and version, however the sets
//! were run: at once, in parts, or as shards that were merged; and, of the validation,
//! of the number of sets that other searches tried on the same data.

use std::io::Write;
use std::path::Path;

use rust_decimal::Decimal;
use serde::Serialize;
use tickstep_core::stats::TrialSharpes;

use super::error::SearchError;
use super::manifest::SweepManifest;
use super::page::page;
use super::plan::SweepPlan;
use crate::config::Config;
use crate::folder::{self, Findings, ResultFile, RunResults};
use crate::report::page_of;
use crate::research::report::SearchReport;
use crate::research::space::Set;
use crate::research::store::{Shard, StoreError};
use crate::research::sweep::files::{
    self, BEST, FAILED, MANIFEST, REPORT, RESULTS, RETURNS, SETS, VALIDATION,
};
use crate::research::sweep::table::Ranked;
use crate::research::sweep::{RankedTables, Sweep, SweepFiles};
use crate::research::validation::{Validation, ValidationOptions, WholeSet};
use crate::run::Backtest;
use crate::setup::Prepared;

/// A search whose sets are all done, in the folder they are in.
pub struct Finish<'f> {
    /// The configuration that was searched by.
    pub plan: &'f SweepPlan,
    /// The data that sets ran on.
    pub prepared: &'f Prepared,
    /// Folder that the data's paths start from.
    pub base: &'f Path,
    /// The folder that the sweep's files are in.
    pub dir: &'f Path,
    /// The part of the search that is there.
    pub shard: Shard,
}

/// A set run alone, as `tickstep run` would.
struct WholeRun {
    config: Config,
    whole: WholeSet,
    findings: Findings,
}

/// What a finished sweep amounts to.
#[derive(Debug)]
pub struct FinishedSweep {
    /// The best sets, and the tables that were written.
    pub tables: RankedTables,
    /// The manifest of what is in the folder.
    pub manifest: SweepManifest,
    /// How far it is to be believed; `None` for a shard.
    pub validation: Option<Validation>,
}

impl Finish<'_> {
    /// Writes tables and, of a whole search (the best of a shard are not the search's),
    /// the validation and the best runs; the manifest last.
    pub fn write<'a, E: ToString, M: Fn(&Set) -> Result<Backtest<'a>, E> + Sync>(
        &self,
        sweep: &Sweep<'a, M>,
        found: &SweepFiles,
        options: &ValidationOptions<'_>,
    ) -> Result<FinishedSweep, SearchError> {
        let tables = sweep.write_tables(self.dir, found)?;
        let mut results = Vec::new();
        for name in [SETS, FAILED, RETURNS] {
            results.push(files::hashed(self.dir, name)?);
        }
        results.extend(tables.files.iter().cloned());
        let mut validation = None;
        if self.shard == Shard::WHOLE {
            let best = tables.tops.first().map(Vec::as_slice).unwrap_or_default();
            let mut first = best.first().map(|ranked| self.alone(sweep, ranked)).transpose()?;
            let validated =
                sweep.validate_with(found, first.as_ref().map(|alone| &alone.whole), options)?;
            let page = page(self.plan, self.prepared, sweep, found, best, &validated)?;
            results.extend(self.judgement(&validated.validation, &page)?);
            let search = validated.validation.search();
            for (rank, ranked) in (1..=self.plan.sweep.whole).zip(best) {
                let alone = match first.take() {
                    Some(first) => first,
                    None => self.alone(sweep, ranked)?,
                };
                results.push(self.folder(rank, &alone, search)?);
            }
            validation = Some(validated.validation);
        }
        let hash = |name: &str| results.iter().find(|r| r.name == name).map(|r| r.sha256.clone());
        let data = self.prepared.data(self.base);
        let manifest = SweepManifest {
            tickstep: env!("CARGO_PKG_VERSION").to_owned(),
            base: folder::relative(self.dir, self.base)?,
            identity: self.plan.identity(&data),
            shard: self.shard,
            config: self.plan.config.clone(),
            data,
            sets: sweep.sets.len() as u64,
            excluded: sweep.sets.excluded(),
            repeated: sweep.sets.repeated(),
            failed: tables.failed,
            result_hash: hash(RESULTS).unwrap_or_default(),
            results,
        };
        self.json(MANIFEST, &manifest)?;
        Ok(FinishedSweep { tables, manifest, validation })
    }

    fn judgement(
        &self,
        validation: &Validation,
        page: &SearchReport,
    ) -> Result<[ResultFile; 2], SearchError> {
        let page = files::made(self.dir, REPORT, |file| {
            let fault = |e| files::fault(&self.dir.join(REPORT), e);
            file.write_all(page.html().as_bytes()).map_err(fault)
        })?;
        Ok([self.json(VALIDATION, validation)?, page])
    }

    fn json(&self, name: &str, value: &impl Serialize) -> Result<ResultFile, SearchError> {
        let made = files::made(self.dir, name, |file| {
            let fault = |e: std::io::Error| files::fault(&self.dir.join(name), e);
            let mut json = serde_json::to_vec_pretty(value).map_err(|e| fault(e.into()))?;
            json.push(b'\n');
            file.write_all(&json).map_err(fault)
        });
        Ok(made?)
    }

    fn alone<M>(&self, sweep: &Sweep<'_, M>, ranked: &Ranked) -> Result<WholeRun, SearchError> {
        let set = usize::try_from(ranked.set).ok().and_then(|set| sweep.sets.get(set));
        let set = set.ok_or_else(|| StoreError::Misfit {
            what: format!("the sweep has no set {}", ranked.set),
        })?;
        let config = self.plan.of_set(&set)?;
        let backtest = self.prepared.backtest_of(&config)?;
        let instruments: Vec<_> =
            backtest.instruments.iter().map(|t| t.instrument.clone()).collect();
        let run = backtest.run()?;
        let findings = self.prepared.findings_of(&config, &run)?;
        let net = || -> Decimal { run.trades.iter().map(|t| t.net).sum() };
        let worst = findings.bounds.as_ref().map_or_else(net, |bounds| bounds.worst);
        let whole = WholeSet { set: ranked.set, run, instruments, worst };
        Ok(WholeRun { config, whole, findings })
    }

    fn folder(
        &self,
        rank: u32,
        alone: &WholeRun,
        search: Option<TrialSharpes>,
    ) -> Result<ResultFile, SearchError> {
        let WholeRun { config, whole: WholeSet { run, instruments, .. }, findings } = alone;
        let mut data = self.prepared.data(self.base);
        for (data, instrument) in data.iter_mut().zip(instruments) {
            data.lot_step = instrument.spec().lot_step;
        }
        let results = RunResults {
            run,
            stats: &run.stats_after(instruments, self.prepared.interval(), search),
            instruments,
            series: &self.prepared.series,
            config,
            search,
            base: self.base,
            data,
            findings: findings.clone(),
        };
        let name = format!("{BEST}/{rank}");
        let page = page_of(&self.prepared.series, self.prepared.zone());
        results.write(&self.dir.join(&name), page)?;
        Ok(files::hashed(self.dir, &format!("{name}/manifest.json"))?)
    }
}
