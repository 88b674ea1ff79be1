//! Integers of a column, in as few bits as hold them: most prices, sums and
//! volumes fit in 32, which halves what a search keeps.

use alloc::sync::Arc;

use super::row::UNDEFINED;

/// Integers of which some may be undefined.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Integers(Width);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Width {
    Wide(Arc<[i64]>),
    /// [`i32::MIN`] stands for undefined.
    Narrow(Arc<[i32]>),
}

#[inline]
fn widened(value: i32) -> i64 {
    if value == i32::MIN { UNDEFINED } else { i64::from(value) }
}

impl Integers {
    /// `values`, of which [`i64::MIN`] are undefined.
    #[must_use]
    pub fn new(values: &[i64]) -> Self {
        let (mut least, mut most) = (0, 0);
        for value in values {
            // What is undefined takes the place of a value that changes nothing.
            let value = if *value == UNDEFINED { 0 } else { *value };
            least = least.min(value);
            most = most.max(value);
        }
        if least <= i64::from(i32::MIN) || most > i64::from(i32::MAX) {
            return Self(Width::Wide(values.into()));
        }
        let narrow = |v: &i64| if *v == UNDEFINED { i32::MIN } else { *v as i32 };
        Self(Width::Narrow(values.iter().map(narrow).collect()))
    }

    /// Value at a place, [`i64::MIN`] where it is undefined.
    #[inline]
    #[must_use]
    pub fn at(&self, at: usize) -> i64 {
        match &self.0 {
            Width::Wide(values) => values[at],
            Width::Narrow(values) => widened(values[at]),
        }
    }

    /// Puts the values from `from` on into `into`, as many as there are; how many.
    #[inline]
    pub fn copy(&self, from: usize, into: &mut [i64]) -> usize {
        match &self.0 {
            Width::Wide(values) => {
                let values = &values[from..values.len().min(from + into.len())];
                into[..values.len()].copy_from_slice(values);
                values.len()
            }
            Width::Narrow(values) => {
                let values = &values[from..values.len().min(from + into.len())];
                for (to, value) in into.iter_mut().zip(values) {
                    *to = widened(*value);
                }
                values.len()
            }
        }
    }

    /// Number of values, defined or not.
    #[must_use]
    pub fn len(&self) -> usize {
        match &self.0 {
            Width::Wide(values) => values.len(),
            Width::Narrow(values) => values.len(),
        }
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Bytes that they take.
    #[must_use]
    pub fn bytes(&self) -> usize {
        match &self.0 {
            Width::Wide(values) => size_of_val::<[i64]>(values),
            Width::Narrow(values) => size_of_val::<[i32]>(values),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn what_is_put_in_comes_out(
            values in proptest::collection::vec(
                prop_oneof![
                    -9_i64..9,
                    Just(UNDEFINED),
                    Just(i64::from(i32::MIN)),
                    Just(i64::from(i32::MAX)),
                    any::<i64>(),
                ],
                0..40,
            ),
            wide: bool,
            from in 0_usize..20,
        ) {
            let values: Vec<i64> = values
                .into_iter()
                .map(|v| if wide || v == UNDEFINED { v } else { v % 1_000 })
                .collect();
            let kept = Integers::new(&values);
            prop_assert_eq!(kept.len(), values.len());
            let each: Vec<i64> = (0..kept.len()).map(|at| kept.at(at)).collect();
            prop_assert_eq!(&each, &values);
            let from = from.min(values.len());
            let mut part = [0; 8];
            let n = kept.copy(from, &mut part);
            prop_assert_eq!(&part[..n], &values[from..values.len().min(from + 8)]);
        }
    }

    #[test]
    fn small_values_take_half() {
        assert_eq!(Integers::new(&[1, UNDEFINED, -3]).bytes(), 12);
        assert_eq!(Integers::new(&[1, 1 << 40, -3]).bytes(), 24);
    }
}
