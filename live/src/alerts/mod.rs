//! Whoever has to know is told, and may act from where they are.
//!
//! Alerts of a runner are taken from the stream that everybody may read, so that trading
//! never waits for one. What comes again within a [quiet period](Quiet) is counted and told
//! once at its end. Each channel has a [queue of bounded length](Outbox) and a task of its
//! own: a webhook that does not answer holds up no chat. A queue that is full drops the
//! oldest of what matters least, and says how many were dropped.
//!
//! Channels are the log, which has every alert anyway, a [webhook], whose messages
//! are signed, and [Telegram](telegram), which takes commands too.
//!
//! Invariants: no secret is shown by any type, error or line of a log here, nor is the
//! address of a bot, which has its token in it. A command is done once, whatever is lost or
//! comes twice. Nobody is admitted who is not named.

mod answers;
mod ask;
mod bot;
mod collect;
mod confirm;
mod deliver;
mod fault;
mod message;
mod notify;
mod outbox;
mod poll;
mod quiet;
mod seen;
mod start;
pub mod telegram;
mod watch;
pub mod webhook;

pub use deliver::Patience;
pub use fault::AlertFault;
pub use message::AlertMessage;
pub use notify::{Notifier, tell_health};
pub use outbox::Outbox;
pub use quiet::Quiet;
pub use start::{AlertPlan, Alerting};
