//! Answers of the Trader API, and what they mean.
//!
//! What is read is taken to have the Platform API's fields, by other names where the terms
//! say so, because both are the same system underneath; that is inferred.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;
use serde_json::value::RawValue;

use super::terms::TraderTerms;
use crate::broker::{Fault, Read, Reply};
use crate::intent::{Doubt, Outcome};
use crate::match_trader::number::Text;
use crate::match_trader::wire::{self, words};

/// How deep fields are renamed; no answer is deeper.
const DEEPEST: usize = 8;
/// What every error's type begins with.
const ERROR: &str = "error://trader-api/";

/// What a write's answer should be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TraderWrite {
    /// 201, with the number of what was made.
    Makes,
    /// 204.
    Changes,
}

#[derive(Deserialize)]
struct WireProblem {
    r#type: String,
    title: Option<String>,
    detail: Option<String>,
}

impl WireProblem {
    fn of(body: &[u8]) -> Option<Self> {
        serde_json::from_slice(body).ok()
    }

    /// The type alone tells what it is; the rest is for people.
    fn code(&self) -> &str {
        self.r#type.strip_prefix(ERROR).unwrap_or(&self.r#type)
    }

    fn told(&self) -> String {
        let texts = [&self.title, &self.detail].into_iter().flatten();
        let texts: Vec<_> = texts.map(String::as_str).filter(|t| !t.is_empty()).collect();
        words(texts.join(": ").as_bytes())
    }
}

/// What an answer that is none says of itself.
pub(super) fn problem(body: &[u8]) -> String {
    match WireProblem::of(body) {
        Some(problem) => format!("{}: {}", problem.code(), problem.told()),
        None => words(body),
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct WireMade {
    position_id: Option<Text>,
    pending_order_id: Option<Text>,
}

/// What an answer to a write means. Only the documented status with the documented body is
/// an acceptance; a refusal is a status by which a request is turned away. Anything else
/// leaves the outcome unknown.
#[must_use]
pub fn outcome(write: TraderWrite, http: u16, body: &[u8]) -> Outcome {
    let unreadable = || Doubt::Unreadable(format!("HTTP status {http}: {}", problem(body)));
    match (write, http) {
        (TraderWrite::Changes, 204) => Outcome::Accepted { id: None },
        (TraderWrite::Makes, 201) => {
            let made = serde_json::from_slice::<WireMade>(body).ok();
            let id = made.and_then(|made| {
                Text::some(made.position_id).or_else(|| Text::some(made.pending_order_id))
            });
            match id {
                Some(id) => Outcome::Accepted { id: Some(id) },
                None => Outcome::Unknown(unreadable()),
            }
        }
        // A request that was not understood was not carried out.
        (_, 400 | 403 | 404 | 405 | 410 | 415 | 422) => match WireProblem::of(body) {
            Some(problem) => {
                Outcome::Rejected { code: Some(problem.code().to_owned()), message: problem.told() }
            }
            None => Outcome::Rejected { code: Some(http.to_string()), message: words(body) },
        },
        (_, 500..=599) => Outcome::Unknown(Doubt::Server(http)),
        _ => Outcome::Unknown(unreadable()),
    }
}

/// Puts the Platform API's names in the place of theirs.
fn renamed(terms: &TraderTerms, raw: &str, depth: usize, out: &mut String) {
    let quote = |text: &str, out: &mut String| {
        out.push_str(&serde_json::to_string(text).unwrap_or_default());
    };
    let first = raw.trim_start().bytes().next();
    match first {
        Some(b'{') if depth < DEEPEST => {
            let Ok(fields) = serde_json::from_str::<BTreeMap<String, &RawValue>>(raw) else {
                out.push_str(raw);
                return;
            };
            out.push('{');
            let mut taken = BTreeSet::new();
            for (at, (name, value)) in fields.iter().enumerate() {
                if at > 0 {
                    out.push(',');
                }
                // A name is given once, and not where a field has it by itself.
                let ours = terms.names.get(name);
                let ours = ours.filter(|n| !fields.contains_key(*n) && taken.insert(*n));
                quote(ours.unwrap_or(name), out);
                out.push(':');
                renamed(terms, value.get(), depth + 1, out);
            }
            out.push('}');
        }
        Some(b'[') if depth < DEEPEST => {
            let Ok(list) = serde_json::from_str::<Vec<&RawValue>>(raw) else {
                out.push_str(raw);
                return;
            };
            out.push('[');
            for (at, value) in list.iter().enumerate() {
                if at > 0 {
                    out.push(',');
                }
                renamed(terms, value.get(), depth + 1, out);
            }
            out.push(']');
        }
        _ => out.push_str(raw),
    }
}

/// An answer as the Platform API would have written it: under its names, and where it is a
/// list, or an object of which one field is a list, in an object under `list`.
fn translated(terms: &TraderTerms, body: &[u8], list: Option<&str>) -> Result<String, Fault> {
    let unreadable = |error: &dyn core::fmt::Display| Fault::Unreadable(error.to_string());
    let raw: &RawValue = serde_json::from_slice(body).map_err(|error| unreadable(&error))?;
    let mut out = String::with_capacity(body.len() + 16);
    renamed(terms, raw.get(), 0, &mut out);
    let Some(name) = list else { return Ok(out) };
    if out.starts_with('[') {
        return Ok(format!("{{\"{name}\":{out}}}"));
    }
    let fields: BTreeMap<String, &RawValue> =
        serde_json::from_str(&out).map_err(|error| unreadable(&error))?;
    let mut lists = fields.values().filter(|value| value.get().starts_with('['));
    match (fields.contains_key(name), lists.next(), lists.next()) {
        (false, Some(only), None) => Ok(format!("{{\"{name}\":{}}}", only.get())),
        _ => Ok(out),
    }
}

/// Reads the answer to a question.
pub fn read_reply(terms: &TraderTerms, read: &Read, body: &[u8]) -> Result<Reply, Fault> {
    let as_list = |name: &str| translated(terms, body, Some(name));
    let found = match read {
        Read::Balance => {
            wire::balance(translated(terms, body, None)?.as_bytes()).map(Reply::Balance)
        }
        Read::Instruments => {
            wire::instruments(as_list("instruments")?.as_bytes()).map(Reply::Instruments)
        }
        Read::Quotes(_) => wire::quotes(as_list("quotations")?.as_bytes()).map(Reply::Quotes),
        Read::Candles { from, to, .. } => {
            wire::candles(as_list("candles")?.as_bytes()).map(|mut bars| {
                bars.retain(|bar| *from <= bar.ts_open && bar.ts_open < *to);
                Reply::Candles(bars)
            })
        }
        Read::Positions => wire::positions(as_list("positions")?.as_bytes()).map(Reply::Positions),
        Read::Orders => wire::orders(as_list("orders")?.as_bytes()).map(Reply::Orders),
        Read::Closed { from, to } => {
            wire::closed(as_list("operations")?.as_bytes()).map(|mut rows| {
                rows.retain(|row| *from <= row.close_time && row.close_time < *to);
                Reply::Closed(rows)
            })
        }
    };
    found.map_err(|error| Fault::Unreadable(error.to_string()))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct WireTokenAccount {
    trading_account_id: Option<Text>,
}

/// Whether a token is for the account that is meant; else which one it is for.
pub fn same_account(terms: &TraderTerms, body: &[u8], wanted: &str) -> Result<(), Fault> {
    let text = translated(terms, body, None)?;
    let account: WireTokenAccount =
        serde_json::from_str(&text).map_err(|error| Fault::Unreadable(error.to_string()))?;
    let Some(found) = Text::some(account.trading_account_id) else {
        let why = "the account has no tradingAccountId; `names.theirs = tradingAccountId` tells \
                   which field it is";
        return Err(Fault::Unreadable(why.to_owned()));
    };
    if found == wanted {
        return Ok(());
    }
    Err(Fault::WrongAccount { wanted: wanted.to_owned(), found })
}
