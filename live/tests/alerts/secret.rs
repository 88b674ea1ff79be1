//! No token and no key comes out of anything, heard at the loudest.

use std::io;
use std::sync::{Arc, Mutex};

use tickstep_live::alerts::AlertPlan;
use tickstep_live::vault::{Strength, Vault, VaultKey};
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;

use crate::chat::TOKEN;
use crate::desk::{CHAT, Desk, KEY, KIM, server, telegram, webhook};

#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl io::Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_secret_is_shown_by_anything() {
    let lines = Lines::default();
    let writer = lines.clone();
    let layer = tracing_subscriber::fmt::layer().json().with_writer(move || writer.clone());
    tracing_subscriber::registry().with(layer).init();
    let bot = server().await;
    let both = |base: &str, hook: &str| {
        let telegram = telegram(base, &[CHAT]);
        tickstep_live::config::AlertsConfig { webhook: webhook(hook).webhook, ..telegram }
    };
    let gone = {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        format!("http://{}", listener.local_addr().unwrap())
    };
    // A server that answers, and hooks that do not.
    let mut desk = Desk::start(&both(&bot.base, &gone)).await;
    bot.say(CHAT, KIM, "/pause");
    bot.answer(CHAT, "nothing is opened").await;
    let mut shown = format!("{:?}", desk.handle.status().await.unwrap());
    // One that is not there, and one that does not know the bot and says its name back.
    desk = desk.again(&both(&gone, &bot.base)).await;
    let mut wrong = both(&format!("{}/elsewhere", bot.base), &gone);
    for config in [&both(&gone, &gone), &wrong] {
        desk = desk.again(config).await;
        loop {
            let status = desk.handle.status().await.unwrap();
            shown += &format!("{status:?}");
            if status.queues.iter().any(|q| q.name.starts_with("commands") && q.trouble.is_some()) {
                break;
            }
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
    }
    desk.handle.stop(std::time::Duration::from_secs(5));
    desk.service.take().unwrap().join().await;
    desk.alerting.take().unwrap().end(std::time::Duration::from_millis(50)).await;
    // Secrets that are none, or are not there.
    let folder = tempfile::tempdir().unwrap();
    let weak = Strength { memory_kib: 8, passes: 1, lanes: 1 };
    let key = VaultKey::passphrase("a passphrase of a test".into());
    let mut vault = Vault::create(&folder.path().join("vault"), &key, weak).unwrap();
    let fault = |vault: &Vault, config: &_| AlertPlan::of(config, Some(vault)).err().unwrap();
    let none = fault(&vault, &wrong).to_string();
    assert!(none.contains("accounts add-secret hook"), "{none}");
    vault.put_secret("hook", format!("whsec_{KEY}").as_str().into()).unwrap();
    vault.put_secret("bot", "canary-bot-token".into()).unwrap();
    shown += &format!("{:?}", fault(&vault, &wrong));
    wrong.webhook = None;
    shown += &format!("{0} {0:?} {vault:?}", fault(&vault, &wrong));
    let said = String::from_utf8_lossy(&lines.0.lock().unwrap()).into_owned();
    assert!(said.contains("hyper_util") && said.contains("Telegram"));
    for secret in [TOKEN, "canary-bot", KEY] {
        for (what, text) in [("the log", &said), ("what was shown", &shown)] {
            let at = text.find(secret);
            let around = at.map(|at| text[at.saturating_sub(300)..].chars().take(600));
            let around: Option<String> = around.map(Iterator::collect);
            assert!(around.is_none(), "{what} has {secret}: {}", around.unwrap());
        }
    }
}
