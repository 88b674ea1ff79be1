//! What a service is told at its start.

use std::future::Future;
use std::path::PathBuf;
use std::pin::Pin;

use tickstep_core::units::Nanos;
use tokio::sync::mpsc;

use crate::driver::production::{Control, Fed};

/// What does not change while a service runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct About {
    /// `live`, `paper` or `dry_run`.
    pub mode: String,
    /// Folder of the state.
    pub state: PathBuf,
    /// When it was started.
    pub started: Nanos,
    /// How the feed works, for people: what is asked, and how often.
    pub feed: String,
    /// Zone of the times that people are told, such as `Asia/Seoul`.
    pub zone: String,
}

/// Something that brings news until nobody listens: a feed.
pub type FeedTask =
    Box<dyn FnOnce(Control, mpsc::Sender<Fed>) -> Pin<Box<dyn Future<Output = ()> + Send>> + Send>;
