//! A crash at several points: what was acknowledged is delivered, and twice only after an ambiguous end.

use std::time::Duration;

use fanfare_core::delivery::DeliveryState;

use crate::harness::{Answer, Fault, TestNode, seconds};

#[tokio::test(start_paused = true)]
async fn in_flight_attempts_are_made_again_and_cost_no_retry() {
    let mut node = TestNode::start().await;
    let endpoint = node.endpoint("a.test").await;
    node.net.next("a.test", [Answer::Slowly(200, seconds(1))]);
    let message = node.post().await;
    node.until_called("a.test", 1).await;
    node.crash_and_restart().await;
    node.until_state(&message, &endpoint, DeliveryState::Succeeded).await;
    let delivery = node.delivery(&message, &endpoint).await;
    assert_eq!((delivery.attempts, delivery.retries_used, node.net.count("a.test")), (1, 0, 2));
    node.finish().await;
}

#[tokio::test(start_paused = true)]
async fn what_waited_in_memory_is_sent_once() {
    let mut node = TestNode::start().await;
    node.endpoint_with("a.test", |draft| draft.max_concurrency = Some(1)).await;
    node.net.next("a.test", [Answer::Slowly(200, seconds(1))]);
    node.post_many(40).await;
    node.until_called("a.test", 1).await;
    node.crash_and_restart().await;
    node.until_count(DeliveryState::Succeeded, 40).await;
    assert_eq!(node.net.count("a.test"), 41, "only the one in flight came twice");
    node.finish().await;
}

#[tokio::test(start_paused = true)]
async fn an_outcome_that_was_not_written_is_made_again() {
    let mut node = TestNode::start().await;
    let endpoint = node.endpoint("a.test").await;
    node.store.disturb("record", Fault::Hang, 0);
    let message = node.post().await;
    node.until_called("a.test", 1).await;
    node.pass(seconds(1)).await;
    node.crash().await;
    node.store.heal();
    node.restart().await;
    node.until_state(&message, &endpoint, DeliveryState::Succeeded).await;
    assert_eq!((node.net.count("a.test"), node.attempts(&message).await.len()), (2, 1));
    node.finish().await;
}

#[tokio::test(start_paused = true)]
async fn claimed_and_delayed_deliveries_survive() {
    use fanfare_core::ports::Clock as _;
    let mut node = TestNode::start().await;
    node.endpoint("a.test").await;
    node.net.next("a.test", [Answer::Status(500)]);
    node.post().await;
    node.until_called("a.test", 1).await;
    let mut later = node.event();
    later.deliver_at = Some(node.clock.now() + seconds(30));
    node.post_event(later).await;
    node.net.next("a.test", [Answer::Slowly(200, seconds(2))]);
    node.until_called("a.test", 2).await;
    node.crash_and_restart().await;
    node.until_count(DeliveryState::Succeeded, 2).await;
    assert_eq!(node.net.count("a.test"), 4, "failed, cut off, made again; and the delayed one");
    node.finish().await;
}

#[tokio::test(start_paused = true)]
async fn crash_after_crash_loses_nothing() {
    let mut node = TestNode::start().await;
    for host in ["a.test", "b.test"] {
        node.endpoint(host).await;
        node.net.usually(host, Answer::Slowly(200, Duration::from_millis(7)));
    }
    for round in 0..10 {
        node.post_many(30).await;
        node.pass(Duration::from_millis(3 * round)).await;
        node.crash_and_restart().await;
    }
    node.until_count(DeliveryState::Succeeded, 600).await;
    node.finish().await;
}
