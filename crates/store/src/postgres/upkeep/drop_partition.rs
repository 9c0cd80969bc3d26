//! Retention of whole partitions: what costs hours row by row costs one statement.

use fanfare_core::{delivery::DeliveryState, time::Timestamp};

use super::LOCKED_AT_MOST;
use crate::postgres::{
    books::Books,
    columns::{count, small},
    connection::Tx,
    fault::{Done, broken},
    partitions::{self, Partition, TABLES},
    query::{all, one, values},
};

/// Drops the oldest partition of which every message is older than `cutoff` and nothing waits, and writes what
/// was in it off in the books; answers whether there was one.
pub(super) async fn oldest(tx: &Tx, cutoff: Timestamp) -> Done<bool> {
    for partition in partitions::existing(tx).await?.into_iter().take_while(|part| part.end() <= cutoff) {
        if !waits(tx, partition).await? {
            tx.script(&format!("SET LOCAL lock_timeout = {LOCKED_AT_MOST}")).await?;
            return drop(tx, partition).await;
        }
    }
    Ok(false)
}

/// Whether something in it is still to be done. Each half is in an index of its own.
async fn waits(tx: &Tx, partition: Partition) -> Done<bool> {
    let deliveries = partition.name("deliveries");
    let (from, until) = partition.ids();
    let sql = format!(
        "SELECT 1 WHERE
             EXISTS (SELECT 1 FROM {deliveries} WHERE owner IS NOT NULL AND state <= 2)
             OR EXISTS (SELECT 1 FROM {deliveries} WHERE owner IS NULL AND state <= 2 AND NOT blocked)
             OR EXISTS (SELECT 1 FROM {deliveries} WHERE ordering IS NOT NULL AND state <= 2)
             OR EXISTS (SELECT 1 FROM fanouts WHERE message >= $1 AND message < $2)"
    );
    Ok(one(tx, &sql, values![from, until], |_| Ok(())).await?.is_some())
}

/// Counts and drops. While it counts nobody can change what is in it; reading goes on. What began to wait
/// meanwhile leaves it as it is.
async fn drop(tx: &Tx, partition: Partition) -> Done<bool> {
    let deliveries = partition.name("deliveries");
    tx.script(&format!("LOCK TABLE {deliveries} IN SHARE MODE")).await?;
    let counted = format!("SELECT state, count(*) FROM {deliveries} GROUP BY state");
    let mut books = Books::default();
    for (number, rows) in all(tx, &counted, values![], |row| Ok((small(row, 0)?, count(row, 1)?))).await? {
        let state = DeliveryState::from_number(number)
            .ok_or_else(|| broken(format!("unknown delivery state {number}")))?;
        if state.is_waiting() {
            return Ok(false);
        }
        books.erase_many(state, rows);
    }
    books.close(tx).await?;
    for table in TABLES {
        tx.script(&format!("DROP TABLE {}", partition.name(table))).await?;
    }
    Ok(true)
}
