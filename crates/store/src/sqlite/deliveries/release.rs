//! Giving owned deliveries back unattempted.

use fanfare_core::{
    delivery::{DeliveryKey, Incarnation},
    time::Timestamp,
};
use rusqlite::{Connection, params};

use crate::sqlite::{
    columns::time,
    query::one,
    waiting::{Wakes, owner_number},
};

/// Makes those that `owner` owns unowned, and wakes their lanes.
pub(super) fn release(
    tx: &Connection,
    owner: Incarnation,
    keys: &[DeliveryKey],
    now: Timestamp,
) -> rusqlite::Result<()> {
    let mut wakes = Wakes::default();
    let sql = "UPDATE deliveries SET owner = NULL, updated_at = ?
               WHERE application = ? AND message = ? AND endpoint = ? AND owner = ? AND state <= 2
               RETURNING due, blocked";
    for key in keys {
        let values = params![now.0, key.application.0, key.message.0, key.endpoint.0, owner_number(owner)?];
        let freed = one(tx, sql, values, |row| Ok((time(row, 0)?, row.get::<_, bool>(1)?)))?;
        if let Some((due, false)) = freed {
            wakes.wake(key.application, key.endpoint, due);
        }
    }
    wakes.close(tx)
}
