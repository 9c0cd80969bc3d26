//! The executable under test: the release build where `cargo xtask test` made one, else this build's.

use std::{
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
};

/// Its path.
pub(crate) fn path() -> PathBuf {
    #[expect(clippy::disallowed_methods, reason = "`cargo xtask test` says here where the release build is")]
    let release = std::env::var_os("FANFARE_RELEASE_BIN");
    release.map_or_else(|| PathBuf::from(env!("CARGO_BIN_EXE_fanfare")), PathBuf::from)
}

/// A command of it that sees nothing of the caller's configuration and runs in `directory`.
pub(crate) fn command(directory: &Path, words: &[&str]) -> Command {
    let mut command = Command::new(path());
    command.env_clear().current_dir(directory).stdin(Stdio::null()).args(words);
    command
}

/// What a command gave: exit code, standard output, standard error.
#[derive(Debug)]
pub(crate) struct Outcome {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl From<Output> for Outcome {
    fn from(output: Output) -> Self {
        Self {
            code: output.status.code(),
            stdout: String::from_utf8(output.stdout).expect("standard output is text"),
            stderr: String::from_utf8(output.stderr).expect("standard error is text"),
        }
    }
}

/// Runs a command of it to its end.
pub(crate) fn run(directory: &Path, words: &[&str]) -> Outcome {
    command(directory, words).output().expect("the executable starts").into()
}
