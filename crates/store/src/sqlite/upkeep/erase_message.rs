//! Erasing one message with all that hangs on it, as far as a slice allows.

use fanfare_core::id::{ApplicationId, MessageId};
use rusqlite::{Connection, params};

use crate::sqlite::{
    books::Books,
    columns::length,
    deliveries::state,
    query::{all, run},
};

/// Erases attempts, then deliveries, then the message, up to `budget` rows; answers how many rows went. The
/// message is gone if and only if that is less than `budget`.
pub(super) fn erase_message(
    tx: &Connection,
    books: &mut Books,
    application: ApplicationId,
    message: MessageId,
    budget: usize,
) -> rusqlite::Result<usize> {
    let attempts = "DELETE FROM attempts WHERE application = ?1 AND message = ?2 AND id IN
                        (SELECT id FROM attempts WHERE application = ?1 AND message = ?2 LIMIT ?3)";
    let mut erased = run(tx, attempts, params![application.0, message.0, length(budget)])?;
    let deliveries = "DELETE FROM deliveries WHERE application = ?1 AND message = ?2 AND endpoint IN
                          (SELECT endpoint FROM deliveries WHERE application = ?1 AND message = ?2 LIMIT ?3)
                      RETURNING state";
    let values = params![application.0, message.0, length(budget - erased)];
    for state in all(tx, deliveries, values, |row| state(row, 0))? {
        books.erase(state);
        erased += 1;
    }
    if erased < budget {
        let sql = "DELETE FROM payloads WHERE place =
                       (SELECT payload_place FROM messages WHERE application = ?1 AND id = ?2)";
        run(tx, sql, params![application.0, message.0])?;
        run(tx, "DELETE FROM messages WHERE application = ? AND id = ?", params![application.0, message.0])?;
    }
    Ok(erased)
}
