//! Copying a whole store from SQLite to PostgreSQL: for who moves from one machine to many.
//!
//! Table by table, in slices in the order of the keys. A slice and the place behind it are written in one
//! transaction, so that a copy that was cut off anywhere goes on where it stood. In between the target is no
//! store that a node could open. At the end all is counted on both sides.

mod slice;
mod tables;

use std::time::Duration;

use fanfare_core::{
    limits::SLICE_ROWS,
    node::Roles,
    ports::store::{Conservation, NodeStore as _, StoreError},
    time::Timestamp,
};

pub(crate) use self::{
    slice::{Cells, Slice},
    tables::{Column, Kind, TABLES, Table},
};
use crate::{postgres::PostgresStore, sqlite::SqliteStore};

/// The name under which the source is put in order.
const NODE: &str = "migrate-store";

/// How far a copy is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// The table that is being copied.
    pub table: &'static str,
    /// Rows copied so far, of all tables, by earlier runs too.
    pub rows: u64,
    /// Rows that there are.
    pub of: u64,
}

/// What was copied.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Copied {
    /// Whether an earlier run had finished it: then nothing was done.
    pub before: bool,
    /// Rows of each table, the same on both sides.
    pub tables: Vec<(&'static str, u64)>,
    /// Deliveries ever accepted, erased and in each state, the same on both sides.
    pub books: Conservation,
}

/// Why a store was not copied.
#[derive(Debug, thiserror::Error)]
pub enum CopyError {
    /// One of the stores failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The target is somebody else's.
    #[error("the target holds a store already: give an empty database")]
    NotEmpty,
    /// The target holds a part of another store.
    #[error(
        "the target holds a part of another store, or of this one as it was before a server ran on it again: empty the target database and begin anew"
    )]
    OtherSource,
    /// Another copy goes into the same target.
    #[error("another copy is writing to the target: wait until it has finished")]
    Beside,
    /// The counts differ.
    #[error("{table} has {from} rows, but {to} were copied: empty the target database and begin anew")]
    Differs {
        /// The table.
        table: &'static str,
        /// Rows in the source.
        from: u64,
        /// Rows in the target.
        to: u64,
    },
    /// The books do not add up.
    #[error("the books of the {0} store do not balance: `fanfare doctor` tells more")]
    Unbalanced(&'static str),
}

/// What a copy is of: another one has other counters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Source {
    pub(crate) version: i64,
    pub(crate) seq: i64,
    pub(crate) books: Conservation,
    /// The first environment.
    pub(crate) first: Option<Vec<u8>>,
}

impl Source {
    /// In one line, to compare by.
    pub(crate) fn fingerprint(&self) -> String {
        let first: String = self.first.iter().flatten().map(|byte| format!("{byte:02x}")).collect();
        let Conservation { accepted, erased, states } = self.books;
        format!("{first} {} {} {accepted} {erased} {:?}", self.version, self.seq, states.0)
    }
}

/// Copies `from`, which no server may be using, to `to`, and tells how far it is.
pub async fn copy(
    from: &SqliteStore,
    to: &PostgresStore,
    now: Timestamp,
    mut tell: impl FnMut(Progress),
) -> Result<Copied, CopyError> {
    let source = from.copy_source().await?;
    if let Some(tables) = to.finished_copy(&source).await? {
        return Ok(Copied { before: true, tables, books: source.books });
    }
    put_in_order(from, now).await?;
    let source = from.copy_source().await?;
    if !source.books.holds() {
        return Err(CopyError::Unbalanced("source"));
    }
    let mut counts = Vec::new();
    for table in &TABLES {
        counts.push((table.name, from.copy_count(table).await?));
    }
    to.begin_copy(&source, from.copy_oldest().await?).await?;
    let of = counts.iter().map(|(_, rows)| rows).sum();
    let mut rows = 0;
    for table in &TABLES {
        let (done, mut after) = to.copied_of(table).await?;
        rows += done;
        loop {
            tell(Progress { table: table.name, rows, of });
            let slice = from.copy_slice(table, after.clone()).await?;
            let Some(last) = slice.last.clone() else { break };
            rows += slice.rows as u64;
            to.keep_copied(table, after, &slice).await?;
            after = Some(last);
        }
    }
    // Commands that configure may run beside this one.
    if from.copy_source().await? != source {
        return Err(CopyError::OtherSource);
    }
    to.finish_copy(&source, &counts).await?;
    Ok(Copied { before: false, tables: counts, books: source.books })
}

/// What a server does at its start: no delivery belongs to an earlier process any more.
async fn put_in_order(from: &SqliteStore, now: Timestamp) -> Result<(), StoreError> {
    let all = Roles::default();
    let own = from.start_incarnation(NODE.to_owned(), all, Duration::from_secs(60), now).await?;
    while from.rescue(now, SLICE_ROWS, false).await? == SLICE_ROWS {}
    from.end_incarnation(own).await
}

#[cfg(test)]
mod tests;
