//! A configuration with its data, ready to run as often as wanted.

use std::ops::ControlFlow;
use std::path::Path;
use std::sync::OnceLock;

use jiff::tz::TimeZone;
use sha2::{Digest, Sha256};
use tickstep_config::{ConfigError, instant};
use tickstep_core::instrument::{Conversion, Instrument, Slippage};
use tickstep_core::units::Nanos;

use super::dataset::Dataset;
use super::error::SetupError;
use super::funding::Funding;
use super::instruments;
use crate::config::Config;
use crate::folder::{DataFile, IN_MEMORY, InstrumentData};
use crate::load;
use crate::run::{Backtest, Period, Run};
use crate::series::{Series, SourceFile};
use tickstep_core::stats::Stats;

/// A configuration with its data, ready to run as often as wanted.
pub struct Prepared {
    /// The configuration, every change applied.
    pub config: Config,
    /// Instruments, in the account's order.
    pub instruments: Vec<Instrument>,
    /// Bars of the instruments, in the same order.
    pub series: Vec<Series>,
    pub(super) finer: Vec<Option<Series>>,
    pub(super) conversions: Vec<Conversion>,
    slippages: Vec<Slippage>,
    pub(super) funding: Vec<Funding>,
    pub(super) period: Period,
    /// Starts of the account's days, whether or not a limit asks for them.
    pub(super) day_starts: Vec<Nanos>,
    zone: TimeZone,
    /// Whether the configuration says how the files were read.
    from_files: bool,
    /// What stands for the bars of each instrument that a program brought.
    in_memory: OnceLock<Vec<Vec<SourceFile>>>,
}

impl Prepared {
    /// Loads everything that `config` names, from `base` on.
    pub fn load(config: Config, base: &Path) -> Result<Self, SetupError> {
        Self::load_with(config, base, &mut |_| ControlFlow::Continue(()))
    }

    /// Loads, calling `progress` several times a file; `Break` gives
    /// [`Cancelled`](crate::load::LoadError::Cancelled).
    pub fn load_with(
        config: Config,
        base: &Path,
        progress: &mut dyn FnMut(load::LoadProgress<'_>) -> ControlFlow<()>,
    ) -> Result<Self, SetupError> {
        let config = with_fitted(config, base)?;
        let period = period(&config)?;
        // A fault here must not wait for the data.
        instruments::check(&config)?;
        let data = Dataset::load(&config, period, base, progress)?;
        Self::new(config, period, data, true)
    }

    /// Over bars that a program has already, in the order of the instruments; the files
    /// that `config` names are not read.
    pub fn over(config: Config, series: Vec<Series>) -> Result<Self, SetupError> {
        Self::over_with_finer(config, series, Vec::new())
    }

    /// The same with finer bars, in the order of the instruments, which
    /// `simulation.intrabar = "finer_bars"` looks at.
    pub fn over_with_finer(
        config: Config,
        series: Vec<Series>,
        finer: Vec<Option<Series>>,
    ) -> Result<Self, SetupError> {
        Self::over_from(config, series, finer, Path::new(""))
    }

    /// The same where paths of funding series start from `base`.
    pub fn over_from(
        config: Config,
        series: Vec<Series>,
        finer: Vec<Option<Series>>,
        base: &Path,
    ) -> Result<Self, SetupError> {
        let config = with_fitted(config, base)?;
        let period = period(&config)?;
        instruments::check(&config)?;
        let data = Dataset::of(&config, series, finer, period, base)?;
        Self::new(config, period, data, false)
    }

    fn new(
        config: Config,
        period: Period,
        data: Dataset,
        from_files: bool,
    ) -> Result<Self, SetupError> {
        let mut traded = Vec::new();
        let mut slippages = Vec::new();
        for (wanted, series) in config.instrument.iter().zip(&data.series) {
            let costs = config.costs.of(&wanted.terms)?;
            traded.push(instruments::instrument(&config, wanted, &costs, series)?);
            slippages.push(costs.slippage);
        }
        let zone = config.account.zone().unwrap_or(TimeZone::UTC);
        Ok(Self {
            conversions: config.terms().conversions(),
            // Whether they are asked for depends on a limit that may be varied.
            day_starts: match (data.span(), config.account.day_starts()) {
                (Some(span), Ok(days)) => days.within(span),
                (None, _) | (_, Err(_)) => Vec::new(),
            },
            config,
            instruments: traded,
            slippages,
            series: data.series,
            finer: data.finer,
            funding: data.funding,
            period,
            zone,
            from_files,
            in_memory: OnceLock::new(),
        })
    }

    /// Finer bars of the instruments, in the same order, where they were asked for.
    #[must_use]
    pub fn finer(&self) -> &[Option<Series>] {
        &self.finer
    }

    /// The same data for another configuration, such as that of a set of a search. What
    /// decides which data is loaded, and when it is traded, remains as it was.
    pub fn changed(&self, config: Config) -> Result<Self, SetupError> {
        // Refused as it would be where the set is run.
        self.backtest_of(&config)?;
        let data = Dataset {
            series: self.series.clone(),
            finer: self.finer.clone(),
            funding: self.funding.clone(),
        };
        Self::new(config, self.period, data, self.from_files)
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
        if self.config.costs.fitted.is_some() {
            return "as measured".to_owned();
        }
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
        let made = self.in_memory.get_or_init(|| self.brought(sha256));
        self.recorded(base, made, true)
    }

    /// The data by what tells trials apart, which is quick to compute: bars that a program
    /// brought have a hash that does not guard against forgery in place of their SHA-256.
    #[must_use]
    pub fn fingerprint(&self, base: &Path) -> Vec<InstrumentData> {
        let brought = self.brought(|series| format!("{:032x}", series.fingerprint()));
        // The same bars are the same, whatever files they were read from.
        self.recorded(base, &brought, self.from_files)
    }

    fn recorded(
        &self,
        base: &Path,
        brought: &[Vec<SourceFile>],
        with_sources: bool,
    ) -> Vec<InstrumentData> {
        self.series
            .iter()
            .zip(&self.instruments)
            .zip(self.finer.iter().zip(&self.funding))
            .zip(brought)
            .map(|(((series, instrument), (finer, funding)), brought)| {
                let read = [Some(series), finer.as_ref()].into_iter().flatten();
                let read = read.flat_map(Series::sources).filter(|_| with_sources);
                let sources = read.chain(brought).chain(&funding.source);
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

    /// What stands for the bars, and finer bars, of each instrument where a program brought
    /// them: the configuration does not say what was done to their files, if they are of any.
    fn brought(&self, hash: impl Fn(&Series) -> String) -> Vec<Vec<SourceFile>> {
        let of = |series: &Series| source(series, hash(series));
        let both = self.series.iter().zip(&self.finer);
        both.map(|(series, finer)| match self.from_files {
            true => Vec::new(),
            false => [Some(series), finer.as_ref()].into_iter().flatten().filter_map(of).collect(),
        })
        .collect()
    }
}

/// SHA-256 of the tape that would hold the bars, and of their segments, which a tape leaves
/// to the run that reads it.
fn sha256(series: &Series) -> String {
    let mut hash = Sha256::new_with_prefix(load::to_tape(series));
    for segment in series.segments().iter().skip(1) {
        hash.update((segment.start as u64).to_le_bytes());
    }
    hex::encode(hash.finalize())
}

/// What stands for a file of bars, so that data which differ are told apart.
fn source(series: &Series, sha256: String) -> Option<SourceFile> {
    let (first, last) = (series.bars().first()?.ts_open, series.bars().last()?.ts_open);
    Some(SourceFile {
        path: IN_MEMORY.to_owned(),
        sha256,
        rows: series.bars().len(),
        empty: 0,
        first,
        last,
    })
}

/// The configuration with its measured costs read, so that nothing else has to be at hand to
/// run it again.
fn with_fitted(mut config: Config, base: &Path) -> Result<Config, ConfigError> {
    if let Some(fitted) = &mut config.costs.fitted {
        *fitted = fitted.loaded(base)?;
    }
    Ok(config)
}

/// The part of the data that `config` trades.
fn period(config: &Config) -> Result<Period, ConfigError> {
    let zone = config.account.zone()?;
    let at = |key, text: &Option<String>| {
        text.as_deref().map(|text| instant(key, text, &zone)).transpose()
    };
    let period = Period {
        from: at("period.from", &config.period.from)?,
        to: at("period.to", &config.period.to)?,
    };
    if let (Some(from), Some(to)) = (period.from, period.to)
        && from >= to
    {
        let message = "the period ends before it begins; from must be before to".to_owned();
        return Err(ConfigError::AtKey { key: "period".to_owned(), message });
    }
    Ok(period)
}
