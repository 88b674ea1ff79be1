//! Looking forward in bars.

use tickstep_core::event::Bar;

/// The first bar from `from` on for which `before`, which holds for none after one for which
/// it does not, no longer holds. One that is near is found in few steps.
pub(super) fn ahead(bars: &[Bar], from: usize, before: impl Fn(&Bar) -> bool) -> usize {
    let (mut low, mut step) = (from, 1);
    while bars.get(low + step - 1).is_some_and(&before) {
        low += step;
        step *= 2;
    }
    let high = bars.len().min(low + step - 1);
    low + bars.get(low..high).unwrap_or_default().partition_point(before)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use tickstep_core::units::{Lots, Nanos, Ticks};

    use super::*;

    proptest! {
        #[test]
        fn one_by_one_the_same_is_found(count in 0_i64..200, from in 0_usize..210, wanted in 0_i64..220) {
            let px = Ticks(1);
            let bar = |at| Bar {
                ts_open: Nanos(at),
                open: px,
                high: px,
                low: px,
                close: px,
                volume: Lots::ZERO,
                taker_buy: None,
            };
            let bars: Vec<Bar> = (0..count).map(bar).collect();
            let from = from.min(bars.len());
            let rest = bars.iter().skip(from);
            let expected = from + rest.take_while(|bar| bar.ts_open < Nanos(wanted)).count();
            prop_assert_eq!(ahead(&bars, from, |bar| bar.ts_open < Nanos(wanted)), expected);
        }
    }
}
