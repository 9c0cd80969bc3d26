//! Cancelling what waits unowned: for deleted endpoints, and past its expiry.

use fanfare_core::{
    delivery::{Delivery, EndReason},
    id::{ApplicationId, EndpointId},
    time::Timestamp,
};

use crate::postgres::{
    books::Books,
    columns::{id, length},
    deliveries::{DELIVERY, end_unattempted, read_delivery},
    query::{all, one, run, values},
    waiting::Wakes,
    connection::Tx,
    fault::Done,
};

/// Cancels up to `limit` deliveries of deleted endpoints; answers whether more may be left.
pub(super) async fn of_deleted_endpoints(tx: &Tx, now: Timestamp, limit: usize) -> Done<bool> {
    let mut left = limit.max(1);
    let (mut books, mut wakes) = (Books::default(), Wakes::default());
    while let Some((application, endpoint)) = deleted_lane(tx).await? {
        let waiting = unowned(tx, application, endpoint, left).await?;
        for delivery in &waiting {
            end_unattempted(tx, &mut books, &mut wakes, delivery, EndReason::EndpointDeleted, now).await?;
        }
        left -= waiting.len();
        if left == 0 {
            break;
        }
        let sql = "DELETE FROM lanes WHERE application = $1 AND endpoint = $2";
        run(tx, sql, values![application.0, endpoint.0]).await?;
    }
    // Wakes of these lanes are not written: their unowned deliveries have all ended here, or will in the
    // next slice, for which the lane that was not finished still stands.
    books.close(tx)?;
    Ok(left == 0)
}

async fn deleted_lane(tx: &Tx) -> Done<Option<(ApplicationId, EndpointId)>> {
    let sql = "SELECT application, endpoint FROM lanes 
               WHERE held = 2 ORDER BY application, endpoint LIMIT 1";
    one(tx, sql, values![], |row| Ok((id(row, 0)?, id(row, 1)?)))
}

async fn unowned(
    tx: &Tx,
    application: ApplicationId,
    endpoint: EndpointId,
    limit: usize,
) -> Done<Vec<Delivery>> {
    let sql = format!(
        "SELECT {DELIVERY} FROM deliveries d 
         WHERE d.owner IS NULL AND d.blocked IN (0, 1) AND d.application = $1 AND d.endpoint = $2
             AND d.state <= 2 LIMIT $3"
    );
    all(tx, &sql, values![application.0, endpoint.0, length(limit)], |row| read_delivery(row, 0))
}

/// Cancels up to `limit` deliveries whose message is no longer worth delivering; answers whether more may
/// be left.
pub(super) async fn expired(tx: &Tx, now: Timestamp, limit: usize) -> Done<bool> {
    let sql = format!(
        "SELECT {DELIVERY} FROM deliveries d 
         WHERE d.expires_at IS NOT NULL AND d.owner IS NULL AND d.state <= 2 AND d.expires_at <= $1
         ORDER BY d.expires_at LIMIT $2"
    );
    let late = all(tx, &sql, values![now.0, length(limit)], |row| read_delivery(row, 0)).await?;
    let (mut books, mut wakes) = (Books::default(), Wakes::default());
    for delivery in &late {
        end_unattempted(tx, &mut books, &mut wakes, delivery, EndReason::Expired, now).await?;
    }
    wakes.close(tx)?;
    books.close(tx)?;
    Ok(late.len() == limit)
}
