//! Files of bars, good and bad.

#![allow(clippy::unwrap_used)]

use std::io::Write;

use flate2::Compression;
use flate2::write::GzEncoder;
use tickstep_core::instrument::InstrumentSpec;

use super::*;

fn instrument() -> Instrument {
    Instrument::new(InstrumentSpec {
        leverage: Decimal::TEN,
        ..InstrumentSpec::plain("FILUSDT", "USDT", Decimal::new(1, 3), Decimal::new(1, 1))
    })
    .unwrap()
}

const HEAD: &str = "open_time,open,high,low,close,volume,taker_buy_volume";

fn read(text: &str) -> Result<Vec<Bar>, String> {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), text).unwrap();
    let read = read_bars(&[file.path().to_owned()], &instrument());
    let name = file.path().display().to_string();
    read.map_err(|e| e.to_string().replace(&name, "bars.csv"))
}

#[test]
fn a_file_is_read_plain_and_zipped_and_time_in_every_unit() {
    let row = "1690848000000,4.255,4.256,4.252,4.252,25259.1,5452.35";
    let bars = read(&format!("{HEAD}\n{row}\n")).unwrap();
    let wanted = Bar {
        ts_open: Nanos(1_690_848_000_000_000_000),
        open: Ticks(4255),
        high: Ticks(4256),
        low: Ticks(4252),
        close: Ticks(4252),
        // Counted in millionths, whatever the file has.
        volume: Lots::new(25_259_100_000).unwrap(),
        taker_buy: Lots::new(5_452_350_000),
    };
    assert_eq!(bars, [wanted]);
    for time in ["1690848000", "1690848000000000", "1690848000000000000"] {
        let row = row.replace("1690848000000", time);
        assert_eq!(read(&format!("{HEAD}\n{row}\n")).unwrap(), [wanted], "{time}");
    }
    let file = tempfile::NamedTempFile::new().unwrap();
    let mut zip = GzEncoder::new(file.reopen().unwrap(), Compression::fast());
    zip.write_all(format!("{HEAD}\n{row}\n").as_bytes()).unwrap();
    zip.finish().unwrap();
    assert_eq!(read_bars(&[file.path().to_owned()], &instrument()).unwrap(), [wanted]);
}

#[test]
fn what_is_wrong_is_named_with_its_place() {
    for (text, words) in [
        ("open_time,open,high,low,close\n", "no column is called volume; there is open_time"),
        ("open_time,open,high,low,close,volume\nx,1,1,1,1,1", "bars.csv:2: open_time: \"x\""),
        ("open_time,open,high,low,close,volume\n5,1,1,1,1.0001,1", "bars.csv:2: close: "),
        ("open_time,open,high,low,close,volume\n5,1,1,2,1,1", "bars.csv:2: low: "),
        ("open_time,open,high,low,close,volume\n5,1,1,1,1,-1", "bars.csv:2: volume: "),
        (
            "open_time,open,high,low,close,volume\n5,1,1,1,1,0.0000001",
            "0.0000001 has more than 6 decimals, or is too large",
        ),
        ("open_time,open,high,low,close,volume\n5,1,1,1,1,1\n5,1,1,1,1,1", "bars.csv:3: open_time"),
        ("open_time,open,high,low,close,volume\n5,1,1", "bars.csv: "),
    ] {
        let said = read(text).unwrap_err();
        assert!(said.contains(words), "{said}");
    }
    let none = read_bars(&[PathBuf::from("/no/such/file.csv")], &instrument());
    assert!(none.unwrap_err().to_string().starts_with("/no/such/file.csv: "));
}
