//! Replay jobs: kept until they are old, worked off in steps.

use async_trait::async_trait;

use super::{Audit, ChangeError, Page, PageQuery, Resend, Resent, StoreResult};
use crate::{
    id::{ApplicationId, EndpointId, EnvironmentId, JobId},
    replay::{Chosen, Replay, ReplayCursor, ReplayStatus, Selection},
    time::Timestamp,
};

/// A piece of a selection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chosens {
    /// The deliveries, by message and endpoint.
    pub items: Vec<Chosen>,
    /// The last delivery that was looked at, chosen or not; none where no more follow.
    pub after: Option<ReplayCursor>,
}

/// One step of a job: what is counted or sent of a piece of its selection, and where it stands then.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReplayStep {
    /// The job.
    pub job: JobId,
    /// Its application.
    pub application: ApplicationId,
    /// The status in which it must be.
    pub status: ReplayStatus,
    /// Where its cursor must stand.
    pub from: Option<ReplayCursor>,
    /// Where it stands then; none where the selection has ended.
    pub after: Option<ReplayCursor>,
    /// How many deliveries were counted.
    pub counted: u64,
    /// How many were skipped.
    pub skipped: u64,
    /// What is sent again.
    pub resends: Vec<Resend>,
    /// When this is.
    pub at: Timestamp,
}

/// Replay jobs.
#[async_trait]
pub trait ReplayStore: Send + Sync {
    /// Adds a job. [`ChangeError::Limit`] where the application has
    /// [`crate::limits::REPLAYS_OPEN`] open ones, [`ChangeError::NotFound`] where it is gone.
    async fn create_replay(&self, job: Replay, audit: Audit) -> StoreResult<Result<(), ChangeError>>;

    /// A job of an application.
    async fn replay(&self, application: ApplicationId, id: JobId) -> StoreResult<Option<Replay>>;

    /// A page of an application's jobs, by id.
    async fn replays(&self, application: ApplicationId, page: PageQuery<JobId>) -> StoreResult<Page<Replay>>;

    /// A page of the jobs of an environment's applications, by id.
    async fn environment_replays(
        &self,
        environment: EnvironmentId,
        page: PageQuery<JobId>,
    ) -> StoreResult<Page<Replay>>;

    /// Open jobs of all applications: the oldest of each one first, then the second oldest of each, and so on.
    async fn open_replays(&self, limit: usize) -> StoreResult<Vec<Replay>>;

    /// The next piece of a selection: at most `limit` deliveries, for which no more than
    /// [`crate::limits::REPLAY_SCAN`] are looked at. Of those missed it knows nothing.
    async fn choose(
        &self,
        application: ApplicationId,
        selection: Selection,
        after: Option<ReplayCursor>,
        limit: usize,
    ) -> StoreResult<Chosens>;

    /// How many deliveries are due at an endpoint and in nobody's memory, counted up to `most`.
    async fn due_at(
        &self,
        application: ApplicationId,
        endpoint: EndpointId,
        now: Timestamp,
        most: usize,
    ) -> StoreResult<usize>;

    /// Sends again and moves the job on, in one transaction; answers item by item what became of the
    /// resends. None where the job is not where the step says: nothing was written.
    async fn step_replay(&self, step: ReplayStep) -> StoreResult<Option<Vec<Result<Resent, ChangeError>>>>;

    /// Calls a job off; answers whether it was open.
    async fn cancel_replay(
        &self,
        application: ApplicationId,
        id: JobId,
        audit: Audit,
    ) -> StoreResult<Result<bool, ChangeError>>;

    /// Ends an open job that cannot go on.
    async fn fail_replay(
        &self,
        application: ApplicationId,
        id: JobId,
        error: String,
        at: Timestamp,
    ) -> StoreResult<()>;

    /// Erases jobs that ended before `cutoff`; answers whether more may be left.
    async fn retain_replays(&self, cutoff: Timestamp, limit: usize) -> StoreResult<bool>;
}
