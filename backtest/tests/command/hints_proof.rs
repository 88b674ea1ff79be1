//! Every fault that the loader can give has a hint that was walked, or is listed as one that
//! names nothing to apply. A new fault does not compile here until it is one or the other.

use std::collections::BTreeSet;

use tickstep_backtest::load::{FileFault, FormatError, LoadError, LoadOptions, TextFault};
use tickstep_backtest::series::{RowFault, SeriesFault};
use tickstep_backtest::setup::funding::FundingError;

use tickstep_core::units::Nanos;

use super::{hints, hints_of_files};
use crate::support::files::{open, written};

/// How it is known that the hint of a fault works.
enum Proof {
    /// By cases of these names.
    Walked(&'static [&'static str]),
    /// By a test of its own.
    Test(fn()),
    /// It names nothing that can be applied to a file here; why.
    Nothing(&'static str),
    /// By the faults inside it.
    Inner,
}

use Proof::{Inner, Nothing, Test, Walked};

macro_rules! proofs {
    ($list:ident: $fault:ident { $($variant:ident => $proof:expr,)* }) => {
        const $list: &[(&str, Proof)] = &[$((stringify!($variant), $proof)),*];
        // Without a wildcard: a variant that is not listed does not compile.
        const _: fn(&$fault) = |fault| match fault { $($fault::$variant { .. } => (),)* };
    };
}

proofs!(LOAD: LoadError {
    Row => Inner,
    Series => Inner,
    File => Inner,
    Text => Inner,
    Format => Inner,
    Option => Walked(&["no zone", "a price without a format"]),
    Length => Nothing("arrays that a program hands over, none of a file"),
    RoundToWhat => Walked(&["round to what"]),
    SymbolUnclear => Walked(&["no symbol"]),
    SymbolsDiffer => Walked(&["two symbols by column"]),
    Cancelled => Nothing("the user asked for it"),
});

proofs!(FILE: FileFault {
    Unreadable => Nothing("which path is meant is known to the user alone"),
    UnknownKind => Walked(&["unknown kind"]),
    ParquetNotBuilt => Nothing("it asks for another build, or another kind of file"),
    Corrupt => Walked(&["no gzip"]),
    ZipEntries => Walked(&["a zip of two", "a zip of nothing"]),
    Empty => Walked(&["no bars"]),
    NoHeader => Walked(&["no header"]),
    MissingColumn => Walked(&["no close", "a separator of one's own", "a line ahead", "no volume"]),
    SeveralSymbols => Walked(&["several symbols"]),
    AmbiguousNumber => Walked(&["thousands or decimals", "decimals or thousands"]),
    AmbiguousDate => Walked(&["day or month", "month or day"]),
    CutTimes => Walked(&["cut times"]),
    AmbiguousColumn => Walked(&["two closes"]),
    NaiveTimes => Nothing("tables that a program hands over, none of a file"),
    Lengths => Nothing("tables that a program hands over, none of a file"),
    NoRows => Nothing("tables that a program hands over, none of a file"),
    NamedColumn => Nothing("tables that a program hands over, none of a file"),
    ColumnType => Nothing("Parquet only, which another program has to write anew"),
    MissingTaker => Walked(&["no taker volume"]),
    ZoneNotStated => Walked(&["a clock that is not stated"]),
    NoDay => Walked(&["no day"]),
    DescribedColumn => Walked(&["columns of another format"]),
    FormatFields => Walked(&["fields of another format"]),
    JsonOrder => Walked(&["six values", "seven values"]),
    TarEntry => Walked(&["a tar of something else"]),
    Feather => Nothing("it asks for a program that reads Feather"),
    NoPartner => Walked(&["no ask"]),
    BadTape => Walked(&["no tape"]),
});

proofs!(TEXT: TextFault {
    NotUtf8 => Walked(&["Korean", "French"]),
    NotDecoded => Walked(&["another encoding"]),
    BadJson => Walked(&["no list"]),
});

proofs!(FORMAT: FormatError {
    Unknown => Walked(&["a format misspelt"]),
    Invalid => Walked(&["no length of bars", "an unknown encoding", "no volume named"]),
    NoBidAsk => Walked(&["no bid and ask"]),
});

proofs!(ROW: RowFault {
    FieldCount => Walked(&["fields"]),
    BadNumber => Walked(&["no number"]),
    EmptyTaker => Walked(&["no taker", "no taker, as the row says"]),
    TooLong => Walked(&["too many digits"]),
    BadTime => Walked(&["no time"]),
    AbsurdTime => Walked(&["no year"]),
    UnitChange => Walked(&["two units"]),
    OtherUnit => Walked(&["a unit of another format"]),
    ClockChange => Walked(&["clocks change"]),
    Disorder => Walked(&["disorder"]),
    Interleaved => Walked(&["interleaved files"]),
    Duplicate => Walked(&["a duplicate far away", "overlap", "three overlap"]),
    Conflict => Walked(&["a conflict far away"]),
    HighBelowLow => Walked(&["no candle"]),
    OutsideRange => Walked(&["outside"]),
    NotPositive => Walked(&["price 0"]),
    NegativeVolume => Walked(&["volume below 0"]),
    TakerAboveVolume => Walked(&["taker above", "taker above, as the row says"]),
    Unpaired => Walked(&["a bid alone"]),
    OffGrid => Walked(&["off the grid", "another grid"]),
    TooLarge => Walked(&["a volume beyond bearing"]),
    GridTooFine => Walked(&["decimals beyond bearing"]),
    OffInterval => Walked(&["a stray row", "ends of months", "ends of weeks"]),
    OutsideHours => Walked(&["some outside hours", "all outside hours"]),
});

proofs!(SERIES: SeriesFault {
    Nothing => Proof::Nothing("no file was named, which the command line refuses itself"),
    MixedTaker => Walked(&["taker in one"]),
    MixedIntervals => Test(hints::files_of_two_intervals_load_after_the_conversion_that_is_named),
    IntervalUnknown => Walked(&["one bar"]),
    // A run that holds no bar says so of all its instruments ("no period").
    EmptyPeriod => Test(a_period_in_the_data_that_are_named_loads),
});

proofs!(FUNDING: FundingError {
    File => Walked(&[
        "funding of other columns", "funding of bars", "funding of another symbol",
        "funding without rows", "funding removed", "funding of another time", "no funding file",
        "funding of no list",
    ]),
    Row => Walked(&["funding at no time", "funding of no rate", "funding that falls"]),
    Partial => Walked(&["funding in part", "funding allowed in part"]),
});

#[test]
fn every_fault_has_a_hint_that_was_walked_or_names_nothing() {
    let mut cases: BTreeSet<&str> = hints::hints().iter().map(|hint| hint.what).collect();
    cases.extend(hints_of_files::all().iter().map(|hint| hint.what));
    for (fault, proof) in [LOAD, FILE, TEXT, FORMAT, ROW, SERIES, FUNDING].into_iter().flatten() {
        match proof {
            Walked(names) => {
                let unknown: Vec<_> = names.iter().filter(|name| !cases.contains(**name)).collect();
                assert!(!names.is_empty() && unknown.is_empty(), "{fault}: no case {unknown:?}");
            }
            Nothing(why) => assert!(!why.is_empty(), "{fault}"),
            Test(test) => test(),
            Inner => {}
        }
    }
}

#[test]
fn a_period_in_the_data_that_are_named_loads() {
    let (_dir, path) = written("FILUSDT.csv", hints::rows(|_, row| vec![row]));
    let of = |from: i64| LoadOptions {
        period: Some((Nanos::SECOND.times(from), Nanos::SECOND.times(from + 600))),
        ..LoadOptions::default()
    };
    let message = open(std::slice::from_ref(&path), &of(1_790_848_000)).unwrap_err().to_string();
    let words = "the data run from 2023-08-01T00:00:00Z to 2023-08-01T00:09:00Z";
    assert!(message.contains(words), "{message}");
    assert!(open(&[path], &of(1_690_848_000)).is_ok());
}
