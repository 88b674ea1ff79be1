//! The `tickstep` command as its users meet it: a process, its streams and its exit code.

use std::path::Path;
use std::process::{Command, Output, Stdio};

/// The command in a folder, with nothing to read.
pub fn command(cwd: &Path, args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tickstep"));
    // The trials of a test are not its user's.
    let data = cwd.join("data");
    command.env_remove("TICKSTEP_TRIALS").env("XDG_DATA_HOME", &data).env("APPDATA", &data);
    command.current_dir(cwd).args(args).stdin(Stdio::null());
    command
}

pub fn tickstep(cwd: &Path, args: &[&str]) -> Output {
    command(cwd, args).output().unwrap()
}

/// What the command prints where it must succeed.
pub fn succeed(cwd: &Path, args: &[&str]) -> String {
    let output = tickstep(cwd, args);
    assert!(output.status.success(), "{args:?}: {}", stderr(&output));
    stdout(&output)
}

pub fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

pub fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}
