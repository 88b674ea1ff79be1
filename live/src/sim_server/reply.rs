//! What goes back over the wire, and what is done to it on its way.

use axum::body::Body;
use axum::http::header::{CONTENT_TYPE, DATE, LOCATION, RETRY_AFTER, SET_COOKIE};
use axum::http::{HeaderName, Response, StatusCode};
use jiff::fmt::rfc2822::DateTimePrinter;
use serde_json::{Value, json};
use tickstep_core::units::Nanos;

use super::desk::Desk;
use super::line::LineSwitch;
use crate::exchange::{LostReply, Seen};

/// A reply before it is sent.
#[derive(Clone, Debug)]
pub(crate) struct SimReply {
    pub status: StatusCode,
    pub headers: Vec<(HeaderName, String)>,
    pub body: String,
}

const JSON: &str = "application/json";
const HTML: &str = "text/html; charset=UTF-8";

impl SimReply {
    pub fn new(status: StatusCode, content: &str, body: String) -> Self {
        Self { status, headers: vec![(CONTENT_TYPE, content.to_owned())], body }
    }

    pub fn ok(body: &Value) -> Self {
        Self::new(StatusCode::OK, JSON, body.to_string())
    }

    pub fn error(status: StatusCode, message: &str) -> Self {
        Self::new(status, JSON, json!({ "errorMessage": message }).to_string())
    }

    pub fn empty() -> Self {
        Self { status: StatusCode::OK, headers: Vec::new(), body: String::new() }
    }

    pub fn with(mut self, name: HeaderName, value: String) -> Self {
        self.headers.push((name, value));
        self
    }

    pub fn cookie(self, name: &str, value: &str, path: &str) -> Self {
        self.with(SET_COOKIE, format!("{name}={value}; Path={path}; HttpOnly; SameSite=Lax"))
    }

    /// The page that something in front of a broker shows to robots.
    pub fn forbidden() -> Self {
        let page = "<!DOCTYPE html><html><head><title>Just a moment...</title></head>\
                    <body>Attention Required! Access denied</body></html>";
        Self::new(StatusCode::FORBIDDEN, HTML, page.to_owned())
    }

    pub fn too_many(retry_after_s: Option<u32>) -> Self {
        let reply = Self::error(StatusCode::TOO_MANY_REQUESTS, "Too many requests");
        match retry_after_s {
            Some(seconds) => reply.with(RETRY_AFTER, seconds.to_string()),
            None => reply,
        }
    }

    fn into_response(self, desk: &Desk) -> Response<Body> {
        let mut response = Response::builder().status(self.status);
        let now = (desk.now() + desk.floor().options.skew).0.div_euclid(Nanos::SECOND.0);
        let date = jiff::Timestamp::from_second(now).ok();
        let date = date.and_then(|t| DateTimePrinter::new().timestamp_to_rfc9110_string(&t).ok());
        if let Some(date) = date {
            response = response.header(DATE, date);
        }
        for (name, value) in self.headers {
            response = response.header(name, value);
        }
        response.body(Body::from(self.body)).unwrap_or_default()
    }
}

/// Sends what the client is to see. `place` is where the request was sent to.
pub(crate) async fn send(
    desk: &Desk,
    line: &LineSwitch,
    place: &str,
    seen: Seen<SimReply>,
) -> Response<Body> {
    let reply = match seen {
        Seen::Answered(reply) | Seen::OddCode(reply) => reply,
        Seen::Lost(lost) => return lose(desk, line, lost).await,
        Seen::Unauthorised => SimReply::error(StatusCode::UNAUTHORIZED, "Unauthorized"),
        Seen::Forbidden => SimReply::forbidden(),
        Seen::Redirected(status) => {
            let status = StatusCode::from_u16(status).unwrap_or(StatusCode::TEMPORARY_REDIRECT);
            SimReply::new(status, HTML, String::new()).with(LOCATION, place.to_owned())
        }
        Seen::TooMany(retry_after_s) => SimReply::too_many(retry_after_s),
        Seen::Gone => SimReply::error(StatusCode::GONE, "Gone"),
    };
    reply.into_response(desk)
}

async fn lose(desk: &Desk, line: &LineSwitch, lost: LostReply) -> Response<Body> {
    let page = |status, text: &str| SimReply::new(status, HTML, text.to_owned());
    let reply = match lost {
        LostReply::Late => {
            let late = desk.floor().options.late();
            tokio::time::sleep(late).await;
            page(StatusCode::GATEWAY_TIMEOUT, "<html>504 Gateway Time-out</html>")
        }
        LostReply::BadGateway => page(StatusCode::BAD_GATEWAY, "<html>502 Bad Gateway</html>"),
        LostReply::Reset => {
            line.reset();
            SimReply::empty()
        }
        LostReply::Empty => SimReply::empty(),
        LostReply::Blank => SimReply::ok(&json!({})),
        LostReply::Unreadable => SimReply::new(StatusCode::OK, JSON, "<html>OK".to_owned()),
        LostReply::Torn => {
            line.tear();
            SimReply::ok(&json!({ "status": "OK", "orderId": "never to be read" }))
        }
    };
    reply.into_response(desk)
}
