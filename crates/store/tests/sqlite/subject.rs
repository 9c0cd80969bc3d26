//! SQLite stores in directories of their own, as subjects of the suite.

use std::{
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use fanfare_core::{
    ports::{Clock, Monotonic, Store},
    time::Timestamp,
};
use fanfare_store::{
    conformance::Subject,
    sqlite::{OpenOptions, SqliteStore},
};
use tempfile::TempDir;

/// A clock that stands still but where a test lets time pass.
pub(crate) struct StandingClock(AtomicI64);

impl Default for StandingClock {
    fn default() -> Self {
        Self(AtomicI64::new(1_767_225_600_000_000))
    }
}

#[async_trait]
impl Clock for StandingClock {
    fn now(&self) -> Timestamp {
        Timestamp(self.0.load(Ordering::Relaxed))
    }

    fn monotonic(&self) -> Monotonic {
        Monotonic::default()
    }

    async fn sleep(&self, _: Duration) {
        std::future::pending::<()>().await;
    }
}

/// A store whose work runs on threads.
pub(crate) fn threaded() -> SqliteSubject {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("fanfare.db");
    let clock = Arc::new(StandingClock::default());
    let store = SqliteStore::open(OpenOptions { path: path.clone(), readers: 2, clock: clock.clone() });
    SqliteSubject { store: Arc::new(store.unwrap()), clock, path, _dir: dir }
}

/// A store whose work runs in the caller.
pub(crate) fn inline() -> SqliteSubject {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("fanfare.db");
    let clock = Arc::new(StandingClock::default());
    let store = SqliteStore::open_inline(&path, clock.clone()).unwrap();
    SqliteSubject { store: Arc::new(store), clock, path, _dir: dir }
}

/// One that several nodes share, as they do in the simulator.
pub(crate) fn shared() -> SqliteSubject {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("fanfare.db");
    let clock = Arc::new(StandingClock::default());
    let store = SqliteStore::open_inline_shared(&path, clock.clone()).unwrap();
    SqliteSubject { store: Arc::new(store), clock, path, _dir: dir }
}

/// Opens the store at `path` as the server does.
pub(crate) fn open(path: PathBuf) -> SqliteStore {
    SqliteStore::open(OpenOptions { path, readers: 2, clock: Arc::new(StandingClock::default()) }).unwrap()
}

pub(crate) struct SqliteSubject {
    store: Arc<SqliteStore>,
    clock: Arc<StandingClock>,
    path: PathBuf,
    _dir: TempDir,
}

#[async_trait]
impl Subject for SqliteSubject {
    fn store(&self) -> Arc<dyn Store> {
        self.store.clone()
    }

    async fn pass(&self, time: Duration) {
        self.clock.0.fetch_add(i64::try_from(time.as_micros()).unwrap(), Ordering::Relaxed);
    }

    async fn audit_rows(&self) -> Vec<(String, String, String)> {
        let conn = rusqlite::Connection::open(&self.path).unwrap();
        let mut rows = conn.prepare("SELECT actor, action, target FROM audit ORDER BY id").unwrap();
        let rows = rows.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?))).unwrap();
        rows.collect::<Result<_, _>>().unwrap()
    }

    async fn damage(&self) -> Vec<String> {
        self.store.integrity_check().await.unwrap()
    }
}
