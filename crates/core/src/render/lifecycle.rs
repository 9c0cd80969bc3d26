//! Payloads that tell an endpoint about itself.

use bytes::Bytes;

use super::{
    body::{Source, fill},
    skeleton::Node,
    value::Value,
};
use crate::{
    endpoint::{Endpoint, EndpointMode, EventFilter},
    profile::Moment,
};

/// What an endpoint is told of what happened to it.
pub(crate) fn lifecycle_payload(template: &Node, moment: Moment, endpoint: &Endpoint) -> Bytes {
    fill(template, &Told { moment, endpoint }, b"").expect("there is no payload that could be no object")
}

struct Told<'a> {
    moment: Moment,
    endpoint: &'a Endpoint,
}

impl Source for Told<'_> {
    fn write_json(&self, value: Value, out: &mut Vec<u8>) -> bool {
        let endpoint = self.endpoint;
        match value {
            Value::Action => json(self.moment.as_str(), out),
            Value::EndpointId => json(&endpoint.id, out),
            Value::EndpointUrl => json(&endpoint.url, out),
            Value::EndpointScope => match &endpoint.scope {
                Some(scope) => json(scope, out),
                None => return false,
            },
            Value::EndpointLive => json(&(endpoint.mode == EndpointMode::Live), out),
            Value::EndpointActive => json(&endpoint.disabled.is_none(), out),
            Value::EndpointEvents => match &endpoint.event_filter {
                EventFilter::Types(types) => json(types, out),
                EventFilter::Unfiltered | EventFilter::Wildcard => json(&["*"], out),
            },
            Value::ApplicationId => json(&endpoint.application, out),
            // A template with any other value does not load.
            _ => return false,
        }
        true
    }
}

fn json<T: serde::Serialize + ?Sized>(value: &T, out: &mut Vec<u8>) {
    serde_json::to_writer(out, value).expect("writing text to memory cannot fail");
}
