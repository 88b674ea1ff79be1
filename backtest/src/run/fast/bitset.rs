//! One bit for each bar: where a comparison holds, and where a strategy has to
//! be asked.

use std::sync::Arc;

use tickstep_core::features::Integers;
use tickstep_core::strategy::wake::Relation;

/// One bit for each bar.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct BitSet(Vec<u64>);

/// Where a left value is above a right one, where it is below, and where both are
/// defined.
#[derive(Debug)]
pub(super) struct CompareBits {
    above: BitSet,
    below: BitSet,
    defined: Arc<BitSet>,
}

impl BitSet {
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

    /// A bit for each of `bars`, set where `holds` says so.
    #[inline]
    pub(super) fn of(bars: usize, holds: impl Fn(usize) -> bool) -> Self {
        let mut words = Vec::with_capacity(bars.div_ceil(64));
        for start in (0..bars).step_by(64) {
            let (mut word, end) = (0, bars.min(start + 64));
            for at in start..end {
                // The newest bit enters at the top, so that no shift depends on its place.
                word = word >> 1 | u64::from(holds(at)) << 63;
            }
            words.push(word >> (64 - (end - start)));
        }
        Self(words)
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
    pub(super) fn narrow(&mut self, sides: &CompareBits, relation: Relation, before: bool) {
        let CompareBits { above, below, defined } = sides;
        let but = |side: &BitSet| {
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

impl CompareBits {
    pub(super) fn new(above: BitSet, below: BitSet, defined: Arc<BitSet>) -> Self {
        Self { above, below, defined }
    }

    /// Compares bar by bar, where both are `defined`; the sign of the difference
    /// tells the side. `spans` are the extremes of left and right over every
    /// [`SPAN`] bars, where a larger left or a smaller right makes the difference larger.
    #[inline]
    pub(super) fn of(
        left: &Integers,
        right: &Integers,
        spans: Option<(&[Span], &[Span])>,
        difference: impl Fn(i64, i64) -> i64,
        defined: BitSet,
    ) -> Self {
        let words = defined.0.len();
        let (mut above, mut below) = (Vec::with_capacity(words), Vec::with_capacity(words));
        let mut buffers = ([0; 64], [0; 64]);
        for at in 0..words {
            let bars = left.copy(at * 64, &mut buffers.0);
            right.copy(at * 64, &mut buffers.1);
            let (l, r) = (&buffers.0[..bars], &buffers.1[..bars]);
            let (mut a, mut b) = (0_u64, 0_u64);
            for (part, (l, r)) in l.chunks(SPAN).zip(r.chunks(SPAN)).enumerate() {
                // Undefined values would be extremes.
                let known = defined.0[at] >> (part * SPAN) & ALL == ALL;
                let sides = spans.filter(|_| known).and_then(|(left, right)| {
                    let (l, r) = (left[at * PARTS + part], right[at * PARTS + part]);
                    if difference(l.least, r.most) > 0 {
                        Some((ALL, 0))
                    } else if difference(l.most, r.least) < 0 {
                        Some((0, ALL))
                    } else {
                        None
                    }
                });
                let (part_a, part_b) = sides.unwrap_or_else(|| each(l, r, &difference));
                a |= part_a << (part * SPAN);
                b |= part_b << (part * SPAN);
            }
            above.push(a & defined.0[at]);
            below.push(b & defined.0[at]);
        }
        Self { above: BitSet(above), below: BitSet(below), defined: Arc::new(defined) }
    }

    pub(super) fn bytes(&self) -> usize {
        2 * self.above.bytes()
    }
}

/// Bars of which the extremes are known together.
pub(super) const SPAN: usize = 16;

const PARTS: usize = 64 / SPAN;
const ALL: u64 = (1 << SPAN) - 1;

/// The extremes of a column over [`SPAN`] bars.
#[derive(Clone, Copy, Debug)]
pub(super) struct Span {
    least: i64,
    most: i64,
}

impl Span {
    /// Of every [`SPAN`] values; and where the values are not `undefined`.
    pub(super) fn all(values: &Integers, undefined: i64) -> (BitSet, Vec<Self>) {
        let bars = values.len();
        let mut spans = Vec::with_capacity(bars.div_ceil(SPAN));
        let mut defined = Vec::with_capacity(bars.div_ceil(64));
        let mut buffer = [0; 64];
        for start in (0..bars).step_by(64) {
            let values = values.copy(start, &mut buffer);
            let values = &buffer[..values];
            let mut word = 0_u64;
            for value in values {
                word = word >> 1 | u64::from(*value != undefined) << 63;
            }
            defined.push(word >> (64 - values.len()));
            for values in values.chunks(SPAN) {
                let (mut least, mut most) = (i64::MAX, i64::MIN);
                for value in values {
                    least = least.min(*value);
                    most = most.max(*value);
                }
                spans.push(Self { least, most });
            }
        }
        (BitSet(defined), spans)
    }

    /// The largest of the values, without their signs; `None` where one of them is the
    /// smallest integer, which has none without its sign.
    pub(super) fn largest(self) -> Option<i64> {
        Some(self.least.checked_abs()?.max(self.most.checked_abs()?))
    }
}

/// Above and below, bar by bar.
#[inline]
fn each(l: &[i64], r: &[i64], difference: &impl Fn(i64, i64) -> i64) -> (u64, u64) {
    const SIGN: u64 = 1 << 63;
    let (mut a, mut b) = (0_u64, 0_u64);
    for (l, r) in l.iter().zip(r) {
        let d = difference(*l, *r);
        // The newest bit enters at the top, so that no shift depends on its place.
        a = a >> 1 | d.wrapping_neg().cast_unsigned() & SIGN;
        b = b >> 1 | d.cast_unsigned() & SIGN;
    }
    let unused = 64 - l.len();
    (a >> unused, b >> unused)
}
