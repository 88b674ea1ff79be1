//! How a book has changed within a window of time.

use alloc::collections::VecDeque;

use super::Imbalance;
use crate::units::Nanos;

/// A book now and one window before. All comparisons are on whole numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shift {
    /// The imbalance one window before.
    pub before: Imbalance,
    /// The imbalance now.
    pub now: Imbalance,
}

impl Shift {
    /// Imbalance now less imbalance before, -1..1.
    #[must_use]
    pub fn imbalance_change(&self) -> f64 {
        let (change, scale) = self.exact_change();
        change as f64 / scale as f64
    }

    /// Quantity of both sides now over that before, less 1: -0.5 is half gone, 1 is doubled.
    #[must_use]
    pub fn depth_change(&self) -> f64 {
        let (before, now) = (self.before.total_lots().get(), self.now.total_lots().get());
        (now - before) as f64 / before as f64
    }

    /// Whether |imbalance change| >= 0.2 or depth went down by half or more.
    #[must_use]
    pub fn rapid_change(&self) -> bool {
        let (change, scale) = self.exact_change();
        let (before, now) = (self.before.total_lots().get(), self.now.total_lots().get());
        change.abs() * 5 >= scale || i128::from(now) * 2 <= i128::from(before)
    }

    /// The change of imbalance as numerator and denominator.
    fn exact_change(&self) -> (i128, i128) {
        let wide =
            |i: Imbalance| (i128::from(i.bid_lots().get()), i128::from(i.total_lots().get()));
        let ((b0, t0), (b1, t1)) = (wide(self.before), wide(self.now));
        (b1 * t0 - b0 * t1, t1 * t0)
    }
}

/// The states of the last window, oldest first, and the one before it.
#[derive(Clone, Debug)]
pub(super) struct ShiftHistory {
    window: Nanos,
    /// An undefined book is kept as such: it is not the same as no change.
    states: VecDeque<(Nanos, Option<Imbalance>)>,
}

impl ShiftHistory {
    pub(super) const fn new(window: Nanos) -> Self {
        Self { window, states: VecDeque::new() }
    }

    /// Adds the state at `ts`, which is never earlier than the last one.
    pub(super) fn push(&mut self, ts: Nanos, state: Option<Imbalance>) {
        // Of several states at one instant only the last could ever be the latest.
        if self.states.back().is_some_and(|&(last, _)| last == ts) {
            self.states.pop_back();
        }
        self.states.push_back((ts, state));
        let since = self.since(ts);
        while self.states.get(1).is_some_and(|&(at, _)| at <= since) {
            self.states.pop_front();
        }
    }

    /// The last state against the latest one at or before a window earlier.
    pub(super) fn shift(&self) -> Option<Shift> {
        let &(ts, now) = self.states.back()?;
        let &(at, before) = self.states.front()?;
        if at > self.since(ts) {
            return None;
        }
        Some(Shift { before: before?, now: now? })
    }

    const fn since(&self, ts: Nanos) -> Nanos {
        Nanos(ts.0.saturating_sub(self.window.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::units::Lots;

    fn state(bid: i64, ask: i64) -> Option<Imbalance> {
        Imbalance::of(Lots::new(bid).unwrap(), Lots::new(ask).unwrap())
    }

    #[test]
    fn change_by_hand() {
        // (before, now, imbalance change, depth change, rapid)
        let cases = [
            ((50, 50), (50, 50), 0.0, 0.0, false),
            // 0.7 - 0.5 = 0.2, a tie counts; in f64 0.7 - 0.5 is below 0.2
            ((50, 50), (70, 30), 0.2, 0.0, true),
            ((50, 50), (30, 70), -0.2, 0.0, true),
            ((5_000, 5_000), (6_999, 3_001), 0.1999, 0.0, false),
            // Half gone, a tie counts.
            ((50, 50), (25, 25), 0.0, -0.5, true),
            ((500, 500), (251, 250), 251.0 / 501.0 - 0.5, -0.499, false),
            // Doubling is no rapid change.
            ((50, 50), (100, 100), 0.0, 1.0, false),
        ];
        for ((b0, a0), (b1, a1), imbalance, depth, rapid) in cases {
            let shift = Shift { before: state(b0, a0).unwrap(), now: state(b1, a1).unwrap() };
            assert!((shift.imbalance_change() - imbalance).abs() < 1e-12, "{shift:?}");
            assert_eq!(shift.depth_change(), depth, "{shift:?}");
            assert_eq!(shift.rapid_change(), rapid, "{shift:?}");
        }
    }

    #[test]
    fn the_latest_state_at_or_before_the_window_is_compared() {
        let mut history = ShiftHistory::new(Nanos(10));
        let before = |h: &ShiftHistory| h.shift().map(|s| s.before.bid_lots().get());
        history.push(Nanos(0), state(1, 1));
        assert_eq!(before(&history), None);
        history.push(Nanos(9), state(2, 1));
        assert_eq!(before(&history), None);
        history.push(Nanos(10), state(3, 1)); // exactly a window ago counts
        assert_eq!(before(&history), Some(1));
        history.push(Nanos(18), state(4, 1)); // since 8: still the state of 0
        assert_eq!(before(&history), Some(1));
        history.push(Nanos(19), state(5, 1));
        assert_eq!(before(&history), Some(2));
        history.push(Nanos(19), state(6, 1)); // the same instant replaces
        history.push(Nanos(29), None); // undefined now
        assert_eq!(before(&history), None);
        history.push(Nanos(30), state(7, 1));
        assert_eq!(before(&history), Some(6));
        history.push(Nanos(39), state(8, 1)); // undefined then
        assert_eq!(before(&history), None);
        assert_eq!(history.states.len(), 3);
    }
}
