//! Descriptions of files that are not shaped like the archives.
//!
//! A description is a small TOML: which column is what, by name or by position
//! counted from 1, the unit and the zone of the times, what the volume is. The
//! bundled ones have names; any other is named by its file (`.toml`).
//!
//! ```toml
//! about = "what this is, in a line"
//! header = true              # false: columns are numbers
//! fields = 6                 # values in a row, needed without a header
//! delimiter = ","            # or ";", "tab", "space"
//! volume_is = "traded"       # or "ticks" (quote changes), or "none" (volume is 0)
//! price = "mid"              # with bid and ask: which one is the bar
//! interval_s = 60            # inferred when absent
//! [columns]
//! date = "<DATE>"            # only where the day has a column of its own
//! time = "time"
//! open = "open"              # or [columns.bid] and [columns.ask] with four each
//! high = "high"
//! low = "low"
//! close = "close"
//! volume = "volume"
//! taker_buy_volume = "taker" # where there is one
//! [time]
//! unit = "ms"                # s, ms, us, ns, text, ms_of_day; told by size when absent
//! zone = "UTC"               # IANA, +02:00, America/New_York+07:00, or "stated": by the user
//! stamp = "open"             # or "close": the interval is subtracted
//! [pair]                     # bid and ask in two files: the word that differs
//! bid = "bid"
//! ask = "ask"
//! ```
//!
//! Refuses to guess: a broker's clock, a volume that is not there, and which of
//! bid, ask and mid is meant are stated or it does not load.

mod description;

use std::path::Path;

use tickstep_core::units::Nanos;

use super::clock::{Clock, Zone};
use super::columns::{Columns, RowShape};
use super::error::{FileFault, FormatError, LoadError};
use crate::series::error::BadOption;
use description::{ColumnRef, Delimiter, Description, OhlcRefs, StampAt, VolumeIs};

pub use description::Price;

/// How a file is laid out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Format {
    name: String,
    text: Description,
    zone: Option<Zone>,
}

/// Name and text of every bundled description.
const BUNDLED: [(&str, &str); 10] = [
    ("binance", include_str!("binance.toml")),
    ("bitfinex", include_str!("bitfinex.toml")),
    ("cme", include_str!("cme.toml")),
    ("freqtrade", include_str!("freqtrade.toml")),
    ("fxcm", include_str!("fxcm.toml")),
    ("kraken", include_str!("kraken.toml")),
    ("lean-quote", include_str!("lean-quote.toml")),
    ("lean-trade", include_str!("lean-trade.toml")),
    ("mt5", include_str!("mt5.toml")),
    ("mt5-terminal", include_str!("mt5-terminal.toml")),
];

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

    /// Reads a description; `name` stands for it in messages.
    pub fn parse(name: &str, text: &str) -> Result<Self, LoadError> {
        let fault = |reason: String| {
            LoadError::Format(FormatError::Invalid { name: name.to_owned(), reason })
        };
        let text: Description = toml::from_str(text).map_err(|e| fault(e.to_string()))?;
        let zone = match text.time.zone.as_deref() {
            Some("stated") => None,
            None => Some(Zone::utc()),
            Some(zone) => Some(Zone::parse(zone).ok_or_else(|| {
                fault(format!("time.zone = \"{zone}\" is no time zone; {}", Zone::EXAMPLES))
            })?),
        };
        let format = Self { name: name.to_owned(), text, zone };
        format.check().map_err(|words| fault(words.to_owned()))?;
        Ok(format)
    }

    fn check(&self) -> Result<(), &'static str> {
        let (wanted, text) = (&self.text.columns, &self.text);
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
        if text.time.stamp == StampAt::Close && text.interval_s.is_none() {
            return Err("time.stamp = \"close\" needs interval_s, to know when a bar opened");
        }
        if text.interval_s == Some(0) {
            return Err("interval_s = 0 is out of range; it must be 1 or more");
        }
        if !text.header && text.fields.is_none() {
            return Err("a file without a header needs fields, the number of values in a row");
        }
        let position = |at: &ColumnRef| matches!(at, ColumnRef::Position(n) if *n == 0 || Some(*n) > text.fields);
        let named = |at: &ColumnRef| matches!(at, ColumnRef::Name(_));
        if self.all().any(|at| if text.header { !named(at) } else { named(at) || position(at) }) {
            return Err("with a header columns are named; without, they are positions from 1 to \
                        fields");
        }
        Ok(())
    }

    fn all(&self) -> impl Iterator<Item = &ColumnRef> {
        let wanted = &self.text.columns;
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
        let parsed = Zone::parse(zone).ok_or_else(|| BadOption {
            option: "time_zone",
            value: zone.to_owned(),
            range: Zone::EXAMPLES,
        })?;
        self.zone = Some(parsed);
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

    pub(crate) const fn has_header(&self) -> bool {
        self.text.header
    }

    pub(crate) const fn delimiter(&self) -> u8 {
        match self.text.delimiter {
            Delimiter::Comma => b',',
            Delimiter::Semicolon => b';',
            Delimiter::Tab => b'\t',
            Delimiter::Space => b' ',
        }
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
            VolumeIs::Traded => None,
            VolumeIs::Ticks => Some("the volume counts quote changes, not what was traded"),
            VolumeIs::None => Some("there is no volume; every bar has 0"),
        }
    }

    /// Where everything is in a file of these columns (`found` is empty without a
    /// header). `entry` is the file's name, which may tell the day.
    pub(crate) fn columns(
        &self,
        path: &str,
        entry: &str,
        fields: usize,
        found: Vec<String>,
    ) -> Result<Columns, LoadError> {
        let Some(zone) = &self.zone else {
            return Err(FileFault::ZoneNotStated { name: self.name.clone() }.of(path));
        };
        let at = |at: &ColumnRef| self.position(path, at, &found);
        if let Some(expected) = self.text.fields
            && expected != fields
        {
            let name = self.name.clone();
            return Err(FileFault::FormatFields { name, expected, found: fields }.of(path));
        }
        let wanted = &self.text.columns;
        let four = |f: &OhlcRefs| -> Result<[usize; 4], LoadError> {
            Ok([at(&f.open)?, at(&f.high)?, at(&f.low)?, at(&f.close)?])
        };
        let mut ask = None;
        let prices = match (&wanted.bid, &wanted.ask, self.text.price) {
            (Some(bid), Some(_), Some(Price::Bid)) => four(bid)?,
            (Some(_), Some(other), Some(Price::Ask)) => four(other)?,
            (Some(bid), Some(other), _) => {
                ask = Some(four(other)?);
                four(bid)?
            }
            _ => {
                let one = |o: &Option<ColumnRef>| o.as_ref().map_or(Ok(0), at);
                [one(&wanted.open)?, one(&wanted.high)?, one(&wanted.low)?, one(&wanted.close)?]
            }
        };
        let [open, high, low, close] = prices;
        let time = at(&wanted.time)?;
        let volume = wanted.volume.as_ref().map(at).transpose()?;
        let taker = wanted.taker_buy_volume.as_ref().map(at).transpose()?;
        let clock =
            Clock::new(zone.clone(), self.text.time.unit, path, entry, self.opens_before())?;
        let shape = RowShape {
            date: wanted.date.as_ref().map(at).transpose()?,
            no_volume: volume.is_none(),
            ask,
            clock,
        };
        Ok(Columns {
            needed: [time, open, high, low, close, volume.unwrap_or(time)],
            taker,
            found,
            fields,
            shape: Some(Box::new(shape)),
        })
    }

    /// Where a column is among those found.
    fn position(&self, path: &str, at: &ColumnRef, found: &[String]) -> Result<usize, LoadError> {
        let name = match at {
            ColumnRef::Position(n) => return Ok(n - 1),
            ColumnRef::Name(name) => name,
        };
        let mut hits = found.iter().enumerate().filter(|(_, other)| other.trim() == name);
        match (hits.next(), hits.next()) {
            (Some((i, _)), None) => Ok(i),
            (None, _) => {
                let (name, column) = (self.name.clone(), name.clone());
                Err(FileFault::DescribedColumn { name, column, found: found.to_vec() }.of(path))
            }
            (Some(_), Some(_)) => Err(FileFault::AmbiguousColumn { column: name.clone() }.of(path)),
        }
    }

    /// How long before its stamp a bar opened.
    fn opens_before(&self) -> Nanos {
        match self.text.time.stamp {
            StampAt::Open => Nanos(0),
            StampAt::Close => self.interval().unwrap_or(Nanos(0)),
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
