//! The features of one instrument at one close: what a strategy reads.

use alloc::vec::Vec;

use crate::depth::DepthAnalysis;
use crate::event::Bar;

/// Where an exact feature stands in a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ExactId(pub(super) usize);

/// Where a real feature stands in a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RealId(pub(super) usize);

pub(super) const UNDEFINED: i64 = i64::MIN;

/// A value at the last close and at the close before, side by side because
/// both move on together.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pair<T> {
    pub(super) now: T,
    pub(super) before: T,
}

impl<T: Copy> Pair<T> {
    pub(super) const fn both(value: T) -> Self {
        Self { now: value, before: value }
    }
}

/// The features of one instrument at its last close and at the close before.
/// Real values are never NaN, so NaN marks `None`.
#[derive(Clone, Debug, Default)]
pub struct Features {
    pub(super) exact: Vec<Pair<i64>>,
    pub(super) real: Vec<Pair<f64>>,
    pub(super) bar: Option<Bar>,
    pub(super) bar_before: Option<Bar>,
    pub(super) book: Option<DepthAnalysis>,
}

impl Features {
    /// A row of so many exact and real features, all of them undefined.
    pub(super) fn undefined(exact: usize, real: usize) -> Self {
        Self {
            exact: alloc::vec![Pair::both(UNDEFINED); exact],
            real: alloc::vec![Pair::both(f64::NAN); real],
            bar: None,
            bar_before: None,
            book: None,
        }
    }
}

impl Features {
    /// Value at this close.
    #[inline]
    #[must_use]
    pub fn exact(&self, id: ExactId) -> Option<i64> {
        defined(self.exact[id.0].now)
    }

    /// Value at the close before; `None` also when that bar is unknown.
    #[inline]
    #[must_use]
    pub fn exact_before(&self, id: ExactId) -> Option<i64> {
        defined(self.exact[id.0].before)
    }

    /// Value at this close.
    #[inline]
    #[must_use]
    pub fn real(&self, id: RealId) -> Option<f64> {
        Some(self.real[id.0].now).filter(|v| !v.is_nan())
    }

    /// Value at the close before; `None` also when that bar is unknown.
    #[inline]
    #[must_use]
    pub fn real_before(&self, id: RealId) -> Option<f64> {
        Some(self.real[id.0].before).filter(|v| !v.is_nan())
    }

    /// The bar that just closed.
    #[inline]
    #[must_use]
    pub fn bar(&self) -> Option<&Bar> {
        self.bar.as_ref()
    }

    /// The bar before it, unless a gap parts them.
    #[inline]
    #[must_use]
    pub fn bar_before(&self) -> Option<&Bar> {
        self.bar_before.as_ref()
    }

    /// The order book, when it is fresh.
    #[inline]
    #[must_use]
    pub fn book(&self) -> Option<&DepthAnalysis> {
        self.book.as_ref()
    }

    /// Sets what is known of the order book at the instant of the decision.
    pub fn set_book(&mut self, book: Option<DepthAnalysis>) {
        self.book = book;
    }

    /// What was known at this close becomes what was known before.
    #[inline]
    pub(super) fn move_on(&mut self, bar: &Bar) {
        for value in &mut self.exact {
            value.before = value.now;
        }
        for value in &mut self.real {
            value.before = value.now;
        }
        self.bar_before = self.bar;
        self.bar = Some(*bar);
    }

    pub(super) fn clear(&mut self) {
        self.exact.fill(Pair::both(UNDEFINED));
        self.real.fill(Pair::both(f64::NAN));
        (self.bar, self.bar_before, self.book) = (None, None, None);
    }
}

#[inline]
pub(super) fn defined(v: i64) -> Option<i64> {
    if v == UNDEFINED { None } else { Some(v) }
}
