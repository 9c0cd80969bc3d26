//! Sessions of the web pages, their links, and the audit log that they show.

use async_trait::async_trait;
use fanfare_core::{
    id::{ApplicationId, AuditId, EnvironmentId},
    ports::store::{Audit, AuditEntry, Page, PageQuery, SessionStore, StoreResult},
    session::{Holder, Link, Session},
    time::Timestamp,
};
use rusqlite::{Connection, Row, params};

use super::{
    SqliteStore, audit,
    columns::{id, maybe_id, time},
    page::page,
    query::{Query, one, run},
};

#[async_trait]
impl SessionStore for SqliteStore {
    async fn create_link(&self, link: Link) -> StoreResult<()> {
        let sql = "INSERT INTO links (hash, key, session_expires_at, expires_at) VALUES (?, ?, ?, ?)";
        self.write(move |tx| {
            let values =
                params![link.hash, key_of(link.holder), link.session_expires_at.0, link.expires_at.0];
            run(tx, sql, values).map(drop)
        })
        .await
    }

    async fn follow_link(
        &self,
        link: [u8; 32],
        session: [u8; 32],
        now: Timestamp,
    ) -> StoreResult<Option<Session>> {
        let known = "SELECT 1 FROM links WHERE hash = ? AND expires_at > ?";
        // Read first: bad links, which anybody can send, cost the writer nothing.
        if self.read(move |conn| one(conn, known, params![link, now.0], |_| Ok(()))).await?.is_none() {
            return Ok(None);
        }
        self.write(move |tx| {
            let sql = "DELETE FROM links WHERE hash = ? AND expires_at > ? RETURNING key, session_expires_at";
            let followed = one(tx, sql, params![link, now.0], |row| Ok((holder(row, 0)?, time(row, 1)?)))?;
            let Some((holder, expires_at)) = followed else { return Ok(None) };
            let session = Session { hash: session, holder, created_at: now, expires_at };
            insert(tx, &session)?;
            Ok(Some(session))
        })
        .await
    }

    async fn create_session(&self, session: Session) -> StoreResult<()> {
        self.write(move |tx| insert(tx, &session)).await
    }

    async fn session(&self, hash: [u8; 32], now: Timestamp) -> StoreResult<Option<Session>> {
        let sql = "SELECT key, created_at, expires_at FROM sessions WHERE hash = ? AND expires_at > ?";
        self.read(move |conn| {
            one(conn, sql, params![hash, now.0], |row| {
                Ok(Session {
                    hash,
                    holder: holder(row, 0)?,
                    created_at: time(row, 1)?,
                    expires_at: time(row, 2)?,
                })
            })
        })
        .await
    }

    async fn end_session(&self, hash: [u8; 32]) -> StoreResult<()> {
        self.write(move |tx| run(tx, "DELETE FROM sessions WHERE hash = ?", params![hash]).map(drop)).await
    }

    async fn note(&self, audit: Audit) -> StoreResult<()> {
        self.write(move |tx| audit::write(tx, &audit)).await
    }

    async fn audits(
        &self,
        environment: EnvironmentId,
        application: Option<ApplicationId>,
        wanted: PageQuery<AuditId>,
    ) -> StoreResult<Page<AuditEntry>> {
        self.read(move |conn| {
            let mut query =
                Query::new("SELECT id, at, application, actor, action, target, detail FROM audit");
            query.with(" WHERE environment = ?", environment.0.to_vec());
            query.with_some(" AND application = ?", application.map(|id| id.0.to_vec()));
            page(conn, query, &["id"], &wanted, entry)
        })
        .await
    }
}

fn insert(tx: &Connection, session: &Session) -> rusqlite::Result<()> {
    let sql = "INSERT INTO sessions (hash, key, created_at, expires_at) VALUES (?, ?, ?, ?)";
    let values = params![session.hash, key_of(session.holder), session.created_at.0, session.expires_at.0];
    run(tx, sql, values).map(drop)
}

fn key_of(holder: Holder) -> Option<[u8; 32]> {
    match holder {
        Holder::Operator => None,
        Holder::Key(hash) => Some(hash),
    }
}

fn holder(row: &Row<'_>, column: usize) -> rusqlite::Result<Holder> {
    let key: Option<[u8; 32]> = row.get(column)?;
    Ok(key.map_or(Holder::Operator, Holder::Key))
}

fn entry(row: &Row<'_>) -> rusqlite::Result<AuditEntry> {
    Ok(AuditEntry {
        id: id(row, 0)?,
        at: time(row, 1)?,
        application: maybe_id(row, 2)?,
        actor: row.get(3)?,
        action: row.get(4)?,
        target: row.get(5)?,
        detail: row.get(6)?,
    })
}
