//! The compact tape: a checked series as a file that loads many times faster
//! than the text it was made from, and as exactly.
//!
//! ```text
//! bytes   content
//! 8       "tickstep"
//! 4       version, 1 or 2, little endian
//! 4       length of the header, little endian
//! ...     header: JSON, see `BarTapeHeader`
//! 7 x     one column: length in bytes (8, little endian), then one number a bar
//! 32      SHA-256 of everything before
//! ```
//!
//! Numbers are LEB128 varints; signed ones are zigzag coded (0, -1, 1, -2, ...).
//! The columns: missing bars before this one, or in version 2, whose header says in which
//! times the market trades, steps of time since the one before; close - close before; open - close
//! before (both signed, 0 before the first bar); high - max(open, close);
//! min(open, close) - low; volume; taker-buy volume (empty where there is none).
//! Prices are in ticks, volumes in volume steps, of the header.
//!
//! Nothing loads from a file whose checksum is wrong, and what loads is checked as
//! rows of any other file are: a tape is fast, not trusted.

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use tickstep_core::event::Bar;
use tickstep_core::units::{Lots, Nanos, Ticks};

use super::columns::Columns;
use super::error::{FileFault, LoadError};
use super::number::Num;
use super::options::LoadOptions;
use super::origin::Origin;
use super::row_sink::{RawTime, RawValue, RowSink};
use super::rows::CheckedRows;
use super::tape_market::TapeMarket;
use super::time::Unit;
use crate::series::candle::is_sound;
use crate::series::fault::RowError;
use crate::series::grid::Measure;
use crate::series::repairs::Repaired;
use crate::series::{Series, SeriesMarket};

pub(super) const MAGIC: &[u8; 8] = b"tickstep";
const VERSION: u32 = 1;
/// Of bars that do not follow each other all the time.
const VERSION_OF_MARKETS: u32 = 2;
const DIGEST: usize = 32;
const COLUMNS: usize = 7;

/// What a tape says of itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct BarTapeHeader {
    symbol: String,
    interval_ns: i64,
    tick_size: Decimal,
    tick_inferred: bool,
    volume_step: Decimal,
    volume_inferred: bool,
    taker: bool,
    bars: usize,
    first_ns: i64,
    /// What was mended on the way here.
    repaired: Repaired,
    /// The files it was made from.
    made_from: Vec<MadeFrom>,
    /// When the market trades, where the bars do not show that it never closes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    market: Option<TapeMarket>,
}

impl BarTapeHeader {
    fn has_dates(&self) -> bool {
        self.market.as_ref().is_some_and(|market| market.dates)
    }
}

/// A file that a tape was made from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct MadeFrom {
    name: String,
    sha256: String,
}

/// The bytes of a tape of `series`.
///
/// Segments are not kept: they are a matter of the run that reads the tape.
#[must_use]
pub fn to_tape(series: &Series) -> Vec<u8> {
    let header = BarTapeHeader {
        symbol: series.symbol().to_owned(),
        interval_ns: series.interval().nominal().0,
        tick_size: series.grid().tick_size,
        tick_inferred: series.grid().tick_inferred,
        volume_step: series.grid().volume_step,
        volume_inferred: series.grid().volume_inferred,
        taker: series.has_taker(),
        bars: series.bars().len(),
        first_ns: series.bars().first().map_or(0, |bar| bar.ts_open.0),
        repaired: series.all_repaired(),
        made_from: series
            .sources()
            .iter()
            .map(|s| MadeFrom {
                // The name alone: where it lay is nobody's business.
                name: s.path.rsplit(['/', '\\']).next().unwrap_or(&s.path).to_owned(),
                sha256: s.sha256.clone(),
            })
            .collect(),
        market: TapeMarket::of(series),
    };
    // Where each bar would open if none were missing, and how far apart they may be.
    let step = header.market.as_ref().map_or(header.interval_ns, |market| market.step_ns);
    let after = if header.market.is_some() { 0 } else { step };
    let version = if header.market.is_some() { VERSION_OF_MARKETS } else { VERSION };
    // Strings, integers and decimals are always JSON.
    let header = serde_json::to_vec(&header).unwrap_or_default();
    let mut columns: [Vec<u8>; COLUMNS] = Default::default();
    let mut close = 0;
    let mut next = header_first(series);
    for bar in series.bars() {
        let missing = (bar.ts_open.0 - next) / step;
        next = bar.ts_open.0 + after;
        let (top, bottom) = (bar.open.max(bar.close).0, bar.open.min(bar.close).0);
        put(&mut columns[0], missing.cast_unsigned());
        put(&mut columns[1], zigzag(bar.close.0 - close));
        put(&mut columns[2], zigzag(bar.open.0 - close));
        put(&mut columns[3], (bar.high.0 - top).cast_unsigned());
        put(&mut columns[4], (bottom - bar.low.0).cast_unsigned());
        put(&mut columns[5], bar.volume.get().cast_unsigned());
        if let Some(taker) = bar.taker_buy {
            put(&mut columns[6], taker.get().cast_unsigned());
        }
        close = bar.close.0;
    }
    let mut bytes = Vec::with_capacity(columns.iter().map(|c| c.len() + 8).sum::<usize>() + 512);
    bytes.extend_from_slice(MAGIC);
    bytes.extend_from_slice(&version.to_le_bytes());
    bytes.extend_from_slice(&(header.len() as u32).to_le_bytes());
    bytes.extend_from_slice(&header);
    for column in columns {
        bytes.extend_from_slice(&(column.len() as u64).to_le_bytes());
        bytes.extend_from_slice(&column);
    }
    let digest = Sha256::digest(&bytes);
    bytes.extend_from_slice(&digest);
    bytes
}

fn header_first(series: &Series) -> i64 {
    series.bars().first().map_or(0, |bar| bar.ts_open.0)
}

/// Bars of a tape as rows of a file.
pub(super) fn read(path: &str, bytes: &[u8], opts: &LoadOptions) -> Result<CheckedRows, LoadError> {
    let bad = |reason: String| FileFault::BadTape { reason }.of(path);
    let (header, bars) = decode(bytes).map_err(bad)?;
    let same = |stated: Option<Decimal>, own: Decimal| stated.is_none_or(|stated| stated == own);
    let stated = LoadOptions {
        tick_size: Some(opts.tick_size.unwrap_or(header.tick_size)),
        volume_step: Some(opts.volume_step.unwrap_or(header.volume_step)),
        ..opts.clone()
    };
    let mut rows = stated.rows(origin(path, header.taker), path)?;
    // Inferred grids are powers of ten, and may become finer beside other files.
    let decimal = |step: Decimal| step.normalize().mantissa() == 1;
    rows.price.inferred =
        header.tick_inferred && opts.tick_size.is_none() && decimal(header.tick_size);
    rows.volume.inferred =
        header.volume_inferred && opts.volume_step.is_none() && decimal(header.volume_step);
    rows.interval = Some(Nanos(header.interval_ns));
    rows.market = market(&header).map_err(bad)?;
    if same(opts.tick_size, header.tick_size) && same(opts.volume_step, header.volume_step) {
        let keep = rows.origin.columns.taker.is_some();
        rows.unit = header.has_dates().then_some(Unit::Date);
        rows.numbers = (1..=bars.len() as u64).collect();
        rows.bars = bars;
        if !keep {
            rows.bars.iter_mut().for_each(|bar| bar.taker_buy = None);
        }
    } else {
        feed(&header, &bars, &mut rows)?;
    }
    rows.price.rounded += header.repaired.prices_rounded;
    rows.volume.rounded += header.repaired.volumes_rounded;
    rows.repaired = Repaired { prices_rounded: 0, volumes_rounded: 0, ..header.repaired };
    Ok(rows)
}

/// Bars of a tape as rows that are still to be looked at.
pub(super) fn read_into<S: RowSink>(
    path: &str,
    bytes: &[u8],
    start: impl FnOnce(Origin) -> Result<S, LoadError>,
) -> Result<(S, Nanos, Option<SeriesMarket>), LoadError> {
    let bad = |reason: String| FileFault::BadTape { reason }.of(path);
    let (header, bars) = decode(bytes).map_err(bad)?;
    let mut sink = start(origin(path, header.taker))?;
    feed(&header, &bars, &mut sink)?;
    let market = market(&header).map_err(bad)?;
    Ok((sink, Nanos(header.interval_ns), market))
}

fn market(header: &BarTapeHeader) -> Result<Option<SeriesMarket>, String> {
    header.market.as_ref().map_or(Ok(None), TapeMarket::read)
}

fn origin(path: &str, taker: bool) -> Origin {
    Origin::new(path, false, Columns::in_memory(taker))
}

fn feed<S: RowSink>(header: &BarTapeHeader, bars: &[Bar], sink: &mut S) -> Result<(), RowError> {
    let exact = |n: i64, step: Decimal| {
        let step = step.normalize();
        // A step has at most 18 digits, a count of steps 15.
        RawValue::Exact(
            Num::new(i128::from(n) * step.mantissa(), step.scale())
                .unwrap_or(Num { mantissa: i128::from(n), scale: 0 }),
        )
    };
    let keep = sink.origin().columns.taker.is_some();
    let dates = header.has_dates();
    for (i, bar) in bars.iter().enumerate() {
        let px = |px: Ticks| exact(px.0, header.tick_size);
        let lots = |lots: Lots| exact(lots.get(), header.volume_step);
        let cells = [px(bar.open), px(bar.high), px(bar.low), px(bar.close), lots(bar.volume)];
        let taker = bar.taker_buy.filter(|_| keep).map(lots);
        let stamp = match dates {
            true => RawTime::Read(b"", bar.ts_open, Unit::Date),
            false => RawTime::Nanos(i128::from(bar.ts_open.0)),
        };
        sink.row(i as u64 + 1, stamp, cells, taker)?;
    }
    Ok(())
}

fn decode(bytes: &[u8]) -> Result<(BarTapeHeader, Vec<Bar>), String> {
    if !bytes.starts_with(MAGIC) {
        return Err("it does not begin as one".to_owned());
    }
    let body = bytes.len().checked_sub(DIGEST).ok_or("it is cut short")?;
    let (body, digest) = bytes.split_at(body);
    if Sha256::digest(body).as_slice() != digest {
        return Err("its checksum does not match, so it is damaged or cut short".to_owned());
    }
    let mut rest = body.get(MAGIC.len()..).unwrap_or_default();
    let version = u32::from_le_bytes(array(&mut rest)?);
    if version != VERSION && version != VERSION_OF_MARKETS {
        return Err(format!(
            "it is of version {version}, this reads {VERSION} and {VERSION_OF_MARKETS}"
        ));
    }
    let length = u32::from_le_bytes(array(&mut rest)?);
    let header = cut(&mut rest, u64::from(length))?;
    let header: BarTapeHeader = serde_json::from_slice(header).map_err(|e| e.to_string())?;
    let mut columns: [&[u8]; COLUMNS] = [&[]; COLUMNS];
    for column in &mut columns {
        let length = u64::from_le_bytes(array(&mut rest)?);
        *column = cut(&mut rest, length)?;
    }
    if !rest.is_empty() {
        return Err("something follows the last column".to_owned());
    }
    let bars = bars(&header, columns)?;
    Ok((header, bars))
}

fn bars(header: &BarTapeHeader, mut columns: [&[u8]; COLUMNS]) -> Result<Vec<Bar>, String> {
    let step = header.market.as_ref().map_or(header.interval_ns, |market| market.step_ns);
    if step <= 0 {
        return Err(format!("its times are {step} ns apart"));
    }
    let after = if header.market.is_some() { 0 } else { step };
    if header.interval_ns <= 0 {
        return Err(format!("its interval is {} ns", header.interval_ns));
    }
    // Every bar has a byte in each column, so a false count cannot ask for more memory.
    if header.bars > columns[0].len() {
        return Err("it says to have more bars than there are".to_owned());
    }
    let broken = || "a number is out of range".to_owned();
    let mut bars = Vec::with_capacity(header.bars);
    let (mut next, mut close) = (header.first_ns, 0_i64);
    for _ in 0..header.bars {
        let mut raw = [0_u64; COLUMNS];
        let used = if header.taker { COLUMNS } else { COLUMNS - 1 };
        for (value, column) in raw.iter_mut().zip(&mut columns).take(used) {
            *value = take(column)?;
        }
        let within = |n: u64| i64::try_from(n).ok().filter(|n| *n <= Measure::Volume.max());
        let lots = |n: u64| within(n).and_then(Lots::new).ok_or_else(broken);
        let missing = i64::try_from(raw[0]).map_err(|_| broken())?;
        let ts =
            missing.checked_mul(step).and_then(|skip| next.checked_add(skip)).ok_or_else(broken)?;
        let from = close;
        let px = |delta: i64| {
            from.checked_add(delta).filter(|px| (1..=Measure::Price.max()).contains(px))
        };
        let open = px(unzigzag(raw[2])).ok_or_else(broken)?;
        close = px(unzigzag(raw[1])).ok_or_else(broken)?;
        let bar = Bar {
            ts_open: Nanos(ts),
            open: Ticks(open),
            high: Ticks(open.max(close) + within(raw[3]).ok_or_else(broken)?),
            low: Ticks(open.min(close) - within(raw[4]).ok_or_else(broken)?),
            close: Ticks(close),
            volume: lots(raw[5])?,
            taker_buy: if header.taker { Some(lots(raw[6])?) } else { None },
        };
        if !is_sound(&bar) {
            return Err(format!("bar {} is no candle", bars.len() + 1));
        }
        next = ts.checked_add(after).ok_or_else(broken)?;
        bars.push(bar);
    }
    if columns.iter().any(|column| !column.is_empty()) {
        return Err("a column has more numbers than there are bars".to_owned());
    }
    Ok(bars)
}

const fn zigzag(n: i64) -> u64 {
    ((n << 1) ^ (n >> 63)).cast_unsigned()
}

const fn unzigzag(n: u64) -> i64 {
    (n >> 1).cast_signed() ^ -((n & 1).cast_signed())
}

fn put(out: &mut Vec<u8>, mut n: u64) {
    while n >= 0x80 {
        out.push((n & 0x7f) as u8 | 0x80);
        n >>= 7;
    }
    out.push(n as u8);
}

#[inline]
fn take(bytes: &mut &[u8]) -> Result<u64, String> {
    let mut value = 0_u64;
    for (i, byte) in bytes.iter().enumerate().take(10) {
        let part = u64::from(byte & 0x7f);
        if i == 9 && part > 1 {
            break;
        }
        value |= part << (7 * i);
        if byte & 0x80 == 0 {
            *bytes = &bytes[i + 1..];
            return Ok(value);
        }
    }
    Err("a number is cut short or too long".to_owned())
}

fn cut<'a>(bytes: &mut &'a [u8], length: u64) -> Result<&'a [u8], String> {
    let length = usize::try_from(length).ok().filter(|n| *n <= bytes.len());
    let (head, rest) = bytes.split_at(length.ok_or("it is cut short")?);
    *bytes = rest;
    Ok(head)
}

fn array<const N: usize>(bytes: &mut &[u8]) -> Result<[u8; N], String> {
    let head = cut(bytes, N as u64)?;
    head.try_into().map_err(|_| "it is cut short".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn numbers_go_there_and_back(n in any::<i64>()) {
            let mut bytes = Vec::new();
            put(&mut bytes, zigzag(n));
            let mut rest = bytes.as_slice();
            prop_assert_eq!(take(&mut rest).map(unzigzag), Ok(n));
            prop_assert!(rest.is_empty());
        }

        /// Past the checksum too, nothing panics: a forged tape is still only bytes.
        #[test]
        fn forged_bytes_are_read_or_refused(
            edits in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4),
        ) {
            let grid = crate::series::Grid::stated(Decimal::new(1, 3), Decimal::new(1, 1));
            let bar = |i: i64| Bar {
                ts_open: Nanos(1_690_848_000_000_000_000 + i * 2 * Nanos::MINUTE.0),
                open: Ticks(4255), high: Ticks(4256), low: Ticks(4252), close: Ticks(4252 + i % 3),
                volume: Lots::new(1000 * i).unwrap(), taker_buy: Lots::new(400 * i),
            };
            let bars = (0..20).map(bar).collect();
            let series =
                Series::from_bars("X", Nanos::MINUTE, grid, bars, Nanos::DAY).unwrap();
            let mut bytes = to_tape(&series);
            bytes.truncate(bytes.len() - DIGEST);
            for (at, byte) in edits {
                let at = at.index(bytes.len());
                bytes[at] = byte;
            }
            let digest = Sha256::digest(&bytes);
            bytes.extend_from_slice(&digest);
            let _ = read("x.tape", &bytes, &LoadOptions::default());
        }
    }
}
