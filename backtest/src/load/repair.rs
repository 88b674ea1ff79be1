//! Repairs that the user names, and what each of them did.
//!
//! Nothing is mended unless it is asked for by name, and everything that was
//! mended is counted. The order in which repairs are named does not matter: rows
//! are dropped first, then taker volumes mended, then rows sorted, then
//! duplicates settled; after that the rows meet the same checks as any others.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::draft::{Draft, DraftRow};
use super::error::LoadError;
use super::number::Num;
use super::rows::Rows;
use super::sink::Cell;

/// A repair, by its name in `--repair` and in a configuration.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Repair {
    /// Rows are put in the order of their open times.
    Sort,
    /// Of rows that are the same in every value, one stays. Rows that differ at
    /// one time are still refused.
    DropDuplicates,
    /// Of rows at one time that differ, the one that came first stays.
    KeepFirst,
    /// Of rows at one time that differ, the one that came last stays.
    KeepLast,
    /// Rows that are no candle are left out: a value that is no number or time,
    /// open or close outside low..high, a price not above 0, a volume below 0.
    DropInvalid,
    /// Taker-buy volume above the volume becomes the volume.
    ClipTaker,
    /// Load without taker-buy volume.
    DropTaker,
    /// Prices and volumes off a stated grid go to the nearest step.
    Round,
}

impl Repair {
    /// Every repair.
    pub const ALL: [Self; 8] = [
        Self::Sort,
        Self::DropDuplicates,
        Self::KeepFirst,
        Self::KeepLast,
        Self::DropInvalid,
        Self::ClipTaker,
        Self::DropTaker,
        Self::Round,
    ];

    /// Its name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Sort => "sort",
            Self::DropDuplicates => "drop-duplicates",
            Self::KeepFirst => "keep-first",
            Self::KeepLast => "keep-last",
            Self::DropInvalid => "drop-invalid",
            Self::ClipTaker => "clip-taker",
            Self::DropTaker => "drop-taker",
            Self::Round => "round",
        }
    }

    /// The repair of a name.
    #[must_use]
    pub fn of(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|repair| repair.name() == name)
    }
}

impl fmt::Display for Repair {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// What repairs did to a file or a series.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Repaired {
    /// Rows that opened before a row ahead of them, now in order.
    pub sorted: u64,
    /// Rows left out because the same row is there.
    pub duplicates: u64,
    /// Rows left out because another row at their time was kept.
    pub conflicts: u64,
    /// Rows left out because they are no candle.
    pub invalid: u64,
    /// Taker-buy volumes brought down to the volume.
    pub clipped: u64,
    /// Taker-buy volumes not loaded.
    pub taker_dropped: u64,
    /// Prices rounded to the stated grid.
    pub prices_rounded: u64,
    /// Volumes and taker-buy volumes rounded to the stated grid.
    pub volumes_rounded: u64,
}

impl Repaired {
    /// Each count, what it counts, and the repair.
    #[must_use]
    pub const fn counts(&self) -> [(u64, &'static str); 8] {
        [
            (self.sorted, "rows put in order"),
            (self.duplicates, "duplicates dropped"),
            (self.conflicts, "conflicting rows dropped"),
            (self.invalid, "invalid rows dropped"),
            (self.clipped, "taker volumes clipped"),
            (self.taker_dropped, "taker volumes not loaded"),
            (self.prices_rounded, "prices rounded"),
            (self.volumes_rounded, "volumes rounded"),
        ]
    }

    /// Whether nothing was mended.
    #[must_use]
    pub fn is_none(&self) -> bool {
        *self == Self::default()
    }

    /// Adds what was mended elsewhere.
    pub fn add(&mut self, other: &Self) {
        self.sorted += other.sorted;
        self.duplicates += other.duplicates;
        self.conflicts += other.conflicts;
        self.invalid += other.invalid;
        self.clipped += other.clipped;
        self.taker_dropped += other.taker_dropped;
        self.prices_rounded += other.prices_rounded;
        self.volumes_rounded += other.volumes_rounded;
    }
}

impl fmt::Display for Repaired {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut first = true;
        for (count, what) in self.counts() {
            if count > 0 {
                write!(f, "{}{count} {what}", if first { "" } else { ", " })?;
                first = false;
            }
        }
        if first { f.write_str("nothing") } else { Ok(()) }
    }
}

/// Mends a draft as named and checks what comes of it.
pub(crate) fn repair(mut draft: Draft, repairs: &[Repair]) -> Result<Rows, LoadError> {
    if !draft.units.is_empty() {
        return Err(draft.units.swap_remove(0));
    }
    if !repairs.contains(&Repair::DropInvalid) && !draft.faults.is_empty() {
        return Err(draft.faults.swap_remove(0).1);
    }
    let done = mend(&mut draft, repairs);
    let Draft { rows, reader, .. } = draft;
    let mut checked = into_rows(reader, &rows)?;
    checked.repaired = done;
    Ok(checked)
}

/// Mends a draft as named, and leaves what nobody named.
pub(crate) fn mend(draft: &mut Draft, repairs: &[Repair]) -> Repaired {
    let named = |repair| repairs.contains(&repair);
    let mut done = Repaired::default();
    if named(Repair::DropInvalid) {
        done.invalid = draft.faults.len() as u64;
        draft.faults.clear();
        let before = draft.rows.len();
        draft.rows.retain(is_candle);
        done.invalid += (before - draft.rows.len()) as u64;
    }
    if named(Repair::DropTaker) && draft.has_taker() {
        for row in &mut draft.rows {
            done.taker_dropped += u64::from(row.taker.take().is_some());
        }
        draft.reader.origin.columns.taker = None;
    } else if named(Repair::ClipTaker) {
        for row in &mut draft.rows {
            if row.taker.is_some_and(|taker| taker.above(row.volume)) {
                row.taker = Some(row.volume);
                done.clipped += 1;
            }
        }
    }
    if named(Repair::Sort) {
        done.sorted = out_of_order(&draft.rows);
        // Stable: rows at one time stay in the file's order.
        draft.rows.sort_by_key(|row| row.ts);
    }
    settle(&mut draft.rows, repairs, &mut done);
    done
}

/// The rows, each checked as the loader checks.
pub(crate) fn into_rows(mut checked: Rows, rows: &[DraftRow]) -> Result<Rows, LoadError> {
    checked.bars.reserve(rows.len());
    let has_taker = checked.origin.columns.taker.is_some();
    for row in rows {
        let [open, high, low, close] = row.px.map(Cell::Exact);
        let cells = [open, high, low, close, Cell::Exact(row.volume)];
        let taker = has_taker.then(|| row.taker.map_or(Cell::Text(b""), Cell::Exact));
        checked.push(row.number, row.ts, cells, taker)?;
    }
    Ok(checked)
}

/// Rows that open before a row ahead of them in the file.
pub(crate) fn out_of_order(rows: &[DraftRow]) -> u64 {
    let mut latest = None;
    let mut count = 0;
    for row in rows {
        count += u64::from(latest.is_some_and(|latest| row.ts < latest));
        latest = latest.max(Some(row.ts));
    }
    count
}

/// Settles rows at one time that stand next to each other.
fn settle(rows: &mut Vec<DraftRow>, repairs: &[Repair], done: &mut Repaired) {
    let named = |repair| repairs.contains(&repair);
    let mut kept: Vec<DraftRow> = Vec::with_capacity(rows.len());
    for row in rows.drain(..) {
        match kept.last_mut() {
            Some(last) if last.ts == row.ts => {
                if last.same_values(&row) {
                    if named(Repair::DropDuplicates) {
                        done.duplicates += 1;
                        continue;
                    }
                } else if named(Repair::KeepFirst) {
                    done.conflicts += 1;
                    continue;
                } else if named(Repair::KeepLast) {
                    done.conflicts += 1;
                    *last = row;
                    continue;
                }
                kept.push(row);
            }
            _ => kept.push(row),
        }
    }
    *rows = kept;
}

impl DraftRow {
    /// Whether both rows say the same of their bars.
    pub(crate) fn same_values(&self, other: &Self) -> bool {
        (self.px, self.volume, self.taker) == (other.px, other.volume, other.taker)
    }
}

/// Whether prices and volume are those of a candle.
pub(crate) fn is_candle(row: &DraftRow) -> bool {
    let [open, high, low, close] = row.px;
    let positive = low.mantissa > 0 && open.mantissa > 0 && high.mantissa > 0 && close.mantissa > 0;
    positive
        && row.volume.mantissa >= 0
        && row.taker.is_none_or(|taker| taker.mantissa >= 0)
        && ![open, close, high].iter().any(|px| low.above(*px))
        && ![open, close].iter().any(|px| px.above(high))
}

impl Num {
    /// Whether this is more than `other`.
    pub(crate) fn above(self, other: Self) -> bool {
        let scale = self.scale.max(other.scale);
        let at = |n: Self| n.mantissa.checked_mul(10_i128.pow(scale - n.scale));
        match (at(self), at(other)) {
            (Some(a), Some(b)) => a > b,
            // One of them is beyond 10^38 units of the other's last digit.
            (None, _) => self.mantissa > 0,
            (_, None) => other.mantissa < 0,
        }
    }
}
