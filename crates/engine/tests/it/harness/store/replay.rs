//! Replay jobs, watched.

use async_trait::async_trait;
use fanfare_core::{
    id::{ApplicationId, EndpointId, EnvironmentId, JobId},
    ports::store::*,
    replay::{Replay, ReplayCursor, Selection},
    time::Timestamp,
};

use super::WatchedStore;

#[async_trait]
impl ReplayStore for WatchedStore {
    async fn create_replay(&self, job: Replay, audit: Audit) -> StoreResult<Result<(), ChangeError>> {
        self.watch("create_replay", self.inner.create_replay(job, audit)).await
    }

    async fn replay(&self, application: ApplicationId, id: JobId) -> StoreResult<Option<Replay>> {
        self.watch("replay", self.inner.replay(application, id)).await
    }

    async fn replays(&self, application: ApplicationId, page: PageQuery<JobId>) -> StoreResult<Page<Replay>> {
        self.watch("replays", self.inner.replays(application, page)).await
    }

    async fn environment_replays(
        &self,
        environment: EnvironmentId,
        page: PageQuery<JobId>,
    ) -> StoreResult<Page<Replay>> {
        self.watch("environment_replays", self.inner.environment_replays(environment, page)).await
    }

    async fn open_replays(&self, limit: usize) -> StoreResult<Vec<Replay>> {
        self.watch("open_replays", self.inner.open_replays(limit)).await
    }

    async fn choose(
        &self,
        application: ApplicationId,
        selection: Selection,
        after: Option<ReplayCursor>,
        limit: usize,
    ) -> StoreResult<Chosens> {
        self.watch("choose", self.inner.choose(application, selection, after, limit)).await
    }

    async fn due_at(
        &self,
        application: ApplicationId,
        endpoint: EndpointId,
        now: Timestamp,
        most: usize,
    ) -> StoreResult<usize> {
        self.watch("due_at", self.inner.due_at(application, endpoint, now, most)).await
    }

    async fn step_replay(&self, step: ReplayStep) -> StoreResult<Option<Vec<Result<Resent, ChangeError>>>> {
        self.watch("step_replay", self.inner.step_replay(step)).await
    }

    async fn cancel_replay(
        &self,
        application: ApplicationId,
        id: JobId,
        audit: Audit,
    ) -> StoreResult<Result<bool, ChangeError>> {
        self.watch("cancel_replay", self.inner.cancel_replay(application, id, audit)).await
    }

    async fn fail_replay(
        &self,
        application: ApplicationId,
        id: JobId,
        error: String,
        at: Timestamp,
    ) -> StoreResult<()> {
        self.watch("fail_replay", self.inner.fail_replay(application, id, error, at)).await
    }

    async fn retain_replays(&self, cutoff: Timestamp, limit: usize) -> StoreResult<bool> {
        self.watch("retain_replays", self.inner.retain_replays(cutoff, limit)).await
    }
}
