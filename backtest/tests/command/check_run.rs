//! `check` promises what `run` does: over generated sets of files of one instrument both
//! take them, or both refuse them for the same first fault.

use std::fmt::Write;
use std::fs;

use proptest::prelude::*;
use serde_json::Value;

use crate::support::cases;
use crate::support::command::{stderr, stdout, tickstep};

const COSTS: [&str; 8] = [
    "--set",
    "costs.maker_fee=0",
    "--set",
    "costs.taker_fee=0",
    "--set",
    "costs.slippage.ticks=0",
    "--set",
    "strategy.params.pressure_rule=off",
];

/// What is done to a row of a file.
#[derive(Clone, Copy, Debug)]
enum Flaw {
    /// The row is not there.
    Gap,
    /// It opens some seconds late.
    Stray(i64),
    Duplicate,
    /// It is there again with another close.
    Conflict,
    /// It stands before the row ahead of it.
    Disorder,
    /// A cell is no number.
    NoNumber,
    /// The high is below the low.
    NoCandle,
    /// A price has more decimals.
    Finer,
}

#[derive(Clone, Debug)]
struct BarFile {
    /// Seconds from the first bar of the set.
    from: i64,
    every: i64,
    rows: usize,
    taker: bool,
    /// There is a column of symbols, if the set has symbols.
    ticker: bool,
    flaws: Vec<(usize, Flaw)>,
}

impl BarFile {
    /// `symbols` take turns in the rows.
    fn text(&self, symbols: &[&str]) -> String {
        let ticker = |i: usize| match symbols.get(i % symbols.len().max(1)) {
            Some(symbol) if self.ticker => format!(",{symbol}"),
            _ => String::new(),
        };
        let row = |i: usize, late: i64, close: &str, high: &str| {
            let time = 1_690_848_000 + self.from + i as i64 * self.every + late;
            let taker = if self.taker { ",2.5" } else { "" };
            format!("{time},4.25,{high},4.2,{close},10{taker}{}", ticker(i))
        };
        let plain = |i| row(i, 0, "4.25", "4.3");
        let mut rows: Vec<String> = Vec::new();
        for i in 0..self.rows {
            let flaw = self.flaws.iter().find(|(at, _)| at % self.rows == i).map(|(_, f)| *f);
            match flaw {
                None => rows.push(plain(i)),
                Some(Flaw::Gap) => {}
                Some(Flaw::Stray(late)) => rows.push(row(i, late, "4.25", "4.3")),
                Some(Flaw::Duplicate) => rows.extend([plain(i), plain(i)]),
                Some(Flaw::Conflict) => rows.extend([plain(i), row(i, 0, "4.26", "4.3")]),
                Some(Flaw::Disorder) => {
                    let at = rows.len().saturating_sub(1);
                    rows.insert(at, plain(i));
                }
                Some(Flaw::NoNumber) => rows.push(row(i, 0, "n/a", "4.3")),
                Some(Flaw::NoCandle) => rows.push(row(i, 0, "4.25", "4.1")),
                Some(Flaw::Finer) => rows.push(row(i, 0, "4.2501", "4.3")),
            }
        }
        let taker = if self.taker { ",taker_buy_volume" } else { "" };
        let column = if ticker(0).is_empty() { "" } else { ",ticker" };
        let mut text = format!("open_time,open,high,low,close,volume{taker}{column}\n");
        rows.iter().for_each(|row| writeln!(text, "{row}").unwrap());
        text
    }
}

fn flaw() -> impl Strategy<Value = Flaw> {
    prop_oneof![
        Just(Flaw::Gap),
        prop::sample::select(vec![1_i64, 7, 30]).prop_map(Flaw::Stray),
        Just(Flaw::Duplicate),
        Just(Flaw::Conflict),
        Just(Flaw::Disorder),
        Just(Flaw::NoNumber),
        Just(Flaw::NoCandle),
        Just(Flaw::Finer),
    ]
}

fn file() -> impl Strategy<Value = BarFile> {
    let from = prop::sample::select(vec![0_i64, 600, 1_200, 1_800, 90_000]);
    let every = prop::sample::select(vec![60_i64, 60, 60, 300]);
    let flaws = prop::collection::vec((0_usize..12, flaw()), 0..3);
    let columns = (prop::bool::weighted(0.3), any::<bool>());
    (from, every, 1_usize..14, columns, flaws).prop_map(
        |(from, every, rows, (taker, ticker), flaws)| BarFile {
            from,
            every,
            rows,
            taker,
            ticker,
            flaws,
        },
    )
}

/// What both commands say of the files: taken, or the first fault.
fn verdicts(
    files: &[BarFile],
    symbols: &[&str],
    named: bool,
    options: &[&str],
) -> (Option<String>, Option<String>) {
    let dir = tempfile::tempdir().unwrap();
    let mut names = Vec::new();
    for (i, file) in files.iter().enumerate() {
        let name = if named { format!("FILUSDT-1m-{i}.csv") } else { format!("part-{i}.csv") };
        fs::write(dir.path().join(&name), file.text(symbols)).unwrap();
        names.push(name);
    }
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let check = tickstep(dir.path(), &[&["check", "--json"][..], &names, options].concat());
    let json: Value = serde_json::from_str(&stdout(&check)).unwrap();
    let instruments = json["instruments"].as_array().unwrap();
    let checked = instruments.iter().find_map(|i| i["fault"].as_str()).map(str::to_owned);
    assert_eq!(check.status.code(), Some(i32::from(checked.is_some())), "{json:#}");
    assert_eq!(json["errors"] == 0, checked.is_none(), "{json:#}");
    let out = ["--quiet", "--out", "run"];
    let run = tickstep(dir.path(), &[&["run"][..], &names, &COSTS, options, &out].concat());
    let refused = (!run.status.success()).then(|| stderr(&run));
    let refused = refused.map(|text| text.trim_start_matches("error: ").to_owned());
    if instruments.len() > 1 {
        // The files tell several names: `run` has to be told which, `check` takes each.
        assert!(refused.is_some_and(|text| text.starts_with("the symbol cannot be told")));
        return (None, None);
    }
    (checked, refused)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(cases(64)))]

    #[test]
    fn check_and_run_say_the_same(
        files in prop::collection::vec(file(), 1..4),
        repairs in prop::sample::subsequence(
            vec!["sort", "drop-duplicates", "keep-first", "drop-invalid", "drop-taker", "round"],
            0..4,
        ),
        symbols in prop::sample::select(vec![
            vec![], vec![], vec!["FIL/USDT"], vec!["FILUSDT", "NEARUSDT"], vec!["A", "B"],
        ]),
        named in any::<bool>(),
        symbol in any::<bool>(),
        bar in prop::option::weighted(0.2, Just("1m")),
        tick in prop::option::weighted(0.3, Just("0.01")),
    ) {
        let repairs = repairs.join(",");
        let mut options = Vec::new();
        if !repairs.is_empty() {
            options.extend(["--repair", &repairs]);
        }
        if symbol {
            options.extend(["--symbol", "FILUSDT"]);
        }
        bar.into_iter().for_each(|bar| options.extend(["--bar", bar]));
        tick.into_iter().for_each(|tick| options.extend(["--tick-size", tick]));
        match verdicts(&files, &symbols, named, &options) {
            (None, None) => {}
            (Some(fault), Some(refused)) => {
                prop_assert!(refused.starts_with(&fault), "{fault}\n{refused}");
            }
            (checked, refused) => prop_assert!(false, "check: {checked:?}\nrun: {refused:?}"),
        }
    }
}
