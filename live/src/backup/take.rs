//! A backup is made.

use std::fs::{DirBuilder, File, OpenOptions};
use std::io;
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use tickstep_journal::{ReadError, ReadFolder, Reader, files, verify};

use super::manifest::{BackedUp, MANIFEST, Manifest, sum_of};
use super::{CONFIGURATION, DATABASE, JOURNAL, TELEGRAM, VAULT};
use crate::clock::wall;
use crate::driver::{KeptError, last_configured};
use crate::store::{StoreError, copy_database};

/// How often the journal is looked at again where a file went while it was copied.
const AGAIN: u32 = 5;

/// What is backed up, and where to.
#[derive(Clone, Debug)]
pub struct BackupPlan {
    /// Folder of the state.
    pub state: PathBuf,
    /// The vault, where there is one.
    pub vault: Option<PathBuf>,
    /// The folder of the backup, which is made.
    pub to: PathBuf,
}

/// Why there is no backup.
#[derive(Debug, thiserror::Error)]
pub enum BackupFault {
    /// There is no state.
    #[error(
        "there is no journal in {}; --state names the folder of a state, which `run` says when \
         it starts", .0.display()
    )]
    NoState(PathBuf),
    /// There is something where it is to be.
    #[error("{}: there is something already; name a folder that is not there", .0.display())]
    Exists(PathBuf),
    /// A file cannot be read or written.
    #[error("{}: {error}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        error: io::Error,
    },
    /// The journal is not as it was written.
    #[error("the journal: {0}")]
    Journal(#[from] ReadError),
    /// The journal's configuration cannot be read.
    #[error("the journal: {0}")]
    Configured(#[from] KeptError),
    /// The database cannot be copied.
    #[error(transparent)]
    Store(#[from] StoreError),
}

fn at(path: &Path) -> impl FnOnce(io::Error) -> BackupFault {
    let path = path.to_owned();
    move |error| BackupFault::File { path, error }
}

/// Copies what a file has now, durable, for its owner alone.
pub(super) fn copy(from: &Path, to: &Path) -> io::Result<()> {
    let mut source = File::open(from)?;
    let mut copy = OpenOptions::new().write(true).create_new(true).mode(0o600).open(to)?;
    io::copy(&mut source, &mut copy)?;
    copy.sync_all()
}

/// Makes a folder for its owner alone.
pub(super) fn make_folder(path: &Path) -> io::Result<()> {
    DirBuilder::new().mode(0o700).create(path)
}

/// Makes a backup. After an error there is none: what was begun is removed.
///
/// # Errors
/// When there is no state, something is where it is to be, or a file is not as it should be.
pub async fn back_up(plan: &BackupPlan) -> Result<Manifest, BackupFault> {
    let journal = plan.state.join(JOURNAL);
    if !journal.is_dir() {
        return Err(BackupFault::NoState(plan.state.clone()));
    }
    make_folder(&plan.to).map_err(|error| match error.kind() {
        io::ErrorKind::AlreadyExists => BackupFault::Exists(plan.to.clone()),
        _ => at(&plan.to)(error),
    })?;
    let made = fill(plan, &journal).await;
    if made.is_err() {
        // What is wrong with the copy is more than what is wrong with its removal.
        let _left = std::fs::remove_dir_all(&plan.to);
    }
    made
}

async fn fill(plan: &BackupPlan, journal: &Path) -> Result<Manifest, BackupFault> {
    let BackupPlan { state, vault, to } = plan;
    let mut taken: Vec<PathBuf> = Vec::new();
    let database = state.join(DATABASE);
    if database.exists() {
        copy_database(&database, &to.join(DATABASE)).await?;
        taken.push(DATABASE.into());
    }
    taken.extend(copy_journal(journal, &to.join(JOURNAL))?);
    let source = ReadFolder::new(&to.join(JOURNAL));
    let verified = verify(&source)?;
    let configured = last_configured(Reader::latest(&source)?)?;
    let path = to.join(CONFIGURATION);
    let mut options = OpenOptions::new();
    let file = options.write(true).create_new(true).mode(0o600).open(&path);
    let written = file.and_then(|mut file| {
        io::Write::write_all(&mut file, configured.text.as_bytes())?;
        file.sync_all()
    });
    written.map_err(at(&path))?;
    taken.push(CONFIGURATION.into());
    let others = [(Some(state.join(TELEGRAM)), TELEGRAM), (vault.clone(), VAULT)];
    for (from, name) in others {
        // A vault that was named is there, or it is told; which messages were taken may not be.
        let Some(from) = from.filter(|from| name == VAULT || from.exists()) else { continue };
        copy(&from, &to.join(name)).map_err(at(&from))?;
        taken.push(name.into());
    }
    let summed = |path: PathBuf| {
        let (bytes, sha256) = sum_of(&to.join(&path)).map_err(at(&to.join(&path)))?;
        Ok(BackedUp { path, bytes, sha256 })
    };
    let files = taken.into_iter().map(summed).collect::<Result<Vec<_>, BackupFault>>()?;
    let made = Timestamp::from_nanosecond(i128::from(wall().0)).unwrap_or_default().to_string();
    let manifest = Manifest::new(made, files, (verified.first, verified.next), &verified.head);
    let path = to.join(MANIFEST);
    let text = serde_json::to_vec_pretty(&manifest).map_err(io::Error::from).map_err(at(&path))?;
    let mut options = OpenOptions::new();
    let file = options.write(true).create_new(true).mode(0o600).open(&path);
    let written = file.and_then(|mut file| {
        io::Write::write_all(&mut file, &text)?;
        file.sync_all()
    });
    written.map_err(at(&path))?;
    File::open(to).and_then(|folder| folder.sync_all()).map_err(at(to))?;
    Ok(manifest)
}

/// Copies the files of a journal that may be written meanwhile; their paths in the backup.
fn copy_journal(from: &Path, to: &Path) -> Result<Vec<PathBuf>, BackupFault> {
    make_folder(to).map_err(at(to))?;
    let source = ReadFolder::new(from);
    for _ in 1..AGAIN {
        match try_journal(&source, from, to) {
            // The oldest was removed, because newer ones are enough: begin anew.
            Err(BackupFault::File { error, .. }) if error.kind() == io::ErrorKind::NotFound => {
                std::fs::remove_dir_all(to).and_then(|()| make_folder(to)).map_err(at(to))?;
            }
            done => return done,
        }
    }
    try_journal(&source, from, to)
}

fn try_journal(source: &ReadFolder, from: &Path, to: &Path) -> Result<Vec<PathBuf>, BackupFault> {
    let mut taken = Vec::new();
    for file in files(source)? {
        let name = from.join(&file.name);
        copy(&name, &to.join(&file.name)).map_err(at(&name))?;
        taken.push(Path::new(JOURNAL).join(&file.name));
    }
    File::open(to).and_then(|folder| folder.sync_all()).map_err(at(to))?;
    Ok(taken)
}
