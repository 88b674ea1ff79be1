//! A day of a runner in a world of faults, from one seed, on one thread, in milliseconds.
//!
//! The runner and its journal are the ones of production; clock, disk, network and brokers
//! are simulated. Brokers lose requests and replies, answer late, twice or not at all,
//! execute after they were given up, refuse, forget brackets and end sessions; the disk
//! fills; the program ends at any operation of its disk and starts again from its journal;
//! the clock is set; somebody trades by hand or pays money in; operators act, and other
//! programs give signals. The exchange keeps the truth of what was
//! carried out, and what the runner believes is held against it.
//!
//! The same seed gives the same trace.

mod ending;
mod faults;
mod judgement;
mod market;
mod options;
mod people;
mod planned;
mod recorded;
mod session;
mod setup;
mod trace;
mod translate;
mod venue;
mod verdict;
mod watch;
mod witness;
mod world;

pub use faults::FaultRates;
pub use options::Options;
pub use session::{SessionFault, SessionPlan, WayOfWrite, session};
pub use verdict::{Report, Sent, Violation};
pub use witness::{Day, TrueClose, TrueHolding, Witness};

/// Lives through it and says what was not as it should be.
#[must_use]
pub fn simulate(options: Options) -> Report {
    world::World::new(options).live()
}

/// Lives through it while somebody looks on.
#[must_use]
pub fn simulate_before(options: Options, witness: Box<dyn Witness>) -> Report {
    let mut world = world::World::new(options);
    world.witness = Some(witness);
    world.live()
}

/// The runner of a simulated day before anything happened.
#[must_use]
pub fn runner(options: Options) -> crate::runner::Runner {
    setup::runner(options)
}
