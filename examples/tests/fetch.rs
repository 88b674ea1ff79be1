//! What was fetched and what was recorded is what a backtest reads: the line that `fetch`
//! prints runs, and the files of a recording make the trades of the archive they came from.
#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;
use std::fs;
use std::io::{BufRead as _, BufReader, Cursor, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use rust_decimal::Decimal;
use tickstep_core::units::Nanos;
use tickstep_live::cli::console::Console;
use tickstep_live::cli::fetch::{FetchArgs, fetch_archive};
use tickstep_live::fetch::{ArchiveMarket, PUBLIC_ARCHIVE};
use tickstep_live::recorder::{RecordedStream, SeriesWriter, check_recording};

const HEADER: &str = "open_time,open,high,low,close,volume,close_time,quote_volume,count,\
                      taker_buy_volume,taker_buy_quote_volume,ignore\n";

/// A row of the bundled candles with the archive's other columns, of which no backtest makes
/// anything: amounts at the close, and no count.
fn widened(row: &str) -> String {
    let [time, open, high, low, close, volume, taker] =
        row.split(',').collect::<Vec<_>>().try_into().unwrap();
    let ends = time.parse::<i64>().unwrap() + 59_999;
    let number = |text: &str| text.parse::<Decimal>().unwrap();
    let (quote, taker_quote) = (number(volume) * number(close), number(taker) * number(close));
    format!(
        "{time},{open},{high},{low},{close},{volume},{ends},{quote},0,{taker},{taker_quote},0\n"
    )
}

/// A month of real candles in the archive's layout.
fn month(tag: &str) -> String {
    let rows = bundled(tag).lines().skip(1).map(widened).collect::<String>();
    format!("{HEADER}{rows}")
}

/// A month of the bundled candles, unpacked.
fn bundled(tag: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("data/FILUSDT-1m-{tag}.csv.gz"));
    let mut text = String::new();
    let file = fs::File::open(path).unwrap();
    flate2::read::MultiGzDecoder::new(file).read_to_string(&mut text).unwrap();
    text
}

fn zipped(name: &str, text: &str) -> Vec<u8> {
    let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
    zip.start_file(name, zip::write::SimpleFileOptions::default()).unwrap();
    zip.write_all(text.as_bytes()).unwrap();
    zip.finish().unwrap().into_inner()
}

fn sum_of(bytes: &[u8]) -> String {
    use sha2::{Digest as _, Sha256};
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Serves files until the test is over; its address.
fn served(files: BTreeMap<String, Vec<u8>>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            answer(stream.unwrap(), &files);
        }
    });
    format!("http://{address}")
}

fn answer(mut stream: TcpStream, files: &BTreeMap<String, Vec<u8>>) {
    let mut lines = BufReader::new(stream.try_clone().unwrap()).lines();
    let first = lines.next().unwrap().unwrap();
    // The rest of the question is read, or the answer might meet a connection that is reset.
    lines.take_while(|line| line.as_ref().is_ok_and(|line| !line.is_empty())).for_each(drop);
    let file = files.get(first.split(' ').nth(1).unwrap());
    let (status, body) = file.map_or(("404 Not Found", &[][..]), |body| ("200 OK", body));
    let length = body.len();
    let head =
        format!("HTTP/1.1 {status}\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n");
    stream.write_all(head.as_bytes()).unwrap();
    stream.write_all(body).unwrap();
}

/// Runs the whole command of backtests, which a program of this folder has.
fn tickstep(args: &[String], trials: &Path) -> (bool, String) {
    let test = std::env::current_exe().unwrap();
    let program = test.parent().and_then(Path::parent).unwrap().join("examples/own_strategy");
    assert!(program.exists(), "cargo build --examples makes {}", program.display());
    let output = Command::new(program).args(args).env("TICKSTEP_TRIALS", trials).output().unwrap();
    let said = [output.stdout, output.stderr].concat();
    (output.status.success(), String::from_utf8_lossy(&said).into_owned())
}

/// The words of a line as a shell parts them.
fn words(line: &str) -> Vec<String> {
    line.split(' ').map(|word| word.trim_matches('\'').to_owned()).collect()
}

async fn fetched(args: &FetchArgs) -> String {
    let mut output = Vec::new();
    let mut console = Console {
        input: &mut std::io::empty(),
        is_terminal: false,
        output: &mut output,
        secret: &mut |_| Err(std::io::ErrorKind::NotFound.into()),
        env: &|_| None,
    };
    let code = fetch_archive(args, false, &mut console, std::future::pending()).await.unwrap();
    assert_eq!(code, ExitCode::SUCCESS);
    String::from_utf8(output).unwrap()
}

#[tokio::test]
async fn the_line_that_fetch_prints_runs() {
    let mut files = BTreeMap::new();
    for (market, tag) in [
        ("futures/um/monthly", "2023-08"),
        ("futures/um/monthly", "2023-09"),
        ("spot/daily", "2023-08-01"),
        ("spot/daily", "2023-08-02"),
    ] {
        let mut text = month(&tag[..7]);
        if market.starts_with("spot") {
            // Files of spot have no header, and those of a day are a part of the month.
            let day: i64 = tag[8..].parse().unwrap();
            let rows = text.lines().skip(1 + 1_440 * (day as usize - 1)).take(1_440);
            text = rows.map(|row| format!("{row}\n")).collect();
        }
        let name = format!("FILUSDT-1m-{tag}.zip");
        let zip = zipped(&name.replace(".zip", ".csv"), &text);
        let path = format!("/data/{market}/klines/FILUSDT/1m/{name}");
        files
            .insert(format!("{path}.CHECKSUM"), format!("{}  {name}\n", sum_of(&zip)).into_bytes());
        files.insert(path, zip);
    }
    let base = served(files);
    let dir = tempfile::tempdir().unwrap();
    for (market, from, to, bars) in [
        (ArchiveMarket::Um, "2023-08", "2023-09", "FILUSDT: 87840 bars of 60 s"),
        (ArchiveMarket::Spot, "2023-08-01", "2023-08-02", "FILUSDT: 2880 bars of 60 s"),
    ] {
        let args = FetchArgs {
            symbol: "FILUSDT".to_owned(),
            interval: "1m".to_owned(),
            from: from.to_owned(),
            to: Some(to.to_owned()),
            market,
            base: base.clone(),
            out: dir.path().join("a folder"),
        };
        let said = fetched(&args).await;
        let line = said.trim_end().rsplit_once("try next:\ntickstep ").unwrap().1;
        // Names with a space stand in quotes, as a whole.
        let line = line.replace("a folder", "a\u{0}folder");
        let out = dir.path().join("run").display().to_string();
        let own = ["--out".to_owned(), format!("{out}-{}", market.word())];
        let args = words(&line).into_iter().map(|word| word.replace('\u{0}', " ")).chain(own);
        let args: Vec<String> = args.collect();
        let (fine, said) = tickstep(&args, &dir.path().join("trials.jsonl"));
        assert!(fine && said.contains(bars), "{said}");
    }
    assert!(PUBLIC_ARCHIVE.starts_with("https://"));
}

#[test]
fn recorded_bars_make_the_trades_of_the_archive() {
    let dir = tempfile::tempdir().unwrap();
    let root = dir.path().join("recording");
    for folder in ["klines", "trades", "depth"] {
        fs::create_dir_all(root.join(folder)).unwrap();
    }
    let text = month("2023-08");
    let stream = RecordedStream::Bars(Nanos::MINUTE);
    let mut notes = Vec::new();
    let mut series = SeriesWriter::open(&root, "FILUSDT", stream, 50_000, &mut notes).unwrap();
    for row in text.lines().skip(1).take(3 * 1_440) {
        assert_eq!(series.write(row).unwrap().hole, None);
    }
    series.finish().unwrap();
    let checked = check_recording(&root).unwrap();
    let has = &checked[&("FILUSDT".to_owned(), stream)];
    assert!(has.files > 6 && has.rows == 3 * 1_440, "{has:?}");
    let whole = dir.path().join("FILUSDT-1m.csv");
    let lines = text.lines().take(1 + 3 * 1_440).map(|line| format!("{line}\n"));
    fs::write(&whole, lines.collect::<String>()).unwrap();
    let trades = |data: String, name: &str| {
        let out: PathBuf = dir.path().join(name);
        let mut args = words(&format!(
            "run {data} -q --set costs.maker_fee=0.0002 --set costs.taker_fee=0.0005 --set \
             costs.slippage.ticks=1 --set strategy.params.pressure_rule=buy_share --out"
        ));
        args.push(out.display().to_string());
        let (fine, said) = tickstep(&args, &dir.path().join("trials.jsonl"));
        assert!(fine, "{said}");
        fs::read_to_string(out.join("trades.csv")).unwrap()
    };
    let recorded = trades(root.join("klines/FILUSDT-1m-*.csv").display().to_string(), "recorded");
    assert!(recorded.lines().count() > 20);
    assert_eq!(recorded, trades(whole.display().to_string(), "whole"));
}
