//! Erasing the rows of deleted applications.

use fanfare_core::id::{ApplicationId, MessageId};
use rusqlite::{Connection, params};

use super::erase_message::erase_message;
use crate::sqlite::{
    books::Books,
    columns::{id, length},
    query::{all, one, run},
};

/// What belongs to an application beside its messages, each with a key that a slice can go by.
const REST: [&str; 8] = [
    "DELETE FROM lanes WHERE (application, endpoint) IN
         (SELECT application, endpoint FROM lanes WHERE application = ?1 LIMIT ?2)",
    "DELETE FROM health WHERE (application, endpoint) IN
         (SELECT application, endpoint FROM health WHERE application = ?1 LIMIT ?2)",
    "DELETE FROM dedupe WHERE (application, kind, key) IN
         (SELECT application, kind, key FROM dedupe WHERE application = ?1 LIMIT ?2)",
    "DELETE FROM keys WHERE id IN (SELECT id FROM keys WHERE application = ?1 LIMIT ?2)",
    "DELETE FROM replays WHERE (application, id) IN
         (SELECT application, id FROM replays WHERE application = ?1 LIMIT ?2)",
    "DELETE FROM arrivals WHERE (application, inbox, number) IN
         (SELECT application, inbox, number FROM arrivals WHERE application = ?1 LIMIT ?2)",
    // After what arrived there: nothing is kept for an inbox that is gone.
    "DELETE FROM inboxes WHERE (application, id) IN
         (SELECT application, id FROM inboxes WHERE application = ?1 LIMIT ?2)",
    "DELETE FROM endpoints WHERE (application, id) IN
         (SELECT application, id FROM endpoints WHERE application = ?1 LIMIT ?2)",
];

/// Erases about `limit` rows of the application that was deleted first; answers whether more is left.
pub(super) fn erase(tx: &Connection, limit: usize) -> rusqlite::Result<bool> {
    let Some(application) = first_deleted(tx)? else { return Ok(false) };
    let mut books = Books::default();
    let mut left = limit.max(1);
    // No fan-out may add to what is being erased.
    left -= run(
        tx,
        "DELETE FROM fanouts WHERE seq IN (SELECT seq FROM fanouts WHERE application = ? LIMIT ?)",
        params![application.0, length(left)],
    )?;
    left = messages(tx, &mut books, application, left)?;
    for sql in REST {
        if left > 0 {
            left -= run(tx, sql, params![application.0, length(left)])?;
        }
    }
    if left > 0 {
        run(tx, "DELETE FROM applications WHERE id = ?", params![application.0])?;
    }
    books.close(tx)?;
    Ok(first_deleted(tx)?.is_some())
}

fn first_deleted(tx: &Connection) -> rusqlite::Result<Option<ApplicationId>> {
    let sql = "SELECT id FROM applications WHERE deleted_at IS NOT NULL ORDER BY deleted_at, id LIMIT 1";
    one(tx, sql, &[], |row| id(row, 0))
}

/// Erases messages; answers what is left of the budget, nothing unless all messages are gone.
fn messages(
    tx: &Connection,
    books: &mut Books,
    application: ApplicationId,
    budget: usize,
) -> rusqlite::Result<usize> {
    let mut left = budget;
    let sql = "SELECT id FROM messages WHERE application = ? ORDER BY id LIMIT ?";
    for message in all(tx, sql, params![application.0, length(budget)], |row| id::<MessageId>(row, 0))? {
        let erased = erase_message(tx, books, application, message, left)?;
        // The message itself counts too.
        left = left.saturating_sub(erased + 1);
        if left == 0 {
            break;
        }
    }
    Ok(left)
}
