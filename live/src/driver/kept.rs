//! A runner and its journal.
//!
//! The order of things is the whole of it: an input is appended before the runner is
//! stepped with it, every write is appended before anybody may send it, and one sync makes
//! all of a step durable before its first write is handed out. What is only read or
//! published does not wait for the disk.

use tickstep_core::units::Nanos;
use tickstep_journal::{Journal, JournalError, ReadError, Reader, Room as Space, Storage, Torn};

use crate::record::{
    RecordKind, Unreadable, WriteRecord, decode_input, decode_write, encode_input, encode_write,
};
use crate::runner::{Effects, Input, Room, Runner, SnapshotError};

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
    /// The same inputs gave other writes than they did when they were recorded.
    #[error(
        "record {number} says that {recorded} was sent where a replay sends {replayed}: the \
         journal, the configuration or the program is not the one that was recorded"
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
    /// Inputs that were stepped again.
    pub inputs: u64,
    /// Writes that were found as a replay gives them.
    pub writes: u64,
    /// The end that a crash had torn.
    pub torn: Option<Torn>,
    /// Time of the last input.
    pub last: Option<Nanos>,
}

/// A runner whose journal is written as it goes.
pub struct Kept<S> {
    runner: Runner,
    journal: Journal<S>,
    effects: Effects,
    bytes: Vec<u8>,
    space: Space,
}

impl<S: Storage> Kept<S> {
    /// Opens a journal, and has `runner`, which is fresh, do again what it says; one that is
    /// empty begins with the runner as it is. Whoever opens it tells the runner that it was
    /// restarted, if there was anything.
    pub fn open(
        storage: S,
        reserve: u64,
        mut runner: Runner,
        now: Nanos,
    ) -> Result<(Self, Recovered), KeptError> {
        let opened = Journal::open(storage, reserve)?;
        let (mut journal, torn) = (opened.journal, opened.torn);
        let mut recovered = Recovered { torn, ..Recovered::default() };
        if journal.file().is_none() {
            let snapshot = runner.snapshot().unwrap_or_default();
            journal.rotate(RecordKind::Snapshot as u8, now, &snapshot)?;
        } else {
            replay(Reader::latest(journal.storage())?, &mut runner, &mut recovered)?;
        }
        let space = journal.room();
        let effects = Effects::default();
        let kept = Self { runner, journal, effects, bytes: Vec::new(), space };
        Ok((kept, recovered))
    }

    /// The runner.
    #[must_use]
    pub const fn runner(&self) -> &Runner {
        &self.runner
    }

    /// The journal.
    #[must_use]
    pub const fn journal(&self) -> &Journal<S> {
        &self.journal
    }

    /// Gives the storage back; what was not made durable is lost.
    #[must_use]
    pub fn into_storage(self) -> S {
        self.journal.into_storage()
    }

    /// Steps the runner with an input, and hands out what is to be done, which is durable
    /// where it has to be. After an error nothing of it may be done, and the journal has
    /// to be opened again.
    pub fn step(&mut self, now: Nanos, input: Input) -> Result<&mut Effects, KeptError> {
        self.effects.clear();
        self.take(now, input)?;
        let space = self.journal.room();
        if space != self.space {
            self.space = space;
            let room = if space == Space::Plenty { Room::Plenty } else { Room::Reserve };
            self.take(now, Input::Room(room))?;
        }
        Ok(&mut self.effects)
    }

    fn take(&mut self, now: Nanos, input: Input) -> Result<(), KeptError> {
        self.bytes.clear();
        let kind = encode_input(&input, &mut self.bytes);
        self.journal.append(kind as u8, now, &self.bytes)?;
        let sent = self.effects.sends.len();
        self.runner.step(now, input, &mut self.effects);
        let mut writes = false;
        for record in self.effects.sends[sent..].iter().filter_map(WriteRecord::of) {
            writes = true;
            self.bytes.clear();
            encode_write(&record, &mut self.bytes);
            self.journal.append(RecordKind::Write as u8, now, &self.bytes)?;
        }
        if writes {
            self.journal.sync()?;
        }
        Ok(())
    }

    /// Begins a file of the journal with a snapshot, so that older ones are not needed to
    /// go on; whether it could, which it can between two instants of the market.
    pub fn rotate(&mut self, now: Nanos) -> Result<bool, KeptError> {
        let Some(snapshot) = self.runner.snapshot() else { return Ok(false) };
        match self.journal.rotate(RecordKind::Snapshot as u8, now, &snapshot) {
            Ok(_) => Ok(true),
            // It goes on in the file it has.
            Err(JournalError::NoRoom(_)) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }

    /// Makes durable what was appended.
    pub fn sync(&mut self) -> Result<(), KeptError> {
        Ok(self.journal.sync()?)
    }
}

/// Steps a runner with the inputs of a journal, and compares what it would send with what
/// is recorded as sent. A crash may have cut the last writes off.
pub fn replay<S: tickstep_journal::Source>(
    mut reader: Reader<S>,
    runner: &mut Runner,
    recovered: &mut Recovered,
) -> Result<(), KeptError> {
    let mut effects = Effects::default();
    let mut expected: std::collections::VecDeque<WriteRecord> = std::collections::VecDeque::new();
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
                runner.step(ts, input, &mut effects);
                expected.extend(effects.sends.iter().filter_map(WriteRecord::of));
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
            // A later one says what the inputs before it gave.
            RecordKind::Snapshot if recovered.inputs > 0 => {}
            RecordKind::Snapshot => {
                let taken = runner.restore(record.payload);
                taken.map_err(|error| KeptError::Snapshot { number, error })?;
            }
        }
    }
    Ok(())
}
