//! `[store]`: where everything is kept.

use std::path::{Path, PathBuf};

use clap::Args;
use fanfare_store::postgres::DatabaseUrl;
use serde::{Deserialize, Deserializer, Serialize, de::Error as _};

const DEFAULT_DATA: &str = "./fanfare-data";

/// What was given of it.
#[derive(Debug, Clone, Default, Args, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) struct StoreFlags {
    /// Directory that everything is kept in [default: ./fanfare-data]
    #[arg(long, value_name = "DIR", env = "FANFARE_DATA", hide_env_values = true)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) data: Option<PathBuf>,

    /// PostgreSQL database that everything is kept in instead, for one node or many:
    /// postgres://USER:PASSWORD@HOST:PORT/DATABASE. Others on this machine can read flags: the variable is the
    /// better place for a password. A master key must be given with it, the same for every node and command
    #[arg(long, value_name = "URL", env = "FANFARE_DATABASE_URL", hide_env_values = true)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) database_url: Option<String>,
}

/// Where everything is kept.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct StoreConfig {
    /// The data directory.
    pub(crate) data: Option<PathBuf>,
    /// The database.
    #[serde(deserialize_with = "database_url")]
    pub(crate) database_url: Option<DatabaseUrl>,
}

impl StoreConfig {
    /// The data directory, where no database is given.
    pub(crate) fn directory(&self) -> &Path {
        self.data.as_deref().unwrap_or(Path::new(DEFAULT_DATA))
    }

    /// Whether it is the directory that nobody need name.
    pub(crate) fn is_default(&self) -> bool {
        self.database_url.is_none() && self.directory() == Path::new(DEFAULT_DATA)
    }
}

fn database_url<'de, D: Deserializer<'de>>(from: D) -> Result<Option<DatabaseUrl>, D::Error> {
    String::deserialize(from)?.parse().map(Some).map_err(D::Error::custom)
}
