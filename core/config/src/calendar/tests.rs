//! Bundled calendars against days computed by another program, and what is written.

use super::*;
use crate::time::instant;
use crate::{Document, section};
use proptest::prelude::*;
use std::path::Path;

fn at(text: &str) -> Nanos {
    instant("t", text, &jiff::tz::TimeZone::UTC).unwrap()
}

/// `09:30-16:00 ...` in UTC of the stretches that belong to a day, or `closed`.
fn shown(market: &MarketHours, day: &str) -> String {
    let noon = at(&format!("{day}T12:00:00Z"));
    let number = days_since_1970(day.parse().unwrap());
    let calendar = market.calendar((noon, noon));
    let time = |ts: Nanos| {
        let timestamp = Timestamp::from_nanosecond(i128::from(ts.0)).unwrap();
        timestamp.to_zoned(TimeZone::UTC).strftime("%H:%M").to_string()
    };
    let of_day = calendar.hours().iter().filter(|h| h.day == number);
    let all: Vec<String> = of_day.map(|h| format!("{}-{}", time(h.open), time(h.close))).collect();
    if all.is_empty() { "closed".to_owned() } else { all.join(" ") }
}

#[test]
fn bundled_calendars_trade_when_the_exchanges_do() {
    let rows = include_str!("bundled/sample.csv").lines().skip(1);
    let mut seen = 0;
    for row in rows {
        let [name, day, hours] = row.split(',').collect::<Vec<_>>().try_into().unwrap();
        assert_eq!(shown(&MarketHours::named(name).unwrap(), day), hours, "{row}");
        seen += 1;
    }
    assert_eq!(seen, 67);
}

#[test]
fn hours_over_midnight_belong_to_the_day_they_end_on() {
    let forex = MarketHours::named("forex").unwrap();
    // Sunday 17:00 in New York, before and after the clocks change on 10 March 2024.
    assert_eq!(shown(&forex, "2024-03-04"), "22:00-22:00");
    assert_eq!(shown(&forex, "2024-03-11"), "21:00-21:00");
    assert_eq!(shown(&forex, "2024-03-10"), "closed");
    let cme = MarketHours::named("cme").unwrap();
    assert_eq!(shown(&cme, "2024-01-08"), "23:00-22:00");
    assert_eq!(shown(&cme, "2024-12-25"), "closed");
}

#[test]
fn the_examination_of_korea_moves_its_hours() {
    let krx = MarketHours::named("krx").unwrap();
    // 10:00 to 16:30 in Seoul.
    assert_eq!(shown(&krx, "2023-11-16"), "01:00-07:30");
}

#[test]
fn every_bundled_calendar_is_sound() {
    for name in MarketHours::names() {
        let market = MarketHours::named(name).unwrap();
        assert_eq!(market.name(), name);
        let calendar = market.calendar((at("1990-01-01"), at("2030-01-01")));
        assert_eq!(calendar.is_continuous(), name == "always", "{name}");
        assert_eq!(calendar.name(), name);
    }
    for (other, own) in [("nasdaq", "nyse"), ("us-equities", "nyse")] {
        assert_eq!(MarketHours::named(other).unwrap().name(), own);
    }
}

fn read(text: &str) -> Result<MarketHours, ConfigError> {
    let document = Document::parse(text, Path::new("c.toml"), &[])?;
    let written = section::<CalendarConfig>(document.table(), "calendar")
        .map_err(|e| document.placed(e))?
        .unwrap();
    MarketHours::of(&written).map_err(|e| document.placed(e.below("calendar")))
}

#[test]
fn faults_name_their_place_and_what_to_write() {
    let table =
        "[calendar]\nzone = \"Asia/Seoul\"\ndays = \"mon-fri\"\nhours = [\"09:00-15:30\"]\n";
    assert_eq!(read(table).unwrap().name(), "mon-fri 09:00-15:30 Asia/Seoul");
    let cases = [
        (
            "calendar = \"nise\"".to_owned(),
            "c.toml:1:12: calendar: no calendar is called nise; there is nyse, krx, tse, hkex, sse, \
             lse, xetra, cme, forex, weekdays, always; or write zone, days and hours; did you mean \
             `nyse`?",
        ),
        (
            table.replace("Seoul", "Seol"),
            "c.toml:2:8: calendar.zone: \"Asia/Seol\" is not an IANA time zone, such as \
             America/New_York; did you mean `Asia/Seoul`?",
        ),
        (
            table.replace("mon-fri", "mon-fry"),
            "c.toml:3:8: calendar.days: \"mon-fry\" are no days of the week; write mon-fri, \
             sun-thu or mon,wed,fri",
        ),
        (
            table.replace("15:30", "15:3O"),
            "c.toml:4:10: calendar.hours[0]: \"09:00-15:3O\" are no hours; write 09:30-16:00, or \
             18:00-17:00 where they begin on the day before",
        ),
        (
            table.replace("\"]", "\", \"15:00-18:00\"]"),
            "c.toml:4:25: calendar.hours[1]: begin before the ones ahead of them end; write them \
             in order",
        ),
        (
            format!("{table}holidays = [\"2024-01-01\", \"2024-02-30\"]"),
            "c.toml:5:27: calendar.holidays[1]: \"2024-02-30\" is no date; write one such as \
             2024-12-25",
        ),
        (
            format!("{table}holiday = []"),
            "c.toml:5:1: unknown field `holiday`, expected one of `zone`, `days`, `hours`, \
             `overnight`, `holidays`, `early_closes`, `late_opens`, `changes`; did you mean \
             `holidays`?",
        ),
        (
            format!("{table}early_closes = {{ \"25:00\" = [2024-12-24] }}"),
            "c.toml:5:28: calendar.early_closes.25:00: \"25:00\" is no time of day; write 09:30, up to 24:00",
        ),
    ];
    for (text, words) in cases {
        assert_eq!(read(&text).unwrap_err().to_string(), words);
    }
}

#[test]
fn what_is_written_comes_back() {
    let text = "[calendar]\nzone = \"America/Chicago\"\ndays = \"mon-fri\"\nhours = [\"18:00-04:00\", \
                \"09:00-15:00\"]\novernight = \"opens\"\nholidays = [2024-12-25]\n\
                changes = [{ from = 2024-06-03, hours = [\"09:00-15:00\"] }]\n\
                [calendar.early_closes]\n\"12:00\" = [2024-12-24]";
    // Hours that begin in the evening come after those of the day they belong to.
    assert!(read(text).unwrap_err().to_string().contains("hours[1]"));
    let text = text.replace("\"18:00-04:00\", \"09:00-15:00\"", "\"09:00-15:00\", \"18:00-04:00\"");
    let market = read(&text).unwrap();
    assert_eq!(shown(&market, "2024-05-31"), "14:00-20:00 23:00-09:00");
    assert_eq!(shown(&market, "2024-06-03"), "14:00-20:00");
    assert_eq!(shown(&market, "2024-12-24"), "15:00-18:00");
    assert_eq!(shown(&market, "2024-12-25"), "closed");
    let table: toml::Table = toml::from_str(&text).unwrap();
    let written: CalendarConfig = table["calendar"].clone().try_into().unwrap();
    let again: CalendarConfig = toml::Value::try_from(&written).unwrap().try_into().unwrap();
    assert_eq!(written, again);
}

proptest! {
    /// A holiday takes exactly its own day away, in any zone and over any clock change.
    #[test]
    fn a_holiday_is_one_day(
        zone in prop::sample::select(vec!["UTC", "America/New_York", "Asia/Tokyo", "Europe/London"]),
        day in 0_i32..20_000, over in any::<bool>(),
    ) {
        let hours = if over { "17:00-17:00" } else { "09:00-12:00\", \"13:00-18:00" };
        let day = Date::constant(1970, 1, 1).checked_add(day.days()).unwrap();
        let of = |holidays: &str| {
            read(&format!(
                "[calendar]\nzone = \"{zone}\"\ndays = \"mon-sun\"\nhours = [\"{hours}\"]\n{holidays}"
            ))
            .unwrap()
        };
        let whole = of("");
        let without = of(&format!("holidays = [\"{day}\"]"));
        let noon = at(&format!("{day}T12:00:00Z"));
        let number = days_since_1970(day);
        let (all, left) = (whole.calendar((noon, noon)), without.calendar((noon, noon)));
        let kept: Vec<_> = all.hours().iter().filter(|h| h.day != number).copied().collect();
        prop_assert_eq!(left.hours(), &kept[..]);
        prop_assert!(kept.len() < all.hours().len());
    }
}
