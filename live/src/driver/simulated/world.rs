//! The world of a simulation: time, disk, network, brokers and people.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use tickstep_core::event::Body;
use tickstep_core::instrument::InstrumentId;
use tickstep_core::units::Nanos;
use tickstep_journal::{Memory, Mishap, ReadError};

use super::faults::{Draw, FaultRates};
use super::options::{Options, START};
use super::planned::Planned;
use super::recorded::recorded_writes;
use super::setup::{build, unchanged};
use super::trace::Trace;
use super::venue::Venue;
use super::verdict::{Report, Sent, Violation};
use super::watch::{Watch, is_late};
use super::witness::Witness;
use crate::broker::Call;
use crate::driver::{Kept, KeptError, Reconfigure, Recovered};
use crate::record::ConfigText;
use crate::runner::{Effects, Happening, Input, OutsideSignal, Send};

/// How late a bar comes that the day was prolonged by.
const LATE: Nanos = Nanos(20_000_000);
/// What is only read becomes durable after so long.
const SYNC: Nanos = Nanos(1_000_000_000);
/// What the journal keeps in reserve.
const RESERVE: u64 = 4096;

pub(super) struct World {
    pub(super) options: Options,
    /// Draws of the market, of people and of the disk.
    pub(super) draw: Draw,
    /// Draws of the program's ends.
    ends: Draw,
    /// Draws of each account's way to the broker, so that one moves no other's.
    ways: Vec<Draw>,
    /// Draws of how slow an account is.
    slowness: Draw,
    pub(super) rates: FaultRates,
    /// True time, which is the broker's.
    pub(super) now: Nanos,
    /// How far our clock is ahead of it.
    pub(super) ahead: Nanos,
    last_stamp: Nanos,
    last_sync: Nanos,
    bars: Vec<tickstep_core::event::Bar>,
    pub(super) queue: BTreeMap<(Nanos, u64), Planned>,
    planned: u64,
    /// When a session was last asked for, or for longer.
    pub(super) renewed: Nanos,
    pub(super) venue: Venue,
    pub(super) disk: Memory,
    pub(super) kept: Option<Kept<Memory>>,
    /// Which run of the program it is; replies to an earlier one reach nobody.
    epoch: u64,
    pub(super) watch: Watch,
    hash: Trace,
    pub(super) report: Report,
    /// What people will ask again, because the program ended before it answered.
    pub(super) unanswered: Vec<Input>,
    /// Acts that were answered, some of which are given once more.
    pub(super) acts: Vec<Input>,
    /// Signals from outside, some of which are given once more.
    pub(super) given: Vec<OutsideSignal>,
    /// Intents of writes that were recorded in files of the journal that may be gone.
    pub(super) recorded: BTreeSet<u64>,
    /// Whoever looks on.
    pub(super) witness: Option<Box<dyn Witness>>,
}

impl World {
    pub(super) fn new(options: Options) -> Self {
        let bars = super::market::bars();
        let mut world = Self {
            draw: Draw::new(options.seed),
            ends: Draw::new(options.seed ^ 0x0E5D_0E5D),
            ways: (0..u64::from(options.accounts))
                .map(|account| Draw::new(options.seed ^ (0xAA00_0000 + account)))
                .collect(),
            slowness: Draw::new(options.seed ^ 0x510_0510),
            rates: options.rates,
            now: START,
            ahead: Nanos(0),
            last_stamp: START,
            last_sync: START,
            queue: BTreeMap::new(),
            planned: 0,
            renewed: START,
            venue: Venue::new(options, &bars),
            bars,
            disk: Memory::default(),
            kept: None,
            epoch: 0,
            watch: Watch::default(),
            hash: Trace::default(),
            report: Report::default(),
            unanswered: Vec::new(),
            acts: Vec::new(),
            given: Vec::new(),
            recorded: BTreeSet::new(),
            witness: None,
            options,
        };
        world.ahead = world.draw.time(-1500, 1500);
        world.plan(START, Planned::Starts);
        for bar in 0..options.planned_bars().min(world.bars.len()) {
            let close = world.bars[bar].ts_open + Nanos::MINUTE;
            let late = world.draw.time(20, 900);
            world.plan(close + late, Planned::Bar(bar));
        }
        world
    }

    fn plan(&mut self, at: Nanos, what: Planned) {
        self.planned += 1;
        self.queue.insert((at.max(self.now), self.planned), what);
    }

    pub(super) fn live(mut self) -> Report {
        let quiet = START + Nanos::MINUTE.times(i64::from(self.options.bars));
        let mut steps = 0_u32;
        while let Some(next) = self.next() {
            self.now = self.now.max(next);
            if self.now >= quiet && self.rates != FaultRates::NONE {
                self.rates = FaultRates::NONE;
                self.disk.set_capacity(None);
                self.venue.calm();
                self.all_in();
            }
            steps += 1;
            if steps > 400_000 {
                self.report.violations.insert(Violation::Stuck(format!("{steps} steps")));
                break;
            }
            match self.queue.first_entry().filter(|e| e.key().0 <= self.now) {
                Some(due) => {
                    let what = due.remove();
                    self.happen(what);
                }
                None => drop(self.give(Input::Wake)),
            }
        }
        self.judge();
        self.report.trace = self.hash.number();
        self.report
    }

    pub(super) fn stamp(&mut self) -> Nanos {
        self.last_stamp = self.last_stamp.max(self.now + self.ahead);
        self.last_stamp
    }

    fn happen(&mut self, what: Planned) {
        match what {
            Planned::Starts => self.start(),
            Planned::Bar(at) => self.bar(at),
            Planned::Arrives(epoch, send, arrival) => {
                let way = &mut self.ways[send.account.index()];
                let replies = self.venue.arrive(self.now, &send, arrival, way);
                for (wait, reply) in replies {
                    let written = self.now;
                    let mut at = self.now + wait;
                    if self.options.slow == Some(send.account) {
                        at = at + self.slowness.time(0, 30_000);
                    }
                    self.plan(at, Planned::Answers(epoch, send.request, reply, written));
                }
            }
            Planned::Answers(epoch, request, reply, written) => {
                if epoch == self.epoch && self.kept.is_some() {
                    // The broker's time, cut to a second as HTTP's date is.
                    let second = Nanos::SECOND.0;
                    let venue_time = Some(Nanos(written.0.div_euclid(second) * second));
                    self.watch.hears(request, &reply);
                    let _ = self.give(Input::Reply { request, reply, venue_time });
                }
            }
        }
    }

    fn bar(&mut self, at: usize) {
        self.mischief();
        let bar = self.bars[at];
        let close = bar.ts_open + Nanos::MINUTE;
        let instrument = InstrumentId(0);
        let body = Body::Bar { instrument, interval: Nanos::MINUTE, bar };
        let _ = self.give(Input::Market { ts_exch: close, body });
        let _ = self.give(Input::Market { ts_exch: close, body: Body::Decide });
        self.people();
        let next = at + 1;
        if next >= self.options.planned_bars() && next < self.bars.len() {
            // The market goes on for as long as the day does.
            self.plan(close + Nanos::MINUTE + LATE, Planned::Bar(next));
        }
        if self.draw.one_in(6) {
            self.rotate();
        }
        if self.options.rebuilds && at % 5 == 4 {
            self.rebuild();
        }
    }

    /// The same configuration is put in force anew.
    fn rebuild(&mut self) {
        let stamp = self.stamp();
        let Some(kept) = &mut self.kept else { return };
        match kept.reconfigure(stamp, unchanged(), &build(self.options)) {
            Ok(_) => {}
            Err(Reconfigure::Journal(error)) => self.stopped(&error),
            Err(error @ (Reconfigure::Busy | Reconfigure::Refused(_))) => {
                self.report.violations.insert(Violation::Stuck(error.to_string()));
            }
        }
    }

    /// The journal begins a new file, and the oldest goes now and then.
    fn rotate(&mut self) {
        let stamp = self.stamp();
        let Some(kept) = &mut self.kept else { return };
        let rotated = kept.rotate(stamp).and_then(|rotated| {
            let newest = kept.journal().file().map_or(0, |file| file.number);
            // Whoever looks on reads all of it at the end.
            if rotated && newest % 3 == 0 && self.witness.is_none() {
                self.recorded.extend(recorded_writes(&self.disk));
                kept.remove_all_but(2, None)?;
            }
            Ok(())
        });
        if let Err(error) = rotated {
            self.stopped(&error);
        }
    }

    /// What happens beside the program.
    fn mischief(&mut self) {
        let rates = self.rates;
        if self.draw.happens(rates.disk) {
            let full = self.draw.one_in(2);
            let capacity = full.then(|| self.disk.operations().max(1));
            self.disk.set_capacity(capacity);
        }
        self.venue.mischief(self.now, rates, &mut self.draw);
    }

    /// Hands the program an input, and performs what it wants done; what it published, or
    /// `None` where it ended instead.
    pub(super) fn give(&mut self, input: Input) -> Option<Vec<Happening>> {
        let stamp = self.stamp();
        if self.ends.happens(self.rates.crash) {
            let operation = self.disk.operations() + self.ends.below(3);
            self.disk.plan(operation, Mishap::Halt);
        }
        let kept = self.kept.as_mut()?;
        self.report.inputs += 1;
        let effects = match kept.step(stamp, input) {
            Ok(effects) => core::mem::take(effects),
            Err(error) => {
                self.stopped(&error);
                return None;
            }
        };
        let synced = if stamp - self.last_sync >= SYNC { kept.sync() } else { Ok(()) };
        if let Err(error) = synced {
            self.stopped(&error);
            return None;
        }
        self.last_sync = if stamp - self.last_sync >= SYNC { stamp } else { self.last_sync };
        if let Some(witness) = &mut self.witness {
            witness.stepped(kept.stepped(), &effects.happenings, kept.runner());
            if kept.journal().waiting() == 0 {
                witness.durable(kept.journal().next_number().saturating_sub(1));
            }
        }
        let Effects { sends, happenings, .. } = effects;
        let written = write!(self.hash, "{stamp:?} {sends:?} {happenings:?}");
        debug_assert!(written.is_ok(), "a hash takes everything");
        for happening in &happenings {
            self.report.violations.extend(self.watch.see(happening));
            self.report.violations.extend(self.venue.entered(happening, self.options.rates));
            self.report.late += u64::from(is_late(happening));
        }
        // It may end between two sends.
        let all = sends.len();
        let ends = self.ends.happens(self.rates.crash).then(|| self.ends.below(all as u64 + 1));
        for send in sends.into_iter().take(ends.map_or(all, |n| n as usize)) {
            self.travel(send);
        }
        if ends.is_some() {
            self.end();
        }
        Some(happenings)
    }

    /// A request is on its way.
    fn travel(&mut self, send: Send) {
        let broken = self.watch.sends(self.now, &send, self.options.per_minute);
        self.report.violations.extend(broken);
        self.report.writes += u64::from(matches!(send.call, Call::Write(..)));
        if matches!(send.call, Call::LogIn | Call::Refresh) {
            self.renewed = self.now;
        }
        // How long a day goes on is not the same where an account is slow.
        if self.options.lists_sends && self.now <= self.options.planned_end() {
            let what = match &send.call {
                Call::Write(_, write) => format!("{write:?}"),
                other => format!("{other:?}"),
            };
            self.report.sends.push(Sent { at: self.now, account: send.account, what });
        }
        let way = &mut self.ways[send.account.index()];
        let arrival = self.venue.fate(self.now, &send, self.rates, way);
        self.report.lost += u64::from(arrival.loses_write(&send));
        let at = self.now + way.time(5, 150);
        self.plan(at, Planned::Arrives(self.epoch, send, arrival));
    }

    /// The journal cannot go on, so neither can the program.
    fn stopped(&mut self, error: &KeptError) {
        match error {
            // The disk halts a program while it starts, too.
            KeptError::Write(_) | KeptError::Read(ReadError::Storage(_)) => self.end(),
            KeptError::Read(_)
            | KeptError::Record { .. }
            | KeptError::Kind { .. }
            | KeptError::Snapshot { .. }
            | KeptError::Config { .. }
            | KeptError::Build(_)
            | KeptError::NoSnapshot { .. }
            | KeptError::Differs { .. } => {
                self.report.violations.insert(Violation::Replay(error.to_string()));
                self.end();
            }
        }
    }

    /// The program ends, and starts again after a while.
    fn end(&mut self) {
        self.kept = None;
        self.epoch += 1;
        self.report.restarts += 1;
        let draw = &mut self.ends;
        self.disk.crash(|below| draw.below(below));
        // A disk that is full would stop it from starting, which somebody looks after.
        self.disk.set_capacity(None);
        if self.ends.happens(self.rates.clock_set) {
            self.ahead = self.ends.time(-40_000, 40_000);
        }
        let later = self.now + self.ends.time(100, 30_000);
        self.plan(later, Planned::Starts);
    }

    fn start(&mut self) {
        if self.kept.is_some() {
            return;
        }
        match self.open() {
            Ok((kept, recovered)) => {
                let last = recovered.last.unwrap_or(START);
                // Our clock goes on from the last time that was written down.
                self.ahead = self.ahead.max(last - self.now);
                self.last_stamp = last;
                if let Some(witness) = &mut self.witness {
                    witness.started(kept.journal().next_number(), kept.runner());
                }
                self.kept = Some(kept);
                self.watch.restarted();
                let first = if recovered.found { Input::Restarted } else { Input::Wake };
                let _ = self.give(first);
                self.ask_again();
            }
            Err(error) => self.stopped(&error),
        }
    }

    fn open(&mut self) -> Result<(Kept<Memory>, Recovered), KeptError> {
        let stamp = self.stamp();
        let build = build(self.options);
        Kept::open(self.disk.clone(), RESERVE, &ConfigText::default(), &build, stamp)
    }
}
