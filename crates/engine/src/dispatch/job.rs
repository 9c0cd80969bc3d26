//! A delivery in memory: owned by this incarnation, waiting for its attempt or in it.

use std::sync::Arc;

use fanfare_core::{
    delivery::{DeliveryKey, Incarnation, Trigger},
    endpoint::Endpoint,
    id::EndpointId,
    limits::LANE_CONCURRENCY_MOST,
    message::{Message, ProfileHash},
    ports::store::Claimed,
    time::Timestamp,
};

/// A delivery in memory.
#[derive(Debug, Clone)]
pub struct Job {
    /// Which delivery.
    pub key: DeliveryKey,
    /// Its message with payload.
    pub message: Arc<Message>,
    /// The incarnation that owns it.
    pub owner: Incarnation,
    /// Retries of the schedule used so far.
    pub retries_used: u32,
    /// When it is no longer worth an attempt.
    pub expires_at: Option<Timestamp>,
    /// Whether its message can be superseded: the store is asked right before it is sent.
    pub replaceable: bool,
    /// The wire format that it was accepted under.
    pub profile: ProfileHash,
    /// What set this attempt off.
    pub trigger: Trigger,
    /// Whether it came from the store rather than straight from its accept.
    pub claimed: bool,
    /// Whether the order at its endpoint matters.
    pub ordered: bool,
    /// Its share of the memory bound, in bytes.
    pub weight: usize,
}

/// What a delivery weighs beside its payload, in bytes.
const OVERHEAD: usize = 512;

/// The weight of one of `targets` deliveries that share a message's payload.
pub(crate) fn weight(message: &Message, targets: usize) -> usize {
    message.payload.len() / targets.max(1) + OVERHEAD
}

impl Job {
    /// A delivery fresh from its accept.
    pub fn fresh(
        message: &Arc<Message>,
        endpoint: EndpointId,
        profile: Option<ProfileHash>,
        owner: Incarnation,
        weight: usize,
    ) -> Self {
        let key = DeliveryKey { application: message.application, message: message.id, endpoint };
        Self {
            key,
            message: Arc::clone(message),
            owner,
            retries_used: 0,
            expires_at: message.expires_at,
            replaceable: message.replace_key.is_some(),
            profile: profile.unwrap_or(message.profile),
            trigger: Trigger::Scheduled,
            claimed: false,
            ordered: false,
            weight,
        }
    }

    /// A delivery that was claimed from the store.
    pub fn claimed(claimed: Claimed, owner: Incarnation) -> Self {
        let Claimed { delivery, message } = claimed;
        Self {
            key: delivery.key,
            weight: weight(&message, 1),
            replaceable: delivery.replace_key.is_some(),
            profile: delivery.profile.unwrap_or(message.profile),
            message,
            owner,
            retries_used: delivery.retries_used,
            expires_at: delivery.expires_at,
            trigger: delivery.trigger,
            claimed: true,
            ordered: delivery.ordering.is_some(),
        }
    }
}

/// Whether one node at a time may send to this endpoint: in its order, at its rate, or so many at once.
pub(crate) fn needs_home(endpoint: &Endpoint) -> bool {
    endpoint.ordered || endpoint.rate_limit.is_some() || endpoint.max_concurrency.is_some()
}

/// What an endpoint asks of its lane.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LaneSettings {
    /// Requests in flight at most.
    pub ceiling: u32,
    /// Requests per second at most.
    pub rate: Option<u16>,
    /// Requests per second at most to all endpoints of the application.
    pub application_rate: Option<u16>,
}

impl LaneSettings {
    /// The settings of an endpoint.
    pub fn of(endpoint: &Endpoint, application_rate: Option<u16>) -> Self {
        let ceiling = endpoint.max_concurrency.map_or(LANE_CONCURRENCY_MOST, u32::from);
        Self { ceiling: ceiling.clamp(1, LANE_CONCURRENCY_MOST), rate: endpoint.rate_limit, application_rate }
    }
}
