//! Activity, watched.

use async_trait::async_trait;
use fanfare_core::{
    activity::{Activity, Minute},
    id::EnvironmentId,
    ports::store::*,
};

use super::WatchedStore;

#[async_trait]
impl ActivityStore for WatchedStore {
    async fn keep_activity(&self, rows: Vec<ActivityRow>) -> StoreResult<()> {
        self.watch("keep_activity", self.inner.keep_activity(rows)).await
    }

    async fn activity(
        &self,
        environment: EnvironmentId,
        from: Minute,
    ) -> StoreResult<Vec<(Minute, Activity)>> {
        self.watch("activity", self.inner.activity(environment, from)).await
    }

    async fn backlogs(&self) -> StoreResult<Vec<EnvironmentBacklog>> {
        self.watch("backlogs", self.inner.backlogs()).await
    }

    async fn failing_endpoints(
        &self,
        environment: EnvironmentId,
        limit: usize,
    ) -> StoreResult<Vec<FailingEndpoint>> {
        self.watch("failing_endpoints", self.inner.failing_endpoints(environment, limit)).await
    }
}
