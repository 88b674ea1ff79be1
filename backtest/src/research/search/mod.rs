//! The search that a configuration with `[sweep]` describes, from its plan
//! ([`SweepPlan`]) to the folder it leaves behind ([`Finish`]): tables, validation, page,
//! the best sets as run folders, and `sweep.json`.

mod error;
mod finish;
mod manifest;
mod page;
mod plan;
mod register;

pub use error::SearchError;
pub use finish::{Finish, FinishedSweep};
pub use manifest::SweepManifest;
pub use page::page;
pub use plan::SweepPlan;
pub use register::{Register, register_run, tried};
