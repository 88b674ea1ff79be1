//! Files that were read one by one, put together on one grid and in one order.

use tickstep_core::event::Bar;
use tickstep_core::units::Nanos;

use super::error::LoadError;
use super::rows::CheckedRows;
use crate::series::candle::RowOrigin;
use crate::series::error::SeriesFault;
use crate::series::fault::{RowError, RowFault};
use crate::series::grid::{Grid, Measure};
use crate::series::place::RowPlace;
use crate::series::repairs::{Repair, Repaired};
use crate::series::{Rounded, SeriesMarket, SourceFile, StampKind};

/// One file as it was read, before files are joined.
pub(crate) struct LoadedFile {
    pub rows: CheckedRows,
    pub source: SourceFile,
    /// The ask file, where bid and ask were read together.
    pub ask: Option<SourceFile>,
}

/// Where the bars of one file are in the merged list.
struct MergedFile {
    rows: CheckedRows,
    start: usize,
}

/// Bars of all files, in order.
pub(crate) struct Merged {
    pub bars: Vec<Bar>,
    /// Index of the first bar of each segment the user listed, but the first.
    pub breaks: Vec<usize>,
    pub grid: Grid,
    pub rounded: Rounded,
    pub repaired: Repaired,
    /// Length of a bar, where every file states it, and the same.
    pub interval: Option<Nanos>,
    /// The market, where every file states it, and the same.
    pub market: Option<SeriesMarket>,
    pub sources: Vec<SourceFile>,
    pub stamps: StampKind,
    /// Whether the stamps of every file are dates.
    pub dates: bool,
    parts: Vec<MergedFile>,
}

impl Merged {
    /// File and line of a merged bar.
    pub(crate) fn place(&self, index: usize) -> RowPlace {
        let part = self.parts.partition_point(|part| part.start <= index).saturating_sub(1);
        match self.parts.get(part) {
            Some(part) => {
                let number = part.rows.numbers.get(index - part.start).copied().unwrap_or(1);
                part.rows.origin.place(number)
            }
            None => RowPlace::Row(index as u64 + 1),
        }
    }
}

/// Orders the files of each segment, and the segments, by their first bar. The order in
/// which they were listed does not matter; overlaps are refused, or mended by the
/// repairs that mend duplicates within a file.
pub(crate) fn merge(
    mut segments: Vec<Vec<LoadedFile>>,
    repairs: &[Repair],
) -> Result<Merged, LoadError> {
    for measure in [Measure::Price, Measure::Volume] {
        one_grid(&mut segments, measure)?;
    }
    one_kind(&segments)?;
    for files in &mut segments {
        files.sort_by(|a, b| a.key().cmp(&b.key()));
    }
    segments.retain(|files| !files.is_empty());
    segments.sort_by(|a, b| a.first().map(LoadedFile::key).cmp(&b.first().map(LoadedFile::key)));
    if !repairs.is_empty() {
        settle(&mut segments, repairs);
    }
    let all: Vec<&LoadedFile> = segments.iter().flatten().collect();
    let held: Vec<&LoadedFile> = all.iter().copied().filter(|l| !l.rows.bars.is_empty()).collect();
    for pair in held.windows(2) {
        follows(&pair[0].rows, &pair[1].rows)?;
    }
    let first = all.first().ok_or(SeriesFault::Nothing)?;
    let grid = Grid {
        tick_size: first.rows.price.step(),
        volume_step: first.rows.volume.step(),
        tick_inferred: first.rows.price.inferred,
        volume_inferred: first.rows.volume.inferred,
    };
    let rounded = Rounded {
        prices: all.iter().map(|l| l.rows.price.rounded).sum(),
        volumes: all.iter().map(|l| l.rows.volume.rounded).sum(),
    };
    let mut repaired = Repaired::default();
    all.iter().for_each(|l| repaired.add(&l.rows.repaired));
    let interval = first.rows.interval.filter(|i| all.iter().all(|l| l.rows.interval == Some(*i)));
    let market = first.rows.market.clone().filter(|m| {
        all.iter().all(|l| l.rows.market.as_ref().is_some_and(|other| other.hours == m.hours))
    });
    let (stamps, dates) = stamps_of(&all);
    let (mut bars, mut breaks, mut parts, mut sources) = (vec![], vec![], vec![], vec![]);
    for files in segments {
        if !bars.is_empty() {
            breaks.push(bars.len());
        }
        for LoadedFile { mut rows, source, ask } in files {
            let start = bars.len();
            if bars.is_empty() {
                bars = std::mem::take(&mut rows.bars);
            } else {
                bars.append(&mut rows.bars);
            }
            parts.push(MergedFile { rows, start });
            sources.push(source);
            sources.extend(ask);
        }
    }
    Ok(Merged {
        bars,
        breaks,
        grid,
        rounded,
        repaired,
        interval,
        market,
        sources,
        stamps,
        dates,
        parts,
    })
}

/// The least certain kind of stamps in the files, and whether all are dates.
fn stamps_of(files: &[&LoadedFile]) -> (StampKind, bool) {
    let kinds = || files.iter().map(|l| l.rows.stamps());
    (kinds().max().unwrap_or_default(), kinds().all(|kind| kind == StampKind::Date))
}

impl LoadedFile {
    fn key(&self) -> (Nanos, &str) {
        (self.source.first, &self.source.path)
    }
}

/// Where a file begins before those ahead of it end, mends the bars that both have, as the
/// named repairs say. Bars of one that lie between those of another are left, and refused.
fn settle(segments: &mut [Vec<LoadedFile>], repairs: &[Repair]) {
    let mut all: Vec<&mut LoadedFile> = segments.iter_mut().flatten().collect();
    for i in 1..all.len() {
        let (before, after) = all.split_at_mut(i);
        let Some(later) = after.first_mut() else { return };
        let ends = before.iter().filter_map(|file| file.rows.bars.last().map(|bar| bar.ts_open));
        let Some(end) = ends.max() else { continue };
        let mut kept = Vec::with_capacity(later.rows.bars.len());
        let mut numbers = Vec::with_capacity(later.rows.bars.len());
        for (bar, number) in later.rows.bars.iter().zip(&later.rows.numbers) {
            let other = if bar.ts_open > end { None } else { at_time(before, bar.ts_open) };
            if !one_of(other, bar, repairs, &mut later.rows.repaired) {
                kept.push(*bar);
                numbers.push(*number);
            }
        }
        (later.rows.bars, later.rows.numbers) = (kept, numbers);
    }
}

/// The bar of one of the files that opens at a time.
fn at_time<'a>(files: &'a mut [&mut LoadedFile], ts: Nanos) -> Option<&'a mut Bar> {
    files.iter_mut().rev().find_map(|file| {
        let at = file.rows.bars.binary_search_by_key(&ts, |bar| bar.ts_open).ok()?;
        file.rows.bars.get_mut(at)
    })
}

/// Whether `bar` is dropped because `other` stands for its time.
fn one_of(other: Option<&mut Bar>, bar: &Bar, repairs: &[Repair], done: &mut Repaired) -> bool {
    let named = |repair| repairs.contains(&repair);
    match other {
        Some(other) if other == bar => {
            let drop = named(Repair::DropDuplicates);
            done.duplicates += u64::from(drop);
            drop
        }
        Some(other) => {
            let drop = named(Repair::KeepFirst) || named(Repair::KeepLast);
            if drop && !named(Repair::KeepFirst) {
                *other = *bar;
            }
            done.conflicts += u64::from(drop);
            drop
        }
        None => false,
    }
}

/// Brings every file to the finest grid that one of them has.
fn one_grid(segments: &mut [Vec<LoadedFile>], measure: Measure) -> Result<(), RowError> {
    let scale = |l: &LoadedFile| match measure {
        Measure::Price => l.rows.price.scale(),
        Measure::Volume => l.rows.volume.scale(),
    };
    let finest = segments.iter().flatten().max_by_key(|l| scale(l)).map(|l| {
        let scale = scale(l);
        (scale, l.rows.too_fine(measure))
    });
    let Some((scale, error)) = finest else { return Ok(()) };
    let fits = segments.iter_mut().flatten().all(|l| l.rows.refine_to(measure, scale).is_some());
    if fits { Ok(()) } else { Err(error) }
}

/// All files have taker-buy volume, or none has.
fn one_kind(segments: &[Vec<LoadedFile>]) -> Result<(), SeriesFault> {
    let has = |l: &&LoadedFile| l.rows.origin.columns.taker.is_some();
    let first_place =
        |l: &LoadedFile| l.rows.origin.place(l.rows.numbers.first().copied().unwrap_or(1));
    let all = || segments.iter().flatten();
    match (all().find(has), all().find(|l| !has(l))) {
        (Some(with), Some(without)) => {
            let (with, without) = (first_place(with), first_place(without));
            Err(SeriesFault::MixedTaker { with, without })
        }
        _ => Ok(()),
    }
}

/// `later` starts after `earlier` ends.
fn follows(earlier: &CheckedRows, later: &CheckedRows) -> Result<(), RowError> {
    let (Some(last), Some(first)) = (earlier.bars.last(), later.bars.first()) else {
        return Ok(());
    };
    if first.ts_open > last.ts_open {
        return Ok(());
    }
    for (bar, number) in later.bars.iter().zip(&later.numbers) {
        if let Ok(i) = earlier.bars.binary_search_by_key(&bar.ts_open, |b| b.ts_open) {
            let other = earlier.origin.place(earlier.numbers.get(i).copied().unwrap_or(1));
            return Err(later.context().twice(*number, bar, other, &earlier.bars[i]));
        }
    }
    let number = |rows: &CheckedRows, i: Option<&u64>| rows.origin.place(i.copied().unwrap_or(1));
    let place = number(later, later.numbers.first());
    let earlier = number(earlier, earlier.numbers.last());
    Err(RowFault::Interleaved { ts: first.ts_open, earlier, before: last.ts_open }.at(place))
}
