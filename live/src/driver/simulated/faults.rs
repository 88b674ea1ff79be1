//! What goes wrong in a simulation, and how often. Every draw comes from one seed.

use rand::{RngExt, SeedableRng};
use rand_pcg::Pcg64;
use tickstep_core::units::Nanos;

/// How often each thing goes wrong, in thousandths of the occasions for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FaultRates {
    /// A write is carried out and its reply is lost.
    pub lost_reply: u32,
    /// A write is lost before it is carried out.
    pub lost_request: u32,
    /// A write whose reply is lost is carried out later.
    pub late: u32,
    /// A write is refused by the broker for no reason of ours.
    pub refused: u32,
    /// A read fails.
    pub read_failed: u32,
    /// A reply comes after it is awaited no more.
    pub slow_reply: u32,
    /// A reply comes twice.
    pub twice: u32,
    /// A session ends before its time, at each request.
    pub session_lost: u32,
    /// The broker says that it had too many requests.
    pub too_many: u32,
    /// The program ends, at each operation of the journal's disk.
    pub crash: u32,
    /// The clock is set, at each bar.
    pub clock_set: u32,
    /// The disk fills up or is freed, at each bar.
    pub disk: u32,
    /// A bracket is removed at the broker, at each bar.
    pub bracket_lost: u32,
    /// Somebody trades by hand, at each bar.
    pub by_hand: u32,
    /// A host is down for a while, at each bar; it may come back without its sessions, and
    /// give numbers that it gave before.
    pub outage: u32,
    /// An entry is filled in part.
    pub partial: u32,
    /// Money is paid in or out, at each bar.
    pub paid: u32,
    /// An operator acts, at each bar.
    pub operator: u32,
    /// Another program gives a signal, at each bar.
    pub outside: u32,
}

impl FaultRates {
    /// Nothing goes wrong.
    pub const NONE: Self = Self {
        lost_reply: 0,
        lost_request: 0,
        late: 0,
        refused: 0,
        read_failed: 0,
        slow_reply: 0,
        twice: 0,
        session_lost: 0,
        too_many: 0,
        crash: 0,
        clock_set: 0,
        disk: 0,
        bracket_lost: 0,
        by_hand: 0,
        outage: 0,
        partial: 0,
        paid: 0,
        operator: 0,
        outside: 0,
    };

    /// Everything goes wrong, more or less often, as the seed says.
    #[must_use]
    pub fn drawn(seed: u64) -> Self {
        let mut draw = Draw::new(seed ^ 0x5EED_FA17);
        let mut rate =
            |most: u32| if draw.one_in(3) { 0 } else { draw.below(u64::from(most)) as u32 };
        Self {
            lost_reply: rate(150),
            lost_request: rate(100),
            late: rate(60),
            refused: rate(100),
            read_failed: rate(150),
            slow_reply: rate(60),
            twice: rate(60),
            session_lost: rate(20),
            too_many: rate(20),
            crash: rate(8),
            clock_set: rate(60),
            disk: rate(60),
            bracket_lost: rate(60),
            by_hand: rate(80),
            outage: rate(30),
            partial: rate(150),
            paid: rate(60),
            operator: rate(250),
            outside: rate(200),
        }
    }
}

/// Draws of a simulation.
#[derive(Debug)]
pub(super) struct Draw(Pcg64);

impl Draw {
    pub(super) fn new(seed: u64) -> Self {
        Self(Pcg64::seed_from_u64(seed))
    }

    /// A number below `most`; 0 where that is 0.
    pub(super) fn below(&mut self, most: u64) -> u64 {
        if most == 0 { 0 } else { self.0.random_range(0..most) }
    }

    pub(super) fn one_in(&mut self, n: u64) -> bool {
        self.below(n) == 0
    }

    /// Whether something happens that happens in so many of a thousand cases.
    pub(super) fn happens(&mut self, thousandths: u32) -> bool {
        self.below(1000) < u64::from(thousandths)
    }

    /// A time between these.
    pub(super) fn time(&mut self, from_ms: i64, to_ms: i64) -> Nanos {
        let span = (to_ms - from_ms).max(1) as u64;
        let ns = from_ms * 1_000_000 + (self.below(span * 1000) as i64) * 1000;
        Nanos(ns)
    }
}
