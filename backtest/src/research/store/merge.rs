//! Files of shards joined to the file of one run: only where they make a whole, and
//! whole or not at all.

use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::ops::Range;
use std::path::Path;

use super::error::StoreError;
use super::failures;
use super::header::Head;
use super::records::{CHUNK, Records, sealed};
use super::shard::Shard;

/// Checks that `shards` make a whole and sorts them.
pub(super) fn must_be_whole(shards: &mut [Records]) -> Result<(), StoreError> {
    let Some(ours) = shards.first().map(|s| s.head.clone()) else {
        return Err(StoreError::NoShards);
    };
    for shard in shards.iter() {
        shard.head.whole().must_be(&ours.whole(), &shard.path)?;
    }
    shards.sort_by_key(|s| {
        let sets = s.head.header().range();
        (sets.start, sets.end)
    });
    let mut faults = Vec::new();
    let mut covered = 0;
    let mut last: Option<&Records> = None;
    for shard in shards.iter() {
        let sets = shard.head.header().range();
        if let Some(last) = last.filter(|_| sets.start < covered && !sets.is_empty()) {
            let (first, second) = (last.path.clone(), shard.path.clone());
            return Err(StoreError::Overlap { first, second, set: sets.start });
        }
        missing(covered..sets.start, &ours, &mut faults);
        if shard.left() > 0 {
            faults.push(format!(
                "shard {} (sets {}..{}, {}) has {} unfinished sets; finish it with --resume",
                shard.head.shard,
                sets.start,
                sets.end,
                shard.path.display(),
                shard.left(),
            ));
        }
        if !sets.is_empty() {
            covered = sets.end;
            last = Some(shard);
        }
    }
    missing(covered..ours.total, &ours, &mut faults);
    if faults.is_empty() { Ok(()) } else { Err(StoreError::Incomplete(faults)) }
}

/// Names a gap by the shards it is made of, where it is made of whole ones.
fn missing(gap: Range<u64>, head: &Head, faults: &mut Vec<String>) {
    if gap.is_empty() {
        return;
    }
    let cut = (1..=head.shard.of()).filter_map(|n| Shard::new(n, head.shard.of()));
    let inside: Vec<_> = cut
        .map(|s| (s, s.range(head.total)))
        .filter(|(_, r)| !r.is_empty() && gap.start <= r.start && r.end <= gap.end)
        .collect();
    if inside.iter().map(|(_, r)| r.end - r.start).sum::<u64>() < gap.end - gap.start {
        let Range { start, end } = gap;
        faults.push(format!("sets {start}..{end} are in no shard; run them with --shard"));
        return;
    }
    faults.extend(inside.iter().map(|(shard, Range { start, end })| {
        format!("shard {shard} (sets {start}..{end}) is missing; run it with --shard {shard}")
    }));
}

/// Writes the records of shards that make a whole to `out`, which gets the bytes
/// of one run.
fn join(shards: &[Records], out: &Path) -> Result<(), StoreError> {
    let Some(head) = shards.first().map(|s| s.head.whole()) else {
        return Err(StoreError::NoShards);
    };
    let file = File::create(out).map_err(StoreError::io(out))?;
    let mut w = BufWriter::with_capacity(CHUNK, file);
    w.write_all(&head.to_bytes()).map_err(StoreError::io(out))?;
    for shard in shards {
        let mut reader = shard.reader();
        while let Some((at, body)) = reader.read()? {
            let Some(body) = body else {
                let (left, of) = (1, head.records);
                return Err(StoreError::Unfinished { path: shard.path.clone(), left, of });
            };
            w.write_all(&sealed(at, body)).map_err(StoreError::io(out))?;
        }
    }
    let file = w.into_inner().map_err(|e| StoreError::io(out)(e.into_error()))?;
    file.sync_all().map_err(StoreError::io(out))
}

/// Joins records beside `out`, and moves them there when they are whole and what
/// belongs to them is there too.
pub(super) fn merged(
    shards: &[Records],
    out: &Path,
    rest: impl FnOnce() -> Result<(), StoreError>,
) -> Result<(), StoreError> {
    if out.exists() {
        return Err(StoreError::Exists(out.to_path_buf()));
    }
    let partial = failures::partial(out);
    let joined = join(shards, &partial)
        .and_then(|()| rest())
        .and_then(|()| fs::rename(&partial, out).map_err(StoreError::io(out)));
    joined.inspect_err(|_| {
        // The error is told; what is left of the attempt is of no use.
        let _ = fs::remove_file(&partial);
    })
}
