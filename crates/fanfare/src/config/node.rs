//! `[node]`: which one of several this process is, and what it does.

use clap::Args;
use fanfare_core::node::Roles;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};

/// What was given of it.
#[derive(Debug, Clone, Default, Args, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) struct NodeFlags {
    /// Name of this node, for people [default: process and machine]
    #[arg(long = "node", value_name = "NAME", env = "FANFARE_NODE", hide_env_values = true)]
    #[serde(rename = "name", skip_serializing_if = "Option::is_none")]
    pub(crate) node: Option<String>,

    /// What this node does: `api`, `deliver`, or both. All that is not both needs --database-url and other nodes
    /// that do the rest [default: api,deliver]
    #[arg(long, value_name = "ROLES", env = "FANFARE_ROLES", hide_env_values = true)]
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "as_text")]
    pub(crate) roles: Option<Roles>,
}

/// Which node this is.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct NodeConfig {
    /// Its name.
    name: Option<String>,
    /// What it does.
    #[serde(deserialize_with = "roles")]
    pub(crate) roles: Roles,
}

impl NodeConfig {
    /// Its name: the one given, else what tells processes and machines apart.
    pub(crate) fn name(&self) -> String {
        let machine = || rustix::system::uname().nodename().to_string_lossy().into_owned();
        let process = || format!("process {} on {}", std::process::id(), machine());
        self.name.clone().unwrap_or_else(process)
    }
}

fn as_text<S: Serializer>(roles: &Option<Roles>, to: S) -> Result<S::Ok, S::Error> {
    roles.map(|roles| roles.to_string()).serialize(to)
}

fn roles<'de, D: Deserializer<'de>>(from: D) -> Result<Roles, D::Error> {
    String::deserialize(from)?.parse().map_err(D::Error::custom)
}
