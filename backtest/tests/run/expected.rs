//! Every trade against results computed independently of this project, where
//! they and their data are at hand (`TICKSTEP_SHARED` names the folder that
//! holds `expected` and `data`). `golden.rs` keeps excerpts that need nothing.

use std::path::{Path, PathBuf};

use crate::support::files::shared;
use crate::support::known::{CROSSES, SCALPERS, check_cross, check_scalper, load_fil};

fn months(shared: &Path) -> Vec<PathBuf> {
    ["08", "09", "10", "11"]
        .map(|m| shared.join(format!("data/binance-1m-taker/FILUSDT-1m-2023-{m}.csv.gz")))
        .to_vec()
}

#[test]
fn every_scalper_trade() {
    let Some(shared) = shared() else { return };
    let series = load_fil(&months(&shared));
    assert_eq!(series.bars().len(), 175_680);
    for case in SCALPERS {
        let text = std::fs::read_to_string(shared.join("expected").join(case.file)).unwrap();
        check_scalper(case, &series, &text, true);
    }
}

#[test]
fn every_cross_trade() {
    let Some(shared) = shared() else { return };
    let series = load_fil(&months(&shared));
    for case in CROSSES {
        let text = std::fs::read_to_string(shared.join("expected").join(case.file)).unwrap();
        check_cross(case, &series, &text);
    }
}
