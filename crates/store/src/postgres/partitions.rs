//! Partitions of messages, deliveries and attempts, by the time in the message's id.
//!
//! A partition holds a week: a statement that cannot know how old what it looks for is, such as a claim, looks
//! into each of them, and each is locked then with its indexes. So a dozen must do for what is kept 90 days.

use fanfare_core::{id::first_id_at, time::Timestamp};

use super::{
    columns::get,
    connection::Tx,
    fault::Done,
    query::{all, one, run, values},
};

/// The tables that are partitioned, each with the column that says where a row lies.
pub(super) const TABLES: [&str; 3] = ["messages", "deliveries", "attempts"];
/// Days that a partition holds.
const DAYS: i64 = 7;
/// Partitions that are made ahead of time, beside that of today.
const AHEAD: i64 = 2;
const DAY: i64 = 86_400_000_000;

/// A partition of each table: that from this day on (since 1970).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Partition {
    day: i64,
}

impl Partition {
    /// That of a time.
    pub(super) fn of(at: Timestamp) -> Self {
        Self { day: at.day().div_euclid(DAYS) * DAYS }
    }

    fn later(self, partitions: i64) -> Self {
        Self { day: self.day + partitions * DAYS }
    }

    /// The first moment of which it has no message any more.
    pub(super) fn end(self) -> Timestamp {
        Timestamp((self.day + DAYS) * DAY)
    }

    /// The name of its part of a table, after the day it begins on.
    pub(super) fn name(self, table: &str) -> String {
        format!("{table}_d{}", self.day)
    }

    /// The ids in it: from the first to before the second.
    pub(super) fn ids(self) -> ([u8; 20], [u8; 20]) {
        (first_id_at(Timestamp(self.day * DAY)), first_id_at(self.end()))
    }
}

/// Makes the partitions that will be needed, where they are not there yet.
pub(super) async fn make_ahead(tx: &Tx, now: Timestamp) -> Done<()> {
    make(tx, now, Partition::of(now).later(AHEAD).end()).await
}

/// Makes the partitions of a time: from `from` to before `until`. Under a lock of their own: another node may
/// be about to make the same.
pub(super) async fn make(tx: &Tx, from: Timestamp, until: Timestamp) -> Done<()> {
    run(tx, "SELECT pg_advisory_xact_lock($1, $2)", values![super::guards::LOCKS, LOCK]).await?;
    let there = existing(tx).await?;
    let mut partition = Partition::of(from);
    while partition.end() < until + std::time::Duration::from_micros(1) || partition == Partition::of(from) {
        if !there.contains(&partition) && !has_stragglers(tx, partition).await? {
            for table in TABLES {
                make_one(tx, partition, table).await?;
            }
        }
        partition = partition.later(1);
    }
    Ok(())
}

/// Whether the default partition has rows of this one's time, from a node whose clock was ahead: then the week
/// stays there, and is erased row by row.
async fn has_stragglers(tx: &Tx, partition: Partition) -> Done<bool> {
    let (from, until) = partition.ids();
    let sql = "SELECT 1 WHERE
                   EXISTS (SELECT 1 FROM messages_default WHERE id >= $1 AND id < $2)
                   OR EXISTS (SELECT 1 FROM deliveries_default WHERE message >= $1 AND message < $2)
                   OR EXISTS (SELECT 1 FROM attempts_default WHERE message >= $1 AND message < $2)";
    Ok(one(tx, sql, values![from, until], |_| Ok(())).await?.is_some())
}

/// Beside the guards, which begin at 0.
const LOCK: i32 = -1;

/// The partitions that there are, in order, beside the default one.
pub(super) async fn existing(tx: &Tx) -> Done<Vec<Partition>> {
    let sql = "SELECT c.relname::text FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
               WHERE i.inhparent = 'messages'::regclass";
    let names = all(tx, sql, values![], |row| get::<String>(row, 0)).await?;
    let day_of = |name: &String| name.strip_prefix("messages_d")?.parse().ok();
    let mut days: Vec<_> = names.iter().filter_map(day_of).map(|day| Partition { day }).collect();
    days.sort_unstable();
    Ok(days)
}

/// Made beside its table and then attached, so that those who read and write there need not stop.
async fn make_one(tx: &Tx, partition: Partition, table: &str) -> Done<()> {
    let (name, (from, until)) = (partition.name(table), partition.ids());
    let hex = |id: [u8; 20]| id.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    let (from, until) = (hex(from), hex(until));
    tx.script(&format!(
        r"CREATE TABLE {name} (LIKE {table} INCLUDING ALL);
          ALTER TABLE {table} ATTACH PARTITION {name} FOR VALUES FROM ('\x{from}') TO ('\x{until}')"
    ))
    .await
}
