//! The risk of a run: drawdowns on every bar close, the rest on days with data.

use serde::{Deserialize, Serialize};

use super::drawdown::{DrawdownSpans, drawdowns};
use super::input::{EquityCurve, StatsInput};
use super::returns::{conditional_value_at_risk, tail_ratio, value_at_risk, volatility};

/// Tail that VaR and CVaR look at: the worst 5 % of days.
pub const TAIL: f64 = 0.05;

/// Figures of risk, fractions where not said otherwise.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct RiskStats {
    /// Deepest drawdown over all bar closes, at or below 0.
    pub max_drawdown: Option<f64>,
    /// Mean depth of all drawdowns.
    pub average_drawdown: Option<f64>,
    /// How long drawdowns lasted, in nanoseconds.
    pub drawdown_spans: Option<DrawdownSpans>,
    /// Ulcer index over all bar closes.
    pub ulcer_index: Option<f64>,
    /// Annual volatility of daily returns.
    pub volatility: Option<f64>,
    /// Historical 95 % value at risk of one day, negative for a loss.
    pub var_95: Option<f64>,
    /// Mean of the days at or beyond it.
    pub cvar_95: Option<f64>,
    /// |P95| / |P5| of daily returns.
    pub tail_ratio: Option<f64>,
    /// Whether equity was ever at or below zero. No figure on returns exists then.
    pub ruined: bool,
}

impl RiskStats {
    pub(super) fn new(input: &StatsInput<'_>, curve: &EquityCurve<'_>) -> Self {
        let days_per_year = f64::from(input.coverage.days_per_year());
        let drawdowns = drawdowns(curve.start_ts, curve.start, curve.points());
        Self {
            max_drawdown: drawdowns.max,
            average_drawdown: drawdowns.mean,
            drawdown_spans: drawdowns.spans,
            ulcer_index: drawdowns.ulcer,
            volatility: volatility(&curve.daily, days_per_year),
            var_95: value_at_risk(&curve.daily, TAIL),
            cvar_95: conditional_value_at_risk(&curve.daily, TAIL),
            tail_ratio: tail_ratio(&curve.daily),
            ruined: curve.ruined,
        }
    }
}
