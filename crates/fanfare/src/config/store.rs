//! `[store]`: where everything is kept.

use std::path::PathBuf;

use clap::Args;
use serde::{Deserialize, Serialize};

/// What was given of it.
#[derive(Debug, Clone, Default, Args, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) struct StoreFlags {
    /// Directory that everything is kept in [default: ./fanfare-data]
    #[arg(long, value_name = "DIR", env = "FANFARE_DATA", hide_env_values = true)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) data: Option<PathBuf>,
}

/// Where everything is kept.
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct StoreConfig {
    /// The data directory.
    pub(crate) data: PathBuf,
}

impl Default for StoreConfig {
    fn default() -> Self {
        Self { data: "./fanfare-data".into() }
    }
}
