//! Lifecycle events: what an endpoint is told about itself, whatever it has subscribed to (TRU-10).

use bytes::Bytes;

use crate::{
    endpoint::Endpoint,
    name::EventTypeName,
    render::{Node, lifecycle_payload},
};

/// What an endpoint is told about itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lifecycle {
    /// The type of these events, such as `ping`; never in the catalogue, so never in a list of subscriptions.
    pub event_type: EventTypeName,
    /// Whether an endpoint is told that it was made.
    pub on_create: bool,
    /// Whether an endpoint is told that it was changed.
    pub on_update: bool,
    pub(crate) template: Node,
}

/// What happened to an endpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Moment {
    /// It was made.
    Created,
    /// It was changed.
    Updated,
}

impl Moment {
    /// The word on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Created => "created",
            Self::Updated => "updated",
        }
    }
}

impl Lifecycle {
    /// Whether an endpoint is told of it.
    pub fn tells(&self, moment: Moment) -> bool {
        match moment {
            Moment::Created => self.on_create,
            Moment::Updated => self.on_update,
        }
    }

    /// What an endpoint is told.
    pub fn payload(&self, moment: Moment, endpoint: &Endpoint) -> Bytes {
        lifecycle_payload(&self.template, moment, endpoint)
    }
}
