//! One bit for each bar: where a comparison holds, and where a strategy has to
//! be asked.

use tickstep_core::strategy::wake::Relation;

/// One bit for each bar.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Bits(Vec<u64>);

/// Where a left value is above a right one, and where it is below; neither where
/// they are equal or one is undefined.
#[derive(Debug)]
pub(super) struct Sides {
    above: Bits,
    below: Bits,
    equal: Bits,
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

    pub(super) fn bytes(&self) -> usize {
        size_of_val(self.0.as_slice())
    }

    pub(super) fn or(&mut self, other: &Self) {
        for (a, b) in self.0.iter_mut().zip(&other.0) {
            *a |= b;
        }
    }

    pub(super) fn set(&mut self, at: usize) {
        if let Some(word) = self.0.get_mut(at / 64) {
            *word |= 1 << (at % 64);
        }
    }

    pub(super) fn clear(&mut self, at: usize) {
        if let Some(word) = self.0.get_mut(at / 64) {
            *word &= !(1 << (at % 64));
        }
    }

    /// Keeps the bars where `relation` holds, of the bar itself or of the one before it.
    pub(super) fn narrow(&mut self, sides: &Sides, relation: Relation, before: bool) {
        let Sides { above, below, equal } = sides;
        match relation {
            Relation::Above => self.narrow_by(before, above.0.iter().copied()),
            Relation::Below => self.narrow_by(before, below.0.iter().copied()),
            Relation::AtLeast => {
                self.narrow_by(before, above.0.iter().zip(&equal.0).map(|(a, e)| a | e));
            }
            Relation::AtMost => {
                self.narrow_by(before, below.0.iter().zip(&equal.0).map(|(b, e)| b | e));
            }
        }
    }

    fn narrow_by(&mut self, before: bool, words: impl Iterator<Item = u64>) {
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
    /// Compares bar by bar. `pairs` gives left and right, `None` where undefined.
    pub(super) fn of<T: PartialOrd>(
        bars: usize,
        pair: impl Fn(usize) -> (T, T),
        defined: impl Fn(&T) -> bool,
    ) -> Self {
        let words = bars.div_ceil(64);
        let (mut above, mut below, mut equal) =
            (Vec::with_capacity(words), Vec::with_capacity(words), Vec::with_capacity(words));
        for word in 0..words {
            let (mut a, mut b, mut e) = (0_u64, 0_u64, 0_u64);
            let end = bars.min(word * 64 + 64);
            for (bit, at) in (word * 64..end).enumerate() {
                let (left, right) = pair(at);
                let known = defined(&left) & defined(&right);
                a |= u64::from(known & (left > right)) << bit;
                b |= u64::from(known & (left < right)) << bit;
                e |= u64::from(known & (left == right)) << bit;
            }
            above.push(a);
            below.push(b);
            equal.push(e);
        }
        Self { above: Bits(above), below: Bits(below), equal: Bits(equal) }
    }

    pub(super) fn bytes(&self) -> usize {
        3 * self.above.bytes()
    }
}
