//! Looking at the file itself, for `fanfare doctor`.

use fanfare_core::ports::store::StoreResult;

use super::{
    SqliteStore,
    columns::count,
    open::{Purpose, connect},
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

impl SqliteStore {
    /// Checks every page and every index; slow. Answers what is wrong, nothing if all is well.
    pub async fn integrity_check(&self) -> StoreResult<Vec<String>> {
        let path = self.path.clone();
        // On a connection of its own work: query_only forbids nothing that the check does.
        self.read(move |_| {
            let conn = connect(&path, Purpose::Read)?;
            let findings = all(&conn, "PRAGMA integrity_check(20)", &[], |row| row.get::<_, String>(0))?;
            Ok(findings.into_iter().filter(|line| line != "ok").collect())
        })
        .await
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
