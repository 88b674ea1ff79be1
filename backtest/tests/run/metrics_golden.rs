//! Figures computed once with independent tools, as they stand.

use rust_decimal::Decimal;
use tickstep_core::stats::*;

fn close(ours: Option<f64>, golden: f64, tolerance: f64) {
    let ours = ours.expect("has a value");
    assert!((ours - golden).abs() <= tolerance, "ours {ours}, golden {golden}");
}

const CURVE: [f64; 7] = [110.0, 99.0, 105.0, 121.0, 90.0, 95.0, 130.0];

#[test]
fn equity_curve() {
    let r = simple_returns(100.0, &CURVE).unwrap();
    close(max_drawdown(100.0, &CURVE), -0.256_198_347_1, 5e-11);
    close(ulcer_index(100.0, &CURVE), 0.124_436_44, 5e-9);
    close(tail_ratio(&r), 1.450_323_400_3, 5e-11);
    close(value_at_risk(&r, 0.05), -0.209_338_843_0, 5e-11);
    close(conditional_value_at_risk(&r, 0.05), -0.256_198_347_1, 5e-11);
    close(omega(&r, 0.0), 2.068_969_794_9, 5e-11);
}

#[test]
fn list_of_trades() {
    let pnl = [2, -1, 3, -1, -1, 4, -2, 1].map(Decimal::from);
    close(win_rate(&pnl), 0.5, 0.0);
    close(profit_factor(&pnl), 2.0, 0.0);
    close(expectancy(&pnl), 0.625, 0.0);
    close(sqn(&pnl), 0.803_589_732_1, 5e-11);
    close(kelly(&pnl), 0.25, 0.0);
}

#[test]
fn probabilistic_and_deflated() {
    let a = SharpeSample { sharpe: 0.1, periods: 250, skewness: -0.5, kurtosis: 5.0 };
    close(probabilistic_sharpe(&a, 0.0), 0.937_320_574_4, 5e-11);
    close(min_track_record(&a, 0.0, 0.05), 287.7876, 5e-5);
    let b = SharpeSample { sharpe: 0.5, periods: 60, skewness: -1.0, kurtosis: 8.0 };
    close(probabilistic_sharpe(&b, 0.2), 0.951_087_367_8, 5e-11);
    // The mistake of three libraries: excess kurtosis where the formula is raw.
    let mistaken = SharpeSample { kurtosis: 5.0, ..b };
    close(probabilistic_sharpe(&mistaken, 0.2), 0.959_238_788_9, 5e-11);
    close(expected_max_sharpe(100.0, 0.1), 0.253_060_289_3, 5e-11);
    let c = SharpeSample { sharpe: 0.35, periods: 500, skewness: -0.3, kurtosis: 6.0 };
    close(deflated_sharpe(&c, 100.0, 0.1), 0.973_233_124_2, 5e-11);
}

#[test]
fn a_track_record_of_the_minimum_length_is_just_significant() {
    let a = SharpeSample { sharpe: 0.1, periods: 0, skewness: -0.5, kurtosis: 5.0 };
    let n = min_track_record(&a, 0.0, 0.05).unwrap();
    let at = |periods| probabilistic_sharpe(&SharpeSample { periods, ..a }, 0.0).unwrap();
    assert!(at(n.floor() as usize) < 0.95 && at(n.ceil() as usize) >= 0.95);
}

/// Lo (2002), for an AR(1) with coefficient rho the scale has a closed form:
/// `sqrt(q) / sqrt(1 + 2 rho / (1 - rho) (1 - (1 - rho^q) / (q (1 - rho))))`.
#[test]
fn lo_scale_of_an_ar1() {
    let q = 12.0_f64;
    for rho in [-0.2_f64, -0.1, 0.0, 0.1, 0.3] {
        let autocorrelations: Vec<f64> = (1..12).map(|k| rho.powi(k)).collect();
        let inner = 1.0 - (1.0 - rho.powf(q)) / (q * (1.0 - rho));
        let closed = (q / (1.0 + 2.0 * rho / (1.0 - rho) * inner)).sqrt();
        close(lo_scale(&autocorrelations, q), closed, 1e-12);
    }
    assert_eq!(lo_scale(&[-0.9, -0.9], 12.0), None);
}

#[test]
fn inputs_without_a_value() {
    assert_eq!(expected_max_sharpe(0.5, 0.1), None);
    assert_eq!(expected_max_sharpe(f64::NAN, 0.1), None);
    assert_eq!(expected_max_sharpe(10.0, -0.1), None);
    let a = SharpeSample { sharpe: 0.1, periods: 1, skewness: 0.0, kurtosis: 3.0 };
    assert_eq!(probabilistic_sharpe(&a, 0.0), None);
    assert_eq!(min_track_record(&a, 0.0, 0.0), None);
    // 1 - 3 * 2 + 0.5 * 4 < 0: no such distribution exists.
    let impossible = SharpeSample { sharpe: 2.0, periods: 9, skewness: 3.0, kurtosis: 3.0 };
    assert_eq!(probabilistic_sharpe(&impossible, 0.0), None);
    assert_eq!(min_track_record(&impossible, 0.0, 0.05), None);
    assert_eq!(max_drawdown(0.0, &[1.0]), None);
    assert_eq!(max_drawdown(100.0, &[]), None);
    assert_eq!(max_drawdown(100.0, &[-50.0]), Some(-1.5));
    assert_eq!(quantile(&[1.0, 2.0], 2.0), Some(2.0));
    for empty in [win_rate, average_win, average_loss, payoff_ratio, profit_factor] {
        assert_eq!(empty(&[]), None);
    }
    for empty in [expectancy, sqn, kelly] {
        assert_eq!(empty(&[]), None);
    }
}
