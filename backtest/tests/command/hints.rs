//! Hints that work: each fault of the loader in a small file, the remedy that the message
//! names applied as it is written, and the file loads. What cannot be mended by a repair is
//! not said to be.

use std::fs;

use tempfile::TempDir;

use crate::support::command::{stderr, stdout, tickstep};

pub(super) const HEAD: &str = "open_time,open,high,low,close,volume\n";
const TAKER: &str = "open_time,open,high,low,close,volume,taker_buy_volume\n";

/// Ten minutes of bars, each changed by `change`, which may leave it out or add rows.
pub(super) fn rows(change: impl Fn(usize, String) -> Vec<String>) -> String {
    let row = |i: usize| format!("{},4.25,4.30,4.20,4.25,10", 1_690_848_000 + 60 * i);
    let all: Vec<String> = (0..10).flat_map(|i| change(i, row(i))).collect();
    format!("{HEAD}{}\n", all.join("\n"))
}

/// The same with one row in another way.
pub(super) fn with(at: usize, row: &'static str) -> String {
    rows(|i, plain| vec![if i == at { row.to_owned() } else { plain }])
}

pub(super) struct Hint {
    pub(super) what: &'static str,
    /// Names and texts.
    files: Vec<(&'static str, String)>,
    options: &'static [&'static str],
    /// Words of the message that is met.
    words: &'static str,
    /// The options that the message names.
    remedy: &'static [&'static str],
}

fn hint(
    what: &'static str,
    text: String,
    words: &'static str,
    remedy: &'static [&'static str],
) -> Hint {
    Hint { what, files: vec![("FILUSDT-1m.csv", text)], options: &[], words, remedy }
}

/// Every hint that names a repair, an option or a key.
pub(super) fn hints() -> Vec<Hint> {
    let taker = |cell: &'static str| {
        let text = rows(move |i, row| vec![format!("{row},{}", if i == 4 { cell } else { "5" })]);
        text.replacen(HEAD, TAKER, 1)
    };
    let one = |row: &str| format!("{HEAD}{row}\n");
    let part = |from: usize, to: usize| {
        rows(move |i, row| if (from..to).contains(&i) { vec![row] } else { vec![] })
    };
    let invalid: &[&str] = &["--repair", "drop-invalid"];
    vec![
        hint(
            "disorder",
            rows(|i, row| if i == 4 { vec![] } else if i == 5 { vec![row, "1690848240,4.25,4.30,4.20,4.25,10".into()] } else { vec![row] }),
            "--repair sort",
            &["--repair", "sort"],
        ),
        hint(
            "a duplicate far away",
            rows(|i, row| if i == 9 { vec![row, "1690848120,4.25,4.30,4.20,4.25,10".into()] } else { vec![row] }),
            "--repair drop-duplicates",
            &["--repair", "drop-duplicates"],
        ),
        hint(
            "a conflict far away",
            rows(|i, row| if i == 9 { vec![row, "1690848120,4.25,4.30,4.20,4.26,10".into()] } else { vec![row] }),
            "--repair keep-first",
            &["--repair", "keep-first"],
        ),
        hint("no number", with(4, "1690848240,x,4.30,4.20,4.25,10"), "--repair drop-invalid", invalid),
        hint("no time", with(4, "noon,4.25,4.30,4.20,4.25,10"), "--repair drop-invalid", invalid),
        hint("no candle", with(4, "1690848240,4.25,4.10,4.20,4.25,10"), "--repair drop-invalid", invalid),
        hint("outside", with(4, "1690848240,4.35,4.30,4.20,4.25,10"), "--repair drop-invalid", invalid),
        hint("price 0", with(4, "1690848240,0,4.30,0,4.25,10"), "--repair drop-invalid", invalid),
        hint("volume below 0", with(4, "1690848240,4.25,4.30,4.20,4.25,-1"), "--repair drop-invalid", invalid),
        hint("fields", with(4, "1690848240,4.25,4.30,4.20"), "--repair drop-invalid", invalid),
        hint("no taker", taker(""), "--repair drop-taker", &["--repair", "drop-taker"]),
        hint("no taker, as the row says", taker(""), "repair = [\"drop-taker\"]", &["--repair", "drop-taker"]),
        hint("taker above", taker("11"), "--repair clip-taker", &["--repair", "clip-taker"]),
        hint("taker above, as the row says", taker("11"), "repair = [\"drop-taker\"]", &["--repair", "drop-taker"]),
        Hint {
            options: &["--tick-size", "0.01"],
            ..hint("off the grid", with(4, "1690848240,4.255,4.30,4.20,4.25,10"), "--repair round", &["--repair", "round"])
        },
        Hint {
            options: &["--tick-size", "0.001"],
            ..hint("another grid", with(4, "1690848240,4.2555,4.30,4.20,4.25,10"), "correct tick_size", &["--tick-size", "0.0001"])
        },
        hint(
            "decimals beyond bearing",
            with(4, "1690848240,4.2500000000000000001,4.30,4.20,4.25,10"),
            "state tick_size and round to it (repair = [\"round\"])",
            &["--tick-size", "0.01", "--repair", "round"],
        ),
        hint(
            "a volume beyond bearing",
            with(4, "1690848240,4.25,4.30,4.20,4.25,99999999999999999999.5"),
            "state a coarser volume_step and round to it (repair = [\"round\"])",
            &["--volume-step", "100000", "--repair", "round"],
        ),
        Hint {
            options: &["--repair", "round"],
            ..hint("round to what", with(4, "1690848240,4.255,4.30,4.20,4.25,10"), "state tick_size or volume_step", &["--tick-size", "0.01"])
        },
        hint("one bar", one("1690848000,4.25,4.30,4.20,4.25,10"), "state interval_s", &["--bar", "1m"]),
        Hint {
            files: vec![("a.csv", rows(|_, row| vec![row]))],
            ..hint("no symbol", String::new(), "--symbol", &["--symbol", "FILUSDT"])
        },
        Hint {
            files: vec![("FILUSDT-a.csv", part(0, 6)), ("FILUSDT-b.csv", part(4, 10))],
            ..hint("overlap", String::new(), "--repair drop-duplicates", &["--repair", "drop-duplicates"])
        },
        Hint {
            files: vec![
                ("FILUSDT-a.csv", part(0, 6)),
                ("FILUSDT-b.csv", part(2, 8)),
                ("FILUSDT-c.csv", part(4, 10)),
            ],
            ..hint("three overlap", String::new(), "--repair drop-duplicates", &["--repair", "drop-duplicates"])
        },
        Hint {
            files: vec![
                ("FILUSDT-a.csv", part(0, 5)),
                ("FILUSDT-b.csv", part(5, 10).replace('\n', ",5\n").replacen(",5\n", ",taker_buy_volume\n", 1)),
            ],
            ..hint("taker in one", String::new(), "--repair drop-taker", &["--repair", "drop-taker"])
        },
        Hint {
            options: &["--time-zone", "UTC"],
            ..hint(
                "a zone without a format",
                "2023.08.01,00:00,4.25,4.30,4.20,4.25,10\n2023.08.01,00:01,4.25,4.30,4.20,4.25,10\n".to_owned(),
                "--format",
                &["--format", "mt.toml"],
            )
        },
        Hint {
            options: &["--format", "mt.toml"],
            ..hint(
                "a clock that is not stated",
                "2023.08.01,00:00,4.25,4.30,4.20,4.25,10\n2023.08.01,00:01,4.25,4.30,4.20,4.25,10\n".to_owned(),
                "state time_zone, such as UTC",
                &["--time-zone", "UTC"],
            )
        },
    ]
}

const FORMAT: &str = "about = 'date and time'\nheader = false\nfields = 7\n[columns]\ndate = 1\ntime = 2\n\
    open = 3\nhigh = 4\nlow = 5\nclose = 6\nvolume = 7\n[time]\nzone = 'stated'\n";

fn folder(hint: &Hint) -> TempDir {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("mt.toml"), FORMAT).unwrap();
    for (name, text) in &hint.files {
        fs::write(dir.path().join(name), text).unwrap();
    }
    dir
}

/// `convert` with the options: what the loader says.
fn load(dir: &TempDir, hint: &Hint, options: &[&str]) -> Result<String, String> {
    let files: Vec<&str> = hint.files.iter().map(|(name, _)| *name).collect();
    let out = ["--force", "--out", "out.tape"];
    let output = tickstep(dir.path(), &[&["convert"][..], &files, options, &out].concat());
    if output.status.success() { Ok(stdout(&output)) } else { Err(stderr(&output)) }
}

#[test]
fn every_hint_leads_to_a_load() {
    for hint in hints() {
        let dir = folder(&hint);
        let message = load(&dir, &hint, hint.options).expect_err(hint.what);
        assert!(message.contains(hint.words), "{}: {message}", hint.what);
        // Of repeated options the lists add up, of the others the last counts.
        let options: Vec<&str> = if hint.remedy[0] == hint.options.first().copied().unwrap_or("") {
            hint.remedy.to_vec()
        } else {
            [hint.options, hint.remedy].concat()
        };
        let mended = load(&dir, &hint, &options);
        assert!(mended.is_ok(), "{}: {message}\nafter {options:?}: {mended:?}", hint.what);
        // What is offered as a command is offered because it loads.
        if let Some((_, offered)) = message.rsplit_once("`--repair ") {
            let repairs = offered.split('`').next().unwrap();
            let options = [hint.options, &["--repair", repairs]].concat();
            assert!(load(&dir, &hint, &options).is_ok(), "{}: {message}", hint.what);
        }
    }
}

#[test]
fn what_no_repair_mends_is_not_said_to_be_mended_by_one() {
    let interleaved =
        |odd: usize| rows(move |i, row| if i % 2 == odd { vec![row] } else { vec![] });
    let all = |cell: &'static str| rows(move |_, row| vec![row.replacen("4.25", cell, 1)]);
    let cases = [
        hint("all rows are no numbers", all("x"), "not a number", &[]),
        hint("all rows are no candles", all("9.99"), "outside low..high", &[]),
        hint("only a header", HEAD.to_owned(), "there are no bars", &[]),
        Hint {
            files: vec![("FILUSDT-a.csv", interleaved(0)), ("FILUSDT-b.csv", interleaved(1))],
            ..hint("interleaved", String::new(), "put the rows of both into one file", &[])
        },
        hint(
            "decimals beyond bearing",
            with(4, "1690848240,4.2500000000000000001,4.30,4.20,4.25,10"),
            "state tick_size",
            &[],
        ),
    ];
    for case in cases {
        let dir = folder(&case);
        let message = load(&dir, &case, case.options).expect_err(case.what);
        assert!(message.contains(case.words), "{}: {message}", case.what);
        assert!(!message.contains("--repair"), "{}: {message}", case.what);
        let files: Vec<&str> = case.files.iter().map(|(name, _)| *name).collect();
        let check = tickstep(dir.path(), &[&["check"][..], &files].concat());
        let text = stdout(&check);
        assert_eq!(check.status.code(), Some(1), "{}: {text}", case.what);
        assert!(!text.contains("--repair"), "{}: {text}", case.what);
    }
}

#[test]
fn interleaved_files_load_once_their_rows_are_in_one() {
    let half = |odd: usize| rows(move |i, row| if i % 2 == odd { vec![row] } else { vec![] });
    let joined = rows(|_, row| vec![row]);
    assert_eq!(half(0).lines().count() + half(1).lines().count(), joined.lines().count() + 1);
    let case = hint("joined", joined, "", &[]);
    let dir = folder(&case);
    assert!(load(&dir, &case, &[]).is_ok());
}

#[test]
fn several_faults_are_mended_by_the_repairs_named_together() {
    let text = rows(|i, row| match i {
        3 => vec![row.clone(), row],
        5 => vec!["1690848300,x,4.30,4.20,4.25,10".to_owned()],
        7 => vec![],
        8 => vec![row, "1690848420,4.25,4.30,4.20,4.25,10".to_owned()],
        _ => vec![row],
    });
    let case = hint("several", text, "`--repair drop-duplicates` would mend this", &[]);
    let dir = folder(&case);
    let message = load(&dir, &case, &[]).unwrap_err();
    assert!(message.contains(case.words), "{message}");
    let (_, rest) = message.split_once("with all that is wrong, `--repair ").unwrap();
    let repairs = rest.split('`').next().unwrap();
    assert_eq!(repairs, "drop-duplicates,drop-invalid,sort");
    assert!(load(&dir, &case, &["--repair", repairs]).is_ok());
}

#[test]
pub(super) fn files_of_two_intervals_load_after_the_conversion_that_is_named() {
    let rows = |from: i64, every: i64| {
        let row = |i: i64| format!("{},4.25,4.30,4.20,4.25,10\n", from + every * i);
        HEAD.to_owned() + &(0..10).map(row).collect::<String>()
    };
    let case = Hint {
        files: vec![
            ("FILUSDT-a.csv", rows(1_690_848_000, 60)),
            ("FILUSDT-b.csv", rows(1_690_851_600, 300)),
        ],
        ..hint("two intervals", String::new(), "tickstep convert --interval", &[])
    };
    let dir = folder(&case);
    let message = load(&dir, &case, &[]).unwrap_err();
    assert!(message.contains("FILUSDT-a.csv:2 and what follows are bars of 1m"), "{message}");
    assert!(message.contains("FILUSDT-b.csv:2 and what follows of 5m"), "{message}");
    let args = ["convert", "FILUSDT-a.csv", "--interval", "5m", "--out", "FILUSDT-a.tape"];
    assert!(tickstep(dir.path(), &args).status.success());
    let args = ["convert", "FILUSDT-a.tape", "FILUSDT-b.csv", "--out", "FILUSDT.tape"];
    let output = tickstep(dir.path(), &args);
    assert!(output.status.success(), "{}", stderr(&output));
}
