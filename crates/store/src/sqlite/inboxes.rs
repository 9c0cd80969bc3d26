//! Inboxes with an address of their own, and what arrived there.

use std::time::Duration;

use async_trait::async_trait;
use fanfare_core::{
    id::{ApplicationId, InboxId},
    inbox::{ArrivalSummary, Inbox, InboxAnswer, InboxToken, NewArrival},
    ports::store::{Audit, ChangeError, InboxStore, StoreResult},
    secret::Sealed,
    time::Timestamp,
    verify::Verdict,
};
use rusqlite::{Connection, Row, params};

use super::{
    SqliteStore, audit,
    columns::{count, id, length, name, number, time},
    fault::broken,
    query::{all, one, run},
};

const INBOX: &str = "application, id, token, answer, wait, created_at, expires_at";
const VERDICTS: [(Verdict, &str); 3] =
    [(Verdict::Right, "right"), (Verdict::Unchecked, "unchecked"), (Verdict::Wrong, "wrong")];

#[async_trait]
impl InboxStore for SqliteStore {
    async fn create_inbox(
        &self,
        inbox: Inbox,
        most: usize,
        audit: Audit,
    ) -> StoreResult<Result<(), ChangeError>> {
        self.write(move |tx| create(tx, &inbox, most, &audit)).await
    }

    async fn change_inbox(&self, inbox: Inbox, audit: Audit) -> StoreResult<Result<(), ChangeError>> {
        self.write(move |tx| {
            let sql =
                "UPDATE inboxes SET answer = ?, wait = ?, expires_at = ? WHERE application = ? AND id = ?";
            let (status, wait) = (inbox.answer.status, wait(inbox.answer));
            let values = params![status, wait, inbox.expires_at.0, inbox.application.0, inbox.id.0];
            if run(tx, sql, values)? == 0 {
                return Ok(Err(ChangeError::NotFound));
            }
            audit::write(tx, &audit).map(Ok)
        })
        .await
    }

    async fn delete_inbox(
        &self,
        application: ApplicationId,
        id: InboxId,
        audit: Audit,
    ) -> StoreResult<Result<(), ChangeError>> {
        self.write(move |tx| {
            let key = params![application.0, id.0];
            if run(tx, "DELETE FROM inboxes WHERE application = ? AND id = ?", key)? == 0 {
                return Ok(Err(ChangeError::NotFound));
            }
            run(tx, "DELETE FROM arrivals WHERE application = ? AND inbox = ?", key)?;
            audit::write(tx, &audit).map(Ok)
        })
        .await
    }

    async fn inboxes(&self, application: ApplicationId, now: Timestamp) -> StoreResult<Vec<Inbox>> {
        let sql = format!(
            "SELECT {INBOX} FROM inboxes WHERE application = ? AND expires_at > ? ORDER BY created_at, id"
        );
        self.read(move |conn| all(conn, &sql, params![application.0, now.0], inbox)).await
    }

    async fn inbox_at(&self, token: InboxToken, now: Timestamp) -> StoreResult<Option<Inbox>> {
        let sql = format!(
            "SELECT {INBOX} FROM inboxes WHERE token = ? AND expires_at > ?
             AND EXISTS (SELECT 1 FROM applications a WHERE a.id = application AND a.deleted_at IS NULL)"
        );
        self.read(move |conn| one(conn, &sql, params![token.as_str(), now.0], inbox)).await
    }

    async fn keep_arrival(
        &self,
        application: ApplicationId,
        inbox: InboxId,
        arrival: NewArrival,
        most: usize,
    ) -> StoreResult<bool> {
        self.write(move |tx| keep(tx, application, inbox, &arrival, most)).await
    }

    async fn arrivals(&self, application: ApplicationId, inbox: InboxId) -> StoreResult<Vec<ArrivalSummary>> {
        let sql = "SELECT number, at, method, body_bytes, verdict FROM arrivals
                   WHERE application = ? AND inbox = ? ORDER BY number DESC";
        self.read(move |conn| all(conn, sql, params![application.0, inbox.0], summary)).await
    }

    async fn arrival(
        &self,
        application: ApplicationId,
        inbox: InboxId,
        wanted: u64,
    ) -> StoreResult<Option<Sealed>> {
        let sql = "SELECT request FROM arrivals WHERE application = ? AND inbox = ? AND number = ?";
        self.read(move |conn| {
            let values = params![application.0, inbox.0, number(wanted)?];
            one(conn, sql, values, |row| row.get(0).map(Sealed))
        })
        .await
    }
}

fn create(
    tx: &Connection,
    inbox: &Inbox,
    most: usize,
    audit: &Audit,
) -> rusqlite::Result<Result<(), ChangeError>> {
    let owner = "SELECT 1 FROM applications WHERE id = ? AND environment = ? AND deleted_at IS NULL";
    if one(tx, owner, params![inbox.application.0, audit.environment.0], |_| Ok(()))?.is_none() {
        return Ok(Err(ChangeError::NotFound));
    }
    let living = "SELECT count(*) FROM inboxes WHERE application = ? AND expires_at > ?";
    let values = params![inbox.application.0, inbox.created_at.0];
    let living = one(tx, living, values, |row| row.get::<_, i64>(0))?.unwrap_or_default();
    if living >= length(most) {
        return Ok(Err(ChangeError::Full));
    }
    let sql = "INSERT INTO inboxes (application, id, token, answer, wait, created_at, expires_at)
               VALUES (?, ?, ?, ?, ?, ?, ?)";
    let values = params![
        inbox.application.0,
        inbox.id.0,
        inbox.token.as_str(),
        inbox.answer.status,
        wait(inbox.answer),
        inbox.created_at.0,
        inbox.expires_at.0,
    ];
    run(tx, sql, values)?;
    audit::write(tx, audit).map(Ok)
}

fn keep(
    tx: &Connection,
    application: ApplicationId,
    inbox: InboxId,
    arrival: &NewArrival,
    most: usize,
) -> rusqlite::Result<bool> {
    let sql = "UPDATE inboxes SET arrived = arrived + 1 WHERE application = ? AND id = ? RETURNING arrived";
    let counted = one(tx, sql, params![application.0, inbox.0], |row| row.get::<_, i64>(0))?;
    let Some(number) = counted else { return Ok(false) };
    let sql = "INSERT INTO arrivals (application, inbox, number, at, method, body_bytes, verdict, request)
               VALUES (?, ?, ?, ?, ?, ?, ?, ?)";
    let verdict = arrival.verdict.and_then(|verdict| VERDICTS.iter().find(|(known, _)| *known == verdict));
    let values = params![
        application.0,
        inbox.0,
        number,
        arrival.at.0,
        arrival.method,
        super::columns::number(arrival.body_bytes)?,
        verdict.map(|(_, word)| *word),
        arrival.request.0,
    ];
    run(tx, sql, values)?;
    let old = "DELETE FROM arrivals WHERE application = ? AND inbox = ? AND number <= ?";
    run(tx, old, params![application.0, inbox.0, number - length(most)])?;
    Ok(true)
}

/// Milliseconds, as the column has them.
fn wait(answer: InboxAnswer) -> i64 {
    i64::try_from(answer.after.as_millis()).unwrap_or(i64::MAX)
}

fn inbox(row: &Row<'_>) -> rusqlite::Result<Inbox> {
    Ok(Inbox {
        application: id(row, 0)?,
        id: id(row, 1)?,
        token: name(row, 2)?,
        answer: InboxAnswer { status: row.get(3)?, after: Duration::from_millis(count(row, 4)?) },
        created_at: time(row, 5)?,
        expires_at: time(row, 6)?,
    })
}

fn summary(row: &Row<'_>) -> rusqlite::Result<ArrivalSummary> {
    Ok(ArrivalSummary {
        number: count(row, 0)?,
        at: time(row, 1)?,
        method: row.get(2)?,
        body_bytes: count(row, 3)?,
        verdict: verdict(row, 4)?,
    })
}

fn verdict(row: &Row<'_>, column: usize) -> rusqlite::Result<Option<Verdict>> {
    let Some(word) = row.get_ref(column)?.as_str_or_null()? else { return Ok(None) };
    let found = VERDICTS.iter().find(|(_, known)| *known == word);
    found.map(|(verdict, _)| Some(*verdict)).ok_or_else(|| broken(format!("unknown verdict {word}")))
}
