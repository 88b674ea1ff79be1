//! A search in a program: the sets of two axes over the bundled candles, the best of
//! them, and how far it is to be believed.

use std::ops::ControlFlow;
use std::path::Path;

use tickstep_backtest::research::SearchConfig;
use tickstep_backtest::research::sweep::{Finish, Finished, Job, Judging, Shard, SweepPlan};
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

    let dir = tempfile::tempdir()?;
    let sweep = plan.over(&prepared)?;
    let job = Job::new(plan.identity(&prepared.data(folder)));
    let found = sweep.run(dir.path(), &job, &mut |_| ControlFlow::Continue(()))?;
    let finish = Finish {
        configured: &plan,
        prepared: &prepared,
        base: folder,
        dir: dir.path(),
        shard: Shard::WHOLE,
    };
    let Finished { tables, belief, .. } = finish.write(&sweep, &found, &Judging::default())?;

    if let Some(best) = tables.tops.first().and_then(|top| top.first()) {
        let set = sweep.sets.get(best.set as usize).map(|set| set.to_string());
        println!("the best is set {}: {}", best.set, set.unwrap_or_default());
    }
    belief.iter().flat_map(|judged| judged.lines()).for_each(|line| println!("{line}"));
    Ok(())
}
