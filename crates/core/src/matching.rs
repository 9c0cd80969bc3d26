//! Matching: which endpoints of an application want a message. In memory, no IO.

use crate::{
    endpoint::{Endpoint, EndpointMode, EventFilter},
    message::Message,
};

/// Whether `endpoint` gets `message` now: it is enabled, and its filters agree.
pub fn wants(endpoint: &Endpoint, message: &Message) -> bool {
    endpoint.disabled.is_none() && filters_agree(endpoint, message)
}

/// Whether mode and filters agree, be the endpoint enabled or not: what a recovery goes by.
pub fn filters_agree(endpoint: &Endpoint, message: &Message) -> bool {
    match message.only {
        Some(only) => only == endpoint.id,
        None => {
            endpoint.mode == EndpointMode::Live
                && wants_type(&endpoint.event_filter, message)
                && wants_channels(endpoint, message)
        }
    }
}

fn wants_type(filter: &EventFilter, message: &Message) -> bool {
    match filter {
        EventFilter::Unfiltered | EventFilter::Wildcard => true,
        EventFilter::Types(types) => types.contains(&message.event_type),
    }
}

/// A message without channels does not go to an endpoint with channels.
fn wants_channels(endpoint: &Endpoint, message: &Message) -> bool {
    endpoint.channels.as_ref().is_none_or(|wanted| !wanted.is_disjoint(&message.channels))
}

#[cfg(test)]
mod tests;
