//! Funding series from files: plain ones, and what exchanges and ccxt write.
//!
//! CSV with a header, or (`.json`) a list of objects. The time is `time`, `fundingTime`,
//! `calcTime`, `timestamp` or `datetime`; the rate is `rate`, `fundingRate` or
//! `last_funding_rate`, paid by longs and received by shorts, or `long_rate` and
//! `short_rate`. Names are compared without case and punctuation; other columns are left
//! alone, but a `symbol` that changes is not. A stamp that is less than a second after a
//! whole hour belongs to the hour: exchanges write some milliseconds more.

use std::path::Path;

use rust_decimal::Decimal;
use tickstep_core::units::Nanos;

use super::FundingError;
use crate::run::FundingPoint;

const TIME: &[&str] = &[
    "time",
    "fundingtime",
    "calctime",
    "fundingratetimestamp",
    "timestamp",
    "datetime",
    "date",
    "ts",
];
const RATE: &[&str] = &["rate", "fundingrate", "lastfundingrate", "realizedrate"];
const LONG: &[&str] = &["longrate", "swaplong"];
const SHORT: &[&str] = &["shortrate", "swapshort"];
const SYMBOL: &[&str] = &["symbol", "ticker", "instrument", "instid", "pair", "contract"];

/// The rows of a file as text.
struct Table {
    head: Vec<String>,
    /// Line, or number of the entry, and values.
    rows: Vec<(u64, Vec<String>)>,
}

/// Where the columns are.
struct Places {
    time: usize,
    long: usize,
    short: Option<usize>,
    symbol: Option<usize>,
}

/// A funding series with rising times, in RFC 3339 or since the epoch in the unit that
/// their size tells. Of several symbols in the file, `symbol` is taken.
pub fn read(path: &Path, symbol: &str) -> Result<Vec<FundingPoint>, FundingError> {
    let shown = path.display().to_string();
    let file = |error: String| FundingError::File { path: shown.clone(), error };
    let text = std::fs::read_to_string(path).map_err(|e| file(e.to_string()))?;
    let is_json = path.extension().is_some_and(|e| e.eq_ignore_ascii_case("json"));
    let table = if is_json { json(&text) } else { csv(&text) }.map_err(file)?;
    let places = places(&table.head).map_err(file)?;
    let rows = of_symbol(table.rows, &table.head, &places, symbol).map_err(file)?;
    let mut points: Vec<FundingPoint> = Vec::new();
    for (line, row) in rows {
        let fault = |at: usize, remedy| FundingError::Row {
            path: shown.clone(),
            line,
            column: table.head.get(at).cloned().unwrap_or_default(),
            value: row.get(at).cloned().unwrap_or_default(),
            remedy,
        };
        let cell = |at: usize| row.get(at).map_or("", String::as_str);
        let ts = crate::load::instant(cell(places.time).as_bytes()).map(of_the_hour);
        let words = "write an RFC 3339 time, or ms since the epoch";
        let ts = ts.ok_or_else(|| fault(places.time, words))?;
        if points.last().is_some_and(|p| p.ts >= ts) {
            let words = "times must rise; sort the file and remove repeats";
            return Err(fault(places.time, words));
        }
        let rate = |at: usize| {
            let words = "write a fraction of notional, such as 0.0001";
            rate(cell(at)).ok_or_else(|| fault(at, words))
        };
        let long_rate = rate(places.long)?;
        let short_rate = places.short.map_or(Ok(-long_rate), rate)?;
        points.push(FundingPoint { ts, long_rate, short_rate });
    }
    Ok(points)
}

fn csv(text: &str) -> Result<Table, String> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let first = text.lines().next().unwrap_or_default();
    let count = |sign: u8| first.bytes().filter(|b| *b == sign).count();
    let delimiter =
        [b',', b';', b'\t'].into_iter().max_by_key(|sign| (count(*sign), *sign == b','));
    let mut reader = csv::ReaderBuilder::new()
        .trim(csv::Trim::All)
        .delimiter(delimiter.unwrap_or(b','))
        .from_reader(text.as_bytes());
    let head = reader.headers().map_err(|e| e.to_string())?.iter().map(str::to_owned).collect();
    let mut rows = Vec::new();
    for record in reader.records() {
        let record = record.map_err(|e| e.to_string())?;
        let line = record.position().map_or(0, csv::Position::line);
        rows.push((line, record.iter().map(str::to_owned).collect()));
    }
    Ok(Table { head, rows })
}

fn json(text: &str) -> Result<Table, String> {
    const WANTED: &str = "give a list of objects, such as [{\"time\": ..., \"rate\": ...}]";
    let list: Vec<serde_json::Map<String, serde_json::Value>> =
        serde_json::from_str(text).map_err(|e| format!("{e}; {WANTED}"))?;
    let head: Vec<String> =
        list.first().map(|first| first.keys().cloned().collect()).unwrap_or_default();
    let cell = |value: Option<&serde_json::Value>| match value {
        Some(serde_json::Value::String(text)) => text.clone(),
        Some(serde_json::Value::Null) | None => String::new(),
        Some(other) => other.to_string(),
    };
    let mut rows = Vec::with_capacity(list.len());
    for (object, n) in list.iter().zip(1..) {
        rows.push((n, head.iter().map(|key| cell(object.get(key))).collect()));
    }
    Ok(Table { head, rows })
}

fn places(head: &[String]) -> Result<Places, String> {
    let bare: Vec<String> = head
        .iter()
        .map(|name| name.chars().filter(char::is_ascii_alphanumeric).collect::<String>())
        .map(|name| name.to_ascii_lowercase())
        .collect();
    let find =
        |names: &[&str]| names.iter().find_map(|name| bare.iter().position(|other| other == name));
    if ["open", "high", "low", "close"].iter().all(|name| find(&[name]).is_some()) {
        return Err(
            "it holds bars (open, high, low, close), not funding; name it under data, and \
                    here a file of rates"
                .to_owned(),
        );
    }
    let symbol = find(SYMBOL);
    let refused = || {
        format!(
            "its columns are {}; they must be time,rate or time,long_rate,short_rate, or those of \
             an export, such as fundingTime,fundingRate",
            head.join(",")
        )
    };
    let time = find(TIME).ok_or_else(refused)?;
    match (find(RATE), find(LONG), find(SHORT)) {
        (Some(long), None, None) => Ok(Places { time, long, short: None, symbol }),
        (None, Some(long), Some(short)) => Ok(Places { time, long, short: Some(short), symbol }),
        _ => Err(refused()),
    }
}

/// The rows of one symbol: all where there is one, those of `wanted` where there are more.
fn of_symbol(
    rows: Vec<(u64, Vec<String>)>,
    head: &[String],
    places: &Places,
    wanted: &str,
) -> Result<Vec<(u64, Vec<String>)>, String> {
    let Some(at) = places.symbol else { return Ok(rows) };
    let bare = |text: &str| {
        text.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_ascii_uppercase()
    };
    let name = |row: &(u64, Vec<String>)| row.1.get(at).cloned().unwrap_or_default();
    let mut symbols: Vec<String> = Vec::new();
    for row in &rows {
        let name = name(row);
        if symbols.last() != Some(&name) && !symbols.contains(&name) {
            symbols.push(name);
        }
    }
    if symbols.len() < 2 {
        return Ok(rows);
    }
    // ccxt writes BTC/USDT:USDT, its settlement currency last.
    let is_wanted = |symbol: &str| {
        let pair = symbol.split(':').next().unwrap_or(symbol);
        bare(symbol) == bare(wanted) || bare(pair) == bare(wanted)
    };
    let own: Vec<_> = rows.into_iter().filter(|row| is_wanted(&name(row))).collect();
    if own.is_empty() {
        return Err(format!(
            "its column {} holds {} and not {wanted}; name a file of {wanted}",
            head.get(at).map_or("symbol", String::as_str),
            symbols.join(", ")
        ));
    }
    Ok(own)
}

/// A fraction of notional above -1 and below 1: `0.0001`, `1e-05`, `0.01%`.
fn rate(text: &str) -> Option<Decimal> {
    let (number, percent) = match text.strip_suffix('%') {
        Some(number) => (number.trim_end(), true),
        None => (text, false),
    };
    let exact = Decimal::from_str_exact(number).or_else(|_| Decimal::from_scientific(number));
    let rate = if percent { exact.ok()? / Decimal::ONE_HUNDRED } else { exact.ok()? };
    (rate.abs() < Decimal::ONE).then_some(rate)
}

/// A stamp less than a second after a whole hour is the hour.
fn of_the_hour(ts: Nanos) -> Nanos {
    let late = ts.0.rem_euclid(Nanos::HOUR.0);
    if late < Nanos::SECOND.0 { ts - Nanos(late) } else { ts }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    const AUGUST: Nanos = Nanos(1_690_848_000_000_000_000);

    fn read_named(name: &str, text: &str) -> Result<Vec<FundingPoint>, FundingError> {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join(name);
        std::fs::write(&path, text).unwrap();
        read(&path, "BTCUSDT")
    }

    fn read_text(text: &str) -> Result<Vec<FundingPoint>, FundingError> {
        read_named("funding.csv", text)
    }

    #[test]
    fn a_rate_is_paid_by_longs_and_received_by_shorts() {
        let points = read_text("time,rate\n1690848000000,0.0001\n").unwrap();
        assert_eq!(points[0].ts, AUGUST);
        assert_eq!(points[0].short_rate, Decimal::new(-1, 4));
        let swap = read_text("time,long_rate,short_rate\n2023-08-01T00:00:00Z,0.0001,0.0002\n");
        assert_eq!(swap.unwrap()[0].short_rate, Decimal::new(2, 4));
    }

    #[test]
    fn the_unit_of_a_time_is_told_by_its_size() {
        let ts = |text| read_text(text).unwrap()[0].ts;
        assert_eq!(ts("time,rate\n1690848000,0.1\n"), AUGUST, "seconds");
        assert_eq!(ts("time,rate\n1690848000000000,0.1\n"), AUGUST, "microseconds");
    }

    #[test]
    fn exports_are_read_as_they_are() {
        let exports = [
            // The two of Binance: REST and archive.
            "symbol,fundingTime,fundingRate,markPrice\nBTCUSDT,1690848000007,0.00001,29230.1\n",
            "calc_time,funding_interval_hours,last_funding_rate\n1690848000007,8,1e-05\n",
            // Bybit.
            "symbol,fundingRate,fundingRateTimestamp\nBTCUSDT,0.00001,1690848000000\n",
            // ccxt, as a frame writes it.
            ",info,symbol,fundingRate,timestamp,datetime\n\
             0,\"{'symbol': 'BTCUSDT', 'x': 1}\",BTC/USDT:USDT,1e-05,1690848000000,\
             2023-08-01T00:00:00.000Z\n",
            "Time;Funding Rate\n2023-08-01 00:00:00;0.001%\n",
        ];
        let wanted = FundingPoint {
            ts: AUGUST,
            long_rate: Decimal::new(1, 5),
            short_rate: Decimal::new(-1, 5),
        };
        for text in exports {
            assert_eq!(read_text(text).unwrap(), [wanted], "{text}");
        }
        let json = r#"[{"symbol": "BTCUSDT", "fundingTime": 1690848000000,
                        "fundingRate": "0.00001000", "markPrice": ""}]"#;
        assert_eq!(read_named("f.json", json).unwrap(), [wanted]);
        let ccxt = r#"[{"info": {"symbol": "BTCUSDT"}, "symbol": "BTC/USDT:USDT",
                        "fundingRate": 1e-05, "timestamp": 1690848000001,
                        "datetime": "2023-08-01T00:00:00.001Z"}]"#;
        assert_eq!(read_named("f.json", ccxt).unwrap(), [wanted]);
    }

    #[test]
    fn a_stamp_just_after_the_hour_is_the_hour_and_no_other_is() {
        let ts = |ms: i64| read_text(&format!("time,rate\n{ms},0.1\n")).unwrap()[0].ts;
        let ms = AUGUST.0 / 1_000_000;
        assert_eq!(ts(ms + 999), AUGUST);
        assert_eq!(ts(ms + 1_000), AUGUST + Nanos::SECOND);
        assert_eq!(ts(ms - 1), AUGUST - Nanos(1_000_000));
    }

    #[test]
    fn of_several_symbols_the_instruments_is_taken() {
        let text = "symbol,fundingTime,fundingRate\nETHUSDT,1690848000000,0.1\n\
                    BTCUSDT,1690848000000,0.2\nETHUSDT,1690876800000,0.3\n";
        let points = read_text(text).unwrap();
        assert_eq!((points.len(), points[0].long_rate), (1, Decimal::new(2, 1)));
        let error = read_text(&text.replace("BTC", "XRP")).unwrap_err().to_string();
        assert!(error.contains("column symbol holds ETHUSDT, XRPUSDT and not BTCUSDT"), "{error}");
    }

    #[test]
    fn faults_name_line_column_value_and_remedy() {
        let fault = |text| read_text(text).unwrap_err().to_string();
        assert!(fault("time,rate\nnoon,0.1\n").contains(":2: column time: \"noon\": write an"));
        let falling = fault("time,rate\n1690848060,0.1\n1690848000,0.1\n");
        assert!(falling.contains(":3: column time: \"1690848000\": times must"), "{falling}");
        let rate = fault("time,rate\n1690848000,two\n");
        assert!(rate.contains("column rate: \"two\": write a fraction"), "{rate}");
        assert!(fault("a,b\n1,2\n").contains("its columns are a,b"));
        let bars = fault("open_time,open,high,low,close,volume\n1690848000,1,1,1,1,1\n");
        assert!(bars.contains("it holds bars"), "{bars}");
    }
}
