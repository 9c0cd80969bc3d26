//! Endpoints on the wire.

mod auth;
mod event_types;
mod out;
mod patch;
mod transport;

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use fanfare_core::{
    auth::Auth,
    delivery::Method,
    endpoint::{EndpointMode, EventFilter, WebhookUrl},
    name::{Channel, ProfileName, Scope, Uid},
    secret::Secret,
};
use fanfare_engine::configure::endpoint::{AuthDraft, EndpointDraft, NewEndpoint, Userinfo};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

pub(crate) use auth::{AuthIn, AuthOut};
pub(crate) use event_types::EventTypes;
pub(crate) use out::EndpointOut;
pub(crate) use patch::EndpointPatch;
use transport::Transport;

use crate::{
    error::ApiError,
    patch::{Patch, either},
};

/// Stands for the user name and password of a URL, which are never shown.
const MASK: &str = "***";

/// An endpoint to be made.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct EndpointIn {
    /// Where requests go: http or https, no fragment. A user name and password are kept sealed, sent as basic
    /// authentication, and shown as `***`.
    #[schema(format = "uri", max_length = 4096)]
    url: String,
    /// Your own id for it, usable wherever its id is.
    #[schema(value_type = Option<String>, max_length = 256, pattern = r"^[a-zA-Z0-9\-_.]+$")]
    #[serde(default)]
    uid: Option<Uid>,
    /// For people.
    #[serde(default)]
    description: Option<String>,
    /// Which event types it wants: names of the catalogue, or `["*"]`, which takes the place of all others; null
    /// is every message, where the profile allows it.
    #[serde(default)]
    #[schema(value_type = Option<Vec<String>>)]
    event_types: Patch<EventTypes>,
    /// The older name of `eventTypes`.
    #[serde(default)]
    #[schema(value_type = Option<Vec<String>>)]
    filter_types: Patch<EventTypes>,
    /// Which channels it listens to, 1 to 10; null is every message, with channels or without.
    #[serde(default)]
    #[schema(value_type = Option<Vec<String>>)]
    channels: Option<BTreeSet<Channel>>,
    /// Free-form labels, at most 16 KiB.
    #[serde(default)]
    metadata: Option<BTreeMap<String, String>>,
    /// Requests per second at most.
    #[serde(default)]
    #[schema(value_type = Option<u16>, minimum = 1)]
    throttle_rate: Patch<u16>,
    /// The older name of `throttleRate`.
    #[serde(default)]
    #[schema(value_type = Option<u16>, minimum = 1)]
    rate_limit: Patch<u16>,
    /// Matches nothing new and is sent nothing.
    #[serde(default)]
    disabled: Option<bool>,
    /// A number of its owner's own.
    #[serde(default)]
    version: Option<i32>,
    /// The signing secret: `whsec_` and 24 to 75 bytes in base64, or `whsk_` and an ed25519 key. One is made
    /// where none is given. Taken only where an endpoint is made by POST.
    #[serde(default)]
    secret: Option<String>,
    /// Custom headers, at most 32. Taken only where an endpoint is made by POST.
    #[serde(default)]
    headers: Option<BTreeMap<String, String>>,
    /// One delivery at a time per ordering key, in the order of acceptance.
    #[serde(default)]
    ordered: Option<bool>,
    /// Requests in flight at most, 1 to 128.
    #[serde(default)]
    #[schema(minimum = 1, maximum = 128)]
    max_concurrency: Option<u16>,
    /// Milliseconds that an attempt may take, at most 60000; null is the profile's.
    #[serde(default)]
    #[schema(minimum = 1, maximum = 60000)]
    timeout_ms: Option<u32>,
    /// Seconds to wait before each retry, at most 50 entries; empty is no retry, null is the profile's.
    #[serde(default)]
    retry_schedule: Option<Vec<u32>>,
    /// `live`, or `test`: matches no message, is reached by examples and resends only.
    #[serde(default)]
    #[schema(value_type = Option<String>, pattern = "^(live|test)$")]
    mode: Option<EndpointMode>,
    /// The method of its requests, of those that the profile allows; null is the
    /// application's, else the profile's default.
    #[serde(default)]
    #[schema(value_type = Option<String>, pattern = "^(POST|PUT|PATCH)$")]
    method: Option<Method>,
    /// The profile whose wire format and rules it is under; null is the environment's. Not for portal tokens.
    #[serde(default)]
    #[schema(value_type = Option<String>, max_length = 64)]
    profile: Option<ProfileName>,
    /// How its requests authenticate, of the kinds that the profile allows.
    #[serde(default)]
    auth: Option<AuthIn>,
    /// Which messages it wants besides: a CEL expression over `event` (`type`, `id`, `channels`, `timestamp`) and
    /// `payload`, at most 2048 bytes. One that cannot be evaluated for a message does not match it.
    #[serde(default)]
    #[schema(max_length = 2048)]
    filter: Option<String>,
    /// What of the application it is for, such as a website's id, where the profile knows scopes: it gets only
    /// messages that say so. Null is all of it.
    #[serde(default)]
    #[schema(value_type = Option<String>, max_length = 256)]
    scope: Option<Scope>,
    /// How the server's certificate is checked.
    #[serde(default)]
    tls: Option<Tls>,
    /// What carries its requests: there is only `http`.
    #[serde(default)]
    #[schema(value_type = Option<String>, pattern = "^http$")]
    transport: Option<Transport>,
}

/// How a server's certificate is checked.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Tls {
    /// Whether it must be valid; false only where the profile allows it.
    verify: bool,
}

impl EndpointIn {
    /// The endpoint to be made.
    pub(crate) fn into_new(mut self) -> Result<NewEndpoint, ApiError> {
        let secret = self.secret.take().map(Secret::new);
        let headers = self.headers.take().unwrap_or_default();
        let headers = headers.into_iter().map(|(name, value)| (name, Secret::new(value))).collect();
        Ok(NewEndpoint { secret, headers, ..NewEndpoint::http(self.draft()?) })
    }

    /// What replaces an endpoint: its secret and headers have operations of their own, and are refused here
    /// rather than ignored.
    pub(crate) fn into_replacement(self) -> Result<EndpointDraft, ApiError> {
        for (field, is_given) in [("secret", self.secret.is_some()), ("headers", self.headers.is_some())] {
            if is_given {
                let msg = "is not changed by PUT: it has an operation of its own";
                return Err(ApiError::invalid(&["body", field], msg));
            }
        }
        self.draft()
    }

    /// What can be chosen.
    fn draft(self) -> Result<EndpointDraft, ApiError> {
        let Transport::Http = self.transport.unwrap_or_default();
        let rate = either(("throttleRate", self.throttle_rate), ("rateLimit", self.rate_limit))?;
        let types = either(("eventTypes", self.event_types), ("filterTypes", self.filter_types))?;
        let (url, userinfo) = read_url(&self.url)?;
        Ok(EndpointDraft {
            uid: self.uid,
            userinfo,
            description: self.description.unwrap_or_default(),
            version: self.version.unwrap_or(1),
            event_filter: types.into_option().map_or(EventFilter::Unfiltered, |types| types.0),
            channels: self.channels,
            metadata: self.metadata.unwrap_or_default(),
            rate_limit: rate.into_option(),
            max_concurrency: self.max_concurrency,
            ordered: self.ordered.unwrap_or(false),
            timeout: self.timeout_ms.map(|ms| Duration::from_millis(ms.into())),
            retry_schedule: self.retry_schedule.map(seconds),
            disabled: self.disabled.unwrap_or(false),
            mode: self.mode.unwrap_or_default(),
            method: self.method,
            profile: self.profile,
            scope: self.scope,
            filter: self.filter,
            auth: self.auth.map_or(Ok(AuthDraft::New(Auth::None)), AuthIn::into_draft)?,
            verify_tls: self.tls.is_none_or(|tls| tls.verify),
            ..EndpointDraft::to(url)
        })
    }

    /// The uid that the body gives.
    pub(crate) fn uid(&self) -> Option<&Uid> {
        self.uid.as_ref()
    }
}

fn seconds(waits: Vec<u32>) -> Vec<Duration> {
    waits.into_iter().map(|wait| Duration::from_secs(wait.into())).collect()
}

/// Reads a URL; `***` where a user name stands means those that the endpoint has.
fn read_url(text: &str) -> Result<(WebhookUrl, Userinfo), ApiError> {
    let (url, userinfo) = WebhookUrl::with_userinfo(text)
        .map_err(|error| ApiError::invalid(&["body", "url"], error.to_string()))?;
    let userinfo = match userinfo {
        None => Userinfo::None,
        Some(secret) if secret.reveal() == format!("{MASK}:") => Userinfo::Kept,
        Some(secret) => Userinfo::New(secret),
    };
    Ok((url, userinfo))
}

#[cfg(test)]
mod tests;
