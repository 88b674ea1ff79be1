//! Tables of floats on a stated grid, a column at a time.
//!
//! Invariant: rows are returned only where every one of them would be taken by the slow way,
//! and then they are the same. Whatever else there is, nothing is returned and the slow way
//! says what is wrong, or takes what only it can take.

use tickstep_core::event::Bar;
use tickstep_core::math::ten_to;
use tickstep_core::units::{Lots, Nanos, Ticks};

use super::columns::ColumnNames;
use super::error::LoadError;
use super::memory_table::{ColumnValues, MemoryColumn, MemoryTable};
use super::options::LoadOptions;
use super::origin::Origin;
use super::rows::CheckedRows;
use super::time::{Unit, from_integer};
use super::value_grid::{FLOAT_TOLERANCE, ValueGrid};
use crate::series::candle::{is_plausible, is_sound};

/// The rows of a table, where all columns are as this way takes them.
pub(super) fn rows(
    table: &MemoryTable<'_>,
    origin: &Origin,
    names: &ColumnNames,
    opts: &LoadOptions,
) -> Result<Option<CheckedRows>, LoadError> {
    let stated = opts.tick_size.is_some() && opts.volume_step.is_some();
    if !stated || !opts.repairs.is_empty() || names.no_volume || origin.symbols.at.is_some() {
        return Ok(None);
    }
    let mut rows = opts.rows(origin.clone(), "")?;
    Ok(fill(table, &mut rows).map(|()| rows))
}

/// Rows that are worked on at once, so that their columns stay in the nearest memory.
const BLOCK: usize = 512;

fn fill(table: &MemoryTable<'_>, rows: &mut CheckedRows) -> Option<()> {
    let at = |at: usize| &table.columns[at];
    let columns = &rows.origin.columns;
    let times = Times::of(at(columns.needed[0]))?;
    let count = at(columns.needed[0]).values.len();
    let floats = |column: usize| floats(at(column)).filter(|values| values.len() == count);
    let mut prices: [&[f64]; 4] = [&[]; 4];
    for (place, column) in prices.iter_mut().zip(&columns.needed[1..5]) {
        *place = floats(*column)?;
    }
    let volume = floats(columns.needed[5])?;
    let taker = match columns.taker {
        Some(taker) => Some(floats(taker)?),
        None => None,
    };
    let (tick, lot) = (FloatStep::of(&rows.price), FloatStep::of(&rows.volume));
    let mut bars: Vec<Bar> = Vec::with_capacity(count);
    let mut steps = [[0_i64; BLOCK]; 6];
    let mut opens = [0_i64; BLOCK];
    let mut last = None;
    for from in (0..count).step_by(BLOCK) {
        let to = count.min(from + BLOCK);
        let block = to - from;
        times.read(from, &mut opens[..block])?;
        for (into, values) in steps.iter_mut().zip(prices) {
            tick.fit(&values[from..to], &mut into[..block])?;
        }
        lot.fit(&volume[from..to], &mut steps[4][..block])?;
        if let Some(taker) = taker {
            lot.fit(&taker[from..to], &mut steps[5][..block])?;
        }
        for i in 0..block {
            let bar = Bar {
                ts_open: Nanos(opens[i]),
                open: Ticks(steps[0][i]),
                high: Ticks(steps[1][i]),
                low: Ticks(steps[2][i]),
                close: Ticks(steps[3][i]),
                volume: Lots::new(steps[4][i])?,
                taker_buy: match taker {
                    Some(_) => Some(Lots::new(steps[5][i])?),
                    None => None,
                },
            };
            if !is_sound(&bar) || last.is_some_and(|last| bar.ts_open <= last) {
                return None;
            }
            last = Some(bar.ts_open);
            bars.push(bar);
        }
    }
    rows.bars = bars;
    rows.unit = Some(times.unit);
    Some(())
}

fn floats<'a>(column: &'a MemoryColumn<'_>) -> Option<&'a [f64]> {
    match &column.values {
        ColumnValues::Float(values) if column.valid.is_none() => Some(values),
        _ => None,
    }
}

/// Open times as whole numbers of one unit.
struct Times<'a> {
    counts: &'a [i64],
    ns_each: i64,
    unit: Unit,
    /// Whether each count has to tell its own unit, by its size.
    by_size: bool,
}

impl<'a> Times<'a> {
    fn of(column: &'a MemoryColumn<'_>) -> Option<Self> {
        if column.valid.is_some() {
            return None;
        }
        match &column.values {
            ColumnValues::Time { counts, ns_each, zoned: true } => {
                Some(Self { counts, ns_each: *ns_each, unit: Unit::Nanos, by_size: false })
            }
            ColumnValues::Integer(counts) => {
                let (_, unit) = from_integer(*counts.first()?).ok()?;
                let ns_each = Nanos::SECOND.0 / unit.per_second();
                Some(Self { counts, ns_each, unit, by_size: true })
            }
            _ => None,
        }
    }

    fn read(&self, from: usize, into: &mut [i64]) -> Option<()> {
        for (place, count) in into.iter_mut().zip(&self.counts[from..]) {
            *place = if self.by_size {
                let (ts, unit) = from_integer(*count).ok()?;
                if unit != self.unit {
                    return None;
                }
                ts.0
            } else {
                count.checked_mul(self.ns_each).filter(|ns| is_plausible(Nanos(*ns)))?
            };
        }
        Some(())
    }
}

/// A step that values are counted in.
struct FloatStep {
    power: f64,
    mantissa: f64,
    most: f64,
}

impl FloatStep {
    fn of(grid: &ValueGrid) -> Self {
        let step = grid.step();
        Self {
            power: ten_to(step.scale()),
            mantissa: step.mantissa() as f64,
            most: grid.measure.max() as f64,
        }
    }

    /// The steps of values that all are on the grid within the tolerance.
    fn fit(&self, values: &[f64], into: &mut [i64]) -> Option<()> {
        // Of 2^52 and 2^51 more, whole numbers are one unit of the last place apart: adding
        // rounds to the nearest, and the bits count. Halves, which round the other way than
        // elsewhere, are off the grid.
        const WHOLE: f64 = 6_755_399_441_055_744.0;
        let mut good = true;
        // By 1, as steps of a tenth or a thousandth are, is the same and quicker undone.
        let divides = self.mantissa != 1.0;
        for (place, value) in into.iter_mut().zip(values) {
            let scaled = value * self.power;
            let steps = if divides { scaled / self.mantissa } else { scaled };
            let moved = steps + WHOLE;
            let nearest = moved - WHOLE;
            // NaN and infinities are on neither side.
            good &= (steps - nearest).abs() <= FLOAT_TOLERANCE && nearest.abs() <= self.most;
            *place = moved.to_bits().wrapping_sub(WHOLE.to_bits()).cast_signed();
        }
        good.then_some(())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::load::from_table;

    const NAMES: [&str; 7] = ["time", "open", "high", "low", "close", "volume", "taker_buy_volume"];

    /// A table, which the slow way takes where its columns say which rows are null, and none is.
    fn table<'a>(
        times: &ColumnValues<'a>,
        columns: &'a [Vec<f64>; 6],
        slow: bool,
    ) -> MemoryTable<'a> {
        let valid = slow.then(|| vec![true; times.len()]);
        let floats = columns.iter().map(|values| ColumnValues::Float(values.as_slice().into()));
        let all = std::iter::once(times.clone()).chain(floats).zip(NAMES);
        let column = |(values, name): (_, &str)| MemoryColumn {
            name: name.to_owned(),
            values,
            valid: valid.clone(),
        };
        MemoryTable { columns: all.map(column).collect() }
    }

    fn value() -> impl Strategy<Value = f64> {
        prop_oneof![
            40 => (4_200_i32..4_300).prop_map(|n| f64::from(n) / 1000.0),
            3 => (4_200_i32..4_300).prop_map(|n| f64::from(n) / 1000.0 + 9.99e-10),
            1 => (4_200_i32..4_300).prop_map(|n| f64::from(n) / 1000.0 + 1.01e-9),
            1 => prop_oneof![
                Just(f64::NAN), Just(f64::INFINITY), Just(-0.0), Just(0.0), Just(-4.2), Just(1e12),
                Just(1e15), Just(4.2005), Just(1e300), Just(5e-324), Just(3_610_443.500_01),
            ],
        ]
    }

    fn candle() -> impl Strategy<Value = [f64; 6]> {
        let ordered = (4_200_i32..4_300, 0_i32..20, 0_i32..20, 0_i32..20, 0_i32..9999, 0_i32..9999);
        let sound = ordered.prop_map(|(low, a, b, up, volume, taker)| {
            let px = |n: i32| f64::from(n) / 1000.0;
            let (open, close) = (low + a, low + b);
            let (most, least) = (volume.max(taker), volume.min(taker));
            let lots = |n: i32| f64::from(n) / 10.0;
            [px(open), px(low + a.max(b) + up), px(low), px(close), lots(most), lots(least)]
        });
        let broken = (sound.clone(), 0_usize..6, value()).prop_map(|(mut row, at, value)| {
            row[at] = value;
            row
        });
        prop_oneof![60 => sound, 1 => broken]
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(600))]

        /// Both ways give the same series, or refuse it in the same words.
        #[test]
        fn fast_is_slow(
            rows in proptest::collection::vec(candle(), 1..60),
            tick in prop_oneof![4 => Just("0.001"), 1 => Just("0.0005"), 1 => Just("0.00000001")],
            unit in 0_usize..5,
            step in prop_oneof![9 => Just(60_i64), 1 => Just(0), 1 => Just(-60)],
        ) {
            let mut columns: [Vec<f64>; 6] = Default::default();
            for row in &rows {
                columns.iter_mut().zip(row).for_each(|(column, value)| column.push(*value));
            }
            let scale = [1, 1_000, 1_000_000, 1_000_000_000, 1_000][unit];
            let counts: Vec<i64> =
                (0..rows.len() as i64).map(|at| (1_690_848_000 + at * step) * scale).collect();
            let times = if unit == 4 {
                ColumnValues::Time { counts: counts.into(), ns_each: 1_000_000, zoned: true }
            } else {
                ColumnValues::Integer(counts.into())
            };
            let opts = LoadOptions {
                tick_size: tick.parse().ok(),
                volume_step: "0.1".parse().ok(),
                interval: Some(Nanos::MINUTE),
                ..LoadOptions::default()
            };
            let of = |slow| {
                let series = from_table("X", &table(&times, &columns, slow), &ColumnNames::default(), &opts);
                series.map_err(|error| error.to_string())
            };
            let fast = of(false);
            if fast.is_ok() && !columns[0].iter().any(|px| *px > 1e6) && tick == "0.001" {
                // The fast way is what takes sound rows, and not only a way to say no.
                let names = ColumnNames::default();
                let table = table(&times, &columns, false);
                let found = NAMES.map(str::to_owned).to_vec();
                let columns = super::super::columns::Columns::named("X", found, &names).unwrap();
                let origin = Origin { path: None, ..Origin::new("X", false, columns) };
                prop_assert!(super::rows(&table, &origin, &names, &opts).unwrap().is_some());
            }
            prop_assert_eq!(fast, of(true));
        }
    }
}
