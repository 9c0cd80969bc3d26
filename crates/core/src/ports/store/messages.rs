//! Accepting and reading messages.

use std::sync::Arc;

use async_trait::async_trait;

use super::{Audit, ChangeError, Page, PageQuery, StoreResult};
use crate::{
    delivery::{DeliveryState, Incarnation},
    id::{ApplicationId, EndpointId, MessageId},
    message::{Message, ProfileHash},
    name::{Channel, EventId, EventTypeName, Tag},
    time::Timestamp,
};

/// A message to be accepted.
#[derive(Debug, Clone)]
pub struct Accept {
    /// The message with its payload.
    pub message: Arc<Message>,
    /// The application's version that it was matched against.
    pub application_version: u64,
    /// The environment's version that it was checked against.
    pub environment_version: u64,
    /// Where it goes.
    pub targets: Targets,
    /// The idempotency key of the request, hashed with token and URL, and when it expires.
    pub idempotency: Option<([u8; 32], Timestamp)>,
    /// Until when the message's `event_id`, if it has one, may not come again.
    pub event_id_expires_at: Timestamp,
}

/// Where an accepted message goes.
#[derive(Debug, Clone)]
pub enum Targets {
    /// To these endpoints; deliveries are written with the message.
    Deliveries(Vec<NewDelivery>),
    /// To more endpoints than [`crate::limits::FANOUT_INLINE`]: a fan-out cursor is written with the
    /// message, deliveries follow in slices.
    Fanout,
}

/// A delivery to be written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewDelivery {
    /// The endpoint.
    pub endpoint: EndpointId,
    /// `Scheduled` or `Pending`, or `Skipped` or `Cancelled` from the start.
    pub state: DeliveryState,
    /// When its first attempt is due.
    pub due: Timestamp,
    /// Who keeps it in memory; none leaves it to be claimed, and wakes its lane. Always none where the message
    /// has a replace key, so that what waits can be superseded in the store.
    pub owner: Option<Incarnation>,
    /// At ordered endpoints: the key whose order holds.
    pub ordering: Option<String>,
    /// The wire format of an endpoint that has one of its own; none is the message's. Its text is kept before
    /// ([`super::EnvironmentStore::keep_profile`]).
    pub profile: Option<ProfileHash>,
}

/// What became of one item of a batch of accepts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Accepted {
    /// Stored: on disk when the batch returns.
    Stored,
    /// Not stored: the idempotency key belongs to this earlier message.
    Repeated(MessageId),
    /// Not stored: the event id belongs to this earlier message.
    EventIdTaken(MessageId),
    /// Not stored: application or environment changed since it was matched; match again.
    Stale,
    /// Not stored: the application was deleted.
    ApplicationGone,
}

/// A fan-out that has not reached all its endpoints yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fanout {
    /// The message's number: fan-outs go on in its order.
    pub seq: u64,
    /// The application.
    pub application: ApplicationId,
    /// The message.
    pub message: MessageId,
    /// The last endpoint that was looked at, in the order of ids.
    pub after: Option<EndpointId>,
}

/// Narrows a list of messages.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MessageFilter {
    /// Only with this channel.
    pub channel: Option<Channel>,
    /// Only with this tag.
    pub tag: Option<Tag>,
    /// Only of these types.
    pub event_types: Option<Vec<EventTypeName>>,
    /// Only with this text in the event id, a tag, or the ordering or replace key.
    pub text: Option<String>,
    /// Only before this moment (exclusive).
    pub before: Option<Timestamp>,
    /// Only from this moment on (inclusive).
    pub after: Option<Timestamp>,
    /// Only from this id on (inclusive): what bounds a look back, as [`MessageStore::horizon`] gives it.
    pub oldest: Option<MessageId>,
}

/// Messages.
#[async_trait]
pub trait MessageStore: Send + Sync {
    /// Accepts a batch in one transaction and answers item by item, in order. On return what was stored is
    /// on disk. Versions are compared inside the transaction.
    ///
    /// A message with a replace key that supersedes is remembered as the one in force for that key in its
    /// application, for [`crate::limits::REPLACE_KEY`] (until `retain_payloads` erases it after that), and
    /// every unowned waiting delivery with that key is cancelled ([`EndReason::Superseded`]) in the same
    /// transaction. From then on every other message with that key, older or newer, is *superseded*, unless
    /// it supersedes in its turn: its deliveries are written `cancelled` from the start, whatever `state`
    /// says. What an incarnation owns is left to it: [`super::DeliveryStore`] says how it ends.
    ///
    /// [`EndReason::Superseded`]: crate::delivery::EndReason::Superseded
    async fn accept(&self, batch: Vec<Accept>) -> StoreResult<Vec<Accepted>>;

    /// Fan-outs to go on with, oldest first, from the first or from the one that follows `after`: those of
    /// dead incarnations and those just accepted.
    async fn fanouts(&self, after: Option<u64>, limit: usize) -> StoreResult<Vec<Fanout>>;

    /// Writes one slice of a fan-out and moves its cursor to `after`; `done` removes the cursor. A delivery
    /// that exists already is left as it is; those of a superseded message are written `cancelled`. Answers
    /// whether the cursor stood where `from` says; if not, nothing was written.
    async fn expand(
        &self,
        message: (ApplicationId, MessageId),
        from: Option<EndpointId>,
        slice: Vec<NewDelivery>,
        after: EndpointId,
        done: bool,
    ) -> StoreResult<bool>;

    /// A message; its payload is [`crate::message::Payload::Expunged`] where it is gone, or where
    /// `with_payload` is false.
    async fn message(
        &self,
        application: ApplicationId,
        id: MessageId,
        with_payload: bool,
    ) -> StoreResult<Option<Message>>;

    /// The message that has this event id, while the event id is remembered: paths take either.
    async fn message_of_event(
        &self,
        application: ApplicationId,
        event_id: EventId,
    ) -> StoreResult<Option<MessageId>>;

    /// A page of an application's messages, by id; with payloads it has no more than
    /// [`crate::limits::PAGE_BYTES`] of them, and one.
    async fn messages(
        &self,
        application: ApplicationId,
        filter: MessageFilter,
        page: PageQuery<MessageId>,
        with_payload: bool,
    ) -> StoreResult<Page<Message>>;

    /// How far back a bounded look reaches: the id of the message that follows `rows` others, from the newest or
    /// from the one before `from` towards older ones, of those that went to an endpoint or of all; none where
    /// there are no more than that.
    async fn horizon(
        &self,
        application: ApplicationId,
        endpoint: Option<EndpointId>,
        from: Option<MessageId>,
        rows: usize,
    ) -> StoreResult<Option<MessageId>>;

    /// Erases a message's payload.
    async fn expunge_message(
        &self,
        application: ApplicationId,
        id: MessageId,
        audit: Audit,
    ) -> StoreResult<Result<(), ChangeError>>;
}
