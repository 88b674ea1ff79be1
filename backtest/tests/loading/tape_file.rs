//! Tapes on disk, and bars of longer intervals.

use proptest::prelude::*;
use rust_decimal::Decimal;
use tickstep_backtest::load::{FileFault, LoadError, LoadOptions, to_tape};
use tickstep_backtest::series::resample::{Edges, ResampleError, resample};
use tickstep_backtest::series::{Grid, Repair, RowError, RowFault, Series};
use tickstep_core::calendar::Interval;
use tickstep_core::event::Bar;
use tickstep_core::units::{Lots, Nanos, Ticks};

use crate::support::cases;
use crate::support::files::{data, fil, open, written};
use crate::support::same::{assert_same_series, contents};

fn of_bytes(bytes: &[u8], opts: &LoadOptions) -> Result<Series, LoadError> {
    let (_dir, path) = written("FILUSDT.tape", bytes);
    open(&[path], opts)
}

#[test]
fn a_tape_gives_the_identical_series() {
    let fil = fil();
    let bytes = to_tape(&fil);
    assert_same_series(&of_bytes(&bytes, &LoadOptions::default()).unwrap(), &fil);
    assert_eq!(to_tape(&fil), bytes, "the same bytes every time");
    let text = std::fs::metadata(data("FILUSDT-1m-2023-08.csv")).unwrap().len();
    assert!(bytes.len() as u64 * 6 < text, "{} of {text}", bytes.len());
    // The way through the repairs, which looks at every row, ends at the same.
    let opts = LoadOptions { repairs: vec![Repair::Sort], ..LoadOptions::default() };
    assert_same_series(&of_bytes(&bytes, &opts).unwrap(), &fil);
    let finer = LoadOptions { tick_size: Some(Decimal::new(5, 4)), ..LoadOptions::default() };
    let halved = of_bytes(&bytes, &finer).unwrap();
    assert_eq!(halved.bars()[0].open.0, fil.bars()[0].open.0 * 2);
    let coarse = LoadOptions { tick_size: Some(Decimal::ONE), ..LoadOptions::default() };
    let refused = of_bytes(&bytes, &coarse);
    let off_grid = |error: &RowError| matches!(error.fault, RowFault::OffGrid { .. });
    assert!(matches!(refused, Err(LoadError::Row(ref error)) if off_grid(error)));
}

#[test]
fn a_tape_keeps_its_interval_and_what_was_mended() {
    // Two bars ten minutes apart, of an interval of one; the first is there four times, and
    // two prices of the second are off the stated tick.
    let first = "1690848000000,4.255,4.256,4.252,4.252,25259.1\n";
    let text = format!(
        "open_time,open,high,low,close,volume\n{}1690848600000,4.2551,4.256,4.2519,4.252,2476\n",
        first.repeat(4)
    );
    let (_dir, path) = written("FILUSDT.csv", text.as_bytes());
    let opts = LoadOptions {
        tick_size: Some(Decimal::new(1, 3)),
        interval: Some(Nanos::MINUTE),
        repairs: vec![Repair::DropDuplicates, Repair::Round],
        ..LoadOptions::default()
    };
    let sparse = open(&[path], &opts).unwrap();
    assert_eq!((sparse.repaired().duplicates, sparse.rounded().prices), (3, 2));
    let again = of_bytes(&to_tape(&sparse), &LoadOptions::default()).unwrap();
    assert_same_series(&again, &sparse);
    assert_eq!((again.interval(), again.gaps()[0].missing), (Interval::MINUTE, 9));
    assert_eq!(again.all_repaired().to_string(), "3 duplicates dropped, 2 prices rounded");
}

#[test]
fn hours_are_made_exactly() {
    let fil = fil();
    let hours = resample(&fil, Nanos::HOUR, Edges::Drop).unwrap();
    assert_eq!((hours.series.bars().len(), hours.partial, hours.dropped), (5, 0, 0));
    let first = &fil.bars()[..60];
    let hour = hours.series.bars()[0];
    assert_eq!((hour.open, hour.close), (first[0].open, first[59].close));
    assert_eq!(hour.volume.get(), first.iter().map(|b| b.volume.get()).sum::<i64>());
    let taker = |b: &Bar| b.taker_buy.unwrap().get();
    assert_eq!(taker(&hour), first.iter().map(taker).sum::<i64>());
    let odd = resample(&fil, Nanos::SECOND.times(90), Edges::Drop).unwrap_err();
    assert!(matches!(odd, ResampleError::NotAMultiple { .. }));
    assert!(odd.to_string().contains("an interval of 90s is not a whole multiple of the 1m"));
    let day = resample(&fil, Nanos::DAY, Edges::Drop).unwrap_err();
    assert!(matches!(day, ResampleError::Nothing { .. }));
    let kept = resample(&fil, Nanos::DAY, Edges::Keep).unwrap();
    assert_eq!((kept.series.bars().len(), kept.partial), (1, 1));
}

fn walk(steps: &[(u8, i8, u16)], start: i64) -> Series {
    let mut minute = start;
    let mut px = 1_000_i64;
    let bars = steps.iter().map(|(skip, step, volume)| {
        // Mostly without a gap, sometimes a few bars, rarely hours.
        minute += match skip {
            0..=220 => 1,
            221..=250 => i64::from(*skip) - 215,
            _ => 200,
        };
        let open = px;
        px += i64::from(*step) / 8;
        Bar {
            ts_open: Nanos(1_690_848_000_000_000_000 + minute * Nanos::MINUTE.0),
            open: Ticks(open),
            high: Ticks(open.max(px) + i64::from(*volume % 5)),
            low: Ticks(open.min(px) - i64::from(*volume % 3)),
            close: Ticks(px),
            volume: Lots::new(i64::from(*volume)).unwrap(),
            taker_buy: Lots::new(i64::from(*volume / 3)),
        }
    });
    let grid = Grid::stated(Decimal::new(1, 2), Decimal::ONE);
    Series::from_bars("X", Nanos::MINUTE, grid, bars.collect(), Nanos::DAY).unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(cases(128)))]

    #[test]
    fn twice_is_once_and_volume_is_kept(
        steps in prop::collection::vec((any::<u8>(), any::<i8>(), any::<u16>()), 20..300),
        start in 0_i64..40,
        a in prop::sample::select(vec![2_i64, 3, 5]),
        b in prop::sample::select(vec![2_i64, 3, 4]),
    ) {
        let series = walk(&steps, start);
        for edges in [Edges::Drop, Edges::Keep] {
            let direct = resample(&series, Nanos::MINUTE.times(a * b), edges);
            let twice = resample(&series, Nanos::MINUTE.times(a), edges)
                .and_then(|first| resample(&first.series, Nanos::MINUTE.times(a * b), edges));
            // Ends that lie across bars are cut where each step has its bars: not the same.
            if edges == Edges::Drop && direct.as_ref().map_or(true, |d| d.dropped > 0) {
                continue;
            }
            match (direct, twice) {
                (Ok(direct), Ok(twice)) => {
                    prop_assert_eq!(&direct.series, &twice.series);
                    if edges == Edges::Keep {
                        let sum = |s: &Series| {
                            s.bars().iter().map(|b| (b.volume.get(), b.taker_buy.unwrap().get()))
                                .fold((0, 0), |x, y| (x.0 + y.0, x.1 + y.1))
                        };
                        prop_assert_eq!(sum(&direct.series), sum(&series));
                        prop_assert_eq!(direct.dropped, 0);
                    }
                }
                (direct, twice) => prop_assert_eq!(direct.is_err(), twice.is_err()),
            }
        }
    }

    #[test]
    fn tapes_go_there_and_back(
        steps in prop::collection::vec((any::<u8>(), any::<i8>(), any::<u16>()), 1..200),
    ) {
        let series = walk(&steps, 0);
        let found = of_bytes(&to_tape(&series), &LoadOptions::default()).unwrap();
        prop_assert_eq!(contents(&found), contents(&series));
        prop_assert_eq!((series.symbol(), series.sources().len()), ("X", 0));
    }

    #[test]
    fn a_changed_or_cut_tape_never_loads(
        edits in prop::collection::vec((any::<prop::sample::Index>(), 1_u8..), 1..4),
        cut in any::<prop::sample::Index>(),
    ) {
        let whole = to_tape(&fil());
        let mut bytes = whole.clone();
        for (at, flip) in edits {
            let at = at.index(bytes.len());
            bytes[at] ^= flip;
        }
        if bytes != whole {
            let refused = of_bytes(&bytes, &LoadOptions::default());
            let noticed = matches!(refused, Err(LoadError::File { fault: FileFault::BadTape { .. }, .. }));
            prop_assert!(noticed, "{:?}", refused.err());
        }
        let refused = of_bytes(&whole[..cut.index(whole.len())], &LoadOptions::default());
        let noticed = matches!(refused, Err(LoadError::File { fault: FileFault::BadTape { .. }, .. }));
        prop_assert!(noticed);
    }
}
