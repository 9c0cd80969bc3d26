//! The file: reopened, of a newer version, damaged, foreign, locked.

use std::{
    fs,
    path::Path,
    sync::Arc,
    task::{Context, Waker},
};

use fanfare_core::{
    delivery::DeliveryKey,
    environment::Environment,
    id::{AuditId, EnvironmentId},
    ports::store::{
        Audit, DeliveryStore as _, EnvironmentStore as _, MessageStore as _, NodeStore as _, StoreError,
    },
    time::Timestamp,
};
use fanfare_store::sqlite::{LockError, OpenError, OpenOptions, ServerLock, SqliteStore};
use rusqlite::Connection;

use crate::subject::{StandingClock, open};

pub(crate) fn environment(number: u8) -> (Environment, Audit) {
    let id = EnvironmentId([number; 20]);
    let at = Timestamp::from_seconds(1_767_225_600);
    let name = format!("environment {number}");
    let audit = Audit {
        id: AuditId([number; 20]),
        at,
        environment: id,
        application: None,
        actor: "test".to_owned(),
        action: "environment.create",
        target: name.clone(),
        detail: None,
    };
    (
        Environment {
            id,
            name,
            profile: "standard".parse().unwrap(),
            portal: Default::default(),
            created_at: at,
        },
        audit,
    )
}

async fn add(store: &SqliteStore, number: u8) {
    let (environment, audit) = environment(number);
    store.create_environment(environment, Vec::new(), audit).await.unwrap().unwrap();
}

fn refused(path: &Path) -> OpenError {
    let options =
        OpenOptions { path: path.to_owned(), readers: 1, clock: Arc::new(StandingClock::default()) };
    SqliteStore::open(options).expect_err("the file must be refused")
}

#[tokio::test]
async fn reopened_it_holds_all_it_had() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("fanfare.db");
    for number in 1..4 {
        let store = open(path.clone());
        add(&store, number).await;
        assert_eq!(store.environments().await.unwrap().len(), usize::from(number));
    }
}

#[tokio::test]
async fn dropped_it_is_one_file_whatever_is_being_read() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("fanfare.db");
    for number in 1..40 {
        let store = open(path.clone());
        add(&store, number).await;
        let mut reads: Vec<_> = (0..4).map(|_| Box::pin(store.integrity_check())).collect();
        for read in &mut reads {
            // The first look hands it over to a reader's thread, which may even have answered.
            let _ = read.as_mut().poll(&mut Context::from_waker(Waker::noop()));
        }
        drop(reads);
        drop(store);
        let left = fs::read_dir(dir.path()).unwrap().map(|entry| entry.unwrap().file_name());
        assert_eq!(left.collect::<Vec<_>>(), ["fanfare.db"]);
    }
}

#[tokio::test]
async fn a_new_file_can_give_space_back() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("fanfare.db");
    drop(open(path.clone()));
    let conn = Connection::open(&path).unwrap();
    let pragma = |name| conn.pragma_query_value(None, name, |row| row.get::<_, rusqlite::types::Value>(0));
    assert_eq!(pragma("auto_vacuum").unwrap(), 2.into(), "incremental");
    assert_eq!(pragma("journal_mode").unwrap(), "wal".to_owned().into());
}

#[tokio::test]
async fn a_file_of_the_first_version_is_brought_up_to_date_with_what_it_holds() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("fanfare.db");
    let conn = Connection::open(&path).unwrap();
    conn.execute_batch(include_str!("../../migrations/sqlite/0001_initial.sql")).unwrap();
    conn.pragma_update(None, "application_id", 0x4661_6e66).unwrap();
    conn.pragma_update(None, "user_version", 1).unwrap();
    let id = [1_u8; 20];
    conn.execute(
        "INSERT INTO applications (id, environment, version, endpoints, created_at, updated_at, document)
         VALUES (?1, ?1, 1, 0, 0, 0, '{}')",
        [id],
    )
    .unwrap();
    conn.execute(
        "INSERT INTO messages (application, id, environment, event_type, created_at, profile, payload,
             payload_expires_day) VALUES (?1, ?1, ?1, 'a.b', 0, zeroblob(32), 2, 0)",
        [id],
    )
    .unwrap();
    conn.execute(
        "INSERT INTO deliveries (application, message, endpoint, state, blocked, due, seq, attempts,
             retries_used, trigger, updated_at) VALUES (?1, ?1, ?1, 1, 0, 0, 1, 0, 0, 0, 0)",
        [id],
    )
    .unwrap();
    drop(conn);
    let store = open(path);
    let message = store.message(id.into(), id.into(), true).await.unwrap().unwrap();
    assert_eq!((message.replace_key, message.supersedes), (None, true));
    let key = DeliveryKey { application: id.into(), message: id.into(), endpoint: id.into() };
    let delivery = store.delivery(key).await.unwrap().unwrap();
    assert_eq!((delivery.replace_key, delivery.profile), (None, None));
}

#[tokio::test]
async fn a_newer_file_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("fanfare.db");
    drop(open(path.clone()));
    Connection::open(&path).unwrap().pragma_update(None, "user_version", 99).unwrap();
    let error = refused(&path);
    assert!(matches!(error, OpenError::Newer { found: 99, .. }), "{error}");
    assert!(error.to_string().contains("newer version"), "{error}");
}

fn to_inspect(path: &Path) -> Result<SqliteStore, OpenError> {
    let options =
        OpenOptions { path: path.to_owned(), readers: 1, clock: Arc::new(StandingClock::default()) };
    SqliteStore::open_to_inspect(options)
}

#[tokio::test]
async fn inspecting_changes_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("fanfare.db");
    let store = open(path.clone());
    add(&store, 1).await;
    drop(store);
    let before = fs::read(&path).unwrap();
    let store = to_inspect(&path).unwrap();
    assert_eq!(store.environments().await.unwrap().len(), 1);
    assert_eq!(store.compare_master_key([1; 32]).await.unwrap(), None);
    let (environment, audit) = environment(2);
    let refused = store.create_environment(environment, Vec::new(), audit).await;
    assert!(matches!(refused, Err(StoreError::Unavailable { ambiguous: false, .. })), "{refused:?}");
    drop(store);
    assert_eq!(fs::read(&path).unwrap(), before);
}

#[tokio::test]
async fn inspecting_compares_the_master_key_and_leaves_it_alone() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("fanfare.db");
    assert!(open(path.clone()).check_master_key([1; 32]).await.unwrap());
    let store = to_inspect(&path).unwrap();
    assert_eq!(store.compare_master_key([1; 32]).await.unwrap(), Some(true));
    assert_eq!(store.compare_master_key([2; 32]).await.unwrap(), Some(false));
}

#[tokio::test]
async fn inspecting_refuses_what_it_would_have_to_change() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("fanfare.db");
    assert!(matches!(to_inspect(&path), Err(OpenError::Unusable { .. })));
    assert!(!path.exists(), "and makes none");
    drop(open(path.clone()));
    let version = |version: i64| {
        Connection::open(&path).unwrap().pragma_update(None, "user_version", version).unwrap();
        to_inspect(&path).unwrap_err()
    };
    let older = version(0);
    assert!(matches!(older, OpenError::Older { found: 0, .. }), "{older}");
    assert!(older.to_string().contains("older version"), "{older}");
    assert!(matches!(version(99), OpenError::Newer { found: 99, .. }));
}

#[tokio::test]
async fn a_damaged_file_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("fanfare.db");
    drop(open(path.clone()));
    let whole = fs::read(&path).unwrap();
    let mut damaged = whole.clone();
    damaged[100..4000].fill(0xAA);
    fs::write(&path, &damaged).unwrap();
    let error = refused(&path);
    assert!(matches!(error, OpenError::Damaged { .. }), "{error}");
    assert!(error.to_string().contains("restore it from a backup"), "{error}");
    fs::write(&path, &whole[..whole.len() / 3]).unwrap();
    let error = refused(&path);
    assert!(matches!(error, OpenError::Damaged { .. }), "{error}");
}

#[tokio::test]
async fn what_is_no_store_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let text = dir.path().join("notes.txt");
    fs::write(&text, "just some notes, nothing that anybody would call a database file".repeat(20)).unwrap();
    assert!(matches!(refused(&text), OpenError::NotAStore(_)));
    let foreign = dir.path().join("foreign.db");
    Connection::open(&foreign).unwrap().execute_batch("CREATE TABLE t (x)").unwrap();
    let error = refused(&foreign);
    assert!(matches!(error, OpenError::NotAStore(_)), "{error}");
}

#[tokio::test]
async fn a_directory_that_is_not_there_is_named() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("nowhere").join("fanfare.db");
    let error = refused(&path);
    assert!(matches!(error, OpenError::Unusable { .. }), "{error}");
    assert!(error.to_string().contains("nowhere"), "{error}");
}

#[tokio::test]
async fn two_processes_may_use_the_file_side_by_side() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("fanfare.db");
    let (server, command) = (open(path.clone()), open(path));
    add(&server, 1).await;
    add(&command, 2).await;
    assert_eq!(server.environments().await.unwrap().len(), 2);
    assert_eq!(command.environments().await.unwrap().len(), 2);
}

#[tokio::test]
async fn a_store_that_breaks_in_use_says_so() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("fanfare.db");
    let store = open(path.clone());
    Connection::open(&path).unwrap().execute_batch("DROP TABLE environments").unwrap();
    let error = store.environments().await.unwrap_err();
    assert!(matches!(error, StoreError::Broken(_)), "{error}");
}

#[test]
fn one_server_at_a_time() {
    let dir = tempfile::tempdir().unwrap();
    let held = ServerLock::acquire(dir.path()).unwrap();
    let error = ServerLock::acquire(dir.path()).unwrap_err();
    assert!(matches!(error, LockError::Held(_)), "{error}");
    assert!(error.to_string().contains("another fanfare server"), "{error}");
    drop(held);
    ServerLock::acquire(dir.path()).unwrap();
    let missing = ServerLock::acquire(&dir.path().join("nowhere")).unwrap_err();
    assert!(matches!(missing, LockError::Io { .. }), "{missing}");
    assert!(missing.to_string().contains("No such file"), "{missing}");
    assert!(std::error::Error::source(&missing).is_none(), "its text says it already");
}
