//! Erasing the rows of deleted applications.

use fanfare_core::id::{ApplicationId, MessageId};

use super::erase_messages::{Doomed, erase_messages};
use crate::postgres::{
    books::Books,
    columns::{id, length},
    connection::Tx,
    fault::Done,
    query::{all, one, run, values},
};

/// What belongs to an application beside its messages, each with a key that a slice can go by.
const REST: [&str; 8] = [
    "DELETE FROM lanes WHERE (application, endpoint) IN
         (SELECT application, endpoint FROM lanes WHERE application = $1 LIMIT $2)",
    "DELETE FROM health WHERE (application, endpoint) IN
         (SELECT application, endpoint FROM health WHERE application = $1 LIMIT $2)",
    "DELETE FROM dedupe WHERE (application, kind, key) IN
         (SELECT application, kind, key FROM dedupe WHERE application = $1 LIMIT $2)",
    "DELETE FROM keys WHERE id IN (SELECT id FROM keys WHERE application = $1 LIMIT $2)",
    "DELETE FROM replays WHERE (application, id) IN
         (SELECT application, id FROM replays WHERE application = $1 LIMIT $2)",
    "DELETE FROM arrivals WHERE (application, inbox, number) IN
         (SELECT application, inbox, number FROM arrivals WHERE application = $1 LIMIT $2)",
    // After what arrived there: nothing is kept for an inbox that is gone.
    "DELETE FROM inboxes WHERE (application, id) IN
         (SELECT application, id FROM inboxes WHERE application = $1 LIMIT $2)",
    "DELETE FROM endpoints WHERE (application, id) IN
         (SELECT application, id FROM endpoints WHERE application = $1 LIMIT $2)",
];

/// Erases about `limit` rows of the application that was deleted first; answers whether more is left.
pub(super) async fn erase(tx: &Tx, limit: usize) -> Done<bool> {
    let Some(application) = first_deleted(tx).await? else { return Ok(false) };
    let mut books = Books::default();
    let mut left = limit.max(1);
    // No fan-out may add to what is being erased.
    let fanouts =
        "DELETE FROM fanouts WHERE seq IN (SELECT seq FROM fanouts WHERE application = $1 LIMIT $2)";
    left = rest_of(tx, fanouts, application, left).await?;
    left = messages(tx, &mut books, application, left).await?;
    for sql in REST {
        left = rest_of(tx, sql, application, left).await?;
    }
    if left > 0 {
        run(tx, "DELETE FROM applications WHERE id = $1", values![application.0]).await?;
    }
    books.close(tx).await?;
    Ok(first_deleted(tx).await?.is_some())
}

async fn first_deleted(tx: &Tx) -> Done<Option<ApplicationId>> {
    let sql = "SELECT id FROM applications WHERE deleted_at IS NOT NULL ORDER BY deleted_at, id LIMIT 1";
    one(tx, sql, values![], |row| id(row, 0)).await
}

/// Erases rows as the statement says; answers what is left of the budget.
async fn rest_of(tx: &Tx, sql: &str, application: ApplicationId, budget: usize) -> Done<usize> {
    if budget == 0 {
        return Ok(0);
    }
    let erased = run(tx, sql, values![application.0, length(budget)]).await?;
    Ok(budget.saturating_sub(usize::try_from(erased).unwrap_or(budget)))
}

/// Erases messages; answers what is left of the budget, nothing unless all messages are gone.
async fn messages(tx: &Tx, books: &mut Books, application: ApplicationId, budget: usize) -> Done<usize> {
    if budget == 0 {
        return Ok(0);
    }
    let sql = "SELECT id FROM messages WHERE application = $1 ORDER BY id LIMIT $2";
    let messages: Vec<MessageId> =
        all(tx, sql, values![application.0, length(budget)], |row| id(row, 0)).await?;
    let doomed = Doomed { application, messages: &messages, waiting: true };
    let erased = erase_messages(tx, books, doomed, budget).await?;
    // The messages themselves count too.
    Ok(budget.saturating_sub(erased + messages.len()))
}
