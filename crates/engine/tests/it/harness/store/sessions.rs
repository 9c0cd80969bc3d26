//! Sessions of the watched store.

use async_trait::async_trait;
use fanfare_core::{
    id::{ApplicationId, AuditId, EnvironmentId},
    ports::store::*,
    session::{Link, Session},
    time::Timestamp,
};

use super::WatchedStore;

#[async_trait]
impl SessionStore for WatchedStore {
    async fn create_link(&self, link: Link) -> StoreResult<()> {
        self.watch("create_link", self.inner.create_link(link)).await
    }

    async fn follow_link(
        &self,
        link: [u8; 32],
        session: [u8; 32],
        now: Timestamp,
    ) -> StoreResult<Option<Session>> {
        self.watch("follow_link", self.inner.follow_link(link, session, now)).await
    }

    async fn create_session(&self, session: Session) -> StoreResult<()> {
        self.watch("create_session", self.inner.create_session(session)).await
    }

    async fn session(&self, hash: [u8; 32], now: Timestamp) -> StoreResult<Option<Session>> {
        self.watch("session", self.inner.session(hash, now)).await
    }

    async fn end_session(&self, hash: [u8; 32]) -> StoreResult<()> {
        self.watch("end_session", self.inner.end_session(hash)).await
    }

    async fn note(&self, audit: Audit) -> StoreResult<()> {
        self.watch("note", self.inner.note(audit)).await
    }

    async fn audits(
        &self,
        environment: EnvironmentId,
        application: Option<ApplicationId>,
        page: PageQuery<AuditId>,
    ) -> StoreResult<Page<AuditEntry>> {
        self.watch("audits", self.inner.audits(environment, application, page)).await
    }
}
