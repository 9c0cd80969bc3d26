//! Answers kept for an `idempotency-key`.

use fanfare_core::{ports::store::RememberedAnswer, secret::Sealed, time::Timestamp};
use rusqlite::{Connection, params};

use crate::sqlite::query::{one, run};

/// Keeps an answer until it expires; a later answer for the same key takes its place.
pub(super) fn remember(
    tx: &Connection,
    key: [u8; 32],
    answer: &RememberedAnswer,
    expires_at: Timestamp,
) -> rusqlite::Result<()> {
    let sql = "INSERT OR REPLACE INTO answers (key, status, body, expires_at) VALUES (?, ?, ?, ?)";
    run(tx, sql, params![key, answer.status, answer.body.0, expires_at.0]).map(drop)
}

/// The answer kept for `key`, if it has not expired.
pub(super) fn remembered(
    conn: &Connection,
    key: [u8; 32],
    now: Timestamp,
) -> rusqlite::Result<Option<RememberedAnswer>> {
    let sql = "SELECT status, body FROM answers WHERE key = ? AND expires_at > ?";
    one(conn, sql, params![key, now.0], |row| {
        Ok(RememberedAnswer { status: row.get(0)?, body: Sealed(row.get(1)?) })
    })
}
