//! Nodes: incarnations and taking over the work of the dead.
//!
//! One server at a time may use the file (see [`super::ServerLock`]), so that a start ends all that came
//! before it. Only in the simulator several nodes share it, each by a lease.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use fanfare_core::{
    delivery::{DeliveryKey, Incarnation},
    limits::DEAD_KEPT,
    node::Roles,
    ports::store::{Hint, NodeStore, Standing, StoreResult},
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
    fn is_shared(&self) -> bool {
        self.shared
    }

    async fn start_incarnation(
        &self,
        node: String,
        roles: Roles,
        lease: Duration,
        now: Timestamp,
    ) -> StoreResult<Incarnation> {
        let (clock, shared) = (Arc::clone(&self.clock), self.shared);
        self.write(move |tx| {
            if !shared {
                run(tx, "UPDATE nodes SET alive = 0 WHERE alive = 1", &[])?;
            }
            start(tx, &node, roles, now, Lease::from(clock.now(), lease))
        })
        .await
    }

    async fn heartbeat(&self, incarnation: Incarnation, lease: Duration) -> StoreResult<Standing> {
        let clock = Arc::clone(&self.clock);
        self.write(move |tx| renew(tx, incarnation, Lease::from(clock.now(), lease))).await
    }

    async fn end_incarnation(&self, incarnation: Incarnation) -> StoreResult<()> {
        let sql = "UPDATE nodes SET alive = 0 WHERE incarnation = ?";
        self.write(move |tx| run(tx, sql, params![owner_number(incarnation)?]).map(drop)).await
    }

    async fn rescue(&self, now: Timestamp, limit: usize, judge: bool) -> StoreResult<usize> {
        let (clock, shared) = (Arc::clone(&self.clock), self.shared);
        self.write(move |tx| {
            if shared && judge {
                let sql = "UPDATE nodes SET alive = 0 WHERE alive = 1 AND lease_until < ?";
                run(tx, sql, params![clock.now().0])?;
            }
            rescue(tx, now, limit)
        })
        .await
    }

    async fn check_master_key(&self, check_value: [u8; 32]) -> StoreResult<bool> {
        self.write(move |tx| check_master_key(tx, check_value)).await
    }

    async fn tell(&self, _: Hint) -> StoreResult<()> {
        // One server has nobody to tell, and simulated nodes find out by polling.
        Ok(())
    }

    async fn hinted(&self) -> Hint {
        std::future::pending().await
    }
}

/// A lease as it is written, by the store's clock.
#[derive(Clone, Copy)]
struct Lease {
    from: Timestamp,
    until: Timestamp,
}

impl Lease {
    fn from(clock: Timestamp, lease: Duration) -> Self {
        Self { from: clock, until: clock + lease }
    }
}

fn start(
    tx: &Connection,
    node: &str,
    roles: Roles,
    now: Timestamp,
    lease: Lease,
) -> rusqlite::Result<Incarnation> {
    let sql = "DELETE FROM nodes WHERE alive = 0 AND heartbeat_at < ?";
    run(tx, sql, params![(lease.from - DEAD_KEPT).0])?;
    let sql = "INSERT INTO nodes (node, roles, started_at, heartbeat_at, lease_until, alive)
               VALUES (?, ?, ?, ?, ?, 1) RETURNING incarnation";
    let values = params![node, roles.to_string(), now.0, lease.from.0, lease.until.0];
    tx.query_row(sql, values, |row| count(row, 0).map(Incarnation))
}

fn renew(tx: &Connection, incarnation: Incarnation, lease: Lease) -> rusqlite::Result<Standing> {
    let number = owner_number(incarnation)?;
    let sql = "UPDATE nodes SET heartbeat_at = ?, lease_until = ? WHERE incarnation = ? AND alive = 1";
    if run(tx, sql, params![lease.from.0, lease.until.0, number])? == 0 {
        return Ok(Standing::Dead);
    }
    let sql = "SELECT count(*), min(incarnation) FROM nodes
               WHERE alive = 1 AND lease_until >= ? AND roles LIKE '%deliver%'";
    tx.query_row(sql, params![lease.from.0], |row| {
        let deliverers = u32::try_from(count(row, 0)?).unwrap_or(u32::MAX);
        Ok(Standing::Alive { leads: row.get::<_, Option<i64>>(1)? == Some(number), deliverers })
    })
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
