//! Lanes: finding waiting work by endpoint, never by scanning deliveries.

use std::sync::Arc;

use async_trait::async_trait;

use super::StoreResult;
use crate::{
    delivery::{Delivery, Incarnation},
    id::{ApplicationId, EndpointId},
    message::Message,
    time::Timestamp,
};

/// A lane with work that is due.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DueLane {
    /// The application.
    pub application: ApplicationId,
    /// The endpoint.
    pub endpoint: EndpointId,
    /// Since when its next delivery has been due.
    pub wake_at: Timestamp,
}

/// Lanes that are due, and when to look again.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DueLanes {
    /// By `wake_at`, then endpoint.
    pub lanes: Vec<DueLane>,
    /// When the first lane beyond these wakes.
    pub next: Option<Timestamp>,
}

/// A wish for work of one lane.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LaneClaim {
    /// The application.
    pub application: ApplicationId,
    /// The endpoint.
    pub endpoint: EndpointId,
    /// Deliveries at most.
    pub limit: usize,
    /// Whether one node at a time may send for this endpoint: it is ordered or has a rate limit.
    pub home: bool,
}

/// A lane that rests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RestingLane {
    /// Until when.
    pub until: Timestamp,
    /// The application.
    pub application: ApplicationId,
    /// The endpoint.
    pub endpoint: EndpointId,
}

/// A delivery that was claimed, with all that sending it needs.
#[derive(Debug, Clone)]
pub struct Claimed {
    /// The delivery, owned by the claimer.
    pub delivery: Delivery,
    /// Its message with payload.
    pub message: Arc<Message>,
}

/// Lanes.
#[async_trait]
pub trait LaneStore: Send + Sync {
    /// Lanes with unowned deliveries due at `now`, not held and not resting, beyond `after` in the order of
    /// (`wake_at`, endpoint). Those whose home is a living incarnation other than `claimer` are left out, of
    /// `next` too.
    async fn due_lanes(
        &self,
        claimer: Incarnation,
        now: Timestamp,
        after: Option<DueLane>,
        limit: usize,
    ) -> StoreResult<DueLanes>;

    /// Takes due deliveries of these lanes for `owner`, in order of due time, then `seq`; of an ordered
    /// endpoint, only the first waiting one of each ordering key. Held lanes (paused, disabled, deleted
    /// endpoint) give nothing. Also corrects each lane's wake time; an idle lane goes, unless it has a home. Once the payloads taken reach
    /// [`crate::limits::CLAIM_BYTES`] no further delivery is taken, be there room in the limits or not.
    ///
    /// A claim with `home` makes `owner` the lane's home, where there is a lane, and gives nothing where the
    /// home is another incarnation that lives; a home stays until its incarnation is dead. A claim without
    /// `home` goes by no home and ends what the lane had.
    async fn claim(
        &self,
        owner: Incarnation,
        now: Timestamp,
        lanes: Vec<LaneClaim>,
    ) -> StoreResult<Vec<Claimed>>;

    /// Frees what the claim of these lanes by `owner` at `claimed_at` took, where nobody has heard whether it was
    /// committed; wakes their lanes. Once this has answered, that claim has happened and is undone, or never
    /// will. It may be asked for again and again. Nothing that `owner` took at another time is touched.
    async fn unclaim(
        &self,
        owner: Incarnation,
        claimed_at: Timestamp,
        lanes: Vec<LaneClaim>,
        now: Timestamp,
    ) -> StoreResult<()>;

    /// Nothing is claimed for this lane before `until`: its breaker is open or it asked for a rest. An
    /// earlier `until` than before shortens the rest.
    async fn rest(
        &self,
        application: ApplicationId,
        endpoint: EndpointId,
        until: Timestamp,
    ) -> StoreResult<()>;

    /// Lanes with a rest that goes on beyond `now`, held or not, beyond `after` in the order of
    /// (`until`, endpoint): so each node learns what others found out about an endpoint.
    async fn resting(
        &self,
        now: Timestamp,
        after: Option<RestingLane>,
        limit: usize,
    ) -> StoreResult<Vec<RestingLane>>;

    /// How many lanes have waiting work, and since when the oldest due one waits.
    async fn backlog(&self, now: Timestamp) -> StoreResult<Backlog>;
}

/// What waits in the store.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Backlog {
    /// Lanes with unowned waiting deliveries.
    pub lanes: u64,
    /// Since when the lane that has waited longest has been due (held lanes left out).
    pub oldest_due: Option<Timestamp>,
}
