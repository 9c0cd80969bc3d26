//! Applications and endpoints.

mod application;
mod config;
mod endpoint;
mod health;

use async_trait::async_trait;
use fanfare_core::{
    application::Application,
    endpoint::Endpoint,
    id::{ApplicationId, EndpointId, EnvironmentId},
    ports::store::{
        ApplicationConfig, ApplicationStore, Audit, ChangeError, Changes, Health, Named, Page, PageQuery,
        StoreResult,
    },
    time::Timestamp,
};

use super::{PostgresStore, connection::transaction};

pub(super) use endpoint::{ENDPOINT, read as read_endpoint};
pub(super) use health::disable_endpoint;

#[async_trait]
impl ApplicationStore for PostgresStore {
    async fn create_application(
        &self,
        application: Application,
        audit: Audit,
    ) -> StoreResult<Result<(), ChangeError>> {
        transaction!(self.writing(), |tx| application::create(tx, &application, &audit).await)
    }

    async fn update_application(
        &self,
        application: Application,
        seen: Timestamp,
        audit: Audit,
    ) -> StoreResult<Result<(), ChangeError>> {
        transaction!(self.writing(), |tx| application::update(tx, &application, seen, &audit).await)
    }

    async fn delete_application(
        &self,
        id: ApplicationId,
        audit: Audit,
    ) -> StoreResult<Result<(), ChangeError>> {
        transaction!(self.writing(), |tx| application::delete(tx, id, &audit).await)
    }

    async fn application(
        &self,
        environment: EnvironmentId,
        name: Named<ApplicationId>,
    ) -> StoreResult<Option<Application>> {
        transaction!(self.reading(), |tx| application::named(tx, environment, &name).await)
    }

    async fn applications(
        &self,
        environment: EnvironmentId,
        page: PageQuery<ApplicationId>,
    ) -> StoreResult<Page<Application>> {
        transaction!(self.reading(), |tx| application::page_of(tx, environment, &page).await)
    }

    async fn application_config(&self, id: ApplicationId) -> StoreResult<Option<ApplicationConfig>> {
        transaction!(self.reading_at_once(), |tx| config::of_application(tx, id).await)
    }

    async fn changes_since(&self, version: u64) -> StoreResult<Changes> {
        transaction!(self.reading_at_once(), |tx| config::changes_since(tx, version).await)
    }

    async fn create_endpoint(
        &self,
        endpoint: Endpoint,
        most: Option<u16>,
        audit: Audit,
    ) -> StoreResult<Result<(), ChangeError>> {
        transaction!(self.writing(), |tx| endpoint::create(tx, &endpoint, most, &audit).await)
    }

    async fn update_endpoint(
        &self,
        endpoint: Endpoint,
        most: Option<u16>,
        audit: Audit,
    ) -> StoreResult<Result<(), ChangeError>> {
        transaction!(self.writing(), |tx| endpoint::update(tx, &endpoint, most, &audit).await)
    }

    async fn delete_endpoint(
        &self,
        application: ApplicationId,
        id: EndpointId,
        audit: Audit,
    ) -> StoreResult<Result<(), ChangeError>> {
        transaction!(self.writing(), |tx| endpoint::delete(tx, application, id, &audit).await)
    }

    async fn endpoint(
        &self,
        application: ApplicationId,
        name: Named<EndpointId>,
    ) -> StoreResult<Option<Endpoint>> {
        transaction!(self.reading(), |tx| endpoint::named(tx, application, &name).await)
    }

    async fn endpoints(
        &self,
        application: ApplicationId,
        page: PageQuery<EndpointId>,
    ) -> StoreResult<Page<Endpoint>> {
        transaction!(self.reading(), |tx| endpoint::page_of(tx, application, &page).await)
    }

    async fn health(&self, application: ApplicationId) -> StoreResult<Vec<Health>> {
        transaction!(self.reading(), |tx| health::of_application(tx, application).await)
    }
}
