//! The world of a simulation: time, disk, network, brokers and people.

use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash, Hasher};

use tickstep_core::event::Body;
use tickstep_core::instrument::InstrumentId;
use tickstep_core::units::Nanos;
use tickstep_journal::{Memory, Mishap, ReadError};

use super::faults::{Draw, FaultRates};
use super::market;
use super::options::{Options, START};
use super::venue::{Arrival, Venue};
use super::verdict::{Report, Violation, Watch, is_late};
use crate::broker::{Abilities, BracketStyle, Call, PositionStyle, Reply, Write};
use crate::driver::{Kept, KeptError, Recovered};
use crate::intent::RequestId;
use crate::runner::{
    AccountSetup, HostSetup, Input, OrderRules, Runner, Send, SessionTerms, Settings, VenueSetup,
};

/// Bars without faults at the end, which is more than two intervals of reconciliation.
const QUIET: u32 = 8;
/// What the journal keeps in reserve.
const RESERVE: u64 = 4096;

/// Something that is going to happen.
#[derive(Debug)]
enum Planned {
    /// A bar closes.
    Bar(usize),
    /// A request reaches its broker.
    Arrives(u64, Send, Arrival),
    /// A reply reaches the program that asked for it.
    Answers(u64, RequestId, Reply, Nanos),
    /// The program is started again.
    Starts,
}

pub(super) struct World {
    options: Options,
    draw: Draw,
    rates: FaultRates,
    /// True time, which is the broker's.
    now: Nanos,
    /// How far our clock is ahead of it.
    ahead: Nanos,
    last_stamp: Nanos,
    bars: Vec<tickstep_core::event::Bar>,
    queue: BTreeMap<(Nanos, u64), Planned>,
    planned: u64,
    venue: Venue,
    disk: Memory,
    kept: Option<Kept<Memory>>,
    /// Which run of the program it is; replies to an earlier one reach nobody.
    epoch: u64,
    watch: Watch,
    hash: DefaultHasher,
    report: Report,
}

impl World {
    pub(super) fn new(options: Options) -> Self {
        let bars = market::bars();
        let mut world = Self {
            draw: Draw::new(options.seed),
            rates: options.rates,
            now: START,
            ahead: Nanos(0),
            last_stamp: START,
            queue: BTreeMap::new(),
            planned: 0,
            venue: Venue::new(options, &bars),
            bars,
            disk: Memory::default(),
            kept: None,
            epoch: 0,
            watch: Watch::default(),
            hash: DefaultHasher::new(),
            report: Report::default(),
            options,
        };
        world.ahead = world.draw.time(-1500, 1500);
        world.plan(START, Planned::Starts);
        let bars = (options.bars + QUIET) as usize;
        for bar in 0..bars.min(world.bars.len()) {
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
        let end = START + Nanos::MINUTE.times(i64::from(self.options.bars + QUIET));
        let mut steps = 0_u32;
        loop {
            let planned = self.queue.keys().next().map(|(at, _)| *at);
            let wake = self.kept.as_ref().and_then(|kept| kept.runner().next_wake());
            // A time of the program's own clock, in true time.
            let wake = wake.map(|at| (at - self.ahead).max(self.now + Nanos(1)));
            let next = planned.into_iter().chain(wake).min();
            let Some(next) = next.filter(|at| *at <= end) else { break };
            self.now = self.now.max(next);
            if self.now >= quiet && self.rates != FaultRates::NONE {
                self.rates = FaultRates::NONE;
                self.disk.set_capacity(None);
                self.venue.calm();
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
                None => self.give(Input::Wake),
            }
        }
        self.judge();
        self.report.trace = self.hash.finish();
        self.report
    }

    fn stamp(&mut self) -> Nanos {
        self.last_stamp = self.last_stamp.max(self.now + self.ahead);
        self.last_stamp
    }

    fn happen(&mut self, what: Planned) {
        match what {
            Planned::Starts => self.start(),
            Planned::Bar(at) => self.bar(at),
            Planned::Arrives(epoch, send, arrival) => {
                let replies = self.venue.arrive(self.now, &send, arrival, &mut self.draw);
                for (wait, reply) in replies {
                    let written = self.now;
                    let at = self.now + wait;
                    self.plan(at, Planned::Answers(epoch, send.request, reply, written));
                }
            }
            Planned::Answers(epoch, request, reply, written) => {
                if epoch == self.epoch && self.kept.is_some() {
                    // The broker's time, cut to a second as HTTP's date is.
                    let second = Nanos::SECOND.0;
                    let venue_time = Some(Nanos(written.0.div_euclid(second) * second));
                    self.give(Input::Reply { request, reply, venue_time });
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
        self.give(Input::Market { ts_exch: close, body });
        self.give(Input::Market { ts_exch: close, body: Body::Decide });
        if self.draw.one_in(6) {
            self.rotate();
        }
    }

    /// The journal begins a new file, and the oldest goes now and then.
    fn rotate(&mut self) {
        let stamp = self.stamp();
        let Some(kept) = &mut self.kept else { return };
        if let Err(error) = kept.rotate(stamp) {
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

    /// Hands the program an input, and performs what it wants done.
    fn give(&mut self, input: Input) {
        let stamp = self.stamp();
        if self.draw.happens(self.rates.crash) {
            let operation = self.disk.operations() + self.draw.below(3);
            self.disk.plan(operation, Mishap::Halt);
        }
        let Some(kept) = &mut self.kept else { return };
        self.report.inputs += 1;
        let effects = match kept.step(stamp, input) {
            Ok(effects) => effects,
            Err(error) => return self.stopped(&error),
        };
        let sends: Vec<Send> = effects.sends.drain(..).collect();
        let happenings = core::mem::take(&mut effects.happenings);
        format!("{stamp:?} {sends:?} {happenings:?}").hash(&mut self.hash);
        for happening in &happenings {
            self.report.violations.extend(self.watch.see(happening));
            self.report.late += u64::from(is_late(happening));
        }
        // It may end between two sends.
        let all = sends.len();
        let ends = self.draw.happens(self.rates.crash).then(|| self.draw.below(all as u64 + 1));
        for send in sends.into_iter().take(ends.map_or(all, |n| n as usize)) {
            self.travel(send);
        }
        if ends.is_some() {
            self.end();
        }
    }

    /// A request is on its way.
    fn travel(&mut self, send: Send) {
        if let Call::Write(ticket, write) = &send.call {
            self.report.writes += 1;
            if matches!(write, Write::Open { .. }) {
                let broken = self.watch.opens(send.account, ticket.intent());
                self.report.violations.extend(broken);
            }
        }
        let arrival = self.venue.fate(self.now, &send, self.rates, &mut self.draw);
        self.report.lost += u64::from(arrival.loses_write(&send));
        let at = self.now + self.draw.time(5, 150);
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
        let draw = &mut self.draw;
        self.disk.crash(|below| draw.below(below));
        // A disk that is full would stop it from starting, which somebody looks after.
        self.disk.set_capacity(None);
        if self.draw.happens(self.rates.clock_set) {
            self.ahead = self.draw.time(-40_000, 40_000);
        }
        let later = self.now + self.draw.time(100, 30_000);
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
                self.kept = Some(kept);
                self.watch.restarted();
                if recovered.inputs > 0 {
                    self.give(Input::Restarted);
                } else {
                    self.give(Input::Wake);
                }
            }
            Err(error) => self.stopped(&error),
        }
    }

    fn open(&mut self) -> Result<(Kept<Memory>, Recovered), KeptError> {
        let stamp = self.stamp();
        Kept::open(self.disk.clone(), RESERVE, self.runner(), stamp)
    }

    /// A runner as the configuration has it.
    fn runner(&self) -> Runner {
        let Options { seed, accounts, bars, .. } = self.options;
        let setup = |account| AccountSetup {
            name: format!("account {account}"),
            engine: market::engine(seed, bars, account),
            venue: VenueSetup::Broker {
                host: 0,
                abilities: Abilities {
                    bracket: BracketStyle::Attached,
                    positions: PositionStyle::Hedging,
                    idempotent: false,
                    names_intents: false,
                },
                symbols: vec![Some(market::SYMBOL.to_owned())],
                rules: OrderRules { oldest: Some(Nanos::SECOND.times(5)), ..OrderRules::default() },
                log_in: true,
            },
        };
        let host = HostSetup { per_minute: 450, sessions: SessionTerms::default() };
        Runner::new(START, Settings::default(), &[host], (0..accounts).map(setup).collect())
            .expect("the setup is sound")
    }

    /// Holds what the runner believes against the truth, at the quiet end.
    fn judge(&mut self) {
        self.venue.settle(self.now);
        let Some(kept) = &self.kept else {
            self.report.violations.insert(Violation::Stuck("it is not running".to_owned()));
            return;
        };
        let found = self.venue.judge(kept.runner(), self.options.accounts);
        self.report.violations.extend(found);
        self.report.opened = self.venue.opened();
        let mut again = self.runner();
        let mut recovered = Recovered::default();
        let reader = tickstep_journal::Reader::latest(self.disk.copy());
        let replayed = reader
            .map_err(KeptError::from)
            .and_then(|reader| crate::driver::replay(reader, &mut again, &mut recovered));
        if let Err(error) = replayed {
            self.report.violations.insert(Violation::Replay(error.to_string()));
        }
        let journalled = self.venue.journalled(&self.disk);
        self.report.violations.extend(journalled);
    }
}
