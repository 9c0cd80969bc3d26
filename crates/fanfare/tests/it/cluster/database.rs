//! PostgreSQL goes away under load and comes back: what was acknowledged was committed, the nodes recover by
//! themselves.

use std::time::Duration;

use super::Cluster;
use crate::{
    posting::check_duplicates,
    receiver::{monotonic_nanos, pause},
};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nodes_outlive_restarts_of_the_database() {
    let mut cluster = Cluster::of(2).await;
    let load = cluster.load().await;
    let mut faults = Vec::new();
    for _ in 0..2 {
        pause(Duration::from_secs(2)).await;
        faults.push(monotonic_nanos());
        cluster.postgres.stop();
        pause(Duration::from_secs(1)).await;
        cluster.postgres.start_again();
        faults.push(monotonic_nanos());
        load.goes_on().await;
    }
    check_duplicates(&load.settle().await, &faults);
    cluster.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nodes_outlive_a_database_that_stands_still() {
    let cluster = Cluster::of(2).await;
    let load = cluster.load().await;
    pause(Duration::from_secs(2)).await;
    let paused = monotonic_nanos();
    cluster.postgres.pause();
    // Past half a lease: no node starts a request that another could make too.
    pause(Duration::from_secs(super::LEASE / 2 + 2)).await;
    let before = load.recorder.all().len();
    pause(Duration::from_secs(1)).await;
    assert_eq!(load.recorder.all().len(), before, "no request starts while the lease is in doubt");
    cluster.postgres.resume();
    load.goes_on().await;
    check_duplicates(&load.settle().await, &[paused]);
    cluster.finish().await;
}
