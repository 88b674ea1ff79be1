//! What happened between two times, in one file: everything that the journal has of them,
//! what came of it, and where everything stood at the first and at the last of it.
//!
//! Each line is a JSON object. The first says what the file is, with the configuration that
//! was in force at its end; one with `state` stands before and behind the records; each
//! other one is a record of the journal, in its order: an input with what happened because
//! of it (orders, positions, fills, what accounts are worth, alerts), an order as it was
//! sent, a change of the configuration, or a snapshot.

use std::collections::BTreeMap;
use std::io;

use jiff::tz::TimeZone;
use serde::Serialize;
use serde_json::json;
use tickstep_core::units::Nanos;
use tickstep_journal::{ReadError, Reader, Record, Source, decode_outcome, files};

use super::replay::{Build, KeptError, Recovered, Replayed, replay_seen};
use crate::logs::told_at;
use crate::record::{
    RecordKind, Unreadable, decode_config, decode_input, decode_snapshot, decode_write,
};
use crate::runner::{Happening, RunnerReport};

/// Why there is no report of an incident.
#[derive(Debug, thiserror::Error)]
pub enum IncidentError {
    /// The journal cannot be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// The journal does not replay.
    #[error(transparent)]
    Replay(#[from] KeptError),
    /// It cannot be written.
    #[error("the report cannot be written: {0}")]
    Write(#[from] io::Error),
    /// Nothing was written down then.
    #[error("nothing was written down between {from} and {to}")]
    Nothing {
        /// The first time, for people.
        from: String,
        /// The last, for people.
        to: String,
    },
}

/// The times that a report is of, and how it shows them.
#[derive(Clone, Debug)]
pub struct IncidentSpan {
    /// The first instant.
    pub from: Nanos,
    /// The last instant.
    pub to: Nanos,
    /// Zone of the times that people are shown.
    pub zone: TimeZone,
}

impl IncidentSpan {
    fn has(&self, at: Nanos) -> bool {
        self.from <= at && at <= self.to
    }

    pub(super) fn told(&self, at: Nanos) -> String {
        told_at(at, &self.zone)
    }
}

/// The records of a span: the file to replay from, the first and the last input of it, and
/// when the last was.
#[derive(Clone, Copy)]
pub(super) struct Found {
    pub file: u64,
    pub first: u64,
    pub last: u64,
    pub ends: Nanos,
}

/// Writes the report of a span; how many records are in it.
///
/// # Errors
/// When the journal cannot be read or replayed, has nothing of the span, or `to` fails.
pub fn incident<S: Source + Clone>(
    source: &S,
    build: &Build<'_>,
    span: &IncidentSpan,
    to: &mut dyn io::Write,
) -> Result<u64, IncidentError> {
    let found = find(source, span)?;
    let mut happened: BTreeMap<u64, Vec<Happening>> = BTreeMap::new();
    let mut states: Vec<(u64, RunnerReport)> = Vec::new();
    let mut seen = |seen: Replayed<'_>| {
        if seen.record < found.first || seen.record > found.last {
            return;
        }
        if seen.record == found.first || seen.record == found.last {
            states.push((seen.record, seen.runner.report_all()));
        }
        happened.insert(seen.record, core::mem::take(seen.happenings));
    };
    let reader = Reader::from_file(source.clone(), found.file)?;
    let again = replay_seen(reader, build, &mut Recovered::default(), &mut seen)?;
    line(
        to,
        &json!({
            "incident": {
                "program": concat!("tickstep-live ", env!("CARGO_PKG_VERSION")),
                "from": span.told(span.from),
                "to": span.told(span.to.min(found.ends)),
                "records": [found.first, found.last],
                "configuration": again.configured.text,
            }
        }),
    )?;
    state(to, span, states.first())?;
    let mut reader = Reader::from_file(source.clone(), found.file)?;
    let mut written = 0;
    while let Some(record) = reader.next()? {
        if span.has(record.ts) {
            let what = happened.remove(&record.number).unwrap_or_default();
            line(to, &told(&record, span, &what)?)?;
            written += 1;
        }
    }
    state(to, span, states.last())?;
    to.flush()?;
    Ok(written)
}

/// The file of a journal by which everything from an instant on can be replayed: the newest
/// that begins at or before it, or the oldest that is kept; nothing where there is none.
///
/// # Errors
/// When the journal cannot be read.
pub fn file_before<S: Source + Clone>(source: &S, at: Nanos) -> Result<Option<u64>, ReadError> {
    let mut file = None;
    for known in files(source)? {
        let mut reader = Reader::from_file(source.clone(), known.number)?;
        let begins = reader.next()?.map(|record| record.ts);
        if file.is_none() || begins.is_some_and(|begins| begins <= at) {
            file = Some(known.number);
        }
    }
    Ok(file)
}

/// Where the span is in the journal; an error where it has no input of it.
pub(super) fn find<S: Source + Clone>(
    source: &S,
    span: &IncidentSpan,
) -> Result<Found, IncidentError> {
    let nothing = || {
        let (from, to) = (span.told(span.from), span.told(span.to));
        IncidentError::Nothing { from, to }
    };
    let file = file_before(source, span.from)?.ok_or_else(nothing)?;
    let mut reader = Reader::from_file(source.clone(), file)?;
    let mut found: Option<Found> = None;
    while let Some(record) = reader.next()? {
        let stepped = matches!(
            RecordKind::of(record.kind),
            Some(RecordKind::Input | RecordKind::Market | RecordKind::Config)
        );
        if stepped && span.has(record.ts) {
            let (number, ends) = (record.number, record.ts);
            let first = found.map_or(number, |found| found.first);
            found = Some(Found { file, first, last: number, ends });
        }
    }
    found.ok_or_else(nothing)
}

/// A record, as a line.
fn told(
    record: &Record<'_>,
    span: &IncidentSpan,
    happened: &[Happening],
) -> Result<serde_json::Value, IncidentError> {
    let number = record.number;
    let unread = |error: Unreadable| KeptError::Record { number, error };
    let kind = RecordKind::of(record.kind);
    let kind = kind.ok_or(KeptError::Kind { number, kind: record.kind })?;
    let (word, what) = match kind {
        RecordKind::Input | RecordKind::Market => {
            let input = decode_input(kind, record.payload).transpose().map_err(unread)?;
            ("input", value(&input)?)
        }
        RecordKind::Write => ("order", value(&decode_write(record.payload).map_err(unread)?)?),
        RecordKind::Config => {
            let change = decode_config(record.payload).map_err(unread)?;
            let values = value(&change.values)?;
            ("set", json!({ "who": change.who, "why": change.why, "values": values }))
        }
        RecordKind::Outcome => {
            ("outcome", value(&decode_outcome(record.payload).map_err(unread)?)?)
        }
        RecordKind::Snapshot => {
            let (configured, _) = decode_snapshot(record.payload).map_err(unread)?;
            ("snapshot", json!({ "configuration": configured.text }))
        }
    };
    let mut line = json!({
        "record": number,
        "at": span.told(record.ts),
        "ns": record.ts.0,
    });
    line[word] = what;
    if !happened.is_empty() {
        line["happened"] = value(happened)?;
    }
    Ok(line)
}

fn state(
    to: &mut dyn io::Write,
    span: &IncidentSpan,
    state: Option<&(u64, RunnerReport)>,
) -> Result<(), IncidentError> {
    let Some((record, runner)) = state else { return Ok(()) };
    let at = span.told(runner.now);
    line(to, &json!({ "state": { "after_record": record, "at": at, "runner": value(runner)? } }))
}

fn value<T: Serialize + ?Sized>(what: &T) -> Result<serde_json::Value, IncidentError> {
    serde_json::to_value(what).map_err(|error| IncidentError::Write(error.into()))
}

fn line(to: &mut dyn io::Write, what: &serde_json::Value) -> Result<(), IncidentError> {
    serde_json::to_writer(&mut *to, what).map_err(io::Error::from)?;
    Ok(to.write_all(b"\n")?)
}
