//! `[profiles]`: wire formats beside the built-in ones.

use std::path::PathBuf;

use clap::Args;
use serde::{Deserialize, Serialize};

/// What was given of it.
#[derive(Debug, Clone, Default, Args, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) struct ProfileFlags {
    /// Directory whose *.toml files are profiles beside the built-in ones [default: none]
    #[arg(long = "profiles", value_name = "DIR", env = "FANFARE_PROFILES", hide_env_values = true)]
    #[serde(rename = "directory", skip_serializing_if = "Option::is_none")]
    pub(crate) profiles: Option<PathBuf>,
}

/// Wire formats beside the built-in ones.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct ProfilesConfig {
    /// The directory of their files.
    pub(crate) directory: Option<PathBuf>,
}
