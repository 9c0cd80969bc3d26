//! Configuration: flags, then `FANFARE_*` variables, then `fanfare.toml`, then defaults.
//!
//! Each section of the file is a struct of its own: what was given (`…Flags`, all optional, filled by clap
//! from flags and variables) and what holds (`…Config`).

mod database;
mod delivery;
mod log;
mod master_key;
mod network;
mod node;
mod profiles;
mod retention;
mod server;
mod sources;
mod store;

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, ensure};
use clap::Args;
use figment::{
    Figment, Source,
    error::Kind,
    providers::{Format as _, Serialized, Toml},
};
use serde::{Deserialize, Serialize};

use self::log::LogFlags;
pub(crate) use self::{
    database::DatabaseConfig,
    delivery::{DeliveryConfig, DeliveryFlags},
    log::{LogConfig, LogFormat},
    master_key::read as read_master_key,
    master_key::{MasterKeyConfig, MasterKeyFlags},
    network::Network,
    node::{NodeConfig, NodeFlags},
    profiles::{ProfileFlags, ProfilesConfig},
    retention::{RetentionConfig, RetentionFlags},
    server::{ServerConfig, ServerFlags},
    sources::{NatsConfig, OutboxConfig, SourcesConfig},
    store::{StoreConfig, StoreFlags},
};

/// The file that is read where none is named and this one exists.
const DEFAULT_FILE: &str = "fanfare.toml";

/// What every command can be given.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Options of every command")]
pub(crate) struct CommonFlags {
    /// Configuration file [default: ./fanfare.toml, if there is one]
    #[arg(long, global = true, value_name = "FILE", env = "FANFARE_CONFIG", hide_env_values = true)]
    config: Option<PathBuf>,
    #[command(flatten)]
    log: LogFlags,
}

/// All that can be configured.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Config {
    /// Where everything is kept.
    pub(crate) store: StoreConfig,
    /// How the database is used.
    pub(crate) database: DatabaseConfig,
    /// Which node this is.
    pub(crate) node: NodeConfig,
    /// The API's server.
    pub(crate) server: ServerConfig,
    /// Sending.
    pub(crate) delivery: DeliveryConfig,
    /// How long things are kept.
    pub(crate) retention: RetentionConfig,
    /// Wire formats beside the built-in ones.
    pub(crate) profiles: ProfilesConfig,
    /// What seals the secrets.
    pub(crate) master_key: MasterKeyConfig,
    /// Where events come from beside the API.
    pub(crate) sources: SourcesConfig,
    /// Logs.
    pub(crate) log: LogConfig,
}

/// The configuration: `flags` over the file over the defaults. `flags` serialise to sections, without what
/// was not given.
pub(crate) fn load(common: &CommonFlags, flags: &impl Serialize) -> Result<Config> {
    let mut figment = Figment::new();
    if let Some(path) = file_to_read(common)? {
        figment = figment.merge(Toml::file_exact(path));
    }
    let flags = figment.merge(Serialized::default("log", &common.log)).merge(Serialized::defaults(flags));
    flags.extract().map_err(|error| anyhow::anyhow!("{}", explain(&error)))
}

fn file_to_read(common: &CommonFlags) -> Result<Option<&Path>> {
    let Some(named) = &common.config else {
        return Ok(Some(Path::new(DEFAULT_FILE)).filter(|path| path.exists()));
    };
    let found = std::fs::metadata(named)
        .with_context(|| format!("cannot read the configuration file {}", named.display()))?;
    ensure!(!found.is_dir(), "the configuration file {} is a directory", named.display());
    Ok(Some(named))
}

/// One line that names the file, the key and what is wrong.
fn explain(error: &figment::Error) -> String {
    let source = error.metadata.as_ref().and_then(|metadata| metadata.source.as_ref());
    // The path as it was given; the source would show it relative to the working directory.
    let file = source.and_then(Source::file_path).map(|path| path.display().to_string());
    let place = file.unwrap_or_else(|| "the configuration".to_owned());
    let key = error.path.join(".");
    match &error.kind {
        Kind::UnknownField(_, known) => {
            format!("{place}: there is no key `{key}`; known here: {}", known.join(", "))
        }
        Kind::UnknownVariant(found, known) => {
            format!("{place}: {key}: `{found}` is none of: {}", known.join(", "))
        }
        kind if key.is_empty() => format!("{place}: {}", without_picture(&kind.to_string())),
        kind => format!("{place}: {key}: {kind}"),
    }
}

/// What a TOML error says, without the lines that draw where.
fn without_picture(message: &str) -> String {
    let is_said =
        |line: &&str| !line.trim_start_matches(|c: char| c == ' ' || c.is_ascii_digit()).starts_with('|');
    message.lines().filter(is_said).collect::<Vec<_>>().join(": ")
}

#[cfg(test)]
mod tests;
