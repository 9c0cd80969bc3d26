//! Recovery jobs, worked off one after the other.

use fanfare_core::{
    id::{JobId, MessageId},
    ports::store::{Audit, RecoverJob},
};
use rusqlite::{Connection, params};

use crate::sqlite::{
    audit,
    columns::{id, maybe_id, time},
    query::{one, run},
};

/// Adds a recovery.
pub(super) fn create(tx: &Connection, job: &RecoverJob, audit: &Audit) -> rusqlite::Result<()> {
    let sql = "INSERT INTO recoveries (id, application, endpoint, since, until, after, created_at)
               VALUES (?, ?, ?, ?, ?, ?, ?)";
    let values = params![
        job.id.0,
        job.application.0,
        job.endpoint.0,
        job.since.0,
        job.until.0,
        job.after.map(|id| id.0),
        job.created_at.0
    ];
    run(tx, sql, values)?;
    audit::write(tx, audit)
}

/// The oldest unfinished recovery.
pub(super) fn next(conn: &Connection) -> rusqlite::Result<Option<RecoverJob>> {
    let sql = "SELECT id, application, endpoint, since, until, after, created_at FROM recoveries
               ORDER BY place LIMIT 1";
    one(conn, sql, &[], |row| {
        Ok(RecoverJob {
            id: id(row, 0)?,
            application: id(row, 1)?,
            endpoint: id(row, 2)?,
            since: time(row, 3)?,
            until: time(row, 4)?,
            after: maybe_id(row, 5)?,
            created_at: time(row, 6)?,
        })
    })
}

/// Moves a recovery's cursor; none ends it.
pub(super) fn advance(tx: &Connection, id: JobId, after: Option<MessageId>) -> rusqlite::Result<()> {
    match after {
        Some(after) => run(tx, "UPDATE recoveries SET after = ? WHERE id = ?", params![after.0, id.0]),
        None => run(tx, "DELETE FROM recoveries WHERE id = ?", params![id.0]),
    }
    .map(drop)
}
