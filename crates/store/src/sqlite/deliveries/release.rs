//! Giving owned deliveries back unattempted.

use fanfare_core::{
    delivery::{DeliveryKey, Incarnation},
    time::Timestamp,
};
use rusqlite::{Connection, params};

use crate::sqlite::{
    books::Books,
    columns::time,
    query::one,
    superseding::end_superseded,
    waiting::{Wakes, owner_number},
};

/// Makes those that `owner` owns unowned, and wakes their lanes; superseded ones end.
pub(super) fn release(
    tx: &Connection,
    owner: Incarnation,
    keys: &[DeliveryKey],
    now: Timestamp,
) -> rusqlite::Result<()> {
    let (mut books, mut wakes) = (Books::default(), Wakes::default());
    for key in keys {
        free(tx, &mut books, &mut wakes, owner_number(owner)?, key, now)?;
    }
    wakes.close(tx)?;
    books.close(tx)
}

/// Makes one unowned, if `owner` owns it, and wakes its lane; a superseded one ends.
pub(in crate::sqlite) fn free(
    tx: &Connection,
    books: &mut Books,
    wakes: &mut Wakes,
    owner: i64,
    key: &DeliveryKey,
    now: Timestamp,
) -> rusqlite::Result<()> {
    let sql = "UPDATE deliveries SET owner = NULL, updated_at = ?
               WHERE application = ? AND message = ? AND endpoint = ? AND owner = ? AND state <= 2
               RETURNING due, blocked, replace_key IS NOT NULL";
    let values = params![now.0, key.application.0, key.message.0, key.endpoint.0, owner];
    let freed =
        one(tx, sql, values, |row| Ok((time(row, 0)?, row.get::<_, bool>(1)?, row.get::<_, bool>(2)?)))?;
    let Some((due, blocked, keyed)) = freed else { return Ok(()) };
    let ended = keyed && end_superseded(tx, books, wakes, key, now)?;
    if !ended && !blocked {
        wakes.wake(key.application, key.endpoint, due);
    }
    Ok(())
}
