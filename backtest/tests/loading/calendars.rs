//! Where bars lie in time: the length of a bar, rows off it, periods of a zone, and
//! calendars stated or told by the open times.

use std::fmt::Write;
use std::ops::ControlFlow;
use std::path::Path;

use proptest::prelude::*;
use tickstep_backtest::load::{Format, LoadOptions, load, to_tape};
use tickstep_backtest::quality::{CheckOptions, FindingKind, Severity, check};
use tickstep_backtest::series::resample::{Edges, resample};
use tickstep_backtest::series::{Repair, Series};
use tickstep_config::{MarketHours, instant};
use tickstep_core::calendar::Interval;
use tickstep_core::units::Nanos;

use crate::support::cases;
use crate::support::files::written;

fn at(text: &str) -> Nanos {
    instant("t", text, &jiff::tz::TimeZone::UTC).unwrap()
}

/// Rows at times, each with a price of its own.
fn rows<T: std::fmt::Display>(times: impl IntoIterator<Item = T>) -> String {
    let mut text = "time,open,high,low,close,volume\n".to_owned();
    for (i, time) in times.into_iter().enumerate() {
        let px = 100 + i % 50;
        writeln!(text, "{time},{px},{px},{px},{px},1").unwrap();
    }
    text
}

fn with(text: &str, opts: &LoadOptions) -> Result<Series, String> {
    let (_dir, path) = written("X-1.csv", text);
    let folder = format!("{}/", path.parent().unwrap().display());
    load(Some("X"), &[vec![path]], opts, &mut |_| ControlFlow::Continue(()))
        .map_err(|e| e.to_string().replace(&folder, ""))
}

fn plain(text: &str) -> Result<Series, String> {
    with(text, &LoadOptions::default())
}

fn repaired(text: &str, repairs: &[Repair]) -> Result<Series, String> {
    with(text, &LoadOptions { repairs: repairs.to_vec(), ..LoadOptions::default() })
}

fn on(text: &str, calendar: &str) -> Result<Series, String> {
    let calendar = Some(MarketHours::named(calendar).unwrap());
    with(text, &LoadOptions { calendar, ..LoadOptions::default() })
}

/// Kind, severity and lines of what a check finds of the times.
fn checked(text: &str) -> Vec<(FindingKind, Severity, Vec<String>)> {
    let (_dir, path) = written("X-1.csv", text);
    let report =
        check(&path, &CheckOptions::default(), &mut |_| ControlFlow::Continue(())).unwrap();
    let line = |place: &str| place.rsplit(':').next().unwrap().to_owned();
    let kinds = [
        FindingKind::OffInterval,
        FindingKind::OutsideHours,
        FindingKind::Gap,
        FindingKind::Calendar,
        FindingKind::Refused,
    ];
    let found = report.findings.iter().filter(|f| kinds.contains(&f.kind));
    found.map(|f| (f.kind, f.severity, f.cases.iter().map(|c| line(&c.place)).collect())).collect()
}

/// Seconds since 1970 of minutes that begin at `from`.
fn minutes(from: i64, count: i64) -> impl Iterator<Item = i64> {
    (0..count).map(move |i| from + 60 * i)
}

const AUGUST: i64 = 1_690_848_000;

#[test]
fn one_stray_row_is_named_and_refused() {
    let times = [0, 60, 119, 120, 180, 240].map(|s| AUGUST + s);
    let text = "open_time,open,high,low,close,volume\n".to_owned()
        + &times.map(|s| format!("{s},100,101,99,100,5\n")).concat();
    assert_eq!(
        plain(&text).unwrap_err(),
        "X-1.csv:4: open time 2023-08-01T00:01:59Z is 1s before 2023-08-01T00:02:00Z, off the bars \
         of 1m: 1 of 6 rows is like it; mend the row, have times moved to the nearest bar (repair \
         = [\"snap\", \"drop-duplicates\"]), or state interval_s where bars are of another length"
    );
    let off = (FindingKind::OffInterval, Severity::Error, vec!["4".to_owned()]);
    assert_eq!(checked(&text), [off]);
    // Moved, it meets another at its time, and the same in every value.
    assert!(repaired(&text, &[Repair::Snap]).unwrap_err().contains("the same bar as X-1.csv:4"));
    let mended = repaired(&text, &[Repair::Snap, Repair::DropDuplicates]).unwrap();
    assert_eq!((mended.bars().len(), mended.interval()), (5, Interval::MINUTE));
    assert_eq!((mended.repaired().snapped, mended.repaired().duplicates), (1, 1));
}

#[test]
fn one_stray_row_among_2001_changes_no_interval() {
    let mut times: Vec<i64> = minutes(AUGUST, 2000).collect();
    times.insert(1001, AUGUST + 60_000 + 1);
    let text = rows(&times);
    let words = plain(&text).unwrap_err();
    let told = "X-1.csv:1003: open time 2023-08-01T16:40:01Z is 1s after 2023-08-01T16:40:00Z, off \
                the bars of 1m: 1 of 2001 rows";
    assert!(words.starts_with(told), "{words}");
    assert_eq!(checked(&text)[0].2, ["1003"]);
}

#[test]
fn rows_shifted_after_an_outage_are_the_ones_that_are_wrong() {
    // As the archive of February 2018 has them.
    let times = [
        1_518_220_800_i64,
        1_518_220_860,
        1_518_220_920,
        1_518_225_614,
        1_518_225_674,
        1_518_225_734,
        1_518_225_780,
        1_518_225_840,
    ];
    let text = rows(times.map(|s| s * 1000));
    assert_eq!(
        plain(&text).unwrap_err(),
        "X-1.csv:5: open time 2018-02-10T01:20:14Z is 14s after 2018-02-10T01:20:00Z, off the bars \
         of 1m: 3 of 8 rows are like it, also X-1.csv:6, X-1.csv:7; mend the rows, have times moved \
         to the nearest bar (repair = [\"snap\"]), or state interval_s where bars are of another \
         length"
    );
    assert_eq!(checked(&text)[0].2, ["5", "6", "7"]);
    let mended = repaired(&text, &[Repair::Snap]).unwrap();
    assert_eq!(mended.repaired().snapped, 3);
    let opens: Vec<i64> = mended.bars().iter().map(|b| b.ts_open.0 / 1_000_000_000).collect();
    assert_eq!(opens[3..6], [1_518_225_600, 1_518_225_660, 1_518_225_720]);
    // 77 minutes between 00:02 and 01:20.
    assert_eq!((mended.gaps().len(), mended.gaps()[0].missing), (1, 77));
}

#[test]
fn rows_written_every_ten_seconds_are_no_minutes() {
    let seconds = [27, 37, 47, 57, 67, 77, 87, 97, 107, 117, 127, 137, 148, 158, 168, 178];
    let text = rows(seconds.map(|s| AUGUST + s));
    let words = plain(&text).unwrap_err();
    let told = "X-1.csv:14: open time 2023-08-01T00:02:28Z is 1s after 2023-08-01T00:02:27Z, off \
                the bars of 10s: 4 of 16 rows are like it, also X-1.csv:15";
    assert!(words.starts_with(told), "{words}");
}

#[test]
fn daily_bars_follow_their_zone_over_a_clock_change() {
    let text = rows([
        "2023-03-09 00:00:00-05:00",
        "2023-03-10 00:00:00-05:00",
        "2023-03-13 00:00:00-04:00",
        "2023-03-14 00:00:00-04:00",
    ]);
    let days = plain(&text).unwrap();
    assert_eq!(days.interval(), Interval::Day);
    let closes: Vec<Nanos> = (0..4).map(|i| days.close_of(i)).collect();
    let midnights = ["2023-03-10T05:00:00Z", "2023-03-11T05:00:00Z", "2023-03-14T04:00:00Z"];
    assert_eq!(closes[..3], midnights.map(at));
    // Saturday and Sunday, of 24 and 23 hours: too few days to tell a calendar from.
    assert_eq!(days.gaps()[0].missing, 2);
    let nyse = on(&text, "nyse").unwrap();
    assert_eq!((nyse.gaps().len(), nyse.segments().len()), (0, 1));
    assert!(!nyse.is_calendar_inferred());
}

#[test]
fn months_are_months() {
    let text = rows((1..=12).map(|month| format!("2023-{month:02}-01")));
    let months = plain(&text).unwrap();
    assert_eq!((months.interval(), months.gaps().len()), (Interval::Month, 0));
    assert_eq!(months.close_of(1), at("2023-03-01"));
    assert_eq!(months.segments().len(), 1);
    let hole = rows((1..=12).filter(|m| *m != 5).map(|month| format!("2023-{month:02}-01")));
    assert_eq!(plain(&hole).unwrap().gaps()[0].missing, 1);
}

#[test]
fn weeks_of_a_zone_are_weeks() {
    let stamps =
        ["2023-03-06 00:00:00-05:00", "2023-03-13 00:00:00-04:00", "2023-03-20 00:00:00-04:00"];
    let weeks = plain(&rows(stamps)).unwrap();
    assert_eq!((weeks.interval(), weeks.gaps().len()), (Interval::Week, 0));
    assert_eq!(weeks.close_of(0), at("2023-03-13T04:00:00Z"));
}

/// Weekdays from a Wednesday on.
fn five_day_weeks(count: i64) -> Vec<String> {
    let days = (0..).map(|i| at("2020-01-01") + Nanos::DAY.times(i));
    let weekdays = days.filter(|ts| (ts.0 / Nanos::DAY.0 + 3) % 7 < 5);
    let count = usize::try_from(count).unwrap();
    weekdays.take(count).map(|ts| format!("{}", ts.0 / 1_000_000_000)).collect()
}

#[test]
fn weekends_of_a_five_day_week_are_no_gaps() {
    let text = rows(five_day_weeks(500));
    let series = plain(&text).unwrap();
    assert_eq!(series.calendar().name(), "weekdays");
    assert!(series.is_calendar_inferred());
    assert_eq!((series.segments().len(), series.gaps().len()), (1, 0));
    assert_eq!(series.calendar().days_per_year(), 252);
    assert_eq!(checked(&text), [(FindingKind::Calendar, Severity::Note, vec![])]);
    // A week that is missing is five days of the market.
    let mut holes = five_day_weeks(500);
    holes.drain(103..108);
    assert_eq!(plain(&rows(holes)).unwrap().gaps()[0].missing, 5);
    // Unless it is said that the market never closes.
    let always = on(&text, "always").unwrap();
    assert_eq!((always.gaps().len(), always.gaps()[0].missing), (100, 2));
}

#[test]
fn a_market_that_trades_on_exactly_these_days_is_that_market() {
    let nyse = MarketHours::named("nyse").unwrap();
    let hours = nyse.calendar((at("1984-09-07"), at("1985-09-06")));
    let days = hours.hours().iter().map(|h| Nanos::DAY.times(i64::from(h.day)));
    let within = days.filter(|ts| (at("1984-09-07")..=at("1985-09-06")).contains(ts));
    let text = rows(within.map(|ts| ts.0 / 1_000_000_000));
    let series = plain(&text).unwrap();
    assert_eq!(series.calendar().name(), "nyse");
    assert_eq!((series.gaps().len(), series.segments().len()), (0, 1));
    assert_eq!(series.bars()[0].ts_open, at("1984-09-07"));
}

#[test]
fn dates_are_days_of_the_market_that_is_stated() {
    let series = on(&rows(["2024-02-08", "2024-02-13", "2024-02-14"]), "krx").unwrap();
    // Midnight in Seoul; the ninth and the twelfth were holidays.
    assert_eq!(series.bars()[0].ts_open, at("2024-02-07T15:00:00Z"));
    assert_eq!(series.close_of(0), at("2024-02-08T15:00:00Z"));
    assert_eq!(series.gaps().len(), 0);
}

/// Open times of a market, each `step`, in a span of days.
fn bars_of(name: &str, (from, to): (&str, &str), step: Nanos) -> Vec<Nanos> {
    let hours = MarketHours::named(name).unwrap().calendar((at(from), at(to)));
    let inside = hours.hours().iter().filter(|h| h.open >= at(from) && h.close <= at(to));
    let opens = |open: Nanos, close: Nanos| {
        (0..).map(move |i| open + step.times(i)).take_while(move |ts| *ts < close)
    };
    inside.flat_map(|h| opens(h.open, h.close)).collect()
}

fn seconds(times: &[Nanos]) -> Vec<i64> {
    times.iter().map(|ts| ts.0 / 1_000_000_000).collect()
}

#[test]
fn hours_of_a_bundled_market_are_told() {
    let hour = Nanos::HOUR;
    let table = [
        ("nyse", ("2024-02-26", "2024-03-16"), hour),
        ("nyse", ("2024-03-05", "2024-03-09"), Nanos::MINUTE.times(5)),
        ("tse", ("2024-10-28", "2024-11-09"), Nanos::MINUTE.times(30)),
        ("hkex", ("2024-03-04", "2024-03-16"), hour),
        ("lse", ("2024-03-04", "2024-04-13"), Nanos::MINUTE.times(15)),
        ("cme", ("2024-03-04", "2024-03-16"), Nanos::MINUTE.times(10)),
        ("forex", ("2024-03-04", "2024-03-23"), hour),
        ("forex", ("2024-02-26", "2024-03-23"), hour.times(4)),
    ];
    for (name, span, step) in table {
        let text = rows(seconds(&bars_of(name, span, step)));
        let series = plain(&text).unwrap();
        assert_eq!(series.calendar().name(), name, "{span:?}");
        assert_eq!((series.gaps().len(), series.segments().len()), (0, 1), "{name} {span:?}");
        assert_eq!(series.interval(), Interval::Time(step));
    }
}

/// Files of this layout stamp a bar with its end: 23:01 is the first minute after 17:00 in
/// Chicago, and 22:00 the last before 16:00 there.
#[test]
fn bars_stamped_with_their_end_are_those_of_the_market() {
    let minutes = bars_of("cme", ("2024-01-01", "2024-01-10"), Nanos::MINUTE);
    let ends: Vec<Nanos> = minutes.iter().map(|open| *open + Nanos::MINUTE).collect();
    let text = rows(seconds(&ends)).replacen("time,", "timestamp_utc,", 1);
    let format = Format::find("cme", Path::new("")).unwrap();
    let opts = LoadOptions { format: Some(format), ..LoadOptions::default() };
    let series = with(&text, &opts).unwrap();
    assert_eq!(series.calendar().name(), "cme");
    assert_eq!((series.gaps().len(), series.segments().len()), (0, 1));
    assert_eq!(series.bars()[0].ts_open, at("2024-01-01T23:00:00Z"));
    // 23 hours of 60 minutes later the day ends.
    assert_eq!(series.close_of(1379), at("2024-01-02T22:00:00Z"));
    assert_eq!(series.bars()[1380].ts_open, at("2024-01-02T23:00:00Z"));
}

#[test]
fn a_market_without_weekends_has_no_calendar() {
    let text = rows(minutes(AUGUST, 3000));
    let series = plain(&text).unwrap();
    assert!(series.calendar().is_continuous());
    assert_eq!(checked(&text), []);
}

#[test]
fn rows_while_the_market_is_closed_are_named() {
    let mut times = bars_of("nyse", ("2024-03-05", "2024-03-09"), Nanos::MINUTE.times(30));
    // 09:00 in New York, before it opens.
    times.insert(13, at("2024-03-06T14:00:00Z"));
    let text = rows(seconds(&times));
    assert_eq!(
        on(&text, "nyse").unwrap_err(),
        "X-1.csv:15: open time 2024-03-06T14:00:00Z is outside the trading hours of the calendar \
         nyse: 1 of 53 rows is like it; state the calendar of this market, or leave such rows out \
         (repair = [\"drop-outside\"])"
    );
    let opts = LoadOptions {
        calendar: Some(MarketHours::named("nyse").unwrap()),
        repairs: vec![Repair::DropOutside],
        ..LoadOptions::default()
    };
    let series = with(&text, &opts).unwrap();
    assert_eq!((series.bars().len(), series.repaired().outside), (52, 1));
    assert_eq!(series.gaps().len(), 0);
}

#[test]
fn dates_before_1970_and_2000_are_dates() {
    let series = plain(&rows(["1929-10-24", "1929-10-25", "1929-10-26"])).unwrap();
    assert_eq!(series.bars()[0].ts_open, at("1929-10-24"));
    assert_eq!((series.gaps().len(), series.interval()), (0, Interval::Time(Nanos::DAY)));
}

fn through_a_tape(series: &Series) -> Series {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("X.tape");
    std::fs::write(&path, to_tape(series)).unwrap();
    load(Some("X"), &[vec![path]], &LoadOptions::default(), &mut |_| ControlFlow::Continue(()))
        .unwrap()
}

#[test]
fn a_tape_keeps_interval_and_calendar() {
    let session = bars_of("nyse", ("2024-02-26", "2024-03-16"), Nanos::HOUR);
    let months = rows((1..=12).map(|month| format!("2023-{month:02}-01")));
    let zone = rows([
        "2023-03-10 00:00:00-05:00",
        "2023-03-13 00:00:00-04:00",
        "2023-03-14 00:00:00-04:00",
    ]);
    let all = [
        plain(&rows(seconds(&session))),
        on(&rows(seconds(&session)), "nyse"),
        plain(&rows(five_day_weeks(40))),
        on(&rows(five_day_weeks(40)), "weekdays"),
        on(&rows(five_day_weeks(40)), "always"),
        plain(&months),
        plain(&zone),
        on(&zone, "nyse"),
        on(&rows(["2024-02-08", "2024-02-13", "2024-02-14"]), "krx"),
    ];
    for series in all {
        let series = series.unwrap();
        let again = through_a_tape(&series);
        assert_eq!(again.times(), series.times());
        assert_eq!(again.calendar(), series.calendar());
        assert_eq!(again.bars(), series.bars());
        assert_eq!(again.gaps(), series.gaps());
        assert_eq!(again.segments(), series.segments());
        assert_eq!(again.is_calendar_inferred(), series.is_calendar_inferred());
    }
}

/// Dates alone are days of the market; instants at midnight in UTC stay what they are.
#[test]
fn dates_are_days_of_the_calendar_and_instants_are_not() {
    let days = ["2024-02-08", "2024-02-13", "2024-02-14"];
    let opens = |series: &Series| series.bars().iter().map(|b| b.ts_open).collect::<Vec<_>>();
    // Midnight in Seoul is 15:00 UTC of the day before.
    let seoul = ["2024-02-07T15:00:00Z", "2024-02-12T15:00:00Z", "2024-02-13T15:00:00Z"];
    assert_eq!(opens(&on(&rows(days), "krx").unwrap()), seoul.map(at));
    let midnights = days.map(at);
    for suffix in ["T00:00:00Z", " 00:00:00", " 00:00:00+00:00"] {
        let text = rows(days.map(|day| format!("{day}{suffix}")));
        let series = on(&text, "krx").unwrap();
        // Midnight in UTC is 09:00 in Seoul, when this market opens; the day is the same.
        assert_eq!(opens(&series), midnights, "{suffix}");
        assert_eq!(series.gaps().len(), 0, "{suffix}");
    }
    let counted = rows(midnights.map(|ts| ts.0 / 1_000_000_000));
    assert_eq!(opens(&on(&counted, "krx").unwrap()), midnights);
}

/// A calendar that is stated for a tape does what it does for the text it was made from.
#[test]
fn a_tape_knows_whether_its_times_are_dates() {
    let days: Vec<String> = (8..20).map(|day| format!("2024-01-{day:02}")).collect();
    let weekdays = days.iter().filter(|day| !["2024-01-13", "2024-01-14"].contains(&day.as_str()));
    let dates = rows(weekdays.clone());
    let instants = rows(weekdays.map(|day| format!("{day}T00:00:00Z")));
    let opts = LoadOptions {
        calendar: Some(MarketHours::named("forex").unwrap()),
        ..LoadOptions::default()
    };
    let mut firsts = Vec::new();
    for text in [dates, instants] {
        let tape = to_tape(&plain(&text).unwrap());
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("X.tape");
        std::fs::write(&path, &tape).unwrap();
        let of_tape =
            load(Some("X"), &[vec![path]], &opts, &mut |_| ControlFlow::Continue(())).unwrap();
        let of_text = with(&text, &opts).unwrap();
        assert_eq!(of_tape.bars(), of_text.bars());
        assert_eq!(of_tape.times(), of_text.times());
        firsts.push(of_tape.bars()[0].ts_open);
        let said = tape.windows(12).any(|part| part == br#""dates":true"#.as_slice());
        assert_eq!(said, firsts.len() == 1);
    }
    // Midnight in New York is 05:00 UTC in winter.
    assert_eq!(firsts, [at("2024-01-08T05:00:00Z"), at("2024-01-08T00:00:00Z")]);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(cases(64)))]

    /// Snapping loses no row: as many as there were, or a refusal.
    #[test]
    fn snapping_never_loses_a_row(
        offsets in prop::collection::vec(prop::option::weighted(0.1, -70_i64..70), 3..60),
    ) {
        let stamps = offsets.iter().zip(0..).map(|(off, i)| AUGUST + 60 * i + off.unwrap_or(0));
        let mut stamps: Vec<i64> = stamps.collect();
        stamps.sort_unstable();
        stamps.dedup();
        match repaired(&rows(&stamps), &[Repair::Snap]) {
            Ok(series) => {
                prop_assert_eq!(series.bars().len(), stamps.len());
                let moved = series.bars().iter().zip(&stamps);
                for (bar, stamp) in moved {
                    prop_assert!((bar.ts_open.0 / 1_000_000_000 - stamp).abs() <= 30);
                }
            }
            Err(words) => prop_assert!(words.starts_with("X-1.csv:"), "{}", words),
        }
    }

    /// Of any market's bars with some left out, what is missing is what was left out.
    #[test]
    fn missing_bars_are_counted_in_trading_time(
        name in prop::sample::select(vec!["nyse", "tse", "hkex", "cme", "forex", "weekdays"]),
        step in prop::sample::select(vec![5_i64, 15, 60, 240]),
        holes in prop::collection::btree_set(1_usize..200, 0..40),
    ) {
        let all = bars_of(name, ("2024-03-01", "2024-04-20"), Nanos::MINUTE.times(step));
        let kept: Vec<Nanos> = all.iter().enumerate()
            .filter(|(i, _)| !holes.contains(i)).map(|(_, ts)| *ts).collect();
        let interval = Some(Nanos::MINUTE.times(step));
        let calendar = Some(MarketHours::named(name).unwrap());
        let opts = LoadOptions { interval, calendar, ..LoadOptions::default() };
        let series = with(&rows(seconds(&kept)), &opts).unwrap();
        let missing: u64 = series.gaps().iter().map(|gap| gap.missing).sum();
        let last = all.iter().position(|ts| ts == kept.last().unwrap()).unwrap();
        prop_assert_eq!(missing as usize, last + 1 - kept.len());
        for gap in series.gaps() {
            let after = all.iter().position(|ts| *ts == gap.after).unwrap();
            prop_assert!(holes.contains(&(after + 1)));
        }
    }
}

#[test]
fn longer_bars_are_those_of_the_market() {
    // Three weeks of New York, the clocks change on 2024-03-10; 09:30 to 16:00 is 13 bars.
    let times = bars_of("nyse", ("2024-02-26", "2024-03-16"), Nanos::MINUTE.times(30));
    let series = on(&rows(seconds(&times)), "nyse").unwrap();
    assert_eq!(series.bars().len(), 15 * 13);
    let longer = |interval: Interval| resample(&series, interval, Edges::Drop).unwrap();

    let hours = longer(Interval::Time(Nanos::HOUR));
    assert_eq!((hours.series.bars().len(), hours.partial, hours.dropped), (15 * 7, 0, 0));
    assert_eq!((hours.series.gaps().len(), hours.series.segments().len()), (0, 1));
    let opens: Vec<Nanos> = hours.series.bars().iter().map(|bar| bar.ts_open).collect();
    assert_eq!(opens, bars_of("nyse", ("2024-02-26", "2024-03-16"), Nanos::HOUR));
    // The last one of a day is half an hour long: one part, and closed with the market.
    assert_eq!(hours.series.bars()[6].volume.get(), 1);
    assert_eq!(hours.series.close_of(6), at("2024-02-26T21:00:00Z"));

    let days = longer(Interval::Day);
    assert_eq!((days.series.bars().len(), days.partial, days.dropped), (15, 0, 0));
    assert_eq!((days.series.interval(), days.series.gaps().len()), (Interval::Day, 0));
    assert_eq!(days.series.bars()[0].ts_open, at("2024-02-26T14:30:00Z"));
    assert_eq!(days.series.bars()[14].ts_open, at("2024-03-15T13:30:00Z"));
    let (first, last) = (series.bars()[0], series.bars()[12]);
    let day = days.series.bars()[0];
    assert_eq!((day.open, day.close, day.volume.get()), (first.open, last.close, 13));

    let weeks = longer(Interval::Week);
    assert_eq!((weeks.series.bars().len(), weeks.partial, weeks.dropped), (3, 0, 0));
    assert_eq!(weeks.series.bars()[2].volume.get(), 65);
    // February's days and March's: both months are cut off by the data.
    let kept = resample(&series, Interval::Month, Edges::Keep).unwrap();
    assert_eq!((kept.series.bars().len(), kept.partial, kept.dropped), (2, 2, 0));
    assert_eq!(kept.series.bars()[0].volume.get(), 4 * 13);
    for series in [hours.series, days.series, weeks.series] {
        let again = through_a_tape(&series);
        assert_eq!((again.times(), again.calendar()), (series.times(), series.calendar()));
        assert_eq!(again.bars(), series.bars());
    }
}

#[test]
fn weeks_of_a_market_that_never_closes_begin_on_monday() {
    // Monday 2024-01-01, four-hour bars of 60 days.
    let times: Vec<i64> = (0..360).map(|i| seconds(&[at("2024-01-01")])[0] + i * 14_400).collect();
    let series = plain(&rows(times)).unwrap();
    let weeks = resample(&series, Interval::Week, Edges::Drop).unwrap();
    assert_eq!((weeks.series.bars().len(), weeks.partial, weeks.dropped), (8, 0, 24));
    assert_eq!(weeks.series.bars()[1].ts_open, at("2024-01-08"));
    let months = resample(&series, Interval::Month, Edges::Drop).unwrap();
    assert_eq!((months.series.bars().len(), months.partial, months.dropped), (2, 0, 0));
    assert_eq!(months.series.bars()[1].ts_open, at("2024-02-01"));
    assert_eq!(months.series.close_of(1), at("2024-03-01"));
    let days = resample(&series, Interval::Day, Edges::Drop).unwrap();
    let same = resample(&series, Nanos::DAY, Edges::Drop).unwrap();
    assert_eq!(days.series.bars(), same.series.bars());
}

#[test]
fn years_that_are_left_out_hide_no_five_day_week() {
    // A hundred weekdays of 1984, and as many of 2000.
    let weekdays = |from: &str| {
        let first: jiff::civil::Date = from.parse().unwrap();
        let days = first.series(jiff::ToSpan::days(1));
        days.filter(|day| day.weekday().to_monday_one_offset() <= 5).take(100)
    };
    let text = rows(weekdays("1984-09-07").chain(weekdays("2000-07-03")));
    let series = plain(&text).unwrap();
    assert_eq!(series.calendar().name(), "weekdays");
    assert_eq!((series.gaps().len(), series.segments().len()), (1, 2));
}
