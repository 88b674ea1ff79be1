//! The small files of `tests/data`, the bundled examples, and the folder of real data
//! and independently computed results that not every machine has.

use std::fs;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use tempfile::TempDir;
use tickstep_backtest::load::{LoadError, LoadOptions, load};
use tickstep_backtest::series::Series;

/// The first five hours of FILUSDT in August 2023, by minutes.
pub const FIL: &str = include_str!("../data/FILUSDT-1m-2023-08.csv");
/// The same hours of NEARUSDT.
pub const NEAR: &str = include_str!("../data/NEARUSDT-1m-2023-08.csv");
/// A configuration of a scalper on both.
pub const CONFIG: &str = include_str!("../data/run.toml");

/// A file of `tests/data`.
pub fn data(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data").join(name)
}

/// The folder of the bundled configurations and candles.
pub fn examples() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples")
}

/// The folder that `TICKSTEP_SHARED` names, where it does.
pub fn shared() -> Option<PathBuf> {
    std::env::var_os("TICKSTEP_SHARED").map(PathBuf::from)
}

/// A file of its own folder, which lasts as long as what comes with its path.
pub fn written(name: &str, bytes: impl AsRef<[u8]>) -> (TempDir, PathBuf) {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join(name);
    fs::write(&path, bytes).unwrap();
    (dir, path)
}

/// A folder with [`FIL`], [`NEAR`] and `run.toml`, the configuration over them.
pub fn workspace() -> TempDir {
    let dir = tempfile::tempdir().unwrap();
    for (name, text) in
        [("FILUSDT-1m-2023-08.csv", FIL), ("NEARUSDT-1m-2023-08.csv", NEAR), ("run.toml", CONFIG)]
    {
        fs::write(dir.path().join(name), text).unwrap();
    }
    dir
}

/// Files of one segment of FILUSDT.
pub fn open(files: &[PathBuf], opts: &LoadOptions) -> Result<Series, LoadError> {
    load(Some("FILUSDT"), &[files.to_vec()], opts, &mut |_| ControlFlow::Continue(()))
}

/// [`FIL`] as it loads.
pub fn fil() -> Series {
    open(&[data("FILUSDT-1m-2023-08.csv")], &LoadOptions::default()).unwrap()
}
