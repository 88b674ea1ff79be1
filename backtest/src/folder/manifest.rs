//! What a run folder says of itself: what it was made from, enough to make it again.

use std::path::Path;

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::config::Config;
use crate::series::{Repaired, SourceFile};
use crate::times::utc;
use tickstep_core::stats::TrialSharpes;

/// What a run folder may hold, in the order it is put in place.
pub(super) const FILES: [&str; 7] = [
    "trades.csv",
    "equity.csv",
    "decisions.csv",
    "stats.json",
    "findings.json",
    "report.html",
    "manifest.json",
];

/// What a run was made from, enough to make it again.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// Version of tickstep that wrote the folder.
    pub tickstep: String,
    /// Folder that the data's paths start from, seen from the run folder.
    pub base: String,
    /// The configuration, every change applied.
    pub config: Config,
    /// The search that the run is the best of, where it is: its figures know of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub search: Option<TrialSharpes>,
    /// The data files, with the SHA-256 of their bytes.
    pub data: Vec<InstrumentData>,
    /// SHA-256 of each result file.
    pub results: Vec<ResultFile>,
}

impl Manifest {
    /// The files of the run folder, the manifest last.
    #[must_use]
    pub fn names(&self) -> String {
        let names = self.results.iter().map(|r| r.name.as_str());
        names.chain(["manifest.json"]).collect::<Vec<_>>().join(", ")
    }
}

/// The data of one instrument.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct InstrumentData {
    /// Name of the instrument.
    pub symbol: String,
    /// Price step used, in quote currency.
    pub tick_size: Decimal,
    /// Quantity step used, in base units or contracts.
    pub lot_step: Decimal,
    /// What named repairs and roundings changed in it.
    #[serde(default, skip_serializing_if = "Repaired::is_none")]
    pub repaired: Repaired,
    /// The files its bars came from.
    pub files: Vec<DataFile>,
}

/// One data file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DataFile {
    /// Path of the file, from the manifest's base on.
    pub path: String,
    /// SHA-256 of its bytes as they lie on the disk, hex.
    pub sha256: String,
    /// Number of bars in it.
    pub bars: usize,
    /// Open time of the first.
    pub first: String,
    /// Open time of the last.
    pub last: String,
}

impl DataFile {
    /// A source, with its path relative to `base`.
    #[must_use]
    pub fn of(source: &SourceFile, base: &Path) -> Self {
        let path = Path::new(&source.path);
        Self {
            path: path.strip_prefix(base).unwrap_or(path).display().to_string(),
            sha256: source.sha256.clone(),
            bars: source.rows,
            first: utc(source.first),
            last: utc(source.last),
        }
    }
}

/// What a manifest calls bars that a program brought: no configuration says how they came
/// of a file, if they are of any.
pub const IN_MEMORY: &str = "(in memory)";

/// One file of results.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ResultFile {
    /// Name within the run folder.
    pub name: String,
    /// SHA-256 of its bytes, hex.
    pub sha256: String,
}
