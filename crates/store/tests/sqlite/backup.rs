//! Copying a store while it is written to.

use std::{
    fs,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use fanfare_core::{message::ProfileHash, ports::store::EnvironmentStore as _};
use fanfare_store::sqlite::BackupError;

use crate::subject::open;

fn hash(number: u32) -> ProfileHash {
    let mut hash = [0; 32];
    hash[..4].copy_from_slice(&number.to_be_bytes());
    ProfileHash(hash)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_copy_is_whole_although_others_write() {
    let dir = tempfile::tempdir().unwrap();
    let store = Arc::new(open(dir.path().join("fanfare.db")));
    let text = "x".repeat(100_000);
    for number in 0..200 {
        store.keep_profile(hash(number), text.clone()).await.unwrap();
    }
    let copied = Arc::new(AtomicBool::new(false));
    let writer = {
        let (store, copied, text) = (store.clone(), copied.clone(), text.clone());
        async move {
            let mut number = 200;
            while !copied.load(Ordering::Relaxed) {
                store.keep_profile(hash(number), text.clone()).await.unwrap();
                number += 1;
            }
            number
        }
    };
    let to = dir.path().join("copy.db");
    let copier = {
        let (store, to) = (store.clone(), to.clone());
        tokio::task::spawn_blocking(move || {
            let mut seen = Vec::new();
            store.backup(&to, |done, total| seen.push((done, total))).unwrap();
            copied.store(true, Ordering::Relaxed);
            seen
        })
    };
    let (written, seen) = tokio::join!(writer, copier);
    let seen = seen.unwrap();
    assert!(seen.len() > 2 && seen.is_sorted(), "{seen:?}");
    let copy = open(to.clone());
    assert_eq!(copy.integrity_check().await.unwrap(), Vec::<String>::new());
    for number in 0..200 {
        assert_eq!(copy.profile(hash(number)).await.unwrap().as_ref(), Some(&text));
    }
    assert_eq!(store.profile(hash(written - 1)).await.unwrap(), Some(text));
    let error = store.backup(&to, |_, _| ()).unwrap_err();
    assert!(matches!(error, BackupError::Exists(_)), "{error}");
}

#[tokio::test]
async fn a_failed_copy_leaves_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path().join("fanfare.db"));
    let to = dir.path().join("nowhere").join("copy.db");
    let error = store.backup(&to, |_, _| ()).unwrap_err();
    assert!(matches!(error, BackupError::Failed { .. }), "{error}");
    assert!(error.to_string().contains("nowhere"), "{error}");
    assert_eq!(
        fs::read_dir(dir.path())
            .unwrap()
            .filter(|entry| entry.as_ref().unwrap().file_name() == "copy.db")
            .count(),
        0
    );
}
