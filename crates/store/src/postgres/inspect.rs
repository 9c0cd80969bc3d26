//! Looking at the database itself, for `fanfare doctor`.

use fanfare_core::{ports::store::StoreResult, time::Timestamp};
use tokio_postgres::Row;

use super::{
    PostgresStore,
    columns::{bytes, count, get},
    connection::{Tx, transaction},
    fault::Done,
    nodes::CLOCK,
    query::{all, one, values},
};
pub use crate::sqlite::WorkOwner;

/// How much of the disk the store uses, in bytes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct DatabaseSizes {
    /// All of the database.
    pub database: u64,
    /// Of this, our tables with what they keep aside.
    pub tables: u64,
    /// Of this, our indexes.
    pub indexes: u64,
}

/// What would be wrong, each as a query of some text of what was found.
const CHECKS: [(&str, &str); 6] = [
    (
        "an index is not complete",
        "SELECT c.relname::text FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
         WHERE NOT i.indisvalid AND c.relnamespace = current_schema()::regnamespace",
    ),
    (
        "a delivery has no message",
        "SELECT encode(d.message, 'hex') FROM deliveries d LEFT JOIN messages m
             ON m.application = d.application AND m.id = d.message
         WHERE m.id IS NULL",
    ),
    (
        "a delivery is due, and no lane says so",
        "SELECT encode(d.message, 'hex') FROM deliveries d LEFT JOIN lanes l
             ON l.application = d.application AND l.endpoint = d.endpoint
         WHERE d.owner IS NULL AND d.state <= 2 AND NOT d.blocked
             AND (l.next_due IS NULL OR l.next_due > d.due)",
    ),
    (
        "an ordering key waits for nobody",
        "SELECT encode(w.message, 'hex') FROM
             (SELECT DISTINCT ON (application, endpoint, ordering) message, blocked FROM deliveries
              WHERE ordering IS NOT NULL AND state <= 2
              ORDER BY application, endpoint, ordering, seq) AS w
         WHERE w.blocked",
    ),
    (
        "a delivery belongs to a node that never was",
        "SELECT encode(d.message, 'hex') FROM deliveries d LEFT JOIN nodes n ON n.incarnation = d.owner
         WHERE d.owner IS NOT NULL AND d.state <= 2 AND n.incarnation IS NULL",
    ),
    (
        "a delivery that has ended belongs to somebody",
        "SELECT encode(d.message, 'hex') FROM deliveries d WHERE d.owner IS NOT NULL AND d.state > 2",
    ),
];
/// Findings of one kind that are named.
const NAMED: usize = 5;

impl PostgresStore {
    /// Who has waiting deliveries in memory, or would have: those whose lease goes on, and the dead not taken over
    /// yet. Times are told by the clock that shows `now`, whatever the database's shows.
    pub async fn work_owners(&self, now: Timestamp) -> StoreResult<Vec<WorkOwner>> {
        let sql = format!(
            "SELECT node, {CLOCK} - heartbeat_at, alive AND lease_until >= {CLOCK}, coalesce(waiting, 0)
             FROM nodes LEFT JOIN (
                 SELECT owner, count(*) AS waiting FROM deliveries
                 WHERE owner IS NOT NULL AND state <= 2 GROUP BY owner
             ) AS owned ON owner = incarnation
             WHERE (alive AND lease_until >= {CLOCK}) OR waiting > 0 ORDER BY incarnation"
        );
        let owner = |row: &Row| {
            let heartbeat_at = Timestamp(now.0 - get::<i64>(row, 1)?);
            Ok(WorkOwner { node: get(row, 0)?, heartbeat_at, alive: get(row, 2)?, waiting: count(row, 3)? })
        };
        transaction!(self.reading_at_length(), |tx| all(tx, &sql, values![], owner).await)
    }

    /// Whether this is the check value of the store's master key; none where it has none yet, and then it is
    /// not stored either.
    pub async fn compare_master_key(&self, check_value: [u8; 32]) -> StoreResult<Option<bool>> {
        let sql = "SELECT value FROM settings WHERE name = 'master_key_check'";
        transaction!(self.reading(), |tx| {
            let stored = one(tx, sql, values![], |row| bytes::<32>(row, 0)).await?;
            Ok(stored.map(|stored| stored == check_value))
        })
    }

    /// Checks that what hangs together fits together; slow. Answers what is wrong, nothing if all is well.
    pub async fn integrity_check(&self) -> StoreResult<Vec<String>> {
        transaction!(self.reading_at_length(), |tx| {
            let mut findings = Vec::new();
            for (what, sql) in CHECKS {
                findings.extend(find(tx, what, sql).await?);
            }
            Ok(findings)
        })
    }

    /// How much of the disk the store uses.
    pub async fn sizes(&self) -> StoreResult<DatabaseSizes> {
        let sql = "SELECT pg_database_size(current_database()),
                       coalesce(sum(pg_table_size(oid)), 0)::bigint,
                       coalesce(sum(pg_indexes_size(oid)), 0)::bigint
                   FROM pg_class WHERE relkind = 'r' AND relnamespace = current_schema()::regnamespace";
        let sizes = |row: &Row| {
            Ok(DatabaseSizes { database: count(row, 0)?, tables: count(row, 1)?, indexes: count(row, 2)? })
        };
        transaction!(self.reading_at_length(), |tx| Ok(one(tx, sql, values![], sizes)
            .await?
            .unwrap_or_default()))
    }
}

async fn find(tx: &Tx, what: &str, sql: &str) -> Done<Option<String>> {
    let sql = format!("SELECT found FROM ({sql}) AS x (found) LIMIT {}", NAMED + 1);
    let found = all(tx, &sql, values![], |row| get::<String>(row, 0)).await?;
    let named = found.iter().take(NAMED).map(String::as_str).collect::<Vec<_>>().join(", ");
    let more = if found.len() > NAMED { " and more" } else { "" };
    Ok((!found.is_empty()).then(|| format!("{what}: {named}{more}")))
}
