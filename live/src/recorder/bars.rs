//! Bars of any length out of recorded trades, by the one bar builder, as files that a
//! backtest and a runner's recording read.
//!
//! A span without a trade is a bar that stays where the price was, as the exchange's own are.
//! A bar of which trades are missing, the first one, whose beginning nobody saw, and the last
//! one, whose end nobody saw, are left out.

use std::fs::{self, File};
use std::io::{BufWriter, Write as _};
use std::path::{Path, PathBuf};

use jiff::civil::Date;
use rust_decimal::Decimal;
use tickstep_core::bars::{BarBuilder, open_of};
use tickstep_core::event::Bar;
use tickstep_core::units::{Lots, Nanos, Ticks};

use super::fault::{RecordFault, at};
use super::scan::scan_each;
use super::segment_name::{RecordedStream, day_of};
use super::series::segments_of;

/// The folder of bars in that of a recording.
const FOLDER: &str = "bars";
const HEADER: &str = "open_time,open,high,low,close,volume,taker_buy_volume\n";
/// A silence after which trades count as missing, whatever their numbers say.
const SILENCE: Nanos = Nanos::DAY;

/// What was made of the trades of an instrument.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MadeBars {
    /// Files.
    pub files: Vec<PathBuf>,
    /// Bars.
    pub bars: u64,
    /// How often trades are missing, so that the bars around them are left out.
    pub holes: u64,
}

struct Trade {
    number: i64,
    at: Nanos,
    price: Decimal,
    quantity: Decimal,
    taker_buys: bool,
}

/// A row that was read before; columns are as [`RecordedStream::header`] has them.
fn trade_of(row: &str) -> Option<Trade> {
    let mut cells = row.split(',');
    let number = cells.next()?.parse().ok()?;
    let (price, quantity) = (cells.next()?.parse().ok()?, cells.next()?.parse().ok()?);
    let millis: i64 = cells.nth(2)?.parse().ok()?;
    let taker_buys = cells.next()? == "false";
    Some(Trade { number, at: Nanos(millis.checked_mul(1_000_000)?), price, quantity, taker_buys })
}

enum Building {
    Nothing,
    /// A bar whose beginning was not seen, by its open.
    Partial(Nanos),
    Whole(BarBuilder),
}

struct BarMaker {
    symbol: String,
    tag: &'static str,
    length: Nanos,
    folder: PathBuf,
    /// Decimals of prices and of quantities.
    scales: (u32, u32),
    building: Building,
    last: Option<(i64, Nanos, Ticks)>,
    out: Option<(Date, PathBuf, BufWriter<File>)>,
    made: MadeBars,
}

/// Makes the bars of an instrument's trades, in `bars` below the folder of the recording, a
/// file for each day; what was there of them is made again.
pub fn make_bars(
    root: &Path,
    symbol: &str,
    (length, tag): (Nanos, &'static str),
) -> Result<MadeBars, RecordFault> {
    let folder = root.join(FOLDER);
    fs::create_dir_all(&folder).map_err(at(&folder))?;
    let mut scales = (0, 0);
    each_trade(root, symbol, &mut |trade| {
        scales.0 = scales.0.max(trade.price.normalize().scale());
        scales.1 = scales.1.max(trade.quantity.normalize().scale());
        Ok(())
    })?;
    let mut maker = BarMaker {
        symbol: symbol.to_owned(),
        tag,
        length,
        folder,
        scales,
        building: Building::Nothing,
        last: None,
        out: None,
        made: MadeBars::default(),
    };
    each_trade(root, symbol, &mut |trade| maker.take(trade))?;
    maker.end_file()?;
    Ok(maker.made)
}

fn each_trade(
    root: &Path,
    symbol: &str,
    each: &mut dyn FnMut(&Trade) -> Result<(), RecordFault>,
) -> Result<(), RecordFault> {
    let mut follows = None;
    for name in segments_of(root, symbol, RecordedStream::Trades)? {
        let path = root.join(name.path());
        let mut failed = None;
        let scanned = scan_each(&path, RecordedStream::Trades, follows, &mut |row| {
            if let Some(trade) = trade_of(row).filter(|_| failed.is_none()) {
                failed = each(&trade).err();
            }
        });
        let scanned = scanned.map_err(at(&path))?;
        if let Some(fault) = failed {
            return Err(fault);
        }
        if let Some((line, why)) = scanned.wrong {
            return Err(RecordFault::Row { path, line, why });
        }
        follows = scanned.summing.ends();
    }
    Ok(())
}

fn steps(value: Decimal, scale: u32) -> Option<i64> {
    let steps = value.checked_mul(Decimal::from(10_u64.checked_pow(scale)?))?;
    steps.is_integer().then(|| i64::try_from(steps).ok())?
}

impl BarMaker {
    fn too_large(&self, trade: &Trade) -> RecordFault {
        let why = format!(
            "{}: with trade {} prices or volumes of a bar are too large to be counted; make \
             shorter bars",
            self.symbol, trade.number
        );
        RecordFault::Other { path: self.folder.clone(), why }
    }

    /// The trade as a bar of its own.
    fn part(&self, trade: &Trade) -> Option<Bar> {
        let px = Ticks(steps(trade.price, self.scales.0)?);
        let volume = Lots::new(steps(trade.quantity, self.scales.1)?)?;
        let taker = if trade.taker_buys { volume } else { Lots::ZERO };
        Some(Bar {
            ts_open: trade.at,
            open: px,
            high: px,
            low: px,
            close: px,
            volume,
            taker_buy: Some(taker),
        })
    }

    fn take(&mut self, trade: &Trade) -> Result<(), RecordFault> {
        let part = self.part(trade).ok_or_else(|| self.too_large(trade))?;
        let mut opens = open_of(trade.at, self.length);
        let follows = |(number, at, _): (i64, Nanos, Ticks)| {
            trade.number == number + 1 && trade.at - at <= SILENCE
        };
        if self.last.is_some_and(|last| !follows(last)) {
            self.made.holes += 1;
            self.building = Building::Nothing;
        }
        let before = match &self.building {
            Building::Nothing => None,
            Building::Partial(open) => Some(*open),
            Building::Whole(builder) => Some(builder.bar().ts_open),
        };
        // A trade's time may lie a little before that of the one before it.
        opens = before.map_or(opens, |before| before.max(opens));
        match (&mut self.building, before) {
            (building, None) => *building = Building::Partial(opens),
            (Building::Whole(builder), Some(before)) if before == opens => {
                let sum = builder.bar().volume.get().checked_add(part.volume.get());
                if sum.and_then(Lots::new).is_none() {
                    return Err(self.too_large(trade));
                }
                builder.add(&part);
            }
            (_, Some(before)) if before == opens => {}
            (_, Some(before)) => {
                self.close(before, opens)?;
                self.building = Building::Whole(BarBuilder::new(opens, &part));
            }
        }
        self.last = Some((trade.number, trade.at, part.close));
        Ok(())
    }

    /// Writes the bar that opened at `before`, where its beginning was seen, and those
    /// without a trade up to `next`.
    fn close(&mut self, before: Nanos, next: Nanos) -> Result<(), RecordFault> {
        if let Building::Whole(builder) = &self.building {
            let bar = builder.bar();
            self.write(&bar)?;
        }
        let Some((.., px)) = self.last else { return Ok(()) };
        let mut ts_open = before + self.length;
        while ts_open < next {
            let [open, high, low, close] = [px; 4];
            let (volume, taker_buy) = (Lots::ZERO, Some(Lots::ZERO));
            self.write(&Bar { ts_open, open, high, low, close, volume, taker_buy })?;
            ts_open = ts_open + self.length;
        }
        Ok(())
    }

    fn write(&mut self, bar: &Bar) -> Result<(), RecordFault> {
        let day = day_of(bar.ts_open);
        if self.out.as_ref().is_none_or(|(of, ..)| *of != day) {
            self.end_file()?;
            let path = self.folder.join(format!("{}-{}-{day}.csv", self.symbol, self.tag));
            let new = path.with_extension("new");
            let mut file = BufWriter::new(File::create(&new).map_err(at(&new))?);
            file.write_all(HEADER.as_bytes()).map_err(at(&new))?;
            self.out = Some((day, path, file));
        }
        let px = |ticks: Ticks| Decimal::new(ticks.0, self.scales.0).normalize();
        let lots = |lots: Lots| Decimal::new(lots.get(), self.scales.1).normalize();
        let line = format!(
            "{},{},{},{},{},{},{}\n",
            bar.ts_open.0 / 1_000_000,
            px(bar.open),
            px(bar.high),
            px(bar.low),
            px(bar.close),
            lots(bar.volume),
            lots(bar.taker_buy.unwrap_or_default())
        );
        self.made.bars += 1;
        let Some((_, path, file)) = &mut self.out else { return Ok(()) };
        file.write_all(line.as_bytes()).map_err(at(path))
    }

    fn end_file(&mut self) -> Result<(), RecordFault> {
        let Some((_, path, mut file)) = self.out.take() else { return Ok(()) };
        file.flush().map_err(at(&path))?;
        fs::rename(path.with_extension("new"), &path).map_err(at(&path))?;
        self.made.files.push(path);
        Ok(())
    }
}
