//! Repairs that the user names, and counts of what each of them did.
//!
//! Nothing is mended unless it is asked for by name, and everything that was
//! mended is counted.

use std::fmt;

use serde::{Deserialize, Serialize};

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
    /// Open times off the grid of the bars go to the nearest time on it. Those halfway
    /// between two stay, and are refused; where two rows come to stand at one time,
    /// `drop-duplicates`, `keep-first` or `keep-last` says which stays.
    Snap,
    /// Rows outside the trading hours of the calendar are left out.
    DropOutside,
}

impl Repair {
    /// Every repair that can be asked for.
    pub const ALL: [Self; 10] = [
        Self::Sort,
        Self::DropDuplicates,
        Self::KeepFirst,
        Self::KeepLast,
        Self::DropInvalid,
        Self::ClipTaker,
        Self::DropTaker,
        Self::Round,
        Self::Snap,
        Self::DropOutside,
    ];

    /// The name that the user asks for it by.
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
            Self::Snap => "snap",
            Self::DropOutside => "drop-outside",
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
    /// Open times moved to the grid of the bars.
    pub snapped: u64,
    /// Rows left out because the market was closed.
    pub outside: u64,
    /// Rows of other symbols, left out of files that hold several.
    pub other_symbols: u64,
}

impl Repaired {
    /// Each count, what it counts, and the repair.
    #[must_use]
    pub const fn counts(&self) -> [(u64, &'static str); 11] {
        [
            (self.sorted, "rows put in order"),
            (self.duplicates, "duplicates dropped"),
            (self.conflicts, "conflicting rows dropped"),
            (self.invalid, "invalid rows dropped"),
            (self.clipped, "taker volumes clipped"),
            (self.taker_dropped, "taker volumes not loaded"),
            (self.prices_rounded, "prices rounded"),
            (self.volumes_rounded, "volumes rounded"),
            (self.snapped, "times snapped to the interval"),
            (self.outside, "rows outside trading hours dropped"),
            (self.other_symbols, "rows of other symbols left out"),
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
        self.snapped += other.snapped;
        self.outside += other.outside;
        self.other_symbols += other.other_symbols;
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
