//! Matching: which endpoints of an application want a message. In memory, no IO.

use crate::{
    endpoint::{Endpoint, EventFilter},
    message::Message,
};

/// Whether `endpoint` wants `message`: it lives, its event filter and its channels agree.
pub fn wants(endpoint: &Endpoint, message: &Message) -> bool {
    endpoint.deleted_at.is_none() && endpoint.disabled.is_none() && filters_agree(endpoint, message)
}

/// The same, but asking nothing about the endpoint being enabled: what a recovery goes by.
pub fn filters_agree(endpoint: &Endpoint, message: &Message) -> bool {
    wants_type(&endpoint.event_filter, message) && wants_channels(endpoint, message)
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
