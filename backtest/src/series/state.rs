//! A series as bytes that hold all of it, and a part of a series.

use std::ops::Range;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use tickstep_config::{CalendarConfig, MarketHours};
use tickstep_core::calendar::{BarTimes, Calendar, OpenHours};
use tickstep_core::event::Bar;
use tickstep_core::units::{Lots, Nanos, Ticks};

use super::{Gap, Grid, Repaired, Rounded, Series, SeriesMarket, SourceFile, StampKind};

/// Everything of a series but its bars.
#[derive(Serialize, Deserialize)]
struct StateHead {
    symbol: String,
    times: BarTimes,
    calendar: (String, Vec<OpenHours>),
    market: Option<(CalendarConfig, bool)>,
    grid: Grid,
    bars: usize,
    segments: Vec<Range<usize>>,
    gaps: Vec<Gap>,
    has_taker: bool,
    rounded: Rounded,
    repaired: Repaired,
    sources: Vec<SourceFile>,
    stamps: StampKind,
}

/// Numbers of a bar: open time, four prices, two volumes.
const NUMBERS: usize = 7;
const WORD: usize = size_of::<i64>();

impl Series {
    /// The series as bytes, all of it: [`Series::from_state`] makes an equal one of them. They
    /// are for programs of one version to hand to each other; files are tapes.
    #[must_use]
    pub fn to_state(&self) -> Vec<u8> {
        let market = self.market.as_ref();
        let head = StateHead {
            symbol: self.symbol.clone(),
            times: self.times.clone(),
            calendar: (self.calendar.name().to_owned(), self.calendar.hours().to_vec()),
            market: market.map(|market| (market.hours.to_config(), market.inferred)),
            grid: self.grid,
            bars: self.bars.len(),
            segments: self.segments.clone(),
            gaps: self.gaps.clone(),
            has_taker: self.has_taker,
            rounded: self.rounded,
            repaired: self.repaired,
            sources: self.sources.clone(),
            stamps: self.stamps,
        };
        // Texts, numbers and lists of them are always JSON.
        let head = serde_json::to_vec(&head).unwrap_or_default();
        let mut bytes = Vec::with_capacity(WORD + head.len() + self.bars.len() * NUMBERS * WORD);
        bytes.extend_from_slice(&(head.len() as u64).to_le_bytes());
        bytes.extend_from_slice(&head);
        for bar in self.bars.iter() {
            let taker = bar.taker_buy.map_or(-1, Lots::get);
            let px = [bar.open, bar.high, bar.low, bar.close].map(|px| px.0);
            let numbers = [bar.ts_open.0, px[0], px[1], px[2], px[3], bar.volume.get(), taker];
            numbers.iter().for_each(|n| bytes.extend_from_slice(&n.to_le_bytes()));
        }
        bytes
    }

    /// The series that [`Series::to_state`] made bytes of; `None` of other bytes.
    #[must_use]
    pub fn from_state(bytes: &[u8]) -> Option<Self> {
        let (length, rest) = bytes.split_first_chunk::<WORD>()?;
        let length = usize::try_from(u64::from_le_bytes(*length)).ok()?;
        let (head, rest) = rest.split_at_checked(length)?;
        let head: StateHead = serde_json::from_slice(head).ok()?;
        if rest.len() != head.bars.checked_mul(NUMBERS * WORD)? {
            return None;
        }
        let (words, _) = rest.as_chunks::<WORD>();
        let bar = |words: &[[u8; WORD]; NUMBERS]| {
            let [ts, open, high, low, close, volume, taker] = words.map(i64::from_le_bytes);
            Some(Bar {
                ts_open: Nanos(ts),
                open: Ticks(open),
                high: Ticks(high),
                low: Ticks(low),
                close: Ticks(close),
                volume: Lots::new(volume)?,
                taker_buy: Lots::new(taker),
            })
        };
        let (rows, _) = words.as_chunks::<NUMBERS>();
        let bars: Vec<Bar> = rows.iter().map(bar).collect::<Option<_>>()?;
        let (name, hours) = head.calendar;
        let calendar = if hours.is_empty() {
            Calendar::always()
        } else {
            Calendar::of_hours(&name, hours).ok()?
        };
        let market = match head.market {
            None => None,
            Some((written, inferred)) => {
                Some(SeriesMarket { hours: MarketHours::of(&written).ok()?, inferred })
            }
        };
        Some(Self {
            symbol: head.symbol,
            times: head.times,
            calendar,
            market,
            grid: head.grid,
            bars: Arc::new(bars),
            segments: head.segments,
            gaps: head.gaps,
            has_taker: head.has_taker,
            rounded: head.rounded,
            repaired: head.repaired,
            sources: head.sources,
            stamps: head.stamps,
        })
    }

    /// The bars of a range of indexes as a series of its own: grid, calendar and segments are
    /// those of the whole. `None` where the range holds no bar.
    #[must_use]
    pub fn part(&self, range: Range<usize>) -> Option<Self> {
        let bars = self.bars.get(range.clone()).filter(|bars| !bars.is_empty())?;
        let within = |segment: &Range<usize>| {
            let start = segment.start.max(range.start);
            let end = segment.end.min(range.end);
            (start < end).then(|| start - range.start..end - range.start)
        };
        let (first, last) = (bars[0].ts_open, bars[bars.len() - 1].ts_open);
        Some(Self {
            segments: self.segments.iter().filter_map(within).collect(),
            gaps: self
                .gaps
                .iter()
                .copied()
                .filter(|gap| (first..last).contains(&gap.after))
                .collect(),
            bars: Arc::new(bars.to_vec()),
            symbol: self.symbol.clone(),
            times: self.times.clone(),
            calendar: self.calendar.clone(),
            market: self.market.clone(),
            sources: self.sources.clone(),
            ..*self
        })
    }
}
