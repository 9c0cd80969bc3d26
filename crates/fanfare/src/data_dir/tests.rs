use std::os::unix::fs::PermissionsExt as _;

use super::*;
use crate::{clock::SystemClock, entropy::OsEntropy};

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

struct Fixture {
    _parent: tempfile::TempDir,
    dir: DataDir,
    store: SqliteStore,
}

fn fixture() -> Fixture {
    let parent = tempfile::tempdir().unwrap();
    let dir = DataDir::create(&parent.path().join("a/data")).unwrap();
    let store = dir.open(1, Arc::new(SystemClock::new())).unwrap();
    Fixture { _parent: parent, dir, store }
}

async fn master_key(fixture: &Fixture) -> Result<MasterKey> {
    fixture.dir.master_key(&Config::default(), &fixture.store, &OsEntropy::default()).await
}

#[tokio::test]
async fn the_first_start_makes_a_key_that_nobody_else_reads_and_later_ones_find_it() {
    let fixture = fixture();
    let first = master_key(&fixture).await.unwrap();
    assert_eq!((mode(fixture.dir.path()), mode(&fixture.dir.master_key_file())), (0o700, 0o600));
    let second = master_key(&fixture).await.unwrap();
    assert_eq!(first.check_value(), second.check_value());
}

#[tokio::test]
async fn a_lost_key_is_named_and_none_is_put_in_its_place() {
    let fixture = fixture();
    master_key(&fixture).await.unwrap();
    fs::remove_file(fixture.dir.master_key_file()).unwrap();
    let error = master_key(&fixture).await.unwrap_err().to_string();
    assert!(error.contains("master.key is missing: put back"), "{error}");
    assert!(!fixture.dir.master_key_file().exists());
}

#[tokio::test]
async fn another_key_is_refused() {
    let fixture = fixture();
    master_key(&fixture).await.unwrap();
    let other = MasterKey::generate(&OsEntropy::default()).to_base64();
    fs::write(fixture.dir.master_key_file(), other.reveal()).unwrap();
    let error = master_key(&fixture).await.unwrap_err().to_string();
    assert!(error.contains("master.key is not the one that the store in "), "{error}");
    fs::write(fixture.dir.master_key_file(), "garbage").unwrap();
    let error = format!("{:#}", master_key(&fixture).await.unwrap_err());
    assert!(error.ends_with("holds no master key: a master key is 32 bytes in base64"), "{error}");
}

#[test]
fn a_directory_without_a_store_is_said_to_have_none() {
    let empty = tempfile::tempdir().unwrap();
    let error = DataDir::existing(empty.path()).unwrap_err().to_string();
    assert!(error.starts_with("there is no store in "), "{error}");
}

#[test]
fn a_file_in_the_way_is_told() {
    let parent = tempfile::tempdir().unwrap();
    let file = parent.path().join("file");
    fs::write(&file, "").unwrap();
    for path in [file.clone(), file.join("data")] {
        let error = DataDir::create(&path).unwrap_err().to_string();
        assert!(error.contains("a file is in its way"), "{error}");
    }
}
