//! Messages that take the place of others: of each replace key the store remembers the last message that
//! supersedes. Every other message with that key is superseded, be it older, or newer and not superseding.

use fanfare_core::{
    delivery::{Delivery, DeliveryKey, EndReason},
    id::{ApplicationId, MessageId},
    limits::{REPLACE_KEY, SLICE_ROWS},
    message::Message,
    name::ReplaceKey,
    time::Timestamp,
};
use rusqlite::{Connection, params};

use super::{
    books::Books,
    columns::length,
    deliveries::{DELIVERY, by_key, end_unattempted, read_delivery},
    query::{all, one, run},
    waiting::Wakes,
};

/// What `dedupe.kind` says of a replace key.
const KIND: i64 = 2;

/// Makes `message` the one in force for its replace key, if it has one and supersedes, and cancels what waits
/// unowned with that key: at most [`SLICE_ROWS`] of it. Where more waits, each of the rest is cancelled in the
/// place of its next attempt.
pub(super) fn supersede(
    tx: &Connection,
    books: &mut Books,
    wakes: &mut Wakes,
    message: &Message,
) -> rusqlite::Result<()> {
    let Some(key) = message.replace_key.as_ref().filter(|_| message.supersedes) else { return Ok(()) };
    let sql = "INSERT OR REPLACE INTO dedupe (application, kind, key, message, expires_at)
               VALUES (?, ?, ?, ?, ?)";
    let expires_at = message.created_at + REPLACE_KEY;
    let bytes = key.as_str().as_bytes();
    run(tx, sql, params![message.application.0, KIND, bytes, message.id.0, expires_at.0])?;
    for delivery in &waiting(tx, message.application, key)? {
        end_unattempted(tx, books, wakes, delivery, EndReason::Superseded, message.created_at)?;
    }
    Ok(())
}

/// The first of those that wait unowned with this key.
fn waiting(tx: &Connection, application: ApplicationId, key: &ReplaceKey) -> rusqlite::Result<Vec<Delivery>> {
    let sql = format!(
        "SELECT {DELIVERY} FROM deliveries d INDEXED BY deliveries_replaceable
         WHERE d.application = ? AND d.replace_key = ? AND d.owner IS NULL AND d.state <= 2 LIMIT ?"
    );
    let values = params![application.0, key.as_str(), length(SLICE_ROWS)];
    all(tx, &sql, values, |row| read_delivery(row, 0))
}

/// Whether another message is in force for this message's replace key.
pub(super) fn is_superseded(
    conn: &Connection,
    application: ApplicationId,
    message: MessageId,
    key: Option<&ReplaceKey>,
) -> rusqlite::Result<bool> {
    let Some(key) = key else { return Ok(false) };
    let sql = "SELECT 1 FROM dedupe WHERE application = ? AND kind = ? AND key = ? AND message != ?";
    let values = params![application.0, KIND, key.as_str().as_bytes(), message.0];
    Ok(one(conn, sql, values, |_| Ok(()))?.is_some())
}

/// Whether this delivery is superseded.
pub(super) fn holds_for(conn: &Connection, key: &DeliveryKey) -> rusqlite::Result<bool> {
    let Some(delivery) = by_key(conn, key)? else { return Ok(false) };
    is_superseded(conn, key.application, key.message, delivery.replace_key.as_ref())
}

/// Ends an unowned delivery where it is superseded; answers whether it did.
pub(super) fn end_superseded(
    tx: &Connection,
    books: &mut Books,
    wakes: &mut Wakes,
    key: &DeliveryKey,
    now: Timestamp,
) -> rusqlite::Result<bool> {
    let Some(delivery) = by_key(tx, key)? else { return Ok(false) };
    let superseded = is_superseded(tx, key.application, key.message, delivery.replace_key.as_ref())?;
    if superseded {
        end_unattempted(tx, books, wakes, &delivery, EndReason::Superseded, now)?;
    }
    Ok(superseded)
}
