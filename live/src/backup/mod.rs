//! A copy of a state from which it can go on elsewhere: the journal, the database, the vault,
//! and the configuration, with the sum of each file.
//!
//! It is made of a runner that is at work or of one that has ended. The database is copied
//! first, by SQLite's own `VACUUM INTO`, which is of one moment; the journal after it. So the
//! journal of a backup has everything that its database knows of, and a start from it makes
//! good what the database lacks. The copy of the journal is read from end to end: a record
//! that is not as it was written is told now, and not on the day the backup is needed. What
//! was being written at that moment is a torn end, which a start cuts off as after a crash.
//!
//! The vault stays locked in it, with the key that it has; the key is not in it. A backup has
//! what accounts hold, so nobody but its owner may read it.

mod manifest;
mod restore;
mod take;

pub use manifest::{BackedUp, MANIFEST, Manifest, ManifestFault};
pub use restore::{RestoreFault, Restored, restore};
pub use take::{BackupFault, BackupPlan, back_up};

/// The journal's folder in a state and in a backup.
const JOURNAL: &str = "journal";
/// The database's file in a state and in a backup.
const DATABASE: &str = "live.db";
/// The vault's file in a backup.
const VAULT: &str = "accounts.vault";
/// The configuration in force, whole, in a backup.
const CONFIGURATION: &str = "configuration.toml";
/// Which messages of a bot were taken; in a state and in a backup.
const TELEGRAM: &str = "telegram.json";
