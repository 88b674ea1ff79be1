//! What is asked of a running service over its socket, and what it answers: one line of JSON
//! each.

use std::time::Duration;

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use tickstep_core::session::AccountId;

use super::handle::{Handle, ServiceStatus};
use crate::broker::BracketPrices;
use crate::driver::production::Gone;
use crate::runner::{Act, Happening, OutsideSignal, Reach};

/// Longest time that a close is waited for, in seconds.
const LONGEST: u64 = 3600;

/// A line that asks for something. A key that it does not know is an error: a misspelt
/// account would be all accounts, and a misspelt stop none.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WishLine {
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
    /// Close everything, and no new entries until it is resumed.
    Kill {
        /// On one account alone.
        account: Option<String>,
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
        /// Its stop from now on; none where absent.
        stop: Option<Decimal>,
        /// Its target from now on; none where absent.
        target: Option<Decimal>,
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
        /// What happened at once, for people.
        said: Vec<String>,
    },
    /// Closing was asked for; what is still open.
    Closed {
        /// What is open, for people; nothing where all is closed.
        left: Vec<String>,
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

impl Handle {
    /// Does what a line asks for.
    pub async fn wish(&self, line: WishLine) -> WishAnswer {
        let WishLine { who, why, wish } = line;
        let done = self.fulfil(&who, &why, wish).await;
        done.unwrap_or_else(|error| WishAnswer::Refused { error })
    }

    async fn fulfil(&self, who: &str, why: &str, wish: Wish) -> Result<WishAnswer, String> {
        let gone = |gone: Gone| gone.to_string();
        let act = match wish {
            Wish::Status => {
                let status = Box::new(self.status().await.map_err(gone)?);
                return Ok(WishAnswer::Status { status });
            }
            Wish::Close { account, symbol, wait_s } => {
                let reach = self.reach(account).await?;
                let within = Duration::from_secs(wait_s.min(LONGEST));
                let closed = self.close(who, why, reach, symbol, within).await.map_err(gone)?;
                return Ok(WishAnswer::Closed { left: closed.left });
            }
            Wish::Audit { wait_s } => {
                let within = Duration::from_secs(wait_s.min(LONGEST));
                let differences = self.audit(who, within).await.map_err(gone)?;
                return Ok(WishAnswer::Audited { differences });
            }
            Wish::Signal { signal } => {
                let taken = self.signal(signal).await.map_err(gone)?;
                let refused = taken.happened.iter().find_map(|h| match h {
                    Happening::SignalRefused { why, .. } => Some(why.clone()),
                    _ => None,
                });
                return refused.map_or_else(|| Ok(said(&taken.happened)), Err);
            }
            Wish::Set { changes } => {
                let set = self.set(who, why, &changes).await.map_err(|e| e.to_string())?;
                let word = |text: Option<String>| text.unwrap_or_else(|| "nothing".to_owned());
                let said = set
                    .into_iter()
                    .map(|c| format!("{}: {} instead of {}", c.key, word(c.new), word(c.old)));
                return Ok(WishAnswer::Done { said: said.collect() });
            }
            Wish::Stop => {
                self.stop(super::handle::STOP);
                return Ok(WishAnswer::Done { said: vec!["it ends".to_owned()] });
            }
            Wish::Pause { account } => Act::Pause(self.reach(account).await?),
            Wish::Resume { account } => Act::Resume(self.reach(account).await?),
            Wish::Kill { account } => Act::Kill(self.reach(account).await?),
            Wish::ClosePosition { account, position, volume } => {
                let account = self.named(&account).await?;
                Act::ClosePosition { account, position, volume }
            }
            Wish::EditPosition { account, position, stop, target } => {
                let account = self.named(&account).await?;
                let bracket = BracketPrices { stop, target };
                Act::EditPosition { account, position, bracket }
            }
            Wish::Session { account, wanted } => {
                Act::Session { account: self.named(&account).await?, wanted }
            }
        };
        let taken = self.command(who, why, act).await.map_err(gone)?;
        Ok(said(&taken.happened))
    }

    async fn reach(&self, account: Option<String>) -> Result<Reach, String> {
        match account {
            None => Ok(Reach::All),
            Some(name) => Ok(Reach::Account(self.named(&name).await?)),
        }
    }

    async fn named(&self, name: &str) -> Result<AccountId, String> {
        let found = self.account(name).await.map_err(|gone| gone.to_string())?;
        match found {
            Some(account) => Ok(account),
            None => {
                let status = self.status().await.map_err(|gone| gone.to_string())?;
                let names: Vec<String> =
                    status.runner.accounts.into_iter().map(|a| a.name).collect();
                Err(format!("no account is called {name}; there is {}", names.join(", ")))
            }
        }
    }
}

fn said(happened: &[Happening]) -> WishAnswer {
    let words = happened.iter().filter_map(|happening| match happening {
        Happening::Operated { what, .. } => Some(what.clone()),
        Happening::Alert(alert) => Some(alert.words.clone()),
        _ => None,
    });
    WishAnswer::Done { said: words.collect() }
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
