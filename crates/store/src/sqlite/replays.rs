//! Replay jobs, recoveries among them.

mod choose;
mod job;
mod step;

use async_trait::async_trait;
use fanfare_core::{
    id::{ApplicationId, EndpointId, EnvironmentId, JobId},
    ports::store::{
        Audit, ChangeError, Chosens, Page, PageQuery, ReplayStep, ReplayStore, Resent, StoreResult,
    },
    replay::{Replay, ReplayCursor, Selection},
    time::Timestamp,
};

use super::SqliteStore;

#[async_trait]
impl ReplayStore for SqliteStore {
    async fn create_replay(&self, job: Replay, audit: Audit) -> StoreResult<Result<(), ChangeError>> {
        self.write(move |tx| job::create(tx, &job, &audit)).await
    }

    async fn replay(&self, application: ApplicationId, id: JobId) -> StoreResult<Option<Replay>> {
        self.read(move |conn| job::by_id(conn, application, id)).await
    }

    async fn replays(&self, application: ApplicationId, page: PageQuery<JobId>) -> StoreResult<Page<Replay>> {
        self.read(move |conn| job::page_of(conn, application, &page)).await
    }

    async fn environment_replays(
        &self,
        environment: EnvironmentId,
        page: PageQuery<JobId>,
    ) -> StoreResult<Page<Replay>> {
        self.read(move |conn| job::page_of_environment(conn, environment, &page)).await
    }

    async fn open_replays(&self, limit: usize) -> StoreResult<Vec<Replay>> {
        self.read(move |conn| job::open(conn, limit)).await
    }

    async fn choose(
        &self,
        application: ApplicationId,
        selection: Selection,
        after: Option<ReplayCursor>,
        limit: usize,
    ) -> StoreResult<Chosens> {
        self.read(move |conn| choose::choose(conn, application, &selection, after, limit)).await
    }

    async fn due_at(
        &self,
        application: ApplicationId,
        endpoint: EndpointId,
        now: Timestamp,
        most: usize,
    ) -> StoreResult<usize> {
        self.read(move |conn| choose::due_at(conn, application, endpoint, now, most)).await
    }

    async fn step_replay(&self, step: ReplayStep) -> StoreResult<Option<Vec<Result<Resent, ChangeError>>>> {
        self.write(move |tx| step::step(tx, &step)).await
    }

    async fn cancel_replay(
        &self,
        application: ApplicationId,
        id: JobId,
        audit: Audit,
    ) -> StoreResult<Result<bool, ChangeError>> {
        self.write(move |tx| job::cancel(tx, application, id, &audit)).await
    }

    async fn fail_replay(
        &self,
        application: ApplicationId,
        id: JobId,
        error: String,
        at: Timestamp,
    ) -> StoreResult<()> {
        self.write(move |tx| job::fail(tx, application, id, &error, at)).await
    }

    async fn retain_replays(&self, cutoff: Timestamp, limit: usize) -> StoreResult<bool> {
        self.write(move |tx| job::retain(tx, cutoff, limit)).await
    }
}
