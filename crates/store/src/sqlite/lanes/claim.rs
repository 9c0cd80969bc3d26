//! Claiming: due deliveries become owned, lanes learn when to wake next.

use std::sync::Arc;

use fanfare_core::{
    delivery::Incarnation,
    limits::CLAIM_BYTES,
    ports::store::{Claimed, LaneClaim},
    time::Timestamp,
};
use rusqlite::{Connection, params};

use crate::sqlite::{
    columns::length,
    deliveries::{DELIVERY, DELIVERY_COLUMNS, read_delivery},
    messages::{MESSAGE, read_message},
    query::{one, run},
    waiting::{next_due, owner_number},
};

/// Takes due deliveries of these lanes for `owner`.
pub(super) fn claim(
    tx: &Connection,
    owner: Incarnation,
    now: Timestamp,
    lanes: &[LaneClaim],
) -> rusqlite::Result<Vec<Claimed>> {
    let (mut claimed, mut bytes) = (Vec::new(), 0);
    for lane in lanes {
        if bytes < CLAIM_BYTES && may_go(tx, owner, lane, now)? {
            let taken = take(tx, owner, now, lane, bytes)?;
            bytes += taken.iter().map(|claimed| claimed.message.payload.len()).sum::<usize>();
            claimed.extend(taken);
        }
        correct(tx, lane, now)?;
    }
    Ok(claimed)
}

fn may_go(tx: &Connection, owner: Incarnation, lane: &LaneClaim, now: Timestamp) -> rusqlite::Result<bool> {
    let sql = "SELECT home FROM lanes
               WHERE application = ? AND endpoint = ? AND held = 0 AND rest_until <= ?";
    let values = params![lane.application.0, lane.endpoint.0, now.0];
    let Some(home) = one(tx, sql, values, |row| row.get::<_, Option<i64>>(0))? else { return Ok(false) };
    let owner = owner_number(owner)?;
    let wanted = lane.home.then_some(owner);
    if home == wanted {
        return Ok(true);
    }
    if lane.home && home.is_some_and(|home| home != owner) {
        let lives = "SELECT 1 FROM nodes WHERE incarnation = ? AND alive = 1";
        if one(tx, lives, params![home], |_| Ok(()))?.is_some() {
            return Ok(false);
        }
    }
    let sql = "UPDATE lanes SET home = ? WHERE application = ? AND endpoint = ?";
    run(tx, sql, params![wanted, lane.application.0, lane.endpoint.0])?;
    Ok(true)
}

fn take(
    tx: &Connection,
    owner: Incarnation,
    now: Timestamp,
    lane: &LaneClaim,
    mut bytes: usize,
) -> rusqlite::Result<Vec<Claimed>> {
    let due = format!(
        "SELECT {DELIVERY}, {MESSAGE}, p.bytes FROM deliveries d INDEXED BY deliveries_waiting
         JOIN messages m ON m.application = d.application AND m.id = d.message
         LEFT JOIN payloads p ON p.place = m.payload_place
         WHERE d.owner IS NULL AND d.blocked = 0 AND d.application = ? AND d.endpoint = ? AND d.state <= 2
             AND d.due <= ?
         ORDER BY d.due, d.seq LIMIT ?"
    );
    let values = params![lane.application.0, lane.endpoint.0, now.0, length(lane.limit)];
    let mut claimed = Vec::new();
    let mut due = tx.prepare_cached(&due)?;
    let mut rows = due.query(values)?;
    while bytes < CLAIM_BYTES
        && let Some(row) = rows.next()?
    {
        let message = Arc::new(read_message(row, DELIVERY_COLUMNS)?);
        bytes += message.payload.len();
        claimed.push(Claimed { delivery: read_delivery(row, 0)?, message });
    }
    drop(rows);
    let own = "UPDATE deliveries SET owner = ?, updated_at = ?
               WHERE application = ? AND message = ? AND endpoint = ?";
    for Claimed { delivery, .. } in &mut claimed {
        let key = &delivery.key;
        let values = params![owner_number(owner)?, now.0, key.application.0, key.message.0, key.endpoint.0];
        run(tx, own, values)?;
        (delivery.owner, delivery.updated_at) = (Some(owner), now);
    }
    Ok(claimed)
}

/// Makes the lane say when its next delivery is due; one without any goes, unless it still rests or
/// has a home.
fn correct(tx: &Connection, lane: &LaneClaim, now: Timestamp) -> rusqlite::Result<()> {
    let next = next_due(tx, lane.application, lane.endpoint)?;
    let (application, endpoint) = (lane.application.0, lane.endpoint.0);
    let idle = "DELETE FROM lanes
                WHERE application = ? AND endpoint = ? AND rest_until <= ? AND home IS NULL";
    let rested = "UPDATE lanes SET next_due = NULL, rest_until = 0
                  WHERE application = ? AND endpoint = ? AND rest_until <= ?";
    let values = params![application, endpoint, now.0];
    if next.is_none() && (run(tx, idle, values)? > 0 || run(tx, rested, values)? > 0) {
        return Ok(());
    }
    let sql = "UPDATE lanes SET next_due = ?3
               WHERE application = ?1 AND endpoint = ?2 AND next_due IS NOT ?3";
    run(tx, sql, params![application, endpoint, next.map(|due| due.0)]).map(drop)
}
