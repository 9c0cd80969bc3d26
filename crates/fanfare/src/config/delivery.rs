//! `[delivery]`: what deliveries may reach and trust.

use std::path::PathBuf;

use clap::Args;
use serde::{Deserialize, Serialize};

use super::Network;

/// What was given of it.
#[derive(Debug, Clone, Default, Args, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) struct DeliveryFlags {
    /// Private or special network that deliveries may reach; may be given several times [default: none]
    #[arg(
        long,
        value_name = "CIDR",
        env = "FANFARE_ALLOW_NETWORK",
        hide_env_values = true,
        value_delimiter = ','
    )]
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) allow_network: Vec<Network>,

    /// File with root certificates (PEM) that deliveries trust beside the public ones
    #[arg(long, value_name = "PEM", env = "FANFARE_CA_FILE", hide_env_values = true)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) ca_file: Option<PathBuf>,
}

/// What deliveries may reach and trust.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct DeliveryConfig {
    /// Networks that deliveries may reach although they are private or special.
    pub(crate) allow_network: Vec<Network>,
    /// Root certificates beside the public ones.
    pub(crate) ca_file: Option<PathBuf>,
}
