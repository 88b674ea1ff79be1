//! What drives a runner: the world outside it, real or simulated.
//!
//! A [`Kept`] is a runner with its journal, which every driver has: it writes an input
//! down, steps the runner, makes what will be sent durable, and only then hands it out.

mod incident;
mod incident_page;
mod kept;
pub mod production;
mod replay;
mod settings;
pub mod simulated;

pub use incident::{IncidentError, IncidentSpan, file_before, incident};
pub use incident_page::incident_page;
pub use kept::{Kept, Reconfigure, Removed, Stepped};
pub use replay::{
    Again, Build, KeptError, Recovered, Replayed, last_configured, replay, replay_seen,
};
pub use settings::{SetError, Settled, build_with, follow_file, set};
