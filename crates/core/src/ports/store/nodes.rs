//! Nodes: incarnations, leases, and taking over the work of the dead.

use std::time::Duration;

use async_trait::async_trait;

use super::StoreResult;
use crate::{delivery::Incarnation, node::Roles, time::Timestamp};

/// How an incarnation stands, as its heartbeat learns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// It ended or was declared dead: what it owned is others' by now, and it is never alive again.
    Dead,
    /// Its lease goes on.
    Alive {
        /// Whether it does what one node does for all: it has the lowest number of all that deliver and live.
        leads: bool,
        /// How many that deliver live, itself included if it does.
        deliverers: u32,
    },
}

impl Standing {
    /// Whether its lease goes on.
    pub fn is_alive(self) -> bool {
        matches!(self, Self::Alive { .. })
    }
}

/// What a node tells the others, so that they look before their next poll. A hint may get lost or come twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hint {
    /// Configuration changed.
    Configuration,
    /// Deliveries wait unowned that are due.
    Lanes,
}

/// Nodes.
///
/// A store that is *shared* is used by several nodes at once. There an incarnation lives while its lease, which
/// the store's clock measures and no node's, has not run out and it has not ended; the moment that `rescue` of
/// any node finds a lease run out, that incarnation is declared dead for good. On a store that is not shared
/// one server runs at a time, no lease runs out, and each start ends all that came before it.
#[async_trait]
pub trait NodeStore: Send + Sync {
    /// Whether several nodes may use the store at once.
    fn is_shared(&self) -> bool;

    /// Registers a start of a process and returns its number, greater than all before it; its lease begins, by
    /// the store's clock. On a store that is not shared all older incarnations are dead from now on.
    async fn start_incarnation(
        &self,
        node: String,
        roles: Roles,
        lease: Duration,
        now: Timestamp,
    ) -> StoreResult<Incarnation>;

    /// Renews the lease: it runs out `lease` from now, by the store's clock. One that is dead stays dead; one
    /// whose lease has run out and that nobody has declared dead yet lives on.
    async fn heartbeat(&self, incarnation: Incarnation, lease: Duration) -> StoreResult<Standing>;

    /// Marks an orderly end; what it still owns is free for rescue at once.
    async fn end_incarnation(&self, incarnation: Incarnation) -> StoreResult<()>;

    /// On a shared store, and with `judge`, first declares dead whose lease has run out by the store's clock. Who
    /// judges must know that the store took renewals all the time: after an outage all leases have run out.
    ///
    /// Then frees up to `limit` deliveries owned by dead incarnations, also those written in their name after
    /// their death, and wakes their lanes; superseded ones are cancelled. An attempt that was cut off uses up no
    /// retry. Answers how many were freed; fewer than `limit` means none are left but those that another node
    /// is freeing.
    async fn rescue(&self, now: Timestamp, limit: usize, judge: bool) -> StoreResult<usize>;

    /// Checks the master key's check value against the stored one, storing it at first. False: another key.
    async fn check_master_key(&self, check_value: [u8; 32]) -> StoreResult<bool>;

    /// Tells the other nodes, as far as the store can. It is for the impatient only: polling finds the same.
    async fn tell(&self, hint: Hint) -> StoreResult<()>;

    /// The next hint of another node; never where the store has none to give. One reader at a time. Cancel-safe.
    async fn hinted(&self) -> Hint;
}
