//! Files over HTTP: a part that is there is continued, what is cut off is tried again, and
//! what a server asks to wait is waited.

use core::time::Duration;
use std::fs::{File, OpenOptions};
use std::io::{self, Write as _};
use std::path::Path;

use reqwest::header::{CONTENT_RANGE, DATE, HeaderMap, LOCATION, RANGE, RETRY_AFTER};
use reqwest::{Client, Response, StatusCode};
use tickstep_core::units::Nanos;

use crate::net::client::{check_address, client};
use crate::net::header;

/// Failures in a row, without a byte in between, after which a file is given up.
const FAILURES: u32 = 5;
/// How often in a row a server may ask to wait.
const WAITS: u32 = 20;
/// Longest time that is waited because a server asks to.
const LONGEST_WAIT: Nanos = Nanos::MINUTE.times(10);
/// How long is waited where a server asks to and names no time.
const NO_TIME: Nanos = Nanos::SECOND.times(30);
/// How long nothing may come.
const QUIET: Duration = Duration::from_secs(60);
/// Longest text that is taken.
const LONGEST_TEXT: usize = 4_096;

/// Who is told how far the work is.
pub trait FetchWatcher {
    /// Something that people want to know.
    fn say(&mut self, words: &str);
    /// Bytes of a file that are there, and how many it has where that is known.
    fn bytes(&mut self, name: &str, there: u64, all: Option<u64>);
}

/// Why a file did not come.
#[derive(Debug, thiserror::Error)]
pub enum TransferFault {
    /// There is none.
    #[error("{0} is not there")]
    NotThere(String),
    /// The server does not give it.
    #[error("{url}: HTTP {status}{more}")]
    Refused {
        /// The address.
        url: String,
        /// The status.
        status: u16,
        /// Where it sends whoever asks, or nothing.
        more: String,
    },
    /// It did not come whole.
    #[error("{url}: {why}; run the same line again, it goes on where this ended")]
    Broken {
        /// The address.
        url: String,
        /// Why.
        why: String,
    },
    /// It cannot be written here.
    #[error("{path}: {error}")]
    Disk {
        /// The file.
        path: String,
        /// Why.
        error: io::Error,
    },
}

/// A server with an archive.
pub struct ArchiveServer {
    client: Client,
    base: String,
}

fn bottom(error: &reqwest::Error) -> String {
    let mut last: &dyn std::error::Error = error;
    while let Some(source) = last.source() {
        last = source;
    }
    last.to_string()
}

fn text<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}

/// What a server answers to a question for a file from some byte on.
enum TransferStart {
    /// The file from there on.
    Rest(Response),
    /// The whole file.
    Whole(Response),
    /// It has nothing from there on.
    Nothing,
}

impl ArchiveServer {
    /// The server at an address.
    pub fn new(base: &str) -> Result<Self, String> {
        let tls = check_address(base, false).map_err(|why| format!("--base {base}: {why}"))?;
        Ok(Self { client: client(tls)?, base: base.trim_end_matches('/').to_owned() })
    }

    /// Its address.
    #[must_use]
    pub fn base(&self) -> &str {
        &self.base
    }

    /// Asks for a file from a byte on; whatever goes wrong on the way is tried again.
    async fn open(
        &self,
        path: &str,
        from: u64,
        failures: &mut u32,
        watcher: &mut dyn FetchWatcher,
    ) -> Result<TransferStart, TransferFault> {
        let url = format!("{}{path}", self.base);
        let mut waits = 0;
        loop {
            let mut request = self.client.get(&url);
            if from > 0 {
                request = request.header(RANGE, format!("bytes={from}-"));
            }
            let answer = tokio::time::timeout(QUIET, request.send()).await;
            let response = match answer {
                Ok(Ok(response)) => response,
                Ok(Err(error)) => {
                    self.failed(&url, &bottom(&error), failures, watcher).await?;
                    continue;
                }
                Err(_) => {
                    self.failed(&url, "no answer came", failures, watcher).await?;
                    continue;
                }
            };
            let status = response.status();
            match status {
                StatusCode::OK => return Ok(TransferStart::Whole(response)),
                StatusCode::PARTIAL_CONTENT if begins_at(response.headers(), from) => {
                    return Ok(TransferStart::Rest(response));
                }
                StatusCode::RANGE_NOT_SATISFIABLE if from > 0 => return Ok(TransferStart::Nothing),
                StatusCode::NOT_FOUND => return Err(TransferFault::NotThere(url)),
                StatusCode::TOO_MANY_REQUESTS
                | StatusCode::IM_A_TEAPOT
                | StatusCode::SERVICE_UNAVAILABLE
                    if waits < WAITS =>
                {
                    waits += 1;
                    wait(&url, status, response.headers(), watcher).await;
                }
                other if other.is_server_error() => {
                    let why = format!("HTTP {}", other.as_u16());
                    self.failed(&url, &why, failures, watcher).await?;
                }
                other => {
                    let to = text(response.headers(), LOCATION.as_str());
                    let more = to.map_or(String::new(), |to| format!(", it is at {to}"));
                    return Err(TransferFault::Refused { url, status: other.as_u16(), more });
                }
            }
        }
    }

    /// Waits before the next attempt, longer each time, or gives up.
    async fn failed(
        &self,
        url: &str,
        why: &str,
        failures: &mut u32,
        watcher: &mut dyn FetchWatcher,
    ) -> Result<(), TransferFault> {
        *failures += 1;
        if *failures >= FAILURES {
            return Err(TransferFault::Broken { url: url.to_owned(), why: why.to_owned() });
        }
        watcher.say(&format!("{url}: {why}; attempt {} of {FAILURES} follows", *failures + 1));
        tokio::time::sleep(Duration::from_millis(250 << (*failures).min(6))).await;
        Ok(())
    }

    /// A short text.
    pub async fn text(
        &self,
        path: &str,
        watcher: &mut dyn FetchWatcher,
    ) -> Result<String, TransferFault> {
        let mut failures = 0;
        let url = || format!("{}{path}", self.base);
        loop {
            let opened = self.open(path, 0, &mut failures, watcher).await?;
            let (TransferStart::Rest(mut response) | TransferStart::Whole(mut response)) = opened
            else {
                return Err(TransferFault::NotThere(url()));
            };
            let mut bytes = Vec::new();
            let why = loop {
                match tokio::time::timeout(QUIET, response.chunk()).await {
                    Ok(Ok(Some(chunk))) if bytes.len() + chunk.len() <= LONGEST_TEXT => {
                        bytes.extend(chunk);
                    }
                    Ok(Ok(Some(_))) => {
                        let why = format!("it has more than {LONGEST_TEXT} bytes");
                        return Err(TransferFault::Broken { url: url(), why });
                    }
                    Ok(Ok(None)) => return Ok(String::from_utf8_lossy(&bytes).into_owned()),
                    Ok(Err(error)) => break bottom(&error),
                    Err(_) => break "nothing came for a minute".to_owned(),
                }
            };
            self.failed(&url(), &why, &mut failures, watcher).await?;
        }
    }

    /// Brings a file into `part`, behind what is there of it already; how much that was.
    pub async fn file(
        &self,
        path: &str,
        part: &Path,
        name: &str,
        watcher: &mut dyn FetchWatcher,
    ) -> Result<u64, TransferFault> {
        let disk = |error| TransferFault::Disk { path: part.display().to_string(), error };
        let begun = std::fs::metadata(part).map_or(0, |known| known.len());
        let (mut failures, mut kept) = (0, begun);
        loop {
            let there = std::fs::metadata(part).map_or(0, |known| known.len());
            let (mut response, there) = match self.open(path, there, &mut failures, watcher).await?
            {
                TransferStart::Rest(response) => (response, there),
                // The sum says whether it is whole.
                TransferStart::Nothing => return Ok(kept),
                TransferStart::Whole(response) => {
                    kept = 0;
                    File::create(part).map_err(disk)?;
                    (response, 0)
                }
            };
            let all = response.content_length().map(|rest| there + rest);
            let mut file = OpenOptions::new().append(true).create(true).open(part).map_err(disk)?;
            let mut there = there;
            let why = loop {
                match tokio::time::timeout(QUIET, response.chunk()).await {
                    Ok(Ok(Some(chunk))) => {
                        file.write_all(&chunk).map_err(disk)?;
                        there += chunk.len() as u64;
                        failures = 0;
                        watcher.bytes(name, there, all);
                    }
                    Ok(Ok(None)) => {
                        file.sync_all().map_err(disk)?;
                        return Ok(kept);
                    }
                    Ok(Err(error)) => break bottom(&error),
                    Err(_) => break "nothing came for a minute".to_owned(),
                }
            };
            let url = format!("{}{path}", self.base);
            self.failed(&url, &why, &mut failures, watcher).await?;
        }
    }
}

/// Whether an answer with a part of a file begins at a byte.
fn begins_at(headers: &HeaderMap, from: u64) -> bool {
    let range = text(headers, CONTENT_RANGE.as_str());
    let first = range.and_then(|range| range.trim().strip_prefix("bytes ")?.split('-').next());
    first.and_then(|first| first.parse().ok()) == Some(from)
}

/// Waits as long as a server asks to.
async fn wait(url: &str, status: StatusCode, headers: &HeaderMap, watcher: &mut dyn FetchWatcher) {
    let date = text(headers, DATE.as_str()).and_then(header::date);
    let asked = text(headers, RETRY_AFTER.as_str());
    let asked = asked.and_then(|text| header::retry_after(text, date));
    let wait = asked.unwrap_or(NO_TIME).min(LONGEST_WAIT);
    let seconds = wait.0 / Nanos::SECOND.0;
    watcher.say(&format!("{url}: HTTP {}; the server asks to wait {seconds} s", status.as_u16()));
    tokio::time::sleep(Duration::from_nanos(wait.0.max(0) as u64)).await;
}
