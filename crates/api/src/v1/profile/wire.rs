//! Profiles on the wire.

use fanfare_core::{
    name::{EventTypeName, ProfileName},
    profile::{CatalogueType, Profile},
};
use serde::Serialize;
use utoipa::ToSchema;

/// A wire format, in short.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ProfileOut {
    /// Its name.
    #[schema(value_type = String)]
    name: ProfileName,
    /// For people.
    description: String,
    /// SHA-256 of its text, in hex.
    hash: String,
    /// The methods that endpoints may choose from, the default first.
    #[schema(value_type = Vec<String>)]
    methods: Vec<&'static str>,
}

/// A wire format.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ProfileDetailOut {
    #[serde(flatten)]
    profile: ProfileOut,
    /// Milliseconds that an attempt may take.
    timeout_ms: u64,
    /// Seconds between attempts.
    retry_schedule: Vec<u64>,
    /// Bytes that a body may have; more is not sent.
    max_body_bytes: Option<usize>,
    /// What the catalogue of an environment under it begins with.
    event_types: Vec<ProfileEventTypeOut>,
    /// The whole of it, TOML.
    text: String,
}

/// An event type that a profile knows.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct ProfileEventTypeOut {
    /// Its name.
    #[schema(value_type = String)]
    name: EventTypeName,
    /// When it happens, for people.
    description: String,
    /// The group it is listed under.
    group_name: Option<String>,
    /// What it is commonly used for.
    use_case: Option<String>,
    /// Other spellings of its name.
    #[schema(value_type = Vec<String>)]
    aliases: Vec<EventTypeName>,
}

impl ProfileOut {
    /// The short of it.
    pub(crate) fn of(profile: &Profile) -> Self {
        Self {
            name: profile.name.clone(),
            description: profile.description.clone(),
            hash: format!("{:?}", profile.hash),
            methods: profile.methods.iter().map(|method| method.as_str()).collect(),
        }
    }
}

impl ProfileDetailOut {
    /// All of it.
    pub(crate) fn of(profile: &Profile) -> Self {
        let rules = &profile.rules;
        Self {
            profile: ProfileOut::of(profile),
            timeout_ms: rules.timeout.as_millis().try_into().unwrap_or(u64::MAX),
            retry_schedule: rules.retry_schedule.iter().map(std::time::Duration::as_secs).collect(),
            max_body_bytes: rules.size_cap,
            event_types: profile.events.types.iter().map(event_type).collect(),
            text: profile.text.clone(),
        }
    }
}

fn event_type(kind: &CatalogueType) -> ProfileEventTypeOut {
    ProfileEventTypeOut {
        name: kind.name.clone(),
        description: kind.description.clone(),
        group_name: kind.group.clone(),
        use_case: kind.use_case.clone(),
        aliases: kind.aliases.clone(),
    }
}
