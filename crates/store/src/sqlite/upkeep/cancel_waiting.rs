//! Cancelling what waits unowned: for deleted endpoints, and past its expiry.

use fanfare_core::{
    delivery::{Delivery, EndReason},
    id::{ApplicationId, EndpointId},
    time::Timestamp,
};
use rusqlite::{Connection, params};

use crate::sqlite::{
    books::Books,
    columns::{id, length},
    deliveries::{DELIVERY, end_unattempted, read_delivery},
    query::{all, one, run},
    waiting::Wakes,
};

/// Cancels up to `limit` deliveries of deleted endpoints; answers whether more may be left.
pub(super) fn of_deleted_endpoints(tx: &Connection, now: Timestamp, limit: usize) -> rusqlite::Result<bool> {
    let mut left = limit.max(1);
    let (mut books, mut wakes) = (Books::default(), Wakes::default());
    while let Some((application, endpoint)) = deleted_lane(tx)? {
        let waiting = unowned(tx, application, endpoint, left)?;
        for delivery in &waiting {
            end_unattempted(tx, &mut books, &mut wakes, delivery, EndReason::EndpointDeleted, now)?;
        }
        left -= waiting.len();
        if left == 0 {
            break;
        }
        let sql = "DELETE FROM lanes WHERE application = ? AND endpoint = ?";
        run(tx, sql, params![application.0, endpoint.0])?;
    }
    // Wakes of these lanes are not written: their unowned deliveries have all ended here, or will in the
    // next slice, for which the lane that was not finished still stands.
    books.close(tx)?;
    Ok(left == 0)
}

fn deleted_lane(tx: &Connection) -> rusqlite::Result<Option<(ApplicationId, EndpointId)>> {
    let sql = "SELECT application, endpoint FROM lanes INDEXED BY lanes_deleted
               WHERE held = 2 ORDER BY application, endpoint LIMIT 1";
    one(tx, sql, &[], |row| Ok((id(row, 0)?, id(row, 1)?)))
}

fn unowned(
    tx: &Connection,
    application: ApplicationId,
    endpoint: EndpointId,
    limit: usize,
) -> rusqlite::Result<Vec<Delivery>> {
    let sql = format!(
        "SELECT {DELIVERY} FROM deliveries d INDEXED BY deliveries_waiting
         WHERE d.owner IS NULL AND d.blocked IN (0, 1) AND d.application = ? AND d.endpoint = ?
             AND d.state <= 2 LIMIT ?"
    );
    all(tx, &sql, params![application.0, endpoint.0, length(limit)], |row| read_delivery(row, 0))
}

/// Cancels up to `limit` deliveries whose message is no longer worth delivering; answers whether more may
/// be left.
pub(super) fn expired(tx: &Connection, now: Timestamp, limit: usize) -> rusqlite::Result<bool> {
    let sql = format!(
        "SELECT {DELIVERY} FROM deliveries d INDEXED BY deliveries_expiring
         WHERE d.expires_at IS NOT NULL AND d.owner IS NULL AND d.state <= 2 AND d.expires_at <= ?
         ORDER BY d.expires_at LIMIT ?"
    );
    let late = all(tx, &sql, params![now.0, length(limit)], |row| read_delivery(row, 0))?;
    let (mut books, mut wakes) = (Books::default(), Wakes::default());
    for delivery in &late {
        end_unattempted(tx, &mut books, &mut wakes, delivery, EndReason::Expired, now)?;
    }
    wakes.close(tx)?;
    books.close(tx)?;
    Ok(late.len() == limit)
}
