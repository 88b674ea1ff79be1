//! A search in a program: the sets of two axes over the bundled candles, the best of
//! them, and how far it is to be believed.

use std::path::Path;

use tickstep_backtest::research::SearchConfig;
use tickstep_backtest::research::search::SweepPlan;
use tickstep_backtest::setup::Prepared;

const SEARCH: &str = r#"
[sweep]
method = "grid"
objective = "sharpe"
random_entries = 20
whole = 1
[[sweep.axis]]
key = "strategy.params.spike_multiple"
values = [2, 3]
[[sweep.axis]]
key = "strategy.params.max_hold_s"
values = [300, 900]
[walk_forward]
train_days = 60
test_days = 20
"#;

fn main() -> anyhow::Result<()> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"));
    let file = folder.join("fil.toml");
    let text = std::fs::read_to_string(&file)? + SEARCH;
    let plan = SweepPlan::new(SearchConfig::parse(&text, &file, &[])?)?;
    let prepared = Prepared::load(plan.base().clone(), folder)?;

    let sweep = plan.over(&prepared)?;
    let result = sweep.run()?;
    for ranked in result.best(3) {
        let set = sweep.sets.get(ranked.set as usize).map(|set| set.to_string());
        println!("set {}: {}, Sharpe {:.2}", ranked.set, set.unwrap_or_default(), ranked.values[0]);
    }

    let validated = sweep.validate(&result, &plan.validation_options())?;
    validated.validation.lines().iter().for_each(|line| println!("{line}"));
    Ok(())
}
