//! What was not as it should be.

use std::collections::BTreeSet;

use tickstep_core::session::AccountId;
use tickstep_core::units::Nanos;

/// Something that must not happen. The numbers are those of the invariants that the
/// simulation checks.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Violation {
    /// 1: a write was carried out that no durable record tells of.
    NotDurable(u64),
    /// 2: the broker carried a write out more than once.
    Duplicate(u64),
    /// 3: an order ended as rejected that no answer said was refused.
    RejectedUnheard(u64),
    /// 4: an order moved on after it had ended.
    Reopened(u64),
    /// 5: more of a position was closed than had been opened.
    Fills(u16, String),
    /// 6: at the quiet end the broker holds a position of ours that the runner does not know.
    Forgotten(u16, String),
    /// 6: at the quiet end the runner knows a position that the broker does not hold.
    Imagined(u16, String),
    /// 6: at the quiet end a position has no bracket, or not its own.
    Unbracketed(u16, String),
    /// 6: at the quiet end a position and its engine differ in size.
    Size(u16, String),
    /// 6: at the quiet end the engine's money is not the broker's.
    Money(u16, String),
    /// 6: at the quiet end what was taken for paid in is not what was.
    Paid(u16, String),
    /// 6: at the quiet end something is still under way.
    NotSettled(u16, String),
    /// 6: a position was entered at another time than the broker opened it.
    EntryTime(u16, Nanos),
    /// 6: nothing was wrong, and a position was held longer than it may be.
    HeldTooLong(u16, Nanos),
    /// 7: risk was taken on an account of which something was unknown.
    RiskWhileUnknown(u16, u64),
    /// 8: a position was to be opened on an account that had been stopped.
    AfterStop(u16, u64),
    /// 8: at the quiet end an account holds a position although it was killed.
    NotFlat(u16),
    /// 9: more positions were open or on their way than the account may have.
    TooManyPositions(u16, usize),
    /// 9: a limit of requests was exceeded.
    TooManyRequests(usize),
    /// 10: the journal does not replay to what was done.
    Replay(String),
    /// A signal from outside, or an operator's act, was taken twice.
    TakenTwice(String),
    /// The runner did not come back.
    Stuck(String),
}

/// What came of a simulation.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// A number that is the same where the trace is.
    pub trace: u64,
    /// Inputs that the runner was handed.
    pub inputs: u64,
    /// Writes that were sent.
    pub writes: u64,
    /// Positions that were opened at the broker for the runner.
    pub opened: u64,
    /// Replies to writes that were lost.
    pub lost: u64,
    /// Executions after the runner had given them up.
    pub late: u64,
    /// Restarts.
    pub restarts: u64,
    /// Acts of an operator and signals from outside.
    pub acts: u64,
    /// Every request that was sent, where that was asked for.
    pub sends: Vec<Sent>,
    /// What was not as it should be.
    pub violations: BTreeSet<Violation>,
}

/// A request that was sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sent {
    /// When.
    pub at: Nanos,
    /// The account.
    pub account: AccountId,
    /// What was asked, without the runner's own numbers.
    pub what: String,
}
