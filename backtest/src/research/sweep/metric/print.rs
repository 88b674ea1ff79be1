//! What a figure is called where people read it, and its value there: the labels and
//! units of the table of statistics, spans of time in days or hours.

use super::Metric;

/// Of a second.
const DAYS: f64 = 1.0 / 86_400.0;
const HOURS: f64 = 1.0 / 3_600.0;

impl Metric {
    /// Its label, unit included.
    ///
    /// ```
    /// use tickstep_backtest::research::sweep::metric::Metric;
    /// let drawdown = Metric::named("max_drawdown").unwrap();
    /// assert_eq!((drawdown.label(), drawdown.shown(-0.25)), ("Max. Drawdown [%]", -25.0));
    /// ```
    #[must_use]
    pub fn label(self) -> &'static str {
        print(self.name()).0
    }

    /// A value in the unit of the label.
    #[must_use]
    pub fn shown(self, value: f64) -> f64 {
        value * print(self.name()).1
    }
}

fn print(name: &'static str) -> (&'static str, f64) {
    of_account(name).or_else(|| of_risk(name)).or_else(|| of_trades(name)).unwrap_or((name, 1.0))
}

fn of_account(name: &str) -> Option<(&'static str, f64)> {
    Some(match name {
        "total_return" => ("Return [%]", 100.0),
        "net_profit" => ("Net Profit", 1.0),
        "final_equity" => ("Equity Final", 1.0),
        "peak_equity" => ("Equity Peak", 1.0),
        "cagr" => ("CAGR [%]", 100.0),
        "buy_hold_return" => ("Buy & Hold Return [%]", 100.0),
        "fees" => ("Fees Paid", 1.0),
        "slippage" => ("Slippage Paid", 1.0),
        "funding" => ("Funding Paid", 1.0),
        "exposure_time" => ("Exposure Time [%]", 100.0),
        "exposure_notional" => ("Exposure Notional [%]", 100.0),
        "turnover" => ("Turnover", 1.0),
        "gross_bps" => ("Gross Edge [bps a trade]", 1.0),
        "cost_bps" => ("Costs [bps a trade]", 1.0),
        "net_bps" => ("Net [bps a trade]", 1.0),
        "cost_side_bps" => ("Costs [bps a side]", 1.0),
        "break_even_side_bps" => ("Break-even Cost [bps a side]", 1.0),
        _ => return None,
    })
}

fn of_risk(name: &str) -> Option<(&'static str, f64)> {
    Some(match name {
        "max_drawdown" => ("Max. Drawdown [%]", 100.0),
        "average_drawdown" => ("Avg. Drawdown [%]", 100.0),
        "longest_drawdown" => ("Max. Drawdown Duration [days]", DAYS),
        "mean_drawdown_span" => ("Avg. Drawdown Duration [days]", DAYS),
        "ulcer_index" => ("Ulcer Index [%]", 100.0),
        "volatility" => ("Volatility (Ann.) [%]", 100.0),
        "var_95" => ("VaR 95 [%]", 100.0),
        "cvar_95" => ("CVaR 95 [%]", 100.0),
        "tail_ratio" => ("Tail Ratio", 1.0),
        "sharpe" => ("Sharpe Ratio", 1.0),
        "sortino" => ("Sortino Ratio", 1.0),
        "calmar" => ("Calmar Ratio", 1.0),
        "omega" => ("Omega Ratio", 1.0),
        "sharpe_daily" => ("Sharpe Ratio (daily)", 1.0),
        "skewness" => ("Skewness", 1.0),
        "kurtosis" => ("Kurtosis", 1.0),
        "probabilistic_sharpe" => ("Probabilistic Sharpe Ratio", 1.0),
        "min_track_record_days" => ("Min. Track Record Length [days]", 1.0),
        "sharpe_bars" => ("Sharpe Ratio (bars)", 1.0),
        "sharpe_bars_lo" => ("Sharpe Ratio (bars, Lo)", 1.0),
        _ => return None,
    })
}

fn of_trades(name: &str) -> Option<(&'static str, f64)> {
    Some(match name {
        "trades" => ("# Trades", 1.0),
        "wins" => ("Wins", 1.0),
        "losses" => ("Losses", 1.0),
        "break_evens" => ("Break-evens", 1.0),
        "win_rate" => ("Win Rate [%]", 100.0),
        "profit_factor" => ("Profit Factor", 1.0),
        "expectancy" => ("Expectancy", 1.0),
        "expectancy_r" => ("Expectancy [R]", 1.0),
        "sqn" => ("SQN", 1.0),
        "kelly" => ("Kelly Criterion", 1.0),
        "payoff_ratio" => ("Payoff Ratio", 1.0),
        "max_consecutive_wins" => ("Max consecutive wins", 1.0),
        "max_consecutive_losses" => ("Max consecutive losses", 1.0),
        "best" => ("Best Trade [%]", 100.0),
        "worst" => ("Worst Trade [%]", 100.0),
        "average" => ("Avg. Trade [%]", 100.0),
        "average_win" => ("Avg. Winning Trade [%]", 100.0),
        "average_loss" => ("Avg. Losing Trade [%]", 100.0),
        "max_duration" => ("Max. Trade Duration [h]", HOURS),
        "average_duration" => ("Avg. Trade Duration [h]", HOURS),
        "mae_average" => ("MAE (avg) [%]", 100.0),
        "mae_largest" => ("MAE (largest) [%]", 100.0),
        "mfe_average" => ("MFE (avg) [%]", 100.0),
        "mfe_largest" => ("MFE (largest) [%]", 100.0),
        "ambiguous" => ("Ambiguous Exits", 1.0),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_figure_has_a_label_of_its_own() {
        let labels: BTreeSet<&str> = Metric::all().map(Metric::label).collect();
        assert_eq!(labels.len(), Metric::all().count());
        for metric in Metric::all() {
            assert_ne!(metric.label(), metric.name());
            let percent = metric.label().ends_with("[%]");
            assert_eq!(metric.shown(1.0) == 100.0, percent, "{}", metric.name());
        }
    }
}
