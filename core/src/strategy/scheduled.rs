//! Entries and exits that were chosen beforehand: what a program, a notebook or another
//! tool says, close by close.
//!
//! Invariants: nothing is asked of features, and what became of earlier trades changes
//! nothing. A signal at a time at which no bar of the run closes is never asked for.

use alloc::sync::Arc;
use alloc::vec::Vec;

use super::wake::{Wake, Wakes};
use super::{Distance, Entry, Exit, Exits, Moment, Phase, Proposal, Strategy};
use crate::decision::Reason;
pub use crate::signal::Signal;
use crate::units::{Nanos, Side};

/// Signals as columns, a row for each close: what a table or an array program has. A
/// column without values has none in any row; the others are as long as `ts`.
#[derive(Clone, Copy, Debug, Default)]
pub struct SignalColumns<'a> {
    /// Closes, rising, nanoseconds since the Unix epoch, UTC.
    pub ts: &'a [Nanos],
    /// Where a long position is entered.
    pub enter_long: &'a [bool],
    /// Where a short position is entered; not in a row that enters long.
    pub enter_short: &'a [bool],
    /// Where an open long position is left.
    pub leave_long: &'a [bool],
    /// Where an open short position is left.
    pub leave_short: &'a [bool],
    /// Distance of the stop of an entry in this row.
    pub stop: &'a [Option<Distance>],
    /// Distance of the target of an entry in this row.
    pub target: &'a [Option<Distance>],
    /// Longest time that a position entered in this row is held.
    pub hold: &'a [Option<Nanos>],
}

impl SignalColumns<'_> {
    fn check(&self) -> Result<(), ScheduleError> {
        let expected = self.ts.len();
        let lengths = [
            ("enter_long", self.enter_long.len()),
            ("enter_short", self.enter_short.len()),
            ("leave_long", self.leave_long.len()),
            ("leave_short", self.leave_short.len()),
            ("stop", self.stop.len()),
            ("target", self.target.len()),
            ("hold", self.hold.len()),
        ];
        match lengths.into_iter().find(|(_, found)| *found != 0 && *found != expected) {
            Some((column, found)) => Err(ScheduleError::Length { column, expected, found }),
            None => Ok(()),
        }
    }

    /// The signal of a row; `None` where the row says nothing.
    fn signal(&self, row: usize) -> Result<Option<Signal>, ScheduleError> {
        let is = |column: &[bool]| column.get(row).copied().unwrap_or(false);
        let ts = self.ts[row];
        let enter = match (is(self.enter_long), is(self.enter_short)) {
            (true, true) => return Err(ScheduleError::BothSides { index: row, ts: ts.0 }),
            (true, false) => Some(Side::Buy),
            (false, true) => Some(Side::Sell),
            (false, false) => None,
        };
        let exits = enter.map_or(Exits::NONE, |_| Exits {
            stop: self.stop.get(row).copied().flatten(),
            target: self.target.get(row).copied().flatten(),
            hold: self.hold.get(row).copied().flatten(),
        });
        let (leave_long, leave_short) = (is(self.leave_long), is(self.leave_short));
        let says = enter.is_some() || leave_long || leave_short;
        Ok(says.then_some(Signal { ts, enter, exits, leave_long, leave_short }))
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
    /// A row enters long and short at once.
    #[error("row {index}, at {ts} ns, enters long and short; an entry has one side")]
    BothSides {
        /// Number of the row, counted from 0.
        index: usize,
        /// Its time, nanoseconds since the Unix epoch.
        ts: i64,
    },
    /// A column is neither empty nor as long as the times.
    #[error(
        "column {column} has {found} values and there are {expected} times; give one for each, or none"
    )]
    Length {
        /// The column's name.
        column: &'static str,
        /// How many times there are.
        expected: usize,
        /// How many values it has.
        found: usize,
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

    /// A schedule of signals given as columns.
    ///
    /// ```
    /// use tickstep_core::strategy::Distance;
    /// use tickstep_core::strategy::scheduled::{Scheduled, SignalColumns};
    /// use tickstep_core::units::{Fraction, Nanos};
    ///
    /// let ts = [1, 2, 3].map(|n| Nanos::MINUTE.times(n));
    /// let half = Some(Distance::Fraction(Fraction::lit(5, 3)));
    /// let columns = SignalColumns {
    ///     ts: &ts,
    ///     enter_long: &[true, false, false],
    ///     leave_long: &[false, false, true],
    ///     stop: &[half, None, None],
    ///     ..SignalColumns::default()
    /// };
    /// assert!(Scheduled::from_columns(&columns).is_ok());
    /// let short = SignalColumns { leave_long: &[true], ..columns };
    /// let error = Scheduled::from_columns(&short).unwrap_err().to_string();
    /// assert!(error.starts_with("column leave_long has 1 values and there are 3 times"));
    /// ```
    pub fn from_columns(columns: &SignalColumns<'_>) -> Result<Self, ScheduleError> {
        columns.check()?;
        let rows = (0..columns.ts.len()).filter_map(|row| columns.signal(row).transpose());
        Self::new(rows.collect::<Result<_, _>>()?)
    }
}

/// What a signal comes to in a slot that holds a position on `held`, or none.
pub fn propose(signal: &Signal, held: Option<Side>, phase: Phase, out: &mut Proposal) {
    if phase == Phase::Open && held.is_some_and(|side| signal.leaves(side)) {
        out.exit = Some(Exit::signal(Reason::default()));
    }
    out.enter = signal.enter.map(|side| Entry::new(side, signal.exits, Reason::default()));
}

impl Strategy for Scheduled {
    fn on_bar(&mut self, now: &Moment<'_>, out: &mut Proposal) {
        let Ok(at) = self.signals.binary_search_by_key(&now.ts, |s| s.ts) else { return };
        propose(&self.signals[at], now.position.map(|p| p.side), now.phase, out);
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
