//! Nodes whose clocks are minutes apart: who is alive is decided by the database's clock, so no node takes over
//! the work of a healthy one, and a dead one's is taken over in time.

use std::{collections::BTreeSet, path::Path, time::Duration};

use super::Cluster;
use crate::{
    posting::check_duplicates,
    receiver::{monotonic_nanos, pause},
};

/// Debian's `faketime` for programs with threads.
fn library() -> String {
    let found = ["x86_64", "aarch64"]
        .map(|machine| format!("/usr/lib/{machine}-linux-gnu/faketime/libfaketimeMT.so.1"))
        .into_iter()
        .find(|path| Path::new(path).exists());
    found.expect("faketime is installed: run `apt-get install faketime`")
}

/// A wall clock off by this; what measures durations goes as it should.
fn clock(off_by: &str) -> Vec<(&'static str, String)> {
    vec![
        ("LD_PRELOAD", library()),
        ("FAKETIME", off_by.to_owned()),
        ("FAKETIME_DONT_FAKE_MONOTONIC", "1".to_owned()),
        ("DONT_FAKE_MONOTONIC", "1".to_owned()),
    ]
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nodes_with_clocks_minutes_apart_share_the_work() {
    let mut cluster = Cluster::new();
    let slow = cluster.add_under(&[], clock("-3m")).await;
    let fast = cluster.add_under(&[], clock("+3m")).await;
    let started = "SELECT max(started_at) - min(started_at) > 340000000 FROM nodes";
    let name = cluster.url.rsplit('/').next().unwrap().to_owned();
    assert_eq!(cluster.postgres.sql(&name, started), "t", "the clocks are minutes apart");

    let load = cluster.load().await;
    // Longer than a lease: by its own clock each has outlived the other's.
    pause(Duration::from_secs(super::LEASE + 2)).await;
    let all = load.recorder.all();
    let ids: BTreeSet<_> = all.iter().map(|webhook| &webhook.id).collect();
    assert_eq!(ids.len(), all.len(), "both are healthy, so nothing came twice");

    let mut kills = Vec::new();
    for number in [fast, slow] {
        cluster.kill(number);
        kills.push(monotonic_nanos());
        cluster.launch(number).await;
        load.goes_on().await;
    }
    check_duplicates(&load.settle().await, &kills);
    cluster.finish().await;
}
