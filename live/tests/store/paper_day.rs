//! Two days of a recording on paper, as the command trades them: no column is empty whose
//! value is known.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Read as _;
use std::path::Path;

use tickstep_config::OwnStrategies;
use tickstep_live::cli::run::play;

use crate::support::rows;

const EXAMPLES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../examples");

/// What is empty after a day on paper, and why.
const EMPTY: &[(&str, &str, &str)] = &[
    ("accounts", "host", "there is no server"),
    ("accounts", "trading_account_uuid", "no broker gives a number"),
    ("orders", "order_uuid", "no broker gives a number"),
    ("trading_signals", "orderbook_imbalance", "a recording of bars has no order book"),
    ("users", "email", "there is no login"),
    ("users", "broker_id", "there is no login"),
    ("users", "encrypted_password", "passwords are in the vault and nowhere else"),
    ("users", "deleted_at", "nobody was deleted"),
];

async fn lived(folder: &Path) {
    let bars = std::fs::File::open(format!("{EXAMPLES}/data/FILUSDT-1m-2023-08.csv.gz")).unwrap();
    let mut text = String::new();
    flate2::read::MultiGzDecoder::new(bars).read_to_string(&mut text).unwrap();
    let days: Vec<&str> = text.lines().take(1 + 2 * 1_440).collect();
    std::fs::write(folder.join("bars.csv"), days.join("\n")).unwrap();
    let config = folder.join("live.toml");
    let text = format!(
        "base = \"{EXAMPLES}/fil.toml\"\ntrading_enabled = true\nstate = \"state\"\n\
         [feed]\nkind = \"tape\"\npath = \"bars.csv\"\n\
         funding = {{ FILUSDT = {{ rate = 0.0001, every_s = 28_800 }} }}\n\
         [venue.inside]\nkind = \"paper\"\n\
         [[account]]\nname = \"paper\"\nvenue = \"inside\"\n\
         [[instrument]]\nsymbol = \"FILUSDT\"\ninterval_s = 60\n"
    );
    std::fs::write(&config, text).unwrap();
    play(&config, &[], &OwnStrategies::default()).await.unwrap();
}

/// Columns that are NULL in every row of a table that has any.
fn empty(all: &BTreeMap<String, Vec<String>>) -> BTreeSet<(String, String)> {
    let mut found = BTreeSet::new();
    for (table, rows) in all.iter().filter(|(_, rows)| !rows.is_empty()) {
        let of = |row: &String| -> BTreeSet<String> {
            let cells = row.split(' ').filter_map(|cell| cell.strip_suffix("=NULL"));
            cells.map(str::to_owned).collect()
        };
        let shared = rows.iter().map(of).reduce(|a, b| a.intersection(&b).cloned().collect());
        found.extend(shared.unwrap_or_default().into_iter().map(|name| (table.clone(), name)));
    }
    found
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_column_is_empty_whose_value_is_known() {
    let folder = tempfile::tempdir().unwrap();
    lived(folder.path()).await;
    let mut all = rows(&folder.path().join("state").join("live.db")).await;
    // What is measured is the machine's, and where no broker is asked none answers.
    all.remove("resource_samples");
    let counts: BTreeMap<&str, usize> = all.iter().map(|(t, rows)| (&**t, rows.len())).collect();
    assert!(counts["trades"] > 5 && counts["trading_signals"] > 5, "{counts:?}");
    assert_eq!(counts["engine_configurations"], 1, "what the journal begins with");
    assert!(counts["candles"] == 2_880 && counts["equity_points"] >= 570, "{counts:?}");
    let wanted: BTreeSet<(String, String)> =
        EMPTY.iter().map(|(table, name, _)| ((*table).to_owned(), (*name).to_owned())).collect();
    assert_eq!(empty(&all), wanted, "{counts:?}");
}
