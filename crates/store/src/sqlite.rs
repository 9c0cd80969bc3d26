//! The Store port on SQLite: one file in WAL mode, one writer, a pool of readers.
//!
//! All SQL stands in plain synchronous functions over a connection; only [`connection`] knows where they run:
//! on threads of their own in the server, in the caller's own thread in the simulator. Any function given a
//! connection runs inside a transaction that its caller opened.

mod activity;
mod applications;
mod audit;
mod backup;
mod books;
mod columns;
mod connection;
mod copy;
mod deliveries;
mod environments;
mod fault;
mod inboxes;
mod inspect;
mod lanes;
mod lock;
mod messages;
mod nodes;
mod open;
mod page;
mod query;
mod replays;
mod sessions;
mod slow_disk;
mod superseding;
mod together;
mod upkeep;
mod waiting;

use std::{path::PathBuf, sync::Arc};

use fanfare_core::ports::Clock;

pub use backup::BackupError;
pub use inspect::{FileSizes, WorkOwner};
pub use lock::{LockError, ServerLock};
pub use open::{OpenError, OpenOptions};

/// The store in one SQLite file.
///
/// Dropping it waits for what is being written and closes the file.
pub struct SqliteStore {
    path: PathBuf,
    clock: Arc<dyn Clock>,
    runner: connection::Runner,
    slow_disk: Option<slow_disk::SlowDisk>,
    /// Whether several nodes use the file at once.
    shared: bool,
}

impl std::fmt::Debug for SqliteStore {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "SqliteStore {}", self.path.display())
    }
}
