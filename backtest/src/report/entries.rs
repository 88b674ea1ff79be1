//! Which decision opened which trade: the reason of an entry and its spike level.

use std::collections::BTreeMap;

use crate::folder::{DecisionRow, TradeRow};

/// Levels in the order of reports; `unknown` where the reason names no volume ratio.
pub(crate) const SPIKES: [&str; 5] = ["none", "elevated", "spike", "extreme", "unknown"];

/// Why a trade was entered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct EntrySignal {
    pub reason: String,
    pub spike: &'static str,
}

/// The entry of each trade. An order fills at the first open after its decision, so
/// the last decision sent at or before the entry, of the same instrument, strategy
/// and side, is the one; slots that share all three take turns.
pub(crate) fn entries(trades: &[TradeRow], decisions: &[DecisionRow]) -> Vec<EntrySignal> {
    type Key<'a> = (&'a str, &'a str, &'a str);
    let mut sent: BTreeMap<Key<'_>, Vec<&DecisionRow>> = BTreeMap::new();
    for d in decisions.iter().filter(|d| d.outcome == "sent" && d.action.starts_with("OPEN")) {
        sent.entry((&d.instrument, &d.strategy, &d.side)).or_default().push(d);
    }
    let mut used: BTreeMap<Key<'_>, Vec<bool>> = BTreeMap::new();
    trades
        .iter()
        .map(|t| {
            let key = (t.instrument.as_str(), t.strategy.as_str(), t.side.as_str());
            let Some(list) = sent.get(&key) else { return EntrySignal::unknown() };
            let used = used.entry(key).or_insert_with(|| vec![false; list.len()]);
            let known = list.partition_point(|d| d.time <= t.entry_time);
            let Some(at) = (0..known).rev().find(|i| !used[*i]) else {
                return EntrySignal::unknown();
            };
            used[at] = true;
            let reason = list[at].reason.clone();
            EntrySignal { spike: spike(&reason), reason }
        })
        .collect()
}

impl EntrySignal {
    const fn unknown() -> Self {
        Self { reason: String::new(), spike: "unknown" }
    }
}

/// The level of the `volume_ratio` that a reason names, to its four decimals.
fn spike(reason: &str) -> &'static str {
    let ratio = reason
        .split(", ")
        .find_map(|condition| condition.strip_prefix("volume_ratio="))
        .and_then(|value| value.parse::<f64>().ok());
    match ratio {
        None => "unknown",
        Some(r) if r >= 5.0 => "extreme",
        Some(r) if r >= 3.0 => "spike",
        Some(r) if r >= 2.0 => "elevated",
        Some(_) => "none",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_are_those_of_the_specification() {
        for (reason, level) in [
            ("volume_ratio=1.9999, rsi=50", "none"),
            ("volume_ratio=2", "elevated"),
            ("buy_share=0.7, volume_ratio=3", "spike"),
            ("volume_ratio=12.5", "extreme"),
            ("rsi=20", "unknown"),
            ("", "unknown"),
        ] {
            assert_eq!(spike(reason), level, "{reason}");
        }
    }
}
