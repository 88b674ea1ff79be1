//! Which writes a journal has records of.

use std::collections::BTreeSet;

use tickstep_journal::{Memory, Reader};

use crate::record::{RecordKind, decode_write};

/// Intents of all writes that a journal has records of.
pub(super) fn recorded_writes(disk: &Memory) -> BTreeSet<u64> {
    let mut recorded = BTreeSet::new();
    let Ok(mut reader) = Reader::oldest(disk.copy()) else { return recorded };
    while let Ok(Some(record)) = reader.next() {
        if RecordKind::of(record.kind) == Some(RecordKind::Write)
            && let Ok(write) = decode_write(record.payload)
        {
            recorded.insert(write.intent.0);
        }
    }
    recorded
}
