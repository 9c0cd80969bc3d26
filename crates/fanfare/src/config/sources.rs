//! `[[sources.outbox]]` and `[[sources.nats]]`: where events come from beside the API. Only in the file: there may
//! be several, and their URLs have passwords in them.

use std::path::PathBuf;

use fanfare_core::secret::Secret;
use serde::{Deserialize, Deserializer};

/// Where events come from beside the API.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct SourcesConfig {
    /// Outboxes in platforms' databases.
    pub(crate) outbox: Vec<OutboxConfig>,
    /// Streams of NATS JetStream.
    pub(crate) nats: Vec<NatsConfig>,
}

/// An outbox.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct OutboxConfig {
    /// What metrics and logs call it.
    pub(crate) name: String,
    /// The environment that its events are for.
    pub(crate) environment: String,
    /// The platform's database.
    #[serde(default, deserialize_with = "secret")]
    pub(crate) url: Option<Secret>,
    /// A file that holds the URL, instead.
    pub(crate) url_file: Option<PathBuf>,
}

/// A stream of NATS JetStream.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct NatsConfig {
    /// What metrics and logs call it.
    pub(crate) name: String,
    /// The environment that its events are for.
    pub(crate) environment: String,
    /// The servers.
    #[serde(default, deserialize_with = "secret")]
    pub(crate) url: Option<Secret>,
    /// A file that holds the URL, instead.
    pub(crate) url_file: Option<PathBuf>,
    /// A file with user credentials.
    pub(crate) credentials_file: Option<PathBuf>,
    /// Root certificates beside the system's.
    pub(crate) ca_file: Option<PathBuf>,
    /// The stream.
    pub(crate) stream: String,
    /// The durable consumer.
    #[serde(default = "consumer")]
    pub(crate) consumer: String,
    /// Only what matches this subject.
    pub(crate) subject: Option<String>,
    /// Where messages go that can never be accepted.
    pub(crate) dead_letters: String,
    /// Seconds that the server waits for an acknowledgement.
    #[serde(default = "ack_wait")]
    pub(crate) ack_wait: u32,
}

fn consumer() -> String {
    "fanfare".to_owned()
}

fn ack_wait() -> u32 {
    u32::try_from(fanfare_core::limits::SOURCE_ACK_WAIT.as_secs()).unwrap_or(u32::MAX)
}

fn secret<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Secret>, D::Error> {
    Option::<String>::deserialize(from).map(|text| text.map(Secret::new))
}
