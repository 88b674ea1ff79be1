//! One request and its reply, or what became of them.

use core::fmt;
use core::time::Duration;
use std::error::Error;

use reqwest::header::{DATE, HeaderMap, HeaderName, RETRY_AFTER, SET_COOKIE};
use reqwest::{Client, Request};
use tickstep_core::units::Nanos;
use zeroize::Zeroizing;

use super::once::Gate;
use crate::net::header;

/// How far a reply may go.
#[derive(Clone, Copy)]
pub(crate) struct Bounds {
    pub time: Duration,
    pub bytes: usize,
}

/// Why there is no reply, or only part of one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Lost {
    /// The server cannot have had the request.
    Unsent(String),
    /// It took too long.
    Timeout,
    /// The connection broke.
    Broken(String),
    /// There is too much of it.
    TooLong(usize),
}

impl fmt::Display for Lost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unsent(words) | Self::Broken(words) => f.write_str(words),
            Self::Timeout => f.write_str("no answer in time"),
            Self::TooLong(most) => write!(f, "an answer of more than {most} bytes"),
        }
    }
}

/// A reply.
pub(crate) struct Answer {
    pub status: u16,
    /// The server's time of it.
    pub date: Option<Nanos>,
    /// How long to wait before another request, where it says so.
    pub retry_after: Option<Nanos>,
    /// What it sets.
    pub cookies: Vec<Zeroizing<String>>,
    /// What came of its body.
    pub body: Zeroizing<Vec<u8>>,
    /// Why that is not all of it.
    pub torn: Option<Lost>,
}

impl Answer {
    fn of(status: u16, headers: &HeaderMap) -> Self {
        let text = |name: HeaderName| headers.get(name).and_then(|value| value.to_str().ok());
        let date = text(DATE).and_then(header::date);
        let cookies = headers.get_all(SET_COOKIE).iter().filter_map(|line| line.to_str().ok());
        Self {
            status,
            date,
            retry_after: text(RETRY_AFTER).and_then(|text| header::retry_after(text, date)),
            cookies: cookies.map(|line| Zeroizing::new(line.to_owned())).collect(),
            body: Zeroizing::default(),
            torn: None,
        }
    }
}

/// Sends a request, once. `gate` is that of its body, where it has one.
pub(crate) async fn exchange(
    http: &Client,
    request: Request,
    gate: Option<&Gate>,
    bounds: Bounds,
) -> Result<Answer, Lost> {
    let mut answer = None;
    let fetched = fetch(http, request, bounds.bytes, &mut answer);
    let lost = match tokio::time::timeout(bounds.time, fetched).await {
        Ok(Ok(())) => None,
        Ok(Err(lost)) => Some(lost),
        Err(_) => Some(Lost::Timeout),
    };
    match (answer, lost, gate) {
        (Some(answer), torn, _) => Ok(Answer { torn, ..answer }),
        (None, lost, gate) => {
            let lost = lost.unwrap_or_else(|| Lost::Broken("no reply".to_owned()));
            Err(gate.map_or_else(|| lost.clone(), |gate| through(gate, lost.clone())))
        }
    }
}

/// What became of a request with a body: that it was not sent is known by its body alone.
fn through(gate: &Gate, lost: Lost) -> Lost {
    let words = |lost: Lost| match lost {
        Lost::Unsent(words) | Lost::Broken(words) => words,
        Lost::Timeout | Lost::TooLong(_) => "no connection in time".to_owned(),
    };
    match lost {
        lost if gate.shut() => Lost::Unsent(words(lost)),
        Lost::Unsent(words) => Lost::Broken(words),
        lost => lost,
    }
}

async fn fetch(
    http: &Client,
    request: Request,
    most: usize,
    answer: &mut Option<Answer>,
) -> Result<(), Lost> {
    let mut response = http.execute(request).await.map_err(|e| lost(&e))?;
    let answer = answer.insert(Answer::of(response.status().as_u16(), response.headers()));
    let told = response.content_length().and_then(|n| usize::try_from(n).ok());
    answer.body.reserve(told.unwrap_or(0).min(most));
    while let Some(chunk) = response.chunk().await.map_err(|e| lost(&e))? {
        if answer.body.len() + chunk.len() > most {
            return Err(Lost::TooLong(most));
        }
        answer.body.extend_from_slice(&chunk);
    }
    Ok(())
}

fn lost(error: &reqwest::Error) -> Lost {
    if error.is_connect() {
        Lost::Unsent(cause(error))
    } else if error.is_timeout() {
        Lost::Timeout
    } else {
        Lost::Broken(cause(error))
    }
}

/// What is at the bottom of an error, which tells no address.
pub(crate) fn cause(error: &reqwest::Error) -> String {
    let mut last: &dyn Error = error;
    while let Some(source) = last.source() {
        last = source;
    }
    match last.downcast_ref::<reqwest::Error>() {
        Some(_) => "the request failed".to_owned(),
        None => last.to_string(),
    }
}
