//! The report of a search, over made-up surfaces: what is in it, what is left out,
//! how large it gets. The pages stay in the target's folder for temporary files,
//! to be looked at.

use std::fs;
use std::path::Path;

use serde_json::Value;
use tickstep_backtest::report::Lang;
use tickstep_backtest::research::report::*;
use tickstep_backtest::research::surface::{
    DrawnColumn, DrawnValues, ParameterSurface, SurfaceAxis,
};

/// Uniform on 0 to 1 and without a pattern.
fn noise(seed: u64) -> f64 {
    let mut x = seed.wrapping_add(0x9E37_79B9_7F4A_7C15);
    x = (x ^ (x >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    x = (x ^ (x >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    ((x ^ (x >> 31)) >> 11) as f64 / (1_u64 << 53) as f64
}

fn axis(name: &str, labels: &[f64]) -> SurfaceAxis {
    SurfaceAxis {
        name: name.to_owned(),
        labels: labels.iter().map(f64::to_string).collect(),
        positions: Some(labels.to_vec()),
    }
}

/// All points of a grid; `f` is of the levels and the number of the set.
fn grid(axes: Vec<SurfaceAxis>, f: impl Fn(&[u32], usize) -> Option<f64>) -> ParameterSurface {
    let sides: Vec<usize> = axes.iter().map(|a| a.labels.len()).collect();
    let (mut levels, mut figures) = (Vec::new(), Vec::new());
    for set in 0..sides.iter().product::<usize>() {
        let mut rest = set;
        let mut point = vec![0_u32; sides.len()];
        for (level, side) in point.iter_mut().zip(&sides).rev() {
            (*level, rest) = ((rest % side) as u32, rest / side);
        }
        figures.push(f(&point, set));
        levels.extend(point);
    }
    ParameterSurface::grid(axes, levels, figures, true).unwrap()
}

fn row(sets: &ParameterSurface, set: usize) -> SetRow {
    let pairs = sets.levels(set).iter().zip(sets.axes());
    let value = sets.objective(set);
    let figures = vec![
        value,
        value.map(|v| v * 21.37),
        value.map(|v| -32.0 + v * 6.5),
        Some((noise(set as u64) * 900.0).round() + 40.0),
    ];
    SetRow { set, values: pairs.map(|(l, a)| a.labels[*l as usize].clone()).collect(), figures }
}

fn top(sets: &ParameterSurface, higher: bool) -> BestSets {
    let mut order: Vec<usize> = (0..sets.len()).filter(|s| sets.objective(*s).is_some()).collect();
    order.sort_by(|a, b| sets.objective(*b).partial_cmp(&sets.objective(*a)).unwrap());
    if !higher {
        order.reverse();
    }
    let names = ["Sharpe Ratio", "Return [%]", "Max. Drawdown [%]", "# Trades"];
    BestSets {
        axes: sets.axes().iter().map(|a| a.name.clone()).collect(),
        figures: names.map(String::from).to_vec(),
        rows: order.iter().map(|s| row(sets, *s)).collect(),
        stable: sets.stable().map(|s| row(sets, s.pick.set)),
    }
}

fn report(title: &str, sets: &ParameterSurface) -> SearchReport {
    let overview = sets.overview();
    let higher = overview.higher_is_better;
    let all = (0..sets.len()).filter_map(|s| sets.objective(s));
    let best = sets.winner().and_then(|s| sets.objective(s));
    SearchReport {
        title: title.to_owned(),
        searched: Searched {
            instruments: vec!["FILUSDT".into(), "NEARUSDT".into()],
            span: Some(("2023-08-02 00:00".into(), "2023-11-01 00:00".into())),
            strategy: "scalper".into(),
            method: "grid".into(),
            objective: "Sharpe Ratio".into(),
            further: vec!["Return [%]".into(), "Max. Drawdown [%]".into()],
            sets: sets.len() as u64,
            excluded: 0,
            failed: 0,
        },
        top: Some(top(sets, higher)),
        surface: Some(overview),
        objectives: Some(ObjectiveSpread {
            spread: ValueHistogram::of(all, higher),
            best,
            luck: None,
        }),
        ..SearchReport::default()
    }
}

/// Everything there can be, over two axes.
fn full() -> SearchReport {
    let fast: Vec<f64> = (0..20).map(|i| 2.0 + f64::from(i)).collect();
    let slow: Vec<f64> = (0..16).map(|i| 10.0 + 5.0 * f64::from(i)).collect();
    let sets = grid(vec![axis("params.fast", &fast), axis("params.slow", &slow)], |p, set| {
        let far = |l: u32, at: f64, by: f64| ((f64::from(l) - at) / by).powi(2);
        let hill = 2.4 * (-far(p[0], 13.0, 4.0) - far(p[1], 10.0, 3.5)).exp();
        let spike = if p == [4, 3] { 3.1 } else { 0.0 };
        (set % 41 != 7).then(|| hill + spike + noise(set as u64) * 0.8 - 0.9)
    });
    let mut report = report("FILUSDT crossover", &sets);
    report.searched.excluded = 44;
    report.searched.failed = 2;
    if let Some(objectives) = &mut report.objectives {
        objectives.luck = Some(1.62);
    }
    let finding = |rule: &str, holds, words: &str| FindingRow {
        rule: rule.into(),
        holds,
        words: words.into(),
    };
    report.verdict = Some(VerdictSection {
        level: "Doubtful: better than luck, but on a spike".into(),
        findings: vec![
            finding("Deflated Sharpe ratio", Some(true), "0.962 is above 0.95."),
            finding("Plateau", Some(false), "0 % of the 8 neighbours keep half of the lead."),
            finding("Overfitting", Some(true), "PBO is 31 %, below 50 %."),
            finding("Walk-forward", Some(true), "Six of eight windows earned out of sample."),
            finding("Track record", None, "Fewer than 30 daily returns in the holdout."),
        ],
    });
    report.luck = Some(LuckSection {
        trials: 320,
        trials_all: Some(12_840),
        effective: Some(37.4),
        figure: "Sharpe Ratio".into(),
        expected_best: Some(1.62),
        best: Some(2.92),
        dsr: Some(0.962),
        pbo: Some(0.31),
        min_track: Some(214.0),
        track: Some(92.0),
    });
    let logit = |i: u64| (noise(i) + noise(i + 9_000) + noise(i + 70_000)) * 3.0 - 3.6;
    report.logits = Some(ValueHistogram::of((0..924).map(logit), true));
    let walk = |from: i64, count: i64, drift: f64, seed: u64| {
        let mut at = 1.0;
        let step = |d: i64| {
            at *= 1.0 + drift + (noise(seed + d.unsigned_abs()) - 0.5) * 0.02;
            (1_672_531_200 + (from + d) * 86_400, at)
        };
        (0..count).map(step).collect::<Vec<_>>()
    };
    report.equity = Some(EquityCurves {
        unit: String::new(),
        inside: walk(0, 400, 0.0016, 1),
        outside: walk(400, 200, 0.0003, 5),
    });
    let band = |figure: &str, actual: f64, percentiles: [f64; 3]| BandRow {
        figure: figure.into(),
        actual: Some(actual),
        percentiles: percentiles.map(Some),
    };
    report.monte_carlo = Some(vec![
        band("Return [%]", 58.3, [-12.4, 31.0, 88.9]),
        band("Max. Drawdown [%]", -14.2, [-38.0, -21.5, -11.1]),
        band("Sharpe Ratio", 2.73, [-0.4, 1.31, 2.9]),
    ]);
    let window = |i: u32| WindowRow {
        train: (format!("2023-{:02}-01", i), format!("2023-{:02}-01", i + 3)),
        test: (format!("2023-{:02}-01", i + 3), format!("2023-{:02}-01", i + 4)),
        chosen: vec![
            ("params.fast".into(), (5 + i).to_string()),
            ("params.slow".into(), (40 + 5 * i).to_string()),
        ],
        inside: Some(2.0 + noise(u64::from(i))),
        outside: (i != 5).then(|| noise(u64::from(i) + 40) * 3.0 - 1.0),
    };
    report.walk_forward = Some(WalkForwardSection {
        figure: "Sharpe Ratio".into(),
        efficiency: Some(0.41),
        windows: (1..9).map(window).collect(),
    });
    report.paths = Some(PathsSection {
        sets: 320,
        groups: 10,
        tested: 2,
        splits: 45,
        paths: 9,
        percentiles: [Some(-0.31), Some(0.64), Some(1.72)],
        below_zero: Some(1.0 / 9.0),
    });
    report
}

/// Five axes with names as long as real ones.
fn wide() -> SearchReport {
    let name = |i: usize| {
        [
            "strategy.params.volume_baseline_lookback_minutes",
            "strategy.params.spike_multiple",
            "strategy.brackets.stop_loss_distance_in_atr_multiples",
            "strategy.brackets.take_profit_distance_in_atr_multiples",
            "risk.cooldown_after_a_losing_trade_seconds",
        ][i]
    };
    let levels: Vec<f64> = (1..=6).map(|i| f64::from(i) * 0.25).collect();
    let axes = (0..5).map(|i| axis(name(i), &levels)).collect();
    let sets = grid(axes, |p, set| {
        let far: f64 = p[..3].iter().map(|l| (f64::from(*l) - 2.6).powi(2)).sum();
        Some(1.6 - far * 0.07 - f64::from(p[3]) * 0.02 + noise(set as u64) * 0.2)
    });
    report("A search over five parameters", &sets)
}

/// Drawn at random, names among the axes, and less is better.
fn drawn() -> SearchReport {
    let count = 900_u64;
    let stop: Vec<f64> = (0..count).map(|i| 0.2 + noise(i) * 4.8).collect();
    let length: Vec<f64> =
        (0..count).map(|i| 10_f64.powf(1.0 + noise(i + 5_000) * 2.5).round()).collect();
    let labels = ["buy_share", "imbalance", "close_in_range"].map(String::from).to_vec();
    let picked: Vec<u32> = (0..count).map(|i| (noise(i + 90_000) * 3.0) as u32).collect();
    let figures = (0..count as usize).map(|i| {
        let rule = [12.0, 4.0, 9.0][picked[i] as usize];
        let far = (stop[i] - 2.2).powi(2) + (length[i].log10() - 2.3).powi(2) * 4.0;
        Some(rule + far * 2.0 + noise(i as u64 + 77) * 3.0)
    });
    let figures = figures.collect();
    let columns = vec![
        DrawnColumn { name: "stop [%]".into(), values: DrawnValues::Numbers(stop) },
        DrawnColumn { name: "length".into(), values: DrawnValues::Numbers(length) },
        DrawnColumn { name: "pressure_rule".into(), values: DrawnValues::Names { labels, picked } },
    ];
    let sets = ParameterSurface::drawn(columns, figures, false).unwrap();
    let mut report = report("무작위 탐색", &sets);
    report.lang = Lang::Ko;
    report.searched.method = "random".into();
    report.searched.objective = "Ulcer Index".into();
    report.luck = Some(LuckSection { trials: 900, ..LuckSection::default() });
    report
}

fn single() -> SearchReport {
    let levels: Vec<f64> = (1..=30).map(f64::from).collect();
    let sets = grid(vec![axis("threshold", &levels)], |p, set| {
        Some(if p[0] == 8 { 3.0 } else { 0.0 } + noise(set as u64))
    });
    report("One parameter", &sets)
}

fn embedded(html: &str) -> Value {
    let (_, rest) = html.split_once(r#"<script type="application/json" id="page">"#).unwrap();
    serde_json::from_str(rest.split_once("</script>").unwrap().0).unwrap()
}

/// The page without the vendor's library.
fn own(html: &str) -> String {
    let parts: Vec<&str> = html.split("<script>").collect();
    assert_eq!(parts.len(), 3, "the library and the script of the page");
    let after = parts[1].split_once("</script>").unwrap().1;
    format!("{}{after}{}", parts[0], parts[2])
}

#[test]
fn pages_to_look_at() {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("search-report");
    fs::create_dir_all(&folder).unwrap();
    let mut korean = full();
    korean.lang = Lang::Ko;
    let pages = [
        ("full", full()),
        ("korean", korean),
        ("wide", wide()),
        ("drawn", drawn()),
        ("single", single()),
        ("bare", SearchReport { title: "Nothing yet".into(), ..SearchReport::default() }),
    ];
    for (name, report) in pages {
        let html = report.html();
        assert!(html.len() < 2_000_000, "{name}: {}", html.len());
        assert_eq!(html, report.html(), "{name}: a function of its input");
        fs::write(folder.join(format!("{name}.html")), &html).unwrap();
        let own = own(&html);
        assert!(!own.contains("http:") && !own.contains("https:") && !own.contains("url("));
        assert!(embedded(&html)["text"].is_object());
    }
}

#[test]
fn what_has_no_data_is_left_out() {
    let page = embedded(&SearchReport::default().html());
    let parts = ["verdict", "luck", "top", "surface", "objectives", "logits", "equity"];
    for part in parts.into_iter().chain(["monte_carlo", "walk_forward", "paths"]) {
        assert_eq!(page[part], Value::Null, "{part}");
    }
    let page = embedded(&full().html());
    for part in parts.into_iter().chain(["monte_carlo", "walk_forward", "paths"]) {
        assert_ne!(page[part], Value::Null, "{part}");
    }
    assert_eq!(page["surface"]["maps"].as_array().unwrap().len(), 1);
    assert_eq!(embedded(&single().html())["surface"]["maps"], Value::Array(Vec::new()));
    let maps = embedded(&wide().html())["surface"]["maps"].as_array().unwrap().len();
    assert_eq!(maps, 10);
    // Drawn sets have no slice to offer.
    assert_eq!(embedded(&drawn().html())["surface"]["maps"][0]["slice"], Value::Null);
}

#[test]
fn nothing_from_a_configuration_is_markup() {
    let hostile = "</script><script>alert(1)</script><!--";
    let kind =
        SurfaceAxis { name: hostile.into(), labels: vec![hostile.into(); 2], positions: None };
    let other = axis(hostile, &[1.0, 2.0, 3.0]);
    let sets = grid(vec![kind, other], |_, set| Some(set as f64));
    let mut report = report(hostile, &sets);
    report.searched.strategy = hostile.into();
    report.searched.instruments = vec![hostile.into()];
    let finding = FindingRow { rule: hostile.into(), holds: None, words: hostile.into() };
    report.verdict = Some(VerdictSection { level: hostile.into(), findings: vec![finding] });
    let html = report.html();
    assert!(!html.contains("<script>alert") && !html.contains("alert(1)</script>"));
    assert_eq!(html.matches("</script>").count(), 3);
    assert_eq!(embedded(&html)["verdict"]["level"], hostile);
}

#[test]
fn a_page_does_not_grow_with_the_search() {
    let levels: Vec<f64> = (0..300).map(f64::from).collect();
    let sets = grid(vec![axis("a", &levels), axis("b", &levels)], |p, set| {
        Some(f64::from(p[0]) - f64::from(p[1]) * 0.5 + noise(set as u64))
    });
    let html = report("Ninety thousand", &sets).html();
    let page = embedded(&html);
    assert_eq!(page["top"]["rows"].as_array().unwrap().len(), ROWS);
    assert!(page["objectives"]["spread"]["counts"].as_array().unwrap().len() <= BARS);
    assert!(page["surface"]["maps"][0]["median"].as_array().unwrap().len() <= 32 * 32);
    assert!(page["surface"]["axes"][0]["labels"].as_array().unwrap().len() <= 60);
    assert!(serde_json::to_string(&page).unwrap().len() < 200_000);
}

#[test]
fn figures_have_their_korean_names() {
    let page = embedded(&drawn().html());
    assert_eq!(page["searched"]["objective"], "얼서 지수");
    assert_eq!(page["top"]["figures"][0], "샤프 지수");
}

#[test]
fn axes_go_by_short_names_and_are_named_in_full_once() {
    let page = embedded(&full().html());
    assert_eq!(page["surface"]["axes"][0]["name"], "fast");
    assert_eq!(page["surface"]["axes"][0]["key"], "params.fast");
    assert_eq!(page["top"]["axes"], serde_json::json!(["fast", "slow"]));
    assert_eq!(page["walk_forward"]["windows"][0]["chosen"][1][0], "slow");
}
