//! The primary dies for good and its synchronous replica takes its place: nothing acknowledged was on one of
//! them only, and the nodes, which know both, find the new primary by themselves.

use std::time::Duration;

use fanfare_servers::{Postgres, until};

use super::{Cluster, throughout};
use crate::{
    SOON,
    posting::check_duplicates,
    receiver::{monotonic_nanos, pause},
};

/// What was committed may take so long to be answered.
const ANSWERED_WITHIN: Duration = Duration::from_secs(1);

/// A primary whose commits wait for the replica.
fn pair() -> (Postgres, Postgres) {
    let primary = Postgres::start();
    let replica = primary.standby();
    primary.set("synchronous_standby_names", "standby");
    until("the replica is synchronous", SOON, || {
        primary.sql("postgres", "SELECT sync_state FROM pg_stat_replication") == "sync"
    });
    (primary, replica)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_failover_to_a_synchronous_replica_loses_nothing() {
    let (primary, replica) = pair();
    let database = primary.create_database().rsplit('/').next().unwrap().to_owned();
    let hosts = format!("127.0.0.1:{},127.0.0.1:{}", primary.port(), replica.port());
    let url = format!("postgres://postgres@{hosts}/{database}?target_session_attrs=read-write");
    let mut cluster = Cluster::over(primary, url).with(2).await;
    let load = cluster.load().await;
    load.posting.wait_for(300).await;

    // The primary commits alone for a while; what it commits so must not be acknowledged.
    let began = monotonic_nanos();
    replica.pause();
    pause(ANSWERED_WITHIN).await;
    let acknowledged = load.posting.acknowledged();
    pause(Duration::from_secs(1)).await;
    assert_eq!(load.posting.acknowledged(), acknowledged, "acknowledged, and on the primary only");
    cluster.postgres.kill();
    replica.resume();
    replica.promote();
    load.goes_on().await;
    let ended = monotonic_nanos();

    pause(Duration::from_secs(1)).await;
    check_duplicates(&load.settle().await, &throughout(began, ended));
    cluster.finish().await;
}
