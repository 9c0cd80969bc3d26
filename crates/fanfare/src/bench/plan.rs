//! What a run shall do: the options after validation, and the bounds that hold whatever was asked for.

use std::{net::SocketAddr, path::PathBuf, time::Duration};

use serde::Serialize;

/// Webhooks that one run may expect at most; each has a slot of 8 bytes in memory.
pub(crate) const ARRIVALS_MOST: usize = 50_000_000;
/// Longest wait for the answer to one post.
pub(crate) const EXCHANGE_LIMIT: Duration = Duration::from_secs(30);
/// How long the one-hop ceiling is measured.
pub(crate) const CEILING_TIME: Duration = Duration::from_secs(2);
/// Posts of the one-hop measurement at most.
pub(crate) const CEILING_MESSAGES: usize = 1_000_000;
/// Connections that set up applications and endpoints.
pub(crate) const SETUP_CLIENTS: usize = 16;

/// Which server is measured.
#[derive(Debug, Clone)]
pub(crate) enum Subject {
    /// One that is running already.
    Running {
        /// Its base URL.
        url: String,
        /// An admin key.
        key: String,
    },
    /// One of our own, started for the run and stopped after it.
    Own {
        /// Where its temporary data directory is made.
        data_in: PathBuf,
        /// The database that it keeps everything in instead.
        database_url: Option<String>,
    },
}

/// The whole run.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Plan {
    /// Which server.
    #[serde(skip)]
    pub(crate) subject: Subject,
    /// Where the receiver listens.
    #[serde(skip)]
    pub(crate) receive_on: SocketAddr,
    /// Messages of one measured phase.
    pub(crate) messages: usize,
    /// Messages posted beforehand and not counted in the figures.
    pub(crate) warm_up: usize,
    /// Connections that post.
    pub(crate) clients: usize,
    /// Applications with one endpoint each that share the messages.
    pub(crate) endpoints: usize,
    /// Endpoints of one application that each get every message.
    pub(crate) fan_out: usize,
    /// Size of a payload.
    pub(crate) payload_bytes: usize,
    /// Posts per second; as fast as possible if absent.
    pub(crate) rate: Option<f64>,
    /// Whether each post carries an idempotency key, as those of the official SDKs do.
    pub(crate) idempotency_keys: bool,
    /// Endpoints that accept connections and never answer.
    pub(crate) hanging: usize,
    /// Messages to them.
    pub(crate) hanging_messages: usize,
    /// The profile of a second phase's endpoints.
    pub(crate) profile: Option<String>,
    /// How long the receiver takes to answer.
    pub(crate) receiver_delay_ms: u64,
    /// How long one phase may post.
    pub(crate) duration_seconds: u64,
    /// How long nothing may arrive before what is outstanding counts as missing.
    pub(crate) grace_seconds: u64,
}

impl Plan {
    /// Where a number of the plan is out of bounds: why.
    pub(crate) fn check(&self) -> Result<(), String> {
        if self.all_messages().saturating_mul(self.fan_out) > ARRIVALS_MOST {
            return Err(format!("messages times fan-out must stay below {ARRIVALS_MOST}"));
        }
        if self.fan_out > 1 && self.endpoints > 1 {
            return Err(
                "--fan-out and --endpoints exclude each other: fan-out is about one application".into()
            );
        }
        Ok(())
    }

    /// Messages to healthy endpoints over the whole run.
    pub(crate) fn all_messages(&self) -> usize {
        let first = self.warm_up.saturating_add(self.messages);
        match (&self.profile, self.hanging) {
            (Some(_), _) => first.saturating_mul(2),
            (None, 0) => first,
            (None, _) => first.saturating_add(self.messages),
        }
    }

    /// How long one phase may post.
    pub(crate) fn duration(&self) -> Duration {
        Duration::from_secs(self.duration_seconds)
    }

    /// How long nothing may arrive before what is outstanding counts as missing.
    pub(crate) fn grace(&self) -> Duration {
        Duration::from_secs(self.grace_seconds)
    }

    /// Applications that the messages are shared over.
    pub(crate) fn applications(&self) -> usize {
        if self.fan_out > 1 { 1 } else { self.endpoints }
    }
}
