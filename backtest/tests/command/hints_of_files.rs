//! Hints of files, texts, formats, calendars, options and funding: a file with the fault, the
//! real command, and what its message says done as it is written; then it loads.

use std::fs;
use std::io::Write;
use std::path::Path;

use tempfile::TempDir;

use super::hints::{HEAD, rows, with};
use crate::support::command::{stderr, stdout, tickstep};
use crate::support::files::data;

/// A fault, what is said of it, and what is done then.
pub(super) struct FileHint {
    pub(super) what: &'static str,
    files: Vec<(&'static str, Vec<u8>)>,
    /// Words of a command, parted by spaces.
    command: &'static str,
    says: Vec<&'static str>,
    /// Files that the user writes because of the message.
    mended: Vec<(&'static str, Vec<u8>)>,
    /// Commands that succeed after that.
    then: Vec<&'static str>,
}

fn fault(what: &'static str, name: &'static str, bytes: impl Into<Vec<u8>>) -> FileHint {
    let files = vec![(name, bytes.into())];
    FileHint { what, files, command: "", says: vec![], mended: vec![], then: vec![] }
}

impl FileHint {
    fn file(mut self, name: &'static str, bytes: impl Into<Vec<u8>>) -> Self {
        self.files.push((name, bytes.into()));
        self
    }

    fn refused(mut self, command: &'static str, words: &'static str) -> Self {
        self.command = command;
        self.says.push(words);
        self
    }

    fn says(mut self, words: &'static str) -> Self {
        self.says.push(words);
        self
    }

    fn write(mut self, name: &'static str, bytes: impl Into<Vec<u8>>) -> Self {
        self.mended.push((name, bytes.into()));
        self
    }

    /// The very key that the message names, in a description of its own.
    fn describe(self, key: &'static str) -> Self {
        self.says(key).write("hint.toml", key)
    }

    fn then(mut self, command: &'static str) -> Self {
        self.then.push(command);
        self
    }
}

/// The command in a folder: all that it said where it refuses.
fn play(dir: &Path, command: &str) -> Result<(), String> {
    let mut args: Vec<&str> = command.split_whitespace().collect();
    match args[0] {
        "convert" => args.extend(["--force", "--out", "out.tape"]),
        "run" => {
            let _ = fs::remove_dir_all(dir.join("run"));
            args.extend(["--set", "costs.maker_fee=0", "--set", "costs.taker_fee=0"]);
            args.extend(["--set", "costs.slippage.ticks=0", "--out", "run"]);
        }
        _ => {}
    }
    let output = tickstep(dir, &args);
    if output.status.success() { Ok(()) } else { Err(stderr(&output) + &stdout(&output)) }
}

fn write_all(dir: &Path, files: &[(&str, Vec<u8>)]) {
    for (name, bytes) in files {
        fs::write(dir.join(name), bytes).unwrap();
    }
}

fn plain() -> String {
    rows(|_, row| vec![row])
}

/// The rows without their header, each time in thousandths.
fn in_ms(text: &str) -> Vec<String> {
    let row = |line: &str| line.replacen(',', "000,", 1);
    text.lines().skip(1).map(row).collect()
}

fn list(rows: &[String]) -> String {
    let rows: Vec<String> = rows.iter().map(|row| format!("[{row}]")).collect();
    format!("[{}]", rows.join(","))
}

fn gzip(text: &str) -> Vec<u8> {
    let mut writer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    writer.write_all(text.as_bytes()).unwrap();
    writer.finish().unwrap()
}

fn zip(entries: &[(&str, String)]) -> Vec<u8> {
    let mut bytes = std::io::Cursor::new(Vec::new());
    let mut writer = zip::ZipWriter::new(&mut bytes);
    for (name, text) in entries {
        let how = zip::write::SimpleFileOptions::default()
            .compression_method(zip::CompressionMethod::Stored);
        writer.start_file(*name, how).unwrap();
        writer.write_all(text.as_bytes()).unwrap();
    }
    writer.finish().unwrap();
    bytes.into_inner()
}

fn tar(entries: &[(&str, String)]) -> Vec<u8> {
    let mut tar = tar::Builder::new(Vec::new());
    for (name, text) in entries {
        let mut header = tar::Header::new_gnu();
        header.set_size(text.len() as u64);
        header.set_mode(0o644);
        tar.append_data(&mut header, name, text.as_bytes()).unwrap();
    }
    tar.into_inner().unwrap()
}

fn part(from: usize, to: usize) -> String {
    rows(move |i, row| if (from..to).contains(&i) { vec![row] } else { vec![] })
}

const BY_NAME: &str = "[columns]\ntime = 'open_time'\nopen = 'open'\nhigh = 'high'\nlow = 'low'\n";

/// Hints of the make of a file.
fn files() -> Vec<FileHint> {
    let head = |names: &str| plain().replacen(HEAD.trim_end(), names, 1);
    let plainly = "convert FILUSDT.csv";
    vec![
        fault("unknown kind", "FILUSDT.xls", plain())
            .refused("convert FILUSDT.xls", "unknown kind of file; give .csv, .txt, .tsv")
            .write("FILUSDT.csv", plain()).then(plainly)
            .write("FILUSDT.txt", plain()).then("convert FILUSDT.txt"),
        fault("no gzip", "FILUSDT.csv.gz", plain())
            .refused("convert FILUSDT.csv.gz", "damaged gzip data").says("fetch the file again")
            .write("FILUSDT.csv.gz", gzip(&plain())).then("convert FILUSDT.csv.gz"),
        fault("a zip of two", "FILUSDT.zip", zip(&[("FILUSDT-a.csv", part(0, 5)), ("FILUSDT-b.csv", part(5, 10))]))
            .refused("convert FILUSDT.zip", "FILUSDT-a.csv, FILUSDT-b.csv; unpack it and name the files")
            .write("FILUSDT-a.csv", part(0, 5)).write("FILUSDT-b.csv", part(5, 10))
            .then("convert FILUSDT-a.csv FILUSDT-b.csv"),
        fault("a zip of nothing", "FILUSDT.zip", zip(&[]))
            .refused("convert FILUSDT.zip", "this one holds nothing; fetch it again")
            .write("FILUSDT.zip", zip(&[("FILUSDT.csv", plain())])).then("convert FILUSDT.zip"),
        fault("no bars", "FILUSDT-a.csv", plain()).file("FILUSDT-b.csv", HEAD)
            .refused("convert FILUSDT-a.csv FILUSDT-b.csv", "remove it from the list").then("convert FILUSDT-a.csv"),
        fault("no header", "FILUSDT.csv", plain().replacen(HEAD, "", 1))
            .refused(plainly, "put a first line above the rows that names them, such as open_time,open,high,low,close,volume")
            .write("FILUSDT.csv", plain()).then(plainly),
        fault("no close", "FILUSDT.csv", head("open_time,open,high,low,last,volume"))
            .refused(plainly, "no column `close`").says("name it in the header").says("columns")
            .write("FILUSDT.csv", plain()).then(plainly)
            .write("last.csv", head("open_time,open,high,low,last,volume"))
            .write("hint.toml", format!("{BY_NAME}close = 'last'\nvolume = 'volume'\n"))
            .then("convert last.csv --symbol FILUSDT --format hint.toml"),
        fault("a separator of one's own", "FILUSDT.csv", plain().replace(',', "#"))
            .refused(plainly, "no column `open_time`").says("delimiter")
            .write("hint.toml", "delimiter = '#'").then("convert FILUSDT.csv --format hint.toml"),
        fault("a line ahead", "FILUSDT.csv", format!("my export\n{}", plain()))
            .refused(plainly, "no column `open_time`").says("skip_lines")
            .write("hint.toml", "skip_lines = 1").then("convert FILUSDT.csv --format hint.toml"),
        fault("no volume", "FILUSDT.csv", head("open_time,open,high,low,close,other"))
            .refused(plainly, "columns and volume_is = \"none\" where there is none")
            .write("hint.toml", format!("volume_is = \"none\"\n{BY_NAME}close = 'close'\n"))
            .then("convert FILUSDT.csv --format hint.toml"),
        fault("two closes", "FILUSDT.csv", plain().replace(",4.25,10", ",4.25,4.25,10").replacen(",close,", ",close,close,", 1))
            .refused(plainly, "there are two columns `close`; rename the one not meant")
            .write("FILUSDT.csv", plain().replace(",4.25,10", ",4.25,4.25,10").replacen(",close,", ",close,adjusted,", 1))
            .then(plainly),
        fault("cut times", "FILUSDT.csv", rows(|_, row| vec![format!("1.69085E+12,{}", row.split_once(',').unwrap().1)]))
            .refused(plainly, "take the file as it was downloaded").write("FILUSDT.csv", plain()).then(plainly),
        fault("a tar of something else", "FILUSDT.tar", tar(&[("a.json", list(&in_ms(&plain()))), ("b.txt", "x".to_owned())]))
            .refused("convert FILUSDT.tar --format freqtrade", "b.txt is not .json; a tar must hold lists of bars only")
            .write("FILUSDT.tar", tar(&[("a.json", list(&in_ms(&plain())))])).then("convert FILUSDT.tar --format freqtrade"),
        fault("no tape", "FILUSDT.tape", "tape").file("FILUSDT.csv", plain())
            .refused("convert FILUSDT.tape", "make it again with `tickstep convert`").then(plainly)
            .then("convert out.tape --symbol FILUSDT"),
    ]
}

/// Hints of symbols, and of what is stated.
fn statements() -> Vec<FileHint> {
    let symbols = |first: &str, second: &str| {
        let row = |line: &str, symbol: &str| format!("{line},{symbol}\n");
        let both = |line: &str| row(line, first) + &row(line, second);
        let rows: String = plain().lines().skip(1).map(both).collect();
        format!("{},symbol\n{rows}", HEAD.trim_end())
    };
    let own = |symbol: &str| {
        plain().replace(",10\n", &format!(",10,{symbol}\n")).replacen("volume", "volume,symbol", 1)
    };
    vec![
        fault("several symbols", "all.csv", symbols("FILUSDT", "NEARUSDT"))
            .refused("convert all.csv --symbol BTCUSDT", "take one of them with --symbol")
            .says("--split")
            .then("convert all.csv --symbol FILUSDT")
            .then("run all.csv --split --set strategy.params.pressure_rule=off"),
        fault("two symbols by column", "FILUSDT-a.csv", own("FILUSDT"))
            .file("FILUSDT-b.csv", own("NEARUSDT"))
            .refused(
                "convert FILUSDT-a.csv FILUSDT-b.csv --symbol FILUSDT",
                "load them as two instruments",
            )
            .then("convert FILUSDT-a.csv")
            .then("convert FILUSDT-b.csv --symbol NEARUSDT"),
        fault("no zone", "FILUSDT.csv", plain())
            .refused(
                "convert FILUSDT.csv --time-zone Mars",
                "an IANA name such as Europe/Athens, an offset such as +02:00",
            )
            .then("convert FILUSDT.csv --time-zone Europe/Athens")
            .then("convert FILUSDT.csv --time-zone +02:00"),
        fault(
            "a price without a format",
            "FILUSDT-bid.csv",
            plain().replacen("open_time", "timestamp", 1),
        )
        .refused("convert FILUSDT-bid.csv --price bid", "given together with --format")
        .then("convert FILUSDT-bid.csv --price bid --format fxcm"),
        fault("no ask", "FILUSDT-bid.csv", plain().replacen("open_time", "timestamp", 1))
            .refused("convert FILUSDT-bid.csv --format fxcm", "FILUSDT-ask.csv is not there")
            .write("FILUSDT-ask.csv", plain().replacen("open_time", "timestamp", 1))
            .then("convert FILUSDT-bid.csv --format fxcm"),
        fault("a bid alone", "FILUSDT-bid.csv", plain().replacen("open_time", "timestamp", 1))
            .file(
                "FILUSDT-ask.csv",
                rows(|i, row| if i == 4 { vec![] } else { vec![row] }).replacen(
                    "open_time",
                    "timestamp",
                    1,
                ),
            )
            .refused("convert FILUSDT-bid.csv --format fxcm", "load bid or ask alone (price)")
            .says("`--repair drop-invalid`")
            .then("convert FILUSDT-bid.csv --format fxcm --price bid")
            .then("convert FILUSDT-bid.csv --format fxcm --price ask")
            .then("convert FILUSDT-bid.csv --format fxcm --repair drop-invalid"),
        fault("no bid and ask", "FILUSDT.csv", in_ms(&plain()).join("\n"))
            .refused("convert FILUSDT.csv --format freqtrade --price bid", "price does not apply")
            .says("remove it")
            .then("convert FILUSDT.csv --format freqtrade"),
        fault("a format misspelt", "FILUSDT.csv", in_ms(&plain()).join("\n"))
            .refused("convert FILUSDT.csv --format freqtrad", "one of")
            .says("freqtrade")
            .then("convert FILUSDT.csv --format freqtrade"),
        fault("no length of bars", "FILUSDT.csv", plain())
            .file("own.toml", "time.stamp = 'close'")
            .refused(
                "convert FILUSDT.csv --format own.toml",
                "time.stamp = \"close\" needs interval_s",
            )
            .write("own.toml", "interval_s = 60\ntime.stamp = 'close'")
            .then("convert FILUSDT.csv --format own.toml"),
        fault("an unknown encoding", "FILUSDT.csv", plain())
            .file("own.toml", "encoding = 'klingon'")
            .refused(
                "convert FILUSDT.csv --format own.toml",
                "write such as utf-8, utf-16le, cp949",
            )
            .write("own.toml", "encoding = 'cp949'")
            .then("convert FILUSDT.csv --format own.toml"),
        fault("no volume named", "FILUSDT.csv", plain())
            .file("own.toml", format!("{BY_NAME}close = 'close'\n"))
            .refused(
                "convert FILUSDT.csv --format own.toml",
                "name columns.volume, or say volume_is = \"none\"",
            )
            .write("own.toml", format!("volume_is = \"none\"\n{BY_NAME}close = 'close'\n"))
            .then("convert FILUSDT.csv --format own.toml")
            .write("own.toml", format!("{BY_NAME}close = 'close'\nvolume = 'volume'\n"))
            .then("convert FILUSDT.csv --format own.toml"),
    ]
}

/// Hints of what is in a file: its text, its numbers, its times.
fn texts() -> Vec<FileHint> {
    let plainly = "convert FILUSDT.csv";
    let described = "convert FILUSDT.csv --format hint.toml";
    let ambiguous = || {
        plain()
            .replace(',', ";")
            .replace("4.25", "4,250")
            .replace("4.30", "4,300")
            .replace("4.20", "4,200")
    };
    let dates = || {
        let row = |i: i32| format!("{i:02}/02/2023,4.25,4.30,4.20,4.25,10\n");
        HEAD.to_owned() + &(1..=10).map(row).collect::<String>()
    };
    let with_name = |name: &[u8]| {
        let text = plain().replace(",10\n", ",10,1\n");
        [HEAD.trim_end().as_bytes(), b",", name, b"\n", text.split_once('\n').unwrap().1.as_bytes()]
            .concat()
    };
    let of_day =
        || (0..10).map(|i| format!("{},4.25,4.30,4.20,4.25,10\n", 60_000 * i)).collect::<String>();
    let seven = |row: &String| format!("{row},7");
    let clocks = || {
        let row = |i: i32| {
            format!("2023-03-26 {:02}:{:02},4.25,4.30,4.20,4.25,10\n", 1 + i / 6, i % 6 * 10)
        };
        HEAD.to_owned() + &(0..20).map(row).collect::<String>()
    };
    let seconds_then_ms = |from: usize, to: usize| {
        rows(move |i, row| match (from..to).contains(&i) {
            true if i < 5 => vec![row],
            true => vec![row.replacen(',', "000,", 1)],
            false => vec![],
        })
    };
    vec![
        fault("thousands or decimals", "FILUSDT.csv", ambiguous()).refused(plainly, "can be read in two ways")
            .describe("thousands = \",\"").then(described),
        fault("decimals or thousands", "FILUSDT.csv", ambiguous()).refused(plainly, "can be read in two ways")
            .describe("decimal = \",\"").then(described),
        fault("day or month", "FILUSDT.csv", dates()).refused(plainly, "no row tells which number is the day")
            .describe("time.pattern = \"%d/%m/%Y\"").then(described),
        fault("month or day", "FILUSDT.csv", dates()).refused(plainly, "or \"%m/%d/%Y\"")
            .write("hint.toml", "time.pattern = \"%m/%d/%Y\"").then(described),
        fault("Korean", "FILUSDT.csv", with_name(b"\xc0\xcf\xc0\xda")).refused(plainly, "is not valid UTF-8")
            .describe("encoding = \"cp949\"").then(described),
        fault("French", "FILUSDT.csv", with_name(b"\xe9t\xe9")).refused(plainly, "is not valid UTF-8; save the file as UTF-8")
            .describe("encoding = \"windows-1252\"").then(described)
            .write("saved.csv", with_name("\u{e9}t\u{e9}".as_bytes())).then("convert saved.csv --symbol FILUSDT"),
        fault("another encoding", "FILUSDT.csv", with_name(b"\xff\xff")).file("own.toml", "encoding = 'cp949'")
            .refused("convert FILUSDT.csv --format own.toml", "state another encoding, or save the file as UTF-8")
            .write("own.toml", "encoding = 'windows-1252'").then("convert FILUSDT.csv --format own.toml"),
        fault("no list", "FILUSDT.json", "{\"a\":1}")
            .refused("convert FILUSDT.json --format freqtrade", "give a list of bars, each a list of values: [[time, open, ...], ...]")
            .write("FILUSDT.json", list(&in_ms(&plain()))).then("convert FILUSDT.json --format freqtrade"),
        fault("six values", "FILUSDT.json", list(&in_ms(&plain())))
            .refused("convert FILUSDT.json", "do not tell their order; name a format, such as freqtrade")
            .then("convert FILUSDT.json --format freqtrade"),
        fault("seven values", "FILUSDT.json", list(&in_ms(&plain()).iter().map(seven).collect::<Vec<_>>()))
            .refused("convert FILUSDT.json", "with header = false, fields = 7 and columns by their positions")
            .write("hint.toml", "header = false\nfields = 7\n[columns]\ntime = 1\nopen = 2\nhigh = 3\nlow = 4\nclose = 5\nvolume = 6\n")
            .then("convert FILUSDT.json --format hint.toml"),
        fault("no day", "FILUSDT.csv", of_day())
            .refused("convert FILUSDT.csv --format lean-trade --time-zone UTC", "no day such as 20140511 is in the name")
            .write("FILUSDT-20140511.csv", of_day())
            .then("convert FILUSDT-20140511.csv --format lean-trade --time-zone UTC"),
        fault("columns of another format", "FILUSDT.csv", plain())
            .refused("convert FILUSDT.csv --format krx", "`tickstep check` without --format says which").then("check FILUSDT.csv").then(plainly),
        fault("fields of another format", "FILUSDT.csv", in_ms(&plain()).join("\n"))
            .refused("convert FILUSDT.csv --format kraken", "`tickstep check` without --format says which")
            .then("convert FILUSDT.csv --format freqtrade"),
        fault("a unit of another format", "FILUSDT.csv", in_ms(&plain()).iter().map(|row| seven(row) + "\n").collect::<String>())
            .file("hint.toml", "header = false\nfields = 7\n[columns]\ntime = 1\nopen = 2\nhigh = 3\nlow = 4\nclose = 5\nvolume = 6\n[time]\nunit = 's'\n")
            .refused(described, "is 1690848000000, in milliseconds, but the format has times in seconds").says("time.unit = \"ms\"")
            .write("hint.toml", "time.unit = \"ms\"\nheader = false\nfields = 7\n[columns]\ntime = 1\nopen = 2\nhigh = 3\nlow = 4\nclose = 5\nvolume = 6\n")
            .then(described),
        fault("two units", "FILUSDT.csv", seconds_then_ms(0, 10))
            .refused(plainly, "in milliseconds, but the rows before are in seconds; write all in one unit, or split the file here")
            .write("FILUSDT-a.csv", seconds_then_ms(0, 5)).write("FILUSDT-b.csv", seconds_then_ms(5, 10))
            .then("convert FILUSDT-a.csv FILUSDT-b.csv")
            .write("FILUSDT.csv", plain()).then(plainly),
        fault("clocks change", "FILUSDT.csv", clocks())
            .refused("convert FILUSDT.csv --time-zone Europe/Berlin", "state a fixed offset such as +02:00, or write UTC")
            .then("convert FILUSDT.csv --time-zone +02:00").then("convert FILUSDT.csv --time-zone UTC"),
        fault("no year", "FILUSDT.csv", with(4, "12345678,4.25,4.30,4.20,4.25,10"))
            .refused(plainly, "no time between 1800 and 2199").says("`--repair drop-invalid`")
            .then("convert FILUSDT.csv --repair drop-invalid"),
        fault("too many digits", "FILUSDT.csv", with(4, "1690848240,4.250000000000000000000000000001,4.30,4.20,4.25,10"))
            .refused(plainly, "write it with fewer").write("FILUSDT.csv", plain()).then(plainly),
        fault("interleaved files", "FILUSDT-a.csv", rows(|i, row| if i % 2 == 0 { vec![row] } else { vec![] }))
            .file("FILUSDT-b.csv", rows(|i, row| if i % 2 == 1 { vec![row] } else { vec![] }))
            .refused("convert FILUSDT-a.csv FILUSDT-b.csv", "put the rows of both into one file, by open time")
            .write("FILUSDT.csv", plain()).then(plainly),
    ]
}

/// Hints of when bars open.
fn times() -> Vec<FileHint> {
    let plainly = "convert FILUSDT.csv";
    let dated = |dates: &[&str]| {
        let row = |date: &&str| format!("{date},4.25,4.30,4.20,4.25,10\n");
        HEAD.to_owned() + &dates.iter().map(row).collect::<String>()
    };
    // From 13:25 to 13:34 in UTC, where New York opens at 13:30.
    let opening = || {
        let row = |i: i64| format!("{},4.25,4.30,4.20,4.25,10\n", 1_690_896_300 + 60 * i);
        HEAD.to_owned() + &(0..10).map(row).collect::<String>()
    };
    let month_ends =
        ["2023-01-31", "2023-02-28", "2023-03-31", "2023-04-28", "2023-05-31", "2023-06-30"];
    let month_begins =
        ["2023-01-01", "2023-02-01", "2023-03-01", "2023-04-01", "2023-05-01", "2023-06-01"];
    // Good Friday of 2023 was 7 April.
    let fridays =
        ["2023-03-17", "2023-03-24", "2023-03-31", "2023-04-06", "2023-04-14", "2023-04-21"];
    let mondays =
        ["2023-03-13", "2023-03-20", "2023-03-27", "2023-04-03", "2023-04-10", "2023-04-17"];
    vec![
        fault("a stray row", "FILUSDT.csv", with(4, "1690848250,4.25,4.30,4.20,4.25,10"))
            .refused(plainly, "repair = [\"snap\"]")
            .says("state interval_s where bars are of another length")
            .then("convert FILUSDT.csv --repair snap")
            .then("convert FILUSDT.csv --bar 10s"),
        fault("ends of months", "FILUSDT.csv", dated(&month_ends))
            .refused(
                plainly,
                "seem to be those at which bars end: write the date on which each month begins",
            )
            .write("FILUSDT.csv", dated(&month_begins))
            .then(plainly),
        fault("ends of weeks", "FILUSDT.csv", dated(&fridays))
            .refused(
                plainly,
                "seem to be those at which bars end: write the date on which each week begins",
            )
            .then("convert FILUSDT.csv --repair snap")
            .write("FILUSDT.csv", dated(&mondays))
            .then(plainly),
        fault("some outside hours", "FILUSDT.csv", opening())
            .refused("convert FILUSDT.csv --calendar nyse", "state the calendar of this market")
            .says("`--repair drop-outside`")
            .then("convert FILUSDT.csv --calendar nyse --repair drop-outside")
            .then("convert FILUSDT.csv --calendar always"),
        fault("all outside hours", "FILUSDT.csv", plain())
            .refused("convert FILUSDT.csv --calendar nyse", "state the calendar of this market")
            .then("convert FILUSDT.csv --calendar always"),
    ]
}

const CONFIG: &str = "[account]\ncurrency = 'USDT'\ncash = 100_000\n[costs]\nmaker_fee = 0\ntaker_fee = 0\n\
    slippage = { ticks = 0 }\n[[instrument]]\nsymbol = 'FILUSDT'\ndata = ['FILUSDT.csv']\n\
    funding = { file = 'f.csv' }\n[[strategy]]\nkind = 'scalper'\n\
    sizing = { method = 'fixed_notional', notional = 10_000 }\nparams = { pressure_rule = 'off' }\n";

/// Hints that a run gives of its data and funding.
fn runs() -> Vec<FileHint> {
    // A day of hours, in which payments are due at 08:00 and 16:00.
    let hours = || {
        let row = |i: i64| format!("{},4.25,4.30,4.20,4.25,10\n", 1_690_848_000 + 3_600 * i);
        HEAD.to_owned() + &(0..24).map(row).collect::<String>()
    };
    let good = "time,rate\n2023-08-01T08:00:00Z,0.0001\n2023-08-01T16:00:00Z,0.0001\n";
    let funding = |what, text: &str| {
        fault(what, "FILUSDT.csv", hours()).file("c.toml", CONFIG).file("f.csv", text)
    };
    let run = "run c.toml";
    let mended = |hint: FileHint| hint.write("f.csv", good).then(run);
    let bars = "open_time,open,high,low,close,volume\n1690848000,1,1,1,1,1\n";
    let plain_config = || CONFIG.replace("funding = { file = 'f.csv' }\n", "");
    vec![
        mended(funding("funding of other columns", "a,b\n1,2\n").refused(run, "they must be time,rate")),
        mended(funding("funding of bars", bars).refused(run, "here a file of rates")),
        mended(funding("funding of another symbol", "symbol,time,rate\nA,2023-08-01T08:00:00Z,0.1\nB,2023-08-01T16:00:00Z,0.1\n")
            .refused(run, "name a file of FILUSDT")),
        mended(funding("funding without rows", "time,rate\n").refused(run, "name a series, or remove funding")),
        funding("funding removed", "time,rate\n").refused(run, "or remove funding").write("c.toml", plain_config()).then(run),
        mended(funding("funding of another time", "time,rate\n2030-01-01T00:00:00Z,0.1\n").refused(run, "name a series of that time")),
        mended(funding("funding at no time", "time,rate\nnoon,0.1\n").refused(run, "write an RFC 3339 time, or ms since the epoch")),
        mended(funding("funding of no rate", "time,rate\n2023-08-01T08:00:00Z,two\n").refused(run, "write a fraction of notional, such as 0.0001")),
        mended(funding("funding that falls", "time,rate\n2023-08-01T16:00:00Z,0.1\n2023-08-01T08:00:00Z,0.1\n")
            .refused(run, "times must rise; sort the file and remove repeats")),
        mended(funding("funding in part", "time,rate\n2023-08-01T08:00:00Z,0.0001\n").refused(run, "name a series of all of it")),
        funding("funding allowed in part", "time,rate\n2023-08-01T08:00:00Z,0.0001\n")
            .refused(run, "with partial = true beside its file")
            .write("c.toml", CONFIG.replace("'f.csv' }", "'f.csv', partial = true }")).then(run),
        funding("no funding file", good).refused("run c.toml --set instrument.0.funding.file=g.csv", "g.csv")
            .write("g.csv", good).then("run c.toml --set instrument.0.funding.file=g.csv"),
        funding("funding of no list", good).file("g.json", "{}")
            .refused("run c.toml --set instrument.0.funding.file=g.json", "give a list of objects, such as [{\"time\": ..., \"rate\": ...}]")
            .write("g.json", "[{\"time\": \"2023-08-01T08:00:00Z\", \"rate\": 0.1}, {\"time\": \"2023-08-01T16:00:00Z\", \"rate\": 0.1}]")
            .then("run c.toml --set instrument.0.funding.file=g.json"),
        fault("no period", "FILUSDT.csv", hours()).file("c.toml", plain_config())
            .refused("run c.toml --set period.from=2030-01-01", "holds no bar of any instrument; widen it or load other data")
            .then("run c.toml --set period.from=2023-08-01T01:00:00Z"),
        fault("no taker volume", "FILUSDT.csv", hours()).file("c.toml", plain_config())
            .refused("run c.toml --set strategy.0.params.pressure_rule=buy_share", "switch the rule off, choose volume_split = \"close_location\"")
            .then("run c.toml --set strategy.0.params.pressure_rule=off")
            .then("run c.toml --set strategy.0.params.pressure_rule=buy_share --set strategy.0.params.volume_split=close_location"),
    ]
}

pub(super) fn all() -> Vec<FileHint> {
    [files(), statements(), texts(), times(), runs()].into_iter().flatten().collect()
}

fn folder(hint: &FileHint) -> TempDir {
    let dir = tempfile::tempdir().unwrap();
    write_all(dir.path(), &hint.files);
    dir
}

#[test]
fn what_a_message_says_leads_to_success() {
    let mut broken = Vec::new();
    for hint in all() {
        let dir = folder(&hint);
        let Err(message) = play(dir.path(), hint.command) else {
            broken.push(format!("{}: it is not refused", hint.what));
            continue;
        };
        for words in hint.says.iter().filter(|words| !message.contains(**words)) {
            broken.push(format!("{}: {words:?} is not in {message}", hint.what));
        }
        // Of a file that is written twice, the commands follow in the same order.
        let mut written = hint.mended.iter().peekable();
        let several = hint
            .mended
            .iter()
            .any(|(name, _)| hint.mended.iter().filter(|(n, _)| n == name).count() > 1);
        if !several {
            write_all(dir.path(), &hint.mended);
        }
        for then in &hint.then {
            if let (true, Some(file)) = (several, written.next()) {
                write_all(dir.path(), std::slice::from_ref(file));
            }
            if let Err(after) = play(dir.path(), then) {
                broken.push(format!("{}: {message}\nafter {then}: {after}", hint.what));
            }
        }
    }
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}

/// The one row that is wrong is named, wherever it stands among ordered ones.
#[test]
fn a_row_out_of_order_is_named_and_no_other() {
    let minutes = |order: [i64; 10]| {
        let row = |i: i64| format!("{},4.25,4.30,4.20,4.25,10\n", 1_690_848_000 + 60 * i);
        HEAD.to_owned() + &order.into_iter().map(row).collect::<String>()
    };
    for (order, line, words) in [
        (
            [0, 1, 8, 2, 3, 4, 5, 6, 7, 9],
            4,
            "2023-08-01T00:08:00Z stands ahead of 2023-08-01T00:02:00Z of FILUSDT.csv:5",
        ),
        (
            [8, 0, 1, 2, 3, 4, 5, 6, 7, 9],
            2,
            "2023-08-01T00:08:00Z stands ahead of 2023-08-01T00:00:00Z of FILUSDT.csv:3",
        ),
        (
            [0, 1, 3, 4, 5, 6, 2, 7, 8, 9],
            8,
            "2023-08-01T00:02:00Z comes after 2023-08-01T00:06:00Z of FILUSDT.csv:7",
        ),
        (
            [0, 1, 2, 3, 4, 5, 6, 7, 9, 8],
            11,
            "2023-08-01T00:08:00Z comes after 2023-08-01T00:09:00Z of FILUSDT.csv:10",
        ),
    ] {
        let hint = fault("order", "FILUSDT.csv", minutes(order));
        let dir = folder(&hint);
        let message = play(dir.path(), "convert FILUSDT.csv").unwrap_err();
        assert!(message.contains(&format!("FILUSDT.csv:{line}: open time {words}")), "{message}");
        let check = play(dir.path(), "check FILUSDT.csv").unwrap_err();
        assert!(check.contains("1 rows are not in the order of time [--repair sort]"), "{check}");
        assert!(check.contains(&format!("FILUSDT.csv:{line}  2023")), "{check}");
        assert_eq!(play(dir.path(), "convert FILUSDT.csv --repair sort"), Ok(()));
    }
}

/// Of each sample that does not load as it is, `check` names options, and with the first of
/// them the file loads.
#[test]
fn the_command_that_check_names_reads_the_file() {
    let mut named = 0;
    for entry in fs::read_dir(data("formats")).unwrap() {
        let file = entry.unwrap().path();
        let name = file.file_name().unwrap().to_str().unwrap();
        if name == "README.md" {
            continue;
        }
        let dir = tempfile::tempdir().unwrap();
        fs::copy(&file, dir.path().join(name)).unwrap();
        let convert = |options: &[&str]| {
            let out = ["--symbol", "X", "--force", "--out", "out.tape"];
            tickstep(dir.path(), &[&["convert", name][..], options, &out].concat())
        };
        if convert(&[]).status.success() {
            continue;
        }
        let check = stdout(&tickstep(dir.path(), &["check", name]));
        let Some((_, offers)) = check.split_once("it looks like a bundled format; ") else {
            // What one repair mends needs no format.
            assert!(check.contains("[loads with --repair"), "{name}: {check}");
            let (_, repairs) = check.split_once("[loads with --repair ").unwrap();
            let output = convert(&["--repair", repairs.split(']').next().unwrap()]);
            assert!(output.status.success(), "{name}: {}", stderr(&output));
            continue;
        };
        let offer =
            offers.split('`').nth(1).unwrap().replace("ZONE", "UTC").replace("STEP", "0.01");
        let options: Vec<&str> = offer.split_whitespace().collect();
        let output = convert(&options);
        assert!(output.status.success(), "{name}: {offer}: {}", stderr(&output));
        let again =
            tickstep(dir.path(), &[&["check", name, "--symbol", "X"][..], &options].concat());
        assert!(again.status.success(), "{name}: {offer}: {}", stdout(&again));
        named += 1;
    }
    assert!(named > 20, "{named} samples have an offer");
}
