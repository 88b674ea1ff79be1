//! Entries and exits that were chosen beforehand: what a program, a notebook or another
//! tool says, close by close.
//!
//! Invariants: nothing is asked of features, and what became of earlier trades changes
//! nothing. A signal at a time at which no bar of the run closes is never asked for.

use alloc::sync::Arc;
use alloc::vec::Vec;

use super::wake::{Wake, Wakes};
use super::{Entry, Exit, Exits, Moment, Phase, Proposal, Strategy};
use crate::decision::Reason;
use crate::units::{Nanos, Side};

/// What is wanted at one close.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Signal {
    /// Close of the bar at which it is decided, nanoseconds since the Unix epoch, UTC;
    /// it fills at the next open.
    pub ts: Nanos,
    /// Side of an entry; an opposite position is reversed, the same side changes nothing.
    pub enter: Option<Side>,
    /// Stop, target and hold of the entry.
    pub exits: Exits,
    /// Whether an open long position is left.
    pub leave_long: bool,
    /// Whether an open short position is left.
    pub leave_short: bool,
}

impl Signal {
    /// An entry that is left by these exits, or by a later signal.
    #[must_use]
    pub const fn enter(ts: Nanos, side: Side, exits: Exits) -> Self {
        Self { ts, enter: Some(side), exits, leave_long: false, leave_short: false }
    }

    /// The end of whatever position is open.
    #[must_use]
    pub const fn leave(ts: Nanos) -> Self {
        Self { ts, enter: None, exits: Exits::NONE, leave_long: true, leave_short: true }
    }

    const fn leaves(&self, side: Side) -> bool {
        match side {
            Side::Buy => self.leave_long,
            Side::Sell => self.leave_short,
        }
    }
}

/// Signals that no strategy can be made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ScheduleError {
    /// Times do not rise.
    #[error(
        "signal {index} is at {ts} ns, not after the one before it; sort the signals by time, \
         one for each close"
    )]
    NotRising {
        /// Number of the signal, counted from 0.
        index: usize,
        /// Its time, nanoseconds since the Unix epoch.
        ts: i64,
    },
}

/// A strategy that enters and leaves at the times it was given.
///
/// ```
/// use tickstep_core::strategy::scheduled::{Scheduled, Signal};
/// use tickstep_core::strategy::{Exits, Strategy};
/// use tickstep_core::units::{Nanos, Side};
///
/// let minute = |n| Nanos::MINUTE.times(n);
/// let held = Exits { hold: Some(minute(5)), ..Exits::NONE };
/// let signals = vec![Signal::enter(minute(3), Side::Buy, held), Signal::leave(minute(7))];
/// let strategy = Scheduled::new(signals)?;
/// assert!(!strategy.looks_at_outcomes());
/// let twice = vec![Signal::leave(minute(1)), Signal::leave(minute(1))];
/// assert!(Scheduled::new(twice).unwrap_err().to_string().starts_with("signal 1 is at"));
/// # Ok::<(), tickstep_core::strategy::scheduled::ScheduleError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Scheduled {
    signals: Arc<[Signal]>,
    entries: Arc<[Nanos]>,
    all: Arc<[Nanos]>,
    /// Exits that every entry has, where they are the same.
    exits: Option<Exits>,
}

impl Scheduled {
    /// A schedule of signals, which must be in the order of their times.
    pub fn new(signals: Vec<Signal>) -> Result<Self, ScheduleError> {
        let late = signals.windows(2).position(|pair| pair[0].ts >= pair[1].ts);
        if let Some(at) = late {
            return Err(ScheduleError::NotRising { index: at + 1, ts: signals[at + 1].ts.0 });
        }
        let entries = || signals.iter().filter(|s| s.enter.is_some());
        let shared = entries().next().map(|s| s.exits);
        Ok(Self {
            entries: entries().map(|s| s.ts).collect(),
            all: signals.iter().map(|s| s.ts).collect(),
            exits: shared.filter(|shared| entries().all(|s| s.exits == *shared)),
            signals: signals.into(),
        })
    }
}

impl Strategy for Scheduled {
    fn on_bar(&mut self, now: &Moment<'_>, out: &mut Proposal) {
        let Ok(at) = self.signals.binary_search_by_key(&now.ts, |s| s.ts) else { return };
        let signal = &self.signals[at];
        if let Some(position) = now.position
            && now.phase == Phase::Open
            && signal.leaves(position.side)
        {
            out.exit = Some(Exit::signal(Reason::default()));
        }
        out.enter = signal.enter.map(|side| Entry::new(side, signal.exits, Reason::default()));
    }

    fn wakes(&self) -> Wakes {
        let at = |times: &Arc<[Nanos]>| Wake::At(Arc::clone(times));
        Wakes { flat: at(&self.entries), open: at(&self.all) }
    }

    fn exits(&self, _now: &Moment<'_>) -> Option<Exits> {
        self.exits
    }

    fn looks_at_outcomes(&self) -> bool {
        false
    }
}
