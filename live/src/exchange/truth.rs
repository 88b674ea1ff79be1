//! What the exchange carried out, so that what a client believes can be held against it.

use std::collections::BTreeMap;

use rust_decimal::Decimal;
use serde::Serialize;
use tickstep_core::units::{Nanos, Side};

use super::instruction::Levels;

/// What was done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Deed {
    /// A position was opened, or added to, by a market order.
    Opened,
    /// A position got other levels.
    Amended,
    /// A position, or part of it, was closed by the client.
    Closed,
    /// An order was created.
    Created,
    /// An order was changed.
    Changed,
    /// An order was withdrawn.
    Cancelled,
    /// An order that waited was filled.
    Filled,
    /// An order that waited was reached, and dropped for want of margin.
    Lapsed,
    /// A stop was reached.
    Stopped,
    /// A target was reached.
    Targeted,
    /// Somebody at the broker closed a position.
    Dealt,
}

impl Deed {
    /// Whether a client's request did it, rather than the market or the broker.
    #[must_use]
    pub const fn is_requested(self) -> bool {
        match self {
            Self::Opened
            | Self::Amended
            | Self::Closed
            | Self::Created
            | Self::Changed
            | Self::Cancelled => true,
            Self::Filled | Self::Lapsed | Self::Stopped | Self::Targeted | Self::Dealt => false,
        }
    }
}

/// Something that was carried out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VenueExecution {
    /// When.
    pub ts: Nanos,
    /// On which account.
    pub account: String,
    /// What.
    pub deed: Deed,
    /// The position, or the order where there is no position yet.
    pub id: String,
    /// The intent of the client, where it was told.
    pub intent: Option<u64>,
    /// The instrument.
    pub symbol: String,
    /// Side of the position or order.
    pub side: Side,
    /// How much, in lots.
    pub volume: Decimal,
    /// At which price; that of an order that waits is the one it waits for.
    pub px: Decimal,
    /// Stop and target.
    pub levels: Levels,
}

/// An intent that was carried out more than once.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Duplicate {
    /// On which account.
    pub account: String,
    /// Which.
    pub intent: u64,
    /// How often.
    pub times: u32,
}

/// A position that something is wrong with.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Suspect {
    /// On which account.
    pub account: String,
    /// Which.
    pub position: String,
    /// Since when, nanoseconds since the Unix epoch, UTC.
    pub since: Nanos,
}

/// Everything the exchange carried out.
#[derive(Clone, Debug, Default)]
pub struct Truth {
    executions: Vec<VenueExecution>,
    counts: BTreeMap<Deed, u64>,
    refused: u64,
    by_intent: BTreeMap<(String, u64), u32>,
}

impl Truth {
    pub(crate) fn did(&mut self, execution: VenueExecution) {
        *self.counts.entry(execution.deed).or_default() += 1;
        if let Some(intent) = execution.intent.filter(|_| execution.deed.is_requested()) {
            *self.by_intent.entry((execution.account.clone(), intent)).or_default() += 1;
        }
        self.executions.push(execution);
    }

    pub(crate) fn refuse(&mut self) {
        self.refused += 1;
    }

    /// All that was carried out, oldest first, since it was last taken.
    #[must_use]
    pub fn executions(&self) -> &[VenueExecution] {
        &self.executions
    }

    pub(crate) fn take(&mut self) -> Vec<VenueExecution> {
        std::mem::take(&mut self.executions)
    }

    /// How often this was done, ever.
    #[must_use]
    pub fn count(&self, deed: Deed) -> u64 {
        self.counts.get(&deed).copied().unwrap_or(0)
    }

    /// How often each thing was done, ever.
    #[must_use]
    pub const fn counts(&self) -> &BTreeMap<Deed, u64> {
        &self.counts
    }

    /// How many instructions were refused, ever.
    #[must_use]
    pub const fn refused(&self) -> u64 {
        self.refused
    }

    /// How often an intent was carried out.
    #[must_use]
    pub fn times(&self, account: &str, intent: u64) -> u32 {
        self.by_intent.get(&(account.to_owned(), intent)).copied().unwrap_or(0)
    }

    /// Intents that were carried out more than once.
    #[must_use]
    pub fn duplicates(&self) -> Vec<Duplicate> {
        let twice = self.by_intent.iter().filter(|(_, times)| **times > 1);
        let named = |((account, intent), times): (&(String, u64), &u32)| Duplicate {
            account: account.clone(),
            intent: *intent,
            times: *times,
        };
        twice.map(named).collect()
    }

    /// Entries like another one of the same account no longer than `within` before: same
    /// instrument, side, volume and levels. Where no intents are told, this is how one that
    /// was sent twice looks; two that were meant look so too.
    #[must_use]
    pub fn twins(&self, within: Nanos) -> Vec<&VenueExecution> {
        let entry = |e: &&VenueExecution| matches!(e.deed, Deed::Opened | Deed::Created);
        let mut found = Vec::new();
        let mut last: BTreeMap<(&str, &str, Side, Decimal, String), Nanos> = BTreeMap::new();
        for e in self.executions.iter().filter(entry) {
            let levels = format!("{:?} {:?} {:?}", e.deed, e.levels.stop, e.levels.target);
            let key = (&*e.account, &*e.symbol, e.side, e.volume, levels);
            let before = last.insert(key, e.ts);
            if before.is_some_and(|ts| e.ts - ts <= within) {
                found.push(e);
            }
        }
        found
    }
}
