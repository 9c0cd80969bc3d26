//! Answers kept for an `idempotency-key`.

use fanfare_core::{ports::store::RememberedAnswer, secret::Sealed, time::Timestamp};

use crate::postgres::{
    columns::get,
    connection::Tx,
    fault::{Done, broken},
    query::{one, run, values},
};

/// Keeps an answer until it expires; a later answer for the same key takes its place.
pub(super) async fn remember(
    tx: &Tx,
    key: [u8; 32],
    answer: &RememberedAnswer,
    expires_at: Timestamp,
) -> Done<()> {
    let sql = "INSERT INTO answers (key, status, body, expires_at) VALUES ($1, $2, $3, $4)
               ON CONFLICT (key) DO UPDATE
               SET status = excluded.status, body = excluded.body, expires_at = excluded.expires_at";
    run(tx, sql, values![key, i32::from(answer.status), answer.body.0.as_slice(), expires_at]).await.map(drop)
}

/// The answer kept for `key`, if it has not expired.
pub(super) async fn remembered(tx: &Tx, key: [u8; 32], now: Timestamp) -> Done<Option<RememberedAnswer>> {
    let sql = "SELECT status, body FROM answers WHERE key = $1 AND expires_at > $2";
    one(tx, sql, values![key, now], |row| {
        Ok(RememberedAnswer {
            status: get::<i32>(row, 0)?.try_into().map_err(broken)?,
            body: Sealed(get(row, 1)?),
        })
    })
    .await
}
