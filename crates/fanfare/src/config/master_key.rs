//! `[master-key]`: what seals all secrets of the store. The key itself comes from a file or a variable, never
//! from a flag or the configuration file, where others could read it.

use std::path::PathBuf;

use anyhow::{Context as _, Result, bail};
use clap::Args;
use fanfare_core::secret::MasterKey;
use serde::{Deserialize, Serialize};

const VARIABLE: &str = "FANFARE_MASTER_KEY";

/// What was given of it.
#[derive(Debug, Clone, Default, Args, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) struct MasterKeyFlags {
    /// File with the master key, 32 bytes in base64 [default: master.key in the data directory, made at the
    /// first start; or the variable FANFARE_MASTER_KEY]
    #[arg(
        long = "master-key-file",
        value_name = "FILE",
        env = "FANFARE_MASTER_KEY_FILE",
        hide_env_values = true
    )]
    #[serde(rename = "file", skip_serializing_if = "Option::is_none")]
    pub(crate) master_key_file: Option<PathBuf>,
}

/// Where the master key is.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct MasterKeyConfig {
    /// Its file; none is the one in the data directory.
    file: Option<PathBuf>,
}

impl MasterKeyConfig {
    /// The key, where a file or the variable gives it; none leaves it to the data directory.
    pub(crate) fn given(&self) -> Result<Option<MasterKey>> {
        let variable = from_variable()?;
        match (&self.file, variable) {
            (Some(_), Some(_)) => {
                bail!("both a master key file and {VARIABLE} are given: leave one of them out")
            }
            (Some(path), None) => read(path).map(Some),
            (None, variable) => Ok(variable),
        }
    }
}

/// Reads a key's file.
pub(crate) fn read(path: &std::path::Path) -> Result<MasterKey> {
    let text = std::fs::read_to_string(path)
        .with_context(|| format!("cannot read the master key file {}", path.display()))?;
    text.parse().with_context(|| format!("{} holds no master key", path.display()))
}

fn from_variable() -> Result<Option<MasterKey>> {
    #[expect(clippy::disallowed_methods, reason = "the one place that reads this variable")]
    let text = std::env::var(VARIABLE).ok().filter(|text| !text.is_empty());
    text.map(|text| text.parse().with_context(|| format!("{VARIABLE} holds no master key"))).transpose()
}
