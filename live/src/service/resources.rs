//! What a service takes of its machine.

use std::path::Path;

use serde::{Deserialize, Serialize};

/// What a service takes of its machine at one time; what the machine does not tell is `None`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Resources {
    /// Memory of the process that is in the machine's, in bytes.
    pub memory_bytes: Option<u64>,
    /// What is free on the disk of the state, in bytes.
    pub disk_free_bytes: Option<u64>,
}

impl Resources {
    /// Of this process, with a state in a folder.
    #[must_use]
    pub fn now(state: &Path) -> Self {
        let disk = rustix::fs::statvfs(state).ok();
        let disk_free_bytes = disk.map(|disk| disk.f_bavail.saturating_mul(disk.f_frsize));
        Self { memory_bytes: resident(), disk_free_bytes }
    }
}

/// Memory of this process that is resident: Linux tells it in a file, other systems do not.
fn resident() -> Option<u64> {
    let text = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kib: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kib << 10)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    #[cfg(target_os = "linux")]
    fn what_this_process_takes_grows_with_what_it_holds() {
        let folder = tempfile::tempdir().unwrap();
        let before = Resources::now(folder.path()).memory_bytes.unwrap();
        let held = vec![7_u8; 64 << 20];
        let after = Resources::now(folder.path());
        assert!(after.memory_bytes.unwrap() >= before + (48 << 20), "{before} {after:?}");
        assert!(after.disk_free_bytes.is_some());
        assert_eq!(held.iter().map(|b| u64::from(*b)).sum::<u64>(), 7 * (64 << 20));
    }
}
