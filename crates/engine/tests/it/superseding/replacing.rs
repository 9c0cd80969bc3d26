//! Newer messages with the replace key of older ones.

use std::time::Duration;

use fanfare_core::{
    delivery::{DeliveryKey, DeliveryState, EndReason},
    endpoint::Endpoint,
    limits::FANOUT_INLINE,
    message::Message,
    ports::Clock as _,
    replay::Selection,
};
use fanfare_engine::accept::Post;

use crate::harness::{Answer, Fault, TestNode, seconds};

const HOST: &str = "a.test";

fn keyed(node: &mut TestNode, key: &str) -> Post {
    Post { replace_key: Some(key.parse().unwrap()), ..node.event() }
}

async fn end_of(node: &TestNode, message: &Message, endpoint: &Endpoint) -> Option<EndReason> {
    let delivery = node.delivery(message, endpoint).await;
    (delivery.state == DeliveryState::Cancelled).then_some(delivery.reason).flatten()
}

#[tokio::test(start_paused = true)]
async fn a_retry_that_waits_is_cancelled() {
    let mut node = TestNode::start().await;
    let endpoint = node.endpoint(HOST).await;
    node.net.next(HOST, [Answer::Status(500)]);
    let old = keyed(&mut node, "k");
    let old = node.post_event(old).await;
    node.until_state(&old, &endpoint, DeliveryState::Retrying).await;
    let newer = keyed(&mut node, "k");
    let newer = node.post_event(newer).await;
    assert_eq!(end_of(&node, &old, &endpoint).await, Some(EndReason::Superseded));
    node.until_state(&newer, &endpoint, DeliveryState::Succeeded).await;
    node.pass(seconds(60)).await;
    assert_eq!(node.net.messages(HOST), [old.id.to_string(), newer.id.to_string()]);
    node.finish().await;
}

#[tokio::test(start_paused = true)]
async fn one_in_flight_is_not_retried_and_its_success_stands() {
    let mut node = TestNode::start().await;
    let endpoint = node.endpoint(HOST).await;
    for (status, end) in [(500, Some(EndReason::Superseded)), (200, None)] {
        node.net.next(HOST, [Answer::Slowly(status, seconds(5))]);
        let old = keyed(&mut node, "k");
        let (before, old) = (node.net.count(HOST), node.post_event(old).await);
        node.until_called(HOST, before + 1).await;
        let newer = keyed(&mut node, "k");
        let newer = node.post_event(newer).await;
        node.until_state(&newer, &endpoint, DeliveryState::Succeeded).await;
        node.pass(seconds(60)).await;
        assert_eq!(end_of(&node, &old, &endpoint).await, end, "{status}");
        assert_eq!(node.attempts(&old).await.len(), 1);
        assert_eq!(node.net.count(HOST), before + 2, "each once");
    }
    assert_eq!(node.count(DeliveryState::Succeeded).await, 3);
    assert_eq!(node.metric(r#"deliveries_ended_total{state="cancelled"}"#), 1.0);
    node.finish().await;
}

#[tokio::test(start_paused = true)]
async fn what_waits_in_memory_is_not_sent() {
    let mut node = TestNode::start().await;
    let endpoint = node.endpoint_with(HOST, |draft| draft.max_concurrency = Some(1)).await;
    node.net.usually(HOST, Answer::Slowly(200, seconds(5)));
    let (first, old) = (keyed(&mut node, "first"), keyed(&mut node, "k"));
    let (first, old) = (node.post_event(first).await, node.post_event(old).await);
    node.until_called(HOST, 1).await;
    node.until("it in memory", || node.metric("queued") == 1.0).await;
    assert!(node.delivery(&old, &endpoint).await.owner.is_some());
    let newer = keyed(&mut node, "k");
    let newer = node.post_event(newer).await;
    node.until_state(&newer, &endpoint, DeliveryState::Succeeded).await;
    assert_eq!(end_of(&node, &old, &endpoint).await, Some(EndReason::Superseded));
    assert_eq!(node.net.messages(HOST), [first.id.to_string(), newer.id.to_string()]);
    node.finish().await;
}

#[tokio::test(start_paused = true)]
async fn what_was_in_memory_when_the_node_died_is_not_sent() {
    let mut node = TestNode::start().await;
    let endpoint = node.endpoint(HOST).await;
    node.net.next(HOST, [Answer::Hang]);
    let old = keyed(&mut node, "k");
    let old = node.post_event(old).await;
    node.until_called(HOST, 1).await;
    let newer = keyed(&mut node, "k");
    let newer = node.post_event(newer).await;
    node.crash_and_restart().await;
    assert_eq!(end_of(&node, &old, &endpoint).await, Some(EndReason::Superseded));
    node.until_state(&newer, &endpoint, DeliveryState::Succeeded).await;
    node.pass(seconds(60)).await;
    let sent = node.net.messages(HOST);
    assert_eq!(sent.iter().filter(|id| **id == old.id.to_string()).count(), 1, "the one that was cut off");
    node.finish().await;
}

#[tokio::test(start_paused = true)]
async fn nothing_is_sent_while_the_store_cannot_tell() {
    let mut node = TestNode::start().await;
    let endpoint = node.endpoint(HOST).await;
    node.store.disturb("is_superseded", Fault::Refuse, 0);
    let keyed = keyed(&mut node, "k");
    let message = node.post_event(keyed).await;
    node.pass(seconds(20)).await;
    assert_eq!(node.net.count(HOST), 0);
    assert!(node.store.calls("is_superseded") < 40, "asked {}", node.store.calls("is_superseded"));
    node.store.heal();
    node.until_state(&message, &endpoint, DeliveryState::Succeeded).await;
    assert_eq!(node.net.count(HOST), 1);
    node.finish().await;
}

#[tokio::test(start_paused = true)]
async fn a_resend_by_hand_is_sent_all_the_same() {
    let mut node = TestNode::start().await;
    let endpoint = node.endpoint(HOST).await;
    let mut old = keyed(&mut node, "k");
    old.deliver_at = Some(node.clock.now() + seconds(60));
    let old = node.post_event(old).await;
    let newer = keyed(&mut node, "k");
    let newer = node.post_event(newer).await;
    node.until_state(&newer, &endpoint, DeliveryState::Succeeded).await;
    let key = DeliveryKey { application: old.application, message: old.id, endpoint: endpoint.id };
    node.net.next(HOST, [Answer::Status(500)]);
    node.engine.resend(key).await.unwrap().unwrap();
    node.until_state(&old, &endpoint, DeliveryState::Retrying).await;
    let newest = keyed(&mut node, "k");
    node.post_event(newest).await;
    node.until_state(&old, &endpoint, DeliveryState::Succeeded).await;
    assert_eq!(node.attempts(&old).await.len(), 2);
    node.finish().await;
}

#[tokio::test(start_paused = true)]
async fn a_recovery_does_not_bring_them_back() {
    let mut node = TestNode::start().await;
    let start = node.clock.now();
    let endpoint = node.endpoint_with(HOST, |draft| draft.retry_schedule = Some(vec![])).await;
    node.net.next(HOST, [Answer::Status(500)]);
    let failed = keyed(&mut node, "k");
    let failed = node.post_event(failed).await;
    node.until_state(&failed, &endpoint, DeliveryState::Failed).await;
    node.change(&endpoint, |draft| draft.disabled = true).await;
    let (missed, kept) = (keyed(&mut node, "k"), keyed(&mut node, "other"));
    let (missed, kept) = (node.post_event(missed).await, node.post_event(kept).await);
    let newer = keyed(&mut node, "k");
    let newer = node.post_event(newer).await;
    node.pass(seconds(1)).await;
    node.change(&endpoint, |draft| draft.disabled = false).await;
    node.replay(Selection::recovery(endpoint.id, start, node.clock.now()), None).await;
    node.until_count(DeliveryState::Succeeded, 2).await;
    node.pass(seconds(60)).await;
    assert_eq!(node.net.messages(HOST), [&failed, &kept, &newer].map(|message| message.id.to_string()));
    assert_eq!(node.delivery(&failed, &endpoint).await.state, DeliveryState::Failed);
    assert_eq!(node.find_delivery(missed.application, missed.id, endpoint.id).await, None);
    node.finish().await;
}

#[tokio::test(start_paused = true)]
async fn a_fan_out_on_its_way_is_superseded_too() {
    let many = FANOUT_INLINE + 10;
    let mut node = TestNode::start().await;
    for n in 0..many {
        node.endpoint(&format!("{n}.test")).await;
    }
    node.store.disturb("expand", Fault::Refuse, 0);
    let old = keyed(&mut node, "k");
    node.post_event(old).await;
    node.pass(seconds(1)).await;
    let newer = keyed(&mut node, "k");
    let newer = node.post_event(newer).await;
    node.store.heal();
    node.until_count(DeliveryState::Succeeded, many as u64).await;
    assert_eq!(node.count(DeliveryState::Cancelled).await, many as u64);
    for n in 0..many {
        assert_eq!(node.net.messages(&format!("{n}.test")), [newer.id.to_string()]);
    }
    node.finish().await;
}

#[tokio::test(start_paused = true)]
async fn an_ordered_endpoint_goes_on_with_what_is_next() {
    let mut node = TestNode::start().await;
    let endpoint = node.endpoint_with(HOST, |draft| draft.ordered = true).await;
    node.net.next(HOST, [Answer::Status(500)]);
    let old = keyed(&mut node, "k");
    let old = node.post_event(old).await;
    let behind = node.post().await;
    node.until_state(&old, &endpoint, DeliveryState::Retrying).await;
    let from = node.age();
    let newer = keyed(&mut node, "k");
    let newer = node.post_event(newer).await;
    node.until_state(&newer, &endpoint, DeliveryState::Succeeded).await;
    assert_eq!(node.net.messages(HOST), [&old, &behind, &newer].map(|message| message.id.to_string()));
    assert!(node.age() - from < seconds(3), "and waits for no retry: {:?}", node.age() - from);
    node.finish().await;
}

#[tokio::test(start_paused = true)]
async fn what_expires_while_it_waits_in_memory_is_not_sent() {
    let mut node = TestNode::start().await;
    let endpoint = node.endpoint_with(HOST, |draft| draft.max_concurrency = Some(1)).await;
    node.net.usually(HOST, Answer::Slowly(200, seconds(5)));
    node.post().await;
    let mut late = node.event();
    late.expires_at = Some(node.clock.now() + seconds(2));
    let late = node.post_event(late).await;
    node.until_state(&late, &endpoint, DeliveryState::Cancelled).await;
    assert_eq!(end_of(&node, &late, &endpoint).await, Some(EndReason::Expired));
    assert_eq!(node.net.count(HOST), 1);
    node.finish().await;
}

#[tokio::test(start_paused = true)]
async fn a_burst_of_one_key_sends_the_last_and_few_others() {
    let mut node = TestNode::start().await;
    node.endpoint(HOST).await;
    node.net.usually(HOST, Answer::Slowly(200, Duration::from_millis(500)));
    let events: Vec<_> = (0..200).map(|_| keyed(&mut node, "k")).collect();
    let posted = node.post_together(events).await;
    let last = posted.last().unwrap().as_ref().unwrap();
    node.pass(seconds(30)).await;
    let sent = node.net.messages(HOST);
    assert_eq!(sent, [last.id.to_string()], "all came in one batch");
    assert_eq!(node.count(DeliveryState::Cancelled).await, 199);
    node.finish().await;
}
