//! What a day leaves in the journal, how fast a journal is replayed, and what a month
//! leaves in memory.

use std::collections::BTreeMap;

use anyhow::ensure;
use cpu_time::ProcessTime;
use tickstep_core::event::{Bar, Body};
use tickstep_core::instrument::InstrumentId;
use tickstep_core::units::{Lots, Nanos, Side};
use tickstep_journal::{Memory, Reader, Storage};
use tickstep_live::driver::{Kept, Recovered, replay};
use tickstep_live::record::{ConfigText, RecordKind};
use tickstep_live::runner::Input;

use crate::desk::Desk;
use crate::disk::Counted;
use crate::plan::Plan;

/// What a journal keeps in reserve here; its bytes are not the day's.
const RESERVE: u64 = 1 << 16;
const MINUTES: usize = 1_440;
/// Public trades of a symbol in a minute.
const TRADES: i64 = 20;

/// What a day left.
pub struct Day {
    /// Bytes of its records, their heads and hashes.
    pub bytes: u64,
    /// Number of records of each kind, and bytes of their payloads.
    pub kinds: BTreeMap<u8, (u64, u64)>,
    /// Positions that were opened.
    pub opened: u64,
    pub journal: Memory,
}

impl Day {
    pub fn of_kind(&self, kind: RecordKind) -> (u64, u64) {
        self.kinds.get(&(kind as u8)).copied().unwrap_or_default()
    }
}

fn kept<S: Storage>(plan: Plan, disk: S, start: Nanos) -> Kept<S> {
    let build = move |_: &str, now| Ok(plan.runner(now));
    let opened = Kept::open(disk, RESERVE, &ConfigText::default(), &build, start);
    opened.expect("an empty disk has room").0
}

/// Lives so many minutes at brokers, with quotes of all symbols every second.
pub fn day(plan: Plan, bars: &[Bar], minutes: usize) -> anyhow::Result<Day> {
    let journal = Memory::default();
    let kept = kept(plan, Counted::new(journal.clone()), bars[0].ts_open);
    let begun = kept.journal().storage().bytes;
    let mut desk = Desk::open(plan, bars, kept);
    (1..minutes).for_each(|_| desk.minute(1));
    let opened = desk.opened;
    let mut kept = desk.steps;
    kept.sync()?;
    let bytes = kept.journal().storage().bytes - begun;
    let mut kinds: BTreeMap<u8, (u64, u64)> = BTreeMap::new();
    let mut reader = Reader::oldest(journal.clone())?;
    while let Some(record) = reader.next()? {
        let (records, bytes) = kinds.entry(record.kind).or_default();
        (*records, *bytes) = (*records + 1, *bytes + record.payload.len() as u64);
    }
    Ok(Day { bytes, kinds, opened, journal })
}

/// A journal of so many minutes of a market with public trades, on paper.
pub fn market(plan: Plan, bars: &[Bar], minutes: usize) -> anyhow::Result<Memory> {
    let journal = Memory::default();
    let mut kept = kept(plan, journal.clone(), bars[0].ts_open);
    let lots = Lots::new(7).unwrap_or(Lots::ZERO);
    let mut give = |at: Nanos, body| kept.step(at, Input::Market { ts_exch: at, body }).map(drop);
    for bar in &bars[..minutes] {
        let instruments = || (0..plan.symbols).map(InstrumentId);
        for instrument in instruments() {
            give(bar.ts_open, Body::Open { instrument, px: bar.open })?;
        }
        for n in 1..=TRADES {
            let at = bar.ts_open + Nanos::SECOND.times(n);
            for instrument in instruments() {
                let (px, taker) = (bar.close, Side::Buy);
                give(at, Body::PublicTrade { instrument, px, lots, taker })?;
            }
        }
        let close = bar.ts_open + Nanos::MINUTE;
        for instrument in instruments() {
            give(close, Body::Bar { instrument, interval: Nanos::MINUTE, bar: *bar })?;
        }
        give(close, Body::Decide)?;
    }
    kept.sync()?;
    Ok(journal)
}

/// Replays a journal; how many inputs it has, and how many a second of CPU time.
pub fn replayed(plan: Plan, journal: &Memory) -> anyhow::Result<(u64, f64)> {
    let build = move |_: &str, now| Ok(plan.runner(now));
    let mut recovered = Recovered::default();
    let begun = ProcessTime::now();
    replay(Reader::oldest(journal.clone())?, &build, &mut recovered)?;
    Ok((recovered.inputs, recovered.inputs as f64 / begun.elapsed().as_secs_f64()))
}

/// Resident memory, MB, after each of so many days, each of which begins a file of the
/// journal; 0 where the system does not say.
pub fn days(plan: Plan, bars: &[Bar], days: usize) -> anyhow::Result<Vec<f64>> {
    let kept = kept(plan, Counted::new(Memory::default()), bars[0].ts_open);
    let mut desk = Desk::open(plan, bars, kept);
    let mut resident = Vec::new();
    for _ in 0..days {
        let before = desk.opened;
        (0..MINUTES).for_each(|_| desk.minute(10));
        ensure!(desk.opened > before, "a day without a trade");
        resident.push(crate::support::resident_mb().unwrap_or(0.0));
    }
    ensure!(desk.steps.runner().accounts().len() == usize::from(plan.accounts), "all are there");
    Ok(resident)
}
