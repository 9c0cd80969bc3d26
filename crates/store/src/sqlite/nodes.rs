//! Nodes: incarnations and taking over the work of the dead.
//!
//! One server at a time may use the file (see [`super::ServerLock`]), so that a start ends all that came
//! before it.

use std::time::Duration;

use async_trait::async_trait;
use fanfare_core::{
    delivery::{DeliveryKey, Incarnation},
    ports::store::{NodeStore, StoreResult},
    time::Timestamp,
};
use rusqlite::{Connection, params};

use super::{
    SqliteStore,
    books::Books,
    columns::{count, id, length},
    deliveries::free,
    query::{all, one, run},
    waiting::{Wakes, owner_number},
};

const MASTER_KEY_CHECK: &str = "master_key_check";

#[async_trait]
impl NodeStore for SqliteStore {
    async fn start_incarnation(&self, node: String, now: Timestamp) -> StoreResult<Incarnation> {
        let clock = self.clock.now();
        self.write(move |tx| start(tx, &node, now, clock)).await
    }

    async fn heartbeat(&self, incarnation: Incarnation, _lease: Duration) -> StoreResult<bool> {
        // No lease runs out here: only another start, which the lock forbids beside this one, ends it.
        let now = self.clock.now();
        let sql = "UPDATE nodes SET heartbeat_at = ? WHERE incarnation = ? AND alive = 1";
        self.write(move |tx| Ok(run(tx, sql, params![now.0, owner_number(incarnation)?])? == 1)).await
    }

    async fn end_incarnation(&self, incarnation: Incarnation) -> StoreResult<()> {
        let sql = "UPDATE nodes SET alive = 0 WHERE incarnation = ?";
        self.write(move |tx| run(tx, sql, params![owner_number(incarnation)?]).map(drop)).await
    }

    async fn rescue(&self, now: Timestamp, limit: usize) -> StoreResult<usize> {
        self.write(move |tx| rescue(tx, now, limit)).await
    }

    async fn check_master_key(&self, check_value: [u8; 32]) -> StoreResult<bool> {
        self.write(move |tx| check_master_key(tx, check_value)).await
    }
}

fn start(tx: &Connection, node: &str, now: Timestamp, clock: Timestamp) -> rusqlite::Result<Incarnation> {
    run(tx, "UPDATE nodes SET alive = 0 WHERE alive = 1", &[])?;
    let sql = "INSERT INTO nodes (node, started_at, heartbeat_at, alive) VALUES (?, ?, ?, 1)
               RETURNING incarnation";
    tx.query_row(sql, params![node, now.0, clock.0], |row| count(row, 0).map(Incarnation))
}

fn rescue(tx: &Connection, now: Timestamp, limit: usize) -> rusqlite::Result<usize> {
    let (mut books, mut wakes) = (Books::default(), Wakes::default());
    let (mut freed, mut last) = (0, 0);
    while freed < limit
        && let Some(owner) = next_owner(tx, last)?
    {
        last = owner;
        let alive = "SELECT 1 FROM nodes WHERE incarnation = ? AND alive = 1";
        if one(tx, alive, params![owner], |_| Ok(()))?.is_none() {
            let owned = owned(tx, owner, limit - freed)?;
            for key in &owned {
                free(tx, &mut books, &mut wakes, owner, key, now)?;
            }
            freed += owned.len();
        }
    }
    wakes.close(tx)?;
    books.close(tx)?;
    Ok(freed)
}

/// Owners are few and the index leads with them: a jump from one to the next.
fn next_owner(tx: &Connection, last: i64) -> rusqlite::Result<Option<i64>> {
    let sql = "SELECT owner FROM deliveries INDEXED BY deliveries_waiting
               WHERE owner > ? AND state <= 2 ORDER BY owner LIMIT 1";
    one(tx, sql, params![last], |row| row.get(0))
}

fn owned(tx: &Connection, owner: i64, limit: usize) -> rusqlite::Result<Vec<DeliveryKey>> {
    let sql = "SELECT application, message, endpoint
               FROM deliveries INDEXED BY deliveries_waiting WHERE owner = ? AND state <= 2 LIMIT ?";
    all(tx, sql, params![owner, length(limit)], |row| {
        Ok(DeliveryKey { application: id(row, 0)?, message: id(row, 1)?, endpoint: id(row, 2)? })
    })
}

fn check_master_key(tx: &Connection, check_value: [u8; 32]) -> rusqlite::Result<bool> {
    let insert = "INSERT INTO settings (name, value) VALUES (?, ?) ON CONFLICT DO NOTHING";
    run(tx, insert, params![MASTER_KEY_CHECK, check_value])?;
    Ok(master_key_check(tx)? == Some(check_value))
}

/// The check value of the master key that the store was made with, once a server has started on it.
pub(super) fn master_key_check(conn: &Connection) -> rusqlite::Result<Option<[u8; 32]>> {
    let sql = "SELECT value FROM settings WHERE name = ?";
    one(conn, sql, params![MASTER_KEY_CHECK], |row| row.get(0))
}
