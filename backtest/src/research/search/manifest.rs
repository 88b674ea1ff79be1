//! `sweep.json`: what a sweep was made from, and the SHA-256 of what it left behind.

use std::fs;
use std::io::{Error, ErrorKind};
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::error::SearchError;
use crate::folder::{Identity, InstrumentData, ResultFile};
use crate::research::config::SearchConfig;
use crate::research::store::Shard;
use crate::research::sweep::files::{self, MANIFEST};

/// What a sweep was made from, enough to make it again.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SweepManifest {
    /// Version of tickstep that wrote the folder.
    pub tickstep: String,
    /// Folder that the data's paths start from, seen from the sweep's folder.
    pub base: String,
    /// Fingerprint of the search.
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

impl SweepManifest {
    /// Reads the manifest in the folder of a sweep.
    pub fn read(dir: &Path) -> Result<Self, SearchError> {
        let path = dir.join(MANIFEST);
        let text = fs::read_to_string(&path).map_err(|e| files::fault(&path, e))?;
        let read = serde_json::from_str(&text);
        Ok(read
            .map_err(|e| files::fault(&path, Error::new(ErrorKind::InvalidData, e.to_string())))?)
    }
}
