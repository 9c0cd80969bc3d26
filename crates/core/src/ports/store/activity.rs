//! Activity of environments, minute by minute, and what needs a look in them.

use async_trait::async_trait;

use super::StoreResult;
use crate::{
    activity::{Activity, Minute},
    delivery::Incarnation,
    id::{ApplicationId, EndpointId, EnvironmentId},
    time::Timestamp,
};

/// What one process saw happen in an environment in a minute.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ActivityRow {
    /// The environment.
    pub environment: EnvironmentId,
    /// The minute.
    pub minute: Minute,
    /// Who saw it.
    pub incarnation: Incarnation,
    /// All that it saw in that minute.
    pub activity: Activity,
}

/// What waits in the store for one environment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EnvironmentBacklog {
    /// The environment.
    pub environment: EnvironmentId,
    /// Its lanes with unowned waiting deliveries.
    pub lanes: u64,
    /// When the one that is due first is or was due (held lanes left out).
    pub first_due: Option<Timestamp>,
}

/// An endpoint whose last attempts all failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FailingEndpoint {
    /// The application.
    pub application: ApplicationId,
    /// The endpoint.
    pub endpoint: EndpointId,
    /// Since when.
    pub failing_since: Timestamp,
}

/// Activity. What is older than [`crate::limits::ACTIVITY_KEPT`] is erased by
/// [`super::UpkeepStore::retain_payloads`].
#[async_trait]
pub trait ActivityStore: Send + Sync {
    /// Keeps rows; each takes the place of what its incarnation kept of the same minute.
    async fn keep_activity(&self, rows: Vec<ActivityRow>) -> StoreResult<()>;

    /// What happened in an environment from a minute on, of all incarnations together, by minute; minutes
    /// without a row are left out.
    async fn activity(
        &self,
        environment: EnvironmentId,
        from: Minute,
    ) -> StoreResult<Vec<(Minute, Activity)>>;

    /// What waits now, for each environment in which anything does.
    async fn backlogs(&self) -> StoreResult<Vec<EnvironmentBacklog>>;

    /// The endpoints of an environment that fail, those that have failed for longest first.
    async fn failing_endpoints(
        &self,
        environment: EnvironmentId,
        limit: usize,
    ) -> StoreResult<Vec<FailingEndpoint>>;
}
