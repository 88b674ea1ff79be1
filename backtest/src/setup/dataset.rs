//! The data of a configuration: bars, finer bars and funding of each instrument, from
//! its files or from a program that has them already.

use std::ops::ControlFlow;
use std::path::Path;

use tickstep_core::units::Nanos;

use super::error::SetupError;
use super::files::find;
use super::finer;
use super::funding::{self, Funding};
use tickstep_config::MarketHours;

use crate::config::{Config, InstrumentConfig, StrategyConfig, StrategyParams};
use crate::load::{self, Format, LoadError, LoadOptions, Zone};
use crate::run::Period;
use crate::series::Series;

/// What an account is run over, by instrument.
pub(super) struct Dataset {
    pub series: Vec<Series>,
    pub finer: Vec<Option<Series>>,
    pub funding: Vec<Funding>,
}

impl Dataset {
    /// Loads the files that `config` names, from `base` on.
    pub(super) fn load(
        config: &Config,
        period: Period,
        base: &Path,
        progress: &mut dyn FnMut(load::LoadProgress<'_>) -> ControlFlow<()>,
    ) -> Result<Self, SetupError> {
        let mut series = Vec::new();
        let mut finer = Vec::new();
        for wanted in &config.instrument {
            let symbol = &wanted.terms.symbol;
            let opts = load_options(config, wanted, period, base)?;
            let files = find(symbol, &wanted.data, base)?;
            let bars = load::load(Some(symbol), &files, &opts, progress)?;
            finer.push(finer::load(config, wanted, &bars, opts, base, progress)?);
            series.push(bars);
        }
        let funding = fundings(config, &series, period, base)?;
        Ok(Self { series, finer, funding })
    }

    /// Of bars that are there, in the order of the instruments; a file of funding is looked
    /// for in the current folder.
    pub(super) fn of(
        config: &Config,
        series: Vec<Series>,
        finer: Vec<Option<Series>>,
        period: Period,
        base: &Path,
    ) -> Result<Self, SetupError> {
        let asked: Vec<&str> = config.instrument.iter().map(|i| &*i.terms.symbol).collect();
        let given: Vec<&str> = series.iter().map(Series::symbol).collect();
        if asked != given {
            let (loaded, asked) = (given.join(", "), asked.join(", "));
            return Err(SetupError::NotLoaded { loaded, asked });
        }
        let funding = fundings(config, &series, period, base)?;
        let finer = finer.into_iter().chain(std::iter::repeat_with(|| None));
        let each = config.instrument.iter().zip(&series).zip(finer);
        let finer = each
            .map(|((wanted, bars), finer)| finer::given(config, wanted, bars, finer))
            .collect::<Result<_, _>>()?;
        Ok(Self { finer, funding, series })
    }

    /// The first open and the last close of all instruments.
    pub(super) fn span(&self) -> Option<(Nanos, Nanos)> {
        span(&self.series)
    }
}

/// What each instrument's positions pay.
fn fundings(
    config: &Config,
    series: &[Series],
    period: Period,
    base: &Path,
) -> Result<Vec<Funding>, SetupError> {
    let Some(span) = span(series) else { return Ok(Vec::new()) };
    let of = |(wanted, series): (&InstrumentConfig, &Series)| {
        Ok(funding::of(wanted.funding.as_ref(), base, span, series, period.from)?)
    };
    config.instrument.iter().zip(series).map(of).collect()
}

fn span(series: &[Series]) -> Option<(Nanos, Nanos)> {
    let first = series.iter().filter_map(|s| s.bars().first()).map(|b| b.ts_open).min()?;
    let close = |s: &Series| Some(s.times().close_of(s.bars().last()?.ts_open));
    let last = series.iter().filter_map(close).max()?;
    Some((first, last))
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
    let trades = |s: &StrategyConfig| {
        s.instruments.as_ref().is_none_or(|symbols| symbols.contains(&wanted.terms.symbol))
    };
    let needs_taker = config
        .strategy
        .iter()
        .filter(|s| trades(s))
        .any(|s| s.params.built_in().is_some_and(StrategyParams::needs_taker));
    let zone = wanted.time_zone.as_deref().map(Zone::stated).transpose()?;
    Ok(LoadOptions {
        interval: wanted.interval_s.map(|s| Nanos::SECOND.times(i64::from(s))),
        // The configuration was checked as it was read.
        calendar: wanted.calendar.as_ref().and_then(|written| MarketHours::of(written).ok()),
        tick_size: wanted.terms.tick_size,
        volume_step: wanted.volume_step,
        round_to: wanted.round_to_grid,
        segment_gap: Nanos::SECOND.times(i64::from(config.simulation.segment_gap_s)),
        period: (start.is_some() || period.to.is_some())
            .then(|| (start.unwrap_or(far.0), period.to.unwrap_or(far.1))),
        require_taker: needs_taker.then(|| "pressure_rule = buy_share".to_owned()),
        format: format_of(wanted, base)?,
        zone,
        repairs: wanted.repair.clone(),
        ..LoadOptions::default()
    })
}

/// The layout of an instrument's files, where it is stated.
pub(super) fn format_of(
    wanted: &InstrumentConfig,
    base: &Path,
) -> Result<Option<Format>, LoadError> {
    let stated = |name| Format::stated(name, base, wanted.time_zone.as_deref(), wanted.price);
    wanted.format.as_deref().map(stated).transpose()
}
