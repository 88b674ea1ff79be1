//! The report of a run, by what is in it: its figures are those of the run's
//! files, its size has a limit, its bytes are a function of its input.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use rust_decimal::Decimal;
use serde_json::Value;
use tempfile::TempDir;

use crate::support::command::succeed;
use crate::support::files::{CONFIG, examples, workspace};

/// The small configuration with more trades.
fn lively() -> String {
    CONFIG.replace("spike_multiple = 2", "spike_multiple = 1.5")
}

/// A folder with small data and a run of it in `run`.
fn small_run() -> TempDir {
    let dir = workspace();
    fs::write(dir.path().join("run.toml"), lively()).unwrap();
    succeed(dir.path(), &["run", "run.toml", "--out", "run", "-q"]);
    dir
}

/// The JSON embedded in a page.
fn page(path: &Path) -> Value {
    let html = fs::read_to_string(path).unwrap();
    let (_, rest) = html.split_once(r#"<script type="application/json" id="page">"#).unwrap();
    let (json, _) = rest.split_once("</script>").unwrap();
    serde_json::from_str(json).unwrap()
}

fn trades(run: &Path) -> Vec<BTreeMap<String, String>> {
    csv::Reader::from_path(run.join("trades.csv"))
        .unwrap()
        .deserialize()
        .map(Result::unwrap)
        .collect()
}

fn decimal(value: &Value) -> Decimal {
    value.as_str().unwrap().parse().unwrap()
}

fn total<'a>(values: impl Iterator<Item = &'a Value>) -> Decimal {
    values.map(decimal).sum()
}

fn list(value: &Value) -> &Vec<Value> {
    value.as_array().unwrap()
}

#[test]
fn its_figures_are_those_of_the_files() {
    let dir = tempfile::tempdir().unwrap();
    let config = examples().join("fil_near.toml");
    let out = dir.path().join("run");
    let args = ["run", config.to_str().unwrap(), "--out", out.to_str().unwrap(), "-q"];
    succeed(dir.path(), &args);
    let page = page(&out.join("report.html"));
    let mut stats: Value =
        serde_json::from_str(&fs::read_to_string(out.join("stats.json")).unwrap()).unwrap();
    let terms = stats.as_object_mut().unwrap().remove("in_force").unwrap();
    assert_eq!(page["stats"], stats);
    // What is in force is there whether or not anybody stated it.
    for (key, value, default) in [
        ("strategy.scalper.sizing.method", "fixed_notional", false),
        ("strategy.scalper.bracket_anchor", "fill", true),
        ("instrument.NEARUSDT.slippage.ticks", "1", false),
        ("instrument.NEARUSDT.calendar", "always", true),
        ("risk.daily_loss", "0.03", false),
        ("risk.symbol_exposure", "off", true),
        ("risk.margin", "refuses a size", true),
        ("simulation.max_gap", "3", true),
    ] {
        let term = serde_json::json!({ "key": key, "value": value, "default": default });
        assert!(terms.as_array().unwrap().contains(&term), "{term} in {terms}");
    }
    let shown: Vec<&str> =
        page["assumed"].as_array().unwrap().iter().map(|r| r[0].as_str().unwrap()).collect();
    assert_eq!(
        shown,
        [
            "Size of scalper",
            "Typical trade",
            "Margin of FILUSDT",
            "Margin of NEARUSDT",
            "Calendar",
            "Limits",
            "Simulation"
        ]
    );
    assert_eq!(page["claims"][0]["tone"], "plain", "{}", page["claims"]);

    let trades = trades(&out);
    let sum = |column: &str| -> Decimal {
        trades.iter().map(|t| t[column].parse::<Decimal>().unwrap()).sum()
    };
    let net = sum("net_pnl");
    assert_eq!(trades.len(), 1_561);
    assert_eq!(decimal(&stats["outcome"]["net_profit"]), net);

    let count = |cells: &mut dyn Iterator<Item = &Value>| -> u64 {
        cells.map(|c| c["trades"].as_u64().unwrap()).sum()
    };
    let months = list(&page["months"]);
    assert_eq!(total(months.iter().map(|m| &m["net"])), net);
    assert_eq!(count(&mut months.iter()), 1_561);
    // From 2 August to 1 November, both of them days of Seoul.
    let names: Vec<&str> = months.iter().map(|m| m["month"].as_str().unwrap()).collect();
    assert_eq!(names, ["2023-08", "2023-09", "2023-10"]);
    let growth: f64 = months.iter().map(|m| 1.0 + m["change"].as_f64().unwrap()).product();
    assert!((growth - 1.0 - stats["outcome"]["total_return"].as_f64().unwrap()).abs() < 1e-9);

    let cells = || list(&page["hours"]).iter().flat_map(list);
    assert_eq!(cells().count(), 7 * 24);
    assert_eq!(total(cells().map(|c| &c["net"])), net);
    assert_eq!(count(&mut cells()), 1_561);

    let bins = list(&page["histogram"]["counts"]).iter().map(|c| c.as_u64().unwrap());
    assert_eq!(bins.sum::<u64>(), 1_561);

    assert_eq!(list(&page["splits"]).len(), 5);
    for split in list(&page["splits"]) {
        let parts = list(&split["parts"]);
        assert_eq!(total(parts.iter().map(|p| &p["net"])), net, "{}", split["by"]);
        assert_eq!(count(&mut parts.iter()), 1_561, "{}", split["by"]);
    }
    // Rule 1 wants five times the baseline: every entry's spike level is the highest.
    assert_eq!(page["splits"][1]["parts"][0]["name"], "extreme");
    assert_eq!(list(&page["splits"][1]["parts"]).len(), 1);

    let costs = &page["costs"];
    assert_eq!(decimal(&costs["fees"]), sum("fees"));
    assert_eq!(decimal(&costs["slippage"]), sum("slippage"));
    assert_eq!(decimal(&costs["funding"]), sum("funding"));
    assert_eq!(decimal(&costs["before"]), sum("gross_pnl") + sum("slippage"));
    assert_eq!(decimal(&costs["net"]), net);

    let last = |curve: &str| list(&page[curve]["v"]).last().unwrap().as_f64().unwrap();
    assert!((last("equity") - 58_358.94).abs() < 0.01);
    let lowest = list(&page["drawdown"]["v"]).iter().map(|v| v.as_f64().unwrap());
    let deepest = stats["risk"]["max_drawdown"].as_f64().unwrap();
    assert!((lowest.fold(0.0, f64::min) - deepest).abs() < 1e-8, "no depth is lost");
    assert!(list(&page["equity"]["t"]).len() <= 4_000);

    let shown = |i: &Value| page["trades"]["net"][i.as_u64().unwrap() as usize].as_f64().unwrap();
    let best: Vec<f64> = list(&page["trades"]["best"]).iter().map(shown).collect();
    let mut nets: Vec<f64> = trades.iter().map(|t| t["net_pnl"].parse().unwrap()).collect();
    nets.sort_by(|a, b| b.total_cmp(a));
    assert_eq!(best.len(), 10);
    assert!(best.iter().zip(&nets).all(|(a, b)| (a - b).abs() < 0.006));
    assert!(list(&page["trades"]["reason"]).iter().all(|r| r.as_str().unwrap().contains("rsi=")));
}

#[test]
fn a_remade_report_is_the_same_file() {
    let dir = small_run();
    let written = fs::read(dir.path().join("run/report.html")).unwrap();
    fs::remove_file(dir.path().join("run/report.html")).unwrap();
    assert_eq!(succeed(dir.path(), &["report", "run"]), "run/report.html\n");
    assert_eq!(fs::read(dir.path().join("run/report.html")).unwrap(), written);
    // Another choice never takes the place of the file whose hash the manifest keeps.
    let korean = succeed(dir.path(), &["report", "run", "--lang", "ko", "--zone", "Asia/Seoul"]);
    assert_eq!(korean, "run/report-ko-Asia-Seoul.html\n");
    let korean = page(&dir.path().join("run/report-ko-Asia-Seoul.html"));
    assert_eq!((&korean["lang"], &korean["zone"]), (&"ko".into(), &"Asia/Seoul".into()));
    assert_eq!(korean["offsets"][0][1], 9 * 3_600);
    assert_eq!(fs::read(dir.path().join("run/report.html")).unwrap(), written);
}

#[test]
fn without_its_data_a_report_says_so() {
    let dir = small_run();
    let file = dir.path().join("FILUSDT-1m-2023-08.csv");
    let text = fs::read_to_string(&file).unwrap();
    let shorter: Vec<&str> = text.lines().take(200).collect();
    fs::write(&file, shorter.join("\n")).unwrap();
    let name = succeed(dir.path(), &["report", "run"]);
    assert_eq!(name, "run/report-without-prices.html\n");
    let page = page(&dir.path().join(name.trim()));
    assert_eq!(list(&page["candles"]).len(), 0);
    assert!(page["no_candles"].as_str().unwrap().contains("is not the file that"));
}

#[test]
fn bounds_and_warnings_come_from_the_folder() {
    let dir = small_run();
    let findings = r#"{"bounds": {"worst": "-30.5", "best": "20", "chosen": "-3", "ambiguous_bars": 4,
        "ambiguous_pnl": "-7", "scenario": true}, "warnings": ["a <b>gap</b>"], "repairs": []}"#;
    fs::write(dir.path().join("run/findings.json"), findings).unwrap();
    succeed(dir.path(), &["report", "run", "--out", "r.html"]);
    let page = page(&dir.path().join("r.html"));
    assert_eq!(
        (decimal(&page["bounds"]["worst"]), page["bounds"]["scenario"].clone()),
        (Decimal::new(-305, 1), true.into())
    );
    assert_eq!(page["warnings"][0], "a <b>gap</b>");
    assert!(!fs::read_to_string(dir.path().join("r.html")).unwrap().contains("<b>gap"));
}

#[test]
fn hostile_names_stay_text() {
    let dir = small_run();
    let name = "</script><script>alert(1)</script>";
    let config = lively().replace("\"FILUSDT\"", &format!("'{name}'"));
    fs::write(dir.path().join("run.toml"), config).unwrap();
    succeed(dir.path(), &["run", "run.toml", "--out", "hostile", "-q"]);
    let path = dir.path().join("hostile/report.html");
    assert!(page(&path)["title"].as_str().unwrap().contains(name));
    let html = fs::read_to_string(&path).unwrap();
    assert!(!html.contains("<script>alert"));
    assert_eq!(html.matches("</script>").count(), 3);
}

/// The four bundled months three times over: more than a year of minutes.
#[test]
fn a_year_of_minutes_fits() {
    let dir = tempfile::tempdir().unwrap();
    let mut rows = String::from("open_time,open,high,low,close,volume,taker_buy_volume\n");
    let mut minute = 0_i64;
    for _ in 0..3 {
        for month in ["08", "09", "10", "11"] {
            let file = examples().join(format!("data/FILUSDT-1m-2023-{month}.csv.gz"));
            let text = std::io::read_to_string(flate2::read::GzDecoder::new(
                fs::File::open(file).unwrap(),
            ))
            .unwrap();
            let mut reader = csv::Reader::from_reader(text.as_bytes());
            let head = reader.headers().unwrap().clone();
            let at = |name: &str| head.iter().position(|h| h == name).unwrap();
            let taker =
                head.iter().position(|h| h.starts_with("taker_buy") && !h.contains("quote"));
            let columns = ["open", "high", "low", "close", "volume"].map(at);
            for row in reader.records().map(Result::unwrap) {
                if minute == 525_600 {
                    break;
                }
                let open_time = 1_672_531_200_000 + minute * 60_000;
                rows.push_str(&open_time.to_string());
                for column in columns.into_iter().chain(taker) {
                    rows.push(',');
                    rows.push_str(&row[column]);
                }
                rows.push('\n');
                minute += 1;
            }
        }
    }
    assert_eq!(minute, 525_600);
    fs::write(dir.path().join("year.csv"), rows).unwrap();
    let config = lively()
        .split_once("[[instrument]]\nsymbol = \"NEAR")
        .map(|(head, tail)| {
            let strategy = tail.find("[[strategy]]").unwrap();
            format!("{head}{}", &tail[strategy..])
        })
        .unwrap()
        .replace("FILUSDT-*.csv", "year.csv")
        .replace("spike_multiple = 1.5", "spike_multiple = 3");
    fs::write(dir.path().join("year.toml"), config).unwrap();
    succeed(dir.path(), &["run", "year.toml", "--out", "year", "-q"]);
    let path = dir.path().join("year/report.html");
    let size = fs::metadata(&path).unwrap().len();
    let page = page(&path);
    let count = page["trades"]["count"].as_u64().unwrap();
    println!("{size} bytes for {minute} bars and {count} trades");
    assert!(count > 4_900, "{count}");
    assert!(size < 5_000_000, "{size}");
    assert_eq!(page["candles"][0]["whole"]["interval"], 60, "every minute is in it");
    assert!(list(&page["equity"]["t"]).len() <= 4_000);
}

#[test]
fn compare_shows_what_differs() {
    let dir = small_run();
    let set = "strategy.params.spike_multiple=4";
    succeed(dir.path(), &["run", "run.toml", "--out", "other", "-q", "--set", set]);
    let text = succeed(dir.path(), &["compare", "run", "other", "--html", "both.html"]);
    let line = |label: &str| text.lines().find(|l| l.contains(label)).unwrap();
    assert!(line("strategy[0].params.spike_multiple").contains("1.5"));
    assert!(line("Break-even Cost [bps a side]").matches('┆').count() == 2);
    assert!(!text.contains("costs.taker_fee"), "what is the same is left out:\n{text}");
    let page = page(&dir.path().join("both.html"));
    assert_eq!(list(&page["curves"]).len(), 2);
    assert_eq!(list(&page["differences"]).len(), 1);
    let same = succeed(dir.path(), &["compare", "run", "run"]);
    assert!(same.ends_with("Configuration and data are the same.\n"), "{same}");
}

#[test]
fn korean_has_every_label() {
    let dir = small_run();
    succeed(dir.path(), &["report", "run", "--lang", "ko", "--out", "ko.html"]);
    let page = page(&dir.path().join("ko.html"));
    let hangul = |text: &str| text.chars().any(|c| ('가'..='힣').contains(&c));
    for group in list(&page["groups"]) {
        assert!(hangul(group["title"].as_str().unwrap()), "{}", group["title"]);
        for row in list(&group["rows"]) {
            let label = row[1].as_str().unwrap();
            let kept = label.starts_with("VaR") || label.starts_with("CVaR");
            assert!(hangul(label) || kept, "{label}");
            for english in ["no ", "too short", "needs", "insufficient", "open", "days"] {
                assert!(!row[2].as_str().unwrap().contains(english), "{row}");
            }
        }
    }
}
