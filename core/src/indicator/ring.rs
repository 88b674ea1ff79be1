//! The last `n` values, allocated once.

use alloc::boxed::Box;
use alloc::vec;

/// Starts out holding `n` times the default, so that a running sum may subtract
/// what falls out without asking whether the ring is full.
#[derive(Clone, Debug)]
pub(crate) struct Ring<T> {
    slots: Box<[T]>,
    next: usize,
    full: bool,
}

impl<T: Copy + Default> Ring<T> {
    /// `n` must be at least 1.
    pub(crate) fn new(n: usize) -> Self {
        assert!(n >= 1, "a ring holds something");
        Self { slots: vec![T::default(); n].into_boxed_slice(), next: 0, full: false }
    }

    /// Puts `value` in and hands back what was put in `n` pushes ago.
    #[inline]
    pub(crate) fn push(&mut self, value: T) -> T {
        let old = core::mem::replace(&mut self.slots[self.next], value);
        self.next += 1;
        if self.next == self.slots.len() {
            self.next = 0;
            self.full = true;
        }
        old
    }

    #[inline]
    pub(crate) fn is_full(&self) -> bool {
        self.full
    }

    pub(crate) fn capacity(&self) -> usize {
        self.slots.len()
    }

    /// Everything pushed and not yet fallen out, in no particular order.
    #[inline]
    pub(crate) fn held(&self) -> &[T] {
        if self.full { &self.slots } else { &self.slots[..self.next] }
    }

    pub(crate) fn clear(&mut self) {
        self.slots.fill(T::default());
        self.next = 0;
        self.full = false;
    }
}
