//! What a journal says, done again.
//!
//! A file of a journal begins with a snapshot and the configuration that was in force, so
//! it can be replayed by itself: a runner is built of the configuration, takes up the
//! snapshot, and is handed the inputs that follow. Where the configuration was changed, a
//! runner of the new one takes up what the old one knew, as it did on the day.

use std::collections::VecDeque;

use tickstep_core::units::Nanos;
use tickstep_journal::{JournalError, Outcome, ReadError, Reader, Record, Torn, encode_outcome};

use crate::record::{
    ConfigChange, ConfigText, RecordKind, Unreadable, WriteRecord, decode_config, decode_input,
    decode_snapshot, decode_write,
};
use crate::runner::{Effects, Happening, Input, Runner, SnapshotError};

/// Builds a runner of a configuration's text, which begins at a time; why it cannot be
/// built is for people.
pub type Build<'b> = dyn Fn(&str, Nanos) -> Result<Runner, String> + 'b;

/// Why a journalled runner cannot go on.
#[derive(Debug, thiserror::Error)]
pub enum KeptError {
    /// The journal could not be written.
    #[error(transparent)]
    Write(#[from] JournalError),
    /// The journal could not be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// A record that this program does not know.
    #[error("record {number}: {error}")]
    Record {
        /// Its number.
        number: u64,
        /// What is wrong.
        error: Unreadable,
    },
    /// The configuration that was recorded cannot be used by this program.
    #[error("record {number}: the configuration that was in force: {error}")]
    Config {
        /// Its number.
        number: u64,
        /// Why it cannot be used.
        error: String,
    },
    /// The configuration cannot be used.
    #[error("{0}")]
    Build(String),
    /// The journal does not begin with a snapshot.
    #[error("record {number} is not the snapshot that the files of a journal begin with")]
    NoSnapshot {
        /// Its number.
        number: u64,
    },
    /// A snapshot that cannot be taken up.
    #[error("record {number}: {error}")]
    Snapshot {
        /// Its number.
        number: u64,
        /// Why.
        error: SnapshotError,
    },
    /// A record of a kind that this program does not know.
    #[error("record {number} is of kind {kind}, which this program does not know")]
    Kind {
        /// Its number.
        number: u64,
        /// Its kind.
        kind: u8,
    },
    /// The same inputs gave other writes, or another state, than when they were recorded.
    #[error(
        "record {number} has {recorded} where a replay gives {replayed}: a record before it is \
         missing, or the program is not the one that recorded it"
    )]
    Differs {
        /// Number of the record.
        number: u64,
        /// What was recorded.
        recorded: String,
        /// What the replay gives.
        replayed: String,
    },
}

/// What was found in a journal.
#[derive(Debug, Default)]
pub struct Recovered {
    /// Whether there was a journal before, so that the runner has to be told that it was
    /// restarted, whatever is written in it.
    pub found: bool,
    /// Inputs that were stepped again.
    pub inputs: u64,
    /// Writes that were found as a replay gives them.
    pub writes: u64,
    /// Changes of the configuration.
    pub changes: u64,
    /// The end that a crash had torn.
    pub torn: Option<Torn>,
    /// Time of the last input.
    pub last: Option<Nanos>,
    /// What became of orders and positions by the last input and is not in the journal: a
    /// crash may have cut it off.
    pub outcomes: VecDeque<Outcome>,
}

/// An input that a replay has stepped.
pub struct Replayed<'r> {
    /// Number of the input's record.
    pub record: u64,
    /// The record's time.
    pub at: Nanos,
    /// The runner after it.
    pub runner: &'r Runner,
    /// What happened, which may be taken.
    pub happenings: &'r mut Vec<Happening>,
}

/// A runner that a journal was replayed to, and its configuration.
pub struct Again {
    /// The runner.
    pub runner: Runner,
    /// What it is configured with.
    pub configured: ConfigText,
}

/// A runner of another configuration that takes up what `runner` knows; nothing while bars
/// wait for the rest of their instant.
pub(super) fn rebuilt(
    runner: &Runner,
    text: &str,
    now: Nanos,
    build: &Build<'_>,
) -> Option<Result<Runner, String>> {
    let known = runner.snapshot()?;
    Some(build(text, now).and_then(|mut fresh| {
        fresh.restore(&known).map_err(|error| error.to_string())?;
        Ok(fresh)
    }))
}

/// Builds a runner as a journal says, steps it with the journal's inputs, and compares what
/// it would send with what is recorded as sent. A crash may have cut the last writes off.
pub fn replay<S: tickstep_journal::Source>(
    reader: Reader<S>,
    build: &Build<'_>,
    recovered: &mut Recovered,
) -> Result<Again, KeptError> {
    replay_seen(reader, build, recovered, &mut |_| {})
}

/// [`replay`], in which `seen` is shown every input that was stepped, every change of the
/// configuration, and the one that the whole journal begins with.
pub fn replay_seen<S: tickstep_journal::Source>(
    mut reader: Reader<S>,
    build: &Build<'_>,
    recovered: &mut Recovered,
    seen: &mut dyn FnMut(Replayed<'_>),
) -> Result<Again, KeptError> {
    let (mut again, number, at) = first(&mut reader, build)?;
    if number == 0 {
        let mut begun = vec![begins(&again.configured)];
        let (runner, happenings) = (&again.runner, &mut begun);
        seen(Replayed { record: number, at, runner, happenings });
    }
    let mut effects = Effects::default();
    let mut expected: VecDeque<WriteRecord> = VecDeque::new();
    while let Some(record) = reader.next()? {
        let number = record.number;
        let unread = |error| KeptError::Record { number, error };
        let Some(kind) = RecordKind::of(record.kind) else {
            return Err(KeptError::Kind { number, kind: record.kind });
        };
        match kind {
            RecordKind::Input | RecordKind::Market => {
                let Some(input) = decode_input(kind, record.payload) else { continue };
                let (ts, input) = (record.ts, input.map_err(unread)?);
                // A crash may have cut off what was about to be sent; nothing else may.
                if let Some(missing) = expected.pop_front().filter(|_| input != Input::Restarted) {
                    let replayed = format!("{missing:?}");
                    let recorded = "nothing".to_owned();
                    return Err(KeptError::Differs { number, recorded, replayed });
                }
                expected.clear();
                effects.clear();
                again.runner.step(ts, input, &mut effects);
                let (runner, happenings) = (&again.runner, &mut effects.happenings);
                seen(Replayed { record: number, at: ts, runner, happenings });
                expected.extend(effects.sends.iter().filter_map(WriteRecord::of));
                recovered.outcomes = effects.outcomes.drain(..).collect();
                recovered.inputs += 1;
                recovered.last = Some(ts);
            }
            RecordKind::Write => {
                let recorded = decode_write(record.payload).map_err(unread)?;
                let replayed = expected.pop_front();
                if replayed.as_ref() != Some(&recorded) {
                    let recorded = format!("{recorded:?}");
                    let replayed =
                        replayed.map_or_else(|| "nothing".to_owned(), |w| format!("{w:?}"));
                    return Err(KeptError::Differs { number, recorded, replayed });
                }
                recovered.writes += 1;
            }
            RecordKind::Outcome => same_outcome(&record, recovered.outcomes.pop_front())?,
            RecordKind::Config => {
                recovered.outcomes.clear();
                let change = decode_config(record.payload).map_err(unread)?;
                let mut happened = change.happenings();
                again = changed(&again.runner, change, number, record.ts, build)?;
                let (runner, happenings) = (&again.runner, &mut happened);
                seen(Replayed { record: number, at: record.ts, runner, happenings });
                recovered.changes += 1;
            }
            RecordKind::Snapshot => {
                recovered.outcomes.clear();
                let (configured, known) = decode_snapshot(record.payload).map_err(unread)?;
                same(&again, &configured, known, number)?;
            }
        }
    }
    Ok(again)
}

/// What is published of the configuration that a journal begins with.
fn begins(configured: &ConfigText) -> Happening {
    let (who, why) = ("start".to_owned(), "the journal begins".to_owned());
    Happening::Configured { who, why, text: configured.text.clone(), values: Vec::new() }
}

/// The configuration that was in force last, as far as a journal's newest file tells.
pub fn last_configured<S: tickstep_journal::Source>(
    mut reader: Reader<S>,
) -> Result<ConfigText, KeptError> {
    let mut found = None;
    while let Some(record) = reader.next()? {
        let number = record.number;
        let unread = |error| KeptError::Record { number, error };
        match RecordKind::of(record.kind) {
            Some(RecordKind::Snapshot) => {
                found = Some(decode_snapshot(record.payload).map_err(unread)?.0);
            }
            Some(RecordKind::Config) => {
                found = Some(decode_config(record.payload).map_err(unread)?.configured);
            }
            Some(
                RecordKind::Input | RecordKind::Write | RecordKind::Market | RecordKind::Outcome,
            )
            | None => {}
        }
    }
    found.ok_or(KeptError::NoSnapshot { number: 0 })
}

/// An outcome that was recorded is the one that the inputs before it give.
fn same_outcome(record: &Record<'_>, replayed: Option<Outcome>) -> Result<(), KeptError> {
    let mut bytes = Vec::new();
    if let Some(outcome) = &replayed {
        encode_outcome(outcome, &mut bytes);
    }
    if bytes == record.payload {
        return Ok(());
    }
    let (number, recorded) = (record.number, "another outcome".to_owned());
    let replayed = replayed.map_or_else(|| "none".to_owned(), |o| format!("{o:?}"));
    Err(KeptError::Differs { number, recorded, replayed })
}

/// A later snapshot says what the inputs before it gave.
fn same(
    again: &Again,
    configured: &ConfigText,
    known: &[u8],
    number: u64,
) -> Result<(), KeptError> {
    if again.configured == *configured && again.runner.snapshot().as_deref() == Some(known) {
        return Ok(());
    }
    let (recorded, replayed) = ("the state of the day".to_owned(), "another state".to_owned());
    Err(KeptError::Differs { number, recorded, replayed })
}

/// The runner that a journal's first record tells of, with the record's number and time.
fn first<S: tickstep_journal::Source>(
    reader: &mut Reader<S>,
    build: &Build<'_>,
) -> Result<(Again, u64, Nanos), KeptError> {
    let Some(record) = reader.next()? else { return Err(KeptError::NoSnapshot { number: 0 }) };
    let (number, at) = (record.number, record.ts);
    if RecordKind::of(record.kind) != Some(RecordKind::Snapshot) {
        return Err(KeptError::NoSnapshot { number });
    }
    let read = decode_snapshot(record.payload);
    let (configured, known) = read.map_err(|error| KeptError::Record { number, error })?;
    let runner = build(&configured.text, record.ts);
    let mut runner = runner.map_err(|error| KeptError::Config { number, error })?;
    runner.restore(known).map_err(|error| KeptError::Snapshot { number, error })?;
    Ok((Again { runner, configured }, number, at))
}

fn changed(
    runner: &Runner,
    change: ConfigChange,
    number: u64,
    ts: Nanos,
    build: &Build<'_>,
) -> Result<Again, KeptError> {
    let configured = change.configured;
    let next = rebuilt(runner, &configured.text, ts, build);
    let next = next.unwrap_or_else(|| Err("bars wait for the rest of their instant".to_owned()));
    let runner = next.map_err(|error| KeptError::Config { number, error })?;
    Ok(Again { runner, configured })
}
