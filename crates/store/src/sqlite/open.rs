//! Opening the file: making it, bringing it to this version, and saying clearly why it cannot be used.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use fanfare_core::ports::Clock;
use rusqlite::{Connection, ErrorCode, OpenFlags, TransactionBehavior};

use super::{
    SqliteStore,
    connection::{Runner, Worker},
};

/// How to open a store.
#[derive(Clone)]
pub struct OpenOptions {
    /// The file; made if it is not there.
    pub path: PathBuf,
    /// Threads that read beside the one that writes, from 1.
    pub readers: usize,
    /// The store's clock, by which leases are renewed.
    pub clock: Arc<dyn Clock>,
}

/// Why a store could not be opened; each says what to do.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Another process holds the file for longer than we wait.
    #[error("{} is locked by another process: wait until it has finished, or stop it", .0.display())]
    Locked(PathBuf),
    /// Parts of the file are not what they should be.
    #[error("{} is damaged ({reason}): restore it from a backup", .path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What SQLite said.
        reason: String,
    },
    /// A file of a later version of Fanfare.
    #[error("{} was written by a newer version of fanfare (format {found}, this one knows up to {known}): run that version, or restore a backup made by this one", .path.display())]
    Newer {
        /// The file.
        path: PathBuf,
        /// The format found.
        found: i64,
        /// The newest format this version knows.
        known: i64,
    },
    /// A file of an earlier version of Fanfare, where it may not be changed.
    #[error("{} was written by an older version of fanfare (format {found}, this one has {known}): start the server of this version once, which brings it up to date", .path.display())]
    Older {
        /// The file.
        path: PathBuf,
        /// The format found.
        found: i64,
        /// The format of this version.
        known: i64,
    },
    /// No SQLite file, or one of another program.
    #[error("{} is not a fanfare store: give another --data directory, or move that file away", .0.display())]
    NotAStore(PathBuf),
    /// The system does not let us use it.
    #[error("cannot open {} ({reason}): check that its directory exists, that this user may write to it, and that the disk is not full", .path.display())]
    Unusable {
        /// The file.
        path: PathBuf,
        /// What SQLite said.
        reason: String,
    },
}

/// Says that a SQLite file is ours: "Fanf".
const APPLICATION_ID: i64 = 0x4661_6e66;
/// Applied in this order; the number of the last one applied is the file's `user_version`.
const MIGRATIONS: [&str; 9] = [
    include_str!("../../migrations/sqlite/0001_initial.sql"),
    include_str!("../../migrations/sqlite/0002_superseding.sql"),
    include_str!("../../migrations/sqlite/0003_key_modes.sql"),
    include_str!("../../migrations/sqlite/0004_sessions.sql"),
    include_str!("../../migrations/sqlite/0005_replays.sql"),
    include_str!("../../migrations/sqlite/0006_portal.sql"),
    include_str!("../../migrations/sqlite/0007_activity.sql"),
    include_str!("../../migrations/sqlite/0008_endpoint_lookups.sql"),
    include_str!("../../migrations/sqlite/0009_nodes.sql"),
];

const BUSY_TIMEOUT: Duration = Duration::from_secs(5);
const STATEMENTS: usize = 256;
const WRITER_CACHE_KIB: i64 = 64 * 1024;
const READER_CACHE_KIB: i64 = 8 * 1024;
const LOG_PAGES: i64 = 4_000;

/// What a connection is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Purpose {
    Write,
    Read,
}

impl SqliteStore {
    /// Opens a store whose work runs on threads of its own: one that writes, some that read.
    pub fn open(options: OpenOptions) -> Result<Self, OpenError> {
        let writer = Worker::new(&options.path, Purpose::Write, prepare(&options.path)?);
        let runner = Runner::threaded(writer, options.readers.max(1));
        let runner = runner
            .map_err(|error| OpenError::Unusable { path: options.path.clone(), reason: error.to_string() })?;
        Ok(Self { path: options.path, clock: options.clock, runner, slow_disk: None, shared: false })
    }

    /// Opens a store that is there, only to look at it: nothing in it is changed, not even brought to this
    /// version, and whatever would write fails.
    pub fn open_to_inspect(options: OpenOptions) -> Result<Self, OpenError> {
        let OpenOptions { path, readers, clock } = options;
        let none_writes = Worker::new(&path, Purpose::Read, inspect(&path)?);
        let runner = Runner::threaded(none_writes, readers.max(1))
            .map_err(|error| OpenError::Unusable { path: path.clone(), reason: error.to_string() })?;
        Ok(Self { path, clock, runner, slow_disk: None, shared: false })
    }

    /// Opens a store whose work runs in the caller, on its thread, before the first await: for the simulator.
    pub fn open_inline(path: &Path, clock: Arc<dyn Clock>) -> Result<Self, OpenError> {
        let worker = Worker::new(path, Purpose::Write, prepare(path)?);
        Ok(Self {
            path: path.to_owned(),
            clock,
            runner: Runner::inline(worker),
            slow_disk: None,
            shared: false,
        })
    }

    /// The same for one of several nodes that simulate a shared store: each opens the file for itself, all by
    /// one clock, in one thread.
    pub fn open_inline_shared(path: &Path, clock: Arc<dyn Clock>) -> Result<Self, OpenError> {
        Ok(Self { shared: true, ..Self::open_inline(path, clock)? })
    }
}

/// A connection to the file, with our settings and without any look at what is in it.
pub(super) fn connect(path: &Path, purpose: Purpose) -> rusqlite::Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let create = if purpose == Purpose::Read { OpenFlags::empty() } else { OpenFlags::SQLITE_OPEN_CREATE };
    let conn = Connection::open_with_flags(path, flags | create)?;
    conn.busy_timeout(BUSY_TIMEOUT)?;
    conn.set_prepared_statement_cache_capacity(STATEMENTS);
    conn.pragma_update(None, "foreign_keys", false)?;
    conn.pragma_update(None, "temp_store", "MEMORY")?;
    conn.pragma_update(None, "trusted_schema", false)?;
    match purpose {
        Purpose::Write => writer_settings(&conn)?,
        Purpose::Read => {
            conn.pragma_update(None, "cache_size", -READER_CACHE_KIB)?;
            conn.pragma_update(None, "query_only", true)?;
        }
    }
    Ok(conn)
}

fn writer_settings(conn: &Connection) -> rusqlite::Result<()> {
    // Takes effect only while the file is empty, and must come before WAL writes its first page.
    conn.pragma_update(None, "auto_vacuum", "INCREMENTAL")?;
    conn.pragma_update_and_check(None, "journal_mode", "WAL", |_| Ok(()))?;
    conn.pragma_update(None, "synchronous", "FULL")?;
    conn.pragma_update(None, "cache_size", -WRITER_CACHE_KIB)?;
    // The writer itself moves the log into the file, 16 MiB at a time. Measured: a thread that copies beside
    // it is no faster, and its syncs hold up those of the commits ten times longer than this takes.
    conn.pragma_update_and_check(None, "wal_autocheckpoint", LOG_PAGES, |_| Ok(()))?;
    conn.pragma_update_and_check(None, "journal_size_limit", 64 * 1024 * 1024, |_| Ok(()))
}

/// Opens the file and brings it to this version.
fn prepare(path: &Path) -> Result<Connection, OpenError> {
    let explain = |error: rusqlite::Error| explain(path, &error);
    let mut conn = connect(path, Purpose::Write).map_err(explain)?;
    migrate(path, &mut conn)?;
    look(&conn).map_err(explain)?;
    Ok(conn)
}

/// Opens the file as it is, if it is of this version.
fn inspect(path: &Path) -> Result<Connection, OpenError> {
    let explain = |error: rusqlite::Error| explain(path, &error);
    let conn = connect(path, Purpose::Read).map_err(explain)?;
    let (found, known) = (format(path, &conn)?, known());
    if found < known {
        return Err(OpenError::Older { path: path.to_owned(), found, known });
    }
    look(&conn).map_err(explain)?;
    Ok(conn)
}

/// One look at a table we always have: a file cut short fails here and not in the middle of the work.
fn look(conn: &Connection) -> rusqlite::Result<()> {
    conn.query_row("SELECT version FROM books", [], |_| Ok(()))
}

fn migrate(path: &Path, conn: &mut Connection) -> Result<(), OpenError> {
    let explain = |error: rusqlite::Error| explain(path, &error);
    // The lock comes first: two processes may open a new file at once.
    let tx = conn.transaction_with_behavior(TransactionBehavior::Immediate).map_err(explain)?;
    let applied = usize::try_from(format(path, &tx)?).unwrap_or(0);
    if applied < MIGRATIONS.len() {
        for migration in &MIGRATIONS[applied..] {
            tx.execute_batch(migration).map_err(explain)?;
        }
        tx.pragma_update(None, "application_id", APPLICATION_ID).map_err(explain)?;
        tx.pragma_update(None, "user_version", known()).map_err(explain)?;
    }
    tx.commit().map_err(explain)
}

/// The format of a file of ours, 0 if it is empty; an error if it is not ours or of a later version.
fn format(path: &Path, conn: &Connection) -> Result<i64, OpenError> {
    let explain = |error: rusqlite::Error| explain(path, &error);
    let number = |name| conn.pragma_query_value(None, name, |row| row.get::<_, i64>(0)).map_err(explain);
    let (found, owner, known) = (number("user_version")?, number("application_id")?, known());
    let tables: i64 =
        conn.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0)).map_err(explain)?;
    if tables > 0 && owner != APPLICATION_ID {
        return Err(OpenError::NotAStore(path.to_owned()));
    }
    if found > known {
        return Err(OpenError::Newer { path: path.to_owned(), found, known });
    }
    Ok(found)
}

fn known() -> i64 {
    i64::try_from(MIGRATIONS.len()).unwrap_or(i64::MAX)
}

fn explain(path: &Path, error: &rusqlite::Error) -> OpenError {
    let (path, reason) = (path.to_owned(), error.to_string());
    match error.sqlite_error_code() {
        Some(ErrorCode::NotADatabase) => OpenError::NotAStore(path),
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => OpenError::Locked(path),
        Some(
            ErrorCode::CannotOpen
            | ErrorCode::ReadOnly
            | ErrorCode::PermissionDenied
            | ErrorCode::SystemIoFailure
            | ErrorCode::DiskFull,
        ) => OpenError::Unusable { path, reason },
        _ => OpenError::Damaged { path, reason },
    }
}
