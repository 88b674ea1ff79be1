//! How many requests a venue takes in a span of time.

use std::collections::VecDeque;

use tickstep_core::units::Nanos;

/// At most so many in any span of a given length.
///
/// ```
/// use tickstep_core::units::Nanos;
/// use tickstep_live::exchange::RateWindow;
///
/// let mut window = RateWindow::new(2, Nanos::MINUTE);
/// assert_eq!(window.admit(Nanos(0)), Ok(()));
/// assert_eq!(window.admit(Nanos(5)), Ok(()));
/// assert_eq!(window.admit(Nanos(10)), Err(Nanos(Nanos::MINUTE.0 - 10)));
/// assert_eq!(window.admit(Nanos::MINUTE), Ok(()));
/// ```
#[derive(Clone, Debug)]
pub struct RateWindow {
    most: usize,
    span: Nanos,
    admitted: VecDeque<Nanos>,
}

impl RateWindow {
    /// At most `most` in any span of this length.
    #[must_use]
    pub const fn new(most: usize, span: Nanos) -> Self {
        Self { most, span, admitted: VecDeque::new() }
    }

    /// Lets one through and counts it, or says how long it has to wait, uncounted.
    pub fn admit(&mut self, now: Nanos) -> Result<(), Nanos> {
        while self.admitted.front().is_some_and(|ts| now - *ts >= self.span) {
            self.admitted.pop_front();
        }
        if self.admitted.len() < self.most {
            self.admitted.push_back(now);
            return Ok(());
        }
        let first = self.admitted.front().map_or(self.span, |ts| *ts + self.span - now);
        Err(first)
    }
}
