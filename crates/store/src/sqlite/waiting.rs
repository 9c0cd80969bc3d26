//! Waiting work: the lanes that must wake, and the order of ordered endpoints.
//!
//! A lane row exists where unowned deliveries wait that are not blocked by an earlier one of their ordering
//! key. Whoever makes a delivery wait unowned wakes its lane; whoever ends a waiting delivery of an ordering
//! key lets the next one go.

use std::collections::BTreeMap;

use fanfare_core::{
    delivery::{DeliveryKey, Incarnation},
    id::{ApplicationId, EndpointId},
    time::Timestamp,
};
use rusqlite::{Connection, params};

use super::{
    columns::{maybe_time, number},
    query::{one, run},
};

/// Lanes to wake, gathered over a transaction. Must end in [`Wakes::close`].
#[derive(Debug, Default)]
pub(super) struct Wakes(BTreeMap<(ApplicationId, EndpointId), Wake>);

#[derive(Debug, Default)]
struct Wake {
    due: Option<i64>,
    rest_until: Option<i64>,
}

impl Wakes {
    /// A delivery of this lane waits unowned.
    pub(super) fn wake(&mut self, application: ApplicationId, endpoint: EndpointId, due: Timestamp) {
        let wake = self.0.entry((application, endpoint)).or_default();
        wake.due = Some(wake.due.map_or(due.0, |before| before.min(due.0)));
    }

    /// This lane asked for a rest.
    pub(super) fn rest(&mut self, application: ApplicationId, endpoint: EndpointId, until: Timestamp) {
        let wake = self.0.entry((application, endpoint)).or_default();
        wake.rest_until = wake.rest_until.max(Some(until.0));
    }

    /// Writes the lanes.
    pub(super) fn close(self, tx: &Connection) -> rusqlite::Result<()> {
        if self.0.is_empty() {
            return Ok(());
        }
        let mut upsert = tx.prepare_cached(
            "INSERT INTO lanes (application, endpoint, next_due, rest_until, held)
             VALUES (?1, ?2, ?3, ?4, CASE
                 WHEN EXISTS (SELECT 1 FROM applications WHERE id = ?1 AND deleted_at IS NULL)
                 THEN coalesce((SELECT held FROM endpoints WHERE application = ?1 AND id = ?2), 2)
                 ELSE 2 END)
             ON CONFLICT (application, endpoint) DO UPDATE SET
                 next_due = min(coalesce(next_due, excluded.next_due), coalesce(excluded.next_due, next_due)),
                 rest_until = max(rest_until, excluded.rest_until)",
        )?;
        for ((application, endpoint), wake) in self.0 {
            upsert.execute(params![application.0, endpoint.0, wake.due, wake.rest_until.unwrap_or(0)])?;
        }
        Ok(())
    }
}

/// Places a delivery that is about to wait in the order of its key; answers whether an earlier one blocks it.
/// A later one that had the front until now steps back.
pub(super) fn enter_order(
    tx: &Connection,
    key: &DeliveryKey,
    ordering: &str,
    seq: u64,
) -> rusqlite::Result<bool> {
    let values = params![key.application.0, key.endpoint.0, ordering, number(seq)?];
    let earlier = one(
        tx,
        "SELECT 1 FROM deliveries
         WHERE application = ? AND endpoint = ? AND ordering = ? AND seq < ? AND state <= 2 LIMIT 1",
        values,
        |_| Ok(()),
    )?;
    if earlier.is_some() {
        return Ok(true);
    }
    run(
        tx,
        "UPDATE deliveries SET blocked = 1
         WHERE application = ? AND endpoint = ? AND ordering = ? AND seq > ? AND state <= 2 AND blocked = 0",
        values,
    )?;
    Ok(false)
}

/// Lets the next delivery of an ordering key go, after one of it has ended.
pub(super) fn leave_order(
    tx: &Connection,
    wakes: &mut Wakes,
    key: &DeliveryKey,
    ordering: &str,
) -> rusqlite::Result<()> {
    let next = one(
        tx,
        "SELECT message, due, owner, blocked FROM deliveries
         WHERE application = ? AND endpoint = ? AND ordering = ? AND state <= 2 ORDER BY seq LIMIT 1",
        params![key.application.0, key.endpoint.0, ordering],
        |row| {
            let owner = row.get::<_, Option<i64>>(2)?;
            Ok((row.get::<_, [u8; 20]>(0)?, Timestamp(row.get(1)?), owner, row.get::<_, bool>(3)?))
        },
    )?;
    let Some((message, due, owner, true)) = next else { return Ok(()) };
    run(
        tx,
        "UPDATE deliveries SET blocked = 0 WHERE application = ? AND message = ? AND endpoint = ?",
        params![key.application.0, message, key.endpoint.0],
    )?;
    if owner.is_none() {
        wakes.wake(key.application, key.endpoint, due);
    }
    Ok(())
}

/// When the first unowned, unblocked delivery of a lane is due.
pub(super) fn next_due(
    tx: &Connection,
    application: ApplicationId,
    endpoint: EndpointId,
) -> rusqlite::Result<Option<Timestamp>> {
    let sql = "SELECT min(due) FROM deliveries INDEXED BY deliveries_waiting
               WHERE owner IS NULL AND blocked = 0 AND application = ? AND endpoint = ? AND state <= 2";
    tx.prepare_cached(sql)?.query_row(params![application.0, endpoint.0], |row| maybe_time(row, 0))
}

/// An owner as SQLite stores it.
pub(super) fn owner_number(owner: Incarnation) -> rusqlite::Result<i64> {
    number(owner.0)
}
