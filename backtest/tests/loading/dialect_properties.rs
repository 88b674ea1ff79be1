//! Bars written in any dialect: described they load as they were, undescribed as they were
//! or not at all; and whatever bytes there are, they are read or refused.

use std::fmt::Write;
use std::ops::ControlFlow;

use proptest::prelude::*;
use rust_decimal::Decimal;
use tickstep_backtest::load::{Format, LoadError, LoadOptions, load, recognise};
use tickstep_backtest::series::Series;

use crate::support::files::written;

/// How a file is written.
#[derive(Clone, Debug)]
struct Written {
    delimiter: char,
    comma: bool,
    thousands: Option<char>,
    pattern: &'static str,
    encoding: &'static str,
    newest_first: bool,
    junk: usize,
}

/// A bar of cents and tenths: minute since the start, prices, volume.
#[derive(Clone, Debug)]
struct Cents {
    minute: i64,
    px: [i64; 4],
    tenths: i64,
}

const PATTERNS: [&str; 9] = [
    "%Y-%m-%d %H:%M",
    "%d/%m/%Y %H:%M",
    "%m/%d/%Y %I:%M %p",
    "%d.%m.%Y %H:%M:%S",
    "%Y%m%d %H%M%S",
    "%Y%m%d%H%M%S",
    "%b %d %Y %H:%M",
    "%d-%b-%Y %H:%M",
    "%Y/%m/%d %H:%M",
];

fn dialect() -> impl Strategy<Value = Written> {
    let delimiter = prop::sample::select(vec![',', ';', '\t', '|', '~']);
    let thousands = prop::option::of(prop::sample::select(vec!['.', ',', ' ', '\'']));
    let pattern = prop::sample::select(PATTERNS.to_vec());
    let encoding = prop::sample::select(vec!["utf-8", "utf-16le", "utf-16be", "cp949"]);
    (delimiter, any::<bool>(), thousands, pattern, encoding, any::<bool>(), 0..3_usize).prop_map(
        |(delimiter, comma, thousands, pattern, encoding, newest_first, junk)| Written {
            delimiter,
            comma,
            // One mark cannot stand for both.
            thousands: thousands.filter(|mark| *mark != if comma { ',' } else { '.' }),
            pattern,
            encoding,
            newest_first,
            junk,
        },
    )
}

fn bars() -> impl Strategy<Value = Vec<Cents>> {
    let start = 0_i64..40_000_000;
    let row = (1_i64..500_000_000, 0_i64..90_000, 0_i64..90_000, 0_i64..10_000, 0_i64..9_000_000);
    (start, prop::collection::vec(row, 2..8)).prop_map(|(start, rows)| {
        let bar = |(i, (low, a, b, up, tenths)): (usize, (i64, i64, i64, i64, i64))| Cents {
            minute: start + i as i64,
            px: [low + a, low + a.max(b) + up, low, low + b],
            tenths,
        };
        rows.into_iter().enumerate().map(bar).collect()
    })
}

impl Written {
    /// A number of so many decimals.
    fn number(&self, value: i64, decimals: u32) -> String {
        let one = 10_i64.pow(decimals);
        let mut whole = (value / one).to_string();
        if let Some(mark) = self.thousands {
            let mut at = whole.len();
            while at > 3 {
                at -= 3;
                whole.insert(at, mark);
            }
        }
        let mark = if self.comma { ',' } else { '.' };
        format!("{whole}{mark}{:0width$}", value % one, width = decimals as usize)
    }

    fn text(&self, bars: &[Cents]) -> Vec<u8> {
        let mut lines = vec!["made by a program".to_owned(); self.junk];
        let row = |cells: Vec<String>| {
            let quoted = cells.into_iter().map(|c| format!("\"{c}\"")).collect::<Vec<_>>();
            quoted.join(&self.delimiter.to_string())
        };
        let names = ["date", "open", "high", "low", "close", "volume"];
        lines.push(row(names.map(str::to_owned).to_vec()));
        let mut rows: Vec<String> = bars
            .iter()
            .map(|bar| {
                let at = jiff::Timestamp::from_second(946_684_800 + bar.minute * 60).unwrap();
                let mut cells = vec![at.strftime(self.pattern).to_string()];
                cells.extend(bar.px.map(|px| self.number(px, 2)));
                cells.push(self.number(bar.tenths, 1));
                row(cells)
            })
            .collect();
        if self.newest_first {
            rows.reverse();
        }
        let text = [lines, rows].concat().join("\n");
        match self.encoding {
            "utf-16le" => text.encode_utf16().flat_map(u16::to_le_bytes).collect(),
            "utf-16be" => text.encode_utf16().flat_map(u16::to_be_bytes).collect(),
            _ => text.into_bytes(),
        }
    }

    fn description(&self) -> String {
        let delimiter =
            if self.delimiter == '\t' { "tab".into() } else { self.delimiter.to_string() };
        let mut text = format!(
            "encoding = \"{}\"\nskip_lines = {}\ndelimiter = \"{delimiter}\"\ndecimal = \"{}\"\n",
            self.encoding,
            self.junk,
            if self.comma { ',' } else { '.' },
        );
        if let Some(mark) = self.thousands {
            writeln!(text, "thousands = \"{mark}\"").unwrap();
        }
        if self.newest_first {
            text += "order = \"newest_first\"\n";
        }
        text + &format!("time.pattern = \"{}\"\n", self.pattern)
    }
}

fn open(bytes: &[u8], format: Option<Format>) -> Result<Series, LoadError> {
    let (_dir, path) = written("X.csv", bytes);
    let opts = LoadOptions { format, ..LoadOptions::default() };
    load(Some("X"), &[vec![path]], &opts, &mut |_| ControlFlow::Continue(()))
}

/// Minute, prices and volume of every bar, as they were written.
fn read(series: &Series) -> Vec<(i64, [Decimal; 4], Decimal)> {
    let grid = series.grid();
    let bar = |bar: &tickstep_core::event::Bar| {
        let px = [bar.open, bar.high, bar.low, bar.close];
        (
            bar.ts_open.0,
            px.map(|px| (grid.tick_size * Decimal::from(px.0)).normalize()),
            (grid.volume_step * Decimal::from(bar.volume.get())).normalize(),
        )
    };
    series.bars().iter().map(bar).collect()
}

fn meant(bars: &[Cents]) -> Vec<(i64, [Decimal; 4], Decimal)> {
    let bar = |bar: &Cents| {
        let ts = (946_684_800 + bar.minute * 60) * 1_000_000_000;
        let px = bar.px.map(|px| Decimal::new(px, 2).normalize());
        (ts, px, Decimal::new(bar.tenths, 1).normalize())
    };
    bars.iter().map(bar).collect()
}

/// Keys of descriptions, each with values of every kind.
fn key() -> impl Strategy<Value = String> {
    prop::sample::select(vec![
        "encoding = 'utf-16be'",
        "encoding = ['cp949', 'utf-8']",
        "encoding = 'windows-1252'",
        "skip_lines = 1",
        "comment = ['#', '']",
        "delimiter = ';'",
        "delimiter = 'space'",
        "decimal = ','",
        "thousands = ' '",
        "thousands = ','",
        "suffixes = true",
        "order = 'newest_first'",
        "header = false",
        "fields = 6",
        "volume_is = 'optional'",
        "interval_s = 60",
        "time.pattern = ['%Y%m%d', '%d/%m/%Y %I%p']",
        "time.unit = 's'",
        "time.zone = 'Europe/Athens'",
        "time.stamp = 'close'",
    ])
    .prop_map(str::to_owned)
}

proptest! {
    #[test]
    fn a_described_file_loads_as_it_was_written(dialect in dialect(), bars in bars()) {
        let format = Format::parse("own.toml", &dialect.description()).unwrap();
        let series = open(&dialect.text(&bars), Some(format)).map_err(|e| e.to_string());
        let series = series.map_err(TestCaseError::fail)?;
        prop_assert_eq!(read(&series), meant(&bars));
    }

    #[test]
    fn a_file_that_nobody_described_loads_as_it_was_written_or_not_at_all(
        dialect in dialect(),
        bars in bars(),
    ) {
        if let Ok(series) = open(&dialect.text(&bars), None) {
            prop_assert_eq!(read(&series), meant(&bars));
        }
    }

    #[test]
    fn any_bytes_under_any_keys_are_read_or_refused(
        keys in prop::collection::btree_set(key(), 0..6),
        bytes in prop_oneof![
            prop::collection::vec(any::<u8>(), 0..200),
            "(time|date)[,;](open[,;]high[,;]low[,;]close[,;]volume)\n([0-9.,;KM/: \"-]{0,30}\n){0,5}"
                .prop_map(String::into_bytes),
            "[\\[\\]{}\":,0-9a-z. ]{0,120}".prop_map(String::into_bytes),
        ],
    ) {
        let text = keys.into_iter().collect::<Vec<_>>().join("\n");
        let Ok(format) = Format::parse("own.toml", &text) else { return Ok(()) };
        let _ = open(&bytes, Some(format));
        for name in ["X.csv", "X.json", "X.txt", "X.gz"] {
            let (_dir, path) = written(name, &bytes);
            let _ = recognise(&path);
        }
    }
}
