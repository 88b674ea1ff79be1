//! Taking in what the journal has and the database has not.

use std::sync::Arc;

use tickstep_journal::{ReadError, Reader, Source, files};
use tokio::sync::mpsc;

use super::entry::{Batch, Roster, StoreEntry};
use super::error::StoreError;
use super::open::Store;
use super::translate::LeftOut;
use crate::driver::{Build, KeptError, Recovered, Replayed, replay_seen};
use crate::runner::Happening;

/// Entries of one transaction.
const CHUNK: usize = 512;
/// Transactions that may wait.
const AHEAD: usize = 4;

/// Replays a journal from the newest snapshot at or before a record, and shows every
/// input; from the oldest one that is kept where the record is older.
pub type Replay =
    dyn Fn(u64, &mut dyn FnMut(Replayed<'_>)) -> Result<Span, KeptError> + std::marker::Send + Sync;

/// What a journal has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    /// Number of the oldest record that was replayed: a snapshot.
    pub first: u64,
}

/// What came of catching up.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CaughtUp {
    /// Records at which something happened that were taken in.
    pub records: u64,
    /// Records that neither the database nor the journal has any more: the first and the last.
    pub missing: Option<(u64, u64)>,
    /// Happenings that no column can hold, and why.
    pub left_out: Vec<LeftOut>,
}

/// The oldest record that a journal keeps; `None` where it is empty.
///
/// # Errors
/// When it cannot be read.
pub fn oldest_record<S: Source>(source: S) -> Result<Option<u64>, ReadError> {
    Ok(Reader::oldest(source)?.next()?.map(|record| record.number))
}

/// Replays a journal's files from the newest one that begins at or before `record`, or
/// from the oldest that is kept, with a runner that `build` makes.
///
/// # Errors
/// When the journal cannot be read, or does not replay.
pub fn replay_from<S: Source + Clone>(
    source: &S,
    build: &Build<'_>,
    record: u64,
    seen: &mut dyn FnMut(Replayed<'_>),
) -> Result<Span, KeptError> {
    let mut begin = None;
    for file in files(source)?.iter().rev() {
        let mut reader = Reader::from_file(source.clone(), file.number)?;
        let Some(first) = reader.next()?.map(|record| record.number) else { continue };
        begin = Some((file.number, first));
        if first <= record {
            break;
        }
    }
    let Some((file, first)) = begin else { return Ok(Span { first: 0 }) };
    let reader = Reader::from_file(source.clone(), file)?;
    replay_seen(reader, build, &mut Recovered::default(), seen)?;
    Ok(Span { first })
}

impl Store {
    /// Takes in all records of the journal up to `upto`, its last one that is durable.
    ///
    /// # Errors
    /// [`StoreError::Ahead`] when the database knows of records that the journal does not
    /// have; [`StoreError::Journal`] and [`StoreError::Database`] leave it with all
    /// records up to some one.
    pub async fn catch_up(
        &mut self,
        replay: Arc<Replay>,
        upto: u64,
    ) -> Result<CaughtUp, StoreError> {
        let have = self.record().await?;
        let last = i64::try_from(upto).unwrap_or(i64::MAX);
        if have > last {
            return Err(StoreError::Ahead { have, last: upto });
        }
        let mut caught = CaughtUp::default();
        if have == last {
            return Ok(caught);
        }
        let next = u64::try_from(have + 1).unwrap_or(0);
        let (send, mut chunks) = mpsc::channel::<Vec<StoreEntry>>(AHEAD);
        let reading = tokio::task::spawn_blocking(move || read(&replay, next, upto, &send));
        let mut from = next;
        let mut failed = None;
        while let Some(entries) = chunks.recv().await {
            let Some(last) = entries.last().map(|entry| entry.record) else { continue };
            let batch = Batch { from, upto: last, entries };
            match self.apply(&batch).await {
                Ok(applied) => {
                    caught.records += applied.records;
                    caught.left_out.extend(applied.left_out);
                    from = last + 1;
                }
                Err(error) => {
                    failed = Some(error);
                    break;
                }
            }
        }
        // The reader ends when nobody listens.
        drop(chunks);
        let read = reading.await.map_err(|error| StoreError::Journal(error.to_string()))?;
        if let Some(error) = failed {
            return Err(error);
        }
        let span = read.map_err(|error| StoreError::Journal(error.to_string()))?;
        if span.first > next {
            caught.missing = Some((next, span.first - 1));
        }
        self.apply(&Batch { from, upto, entries: Vec::new() }).await?;
        Ok(caught)
    }

    /// Makes again what the journal tells of, from `first`, the oldest record that it
    /// keeps; older rows stay.
    ///
    /// # Errors
    /// As [`catch_up`](Self::catch_up); after one, catching up goes on where it stopped.
    pub async fn rebuild(
        &mut self,
        replay: Arc<Replay>,
        first: u64,
        upto: u64,
    ) -> Result<CaughtUp, StoreError> {
        self.rewind(first).await?;
        self.catch_up(replay, upto).await
    }
}

/// Reads the journal in a thread of its own.
fn read(
    replay: &Arc<Replay>,
    next: u64,
    upto: u64,
    send: &mpsc::Sender<Vec<StoreEntry>>,
) -> Result<Span, KeptError> {
    let mut roster: Option<Arc<Roster>> = None;
    let mut chunk = Vec::new();
    let span = replay(next, &mut |seen: Replayed<'_>| {
        if seen.record < next || seen.record > upto || seen.happenings.is_empty() {
            return;
        }
        if seen.happenings.iter().any(|h| matches!(h, Happening::Configured { .. })) {
            roster = None;
        }
        let roster = roster.get_or_insert_with(|| Arc::new(Roster::of(seen.runner)));
        let happenings = std::mem::take(seen.happenings);
        let (record, at, roster) = (seen.record, seen.at, Arc::clone(roster));
        chunk.push(StoreEntry { record, at, roster, happenings });
        if chunk.len() >= CHUNK {
            let _ = send.blocking_send(std::mem::take(&mut chunk));
        }
    })?;
    let _ = send.blocking_send(chunk);
    Ok(span)
}
