//! An endpoint as answers show it.

use std::collections::BTreeMap;

use fanfare_core::{
    delivery::Method,
    endpoint::{DisableReason, Endpoint, EndpointMode, EventFilter},
    time::Timestamp,
};
use serde::Serialize;
use utoipa::ToSchema;

use super::MASK;

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
    /// The method of its requests; null is the profile's default.
    #[schema(value_type = Option<String>)]
    method: Option<Method>,
    /// When it was made.
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    /// When it last changed.
    #[schema(value_type = String, format = DateTime)]
    updated_at: Timestamp,
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
            created_at: endpoint.created_at,
            updated_at: endpoint.updated_at,
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
