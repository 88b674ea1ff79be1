//! From a configuration to a run: finds and loads the data, fixes the grids,
//! builds the account.

mod account;
mod costs;
mod files;
mod findings;
mod finer;
pub mod funding;
mod time;

use std::ops::ControlFlow;
use std::path::Path;

use jiff::tz::TimeZone;
use rust_decimal::Decimal;
use tickstep_core::instrument::{
    Conversion, Instrument, InstrumentError, InstrumentId, InstrumentSpec, Slippage,
};
use tickstep_core::params::ParamError;
use tickstep_core::stats::Stats;
use tickstep_core::units::Nanos;

use crate::config::{Config, ConfigError, ConvertMethod, InstrumentConfig};
use crate::folder::{DataFile, InstrumentData};
use crate::load::{self, Format, LoadError, LoadOptions};
use crate::run::{Backtest, Period, Run};
use crate::series::{Series, SourceFile};
use costs::Costs;
use files::find;
pub use findings::FindingsError;
use time::{days, instant, span};

/// Why a configuration does not become a run.
#[derive(Debug, thiserror::Error)]
pub enum SetupError {
    /// The configuration.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The data.
    #[error(transparent)]
    Load(#[from] LoadError),
    /// An instrument.
    #[error(transparent)]
    Instrument(#[from] InstrumentError),
    /// A parameter.
    #[error(transparent)]
    Param(#[from] ParamError),
    /// A funding series.
    #[error(transparent)]
    Funding(#[from] funding::FundingError),
    /// A pattern of file names.
    #[error(
        "{symbol}: {pattern} matches no file below {base}; check the path or the pattern, or name its folder with --base"
    )]
    NoFile {
        /// Instrument.
        symbol: String,
        /// As configured.
        pattern: String,
        /// Folder it starts from.
        base: String,
    },
    /// Costs are not stated.
    #[error(
        "{symbol}: {} not stated, and costs have no default; add under [costs], or give {}",
        missing.join(", "),
        examples.join(" ")
    )]
    CostsNotStated {
        /// Instrument.
        symbol: String,
        /// Keys under `[costs]`.
        missing: Vec<&'static str>,
        /// What to give on the command line.
        examples: Vec<&'static str>,
    },
    /// The configuration is of other instruments than those loaded.
    #[error("the data of {loaded} was loaded, not of {asked}; load the configuration anew")]
    NotLoaded {
        /// Symbols that were loaded.
        loaded: String,
        /// Symbols of the configuration.
        asked: String,
    },
    /// Bar files have no order book.
    #[error(
        "strategy {strategy}: pressure_rule = imbalance needs order book, which bar files do not \
         have; --set strategy.params.pressure_rule=buy_share looks at the takers instead, =off at \
         neither"
    )]
    NoBook {
        /// Its name.
        strategy: String,
    },
}

/// A configuration with its data, ready to run as often as wanted.
pub struct Prepared {
    /// The configuration, every change applied.
    pub config: Config,
    /// Instruments, in the account's order.
    pub instruments: Vec<Instrument>,
    /// Their bars.
    pub series: Vec<Series>,
    finer: Vec<Option<Series>>,
    conversions: Vec<Conversion>,
    slippages: Vec<Slippage>,
    funding: Vec<Vec<crate::run::FundingPoint>>,
    funding_sources: Vec<Option<SourceFile>>,
    period: Period,
    /// Starts of the account's days, whether or not a limit asks for them.
    day_starts: Vec<Nanos>,
    zone: TimeZone,
}

impl Prepared {
    /// Loads everything that `config` names, from `base` on.
    pub fn load(config: Config, base: &Path) -> Result<Self, SetupError> {
        Self::load_with(config, base, &mut |_| ControlFlow::Continue(()))
    }

    /// Loads, calling `progress` several times a file; `Break` gives [`LoadError::Cancelled`].
    pub fn load_with(
        config: Config,
        base: &Path,
        progress: &mut dyn FnMut(load::LoadProgress<'_>) -> ControlFlow<()>,
    ) -> Result<Self, SetupError> {
        let zone = TimeZone::get(&config.account.time_zone).unwrap_or(TimeZone::UTC);
        let period = Period {
            from: config.period.from.as_deref().map(|t| instant("period.from", t)).transpose()?,
            to: config.period.to.as_deref().map(|t| instant("period.to", t)).transpose()?,
        };
        if let (Some(from), Some(to)) = (period.from, period.to)
            && from >= to
        {
            let message = "the period ends before it begins; from must be before to".to_owned();
            return Err(ConfigError::AtKey { key: "period".to_owned(), message }.into());
        }
        let mut instruments = Vec::new();
        let mut series = Vec::new();
        let mut finer = Vec::new();
        let mut slippages = Vec::new();
        // A fault here must not wait for the data.
        costs::check(&config)?;
        for wanted in &config.instrument {
            let costs = Costs::of(&config, wanted)?;
            let opts = load_options(&config, wanted, period, base)?;
            let files = find(&wanted.symbol, &wanted.data, base)?;
            let bars = load::load(Some(&wanted.symbol), &files, &opts, progress)?;
            instruments.push(Instrument::new(spec(&config, wanted, &costs, &bars))?);
            slippages.push(costs.slippage);
            finer.push(finer::load(&config, wanted, &bars, opts, base, progress)?);
            series.push(bars);
        }
        let conversions = conversions(&config);
        let span = span(&series);
        let mut fundings = Vec::new();
        let mut funding_sources = Vec::new();
        for wanted in &config.instrument {
            let (points, source) = funding::of(wanted.funding.as_ref(), base, span)?;
            fundings.push(points);
            funding_sources.push(source);
        }
        // Whether they are asked for depends on a limit that may be varied.
        let day_starts = span.map_or_else(Vec::new, |span| days(&zone, span));
        Ok(Self {
            config,
            instruments,
            series,
            finer,
            conversions,
            slippages,
            funding: fundings,
            funding_sources,
            period,
            day_starts,
            zone,
        })
    }

    /// A fresh account over the loaded data.
    pub fn backtest(&self) -> Result<Backtest<'_>, SetupError> {
        self.backtest_of(&self.config)
    }

    /// Statistics of a run of this.
    #[must_use]
    pub fn stats(&self, run: &Run) -> Stats {
        run.stats(&self.instruments, self.interval())
    }

    /// Slippage of an instrument, in words.
    #[must_use]
    pub fn slippage_words(&self, symbol: &str) -> String {
        let at = self.instruments.iter().position(|i| i.symbol() == symbol);
        match at.map(|i| self.slippages[i]) {
            Some(Slippage::Ticks(n)) => format!("{n} ticks"),
            Some(Slippage::Bps(bps)) => format!("{bps} bps"),
            None => "unknown".to_owned(),
        }
    }

    /// Zone in which times are shown to people.
    #[must_use]
    pub const fn zone(&self) -> &TimeZone {
        &self.zone
    }

    /// The data as a manifest records it, paths relative to `base`.
    #[must_use]
    pub fn data(&self, base: &Path) -> Vec<InstrumentData> {
        self.series
            .iter()
            .zip(&self.instruments)
            .zip(self.finer.iter().zip(&self.funding_sources))
            .map(|((series, instrument), (finer, funding))| {
                let finer_sources = finer.iter().flat_map(|f| f.sources());
                let sources = series.sources().iter().chain(finer_sources).chain(funding);
                InstrumentData {
                    symbol: series.symbol().to_owned(),
                    tick_size: instrument.spec().tick_size,
                    lot_step: instrument.spec().lot_step,
                    repaired: finer.iter().fold(series.all_repaired(), |mut all, finer| {
                        all.add(&finer.all_repaired());
                        all
                    }),
                    files: sources.map(|s| DataFile::of(s, base)).collect(),
                }
            })
            .collect()
    }
}

fn spec(
    config: &Config,
    wanted: &InstrumentConfig,
    costs: &Costs,
    bars: &Series,
) -> InstrumentSpec {
    InstrumentSpec {
        symbol: wanted.symbol.clone(),
        tick_size: bars.grid().tick_size,
        lot_step: wanted.lot_step.unwrap_or(bars.grid().volume_step),
        contract_size: wanted.contract_size.unwrap_or(Decimal::ONE),
        min_qty: wanted.min_qty,
        min_notional: wanted.min_notional.unwrap_or(Decimal::ZERO),
        maker_fee: costs.maker_fee,
        taker_fee: costs.taker_fee,
        leverage: wanted.leverage.unwrap_or(Decimal::TEN),
        maintenance_margin: wanted.maintenance_margin,
        quote: wanted.quote.clone().unwrap_or_else(|| config.account.currency.clone()),
    }
}

fn load_options(
    config: &Config,
    wanted: &InstrumentConfig,
    period: Period,
    base: &Path,
) -> Result<LoadOptions, LoadError> {
    let warm_up = config.period.warm_up_s.map(|s| Nanos::SECOND.times(i64::from(s)));
    let start = match (period.from, warm_up) {
        (Some(from), Some(warm_up)) => Some(from - warm_up),
        _ => None,
    };
    let far = (Nanos(i64::MIN), Nanos(i64::MAX));
    let trades = |s: &crate::config::StrategyConfig| {
        s.instruments.as_ref().is_none_or(|symbols| symbols.contains(&wanted.symbol))
    };
    let needs_taker = config.strategy.iter().filter(|s| trades(s)).any(|s| s.params.needs_taker());
    let stated = (wanted.time_zone.as_deref(), wanted.price);
    let format = wanted.format.as_deref().map(|name| Format::stated(name, base, stated));
    Ok(LoadOptions {
        interval: wanted.interval_s.map(|s| Nanos::SECOND.times(i64::from(s))),
        tick_size: wanted.tick_size,
        volume_step: wanted.volume_step,
        round_to: wanted.round_to_grid,
        segment_gap: Nanos::SECOND.times(i64::from(config.simulation.segment_gap_s)),
        period: (start.is_some() || period.to.is_some())
            .then(|| (start.unwrap_or(far.0), period.to.unwrap_or(far.1))),
        require_taker: needs_taker.then(|| "pressure_rule = buy_share".to_owned()),
        format: format.transpose()?,
        repairs: wanted.repair.clone(),
        ..LoadOptions::default()
    })
}

fn conversions(config: &Config) -> Vec<Conversion> {
    let index_of = |symbol: &str| {
        let at = config.instrument.iter().position(|i| i.symbol == symbol);
        InstrumentId(at.unwrap_or(0) as u16)
    };
    config
        .instrument
        .iter()
        .map(|i| {
            i.convert.as_ref().map_or(Conversion::Same, |c| match c.method {
                ConvertMethod::Multiply => Conversion::Multiply(index_of(&c.via)),
                ConvertMethod::Divide => Conversion::Divide(index_of(&c.via)),
            })
        })
        .collect()
}
