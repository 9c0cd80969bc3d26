//! `fanfare outbox …`: the outbox in the database of a platform.

pub(super) mod install;
pub(super) mod retry;
pub(super) mod status;

use anyhow::Result;
use clap::{Args, Subcommand};
use fanfare_core::secret::Secret;

use crate::{
    config::CommonFlags,
    sources::{Database, direct},
};

#[derive(Debug, Subcommand)]
pub(crate) enum OutboxCommand {
    /// Install the outbox in the platform's database, or bring it up to date
    Install(install::InstallArgs),
    /// Say what waits in the outbox, what holds it up, and which events could not be accepted
    Status(status::StatusArgs),
    /// Put the events that could not be accepted back, to be tried again
    Retry(retry::RetryArgs),
}

/// Which database.
#[derive(Debug, Args)]
pub(super) struct PlatformFlags {
    /// The platform's own PostgreSQL, version 13 or newer: postgres://USER:PASSWORD@HOST/DATABASE
    #[arg(
        long,
        value_name = "URL",
        env = "FANFARE_OUTBOX_URL",
        hide_env_values = true,
        value_parser = hidden
    )]
    database_url: Secret,
}

/// A value that clap may not show.
#[expect(clippy::unnecessary_wraps, reason = "the shape of a parser")]
fn hidden(text: &str) -> Result<Secret, std::convert::Infallible> {
    Ok(Secret::new(text))
}

impl PlatformFlags {
    fn database(&self) -> Result<Database> {
        Ok(Database(direct(self.database_url.reveal())?))
    }
}

pub(super) async fn run(common: &CommonFlags, command: &OutboxCommand) -> Result<()> {
    super::begin(common, &super::NoSettings {})?;
    match command {
        OutboxCommand::Install(args) => install::run(args).await,
        OutboxCommand::Status(args) => status::run(args).await,
        OutboxCommand::Retry(args) => retry::run(args).await,
    }
}
