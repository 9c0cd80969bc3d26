//! Specimens: a made-up message to a made-up endpoint, to show what the requests of a profile look like.
//!
//! All of it is fixed, so that the same wishes give the same request; its secret says that it is a sample.

use std::collections::{BTreeMap, BTreeSet};

use bytes::Bytes;

use crate::{
    delivery::Method,
    endpoint::{Credentials, Endpoint, EndpointKind, EndpointMode, EventFilter, Key, WebhookUrl},
    example::{self, Schemas},
    id::{ApplicationId, EndpointId, EnvironmentId, MessageId},
    message::{Message, Payload, ProfileHash},
    name::EventTypeName,
    ports::Entropy,
    profile::Profile,
    render::{RenderError, Rendering, Request, render},
    secret::Secret,
    time::Timestamp,
};

/// Where a specimen goes.
const URL: &str = "https://customer.example/webhooks";
/// Its secret, where the profile takes any text.
const SECRET: &str = "sample-secret";
/// Its type, where the profile has no catalogue.
const EVENT_TYPE: &str = "example.event";

/// What somebody wants to see; what is left open is made up.
#[derive(Debug, Clone, Default)]
pub struct Wishes {
    /// The type; else the first of the profile's catalogue.
    pub event_type: Option<EventTypeName>,
    /// The payload, a JSON object; else an example of the type.
    pub payload: Option<Bytes>,
    /// Where it goes.
    pub url: Option<WebhookUrl>,
    /// With which method.
    pub method: Option<Method>,
}

/// A made-up message to a made-up endpoint.
#[derive(Debug, Clone)]
pub struct Specimen {
    /// The endpoint.
    pub endpoint: Endpoint,
    /// Its credentials: at most a secret.
    pub credentials: Credentials,
    /// The message.
    pub message: Message,
}

impl Specimen {
    /// A specimen of what `profile` sends at `now`.
    pub fn of(profile: &Profile, wishes: Wishes, now: Timestamp) -> Self {
        let first = profile.events.types.first().map(|kind| kind.name.clone());
        let event_type = wishes.event_type.or(first);
        let event_type = event_type.unwrap_or_else(|| EVENT_TYPE.parse().expect("a valid name"));
        let payload = wishes.payload.unwrap_or_else(|| payload(profile, &event_type));
        let url = wishes.url.unwrap_or_else(|| URL.parse().expect("a valid URL"));
        Self {
            endpoint: endpoint(url, wishes.method, now),
            credentials: credentials(profile, now),
            message: message(profile.hash, event_type, payload, now),
        }
    }

    /// Its secret, if the profile has use for one.
    pub fn secret(&self) -> Option<&Secret> {
        self.credentials.keys.first().map(|key| &key.secret)
    }

    /// The request that it makes at `now`.
    pub fn render(&self, profile: &Profile, now: Timestamp) -> Result<Request, RenderError> {
        let Self { endpoint, credentials, message } = self;
        render(&Rendering { profile, endpoint, credentials, message, now })
    }
}

/// An example of the type, from its schema where there is one.
fn payload(profile: &Profile, name: &EventTypeName) -> Bytes {
    let kind = profile.events.types.iter().find(|kind| kind.name == *name);
    let schemas = kind.and_then(|kind| kind.schemas.as_deref()).map(serde_json::from_str::<Schemas>);
    let example = match schemas {
        Some(Ok(schemas)) => example::of(&schemas),
        _ => serde_json::json!({"hello": "world"}),
    };
    example.to_string().into()
}

/// Entropy that gives the word `sample` over and over.
struct Sample;

impl Entropy for Sample {
    fn fill(&self, bytes: &mut [u8]) {
        for (byte, letter) in bytes.iter_mut().zip(b"sample".iter().cycle()) {
            *byte = *letter;
        }
    }
}

fn credentials(profile: &Profile, now: Timestamp) -> Credentials {
    if !profile.has_secrets() {
        return Credentials::default();
    }
    let plain = Secret::new(SECRET);
    let secret = match profile.check_existing_secret(&plain) {
        Ok(()) => plain,
        Err(_) => profile.generate_secret(&Sample),
    };
    Credentials {
        keys: vec![Key { number: 1, secret, created_at: now, expires_at: None }],
        ..Credentials::default()
    }
}

/// A message with nothing but what it must have.
pub(crate) fn message(
    profile: ProfileHash,
    event_type: EventTypeName,
    payload: Bytes,
    now: Timestamp,
) -> Message {
    Message {
        id: MessageId(*b"a sample's message!!"),
        environment: EnvironmentId(*b"a sample's environme"),
        application: ApplicationId(*b"a sample's applicati"),
        event_type,
        event_id: None,
        channels: BTreeSet::new(),
        tags: BTreeSet::new(),
        created_at: now,
        deliver_at: None,
        expires_at: None,
        ordering_key: None,
        replace_key: None,
        supersedes: true,
        only: None,
        profile,
        payload_expires_day: now.day(),
        payload: Payload::Json(payload),
    }
}

/// An endpoint with nothing but what it must have.
pub(crate) fn endpoint(url: WebhookUrl, method: Option<Method>, now: Timestamp) -> Endpoint {
    Endpoint {
        id: EndpointId(*b"a sample's endpoint!"),
        application: ApplicationId(*b"a sample's applicati"),
        uid: None,
        url,
        kind: EndpointKind::Http,
        mode: EndpointMode::Live,
        method,
        profile: None,
        scope: None,
        description: String::new(),
        version: 1,
        event_filter: EventFilter::Unfiltered,
        channels: None,
        filter: None,
        metadata: BTreeMap::new(),
        rate_limit: None,
        max_concurrency: None,
        ordered: false,
        timeout: None,
        retry_schedule: None,
        disabled: None,
        paused: false,
        keys: Vec::new(),
        headers: None,
        userinfo: None,
        auth: crate::auth::AuthSettings::None,
        auth_credentials: None,
        verify_tls: true,
        created_at: now,
        updated_at: now,
        deleted_at: None,
        revision: 1,
    }
}

#[cfg(test)]
mod tests;
