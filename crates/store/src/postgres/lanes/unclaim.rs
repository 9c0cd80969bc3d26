//! Undoing a claim of which nobody has heard whether it was committed.

use fanfare_core::{
    delivery::{DeliveryKey, Incarnation},
    ports::store::LaneClaim,
    time::Timestamp,
};

use crate::postgres::{
    books::Books,
    columns::id,
    connection::Tx,
    deliveries::free,
    fault::Done,
    query::{all, run, values},
    waiting::owner_number,
};

/// Waits until the claim is over: it holds the rows of its lanes to its end. In a transaction of its own, so that
/// nothing else is waited for while they are held.
pub(super) async fn settle(tx: &Tx, lanes: &[LaneClaim]) -> Done<()> {
    let sql = "SELECT 1 FROM lanes l JOIN unnest($1::bytea[], $2::bytea[]) AS k (application, endpoint)
                   ON l.application = k.application AND l.endpoint = k.endpoint
               ORDER BY l.application, l.endpoint FOR UPDATE OF l";
    let (applications, endpoints) = columns(lanes);
    run(tx, sql, values![applications, endpoints]).await.map(drop)
}

/// Frees what it took.
pub(super) async fn unclaim(
    tx: &Tx,
    owner: Incarnation,
    claimed_at: Timestamp,
    lanes: &[LaneClaim],
    now: Timestamp,
) -> Done<()> {
    let sql = "SELECT d.application, d.message, d.endpoint
               FROM deliveries d JOIN unnest($1::bytea[], $2::bytea[]) AS k (application, endpoint)
                   ON d.application = k.application AND d.endpoint = k.endpoint
               WHERE d.owner = $3 AND d.owner IS NOT NULL AND d.state <= 2 AND d.updated_at = $4";
    let (applications, endpoints) = columns(lanes);
    let values = values![applications, endpoints, owner_number(owner)?, claimed_at];
    let claimed = all(tx, sql, values, |row| {
        Ok(DeliveryKey { application: id(row, 0)?, message: id(row, 1)?, endpoint: id(row, 2)? })
    })
    .await?;
    let mut books = Books::default();
    free(tx, &mut books, owner, &claimed, now).await?;
    books.close(tx).await
}

fn columns(lanes: &[LaneClaim]) -> (Vec<[u8; 20]>, Vec<[u8; 20]>) {
    lanes.iter().map(|lane| (lane.application.0, lane.endpoint.0)).unzip()
}
