//! What is shown while sets go by.

use std::ops::ControlFlow;

use tickstep_backtest::research::search::Register;
use tickstep_backtest::research::sweep::SweepProgress;
use tickstep_backtest::research::sweep::metric::Metrics;

use crate::released::Watch;

/// Shows and registers each set as it is done; what the file of trials has against it goes
/// to `warnings`.
pub fn shown<'w>(
    watch: &'w Watch,
    register: &'w mut Register,
    metrics: &Metrics,
    warnings: &'w mut Vec<String>,
) -> impl FnMut(SweepProgress) -> ControlFlow<()> + Send + 'w {
    let objective = metrics.objective_names().next().unwrap_or_default();
    let mut earlier = None;
    move |p: SweepProgress| {
        let elapsed = watch.elapsed();
        let earlier = *earlier.get_or_insert(p.done - 1);
        let best = p
            .best
            .map_or_else(String::new, |(set, v)| format!(", best {objective} {v:.3} (set {set})"));
        let rate = match elapsed.as_secs_f64() {
            0.0 => String::new(),
            seconds => format!("{:.0} sets/s", (p.done - earlier) as f64 / seconds),
        };
        watch.say(format!("{rate}{best}").trim_start_matches(", ").to_owned());
        warnings.extend(register.at(p, elapsed.as_secs()).map(|fault| fault.to_string()));
        watch.at(p.done, p.total)
    }
}
