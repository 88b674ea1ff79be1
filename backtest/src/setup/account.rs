//! Other accounts over the data that was loaded once: what a sweep runs.

use std::sync::Arc;

use tickstep_core::sim::FittedCosts;
use tickstep_core::sim::cost::Intrabar;
use tickstep_core::stats::Coverage;
use tickstep_core::units::Nanos;

use tickstep_config::{ConfigError, Strategies};

use super::error::SetupError;
use super::instruments::{check, instrument};
use super::prepared::Prepared;
use crate::config::Config;
use crate::run::{Backtest, MarketData, Period};

impl Prepared {
    /// The account, costs, instruments, limits, simulation and strategies of `config`
    /// over the loaded data. What decides which data is loaded, and when it is traded,
    /// remains that of [`Prepared::config`].
    pub fn backtest_of(&self, config: &Config) -> Result<Backtest<'_>, SetupError> {
        let symbols = |of: &Config| of.instrument.iter().map(|i| i.terms.symbol.clone()).collect();
        let (ours, theirs): (Vec<String>, Vec<String>) = (symbols(&self.config), symbols(config));
        if ours != theirs {
            return Err(SetupError::NotLoaded {
                loaded: ours.join(", "),
                asked: theirs.join(", "),
            });
        }
        check(config)?;
        let finer = self.finer_for(config)?;
        let mut instruments = Vec::new();
        for (i, (wanted, series)) in config.instrument.iter().zip(&self.series).enumerate() {
            let costs = config.costs.of(&wanted.terms)?;
            instruments.push(MarketData {
                instrument: instrument(config, wanted, &costs, series)?,
                conversion: self.conversions[i],
                slippage: costs.slippage,
                series,
                finer: if finer { self.finer[i].as_ref() } else { None },
                funding: self.funding[i].points.clone(),
            });
        }
        let daily = config.risk.counts_days();
        Ok(Backtest {
            cash: config.account.cash,
            instruments,
            strategies: Strategies(&config.strategy).slots(&config.terms())?,
            risk: config.risk.clone(),
            intrabar: config.simulation.intrabar,
            fitted: self.fitted_for(config)?,
            max_gap: config.simulation.max_gap,
            period: self.period,
            day_starts: if daily { self.day_starts.clone() } else { Vec::new() },
        })
    }

    /// The costs of `config` as they were measured, where it asks for them.
    fn fitted_for(&self, config: &Config) -> Result<Option<Arc<FittedCosts>>, SetupError> {
        let Some(fitted) = &config.costs.fitted else { return Ok(None) };
        let fitted = match &self.config.costs.fitted {
            Some(loaded) => fitted.with_lists_of(loaded),
            None => fitted.clone(),
        };
        if !fitted.has_lists() {
            let words = "was not loaded; state it in the configuration itself, not by an axis";
            return Err(ConfigError::at_key("costs.fitted.file", words).into());
        }
        fitted.validate()?;
        let symbols: Vec<&str> =
            config.instrument.iter().map(|i| i.terms.symbol.as_str()).collect();
        Ok(Some(Arc::new(fitted.costs(&symbols)?)))
    }

    /// Whether `config` looks at finer bars, which must be there then.
    fn finer_for(&self, config: &Config) -> Result<bool, SetupError> {
        match config.simulation.intrabar {
            Intrabar::StopFirst | Intrabar::TargetFirst | Intrabar::OhlcPath => Ok(false),
            Intrabar::FinerBars | Intrabar::FinerBarsTarget => {
                if self.finer.iter().any(Option::is_none) {
                    let key = "simulation.intrabar".to_owned();
                    let message = "finer bars were not loaded; state them in the configuration \
                                   itself, not by an axis"
                        .to_owned();
                    return Err(ConfigError::AtKey { key, message }.into());
                }
                Ok(true)
            }
        }
    }

    /// The part of the data that is traded.
    #[must_use]
    pub const fn period(&self) -> Period {
        self.period
    }

    /// What the bars cover that are traded, of all instruments.
    #[must_use]
    pub fn coverage(&self) -> Coverage {
        self.period().coverage(&self.series)
    }

    /// From the open of the first bar that is traded to the close of the last, of all
    /// instruments; `None` where no bar is.
    #[must_use]
    pub fn traded_span(&self) -> Option<(Nanos, Nanos)> {
        let spans = self.series.iter().filter_map(|series| self.period.span(series));
        spans.reduce(|a, b| (a.0.min(b.0), a.1.max(b.1)))
    }

    /// Nominal length of the shortest bars.
    #[must_use]
    pub fn interval(&self) -> Nanos {
        self.series.iter().map(|s| s.interval().nominal()).min().unwrap_or(Nanos::MINUTE)
    }
}
