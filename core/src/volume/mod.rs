//! What the volume of a bar says: how unusual it is, which side the takers were on, and
//! whether the two with the chart make a signal.
//!
//! Invariants: the baseline is the bars **before** the one judged, so a spike
//! does not dilute itself; shares and ratios are decided on integers, and become
//! `f64` only to be shown; an undefined value is `None` and holds no rule.
//!
//! Refuses to do: guess the takers' side. The [`VolumeSplit`] is the user's choice.

mod analyser;
mod params;
mod ratio;
mod split;
mod tick_rule;

pub use analyser::{REPORTED_BASELINES, VolumeAnalyser, VolumeAnalysis};
pub use params::{VolumeMeasures, VolumeParams, VolumeRules, VolumeSignal};
pub use ratio::{SpikeLevel, VolumeRatio, strength};
pub use split::{Share, VolumeSplit, buy_share};
pub use tick_rule::TickRule;
