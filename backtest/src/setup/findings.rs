//! What is known of a run beside its tables: bounds, and what the data was like.

use rust_decimal::Decimal;

use super::error::SetupError;
use super::prepared::Prepared;
use crate::config::Config;
use crate::folder::Findings;
use crate::run::bounds::Bounds;
use crate::run::{Backtest, Run, RunError};
use crate::series::Series;
use crate::times::utc;

impl Prepared {
    /// Bounds of a run of this, and warnings and repairs of its data. Runs the
    /// other orders inside a bar where any bar was ambiguous.
    pub fn findings(&self, run: &Run) -> Result<Findings, FindingsError> {
        self.findings_of(&self.config, run)
    }

    /// The same for a run of [`Prepared::backtest_of`].
    pub fn findings_of(&self, config: &Config, run: &Run) -> Result<Findings, FindingsError> {
        let bounds = self.bounds_of(config, run)?;
        let repaired = |series: &Series| {
            let all = series.all_repaired();
            (!all.is_none()).then(|| format!("{}: {all}", series.symbol()))
        };
        Ok(Findings {
            bounds: (bounds.ambiguous_bars > 0).then_some(bounds),
            warnings: self.warnings(),
            repairs: self.series.iter().filter_map(repaired).collect(),
        })
    }

    /// Results of a run of this under the worst and the best order inside every bar.
    pub fn bounds(&self, run: &Run) -> Result<Bounds, FindingsError> {
        self.bounds_of(&self.config, run)
    }

    fn bounds_of(&self, config: &Config, run: &Run) -> Result<Bounds, FindingsError> {
        let make = |intrabar| -> Result<_, FindingsError> {
            Ok(Backtest { intrabar, ..self.backtest_of(config)? })
        };
        Bounds::of(run, config.simulation.intrabar, make)
    }
}

impl Prepared {
    fn warnings(&self) -> Vec<String> {
        let data = self.series.iter().flat_map(warnings);
        let unfunded = self.series.iter().zip(&self.funding).flat_map(|(series, funding)| {
            let symbol = series.symbol();
            funding.missing.iter().map(move |span| format!("{symbol}: {span}, as allowed"))
        });
        data.chain(unfunded).collect()
    }
}

/// The other orders inside a bar could not be run.
#[derive(Debug, thiserror::Error)]
pub enum FindingsError {
    /// The account cannot be set up.
    #[error(transparent)]
    Setup(#[from] SetupError),
    /// The run could not be finished.
    #[error(transparent)]
    Run(#[from] RunError),
}

fn warnings(series: &Series) -> Vec<String> {
    let mut warnings = Vec::new();
    let missing: u64 = series.gaps().iter().map(|g| g.missing).sum();
    if let Some(longest) = series.gaps().iter().max_by_key(|g| g.missing) {
        warnings.push(format!(
            "{}: {} gaps, {missing} bars missing; the longest after {}, {} bars",
            series.symbol(),
            series.gaps().len(),
            utc(longest.after),
            longest.missing,
        ));
    }
    let still = series.bars().iter().filter(|b| b.volume.is_zero()).count();
    if still > 0 {
        let share = Decimal::from(100 * still) / Decimal::from(series.bars().len());
        warnings.push(format!(
            "{}: {still} bars without volume ({} %), real silence or filler; tickstep check tells",
            series.symbol(),
            share.round_dp(2),
        ));
    }
    if series.grid().tick_inferred || series.grid().volume_inferred {
        warnings.push(format!(
            "{}: grid inferred from the data's decimals, tick {}, volume step {}",
            series.symbol(),
            series.grid().tick_size,
            series.grid().volume_step,
        ));
    }
    warnings
}
