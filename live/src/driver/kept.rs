//! A runner and its journal.
//!
//! The order of things is the whole of it: an input is appended before the runner is
//! stepped with it, every write is appended before anybody may send it, and one sync makes
//! all of a step durable before its first write is handed out. What is only read or
//! published does not wait for the disk.

use tickstep_core::units::Nanos;
use tickstep_journal::{
    Journal, JournalError, Outcome, Reader, Room as Space, Storage, encode_outcome, files,
};

use super::replay::{Again, Build, KeptError, Recovered, rebuilt, replay};
use crate::record::{
    ConfigChange, ConfigText, RecordKind, WriteRecord, encode_config, encode_input,
    encode_snapshot, encode_write,
};
use crate::runner::{Effects, Happening, Input, Room, Runner};

/// Why a configuration is not in force.
#[derive(Debug, thiserror::Error)]
pub enum Reconfigure {
    /// Bars wait for the rest of their instant: it can be tried again after
    /// [`Input::Wake`] at a later time, or the next news of the market.
    #[error("bars of an instant wait for the rest of it; try again when it is over")]
    Busy,
    /// It cannot be, and nothing was changed.
    #[error("{0}")]
    Refused(String),
    /// The journal could not be written: the runner is not to go on.
    #[error(transparent)]
    Journal(KeptError),
}

/// An input that was stepped, and where its happenings end among those of its step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stepped {
    /// Number of the input's record.
    pub record: u64,
    /// The record's time.
    pub at: Nanos,
    /// Happenings of the step up to here, those of inputs before it included.
    pub happenings: usize,
}

/// What became of the journal's oldest files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Removed {
    /// How many are gone.
    pub files: u64,
    /// How many would be gone if nobody needed their records.
    pub held: u64,
}

/// A runner whose journal is written as it goes.
pub struct Kept<S> {
    runner: Runner,
    configured: ConfigText,
    journal: Journal<S>,
    effects: Effects,
    stepped: Vec<Stepped>,
    bytes: Vec<u8>,
    space: Space,
}

impl<S: Storage> Kept<S> {
    /// Opens a journal, and does again what it says, with a runner that is built of the
    /// configuration it has; one that is empty begins with a runner of `configured`.
    /// Whoever opens it tells the runner that it was restarted, if there was anything, and
    /// looks whether the configuration is still the one it was started with
    /// ([`ConfigText::started`]).
    pub fn open(
        storage: S,
        reserve: u64,
        configured: &ConfigText,
        build: &Build<'_>,
        now: Nanos,
    ) -> Result<(Self, Recovered), KeptError> {
        let opened = Journal::open(storage, reserve)?;
        let (mut journal, torn) = (opened.journal, opened.torn);
        let mut recovered = Recovered { torn, ..Recovered::default() };
        let again = if journal.file().is_none() {
            let runner = build(&configured.text, now).map_err(KeptError::Build)?;
            let known = runner.snapshot().unwrap_or_default();
            let bytes = encode_snapshot(configured, &known);
            journal.rotate(RecordKind::Snapshot as u8, now, &bytes)?;
            Again { runner, configured: configured.clone() }
        } else {
            recovered.found = true;
            replay(Reader::latest(journal.storage())?, build, &mut recovered)?
        };
        let Again { runner, configured } = again;
        let (mut bytes, stepped) = (Vec::new(), Vec::new());
        for outcome in recovered.outcomes.drain(..) {
            note(&mut journal, &mut bytes, now.max(recovered.last.unwrap_or(now)), &outcome)?;
        }
        let space = journal.room();
        let effects = Effects::default();
        let kept = Self { runner, configured, journal, effects, stepped, bytes, space };
        Ok((kept, recovered))
    }

    /// Goes on with another configuration: a runner that is built of it takes up what this
    /// one knows, which it can between two instants of the market. The change is durable
    /// before it counts; one that is refused changes nothing. The number of its record, and
    /// what happened.
    pub fn reconfigure(
        &mut self,
        now: Nanos,
        change: ConfigChange,
        build: &Build<'_>,
    ) -> Result<(u64, Vec<Happening>), Reconfigure> {
        let next = rebuilt(&self.runner, &change.configured.text, now, build);
        let next = next.ok_or(Reconfigure::Busy)?.map_err(Reconfigure::Refused)?;
        self.bytes.clear();
        encode_config(&change, &mut self.bytes);
        let record = self.journal.append(RecordKind::Config as u8, now, &self.bytes);
        let record = record.map_err(|error| Reconfigure::Journal(error.into()))?;
        self.journal.sync().map_err(|error| Reconfigure::Journal(error.into()))?;
        self.runner = next;
        let happened = change.happenings();
        self.configured = change.configured;
        Ok((record, happened))
    }

    /// What the runner is configured with.
    #[must_use]
    pub const fn configured(&self) -> &ConfigText {
        &self.configured
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
        self.stepped.clear();
        self.take(now, input)?;
        self.note_outcomes(now)?;
        let space = self.journal.room();
        if space != self.space {
            self.space = space;
            let room = if space == Space::Plenty { Room::Plenty } else { Room::Reserve };
            self.take(now, Input::Room(room))?;
            self.note_outcomes(now)?;
        }
        Ok(&mut self.effects)
    }

    /// The inputs of the last step, by their records: the one that was given, and one of
    /// the journal's room where that changed.
    #[must_use]
    pub fn stepped(&self) -> &[Stepped] {
        &self.stepped
    }

    fn take(&mut self, now: Nanos, input: Input) -> Result<(), KeptError> {
        self.bytes.clear();
        let kind = encode_input(&input, &mut self.bytes);
        let record = self.journal.append(kind as u8, now, &self.bytes)?;
        let asked = matches!(input, Input::Operator { .. } | Input::Signal(_));
        let sent = self.effects.sends.len();
        self.runner.step(now, input, &mut self.effects);
        let happenings = self.effects.happenings.len();
        self.stepped.push(Stepped { record, at: now, happenings });
        // Whoever is told that it was taken may rely on it.
        let mut writes = asked;
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

    /// Writes down what became of orders and positions. It follows from the inputs, so that
    /// what a crash takes of it is written again.
    fn note_outcomes(&mut self, now: Nanos) -> Result<(), KeptError> {
        for outcome in self.effects.outcomes.drain(..) {
            note(&mut self.journal, &mut self.bytes, now, &outcome)?;
        }
        Ok(())
    }

    /// Begins a file of the journal with a snapshot, so that older ones are not needed to
    /// go on; whether it could, which it can between two instants of the market.
    pub fn rotate(&mut self, now: Nanos) -> Result<bool, KeptError> {
        let Some(known) = self.runner.snapshot() else { return Ok(false) };
        let bytes = encode_snapshot(&self.configured, &known);
        match self.journal.rotate(RecordKind::Snapshot as u8, now, &bytes) {
            Ok(_) => Ok(true),
            // It goes on in the file it has.
            Err(JournalError::NoRoom(_)) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }

    /// Removes the journal's oldest files but for so many; the newest stays, and so do the
    /// files with record `needed` and those behind it.
    pub fn remove_all_but(&mut self, keep: u64, needed: Option<u64>) -> Result<Removed, KeptError> {
        let newest = self.journal.file().map_or(0, |file| file.number);
        let wanted = (newest + 1).saturating_sub(keep.max(1));
        let first = match needed {
            Some(record) => self.file_of(record, wanted)?,
            None => wanted,
        };
        let files = self.journal.remove_before(first)?;
        Ok(Removed { files, held: wanted - first })
    }

    /// The file that a record is in, or `last` where it is there or later; the oldest where
    /// it is in none any more.
    fn file_of(&self, record: u64, last: u64) -> Result<u64, KeptError> {
        let source = self.journal.storage();
        let mut found = last;
        for file in files(source)?.iter().rev().filter(|file| file.number <= last) {
            found = file.number;
            let mut reader = Reader::from_file(source, file.number)?;
            if reader.next()?.is_some_and(|first| first.number <= record) {
                break;
            }
        }
        Ok(found)
    }

    /// Makes durable what was appended.
    pub fn sync(&mut self) -> Result<(), KeptError> {
        Ok(self.journal.sync()?)
    }
}

/// Appends what became of an order or a position.
fn note<S: Storage>(
    journal: &mut Journal<S>,
    bytes: &mut Vec<u8>,
    now: Nanos,
    outcome: &Outcome,
) -> Result<(), KeptError> {
    bytes.clear();
    encode_outcome(outcome, bytes);
    journal.append(RecordKind::Outcome as u8, now, bytes)?;
    Ok(())
}
