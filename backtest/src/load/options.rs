//! What the user states about data, and what follows from it for each file.

use rust_decimal::Decimal;
use tickstep_config::MarketHours;
use tickstep_core::units::Nanos;

use super::clock::Zone;
use super::error::{FileFault, LoadError};
use super::format::Format;
use super::mend;
use super::origin::Origin;
use super::raw_rows::RawRows;
use super::rows::CheckedRows;
use super::value_grid::ValueGrid;
use crate::series::candle::RowOrigin;
use crate::series::grid::{Grid, Measure};
use crate::series::layout::StatedTimes;
use crate::series::repairs::Repair;
use crate::series::{Rounded, Series, SeriesMarket, SeriesParts, StampKind};

/// What the user states about the data. The default states nothing: grid and
/// interval are inferred, and a gap above one day starts a new segment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoadOptions {
    /// Price step, quote currency; inferred from the decimals when absent.
    pub tick_size: Option<Decimal>,
    /// Volume step, base units; inferred from the decimals when absent.
    pub volume_step: Option<Decimal>,
    /// Round values off a stated grid to it, half away from zero, instead of
    /// refusing them. How many is in [`Series::rounded`](crate::series::Series::rounded).
    pub round_to: bool,
    /// Length of a bar; the usual difference of open times when absent. A day of 86,400 s
    /// is a calendar day of the market.
    pub interval: Option<Nanos>,
    /// When the market trades; told by the open times when absent, where they show it
    /// plainly.
    pub calendar: Option<MarketHours>,
    /// Time without bars above which a new segment starts.
    pub segment_gap: Nanos,
    /// Keep only bars that open at or after the first time and before the second.
    /// Everything outside is still checked.
    pub period: Option<(Nanos, Nanos)>,
    /// The rule that needs taker-buy volume; data without it is refused in its name.
    pub require_taker: Option<String>,
    /// Load without taker-buy volume even where it is there.
    pub ignore_taker: bool,
    /// How files are laid out that are not shaped like the archives.
    pub format: Option<Format>,
    /// Which instrument is taken of files that hold several, by their column of symbols;
    /// the symbol of the series when absent.
    pub instrument: Option<String>,
    /// Clock of times that say no zone; a format may have its own. UTC when absent.
    pub zone: Option<Zone>,
    /// What is mended instead of refused; each is counted in [`Series::repaired`](crate::series::Series::repaired).
    pub repairs: Vec<Repair>,
}

impl Default for LoadOptions {
    fn default() -> Self {
        Self {
            tick_size: None,
            volume_step: None,
            round_to: false,
            interval: None,
            calendar: None,
            segment_gap: Nanos::DAY,
            period: None,
            require_taker: None,
            ignore_taker: false,
            format: None,
            instrument: None,
            zone: None,
            repairs: Vec::new(),
        }
    }
}

impl LoadOptions {
    pub(crate) fn grids(&self) -> Result<(ValueGrid, ValueGrid), LoadError> {
        let round = self.round_to || self.repairs.contains(&Repair::Round);
        if self.repairs.contains(&Repair::Round) && self.tick_size.or(self.volume_step).is_none() {
            return Err(LoadError::RoundToWhat);
        }
        let price = ValueGrid::new(Measure::Price, self.tick_size, round)?;
        let volume = ValueGrid::new(Measure::Volume, self.volume_step, round)?;
        Ok((price, volume))
    }

    /// Rows on the stated grid, with taker-buy volume as asked for.
    pub(crate) fn rows(&self, mut origin: Origin, name: &str) -> Result<CheckedRows, LoadError> {
        if self.ignore_taker || self.repairs.contains(&Repair::DropTaker) {
            origin.columns.taker = None;
        }
        origin.symbols = origin.symbols.wanting(self.instrument.as_deref());
        self.taker_there(&origin, name)?;
        let (price, volume) = self.grids()?;
        Ok(CheckedRows::new(origin, price, volume))
    }

    /// What is stated of the times of a file, which may state its interval itself, and what
    /// its stamps are.
    pub(crate) fn stated<'a>(
        &'a self,
        interval: Option<Nanos>,
        market: Option<&'a SeriesMarket>,
        stamps: StampKind,
    ) -> StatedTimes<'a> {
        let format = self.format.as_ref().and_then(Format::interval);
        let interval = self.interval.or(format).or(interval);
        let (calendar, inferred) = match (&self.calendar, market) {
            (Some(hours), _) => (Some(hours), false),
            (None, Some(market)) => (Some(&market.hours), market.inferred),
            (None, None) => (None, false),
        };
        StatedTimes { interval, calendar, inferred, dates: stamps == StampKind::Date }
    }

    /// The market as it is stated.
    pub(crate) fn market(&self) -> Option<SeriesMarket> {
        let hours = self.calendar.clone()?;
        Some(SeriesMarket { hours, inferred: false })
    }

    /// Rows as they stand, whatever is wrong with them.
    pub(crate) fn raw_rows(&self, mut origin: Origin) -> Result<RawRows, LoadError> {
        origin.symbols = origin.symbols.wanting(self.instrument.as_deref());
        let (price, volume) = self.grids()?;
        Ok(RawRows::new(CheckedRows::new(origin, price, volume)))
    }

    /// Mends raw rows as the repairs say.
    pub(crate) fn repair(
        &self,
        mut raw: RawRows,
        name: &str,
        interval: Option<Nanos>,
        market: Option<&SeriesMarket>,
    ) -> Result<CheckedRows, LoadError> {
        if self.ignore_taker {
            raw.reader.origin.columns.taker = None;
        }
        self.taker_there(&raw.reader.origin, name)?;
        let stated = self.stated(interval, market, raw.reader.stamps());
        Ok(mend::repair(raw, &self.repairs, stated)?)
    }

    /// A series of rows that came from one place, without files.
    pub(crate) fn series(&self, symbol: String, rows: CheckedRows) -> Result<Series, LoadError> {
        let grid = Grid {
            tick_size: rows.price.step(),
            volume_step: rows.volume.step(),
            tick_inferred: rows.price.inferred,
            volume_inferred: rows.volume.inferred,
        };
        let stamps = rows.stamps();
        let parts = SeriesParts {
            symbol,
            interval: self.interval,
            given: None,
            market: self.market(),
            repairs: self.repairs.clone(),
            can_snap: false,
            grid,
            bars: rows.bars,
            breaks: Vec::new(),
            segment_gap: self.segment_gap,
            period: self.period,
            rounded: Rounded { prices: rows.price.rounded, volumes: rows.volume.rounded },
            repaired: rows.repaired,
            sources: Vec::new(),
            stamps,
            dates: stamps == StampKind::Date,
        };
        let number = |index: usize| rows.numbers.get(index).copied().unwrap_or(index as u64 + 1);
        Ok(parts.assemble(&|index| rows.origin.place(number(index)))?)
    }

    fn taker_there(&self, origin: &Origin, name: &str) -> Result<(), LoadError> {
        let dropped = self.repairs.contains(&Repair::DropTaker);
        match &self.require_taker {
            Some(rule) if origin.columns.taker.is_none() || dropped => {
                let (rule, found) = (rule.clone(), origin.columns.found.clone());
                Err(FileFault::MissingTaker { rule, found }.of(name))
            }
            _ => Ok(()),
        }
    }
}
