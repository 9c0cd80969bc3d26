//! Upkeep: erasing, retention, cancelling, conservation; all in slices.

mod cancel_waiting;
mod drop_partition;
mod erase_application;
mod erase_messages;
mod retain;

use async_trait::async_trait;
use fanfare_core::{
    ports::store::{Conservation, StoreError, StoreResult, UpkeepStore},
    time::Timestamp,
};

use super::{PostgresStore, books, connection::transaction, partitions};

/// Rows of the books that are folded into one at once.
const FOLD: usize = 10_000;
/// How long accepts and outcomes may have to wait for locks on whole tables, in milliseconds.
const LOCKED_AT_MOST: u32 = 500;

#[async_trait]
impl UpkeepStore for PostgresStore {
    async fn erase_applications(&self, limit: usize) -> StoreResult<bool> {
        transaction!(self.writing(), |tx| erase_application::erase(tx, limit).await)
    }

    async fn cancel_of_deleted_endpoints(&self, now: Timestamp, limit: usize) -> StoreResult<bool> {
        transaction!(self.writing(), |tx| cancel_waiting::of_deleted_endpoints(tx, now, limit).await)
    }

    async fn retain_messages(&self, cutoff: Timestamp, limit: usize) -> StoreResult<bool> {
        match transaction!(self.writing_at_length(), |tx| drop_partition::oldest(tx, cutoff).await) {
            Ok(true) => return Ok(true),
            Ok(false) => {}
            // Somebody reads or writes there just now: row by row it goes on all the same.
            Err(StoreError::Unavailable { reason, .. }) => {
                tracing::debug!(reason, "a partition could not be dropped now");
            }
            Err(other) => return Err(other),
        }
        transaction!(self.writing(), |tx| retain::messages(tx, cutoff, limit).await)
    }

    async fn retain_payloads(&self, day: i64, now: Timestamp, limit: usize) -> StoreResult<bool> {
        transaction!(self.writing(), |tx| retain::payloads(tx, day, now, limit).await)
    }

    async fn expire(&self, now: Timestamp, limit: usize) -> StoreResult<bool> {
        transaction!(self.writing(), |tx| cancel_waiting::expired(tx, now, limit).await)
    }

    async fn conservation(&self) -> StoreResult<Conservation> {
        transaction!(self.reading(), |tx| books::kept(tx).await)
    }

    async fn count_conservation(&self) -> StoreResult<Conservation> {
        transaction!(self.reading_at_length(), |tx| books::counted(tx).await)
    }

    /// PostgreSQL gives space back by itself. What is left to do is to keep the books short, and to make the
    /// partitions of the weeks to come.
    async fn compact(&self) -> StoreResult<bool> {
        if transaction!(self.writing(), |tx| books::fold(tx, FOLD).await)? {
            return Ok(true);
        }
        let now = self.clock.now();
        transaction!(self.writing(), |tx| {
            tx.script(&format!("SET LOCAL lock_timeout = {LOCKED_AT_MOST}")).await?;
            partitions::make_ahead(tx, now).await
        })?;
        Ok(false)
    }
}
