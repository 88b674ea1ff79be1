//! Which column is which.
//!
//! Names are compared without case, spaces or punctuation, so that the futures
//! archive (`taker_buy_volume`), the public API (`takerBuyBaseAssetVolume`) and
//! the usual rewritings of both (`Tb_base_av`, `taker_base`) are one name. Known
//! limit: a file without a header is taken for the 12 columns of the Binance
//! archive or refused; other venues order their columns differently.

use super::clock::Clock;
use super::error::{FileFault, LoadError};
use super::marks::Marks;
use super::time;
use tickstep_core::units::Nanos;

use crate::series::candle::BarField;

/// Position in an archive file without a header.
const fn archive_position(field: BarField) -> usize {
    match field {
        BarField::Time => 0,
        BarField::Open => 1,
        BarField::High => 2,
        BarField::Low => 3,
        BarField::Close => 4,
        BarField::Volume => 5,
        BarField::Taker => 9,
    }
}

/// Names in use, the first that is there is taken.
const fn aliases(field: BarField) -> &'static [&'static str] {
    match field {
        BarField::Time => &[
            "opentime",
            "tsopen",
            "timestamp",
            "timestamputc",
            "ts",
            "datetime",
            "time",
            "date",
            "start",
            "starttime",
            "startat",
            "opentimems",
            "opentimeutc",
            "timestampms",
            "timestampns",
            "timeutc",
            "dateutc",
            "datetimeutc",
            "klineopentime",
            "barstart",
            "timeopen",
            "timeperiodstart",
            "unix",
            "unixtime",
            "epoch",
            "t",
            // What pandas calls an index that had no name.
            "indexlevel0",
        ],
        BarField::Open => &["open", "openprice", "priceopen", "o"],
        BarField::High => &["high", "highprice", "pricehigh", "h", "max"],
        BarField::Low => &["low", "lowprice", "pricelow", "l", "min"],
        BarField::Close => &["close", "closeprice", "priceclose", "c"],
        BarField::Volume => &[
            "volume",
            "vol",
            "basevolume",
            "volumebase",
            "baseassetvolume",
            "volumetraded",
            "volumecoin",
            "contracts",
            "v",
        ],
        BarField::Taker => &[
            "takerbuyvolume",
            "takerbuybaseassetvolume",
            "takerbuybasevolume",
            "takerbuybase",
            "takerbase",
            "tbbaseav",
            "tbbase",
            "takerbuybasevol",
            "takerbuyvol",
            "takerbuyquantity",
            "takerbuy",
            "buyvolume",
            "takerbasevol",
        ],
    }
}

/// What the columns of a table are called, where not as usual.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ColumnNames {
    /// Open times.
    pub time: Option<String>,
    /// First prices.
    pub open: Option<String>,
    /// Highest prices.
    pub high: Option<String>,
    /// Lowest prices.
    pub low: Option<String>,
    /// Last prices.
    pub close: Option<String>,
    /// Volumes.
    pub volume: Option<String>,
    /// Volumes that aggressive buyers took.
    pub taker_buy: Option<String>,
    /// There are no volumes; they are 0.
    pub no_volume: bool,
    /// There are no volumes that aggressive buyers took, whatever a column is called.
    pub no_taker: bool,
}

impl ColumnNames {
    const fn of(&self, field: BarField) -> Option<&String> {
        match field {
            BarField::Time => self.time.as_ref(),
            BarField::Open => self.open.as_ref(),
            BarField::High => self.high.as_ref(),
            BarField::Low => self.low.as_ref(),
            BarField::Close => self.close.as_ref(),
            BarField::Volume => self.volume.as_ref(),
            BarField::Taker => self.taker_buy.as_ref(),
        }
    }

    /// Where the columns are among `found`: time, open, high, low, close, volume and taker-buy
    /// volume; `None` for each that is not there.
    #[must_use]
    pub fn places(&self, found: &[String]) -> [Option<usize>; 7] {
        let bare: Vec<String> = found.iter().map(|name| bare(name)).collect();
        BarField::ALL.map(|field| match self.of(field) {
            Some(name) => found.iter().position(|found| found == name),
            None if field == BarField::Volume && self.no_volume => None,
            None if field == BarField::Taker && self.no_taker => None,
            None => find("", field, &bare, found).ok().flatten(),
        })
    }
}

const ARCHIVE_COLUMNS: usize = 12;

/// Where the columns are in a row, and what they are called.
#[derive(Clone, Debug)]
pub(crate) struct Columns {
    /// Position of the first six of [`BarField::ALL`].
    pub needed: [usize; 6],
    pub taker: Option<usize>,
    /// All columns of the file, for messages; empty without a header.
    pub found: Vec<String>,
    /// Number of fields in a row.
    pub fields: usize,
    /// What only a description can say.
    pub shape: Option<Box<RowShape>>,
}

/// What a description says beyond the place of each column.
#[derive(Clone, Debug)]
pub(crate) struct RowShape {
    /// The day, where it has a column of its own.
    pub date: Option<usize>,
    /// There is no volume, and the description says so.
    pub no_volume: bool,
    /// Open, high, low and close of the ask; the bar is the mid of both sides.
    pub ask: Option<[usize; 4]>,
    pub clock: Clock,
    /// How numbers are written, where not plainly.
    pub marks: Option<Marks>,
}

impl Columns {
    /// Finds the columns by their names.
    pub(crate) fn by_name(path: &str, found: Vec<String>) -> Result<Self, LoadError> {
        let bare: Vec<String> = found.iter().map(|name| bare(name)).collect();
        let mut needed = [0; 6];
        for (column, place) in BarField::ALL.into_iter().zip(&mut needed) {
            match find(path, column, &bare, &found)? {
                Some(i) => *place = i,
                None => {
                    let column = column.usual();
                    return Err(FileFault::MissingColumn { column, found }.of(path));
                }
            }
        }
        let taker = find(path, BarField::Taker, &bare, &found)?;
        Ok(Self { needed, taker, fields: found.len(), found, shape: None })
    }

    /// Finds the columns of a table: those that are named by that name, the others by the
    /// usual ones.
    pub(crate) fn named(
        of: &str,
        found: Vec<String>,
        names: &ColumnNames,
    ) -> Result<Self, LoadError> {
        let bare: Vec<String> = found.iter().map(|name| bare(name)).collect();
        let place = |field: BarField| match names.of(field) {
            None => find(of, field, &bare, &found),
            Some(name) => {
                let mut hits = (0..found.len()).filter(|at| found[*at] == *name);
                match (hits.next(), hits.next()) {
                    (Some(at), None) => Ok(Some(at)),
                    (Some(_), Some(_)) => {
                        Err(FileFault::AmbiguousColumn { column: name.clone() }.of(of))
                    }
                    (None, _) => {
                        let (column, field) = (name.clone(), field.usual());
                        Err(FileFault::NamedColumn { column, field, found: found.clone() }.of(of))
                    }
                }
            }
        };
        let mut needed = [0; 6];
        for (field, at) in BarField::ALL.into_iter().zip(&mut needed) {
            if field == BarField::Volume && names.no_volume {
                continue;
            }
            *at = place(field)?.ok_or_else(|| {
                FileFault::MissingColumn { column: field.usual(), found: found.clone() }.of(of)
            })?;
        }
        let taker = if names.no_taker { None } else { place(BarField::Taker)? };
        Ok(Self { needed, taker, fields: found.len(), found, shape: None })
    }

    /// A column of the date, where the one of the time is called just that.
    pub(crate) fn date_beside(&self) -> Option<usize> {
        let names = || self.found.iter().map(|name| bare(name));
        let time = names().nth(self.needed[0])?;
        if !["time", "hour", "timeutc"].contains(&time.as_str()) {
            return None;
        }
        names().position(|name| ["date", "day", "dateutc", "tradedate"].contains(&name.as_str()))
    }

    /// The archive's order, for files without a header.
    pub(crate) fn by_position(path: &str, fields: usize) -> Result<Self, LoadError> {
        if fields != ARCHIVE_COLUMNS {
            return Err(FileFault::NoHeader { fields }.of(path));
        }
        let mut needed = [0; 6];
        for (column, place) in BarField::ALL.into_iter().zip(&mut needed) {
            *place = archive_position(column);
        }
        Ok(Self {
            needed,
            taker: Some(archive_position(BarField::Taker)),
            found: Vec::new(),
            fields,
            shape: None,
        })
    }

    /// Every position that is read.
    #[cfg(feature = "polars")]
    pub(crate) fn all(&self) -> Vec<usize> {
        let mut all: Vec<usize> = self.needed.iter().chain(&self.taker).copied().collect();
        if let Some(shape) = &self.shape {
            all.extend(shape.date);
            all.extend(shape.ask.iter().flatten());
        }
        all.sort_unstable();
        all
    }

    /// The open time of a row whose values `field` tells by position.
    pub(super) fn time<'a>(&self, field: &dyn Fn(usize) -> &'a [u8]) -> Option<Nanos> {
        let text = field(self.needed[0]);
        let read = match &self.shape {
            Some(shape) => shape.clock.read(shape.date.map(field), text),
            None => time::parse(text),
        };
        read.ok().map(|(ts, _)| ts)
    }

    /// What the file calls `column`.
    pub(crate) fn name(&self, column: BarField) -> String {
        let at = match column {
            BarField::Taker => self.taker,
            other => self.needed.get(other as usize).copied(),
        };
        at.and_then(|i| self.found.get(i)).map_or_else(|| column.usual().to_owned(), Clone::clone)
    }

    /// Names for data that never had a file.
    pub(crate) fn in_memory(taker: bool) -> Self {
        let needed = [0, 1, 2, 3, 4, 5];
        Self { needed, taker: taker.then_some(6), found: Vec::new(), fields: 6, shape: None }
    }
}

/// Whether a first line names columns. Rows begin with a number or a time, so
/// with a digit; a header has no known name that does.
pub(crate) fn is_header<'a>(mut fields: impl Iterator<Item = &'a [u8]>) -> bool {
    let known = |field: &[u8]| {
        let bare = bare(&String::from_utf8_lossy(field));
        BarField::ALL.into_iter().any(|column| aliases(column).contains(&bare.as_str()))
    };
    let Some(first) = fields.next() else { return false };
    let number = first.trim_ascii().first().is_some_and(|b| b.is_ascii_digit() || *b == b'-');
    !number || known(first) || fields.any(known)
}

fn find(
    path: &str,
    column: BarField,
    bare: &[String],
    found: &[String],
) -> Result<Option<usize>, LoadError> {
    for alias in aliases(column) {
        let mut hits = bare.iter().enumerate().filter(|(_, name)| name == alias).map(|(i, _)| i);
        if let Some(hit) = hits.next() {
            return match hits.next() {
                None => Ok(Some(hit)),
                Some(_) => {
                    let column = found[hit].clone();
                    Err(FileFault::AmbiguousColumn { column }.of(path))
                }
            };
        }
    }
    Ok(None)
}

/// A name without case, spaces and punctuation.
pub(super) fn bare(name: &str) -> String {
    name.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn columns(header: &str) -> Columns {
        Columns::by_name("f.csv", header.split(',').map(str::to_owned).collect()).unwrap()
    }

    #[test]
    fn the_names_in_use_are_known() {
        let headers = [
            "open_time,open,high,low,close,volume,close_time,quote_volume,count,taker_buy_volume,\
             taker_buy_quote_volume,ignore",
            "Open time,Open,High,Low,Close,Volume,Close time,Quote asset volume,Number of trades,\
             Taker buy base asset volume,Taker buy quote asset volume,Ignore",
            "Timestamp,Open,High,Low,Close,Volume,Close_time,Quote_av,Trades,Tb_base_av,\
             Tb_quote_av,Ignore",
            "open_time,open,high,low,close,volume,close_time,qav,num_trades,taker_base,\
             taker_quote,ignore",
            "timestamp,Open,High,Low,Close,Volume,Close_time,Quote_asset_volume,\
             Number_of_trades,Taker_buy_base,Taker_buy_quote,Ignore",
        ];
        for header in headers {
            let columns = columns(header);
            assert_eq!(columns.needed, [0, 1, 2, 3, 4, 5], "{header}");
            assert_eq!(columns.taker, Some(9), "{header}");
            assert!(is_header(header.split(',').map(str::as_bytes)), "{header}");
        }
    }

    #[test]
    fn columns_may_stand_in_any_order() {
        let columns = columns("close,ts,open,volume,high,low");
        assert_eq!(columns.needed, [1, 2, 4, 5, 0, 3]);
        assert_eq!(columns.taker, None);
        assert_eq!(columns.name(BarField::Time), "ts");
    }

    #[test]
    fn a_row_is_no_header() {
        for row in ["1690848000000,4.2,4.3", "2023-08-01 00:00:00,4.2,4.3"] {
            assert!(!is_header(row.split(',').map(str::as_bytes)), "{row}");
        }
    }
}
