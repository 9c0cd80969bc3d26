//! Nodes: incarnations, leases, and taking over the work of the dead.
//!
//! Leases are measured by the database's clock alone. A node that ends while it writes may leave deliveries in
//! the name of an incarnation that is dead by then; whoever rescues next finds them.

use std::time::Duration;

use async_trait::async_trait;
use fanfare_core::{
    delivery::{DeliveryKey, Incarnation},
    limits::DEAD_KEPT,
    node::Roles,
    ports::store::{Hint, NodeStore, Standing, StoreResult},
    time::Timestamp,
};

use super::{
    PostgresStore,
    books::Books,
    columns::{count, get, id, length, maybe_bytes},
    connection::{Tx, transaction},
    deliveries::free,
    fault::{Done, broken},
    query::{all, one, run, values},
    waiting::owner_number,
};

const MASTER_KEY_CHECK: &str = "master_key_check";
/// What the advisory locks of rescuers are named after; the other part is the owner.
const RESCUE: &str = "fanfare rescues the work of";
/// The database's clock in microseconds: what it shows now, not when the transaction began.
pub(super) const CLOCK: &str = "(extract(epoch FROM clock_timestamp()) * 1000000)::bigint";

#[async_trait]
impl NodeStore for PostgresStore {
    fn is_shared(&self) -> bool {
        true
    }

    async fn start_incarnation(
        &self,
        node: String,
        roles: Roles,
        lease: Duration,
        now: Timestamp,
    ) -> StoreResult<Incarnation> {
        transaction!(self.writing(), |tx| start(tx, &node, roles, lease, now).await)
    }

    async fn heartbeat(&self, incarnation: Incarnation, lease: Duration) -> StoreResult<Standing> {
        transaction!(self.renewing(), |tx| renew(tx, incarnation, lease).await)
    }

    async fn end_incarnation(&self, incarnation: Incarnation) -> StoreResult<()> {
        let sql = "UPDATE nodes SET alive = false WHERE incarnation = $1";
        transaction!(self.writing(), |tx| {
            run(tx, sql, values![owner_number(incarnation)?]).await.map(drop)
        })
    }

    async fn rescue(&self, now: Timestamp, limit: usize, judge: bool) -> StoreResult<usize> {
        if judge {
            // By itself: a node that renews just now waits for no slice of work.
            transaction!(self.writing(), |tx| judge_leases(tx).await)?;
        }
        transaction!(self.writing(), |tx| rescue(tx, now, limit).await)
    }

    async fn check_master_key(&self, check_value: [u8; 32]) -> StoreResult<bool> {
        transaction!(self.writing(), |tx| check_master_key(tx, check_value).await)
    }

    async fn tell(&self, hint: Hint) -> StoreResult<()> {
        self.hints.tell(self, hint).await
    }

    async fn hinted(&self) -> Hint {
        self.hints.next(&*self.clock).await
    }
}

fn micros(lease: Duration) -> i64 {
    i64::try_from(lease.as_micros()).unwrap_or(i64::MAX / 4)
}

async fn start(tx: &Tx, node: &str, roles: Roles, lease: Duration, now: Timestamp) -> Done<Incarnation> {
    let sql = format!("DELETE FROM nodes WHERE NOT alive AND heartbeat_at < {CLOCK} - $1");
    run(tx, &sql, values![micros(DEAD_KEPT)]).await?;
    let sql = format!(
        "INSERT INTO nodes (node, roles, started_at, heartbeat_at, lease_until, alive)
         VALUES ($1, $2, $3, {CLOCK}, {CLOCK} + $4, true) RETURNING incarnation"
    );
    let values = values![super::columns::free_text(node), roles.to_string(), now, micros(lease)];
    let started = one(tx, &sql, values, |row| count(row, 0).map(Incarnation)).await?;
    started.ok_or_else(|| broken("a start got no number"))
}

async fn renew(tx: &Tx, incarnation: Incarnation, lease: Duration) -> Done<Standing> {
    let number = owner_number(incarnation)?;
    let sql = format!(
        "UPDATE nodes SET heartbeat_at = {CLOCK}, lease_until = {CLOCK} + $2 WHERE incarnation = $1 AND alive"
    );
    if run(tx, &sql, values![number, micros(lease)]).await? == 0 {
        return Ok(Standing::Dead);
    }
    let sql = format!(
        "SELECT count(*), min(incarnation) FROM nodes
         WHERE alive AND lease_until >= {CLOCK} AND roles LIKE '%deliver%'"
    );
    let standing = one(tx, &sql, values![], |row| {
        let deliverers = count(row, 0)?;
        Ok(Standing::Alive { leads: get::<Option<i64>>(row, 1)? == Some(number), deliverers })
    })
    .await?;
    standing.ok_or_else(|| broken("nobody counts the nodes"))
}

/// One that is locked is just being renewed, or its node froze in the middle of that: the next look decides.
async fn judge_leases(tx: &Tx) -> Done<()> {
    let sql = format!(
        "UPDATE nodes SET alive = false WHERE incarnation IN (
             SELECT incarnation FROM nodes WHERE alive AND lease_until < {CLOCK} FOR UPDATE SKIP LOCKED)"
    );
    run(tx, &sql, values![]).await.map(drop)
}

/// Several nodes may rescue at once: each takes hold of owners that no other works on.
async fn rescue(tx: &Tx, now: Timestamp, limit: usize) -> Done<usize> {
    let mut books = Books::default();
    let (mut freed, mut last) = (0, 0);
    while freed < limit
        && let Some(owner) = next_owner(tx, last).await?
    {
        last = owner;
        if !is_alive(tx, owner).await? && hold_owner(tx, owner).await? {
            let owned = owned(tx, owner, limit - freed).await?;
            let owner = Incarnation(u64::try_from(owner).map_err(broken)?);
            freed += free(tx, &mut books, owner, &owned, now).await?;
        }
    }
    books.close(tx).await?;
    Ok(freed)
}

/// Whether this transaction alone works on what that dead incarnation owned.
async fn hold_owner(tx: &Tx, owner: i64) -> Done<bool> {
    let sql = "SELECT pg_try_advisory_xact_lock(hashtextextended($1, $2))";
    let held = one(tx, sql, values![RESCUE, owner], |row| get(row, 0)).await?;
    Ok(held.unwrap_or(false))
}

/// Owners are few and the index leads with them: a jump from one to the next.
async fn next_owner(tx: &Tx, last: i64) -> Done<Option<i64>> {
    let sql = "SELECT owner FROM deliveries WHERE owner > $1 AND owner IS NOT NULL AND state <= 2
               ORDER BY owner LIMIT 1";
    one(tx, sql, values![last], |row| get(row, 0)).await
}

async fn is_alive(tx: &Tx, owner: i64) -> Done<bool> {
    let sql = "SELECT 1 FROM nodes WHERE incarnation = $1 AND alive";
    Ok(one(tx, sql, values![owner], |_| Ok(())).await?.is_some())
}

async fn owned(tx: &Tx, owner: i64, limit: usize) -> Done<Vec<DeliveryKey>> {
    let sql = "SELECT application, message, endpoint FROM deliveries
               WHERE owner = $1 AND owner IS NOT NULL AND state <= 2 LIMIT $2";
    all(tx, sql, values![owner, length(limit)], |row| {
        Ok(DeliveryKey { application: id(row, 0)?, message: id(row, 1)?, endpoint: id(row, 2)? })
    })
    .await
}

async fn check_master_key(tx: &Tx, check_value: [u8; 32]) -> Done<bool> {
    let insert = "INSERT INTO settings (name, value) VALUES ($1, $2) ON CONFLICT DO NOTHING";
    run(tx, insert, values![MASTER_KEY_CHECK, check_value]).await?;
    Ok(master_key_check(tx).await? == Some(check_value))
}

/// The check value of the master key that the store was made with, once a server has started on it.
pub(super) async fn master_key_check(tx: &Tx) -> Done<Option<[u8; 32]>> {
    let sql = "SELECT value FROM settings WHERE name = $1";
    Ok(one(tx, sql, values![MASTER_KEY_CHECK], |row| maybe_bytes(row, 0)).await?.flatten())
}
