//! What all the figures together amount to, in plain words and by stated rules.
//!
//! Nobody weighs ten statistics soberly in front of a curve that rises. The rules are
//! fixed beforehand, each is a constant with its reason, and each finding quotes its
//! numbers, so that whoever disagrees knows what to disagree with.
//!
//! Invariants: a rule whose figures are missing gives no finding; the level follows
//! from the findings alone; no rule can outweigh another.
//!
//! Known limits: the thresholds are conventions. "Supported" is not "will earn": all
//! of this rests on the simulated trades, and on the number of trials being told.

use serde::{Deserialize, Serialize};
// What a run alone is held to as well.
pub use tickstep_core::stats::{MIN_DAYS, MIN_TRADES};

/// Least deflated Sharpe ratio, the usual confidence of 95 %.
pub const MIN_DEFLATED: f64 = 0.95;
/// Greatest probability of backtest overfitting. On noise it is about 0.5; the paper
/// that proposed it refuses at 0.05, which few honest strategies meet.
pub const MAX_PBO: f64 = 0.2;
/// Least share of the in-sample Sharpe ratio that must be left out of sample.
pub const MIN_KEPT: f64 = 0.5;
/// Greatest p-value against entries at random.
pub const MAX_RANDOM_P: f64 = 0.05;
/// Least share of neighbouring sets that keep half of the winner's edge.
pub const MIN_PLATEAU: f64 = 0.5;

/// The figures of a result, as far as they are known.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Evidence {
    /// Number of closed trades.
    pub trades: Option<usize>,
    /// Number of daily returns.
    pub days: Option<usize>,
    /// Deflated Sharpe ratio, [`super::Luck::deflated`].
    pub deflated: Option<f64>,
    /// Probability of backtest overfitting, [`super::Pbo::probability`].
    pub pbo: Option<f64>,
    /// Minimum track record against 0 at 95 %, days, [`super::Luck::min_track_record`].
    pub min_track_record: Option<f64>,
    /// Sharpe ratio in the trainings of a walk-forward.
    pub in_sample_sharpe: Option<f64>,
    /// Sharpe ratio in its tests, of the same period length.
    pub out_of_sample_sharpe: Option<f64>,
    /// p-value against entries at random, [`super::RandomEntry::p`].
    pub random_p: Option<f64>,
    /// 5 % percentile of the bootstrapped total return, a fraction.
    pub return_p5: Option<f64>,
    /// Share of the neighbouring sets with at least half of the winner's edge, 0..=1.
    pub plateau: Option<f64>,
    /// Whether the result stays above zero when every bar that reached both stop and
    /// target is taken to have hit the stop.
    pub survives_ambiguous_bars: Option<bool>,
}

/// What is asked of a result.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Rule {
    /// At least [`MIN_TRADES`] trades.
    Trades,
    /// At least [`MIN_DAYS`] daily returns.
    Days,
    /// As many days as the minimum track record asks for.
    TrackRecord,
    /// Deflated Sharpe ratio of [`MIN_DEFLATED`] or more.
    Deflated,
    /// Probability of backtest overfitting of [`MAX_PBO`] or less.
    Overfitting,
    /// In sample above zero, and [`MIN_KEPT`] of it kept out of sample.
    WalkForward,
    /// p-value of [`MAX_RANDOM_P`] or less against entries at random.
    RandomEntry,
    /// Bootstrapped total return above zero at the 5 % percentile.
    Bootstrap,
    /// [`MIN_PLATEAU`] or more of the neighbouring sets keep half of the edge.
    Plateau,
    /// A result above zero when ambiguous bars are taken to hit the stop.
    AmbiguousBars,
}

/// Rules without which nothing is supported; the others count when their figures are
/// given.
const REQUIRED: [Rule; 7] = [
    Rule::Trades,
    Rule::Days,
    Rule::TrackRecord,
    Rule::Deflated,
    Rule::Overfitting,
    Rule::WalkForward,
    Rule::RandomEntry,
];

impl Rule {
    /// What it is called where people read it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Trades => "Trades",
            Self::Days => "Days",
            Self::TrackRecord => "Track record",
            Self::Deflated => "Deflated Sharpe ratio",
            Self::Overfitting => "Overfitting",
            Self::WalkForward => "Walk-forward",
            Self::RandomEntry => "Random entries",
            Self::Bootstrap => "Bootstrap",
            Self::Plateau => "Plateau",
            Self::AmbiguousBars => "Ambiguous bars",
        }
    }
}

/// One rule applied to the figures.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RuleFinding {
    /// The rule that was applied.
    pub rule: Rule,
    /// Whether the figures meet it.
    pub holds: bool,
    /// One sentence with the numbers, English.
    pub words: String,
}

/// What the findings amount to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum VerdictLevel {
    /// Every required rule was applied, and every rule applied holds.
    Supported,
    /// There is enough data, and a rule other than the track record fails.
    NotSupported,
    /// Too few trades or days to tell, or nothing fails but the track record is short
    /// or a required figure is missing.
    Unproven,
}

impl VerdictLevel {
    /// The level as a sentence of a few words, in English.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::Supported => "Supported: every rule that was stated beforehand holds",
            Self::NotSupported => "Not supported: the result does not stand up to its own search",
            Self::Unproven => "Unproven: there is too little to tell it from luck",
        }
    }
}

/// The judgement on a result.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Verdict {
    /// What the findings amount to.
    pub level: VerdictLevel,
    /// The rules applied, in the order of [`Rule`].
    pub findings: Vec<RuleFinding>,
    /// Required rules whose figures were not given.
    pub missing: Vec<Rule>,
}

impl Verdict {
    /// Applies every rule whose figures are there.
    ///
    /// ```
    /// use tickstep_backtest::research::validation::{Evidence, VerdictLevel, Verdict};
    /// let mut evidence = Evidence {
    ///     trades: Some(240),
    ///     days: Some(730),
    ///     deflated: Some(0.61),
    ///     ..Evidence::default()
    /// };
    /// let verdict = Verdict::of(&evidence);
    /// assert_eq!(verdict.level, VerdictLevel::NotSupported);
    /// assert_eq!(
    ///     verdict.findings[2].words,
    ///     "Deflated Sharpe ratio 0.61; 0.95 or more is asked for: the best of as many \
    ///      worthless trials can look like this."
    /// );
    /// evidence.trades = Some(12); // too few to judge by
    /// assert_eq!(Verdict::of(&evidence).level, VerdictLevel::Unproven);
    /// ```
    #[must_use]
    pub fn of(evidence: &Evidence) -> Self {
        let findings: Vec<RuleFinding> = amount(evidence)
            .into_iter()
            .chain(search(evidence))
            .chain(robustness(evidence))
            .flatten()
            .collect();
        let applied = |rule: &Rule| findings.iter().any(|finding| finding.rule == *rule);
        let missing: Vec<Rule> = REQUIRED.into_iter().filter(|rule| !applied(rule)).collect();
        Self { level: level(&findings, &missing), findings, missing }
    }
}

fn level(findings: &[RuleFinding], missing: &[Rule]) -> VerdictLevel {
    let fails = |of: fn(Rule) -> bool| findings.iter().any(|f| !f.holds && of(f.rule));
    if fails(|rule| matches!(rule, Rule::Trades | Rule::Days)) {
        VerdictLevel::Unproven
    } else if fails(|rule| rule != Rule::TrackRecord) {
        VerdictLevel::NotSupported
    } else if fails(|rule| rule == Rule::TrackRecord) || !missing.is_empty() {
        VerdictLevel::Unproven
    } else {
        VerdictLevel::Supported
    }
}

/// `then` is what it means that the rule holds, `or` that it fails.
fn finding(rule: Rule, holds: bool, numbers: String, then: &str, or: &str) -> RuleFinding {
    RuleFinding { rule, holds, words: format!("{numbers}: {}.", if holds { then } else { or }) }
}

/// Whether there is enough to judge by.
fn amount(e: &Evidence) -> [Option<RuleFinding>; 3] {
    let trades = e.trades.map(|n| {
        let numbers = format!("Trades {n}; {MIN_TRADES} or more are asked for");
        let or = "too few to tell skill from luck";
        finding(Rule::Trades, n >= MIN_TRADES, numbers, "enough to judge by", or)
    });
    let days = e.days.map(|n| {
        let numbers = format!("Days {n}; {MIN_DAYS} or more are asked for");
        let or = "single weeks decide the result";
        finding(Rule::Days, n >= MIN_DAYS, numbers, "enough to judge by", or)
    });
    let record = e.days.zip(e.min_track_record).map(|(days, asked)| {
        let numbers = format!(
            "Days {days}; a Sharpe ratio like this one needs {:.0} to differ from zero at 95 %",
            asked.ceil()
        );
        let holds = days as f64 >= asked;
        let or = "the record is too short";
        finding(Rule::TrackRecord, holds, numbers, "the record is long enough", or)
    });
    [trades, days, record]
}

/// What is left of the result once the search is allowed for.
fn search(e: &Evidence) -> [Option<RuleFinding>; 3] {
    let deflated = e.deflated.map(|dsr| {
        let numbers =
            format!("Deflated Sharpe ratio {dsr:.2}; {MIN_DEFLATED} or more is asked for");
        let then = "the number of trials alone does not explain it";
        let or = "the best of as many worthless trials can look like this";
        finding(Rule::Deflated, dsr >= MIN_DEFLATED, numbers, then, or)
    });
    let overfitting = e.pbo.map(|pbo| {
        let numbers = format!(
            "Probability of backtest overfitting {pbo:.2}; {MAX_PBO} or less is asked for, \
             noise gives about 0.5"
        );
        let then = "what was best on one half mostly stayed in the upper half on the other";
        let or = "what was best on one half fell too often into the lower half on the other";
        finding(Rule::Overfitting, pbo <= MAX_PBO, numbers, then, or)
    });
    let walk = e.in_sample_sharpe.zip(e.out_of_sample_sharpe).map(|(inside, outside)| {
        let numbers = format!(
            "Sharpe ratio {inside:.2} in sample and {outside:.2} out of sample; {:.0} % of one \
             above zero is to be kept",
            MIN_KEPT * 100.0
        );
        let holds = inside > 0.0 && outside >= MIN_KEPT * inside;
        let or = "what was learnt did not carry over";
        finding(Rule::WalkForward, holds, numbers, "what was learnt carried over", or)
    });
    [deflated, overfitting, walk]
}

/// Whether the result hangs on chance or on one assumption.
fn robustness(e: &Evidence) -> [Option<RuleFinding>; 4] {
    let random = e.random_p.map(|p| {
        let numbers = format!("p-value against random entries {p:.3}; {MAX_RANDOM_P} or less");
        let numbers = format!("{numbers} is asked for");
        let or = "entries at random do as well too often";
        finding(
            Rule::RandomEntry,
            p <= MAX_RANDOM_P,
            numbers,
            "entries at random rarely do as well",
            or,
        )
    });
    let bootstrap = e.return_p5.map(|p5| {
        let numbers = format!(
            "Total return at the 5 % percentile of the bootstrap {:.1} %; more than 0 is asked for",
            p5 * 100.0
        );
        let or = "the same days drawn anew lose money too often";
        finding(
            Rule::Bootstrap,
            p5 > 0.0,
            numbers,
            "the same days drawn anew rarely lose money",
            or,
        )
    });
    let plateau = e.plateau.map(|share| {
        let numbers = format!(
            "Neighbouring sets with half of the edge or more {:.0} %; {:.0} % are asked for",
            share * 100.0,
            MIN_PLATEAU * 100.0
        );
        let or = "the result is a peak that a small change of the settings loses";
        finding(Rule::Plateau, share >= MIN_PLATEAU, numbers, "the result is no lone peak", or)
    });
    let ambiguous = e.survives_ambiguous_bars.map(|survives| {
        let numbers = "Bars that reached both stop and target taken as stopped".to_owned();
        let or = "the result does not stay above zero, so it hangs on an assumption";
        finding(Rule::AmbiguousBars, survives, numbers, "the result stays above zero", or)
    });
    [random, bootstrap, plateau, ambiguous]
}
