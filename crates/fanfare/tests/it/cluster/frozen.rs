//! A node that stands still for longer than its lease, and then goes on, harms nothing: others have taken over
//! its work, and it begins anew.

use std::time::Duration;

use rustix::process::Signal;

use super::{Cluster, LEASE};
use crate::{
    SOON,
    posting::check_duplicates,
    receiver::{monotonic_nanos, pause, within},
};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_that_was_frozen_past_its_lease_begins_anew() {
    let cluster = Cluster::of(2).await;
    let load = cluster.load().await;
    pause(Duration::from_secs(2)).await;
    cluster.signal(0, Signal::STOP);
    let frozen = monotonic_nanos();
    pause(Duration::from_secs(LEASE + 4)).await;
    let posted = load.posting.acknowledged();
    cluster.signal(0, Signal::CONT);
    let now = monotonic_nanos();
    let thawed = now..now + Duration::from_secs(1).as_nanos() as u64;
    let said = within(SOON, async {
        while !cluster.log(0).contains("declared dead") {
            pause(super::POLL).await;
        }
    });
    assert!(said.await.is_some(), "it noticed; its log:\n{}", cluster.log(0));
    pause(Duration::from_secs(2)).await;
    assert!(load.posting.acknowledged() > posted, "both nodes take messages");
    let all = load.settle().await;
    // What had arrived and was not recorded when it stopped is sent again by the other; what it had begun to send
    // may arrive when it goes on.
    let in_time: Vec<_> = all.into_iter().filter(|webhook| !thawed.contains(&webhook.at)).collect();
    check_duplicates(&in_time, &[frozen]);
    cluster.finish().await;
}
