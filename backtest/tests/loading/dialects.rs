//! Files as tools and people write them: how each is loaded, and the bars that it then holds,
//! worked out by hand from the file.

use std::ops::ControlFlow;
use std::path::Path;

use rust_decimal::Decimal;
use tickstep_backtest::load::{Format, LoadError, LoadOptions, Recognised, Zone, load, recognise};
use tickstep_backtest::quality::{CheckOptions, FindingKind, check};
use tickstep_backtest::series::{Repair, Series, StampKind};

use crate::support::files::{data, written};

/// A bar as text: open time, open, high, low, close, volume.
fn shown(series: &Series, at: usize) -> String {
    let (bar, grid) = (series.bars()[at], series.grid());
    let px = |n: i64| (grid.tick_size * Decimal::from(n)).normalize();
    let volume = (grid.volume_step * Decimal::from(bar.volume.get())).normalize();
    let time = jiff::Timestamp::from_nanosecond(i128::from(bar.ts_open.0)).unwrap();
    let [open, high, low, close] = [bar.open.0, bar.high.0, bar.low.0, bar.close.0].map(px);
    format!("{time} {open} {high} {low} {close} {volume}")
}

fn open(path: &Path, symbol: Option<&str>, opts: &LoadOptions) -> Result<Series, LoadError> {
    load(symbol, &[vec![path.to_owned()]], opts, &mut |_| ControlFlow::Continue(()))
}

fn stated(format: &str) -> LoadOptions {
    let format = (!format.is_empty()).then(|| Format::find(format, Path::new("")).unwrap());
    LoadOptions { format, ..LoadOptions::default() }
}

/// File, format, zone, symbol, bars, first and last bar.
type Case = (
    &'static str,
    &'static str,
    Option<&'static str>,
    &'static str,
    usize,
    &'static str,
    &'static str,
);

const FIRST: &str = "2023-08-01T00:00:00Z 100.1 101.2 99.3 100 5.5";
const LAST: &str = "2023-08-01T00:02:00Z 100.3 101.2 99.3 100.2 5.7";
const FIRST_0: &str = "2023-08-01T00:00:00Z 100.1 101.2 99.3 100 0";
const LAST_0: &str = "2023-08-01T00:02:00Z 100.3 101.2 99.3 100.2 0";

#[rustfmt::skip]
const CASES: [Case; 30] = [
    ("Bitstamp_BTCUSD_d.csv", "cryptodatadownload", None, "BTCUSD", 6,
     "2022-08-15T00:00:00Z 24324 25212 23782 24110 1764.96054871", "2022-08-20T00:00:00Z 20840 20972 20811 20957 244.32138276"),
    // 17:00 of New York's winter is 22:00 UTC, also in summer.
    ("DAT_NT_EURUSD_M1_201502.csv", "histdata", None, "EURUSD", 6,
     "2015-02-01T22:00:00Z 1.13105 1.13117 1.13076 1.13084 0", "2015-02-01T22:05:00Z 1.13108 1.13108 1.13095 1.13104 0"),
    ("DAT_MT_EURUSD_M1_2023.csv", "histdata-mt", None, "EURUSD", 3, FIRST_0, LAST_0),
    ("EURUSD60.csv", "mt4", Some("+02:00"), "EURUSD", 6,
     "2012-03-22T09:00:00Z 1.32218 1.32259 1.31508 1.31628 8064", "2012-03-22T14:00:00Z 1.31688 1.3174 1.31424 1.31508 6561"),
    ("BINANCE_BTCUSDT, 60.csv", "tradingview", None, "BTCUSDT", 5,
     "2025-08-12T13:00:00Z 119264.66 119712.6 118631.69 118847.35 0", "2025-08-12T17:00:00Z 119647.69 119857.04 119172.62 119269.99 0"),
    ("BINANCE_ETHUSDT, 60.csv", "tradingview", None, "ETHUSDT", 5,
     "2025-07-24T12:00:00Z 3655.12 3659.89 3619.4 3642.65 0", "2025-07-24T16:00:00Z 3730.77 3732.39 3666.74 3686.69 0"),
    ("aapl.us.txt", "stooq", None, "AAPL", 5,
     "1984-09-07T00:00:00Z 0.40934 0.41431 0.40439 0.40934 24044444", "1984-09-13T00:00:00Z 0.42422 0.42542 0.42422 0.42422 59875002"),
    ("EURUSD-stooq.txt", "stooq-intraday", Some("+02:00"), "EURUSD", 3,
     FIRST, "2023-08-01T00:10:00Z 100.3 101.2 99.3 100.2 5.7"),
    ("daily_IBM.csv", "alphavantage", None, "IBM", 5,
     "2017-12-20T00:00:00Z 153.65 153.89 152.78 152.95 3771425", "2017-12-27T00:00:00Z 152.95 153.15 152.61 153.0385 1151259"),
    // 20:00 of New York in summer is midnight UTC.
    ("intraday_1min_IBM.csv", "alphavantage-intraday", None, "IBM", 3, FIRST, LAST),
    ("005930_krx.csv", "krx", None, "005930", 5,
     "2024-06-21T00:00:00Z 80700 80800 80000 80000 17907523", "2024-06-27T00:00:00Z 81300 81600 80500 81600 11739720"),
    ("005930_krx_cp949.csv", "krx", None, "005930", 5,
     "2024-06-21T00:00:00Z 80700 80800 80000 80000 17907523", "2024-06-27T00:00:00Z 81300 81600 80500 81600 11739720"),
    ("A005930_creon.csv", "creon", None, "A005930", 5,
     "2021-03-15T00:00:00Z 82800 82900 81800 81800 13735798", "2021-03-19T00:00:00Z 82100 82500 81800 81900 15717048"),
    ("Bitcoin Historical Data - Investing.com.csv", "investing", None, "BITCOIN", 5,
     "2022-01-06T00:00:00Z 43431.6 43772.3 42481.1 43097.5 63080", "2022-01-10T00:00:00Z 41848.9 42243.8 39697 40726.2 62850"),
    ("GBPUSD-investing-uk.csv", "investing-uk", None, "GBPUSD", 3,
     "2023-08-01T00:00:00Z 1000.1 1101.2 999.3 1000 5500", "2023-08-03T00:00:00Z 1000.3 1101.2 999.3 1000.2 5700"),
    ("SPY_alpaca.txt", "", None, "SPY", 5,
     "2020-07-14T15:35:00Z 316.05 316.18 315.85 315.87 38341", "2020-07-14T15:55:00Z 315.87 316.04 315.721 316.01 24601"),
    ("SPY_alpaca.txt", "alpaca", None, "SPY", 5,
     "2020-07-14T15:35:00Z 316.05 316.18 315.85 315.87 38341", "2020-07-14T15:55:00Z 315.87 316.04 315.721 316.01 24601"),
    ("OKX-BTCUSDT.json", "okx", None, "BTCUSDT", 3, FIRST, LAST),
    // Turned round by somebody already.
    ("OKX-BTCUSDT.csv", "okx", None, "BTCUSDT", 3, FIRST, LAST),
    ("BYBIT-BTCUSDT.csv", "bybit", None, "BTCUSDT", 3, FIRST, LAST),
    ("BTCUSDT_1_2023-08-01_2023-08-31.csv", "bybit-mt4", None, "BTCUSDT", 3, FIRST, LAST),
    ("KUCOIN-BTCUSDT.json", "kucoin", None, "BTCUSDT", 3, FIRST, LAST),
    ("GATE-BTCUSDT.csv", "gate", None, "BTCUSDT", 3, FIRST, LAST),
    ("BTCUSDT-gate-api.json", "gate-api", None, "BTCUSDT", 3, FIRST, LAST),
    ("BTCUSDT-gate-archive.csv", "gate-archive", None, "BTCUSDT", 3, FIRST, LAST),
    ("UPBIT-BTCKRW.json", "upbit", None, "BTCKRW", 3, FIRST, LAST),
    ("BITHUMB-BTCKRW.json", "bithumb", None, "BTCKRW", 3, FIRST, LAST),
    ("SPY-polygon.csv", "polygon", None, "SPY", 3, FIRST, LAST),
    ("SPY-polygon-api.json", "polygon-api", None, "SPY", 3, FIRST, LAST),
    ("EURUSD_Candlestick_1_M_BID_01.08.2023-01.08.2023.csv", "dukascopy", None, "EURUSD", 3, FIRST, LAST),
];

#[test]
fn a_file_of_each_bundled_format() {
    for (file, format, zone, symbol, bars, first, last) in CASES {
        let path = data(&format!("formats/{file}"));
        let zone = zone.map(|zone| Zone::parse(zone).unwrap());
        let series = open(&path, None, &LoadOptions { zone, ..stated(format) });
        let series = series.unwrap_or_else(|e| panic!("{file} as {format}: {e}"));
        let at = |i| shown(&series, i);
        let found = (series.symbol(), series.bars().len(), at(0), at(series.bars().len() - 1));
        assert_eq!(found, (symbol, bars, first.to_owned(), last.to_owned()), "{file} as {format}");
    }
}

#[test]
fn every_format_has_a_file_of_its_own() {
    // These have tests of their own, with files made from real ones.
    let elsewhere = [
        "binance",
        "bitfinex",
        "cme",
        "freqtrade",
        "fxcm",
        "kraken",
        "lean-quote",
        "lean-trade",
        "mt5",
        "mt5-terminal",
        "yahoo",
        "yfinance",
    ];
    for (name, _) in Format::bundled() {
        let tested = CASES.iter().any(|case| case.1 == name) || elsewhere.contains(&name);
        assert!(tested, "{name}");
        let format = Format::find(name, Path::new("")).unwrap();
        assert!(!format.about().is_empty() && !format.from().is_empty(), "{name}");
    }
}

#[test]
fn the_table_of_formats_is_that_of_the_program() {
    let table = include_str!("../../src/load/format/README.md");
    for (name, about) in Format::bundled() {
        let format = Format::find(name, Path::new("")).unwrap();
        let line = format!("| `{name}` | {} | {about} |", format.from());
        assert!(table.lines().any(|other| other == line), "{line}");
    }
}

#[test]
fn a_broker_has_to_be_asked_for_its_clock() {
    let error = open(&data("formats/EURUSD60.csv"), None, &stated("mt4")).unwrap_err().to_string();
    assert!(error.contains("state time_zone"), "{error}");
}

#[test]
fn yahoo_days_without_trading_are_dropped_by_name_only() {
    let path = data("formats/005930_yahoo.csv");
    let error = open(&path, None, &stated("yahoo")).unwrap_err().to_string();
    assert!(error.contains("005930_yahoo.csv:2: `Open` is \"null\""), "{error}");
    let repairs = vec![Repair::DropInvalid];
    let series = open(&path, None, &LoadOptions { repairs, ..stated("yahoo") }).unwrap();
    assert_eq!(series.repaired().invalid, 1);
    assert_eq!(shown(&series, 0), "2018-06-01T00:00:00Z 50500 51700 49950 51300 13038499");
    assert_eq!(shown(&series, 3), "2018-06-07T00:00:00Z 51800 51800 50500 50600 13590016");
    assert_eq!(series.stamps(), StampKind::Date);
}

#[test]
fn yfinance_writes_three_lines_of_header() {
    let path = data("formats/yf_multiheader.csv");
    let opts = LoadOptions {
        tick_size: Some(Decimal::new(1, 2)),
        repairs: vec![Repair::Round],
        ..stated("yfinance")
    };
    let series = open(&path, Some("005930"), &opts).unwrap();
    assert_eq!(series.bars().len(), 4);
    assert_eq!(
        shown(&series, 0),
        "2025-01-02T00:00:00Z 51838.08 52723.36 51444.62 52526.63 16630538"
    );
    assert_eq!(
        shown(&series, 3),
        "2025-01-07T00:00:00Z 55871.03 56362.85 54493.93 54493.93 17030235"
    );
}

/// The bars of a text that nobody described, of the name given.
fn plain(name: &str, text: impl AsRef<[u8]>) -> Result<Vec<String>, String> {
    let (_dir, path) = written(name, text);
    let series = open(&path, Some("X"), &LoadOptions::default()).map_err(|e| e.to_string())?;
    Ok((0..series.bars().len()).map(|i| shown(&series, i)).collect())
}

const HEAD: &str = "time,open,high,low,close,volume\n";
const BARS: [&str; 2] = [
    "2023-08-01T00:00:00Z 1100.1 1101.2 1099.3 1100 5.5",
    "2023-08-02T00:00:00Z 1100.2 1101.2 1099.3 1100.1 5.5",
];

#[test]
fn what_can_be_read_in_one_way_is_read_so() {
    let rows =
        "2023-08-01,1100.1,1101.2,1099.3,1100.0,5.5\n2023-08-02,1100.2,1101.2,1099.3,1100.1,5.5\n";
    let text = format!("{HEAD}{rows}");
    let dates =
        |first: &str, second: &str| text.replace("2023-08-01", first).replace("2023-08-02", second);
    let utf16 = |big: bool| -> Vec<u8> {
        let units = ["\u{feff}", &text].concat().encode_utf16().collect::<Vec<_>>();
        units.iter().flat_map(|u| if big { u.to_be_bytes() } else { u.to_le_bytes() }).collect()
    };
    let object = |time: i64, open: &str, close: &str| {
        format!(
            "{{\"time\":{time},\"open\":{open},\"high\":1101.2,\"low\":1099.3,\"close\":\"{close}\",\"volume\":5.5,\"x\":[1]}}"
        )
    };
    let (one, two) =
        (object(1_690_848_000, "1100.1", "1100.0"), object(1_690_934_400, "1100.2", "1100.1"));
    let mut gz = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    std::io::Write::write_all(&mut gz, text.as_bytes()).unwrap();
    let gz = gz.finish().unwrap();
    let quoted = "2023-08-01,\"1,100.1\",\"1,101.2\",\"1,099.3\",\"1,100.0\",5.5\n\
                  2023-08-02,\"1,100.2\",\"1,101.2\",\"1,099.3\",\"1,100.1\",5.5\n";
    let files: Vec<(&str, Vec<u8>)> = vec![
        ("semicolons.csv", text.replace(',', ";").into()),
        ("tabs.tsv", text.replace(',', "\t").into()),
        ("bars.txt", text.replace(',', "|").into()),
        ("decimal_comma.csv", text.replace(',', ";").replace('.', ",").into()),
        (
            "german.csv",
            text.replace(',', ";")
                .replace('.', ",")
                .replace("1100,", "1.100,")
                .replace("1101,", "1.101,")
                .replace("1099,", "1.099,")
                .into(),
        ),
        (
            "french.csv",
            text.replace(',', ";")
                .replace('.', ",")
                .replace("1100,", "1\u{a0}100,")
                .replace("1101,", "1\u{a0}101,")
                .replace("1099,", "1\u{a0}099,")
                .into(),
        ),
        (
            "swiss.csv",
            text.replace("1100.", "1'100.")
                .replace("1101.", "1'101.")
                .replace("1099.", "1'099.")
                .into(),
        ),
        ("thousands.csv", format!("{HEAD}{quoted}").into()),
        ("plus.csv", text.replace(",1100.1", ", +1100.1 ").replace("5.5", "5.5e0").into()),
        ("mark.csv", utf16(false)),
        ("mark_be.csv", utf16(true)),
        ("no_mark.csv", utf16(false)[2..].to_vec()),
        ("bom.csv", format!("\u{feff}{text}").into()),
        ("plain.gz", gz.clone()),
        ("text.txt.gz", gz),
        ("compact.csv", dates("20230801", "20230802").into()),
        ("minutes.csv", dates("202308010000", "202308020000").into()),
        ("points.csv", dates("2023.08.01", "2023.08.02").into()),
        ("slashes.csv", dates("2023/08/01", "2023/08/02").into()),
        ("single_digits.csv", dates("2023/8/1", "2023/8/2").into()),
        ("names.csv", dates("01-Aug-2023", "02-Aug-2023").into()),
        ("long_names.csv", dates("\"August 1, 2023\"", "\"August 2, 2023\"").into()),
        ("am.csv", dates("2023-08-01 12:00 AM", "2023-08-02 12:00 AM").into()),
        ("am_dash.csv", dates("2023-08-01 12-AM", "2023-08-02 12-AM").into()),
        ("fraction.csv", dates("2023-08-01 00:00:00.000", "2023-08-02 00:00:00.000").into()),
        (
            "two_columns.csv",
            dates("2023-08-01,00:00", "2023-08-02,00:00").replace("time,", "Date,Time,").into(),
        ),
        ("seconds.csv", dates("1690848000", "1690934400").into()),
        ("us.csv", dates("1690848000000000", "1690934400000000").into()),
        ("ns.csv", dates("1690848000000000000", "1690934400000000000").into()),
        ("objects.json", format!("[{one},\n{two}]").into()),
        ("lines.jsonl", format!("{one}\n{two}\n").into()),
        ("answer.json", format!("{{\"code\":0,\"data\":[{one},{two}]}}").into()),
        ("objects.txt", format!("{one}\n{two}\n").into()),
    ];
    for (name, bytes) in files {
        assert_eq!(plain(name, &bytes).as_deref(), Ok(&BARS.map(str::to_owned)[..]), "{name}");
    }
}

#[test]
fn what_can_be_read_in_two_ways_names_the_key_to_write() {
    let row = |time: &str, price: &str| format!("{time};{price};{price};{price};{price};5\n");
    let head = HEAD.replace(',', ";");
    let cases = [
        (
            row("01/02/2023", "1.5") + &row("02/02/2023", "1.5"),
            "time.pattern = \"%d/%m/%Y\" or \"%m/%d/%Y\"",
        ),
        (
            row("8/1/2023 0:00", "1.5") + &row("8/2/2023 0:00", "1.5"),
            "time.pattern = \"%d/%m/%Y %H:%M\"",
        ),
        (row("01.02.2023", "1.5") + &row("03.02.2023", "1.5"), "time.pattern"),
        (
            row("2023-08-01", "1,234") + &row("2023-08-02", "1,235"),
            "thousands = \",\" or decimal = \",\"",
        ),
        (
            row("1.69085E+12", "1.5") + &row("1.69085E+12", "1.5"),
            "a spreadsheet has cut the digits",
        ),
        (row("00:01.0", "1.5") + &row("00:02.0", "1.5"), "yyyy-mm-dd hh:mm:ss"),
        (row("########", "1.5") + &row("########", "1.5"), "a spreadsheet has cut"),
    ];
    for (rows, words) in cases {
        let error = plain("f.csv", format!("{head}{rows}")).unwrap_err();
        assert!(error.contains(words), "{rows}\n{error}");
    }
    let cp949 = b"\xc0\xcf\xc0\xda,open,high,low,close,volume\n20230801,1,1,1,1,1\n";
    let error = plain("f.csv", cp949).unwrap_err();
    assert!(error.contains("encoding = \"cp949\""), "{error}");
    // A value far down that only one of two readings fits settles all of them.
    let rows = row("01/02/2023", "1,234") + &row("13/02/2023", "1,5");
    let bars = plain("f.csv", format!("{head}{rows}")).unwrap();
    assert_eq!(bars[0], "2023-02-01T00:00:00Z 1.234 1.234 1.234 1.234 5");
}

#[test]
fn a_description_may_say_one_thing_only() {
    let cases = [
        (
            "time.pattern = '%m/%d/%Y'",
            HEAD.to_owned() + "01/02/2023,1,2,1,2,3\n01/03/2023,1,2,1,2,3\n",
        ),
        (
            "thousands = ','",
            HEAD.to_owned() + "2023-01-02,1,2,1,2,\"3\"\n2023-01-03,1,2,1,2,\"3\"\n",
        ),
        (
            "decimal = ','",
            HEAD.replace(',', ";") + "2023-01-02;1,0;2,000;1;2;3\n2023-01-03;1;2;1;2;3\n",
        ),
        (
            "skip_lines = 2",
            format!("made by hand\nfor a test\n{HEAD}2023-01-02,1,2,1,2,3\n2023-01-03,1,2,1,2,3\n"),
        ),
        (
            "comment = ['#', '//']",
            format!("# a,b\n{HEAD}// c\n2023-01-02,1,2,1,2,3\n# d\n2023-01-03,1,2,1,2,3\n"),
        ),
        (
            "delimiter = '~'",
            HEAD.replace(',', "~") + "2023-01-02~1~2~1~2~3\n2023-01-03~1~2~1~2~3\n",
        ),
        ("suffixes = true", HEAD.to_owned() + "2023-01-02,1,2,1,2,0.003K\n2023-01-03,1,2,1,2,3\n"),
        ("encoding = 'utf-16le'", HEAD.to_owned() + "2023-01-02,1,2,1,2,3\n2023-01-03,1,2,1,2,3\n"),
        (
            "order = 'newest_first'",
            HEAD.to_owned() + "2023-01-03,1,2,1,2,3\n2023-01-02,1,2,1,2,3\n",
        ),
    ];
    for (key, text) in cases {
        let bytes = match key.contains("utf-16") {
            true => text.encode_utf16().flat_map(u16::to_le_bytes).collect(),
            false => text.into_bytes(),
        };
        let (_dir, path) = written("f.csv", bytes);
        let format = Some(Format::parse("own.toml", key).unwrap());
        let series = open(&path, Some("X"), &LoadOptions { format, ..LoadOptions::default() });
        let series = series.unwrap_or_else(|e| panic!("{key}: {e}"));
        assert_eq!(series.bars().len(), 2, "{key}");
        assert_eq!(shown(&series, 0), "2023-01-02T00:00:00Z 1 2 1 2 3", "{key}");
    }
}

#[test]
fn a_row_that_is_left_out_keeps_the_lines_of_the_others() {
    let text = format!("junk\n{HEAD}2023-01-02,1,2,1,2,3\n# c\n2023-01-03,1,2,1,x,3\n");
    let (_dir, path) = written("f.csv", text);
    let format = Some(Format::parse("own.toml", "skip_lines = 1\ncomment = '#'").unwrap());
    let error = open(&path, Some("X"), &LoadOptions { format, ..LoadOptions::default() });
    assert!(error.unwrap_err().to_string().contains("f.csv:5: `close` is \"x\""));
}

#[test]
fn times_say_whether_they_are_instants() {
    let stamps = |first: &str, second: &str, zone: Option<&str>| {
        let (_dir, path) =
            written("f.csv", format!("{HEAD}{first},1,1,1,1,1\n{second},1,1,1,1,1\n"));
        let zone = zone.map(|zone| Zone::parse(zone).unwrap());
        let series = open(&path, Some("X"), &LoadOptions { zone, ..LoadOptions::default() });
        series.map(|series| (series.stamps(), shown(&series, 0)[..20].to_owned()))
    };
    let kind = |first: &str, second: &str| stamps(first, second, None).unwrap().0;
    assert_eq!(kind("2023-08-01", "2023-08-02"), StampKind::Date);
    assert_eq!(kind("20230801", "20230802"), StampKind::Date);
    assert_eq!(kind("2023-08-01", "2023-08-01 12:00"), StampKind::Clock);
    assert_eq!(kind("2023-08-01 00:00", "2023-08-01 12:00"), StampKind::Clock);
    assert_eq!(kind("2023-08-01 00:00Z", "2023-08-01 12:00Z"), StampKind::Absolute);
    assert_eq!(kind("1690848000", "1690934400"), StampKind::Absolute);
    let seoul = stamps("2023-08-01 09:00", "2023-08-02 09:00", Some("Asia/Seoul")).unwrap();
    assert_eq!(seoul, (StampKind::Absolute, "2023-08-01T00:00:00Z".to_owned()));
    // An offset on some rows only leaves the others to be guessed.
    assert!(stamps("2023-08-01 00:00Z", "2023-08-01 12:00", None).is_err());
}

#[test]
fn a_file_that_does_not_load_is_recognised() {
    for (file, format, ..) in CASES {
        let path = data(&format!("formats/{file}"));
        if format.is_empty() || open(&path, None, &LoadOptions::default()).is_ok() {
            continue;
        }
        let Some(Recognised::Bars(likely)) = recognise(&path) else { panic!("{file}") };
        assert!(likely.iter().any(|l| l.name == format), "{file}: {likely:?}");
        // The command that is named first loads the file.
        for l in likely.iter().take(1) {
            let zone = l.needs_zone.then(|| Zone::parse("UTC").unwrap());
            let opts = LoadOptions { zone, ..stated(&l.name) };
            open(&path, None, &opts).unwrap_or_else(|e| panic!("{file} as {}: {e}", l.name));
        }
    }
}

#[test]
fn check_says_what_was_taken_and_what_a_file_seems_to_be() {
    let words = |path: &Path, kind| {
        let opts = CheckOptions::default();
        let report = check(path, &opts, &mut |_| ControlFlow::Continue(())).unwrap();
        report.finding(kind).map(|finding| finding.words.clone())
    };
    let okx = words(&data("formats/OKX-BTCUSDT.csv"), FindingKind::LikelyFormat).unwrap();
    assert!(okx.contains("`--format okx` reads it"), "{okx}");
    let text = "date;open;high;low;close;volume\n13/02/2023;1,5;1,5;1,5;1,5;5K\n\
                14/02/2023;1,5;1,5;1,5;1,5;6K\n";
    let (_dir, path) = written("f.csv", text);
    let taken = words(&path, FindingKind::ReadAs).unwrap();
    let expect = "separated by ;; decimal comma, values in K, M or B, which their source has rounded; \
                  times as %d/%m/%Y";
    assert_eq!(taken, expect);
    let zone = words(&path, FindingKind::ClockUnnamed).unwrap();
    assert!(zone.contains("taken as midnight UTC; state time_zone"), "{zone}");
    let (_dir, path) =
        written("t.csv", "id,price,qty,time,is_buyer_maker\n1,4.2,10,1690848000000,true\n");
    assert!(words(&path, FindingKind::LikelyFormat).unwrap().contains("file of trades"));
}
