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

use super::{PostgresStore, connection::transaction};

#[async_trait]
impl ReplayStore for PostgresStore {
    async fn create_replay(&self, job: Replay, audit: Audit) -> StoreResult<Result<(), ChangeError>> {
        transaction!(self.writing(), |tx| job::create(tx, &job, &audit).await)
    }

    async fn replay(&self, application: ApplicationId, id: JobId) -> StoreResult<Option<Replay>> {
        transaction!(self.reading(), |tx| job::by_id(tx, application, id).await)
    }

    async fn replays(&self, application: ApplicationId, page: PageQuery<JobId>) -> StoreResult<Page<Replay>> {
        transaction!(self.reading(), |tx| job::page_of(tx, application, &page).await)
    }

    async fn environment_replays(
        &self,
        environment: EnvironmentId,
        page: PageQuery<JobId>,
    ) -> StoreResult<Page<Replay>> {
        transaction!(self.reading(), |tx| job::page_of_environment(tx, environment, &page).await)
    }

    async fn open_replays(&self, limit: usize) -> StoreResult<Vec<Replay>> {
        transaction!(self.reading_at_once(), |tx| job::open(tx, limit).await)
    }

    async fn choose(
        &self,
        application: ApplicationId,
        selection: Selection,
        after: Option<ReplayCursor>,
        limit: usize,
    ) -> StoreResult<Chosens> {
        transaction!(self.reading_at_once(), |tx| choose::choose(tx, application, &selection, after, limit)
            .await)
    }

    async fn due_at(
        &self,
        application: ApplicationId,
        endpoint: EndpointId,
        now: Timestamp,
        most: usize,
    ) -> StoreResult<usize> {
        transaction!(self.reading_at_once(), |tx| choose::due_at(tx, application, endpoint, now, most).await)
    }

    async fn step_replay(&self, step: ReplayStep) -> StoreResult<Option<Vec<Result<Resent, ChangeError>>>> {
        transaction!(self.writing(), |tx| step::step(tx, &step).await)
    }

    async fn cancel_replay(
        &self,
        application: ApplicationId,
        id: JobId,
        audit: Audit,
    ) -> StoreResult<Result<bool, ChangeError>> {
        transaction!(self.writing(), |tx| job::cancel(tx, application, id, &audit).await)
    }

    async fn fail_replay(
        &self,
        application: ApplicationId,
        id: JobId,
        error: String,
        at: Timestamp,
    ) -> StoreResult<()> {
        transaction!(self.writing(), |tx| job::fail(tx, application, id, &error, at).await)
    }

    async fn retain_replays(&self, cutoff: Timestamp, limit: usize) -> StoreResult<bool> {
        transaction!(self.writing(), |tx| job::retain(tx, cutoff, limit).await)
    }
}
