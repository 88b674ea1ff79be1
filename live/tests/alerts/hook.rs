//! A receiver of webhooks that checks what it is sent, as its owner would.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use serde_json::Value;
use sha2::Sha256;
use tickstep_core::units::Nanos;
use tickstep_live::clock::wall;
use tickstep_live::exchange::TroubleRates;
use tokio::net::TcpListener;

use crate::desk::{Desk, KEY, webhook};
use crate::world::World;

#[derive(Clone, Debug)]
pub struct Delivery {
    pub id: String,
    pub timestamp: i64,
    pub body: Value,
}

#[derive(Clone, Default)]
pub struct Hook {
    /// How many it refuses before it takes any.
    refuses: Arc<Mutex<u32>>,
    all: Arc<Mutex<Vec<Delivery>>>,
}

impl Hook {
    pub async fn start(refuses: u32) -> (Self, String) {
        let hook = Self { refuses: Arc::new(Mutex::new(refuses)), all: Arc::default() };
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/alerts/here", listener.local_addr().unwrap());
        let app = Router::new().fallback(take).with_state(hook.clone());
        tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
        (hook, url)
    }

    pub fn all(&self) -> Vec<Delivery> {
        self.all.lock().unwrap().clone()
    }

    /// Waits until so many came.
    pub async fn came(&self, count: usize) -> Vec<Delivery> {
        for _ in 0..6_000 {
            let all = self.all();
            if all.len() >= count {
                return all;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        panic!("only {:?}", self.all());
    }
}

async fn take(State(hook): State<Hook>, headers: HeaderMap, body: String) -> StatusCode {
    let header = |name: &str| headers[name].to_str().unwrap().to_owned();
    let (id, timestamp) = (header("webhook-id"), header("webhook-timestamp"));
    let mut mac = Hmac::<Sha256>::new_from_slice(KEY.as_bytes()).unwrap();
    mac.update(format!("{id}.{timestamp}.{body}").as_bytes());
    let signature = header("webhook-signature");
    let given = STANDARD.decode(signature.strip_prefix("v1,").unwrap()).unwrap();
    mac.verify_slice(&given).unwrap();
    assert_eq!(header("content-type"), "application/json");
    let timestamp = timestamp.parse().unwrap();
    let body = serde_json::from_str(&body).unwrap();
    hook.all.lock().unwrap().push(Delivery { id, timestamp, body });
    let mut refuses = hook.refuses.lock().unwrap();
    match *refuses {
        0 => StatusCode::NO_CONTENT,
        _ => {
            *refuses -= 1;
            StatusCode::SERVICE_UNAVAILABLE
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_alert_is_signed_and_comes_with_one_number_until_it_is_taken() {
    let (hook, url) = Hook::start(3).await;
    let mut world = World::new(2, 60, 32, TroubleRates::all(0)).await;
    world.mistyped = Some(1);
    let mut desk = Desk::of(world, &webhook(&url));
    let all = hook.came(4).await;
    let numbers: BTreeSet<_> = all[..4].iter().map(|delivery| delivery.id.clone()).collect();
    assert_eq!(numbers.len(), 1, "{all:?}");
    let Delivery { id, timestamp, body } = &all[3];
    assert_eq!(&body["id"], id);
    assert_eq!(body["type"], "tickstep.alert");
    assert_eq!((&body["kind"], &body["account"]), (&"session".into(), &"account 1".into()));
    assert!(["warning", "critical"].contains(&body["severity"].as_str().unwrap()), "{body}");
    assert!(body["at"].as_str().unwrap().ends_with(" KST"), "{body}");
    assert!((wall().0 / Nanos::SECOND.0 - timestamp).abs() < 86_400);
    // What else happened was below the least severity, or something else.
    assert_eq!(all.iter().filter(|delivery| delivery.id == *id).count(), 4);
    // What is told beside what the runner says goes the same way, at its end too.
    use tickstep_live::runner::Severity;
    let notifier = desk.alerting.as_ref().unwrap().notifier();
    notifier.tell(Severity::Notice, "start", "too little to be sent");
    notifier.tell(Severity::Critical, "stop", "the last words");
    drop(notifier);
    desk.end().await;
    let last = hook.all().pop().unwrap().body;
    assert_eq!((&last["message"], &last["kind"]), (&"the last words".into(), &"stop".into()));
    let said = hook.all().iter().any(|delivery| delivery.body["kind"] == "start");
    assert!(!said, "{:?}", hook.all());
}
