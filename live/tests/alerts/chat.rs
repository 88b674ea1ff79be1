//! A server that speaks Telegram's interface for bots, as far as it is used here: its
//! documents are at core.telegram.org/bots/api (`getUpdates`, `sendMessage`, errors with
//! `error_code`, `description` and `parameters.retry_after`).

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use axum::Router;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Json;
use axum::routing::post;
use serde_json::{Value, json};
use tickstep_core::units::Nanos;
use tickstep_live::clock::wall;
use tokio::net::TcpListener;

/// The token that the server knows; it is looked for in everything that comes out.
pub const TOKEN: &str = "4711:canary-bot-token_AbCdEf";

#[derive(Default)]
struct Inner {
    updates: Vec<Value>,
    /// Whether it forgets what was confirmed, as the real one does.
    forgets: bool,
    sent: Vec<(Nanos, i64, String)>,
    asked: Vec<Value>,
    /// What it answers to messages before it takes them again.
    refusals: VecDeque<Value>,
    tries: Vec<(Nanos, String)>,
}

#[derive(Clone)]
pub struct Telegram {
    pub base: String,
    inner: Arc<Mutex<Inner>>,
}

impl Telegram {
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let inner = Inner { forgets: true, ..Inner::default() };
        let telegram = Self { base, inner: Arc::new(Mutex::new(inner)) };
        let app = Router::new().route("/{bot}/{method}", post(take)).with_state(telegram.clone());
        tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
        telegram
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap()
    }

    /// From now on it gives everything out again and again, whatever was confirmed.
    pub fn repeat_itself(&self) {
        self.inner().forgets = false;
    }

    /// Somebody writes; `late` is how many seconds ago.
    pub fn say_late(&self, chat: i64, user: i64, text: &str, late: i64) {
        let mut inner = self.inner();
        let number = 100 + inner.updates.len();
        let date = wall().0 / Nanos::SECOND.0 - late;
        inner.updates.push(json!({
            "update_id": number,
            "message": {
                "message_id": number, "date": date, "text": text,
                "chat": { "id": chat, "type": "private" },
                "from": { "id": user, "is_bot": false, "first_name": "Kim", "username": "kim" },
            },
        }));
    }

    pub fn say(&self, chat: i64, user: i64, text: &str) {
        self.say_late(chat, user, text, 0);
    }

    /// Something that no client of this kind expects.
    pub fn say_nonsense(&self) {
        let mut inner = self.inner();
        let number = 100 + inner.updates.len();
        inner.updates.push(json!({ "update_id": number, "message": { "chat": "what" } }));
    }

    /// What it answers to the next messages, one after the other.
    pub fn refuse(&self, answers: impl IntoIterator<Item = Value>) {
        self.inner().refusals.extend(answers);
    }

    /// What was written into a chat, and when.
    pub fn written(&self, chat: i64) -> Vec<(Nanos, String)> {
        let inner = self.inner();
        let own = inner.sent.iter().filter(|(_, to, _)| *to == chat);
        own.map(|(at, _, text)| (*at, text.clone())).collect()
    }

    /// What was to be written, and when.
    pub fn tries(&self) -> Vec<(Nanos, String)> {
        self.inner().tries.clone()
    }

    /// What was asked for last.
    pub fn asked(&self) -> Option<Value> {
        self.inner().asked.last().cloned()
    }

    /// How often it was asked for messages.
    pub fn questions(&self) -> usize {
        self.inner().asked.len()
    }

    /// Waits until something is written into a chat that has these words in it.
    pub async fn answer(&self, chat: i64, words: &str) -> String {
        for _ in 0..6_000 {
            let all = self.written(chat);
            if let Some((_, text)) = all.into_iter().rev().find(|(_, text)| text.contains(words)) {
                return text;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        panic!("no answer with {words:?}; there is {:#?}", self.written(chat));
    }

    /// Waits until everything that was said so far has been taken.
    pub async fn taken(&self) {
        let next = 100 + self.inner().updates.len();
        for _ in 0..6_000 {
            if self.asked().is_some_and(|asked| asked["offset"].as_u64() == Some(next as u64)) {
                return;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        panic!("not taken: {:?}", self.asked());
    }
}

async fn take(
    State(telegram): State<Telegram>,
    Path((bot, method)): Path<(String, String)>,
    Json(body): Json<Value>,
) -> (StatusCode, Json<Value>) {
    if bot != format!("bot{TOKEN}") {
        // It says back what it was asked, as a careless server might.
        let words = json!({ "ok": false, "error_code": 404, "description": bot });
        return (StatusCode::NOT_FOUND, Json(words));
    }
    match method.as_str() {
        "getUpdates" => (StatusCode::OK, Json(updates(&telegram, &body).await)),
        "sendMessage" => {
            let mut inner = telegram.inner();
            let chat = body["chat_id"].as_i64().unwrap();
            let text = body["text"].as_str().unwrap().to_owned();
            inner.tries.push((wall(), text.clone()));
            if let Some(refusal) = inner.refusals.pop_front() {
                let code = refusal["error_code"].as_u64().unwrap_or(500) as u16;
                return (StatusCode::from_u16(code).unwrap(), Json(refusal));
            }
            inner.sent.push((wall(), chat, text));
            (StatusCode::OK, Json(json!({ "ok": true, "result": { "message_id": 1 } })))
        }
        _ => (StatusCode::NOT_FOUND, Json(json!({ "ok": false, "error_code": 404 }))),
    }
}

async fn updates(telegram: &Telegram, body: &Value) -> Value {
    let from = body["offset"].as_i64().unwrap_or(0);
    telegram.inner().asked.push(body.clone());
    for _ in 0..20 {
        let found: Vec<Value> = {
            let inner = telegram.inner();
            let wanted = |of: &&Value| !inner.forgets || of["update_id"].as_i64().unwrap() >= from;
            inner.updates.iter().filter(wanted).cloned().collect()
        };
        if !found.is_empty() {
            return json!({ "ok": true, "result": found });
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    json!({ "ok": true, "result": [] })
}
