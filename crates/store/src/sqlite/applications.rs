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

use super::SqliteStore;

pub(super) use endpoint::{ENDPOINT, read as read_endpoint};
pub(super) use health::disable_endpoint;

#[async_trait]
impl ApplicationStore for SqliteStore {
    async fn create_application(
        &self,
        application: Application,
        audit: Audit,
    ) -> StoreResult<Result<(), ChangeError>> {
        self.write(move |tx| application::create(tx, &application, &audit)).await
    }

    async fn update_application(
        &self,
        application: Application,
        seen: Timestamp,
        audit: Audit,
    ) -> StoreResult<Result<(), ChangeError>> {
        self.write(move |tx| application::update(tx, &application, seen, &audit)).await
    }

    async fn delete_application(
        &self,
        id: ApplicationId,
        audit: Audit,
    ) -> StoreResult<Result<(), ChangeError>> {
        self.write(move |tx| application::delete(tx, id, &audit)).await
    }

    async fn application(
        &self,
        environment: EnvironmentId,
        name: Named<ApplicationId>,
    ) -> StoreResult<Option<Application>> {
        self.read(move |conn| application::named(conn, environment, &name)).await
    }

    async fn applications(
        &self,
        environment: EnvironmentId,
        page: PageQuery<ApplicationId>,
    ) -> StoreResult<Page<Application>> {
        self.read(move |conn| application::page_of(conn, environment, &page)).await
    }

    async fn application_config(&self, id: ApplicationId) -> StoreResult<Option<ApplicationConfig>> {
        self.read(move |conn| config::of_application(conn, id)).await
    }

    async fn changes_since(&self, version: u64) -> StoreResult<Changes> {
        self.read(move |conn| config::changes_since(conn, version)).await
    }

    async fn create_endpoint(
        &self,
        endpoint: Endpoint,
        most: Option<u16>,
        audit: Audit,
    ) -> StoreResult<Result<(), ChangeError>> {
        self.write(move |tx| endpoint::create(tx, &endpoint, most, &audit)).await
    }

    async fn update_endpoint(
        &self,
        endpoint: Endpoint,
        most: Option<u16>,
        audit: Audit,
    ) -> StoreResult<Result<(), ChangeError>> {
        self.write(move |tx| endpoint::update(tx, &endpoint, most, &audit)).await
    }

    async fn delete_endpoint(
        &self,
        application: ApplicationId,
        id: EndpointId,
        audit: Audit,
    ) -> StoreResult<Result<(), ChangeError>> {
        self.write(move |tx| endpoint::delete(tx, application, id, &audit)).await
    }

    async fn endpoint(
        &self,
        application: ApplicationId,
        name: Named<EndpointId>,
    ) -> StoreResult<Option<Endpoint>> {
        self.read(move |conn| endpoint::named(conn, application, &name)).await
    }

    async fn endpoints(
        &self,
        application: ApplicationId,
        page: PageQuery<EndpointId>,
    ) -> StoreResult<Page<Endpoint>> {
        self.read(move |conn| endpoint::page_of(conn, application, &page)).await
    }

    async fn health(&self, application: ApplicationId) -> StoreResult<Vec<Health>> {
        self.read(move |conn| health::of_application(conn, application)).await
    }
}
