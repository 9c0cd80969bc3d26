//! Calling deliveries off that wait unowned.

use fanfare_core::{
    delivery::{Delivery, DeliveryEvent, DeliveryKey, EndReason},
    ports::store::{Audit, ChangeError},
    time::Timestamp,
};
use rusqlite::{Connection, params};

use super::by_key;
use crate::sqlite::{
    audit,
    books::Books,
    query::run,
    waiting::{Wakes, leave_order},
};

/// Cancels a delivery that waits and is not in flight; answers whether it did.
pub(super) fn cancel(
    tx: &Connection,
    key: &DeliveryKey,
    audit: &Audit,
) -> rusqlite::Result<Result<bool, ChangeError>> {
    let Some(delivery) = by_key(tx, key)? else { return Ok(Err(ChangeError::NotFound)) };
    if !delivery.state.is_waiting() || delivery.owner.is_some() {
        return Ok(Ok(false));
    }
    let (mut books, mut wakes) = (Books::default(), Wakes::default());
    end_unattempted(tx, &mut books, &mut wakes, &delivery, EndReason::ByHand, audit.at)?;
    wakes.close(tx)?;
    books.close(tx)?;
    audit::write(tx, audit)?;
    Ok(Ok(true))
}

/// Ends a waiting delivery as cancelled, and lets the next one of its order go.
pub(in crate::sqlite) fn end_unattempted(
    tx: &Connection,
    books: &mut Books,
    wakes: &mut Wakes,
    delivery: &Delivery,
    reason: EndReason,
    now: Timestamp,
) -> rusqlite::Result<()> {
    let Some(next) = delivery.state.after(DeliveryEvent::Cancel) else { return Ok(()) };
    let key = &delivery.key;
    let sql = "UPDATE deliveries SET state = ?4, blocked = 0, owner = NULL, reason = ?5, updated_at = ?6
               WHERE application = ?1 AND message = ?2 AND endpoint = ?3";
    let values = params![key.application.0, key.message.0, key.endpoint.0, next as u8, reason as u8, now.0];
    run(tx, sql, values)?;
    books.change(delivery.state, next);
    match &delivery.ordering {
        Some(ordering) => leave_order(tx, wakes, key, ordering),
        None => Ok(()),
    }
}
