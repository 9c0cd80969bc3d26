//! `[node]`: which one of several this process is, and what it does.

use std::time::Duration;

use clap::{Args, value_parser};
use fanfare_core::{limits::LEASE, node::Roles};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};

/// What was given of it.
#[derive(Debug, Clone, Default, Args, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) struct NodeFlags {
    /// Name of this node, for people [default: process and machine]
    #[arg(
        long = "node",
        value_name = "NAME",
        env = "FANFARE_NODE",
        hide_env_values = true,
        value_parser = name_of_node
    )]
    #[serde(rename = "name", skip_serializing_if = "Option::is_none")]
    pub(crate) node: Option<String>,

    /// What this node does: `api`, `deliver`, or both. All that is not both needs --database-url and other nodes
    /// that do the rest [default: api,deliver]
    #[arg(long, value_name = "ROLES", env = "FANFARE_ROLES", hide_env_values = true)]
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "as_text")]
    pub(crate) roles: Option<Roles>,

    /// Seconds after which others take over what a silent node has in hand; the same on all nodes [default: 30]
    #[arg(
        long,
        value_name = "SECONDS",
        env = "FANFARE_LEASE",
        hide_env_values = true,
        value_parser = value_parser!(u16).range(i64::from(LEASE_LEAST)..=i64::from(LEASE_MOST))
    )]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) lease: Option<u16>,
}

/// Half of it must be longer than a store may take to answer now and then.
const LEASE_LEAST: u16 = 2;
const LEASE_MOST: u16 = 600;
const NAME_MOST: usize = 100;

/// Which node this is.
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct NodeConfig {
    /// Its name.
    #[serde(deserialize_with = "name")]
    name: Option<String>,
    /// What it does.
    #[serde(deserialize_with = "roles")]
    pub(crate) roles: Roles,
    /// Seconds after which others take over.
    #[serde(deserialize_with = "lease")]
    lease: u16,
}

impl Default for NodeConfig {
    fn default() -> Self {
        let lease = u16::try_from(LEASE.as_secs()).unwrap_or(LEASE_MOST);
        Self { name: None, roles: Roles::ALL, lease }
    }
}

impl NodeConfig {
    /// How long it owns deliveries without renewing its lease.
    pub(crate) fn lease(&self) -> Duration {
        Duration::from_secs(self.lease.into())
    }

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

fn name_of_node(text: &str) -> Result<String, String> {
    let fits = !text.is_empty() && text.len() <= NAME_MOST && !text.chars().any(char::is_control);
    let wrong = || format!("a node's name has 1 to {NAME_MOST} bytes and no control characters");
    fits.then(|| text.to_owned()).ok_or_else(wrong)
}

fn name<'de, D: Deserializer<'de>>(from: D) -> Result<Option<String>, D::Error> {
    name_of_node(&String::deserialize(from)?).map(Some).map_err(D::Error::custom)
}

fn lease<'de, D: Deserializer<'de>>(from: D) -> Result<u16, D::Error> {
    let lease = u16::deserialize(from)?;
    let wrong = || D::Error::custom(format!("must be from {LEASE_LEAST} to {LEASE_MOST} seconds"));
    (LEASE_LEAST..=LEASE_MOST).contains(&lease).then_some(lease).ok_or_else(wrong)
}

fn roles<'de, D: Deserializer<'de>>(from: D) -> Result<Roles, D::Error> {
    String::deserialize(from)?.parse().map_err(D::Error::custom)
}
