//! Sessions of the web pages, their links, and the audit log that they show.

use async_trait::async_trait;
use fanfare_core::{
    id::{ApplicationId, AuditId, EnvironmentId},
    ports::store::{Audit, AuditEntry, Page, PageQuery, SessionStore, StoreResult},
    session::{Holder, Link, Session},
    time::Timestamp,
};
use tokio_postgres::Row;

use super::{
    PostgresStore, audit,
    columns::{get, id, maybe_bytes, maybe_id, time},
    connection::{Tx, transaction},
    fault::Done,
    page::page,
    query::{Query, one, run, values},
};

#[async_trait]
impl SessionStore for PostgresStore {
    async fn create_link(&self, link: Link) -> StoreResult<()> {
        let sql = "INSERT INTO links (hash, key, session_expires_at, expires_at) VALUES ($1, $2, $3, $4)";
        transaction!(self.writing(), |tx| {
            let values = values![link.hash, key_of(link.holder), link.session_expires_at, link.expires_at];
            run(tx, sql, values).await.map(drop)
        })
    }

    async fn follow_link(
        &self,
        link: [u8; 32],
        session: [u8; 32],
        now: Timestamp,
    ) -> StoreResult<Option<Session>> {
        let known = "SELECT 1 FROM links WHERE hash = $1 AND expires_at > $2";
        // Read first: bad links, which anybody can send, cost the writer nothing.
        if transaction!(self.reading(), |tx| one(tx, known, values![link, now], |_| Ok(())).await)?.is_none()
        {
            return Ok(None);
        }
        transaction!(self.writing(), |tx| {
            let sql =
                "DELETE FROM links WHERE hash = $1 AND expires_at > $2 RETURNING key, session_expires_at";
            let followed =
                one(tx, sql, values![link, now], |row| Ok((holder(row, 0)?, time(row, 1)?))).await?;
            let Some((holder, expires_at)) = followed else { return Ok(None) };
            let session = Session { hash: session, holder, created_at: now, expires_at };
            insert(tx, &session).await?;
            Ok(Some(session))
        })
    }

    async fn create_session(&self, session: Session) -> StoreResult<()> {
        transaction!(self.writing(), |tx| insert(tx, &session).await)
    }

    async fn session(&self, hash: [u8; 32], now: Timestamp) -> StoreResult<Option<Session>> {
        let sql = "SELECT key, created_at, expires_at FROM sessions WHERE hash = $1 AND expires_at > $2";
        transaction!(self.reading(), |tx| {
            one(tx, sql, values![hash, now], |row| {
                Ok(Session {
                    hash,
                    holder: holder(row, 0)?,
                    created_at: time(row, 1)?,
                    expires_at: time(row, 2)?,
                })
            })
            .await
        })
    }

    async fn end_session(&self, hash: [u8; 32]) -> StoreResult<()> {
        transaction!(self.writing(), |tx| {
            run(tx, "DELETE FROM sessions WHERE hash = $1", values![hash]).await.map(drop)
        })
    }

    async fn note(&self, audit: Audit) -> StoreResult<()> {
        transaction!(self.writing(), |tx| audit::write(tx, &audit).await)
    }

    async fn audits(
        &self,
        environment: EnvironmentId,
        application: Option<ApplicationId>,
        wanted: PageQuery<AuditId>,
    ) -> StoreResult<Page<AuditEntry>> {
        transaction!(self.reading(), |tx| {
            let mut query =
                Query::new("SELECT id, at, application, actor, action, target, detail FROM audit");
            query.with(" WHERE environment = ?", environment.0);
            query.with_some(" AND application = ?", application.map(|id| id.0));
            page(tx, query, &["id"], &wanted, entry).await
        })
    }
}

async fn insert(tx: &Tx, session: &Session) -> Done<()> {
    let sql = "INSERT INTO sessions (hash, key, created_at, expires_at) VALUES ($1, $2, $3, $4)";
    let values = values![session.hash, key_of(session.holder), session.created_at, session.expires_at];
    run(tx, sql, values).await.map(drop)
}

fn key_of(holder: Holder) -> Option<[u8; 32]> {
    match holder {
        Holder::Operator => None,
        Holder::Key(hash) => Some(hash),
    }
}

fn holder(row: &Row, column: usize) -> Done<Holder> {
    let key = maybe_bytes::<32>(row, column)?;
    Ok(key.map_or(Holder::Operator, Holder::Key))
}

fn entry(row: &Row) -> Done<AuditEntry> {
    Ok(AuditEntry {
        id: id(row, 0)?,
        at: time(row, 1)?,
        application: maybe_id(row, 2)?,
        actor: get(row, 3)?,
        action: get(row, 4)?,
        target: get(row, 5)?,
        detail: get(row, 6)?,
    })
}
