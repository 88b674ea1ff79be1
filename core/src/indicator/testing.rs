//! Series to test indicators on, and what must hold for each of them.

use core::fmt::Debug;
use std::vec::Vec;

use proptest::prelude::*;

use super::Indicator;
use crate::event::Bar;
use crate::units::{Lots, Nanos, Ticks};

/// Few distinct values, so that ties are common, mixed with many.
pub(crate) fn prices() -> impl Strategy<Value = Vec<i64>> {
    prop_oneof![
        proptest::collection::vec(1_i64..6, 0..60),
        proptest::collection::vec(1_i64..1_000_000, 0..60),
    ]
}

/// Valid bars in a narrow range, some without volume, some dojis.
pub(crate) fn bars() -> impl Strategy<Value = Vec<Bar>> {
    bars_up_to(60)
}

/// The same, fewer than `count` of them.
pub(crate) fn bars_up_to(count: usize) -> impl Strategy<Value = Vec<Bar>> {
    let one = ([10_i64..20, 10..20, 10..20, 10..20], 0_i64..4, 0_i64..4).prop_map(
        |([open, close, a, b], volume, buy)| Bar {
            ts_open: Nanos(0),
            open: Ticks(open),
            high: Ticks(open.max(close).max(a)),
            low: Ticks(open.min(close).min(b)),
            close: Ticks(close),
            volume: Lots::new(volume).unwrap(),
            taker_buy: Lots::new(buy.min(volume)),
        },
    );
    proptest::collection::vec(one, 0..count)
}

pub(crate) fn floats(series: &[i64]) -> Vec<f64> {
    series.iter().map(|x| *x as f64).collect()
}

/// `f` of each full window of `n`, by definition.
pub(crate) fn windows<T, R>(series: &[T], n: usize, f: impl Fn(&[T]) -> R) -> Vec<Option<R>> {
    (0..series.len()).map(|t| (t + 1 >= n).then(|| f(&series[t + 1 - n..=t]))).collect()
}

/// Reset is like fresh, and no output depends on what comes later.
pub(crate) fn restarts_alike<I>(make: impl Fn() -> I, series: &[I::Input])
where
    I: Indicator,
    I::Output: PartialEq + Debug,
{
    let mut indicator = make();
    let all = indicator.over(series.iter().copied());
    indicator.reset();
    assert_eq!(indicator.over(series.iter().copied()), all, "reset equals fresh");
    for cut in 0..=series.len().min(8) {
        let prefix = make().over(series[..cut].iter().copied());
        assert_eq!(prefix[..], all[..cut], "a prefix gives the prefix");
    }
}

/// Defined at the same places, and equal within 1e-9 of the value's own scale.
pub(crate) fn assert_close(
    got: &[Option<f64>],
    want: impl IntoIterator<Item = Option<f64>, IntoIter: ExactSizeIterator>,
) {
    let want = want.into_iter();
    assert_eq!(got.len(), want.len());
    for (t, (got, want)) in got.iter().zip(want).enumerate() {
        match (got, want) {
            (Some(a), Some(b)) => {
                assert!((a - b).abs() <= 1e-9 * b.abs().max(1.0), "at {t}: {a} and {b}");
            }
            (got, want) => assert_eq!((t, *got), (t, want)),
        }
    }
}
