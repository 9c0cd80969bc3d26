//! Writing deliveries: with their message, and in slices of a fan-out.

use fanfare_core::{
    delivery::{DeliveryKey, DeliveryState, EndReason, Trigger},
    id::{ApplicationId, EndpointId, MessageId},
    message::Message,
    name::ReplaceKey,
    ports::store::{Fanout, NewDelivery},
    time::Timestamp,
};
use rusqlite::{Connection, params};

use crate::sqlite::{
    books::Books,
    columns::{count, id, length, maybe_id, maybe_name, maybe_time, number, time},
    query::{all, one, run},
    superseding::is_superseded,
    waiting::{Wakes, enter_order, owner_number},
};

/// What the deliveries of one message have in common.
pub(in crate::sqlite) struct NewRow {
    pub(in crate::sqlite) application: ApplicationId,
    pub(in crate::sqlite) message: MessageId,
    pub(in crate::sqlite) seq: u64,
    pub(in crate::sqlite) at: Timestamp,
    pub(in crate::sqlite) trigger: Trigger,
    pub(in crate::sqlite) expires_at: Option<Timestamp>,
    pub(in crate::sqlite) replace_key: Option<ReplaceKey>,
}

impl NewRow {
    /// Those of a message that was just accepted.
    pub(super) fn of(message: &Message, seq: u64) -> Self {
        Self {
            application: message.application,
            message: message.id,
            seq,
            at: message.created_at,
            trigger: Trigger::Scheduled,
            expires_at: message.expires_at,
            replace_key: message.replace_key.clone(),
        }
    }
}

/// Writes deliveries of one message and wakes the lanes of unowned ones; those of a superseded message are
/// written cancelled. Leaves alone what exists already; answers how many were written.
pub(in crate::sqlite) fn insert_deliveries(
    tx: &Connection,
    books: &mut Books,
    wakes: &mut Wakes,
    row: &NewRow,
    deliveries: &[NewDelivery],
) -> rusqlite::Result<usize> {
    let mut insert = tx.prepare_cached(
        "INSERT INTO deliveries (application, message, endpoint, state, blocked, due, owner, seq, ordering,
             attempts, retries_used, trigger, reason, updated_at, expires_at, replace_key, profile)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, 0, 0, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
    )?;
    let superseded = is_superseded(tx, row.application, row.message, row.replace_key.as_ref())?;
    let reason = superseded.then_some(EndReason::Superseded as u8);
    let replace_key = row.replace_key.as_ref().map(|key| key.as_str());
    let seq = number(row.seq)?;
    let mut written = 0;
    for new in deliveries {
        let key = DeliveryKey { application: row.application, message: row.message, endpoint: new.endpoint };
        let state = if superseded { DeliveryState::Cancelled } else { new.state };
        let waiting = state.is_waiting();
        let blocked = match &new.ordering {
            Some(ordering) if waiting && !exists(tx, &key)? => enter_order(tx, &key, ordering, row.seq)?,
            _ => false,
        };
        let owner = new.owner.filter(|_| waiting).map(owner_number).transpose()?;
        let inserted = insert.execute(params![
            key.application.0,
            key.message.0,
            key.endpoint.0,
            state as u8,
            blocked,
            new.due.0,
            owner,
            seq,
            new.ordering,
            row.trigger as u8,
            reason,
            row.at.0,
            row.expires_at.map(|at| at.0),
            replace_key,
            new.profile.map(|hash| hash.0),
        ])?;
        if inserted == 0 {
            continue;
        }
        written += 1;
        books.accept(state);
        if waiting && owner.is_none() && !blocked {
            wakes.wake(key.application, key.endpoint, new.due);
        }
    }
    Ok(written)
}

fn exists(tx: &Connection, key: &DeliveryKey) -> rusqlite::Result<bool> {
    let sql = "SELECT 1 FROM deliveries WHERE application = ? AND message = ? AND endpoint = ?";
    let values = params![key.application.0, key.message.0, key.endpoint.0];
    Ok(one(tx, sql, values, |_| Ok(()))?.is_some())
}

/// Fan-outs to go on with, oldest first.
pub(super) fn fanouts(conn: &Connection, after: Option<u64>, limit: usize) -> rusqlite::Result<Vec<Fanout>> {
    let sql = "SELECT f.seq, f.application, f.message, f.after FROM fanouts f
               JOIN applications a ON a.id = f.application AND a.deleted_at IS NULL
               WHERE f.seq >= ? ORDER BY f.seq LIMIT ?";
    let from = after.map_or(Ok(0), |after| number(after + 1))?;
    all(conn, sql, params![from, length(limit)], |row| {
        Ok(Fanout {
            seq: count(row, 0)?,
            application: id(row, 1)?,
            message: id(row, 2)?,
            after: maybe_id(row, 3)?,
        })
    })
}

/// Writes one slice of a fan-out, if its cursor stands where `from` says.
pub(super) fn expand(
    tx: &Connection,
    (application, message): (ApplicationId, MessageId),
    from: Option<EndpointId>,
    slice: &[NewDelivery],
    after: EndpointId,
    done: bool,
) -> rusqlite::Result<bool> {
    let cursor = one(
        tx,
        "SELECT f.seq, f.after, m.created_at, m.expires_at, m.replace_key FROM fanouts f
         JOIN messages m ON m.application = f.application AND m.id = f.message
         WHERE f.application = ? AND f.message = ?",
        params![application.0, message.0],
        |row| {
            let new = NewRow {
                application,
                message,
                seq: count(row, 0)?,
                at: time(row, 2)?,
                trigger: Trigger::Scheduled,
                expires_at: maybe_time(row, 3)?,
                replace_key: maybe_name(row, 4)?,
            };
            Ok((maybe_id::<EndpointId>(row, 1)?, new))
        },
    )?;
    let Some((stands, row)) = cursor else { return Ok(false) };
    if stands != from {
        return Ok(false);
    }
    let place = number(row.seq)?;
    let (mut books, mut wakes) = (Books::default(), Wakes::default());
    insert_deliveries(tx, &mut books, &mut wakes, &row, slice)?;
    if done {
        run(tx, "DELETE FROM fanouts WHERE seq = ?", params![place])?;
    } else {
        run(tx, "UPDATE fanouts SET after = ? WHERE seq = ?", params![after.0, place])?;
    }
    wakes.close(tx)?;
    books.close(tx)?;
    Ok(true)
}
