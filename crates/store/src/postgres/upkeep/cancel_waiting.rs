//! Cancelling what waits unowned: for deleted endpoints, and past its expiry.

use fanfare_core::{
    delivery::{Delivery, EndReason},
    id::{ApplicationId, EndpointId},
    time::Timestamp,
};

use crate::postgres::{
    books::Books,
    columns::{id, length},
    connection::Tx,
    deliveries::{DELIVERY, end_unattempted, read_delivery},
    fault::Done,
    guards::Guards,
    query::{all, one, run, values},
};

/// Cancels up to `limit` deliveries of deleted endpoints; answers whether more may be left.
pub(super) async fn of_deleted_endpoints(tx: &Tx, now: Timestamp, limit: usize) -> Done<bool> {
    let mut left = limit.max(1);
    let mut books = Books::default();
    while let Some((application, endpoint)) = deleted_lane(tx).await? {
        hold(tx, application, endpoint).await?;
        let waiting = unowned(tx, application, endpoint, left).await?;
        end_unattempted(tx, &mut books, &waiting, EndReason::EndpointDeleted, now).await?;
        left -= waiting.len();
        if left == 0 {
            break;
        }
        let sql = "DELETE FROM lanes WHERE application = $1 AND endpoint = $2";
        run(tx, sql, values![application.0, endpoint.0]).await?;
    }
    books.close(tx).await?;
    Ok(left == 0)
}

/// The first lane of a deleted endpoint.
async fn deleted_lane(tx: &Tx) -> Done<Option<(ApplicationId, EndpointId)>> {
    let sql = "SELECT application, endpoint FROM lanes
               WHERE held = 2 ORDER BY application, endpoint LIMIT 1";
    one(tx, sql, values![], |row| Ok((id(row, 0)?, id(row, 1)?))).await
}

/// Holds a lane: nothing begins to wait in it before it is gone.
async fn hold(tx: &Tx, application: ApplicationId, endpoint: EndpointId) -> Done<()> {
    Guards::default().application(application).share(tx).await?;
    let sql = "SELECT FROM lanes WHERE application = $1 AND endpoint = $2 FOR UPDATE";
    run(tx, sql, values![application.0, endpoint.0]).await.map(drop)
}

/// What waits unowned in a lane: first what could be claimed, then what is behind others of its order. Each
/// has an index of its own.
async fn unowned(
    tx: &Tx,
    application: ApplicationId,
    endpoint: EndpointId,
    limit: usize,
) -> Done<Vec<Delivery>> {
    let mut found = Vec::new();
    for which in ["NOT d.blocked", "d.blocked AND d.ordering IS NOT NULL"] {
        let sql = format!(
            "SELECT {DELIVERY} FROM deliveries d
             WHERE d.application = $1 AND d.endpoint = $2 AND d.owner IS NULL AND d.state <= 2 AND {which}
             LIMIT $3"
        );
        let values = values![application.0, endpoint.0, length(limit - found.len())];
        found.extend(all(tx, &sql, values, |row| read_delivery(row, 0)).await?);
    }
    Ok(found)
}

/// Cancels up to `limit` deliveries whose message is no longer worth delivering; answers whether more may
/// be left.
pub(super) async fn expired(tx: &Tx, now: Timestamp, limit: usize) -> Done<bool> {
    let sql = format!(
        "SELECT {DELIVERY} FROM deliveries d
         WHERE d.expires_at IS NOT NULL AND d.owner IS NULL AND d.state <= 2 AND d.expires_at <= $1
         ORDER BY d.expires_at LIMIT $2"
    );
    let seen = all(tx, &sql, values![now, length(limit)], |row| read_delivery(row, 0)).await?;
    let mut books = Books::default();
    end_unattempted(tx, &mut books, &seen, EndReason::Expired, now).await?;
    books.close(tx).await?;
    Ok(seen.len() == limit)
}
