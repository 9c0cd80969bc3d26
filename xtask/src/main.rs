//! The project's own tasks, so that one toolchain is all that a fresh machine needs:
//! `cargo xtask test`, `cargo xtask tidy`, `cargo xtask codegen`.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a command-line tool talks to its terminal")]

mod codegen;
mod node;
mod packages;
mod process;
mod python;
mod test;
mod tidy;
mod tree;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Tasks of the Fanfare project.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
struct Cli {
    #[command(subcommand)]
    task: Task,
}

#[derive(Debug, Subcommand)]
enum Task {
    /// Install what is missing, then run every test. Nothing is ever skipped silently.
    Test {
        /// Passed on to the test runner, for instance a test's name.
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        args: Vec<String>,
    },
    /// Check the source rules that lints cannot express.
    Tidy,
    /// Write the generated parts of the docs again.
    Codegen,
}

fn main() -> ExitCode {
    let done = match Cli::parse().task {
        Task::Test { args } => test::run(&args),
        Task::Tidy => tidy::run(),
        Task::Codegen => codegen::run(),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("xtask: {error:#}");
            ExitCode::FAILURE
        }
    }
}
