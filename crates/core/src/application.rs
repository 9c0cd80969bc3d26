//! Applications: the platform's customers.

use serde::{Deserialize, Serialize};

use crate::{
    delivery::Method,
    environment::Metadata,
    id::{ApplicationId, EnvironmentId},
    message::Message,
    name::Uid,
    time::Timestamp,
};

/// One customer (account, organisation, tenant) of the platform.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Application {
    /// Its id.
    pub id: ApplicationId,
    /// Where it belongs.
    pub environment: EnvironmentId,
    /// The platform's own id for it, unique in the environment.
    pub uid: Option<Uid>,
    /// For people.
    pub name: String,
    /// Messages per second to all its endpoints together, at most.
    pub rate_limit: Option<u16>,
    /// The method of its endpoints' requests, where the profile allows it; none is the profile's default.
    #[serde(default)]
    pub method: Option<Method>,
    /// Whether its messages are delivered at all; messages posted while this is off go nowhere (JOFI).
    #[serde(default = "enabled")]
    pub webhooks_enabled: bool,
    /// Free-form labels.
    pub metadata: Metadata,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
}

fn enabled() -> bool {
    true
}

impl Application {
    /// Whether a message is matched against the endpoints at all: while webhooks are off, only what is meant
    /// for one endpoint by hand.
    pub fn matches(&self, message: &Message) -> bool {
        self.webhooks_enabled || message.only.is_some()
    }
}
