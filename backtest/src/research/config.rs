//! The configuration of a search: that of a run, and beside it what is varied
//! (`[sweep]`) and how the search is done again on the past (`[walk_forward]`).

use std::path::Path;

use serde::{Deserialize, Serialize};
use tickstep_config::{ConfigError, Document, OwnStrategies, read, section};

use super::space::SweepConfig;
use super::validation::WalkConfig;
use crate::config::Config;

/// Tables of a search, which a run knows nothing of.
const SECTIONS: [&str; 2] = ["sweep", "walk_forward"];

/// A run and the search over it, as one TOML file or the manifest of a sweep states them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SearchConfig {
    /// The run that every set is a change of.
    #[serde(flatten)]
    pub run: Config,
    /// What `tickstep sweep` varies; none in the configuration of a single run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sweep: Option<SweepConfig>,
    /// How the search is done again on the past of each window; left out when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub walk_forward: Option<WalkConfig>,
}

impl SearchConfig {
    /// Reads a TOML file; `sets` are `key=value` changes to it.
    pub fn read(path: &Path, sets: &[String]) -> Result<Self, ConfigError> {
        Self::of(&Document::read(path, sets)?, &OwnStrategies::default())
    }

    /// Reads TOML text; `name` is the file's name for messages, `sets` are `key=value` changes.
    pub fn parse(text: &str, name: &Path, sets: &[String]) -> Result<Self, ConfigError> {
        Self::of(&Document::parse(text, name, sets)?, &OwnStrategies::default())
    }

    /// The configuration in a document, with the strategies that the program brings.
    pub fn of(document: &Document, own: &OwnStrategies) -> Result<Self, ConfigError> {
        let read = Self::from_table(document.table(), own)
            .and_then(|config| Ok(Self { run: config.run.with_files()?, ..config }));
        read.map_err(|e| document.placed(e))
    }

    /// From a table, such as one built in code, with the strategies that the program brings.
    pub fn from_table(table: &toml::Table, own: &OwnStrategies) -> Result<Self, ConfigError> {
        let mut run: Config = read(table.clone(), &SECTIONS)?;
        run.bring(own)?;
        let sweep: Option<SweepConfig> = section(table, SECTIONS[0])?;
        let walk_forward: Option<WalkConfig> = section(table, SECTIONS[1])?;
        let run = run.checked()?;
        if let Some(walk) = &walk_forward {
            walk.validate().map_err(|e| ConfigError::param(SECTIONS[1], e))?;
        }
        if let Some(sweep) = &sweep {
            sweep.validate().map_err(|e| ConfigError::at_key(SECTIONS[0], &e.to_string()))?;
        }
        Ok(Self { run, sweep, walk_forward })
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    const RUN: &str = r#"[account]
currency = "USDT"
cash = 100_000
[costs]
maker_fee = 0.0002
taker_fee = 0.0005
slippage = { ticks = 1 }
[[instrument]]
symbol = "A"
data = ["a.csv"]
[[strategy]]
kind = "sma_cross"
params = { slow = 60 }
"#;

    fn read(more: &str, sets: &[&str]) -> Result<SearchConfig, String> {
        let sets: Vec<String> = sets.iter().map(|s| (*s).to_owned()).collect();
        SearchConfig::parse(&format!("{RUN}{more}"), Path::new("c.toml"), &sets)
            .map_err(|e| e.to_string())
    }

    fn sweep(key: &str) -> String {
        format!(
            "[sweep]\nmethod = \"grid\"\nobjective = \"sharpe\"\n[[sweep.axis]]\nkey = \
             \"{key}\"\nvalues = [1]\n"
        )
    }

    #[test]
    fn tables_of_a_search_are_named_where_a_key_is_unknown_and_a_run_knows_none() {
        let walk = "[walk_forward]\ntrain_days = 9\ntest_days = 3\n";
        let unknown = read(&walk.replace("walk_forward", "walk_forwards"), &[]).unwrap_err();
        assert_eq!(
            unknown,
            "c.toml:14:2: unknown field `walk_forwards`, expected one of `account`, `costs`, \
             `simulation`, `period`, `risk`, `instrument`, `strategy`, `sweep`, `walk_forward`; \
             did you mean `walk_forward`?"
        );
        let text = format!("{RUN}{walk}");
        let alone = Config::parse(&text, Path::new("c.toml"), &[]).unwrap_err().to_string();
        assert!(alone.starts_with("c.toml:14:2: unknown field `walk_forward`"), "{alone}");
    }

    #[test]
    fn faults_in_the_tables_of_a_search_have_their_place() {
        let walk = "[walk_forward]\ntrain_days = 9\n  test_days = 0\n";
        let stop = sweep("strategy.params.stop_loss");
        let range = read(&format!("{stop}{walk}"), &[]).unwrap_err();
        assert!(range.starts_with("c.toml:22:15: walk_forward.test_days: 0 is out of"), "{range}");
        let near = read(&stop.replace("values", "valus"), &[]).unwrap_err();
        assert!(near.starts_with("c.toml:19:1: unknown field `valus`"), "{near}");
        let kind = read(&stop.replace("\"grid\"", "\"gird\""), &[]).unwrap_err();
        assert!(kind.starts_with("c.toml:15:10: sweep.method: unknown variant `gird`"), "{kind}");
        let none = read(&stop.replace("method = \"grid\"\n", ""), &[]).unwrap_err();
        assert!(none.contains("sweep: missing field `method`"), "{none}");
        let set = read(&stop, &["sweep.top=0"]).unwrap_err();
        assert!(set.starts_with("sweep: sweep.top: 0 would show nothing"), "{set}");
        let flat = read("", &["sweep=5"]).unwrap_err();
        assert!(flat.starts_with("sweep: invalid type: integer `5`"), "{flat}");
    }

    #[test]
    fn it_is_written_as_the_run_with_its_tables_behind_and_read_back() {
        let stop = sweep("strategy.params.stop_loss");
        let config = read(&format!("{stop}[walk_forward]\ntrain_days = 9\ntest_days = 3"), &[]);
        let config = config.unwrap();
        let json = serde_json::to_string(&config).unwrap();
        let run = serde_json::to_string(&config.run).unwrap();
        let behind = json.strip_prefix(run.trim_end_matches('}')).unwrap_or_default();
        assert!(behind.contains(",\"sweep\":{\"method\":\"grid\","), "{json}");
        assert_eq!(serde_json::from_str::<SearchConfig>(&json).unwrap(), config);
        assert!(
            serde_json::from_str::<SearchConfig>(&json.replace("\"costs\"", "\"cots\"")).is_err()
        );
    }
}
