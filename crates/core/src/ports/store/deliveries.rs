//! Recording outcomes; reading and steering deliveries and attempts.

use async_trait::async_trait;

use super::{Audit, ChangeError, MessageFilter, Page, PageQuery, StoreResult};
use crate::{
    delivery::{
        Attempt, Delivery, DeliveryEvent, DeliveryKey, DeliveryState, EndReason, Incarnation, Trigger,
    },
    endpoint::{DisableReason, Endpoint},
    id::{ApplicationId, AttemptId, EndpointId, EnvironmentId, MessageId},
    message::{Message, ProfileHash},
    time::Timestamp,
};

/// What is to be recorded of one owned delivery.
#[derive(Debug, Clone, PartialEq)]
pub struct Record {
    /// Which delivery.
    pub key: DeliveryKey,
    /// Where it belongs, for the audit row of a disabling.
    pub environment: EnvironmentId,
    /// Who reports: the state changes only where this is still its owner.
    pub owner: Incarnation,
    /// The attempt, if one was made. It is kept also when the report comes late.
    pub attempt: Option<Attempt>,
    /// What happened.
    pub event: DeliveryEvent,
    /// When the next attempt is due, after [`DeliveryEvent::Retry`].
    pub due: Option<Timestamp>,
    /// Why it ended, where no attempt tells.
    pub reason: Option<EndReason>,
    /// Since when the endpoint fails, where that changed: `Some(None)` after a recovery.
    pub failing_since: Option<Option<Timestamp>>,
    /// Disable the endpoint.
    pub disable: Option<DisableReason>,
    /// Nothing is claimed for this lane before.
    pub rest_until: Option<Timestamp>,
    /// When this was decided.
    pub at: Timestamp,
}

/// What became of one item of a batch of records.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Recorded {
    /// The delivery changed as asked.
    Applied,
    /// Its message is superseded: it failed and is cancelled instead of what was asked.
    Superseded,
    /// It is owned by somebody else, or has ended, or this very attempt was reported before: only the attempt
    /// was kept.
    Late,
}

/// A message at an endpoint, for the lists by endpoint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeliveredMessage {
    /// The message.
    pub message: Message,
    /// How it stands there.
    pub delivery: Delivery,
}

/// An endpoint of a message, deleted or not, for the lists by message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Destination {
    /// The endpoint.
    pub endpoint: Endpoint,
    /// How the message stands there.
    pub delivery: Delivery,
}

/// Narrows a list of deliveries or attempts; of the message's own attributes by `message`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DeliveryFilter {
    /// Only in these states.
    pub states: Option<Vec<DeliveryState>>,
    /// Only to this endpoint.
    pub endpoint: Option<EndpointId>,
    /// Only of this message.
    pub message: Option<MessageId>,
    /// Only of messages that agree; `before` and `after` are the times of the messages.
    pub of_messages: MessageFilter,
}

/// Narrows a list of attempts.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AttemptFilter {
    /// Only successes, or only failures.
    pub success: Option<bool>,
    /// Only answers of this class: 0 (none), 100, 200 … 500.
    pub status_class: Option<u16>,
    /// Only to this endpoint.
    pub endpoint: Option<EndpointId>,
    /// Only of messages that agree; `before` and `after` are the times of the attempts.
    pub of_messages: MessageFilter,
}

/// Whose attempts a list shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AttemptsOf {
    /// Those of a message.
    Message(MessageId),
    /// Those to an endpoint.
    Endpoint(EndpointId),
}

/// How many deliveries stand where, of one endpoint.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct DeliveryCounts(pub [u64; 8]);

impl DeliveryCounts {
    /// The count of one state.
    pub fn of(&self, state: DeliveryState) -> u64 {
        self.0[state as usize]
    }

    /// All of them.
    pub fn total(&self) -> u64 {
        self.0.iter().sum()
    }
}

/// A delivery to be sent again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Resend {
    /// Which one; made if it does not exist yet.
    pub key: DeliveryKey,
    /// At ordered endpoints: the key whose order holds.
    pub ordering: Option<String>,
    /// The wire format of an endpoint that has one of its own, as it is now.
    pub profile: Option<ProfileHash>,
    /// What the attempt will say set it off.
    pub trigger: Trigger,
    /// What it is sent in despite of.
    pub despite: Despite,
    /// When this was asked.
    pub at: Timestamp,
}

/// What a delivery is sent again in despite of; each also from then on.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Despite {
    /// That its message is superseded.
    pub superseded: bool,
    /// That its message has expired.
    pub expired: bool,
    /// That it waits: for its message's `deliverAt`, or for a retry.
    pub waiting: bool,
}

impl Despite {
    /// Of nothing: a recovery.
    pub const NOTHING: Self = Self { superseded: false, expired: false, waiting: false };
    /// Of all: a person asked for this very delivery.
    pub const ALL: Self = Self { superseded: true, expired: true, waiting: true };
}

/// What became of a delivery that was to be sent again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Resent {
    /// It waits to be sent.
    Queued,
    /// It was left alone: it is owned, or it waits, is expired or superseded and not sent in despite of that.
    Left,
}

/// Deliveries and attempts.
///
/// A delivery is superseded when its message is (see [`super::MessageStore::accept`]) and it still has its
/// replace key: one that somebody asked for by hand has none. No superseded delivery ever waits unowned. One
/// that is owned when its message is superseded is cancelled by whatever would make it wait again:
/// `record` of a failure, `release`, and [`super::NodeStore::rescue`].
#[async_trait]
pub trait DeliveryStore: Send + Sync {
    /// Records a batch in one transaction and answers item by item, in order. A retry becomes unowned and
    /// wakes its lane. A failure (retry, fail or block) of a superseded delivery cancels it; a success stands.
    async fn record(&self, batch: Vec<Record>) -> StoreResult<Vec<Recorded>>;

    /// Gives owned deliveries back unattempted; they become unowned and wake their lanes, superseded ones are
    /// cancelled. Those that `owner` does not own (any more), or that were never stored, are left alone. Where
    /// an accept or a slice of a fan-out that would store one has an ambiguous end, this waits for that end.
    async fn release(&self, owner: Incarnation, keys: Vec<DeliveryKey>, now: Timestamp) -> StoreResult<()>;

    /// Sends again: an ended delivery becomes pending with a fresh schedule, a missing one is made, a waiting
    /// unowned one is due now, an owned one is left alone. Waiting ones and those whose message has expired or
    /// is superseded are left alone too, unless sent in despite of that, and a missing one waits for its
    /// message's `deliverAt`. [`ChangeError::NotFound`]: no such message or endpoint.
    async fn resend(&self, batch: Vec<Resend>) -> StoreResult<Vec<Result<Resent, ChangeError>>>;

    /// Cancels a delivery that waits and is not in flight; answers whether it did.
    async fn cancel(&self, key: DeliveryKey, audit: Audit) -> StoreResult<Result<bool, ChangeError>>;

    /// Whether this delivery is superseded: what its owner asks right before sending one with a replace key.
    async fn is_superseded(&self, key: DeliveryKey) -> StoreResult<bool>;

    /// A delivery.
    async fn delivery(&self, key: DeliveryKey) -> StoreResult<Option<Delivery>>;

    /// A page of an application's deliveries, by message and endpoint.
    async fn deliveries(
        &self,
        application: ApplicationId,
        filter: DeliveryFilter,
        page: PageQuery<(MessageId, EndpointId)>,
    ) -> StoreResult<Page<Delivery>>;

    /// A page of the messages that went to an endpoint, by message id; with payloads bounded as
    /// [`super::MessageStore::messages`] are.
    async fn delivered_messages(
        &self,
        application: ApplicationId,
        endpoint: EndpointId,
        filter: DeliveryFilter,
        page: PageQuery<MessageId>,
        with_payload: bool,
    ) -> StoreResult<Page<DeliveredMessage>>;

    /// A page of the endpoints that a message went to, by endpoint id, deleted ones included.
    async fn destinations(
        &self,
        application: ApplicationId,
        message: MessageId,
        page: PageQuery<EndpointId>,
    ) -> StoreResult<Page<Destination>>;

    /// A page of attempts, by id.
    async fn attempts(
        &self,
        application: ApplicationId,
        of: AttemptsOf,
        filter: AttemptFilter,
        page: PageQuery<AttemptId>,
    ) -> StoreResult<Page<Attempt>>;

    /// An attempt of a message.
    async fn attempt(
        &self,
        application: ApplicationId,
        message: MessageId,
        id: AttemptId,
    ) -> StoreResult<Option<Attempt>>;

    /// Erases an attempt's response.
    async fn expunge_attempt(
        &self,
        application: ApplicationId,
        message: MessageId,
        id: AttemptId,
        audit: Audit,
    ) -> StoreResult<Result<(), ChangeError>>;

    /// An endpoint's deliveries by state, of messages accepted in `from..until`. Owned ones (in flight or
    /// in a node's memory) are counted in their stored state.
    async fn endpoint_counts(
        &self,
        application: ApplicationId,
        endpoint: EndpointId,
        from: Timestamp,
        until: Timestamp,
    ) -> StoreResult<DeliveryCounts>;
}
