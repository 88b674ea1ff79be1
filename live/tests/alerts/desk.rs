//! A service with alerts, and what its journal has of operators.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use tickstep_core::units::Nanos;
use tickstep_live::alerts::{AlertPlan, Alerting, Patience};
use tickstep_live::config::{AlertsConfig, TelegramConfig, WebhookConfig};
use tickstep_live::exchange::TroubleRates;
use tickstep_live::runner::{Happening, Severity};
use tickstep_live::service::{Handle, Heard, Service};
use tickstep_live::vault::{Strength, Vault, VaultKey};

use crate::chat::{TOKEN, Telegram};
use crate::world::World;

/// The chat that is admitted, and somebody in it.
pub const CHAT: i64 = -1_001;
pub const KIM: i64 = 42;

/// The key of the webhook.
pub const KEY: &str = "canary-webhook-key";

/// An operator's act, as it was taken.
#[derive(Clone, Debug, PartialEq)]
pub struct Operated {
    pub who: String,
    pub why: String,
    pub what: String,
    pub again: bool,
}

pub struct Desk {
    pub world: World,
    pub service: Option<Service>,
    pub handle: Handle,
    pub alerting: Option<Alerting>,
    acts: Arc<Mutex<Vec<Operated>>>,
}

/// Short waits, so that a test need not.
pub fn patience() -> Patience {
    let ms = Duration::from_millis;
    Patience { first: ms(10), longest: ms(50), until: Duration::from_secs(3_600) }
}

/// A vault with both secrets in it, and a login.
pub fn vault(folder: &std::path::Path) -> Vault {
    let strength = Strength { memory_kib: 8, passes: 1, lanes: 1 };
    let key = VaultKey::passphrase("a passphrase of a test".into());
    let path = folder.join("vault");
    let mut vault = match Vault::open(&path, &key) {
        Ok(vault) => vault,
        Err(_) => Vault::create(&path, &key, strength).unwrap(),
    };
    vault.put_secret("bot", TOKEN.into()).unwrap();
    vault.put_secret("hook", KEY.into()).unwrap();
    vault
}

pub fn telegram(base: &str, chats: &[i64]) -> AlertsConfig {
    let telegram = TelegramConfig {
        token: "bot".to_owned(),
        chats: chats.to_vec(),
        least: Severity::Warning,
        commands: true,
        poll_s: 1,
        url: base.to_owned(),
        plain_http: false,
    };
    AlertsConfig { telegram: Some(telegram), ..AlertsConfig::default() }
}

pub fn webhook(url: &str) -> AlertsConfig {
    let webhook = WebhookConfig {
        url: url.to_owned(),
        key: "hook".to_owned(),
        least: Severity::Warning,
        timeout_ms: 10_000,
        plain_http: false,
    };
    AlertsConfig { webhook: Some(webhook), ..AlertsConfig::default() }
}

impl Desk {
    /// Two accounts that trade, with alerts as configured.
    pub async fn start(config: &AlertsConfig) -> Self {
        Self::of(World::new(2, 60, 31, TroubleRates::all(0)).await, config)
    }

    pub fn of(world: World, config: &AlertsConfig) -> Self {
        let service = world.start();
        let handle = service.handle();
        let vault = vault(world.state.path());
        let plan = AlertPlan::of(config, Some(&vault)).unwrap().with_patience(patience());
        let alerting = Some(plan.start(&handle));
        let acts = Arc::default();
        tokio::spawn(note(handle.clone(), Arc::clone(&acts)));
        Self { world, service: Some(service), handle, alerting, acts }
    }

    /// What operators had done so far.
    pub fn acts(&self) -> Vec<Operated> {
        self.acts.lock().unwrap().clone()
    }

    /// Ends the service and its alerts.
    pub async fn end(&mut self) {
        self.handle.stop(Duration::from_secs(5));
        self.service.take().unwrap().join().await;
        self.alerting.take().unwrap().end(Duration::from_secs(60)).await;
    }

    /// Ends it and starts another on its state.
    pub async fn again(mut self, config: &AlertsConfig) -> Self {
        self.end().await;
        let (acts, world) = (Arc::clone(&self.acts), self.world);
        let next = Self::of(world, config);
        let before = acts.lock().unwrap().clone();
        next.acts.lock().unwrap().splice(0..0, before);
        next
    }

    /// Waits until any account holds a position.
    pub async fn holds(&self) {
        for _ in 0..6_000 {
            let status = self.handle.status().await.unwrap();
            if status.runner.accounts.iter().any(|a| !a.positions.is_empty()) {
                return;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        panic!("nothing is opened: {:?}", self.handle.status().await);
    }

    /// Goes on for so long in the venue's time.
    pub async fn pass(&self, seconds: i64) {
        self.world.pass(Nanos::SECOND.times(seconds)).await;
    }
}

async fn note(handle: Handle, acts: Arc<Mutex<Vec<Operated>>>) {
    let mut events = handle.events();
    drop(handle);
    while let Some(heard) = events.next().await {
        let Heard::Happened(happened) = heard else { panic!("too slow") };
        for what in &happened.what {
            if let Happening::Operated { who, why, what, again, .. } = what {
                let (who, why, what) = (who.clone(), why.clone(), what.clone());
                acts.lock().unwrap().push(Operated { who, why, what, again: *again });
            }
        }
    }
}

/// A server that is there.
pub async fn server() -> Telegram {
    Telegram::start().await
}
