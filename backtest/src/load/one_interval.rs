//! Files of one series have bars of one length.
//!
//! A file says its length itself, or by the difference of open times that most of its rows
//! have. Known limit: a file in which no difference is that of most rows says nothing, nor
//! do lengths that are within a factor of two of each other, as those of months are.

use std::collections::BTreeMap;

use tickstep_core::event::Bar;
use tickstep_core::units::Nanos;

use super::merge::LoadedFile;
use crate::series::candle::RowOrigin;
use crate::series::error::SeriesFault;

/// Refuses files of which two have bars of different lengths, and names both.
pub(super) fn check<'a>(files: impl Iterator<Item = &'a LoadedFile>) -> Result<(), SeriesFault> {
    let mut known: Vec<(&LoadedFile, Nanos)> = files
        .filter_map(|file| Some((file, file.rows.interval.or_else(|| usual(&file.rows.bars))?)))
        .collect();
    known.sort_by_key(|(file, _)| file.source.first);
    let Some((first, interval)) = known.first() else { return Ok(()) };
    let differs = |other: Nanos| {
        let (short, long) = (other.min(*interval), other.max(*interval));
        long.0 / 2 >= short.0
    };
    let place =
        |file: &LoadedFile| file.rows.origin.place(file.rows.numbers.first().copied().unwrap_or(1));
    match known.iter().find(|(_, other)| differs(*other)) {
        Some((file, other)) => Err(SeriesFault::MixedIntervals {
            first: place(first),
            interval: *interval,
            other: place(file),
            other_interval: *other,
        }),
        None => Ok(()),
    }
}

/// The difference of open times that more than half of the rows have; at least two rows.
fn usual(bars: &[Bar]) -> Option<Nanos> {
    let mut counts: BTreeMap<Nanos, usize> = BTreeMap::new();
    for pair in bars.windows(2) {
        *counts.entry(pair[1].ts_open - pair[0].ts_open).or_default() += 1;
    }
    let (usual, count) = counts.into_iter().max_by_key(|(_, count)| *count)?;
    (count >= 2 && 2 * count > bars.len() - 1).then_some(usual)
}
