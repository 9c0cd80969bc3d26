//! Upkeep: erasing, retention, cancelling, conservation; all in slices.

mod cancel_waiting;
mod erase_application;
mod erase_message;
mod retain;

use async_trait::async_trait;
use fanfare_core::{
    ports::store::{Conservation, StoreResult, UpkeepStore},
    time::Timestamp,
};
use rusqlite::Connection;

use super::{SqliteStore, books};

#[async_trait]
impl UpkeepStore for SqliteStore {
    async fn erase_applications(&self, limit: usize) -> StoreResult<bool> {
        self.write(move |tx| erase_application::erase(tx, limit)).await
    }

    async fn cancel_of_deleted_endpoints(&self, now: Timestamp, limit: usize) -> StoreResult<bool> {
        self.write(move |tx| cancel_waiting::of_deleted_endpoints(tx, now, limit)).await
    }

    async fn retain_messages(&self, cutoff: Timestamp, limit: usize) -> StoreResult<bool> {
        self.write(move |tx| retain::messages(tx, cutoff, limit)).await
    }

    async fn retain_payloads(&self, day: i64, now: Timestamp, limit: usize) -> StoreResult<bool> {
        self.write(move |tx| retain::payloads(tx, day, now, limit)).await
    }

    async fn expire(&self, now: Timestamp, limit: usize) -> StoreResult<bool> {
        self.write(move |tx| cancel_waiting::expired(tx, now, limit)).await
    }

    async fn conservation(&self) -> StoreResult<Conservation> {
        self.read(books::kept).await
    }

    async fn count_conservation(&self) -> StoreResult<Conservation> {
        self.read(books::counted).await
    }

    async fn compact(&self) -> StoreResult<bool> {
        self.outside_transaction(|conn| compact(conn)).await
    }
}

/// Pages given back at once: 4 MiB.
const COMPACT_PAGES: i64 = 1024;
/// Pages kept for what comes next: giving them back and taking them again would be work for nothing.
const SPARE_PAGES: i64 = 4096;

fn compact(conn: &Connection) -> rusqlite::Result<bool> {
    let free =
        |conn: &Connection| conn.pragma_query_value(None, "freelist_count", |row| row.get::<_, i64>(0));
    let surplus = free(conn)? - SPARE_PAGES;
    if surplus <= 0 {
        return Ok(false);
    }
    let sql = format!("PRAGMA incremental_vacuum({})", surplus.min(COMPACT_PAGES));
    let mut vacuum = conn.prepare(&sql)?;
    let mut rows = vacuum.query([])?;
    while rows.next()?.is_some() {}
    Ok(surplus > COMPACT_PAGES)
}
