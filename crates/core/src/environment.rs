//! Environments, their keys and event types.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{
    id::{ApplicationId, EnvironmentId, KeyId},
    name::{EventTypeName, FeatureFlag, ProfileName},
    portal::Portal,
    time::Timestamp,
};

/// The isolation unit of a platform: its own keys, event types, applications and default profile.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Environment {
    /// Its id.
    pub id: EnvironmentId,
    /// Its name, unique in the store.
    pub name: String,
    /// The profile that its messages are rendered with.
    pub profile: ProfileName,
    /// How its customers' portal looks.
    pub portal: Portal,
    /// When it was made.
    pub created_at: Timestamp,
}

/// What the holder of a key may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Everything in the environment.
    Admin,
    /// Post messages, and read.
    Publisher,
    /// Read.
    Viewer,
    /// A customer's portal: one application, nothing that is the platform's.
    Portal,
}

/// Whether the holder of a key does things or tries them out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum KeyMode {
    /// It does what its role allows.
    #[default]
    Live,
    /// It reads, and is shown what its messages would send; nothing is stored, nothing is sent (JOF-4).
    Test,
}

impl KeyMode {
    /// The word in the store and at the command line.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Live => "live",
            Self::Test => "test",
        }
    }
}

/// An API key or portal token as the store keeps it: never the token, only its SHA-256.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiKey {
    /// Its public name.
    pub id: KeyId,
    /// Where it is valid.
    pub environment: EnvironmentId,
    /// SHA-256 of the whole token text.
    pub hash: [u8; 32],
    /// What its holder may do.
    pub role: Role,
    /// Whether its holder does it or tries it out.
    pub mode: KeyMode,
    /// The one application a portal token is for.
    pub application: Option<ApplicationId>,
    /// The feature flags that a portal token has.
    pub feature_flags: Vec<FeatureFlag>,
    /// Whether a portal token only looks.
    pub read_only: bool,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it stops being valid.
    pub expires_at: Option<Timestamp>,
    /// When it was revoked.
    pub revoked_at: Option<Timestamp>,
}

impl ApiKey {
    /// Whether it opens anything at `now`.
    pub fn is_valid(&self, now: Timestamp) -> bool {
        self.revoked_at.is_none() && self.expires_at.is_none_or(|end| now < end)
    }
}

/// A name in the catalogue of an environment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct EventType {
    /// The name, unique in the environment.
    pub name: EventTypeName,
    /// For people.
    pub description: String,
    /// The group it is listed under.
    #[serde(default)]
    pub group: Option<String>,
    /// What it is commonly used for.
    #[serde(default)]
    pub use_case: Option<String>,
    /// Other spellings of its name.
    #[serde(default)]
    pub aliases: Vec<EventTypeName>,
    /// Whether a message whose payload does not fit the newest schema is refused.
    #[serde(default)]
    pub validate: bool,
    /// No new messages or filters may use it.
    pub archived: bool,
    /// For people: not for new integrations.
    pub deprecated: bool,
    /// Hides it from portal tokens without this flag.
    pub feature_flag: Option<FeatureFlag>,
    /// JSON Schemas by version, as JSON text.
    pub schemas: Option<String>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
}

impl EventType {
    /// A name of this event type that another one of its environment goes by too: every spelling, canonical or
    /// not, stands for one type. An alias equal to its own name is one as well.
    pub fn clash<'t>(
        &'t self,
        catalogue: impl IntoIterator<Item = &'t EventType>,
    ) -> Option<&'t EventTypeName> {
        let repeated =
            |at: usize, alias: &EventTypeName| *alias == self.name || self.aliases[..at].contains(alias);
        let own = self.aliases.iter().enumerate().find(|(at, alias)| repeated(*at, alias));
        if let Some((_, alias)) = own {
            return Some(alias);
        }
        let goes_by =
            |other: &EventType, name: &EventTypeName| other.name == *name || other.aliases.contains(name);
        let mut others = catalogue.into_iter().filter(|other| other.name != self.name);
        others.find_map(|other| {
            let name_is_alias = other.aliases.contains(&self.name).then_some(&self.name);
            name_is_alias.or_else(|| self.aliases.iter().find(|alias| goes_by(other, alias)))
        })
    }
}

/// Free-form labels of an application or endpoint.
pub type Metadata = BTreeMap<String, String>;
