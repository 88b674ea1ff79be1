//! A search as its caller tells of it, and as a line of the file of trials.

use serde::{Deserialize, Serialize};
use tickstep_core::units::Nanos;

use crate::config::Config;
use crate::folder::{Identity, InstrumentData};
use crate::research::space::SweepConfig;
use crate::research::store::Shard;
use crate::run::Period;
use crate::series::Series;

const VERSION: u32 = 1;

/// A stretch of time that is not empty: the first instant, and the one after the
/// last, in nanoseconds of UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TrialSpan {
    first: Nanos,
    last: Nanos,
}

impl TrialSpan {
    /// From `first`, the open time of the first bar, up to `last`, the close time of
    /// the last. `None` where that is nothing.
    #[must_use]
    pub fn new(first: Nanos, last: Nanos) -> Option<Self> {
        (first < last).then_some(Self { first, last })
    }

    /// Open time of the first bar, nanoseconds since the Unix epoch, UTC.
    #[must_use]
    pub const fn first(self) -> Nanos {
        self.first
    }

    /// Close time of the last bar, nanoseconds since the Unix epoch, UTC; the span ends
    /// before it.
    #[must_use]
    pub const fn last(self) -> Nanos {
        self.last
    }

    /// Whether they share an instant.
    #[must_use]
    pub fn overlaps(self, other: Self) -> bool {
        self.first < other.last && other.first < self.last
    }
}

/// An instrument that a search traded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TradedSpan {
    /// Symbol, as the data spell it.
    pub symbol: String,
    /// From its first bar to its last.
    pub span: TrialSpan,
    /// Nominal length of its bars. Parts of a second are not registered.
    pub interval: Nanos,
}

impl TradedSpan {
    /// What is traded of each of `series` within `period`; one without a bar there is
    /// left out.
    pub fn of_all<'a>(series: impl IntoIterator<Item = &'a Series>, period: Period) -> Vec<Self> {
        let of = |series: &Series| {
            let (first, last) = period.span(series)?;
            let span = TrialSpan::new(first, last)?;
            let interval = series.interval().nominal();
            Some(Self { symbol: series.symbol().to_owned(), span, interval })
        };
        series.into_iter().filter_map(of).collect()
    }
}

/// Fingerprint of the sets that a search tries, or of the one of a single run, on `data`:
/// the same whatever is shown of them, what they are judged by, where the files lie and
/// which version runs them.
#[must_use]
pub fn sets_identity(
    run: &Config,
    sweep: Option<&SweepConfig>,
    data: &[InstrumentData],
) -> Identity {
    let mut run = run.clone();
    for instrument in &mut run.instrument {
        instrument.data.clear();
        instrument.finer.clear();
    }
    let sets = sweep.map(|s| (s.method, s.sets, s.seed, &s.constraints, &s.axis));
    let hashes = |of: &InstrumentData| -> Vec<String> {
        of.files.iter().map(|file| file.sha256.clone()).collect()
    };
    let bytes: Vec<Vec<String>> = data.iter().map(hashes).collect();
    Identity::of(&(&run, sets, bytes))
}

/// How far a search, or a shard of it, or a single run (one set) has come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trial {
    /// Fingerprint of what is searched, [`sets_identity`].
    pub search: Identity,
    /// The instruments that it trades, each with its span.
    pub instruments: Vec<TradedSpan>,
    /// Names of the strategies that trade.
    pub strategies: Vec<String>,
    /// Sets of the whole search, all shards.
    pub planned: u64,
    /// The part that this is about.
    pub shard: Shard,
    /// Sets of the shard that were evaluated so far.
    pub done: u64,
    /// Sets of the shard that failed so far.
    pub failed: u64,
}

/// A line of the file.
#[derive(Serialize, Deserialize)]
pub(super) struct TrialLine {
    version: u32,
    pub(super) search: Identity,
    pub(super) shard: Shard,
    pub(super) instruments: Vec<TrialInstrument>,
    strategy: Vec<String>,
    pub(super) sets_planned: u64,
    sets_done: u64,
    sets_failed: u64,
}

/// An instrument in a line.
#[derive(Serialize, Deserialize)]
pub(super) struct TrialInstrument {
    pub(super) symbol: String,
    interval_s: i64,
    first: String,
    last: String,
}

/// What is read of any version before the rest is.
#[derive(Deserialize)]
struct Versioned {
    version: u32,
}

impl TrialLine {
    pub(super) fn of(trial: &Trial) -> Self {
        let instruments = trial.instruments.iter().map(|t| TrialInstrument {
            symbol: t.symbol.clone(),
            interval_s: t.interval.0 / 1_000_000_000,
            first: crate::times::utc(t.span.first),
            last: crate::times::utc(t.span.last),
        });
        Self {
            version: VERSION,
            search: trial.search,
            shard: trial.shard,
            instruments: instruments.collect(),
            strategy: trial.strategies.clone(),
            sets_planned: trial.planned,
            sets_done: trial.done,
            sets_failed: trial.failed,
        }
    }

    pub(super) fn to_json(&self) -> String {
        // Strings and integers are always JSON.
        serde_json::to_string(self).unwrap_or_default()
    }

    /// Reads a line; in words what is wrong with it.
    pub(super) fn read(bytes: &[u8]) -> Result<Self, String> {
        let any: Versioned = serde_json::from_slice(bytes).map_err(|e| e.to_string())?;
        if any.version != VERSION {
            return Err(format!("it is of version {}, this reads {VERSION}", any.version));
        }
        let line: Self = serde_json::from_slice(bytes).map_err(|e| e.to_string())?;
        let range = line.shard.range(line.sets_planned);
        if line.tried() > range.end - range.start {
            return Err(format!("it tells of more sets tried than shard {} has", line.shard));
        }
        line.instruments.iter().try_for_each(|i| i.span().map(drop))?;
        Ok(line)
    }

    /// Sets of the shard that were tried.
    pub(super) const fn tried(&self) -> u64 {
        self.sets_done.saturating_add(self.sets_failed)
    }
}

impl TrialInstrument {
    pub(super) fn span(&self) -> Result<TrialSpan, String> {
        let time = |text: &str| {
            let ts: jiff::Timestamp = text.parse().map_err(|e| format!("{text}: {e}"))?;
            let ns = i64::try_from(ts.as_nanosecond());
            ns.map(Nanos).map_err(|_| format!("{text} is out of range"))
        };
        let span = TrialSpan::new(time(&self.first)?, time(&self.last)?);
        span.ok_or_else(|| format!("{} is not before {}", self.first, self.last))
    }
}
