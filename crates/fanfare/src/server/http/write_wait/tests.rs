use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, DuplexStream};

use super::*;
use crate::clock::SystemClock;

/// A client's end and a server's end, with room for so few bytes between them.
fn pair() -> (DuplexStream, WriteWait<DuplexStream>) {
    let (client, server) = tokio::io::duplex(8);
    (client, WriteWait::new(server, Arc::new(SystemClock::new())))
}

#[tokio::test(start_paused = true)]
async fn what_nobody_takes_fails_after_the_wait() {
    let (_client, mut server) = pair();
    server.write_all(b"12345678").await.unwrap();
    let error = server.write_all(b"9").await.unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::TimedOut);
    assert!(server.has_run_out());
}

#[tokio::test(start_paused = true)]
async fn a_client_that_reads_slowly_is_given_its_time() {
    let (mut client, mut server) = pair();
    let slowly = async {
        let mut taken = Vec::new();
        while taken.len() < 40 {
            tokio::time::advance(API_WRITE_WAIT - Duration::from_secs(1)).await;
            taken.push(client.read_u8().await.unwrap());
        }
        taken
    };
    let (written, taken) = tokio::join!(server.write_all(&[7; 40]), slowly);
    written.unwrap();
    assert_eq!(taken, [7; 40]);
    assert!(!server.has_run_out());
}
