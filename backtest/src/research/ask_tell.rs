//! How another program, such as an optimiser in Python, takes part in a search:
//! one JSON object on a line, so that any language can speak it.
//!
//! We begin with one [`Opening`], which tells the axes, the constraints and the
//! figures. Then each line from the other side is one [`Request`], and each is
//! answered by one [`Reply`] of the same `id`; answers may come in another order
//! than the questions.
//!
//! ```text
//! us:   {"tickstep":1,"axes":[{"key":"ma_period","from":3,"to":20,"step":1}],"constraints":[],"objectives":["sharpe"]}
//! them: {"id": 7, "set": {"ma_period": 5}}
//! us:   {"id":7,"objectives":{"sharpe":1.2},"trades":55,"trade_hash":"9f3a"}
//! them: {"id": 8, "set": {"ma_period": 99}}
//! us:   {"id":8,"error":"ma_period: 99 is not in 3 to 20 in steps of 1"}
//! ```
//!
//! Known limits: a figure that could not be told is `null`; JSON has no other
//! word for it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::research::space::{Axis, Set, Space, SpaceError, Value};

/// Version of what the lines say; a change that old programs would misread raises it.
pub const VERSION: u32 = 1;

/// The first line, from us: what there is to search.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Opening {
    /// Version of this exchange of lines, [`VERSION`].
    pub tickstep: u32,
    /// The axes, as `[[sweep.axis]]` has them.
    pub axes: Vec<Axis>,
    /// Conditions that a set must fulfil.
    pub constraints: Vec<String>,
    /// Figures that every answer has, the main one first; more is better.
    pub objectives: Vec<String>,
}

impl Opening {
    /// The opening for a space and the names of the figures that answers have.
    #[must_use]
    pub fn new(space: &Space, objectives: &[String]) -> Self {
        Self {
            tickstep: VERSION,
            axes: space.axes().to_vec(),
            constraints: space.constraints().map(str::to_owned).collect(),
            objectives: objectives.to_vec(),
        }
    }

    /// The opening as one line of JSON, without its end.
    pub fn line(&self) -> Result<String, serde_json::Error> {
        serde_json::to_string(self)
    }
}

/// A line to us: a set to run.
///
/// ```
/// use tickstep_backtest::research::ask_tell::Request;
///
/// let request = Request::read(r#"{"id": 7, "set": {"ma_period": 5}}"#);
/// assert_eq!(request.map(|r| r.set["ma_period"].to_string()), Ok("5".to_owned()));
///
/// let reply = Request::read(r#"{"id": 7, "sets": {}}"#).unwrap_err();
/// assert_eq!(
///     reply.line()?,
///     r#"{"id":7,"error":"unknown field `sets`, expected `id` or `set`; did you mean `set`?"}"#,
/// );
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Request {
    /// Number that comes back with the answer.
    pub id: u64,
    /// A value for every axis; numbers are best written with few digits, as a
    /// continuous axis rounds them to its decimals.
    pub set: BTreeMap<String, Value>,
}

impl Request {
    /// Reads a line; the error is the answer to send, with the line's `id` where it has
    /// one.
    pub fn read(line: &str) -> Result<Self, Reply> {
        serde_json::from_str(line).map_err(|e| {
            #[derive(Deserialize)]
            struct Id {
                id: u64,
            }
            let id = serde_json::from_str::<Id>(line).ok().map(|found| found.id);
            Reply::Failed { id, error: words(&e) }
        })
    }

    /// The set of the space it means, numbered `number`.
    pub fn of(&self, space: &Space, number: usize) -> Result<Set, SpaceError> {
        space.set(number, &self.set)
    }

    /// The answer that it could not be run.
    #[must_use]
    pub fn failed(&self, error: impl ToString) -> Reply {
        Reply::Failed { id: Some(self.id), error: error.to_string() }
    }
}

fn words(e: &serde_json::Error) -> String {
    if !e.is_data() {
        return format!("{e}; write one JSON object on a line: {{\"id\": 7, \"set\": {{...}}}}");
    }
    let text = e.to_string();
    let text = text.rsplit_once(" at line ").map_or(text.as_str(), |(words, _)| words);
    let given = text.strip_prefix("unknown field `").and_then(|rest| rest.split('`').next());
    let near = given.map(|g| tickstep_config::hint(g, ["id", "set"].into_iter()));
    format!("{text}{}", near.unwrap_or_default())
}

/// A line from us: what came of a set, or why nothing did.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Reply {
    /// The set was run.
    Done {
        /// Number of the request that is answered.
        id: u64,
        /// Every figure of the opening; `null` where it could not be told.
        objectives: BTreeMap<String, Option<f64>>,
        /// Number of closed trades.
        trades: u64,
        /// Fingerprint of the trades, the same for runs with the same trades.
        trade_hash: String,
    },
    /// The set was not run.
    Failed {
        /// Number of the request; `null` where the line had none that could be read.
        id: Option<u64>,
        /// What is wrong and what would be right.
        error: String,
    },
}

impl Reply {
    /// The reply as one line of JSON, without its end.
    pub fn line(&self) -> Result<String, serde_json::Error> {
        serde_json::to_string(self)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::research::space::{Method, Spacing};

    fn space() -> Space {
        let int = Value::Int;
        let axes = vec![
            Axis::range("p.ma_period", &int(3), &int(20), &int(1)).unwrap(),
            Axis::continuous("p.spike", &int(1), &int(5), 2, Spacing::Log).unwrap(),
        ];
        let text = ["spike < ma_period".to_owned()];
        Space::new(axes, &text, Method::Random { sets: 10, seed: 1 }).unwrap()
    }

    #[test]
    fn the_opening_says_all_there_is() {
        let opening = Opening::new(&space(), &["sharpe".to_owned()]);
        let line = opening.line().unwrap();
        assert_eq!(
            line,
            concat!(
                r#"{"tickstep":1,"axes":[{"key":"p.ma_period","from":3,"to":20,"step":1},"#,
                r#"{"key":"p.spike","from":1.0,"to":5.0,"decimals":2,"log":true}],"#,
                r#""constraints":["spike < ma_period"],"objectives":["sharpe"]}"#,
            )
        );
        assert_eq!(serde_json::from_str::<Opening>(&line).unwrap(), opening);
    }

    #[test]
    fn requests_become_sets_or_say_why_not() {
        let run = |line: &str| {
            let request = Request::read(line).map_err(|reply| reply.line().unwrap())?;
            let set = request.of(&space(), 3);
            set.map(|s| s.to_string()).map_err(|e| request.failed(e).line().unwrap())
        };
        for (line, wanted) in [
            (
                r#"{"id": 1, "set": {"p.ma_period": 5, "p.spike": 2.123456789}}"#,
                Ok("p.ma_period=5 p.spike=2.12"),
            ),
            (
                r#"{"id": 2, "set": {"p.ma_period": 5.0, "p.spike": 2}}"#,
                Ok("p.ma_period=5 p.spike=2.0"),
            ),
            (
                r#"{"id": 3, "set": {"p.ma_period": 3, "p.spike": 4}}"#,
                Err(
                    r#"{"id":3,"error":"the set is excluded by the constraint `spike < ma_period`"}"#,
                ),
            ),
            (
                r#"{"id": 4, "set": {"p.ma_period": 5.5, "p.spike": 4}}"#,
                Err(r#"{"id":4,"error":"p.ma_period: 5.5 is not in 3 to 20 in steps of 1"}"#),
            ),
        ] {
            assert_eq!(run(line), wanted.map(str::to_owned).map_err(str::to_owned), "{line}");
        }
        let said = run("nonsense").unwrap_err();
        assert!(
            said.starts_with(r#"{"id":null,"error":"#) && said.contains("one JSON object"),
            "{said}"
        );
        let said = run(r#"{"id": 9, "set": {"p.spike": [1]}}"#).unwrap_err();
        assert!(
            said.contains(r#""id":9"#) && said.contains("a number, true, false or text"),
            "{said}"
        );
    }

    #[test]
    fn replies_read_back() {
        let done = Reply::Done {
            id: 7,
            objectives: [("sharpe".to_owned(), Some(1.2)), ("ulcer".to_owned(), None)].into(),
            trades: 55,
            trade_hash: "9f3a".to_owned(),
        };
        let line = done.line().unwrap();
        assert_eq!(
            line,
            r#"{"id":7,"objectives":{"sharpe":1.2,"ulcer":null},"trades":55,"trade_hash":"9f3a"}"#
        );
        assert_eq!(serde_json::from_str::<Reply>(&line).unwrap(), done);
    }

    proptest! {
        #[test]
        fn arbitrary_lines_never_panic(line: String) {
            let _ = Request::read(&line);
        }
    }
}
