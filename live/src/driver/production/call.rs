//! Calls to brokers: each has a task and a deadline, and answers once, whatever happens.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc;

use super::parts::Told;
use crate::broker::{Broker, Call, Fault, Reply};
use crate::intent::{Doubt, Outcome, RequestId};
use crate::runner::{Input, Send};

/// What an answer is owed for. Where none is given before it goes, as when a task ends in
/// the middle, the answer is that nothing is known.
struct Owed {
    request: RequestId,
    write: bool,
    tell: mpsc::UnboundedSender<Told>,
    answered: bool,
}

impl Owed {
    fn answer(&mut self, reply: Reply, venue_time: Option<tickstep_core::units::Nanos>) {
        self.answered = true;
        let input = Input::Reply { request: self.request, reply, venue_time };
        // A runner that has ended finds out by reading back when it starts again.
        let _ = self.tell.send(Told::Reply { input });
    }

    fn lost(&self) -> Reply {
        match self.write {
            true => Reply::Write(Outcome::Unknown(Doubt::Timeout)),
            false => Reply::Failed(Fault::Timeout),
        }
    }
}

impl Drop for Owed {
    fn drop(&mut self) {
        if !self.answered {
            let lost = self.lost();
            self.answer(lost, None);
        }
    }
}

/// Performs a call in a task of its own.
pub(super) fn perform(
    runtime: &tokio::runtime::Handle,
    broker: Option<Arc<dyn Broker>>,
    send: Send,
    deadline: Duration,
    tell: mpsc::UnboundedSender<Told>,
) {
    let Send { request, call, .. } = send;
    let write = matches!(call, Call::Write(..));
    let mut owed = Owed { request, write, tell, answered: false };
    let Some(broker) = broker else {
        let none = "the program has no way to this account's broker".to_owned();
        return owed.answer(Reply::Failed(Fault::Network(none)), None);
    };
    runtime.spawn(async move {
        match tokio::time::timeout(deadline, broker.call(call)).await {
            Ok((reply, venue_time)) => owed.answer(reply, venue_time),
            Err(_) => {
                let lost = owed.lost();
                owed.answer(lost, None);
            }
        }
    });
}
