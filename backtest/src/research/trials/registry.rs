//! The file `trials.jsonl` of a folder of runs.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use super::trial::{Trial, TrialLine, TrialSpan};
use super::tried::{self, Tried};
use crate::folder::Identity;

/// A search is not registered.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RegistryError {
    /// The disk or its rights.
    #[error(
        "{}: {error}; the sets of this search will be missing when later ones are judged: make the \
         folder writable and run it again",
        path.display()
    )]
    Io {
        /// Path of the file of trials.
        path: PathBuf,
        /// What the operating system said.
        error: io::Error,
    },
    /// More was tried than there is.
    #[error(
        "search {search}: {tried} sets tried of the {planned} in shard {shard}; please report this"
    )]
    TooMany {
        /// Fingerprint of the search.
        search: Identity,
        /// Number of sets done and failed.
        tried: u64,
        /// Number of sets in the shard.
        planned: u64,
        /// The shard, as in `3/16`.
        shard: String,
    },
}

/// The count of trials, `trials.jsonl` in a folder of runs.
#[derive(Clone, Debug)]
pub struct Registry {
    path: PathBuf,
}

impl Registry {
    /// The trials of a folder of runs. Nothing is read or made yet.
    #[must_use]
    pub fn of(runs: &Path) -> Self {
        Self { path: runs.join("trials.jsonl") }
    }

    /// The trials in the file `path`.
    #[must_use]
    pub const fn at(path: PathBuf) -> Self {
        Self { path }
    }

    /// Path of the file.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Adds a line: when a search begins, with nothing tried, and again as sets are
    /// done, at the latest when it ends.
    ///
    /// An error is a warning to the user, not the end of a run, which does not need the
    /// count of trials.
    pub fn add(&self, trial: &Trial) -> Result<(), RegistryError> {
        let range = trial.shard.range(trial.planned);
        let (planned, tried) = (range.end - range.start, trial.done.saturating_add(trial.failed));
        if tried > planned {
            let (search, shard) = (trial.search, trial.shard.to_string());
            return Err(RegistryError::TooMany { search, tried, planned, shard });
        }
        let mut line = TrialLine::of(trial).to_json();
        line.push('\n');
        self.append(line).map_err(|error| RegistryError::Io { path: self.path.clone(), error })
    }

    fn append(&self, mut line: String) -> io::Result<()> {
        if let Some(folder) = self.path.parent() {
            std::fs::create_dir_all(folder)?;
        }
        let mut file = File::options().read(true).append(true).create(true).open(&self.path)?;
        lock(file.lock())?;
        if file.seek(SeekFrom::End(0))? > 0 {
            let mut last = [0];
            file.seek(SeekFrom::End(-1))?;
            file.read_exact(&mut last)?;
            if last != [b'\n'] {
                // A torn end stays its own, damaged, line.
                line.insert(0, '\n');
            }
        }
        // In one write, for systems whose locks do nothing.
        file.write_all(line.as_bytes())
    }

    /// What was ever tried on any of the symbols within `span`, this search's own
    /// lines with it. Never fails: what cannot be read is a doubt about the count.
    #[must_use]
    pub fn trials(&self, symbols: &[&str], span: TrialSpan) -> Tried {
        match File::open(&self.path) {
            Ok(file) => {
                // Without a lock a line that is just being written is at worst a doubt.
                let _ = file.lock_shared();
                tried::count(file, &self.path, symbols, span)
            }
            Err(e) if e.kind() == io::ErrorKind::NotFound => Tried::default(),
            Err(e) => Tried::unread(&self.path, &e),
        }
    }
}

/// A disk without locks is written without.
fn lock(locked: io::Result<()>) -> io::Result<()> {
    match locked {
        Err(e) if e.kind() == io::ErrorKind::Unsupported => Ok(()),
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use tempfile::TempDir;
    use tickstep_core::units::Nanos;

    use super::*;
    use crate::research::store::Shard;
    use crate::research::trials::TradedSpan;

    const DAY: i64 = 86_400_000_000_000;

    fn span(first: i64, last: i64) -> TrialSpan {
        TrialSpan::new(Nanos(first * DAY), Nanos(last * DAY)).unwrap()
    }

    fn trial(id: u8, symbol: &str, days: (i64, i64), planned: u64, done: u64) -> Trial {
        let span = span(days.0, days.1);
        let traded =
            TradedSpan { symbol: symbol.to_owned(), span, interval: Nanos(60_000_000_000) };
        Trial {
            search: Identity([id; 32]),
            instruments: vec![traded],
            strategies: vec!["sma_cross".to_owned()],
            planned,
            shard: Shard::WHOLE,
            done,
            failed: 0,
        }
    }

    fn registry(trials: &[Trial]) -> (TempDir, Registry) {
        let dir = TempDir::new().unwrap();
        let registry = Registry::of(&dir.path().join("runs"));
        trials.iter().for_each(|t| registry.add(t).unwrap());
        (dir, registry)
    }

    fn sets(registry: &Registry, symbol: &str, days: (i64, i64)) -> u64 {
        let tried = registry.trials(&[symbol], span(days.0, days.1));
        assert_eq!(tried.doubts, []);
        tried.sets
    }

    #[test]
    fn no_registry_is_nothing_tried() {
        let (_dir, registry) = registry(&[]);
        assert_eq!(registry.trials(&["FILUSDT"], span(0, 1)), Tried::default());
    }

    #[test]
    fn spans_count_where_they_overlap() {
        let (_dir, registry) = registry(&[trial(1, "FILUSDT", (10, 20), 100, 100)]);
        for days in [(0, 11), (10, 20), (12, 13), (19, 30), (0, 40)] {
            assert_eq!(sets(&registry, "FILUSDT", days), 100, "{days:?}");
        }
        for days in [(0, 10), (20, 30), (0, 5), (25, 26)] {
            assert_eq!(sets(&registry, "FILUSDT", days), 0, "{days:?}");
        }
        assert!(TrialSpan::new(Nanos(1), Nanos(1)).is_none());
    }

    #[test]
    fn one_symbol_has_many_spellings() {
        let (_dir, registry) = registry(&[trial(1, "FIL-USDT", (0, 9), 5, 5)]);
        for symbol in ["FILUSDT", "FIL/USDT", "filusdt", "Fil_Usdt"] {
            assert_eq!(sets(&registry, symbol, (0, 9)), 5, "{symbol}");
        }
        for symbol in ["FILUSDC", "FIL", "", "-"] {
            assert_eq!(sets(&registry, symbol, (0, 9)), 0, "{symbol}");
        }
    }

    #[test]
    fn a_search_counts_once_however_often_it_is_resumed() {
        let steps = [0, 40, 70, 70, 0, 30].map(|done| trial(1, "A", (0, 9), 100, done));
        let (_dir, registry) = registry(&steps);
        let tried = registry.trials(&["A"], span(0, 9));
        assert_eq!((tried.searches, tried.sets, tried.untold), (1, 70, 30));
        assert_eq!(tried.ids, [Identity([1; 32])]);
    }

    #[test]
    fn failed_and_abandoned_sets_count_and_searches_add_up() {
        let failed = Trial { failed: 10, ..trial(2, "A", (0, 9), 50, 5) };
        let (_dir, registry) = registry(&[
            trial(1, "A", (0, 9), 100, 100),
            failed,
            trial(3, "A", (0, 9), 7, 0),
            trial(4, "B", (0, 9), 1_000, 1_000),
        ]);
        let tried = registry.trials(&["A", "C"], span(3, 4));
        assert_eq!((tried.searches, tried.sets, tried.untold), (3, 115, 42));
        assert_eq!(registry.trials(&["A", "B"], span(3, 4)).sets, 1_115);
    }

    #[test]
    fn shards_add_up_and_cuts_that_overlap_do_not_exceed_what_they_hold() {
        let part = |n, of, done| {
            let shard = Shard::new(n, of).unwrap();
            Trial { shard, ..trial(1, "A", (0, 9), 1_000, done) }
        };
        let (_dir, shards) = registry(&[part(1, 4, 250), part(3, 4, 100), part(3, 4, 200)]);
        let tried = shards.trials(&["A"], span(0, 9));
        assert_eq!((tried.searches, tried.sets, tried.untold), (1, 450, 50));
        shards.add(&part(1, 1, 300)).unwrap();
        let tried = shards.trials(&["A"], span(0, 9));
        assert_eq!((tried.sets, tried.untold), (750, 250));
        shards.add(&part(1, 1, 900)).unwrap();
        assert_eq!(sets(&shards, "A", (0, 9)), 1_000);
        let error = shards.add(&part(1, 4, 251)).unwrap_err().to_string();
        assert!(error.contains("251 sets tried of the 250 in shard 1/4"), "{error}");
    }

    #[test]
    fn a_torn_end_is_a_doubt_and_costs_no_line_after_it() {
        let (_dir, registry) = registry(&[trial(1, "A", (0, 9), 10, 10)]);
        let whole = fs::read(registry.path()).unwrap();
        for cut in 1..whole.len() - 1 {
            fs::write(registry.path(), [&whole[..], &whole[..cut]].concat()).unwrap();
            let tried = registry.trials(&["A"], span(0, 9));
            assert_eq!((tried.sets, tried.doubts.len()), (10, 1), "{cut}");
            let words = tried.doubts[0].to_string();
            assert!(words.contains("trials.jsonl, line 2: the line is torn"), "{words}");
            assert!(words.contains("lower bound"), "{words}");
            registry.add(&trial(2, "A", (0, 9), 5, 5)).unwrap();
            let tried = registry.trials(&["A"], span(0, 9));
            assert_eq!((tried.sets, tried.doubts.len()), (15, 1), "{cut}");
        }
        fs::write(registry.path(), &whole[..whole.len() - 1]).unwrap();
        assert_eq!(sets(&registry, "A", (0, 9)), 10);
        registry.add(&trial(2, "A", (0, 9), 5, 5)).unwrap();
        assert_eq!(sets(&registry, "A", (0, 9)), 15);
    }

    #[test]
    fn damaged_lines_are_named_and_the_rest_counts() {
        let (_dir, registry) = registry(&[trial(1, "A", (0, 9), 10, 10)]);
        let line = fs::read_to_string(registry.path()).unwrap();
        let id = Identity([1; 32]).to_string();
        let other = line.replace(&id, &Identity([2; 32]).to_string());
        let bad = [
            "rubbish\n".to_owned(),
            line.replace("\"version\":1", "\"version\":2"),
            line.replace(&id, "12"),
            line.replace("\"1/1\"", "\"2/1\""),
            line.replace("\"sets_done\":10", "\"sets_done\":11"),
            line.replace("\"last\":\"1970-01-10", "\"last\":\"1960-01-10"),
            line.replace("\"last\":\"", "\"last\":\"x"),
            "\n".to_owned(),
        ];
        fs::write(registry.path(), format!("{line}{}{other}", bad.concat())).unwrap();
        fs::write(
            registry.path(),
            [&fs::read(registry.path()).unwrap()[..], b"\xff\xfe\n"].concat(),
        )
        .unwrap();
        let tried = registry.trials(&["A"], span(0, 9));
        assert_eq!((tried.searches, tried.sets), (2, 20));
        let lines: Vec<_> = tried.doubts.iter().map(|d| d.line).collect();
        assert_eq!(lines, [2, 3, 4, 5, 6, 7, 8, 11].map(Some));
        assert!(tried.doubts[1].to_string().contains("version 2"), "{}", tried.doubts[1]);
    }

    #[test]
    fn a_registry_that_cannot_be_read_or_written_says_so() {
        let dir = TempDir::new().unwrap();
        fs::create_dir(dir.path().join("trials.jsonl")).unwrap();
        let registry = Registry::of(dir.path());
        let tried = registry.trials(&["A"], span(0, 9));
        assert_eq!((tried.sets, tried.doubts.len()), (0, 1));
        let error = registry.add(&trial(1, "A", (0, 9), 1, 1)).unwrap_err().to_string();
        assert!(error.contains("trials.jsonl") && error.contains("writable"), "{error}");
    }

    #[test]
    fn writers_at_once_lose_no_line() {
        let (_dir, registry) = registry(&[]);
        std::thread::scope(|scope| {
            for writer in 1..=4 {
                let registry = registry.clone();
                scope.spawn(move || {
                    for n in 1..=1_000 {
                        let shard = Shard::new(n, 1_000).unwrap();
                        let trial = trial(writer, "A", (0, 9), 1_000, 1);
                        registry.add(&Trial { shard, ..trial }).unwrap();
                    }
                });
            }
        });
        let tried = registry.trials(&["A"], span(0, 9));
        assert_eq!((tried.searches, tried.sets, tried.untold), (4, 4_000, 0));
        assert_eq!(tried.doubts, []);
        assert_eq!(fs::read_to_string(registry.path()).unwrap().lines().count(), 4_000);
    }

    #[test]
    fn a_line_is_as_documented() {
        let day = (Nanos(1_690_848_000_000_000_000), Nanos(1_693_526_400_000_000_000));
        let span = TrialSpan::new(day.0, day.1).unwrap();
        let mut trial = trial(0xab, "FILUSDT", (0, 1), 1_000, 990);
        trial.instruments[0].span = span;
        let (_dir, registry) = registry(&[Trial { failed: 10, ..trial }]);
        let expected = concat!(
            r#"{"version":1,"search":"abababababababababababababababababababababababababababab"#,
            r#"abababab","shard":"1/1","instruments":[{"symbol":"FILUSDT","interval_s":60,"#,
            r#""first":"2023-08-01T00:00:00Z","last":"2023-09-01T00:00:00Z"}],"strategy":["#,
            r#""sma_cross"],"sets_planned":1000,"sets_done":990,"sets_failed":10}"#,
            "\n"
        );
        assert_eq!(fs::read_to_string(registry.path()).unwrap(), expected);
    }
}
