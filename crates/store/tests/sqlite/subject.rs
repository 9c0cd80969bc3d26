//! SQLite stores in directories of their own, as subjects of the suite.

use std::{path::PathBuf, sync::Arc, time::Duration};

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

/// A clock that stands still: leases are not what these tests wait for.
pub(crate) struct StandingClock;

#[async_trait]
impl Clock for StandingClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_seconds(1_767_225_600)
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
    SqliteSubject { store: Arc::new(open(path.clone())), path, _dir: dir }
}

/// A store whose work runs in the caller.
pub(crate) fn inline() -> SqliteSubject {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("fanfare.db");
    let store = SqliteStore::open_inline(&path, Arc::new(StandingClock)).unwrap();
    SqliteSubject { store: Arc::new(store), path, _dir: dir }
}

/// Opens the store at `path` as the server does.
pub(crate) fn open(path: PathBuf) -> SqliteStore {
    SqliteStore::open(OpenOptions { path, readers: 2, clock: Arc::new(StandingClock) }).unwrap()
}

pub(crate) struct SqliteSubject {
    store: Arc<SqliteStore>,
    path: PathBuf,
    _dir: TempDir,
}

#[async_trait]
impl Subject for SqliteSubject {
    fn store(&self) -> Arc<dyn Store> {
        self.store.clone()
    }

    fn one_server(&self) -> bool {
        true
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
