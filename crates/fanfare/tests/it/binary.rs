//! The executable under test: the release build where `cargo xtask test` made one, else this build's.

use std::{
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
    sync::mpsc,
    time::Duration,
};

use rustix::process::{Pid, Signal, kill_process};

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

/// Longest that a command may take which is to end by itself.
const LIMIT: Duration = Duration::from_secs(120);

/// Runs a command of it to its end.
pub(crate) fn run(directory: &Path, words: &[&str]) -> Outcome {
    run_to_end(command(directory, words))
}

/// Runs a prepared command to its end. One that goes on for ever is killed and fails the test with what it said.
pub(crate) fn run_to_end(mut command: Command) -> Outcome {
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    let child = command.spawn().expect("the executable starts");
    let process = Pid::from_child(&child);
    let (ended, end) = mpsc::channel();
    let reading = std::thread::spawn(move || {
        let output = child.wait_with_output().expect("its output can be read");
        // Nobody listens any more where it took too long.
        let _ = ended.send(());
        Outcome::from(output)
    });
    let in_time = end.recv_timeout(LIMIT).is_ok();
    if !in_time {
        kill_process(process, Signal::KILL).expect("it still runs");
    }
    let outcome = reading.join().expect("its output is text");
    assert!(in_time, "{command:?} had not ended after {LIMIT:?}: {outcome:?}");
    outcome
}
