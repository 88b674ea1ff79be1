//! A server that keeps what it was sent and answers as it is told.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// What the server does with a request.
pub enum Act {
    /// It sends this and waits for the next.
    Say(String),
    /// It sends this and closes the connection some time later.
    SayAndClose(String, Duration),
    /// It closes the connection without a word.
    Close,
    /// It sends this, a byte at a time, and a pause after each.
    Trickle(String, Duration),
    /// It sends this and then bytes without end.
    Flood(String),
}

pub struct Canned {
    pub base: String,
    seen: Arc<Mutex<Vec<(usize, String)>>>,
    task: tokio::task::JoinHandle<()>,
}

impl Drop for Canned {
    fn drop(&mut self) {
        self.task.abort();
    }
}

pub fn reply(head: &str, body: &str) -> String {
    format!("HTTP/1.1 {head}\r\nContent-Length: {}\r\n\r\n{body}", body.len())
}

pub fn ok(body: &str) -> String {
    reply("200 OK", body)
}

/// A login's answer, without cookies.
pub fn session(token: &str) -> String {
    let account = crate::client::ACCOUNT;
    format!(
        r#"{{"token":"{token}","accounts":[{{"tradingAccountId":"{account}",
            "tradingApiToken":"trading-token","system":{{"uuid":"system-1"}}}}]}}"#
    )
}

impl Canned {
    /// A server whose answer depends on the request, head and body.
    pub async fn start(act: impl Fn(&str) -> Act + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let seen = Arc::new(Mutex::new(Vec::new()));
        let (keep, act) = (Arc::clone(&seen), Arc::new(act));
        let task = tokio::spawn(async move {
            let mut lines = tokio::task::JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                let (number, keep, act) = (lines.len(), Arc::clone(&keep), Arc::clone(&act));
                lines.spawn(line(stream, number, keep, act));
            }
        });
        Self { base, seen, task }
    }

    /// One that logs everybody in, and answers everything else so.
    pub async fn after_login(act: impl Fn(&str) -> Act + Send + Sync + 'static) -> Self {
        Self::start(move |request| match request.starts_with("POST /manager/mtr-login") {
            true => Act::Say(ok(&session("session-token"))),
            false => act(request),
        })
        .await
    }

    /// Everything that came in full, in order.
    pub fn seen(&self) -> Vec<String> {
        self.seen.lock().unwrap().iter().map(|(_, request)| request.clone()).collect()
    }

    /// On how many connections requests came that begin so.
    #[allow(dead_code, reason = "tests of the other interface ask")]
    pub fn lines_of(&self, begin: &str) -> usize {
        let seen = self.seen.lock().unwrap();
        let lines = seen.iter().filter(|(_, request)| request.starts_with(begin));
        lines.map(|(line, _)| line).collect::<BTreeSet<_>>().len()
    }

    /// How many requests of this kind came.
    pub fn count(&self, part: &str) -> usize {
        self.seen().iter().filter(|request| request.contains(part)).count()
    }
}

async fn request(stream: &mut TcpStream) -> Option<String> {
    let mut bytes = Vec::new();
    loop {
        let text = String::from_utf8_lossy(&bytes);
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let lower = head.to_ascii_lowercase();
            let length = lower.split_once("content-length: ").map_or(0, |(_, rest)| {
                rest.lines().next().unwrap().trim().parse::<usize>().unwrap()
            });
            if body.len() >= length {
                return Some(text.into_owned());
            }
        }
        if stream.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
    }
}

async fn line(
    mut stream: TcpStream,
    number: usize,
    seen: Arc<Mutex<Vec<(usize, String)>>>,
    act: Arc<impl Fn(&str) -> Act>,
) -> Option<()> {
    stream.set_nodelay(true).ok()?;
    loop {
        let request = request(&mut stream).await?;
        seen.lock().unwrap().push((number, request.clone()));
        match act(&request) {
            Act::Say(text) => stream.write_all(text.as_bytes()).await.ok()?,
            Act::SayAndClose(text, after) => {
                stream.write_all(text.as_bytes()).await.ok()?;
                tokio::time::sleep(after).await;
                return None;
            }
            Act::Close => return None,
            Act::Trickle(text, pause) => {
                for byte in text.bytes() {
                    stream.write_all(&[byte]).await.ok()?;
                    tokio::time::sleep(pause).await;
                }
            }
            Act::Flood(text) => {
                stream.write_all(text.as_bytes()).await.ok()?;
                loop {
                    stream.write_all(&[b'x'; 4096]).await.ok()?;
                }
            }
        }
    }
}
