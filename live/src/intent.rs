//! The life of one write to a broker: an order, a change of a bracket, a close.
//!
//! A write may be sent once. Whoever sends it needs a [`Ticket`], which is not `Clone`
//! and which only [`Intent::send`] gives out, and only to an intent that was never sent:
//! to resend what is unknown does not compile. What became of a lost reply is told by
//! reading back, never by asking again.
//!
//! Invariants: an end is never left; a missing reply is never a rejection; the broker's
//! acceptance is not an execution.

use serde::{Deserialize, Serialize};
use tickstep_core::units::Nanos;

/// Number of an intent, counted by the runner, from 1. It is never used twice.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, Default,
)]
#[serde(transparent)]
pub struct IntentId(pub u64);

/// What a comment of ours begins with.
const COMMENT: &str = "tickstep ";

impl IntentId {
    /// The comment by which a broker's lists tell the intent.
    #[must_use]
    pub fn comment(self) -> String {
        format!("{COMMENT}{}", self.0)
    }

    /// The intent that a comment tells; a broker may have written more behind it.
    ///
    /// ```
    /// use tickstep_live::intent::IntentId;
    ///
    /// assert_eq!(IntentId::of_comment(&IntentId(7).comment()), Some(IntentId(7)));
    /// assert_eq!(IntentId::of_comment("tickstep 7 [sl]"), Some(IntentId(7)));
    /// assert_eq!(IntentId::of_comment("tickstep 7b"), None);
    /// assert_eq!(IntentId::of_comment("by hand"), None);
    /// ```
    #[must_use]
    pub fn of_comment(comment: &str) -> Option<Self> {
        let number = comment.trim().strip_prefix(COMMENT)?.split_whitespace().next()?;
        let digits = number.bytes().all(|b| b.is_ascii_digit());
        number.parse().ok().filter(|_| digits).map(Self)
    }
}

/// Number of a request to a broker, counted by the runner, from 1.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, Default,
)]
#[serde(transparent)]
pub struct RequestId(pub u64);

/// The right to send an intent, once.
///
/// A broker's call takes it along, so that one write is sent with it:
///
/// ```
/// use tickstep_live::broker::{Call, Write};
/// use tickstep_live::intent::Ticket;
///
/// fn send(ticket: Ticket, write: &Write) -> Call {
///     Call::Write(ticket, write.clone())
/// }
/// ```
///
/// There is no second one, whatever became of the first: it cannot be used again,
///
/// ```compile_fail,E0382
/// use tickstep_live::broker::{Call, Write};
/// use tickstep_live::intent::Ticket;
///
/// fn send_twice(ticket: Ticket, write: &Write) -> [Call; 2] {
///     [Call::Write(ticket, write.clone()), Call::Write(ticket, write.clone())]
/// }
/// ```
///
/// nor copied,
///
/// ```compile_fail,E0277
/// fn copied<T: Clone>() {}
///
/// copied::<tickstep_live::intent::Ticket>();
/// ```
///
/// nor made of the number of an intent whose outcome is unknown.
///
/// ```compile_fail,E0423
/// use tickstep_live::intent::{Intent, Ticket};
///
/// fn again(unknown: &Intent) -> Ticket {
///     Ticket(unknown.id())
/// }
/// ```
#[derive(Debug, PartialEq, Eq)]
pub struct Ticket(IntentId);

impl Ticket {
    /// The intent that may be sent.
    #[must_use]
    pub const fn intent(&self) -> IntentId {
        self.0
    }
}

/// How a write ended. Nothing follows an end.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum End {
    /// The broker carried it out; a read-back showed it.
    Executed,
    /// The broker refused it.
    Rejected {
        /// The broker's code, where it gave one.
        code: Option<String>,
        /// The broker's words.
        message: String,
    },
    /// Its outcome was unknown, and no read-back showed it for as long as one could.
    NotPlaced,
    /// It was not sent, because it would have been refused, or because it came too late.
    NotSent,
    /// It waited for its price, and is gone without it: withdrawn, or dropped by the broker.
    Withdrawn,
}

/// Why the outcome of a write is not known.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Doubt {
    /// No reply within the time allowed.
    Timeout,
    /// The connection broke after something had been sent.
    Disconnected(String),
    /// The server answered with a fault of its own.
    Server(u16),
    /// A reply that cannot be read.
    Unreadable(String),
    /// This program ended between sending and the reply.
    Restarted,
}

/// What a broker answered to a write.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// It was taken; what it did is for a read-back to tell.
    Accepted {
        /// The broker's number for it, where it gave one.
        id: Option<String>,
    },
    /// It was refused, and nothing was done.
    Rejected {
        /// The broker's code, where it gave one.
        code: Option<String>,
        /// The broker's words.
        message: String,
    },
    /// Nobody knows. It must be read back and must not be sent again.
    Unknown(Doubt),
}

/// Where a write stands. Each variant holds only what is true then.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// It was never sent.
    Ready,
    /// It was sent, and no reply has come.
    InFlight {
        /// The request that carries it.
        request: RequestId,
        /// When it was sent.
        since: Nanos,
    },
    /// The broker took it; no read-back has shown it yet.
    Accepted {
        /// The broker's number for it.
        id: Option<String>,
        /// When it was sent.
        sent: Nanos,
        /// When the reply came.
        since: Nanos,
    },
    /// Its outcome is to be found by reading back.
    Unknown {
        /// What happened to the reply.
        why: Doubt,
        /// When it was sent.
        sent: Nanos,
        /// Since when it is unknown.
        since: Nanos,
    },
    /// The broker's list shows that it waits for its price.
    Resting {
        /// The broker's number of the order.
        order: String,
        /// When it was sent.
        sent: Nanos,
        /// When a list first showed it.
        since: Nanos,
    },
    /// It is over.
    Done(End),
}

/// A report that a write cannot follow.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("intent {} is {stage:?}, to which {report} cannot happen", .intent.0)]
pub struct OutOfTurn {
    /// The intent.
    pub intent: IntentId,
    /// Where it stood, and stands.
    pub stage: Stage,
    /// What was reported of it.
    pub report: &'static str,
}

/// One write to one broker account.
///
/// ```
/// use tickstep_core::units::Nanos;
/// use tickstep_live::intent::{Doubt, End, Intent, IntentId, Outcome, RequestId, Stage};
///
/// let mut intent = Intent::new(IntentId(7));
/// let ticket = intent.send(RequestId(1), Nanos(10))?;
/// assert_eq!(ticket.intent(), IntentId(7));
/// intent.answered(Nanos(20), Outcome::Unknown(Doubt::Timeout))?;
/// assert!(intent.send(RequestId(2), Nanos(30)).is_err(), "only a read-back helps now");
/// intent.found()?;
/// assert_eq!(*intent.stage(), Stage::Done(End::Executed));
/// # Ok::<(), tickstep_live::intent::OutOfTurn>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Intent {
    id: IntentId,
    stage: Stage,
}

impl Intent {
    /// An intent that was never sent.
    #[must_use]
    pub const fn new(id: IntentId) -> Self {
        Self { id, stage: Stage::Ready }
    }

    /// Its number.
    #[must_use]
    pub const fn id(&self) -> IntentId {
        self.id
    }

    /// Where it stands.
    #[must_use]
    pub const fn stage(&self) -> &Stage {
        &self.stage
    }

    /// Whether it is over.
    #[must_use]
    pub const fn is_done(&self) -> bool {
        matches!(self.stage, Stage::Done(_))
    }

    /// Whether the broker may have carried it out, and no read-back has told.
    #[must_use]
    pub const fn is_open(&self) -> bool {
        matches!(
            self.stage,
            Stage::InFlight { .. } | Stage::Accepted { .. } | Stage::Unknown { .. }
        )
    }

    /// Whether the broker's list shows that it waits for its price.
    #[must_use]
    pub const fn rests(&self) -> bool {
        matches!(self.stage, Stage::Resting { .. })
    }

    /// Whether it may yet open a position.
    #[must_use]
    pub const fn may_fill(&self) -> bool {
        self.is_open() || self.rests()
    }

    /// When it was sent, where it is not known how it ended.
    #[must_use]
    pub const fn sent(&self) -> Option<Nanos> {
        match self.stage {
            Stage::InFlight { since, .. } => Some(since),
            Stage::Accepted { sent, .. }
            | Stage::Unknown { sent, .. }
            | Stage::Resting { sent, .. } => Some(sent),
            Stage::Ready | Stage::Done(_) => None,
        }
    }

    fn out_of_turn(&self, report: &'static str) -> OutOfTurn {
        OutOfTurn { intent: self.id, stage: self.stage.clone(), report }
    }

    /// Gives out the right to send it, the first time.
    pub fn send(&mut self, request: RequestId, now: Nanos) -> Result<Ticket, OutOfTurn> {
        if self.stage != Stage::Ready {
            return Err(self.out_of_turn("sending"));
        }
        self.stage = Stage::InFlight { request, since: now };
        Ok(Ticket(self.id))
    }

    /// It will not be sent.
    pub fn withdraw(&mut self) -> Result<(), OutOfTurn> {
        if self.stage != Stage::Ready {
            return Err(self.out_of_turn("withdrawing"));
        }
        self.stage = Stage::Done(End::NotSent);
        Ok(())
    }

    /// Takes the broker's answer. One that comes after it was given up tells more than
    /// none, as long as no read-back has.
    pub fn answered(&mut self, now: Nanos, outcome: Outcome) -> Result<(), OutOfTurn> {
        let (Stage::InFlight { since, .. } | Stage::Unknown { sent: since, .. }) = self.stage
        else {
            return Err(self.out_of_turn("an answer"));
        };
        self.stage = match outcome {
            Outcome::Accepted { id } => Stage::Accepted { id, sent: since, since: now },
            Outcome::Rejected { code, message } => Stage::Done(End::Rejected { code, message }),
            Outcome::Unknown(why) => Stage::Unknown { why, sent: since, since: now },
        };
        Ok(())
    }

    /// A read-back showed that it was carried out.
    pub fn found(&mut self) -> Result<(), OutOfTurn> {
        if !self.may_fill() {
            return Err(self.out_of_turn("an execution"));
        }
        self.stage = Stage::Done(End::Executed);
        Ok(())
    }

    /// The broker's list of orders shows it, under its number there.
    pub fn resting(&mut self, now: Nanos, order: String) -> Result<(), OutOfTurn> {
        let (Stage::Accepted { sent, .. } | Stage::Unknown { sent, .. }) = self.stage else {
            return Err(self.out_of_turn("waiting for its price"));
        };
        self.stage = Stage::Resting { order, sent, since: now };
        Ok(())
    }

    /// The broker's list of orders does not show it any more, and nothing shows a fill.
    pub fn gone(&mut self) -> Result<(), OutOfTurn> {
        if !self.rests() {
            return Err(self.out_of_turn("its withdrawal"));
        }
        self.stage = Stage::Done(End::Withdrawn);
        Ok(())
    }

    /// Read-backs went on for as long as the broker may take, and none showed it.
    pub fn absent(&mut self) -> Result<(), OutOfTurn> {
        match self.stage {
            Stage::Unknown { .. } | Stage::Accepted { .. } => {
                self.stage = Stage::Done(End::NotPlaced);
                Ok(())
            }
            Stage::Ready | Stage::InFlight { .. } | Stage::Resting { .. } | Stage::Done(_) => {
                Err(self.out_of_turn("absence"))
            }
        }
    }

    /// The program starts again: what was in flight lost its reply.
    pub fn restarted(&mut self, now: Nanos) {
        if let Stage::InFlight { since, .. } = self.stage {
            self.stage = Stage::Unknown { why: Doubt::Restarted, sent: since, since: now };
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[derive(Clone, Debug)]
    enum Step {
        Send,
        Withdraw,
        Answer(Outcome),
        Found,
        Absent,
        Rest,
        Gone,
        Restart,
    }

    fn steps() -> impl Strategy<Value = Vec<Step>> {
        let rejected = Outcome::Rejected { code: None, message: "no".to_owned() };
        let step = prop_oneof![
            Just(Step::Send),
            Just(Step::Withdraw),
            Just(Step::Answer(Outcome::Accepted { id: Some("W1".to_owned()) })),
            Just(Step::Answer(rejected)),
            Just(Step::Answer(Outcome::Unknown(Doubt::Timeout))),
            Just(Step::Found),
            Just(Step::Absent),
            Just(Step::Rest),
            Just(Step::Gone),
            Just(Step::Restart),
        ];
        proptest::collection::vec(step, 0..12)
    }

    proptest! {
        #[test]
        fn it_is_sent_once_and_an_end_is_never_left(steps in steps()) {
            let mut intent = Intent::new(IntentId(1));
            let mut tickets = 0;
            for (at, step) in steps.into_iter().enumerate() {
                let before = intent.clone();
                let now = Nanos(at as i64);
                let unknown = matches!(step, Step::Answer(Outcome::Unknown(_)));
                let done = match step {
                    Step::Send => {
                        let ticket = intent.send(RequestId(at as u64), now);
                        tickets += u32::from(ticket.is_ok());
                        ticket.map(drop)
                    }
                    Step::Withdraw => intent.withdraw(),
                    Step::Answer(outcome) => intent.answered(now, outcome),
                    Step::Found => intent.found(),
                    Step::Absent => intent.absent(),
                    Step::Rest => intent.resting(now, "W1".to_owned()),
                    Step::Gone => intent.gone(),
                    Step::Restart => {
                        intent.restarted(now);
                        Ok(())
                    }
                };
                prop_assert!(tickets <= 1);
                if done.is_err() || before.is_done() {
                    prop_assert_eq!(&intent, &before);
                }
                if unknown && done.is_ok() {
                    prop_assert!(intent.is_open(), "a missing reply ends nothing");
                }
                prop_assert_eq!(intent.may_fill(), intent.sent().is_some());
            }
        }
    }

    #[test]
    fn a_fault_says_where_it_stood() {
        let mut intent = Intent::new(IntentId(3));
        let error = intent.found().unwrap_err();
        assert_eq!(error.to_string(), "intent 3 is Ready, to which an execution cannot happen");
    }
}
