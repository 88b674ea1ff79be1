//! Who is told when something is wrong, and who may have something done from afar.

use core::time::Duration;

use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};
use tickstep_config::ConfigError;

use super::venue::within;
use crate::logs::LogSettings;
use crate::net::client::check_address;
use crate::runner::Severity;
use crate::vault::name_fault;

/// `[alerts]`. Every alert is a line of the log, too, whatever is stated here. What is
/// changed here counts from the next start on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct AlertsConfig {
    /// How long an alert that comes again is counted and not sent, in seconds, 0 to 86,400;
    /// what was counted is told at the end of that time.
    pub quiet_s: u32,
    /// Zone of the times in messages.
    pub zone: String,
    /// Sends alerts to a program of somebody's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub webhook: Option<WebhookConfig>,
    /// Sends alerts to chats, and takes commands there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub telegram: Option<TelegramConfig>,
}

impl Default for AlertsConfig {
    fn default() -> Self {
        let zone = LogSettings::default().zone;
        Self { quiet_s: 300, zone, webhook: None, telegram: None }
    }
}

/// `[alerts.webhook]`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WebhookConfig {
    /// Where alerts are sent to: an address and nothing else.
    pub url: String,
    /// What the vault calls the key that they are signed with.
    pub key: String,
    /// The least severity that is sent: `notice`, `warning` or `critical`.
    #[serde(default = "warning")]
    pub least: Severity,
    /// How long an answer is awaited, in milliseconds, 100 to 60,000.
    #[serde(default = "timeout_ms")]
    pub timeout_ms: u32,
    /// Whether another machine may be spoken to without TLS.
    #[serde(default)]
    pub plain_http: bool,
}

/// `[alerts.telegram]`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TelegramConfig {
    /// What the vault calls the bot's token.
    pub token: String,
    /// Chats that alerts are sent to and that commands are taken from; a group's number
    /// admits all of its members, an empty list nobody.
    pub chats: Vec<i64>,
    /// The least severity that is sent: `notice`, `warning` or `critical`.
    #[serde(default = "warning")]
    pub least: Severity,
    /// Whether commands are taken, or alerts sent alone.
    #[serde(default = "yes")]
    pub commands: bool,
    /// How long the server may keep a question open until somebody writes, in seconds, 1 to
    /// 300.
    #[serde(default = "poll_s")]
    pub poll_s: u32,
    /// Where the bots' interface is.
    #[serde(default = "telegram")]
    pub url: String,
    /// Whether another machine may be spoken to without TLS.
    #[serde(default)]
    pub plain_http: bool,
}

const fn warning() -> Severity {
    Severity::Warning
}

const fn timeout_ms() -> u32 {
    10_000
}

const fn yes() -> bool {
    true
}

const fn poll_s() -> u32 {
    50
}

fn telegram() -> String {
    "https://api.telegram.org".to_owned()
}

impl WebhookConfig {
    /// How long an answer is awaited.
    #[must_use]
    pub const fn timeout(&self) -> Duration {
        Duration::from_millis(self.timeout_ms as u64)
    }
}

impl AlertsConfig {
    /// Whether any secret of the vault is needed.
    #[must_use]
    pub const fn wants_secrets(&self) -> bool {
        self.webhook.is_some() || self.telegram.is_some()
    }

    pub(super) fn check<'a>(
        &self,
        accounts: impl Iterator<Item = &'a str> + Clone,
    ) -> Result<(), ConfigError> {
        within("alerts.quiet_s", self.quiet_s, 0, 86_400)?;
        TimeZone::get(&self.zone)
            .map_err(|error| ConfigError::at_key("alerts.zone", &error.to_string()))?;
        // A password that is sent to somebody as a bot's token would be theirs.
        let secret = |at: &str, name: &str| {
            let taken = accounts.clone().any(|account| account == name);
            let words = match (name_fault(name), taken) {
                (Some(why), _) => why.to_owned(),
                (None, true) => {
                    format!("{name} is an account, whose login is for its broker alone")
                }
                (None, false) => return Ok(()),
            };
            Err(ConfigError::at_key(at, &words))
        };
        let address = |at: &str, url: &str, plain: bool| {
            check_address(url, plain).map_err(|why| ConfigError::at_key(at, &why)).map(drop)
        };
        if let Some(webhook) = &self.webhook {
            within("alerts.webhook.timeout_ms", webhook.timeout_ms, 100, 60_000)?;
            secret("alerts.webhook.key", &webhook.key)?;
            address("alerts.webhook.url", &webhook.url, webhook.plain_http)?;
        }
        if let Some(telegram) = &self.telegram {
            within("alerts.telegram.poll_s", telegram.poll_s, 1, 300)?;
            secret("alerts.telegram.token", &telegram.token)?;
            address("alerts.telegram.url", &telegram.url, telegram.plain_http)?;
        }
        Ok(())
    }
}
