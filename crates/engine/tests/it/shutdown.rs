//! An orderly end: what is in flight is finished or left, what waits in memory goes back to the store.

use fanfare_core::delivery::DeliveryState;

use crate::harness::{Answer, GRACE, TestNode, seconds};

#[tokio::test(start_paused = true)]
async fn what_is_in_flight_is_finished_within_the_grace_time() {
    let mut node = TestNode::start().await;
    let endpoint = node.endpoint_with("a.test", |draft| draft.max_concurrency = Some(1)).await;
    node.net.usually("a.test", Answer::Slowly(200, seconds(3)));
    let messages = node.post_many(5).await;
    node.until_called("a.test", 1).await;
    let asked = node.age();
    node.shut_down().await;
    assert!(node.age() - asked <= GRACE);
    assert_eq!(node.delivery(&messages[0], &endpoint).await.state, DeliveryState::Succeeded);
    for message in &messages[1..] {
        let waiting = node.delivery(message, &endpoint).await;
        assert_eq!((waiting.state, waiting.owner), (DeliveryState::Pending, None), "given back");
    }
    assert_eq!(node.net.count("a.test"), 1, "nothing new was begun");
    node.restart().await;
    node.until_count(DeliveryState::Succeeded, 5).await;
    assert_eq!(node.net.count("a.test"), 5);
    node.finish().await;
}

#[tokio::test(start_paused = true)]
async fn what_takes_longer_is_made_again_and_costs_no_retry() {
    let mut node = TestNode::start().await;
    let endpoint = node.endpoint("a.test").await;
    node.net.next("a.test", [Answer::Slowly(200, seconds(10))]);
    let message = node.post().await;
    node.until_called("a.test", 1).await;
    let asked = node.age();
    node.shut_down().await;
    assert!(node.age() - asked < GRACE + seconds(1));
    node.restart().await;
    node.until_state(&message, &endpoint, DeliveryState::Succeeded).await;
    assert_eq!(node.net.count("a.test"), 2);
    let delivery = node.delivery(&message, &endpoint).await;
    assert_eq!((delivery.attempts, delivery.retries_used), (1, 0));
    node.finish().await;
}

#[tokio::test(start_paused = true)]
async fn posts_after_the_end_are_refused_and_those_before_are_kept() {
    let mut node = TestNode::start().await;
    node.endpoint("a.test").await;
    node.net.usually("a.test", Answer::Slowly(200, seconds(1)));
    node.post_many(30).await;
    node.shut_down().await;
    let event = node.event();
    assert!(node.engine.post(event).await.is_err());
    node.restart().await;
    node.until_count(DeliveryState::Succeeded, 30).await;
    assert_eq!(node.net.count("a.test"), 30);
    node.finish().await;
}

#[tokio::test(start_paused = true)]
async fn a_store_that_refuses_does_not_hold_up_the_end_for_ever() {
    let mut node = TestNode::start().await;
    node.endpoint("a.test").await;
    node.net.usually("a.test", Answer::Slowly(200, seconds(1)));
    node.post().await;
    node.until_called("a.test", 1).await;
    node.store.refuse_writes();
    let asked = node.age();
    node.shut_down().await;
    assert!(node.age() - asked < GRACE * 3);
    node.store.heal();
    node.restart().await;
    node.until_count(DeliveryState::Succeeded, 1).await;
    assert_eq!(node.net.count("a.test"), 2, "its outcome was lost with the process: an ambiguous end");
    node.finish().await;
}
