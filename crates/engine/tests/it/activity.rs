//! What charts are drawn from: counted by the minute, written within seconds, there after a restart.

use fanfare_core::{
    activity::{Activity, Minute},
    delivery::DeliveryState,
};

use crate::harness::{Answer, Fault, TestNode, seconds};

/// All that the store knows of the environment.
async fn all(node: &TestNode) -> Activity {
    let minutes =
        node.engine.context().store().activity(node.application.environment, Minute(0)).await.unwrap();
    let mut all = Activity::default();
    for (_, activity) in &minutes {
        all.add(activity);
    }
    all
}

#[tokio::test(start_paused = true)]
async fn what_happens_is_written_within_seconds_and_survives_a_restart() {
    let mut node = TestNode::start().await;
    node.endpoint_with("a.test", |draft| draft.retry_schedule = Some(vec![seconds(1)])).await;
    node.net.next("a.test", [Answer::Status(500), Answer::Slowly(200, seconds(2))]);
    node.post().await;
    node.post().await;
    node.until_count(DeliveryState::Succeeded, 2).await;
    node.pass(seconds(6)).await;
    let seen = all(&node).await;
    assert_eq!((seen.accepted, seen.succeeded, seen.failed), (2, 2, 1));
    let slowest = seen.latencies.percentile(1.0).unwrap();
    assert!(slowest > seconds(1) && slowest < seconds(3), "{slowest:?}");
    // What no tick has written yet is written at an orderly end; the next process adds its own.
    node.post().await;
    node.until_count(DeliveryState::Succeeded, 3).await;
    node.shut_down().await;
    node.restart().await;
    node.post().await;
    node.until_count(DeliveryState::Succeeded, 4).await;
    node.pass(seconds(6)).await;
    let seen = all(&node).await;
    assert_eq!((seen.accepted, seen.succeeded, seen.failed), (4, 4, 1));
    node.finish().await;
}

#[tokio::test(start_paused = true)]
async fn what_the_store_refused_is_written_later() {
    let mut node = TestNode::start().await;
    node.endpoint("a.test").await;
    node.store.disturb("keep_activity", Fault::Refuse, 0);
    node.post().await;
    node.until_count(DeliveryState::Succeeded, 1).await;
    node.pass(seconds(120)).await;
    assert_eq!(all(&node).await, Activity::default());
    node.store.heal();
    node.pass(seconds(6)).await;
    assert_eq!(all(&node).await.succeeded, 1);
    node.finish().await;
}

#[tokio::test(start_paused = true)]
async fn what_waits_is_seen() {
    let mut node = TestNode::start().await;
    node.endpoint_with("a.test", |draft| draft.retry_schedule = Some(vec![seconds(300)])).await;
    node.net.next("a.test", [Answer::Status(500)]);
    node.post().await;
    node.until_count(DeliveryState::Retrying, 1).await;
    node.pass(seconds(25)).await;
    let waiting = all(&node).await.waiting.unwrap();
    assert_eq!((waiting.endpoints, waiting.oldest_seconds), (1, 0), "it waits, and is not due yet");
    node.finish().await;
}
