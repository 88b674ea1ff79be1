//! Strategies that a program brings with it, under the names its configurations use.

use std::fmt;
use std::sync::Arc;

use serde::de::DeserializeOwned;
use serde::{Serialize, Serializer};
use tickstep_core::strategy::StrategyFactory;
use toml::Table;

use crate::document;
use crate::error::ConfigError;

/// The table `[strategy.params]` of a strategy that a program brings.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ParamTable(Table);

impl ParamTable {
    /// Reads the parameters; a key that is unknown, or a value, has its place in the file.
    pub fn read<T: DeserializeOwned>(self) -> Result<T, ConfigError> {
        document::read(self.0, &[])
    }

    /// The parameters as the TOML table they were written as.
    #[must_use]
    pub const fn table(&self) -> &Table {
        &self.0
    }
}

impl From<Table> for ParamTable {
    fn from(table: Table) -> Self {
        Self(table)
    }
}

/// Makes a strategy of what a user wrote down; a fault names the parameter.
pub type FromToml = fn(ParamTable) -> Result<StrategyFactory, ConfigError>;

/// The strategies that a program brings, by the name that is the `kind` in a configuration.
///
/// ```
/// use serde::Deserialize;
/// use tickstep_config::{ConfigError, OwnStrategies, ParamTable};
/// use tickstep_core::strategy::sma_cross::{SmaCross, SmaCrossParams};
/// use tickstep_core::strategy::StrategyFactory;
///
/// #[derive(Deserialize)]
/// struct Slow {
///     days: usize,
/// }
///
/// fn slow(params: ParamTable) -> Result<StrategyFactory, ConfigError> {
///     let Slow { days } = params.read()?;
///     let params = SmaCrossParams { fast: days, slow: 5 * days, ..SmaCrossParams::spec() };
///     Ok(SmaCross::factory(params)?)
/// }
///
/// let own = OwnStrategies::from([("slow", slow as _)]);
/// assert_eq!(own.names().collect::<Vec<_>>(), ["slow"]);
/// ```
#[derive(Clone, Default)]
pub struct OwnStrategies(Vec<(String, Arc<Make>)>);

type Make = dyn Fn(ParamTable) -> Result<StrategyFactory, ConfigError> + Send + Sync;

impl<const N: usize> From<[(&'static str, FromToml); N]> for OwnStrategies {
    fn from(strategies: [(&'static str, FromToml); N]) -> Self {
        strategies.into_iter().fold(Self::default(), |own, (name, make)| own.with(name, make))
    }
}

impl OwnStrategies {
    /// One more strategy, which may hold what the program knows at run time.
    #[must_use]
    pub fn with(
        mut self,
        name: impl Into<String>,
        make: impl Fn(ParamTable) -> Result<StrategyFactory, ConfigError> + Send + Sync + 'static,
    ) -> Self {
        self.0.push((name.into(), Arc::new(make)));
        self
    }

    /// Names of the strategies, in the order they were listed.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|(name, _)| name.as_str())
    }

    pub(crate) fn named(&self, kind: &str) -> Option<&Make> {
        self.0.iter().find(|(name, _)| *name == kind).map(|(_, make)| &**make)
    }
}

impl fmt::Debug for OwnStrategies {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.names()).finish()
    }
}

/// A strategy that no other than the program knows. It is written as its parameters.
#[derive(Clone)]
pub struct OwnStrategy {
    pub(crate) kind: String,
    pub(crate) params: ParamTable,
    /// The factory, once the program was asked for it.
    pub(crate) factory: Option<StrategyFactory>,
}

impl OwnStrategy {
    /// Name of the strategy, as configurations write it.
    #[must_use]
    pub fn kind(&self) -> &str {
        &self.kind
    }
}

impl PartialEq for OwnStrategy {
    fn eq(&self, other: &Self) -> bool {
        self.kind == other.kind && self.params == other.params
    }
}

impl fmt::Debug for OwnStrategy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("OwnStrategy").field(&self.kind).field(&self.params.0).finish()
    }
}

impl Serialize for OwnStrategy {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        self.params.0.serialize(to)
    }
}
