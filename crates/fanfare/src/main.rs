//! Fanfare: a webhook sender that loses nothing. One binary: the server and the commands around it.

mod bench;
mod cli;
mod clock;
mod config;
mod data_dir;
mod entropy;
mod failure;
mod inbox;
mod place;
mod profile_files;
mod receiver;
mod server;
mod sources;
mod telemetry;
mod welcome;

use std::{io::Write as _, process::ExitCode};

use clap::Parser as _;

fn main() -> ExitCode {
    // Payloads, keys and copies of them: nothing that this program writes is for others.
    rustix::process::umask(rustix::fs::Mode::RWXG | rustix::fs::Mode::RWXO);
    let cli = cli::Cli::parse_from(cli::with_default_command(std::env::args_os()));
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let done = runtime.map_err(anyhow::Error::from).and_then(|runtime| runtime.block_on(cli.run()));
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // The last word of the process: where even standard error is gone, the exit code must do.
            let _ = writeln!(std::io::stderr(), "fanfare: {}", failure::line(&error));
            ExitCode::FAILURE
        }
    }
}
