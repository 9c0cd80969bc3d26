//! Nodes: incarnations, leases, and taking over the work of the dead.

use std::time::Duration;

use async_trait::async_trait;

use super::StoreResult;
use crate::{delivery::Incarnation, time::Timestamp};

/// Nodes.
#[async_trait]
pub trait NodeStore: Send + Sync {
    /// Registers a start of a process and returns its number. On a store that allows one server at a time,
    /// all older incarnations are dead from now on.
    async fn start_incarnation(&self, node: String, now: Timestamp) -> StoreResult<Incarnation>;

    /// Renews the lease, by the store's clock. False: the incarnation was declared dead meanwhile.
    async fn heartbeat(&self, incarnation: Incarnation, lease: Duration) -> StoreResult<bool>;

    /// Marks an orderly end; what it still owns is free for rescue at once.
    async fn end_incarnation(&self, incarnation: Incarnation) -> StoreResult<()>;

    /// Frees up to `limit` deliveries owned by dead incarnations and wakes their lanes; superseded ones are
    /// cancelled. An attempt that was cut off uses up no retry. Answers how many were freed; fewer than `limit`
    /// means none are left.
    async fn rescue(&self, now: Timestamp, limit: usize) -> StoreResult<usize>;

    /// Checks the master key's check value against the stored one, storing it at first. False: another key.
    async fn check_master_key(&self, check_value: [u8; 32]) -> StoreResult<bool>;
}
