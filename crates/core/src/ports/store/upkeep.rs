//! Upkeep: erasing, retention, conservation.

use async_trait::async_trait;

use super::{DeliveryCounts, StoreResult};
use crate::time::Timestamp;

/// The books: every delivery ever accepted is in a state or was erased on purpose.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Conservation {
    /// Deliveries ever written.
    pub accepted: u64,
    /// Of these, erased by retention or with their application.
    pub erased: u64,
    /// Of these, there now, by state.
    pub states: DeliveryCounts,
}

impl Conservation {
    /// Whether the books balance.
    pub fn holds(&self) -> bool {
        self.accepted == self.erased + self.states.total()
    }
}

/// Upkeep, in slices: each call does a bounded piece of work and says whether more is left.
#[async_trait]
pub trait UpkeepStore: Send + Sync {
    /// Erases rows of deleted applications.
    async fn erase_applications(&self, limit: usize) -> StoreResult<bool>;

    /// Cancels what waits unowned for deleted endpoints.
    async fn cancel_of_deleted_endpoints(&self, now: Timestamp, limit: usize) -> StoreResult<bool>;

    /// Erases messages accepted before `cutoff` with their deliveries and attempts; what still waits for an
    /// attempt stays until it has ended.
    async fn retain_messages(&self, cutoff: Timestamp, limit: usize) -> StoreResult<bool>;

    /// Erases payloads whose day is before `day`, and expired keys (replace keys too), answers, sessions,
    /// links, inboxes and activity.
    async fn retain_payloads(&self, day: i64, now: Timestamp, limit: usize) -> StoreResult<bool>;

    /// Cancels (as expired) unowned waiting deliveries whose message is no longer worth delivering.
    async fn expire(&self, now: Timestamp, limit: usize) -> StoreResult<bool>;

    /// The books as kept: counters written in the same transactions as what they count.
    async fn conservation(&self) -> StoreResult<Conservation>;

    /// The books as counted from the rows themselves: slow, for `doctor` and tests.
    async fn count_conservation(&self) -> StoreResult<Conservation>;

    /// Gives freed space back to the file system, a bounded piece of it.
    async fn compact(&self) -> StoreResult<bool>;
}
