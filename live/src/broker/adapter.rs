//! What an adapter to a broker is: one account's way there.

use std::future::Future;
use std::pin::Pin;

use tickstep_core::units::Nanos;

use super::{Call, Reply};

/// A reply that is on its way, and the broker's own time when it answered, where it said so.
pub type BrokerReply<'a> = Pin<Box<dyn Future<Output = (Reply, Option<Nanos>)> + Send + 'a>>;

/// One account's connection to its broker, with its secrets and its session.
///
/// What holds of every one: nothing is sent twice; a write of which it is not certain that
/// it was not carried out is answered as unknown, never as failed; several calls may be
/// under way at once, and a slow one holds up no other.
pub trait Broker: Send + Sync {
    /// Asks something of the broker.
    fn call(&self, call: Call) -> BrokerReply<'_>;
}
