//! What was known one element earlier.

use super::Indicator;

/// The inner indicator as it stood **before** the element just given: the
/// baseline that a spike must not dilute, the high that a breakout must pass.
///
/// ```
/// use tickstep_core::indicator::{Before, Highest, Indicator};
/// let mut highest_before = Before::new(Highest::new(2)?);
/// assert_eq!(highest_before.over([5, 3, 9, 1]), [None, None, Some(5), Some(9)]);
/// # Ok::<(), tickstep_core::params::OutOfRange>(())
/// ```
#[derive(Clone, Debug)]
pub struct Before<I: Indicator> {
    inner: I,
    last: Option<I::Output>,
}

impl<I: Indicator> Before<I> {
    /// Delays `inner`, which must be fresh, by one element.
    #[must_use]
    pub fn new(inner: I) -> Self {
        Self { inner, last: None }
    }
}

impl<I: Indicator> Indicator for Before<I> {
    type Input = I::Input;
    type Output = I::Output;

    #[inline]
    fn next(&mut self, input: I::Input) -> Option<I::Output> {
        let now = self.inner.next(input);
        core::mem::replace(&mut self.last, now)
    }

    fn reset(&mut self) {
        self.inner.reset();
        self.last = None;
    }
}
