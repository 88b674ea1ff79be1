//! How far the result of a search is to be believed.
//!
//! The best of a thousand worthless parameter sets looks good. What is here asks, by
//! methods of different kinds, how much of a result is the search: splits of the
//! history ([`Pbo`], [`Paths`], [`Forward`]), the number of trials ([`Trials`],
//! [`Luck`]), resampling ([`shuffle_trades`], [`bootstrap_returns`]), entries at
//! random ([`random_runs`]), and sums up by stated rules ([`Verdict`]); [`Validation`] is
//! all of it about one search, and a [`crate::research::sweep::Sweep`] is validated by
//! its method `validate`.
//!
//! # Invariants
//!
//! - Functions of what they are given, slices or accounts to run: nothing is read,
//!   written or timed here.
//! - Randomness is `Pcg64`, one generator a resample, seeded from the seed given plus
//!   the resample's index: same seed, same result on any number of threads.
//! - What has no value is `None`, never NaN, an infinity or a 0 that means "unknown".
//! - Sharpe ratios are per period unless their documentation says **annual**; shares
//!   and probabilities are in 0..=1.
//!
//! # Known limits
//!
//! All of it judges the trades that were simulated. Wrong costs, look-ahead or a
//! market that will not come again pass every test here.

mod blocks;
mod forward;
mod half_sums;
mod judge;
mod lines;
mod monte_carlo;
mod paths;
mod pbo;
mod random_entry;
mod random_runs;
mod sample;
mod split;
mod trials;
mod validate;
mod verdict;

pub use crate::research::store::BLOCKS;
pub use blocks::{BlockRows, BlockTable, ReturnBlocks, best_sharpe};
pub use forward::{
    Chosen, DayReturn, Forward, Leg, Make, WalkConfig, WalkDay, WalkError, WalkForward, Walked,
    day_returns,
};
pub use judge::{BestRun, MonteCarlo, SearchOutcome, Validation};
pub use monte_carlo::{
    Band, RESAMPLES, ReturnBands, ShuffleBands, TradeBands, block_length, bootstrap_returns,
    bootstrap_trades, shuffle_trades,
};
pub use paths::{CPCV, Paths, holds, label_ends};
pub use pbo::{LOGIT_BIN, LOGIT_BINS, Pbo, SPLITS};
pub use random_entry::{RandomEntry, entries};
pub use random_runs::{NoRandom, RANDOM, RandomRuns, TOLERANCE, random_runs};
pub use split::{Cpcv, CpcvSplit, Walk, WalkWindow, walk_forward};
pub use trials::{Luck, MAX_SAMPLE, SAME_TRIAL, Trials};
pub use validate::{ValidatedSweep, ValidationError, ValidationOptions, WholeSet};
pub use verdict::{
    Evidence, MAX_PBO, MAX_RANDOM_P, MIN_DAYS, MIN_DEFLATED, MIN_KEPT, MIN_PLATEAU, MIN_TRADES,
    Rule, RuleFinding, Verdict, VerdictLevel,
};
