//! Spans of months and days, and the command.

use std::path::Path;
use std::process::ExitCode;

use clap::Parser as _;
use tickstep_live::cli::console::Console;
use tickstep_live::cli::fetch::{FetchArgs, fetch_archive};
use tickstep_live::fetch::{
    ArchiveBars, ArchiveMarket, ArchiveServer, DaySpan, FetchPlan, FetchedBars, Period, fetch,
};

use crate::bring::Notes;
use crate::server::{Archive, Wrong};

#[derive(clap::Parser)]
struct Line {
    #[command(flatten)]
    fetch: FetchArgs,
}

/// Runs the command with these words; its code, what it said, its error.
async fn command(archive: &Archive, out: &Path, words: &str) -> (Option<ExitCode>, String) {
    let out = out.display().to_string();
    let rest = ["--base", &archive.base, "--out", &out];
    let line = Line::try_parse_from(["fetch"].into_iter().chain(words.split(' ')).chain(rest));
    let mut output = Vec::new();
    let mut console = Console {
        input: &mut std::io::empty(),
        is_terminal: false,
        output: &mut output,
        secret: &mut |_| Err(std::io::ErrorKind::NotFound.into()),
        env: &|_| None,
    };
    let args = line.unwrap_or_else(|error| panic!("{error}")).fetch;
    let done = fetch_archive(&args, false, &mut console, std::future::pending()).await;
    let said = String::from_utf8_lossy(&output).into_owned();
    match done {
        Ok(code) => (Some(code), said),
        Err(error) => (None, format!("{said}{error:#}")),
    }
}

#[tokio::test]
async fn a_span_is_brought_told_and_skipped_the_second_time() {
    let archive = Archive::open().await;
    let dir = tempfile::tempdir().unwrap();
    for (kind, tag) in [("daily", "2023-07-30"), ("daily", "2023-07-31"), ("monthly", "2023-08")] {
        archive.put(kind, tag);
    }
    let words = "filusdt --from 2023-07-30 --to 2023-08";
    let (code, said) = command(&archive, dir.path(), words).await;
    assert_eq!(code, Some(ExitCode::SUCCESS), "{said}");
    assert!(said.contains("brought") && said.contains("2023-07-30 to 2023-08"), "{said}");
    let at = |name: &str| dir.path().join(name).display().to_string();
    let line = format!(
        "try next:\ntickstep run {} {} {} --set costs.maker_fee=0.0002 --set costs.taker_fee=0.0005 \
         --set costs.slippage.ticks=1 --set strategy.params.pressure_rule=buy_share\n",
        at("um/monthly/FILUSDT-1m-2023-08.zip"),
        at("um/daily/FILUSDT-1m-2023-07-30.zip"),
        at("um/daily/FILUSDT-1m-2023-07-31.zip"),
    );
    assert!(said.ends_with(&line), "{said}");
    let asked = archive.look().asked.len();
    let (code, said) = command(&archive, dir.path(), words).await;
    assert_eq!(code, Some(ExitCode::SUCCESS), "{said}");
    assert!(said.contains("there already") && !said.contains("brought"), "{said}");
    // The three sums were asked for and nothing else.
    assert_eq!(archive.look().asked.len(), asked + 3);
}

#[tokio::test]
async fn what_the_archive_does_not_have_is_said() {
    let archive = Archive::open().await;
    let dir = tempfile::tempdir().unwrap();
    for tag in ["2023-08", "2023-10"] {
        archive.put("monthly", tag);
    }
    // Before the first month there is nothing, which is no fault of anybody's.
    let (code, said) = command(&archive, dir.path(), "FILUSDT --from 2023-06 --to 2023-08").await;
    assert_eq!(code, Some(ExitCode::SUCCESS), "{said}");
    assert!(said.contains("not in the archive") && said.contains("2023-06 to 2023-07"), "{said}");
    assert!(said.contains("the archive has 2023-08\n"), "{said}");
    let (code, said) = command(&archive, dir.path(), "FILUSDT --from 2023-08 --to 2023-10").await;
    assert_eq!(code, Some(ExitCode::FAILURE), "{said}");
    assert!(said.contains("nothing of 2023-09 in the middle of the span"), "{said}");
    archive.put_in("spot", "monthly", "2022-01");
    let (code, said) = command(&archive, dir.path(), "FILUSDT --from 2022-01 --to 2022-01").await;
    assert_eq!(code, None);
    assert!(said.ends_with("in 2022-01; spot has 2022-01: add --market spot"), "{said}");
    let (code, said) = command(&archive, dir.path(), "FILUSTD --from 2022-01 --to 2022-02").await;
    assert_eq!(code, None);
    assert!(said.contains("nothing of FILUSTD 1m of um in 2022-01 to 2022-02"), "{said}");
    let wrong = archive.put("monthly", "2021-01").0;
    archive.goes_wrong(&wrong, [Wrong::Flipped, Wrong::Flipped]);
    let (code, said) = command(&archive, dir.path(), "FILUSDT --from 2021-01 --to 2021-01").await;
    assert_eq!(code, None);
    assert!(
        said.contains("2021-01.zip: SHA-256 is ") && said.contains("the archive says"),
        "{said}"
    );
}

#[tokio::test]
async fn nothing_is_asked_for_by_a_name_that_leads_away() {
    let archive = Archive::open().await;
    let dir = tempfile::tempdir().unwrap();
    for (words, why) in [
        ("../../etc --from 2023-08", "letters, digits and _ alone"),
        ("FILUSDT --interval ../1m --from 2023-08", "--interval ../1m"),
        ("FILUSDT --from ../2023-08", "write a month"),
    ] {
        let (code, said) = command(&archive, dir.path(), words).await;
        assert_eq!(code, None);
        assert!(said.contains(why), "{said}");
    }
    assert!(archive.look().asked.is_empty());
    assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 0);
}

#[tokio::test]
async fn days_stand_in_for_a_month_that_has_no_file_yet() {
    let archive = Archive::open().await;
    let dir = tempfile::tempdir().unwrap();
    archive.put("monthly", "2023-08");
    // The last day of the month is not there yet.
    (1..30).for_each(|day| drop(archive.put("daily", &format!("2023-09-{day:02}"))));
    let today = "2023-10-01".parse().unwrap();
    let plan = FetchPlan {
        server: ArchiveServer::new(&archive.base).unwrap(),
        bars: ArchiveBars::new(ArchiveMarket::Um, "FILUSDT", "1m").unwrap(),
        span: DaySpan::read("2023-08", None, today).unwrap(),
        today,
        out: dir.path().to_owned(),
    };
    let mut notes = Notes::default();
    let fetched: FetchedBars = fetch(&plan, &mut notes).await.unwrap();
    assert_eq!(notes.0, ["FILUSDT-1m-2023-09.zip is not there yet; its days are"]);
    let tags: Vec<String> = fetched.here().map(Period::tag).collect();
    assert_eq!((tags.len(), tags[0].as_str(), tags[29].as_str()), (30, "2023-08", "2023-09-29"));
    assert!(fetched.is_whole());
    let missing: Vec<String> = fetched.not_there().map(Period::tag).collect();
    assert_eq!(missing, ["2023-09-30"]);
    // So many days are a pattern.
    let line = fetched.next_line(&plan).unwrap();
    let pattern = dir.path().join("um/daily/FILUSDT-1m-*.zip");
    assert!(line.contains(&format!(" '{}' ", pattern.display())), "{line}");
}
