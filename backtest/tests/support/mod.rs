//! What the integration tests share. Each binary uses a part of it.
#![allow(dead_code)]

pub mod command;
pub mod files;
pub mod known;
pub mod same;
pub mod sessions;
pub mod tiny;

use std::str::FromStr;

use rust_decimal::Decimal;
use tickstep_core::units::Fraction;

/// How many cases of a property, or seeds: as usual, or as many as `PROPTEST_CASES` says
/// where that is more, as `make nightly` does.
pub fn cases<N: Copy + Ord + FromStr>(usual: N) -> N {
    let wanted = std::env::var("PROPTEST_CASES").ok().and_then(|n| n.parse().ok());
    wanted.map_or(usual, |n: N| n.max(usual))
}

pub fn dec(text: &str) -> Decimal {
    text.parse().unwrap()
}

pub fn frac(text: &str) -> Fraction {
    text.parse().unwrap()
}
