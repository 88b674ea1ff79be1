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
use crate::research::trials::sets_identity;
use crate::research::validation::ValidationOptions;
use crate::run::Backtest;
use crate::setup::{Prepared, SetupError};
use tickstep_core::features::FeatureSpec;

/// Keys that can be swept; all below them can too.
const SWEPT: [(&str, &[&str]); 6] = [
    ("account", &["cash"]),
    ("costs", &["maker_fee", "taker_fee", "slippage"]),
    ("simulation", &["intrabar", "max_gap"]),
    (
        "risk",
        &[
            "daily_loss",
            "daily_loss_basis",
            "flatten_at",
            "max_drawdown",
            "trailing_drawdown",
            "profit_target",
            "min_trading_days",
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

/// Values of an axis that are looked at one by one before the search.
const CHECKED: u32 = 1_000;

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
    /// What they are made of, where the program says it.
    code: Vec<(String, String)>,
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
        let plan = Self { config, sweep, space, table, own: own.clone(), code: Vec::new() };
        plan.check_keys()?;
        plan.check_values()?;
        Ok(plan)
    }

    /// The same where a program tells what its strategies are made of, by kind: a search
    /// with other code is another search, and its sets are other trials.
    #[must_use]
    pub fn made_of(self, code: Vec<(String, String)>) -> Self {
        Self { code, ..self }
    }

    /// A value that no set can have would fail every set that has it.
    fn check_values(&self) -> Result<(), SearchError> {
        self.each_value(|config| match config {
            Err(ConfigError::AtKey { message, .. }) if message.contains("is out of range") => {
                Err(message)
            }
            _ => Ok(()),
        })
    }

    /// Instruments take every value, and no window is longer than the data.
    fn check_over(&self, prepared: &Prepared) -> Result<(), SearchError> {
        self.each_value(|config| {
            // What contradicts another value may be right beside it.
            let Ok(config) = config else { return Ok(()) };
            match prepared.backtest_of(&config) {
                Err(SetupError::Instrument(error)) => Err(error.to_string()),
                Err(_) => Ok(()),
                Ok(backtest) => within_data(&backtest),
            }
        })
    }

    /// Asks `fault` of the configuration with each value of each axis, alone; of many
    /// values, which are a range, of its ends.
    fn each_value(
        &self,
        fault: impl Fn(Result<Config, ConfigError>) -> Result<(), String>,
    ) -> Result<(), SearchError> {
        for axis in self.space.axes() {
            let count = axis.count();
            let levels: Vec<u32> =
                if count <= CHECKED { (0..count).collect() } else { vec![0, count - 1] };
            for value in levels.into_iter().filter_map(|level| axis.value(level)) {
                let mut table = self.table.clone();
                let made = apply(&mut table, &format!("{}={value}", axis.key()))
                    .and_then(|()| Config::from_table_with(table, &self.own));
                fault(made).map_err(|message| SearchError::Axis {
                    key: axis.key().to_owned(),
                    message: refusal(&value.to_string(), &message),
                })?;
            }
        }
        Ok(())
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
        self.check_over(prepared)?;
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

    /// Fingerprint of the sets alone, as trials are counted by.
    #[must_use]
    pub fn sets_identity(&self, data: &[InstrumentData]) -> Identity {
        self.with_code(sets_identity(self.base(), Some(&self.sweep), data))
    }

    /// Fingerprint of the search over `data`.
    #[must_use]
    pub fn identity(&self, data: &[InstrumentData]) -> Identity {
        self.with_code(Identity::of(&(env!("CARGO_PKG_VERSION"), &self.config, data)))
    }

    fn with_code(&self, identity: Identity) -> Identity {
        if self.code.is_empty() { identity } else { Identity::of(&(identity, &self.code)) }
    }
}

/// A value with what is wrong with it, said once where the message begins with it.
fn refusal(value: &str, message: &str) -> String {
    let words = match message.strip_prefix(value) {
        Some(rest) if rest.starts_with(' ') => rest.to_owned(),
        _ => format!(": {message}"),
    };
    format!("value {value}{words}; take it out of the axis")
}

/// Whether every strategy has its windows filled by the data.
fn within_data(backtest: &Backtest<'_>) -> Result<(), String> {
    for slot in &backtest.strategies {
        let Some(traded) = backtest.instruments.get(slot.instrument.index()) else { continue };
        let mut spec = FeatureSpec::default();
        if slot.strategy.build(&mut spec).is_err() {
            continue;
        }
        let (longest, bars) = (spec.longest_window(), traded.series.bars().len());
        if longest > bars {
            return Err(format!(
                "{} looks back {longest} bars and {} has {bars} in all, so it must be 1 to {bars}",
                slot.name,
                traded.series.symbol()
            ));
        }
    }
    Ok(())
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
