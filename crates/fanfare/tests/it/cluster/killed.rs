//! Nodes are killed under load, one after the other: nothing is lost, and only what was in flight at a kill may
//! come twice.

use std::time::Duration;

use super::Cluster;
use crate::{
    posting::check_duplicates,
    receiver::{monotonic_nanos, pause},
};

const KILLS: usize = 3;
/// From one kill to the next.
const EVERY: Duration = Duration::from_millis(2_000);

async fn survive_kills(nodes: usize) {
    let mut cluster = Cluster::of(nodes).await;
    let load = cluster.load().await;
    let mut kills = Vec::new();
    for round in 0..KILLS {
        pause(EVERY).await;
        let number = round % nodes;
        cluster.kill(number);
        kills.push(monotonic_nanos());
        cluster.launch(number).await;
    }
    pause(EVERY).await;
    check_duplicates(&load.settle().await, &kills);
    cluster.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_nodes_survive_kills() {
    survive_kills(2).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn four_nodes_survive_kills() {
    survive_kills(4).await;
}
