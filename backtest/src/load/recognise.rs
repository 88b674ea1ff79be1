//! What a file seems to be that does not load as it is.
//!
//! A guess is never acted on. A bundled format is named only after the first rows were read
//! by it, as bars in the order of time.

use std::path::Path;

use csv::{ByteRecord, ReaderBuilder};
use tickstep_core::units::Nanos;

use super::clock::Zone;
use super::columns::bare;
use super::container::Container;
use super::error::LoadError;
use super::format::Format;
use super::options::LoadOptions;
use super::pair::Input;
use super::raw_file::judge;
use super::raw_rows::{RawRow, RawRows};
use super::read::{Files, open, rows_of};
use super::symbol::is_named_like;
use crate::series::fault::RowFault;

/// What a file seems to be.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Recognised {
    /// Bars in the layout of these bundled formats, the likeliest first.
    Bars(Vec<LikelyFormat>),
    /// Single trades.
    Trades,
    /// A series of funding rates.
    Funding,
}

impl Recognised {
    /// What to say of it, and what to do.
    #[must_use]
    pub fn words(&self) -> String {
        match self {
            Self::Bars(likely) => {
                let options: Vec<String> =
                    likely.iter().map(|format| format!("`{}`", format.options())).collect();
                format!("it looks like a bundled format; {} reads it", options.join(" or "))
            }
            Self::Trades => "it looks like a file of trades; only bars are read, so make bars of \
                             them first"
                .to_owned(),
            Self::Funding => "it looks like a funding series, which goes into a configuration \
                              (funding.file of an instrument), not among the bars"
                .to_owned(),
        }
    }
}

/// A bundled format that reads the first rows of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LikelyFormat {
    /// Name of the format.
    pub name: String,
    /// The user has to name the clock of the times.
    pub needs_zone: bool,
    /// Some rows hold no bar; they have to be dropped by a repair.
    pub has_invalid: bool,
    /// `tick_size` or `volume_step`, where values have so many decimals that the user has to
    /// name it and have them rounded.
    pub needs_step: Option<&'static str>,
}

impl LikelyFormat {
    /// The options of the command that reads the file.
    #[must_use]
    pub fn options(&self) -> String {
        let zone = if self.needs_zone { " --time-zone ZONE" } else { "" };
        let step = match self.needs_step {
            Some(option) => format!(" --{} STEP", option.replace('_', "-")),
            None => String::new(),
        };
        let repair = match (self.has_invalid, self.needs_step.is_some()) {
            (true, true) => " --repair drop-invalid,round",
            (true, false) => " --repair drop-invalid",
            (false, true) => " --repair round",
            (false, false) => "",
        };
        format!("--format {}{zone}{step}{repair}", self.name)
    }
}

/// As much of a text as is looked at, bytes.
const HEAD: usize = 1 << 16;

/// Looks at a file that does not load as it is; `None` where it is like nothing known.
///
/// ```
/// use tickstep_backtest::load::{Recognised, recognise};
///
/// let dir = tempfile::tempdir()?;
/// let file = dir.path().join("BTCUSDT.csv");
/// // Time in ms, open, close, high, low, volume.
/// std::fs::write(&file, "1690848000000,10,11,12,9,5\n1690848060000,11,10,13,9,5\n")?;
/// let Some(Recognised::Bars(likely)) = recognise(&file) else { panic!("not recognised") };
/// assert_eq!(likely[0].options(), "--format bitfinex");
/// # Ok::<(), std::io::Error>(())
/// ```
#[must_use]
pub fn recognise(file: &Path) -> Option<Recognised> {
    let path = file.display().to_string();
    let input = Input { file: file.to_owned(), ask: None };
    let mut head = open(&input, &path, &mut |_| Ok(())).ok()?;
    match head.kind {
        Container::Csv => head.cut(HEAD),
        Container::Json => {}
        Container::Tar | Container::Parquet | Container::Tape => return None,
    }
    let mut likely: Vec<(bool, LikelyFormat, Nanos)> = Format::all_bundled()
        .into_iter()
        .filter_map(|format| {
            let named = is_named_like(&path, &format);
            by_format(&path, &head, format).map(|(likely, spacing)| (named, likely, spacing))
        })
        .collect();
    // Days that are read for months by mistake make bars that lie far apart. Stable: formats
    // of which nothing tells stay in the order of the alphabet.
    likely.sort_by_key(|(named, likely, spacing)| (!named, likely.has_invalid, *spacing));
    if !likely.is_empty() {
        return Some(Recognised::Bars(likely.into_iter().map(|(_, likely, _)| likely).collect()));
    }
    other(&head)
}

/// A format that reads the head of a file as bars in the order of time, and how far apart
/// they are.
fn by_format(path: &str, head: &Files, format: Format) -> Option<(LikelyFormat, Nanos)> {
    if format.pair().is_some() {
        return None;
    }
    let (name, needs_zone) = (format.name().to_owned(), format.needs_zone());
    let zone = needs_zone.then_some(Zone::UTC);
    let opts = LoadOptions { format: Some(format), zone, ..LoadOptions::default() };
    let start = |origin| opts.raw_rows(origin);
    let mut at = |_: f64| Ok::<(), LoadError>(());
    let raw = rows_of(path, &mut head.clone(), &opts, start, &mut at).ok()?.sink;
    let candles = raw.rows.iter().filter(|row| row.is_candle()).count();
    let apart = |pair: &[RawRow]| pair[1].ts - pair[0].ts >= Nanos::SECOND;
    let fits = !raw.rows.is_empty()
        && raw.units.is_empty()
        && raw.faults.len() <= raw.rows.len()
        // Prices that were adjusted for dividends may leave their candle by a last digit.
        && candles * 20 >= raw.rows.len() * 19
        && raw.rows.windows(2).all(apart);
    let has_invalid = !raw.faults.is_empty() || candles < raw.rows.len();
    let spacing = raw.rows.windows(2).map(|pair| pair[1].ts - pair[0].ts).min();
    let spacing = spacing.unwrap_or(Nanos::DAY);
    let needs_step = fits.then(|| too_fine(&raw, &opts)).flatten();
    fits.then_some((LikelyFormat { name, needs_zone, has_invalid, needs_step }, spacing))
}

/// The option to state where values have more decimals than a grid can bear.
fn too_fine(raw: &RawRows, opts: &LoadOptions) -> Option<&'static str> {
    let LoadError::Row(error) = judge(raw, opts, None).err()? else { return None };
    match error.fault {
        RowFault::TooLarge { option, .. } | RowFault::GridTooFine { option, .. } => Some(option),
        _ => None,
    }
}

/// Trades or funding, told by the names of the columns, or by the side of each trade.
fn other(head: &Files) -> Option<Recognised> {
    let (names, row) = match head.kind {
        Container::Json => (keys(&head.bytes), Vec::new()),
        _ => first_records(&head.bytes),
    };
    let has = |any: &[&str]| names.iter().any(|name| any.contains(&name.as_str()));
    let funding = names.iter().any(|name| name.contains("fundingrate"))
        || names == ["time", "rate"]
        || names == ["time", "longrate", "shortrate"];
    if funding {
        return Some(Recognised::Funding);
    }
    let bars = has(&["open", "high", "low", "o", "h", "l"]);
    let priced = has(&["price", "px", "p"]);
    let sized = has(&["qty", "quantity", "size", "amount", "volume", "basequantity", "q"]);
    let side = |cell: &String| ["true", "false", "buy", "sell"].contains(&cell.as_str());
    let sided = row.len() >= 5 && row.iter().any(side);
    (!bars && (priced && sized || sided)).then_some(Recognised::Trades)
}

/// The first line, and the one behind it, or the first again.
fn first_records(text: &[u8]) -> (Vec<String>, Vec<String>) {
    let words = |record: &ByteRecord| {
        record.iter().map(|cell| bare(&String::from_utf8_lossy(cell))).collect::<Vec<_>>()
    };
    let read = |delimiter: u8| {
        let mut reader = ReaderBuilder::new();
        let reader = reader.has_headers(false).flexible(true).delimiter(delimiter);
        let records = reader.from_reader(text).into_byte_records();
        records.map_while(Result::ok).take(2).map(|record| words(&record)).collect::<Vec<_>>()
    };
    let best = [b',', b';', b'\t'].map(read);
    let best = best.into_iter().max_by_key(|records| records.first().map_or(0, Vec::len));
    let mut records = best.unwrap_or_default().into_iter();
    let first = records.next().unwrap_or_default();
    let second = records.next().unwrap_or_else(|| first.clone());
    (first, second)
}

/// Every key of a JSON text's first objects, as far as quotes and colons tell.
fn keys(text: &[u8]) -> Vec<String> {
    let head = String::from_utf8_lossy(text.get(..text.len().min(4096)).unwrap_or_default());
    let parts: Vec<&str> = head.split('"').collect();
    let is_key = |pair: &[&str]| pair[1].trim_start().starts_with(':');
    parts
        .windows(2)
        .skip(1)
        .step_by(2)
        .filter(|pair| is_key(pair))
        .map(|pair| bare(pair[0]))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(name: &str, text: &str) -> Option<Recognised> {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join(name);
        std::fs::write(&file, text).unwrap();
        recognise(&file)
    }

    #[test]
    fn trades_and_funding_are_told_from_bars() {
        for text in [
            "id,price,qty,quote_qty,time,is_buyer_maker\n1,4.2,10,42,1690848000000,true\n",
            "26129,0.01633102,4.70443515,27781,27781,1498793709153,True,True\n",
            "timestamp,symbol,side,size,price\n1690848000,BTCUSDT,Buy,0.1,29000\n",
        ] {
            assert_eq!(of("a.csv", text), Some(Recognised::Trades), "{text}");
        }
        for (name, text) in [
            ("a.csv", "time,rate\n2023-08-01T00:00:00Z,0.0001\n"),
            (
                "a.csv",
                "calc_time,funding_interval_hours,last_funding_rate\n1690848000000,8,0.0001\n",
            ),
            (
                "a.json",
                r#"[{"symbol":"BTCUSDT","fundingRate":"0.0001","fundingTime":1690848000000}]"#,
            ),
        ] {
            assert_eq!(of(name, text), Some(Recognised::Funding), "{text}");
        }
        for text in ["", "hello\nworld\n", "a,b,c\n1,2,3\n"] {
            assert_eq!(of("a.csv", text), None, "{text}");
        }
    }
}
