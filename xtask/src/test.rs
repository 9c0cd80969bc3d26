//! `cargo xtask test`: everything that the tests need, then every test. The last lines are the runner's own.

use std::process::Command;

use anyhow::Result;

use crate::{node, packages, process, python, tree};

/// Prepares and runs all tests; `args` go to the runner.
pub(crate) fn run(args: &[String]) -> Result<()> {
    packages::ensure()?;
    python::ensure()?;
    node::ensure()?;
    build_release()?;
    let nextest = process::succeeds(Command::new("cargo").args(["nextest", "--version"]));
    if nextest {
        // Before the tests, since their summary is to come last. `cargo test` runs them by itself.
        if tree::has_doc_tests()? {
            process::run(cargo().args(["test", "--doc", "--workspace", "--locked"]))?;
        }
        return process::run(
            cargo().args(["nextest", "run", "--workspace", "--locked", "--no-fail-fast"]).args(args),
        );
    }
    println!("xtask: cargo-nextest is not installed: running `cargo test`, which is slower");
    process::run(cargo().args(["test", "--workspace", "--locked", "--no-fail-fast"]).args(args))
}

/// Kill and speed tests drive the binary that users run.
fn build_release() -> Result<()> {
    process::run(cargo().args(["build", "--release", "--locked", "--package", "fanfare"]))
}

/// Cargo in the workspace's root, with what the tests look for in their environment.
fn cargo() -> Command {
    let mut command = Command::new("cargo");
    command.current_dir(tree::root());
    command.env("FANFARE_RELEASE_BIN", tree::target().join("release/fanfare"));
    // A snapshot that differs is a failure, never a file that nobody sees.
    command.env("INSTA_UPDATE", "no");
    command
}
