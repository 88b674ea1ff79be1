//! One bit for each bar: where a comparison holds, and where a strategy has to
//! be asked.

use std::sync::Arc;

use tickstep_core::strategy::wake::Relation;

/// One bit for each bar.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Bits(Vec<u64>);

/// Where a left value is above a right one, where it is below, and where both are
/// defined.
#[derive(Debug)]
pub(super) struct Sides {
    above: Bits,
    below: Bits,
    defined: Arc<Bits>,
}

impl Bits {
    pub(super) fn all(bars: usize) -> Self {
        let mut words = vec![u64::MAX; bars.div_ceil(64)];
        if let (Some(last), used @ 1..) = (words.last_mut(), bars % 64) {
            *last >>= 64 - used;
        }
        Self(words)
    }

    pub(super) fn none(bars: usize) -> Self {
        Self(vec![0; bars.div_ceil(64)])
    }

    /// Where `holds` does.
    pub(super) fn of<T>(values: &[T], holds: impl Fn(&T) -> bool) -> Self {
        let word = |values: &[T]| {
            values.iter().rev().fold(0, |word, value| word << 1 | u64::from(holds(value)))
        };
        Self(values.chunks(64).map(word).collect())
    }

    pub(super) fn bytes(&self) -> usize {
        size_of_val(self.0.as_slice())
    }

    pub(super) fn and(&mut self, other: &Self) {
        for (a, b) in self.0.iter_mut().zip(&other.0) {
            *a &= b;
        }
    }

    pub(super) fn or(&mut self, other: &Self) {
        for (a, b) in self.0.iter_mut().zip(&other.0) {
            *a |= b;
        }
    }

    pub(super) fn clear(&mut self, at: usize) {
        if let Some(word) = self.0.get_mut(at / 64) {
            *word &= !(1 << (at % 64));
        }
    }

    /// Keeps the bars where `relation` holds, of the bar itself or of the one before it.
    pub(super) fn narrow(&mut self, sides: &Sides, relation: Relation, before: bool) {
        let Sides { above, below, defined } = sides;
        let but = |side: &Bits| {
            let words = defined.0.iter().zip(&side.0).map(|(known, side)| known & !side);
            words.collect::<Vec<u64>>()
        };
        match relation {
            Relation::Above => self.narrow_by(before, &above.0),
            Relation::Below => self.narrow_by(before, &below.0),
            Relation::AtLeast => self.narrow_by(before, &but(below)),
            Relation::AtMost => self.narrow_by(before, &but(above)),
        }
    }

    fn narrow_by(&mut self, before: bool, words: &[u64]) {
        if !before {
            for (word, other) in self.0.iter_mut().zip(words) {
                *word &= other;
            }
            return;
        }
        let mut carry = 0;
        for (word, other) in self.0.iter_mut().zip(words) {
            *word &= other << 1 | carry;
            carry = other >> 63;
        }
    }

    /// The first set bit at or after `from`, and before `to`; else `to`.
    #[inline]
    pub(super) fn next(&self, from: usize, to: usize) -> usize {
        let mut at = from / 64;
        let Some(first) = self.0.get(at) else { return to };
        let mut word = first & (u64::MAX << (from % 64));
        while word == 0 {
            at += 1;
            if at * 64 >= to {
                return to;
            }
            match self.0.get(at) {
                Some(next) => word = *next,
                None => return to,
            }
        }
        to.min(at * 64 + word.trailing_zeros() as usize)
    }
}

impl Sides {
    pub(super) fn new(above: Bits, below: Bits, defined: Arc<Bits>) -> Self {
        Self { above, below, defined }
    }

    /// Compares bar by bar, where both are `defined`; the sign of the difference
    /// tells the side.
    #[inline]
    pub(super) fn of(
        left: &[i64],
        right: &[i64],
        difference: impl Fn(i64, i64) -> i64,
        defined: Bits,
    ) -> Self {
        const SIGN: u64 = 1 << 63;
        let words = defined.0.len();
        let (mut above, mut below) = (Vec::with_capacity(words), Vec::with_capacity(words));
        for ((l, r), known) in left.chunks(64).zip(right.chunks(64)).zip(&defined.0) {
            let (mut a, mut b) = (0_u64, 0_u64);
            for (l, r) in l.iter().zip(r) {
                // The newest bit enters at the top, so that no shift depends on its place.
                let d = difference(*l, *r);
                a = a >> 1 | d.wrapping_neg().cast_unsigned() & SIGN;
                b = b >> 1 | d.cast_unsigned() & SIGN;
            }
            let unused = 64 - l.len();
            above.push(a >> unused & known);
            below.push(b >> unused & known);
        }
        Self { above: Bits(above), below: Bits(below), defined: Arc::new(defined) }
    }

    pub(super) fn bytes(&self) -> usize {
        2 * self.above.bytes()
    }
}
