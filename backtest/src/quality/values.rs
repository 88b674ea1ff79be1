//! Prices and volumes, row by row: candles that are none, bars without volume,
//! taker volumes, decimals.

use rust_decimal::Decimal;

use super::checked_file::{CheckedFile, refused};
use super::finding::{FindingCase, FindingKind, QualityFinding, Severity};
use crate::load::{Format, Num, RawRow, step_of};
use crate::series::repairs::Repair;
use crate::times::utc;

/// Bars in a row that have to be filler before the run is told on its own.
const FILLER_RUN: u64 = 3;
/// One price in this many may have more decimals than the others before it is odd.
const ODD_ONE_IN: u64 = 1_000;

/// Sums over all bars.
pub(super) struct Volumes {
    pub zero: u64,
    pub filler: u64,
}

pub(super) fn check(file: &CheckedFile<'_>, out: &mut Vec<QualityFinding>) -> Volumes {
    unreadable(file, out);
    candles(file, out);
    taker(file, out);
    decimals(file, out);
    if let Some(words) = file.opts.load.format.as_ref().and_then(Format::volume_words) {
        out.push(note(FindingKind::VolumeMeaning, 1, words.to_owned()));
        if words.contains("there is no volume") {
            return Volumes { zero: file.raw.rows.len() as u64, filler: 0 };
        }
    }
    fillers(file, out)
}

fn note(kind: FindingKind, count: u64, words: String) -> QualityFinding {
    let (repairs, cases) = (Vec::new(), Vec::new());
    QualityFinding { kind, severity: Severity::Note, count, words, repairs, cases }
}

fn error(
    kind: FindingKind,
    count: usize,
    words: &str,
    repairs: &[Repair],
    cases: Vec<FindingCase>,
) -> QualityFinding {
    QualityFinding {
        kind,
        severity: Severity::Error,
        count: count as u64,
        words: format!("{count} {words}"),
        repairs: repairs.to_vec(),
        cases,
    }
}

fn unreadable(file: &CheckedFile<'_>, out: &mut Vec<QualityFinding>) {
    let faults = &file.raw.faults;
    if !faults.is_empty() {
        let cases = file.first(faults, |(_, error)| refused(error));
        let words = "rows cannot be read";
        out.push(error(
            FindingKind::UnreadableRow,
            faults.len(),
            words,
            mended_by_dropping(file),
            cases,
        ));
    }
}

/// Rows that are no candle can be left out where others remain.
fn mended_by_dropping(file: &CheckedFile<'_>) -> &'static [Repair] {
    if file.sound.is_empty() { &[] } else { &[Repair::DropInvalid] }
}

fn candles(file: &CheckedFile<'_>, out: &mut Vec<QualityFinding>) {
    let bad: Vec<RawRow> = file.raw.rows.iter().filter(|row| !row.is_candle()).copied().collect();
    if bad.is_empty() {
        return;
    }
    let cases = file.first(&bad, |row| {
        let [open, high, low, close] = row.px.map(Num::shown);
        let what = format!(
            "open {open}, high {high}, low {low}, close {close}, volume {}",
            row.volume.shown()
        );
        file.case(row, what)
    });
    let words = "rows are no candle (open or close outside low..high, a price not above 0, a \
                 volume below 0)";
    let repairs = mended_by_dropping(file);
    out.push(error(FindingKind::InvalidCandle, bad.len(), words, repairs, cases));
}

fn taker(file: &CheckedFile<'_>, out: &mut Vec<QualityFinding>) {
    let rows = &file.raw.rows;
    if !file.raw.has_taker() {
        let words = "there is no taker-buy volume; rules that need it want volume_split";
        out.push(note(FindingKind::NoTaker, 1, words.to_owned()));
        return;
    }
    let above: Vec<RawRow> = rows
        .iter()
        .filter(|row| row.taker.is_some_and(|taker| taker.above(row.volume)))
        .copied()
        .collect();
    if !above.is_empty() {
        let cases = file.first(&above, |row| {
            let taker = row.taker.map_or_else(String::new, Num::shown);
            file.case(row, format!("taker {taker} of volume {}", row.volume.shown()))
        });
        let words = "taker-buy volumes are above the volume";
        out.push(error(
            FindingKind::TakerAboveVolume,
            above.len(),
            words,
            &[Repair::ClipTaker],
            cases,
        ));
    }
    // Stretches of rows without it, in the file's order.
    let mut stretches: Vec<(RawRow, RawRow, u64)> = Vec::new();
    let mut open = false;
    for row in rows {
        match stretches.last_mut() {
            Some((_, last, count)) if open && row.taker.is_none() => {
                *last = *row;
                *count += 1;
            }
            _ if row.taker.is_none() => stretches.push((*row, *row, 1)),
            _ => {}
        }
        open = row.taker.is_none();
    }
    let count: u64 = stretches.iter().map(|s| s.2).sum();
    if count > 0 {
        let cases = file.first(&stretches, |(first, last, bars)| FindingCase {
            until: Some(utc(last.ts)),
            bars: Some(*bars),
            ..file.case(first, "taker-buy volume is empty from here".to_owned())
        });
        let words = "rows have no taker-buy volume although there is a column for it";
        let count = usize::try_from(count).unwrap_or(usize::MAX);
        out.push(error(FindingKind::TakerPartlyMissing, count, words, &[Repair::DropTaker], cases));
    }
}

/// Steps of prices and volumes: stated, or told by the decimals.
pub(super) fn steps(file: &CheckedFile<'_>) -> (Option<Decimal>, Option<Decimal>) {
    let rows = &file.raw.rows;
    let prices = rows.iter().flat_map(|row| row.px).map(|n| n.scale).max();
    let volumes = rows.iter().flat_map(|row| [Some(row.volume), row.taker]).flatten();
    let volumes = volumes.map(|n| n.scale).max();
    let load = &file.opts.load;
    (load.tick_size.or(prices.map(step_of)), load.volume_step.or(volumes.map(step_of)))
}

fn decimals(file: &CheckedFile<'_>, out: &mut Vec<QualityFinding>) {
    let rows = &file.raw.rows;
    let Some(finest) = rows.iter().flat_map(|row| row.px).map(|n| n.scale).max() else { return };
    if let Some(tick) = file.opts.load.tick_size {
        off_grid(file, tick, out);
        return;
    }
    let mut counts = [0_u64; 64];
    for num in rows.iter().flat_map(|row| row.px) {
        counts[(num.scale as usize).min(63)] += 1;
    }
    let total: u64 = counts.iter().sum();
    let mut below = 0;
    let usual = counts.iter().position(|count| {
        below += count;
        (total - below) * ODD_ONE_IN < total
    });
    let usual = usual.and_then(|at| u32::try_from(at).ok()).unwrap_or(finest);
    if usual < finest {
        let odd = |row: &&RawRow| row.px.iter().any(|n| n.scale > usual);
        let odd: Vec<RawRow> = rows.iter().filter(odd).copied().collect();
        let cases = file.first(&odd, |row| {
            let [open, high, low, close] = row.px.map(Num::shown);
            file.case(row, format!("open {open}, high {high}, low {low}, close {close}"))
        });
        out.push(QualityFinding {
            kind: FindingKind::OddDecimals,
            severity: Severity::Warning,
            count: odd.len() as u64,
            words: format!(
                "{} rows have prices of more than {usual} decimals, up to {finest}, and make the \
                 inferred tick {}; if they are noise, --tick-size {} --repair round rounds them",
                odd.len(),
                step_of(finest),
                step_of(usual)
            ),
            repairs: Vec::new(),
            cases,
        });
    }
    coarser(rows, finest, out);
}

fn off_grid(file: &CheckedFile<'_>, tick: Decimal, out: &mut Vec<QualityFinding>) {
    let tick = tick.normalize();
    let off = |num: &Num| {
        let scale = num.scale.max(tick.scale());
        let at = |mantissa: i128, own: u32| mantissa.checked_mul(10_i128.pow(scale - own));
        match (at(num.mantissa, num.scale), at(tick.mantissa(), tick.scale())) {
            (Some(n), Some(step)) => step != 0 && n % step != 0,
            _ => true,
        }
    };
    let rows = &file.raw.rows;
    let bad: Vec<RawRow> = rows.iter().filter(|row| row.px.iter().any(off)).copied().collect();
    if !bad.is_empty() {
        let prices = bad.iter().flat_map(|row| row.px).filter(off).count();
        let cases = file.first(&bad, |row| {
            let [open, high, low, close] = row.px.map(Num::shown);
            file.case(row, format!("open {open}, high {high}, low {low}, close {close}"))
        });
        let words = format!("prices in {} rows are no multiple of {tick}", bad.len());
        let mended = file.opts.load.round_to || file.opts.load.repairs.contains(&Repair::Round);
        let mut finding = error(FindingKind::OffGrid, prices, &words, &[Repair::Round], cases);
        if mended {
            finding.severity = Severity::Note;
        }
        out.push(finding);
    }
}

/// Whether all prices are multiples of more than their decimals say, as 0.5 is of 0.1.
fn coarser(rows: &[RawRow], finest: u32, out: &mut Vec<QualityFinding>) {
    let mut shared = 0_i128;
    for num in rows.iter().flat_map(|row| row.px) {
        let Some(n) = num.mantissa.checked_mul(10_i128.pow(finest - num.scale)) else { return };
        shared = gcd(shared, n.abs());
        if shared == 1 {
            return;
        }
    }
    // A handful of equal prices says nothing.
    if shared > 1 && rows.len() >= 100 {
        let step = Num { mantissa: shared, scale: finest }.shown();
        let words = format!(
            "all prices are multiples of {step}; the tick that decimals tell is {}, and tick_size \
             states it",
            step_of(finest)
        );
        out.push(note(FindingKind::CoarserGrid, 1, words));
    }
}

const fn gcd(mut a: i128, mut b: i128) -> i128 {
    while b != 0 {
        (a, b) = (b, a % b);
    }
    a
}

/// Bars without volume; those that repeat the close before are filler.
fn fillers(file: &CheckedFile<'_>, out: &mut Vec<QualityFinding>) -> Volumes {
    let zero = file.raw.rows.iter().filter(|row| row.volume.mantissa == 0).count() as u64;
    let mut runs: Vec<(RawRow, RawRow, u64)> = Vec::new();
    let mut last: Option<&RawRow> = None;
    let mut open = false;
    let mut filler = 0;
    for row in file.sound {
        let repeats = last.is_some_and(|last| row.px.iter().all(|px| *px == last.px[3]));
        let is_filler = repeats && row.volume.mantissa == 0;
        let next = |before: &RawRow| file.interval.is_some_and(|i| row.ts - before.ts == i);
        if is_filler {
            filler += 1;
            match runs.last_mut() {
                Some((_, end, bars)) if open && next(end) => {
                    *end = *row;
                    *bars += 1;
                }
                _ => runs.push((*row, *row, 1)),
            }
        }
        open = is_filler;
        last = Some(row);
    }
    if zero > 0 {
        let words = format!(
            "{zero} bars have no volume; {filler} of them are flat at the close before (filler)"
        );
        out.push(note(FindingKind::ZeroVolume, zero, words));
    }
    runs.retain(|run| run.2 >= FILLER_RUN);
    if !runs.is_empty() {
        let bars: u64 = runs.iter().map(|run| run.2).sum();
        let longest = runs.iter().map(|run| run.2).max().unwrap_or(0);
        runs.sort_by_key(|(first, _, bars)| (std::cmp::Reverse(*bars), first.ts));
        out.push(QualityFinding {
            kind: FindingKind::FillerRun,
            severity: Severity::Warning,
            count: runs.len() as u64,
            words: format!(
                "{} runs of {FILLER_RUN} or more filler bars, {bars} bars, longest {longest}; \
                 trades may be lost there",
                runs.len()
            ),
            repairs: Vec::new(),
            cases: file.first(&runs, |(first, end, bars)| FindingCase {
                until: Some(utc(end.ts)),
                bars: Some(*bars),
                ..file.case(first, format!("flat at {} without volume", first.px[3].shown()))
            }),
        });
    }
    Volumes { zero, filler }
}
