//! A session that opens itself, for a feed whose account nobody else logs in.

use std::sync::Mutex;
use std::sync::{Arc, PoisonError};

use tickstep_core::units::Nanos;

use crate::broker::{Broker, BrokerReply, Call, Fault, Reply};
use crate::clock::Clock;

/// How long to wait before another attempt to log in.
const AGAIN: Nanos = Nanos(30_000_000_000);

/// A way to a broker that logs in when a question finds no session, and only questions go by
/// it. A password that was refused is not tried again.
pub struct FeedSession {
    way: Arc<dyn Broker>,
    clock: Clock,
    /// When it may be tried; never, where that is `None`.
    next: Mutex<Option<Nanos>>,
}

impl FeedSession {
    /// A session by the way `to` a broker.
    #[must_use]
    pub fn new(to: Arc<dyn Broker>, clock: Clock) -> Self {
        Self { way: to, clock, next: Mutex::new(Some(Nanos(i64::MIN))) }
    }

    /// Whether to log in now; no other task does then.
    fn may_try(&self) -> bool {
        let now = self.clock.now();
        let mut next = self.next.lock().unwrap_or_else(PoisonError::into_inner);
        let may = next.is_some_and(|next| now >= next);
        if may {
            *next = Some(now + AGAIN);
        }
        may
    }
}

impl Broker for FeedSession {
    fn call(&self, call: Call) -> BrokerReply<'_> {
        Box::pin(async move {
            let Call::Read(read) = call else {
                let why = "a feed asks questions and nothing else".to_owned();
                return (Reply::Failed(Fault::Refused(why)), None);
            };
            let first = self.way.call(Call::Read(read.clone())).await;
            if first.0 != Reply::Failed(Fault::Unauthorised) || !self.may_try() {
                return first;
            }
            match self.way.call(Call::LogIn).await.0 {
                Reply::LoggedIn(_) => self.way.call(Call::Read(read)).await,
                Reply::Failed(fault) => {
                    tracing::warn!(%fault, "the feed has no session");
                    if matches!(fault, Fault::BadCredentials | Fault::WrongAccount { .. }) {
                        *self.next.lock().unwrap_or_else(PoisonError::into_inner) = None;
                    }
                    (Reply::Failed(fault), None)
                }
                other => (other, None),
            }
        })
    }
}
