//! A validation in lines of text, for terminals and logs.

use super::judge::Validation;
use super::monte_carlo::Band;
use super::paths::CPCV;
use super::verdict::{MIN_DAYS, MIN_TRADES, Rule};

impl Validation {
    /// What is printed after every search, a line each.
    #[must_use]
    pub fn lines(&self) -> Vec<String> {
        let of = |value: Option<f64>, decimals: usize| {
            value.map_or_else(|| "no value".to_owned(), |v| format!("{v:.decimals$}"))
        };
        let luck = self.luck;
        let trials = match (self.trials, self.trials_all) {
            (Some(here), Some(all)) => format!(
                "Trials: {} in this search, {}{} in all on this data, {:.0} independent",
                here.sets,
                all.sets,
                if self.count_is_doubtful { " or more" } else { "" },
                all.effective
            ),
            _ => "Trials: no value".to_owned(),
        };
        let mut lines = vec![
            format!("Verdict: {}", self.verdict.level.words()),
            trials,
            format!(
                "DSR: {}, PBO: {}, MinTRL in days: {} (there are {})",
                of(luck.and_then(|l| l.deflated), 4),
                of(self.pbo.as_ref().map(|p| p.probability), 2),
                of(luck.and_then(|l| l.min_track_record).map(f64::ceil), 0),
                self.evidence.days.unwrap_or(0),
            ),
        ];
        lines.extend(self.paths.as_ref().map(|paths| {
            let Band { p5, p50, p95, .. } = paths.sharpe;
            format!(
                "Cross-validation: {} groups, {} splits, {} paths; annual Sharpe ratio {} at the \
                 5th percentile, {} at the median, {} at the 95th; {} % of paths below 0",
                CPCV.0,
                paths.splits,
                paths.sharpes.len(),
                of(p5, 2),
                of(p50, 2),
                of(p95, 2),
                of(paths.below_zero.map(|share| share * 100.0), 0),
            )
        }));
        let marked = |holds: bool| if holds { "+" } else { "-" };
        let findings = self.verdict.findings.iter();
        lines.extend(findings.map(|f| format!("  {} {}", marked(f.holds), f.words)));
        let missing = self.verdict.missing.iter();
        lines.extend(missing.map(|rule| format!("  ? Not judged: {}.", self.why_not(*rule))));
        lines
    }

    /// Why a rule that is asked for was not applied.
    #[must_use]
    pub fn why_not(&self, rule: Rule) -> String {
        match rule {
            Rule::Trades | Rule::Days => {
                format!("no set has {MIN_TRADES} trades and {MIN_DAYS} days to be judged by")
            }
            Rule::TrackRecord => {
                "no length of record tells a Sharpe ratio at or below zero from zero".to_owned()
            }
            Rule::Deflated => "the sets have no Sharpe ratios that differ".to_owned(),
            Rule::Overfitting => "it takes two sets with sixteen daily returns or more".to_owned(),
            Rule::WalkForward => match &self.walk_forward {
                Some(_) => "no window of the walk-forward has a Sharpe ratio".to_owned(),
                None => "there was no walk-forward; add [walk_forward]".to_owned(),
            },
            Rule::RandomEntry => match &self.random_left_out {
                Some(why) => why.clone(),
                None => "entries at random were not drawn".to_owned(),
            },
            Rule::Bootstrap | Rule::Plateau | Rule::AmbiguousBars => "no figures".to_owned(),
        }
    }
}
