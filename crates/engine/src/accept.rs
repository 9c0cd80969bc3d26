//! Accepting: a posted message is matched in memory, committed together with its deliveries, and handed to
//! the dispatcher; only then is it acknowledged.

pub(crate) mod batch;
mod draft;
mod group;
mod preview;
mod service;

pub use draft::{Draft, InvalidDraft};
pub(crate) use group::post_all;
pub(crate) use preview::preview;
pub use preview::{Preview, Previewed};
pub(crate) use service::{among, new_delivery, post, slice};

use std::{collections::BTreeSet, sync::Arc};

use fanfare_core::{
    id::{ApplicationId, EndpointId, EnvironmentId},
    message::{Message, Payload},
    name::{Channel, EventId, EventTypeName, OrderingKey, ReplaceKey, Tag},
    ports::store::{Named, StoreError},
    time::Timestamp,
};

use crate::schema::Mistake;

/// A message as a platform posts it, checked at the edge.
#[derive(Debug, Clone)]
pub struct Post {
    /// The environment of the key that posts.
    pub environment: EnvironmentId,
    /// Where it happened, as the request names it: what a uid stands for is looked up again where the
    /// configuration in memory turns out to be stale.
    pub application: Named<ApplicationId>,
    /// What happened.
    pub event_type: EventTypeName,
    /// The platform's own id of the event.
    pub event_id: Option<EventId>,
    /// Labels that endpoints can filter by.
    pub channels: BTreeSet<Channel>,
    /// Labels for finding it again.
    pub tags: BTreeSet<Tag>,
    /// What it says.
    pub payload: Payload,
    /// Days that the payload is kept.
    pub payload_retention_days: u32,
    /// When it is to be delivered; none leaves that to the profile.
    pub deliver_at: Option<Timestamp>,
    /// When it is no longer worth delivering.
    pub expires_at: Option<Timestamp>,
    /// What it is ordered by at ordered endpoints.
    pub ordering_key: Option<OrderingKey>,
    /// What it has in common with messages that it supersedes, or that supersede it.
    pub replace_key: Option<ReplaceKey>,
    /// The idempotency key of the request, hashed with token and URL, and when it expires.
    pub idempotency: Option<([u8; 32], Timestamp)>,
    /// Who gets it.
    pub audience: Audience,
}

/// Who gets a posted message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Audience {
    /// Every endpoint that wants it.
    Subscribers,
    /// This endpoint alone, whatever its filters say.
    Only(EndpointId),
}

/// A message that is stored.
#[derive(Debug, Clone)]
pub enum Posted {
    /// Stored just now.
    Stored(Arc<Message>),
    /// The idempotency key was used before: the message of that time.
    Repeated(Arc<Message>),
}

/// Why a message was not accepted; nothing of it is stored.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PostError {
    /// The event id was used before.
    #[error("a message with this eventId exists already")]
    EventIdTaken,
    /// The application is gone.
    #[error("the application does not exist")]
    ApplicationGone,
    /// It expires before it can be delivered.
    #[error("it expires before it can be delivered")]
    ExpiresBeforeDelivery,
    /// The event type is archived.
    #[error("the event type is archived: no new messages may use it")]
    EventTypeArchived,
    /// The payload does not fit the schema of its event type.
    #[error("the payload does not fit the schema of its event type")]
    PayloadInvalid(Vec<Mistake>),
    /// The event type is not in the catalogue, and the profile is strict about that.
    #[error("the event type is not in the catalogue")]
    EventTypeUnknown,
    /// Too much waits already; try again in a moment.
    #[error("too many messages wait for the store")]
    Overloaded,
    /// The store does not take it.
    #[error(transparent)]
    Store(#[from] StoreError),
}
