//! Looking at the file itself, for `fanfare doctor`.

use fanfare_core::{ports::store::StoreResult, time::Timestamp};
use rusqlite::Row;

use super::{
    SqliteStore,
    columns::{count, time},
    nodes::master_key_check,
    query::all,
};

/// How much of the disk the store uses, in bytes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct FileSizes {
    /// The main file.
    pub file: u64,
    /// Of this, free for reuse or for compacting.
    pub free: u64,
    /// The write-ahead log beside it.
    pub wal: u64,
}

/// A start of a server that is alive or has deliveries in its name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WorkOwner {
    /// The node's name, for people.
    pub node: String,
    /// When it was last heard of, by the store's clock.
    pub heartbeat_at: Timestamp,
    /// Whether it has neither ended in order nor been followed by another.
    pub alive: bool,
    /// Waiting deliveries in its name.
    pub waiting: u64,
}

impl SqliteStore {
    /// Who has waiting deliveries in memory, or would have: the living, and the dead not taken over yet.
    pub async fn work_owners(&self) -> StoreResult<Vec<WorkOwner>> {
        let sql = "SELECT node, heartbeat_at, alive, coalesce(waiting, 0)
                   FROM nodes LEFT JOIN (
                       SELECT owner, count(*) AS waiting FROM deliveries
                       WHERE owner IS NOT NULL AND state <= 2 GROUP BY owner
                   ) ON owner = incarnation
                   WHERE alive = 1 OR waiting > 0 ORDER BY incarnation";
        let owner = |row: &Row<'_>| {
            let heartbeat_at = time(row, 1)?;
            Ok(WorkOwner { node: row.get(0)?, heartbeat_at, alive: row.get(2)?, waiting: count(row, 3)? })
        };
        self.read(move |conn| all(conn, sql, &[], owner)).await
    }

    /// Whether this is the check value of the store's master key; none where it has none yet, and then it is
    /// not stored either.
    pub async fn compare_master_key(&self, check_value: [u8; 32]) -> StoreResult<Option<bool>> {
        self.read(move |conn| Ok(master_key_check(conn)?.map(|stored| stored == check_value))).await
    }

    /// Checks every page and every index; slow. Answers what is wrong, nothing if all is well.
    pub async fn integrity_check(&self) -> StoreResult<Vec<String>> {
        self.read(move |conn| {
            let findings = all(conn, "PRAGMA integrity_check(20)", &[], |row| row.get::<_, String>(0))?;
            Ok(findings.into_iter().filter(|line| line != "ok").collect())
        })
        .await
    }

    /// Lets the file grow to so many pages of 4 KiB and no further, until the store is opened again: how tests
    /// fill a disk.
    #[doc(hidden)]
    pub async fn limit_pages(&self, pages: u64) -> StoreResult<()> {
        let pages = i64::try_from(pages).unwrap_or(i64::MAX);
        let set = move |conn: &mut rusqlite::Connection| {
            conn.pragma_update_and_check(None, "max_page_count", pages, |_| Ok(()))
        };
        self.outside_transaction(set).await
    }

    /// How much of the disk the store uses.
    pub async fn file_sizes(&self) -> StoreResult<FileSizes> {
        let wal = {
            let mut name = self.path.clone().into_os_string();
            name.push("-wal");
            std::fs::metadata(name).map_or(0, |found| found.len())
        };
        self.read(move |conn| {
            let number = |name| conn.pragma_query_value(None, name, |row| count(row, 0));
            let page = number("page_size")?;
            Ok(FileSizes { file: number("page_count")? * page, free: number("freelist_count")? * page, wal })
        })
        .await
    }
}
