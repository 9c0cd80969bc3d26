//! Messages: one event that happened in one application.

use std::{collections::BTreeSet, fmt};

use bytes::Bytes;

use crate::{
    id::{ApplicationId, EndpointId, EnvironmentId, MessageId},
    name::{Channel, EventId, EventTypeName, OrderingKey, ReplaceKey, Tag},
    time::Timestamp,
};

/// SHA-256 of a profile's text: which wire format a message was accepted under.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ProfileHash(pub [u8; 32]);

impl fmt::Debug for ProfileHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

/// One event that happened in one application.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// Its id.
    pub id: MessageId,
    /// The environment.
    pub environment: EnvironmentId,
    /// Where it happened.
    pub application: ApplicationId,
    /// What happened.
    pub event_type: EventTypeName,
    /// The platform's own id of the event.
    pub event_id: Option<EventId>,
    /// Labels that endpoints can filter by.
    pub channels: BTreeSet<Channel>,
    /// Labels for finding it again.
    pub tags: BTreeSet<Tag>,
    /// When it was accepted.
    pub created_at: Timestamp,
    /// When it is to be delivered, if later.
    pub deliver_at: Option<Timestamp>,
    /// When it is no longer worth delivering.
    pub expires_at: Option<Timestamp>,
    /// What it is ordered by at ordered endpoints.
    pub ordering_key: Option<OrderingKey>,
    /// What it and the messages that it supersedes, or that supersede it, have in common.
    pub replace_key: Option<ReplaceKey>,
    /// Whether it supersedes older messages with its `replace_key`. One that does not is superseded by every
    /// message with that key that does, be that older or newer.
    pub supersedes: bool,
    /// The one endpoint it is for, whatever the filters say (an example sent by hand).
    pub only: Option<EndpointId>,
    /// The wire format it was accepted under.
    pub profile: ProfileHash,
    /// The day (since the epoch) after which the payload is erased.
    pub payload_expires_day: i64,
    /// What it says.
    pub payload: Payload,
}

/// A message's payload, never re-formatted.
#[derive(Clone, PartialEq, Eq)]
pub enum Payload {
    /// A JSON object, the bytes as they came.
    Json(Bytes),
    /// A text that replaces the whole body (`rawPayload`).
    Raw(Bytes),
    /// Erased on request or by retention; a message with it cannot be sent.
    Expunged,
}

impl Payload {
    /// The bytes, if there are any left.
    pub fn bytes(&self) -> Option<&Bytes> {
        match self {
            Self::Json(bytes) | Self::Raw(bytes) => Some(bytes),
            Self::Expunged => None,
        }
    }

    /// Length in bytes.
    pub fn len(&self) -> usize {
        self.bytes().map_or(0, Bytes::len)
    }

    /// Whether there is nothing.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl fmt::Debug for Payload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Json(bytes) => write!(f, "Json({} bytes)", bytes.len()),
            Self::Raw(bytes) => write!(f, "Raw({} bytes)", bytes.len()),
            Self::Expunged => f.write_str("Expunged"),
        }
    }
}
