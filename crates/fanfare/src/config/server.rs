//! `[server]`: where the API listens, how it ends.

use std::{
    net::{Ipv4Addr, SocketAddr},
    time::Duration,
};

use clap::Args;
use serde::{Deserialize, Deserializer, Serialize, de::Error as _};
use url::Url;

use crate::server::local_url;

/// What was given of it.
#[derive(Debug, Clone, Default, Args, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) struct ServerFlags {
    /// Address to listen on; port 0 takes a free one [default: 127.0.0.1:8071]
    #[arg(
        long,
        value_name = "ADDRESS:PORT",
        env = "FANFARE_LISTEN",
        hide_env_values = true,
        value_parser = listen_address
    )]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) listen: Option<SocketAddr>,

    /// URL that customers reach this server at; portal links begin with it [default: http:// and the address]
    #[arg(
        long,
        value_name = "URL",
        env = "FANFARE_PUBLIC_URL",
        hide_env_values = true,
        value_parser = customers_url
    )]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) public_url: Option<Url>,

    /// Seconds that a shutdown waits for what is in flight; the rest is released to the next start [default: 20]
    #[arg(long, value_name = "SECONDS", env = "FANFARE_SHUTDOWN_GRACE", hide_env_values = true)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) shutdown_grace: Option<u32>,
}

/// Where the API listens, how it ends.
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct ServerConfig {
    /// The address.
    #[serde(deserialize_with = "listen")]
    pub(crate) listen: SocketAddr,
    /// The URL that customers reach it at.
    #[serde(deserialize_with = "public_url")]
    public_url: Option<Url>,
    /// Seconds that a shutdown waits for what is in flight.
    shutdown_grace: u32,
}

impl ServerConfig {
    /// The URL that customers reach the server at that listens on `address`, without a slash at its end.
    pub(crate) fn public_url(&self, address: SocketAddr) -> String {
        let given = self.public_url.as_ref().map(|url| url.as_str().trim_end_matches('/').to_owned());
        given.unwrap_or_else(|| local_url(address))
    }

    /// How long a shutdown waits for what is in flight.
    pub(crate) fn shutdown_grace(&self) -> Duration {
        Duration::from_secs(self.shutdown_grace.into())
    }
}

impl Default for ServerConfig {
    fn default() -> Self {
        Self { listen: (Ipv4Addr::LOCALHOST, 8071).into(), public_url: None, shutdown_grace: 20 }
    }
}

fn listen_address(text: &str) -> Result<SocketAddr, String> {
    let wrong = || {
        format!(
            "`{text}` is no address with a port: expected one like 127.0.0.1:8071, 0.0.0.0:8071 or [::1]:8071"
        )
    };
    text.parse().map_err(|_| wrong())
}

/// A URL that paths can be put after.
fn customers_url(text: &str) -> Result<Url, String> {
    let wrong = || format!("`{text}` is not a base URL: expected one like https://hooks.example.com");
    let url: Url = text.parse().map_err(|_| wrong())?;
    let is_base =
        matches!(url.scheme(), "http" | "https") && url.query().is_none() && url.fragment().is_none();
    is_base.then_some(url).ok_or_else(wrong)
}

fn listen<'de, D: Deserializer<'de>>(from: D) -> Result<SocketAddr, D::Error> {
    listen_address(&String::deserialize(from)?).map_err(D::Error::custom)
}

fn public_url<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Url>, D::Error> {
    customers_url(&String::deserialize(from)?).map(Some).map_err(D::Error::custom)
}
