//! A configuration with `[sweep]` as a search: each set is the configuration that
//! `--set` would make of it, so that any of them can be run alone.
//!
//! Known limit: what decides which data is loaded, and when it is traded, cannot
//! be swept; it is refused before anything is loaded.

use super::error::SearchError;
use tickstep_config::{ConfigError, OwnStrategies, apply};

use crate::config::Config;
use crate::folder::{Identity, InstrumentData};
use crate::research::config::SearchConfig;
use crate::research::space::{Set, Space, SweepConfig};
use crate::research::sweep::metric::Metrics;
use crate::research::sweep::{Sweep, SweepError};
use crate::research::validation::ValidationOptions;
use crate::run::Backtest;
use crate::setup::{Prepared, SetupError};

/// Keys that can be swept; all below them can too.
const SWEPT: [(&str, &[&str]); 6] = [
    ("account", &["cash"]),
    ("costs", &["maker_fee", "taker_fee", "slippage"]),
    ("simulation", &["intrabar", "max_gap"]),
    (
        "risk",
        &[
            "daily_loss",
            "drawdown_tiers",
            "max_positions",
            "symbol_exposure",
            "correlated_exposure",
            "margin",
        ],
    ),
    ("strategy", &["params", "sizing", "bracket_anchor"]),
    (
        "instrument",
        &[
            "lot_step",
            "contract_size",
            "min_qty",
            "min_notional",
            "leverage",
            "maintenance_margin",
            "maker_fee",
            "taker_fee",
            "slippage",
        ],
    ),
];

/// A configuration and the sets it sweeps.
#[derive(Clone, Debug)]
pub struct SweepPlan {
    /// The whole configuration, `[sweep]` with it.
    pub config: SearchConfig,
    /// The section `[sweep]` of the configuration.
    pub sweep: SweepConfig,
    /// The space of parameters that `[sweep]` states.
    pub space: Space,
    /// The run's as a table, parsed once for all sets.
    table: toml::Table,
    /// Strategies that the program brings.
    own: OwnStrategies,
}

impl SweepPlan {
    /// Of a configuration, which must have `[sweep]` and sweep only what can be swept.
    pub fn new(config: SearchConfig) -> Result<Self, SearchError> {
        Self::with(config, &OwnStrategies::default())
    }

    /// The same, with the strategies that the program brings.
    pub fn with(mut config: SearchConfig, own: &OwnStrategies) -> Result<Self, SearchError> {
        let sweep = config.sweep.clone().ok_or(SearchError::NoSweep)?;
        let space = sweep.space().map_err(SweepError::from)?;
        Metrics::new(&sweep.objective).map_err(SweepError::from)?;
        space.axes().iter().try_for_each(|axis| sweepable(axis.key()))?;
        config.run.bring(own)?;
        let table = config.run.to_table()?;
        let plan = Self { config, sweep, space, table, own: own.clone() };
        plan.check_keys()?;
        Ok(plan)
    }

    /// A key that the configuration does not know would fail every set.
    fn check_keys(&self) -> Result<(), SearchError> {
        for axis in self.space.axes() {
            let Some(value) = axis.value(0) else { continue };
            let mut table = self.table.clone();
            let made = apply(&mut table, &format!("{}={value}", axis.key()))
                .and_then(|()| Config::from_table_with(table, &self.own));
            let message = match made {
                Err(ConfigError::Set { message, .. }) => message,
                Err(ConfigError::AtKey { message, .. }) if message.starts_with("unknown") => {
                    message
                }
                _ => continue,
            };
            return Err(SearchError::Axis { key: axis.key().to_owned(), message });
        }
        Ok(())
    }

    /// The configuration that everything but the sweep is of, to load the data by.
    #[must_use]
    pub const fn base(&self) -> &Config {
        &self.config.run
    }

    /// The configuration of a set, to be run alone.
    pub fn of_set(&self, set: &Set) -> Result<Config, ConfigError> {
        let mut table = self.table.clone();
        for (key, value) in set.pairs() {
            apply(&mut table, &format!("{key}={value}"))?;
        }
        Config::from_table_with(table, &self.own)
    }

    /// The search over data that was loaded by [`SweepPlan::base`].
    pub fn over<'a>(
        &'a self,
        prepared: &'a Prepared,
    ) -> Result<
        Sweep<'a, impl Fn(&Set) -> Result<Backtest<'a>, SetupError> + Sync + use<'a>>,
        SearchError,
    > {
        let make = move |set: &Set| prepared.backtest_of(&self.of_set(set)?);
        let period = prepared.period();
        if let Some(how) = &self.config.walk_forward {
            // Not after hours of sets.
            how.plan(&prepared.coverage())?;
        }
        let objectives = &self.sweep.objective;
        let mut sweep = Sweep::over(&self.space, &prepared.series, period, objectives, make)?;
        sweep.min_trades = u64::from(self.sweep.min_trades);
        sweep.top = self.sweep.top as usize;
        Ok(sweep)
    }

    /// How the search is validated, as far as the configuration says.
    #[must_use]
    pub fn validation_options(&self) -> ValidationOptions<'static> {
        ValidationOptions {
            walk_forward: self.config.walk_forward,
            random_entries: self.sweep.random_entries as usize,
            ..ValidationOptions::default()
        }
    }

    /// Fingerprint of the search over `data`.
    #[must_use]
    pub fn identity(&self, data: &[InstrumentData]) -> Identity {
        Identity::of(&(env!("CARGO_PKG_VERSION"), &self.config, data))
    }
}

/// An error for a key that decides what is loaded, or when it is traded.
fn sweepable(key: &str) -> Result<(), SearchError> {
    let parts: Vec<&str> = key.split('.').collect();
    let fields = SWEPT.iter().find(|(table, _)| parts.first() == Some(table)).map(|t| t.1);
    let known = |at: usize| {
        let field = parts.get(at).copied().unwrap_or_default();
        fields.is_some_and(|fields| fields.contains(&field))
    };
    // `strategy.params...`, or `strategy.NAME.params...`.
    let lists = matches!(parts.first(), Some(&"strategy" | &"instrument"));
    if known(1) || (lists && known(2)) {
        return Ok(());
    }
    let list = |(table, fields): &(&str, &[&str])| format!("{table}.{{{}}}", fields.join(","));
    let all: Vec<String> = SWEPT.iter().map(list).collect();
    Err(SearchError::Axis {
        key: key.to_owned(),
        message: format!(
            "it cannot be swept, as all sets run over the same data and time; these can: {}",
            all.join(", ")
        ),
    })
}
