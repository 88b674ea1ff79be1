//! Files of one series have bars of one length.
//!
//! A file says its length itself, or by the usual difference of open times, as everywhere.
//! Known limit: a file of one or two rows says nothing, nor do lengths that are within a
//! factor of two of each other, as those of months are.

use tickstep_core::units::Nanos;

use super::merge::LoadedFile;
use crate::series::candle::RowOrigin;
use crate::series::error::SeriesFault;
use crate::series::spacing;

/// Refuses files of which two have bars of different lengths, and names both.
pub(super) fn check<'a>(files: impl Iterator<Item = &'a LoadedFile>) -> Result<(), SeriesFault> {
    let mut known: Vec<(&LoadedFile, Nanos)> = files
        .filter_map(|file| Some((file, file.rows.interval.or_else(|| usual(file))?)))
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

/// The usual difference of open times; two rows alone may be a file with a hole in it.
fn usual(file: &LoadedFile) -> Option<Nanos> {
    let times: Vec<Nanos> = file.rows.bars.iter().map(|bar| bar.ts_open).collect();
    if times.len() > 2 { spacing::usual(&times) } else { None }
}
