//! The grid of one kind of number, stated by the user or inferred from the decimals.
//!
//! An inferred grid only ever gets finer; whoever keeps values on it has to
//! multiply those it has by the factor that [`ValueGrid::refine`] returns.

use rust_decimal::Decimal;

use super::number::{Num, step_of};
use crate::series::error::BadOption;
use crate::series::grid::Measure;

/// Why a value has no place on the grid.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Misfit {
    NotANumber,
    OffGrid,
    TooLarge,
}

/// How far from a step a float may be, in steps, and still be on it.
pub(super) const FLOAT_TOLERANCE: f64 = 1e-6;

/// Steps of `mantissa / 10^scale`.
#[derive(Clone, Debug)]
pub(crate) struct ValueGrid {
    pub measure: Measure,
    pub inferred: bool,
    /// Values that were moved to the grid.
    pub rounded: u64,
    round: bool,
    step: Decimal,
    mantissa: i128,
    scale: u32,
}

impl ValueGrid {
    pub(crate) fn new(
        measure: Measure,
        stated: Option<Decimal>,
        round: bool,
    ) -> Result<Self, BadOption> {
        let step = measure.checked(stated.unwrap_or(Decimal::ONE))?;
        Ok(Self {
            measure,
            inferred: stated.is_none(),
            rounded: 0,
            round: round && stated.is_some(),
            step,
            mantissa: step.mantissa(),
            scale: step.scale(),
        })
    }

    /// The same grid without a value on it.
    pub(crate) fn anew(&self) -> Self {
        let begin = if self.inferred { Decimal::ONE } else { self.step };
        let (mantissa, scale) = (begin.mantissa(), begin.scale());
        Self { rounded: 0, step: begin, mantissa, scale, ..self.clone() }
    }

    /// The step so far.
    pub(crate) fn step(&self) -> Decimal {
        self.step
    }

    /// Decimals of the step so far.
    pub(crate) fn scale(&self) -> u32 {
        self.scale
    }

    /// Makes room for `scale` decimals, if the grid is inferred and has fewer.
    /// Returns what the values already on it have to be multiplied by.
    #[inline]
    pub(crate) fn refine(&mut self, scale: u32) -> Option<i128> {
        if !self.inferred || scale <= self.scale {
            return None;
        }
        let factor = 10_i128.checked_pow(scale - self.scale)?;
        self.scale = scale;
        self.step = step_of(scale);
        Some(factor)
    }

    /// Steps of an exact number.
    #[inline]
    pub(crate) fn fit(&mut self, num: Num) -> Result<i64, Misfit> {
        if self.mantissa == 1 && num.scale == self.scale {
            return self.bounded(num.mantissa);
        }
        self.fit_scaled(num)
    }

    fn fit_scaled(&mut self, num: Num) -> Result<i64, Misfit> {
        let up = 10_i128.pow(self.scale.saturating_sub(num.scale));
        let down = 10_i128.pow(num.scale.saturating_sub(self.scale));
        let above = num.mantissa.checked_mul(up).ok_or(Misfit::TooLarge)?;
        let Some(below) = self.mantissa.checked_mul(down) else {
            // The step is worth more than 10^38 units of the number's last digit, and a
            // number has 36 digits: it is off the grid, and nearest to zero.
            return if self.round { self.moved(0) } else { Err(Misfit::OffGrid) };
        };
        if below == 1 {
            return self.bounded(above);
        }
        let (whole, rest) = (above / below, above % below);
        if rest == 0 {
            return self.bounded(whole);
        }
        if !self.round {
            return Err(Misfit::OffGrid);
        }
        // Half away from zero.
        let away = rest.abs() >= below - rest.abs();
        self.moved(whole + if away { above.signum() } else { 0 })
    }

    /// Steps of a float, which is on the grid within 1e-6 of a step or by its shortest text.
    pub(crate) fn fit_f64(&mut self, value: f64) -> Result<i64, Misfit> {
        if !value.is_finite() {
            return Err(Misfit::NotANumber);
        }
        let steps = value * tickstep_core::math::ten_to(self.scale) / self.mantissa as f64;
        let nearest = steps.round();
        if nearest.abs() > self.measure.max() as f64 {
            return Err(Misfit::TooLarge);
        }
        if (steps - nearest).abs() <= FLOAT_TOLERANCE {
            return self.bounded(nearest as i128);
        }
        let num = shortest(value).ok_or(Misfit::NotANumber)?;
        self.fit(num)
    }

    fn moved(&mut self, steps: i128) -> Result<i64, Misfit> {
        self.rounded += 1;
        self.bounded(steps)
    }

    #[inline]
    fn bounded(&self, steps: i128) -> Result<i64, Misfit> {
        match i64::try_from(steps) {
            Ok(n) if n.abs() <= self.measure.max() => Ok(n),
            _ => Err(Misfit::TooLarge),
        }
    }
}

/// A float as the shortest decimal that reads back as it.
pub(crate) fn shortest(value: f64) -> Option<Num> {
    Num::parse(format!("{value:e}").as_bytes()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn grid(step: &str, round: bool) -> ValueGrid {
        ValueGrid::new(Measure::Price, Some(step.parse().unwrap()), round).unwrap()
    }

    fn fit(grid: &mut ValueGrid, text: &str) -> Result<i64, Misfit> {
        grid.fit(Num::parse(text.as_bytes()).unwrap())
    }

    #[test]
    fn a_stated_grid_is_kept_to() {
        let table = [
            ("0.001", "4.255", Ok(4255)),
            ("0.001", "4.2", Ok(4200)),
            ("0.001", "4.2555", Err(Misfit::OffGrid)),
            ("0.5", "100.5", Ok(201)),
            ("0.5", "100.3", Err(Misfit::OffGrid)),
            ("25", "100", Ok(4)),
            ("0.01", "1e11", Err(Misfit::TooLarge)),
        ];
        for (step, text, expect) in table {
            assert_eq!(fit(&mut grid(step, false), text), expect, "{text} on {step}");
        }
    }

    #[test]
    fn named_rounding_is_half_away_from_zero_and_counted() {
        let mut half = grid("0.5", true);
        let texts = ["100.24", "100.25", "100.3", "-100.25", "100.5"];
        assert_eq!(texts.map(|t| fit(&mut half, t).unwrap()), [200, 201, 201, -201, 201]);
        assert_eq!(half.rounded, 4);
    }

    #[test]
    fn an_inferred_grid_gets_finer() {
        let mut grid = ValueGrid::new(Measure::Volume, None, true).unwrap();
        assert_eq!(grid.refine(2), Some(100));
        assert_eq!(grid.refine(1), None);
        assert_eq!(grid.step(), Decimal::new(1, 2));
        assert_eq!(fit(&mut grid, "1.5"), Ok(150));
    }

    #[test]
    fn floats_are_on_the_grid_within_a_millionth() {
        let mut fil = grid("0.001", false);
        assert_eq!(fil.fit_f64(4.255), Ok(4255));
        assert_eq!(fil.fit_f64(4.255 + 9e-10), Ok(4255));
        assert_eq!(fil.fit_f64(4.255 + 2e-9), Err(Misfit::OffGrid));
        assert_eq!(fil.fit_f64(f64::NAN), Err(Misfit::NotANumber));
        assert_eq!(fil.fit_f64(1e300), Err(Misfit::TooLarge));
        let mut fine = grid("0.00000001", false);
        // Above 1e10 steps a float is not within a millionth of one; its text decides.
        assert_eq!(fine.fit_f64(3_610.443_500_01), Ok(361_044_350_001));
    }
}
