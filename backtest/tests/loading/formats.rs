//! Layouts other than the archives', made from a real file: what they load as, and
//! what is refused because the file does not say it.

use std::io::Write;
use std::path::{Path, PathBuf};

use rust_decimal::Decimal;
use tickstep_backtest::load::{Format, FormatError, LoadError, LoadOptions, Price};
use tickstep_backtest::series::Series;
use tickstep_core::event::Bar;
use tickstep_core::units::{Lots, Nanos, Ticks};

use crate::support::files::{self, FIL, data, fil, written};

fn format(name: &str) -> Format {
    Format::find(name, Path::new("")).unwrap()
}

fn open(path: PathBuf, format: Option<Format>) -> Result<Series, LoadError> {
    let opts = LoadOptions { format, ..LoadOptions::default() };
    files::open(&[path], &opts)
}

/// The bars of the real file, without taker volume.
fn plain() -> Vec<Bar> {
    fil().bars().iter().map(|bar| Bar { taker_buy: None, ..*bar }).collect()
}

fn rows(change: impl Fn(&[&str]) -> String) -> Vec<String> {
    FIL.lines().skip(1).map(|line| change(&line.split(',').collect::<Vec<_>>())).collect()
}

fn bars_of(name: &str, text: &str, format: Option<Format>) -> Vec<Bar> {
    let (_dir, path) = written(name, text);
    open(path, format).unwrap().bars().to_vec()
}

#[track_caller]
fn refused(name: &str, text: &str, format: Option<Format>, words: &str) {
    let (_dir, path) = written(name, text);
    let error = open(path, format).unwrap_err().to_string();
    assert!(error.contains(words), "{error}");
}

#[test]
fn kline_lists_of_the_api() {
    let list = |r: &[&str]| {
        let numbers = r[1..6].iter().map(|v| format!("\"{v}\"")).collect::<Vec<_>>().join(",");
        format!(
            "[{},{numbers},{},\"{}\",{},\"{}\",\"{}\",\"0\"]",
            r[0], r[6], r[7], r[8], r[9], r[10]
        )
    };
    let text = format!("[\n  {}\n]", rows(list).join(",\n  "));
    assert_eq!(bars_of("FILUSDT.json", &text, None), fil().bars());
    let mut writer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    writer.write_all(text.as_bytes()).unwrap();
    let (_dir, path) = written("FILUSDT.json.gz", writer.finish().unwrap());
    assert_eq!(open(path, None).unwrap().bars(), fil().bars());
    refused("FILUSDT.json", "[[1,2,3,4,5,6]]", None, "do not tell their order");
    refused("FILUSDT.json", "{\"list\":[]}", None, "FILUSDT.json:1: it does not begin with a list");
    refused("FILUSDT.json", "[]", None, "there are no bars in it");
}

#[test]
fn lists_of_many_windows_in_a_tar() {
    let order = |r: &[&str]| format!("[{},{},{},{},{},{}]", r[0], r[1], r[4], r[2], r[3], r[5]);
    let rows = rows(order);
    let mut tar = tar::Builder::new(Vec::new());
    let mut add = |name: &str, text: String| {
        let mut header = tar::Header::new_gnu();
        header.set_size(text.len() as u64);
        header.set_mode(0o644);
        tar.append_data(&mut header, name, text.as_bytes()).unwrap();
    };
    // Neither the order in the archive nor that of the names is the order of time.
    add("w/a.json", format!("[{}]", rows[200..].join(",")));
    add("w/b.json", "[]".to_owned());
    add("w/c.json", format!("[{}]", rows[..200].join(",")));
    let bytes = tar.into_inner().unwrap();
    let (_dir, path) = written("FILUSDT.tar", &bytes);
    let series = open(path.clone(), Some(format("bitfinex"))).unwrap();
    assert_eq!(series.bars(), plain());
    assert_eq!((series.sources()[0].empty, series.sources()[0].rows), (1, 300));
    // freqtrade's order would take the close for the high: told by entry and row.
    let error = open(path, Some(format("freqtrade"))).unwrap_err().to_string();
    assert!(error.contains("FILUSDT.tar/w/c.json, row "), "{error}");
    let (_dir, path) = written("FILUSDT.tar", &bytes[..700]);
    assert!(open(path, Some(format("bitfinex"))).is_err());
}

#[test]
fn orders_and_units_by_name() {
    let bitfinex = |r: &[&str]| [r[0], r[1], r[4], r[2], r[3], r[5]].join(",");
    assert_eq!(bars_of("f.csv", &rows(bitfinex).join("\n"), Some(format("bitfinex"))), plain());
    let kraken = |r: &[&str]| {
        let seconds = r[0].strip_suffix("000").unwrap();
        format!("{seconds},{},{},{},{},{},7", r[1], r[2], r[3], r[4], r[5])
    };
    let text = rows(kraken).join("\n");
    assert_eq!(bars_of("f.csv", &text, Some(format("kraken"))), plain());
    refused("f.csv", &text, None, "7 columns are not the 12");
    refused("f.csv", &text, Some(format("bitfinex")), "7 values in the first row");
    let ms = rows(|r| format!("{},{},{},{},{},{},7", r[0], r[1], r[2], r[3], r[4], r[5]));
    refused("f.csv", &ms.join("\n"), Some(format("kraken")), "with time.unit = \"ms\"");
    assert_eq!(
        bars_of("f.csv", &rows(|r| r.join(",")).join("\n"), Some(format("binance"))),
        fil().bars()
    );
}

/// As the broker's clock shows it, three hours ahead of UTC in August.
fn athens(ms: &str, pattern: &str) -> String {
    let ms: i64 = ms.parse().unwrap();
    let shown = jiff::Timestamp::from_millisecond(ms + 3 * 3_600_000).unwrap();
    shown.strftime(pattern).to_string()
}

#[test]
fn metatrader_in_broker_time() {
    let python = |r: &[&str]| {
        let time = athens(r[0], "%Y-%m-%d %H:%M:%S");
        format!("{time},{},{},{},{},{},12,0", r[1], r[2], r[3], r[4], r[5])
    };
    let text = format!(
        "time,open,high,low,close,tick_volume,spread,real_volume\n{}\n",
        rows(python).join("\n")
    );
    for zone in ["Europe/Athens", "+03:00", "America/New_York+07:00"] {
        let mt5 = format("mt5").in_zone(zone).unwrap();
        assert_eq!(bars_of("f.csv", &text, Some(mt5)), plain(), "{zone}");
    }
    refused("f.csv", &text, Some(format("mt5")), "state time_zone");
    // The broker's clock is not guessed even where the columns would do.
    refused("f.csv", &text, None, "no column `volume`");
    let terminal = |r: &[&str]| {
        let (date, time) = (athens(r[0], "%Y.%m.%d"), athens(r[0], "%H:%M:%S"));
        format!("{date}\t{time}\t{}\t{}\t{}\t{}\t{}\t0\t12", r[1], r[2], r[3], r[4], r[5])
    };
    let head = "<DATE>\t<TIME>\t<OPEN>\t<HIGH>\t<LOW>\t<CLOSE>\t<TICKVOL>\t<VOL>\t<SPREAD>";
    let text = format!("{head}\n{}\n", rows(terminal).join("\n"));
    let zone = format("mt5-terminal").in_zone("Europe/Athens").unwrap();
    assert_eq!(bars_of("f.csv", &text, Some(zone)), plain());
    assert!(format("mt5").in_zone("Europe/Atlantis").is_err());
}

#[test]
fn a_description_of_ones_own() {
    let own = "about = 'closes, semicolons'\ndelimiter = ';'\ninterval_s = 60\n\
               [columns]\ntime = 'Ende'\nopen = 'Auf'\nhigh = 'Hoch'\nlow = 'Tief'\n\
               close = 'Zu'\nvolume = 'Menge'\ntaker_buy_volume = 'Kauf'\n\
               [time]\nunit = 'ms'\nstamp = 'close'\n";
    let (_dir, file) = written("own.toml", own.as_bytes());
    let own = Format::find(file.to_str().unwrap(), Path::new("")).unwrap();
    let row = |r: &[&str]| {
        let end: i64 = r[0].parse::<i64>().unwrap() + 60_000;
        format!("{};{};{end};{};{};{};{}", r[4], r[9], r[1], r[2], r[3], r[5])
    };
    let text = format!("Zu;Kauf;Ende;Auf;Hoch;Tief;Menge\n{}\n", rows(row).join("\n"));
    assert_eq!(bars_of("f.csv", &text, Some(own.clone())), fil().bars());
    refused("f.csv", &text.replace("Kauf", "Kaufe"), Some(own), "no column `Kauf`");
    assert!(matches!(
        Format::find("nosuch", Path::new("")).unwrap_err(),
        LoadError::Format(FormatError::Unknown { .. })
    ));
}

#[test]
fn bid_and_ask_in_two_files() {
    let side = |add: i64| {
        let px = |text: &str| text.parse::<Decimal>().unwrap() + Decimal::new(add, 3);
        let row = |r: &[&str]| {
            format!(
                "{},{},{},{},{}",
                athens(r[0], "%Y-%m-%d %H:%M:%S+03:00"),
                px(r[1]),
                px(r[2]),
                px(r[3]),
                px(r[4])
            )
        };
        format!("timestamp,open,high,low,close\n{}\n", rows(row).join("\n"))
    };
    let dir = tempfile::tempdir().unwrap();
    let bid = dir.path().join("FILUSDT-bid.csv");
    let ask = dir.path().join("FILUSDT-ask.csv");
    std::fs::write(&bid, side(0)).unwrap();
    std::fs::write(&ask, side(1)).unwrap();
    let at = |price| Some(format("fxcm").at_price(price).unwrap());
    let novolume = |bars: Vec<Bar>| -> Vec<Bar> {
        bars.into_iter().map(|bar| Bar { volume: Lots::ZERO, ..bar }).collect()
    };
    assert_eq!(open(bid.clone(), at(Price::Bid)).unwrap().bars(), novolume(plain()));
    let higher = open(bid.clone(), at(Price::Ask)).unwrap();
    assert_eq!(higher.bars()[0].open, Ticks(4256));
    // Half of a tick of 0.001, exact.
    let mid = open(ask.clone(), at(Price::Mid)).unwrap();
    assert_eq!(mid.grid().tick_size, Decimal::new(1, 4));
    assert_eq!((mid.bars()[0].open, mid.bars()[299].close.0 % 10), (Ticks(42555), 5));
    assert_eq!(mid.sources().len(), 2);
    // A bar that only one of them has is told with its place.
    let text = side(1);
    let shorter: Vec<&str> =
        text.lines().enumerate().filter(|(i, _)| *i != 10).map(|(_, l)| l).collect();
    std::fs::write(&ask, shorter.join("\n")).unwrap();
    let error = open(bid.clone(), at(Price::Mid)).unwrap_err().to_string();
    assert!(
        error.contains("FILUSDT-bid.csv:11: open time 2023-08-01T00:09:00Z has no bar"),
        "{error}"
    );
    std::fs::remove_file(&ask).unwrap();
    let error = open(bid, at(Price::Mid)).unwrap_err().to_string();
    assert!(error.contains("FILUSDT-ask.csv is not there"), "{error}");
    assert!(format("kraken").at_price(Price::Bid).is_err());
}

#[test]
fn lean_zips_take_their_day_from_the_name() {
    let lean = |name: &str, format: Format| open(data(&format!("check/{name}")), Some(format));
    let utc = |name| format(name).in_zone("UTC").unwrap();
    let trade = lean("BTCUSD-20161007_trade.zip", utc("lean-trade")).unwrap();
    assert_eq!(trade.bars().len(), 1_419);
    // 0,611.78,611.91,611.78,611.9,1.13872
    let first = trade.bars()[0];
    assert_eq!(first.ts_open, Nanos(1_475_798_400_000_000_000));
    assert_eq!((first.open, first.close), (Ticks(61_178), Ticks(61_190)));
    let quote = lean("EURUSD-20140511_quote.zip", utc("lean-quote")).unwrap();
    // 75600000,1.37518,1.37518,1.37451,1.37459,0,1.37557,1.37632,1.37557,1.37586,0
    assert_eq!(quote.bars()[0].ts_open, Nanos(1_399_842_000_000_000_000));
    assert_eq!(quote.bars()[0].open, Ticks(1_375_375));
    assert_eq!(quote.bars()[0].close, Ticks(1_375_225));
    assert!(quote.bars().iter().all(|bar| bar.volume == Lots::ZERO));
    let bid = utc("lean-quote").at_price(Price::Bid).unwrap();
    assert_eq!(lean("EURUSD-20140511_quote.zip", bid).unwrap().bars()[0].low, Ticks(137_451));
    let error = lean("EURUSD-20140511_quote.zip", format("lean-quote")).unwrap_err().to_string();
    assert!(error.contains("state time_zone"), "{error}");
    let ada = lean("ADAUSDT-20221213_quote.zip", utc("lean-quote")).unwrap();
    assert_eq!(ada.bars()[0].open.0, 30_665);
}

#[test]
fn what_is_not_read_says_what_to_do() {
    refused("f.feather", "", None, "save it as Parquet or CSV");
    refused("f.csv.xz", "", None, "unknown kind of file");
    let no_volume = "timestamp,open,high,low,close\n2023-08-01,1,1,1,1\n";
    refused("f.csv", no_volume, None, "no column `volume`");
}
