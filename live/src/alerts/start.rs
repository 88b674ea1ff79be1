//! Alerts are set up, begin and end.

use core::time::Duration;
use std::sync::Arc;

use jiff::tz::TimeZone;
use secrecy::SecretString;
use tickstep_core::units::Nanos;
use tokio::sync::mpsc;
use tokio::task::JoinSet;

use super::bot::Bot;
use super::collect::{Channels, Collector};
use super::deliver::{Patience, deliver};
use super::fault::AlertFault;
use super::notify::Notifier;
use super::outbox::Outbox;
use super::poll::Poller;
use super::quiet::Quiet;
use super::seen::SeenUpdates;
use super::watch::watch_health;
use super::webhook::Webhook;
use crate::config::{AlertsConfig, TelegramConfig, WebhookConfig};
use crate::service::Handle;
use crate::vault::Vault;

/// Messages that may wait in a channel.
const ROOM: usize = 256;
/// Things that may be told beside what a runner says, before they are taken.
const NOTES: usize = 64;

/// What alerts are made of: a configuration whose secrets were found. Nothing is sent yet.
pub struct AlertPlan {
    quiet: Nanos,
    zone: TimeZone,
    webhook: Option<(WebhookConfig, Webhook)>,
    telegram: Option<(TelegramConfig, Bot)>,
    patience: Patience,
}

impl AlertPlan {
    /// Finds the secrets of a configuration in a vault.
    ///
    /// # Errors
    /// When one is missing or none, or an address cannot be spoken to.
    pub fn of(config: &AlertsConfig, vault: Option<&Vault>) -> Result<Self, AlertFault> {
        let secret = |at: &'static str, name: &str| {
            let found: Option<SecretString> = vault.and_then(|vault| vault.secret(name));
            found.ok_or_else(|| AlertFault::NoSecret { at, name: name.to_owned() })
        };
        let zone = TimeZone::get(&config.zone).map_err(|error| AlertFault::Zone {
            zone: config.zone.clone(),
            why: error.to_string(),
        })?;
        let webhook = config.webhook.as_ref().map(|of| {
            let key = secret("alerts.webhook.key", &of.key)?;
            Ok((of.clone(), Webhook::new(of, &key, zone.clone())?))
        });
        let telegram = config.telegram.as_ref().map(|of| {
            let token = secret("alerts.telegram.token", &of.token)?;
            Ok((of.clone(), Bot::new(of, &token)?))
        });
        let quiet = Nanos::SECOND.times(i64::from(config.quiet_s));
        let (webhook, telegram) = (webhook.transpose()?, telegram.transpose()?);
        Ok(Self { quiet, zone, webhook, telegram, patience: Patience::default() })
    }

    /// The same with another patience.
    #[must_use]
    pub const fn with_patience(mut self, patience: Patience) -> Self {
        self.patience = patience;
        self
    }

    /// Begins to tell what happens in a service.
    #[must_use]
    pub fn start(self, handle: &Handle) -> Alerting {
        let Self { quiet, zone, webhook, telegram, patience } = self;
        let (send, notes) = mpsc::channel(NOTES);
        let notifier = Notifier(send);
        let mut tasks = JoinSet::new();
        let webhook = webhook.map(|(config, webhook)| {
            let gauge = handle.gauge("alerts by webhook", Some(ROOM as u64));
            let outbox = Arc::new(Outbox::new(ROOM, gauge));
            tasks.spawn(deliver(Arc::new(webhook), Arc::clone(&outbox), patience));
            (config.least, outbox)
        });
        let mut polling = None;
        let telegram = telegram.map(|(config, bot)| {
            let gauge = handle.gauge("alerts by Telegram", Some(ROOM as u64));
            let (bot, outbox) = (Arc::new(bot), Arc::new(Outbox::new(ROOM, gauge)));
            tasks.spawn(deliver(Arc::clone(&bot), Arc::clone(&outbox), patience));
            if config.commands {
                let poller = Poller {
                    handle: handle.clone(),
                    outbox: Arc::clone(&outbox),
                    gauge: handle.gauge("commands by Telegram", None),
                    notifier: notifier.clone(),
                    chats: config.chats.clone(),
                    seen: SeenUpdates::open(&handle.about().state, bot.number()),
                    poll: Duration::from_secs(u64::from(config.poll_s)),
                    patience,
                    zone: zone.clone(),
                    bot,
                };
                polling = Some(tokio::spawn(poller.run()));
            }
            (config.least, config.chats, outbox)
        });
        let channels = Channels { webhook, telegram, zone };
        let collector = Collector::new(handle, notes, Quiet::new(quiet), channels);
        tasks.spawn(collector.run());
        tasks.spawn(watch_health(handle.clone(), notifier.clone()));
        Alerting { notifier, tasks, polling }
    }
}

/// Alerts that are being told.
pub struct Alerting {
    notifier: Notifier,
    tasks: JoinSet<()>,
    polling: Option<tokio::task::JoinHandle<()>>,
}

impl Alerting {
    /// By which others tell something.
    #[must_use]
    pub fn notifier(&self) -> Notifier {
        self.notifier.clone()
    }

    /// Ends once the runner has: what is still to be sent is sent, for at most `within`.
    pub async fn end(self, within: Duration) {
        let Self { notifier, mut tasks, polling } = self;
        if let Some(polling) = polling {
            // It ends with the runner; a question to a server is not waited for.
            polling.abort();
            // That it was aborted is what was wanted.
            let _ended = polling.await;
        }
        drop(notifier);
        let all = async { while tasks.join_next().await.is_some() {} };
        if tokio::time::timeout(within, all).await.is_err() {
            tracing::warn!("alerts that could not be sent in time are in the log alone");
        }
    }
}
