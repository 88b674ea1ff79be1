//! One archive: what is there and right is left alone, anything else is brought, and nothing
//! is kept under its name before its sum is right.

use std::fs::{self, File};
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};

use sha2::{Digest as _, Sha256};

use super::archive::sum_in;
use super::transfer::{ArchiveServer, FetchWatcher, TransferFault};

/// Attempts at a file whose sum is wrong.
const ATTEMPTS: u32 = 2;

/// What became of an archive.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Brought {
    /// It was there already, and is right.
    There {
        /// Its length.
        bytes: u64,
    },
    /// It was brought.
    New {
        /// Its length.
        bytes: u64,
        /// How much of it was there from an earlier attempt.
        kept: u64,
    },
    /// The archive has none.
    NotThere,
    /// It came twice with a sum that is wrong, and was not kept.
    WrongSum {
        /// What the archive says.
        wanted: String,
        /// What came.
        came: String,
    },
}

fn sum_of(path: &Path) -> io::Result<String> {
    let mut file = File::open(path)?;
    let (mut hash, mut buffer) = (Sha256::new(), vec![0; 1 << 16]);
    loop {
        match file.read(&mut buffer)? {
            0 => break,
            read => hash.update(&buffer[..read]),
        }
    }
    Ok(hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect())
}

fn beside(path: &Path, end: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(end);
    PathBuf::from(name)
}

/// Brings what is at a path of a server to a file.
pub async fn bring(
    server: &ArchiveServer,
    path: &str,
    to: &Path,
    watcher: &mut dyn FetchWatcher,
) -> Result<Brought, TransferFault> {
    let name = to.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let checksum = format!("{path}.CHECKSUM");
    let text = match server.text(&checksum, watcher).await {
        Ok(text) => text,
        Err(TransferFault::NotThere(_)) => return Ok(Brought::NotThere),
        Err(fault) => return Err(fault),
    };
    let url = format!("{}{checksum}", server.base());
    let wanted = sum_in(&text, &name).map_err(|why| TransferFault::Broken { url, why })?;
    let disk = |error| TransferFault::Disk { path: to.display().to_string(), error };
    if to.exists() {
        if sum_of(to).map_err(disk)? == wanted {
            let bytes = fs::metadata(to).map_err(disk)?.len();
            return Ok(Brought::There { bytes });
        }
        watcher.say(&format!(
            "{}: it is not the file that the archive has; it is brought anew",
            to.display()
        ));
    }
    fs::create_dir_all(to.parent().unwrap_or(Path::new("."))).map_err(disk)?;
    let part = beside(to, ".part");
    let mut came = String::new();
    for attempt in 1..=ATTEMPTS {
        let kept = match server.file(path, &part, &name, watcher).await {
            Err(TransferFault::NotThere(_)) => return Ok(Brought::NotThere),
            other => other?,
        };
        came = sum_of(&part).map_err(disk)?;
        if came == wanted {
            let bytes = fs::metadata(&part).map_err(disk)?.len();
            keep(&part, to, &text).map_err(disk)?;
            return Ok(Brought::New { bytes, kept });
        }
        fs::remove_file(&part).map_err(disk)?;
        if attempt < ATTEMPTS {
            watcher.say(&format!("{name}: SHA-256 is {came} where {wanted} is right; once more"));
        }
    }
    Ok(Brought::WrongSum { wanted, came })
}

/// Gives a file that is right its name, and lays its sum beside it.
fn keep(part: &Path, to: &Path, checksum: &str) -> io::Result<()> {
    fs::rename(part, to)?;
    let mut beside = File::create(beside(to, ".CHECKSUM"))?;
    beside.write_all(checksum.trim_end().as_bytes())?;
    beside.write_all(b"\n")?;
    File::open(to.parent().unwrap_or(Path::new(".")))?.sync_all()
}
