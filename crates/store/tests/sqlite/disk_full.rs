//! A full disk: nothing half-written, a clear error, and all well again once there is room.

use fanfare_core::ports::store::{EnvironmentStore as _, StoreError, UpkeepStore as _};

use crate::{file::environment, subject::open};

#[tokio::test]
async fn a_full_disk_is_survived() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path().join("fanfare.db"));
    let hash = |number: u8| fanfare_core::message::ProfileHash([number; 32]);
    let big = "x".repeat(200_000);
    store.keep_profile(hash(1), big.clone()).await.unwrap();
    let sizes = store.file_sizes().await.unwrap();
    store.limit_pages(sizes.file / 4096).await.unwrap();
    for number in 2..5 {
        let error = store.keep_profile(hash(number), big.clone()).await.unwrap_err();
        let StoreError::Unavailable { ambiguous, reason } = error else { panic!("{error}") };
        assert!(!ambiguous, "{reason}");
        assert_eq!(store.profile(hash(number)).await.unwrap(), None, "nothing half-written");
    }
    assert_eq!(store.profile(hash(1)).await.unwrap(), Some(big.clone()), "reading goes on");
    store.limit_pages(1_000_000).await.unwrap();
    store.keep_profile(hash(2), big).await.unwrap();
    let (environment, audit) = environment(1);
    store.create_environment(environment, Vec::new(), audit).await.unwrap().unwrap();
    assert!(store.conservation().await.unwrap().holds());
    assert_eq!(store.integrity_check().await.unwrap(), Vec::<String>::new());
}
