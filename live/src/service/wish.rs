//! What is asked of a running service over its socket, and what it answers: one line of JSON
//! each.

use std::time::Duration;

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use tickstep_core::session::AccountId;

use super::closing::Closed;
use super::handle::{ActBy, Acted, Handle, ServiceStatus};
use crate::driver::production::Gone;
use crate::runner::{Act, ActResult, BracketChange, LevelChange, OutsideSignal, Reach};

/// Longest time that a close is waited for, in seconds.
const LONGEST: u64 = 3600;

/// A line that asks for something. A key that it does not know is an error: a misspelt
/// account would be all accounts, and a misspelt stop none.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WishLine {
    /// The asker's number of an act: one that comes again is done once. Without one each
    /// line is a new act.
    pub id: Option<String>,
    /// Who asks; the user's number on this machine is added to it.
    pub who: String,
    /// Why, in words of their own.
    pub why: String,
    /// What.
    pub wish: Wish,
}

/// What may be asked for. Accounts are named as the configuration calls them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "do", rename_all = "snake_case", deny_unknown_fields)]
pub enum Wish {
    /// Where everything stands.
    Status,
    /// From now on, until the connection is closed: where everything stands, so often, and
    /// what happens in between, one [`WatchLine`](super::WatchLine) a line.
    Watch {
        /// Milliseconds between two lines of where everything stands, 50 to 60,000.
        every_ms: u64,
    },
    /// No new entries.
    Pause {
        /// On one account alone.
        account: Option<String>,
    },
    /// Entries again.
    Resume {
        /// On one account alone.
        account: Option<String>,
    },
    /// Close everything, no new entries until it is resumed, and wait until nothing is open.
    Kill {
        /// On one account alone.
        account: Option<String>,
        /// Seconds to wait; 60 where absent, and none in a batch.
        #[serde(default = "a_minute")]
        wait_s: u64,
    },
    /// Close what is open, and wait until it is.
    Close {
        /// On one account alone.
        account: Option<String>,
        /// Of one instrument alone.
        symbol: Option<String>,
        /// Seconds to wait.
        wait_s: u64,
    },
    /// Hold the ledger against what brokers say anew.
    Audit {
        /// Seconds to wait for that.
        wait_s: u64,
    },
    /// Close one position, or part of it.
    ClosePosition {
        /// The account.
        account: String,
        /// The broker's number of the position.
        position: String,
        /// How much; all of it where absent.
        volume: Option<Decimal>,
    },
    /// Give one position another stop and target.
    EditPosition {
        /// The account.
        account: String,
        /// The broker's number of the position.
        position: String,
        /// What becomes of its stop; it stays where absent.
        #[serde(default)]
        stop: LevelChange,
        /// What becomes of its target; it stays where absent.
        #[serde(default)]
        target: LevelChange,
    },
    /// Withdraw one order that waits for its price.
    CancelOrder {
        /// The account.
        account: String,
        /// The broker's number of the order.
        order: String,
    },
    /// Withdraw all orders that wait for their price.
    CancelOrders {
        /// On one account alone.
        account: Option<String>,
        /// Of one instrument alone.
        symbol: Option<String>,
    },
    /// Have one order wait for another price, and perhaps with other levels.
    EditOrder {
        /// The account.
        account: String,
        /// The broker's number of the order.
        order: String,
        /// The price it waits for from now on.
        price: Decimal,
        /// What becomes of the stop of its position; it stays where absent.
        #[serde(default)]
        stop: LevelChange,
        /// What becomes of the target of its position; it stays where absent.
        #[serde(default)]
        target: LevelChange,
    },
    /// Log an account out, or in again.
    Session {
        /// The account.
        account: String,
        /// Whether it shall be logged in.
        wanted: bool,
    },
    /// Change settings, each as `key=value`.
    Set {
        /// The changes.
        changes: Vec<String>,
    },
    /// A signal from outside.
    Signal {
        /// The signal.
        signal: OutsideSignal,
        /// On one account alone.
        account: Option<String>,
    },
    /// Several acts, done one after the other before anything else happens.
    Batch {
        /// The acts: none of them asks, waits, or changes settings.
        wishes: Vec<Wish>,
        /// Seconds to wait for what comes of the orders among them.
        wait_s: u64,
    },
    /// End the program.
    Stop,
}

/// What a service answers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "answer", rename_all = "snake_case")]
pub enum WishAnswer {
    /// Where everything stands.
    Status {
        /// All of it.
        status: Box<ServiceStatus>,
    },
    /// It was done.
    Done {
        /// What was done, for people.
        said: Vec<String>,
        /// What was refused, and why, for people; nothing where all was done.
        refused: Vec<String>,
    },
    /// Closing was asked for; what is still open.
    Closed {
        /// What was done beside closing, for people.
        said: Vec<String>,
        /// What is open, for people; nothing where all is closed.
        left: Vec<String>,
        /// What was refused, and why, for people.
        refused: Vec<String>,
    },
    /// Several acts were done at once.
    Batch {
        /// What was done, for people.
        said: Vec<String>,
        /// What was refused, and why, for people.
        refused: Vec<String>,
        /// What came of every order on every account; nothing where it is not known yet.
        came: Option<Box<ActResult>>,
        /// What accounts are called, by their numbers.
        names: Vec<String>,
    },
    /// Ledger and brokers were compared.
    Audited {
        /// In what they differ, or what is not known; nothing where they agree.
        differences: Vec<String>,
    },
    /// It could not be done.
    Refused {
        /// Why.
        error: String,
    },
}

/// How long an emergency stop is waited for that does not say it, in seconds.
const fn a_minute() -> u64 {
    60
}

/// Longest number of an act, in bytes.
const LONGEST_ID: usize = 200;

impl Handle {
    /// Does what a line asks for.
    pub async fn wish(&self, line: WishLine) -> WishAnswer {
        let WishLine { id, who, why, wish } = line;
        let by = match id {
            Some(id) if id.is_empty() || id.len() > LONGEST_ID => {
                Err(format!("an act's number has 1 to {LONGEST_ID} bytes"))
            }
            Some(id) => Ok(ActBy { id, who, why }),
            None => ActBy::new(&who, &why).map_err(|error| error.to_string()),
        };
        let done = match by {
            Ok(by) => self.fulfil(&by, wish).await,
            Err(error) => Err(error),
        };
        done.unwrap_or_else(|error| WishAnswer::Refused { error })
    }

    async fn fulfil(&self, by: &ActBy, wish: Wish) -> Result<WishAnswer, String> {
        let gone = |gone: Gone| gone.to_string();
        match wish {
            Wish::Status => {
                let status = Box::new(self.status().await.map_err(gone)?);
                Ok(WishAnswer::Status { status })
            }
            Wish::Close { account, symbol, wait_s } => {
                let names = self.names().await.map_err(gone)?;
                let reach = reach(account, &names)?;
                let within = Duration::from_secs(wait_s.min(LONGEST));
                let closed = self.close(by, reach, symbol, within).await.map_err(gone)?;
                // What was closed is of no interest once nothing is left.
                Ok(answered(closed, &names, false))
            }
            Wish::Kill { account, wait_s } => {
                let names = self.names().await.map_err(gone)?;
                let reach = reach(account, &names)?;
                let within = Duration::from_secs(wait_s.min(LONGEST));
                let closed = self.kill(by, reach, within).await.map_err(gone)?;
                Ok(answered(closed, &names, true))
            }
            Wish::Audit { wait_s } => {
                let within = Duration::from_secs(wait_s.min(LONGEST));
                let differences = self.audit(by, within).await.map_err(gone)?;
                Ok(WishAnswer::Audited { differences })
            }
            Wish::Set { changes } => {
                let set = self.set(&by.who, &by.why, &changes).await.map_err(|e| e.to_string())?;
                let word = |text: Option<String>| text.unwrap_or_else(|| "nothing".to_owned());
                let said = set
                    .into_iter()
                    .map(|c| format!("{}: {} instead of {}", c.key, word(c.new), word(c.old)));
                Ok(WishAnswer::Done { said: said.collect(), refused: Vec::new() })
            }
            Wish::Stop => {
                self.stop(super::handle::STOP);
                let said = vec!["it ends".to_owned()];
                Ok(WishAnswer::Done { said, refused: Vec::new() })
            }
            Wish::Batch { wishes, wait_s } => {
                let names = self.names().await.map_err(gone)?;
                let within = Duration::from_secs(wait_s.min(LONGEST));
                let batch = act(Wish::Batch { wishes, wait_s }, &names)?;
                let (acted, came) = self.batch(by, batch, within).await.map_err(gone)?;
                let (said, refused) = said(&acted, &names);
                Ok(WishAnswer::Batch { said, refused, came: came.map(Box::new), names })
            }
            Wish::Watch { .. } => {
                Err("who watches needs a connection of its own for that".to_owned())
            }
            wish => {
                let names = self.names().await.map_err(gone)?;
                let acted = self.command(by, act(wish, &names)?).await.map_err(gone)?;
                let (said, refused) = said(&acted, &names);
                Ok(WishAnswer::Done { said, refused })
            }
        }
    }
}

/// The act that is wished for; in words where it is none.
fn act(wish: Wish, names: &[String]) -> Result<Act, String> {
    Ok(match wish {
        Wish::Pause { account } => Act::Pause(reach(account, names)?),
        Wish::Resume { account } => Act::Resume(reach(account, names)?),
        Wish::Kill { account, .. } => Act::Kill(reach(account, names)?),
        Wish::Close { account, symbol, .. } => Act::Close { reach: reach(account, names)?, symbol },
        Wish::ClosePosition { account, position, volume } => {
            Act::ClosePosition { account: named(&account, names)?, position, volume }
        }
        Wish::EditPosition { account, position, stop, target } => {
            let change = BracketChange { stop, target };
            Act::EditPosition { account: named(&account, names)?, position, change }
        }
        Wish::CancelOrder { account, order } => {
            Act::CancelOrder { account: named(&account, names)?, order }
        }
        Wish::CancelOrders { account, symbol } => {
            Act::CancelOrders { reach: reach(account, names)?, symbol }
        }
        Wish::EditOrder { account, order, price, stop, target } => {
            let change = BracketChange { stop, target };
            Act::EditOrder { account: named(&account, names)?, order, price, change }
        }
        Wish::Session { account, wanted } => {
            Act::Session { account: named(&account, names)?, wanted }
        }
        Wish::Signal { signal, account } => {
            Act::Signal { reach: reach(account, names)?, signal: Box::new(signal) }
        }
        Wish::Batch { wishes, .. } => {
            let acts = wishes.into_iter().map(|wish| act(wish, names));
            Act::Batch(acts.collect::<Result<_, _>>()?)
        }
        Wish::Status | Wish::Watch { .. } | Wish::Audit { .. } | Wish::Set { .. } | Wish::Stop => {
            let words = "a batch is of acts; status, watch, audit, set and stop go by themselves";
            return Err(words.to_owned());
        }
    })
}

fn reach(account: Option<String>, names: &[String]) -> Result<Reach, String> {
    account.map_or(Ok(Reach::All), |name| Ok(Reach::Account(named(&name, names)?)))
}

fn named(name: &str, names: &[String]) -> Result<AccountId, String> {
    let at = names.iter().position(|own| own == name);
    let at =
        at.ok_or_else(|| format!("no account is called {name}; there is {}", names.join(", ")));
    Ok(AccountId(at? as u16))
}

/// What came of closing, with what else was done where `whole` is wanted.
fn answered(closed: Closed, names: &[String], whole: bool) -> WishAnswer {
    let (said, refused) = said(&closed.acted, names);
    let said = if whole { said } else { Vec::new() };
    WishAnswer::Closed { said, left: closed.left, refused }
}

/// What was done, and what was refused, for people.
fn said(acted: &Acted, names: &[String]) -> (Vec<String>, Vec<String>) {
    let (mut said, mut refused) = (Vec::new(), Vec::new());
    for line in &acted.lines {
        let name = line.account.and_then(|account| names.get(account.index()));
        let what = name.map_or_else(|| line.what.clone(), |name| format!("{name}: {}", line.what));
        match &line.refused {
            None if acted.again => said.push(format!("{what} (taken before)")),
            None => said.push(what),
            Some(why) => refused.push(format!("{what}: {why}")),
        }
    }
    (said, refused)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn read(wish: &str) -> Result<Wish, String> {
        let line = format!(r#"{{"who":"kim","why":"","wish":{wish}}}"#);
        serde_json::from_str::<WishLine>(&line).map(|line| line.wish).map_err(|e| e.to_string())
    }

    #[test]
    fn the_lines_of_the_documents_are_asked_and_answered() {
        const FORMATS: &str = include_str!("../../FORMATS.md");
        let mut blocks = FORMATS.split("```json\n").skip(1).map(|rest| rest.split("```").next());
        let asked = blocks.next().flatten().unwrap();
        let mut acts: Vec<String> = Vec::new();
        for line in asked.lines() {
            let read: WishLine =
                serde_json::from_str(line).unwrap_or_else(|e| panic!("{line}: {e}"));
            let written = serde_json::to_value(&read).unwrap();
            // Nothing that stands there is left out, and nothing that could is missing.
            assert_eq!(serde_json::from_str::<serde_json::Value>(line).unwrap(), written, "{line}");
            acts.push(written["wish"]["do"].as_str().unwrap().to_owned());
        }
        let unknown = read(r#"{"do":"nothing"}"#).unwrap_err();
        let known =
            unknown.split("expected one of ").nth(1).unwrap().split(" at line").next().unwrap();
        for act in known.split(", ").map(|name| name.trim_matches('`')) {
            assert!(acts.iter().any(|name| name == act), "FORMATS.md has no line of {act}");
        }
        for line in blocks.next().flatten().unwrap().lines() {
            serde_json::from_str::<WishAnswer>(line).unwrap_or_else(|e| panic!("{line}: {e}"));
        }
    }

    #[test]
    fn what_is_misspelt_is_refused_and_not_left_out() {
        let signal = |bracket: &str, more: &str| {
            format!(
                r#"{{"do":"signal","signal":{{"source":"a","key":"1","strategy":"s","symbol":"X",
                "kind":{{"enter":"buy"}},"price":null,"bracket":{bracket},"hold":null,
                "given":1{more}}}}}"#
            )
        };
        let close = r#"{"do":"close","account":"a","symbol":null,"wait_s":1}"#;
        assert!(matches!(read(close), Ok(Wish::Close { account: Some(_), .. })));
        let taken = read(&signal(r#"{"stop":"1.5"}"#, ""));
        assert!(matches!(taken, Ok(Wish::Signal { .. })), "{taken:?}");
        for (wrong, word) in [
            (close.replace("account", "acount"), "acount"),
            (signal(r#"{"stopp":"1.5"}"#, ""), "stopp"),
            (signal("{}", r#","hodl":60"#), "hodl"),
            (signal("{}", "").replace("bracket", "brackets"), "brackets"),
        ] {
            let said = read(&wrong).unwrap_err();
            assert!(said.contains(&format!("unknown field `{word}`")), "{said}");
        }
        let line = r#"{"who":"kim","why":"","wish":{"do":"status"},"account":"a"}"#;
        let said = serde_json::from_str::<WishLine>(line).unwrap_err().to_string();
        assert!(said.contains("unknown field `account`"), "{said}");
    }
}
