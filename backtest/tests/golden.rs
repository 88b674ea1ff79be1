//! Trades computed independently of this project, on the bundled candles: the
//! first 60 of each run one by one, all of them by number and net P&L.
#![allow(clippy::unwrap_used)]

mod support;

use std::path::Path;

use support::{CROSSES, SCALPERS, bundled_fil, check_cross, check_scalper};

fn golden(file: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(file);
    std::fs::read_to_string(path).unwrap()
}

#[test]
fn scalper() {
    let series = bundled_fil();
    for case in SCALPERS {
        check_scalper(case, &series, &golden(case.file), true);
    }
}

#[test]
fn cross() {
    let series = bundled_fil();
    for case in CROSSES {
        check_cross(case, &series, &golden(case.file));
    }
}
