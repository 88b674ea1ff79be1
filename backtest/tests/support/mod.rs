//! What the integration tests share. Each binary uses a part of it.
#![allow(dead_code)]

pub mod command;
pub mod files;
pub mod known;
pub mod same;
pub mod tiny;

use rust_decimal::Decimal;
use tickstep_core::units::Fraction;

pub fn dec(text: &str) -> Decimal {
    text.parse().unwrap()
}

pub fn frac(text: &str) -> Fraction {
    text.parse().unwrap()
}
