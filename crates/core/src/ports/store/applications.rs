//! Applications and endpoints.

use std::str::FromStr;

use async_trait::async_trait;

use super::{Audit, ChangeError, Page, PageQuery, StoreResult};
use crate::{
    application::Application,
    endpoint::Endpoint,
    id::{ApplicationId, EndpointId, EnvironmentId},
    name::{InvalidName, Uid},
    time::Timestamp,
};

/// How a path names an application or endpoint.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Named<I> {
    /// By our id.
    Id(I),
    /// By the platform's uid.
    Uid(Uid),
}

impl<I: FromStr> Named<I> {
    /// What `text` names: an id where it is one, else a uid.
    pub fn parse(text: &str) -> Result<Self, InvalidName> {
        text.parse().map(Self::Id).or_else(|_| text.parse().map(Self::Uid))
    }
}

/// All that matching and sending need of an application, with its version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApplicationConfig {
    /// The application.
    pub application: Application,
    /// Grows with every change to the application or its endpoints. All versions of a store are drawn from
    /// one counter, so that "everything changed since" is a range.
    pub version: u64,
    /// Its endpoints by id, without deleted ones.
    pub endpoints: Vec<Endpoint>,
}

/// What changed since some version.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Changes {
    /// The version to ask from next time.
    pub version: u64,
    /// Environments that changed.
    pub environments: Vec<EnvironmentId>,
    /// Applications that changed or were deleted.
    pub applications: Vec<ApplicationId>,
}

/// How long an endpoint has done nothing but fail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Health {
    /// The endpoint.
    pub endpoint: EndpointId,
    /// Since when, if its last attempt failed.
    pub failing_since: Option<Timestamp>,
}

/// Applications and endpoints.
///
/// Endpoints of an application are of a kind ([`Endpoint::is_of_a_kind_with`]) where a limit counts them
/// together; limits are compared inside the transaction, so that of two at once only one gets the last place.
///
/// A deleted application is gone at once for every method here; its rows are erased in slices by
/// [`super::UpkeepStore::erase_applications`]. Deleted endpoints stay readable by id only through
/// [`super::DeliveryStore::destinations`], without credentials.
#[async_trait]
pub trait ApplicationStore: Send + Sync {
    /// Makes an application. [`ChangeError::Taken`] if the uid is.
    async fn create_application(
        &self,
        application: Application,
        audit: Audit,
    ) -> StoreResult<Result<(), ChangeError>>;

    /// Replaces an application. [`ChangeError::Stale`] if its `updated_at` is not `seen`.
    async fn update_application(
        &self,
        application: Application,
        seen: Timestamp,
        audit: Audit,
    ) -> StoreResult<Result<(), ChangeError>>;

    /// Deletes an application with all that is in it.
    async fn delete_application(
        &self,
        id: ApplicationId,
        audit: Audit,
    ) -> StoreResult<Result<(), ChangeError>>;

    /// An application of this environment.
    async fn application(
        &self,
        environment: EnvironmentId,
        name: Named<ApplicationId>,
    ) -> StoreResult<Option<Application>>;

    /// A page of an environment's applications, by id.
    async fn applications(
        &self,
        environment: EnvironmentId,
        page: PageQuery<ApplicationId>,
    ) -> StoreResult<Page<Application>>;

    /// An application with its endpoints and version, for the cache.
    async fn application_config(&self, id: ApplicationId) -> StoreResult<Option<ApplicationConfig>>;

    /// What changed since `version`.
    async fn changes_since(&self, version: u64) -> StoreResult<Changes>;

    /// Makes an endpoint. [`ChangeError::Taken`] if the uid is, [`ChangeError::NotFound`] if the application
    /// is gone, [`ChangeError::Limit`] beyond [`crate::limits::APPLICATION_ENDPOINTS`],
    /// [`ChangeError::Full`] if with it there were more than `most` of its kind.
    async fn create_endpoint(
        &self,
        endpoint: Endpoint,
        most: Option<u16>,
        audit: Audit,
    ) -> StoreResult<Result<(), ChangeError>>;

    /// Replaces an endpoint; its `revision` must be one more than the stored one, else
    /// [`ChangeError::Stale`]. Pausing, disabling and their undoing hold or free its lane. `most` as in
    /// [`Self::create_endpoint`].
    async fn update_endpoint(
        &self,
        endpoint: Endpoint,
        most: Option<u16>,
        audit: Audit,
    ) -> StoreResult<Result<(), ChangeError>>;

    /// Deletes an endpoint: matches nothing and is sent nothing from now on, its uid is free, its
    /// credentials are wiped; what waited for it is cancelled in slices by
    /// [`super::UpkeepStore::cancel_of_deleted_endpoints`].
    async fn delete_endpoint(
        &self,
        application: ApplicationId,
        id: EndpointId,
        audit: Audit,
    ) -> StoreResult<Result<(), ChangeError>>;

    /// An endpoint of this application.
    async fn endpoint(
        &self,
        application: ApplicationId,
        name: Named<EndpointId>,
    ) -> StoreResult<Option<Endpoint>>;

    /// A page of an application's endpoints, by id.
    async fn endpoints(
        &self,
        application: ApplicationId,
        page: PageQuery<EndpointId>,
    ) -> StoreResult<Page<Endpoint>>;

    /// Health of the application's endpoints that are failing; others are absent.
    async fn health(&self, application: ApplicationId) -> StoreResult<Vec<Health>>;
}
