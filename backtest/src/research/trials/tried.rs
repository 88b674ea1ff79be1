//! Counting what was tried, and how sure the count is.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::io::{self, BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::trial::{TrialLine, TrialSpan};
use crate::folder::Identity;

/// What was tried on some instruments within a span.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tried {
    /// Number of searches and single runs.
    pub searches: u64,
    /// Number of sets that they tried, failed ones too.
    pub sets: u64,
    /// Sets that they began with and did not tell the end of: of searches that were
    /// abandoned, killed, or still run. Any number of these may have been tried too.
    pub untold: u64,
    /// Fingerprints of the searches.
    pub ids: Vec<Identity>,
    /// Why the count may be too low; to be shown to the user.
    pub doubts: Vec<Doubt>,
}

impl Tried {
    pub(super) fn unread(path: &Path, error: &io::Error) -> Self {
        let (path, reason) = (path.to_path_buf(), format!("it cannot be read: {error}"));
        Self { doubts: vec![Doubt { path, line: None, reason }], ..Self::default() }
    }
}

/// A part of the file of trials that could not be read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Doubt {
    /// Path of the file.
    pub path: PathBuf,
    /// Number of the line, counted from 1; `None` for all that is left of the file.
    pub line: Option<u64>,
    /// Why it could not be read, in words.
    pub reason: String,
}

impl fmt::Display for Doubt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = self.path.display();
        match self.line {
            Some(line) => write!(f, "{path}, line {line}: {}", self.reason)?,
            None => write!(f, "{path}: {}", self.reason)?,
        }
        f.write_str(
            "; the number of sets tried is a lower bound: mend the line, or run that search again",
        )
    }
}

/// What the lines tell of one search.
#[derive(Default)]
struct SearchTally {
    /// Whether it is one of those asked for.
    counts: bool,
    /// Sets tried, by the first and the end of the part they are in.
    parts: BTreeMap<(u64, u64), u64>,
}

impl SearchTally {
    fn add(&mut self, line: &TrialLine) {
        let range = line.shard.range(line.sets_planned);
        let tried = self.parts.entry((range.start, range.end)).or_default();
        *tried = line.tried().max(*tried);
    }

    /// Sets tried, and sets held by the parts. Parts that overlap may have tried the
    /// same sets or not: the more counts, up to what they hold together.
    fn total(&self) -> (u64, u64) {
        let (mut tried, mut held) = (0_u64, 0_u64);
        // Those that hang together, so far: their first set, their end, their sum.
        let (mut from, mut to, mut sum) = (0, 0, 0_u64);
        for (&(first, end), &part) in &self.parts {
            if first >= to {
                tried += sum.min(to - from);
                held += to - from;
                (from, to, sum) = (first, end, 0);
            }
            to = to.max(end);
            sum = sum.saturating_add(part);
        }
        (tried + sum.min(to - from), held + (to - from))
    }
}

/// Counts the lines whose instruments and span meet those asked for.
pub(super) fn count(file: impl Read, path: &Path, symbols: &[&str], span: TrialSpan) -> Tried {
    let symbols: BTreeSet<String> = symbols.iter().map(|s| plain(s)).collect();
    let mut searches: BTreeMap<Identity, SearchTally> = BTreeMap::new();
    let mut doubts = Vec::new();
    let mut doubt = |line, reason| doubts.push(Doubt { path: path.to_path_buf(), line, reason });
    let mut reader = BufReader::new(file);
    let mut bytes = Vec::new();
    for number in 1.. {
        bytes.clear();
        match reader.read_until(b'\n', &mut bytes) {
            Ok(0) => break,
            Ok(_) => {}
            Err(e) => {
                doubt(None, format!("it cannot be read from line {number} on: {e}"));
                break;
            }
        }
        let ended = bytes.last() == Some(&b'\n');
        if bytes.trim_ascii().is_empty() {
            continue;
        }
        match TrialLine::read(&bytes) {
            Ok(line) => {
                let search = searches.entry(line.search).or_default();
                search.add(&line);
                search.counts |= line.instruments.iter().any(|i| {
                    symbols.contains(&plain(&i.symbol)) && i.span().is_ok_and(|s| s.overlaps(span))
                });
            }
            Err(e) if ended => doubt(Some(number), format!("the line is damaged: {e}")),
            Err(_) => doubt(Some(number), "the line is torn".to_owned()),
        }
    }
    let mut tried = Tried { doubts, ..Tried::default() };
    for (id, search) in searches.into_iter().filter(|(_, s)| s.counts) {
        let (sets, held) = search.total();
        tried.searches += 1;
        tried.sets = tried.sets.saturating_add(sets);
        tried.untold = tried.untold.saturating_add(held - sets);
        tried.ids.push(id);
    }
    tried
}

/// A symbol without case and punctuation; as it is where nothing else is left.
fn plain(symbol: &str) -> String {
    let letters = symbol.chars().filter(|c| c.is_alphanumeric());
    let plain: String = letters.flat_map(char::to_uppercase).collect();
    if plain.is_empty() { symbol.to_owned() } else { plain }
}
