//! Our figures against those of empyrical, quantstats and scipy, written by
//! `oracle/make_metrics.py`. Where quantstats means something else, the test says
//! what, and reproduces its figure.

use std::collections::BTreeMap;

use serde::Deserialize;
use tickstep_core::stats::*;

const TOLERANCE: f64 = 1e-9;
const A: f64 = 365.0;

/// 95 % quantile of the normal distribution.
const Z95: f64 = 1.644_853_626_951_472_2;

#[derive(Deserialize)]
struct Oracle {
    series: Vec<Series>,
}

#[derive(Deserialize)]
struct Series {
    name: String,
    returns: Vec<f64>,
    empyrical: BTreeMap<String, f64>,
    quantstats: BTreeMap<String, f64>,
    scipy: BTreeMap<String, f64>,
}

fn oracle() -> Vec<Series> {
    let oracle: Oracle = serde_json::from_str(include_str!("../oracle/metrics.json")).unwrap();
    assert_eq!(oracle.series.len(), 6);
    oracle.series
}

fn sample(r: &[f64]) -> SharpeSample {
    SharpeSample {
        sharpe: sharpe(r, 0.0, 1.0).unwrap(),
        periods: r.len(),
        skewness: skewness(r).unwrap(),
        kurtosis: kurtosis(r).unwrap(),
    }
}

fn ours(metric: &str, r: &[f64]) -> f64 {
    let equity: Vec<f64> = r
        .iter()
        .scan(1.0, |e, r| {
            *e *= 1.0 + r;
            Some(*e)
        })
        .collect();
    let growth = || cagr(1.0, *equity.last().unwrap(), r.len() as f64 / A);
    match metric {
        "sharpe" => sharpe(r, 0.0, A),
        "sortino" => sortino(r, 0.0, A),
        "cagr" => growth(),
        "volatility" => volatility(r, A),
        "max_drawdown" => max_drawdown(1.0, &equity),
        "calmar" => calmar(growth().unwrap(), max_drawdown(1.0, &equity).unwrap()),
        "omega" => omega(r, 0.0),
        "omega_5_percent" => omega(r, 1.05_f64.powf(1.0 / A) - 1.0),
        "tail_ratio" => tail_ratio(r),
        "value_at_risk" => value_at_risk(r, 0.05),
        "conditional_value_at_risk" => conditional_value_at_risk(r, 0.05),
        "ulcer_index" => ulcer_index(1.0, &equity),
        "skewness" => skewness(r),
        "kurtosis" => kurtosis(r),
        "probabilistic_sharpe" => probabilistic_sharpe(&sample(r), 0.0),
        _ => panic!("no such metric: {metric}"),
    }
    .unwrap()
}

fn close(ours: f64, theirs: f64, what: &str) {
    let off = (ours - theirs).abs();
    assert!(off <= TOLERANCE * theirs.abs().max(1.0), "{what}: ours {ours}, theirs {theirs}");
}

/// What quantstats 0.0.86 means by the figures it shares only the name of.
fn known_difference(metric: &str, r: &[f64]) -> Option<f64> {
    let n = r.len() as f64;
    let (m, s) = (mean(r).unwrap(), std_dev(r).unwrap());
    match metric {
        // Divides by the number of returns less one; we by that of points, E0 among them.
        "ulcer_index" => Some(ours(metric, r) * ((n + 1.0) / (n - 1.0)).sqrt()),
        // Gaussian, both.
        "value_at_risk" => Some(m - Z95 * s),
        "conditional_value_at_risk" => {
            let density = (-Z95 * Z95 / 2.0).exp() / (2.0 * std::f64::consts::PI).sqrt();
            Some(m - s * density / 0.05)
        }
        // Bias-corrected skewness and kurtosis (pandas); ours are population moments.
        "probabilistic_sharpe" => {
            let population = sample(r);
            let excess = (n - 1.0) / ((n - 2.0) * (n - 3.0))
                * ((n + 1.0) * (population.kurtosis - 3.0) + 6.0);
            let corrected = SharpeSample {
                skewness: population.skewness * (n * (n - 1.0)).sqrt() / (n - 2.0),
                kurtosis: excess + 3.0,
                ..population
            };
            probabilistic_sharpe(&corrected, 0.0)
        }
        _ => None,
    }
}

#[test]
fn equal_to_empyrical() {
    for series in oracle() {
        assert_eq!(series.empyrical.len(), 11);
        for (metric, theirs) in &series.empyrical {
            close(ours(metric, &series.returns), *theirs, &format!("{} {metric}", series.name));
        }
    }
}

#[test]
fn equal_to_scipy() {
    for series in oracle() {
        assert_eq!(series.scipy.len(), 4);
        for (metric, theirs) in &series.scipy {
            close(ours(metric, &series.returns), *theirs, &format!("{} {metric}", series.name));
        }
    }
}

#[test]
fn equal_to_quantstats_but_for_known_differences() {
    for series in oracle() {
        let mut different = Vec::new();
        for (metric, theirs) in &series.quantstats {
            let ours = ours(metric, &series.returns);
            let what = format!("{} {metric}", series.name);
            match known_difference(metric, &series.returns) {
                None => close(ours, *theirs, &what),
                Some(explained) => {
                    close(explained, *theirs, &what);
                    assert!((ours - theirs).abs() > 1e-7, "{what} no longer differs");
                    different.push(metric.as_str());
                }
            }
        }
        assert_eq!(
            different,
            ["conditional_value_at_risk", "probabilistic_sharpe", "ulcer_index", "value_at_risk"]
        );
    }
}
