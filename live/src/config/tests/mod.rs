//! What is read of a configuration, what is refused, and what a runner is built of.

use std::path::Path;

use rust_decimal::Decimal;

use super::*;

mod built;
mod changes;
mod environment;
mod faults;
mod trader_api;

const SAMPLE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../examples/live.toml");

/// A whole file without a base.
const WHOLE: &str = include_str!("../../../tests/data/whole.toml");

fn own() -> OwnStrategies {
    OwnStrategies::default()
}

fn parse(text: &str, changes: &[&str]) -> Result<LiveConfig, String> {
    let changes: Vec<String> = changes.iter().map(|c| (*c).to_owned()).collect();
    LiveConfig::parse(text, Path::new("live.toml"), &changes, &own()).map_err(|e| e.to_string())
}

fn sample(env: &[(&str, &str)]) -> Result<LiveConfig, String> {
    let env: Vec<_> = env.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
    LiveConfig::read(Path::new(SAMPLE), &[], &env, &own()).map_err(|e| e.to_string())
}

fn d(text: &str) -> Decimal {
    text.parse().unwrap()
}
