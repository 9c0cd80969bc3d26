//! A store that cannot be served from: one clear line, an exit code that is not 0, nothing changed.

use std::path::Path;

use crate::{
    binary::{self, Outcome},
    server::{TestServer, free_address, patch},
};

const STORE: &str = "fanfare.db";
const MASTER_KEY: &str = "master.key";
/// Where SQLite keeps `user_version`: the number of migrations that a store has had.
const USER_VERSION_OFFSET: u64 = 60;
/// The first page's b-tree header, behind the file header.
const SCHEMA_OFFSET: u64 = 100;

fn serve(data: &Path) -> Outcome {
    let address = free_address().to_string();
    let data = data.to_str().unwrap();
    binary::run(Path::new("/"), &["serve", "--data", data, "--listen", &address])
}

#[track_caller]
fn assert_refused(outcome: &Outcome, words: &[&str]) {
    assert_eq!(outcome.code, Some(1), "{outcome:?}");
    assert_eq!(outcome.stdout, "", "nothing was promised");
    let complaints: Vec<_> = outcome.stderr.lines().filter(|line| line.starts_with("fanfare:")).collect();
    assert_eq!(complaints.len(), 1, "one line: {outcome:?}");
    assert_eq!(outcome.stderr.lines().count(), 1, "and nothing else: {outcome:?}");
    for word in words {
        assert!(complaints[0].contains(word), "it says `{word}`: {outcome:?}");
    }
}

/// A data directory that a server has used: the whole store in one file, and its key.
async fn used_data() -> (tempfile::TempDir, std::path::PathBuf) {
    let server = TestServer::start().await;
    server.api().create_application("acme").await;
    let copy = tempfile::tempdir().unwrap();
    let backup = server.run(&["backup", copy.path().join(STORE).to_str().unwrap()]);
    assert_eq!(backup.code, Some(0), "{backup:?}");
    std::fs::copy(server.data().join(MASTER_KEY), copy.path().join(MASTER_KEY)).unwrap();
    let path = copy.path().to_owned();
    (copy, path)
}

#[tokio::test]
async fn a_server_that_was_stopped_leaves_the_whole_store_in_one_file() {
    let mut server = TestServer::start().await;
    server.api().create_application("acme").await;
    assert!(server.stop().await.success());
    let files = std::fs::read_dir(server.data()).unwrap().map(|entry| entry.unwrap().file_name());
    let logs: Vec<_> = files.filter(|name| name.to_str().unwrap().starts_with("fanfare.db-")).collect();
    assert!(logs.is_empty(), "{logs:?}");
}

#[tokio::test]
async fn a_store_in_use_is_refused() {
    let server = TestServer::start().await;
    let outcome = serve(server.data());
    assert_refused(&outcome, &[server.data().to_str().unwrap(), "another"]);
    server.api().create_application("acme").await;
}

#[tokio::test]
async fn a_newer_store_is_refused() {
    let (_directory, data) = used_data().await;
    patch(&data.join(STORE), USER_VERSION_OFFSET, &9_999_u32.to_be_bytes());
    assert_refused(&serve(&data), &[STORE, "newer"]);
}

#[tokio::test]
async fn a_damaged_store_is_refused() {
    let (_directory, data) = used_data().await;
    patch(&data.join(STORE), SCHEMA_OFFSET, &[0xff; 512]);
    assert_refused(&serve(&data), &[STORE, "damaged"]);
}

#[tokio::test]
async fn a_file_that_is_no_store_is_refused() {
    let (_directory, data) = used_data().await;
    std::fs::write(data.join(STORE), "shopping list\n".repeat(1_000)).unwrap();
    assert_refused(&serve(&data), &[STORE]);
    assert!(std::fs::read_to_string(data.join(STORE)).unwrap().starts_with("shopping"), "and left alone");
}

#[tokio::test]
async fn a_lost_master_key_is_asked_for() {
    let (_directory, data) = used_data().await;
    std::fs::remove_file(data.join(MASTER_KEY)).unwrap();
    assert_refused(&serve(&data), &[MASTER_KEY]);
    assert!(!data.join(MASTER_KEY).exists(), "no new key takes its place");
}

#[test]
fn a_listening_address_in_use_is_refused() {
    let taken = std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let data = tempfile::tempdir().unwrap();
    let data = data.path().to_str().unwrap();
    let outcome = binary::run(Path::new("/"), &["serve", "--data", data, "--listen", &address]);
    assert_refused(&outcome, &[&address]);
}
