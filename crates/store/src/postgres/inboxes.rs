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
use tokio_postgres::Row;

use super::{
    PostgresStore, audit,
    columns::{count, get, id, length, name, number, time},
    connection::{Tx, transaction},
    fault::{Done, broken},
    query::{all, one, run, values},
};

const INBOX: &str = "application, id, token, answer, wait, created_at, expires_at";
const VERDICTS: [(Verdict, &str); 3] =
    [(Verdict::Right, "right"), (Verdict::Unchecked, "unchecked"), (Verdict::Wrong, "wrong")];

#[async_trait]
impl InboxStore for PostgresStore {
    async fn create_inbox(
        &self,
        inbox: Inbox,
        most: usize,
        audit: Audit,
    ) -> StoreResult<Result<(), ChangeError>> {
        transaction!(self.writing(), |tx| create(tx, &inbox, most, &audit).await)
    }

    async fn change_inbox(&self, inbox: Inbox, audit: Audit) -> StoreResult<Result<(), ChangeError>> {
        transaction!(self.writing(), |tx| {
            let sql = "UPDATE inboxes SET answer = $1, wait = $2, expires_at = $3 WHERE application = $4 AND id = $5";
            let (status, wait) = (i32::from(inbox.answer.status), wait(inbox.answer));
            let values = values![status, wait, inbox.expires_at, inbox.application.0, inbox.id.0];
            if run(tx, sql, values).await? == 0 {
                return Ok(Err(ChangeError::NotFound));
            }
            audit::write(tx, &audit).await.map(Ok)
        })
    }

    async fn delete_inbox(
        &self,
        application: ApplicationId,
        id: InboxId,
        audit: Audit,
    ) -> StoreResult<Result<(), ChangeError>> {
        transaction!(self.writing(), |tx| {
            let key = values![application.0, id.0];
            if run(tx, "DELETE FROM inboxes WHERE application = $1 AND id = $2", key).await? == 0 {
                return Ok(Err(ChangeError::NotFound));
            }
            run(tx, "DELETE FROM arrivals WHERE application = $1 AND inbox = $2", key).await?;
            audit::write(tx, &audit).await.map(Ok)
        })
    }

    async fn inboxes(&self, application: ApplicationId, now: Timestamp) -> StoreResult<Vec<Inbox>> {
        let sql = format!(
            "SELECT {INBOX} FROM inboxes WHERE application = $1 AND expires_at > $2 ORDER BY created_at, id"
        );
        transaction!(self.reading(), |tx| all(tx, &sql, values![application.0, now], inbox).await)
    }

    async fn inbox_at(&self, token: InboxToken, now: Timestamp) -> StoreResult<Option<Inbox>> {
        let sql = format!(
            "SELECT {INBOX} FROM inboxes WHERE token = $1 AND expires_at > $2
             AND EXISTS (SELECT 1 FROM applications a WHERE a.id = application AND a.deleted_at IS NULL)"
        );
        transaction!(self.reading(), |tx| one(tx, &sql, values![token.as_str(), now], inbox).await)
    }

    async fn keep_arrival(
        &self,
        application: ApplicationId,
        inbox: InboxId,
        arrival: NewArrival,
        most: usize,
    ) -> StoreResult<bool> {
        transaction!(self.writing(), |tx| keep(tx, application, inbox, &arrival, most).await)
    }

    async fn arrivals(&self, application: ApplicationId, inbox: InboxId) -> StoreResult<Vec<ArrivalSummary>> {
        let sql = "SELECT number, at, method, body_bytes, verdict FROM arrivals
                   WHERE application = $1 AND inbox = $2 ORDER BY number DESC";
        transaction!(self.reading(), |tx| all(tx, sql, values![application.0, inbox.0], summary).await)
    }

    async fn arrival(
        &self,
        application: ApplicationId,
        inbox: InboxId,
        wanted: u64,
    ) -> StoreResult<Option<Sealed>> {
        let sql = "SELECT request FROM arrivals WHERE application = $1 AND inbox = $2 AND number = $3";
        transaction!(self.reading(), |tx| {
            let values = values![application.0, inbox.0, number(wanted)?];
            one(tx, sql, values, |row| get(row, 0).map(Sealed)).await
        })
    }
}

async fn create(tx: &Tx, inbox: &Inbox, most: usize, audit: &Audit) -> Done<Result<(), ChangeError>> {
    // Held, so that of two inboxes at once only one gets the last place.
    let owner = "SELECT 1 FROM applications WHERE id = $1 AND environment = $2 AND deleted_at IS NULL
                 FOR UPDATE";
    if one(tx, owner, values![inbox.application.0, audit.environment.0], |_| Ok(())).await?.is_none() {
        return Ok(Err(ChangeError::NotFound));
    }
    let living = "SELECT count(*) FROM inboxes WHERE application = $1 AND expires_at > $2";
    let values = values![inbox.application.0, inbox.created_at];
    let living = one(tx, living, values, |row| get::<i64>(row, 0)).await?.unwrap_or_default();
    if living >= length(most) {
        return Ok(Err(ChangeError::Full));
    }
    let sql = "INSERT INTO inboxes (application, id, token, answer, wait, created_at, expires_at)
               VALUES ($1, $2, $3, $4, $5, $6, $7)";
    let values = values![
        inbox.application.0,
        inbox.id.0,
        inbox.token.as_str(),
        i32::from(inbox.answer.status),
        wait(inbox.answer),
        inbox.created_at,
        inbox.expires_at,
    ];
    run(tx, sql, values).await?;
    audit::write(tx, audit).await.map(Ok)
}

async fn keep(
    tx: &Tx,
    application: ApplicationId,
    inbox: InboxId,
    arrival: &NewArrival,
    most: usize,
) -> Done<bool> {
    let sql = "UPDATE inboxes SET arrived = arrived + 1 WHERE application = $1 AND id = $2 RETURNING arrived";
    let counted = one(tx, sql, values![application.0, inbox.0], |row| get::<i64>(row, 0)).await?;
    let Some(number) = counted else { return Ok(false) };
    let sql = "INSERT INTO arrivals (application, inbox, number, at, method, body_bytes, verdict, request)
               VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";
    let verdict = arrival.verdict.and_then(|verdict| VERDICTS.iter().find(|(known, _)| *known == verdict));
    let values = values![
        application.0,
        inbox.0,
        number,
        arrival.at,
        arrival.method.as_str(),
        super::columns::number(arrival.body_bytes)?,
        verdict.map(|(_, word)| *word),
        arrival.request.0.as_slice(),
    ];
    run(tx, sql, values).await?;
    let old = "DELETE FROM arrivals WHERE application = $1 AND inbox = $2 AND number <= $3";
    run(tx, old, values![application.0, inbox.0, number - length(most)]).await?;
    Ok(true)
}

/// Milliseconds, as the column has them.
fn wait(answer: InboxAnswer) -> i64 {
    i64::try_from(answer.after.as_millis()).unwrap_or(i64::MAX)
}

fn inbox(row: &Row) -> Done<Inbox> {
    Ok(Inbox {
        application: id(row, 0)?,
        id: id(row, 1)?,
        token: name(row, 2)?,
        answer: InboxAnswer {
            status: get::<i32>(row, 3)?.try_into().map_err(broken)?,
            after: Duration::from_millis(count(row, 4)?),
        },
        created_at: time(row, 5)?,
        expires_at: time(row, 6)?,
    })
}

fn summary(row: &Row) -> Done<ArrivalSummary> {
    Ok(ArrivalSummary {
        number: count(row, 0)?,
        at: time(row, 1)?,
        method: get(row, 2)?,
        body_bytes: count(row, 3)?,
        verdict: verdict(row, 4)?,
    })
}

fn verdict(row: &Row, column: usize) -> Done<Option<Verdict>> {
    let Some(word) = get::<Option<&str>>(row, column)? else { return Ok(None) };
    let found = VERDICTS.iter().find(|(_, known)| *known == word);
    found.map(|(verdict, _)| Some(*verdict)).ok_or_else(|| broken(format!("unknown verdict {word}")))
}
