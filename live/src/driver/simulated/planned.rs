//! What is going to happen in a simulation.

use tickstep_core::units::Nanos;

use super::venue::Arrival;
use crate::broker::Reply;
use crate::intent::RequestId;
use crate::runner::Send;

/// Something that is going to happen.
#[derive(Debug)]
pub(super) enum Planned {
    /// A bar closes.
    Bar(usize),
    /// A request reaches its broker.
    Arrives(u64, Send, Arrival),
    /// A reply reaches the program that asked for it.
    Answers(u64, RequestId, Reply, Nanos),
    /// The program is started again.
    Starts,
}
