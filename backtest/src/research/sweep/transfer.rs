//! A sweep from memory to files and back, nothing lost: the bytes are those of a sweep that
//! was run into files.

use std::path::{Path, PathBuf};

use super::error::SweepError;
use super::files::{self, RETURNS, SETS};
use super::records::SetRecords;
use super::result::SweepResult;
use super::run::Sweep;
use super::stored::{SweepFiles, SweepJob};
use crate::folder::Identity;
use crate::research::space::Set;
use crate::research::store::{self, ReturnsSample, SetRecord, Shard, Store};
use crate::run::Backtest;

impl SweepFiles {
    /// The records of a whole sweep that `dir` holds.
    pub fn open(dir: &Path) -> Result<Self, SweepError> {
        let store = Store::open(&dir.join(SETS))?;
        Ok(Self { store, sample: ReturnsSample::open(&dir.join(RETURNS))? })
    }

    /// Whether `dir` holds all records of that part of a search.
    #[must_use]
    pub fn are_whole(dir: &Path, identity: Identity, shard: Shard) -> bool {
        Self::open(dir).is_ok_and(|files| {
            let header = files.store.header();
            let same = header.identity() == identity && header.shard() == shard;
            same && files.store.is_complete()
        })
    }

    /// Fingerprint of the search whose records `dir` holds, if any.
    #[must_use]
    pub fn identity_of(dir: &Path) -> Option<Identity> {
        Self::open(dir).ok().map(|files| files.store.header().identity())
    }

    /// Joins the folders of all shards of a search in `out`. Records of a join that was cut
    /// short after it had them are taken as they are.
    pub fn join(shards: &[PathBuf], out: &Path, identity: Identity) -> Result<Self, SweepError> {
        files::check(out)?;
        let of = |name: &str| shards.iter().map(|dir| dir.join(name)).collect::<Vec<_>>();
        let (sets, returns) = (out.join(SETS), out.join(RETURNS));
        let there = Store::open(&sets).is_ok_and(|store| {
            let header = store.header();
            store.is_complete() && header.shard() == Shard::WHOLE && header.identity() == identity
        });
        if !there {
            store::merge(&of(SETS), &sets)?;
        }
        if !returns.exists() {
            ReturnsSample::merge(&of(RETURNS), &returns)?;
        }
        Self::open(out)
    }
}

impl<'a, E: ToString, M: Fn(&Set) -> Result<Backtest<'a>, E> + Sync> Sweep<'a, M> {
    /// Writes the files that [`Sweep::run_into`] leaves of a sweep that was kept in memory.
    pub fn store(
        &self,
        dir: &Path,
        job: &SweepJob,
        result: &SweepResult,
    ) -> Result<SweepFiles, SweepError> {
        let mut files = self.open(dir, job)?;
        for row in result.sampled() {
            let (set, returns) = row?;
            if files.sample.wants(set) {
                files.sample.put(set, returns.as_deref())?;
            }
        }
        let mut failures = result.failures().iter();
        for record in result.all() {
            match record? {
                (set, SetRecord::Done(figures)) => files.store.put(set, &figures)?,
                (set, SetRecord::Failed) => {
                    let why = failures.next().map_or("", |failure| &failure.why);
                    files.store.put_failed(set, why)?;
                }
            }
        }
        files.sample.sync()?;
        files.store.finish()?;
        Ok(files)
    }

    /// What files hold of a sweep, in memory.
    pub fn loaded(&self, files: &SweepFiles) -> Result<SweepResult, SweepError> {
        let mut result = self.nothing_yet();
        for record in files.all() {
            result.records.push(record?.1);
        }
        result.failures = files.store.failures()?.collect::<Result<_, _>>()?;
        result.sample = files.sampled().collect::<Result<_, _>>()?;
        Ok(result)
    }
}
