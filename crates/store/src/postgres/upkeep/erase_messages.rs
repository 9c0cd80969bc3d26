//! Erasing messages with all that hangs on them, as far as a slice allows.

use fanfare_core::id::{ApplicationId, ID_BYTES, MessageId};

use crate::postgres::{
    books::Books,
    columns::length,
    connection::Tx,
    deliveries::state,
    fault::Done,
    query::{all, run, values},
};

/// What is erased.
pub(super) struct Doomed<'a> {
    pub(super) application: ApplicationId,
    pub(super) messages: &'a [MessageId],
    /// Whether what waits is erased as well; else it stays, and its message with it.
    pub(super) waiting: bool,
}

/// Erases attempts, then deliveries, then the messages, up to `budget` rows; answers how many rows went. The
/// messages are gone if and only if that is less than `budget`.
///
/// The messages are held before their deliveries are looked at: whoever sends one of them to another endpoint
/// meanwhile (which holds it too) has either written that delivery by then, or finds no message.
pub(super) async fn erase_messages(
    tx: &Tx,
    books: &mut Books,
    doomed: Doomed<'_>,
    budget: usize,
) -> Done<usize> {
    if doomed.messages.is_empty() {
        return Ok(0);
    }
    let application = doomed.application.0;
    let ids = || -> Vec<[u8; ID_BYTES]> { doomed.messages.iter().map(|id| id.0).collect() };
    let hold = "SELECT FROM messages WHERE application = $1 AND id = ANY($2) ORDER BY id FOR UPDATE";
    run(tx, hold, values![application, ids()]).await?;
    let attempts = "DELETE FROM attempts t USING
                        (SELECT application, message, id FROM attempts
                         WHERE application = $1 AND message = ANY($2) LIMIT $3) AS x
                    WHERE t.application = x.application AND t.message = x.message AND t.id = x.id
                        AND t.application = $1 AND t.message = ANY($2)";
    let erased = run(tx, attempts, values![application, ids(), length(budget)]).await?;
    let mut erased = usize::try_from(erased).unwrap_or(budget);
    let deliveries = "DELETE FROM deliveries d USING
                          (SELECT application, message, endpoint FROM deliveries
                           WHERE application = $1 AND message = ANY($2) AND (state > 2 OR $4) LIMIT $3) AS x
                      WHERE d.application = x.application AND d.message = x.message
                          AND d.endpoint = x.endpoint AND d.application = $1 AND d.message = ANY($2)
                          AND (d.state > 2 OR $4)
                      RETURNING d.state";
    let left = length(budget - erased);
    let values = values![application, ids(), left, doomed.waiting];
    for state in all(tx, deliveries, values, |row| state(row, 0)).await? {
        books.erase(state);
        erased += 1;
    }
    if erased < budget {
        let messages = "DELETE FROM messages m WHERE m.application = $1 AND m.id = ANY($2) AND NOT EXISTS
                            (SELECT 1 FROM deliveries d WHERE d.application = $1 AND d.message = m.id)";
        run(tx, messages, values![application, ids()]).await?;
    }
    Ok(erased)
}
