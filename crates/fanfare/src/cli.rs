//! The command line: one file per command, named as one says it aloud.

mod args;
mod backup;
mod bench;
mod call;
mod check_profiles;
mod create_env;
mod create_key;
mod demo;
mod doctor;
mod list_envs;
mod list_keys;
mod list_profiles;
mod listen;
mod migrate_store;
mod open;
mod outbox;
mod portal_env;
mod render_profile;
mod replay;
mod revoke_key;
mod send;
mod serve;
mod show_profile;
mod terminal;
mod verify;

use anyhow::Result;
use clap::{Parser, Subcommand};
use serde::Serialize;

use crate::{
    config::{self, CommonFlags, Config},
    telemetry,
};

pub(crate) use args::with_default_command;

/// Fanfare sends webhooks: post an event once, every subscriber gets it, nothing is lost.
#[derive(Debug, Parser)]
#[command(
    name = "fanfare",
    version,
    override_usage = "fanfare [serve] [OPTIONS]\n       fanfare <COMMAND>",
    after_help = "Without a command, `fanfare` is `fanfare serve`: see `fanfare serve --help` for its options.\n\
                  Flags win over FANFARE_* variables, and these over the configuration file.",
    arg_required_else_help = false
)]
pub(crate) struct Cli {
    #[command(flatten)]
    common: CommonFlags,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run the server
    Serve(Box<serve::ServeArgs>),
    /// Start a server and two receivers, one of which fails at first, and watch events arrive
    Demo(demo::DemoArgs),
    /// Post a message to a running server
    Send(Box<send::SendArgs>),
    /// Receive requests, show each as it came, verify it and answer as scripted
    Listen(Box<listen::ListenArgs>),
    /// Verify a captured request and say which part does not match
    Verify(Box<verify::VerifyArgs>),
    /// Measure a server: messages per second, latency, loss and duplicates
    Bench(Box<bench::BenchArgs>),
    /// Send deliveries again through a running server
    #[command(subcommand)]
    Replay(replay::ReplayCommand),
    /// Make and list environments
    #[command(subcommand)]
    Env(EnvCommand),
    /// Make, list and revoke API keys
    #[command(subcommand)]
    Key(KeyCommand),
    /// List, show, check and try out wire formats
    #[command(subcommand)]
    Profile(ProfileCommand),
    /// Install and look after the outbox in a platform's own database
    #[command(subcommand)]
    Outbox(outbox::OutboxCommand),
    /// Copy the store to a file, while the server runs or not
    Backup(backup::BackupArgs),
    /// Copy a stopped server's store to PostgreSQL, for several nodes
    MigrateStore(migrate_store::MigrateStoreArgs),
    /// Check the store, its books, its disk and its keys, while the server runs or not
    Doctor(doctor::DoctorArgs),
}

#[derive(Debug, Subcommand)]
enum EnvCommand {
    /// Make an environment and print an admin key for it, once
    Create(create_env::CreateEnvArgs),
    /// List all environments
    List(list_envs::ListEnvsArgs),
    /// Say how the customers' portal looks and which sites may embed it; prints the settings as JSON
    Portal(portal_env::PortalEnvArgs),
}

#[derive(Debug, Subcommand)]
enum KeyCommand {
    /// Make an API key and print it, once
    Create(create_key::CreateKeyArgs),
    /// List the keys of an environment; the keys themselves are not stored
    List(list_keys::ListKeysArgs),
    /// End a key's validity
    Revoke(revoke_key::RevokeKeyArgs),
}

#[derive(Debug, Subcommand)]
enum ProfileCommand {
    /// List all profiles
    List(list_profiles::ListProfilesArgs),
    /// Print a profile's text, to read or to begin one's own with
    Show(show_profile::ShowProfileArgs),
    /// Tell all mistakes in files of profiles, with line and column
    Check(check_profiles::CheckProfilesArgs),
    /// Print the request that a sample message would make
    Render(Box<render_profile::RenderProfileArgs>),
}

impl Cli {
    /// Does what was asked.
    pub(crate) async fn run(self) -> Result<()> {
        let common = self.common;
        match self.command {
            Command::Serve(args) => serve::run(&common, &args).await,
            Command::Demo(args) => {
                begin(&common, &NoSettings {})?;
                Box::pin(demo::run(args)).await
            }
            Command::Bench(args) => {
                begin(&common, &NoSettings {})?;
                Box::pin(bench::run(*args)).await
            }
            Command::Send(args) => {
                begin(&common, &NoSettings {})?;
                Box::pin(send::run(*args)).await
            }
            Command::Listen(args) => Box::pin(listen::run(&common, *args)).await,
            Command::Verify(args) => Box::pin(verify::run(&common, *args)).await,
            Command::Replay(command) => {
                begin(&common, &NoSettings {})?;
                Box::pin(replay::run(command)).await
            }
            Command::Env(EnvCommand::Create(args)) => create_env::run(&common, &args).await,
            Command::Env(EnvCommand::List(args)) => list_envs::run(&common, &args).await,
            Command::Env(EnvCommand::Portal(args)) => portal_env::run(&common, &args).await,
            Command::Key(KeyCommand::Create(args)) => create_key::run(&common, &args).await,
            Command::Key(KeyCommand::List(args)) => list_keys::run(&common, &args).await,
            Command::Key(KeyCommand::Revoke(args)) => revoke_key::run(&common, &args).await,
            Command::Profile(ProfileCommand::List(args)) => list_profiles::run(&common, &args),
            Command::Profile(ProfileCommand::Show(args)) => show_profile::run(&common, &args),
            Command::Profile(ProfileCommand::Check(args)) => check_profiles::run(&common, &args),
            Command::Profile(ProfileCommand::Render(args)) => render_profile::run(&common, &args),
            Command::Outbox(command) => Box::pin(outbox::run(&common, &command)).await,
            Command::Backup(args) => backup::run(&common, &args).await,
            Command::MigrateStore(args) => Box::pin(migrate_store::run(&common, &args)).await,
            Command::Doctor(args) => doctor::run(&common, &args).await,
        }
    }
}

/// A command without settings of its own.
#[derive(Serialize)]
struct NoSettings {}

/// What every command begins with: the configuration that holds, and logs as it wants them.
fn begin(common: &CommonFlags, args: &impl Serialize) -> Result<Config> {
    let config = config::load(common, args)?;
    telemetry::start(&config.log)?;
    Ok(config)
}

#[cfg(test)]
mod tests;
