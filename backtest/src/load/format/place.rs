//! Where a description finds its columns in a file.

use tickstep_core::units::Nanos;

use super::Format;
use super::description::{ColumnRef, ColumnRefs, OhlcRefs, Price, StampAt, VolumeIs};
use crate::load::clock::{Clock, Zone};
use crate::load::columns::{Columns, RowShape};
use crate::load::error::{FileFault, LoadError};

impl Format {
    /// Where everything is in a file of these columns (`found` is empty without a
    /// header), where the description says so. `entry` is the file's name, which may
    /// tell the day; `zone` is the clock of times where the format has none.
    pub(crate) fn columns(
        &self,
        path: &str,
        entry: &str,
        (fields, found): (usize, &[String]),
        zone: Option<&Zone>,
    ) -> Result<Option<Columns>, LoadError> {
        let Some(wanted) = &self.text.columns else { return Ok(None) };
        let clock = self.clock(path, entry, zone)?;
        let at = |at: &ColumnRef| self.position(path, at, found);
        if let Some(expected) = self.text.fields
            && expected != fields
        {
            let name = self.name.clone();
            return Err(FileFault::FormatFields { name, expected, found: fields }.of(path));
        }
        let (prices, ask) = self.prices(wanted, &at)?;
        let [open, high, low, close] = prices;
        let time = at(&wanted.time)?;
        let volume = match (&wanted.volume, self.text.volume_is) {
            (Some(volume), VolumeIs::Optional) => at(volume).ok(),
            (volume, _) => volume.as_ref().map(at).transpose()?,
        };
        let taker = wanted.taker_buy_volume.as_ref().map(at).transpose()?;
        let shape = RowShape {
            date: wanted.date.as_ref().map(at).transpose()?,
            no_volume: volume.is_none(),
            ask,
            clock,
            marks: None,
        };
        Ok(Some(Columns {
            needed: [time, open, high, low, close, volume.unwrap_or(time)],
            taker,
            found: found.to_vec(),
            fields,
            shape: Some(Box::new(shape)),
        }))
    }

    /// Open, high, low and close, and those of the ask where both sides are wanted.
    fn prices(
        &self,
        wanted: &ColumnRefs,
        at: &dyn Fn(&ColumnRef) -> Result<usize, LoadError>,
    ) -> Result<([usize; 4], Option<[usize; 4]>), LoadError> {
        let four = |f: &OhlcRefs| -> Result<[usize; 4], LoadError> {
            Ok([at(&f.open)?, at(&f.high)?, at(&f.low)?, at(&f.close)?])
        };
        match (&wanted.bid, &wanted.ask, self.text.price) {
            (Some(bid), Some(_), Some(Price::Bid)) => Ok((four(bid)?, None)),
            (Some(_), Some(ask), Some(Price::Ask)) => Ok((four(ask)?, None)),
            (Some(bid), Some(ask), _) => Ok((four(bid)?, Some(four(ask)?))),
            _ => {
                let one = |o: &Option<ColumnRef>| o.as_ref().map_or(Ok(0), at);
                let open = one(&wanted.open)?;
                Ok(([open, one(&wanted.high)?, one(&wanted.low)?, one(&wanted.close)?], None))
            }
        }
    }

    /// The clock of its times, by the zone that it names, or the user.
    pub(crate) fn clock(
        &self,
        path: &str,
        entry: &str,
        zone: Option<&Zone>,
    ) -> Result<Clock, LoadError> {
        let zone = self.zone.as_ref().or(zone).cloned();
        if zone.is_none() && self.needs_zone() {
            return Err(FileFault::ZoneNotStated { name: self.name.clone() }.of(path));
        }
        let how = (zone, self.text.time.unit, self.patterns.clone());
        Clock::new(how, path, entry, self.opens_before())
    }

    /// How long before its stamp a bar opened.
    fn opens_before(&self) -> Nanos {
        match self.text.time.stamp {
            StampAt::Open => Nanos(0),
            StampAt::Close => self.interval().unwrap_or(Nanos(0)),
        }
    }

    /// Where a column is among those found.
    fn position(&self, path: &str, at: &ColumnRef, found: &[String]) -> Result<usize, LoadError> {
        let missing = |column: &str| {
            let (name, column) = (self.name.clone(), column.to_owned());
            FileFault::DescribedColumn { name, column, found: found.to_vec() }.of(path)
        };
        match at {
            ColumnRef::Position(n) => Ok(n - 1),
            ColumnRef::Name(name) => match named(found, name) {
                Ok(hit) => hit.ok_or_else(|| missing(name)),
                Err(column) => Err(FileFault::AmbiguousColumn { column }.of(path)),
            },
            ColumnRef::AnyOf(names) => {
                let hit = names.iter().find_map(|name| named(found, name).ok().flatten());
                hit.ok_or_else(|| missing(&names.join("` or `")))
            }
        }
    }
}

/// The column of a name, as it is written or in other case; of two of one name, neither.
fn named(found: &[String], name: &str) -> Result<Option<usize>, String> {
    if let Some(begin) = name.strip_suffix('*') {
        return Ok(found.iter().position(|other| other.trim().starts_with(begin)));
    }
    let exact = |other: &&String| other.trim() == name;
    let similar = |other: &&String| other.trim().eq_ignore_ascii_case(name);
    let one = |fits: &dyn Fn(&&String) -> bool| {
        let mut hits = found.iter().enumerate().filter(|(_, other)| fits(other));
        match (hits.next(), hits.next()) {
            (Some(_), Some(_)) => Err(name.to_owned()),
            (hit, _) => Ok(hit.map(|(i, _)| i)),
        }
    };
    match one(&exact)? {
        Some(hit) => Ok(Some(hit)),
        None => one(&similar),
    }
}
