//! When a simulated day ends: when all that happened had the time to be read.

use tickstep_core::units::Nanos;

use super::world::World;

/// Every list of an account is read twice in this time, once nothing is under way.
const TWICE_READ: Nanos = Nanos(120_000_000_000);

impl World {
    /// When the day ends: some time after the faults, and two intervals of reconciliation
    /// after the last time that a session was renewed, since when lists are read anew, and
    /// that the market did something to an order or a position.
    fn ends_at(&self) -> Nanos {
        let moved = self.venue.moved().map_or(Nanos(0), |at| at + TWICE_READ);
        self.options.planned_end().max(self.renewed + TWICE_READ).max(moved)
    }

    /// When the next thing happens, if the day lasts so long.
    pub(super) fn next(&mut self) -> Option<Nanos> {
        let planned = self.queue.keys().next().map(|(at, _)| *at);
        let wake = self.kept.as_ref().and_then(|kept| kept.runner().next_wake());
        // A time of the program's own clock, in true time.
        let wake = wake.map(|at| (at - self.ahead).max(self.now + Nanos(1)));
        let next = planned.into_iter().chain(wake).min()?;
        if next > self.ends_at() {
            // What the market has done meanwhile, nobody has asked for yet.
            self.venue.settle(self.now);
        }
        (next <= self.ends_at()).then_some(next)
    }
}
