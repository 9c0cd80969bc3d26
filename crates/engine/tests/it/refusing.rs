//! A store that cannot write: nothing is acknowledged, nothing new is sent, nothing finished is lost.

use fanfare_core::{delivery::DeliveryState, ports::store::StoreError};
use fanfare_engine::accept::PostError;

use crate::harness::{Answer, Fault, TestNode, seconds};

#[tokio::test(start_paused = true)]
async fn while_the_store_refuses_no_attempt_starts_and_outcomes_are_kept() {
    let mut node = TestNode::start().await;
    let endpoint = node.endpoint_with("a.test", |draft| draft.max_concurrency = Some(2)).await;
    node.net.usually("a.test", Answer::Slowly(200, seconds(1)));
    let messages = node.post_many(10).await;
    node.until_called("a.test", 2).await;
    node.store.refuse_writes();
    let event = node.event();
    let error = node.engine.post(event).await.unwrap_err();
    assert!(matches!(error, PostError::Store(StoreError::Unavailable { .. })), "{error}");
    node.pass(seconds(60)).await;
    let begun = node.net.count("a.test");
    assert!(begun <= 4, "at most those that began before the first refusal was known: {begun}");
    assert_eq!(node.delivery(&messages[0], &endpoint).await.state, DeliveryState::Pending);
    assert!(node.metric("store_failures_total") >= 1.0);
    node.store.heal();
    node.until_count(DeliveryState::Succeeded, 10).await;
    assert_eq!(node.net.count("a.test"), 10, "what was done was recorded and not done again");
    node.finish().await;
}

#[tokio::test(start_paused = true)]
async fn a_failing_store_is_not_asked_in_a_hot_loop() {
    let mut node = TestNode::start().await;
    node.endpoint("a.test").await;
    node.net.next("a.test", [Answer::Status(500)]);
    node.post().await;
    node.until_count(DeliveryState::Retrying, 1).await;
    node.store.refuse_writes();
    let before = node.store.calls("claim");
    node.pass(seconds(60)).await;
    let asked = node.store.calls("claim") - before;
    assert!((10..=250).contains(&asked), "{asked} times in a minute");
    node.store.heal();
    node.until_count(DeliveryState::Succeeded, 1).await;
    node.finish().await;
}

#[tokio::test(start_paused = true)]
async fn a_post_whose_commit_is_unknown_is_an_error_and_delivered_at_most_once_if_it_was_stored() {
    let mut node = TestNode::start().await;
    node.endpoint("a.test").await;
    node.store.disturb("accept", Fault::Ambiguous, 0);
    let event = node.event();
    assert!(node.engine.post(event).await.is_err());
    node.store.heal();
    node.until_count(DeliveryState::Succeeded, 1).await;
    node.pass(seconds(60)).await;
    assert_eq!(node.net.count("a.test"), 1);
    node.finish().await;
}

#[tokio::test(start_paused = true)]
async fn an_outcome_whose_commit_is_unknown_is_recorded_once() {
    let mut node = TestNode::start().await;
    let endpoint = node.endpoint("a.test").await;
    node.net.next("a.test", [Answer::Status(500)]);
    node.store.disturb("record", Fault::Ambiguous, 0);
    let message = node.post().await;
    node.until_called("a.test", 1).await;
    node.pass(seconds(1)).await;
    node.store.heal();
    node.until_state(&message, &endpoint, DeliveryState::Succeeded).await;
    let delivery = node.delivery(&message, &endpoint).await;
    assert_eq!((delivery.attempts, delivery.retries_used), (2, 1));
    assert_eq!(node.attempts(&message).await.len(), 2);
    node.finish().await;
}

#[tokio::test(start_paused = true)]
async fn what_is_given_back_while_outcomes_cannot_be_written_is_sent_once() {
    let mut node = TestNode::start().await;
    let endpoint = node.endpoint("a.test").await;
    // The lane rests for its first answer: the others go back to the store in the same batch as the outcome.
    node.net.next("a.test", [Answer::RetryAfter(429, "5".to_owned())]);
    node.store.disturb("record", Fault::Refuse, 0);
    node.post_many(20).await;
    node.pass(seconds(1)).await;
    node.store.heal();
    node.until_count(DeliveryState::Succeeded, 20).await;
    assert_eq!(node.net.count("a.test"), 21);
    assert_eq!(node.metric("late_outcomes_total"), 0.0);
    assert_eq!(endpoint.url.as_str(), "http://a.test/");
    node.finish().await;
}

#[tokio::test(start_paused = true)]
async fn a_claim_whose_commit_is_unknown_strands_nothing() {
    let mut node = TestNode::start().await;
    node.endpoint("a.test").await;
    node.net.next("a.test", [Answer::Status(500)]);
    node.post().await;
    node.until_count(DeliveryState::Retrying, 1).await;
    node.store.disturb("claim", Fault::Ambiguous, 0);
    node.store.disturb("unclaim", Fault::Refuse, 2);
    node.until("the claim is undone again and again", || node.store.calls("unclaim") > 3).await;
    node.store.heal();
    node.until_count(DeliveryState::Succeeded, 1).await;
    assert_eq!(node.net.count("a.test"), 2);
    node.finish().await;
}

#[tokio::test(start_paused = true)]
async fn a_rest_that_cannot_be_written_is_written_later() {
    let mut node = TestNode::start().await;
    node.endpoint("a.test").await;
    node.net.next("a.test", [Answer::RetryAfter(429, "600".to_owned())]);
    node.store.disturb("rest", Fault::Refuse, 0);
    node.post().await;
    node.until("it was tried again", || node.store.calls("rest") > 2).await;
    node.store.heal();
    let refused = node.store.calls("rest");
    node.until("it is written", || node.store.calls("rest") > refused).await;
    node.pass(seconds(60)).await;
    assert_eq!(node.store.calls("rest"), refused + 1, "once");
    node.until_count(DeliveryState::Succeeded, 1).await;
    node.finish().await;
}

#[tokio::test(start_paused = true)]
async fn retention_that_fails_holds_up_no_other_upkeep() {
    let node = TestNode::start().await;
    node.store.disturb("retain_messages", Fault::Break, 0);
    node.store.disturb("expire", Fault::Break, 0);
    let names =
        ["retain_payloads", "retain_replays", "compact", "cancel_of_deleted_endpoints", "conservation"];
    let before = names.map(|name| node.store.calls(name));
    node.pass(seconds(130)).await;
    for (name, before) in names.into_iter().zip(before) {
        assert!(node.store.calls(name) > before + 1, "{name}");
    }
    node.finish().await;
}
