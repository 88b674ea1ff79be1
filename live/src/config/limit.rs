//! Bounds and times of the whole program.

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use tickstep_config::ConfigError;
use tickstep_core::units::Nanos;

use super::venue::within;
use crate::runner::RetryRules;

/// `[limits]`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct LimitConfig {
    /// Largest quantity of an entry on any account, base units or contracts, above 0; a
    /// template's own holds where it is less. Any when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_quantity: Option<Decimal>,
    /// Latest that an account's positions may be read back where nothing is under way, in
    /// seconds, 1 to 3,600. With more accounts than the limit of requests allows for that,
    /// nothing starts.
    pub max_readback_s: u32,
    /// How often they are read back if the limit of requests allows, in seconds, 1 and up
    /// to `max_readback_s`.
    pub positions_every_s: u32,
    /// How often balance, orders and what was closed are read if the limit allows, in
    /// seconds, 1 to 300; every 300 at the latest.
    pub rest_every_s: u32,
    /// How often terms of instruments are read, in seconds, 60 to 86,400.
    pub terms_every_s: u32,
    /// How often positions are read back while something is under way, in milliseconds,
    /// 100 to 60,000.
    pub positions_soon_ms: u32,
    /// How long a reply is awaited, in milliseconds, 100 to 600,000.
    pub timeout_ms: u32,
    /// How far before its order an execution may seem to lie by the broker's clock, in
    /// milliseconds, 0 to 600,000.
    pub window_before_ms: u32,
    /// How long after its order was sent an execution may come, in milliseconds, 0 to
    /// 600,000.
    pub window_after_ms: u32,
    /// How late a broker's lists may show what it did, in milliseconds, 0 to 600,000. Not
    /// documented; two seconds are assumed.
    pub lag_ms: u32,
    /// How long an order that was given up is remembered in case it executes after all, in
    /// seconds, 1 to 86,400.
    pub late_s: u32,
    /// How often an entry that a broker refused is tried again while its decision is fresh,
    /// 0 to 10.
    pub retries: u32,
    /// What a broker's code or words have in them, in any case, where a refusal may pass by
    /// itself and is tried again; `TURNED_AWAY` is a write that was turned away at the door.
    pub retry_reasons: Vec<String>,
    /// Most logins under way at one server, 1 to 1,000; the others wait for one of them to
    /// end. The server's limit of requests holds beside it.
    pub logins_at_once: u32,
    /// Bars of each instrument that are kept, so that features can warm up again, 1 to
    /// 1,000,000.
    pub warm_up_bars: u32,
}

impl Default for LimitConfig {
    fn default() -> Self {
        let retry = RetryRules::default();
        Self {
            max_quantity: None,
            max_readback_s: 30,
            positions_every_s: 20,
            rest_every_s: 60,
            terms_every_s: 300,
            positions_soon_ms: 1_000,
            timeout_ms: 10_000,
            window_before_ms: 2_000,
            window_after_ms: 10_000,
            lag_ms: 2_000,
            late_s: 600,
            retries: retry.most,
            retry_reasons: retry.reasons,
            logins_at_once: 20,
            warm_up_bars: 2_000,
        }
    }
}

impl LimitConfig {
    pub(super) fn check(&self) -> Result<(), ConfigError> {
        if let Some(most) = self.max_quantity.filter(|most| *most <= Decimal::ZERO) {
            let words = format!("{most} is out of range; it must be above 0");
            return Err(ConfigError::at_key("limits.max_quantity", &words));
        }
        for (key, value, least, most) in [
            ("max_readback_s", self.max_readback_s, 1, 3_600),
            ("positions_every_s", self.positions_every_s, 1, self.max_readback_s),
            ("rest_every_s", self.rest_every_s, 1, 300),
            ("terms_every_s", self.terms_every_s, 60, 86_400),
            ("positions_soon_ms", self.positions_soon_ms, 100, 60_000),
            ("timeout_ms", self.timeout_ms, 100, 600_000),
            ("window_before_ms", self.window_before_ms, 0, 600_000),
            ("window_after_ms", self.window_after_ms, 0, 600_000),
            ("lag_ms", self.lag_ms, 0, 600_000),
            ("late_s", self.late_s, 1, 86_400),
            ("retries", self.retries, 0, 10),
            ("logins_at_once", self.logins_at_once, 1, 1_000),
            ("warm_up_bars", self.warm_up_bars, 1, 1_000_000),
        ] {
            within(&format!("limits.{key}"), value, least, most)?;
        }
        Ok(())
    }

    /// How long a reply is awaited.
    #[must_use]
    pub const fn timeout(&self) -> Nanos {
        millis(self.timeout_ms)
    }
}

pub(super) const fn millis(n: u32) -> Nanos {
    Nanos(n as i64 * 1_000_000)
}

pub(super) const fn seconds(n: u32) -> Nanos {
    Nanos(n as i64 * 1_000_000_000)
}
