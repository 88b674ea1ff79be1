//! Dates and times as people, spreadsheets and programs write them, by `strftime` patterns.
//!
//! The patterns of [`Pattern::known`] are tried where nobody stated one. All values of a file
//! together tell which it is: `13/02/2023` says that the day stands first, `01/02/2023` says
//! nothing and is refused when every row is like it.

use jiff::civil::DateTime;
use jiff::fmt::strtime::BrokenDownTime;
use jiff::tz::Offset;

/// A pattern of `strftime`, by which a text is read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Pattern(Box<str>);

/// A text as a pattern reads it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct PatternTime {
    /// What the clock shows; midnight where the pattern has no time of day.
    pub civil: DateTime,
    /// Seconds ahead of UTC, where the text says so.
    pub offset: Option<Offset>,
    /// There is no time of day in it.
    pub date_only: bool,
}

/// Dates that can be read in one way.
const DATES: [&str; 13] = [
    "%Y.%m.%d",
    "%Y/%m/%d",
    "%Y-%m-%d",
    "%Y%m%d",
    "%d %b %Y",
    "%d-%b-%Y",
    "%d/%b/%Y",
    "%b %d, %Y",
    "%b %d %Y",
    "%d %B %Y",
    "%d-%B-%Y",
    "%B %d, %Y",
    "%a %b %d %Y",
];

/// Dates of which the first two numbers may be one way round or the other.
const EITHER_WAY: [&str; 6] =
    ["%d/%m/%Y", "%m/%d/%Y", "%d.%m.%Y", "%m.%d.%Y", "%d-%m-%Y", "%m-%d-%Y"];

/// What follows a date.
const TIMES: [&str; 14] = [
    "",
    " %H:%M",
    " %H:%M:%S%.f",
    "T%H:%M",
    "T%H:%M:%S%.f",
    // A space stands for none, too: 20230801170000.
    " %H%M%S",
    " %H%M",
    ", %H:%M",
    ", %H:%M:%S%.f",
    " %I:%M %p",
    " %I:%M:%S %p",
    " %I:%M:%S%p",
    " %I-%p",
    " %I %p",
];

impl Pattern {
    /// A pattern that tells a day, and the hour in one way; what is wrong with it otherwise.
    pub fn new(text: &str) -> Result<Self, String> {
        let pattern = Self(text.into());
        let directives: Vec<char> = directives(text).collect();
        let has = |any: &[char]| directives.iter().any(|c| any.contains(c));
        if has(&['s']) {
            return Err("seconds since 1970 are unit = \"s\", not a pattern".to_owned());
        }
        if has(&['I', 'l']) && !has(&['p', 'P']) {
            return Err("%I is an hour of twelve; add %p for AM or PM, or write %H".to_owned());
        }
        if has(&['Z', 'Q']) {
            return Err("names of zones are not read; state time.zone".to_owned());
        }
        // A text that the pattern writes must be one that it reads.
        let sample = DateTime::constant(2023, 11, 25, 15, 47, 9, 0);
        let zoned = sample.to_zoned(jiff::tz::TimeZone::UTC).map_err(|e| e.to_string())?;
        let written = BrokenDownTime::from(&zoned).to_string(text).map_err(|e| e.to_string())?;
        match pattern.read(written.as_bytes()) {
            Some(read) if read.civil.date() == sample.date() => Ok(pattern),
            _ => Err("it does not tell a day; write such as \"%d/%m/%Y %H:%M\"".to_owned()),
        }
    }

    pub fn text(&self) -> &str {
        &self.0
    }

    /// Every pattern that is tried where none is stated.
    pub fn known() -> Vec<Self> {
        let dates = DATES.into_iter().chain(EITHER_WAY);
        let with = |date| TIMES.iter().map(move |time| Self(format!("{date}{time}").into()));
        dates.flat_map(with).collect()
    }

    /// The time of a text.
    pub fn read(&self, text: &[u8]) -> Option<PatternTime> {
        let read = BrokenDownTime::parse(self.0.as_bytes(), text).ok()?;
        let civil = read.to_datetime().ok()?;
        Some(PatternTime { civil, offset: read.offset(), date_only: read.hour().is_none() })
    }
}

/// The letters of the directives of a pattern.
fn directives(text: &str) -> impl Iterator<Item = char> {
    let mut chars = text.chars();
    std::iter::from_fn(move || {
        loop {
            if chars.next()? == '%' {
                let skipped = |c: &char| matches!(c, '-' | '_' | '^' | '#' | '.' | ':' | '0'..='9');
                return chars.by_ref().find(|c| !skipped(c));
            }
        }
    })
}

/// The patterns that all times of a file have in common, told one after another.
pub(super) struct PatternTold {
    left: Vec<Pattern>,
    /// A text that those which are left read differently.
    unlike: Option<Box<[u8]>>,
}

/// What the times of a file tell of their pattern.
pub(super) enum PatternVerdict {
    /// No known pattern reads them all.
    Unknown,
    Told(Pattern),
    /// This text, and every other, can be read by these two.
    Ambiguous(Box<[u8]>, Pattern, Pattern),
}

impl PatternTold {
    /// Those that read the first time of a file.
    pub fn new(first: &[u8]) -> Self {
        let left = Pattern::known().into_iter().filter(|p| p.read(first).is_some()).collect();
        Self { left, unlike: None }
    }

    pub fn is_unknown(&self) -> bool {
        self.left.is_empty()
    }

    /// Takes another time; one that none of those which are left can read tells nothing.
    pub fn see(&mut self, text: &[u8]) {
        let reads: Vec<_> = self.left.iter().map(|pattern| pattern.read(text)).collect();
        if reads.iter().all(Option::is_none) {
            return;
        }
        let mut read = reads.iter();
        self.left.retain(|_| read.next().is_some_and(Option::is_some));
        if self.unlike.as_deref().and_then(|text| self.other(text)).is_none() {
            self.unlike = self.other(text).map(|_| text.into());
        }
    }

    /// A pattern that reads `text` otherwise than the first.
    fn other(&self, text: &[u8]) -> Option<&Pattern> {
        let (first, rest) = self.left.split_first()?;
        let read = first.read(text);
        rest.iter().find(|pattern| pattern.read(text) != read)
    }

    pub fn verdict(mut self) -> PatternVerdict {
        if self.left.is_empty() {
            return PatternVerdict::Unknown;
        }
        let unlike = self.unlike.take();
        let other = unlike.as_deref().and_then(|text| self.other(text)).cloned();
        let first = self.left.swap_remove(0);
        match (unlike, other) {
            (Some(text), Some(other)) => PatternVerdict::Ambiguous(text, first, other),
            _ => PatternVerdict::Told(first),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn told(texts: &[&str]) -> Result<String, String> {
        let mut told = PatternTold::new(texts[0].as_bytes());
        texts.iter().for_each(|text| told.see(text.as_bytes()));
        match told.verdict() {
            PatternVerdict::Unknown => Err("unknown".to_owned()),
            PatternVerdict::Told(pattern) => Ok(pattern.text().to_owned()),
            PatternVerdict::Ambiguous(_, a, b) => Err(format!("{} or {}", a.text(), b.text())),
        }
    }

    #[test]
    fn times_tell_their_pattern() {
        for (texts, pattern) in [
            (&["13/02/2023", "01/03/2023"][..], "%d/%m/%Y"),
            (&["02/13/2023 14:05"], "%m/%d/%Y %H:%M"),
            (&["8/31/2023 0:00", "9/1/2023 13:00"], "%m/%d/%Y %H:%M"),
            (&["20230801"], "%Y%m%d"),
            (&["20230801 170000"], "%Y%m%d %H%M%S"),
            (&["20230801170000"], "%Y%m%d %H%M%S"),
            (&["202308011700"], "%Y%m%d %H%M"),
            (&["2023-08-01 01-PM"], "%Y-%m-%d %I-%p"),
            (&["2023-08-01 01:30:00 PM"], "%Y-%m-%d %I:%M:%S %p"),
            (&["Jan 10, 2022"], "%b %d, %Y"),
            (&["January 10, 2022"], "%B %d, %Y"),
            (&["10-Jan-2022 09:30"], "%d-%b-%Y %H:%M"),
            (&["31.08.2023 00:00:00.000"], "%d.%m.%Y %H:%M:%S%.f"),
            (&["2023.08.01 17:00"], "%Y.%m.%d %H:%M"),
        ] {
            assert_eq!(told(texts).as_deref(), Ok(pattern), "{texts:?}");
        }
        assert_eq!(told(&["01/02/2023", "03/04/2023"]).unwrap_err(), "%d/%m/%Y or %m/%d/%Y");
        // The same day either way.
        assert_eq!(told(&["02/02/2023"]).as_deref(), Ok("%d/%m/%Y"));
        assert_eq!(told(&["yesterday"]).unwrap_err(), "unknown");
    }

    #[test]
    fn hours_of_twelve_are_read_right() {
        let hour = |text: &str| {
            Pattern::new("%Y-%m-%d %I-%p").unwrap().read(text.as_bytes()).unwrap().civil.hour()
        };
        let hours = ["12-AM", "01-AM", "12-PM", "11-PM"].map(|h| hour(&format!("2023-08-01 {h}")));
        assert_eq!(hours, [0, 1, 12, 23]);
    }

    #[test]
    fn a_pattern_that_tells_no_day_is_refused() {
        for (text, words) in [
            ("%H:%M", "does not tell a day"),
            ("%d/%m", "does not tell a day"),
            ("%Y-%m-%d %I:%M", "add %p"),
            ("%s", "unit"),
            ("%Y-%m-%d %Z", "time.zone"),
            ("%", ""),
            ("%Y-%m-%d %!", ""),
        ] {
            let error = Pattern::new(text).unwrap_err();
            assert!(error.contains(words), "{text}: {error}");
        }
        assert!(Pattern::new("%Y-%m-%d %H:%M:%S%z").is_ok());
        assert!(Pattern::new("%y%m%d").is_ok());
    }

    proptest! {
        #[test]
        fn any_pattern_is_taken_or_refused(
            pattern in "(%[a-zA-Z.0-9:_^-]{1,2}|[ /.-]){0,6}",
            text in any::<String>(),
        ) {
            if let Ok(pattern) = Pattern::new(&pattern) {
                let _ = pattern.read(text.as_bytes());
            }
        }

        #[test]
        fn any_text_tells_a_pattern_or_none(text in "[0-9APMJan /.:,-]{0,24}") {
            let mut told = PatternTold::new(text.as_bytes());
            told.see(text.as_bytes());
            let _ = told.verdict();
        }
    }
}
