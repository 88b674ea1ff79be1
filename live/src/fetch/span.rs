//! Days that are wanted, and the months and days that archives have them in.

use jiff::ToSpan as _;
use jiff::civil::Date;

/// Days after the end of a month within which its file may not be there yet.
const LATE_DAYS: i32 = 45;

/// What an archive has in one file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Period {
    /// A month, by its first day.
    Month(Date),
    /// A day.
    Day(Date),
}

impl Period {
    /// As a file's name has it.
    #[must_use]
    pub fn tag(self) -> String {
        match self {
            Self::Month(day) => day.strftime("%Y-%m").to_string(),
            Self::Day(day) => day.to_string(),
        }
    }

    /// The folder of files of its kind.
    #[must_use]
    pub const fn folder(self) -> &'static str {
        match self {
            Self::Month(_) => "monthly",
            Self::Day(_) => "daily",
        }
    }

    /// Its first day.
    #[must_use]
    pub const fn first(self) -> Date {
        match self {
            Self::Month(day) | Self::Day(day) => day,
        }
    }
}

/// Days that are wanted, both ends among them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DaySpan {
    /// The first day.
    pub from: Date,
    /// The last day.
    pub to: Date,
}

/// The first day of a month, or a day.
fn ends_of(text: &str) -> Option<(Date, Date)> {
    if let Ok(day) = text.parse::<Date>() {
        // Times are no days.
        return (day.to_string() == text).then_some((day, day));
    }
    let first: Date = format!("{text}-01").parse().ok()?;
    (first.strftime("%Y-%m").to_string() == text).then(|| (first, first.last_of_month()))
}

impl DaySpan {
    /// From `from` to `to`, each a month such as 2024-01 or a day such as 2024-01-15; to
    /// yesterday where `to` is absent or later, since a day is there when it is over.
    pub fn read(from: &str, to: Option<&str>, today: Date) -> Result<Self, String> {
        let read = |name: &str, text: &str| {
            ends_of(text).ok_or_else(|| {
                format!("--{name} {text}: write a month, such as 2024-01, or a day, 2024-01-15")
            })
        };
        let yesterday = today.yesterday().map_err(|error| error.to_string())?;
        let (from_day, _) = read("from", from)?;
        let to_day = to.map(|to| read("to", to)).transpose()?.map_or(yesterday, |(_, last)| last);
        let to_day = to_day.min(yesterday);
        if from_day > to_day {
            return Err(format!(
                "--from {from} is after the last day that is wanted and over, {to_day}"
            ));
        }
        Ok(Self { from: from_day, to: to_day })
    }

    /// The files that have these days: months that are wanted whole, and days of others.
    #[must_use]
    pub fn periods(self) -> Vec<Period> {
        let mut periods = Vec::new();
        let mut day = self.from;
        while day <= self.to {
            let last = day.last_of_month();
            let ends = last.min(self.to);
            if day.day() == 1 && ends == last {
                periods.push(Period::Month(day));
            } else {
                periods.extend(days(day, ends).map(Period::Day));
            }
            let Ok(next) = last.tomorrow() else { break };
            day = next;
        }
        periods
    }
}

fn days(from: Date, to: Date) -> impl Iterator<Item = Date> {
    from.series(1.day()).take_while(move |day| *day <= to)
}

/// The days of a month whose own file may not be there yet on `today`; none where it has to
/// be.
#[must_use]
pub fn days_instead(month: Date, today: Date) -> Vec<Period> {
    let last = month.last_of_month();
    let recent = last.checked_add(LATE_DAYS.days()).is_ok_and(|late| today <= late);
    if !recent { Vec::new() } else { days(month, last).map(Period::Day).collect() }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn date(text: &str) -> Date {
        text.parse().unwrap()
    }

    fn tags(from: &str, to: Option<&str>, today: &str) -> Vec<String> {
        let span = DaySpan::read(from, to, date(today)).unwrap();
        span.periods().into_iter().map(Period::tag).collect()
    }

    #[test]
    fn months_are_whole_and_days_are_the_rest() {
        assert_eq!(
            tags("2024-01", None, "2024-03-03"),
            ["2024-01", "2024-02", "2024-03-01", "2024-03-02"]
        );
        assert_eq!(
            tags("2024-01-30", Some("2024-02"), "2026-01-01"),
            ["2024-01-30", "2024-01-31", "2024-02"]
        );
        assert_eq!(tags("2024-02-29", Some("2024-02-29"), "2026-01-01"), ["2024-02-29"]);
        // The month that was over yesterday is whole.
        assert_eq!(tags("2024-02", None, "2024-03-01"), ["2024-02"]);
    }

    #[test]
    fn what_is_no_day_is_named() {
        for (from, to, words) in [
            ("2024", None, "--from 2024: write a month"),
            ("2024-13", None, "--from 2024-13"),
            ("2024-01", Some("../x"), "--to ../x"),
            ("2024-01-01T00:00", None, "write a month"),
            ("2024-05", Some("2024-04"), "--from 2024-05 is after"),
            ("2026-01", None, "the last day that is wanted and over, 2025-12-31"),
        ] {
            let said = DaySpan::read(from, to, date("2026-01-01")).unwrap_err();
            assert!(said.contains(words), "{said}");
        }
    }

    #[test]
    fn days_stand_in_for_a_month_that_has_just_ended() {
        assert_eq!(days_instead(date("2024-02-01"), date("2024-03-05")).len(), 29);
        assert!(days_instead(date("2024-02-01"), date("2024-06-05")).is_empty());
    }

    proptest! {
        /// Every day that is wanted is in one file, and no other day is.
        #[test]
        fn each_day_is_in_one_file(from in 0_i32..2_000, count in 0_i32..200) {
            let first = date("2020-01-01").checked_add(from.days()).unwrap();
            let last = first.checked_add(count.days()).unwrap();
            let span = DaySpan { from: first, to: last };
            let mut all = Vec::new();
            for period in span.periods() {
                match period {
                    Period::Month(month) => all.extend(days(month, month.last_of_month())),
                    Period::Day(day) => all.push(day),
                }
            }
            prop_assert_eq!(all, days(first, last).collect::<Vec<_>>());
        }

        #[test]
        fn no_text_is_too_odd(from in ".{0,14}") {
            let _read = DaySpan::read(&from, None, date("2026-01-01"));
        }
    }
}
