//! From a search that is over to what it amounts to: every figure of its validation at once,
//! and the verdict over them.
//!
//! # Invariants
//!
//! - A pure function of what it is given: same search, same bytes on any number of
//!   threads, from one run or from shards.
//! - The number of trials that deflates the best Sharpe ratio is that of all searches
//!   known on this data, this one among them; both numbers are given.
//! - A figure that could not be computed is `None`, and its rule is not applied.
//!
//! # Known limits
//!
//! Overfitting and the paths are of Sharpe ratios, whatever the objective was. Sets
//! that failed or were ruined have no returns, so they count as trials only.

use ndarray::Array2;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use tickstep_core::math::decimal_to_f64;
use tickstep_core::stats::{Stats, TrialSharpes, profit_factor};

use super::forward::WalkForward;
use super::monte_carlo::{
    RESAMPLES, ReturnBands, ShuffleBands, TradeBands, bootstrap_returns, bootstrap_trades,
    shuffle_trades,
};
use super::paths::{CPCV, Paths, holds, label_ends};
use super::pbo::Pbo;
use super::random_runs::RandomRuns;
use super::split::Cpcv;
use super::trials::{Luck, MAX_SAMPLE, Trials};
use super::verdict::{Evidence, Verdict};
use crate::research::surface::ParameterSurface;
use crate::research::trials::Tried;
use crate::run::Run;

/// A search that is over, as far as it is to be judged.
pub struct SearchOutcome<'a> {
    /// Sets that were run, those that failed too.
    pub sets: usize,
    /// How the best of one half of the history did on the other.
    pub pbo: Option<Pbo>,
    /// Daily Sharpe ratios of the sets that have daily returns.
    pub sharpes: Vec<Option<f64>>,
    /// Daily returns of a sample of the sets, at most [`MAX_SAMPLE`], in order.
    pub sample: &'a [Vec<f64>],
    /// What was tried on this data in all searches; `None` where nobody counts.
    pub tried: Option<&'a Tried>,
    /// The best set, run whole; `None` where no set could be chosen.
    pub best: Option<BestRun<'a>>,
    /// The surface of the objective.
    pub surface: Option<&'a ParameterSurface>,
    /// The search done again and again on the past.
    pub walk_forward: Option<WalkForward>,
    /// The best set among random strategies; in its place the reason why not.
    pub random: Option<Result<RandomRuns, String>>,
    /// Seed of the resamples: the same seed draws the same ones.
    pub seed: u64,
}

/// The best set of a search, run whole.
#[derive(Clone, Copy)]
pub struct BestRun<'a> {
    /// The run, with its trades and equity curve.
    pub run: &'a Run,
    /// Statistics of the run.
    pub stats: &'a Stats,
    /// Its net P&L with the worse order in every ambiguous bar, account currency.
    pub worst: Option<Decimal>,
}

/// How far the result of a search is to be believed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Validation {
    /// The verdict in plain words, by stated rules.
    pub verdict: Verdict,
    /// The figures that it rests on.
    pub evidence: Evidence,
    /// Trials of this search.
    pub trials: Option<Trials>,
    /// The same among the sets of all searches known on this data.
    pub trials_all: Option<Trials>,
    /// Searches known on this data, this one among them.
    pub searches: Option<u64>,
    /// Whether that count may be too low: lines that could not be read, or searches
    /// that never told their end.
    pub count_is_doubtful: bool,
    /// What luck explains of the best set, with the trials of this search alone.
    pub luck_here: Option<Luck>,
    /// The same with the trials of all searches: what the verdict takes.
    pub luck: Option<Luck>,
    /// Probability of backtest overfitting.
    pub pbo: Option<Pbo>,
    /// Whole histories of the sample, by combinatorial purged cross-validation.
    pub paths: Option<Paths>,
    /// Windows of the walk-forward analysis.
    pub walk_forward: Option<WalkForward>,
    /// The best set's entries against entries at random.
    pub random: Option<RandomRuns>,
    /// Why there are no random runs.
    pub random_left_out: Option<String>,
    /// What else could have come of the best set's trades and days.
    pub monte_carlo: Option<MonteCarlo>,
}

/// Resamples of one run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MonteCarlo {
    /// Resamples of each kind.
    pub resamples: usize,
    /// The trades in another order.
    pub shuffled: Option<ShuffleBands>,
    /// The days drawn anew, in blocks.
    pub days: Option<ReturnBands>,
    /// The trades drawn anew, in blocks.
    pub trades: Option<TradeBands>,
    /// Profit factor as it was.
    pub profit_factor: Option<f64>,
}

impl MonteCarlo {
    /// Of a whole run, `resamples` of each kind ([`RESAMPLES`] as a rule).
    #[must_use]
    pub fn of(run: &Run, resamples: usize, seed: u64) -> Self {
        let nets: Vec<Decimal> = run.trades.iter().map(|t| t.net).collect();
        let pnl: Vec<f64> = nets.iter().map(|net| decimal_to_f64(*net)).collect();
        let days = run.daily_returns().unwrap_or_default();
        let drawn = |block| bootstrap_trades(&pnl, block, resamples, seed);
        Self {
            resamples,
            shuffled: shuffle_trades(&pnl, decimal_to_f64(run.cash), resamples, seed),
            days: bootstrap_returns(&days, None, resamples, seed),
            // Too few trades to tell a block length from are drawn alone.
            trades: drawn(None).or_else(|| drawn(Some(1.0))),
            profit_factor: profit_factor(&nets),
        }
    }
}

impl Validation {
    /// Computes everything that can be.
    #[must_use]
    pub fn of(outcome: SearchOutcome<'_>) -> Self {
        let sample = matrix(outcome.sample);
        let trials = sample.as_ref().and_then(|s| Trials::of(s.view(), outcome.sets));
        let all = outcome.tried.map(|t| usize::try_from(t.sets).unwrap_or(usize::MAX));
        let trials_all = trials.map(|t| t.among(all.unwrap_or(0)));
        let mut sharpes = outcome.sharpes;
        sharpes.resize(outcome.sets.max(sharpes.len()), None);
        let best = outcome.best.and_then(|b| b.stats.ratios.sharpe_sample());
        let luck = |trials: Option<Trials>| {
            let trials = trials?;
            let luck = Luck::of(&best?, &sharpes, trials.effective);
            Some(Luck { sets: trials.sets, ..luck })
        };
        let (random, random_left_out) = match outcome.random {
            Some(Ok(random)) => (Some(random), None),
            Some(Err(why)) => (None, Some(why)),
            None => (None, None),
        };
        let mut validation = Self {
            verdict: Verdict::of(&Evidence::default()),
            evidence: Evidence::default(),
            trials,
            trials_all,
            searches: outcome.tried.map(|t| t.searches),
            count_is_doubtful: outcome.tried.is_some_and(|t| t.untold > 0 || !t.doubts.is_empty()),
            luck_here: luck(trials),
            luck: luck(trials_all),
            pbo: outcome.pbo,
            paths: sample.as_ref().zip(outcome.best).and_then(|(s, best)| paths(s, best.run)),
            walk_forward: outcome.walk_forward,
            random,
            random_left_out,
            monte_carlo: outcome.best.map(|best| MonteCarlo::of(best.run, RESAMPLES, outcome.seed)),
        };
        validation.evidence = validation.gathered(outcome.best, outcome.surface);
        validation.verdict = Verdict::of(&validation.evidence);
        validation
    }

    /// The figures that the rules ask for.
    fn gathered(&self, best: Option<BestRun<'_>>, surface: Option<&ParameterSurface>) -> Evidence {
        let walk = self.walk_forward.as_ref();
        let days = self.monte_carlo.as_ref().and_then(|m| m.days);
        Evidence {
            trades: best.map(|b| b.run.trades.len()),
            days: best.map(|b| b.stats.ratios.days),
            deflated: self.luck.and_then(|l| l.deflated),
            pbo: self.pbo.as_ref().map(|p| p.probability),
            min_track_record: self.luck.and_then(|l| l.min_track_record),
            in_sample_sharpe: walk.and_then(|w| w.in_sample_sharpe),
            out_of_sample_sharpe: walk.and_then(|w| w.out_of_sample_sharpe),
            random_p: self.random.map(|r| r.net.p),
            return_p5: days.and_then(|d| d.total.p5),
            plateau: surface.and_then(ParameterSurface::plateau).map(|p| p.share),
            // What is lost without them cannot be lost by them.
            survives_ambiguous_bars: best
                .filter(|b| b.stats.outcome.net_profit > Decimal::ZERO)
                .and_then(|b| b.worst)
                .map(|net| net > Decimal::ZERO),
        }
    }

    /// The search that the best run is the best of, for its own figures.
    #[must_use]
    pub fn search(&self) -> Option<TrialSharpes> {
        let luck = self.luck?;
        Some(TrialSharpes { trials: luck.effective, sharpe_std: luck.sharpe_std? })
    }
}

/// The sample as a matrix, one row a set; `None` for none, too many, or rows of
/// different lengths.
fn matrix(sample: &[Vec<f64>]) -> Option<Array2<f64>> {
    let days = sample.first()?.len();
    if sample.len() > MAX_SAMPLE {
        return None;
    }
    let all: Vec<f64> = sample.iter().flatten().copied().collect();
    Array2::from_shape_vec((sample.len(), days), all).ok()
}

/// Of the sample, purged by the holding times of the best set's trades.
fn paths(sample: &Array2<f64>, best: &Run) -> Option<Paths> {
    let ends = label_ends(&best.coverage, holds(&best.trades));
    let (groups, test_groups) = CPCV;
    let cpcv = Cpcv::new(groups, test_groups, ends, 0)?;
    Paths::of(sample.view(), &cpcv, best.coverage.days_per_year())
}
