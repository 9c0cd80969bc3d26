//! Upkeep of the watched store.

use async_trait::async_trait;
use fanfare_core::{ports::store::*, time::Timestamp};

use super::WatchedStore;

#[async_trait]
impl UpkeepStore for WatchedStore {
    async fn erase_applications(&self, limit: usize) -> StoreResult<bool> {
        self.watch("erase_applications", self.inner.erase_applications(limit)).await
    }

    async fn cancel_of_deleted_endpoints(&self, now: Timestamp, limit: usize) -> StoreResult<bool> {
        self.watch("cancel_of_deleted_endpoints", self.inner.cancel_of_deleted_endpoints(now, limit)).await
    }

    async fn retain_messages(&self, cutoff: Timestamp, limit: usize) -> StoreResult<bool> {
        self.watch("retain_messages", self.inner.retain_messages(cutoff, limit)).await
    }

    async fn retain_payloads(&self, day: i64, now: Timestamp, limit: usize) -> StoreResult<bool> {
        self.watch("retain_payloads", self.inner.retain_payloads(day, now, limit)).await
    }

    async fn expire(&self, now: Timestamp, limit: usize) -> StoreResult<bool> {
        self.watch("expire", self.inner.expire(now, limit)).await
    }

    async fn conservation(&self) -> StoreResult<Conservation> {
        self.watch("conservation", self.inner.conservation()).await
    }

    async fn count_conservation(&self) -> StoreResult<Conservation> {
        self.watch("count_conservation", self.inner.count_conservation()).await
    }

    async fn compact(&self) -> StoreResult<bool> {
        self.watch("compact", self.inner.compact()).await
    }
}
