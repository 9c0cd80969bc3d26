//! An endpoint as answers show it.

use std::{collections::BTreeMap, fmt};

use fanfare_core::{
    delivery::Method,
    endpoint::{DisableReason, Endpoint, EndpointMode, EventFilter},
    time::Timestamp,
};
use serde::Serialize;
use utoipa::ToSchema;

use super::{AuthOut, MASK, Tls};
use crate::v1::endpoint::get_secret::EndpointSecretOut;

/// An endpoint.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct EndpointOut {
    /// Its id.
    id: String,
    /// Your own id for it.
    uid: Option<String>,
    /// Where requests go, normalised; a user name and password are shown as `***`.
    #[schema(format = "uri")]
    url: String,
    /// For people.
    description: String,
    /// A number of its owner's own.
    version: i32,
    /// Which event types it wants; null is every message.
    event_types: Option<Vec<String>>,
    /// The older name of `eventTypes`.
    filter_types: Option<Vec<String>>,
    /// Which channels it listens to.
    channels: Option<Vec<String>>,
    /// Free-form labels.
    metadata: BTreeMap<String, String>,
    /// Requests per second at most.
    throttle_rate: Option<u16>,
    /// The older name of `throttleRate`.
    rate_limit: Option<u16>,
    /// Matches nothing new and is sent nothing.
    disabled: bool,
    /// Why it was disabled.
    #[schema(value_type = Option<String>)]
    disabled_reason: Option<DisableReason>,
    /// Goes on collecting, is sent nothing.
    paused: bool,
    /// One delivery at a time per ordering key.
    ordered: bool,
    /// Requests in flight at most.
    max_concurrency: Option<u16>,
    /// Milliseconds that an attempt may take.
    timeout_ms: Option<u64>,
    /// Seconds to wait before each retry.
    retry_schedule: Option<Vec<u64>>,
    /// `live` or `test`.
    #[schema(value_type = String)]
    mode: EndpointMode,
    /// The method of its requests; null is the application's, else the profile's default.
    #[schema(value_type = Option<String>)]
    method: Option<Method>,
    /// The profile it is under; null is the environment's.
    profile: Option<String>,
    /// How its requests authenticate.
    auth: AuthOut,
    /// Which messages it wants besides.
    filter: Option<String>,
    /// What of the application it is for; null is all of it.
    scope: Option<String>,
    /// How the server's certificate is checked.
    tls: Tls,
    /// When it was made.
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    /// When it last changed.
    #[schema(value_type = String, format = DateTime)]
    updated_at: Timestamp,
    /// The key that verifies its signatures: only where it was made just now and cannot be read again.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, required = false)]
    secret: Option<Shown>,
    /// What is allowed but not advised, in answers to changes.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    warnings: Vec<String>,
}

/// A secret in an answer: shown there and nowhere else.
#[derive(Serialize)]
#[serde(transparent)]
pub(crate) struct Shown(String);

impl fmt::Debug for Shown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[redacted]")
    }
}

impl EndpointOut {
    /// With what the answer to a change warns of.
    pub(crate) fn with_warnings(self, warnings: Vec<String>) -> Self {
        Self { warnings, ..self }
    }

    /// With a secret that this answer alone shows.
    pub(crate) fn with_secret(self, secret: Option<EndpointSecretOut>) -> Self {
        Self { secret: secret.map(|secret| Shown(secret.into_key())), ..self }
    }
}

impl From<Endpoint> for EndpointOut {
    fn from(endpoint: Endpoint) -> Self {
        let types = event_types(&endpoint.event_filter);
        let timeout = endpoint.timeout.map(|timeout| timeout.as_millis().try_into().unwrap_or(u64::MAX));
        Self {
            id: endpoint.id.to_string(),
            uid: endpoint.uid.as_ref().map(ToString::to_string),
            url: masked_url(&endpoint),
            description: endpoint.description,
            version: endpoint.version,
            event_types: types.clone(),
            filter_types: types,
            channels: endpoint.channels.map(|all| all.iter().map(ToString::to_string).collect()),
            metadata: endpoint.metadata,
            throttle_rate: endpoint.rate_limit,
            rate_limit: endpoint.rate_limit,
            disabled: endpoint.disabled.is_some(),
            disabled_reason: endpoint.disabled.map(|disabled| disabled.reason),
            paused: endpoint.paused,
            ordered: endpoint.ordered,
            max_concurrency: endpoint.max_concurrency,
            timeout_ms: timeout,
            retry_schedule: endpoint
                .retry_schedule
                .map(|waits| waits.iter().map(|wait| wait.as_secs()).collect()),
            mode: endpoint.mode,
            method: endpoint.method,
            profile: endpoint.profile.map(|profile| profile.to_string()),
            auth: endpoint.auth.into(),
            filter: endpoint.filter,
            scope: endpoint.scope.map(|scope| scope.to_string()),
            tls: Tls { verify: endpoint.verify_tls },
            created_at: endpoint.created_at,
            updated_at: endpoint.updated_at,
            secret: None,
            warnings: Vec::new(),
        }
    }
}

/// The event types of a filter as the API names them.
fn event_types(filter: &EventFilter) -> Option<Vec<String>> {
    match filter {
        EventFilter::Unfiltered => None,
        EventFilter::Wildcard => Some(vec!["*".to_owned()]),
        EventFilter::Types(types) => Some(types.iter().map(ToString::to_string).collect()),
    }
}

/// An endpoint's URL with `***` for its user name and password.
fn masked_url(endpoint: &Endpoint) -> String {
    let url = endpoint.url.as_str();
    match (endpoint.userinfo.is_some(), url.split_once("://")) {
        (true, Some((scheme, rest))) => format!("{scheme}://{MASK}@{rest}"),
        _ => url.to_owned(),
    }
}
