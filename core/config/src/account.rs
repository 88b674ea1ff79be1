//! What is said of the account.

use jiff::tz::TimeZone;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::error::ConfigError;

/// The account: its currency, its cash and the zone of its days.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AccountConfig {
    /// Currency of all money in the results.
    pub currency: String,
    /// Cash at the start, in the account's currency.
    pub cash: Decimal,
    /// IANA zone of the account's days, and of times shown to people.
    #[serde(default = "utc")]
    pub time_zone: String,
}

fn utc() -> String {
    "UTC".to_owned()
}

impl AccountConfig {
    /// Ranges that no type holds; the table is called `account`.
    pub fn validate(&self) -> Result<(), ConfigError> {
        if self.currency.trim().is_empty() {
            let words = "is empty; write one, such as USDT";
            return Err(ConfigError::at_key("account.currency", words));
        }
        if self.cash <= Decimal::ZERO {
            let words = format!("{} is out of range; it must be above 0", self.cash);
            return Err(ConfigError::at_key("account.cash", &words));
        }
        self.zone().map(drop)
    }

    /// The zone of the account's days.
    pub fn zone(&self) -> Result<TimeZone, ConfigError> {
        TimeZone::get(&self.time_zone).map_err(|_| {
            let words = format!(
                "\"{}\" is not an IANA time zone, such as UTC or Asia/Seoul",
                self.time_zone
            );
            ConfigError::at_key("account.time_zone", &words)
        })
    }
}
