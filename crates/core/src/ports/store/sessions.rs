//! Sessions of the web pages, and the audit log that they show.

use async_trait::async_trait;

use super::{Audit, Page, PageQuery, StoreResult};
use crate::{
    id::{ApplicationId, AuditId, EnvironmentId},
    session::{Link, Session},
    time::Timestamp,
};

/// A row of the audit log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditEntry {
    /// Its id.
    pub id: AuditId,
    /// When.
    pub at: Timestamp,
    /// The application concerned, if one is.
    pub application: Option<ApplicationId>,
    /// Who: a key's id, `cli`, `operator` or `engine`.
    pub actor: String,
    /// What, as noun and verb.
    pub action: String,
    /// The id or name of what was changed.
    pub target: String,
    /// Anything more worth knowing.
    pub detail: Option<String>,
}

/// Sessions and their links. What has expired is erased by [`super::UpkeepStore::retain_payloads`].
#[async_trait]
pub trait SessionStore: Send + Sync {
    /// Adds a link.
    async fn create_link(&self, link: Link) -> StoreResult<()>;

    /// Follows a link: it is gone, and the session with the hash `session` is there. None where there is no
    /// such link, or it has expired at `now`.
    async fn follow_link(
        &self,
        link: [u8; 32],
        session: [u8; 32],
        now: Timestamp,
    ) -> StoreResult<Option<Session>>;

    /// Adds a session.
    async fn create_session(&self, session: Session) -> StoreResult<()>;

    /// The session with that hash, if it has not expired at `now`.
    async fn session(&self, hash: [u8; 32], now: Timestamp) -> StoreResult<Option<Session>>;

    /// Ends a session, if it is there.
    async fn end_session(&self, hash: [u8; 32]) -> StoreResult<()>;

    /// Writes an audit row of something that changed nothing, such as a secret that was looked at.
    async fn note(&self, audit: Audit) -> StoreResult<()>;

    /// A page of an environment's audit log, by id; only that of one application where one is given.
    async fn audits(
        &self,
        environment: EnvironmentId,
        application: Option<ApplicationId>,
        page: PageQuery<AuditId>,
    ) -> StoreResult<Page<AuditEntry>>;
}
