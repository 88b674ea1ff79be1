//! A runner that runs, as other parts of a program have it: commands, signals, status, and a
//! stream of what happens. The commands of the terminal are one user of it.
//!
//! A [`Service`] is put together of a driver, feeds and locks; its [`Handle`] can be cloned
//! and given to anybody. A reader of events that is too slow is told how many it missed and
//! holds up nobody.

mod about;
mod assemble;
mod binance;
mod closing;
mod events;
mod feed_fault;
mod feeds;
mod gauge;
mod handle;
mod health;
mod keep;
mod resources;
mod running;
mod sampling;
mod set;
mod socket;
mod tally;
mod twin;
mod watching;
mod ways;
mod wish;

pub use crate::random::NoRandom;
pub use about::{About, FeedTask};
pub use assemble::{AssembleError, Assembled, Assembly};
pub use closing::Closed;
pub use events::{Events, Heard};
pub use gauge::{Gauge, QueueReport};
pub use handle::{ActBy, Acted, Handle, ServiceStatus};
pub use health::{HealthCheck, HealthLevel, health};
pub use keep::{CutOff, CutOffError, Keeping, replay_of, store_path};
pub use resources::Resources;
pub use running::Service;
pub use set::{Setter, SettingError};
pub use socket::{SocketError, WatchStream, ask, serve_socket, socket_path};
pub use tally::{AccountTally, LatencyReport, RecentAlert, TallyReport};
pub use twin::{AccountLocks, TwinError};
pub use watching::{WatchLine, Watching};
pub use ways::{WayError, Ways};
pub use wish::{Wish, WishAnswer, WishLine};
