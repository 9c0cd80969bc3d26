//! Recovering: what failed or was missed in a window of time is sent again.

use fanfare_core::{
    delivery::DeliveryState,
    endpoint::Endpoint,
    id::JobId,
    limits::PAGE_MOST,
    ports::Clock as _,
    replay::{ReplayStatus, Selection},
    time::Timestamp,
};
use fanfare_engine::accept::Audience;

use crate::harness::{Answer, Fault, TestNode, seconds};

async fn recover(node: &TestNode, endpoint: &Endpoint, since: Timestamp, until: Timestamp) -> JobId {
    node.replay(Selection::recovery(endpoint.id, since, until), None).await
}

#[tokio::test(start_paused = true)]
async fn what_failed_in_the_window_is_sent_again_and_nothing_else() {
    let mut node = TestNode::start().await;
    let endpoint = node.endpoint_with("a.test", |draft| draft.retry_schedule = Some(vec![])).await;
    let start = node.clock.now();
    let fine = node.post().await;
    node.until_state(&fine, &endpoint, DeliveryState::Succeeded).await;
    node.net.usually("a.test", Answer::Status(500));
    let too_early = node.post().await;
    node.until_state(&too_early, &endpoint, DeliveryState::Failed).await;
    node.pass(seconds(10)).await;
    let failed = [node.post().await, node.post().await];
    node.pass(seconds(10)).await;
    let too_late = node.post().await;
    node.until_state(&too_late, &endpoint, DeliveryState::Failed).await;
    node.net.usually("a.test", Answer::Status(200));
    recover(&node, &endpoint, start + seconds(5), start + seconds(15)).await;
    for message in &failed {
        node.until_state(message, &endpoint, DeliveryState::Succeeded).await;
    }
    node.pass(seconds(30)).await;
    for message in [&too_early, &too_late] {
        assert_eq!(node.delivery(message, &endpoint).await.state, DeliveryState::Failed);
    }
    assert_eq!(node.net.count("a.test"), 7);
    node.finish().await;
}

#[tokio::test(start_paused = true)]
async fn what_was_missed_while_disabled_is_sent_but_no_example_and_nothing_older_than_the_endpoint() {
    let mut node = TestNode::start().await;
    let start = node.clock.now();
    let before = node.post().await;
    node.pass(seconds(1)).await;
    let endpoint = node.endpoint("a.test").await;
    let other = node.endpoint("b.test").await;
    node.change(&endpoint, |draft| draft.disabled = true).await;
    let missed = [node.post().await, node.post().await];
    let mut example = node.event();
    example.audience = Audience::Only(other.id);
    let example = node.post_event(example).await;
    let mut expired = node.event();
    expired.expires_at = Some(node.clock.now() + seconds(1));
    let expired = node.post_event(expired).await;
    node.pass(seconds(5)).await;
    node.change(&endpoint, |draft| draft.disabled = false).await;
    recover(&node, &endpoint, start, node.clock.now()).await;
    for message in &missed {
        node.until_state(message, &endpoint, DeliveryState::Succeeded).await;
    }
    node.pass(seconds(30)).await;
    assert_eq!(node.net.count("a.test"), 2);
    for message in [before, example, expired] {
        assert_eq!(node.find_delivery(message.application, message.id, endpoint.id).await, None);
    }
    node.finish().await;
}

#[tokio::test(start_paused = true)]
async fn a_recovery_goes_on_after_a_crash_in_its_middle() {
    let many = PAGE_MOST * 2 + 50;
    let mut node = TestNode::start().await;
    let start = node.clock.now();
    let endpoint = node.endpoint("a.test").await;
    node.change(&endpoint, |draft| draft.disabled = true).await;
    node.post_many(many).await;
    node.pass(seconds(1)).await;
    node.change(&endpoint, |draft| draft.disabled = false).await;
    // A step for each page counts, another one sends.
    node.store.disturb("step_replay", Fault::Hang, 3 + 2);
    recover(&node, &endpoint, start, node.clock.now()).await;
    node.until_count(DeliveryState::Succeeded, 2 * PAGE_MOST as u64).await;
    node.crash().await;
    node.store.heal();
    node.restart().await;
    node.until_count(DeliveryState::Succeeded, many as u64).await;
    node.pass(seconds(10)).await;
    assert_eq!(node.net.count("a.test"), many, "and nothing came twice");
    node.finish().await;
}

/// An endpoint that one message has failed at, and would no longer.
async fn failed_once(node: &mut TestNode, host: &str) -> Endpoint {
    let endpoint = node.endpoint_with(host, |draft| draft.retry_schedule = Some(vec![])).await;
    node.net.usually(host, Answer::Status(500));
    let message = node.post().await;
    node.until_state(&message, &endpoint, DeliveryState::Failed).await;
    node.net.usually(host, Answer::Status(200));
    endpoint
}

#[tokio::test(start_paused = true)]
async fn a_recovery_that_cannot_go_on_is_ended_and_the_next_one_works() {
    let mut node = TestNode::start().await;
    let start = node.clock.now();
    let (fine, stuck) = (failed_once(&mut node, "b.test").await, failed_once(&mut node, "a.test").await);
    let until = node.clock.now() + seconds(1);
    let (fine_before, stuck_before) = (node.net.count("b.test"), node.net.count("a.test"));
    node.store.disturb("messages", Fault::Break, 0);
    let job = recover(&node, &stuck, start, until).await;
    let over = node.until_status(job, ReplayStatus::Failed).await;
    assert!(over.error.is_some_and(|error| error.contains("disturbed by the test")));
    node.store.heal();
    recover(&node, &fine, start, until).await;
    node.until_called("b.test", fine_before + 1).await;
    node.pass(seconds(30)).await;
    assert_eq!(node.net.count("a.test"), stuck_before, "its job is gone");
    node.finish().await;
}

#[tokio::test(start_paused = true)]
async fn a_recovery_waits_for_a_store_that_refuses_for_a_while() {
    let mut node = TestNode::start().await;
    let start = node.clock.now();
    let endpoint = failed_once(&mut node, "a.test").await;
    node.store.disturb("messages", Fault::Refuse, 0);
    recover(&node, &endpoint, start, node.clock.now() + seconds(1)).await;
    node.pass(seconds(30)).await;
    assert_eq!(node.net.count("a.test"), 1);
    node.store.heal();
    node.until_called("a.test", 2).await;
    node.finish().await;
}
