//! Descriptions of files that are not shaped like the archives.
//!
//! A description is a small TOML: which column is what, by name or by position
//! counted from 1, the unit and the zone of the times, what the volume is. The
//! bundled ones have names; any other is named by its file (`.toml`).
//!
//! ```toml
//! about = "what this is, in a line"
//! encoding = "cp949"         # or a list: the first that reads the whole file; UTF-8 when absent
//! skip_lines = 1             # lines ahead of the header that are not read
//! comment = "#"              # or a list: lines that begin so are not read
//! decimal = ","              # "." when absent and not told by the file
//! thousands = "."            # ",", ".", " " or "'"; no such mark when absent
//! suffixes = true            # 5.5K, 289.39M, 1.2B
//! order = "newest_first"     # the layout always is: rows are put in order of time
//! file_names = ["{symbol}_M1"] # how such files are named, for the symbol; * is anything
//! from = "the website"       # where such files come from
//! header = true              # false: columns are numbers
//! fields = 6                 # values in a row, needed without a header
//! delimiter = ","            # any one character, or "tab", "space"
//! volume_is = "traded"       # or "ticks" (quote changes), "none" (volume is 0), or "optional":
//!                            # traded where the file has the column, 0 where it has not
//! price = "mid"              # with bid and ask: which one is the bar
//! interval_s = 60            # inferred when absent
//! [columns]
//! date = "<DATE>"            # only where the day has a column of its own
//! time = "time"              # "Vol*" is the first that begins so; a list, the first that is there
//! open = "open"              # or [columns.bid] and [columns.ask] with four each
//! high = "high"
//! low = "low"
//! close = "close"
//! volume = "volume"
//! taker_buy_volume = "taker" # where there is one
//! [time]
//! unit = "ms"                # s, ms, us, ns, text, ms_of_day; told by size when absent
//! pattern = "%d/%m/%Y %H:%M" # strftime, or a list; ISO 8601 and what the file tells when absent
//! zone = "UTC"               # IANA, +02:00, America/New_York+07:00, or "stated": by the user
//! stamp = "open"             # or "close": the interval is subtracted
//! [pair]                     # bid and ask in two files: the word that differs
//! bid = "bid"
//! ask = "ask"
//! ```
//!
//! Every key may be left out. Without `[columns]` they are found by their usual names, so that
//! a description may say one thing only, such as `time.pattern = "%d/%m/%Y"`.
//!
//! Refuses to guess: a broker's clock, a volume that is not there, and which of
//! bid, ask and mid is meant are stated or it does not load.

mod bundled;
mod description;
mod place;

use std::path::Path;

use encoding_rs::Encoding;

use tickstep_core::units::Nanos;

use super::clock::{TimeUnit, Zone};
use super::encoding;
use super::error::{FileFault, LoadError};
use super::format_error::FormatError;
use super::marks::Marks;
use super::pattern::Pattern;
use bundled::BUNDLED;
use description::{ColumnRef, ColumnRefs, Description, OneOrMany, RowOrder, StampAt, VolumeIs};

pub use description::Price;

/// How a file is laid out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Format {
    name: String,
    text: Description,
    zone: Option<Zone>,
    patterns: Vec<Pattern>,
    encodings: Vec<&'static Encoding>,
}

impl Format {
    /// A bundled description by its name, or one from a `.toml` file below `base`.
    ///
    /// ```
    /// use std::path::Path;
    /// use tickstep_backtest::load::Format;
    ///
    /// let bitfinex = Format::find("bitfinex", Path::new("."))?;
    /// assert!(bitfinex.about().contains("open, close, high, low"));
    /// assert!(Format::find("bitfnex", Path::new(".")).is_err());
    /// # Ok::<(), tickstep_backtest::load::LoadError>(())
    /// ```
    pub fn find(name: &str, base: &Path) -> Result<Self, LoadError> {
        if let Some((_, text)) = BUNDLED.iter().find(|(known, _)| *known == name) {
            return Self::parse(name, text);
        }
        if !name.to_ascii_lowercase().ends_with(".toml") {
            let known: Vec<&str> = BUNDLED.iter().map(|(known, _)| *known).collect();
            let (name, known) = (name.to_owned(), known.join(", "));
            return Err(FormatError::Unknown { name, known }.into());
        }
        let text = std::fs::read_to_string(base.join(name))
            .map_err(|source| FileFault::Unreadable { source }.of(name))?;
        Self::parse(name, &text)
    }

    /// As [`Format::find`], with the clock and the price that the user states.
    pub fn stated(
        name: &str,
        base: &Path,
        zone: Option<&str>,
        price: Option<Price>,
    ) -> Result<Self, LoadError> {
        let mut format = Self::find(name, base)?;
        if let Some(zone) = zone {
            format = format.in_zone(zone)?;
        }
        if let Some(price) = price {
            format = format.at_price(price)?;
        }
        Ok(format)
    }

    /// Name and first line of every bundled description.
    pub fn bundled() -> impl Iterator<Item = (&'static str, String)> {
        BUNDLED.iter().filter_map(|(name, text)| {
            Self::parse(name, text).ok().map(|format| (*name, format.text.about))
        })
    }

    /// Every bundled description.
    pub(crate) fn all_bundled() -> Vec<Self> {
        BUNDLED.iter().filter_map(|(name, text)| Self::parse(name, text).ok()).collect()
    }

    /// Reads a description; `name` stands for it in messages.
    pub fn parse(name: &str, text: &str) -> Result<Self, LoadError> {
        let fault = |reason: String| {
            LoadError::Format(FormatError::Invalid { name: name.to_owned(), reason })
        };
        let text: Description = toml::from_str(text).map_err(|e| fault(e.to_string()))?;
        let zone = match text.time.zone.as_deref() {
            Some("stated") | None => None,
            Some(zone) => Some(Zone::parse(zone).ok_or_else(|| {
                fault(format!("time.zone = \"{zone}\" is no time zone; {}", Zone::EXAMPLES))
            })?),
        };
        let all =
            |texts: &Option<OneOrMany>| texts.iter().flat_map(OneOrMany::all).cloned().collect();
        let (patterns, encodings): (Vec<String>, Vec<String>) =
            (all(&text.time.pattern), all(&text.encoding));
        let patterns = patterns.iter().map(|pattern| {
            Pattern::new(pattern)
                .map_err(|why| fault(format!("time.pattern = \"{pattern}\": {why}")))
        });
        let encodings = encodings.iter().map(|label| {
            encoding::named(label).ok_or_else(|| {
                let such = "utf-8, utf-16le, cp949, windows-1252 or shift_jis";
                fault(format!("encoding = \"{label}\" is not known; write such as {such}"))
            })
        });
        let patterns = patterns.collect::<Result<_, _>>()?;
        let encodings = encodings.collect::<Result<_, _>>()?;
        let format = Self { name: name.to_owned(), text, zone, patterns, encodings };
        format.check().map_err(|words| fault(words.to_owned()))?;
        Ok(format)
    }

    fn check(&self) -> Result<(), &'static str> {
        let text = &self.text;
        if let Some(wanted) = &text.columns {
            self.check_columns(wanted)?;
        } else if text.price.is_some() && text.pair.is_none() {
            return Err(
                "price = \"bid\", \"ask\" or \"mid\" goes with bid and ask data, only there",
            );
        } else if text.volume_is == VolumeIs::None {
            return Err("name the columns where there is no volume");
        } else if !text.header && text.fields.is_some() {
            return Err("name the columns by their positions where there is no header");
        }
        if text.time.stamp == StampAt::Close && text.interval_s.is_none() {
            return Err("time.stamp = \"close\" needs interval_s, to know when a bar opened");
        }
        if text.interval_s == Some(0) {
            return Err("interval_s = 0 is out of range; it must be 1 or more");
        }
        if !self.patterns.is_empty() && !matches!(text.time.unit, None | Some(TimeUnit::Text)) {
            return Err("time.pattern is for text, and time.unit for numbers; write one of them");
        }
        let marks = self.marks().unwrap_or_default();
        if marks.is_contrary() {
            return Err("decimal and thousands cannot be the same mark");
        }
        Ok(())
    }

    fn check_columns(&self, wanted: &ColumnRefs) -> Result<(), &'static str> {
        let text = &self.text;
        let single = [&wanted.open, &wanted.high, &wanted.low, &wanted.close];
        let sided = wanted.bid.is_some() && wanted.ask.is_some();
        if sided != single.iter().all(|at| at.is_none()) || wanted.bid.is_some() != sided {
            return Err("name open, high, low and close, or all of columns.bid and columns.ask");
        }
        if !sided && single.iter().any(|at| at.is_none()) {
            return Err("name all of open, high, low and close under columns");
        }
        if (text.volume_is == VolumeIs::None) == wanted.volume.is_some() {
            return Err("name columns.volume, or say volume_is = \"none\" to have 0 in every bar");
        }
        if (sided || text.pair.is_some()) != text.price.is_some() {
            return Err(
                "price = \"bid\", \"ask\" or \"mid\" goes with bid and ask data, only there",
            );
        }
        if sided && text.pair.is_some() {
            return Err("bid and ask are in one file or in two, not both");
        }
        if !text.header && text.fields.is_none() {
            return Err("a file without a header needs fields, the number of values in a row");
        }
        let position = |at: &ColumnRef| matches!(at, ColumnRef::Position(n) if *n == 0 || Some(*n) > text.fields);
        let named = |at: &ColumnRef| !matches!(at, ColumnRef::Position(_));
        let mut all = Self::all(wanted);
        if all.any(|at| if text.header { !named(at) } else { named(at) || position(at) }) {
            return Err("with a header columns are named; without, they are positions from 1 to \
                        fields");
        }
        Ok(())
    }

    fn all(wanted: &ColumnRefs) -> impl Iterator<Item = &ColumnRef> {
        let plain = [
            &wanted.date,
            &wanted.open,
            &wanted.high,
            &wanted.low,
            &wanted.close,
            &wanted.volume,
            &wanted.taker_buy_volume,
        ];
        let sides = [&wanted.bid, &wanted.ask].into_iter().flatten();
        let sides = sides.flat_map(|f| [&f.open, &f.high, &f.low, &f.close]);
        plain.into_iter().flatten().chain([&wanted.time]).chain(sides)
    }

    /// The same with the time zone of the file's clock: IANA, `+02:00`, `America/New_York+07:00`.
    pub fn in_zone(mut self, zone: &str) -> Result<Self, LoadError> {
        self.zone = Some(Zone::stated(zone)?);
        Ok(self)
    }

    /// The same with another price of bid and ask data.
    pub fn at_price(mut self, price: Price) -> Result<Self, LoadError> {
        if self.text.price.is_none() {
            return Err(FormatError::NoBidAsk { name: self.name }.into());
        }
        self.text.price = Some(price);
        Ok(self)
    }

    /// Name of the format, or of its file.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What the format is for, in a line.
    #[must_use]
    pub fn about(&self) -> &str {
        &self.text.about
    }

    pub(crate) fn interval(&self) -> Option<Nanos> {
        self.text.interval_s.map(|s| Nanos::SECOND.times(i64::from(s)))
    }

    /// Whether the first line names the columns, where columns are described.
    pub(crate) fn has_header(&self) -> Option<bool> {
        self.text.columns.as_ref().map(|_| self.text.header)
    }

    /// How its times are written, as stated.
    pub(super) fn patterns(&self) -> &[Pattern] {
        &self.patterns
    }

    /// What separates values, where it is stated; a comma where the columns are.
    pub(crate) fn delimiter(&self) -> Option<u8> {
        self.text.delimiter.or(self.text.columns.as_ref().map(|_| b','))
    }

    /// The marks of its numbers, where any of them is stated.
    pub(super) fn marks(&self) -> Option<Marks> {
        let Description { decimal, thousands, suffixes, .. } = &self.text;
        let stated = decimal.is_some() || thousands.is_some() || suffixes.is_some();
        stated.then(|| Marks {
            decimal: decimal.unwrap_or_default(),
            thousands: *thousands,
            always: false,
            suffixes: suffixes.unwrap_or(false),
        })
    }

    /// Whether it says how times are written.
    pub(super) fn times_told(&self) -> bool {
        self.text.time.unit.is_some() || !self.patterns.is_empty()
    }

    /// The encodings that are tried, where any are stated.
    pub(super) fn encodings(&self) -> &[&'static Encoding] {
        &self.encodings
    }

    /// How many lines at the beginning are not read, and how lines begin that are not.
    pub(super) fn unread(&self) -> (usize, &[String]) {
        (self.text.skip_lines, self.text.comment.as_ref().map_or(&[], OneOrMany::all))
    }

    /// Whether such files have their newest row first.
    pub(crate) fn is_newest_first(&self) -> bool {
        self.text.order == RowOrder::NewestFirst
    }

    /// How such files are named: `{symbol}` stands for the symbol, `*` for anything.
    pub(super) fn file_names(&self) -> &[String] {
        &self.text.file_names
    }

    /// Whether the user has to name the clock, and has not.
    pub(crate) fn needs_zone(&self) -> bool {
        self.zone.is_none() && self.text.time.zone.as_deref() == Some("stated")
    }

    /// Where such files come from, in a line.
    #[must_use]
    pub fn from(&self) -> &str {
        &self.text.from
    }

    /// The words in which the names of a bid and an ask file differ, and the price wanted.
    pub(crate) fn pair(&self) -> Option<(&str, &str, Price)> {
        let (pair, price) = (self.text.pair.as_ref()?, self.text.price?);
        Some((&pair.bid, &pair.ask, price))
    }

    /// Words on what the volume is, where it is not what was traded.
    #[must_use]
    pub const fn volume_words(&self) -> Option<&'static str> {
        match self.text.volume_is {
            VolumeIs::Traded | VolumeIs::Optional => None,
            VolumeIs::Ticks => Some("the volume counts quote changes, not what was traded"),
            VolumeIs::None => Some("there is no volume; every bar has 0"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_bundled_description_reads() {
        assert_eq!(Format::bundled().count(), BUNDLED.len());
        for (name, text) in BUNDLED {
            Format::parse(name, text).unwrap();
        }
    }

    #[test]
    fn what_a_description_cannot_mean_is_refused() {
        let plain =
            "about = 'x'\n[columns]\ntime = 't'\nopen = 'o'\nhigh = 'h'\nlow = 'l'\nclose = 'c'\n";
        let refused = |text: &str, words: &str| {
            let error = Format::parse("f.toml", text).unwrap_err().to_string();
            assert!(error.contains(words), "{error}");
        };
        refused(plain, "volume_is = \"none\"");
        refused(&format!("{plain}volume = 'v'\n[time]\nzone = 'Mars'\n"), "no time zone");
        refused(&format!("{plain}volume = 6\n"), "columns are named");
        refused(&format!("{plain}volume = 'v'\nvolumme = 1\n"), "volumme");
        refused(&format!("price = 'mid'\n{plain}volume = 'v'\n"), "only there");
        refused(&format!("header = false\n{plain}volume = 'v'\n"), "fields");
        refused(&format!("{plain}volume = 'v'\n[time]\nstamp = 'close'\n"), "interval_s");
        Format::parse("f.toml", &format!("{plain}volume = 'v'\n")).unwrap();
    }
}
