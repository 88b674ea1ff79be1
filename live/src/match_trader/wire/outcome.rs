//! What came of a write.

use serde::Deserialize;

use crate::intent::{Doubt, Outcome};
use crate::match_trader::number::Text;

/// Longest text that is kept of an error, in characters.
const WORDS: usize = 200;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct WireOutcome {
    status: String,
    native_code: Option<Text>,
    error_code: Option<Text>,
    error_message: Option<String>,
    order_id: Option<Text>,
}

/// What a refusal may say of itself; its form is not documented.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct WireRefusal {
    native_code: Option<Text>,
    error_code: Option<Text>,
    error_message: Option<String>,
    message: Option<String>,
}

/// What a reply to a write means. Only `OK` of a reply that says 2xx is an acceptance. A
/// refusal is `REJECTED`, or one of the statuses by which a request is turned away.
/// Anything else leaves the outcome unknown.
#[must_use]
pub fn outcome(http: u16, body: &[u8]) -> Outcome {
    let read = serde_json::from_slice::<WireOutcome>(body);
    match (http, read) {
        (200..=299 | 400..=499, Ok(wire)) if wire.status == "REJECTED" => Outcome::Rejected {
            code: Text::some(wire.native_code).or_else(|| Text::some(wire.error_code)),
            message: wire.error_message.unwrap_or_default(),
        },
        (200..=299, Ok(wire)) if wire.status == "OK" => {
            // An error's code beside it was seen at an order that was carried out.
            Outcome::Accepted { id: Text::some(wire.order_id) }
        }
        (200..=299 | 400..=499, Ok(wire)) => {
            Outcome::Unknown(Doubt::Unreadable(format!("{http} with status {}", wire.status)))
        }
        // A request that was not understood was not carried out.
        (400 | 403 | 404 | 410 | 422, Err(_)) => refused(http, body),
        (500..=599, _) => Outcome::Unknown(Doubt::Server(http)),
        (200..=299, Err(error)) => {
            Outcome::Unknown(Doubt::Unreadable(format!("{http}: {error}; {}", words(body))))
        }
        _ => Outcome::Unknown(Doubt::Unreadable(format!("HTTP status {http}: {}", words(body)))),
    }
}

fn refused(http: u16, body: &[u8]) -> Outcome {
    let told = serde_json::from_slice::<WireRefusal>(body).ok();
    let (code, message) = told.map_or((None, None), |told| {
        let code = Text::some(told.native_code).or_else(|| Text::some(told.error_code));
        (code, told.error_message.or(told.message))
    });
    Outcome::Rejected {
        code: code.or_else(|| Some(http.to_string())),
        message: message.filter(|m| !m.is_empty()).unwrap_or_else(|| words(body)),
    }
}

/// What a body says to people, shortened: the title of a page, else its first words.
#[must_use]
pub fn words(body: &[u8]) -> String {
    let text = String::from_utf8_lossy(&body[..body.len().min(16 * WORDS)]);
    let text = match text.trim_start().starts_with('<') {
        true => title(&text).map_or_else(|| without_tags(&text), str::to_owned),
        false => text.into_owned(),
    };
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match text.char_indices().nth(WORDS) {
        Some((end, _)) => format!("{}...", &text[..end]),
        None => text,
    }
}

fn title(page: &str) -> Option<&str> {
    let lower = page.to_ascii_lowercase();
    let from = lower.find("<title>")? + "<title>".len();
    let to = from + lower[from..].find("</title>")?;
    Some(page[from..to].trim()).filter(|title| !title.is_empty())
}

fn without_tags(page: &str) -> String {
    let pieces = page.split('<').map(|piece| piece.split_once('>').map_or("", |(_, text)| text));
    pieces.collect::<Vec<_>>().join(" ")
}
