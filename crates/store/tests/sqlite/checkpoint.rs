//! The write-ahead log under steady load.

use fanfare_core::{message::ProfileHash, ports::store::EnvironmentStore as _};

use crate::subject::open;

#[tokio::test]
async fn the_log_is_begun_anew_while_writing_goes_on() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path().join("fanfare.db"));
    let text = "x".repeat(100_000);
    let mut written = 0;
    for number in 0..5_000_u32 {
        let mut hash = [0; 32];
        hash[..4].copy_from_slice(&number.to_be_bytes());
        store.keep_profile(ProfileHash(hash), text.clone()).await.unwrap();
        written += text.len() as u64;
        if written > store.file_sizes().await.unwrap().wal + 8 * 1024 * 1024 {
            assert!(store.integrity_check().await.unwrap().is_empty());
            return;
        }
    }
    panic!("{written} bytes were written, and all of them are in the log");
}
