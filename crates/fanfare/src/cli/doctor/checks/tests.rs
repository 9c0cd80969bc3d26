use std::{
    fs::{self, Permissions},
    sync::Arc,
};

use fanfare_core::secret::MasterKey;
use tempfile::TempDir;

use super::*;
use crate::{clock::SystemClock, config::Config, entropy::OsEntropy, server::Server};

/// A store that a server has made and left.
async fn patient() -> (TempDir, Patient) {
    let parent = tempfile::tempdir().unwrap();
    let mut config = Config::default();
    config.store.data = Some(parent.path().join("data"));
    config.server.listen.set_port(0);
    Server::start(&config).await.unwrap().stop().await;
    let patient = Patient::open(config).await.unwrap();
    (parent, patient)
}

fn dir(patient: &Patient) -> &DataDir {
    match &patient.body {
        Body::File { dir, .. } => dir,
        Body::Database { .. } => unreachable!("these stores are files"),
    }
}

/// The names of the checks that found something wrong.
async fn wrong(patient: &Patient) -> Vec<&'static str> {
    let mut wrong = Vec::new();
    for check in patient.checks() {
        let check = check.await;
        if !check.ok {
            wrong.push(check.name);
        }
    }
    wrong
}

#[tokio::test]
async fn a_store_that_was_left_in_order_is_healthy() {
    let (_parent, patient) = patient().await;
    assert_eq!(wrong(&patient).await, Vec::<&str>::new());
    assert_eq!(patient.store().environments().await.unwrap().len(), 1);
    let server = servers(&patient).await;
    assert_eq!(server.finding, "none is running");
}

#[tokio::test]
async fn a_running_server_is_seen() {
    let (_parent, patient) = patient().await;
    let running = Server::start(&patient.config).await.unwrap();
    let seen = servers(&patient).await;
    assert!(seen.finding.contains(": last heard of "), "{}", seen.finding);
    assert_eq!(wrong(&patient).await, Vec::<&str>::new());
    running.stop().await;
}

#[tokio::test]
async fn open_permissions_and_a_wrong_or_missing_key_are_found() {
    let (_parent, patient) = patient().await;
    let key = dir(&patient).master_key_file();
    fs::set_permissions(&key, Permissions::from_mode(0o644)).unwrap();
    assert_eq!(wrong(&patient).await, ["permissions"]);
    fs::set_permissions(&key, Permissions::from_mode(0o600)).unwrap();
    fs::write(&key, MasterKey::generate(&OsEntropy::default()).to_base64().reveal()).unwrap();
    assert_eq!(wrong(&patient).await, ["master key"]);
    fs::remove_file(&key).unwrap();
    assert_eq!(wrong(&patient).await, ["master key"]);
}

#[tokio::test]
async fn a_store_without_a_master_key_is_given_none() {
    let parent = tempfile::tempdir().unwrap();
    let mut config = Config::default();
    config.store.data = Some(parent.path().join("data"));
    let dir = DataDir::create(config.store.directory()).unwrap();
    drop(dir.open(1, Arc::new(SystemClock::new())).unwrap());
    let key = MasterKey::generate(&OsEntropy::default());
    fs::write(dir.master_key_file(), key.to_base64().reveal()).unwrap();
    fs::set_permissions(dir.master_key_file(), Permissions::from_mode(0o600)).unwrap();
    let patient = Patient::open(config).await.unwrap();
    assert_eq!(wrong(&patient).await, Vec::<&str>::new());
    assert_eq!(patient.compare_master_key(key.check_value()).await.unwrap(), None);
}

#[tokio::test]
async fn looking_at_a_store_changes_no_byte_of_it() {
    let (_parent, patient) = patient().await;
    let (config, file) = (patient.config.clone(), dir(&patient).store_file());
    drop(patient);
    let before = fs::read(&file).unwrap();
    let patient = Patient::open(config).await.unwrap();
    assert_eq!(wrong(&patient).await, Vec::<&str>::new());
    drop(patient);
    assert!(fs::read(&file).unwrap() == before, "the file is another one");
}

#[test]
fn the_books_are_told_as_a_sum() {
    let mut books = Conservation { accepted: 7, erased: 2, ..Conservation::default() };
    books.states.0[DeliveryState::Succeeded as usize] = 5;
    assert_eq!(sum(&books), "7 deliveries accepted = 2 erased + 5 succeeded");
    assert_eq!(sum(&Conservation::default()), "0 deliveries accepted");
    assert_eq!(sum(&Conservation { accepted: 1, ..Conservation::default() }), "1 delivery accepted");
}

#[test]
fn a_disk_is_nearly_full_by_its_own_measure() {
    const MIB: u64 = 1024 * 1024;
    assert!(is_nearly_full(900 * MIB, 100_000 * MIB));
    assert!(!is_nearly_full(900 * MIB, 5_000 * MIB));
    assert!(!is_nearly_full(2_000 * MIB, 100_000 * MIB));
    assert!(is_nearly_full(0, 10 * MIB));
}
