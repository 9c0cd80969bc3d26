//! A rolling restart under load: nothing is lost, and nothing comes twice.

use std::{collections::BTreeSet, time::Duration};

use super::Cluster;
use crate::receiver::pause;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_rolling_restart_loses_and_repeats_nothing() {
    let mut cluster = Cluster::of(3).await;
    let load = cluster.load().await;
    for number in 0..3 {
        pause(Duration::from_secs(1)).await;
        let status = cluster.stop(number).await;
        assert!(status.success(), "{status}");
        cluster.launch(number).await;
    }
    pause(Duration::from_secs(1)).await;
    let all = load.settle().await;
    let ids: BTreeSet<_> = all.iter().map(|webhook| &webhook.id).collect();
    assert_eq!(ids.len(), all.len(), "what was in flight at a stop was finished");
    cluster.finish().await;
}
