//! Nodes, watched.

use std::time::Duration;

use async_trait::async_trait;
use fanfare_core::{delivery::Incarnation, node::Roles, ports::store::*, time::Timestamp};

use super::WatchedStore;

#[async_trait]
impl NodeStore for WatchedStore {
    fn is_shared(&self) -> bool {
        self.inner.is_shared()
    }

    async fn start_incarnation(
        &self,
        node: String,
        roles: Roles,
        lease: Duration,
        now: Timestamp,
    ) -> StoreResult<Incarnation> {
        self.watch("start_incarnation", self.inner.start_incarnation(node, roles, lease, now)).await
    }

    async fn heartbeat(&self, incarnation: Incarnation, lease: Duration) -> StoreResult<Standing> {
        self.watch("heartbeat", self.inner.heartbeat(incarnation, lease)).await
    }

    async fn end_incarnation(&self, incarnation: Incarnation) -> StoreResult<()> {
        self.watch("end_incarnation", self.inner.end_incarnation(incarnation)).await
    }

    async fn rescue(&self, now: Timestamp, limit: usize, judge: bool) -> StoreResult<usize> {
        self.watch("rescue", self.inner.rescue(now, limit, judge)).await
    }

    async fn check_master_key(&self, check_value: [u8; 32]) -> StoreResult<bool> {
        self.watch("check_master_key", self.inner.check_master_key(check_value)).await
    }

    async fn tell(&self, hint: Hint) -> StoreResult<()> {
        self.watch("tell", self.inner.tell(hint)).await
    }

    async fn hinted(&self) -> Hint {
        self.inner.hinted().await
    }
}
