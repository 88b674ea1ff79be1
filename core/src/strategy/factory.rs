//! How a strategy comes to be: from its parameters, once for each run.

use alloc::boxed::Box;
use alloc::sync::Arc;

use super::Strategy;
use crate::features::{FeatureError, FeatureSpec};

/// A strategy as the engine holds it.
pub type BoxedStrategy = Box<dyn Strategy + Send>;

type Build = dyn Fn(&mut FeatureSpec) -> Result<BoxedStrategy, FeatureError> + Send + Sync;

/// Makes a strategy as often as one is run, each from its beginning. It asks the
/// specification for the features that the strategy reads, so that a strategy which is
/// there has the ids of all of them.
///
/// ```
/// use tickstep_core::features::FeatureSpec;
/// use tickstep_core::strategy::sma_cross::{SmaCross, SmaCrossParams};
///
/// let cross = SmaCross::factory(SmaCrossParams::spec())?;
/// let mut spec = FeatureSpec::default();
/// let strategy = cross.build(&mut spec)?;
/// assert!(!strategy.looks_at_outcomes());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct StrategyFactory(Arc<Build>);

impl StrategyFactory {
    /// A factory of the strategies that the closure makes.
    pub fn new<S: Strategy + Send + 'static>(
        build: impl Fn(&mut FeatureSpec) -> Result<S, FeatureError> + Send + Sync + 'static,
    ) -> Self {
        Self(Arc::new(move |spec| Ok(Box::new(build(spec)?))))
    }

    /// A strategy at its beginning, whose features are asked of `spec`.
    pub fn build(&self, spec: &mut FeatureSpec) -> Result<BoxedStrategy, FeatureError> {
        (self.0)(spec)
    }

    /// The strategy for itself, to be asked what it needs before there is a run.
    pub fn look(&self) -> Result<BoxedStrategy, FeatureError> {
        self.build(&mut FeatureSpec::default())
    }
}

impl core::fmt::Debug for StrategyFactory {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("StrategyFactory")
    }
}

/// A strategy that reads no features is copied for each run.
impl<S: Strategy + Clone + Send + Sync + 'static> From<S> for StrategyFactory {
    fn from(strategy: S) -> Self {
        Self::new(move |_| Ok(strategy.clone()))
    }
}
