//! A state is made of a backup.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

use super::manifest::{Manifest, ManifestFault};
use super::take::{copy, make_folder};
use super::{CONFIGURATION, JOURNAL, VAULT};

/// Why nothing was restored.
#[derive(Debug, thiserror::Error)]
pub enum RestoreFault {
    /// The backup is not as it was made.
    #[error(transparent)]
    Backup(#[from] ManifestFault),
    /// There is a state already.
    #[error(
        "{}: there is something in it already, and nothing is laid over a state; name a folder \
         that is empty or not there", .0.display()
    )]
    NotEmpty(PathBuf),
    /// There is a vault already.
    #[error("{}: there is a file already; name another one for the vault", .0.display())]
    VaultThere(PathBuf),
    /// The backup has no vault.
    #[error("the backup has no vault; leave --vault out")]
    NoVault,
    /// A file cannot be read or written.
    #[error("{}: {error}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        error: io::Error,
    },
}

/// What was restored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Restored {
    /// What the backup said of itself.
    pub manifest: Manifest,
    /// Where the vault is now, where the backup has one.
    pub vault: Option<PathBuf>,
    /// Where the configuration that was in force is now.
    pub configuration: PathBuf,
}

fn at(path: &Path) -> impl FnOnce(io::Error) -> RestoreFault {
    let path = path.to_owned();
    move |error| RestoreFault::File { path, error }
}

/// Makes a state of a backup in a folder that is empty or not there, whole or not at all. The
/// vault goes to `vault`, or into the folder where that is not said.
///
/// # Errors
/// When the backup is not as it was made, there is something already, or a file fails.
pub fn restore(
    backup: &Path,
    state: &Path,
    vault: Option<&Path>,
) -> Result<Restored, RestoreFault> {
    let manifest = Manifest::verified(backup)?;
    let has_vault = manifest.files.iter().any(|file| file.path == Path::new(VAULT));
    match vault {
        Some(path) if path.exists() => return Err(RestoreFault::VaultThere(path.to_owned())),
        Some(_) if !has_vault => return Err(RestoreFault::NoVault),
        _ => {}
    }
    match std::fs::read_dir(state) {
        Ok(mut entries) => {
            if entries.next().is_some() {
                return Err(RestoreFault::NotEmpty(state.to_owned()));
            }
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) => return Err(at(state)(error)),
    }
    // Beside it, so that the state is there whole, by one rename.
    let parent = match state.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    std::fs::create_dir_all(parent).map_err(at(parent))?;
    let fresh = tempfile::Builder::new().prefix(".restoring-").tempdir_in(parent);
    let fresh = fresh.map_err(at(parent))?;
    fill(&manifest, backup, fresh.path(), vault)?;
    let path = fresh.keep();
    if let Err(error) = std::fs::rename(&path, state) {
        // What was begun is of no use to anybody.
        let _left = std::fs::remove_dir_all(&path);
        return Err(at(state)(error));
    }
    File::open(parent).and_then(|folder| folder.sync_all()).map_err(at(parent))?;
    let inside = has_vault.then(|| state.join(VAULT));
    let vault = vault.map(Path::to_owned).or(inside);
    Ok(Restored { manifest, vault, configuration: state.join(CONFIGURATION) })
}

fn fill(
    manifest: &Manifest,
    backup: &Path,
    to: &Path,
    vault: Option<&Path>,
) -> Result<(), RestoreFault> {
    let journal = to.join(JOURNAL);
    make_folder(&journal).map_err(at(&journal))?;
    for file in &manifest.files {
        let from = backup.join(&file.path);
        let own = to.join(&file.path);
        let to = match vault {
            Some(vault) if file.path == Path::new(VAULT) => vault,
            _ => &own,
        };
        copy(&from, to).map_err(at(to))?;
    }
    for folder in [&journal, to] {
        File::open(folder).and_then(|folder| folder.sync_all()).map_err(at(folder))?;
    }
    Ok(())
}
