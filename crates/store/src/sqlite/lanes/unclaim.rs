//! Undoing a claim of which nobody has heard whether it was committed.

use fanfare_core::{
    delivery::{DeliveryKey, Incarnation},
    ports::store::LaneClaim,
    time::Timestamp,
};
use rusqlite::{Connection, params};

use crate::sqlite::{
    books::Books,
    columns::id,
    deliveries::free,
    query::all,
    waiting::{Wakes, owner_number},
};

/// Frees what that claim took. One transaction writes at a time, so that it is over by now.
pub(super) fn unclaim(
    tx: &Connection,
    owner: Incarnation,
    claimed_at: Timestamp,
    lanes: &[LaneClaim],
    now: Timestamp,
) -> rusqlite::Result<()> {
    let owner = owner_number(owner)?;
    let (mut books, mut wakes) = (Books::default(), Wakes::default());
    for lane in lanes {
        for key in claimed(tx, owner, claimed_at, lane)? {
            free(tx, &mut books, &mut wakes, owner, &key, now)?;
        }
    }
    wakes.close(tx)?;
    books.close(tx)
}

fn claimed(
    tx: &Connection,
    owner: i64,
    claimed_at: Timestamp,
    lane: &LaneClaim,
) -> rusqlite::Result<Vec<DeliveryKey>> {
    let sql = "SELECT application, message, endpoint FROM deliveries INDEXED BY deliveries_waiting
               WHERE owner = ? AND blocked = 0 AND application = ? AND endpoint = ? AND state <= 2
                   AND updated_at = ?";
    let values = params![owner, lane.application.0, lane.endpoint.0, claimed_at.0];
    all(tx, sql, values, |row| {
        Ok(DeliveryKey { application: id(row, 0)?, message: id(row, 1)?, endpoint: id(row, 2)? })
    })
}
