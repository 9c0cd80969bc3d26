//! The 60 minutes of an incomplete participation, by the rules of the profile `qualifio`.

use fanfare_core::{
    delivery::{DeliveryState, EndReason},
    limits::SLICE_ROWS,
    ports::Clock as _,
    time::Timestamp,
};
use fanfare_engine::accept::{Audience, Post};

use crate::harness::{Fault, TestNode, seconds};

const MINUTE: u64 = 60;
const HOST: &str = "a.test";

/// Part of what a participation says.
fn participation(node: &TestNode, state: &str, id: u64, started_at: Timestamp) -> Post {
    let payload = format!(r#"{{"id":{id},"state":"{state}","startedAt":"{started_at}"}}"#);
    let kind = format!("participation.{}", state.to_lowercase());
    Post { event_type: kind.parse().unwrap(), ..node.event_saying(payload) }
}

fn incomplete(node: &TestNode, id: u64) -> Post {
    participation(node, "INCOMPLETE", id, node.clock.now())
}

fn completed(node: &TestNode, id: u64) -> Post {
    participation(node, "COMPLETED", id, node.clock.now())
}

/// What arrived, as `state id`, in order.
fn arrived(node: &TestNode) -> Vec<String> {
    let calls = node.net.calls(HOST);
    let states = calls.iter().map(|call| {
        let said: serde_json::Value = serde_json::from_slice(&call.body).unwrap();
        format!("{} {}", said["state"].as_str().unwrap(), said["id"])
    });
    states.collect()
}

/// However many wait, the one that takes their place holds nobody up: the rest is cancelled when it comes due.
#[tokio::test(start_paused = true)]
async fn very_many_that_wait_are_cancelled_in_slices() {
    let node = TestNode::of_profile("qualifio").await;
    let endpoint = node.endpoint(HOST).await;
    let many = SLICE_ROWS + 40;
    for _ in 0..many {
        let event = incomplete(&node, 1);
        node.post_event(event).await;
    }
    let event = completed(&node, 1);
    let message = node.post_event(event).await;
    node.until_state(&message, &endpoint, DeliveryState::Succeeded).await;
    assert_eq!(node.count(DeliveryState::Cancelled).await, SLICE_ROWS as u64);
    node.pass(seconds(61 * MINUTE)).await;
    node.until_count(DeliveryState::Cancelled, many as u64).await;
    assert_eq!(arrived(&node), ["COMPLETED 1"]);
    node.finish().await;
}

#[tokio::test(start_paused = true)]
async fn qua_4_a_completed_participation_is_sent_at_once() {
    let node = TestNode::of_profile("qualifio").await;
    node.endpoint(HOST).await;
    let message = node.post_event(completed(&node, 1)).await;
    node.until_called(HOST, 1).await;
    assert!(node.age() < seconds(1), "{:?}", node.age());
    assert_eq!((message.deliver_at, message.supersedes), (None, true));
    node.finish().await;
}

#[tokio::test(start_paused = true)]
async fn qua_5_an_incomplete_one_is_sent_60_minutes_after_its_start() {
    let node = TestNode::of_profile("qualifio").await;
    let endpoint = node.endpoint(HOST).await;
    let start = node.clock.now();
    node.pass(seconds(10 * MINUTE)).await;
    let message = node.post_event(participation(&node, "INCOMPLETE", 1, start)).await;
    assert_eq!(message.deliver_at, Some(start + seconds(60 * MINUTE)));
    assert_eq!(node.delivery(&message, &endpoint).await.state, DeliveryState::Scheduled);
    node.pass(seconds(50 * MINUTE - 1)).await;
    assert_eq!(arrived(&node), [""; 0]);
    node.pass(seconds(2)).await;
    assert_eq!(arrived(&node), ["INCOMPLETE 1"]);
    let long_ago = participation(&node, "INCOMPLETE", 2, start);
    assert_eq!(node.post_event(long_ago).await.deliver_at, None, "its hour is over");
    node.until_called(HOST, 2).await;
    node.finish().await;
}

#[tokio::test(start_paused = true)]
async fn qua_5_completed_within_the_hour_only_that_is_sent() {
    let node = TestNode::of_profile("qualifio").await;
    let endpoint = node.endpoint(HOST).await;
    let early = node.post_event(incomplete(&node, 1)).await;
    let other = node.post_event(incomplete(&node, 2)).await;
    node.pass(seconds(59 * MINUTE)).await;
    node.post_event(completed(&node, 1)).await;
    let delivery = node.delivery(&early, &endpoint).await;
    let superseded = (DeliveryState::Cancelled, Some(EndReason::Superseded));
    assert_eq!((delivery.state, delivery.reason), superseded, "when the completed one is acknowledged");
    node.pass(seconds(5 * MINUTE)).await;
    assert_eq!(arrived(&node), ["COMPLETED 1", "INCOMPLETE 2"]);
    assert_eq!(node.attempts(&early).await, []);
    assert_eq!(node.delivery(&other, &endpoint).await.state, DeliveryState::Succeeded);
    node.finish().await;
}

#[tokio::test(start_paused = true)]
async fn qua_5_completed_after_the_hour_both_are_sent() {
    let node = TestNode::of_profile("qualifio").await;
    node.endpoint(HOST).await;
    node.post_event(incomplete(&node, 1)).await;
    node.pass(seconds(61 * MINUTE)).await;
    node.post_event(completed(&node, 1)).await;
    node.until_called(HOST, 2).await;
    node.pass(seconds(5 * MINUTE)).await;
    assert_eq!(arrived(&node), ["INCOMPLETE 1", "COMPLETED 1"]);
    node.finish().await;
}

#[tokio::test(start_paused = true)]
async fn qua_5_an_incomplete_one_after_its_completed_one_is_cancelled_at_once() {
    let node = TestNode::of_profile("qualifio").await;
    let endpoint = node.endpoint(HOST).await;
    node.post_event(completed(&node, 1)).await;
    node.pass(seconds(MINUTE)).await;
    let late = node.post_event(incomplete(&node, 1)).await;
    let delivery = node.delivery(&late, &endpoint).await;
    let superseded = (DeliveryState::Cancelled, Some(EndReason::Superseded));
    assert_eq!((delivery.state, delivery.reason), superseded);
    node.pass(seconds(61 * MINUTE)).await;
    assert_eq!(arrived(&node), ["COMPLETED 1"]);
    node.finish().await;
}

#[tokio::test(start_paused = true)]
async fn qua_5_of_two_posted_at_once_only_the_completed_one_is_sent() {
    let node = TestNode::of_profile("qualifio").await;
    node.endpoint(HOST).await;
    let both = [incomplete(&node, 1), completed(&node, 1), completed(&node, 2), incomplete(&node, 2)];
    for posted in node.post_together(both.into()).await {
        posted.unwrap();
    }
    node.pass(seconds(61 * MINUTE)).await;
    let mut arrived = arrived(&node);
    arrived.sort();
    assert_eq!(arrived, ["COMPLETED 1", "COMPLETED 2"]);
    assert_eq!(node.count(DeliveryState::Cancelled).await, 2);
    node.finish().await;
}

#[tokio::test(start_paused = true)]
async fn qua_5_crashes_in_between_change_nothing() {
    let mut node = TestNode::of_profile("qualifio").await;
    node.endpoint(HOST).await;
    for id in [1, 2] {
        node.post_event(incomplete(&node, id)).await;
    }
    node.crash_and_restart().await;
    node.pass(seconds(30 * MINUTE)).await;
    node.store.disturb("claim", Fault::Hang, 0);
    node.post_event(completed(&node, 1)).await;
    node.pass(seconds(1)).await;
    assert_eq!(arrived(&node), [""; 0], "killed before it was sent");
    node.crash().await;
    node.store.heal();
    node.restart().await;
    node.pass(seconds(31 * MINUTE)).await;
    assert_eq!(arrived(&node), ["COMPLETED 1", "INCOMPLETE 2"]);
    node.finish().await;
}

#[tokio::test(start_paused = true)]
async fn fields_on_the_message_win() {
    let node = TestNode::of_profile("qualifio").await;
    node.endpoint(HOST).await;
    let now = node.clock.now();
    let at_once = Post { deliver_at: Some(now), ..incomplete(&node, 1) };
    node.post_event(at_once).await;
    node.until_called(HOST, 1).await;
    let later = Post { deliver_at: Some(now + seconds(90 * MINUTE)), ..completed(&node, 2) };
    node.post_event(later).await;
    let own_key = Post { replace_key: Some("mine".parse().unwrap()), ..incomplete(&node, 3) };
    let own_key = node.post_event(own_key).await;
    assert_eq!(own_key.replace_key, Some("mine".parse().unwrap()));
    node.post_event(completed(&node, 3)).await;
    node.pass(seconds(89 * MINUTE)).await;
    assert_eq!(arrived(&node), ["INCOMPLETE 1", "COMPLETED 3", "INCOMPLETE 3"]);
    node.pass(seconds(2 * MINUTE)).await;
    assert_eq!(arrived(&node)[3..], ["COMPLETED 2"]);
    node.finish().await;
}

#[tokio::test(start_paused = true)]
async fn what_is_sent_by_hand_is_neither_delayed_nor_superseded_by_rules() {
    let node = TestNode::of_profile("qualifio").await;
    let endpoint = node.endpoint(HOST).await;
    node.post_event(completed(&node, 1)).await;
    let only = Audience::Only(endpoint.id);
    let example = node.post_event(Post { audience: only, ..incomplete(&node, 1) }).await;
    assert_eq!((example.deliver_at, example.replace_key.clone()), (None, None));
    node.post_event(Post { audience: only, ..completed(&node, 2) }).await;
    node.post_event(incomplete(&node, 2)).await;
    node.pass(seconds(61 * MINUTE)).await;
    let mut arrived = arrived(&node);
    arrived.sort();
    assert_eq!(arrived, ["COMPLETED 1", "COMPLETED 2", "INCOMPLETE 1", "INCOMPLETE 2"]);
    node.finish().await;
}

#[tokio::test(start_paused = true)]
async fn a_payload_without_the_fields_goes_by_the_time_it_came() {
    let node = TestNode::of_profile("qualifio").await;
    node.endpoint(HOST).await;
    let now = node.clock.now();
    for payload in [r#"{"state":"x"}"#, r#"{"id":{"a":1},"startedAt":"soon","state":"x"}"#] {
        let kind = "participation.incomplete".parse().unwrap();
        let message = node.post_event(Post { event_type: kind, ..node.event_saying(payload) }).await;
        assert_eq!(message.deliver_at, Some(now + seconds(60 * MINUTE)), "{payload}");
        assert_eq!(message.replace_key, None, "{payload}");
    }
    node.finish().await;
}

#[tokio::test(start_paused = true)]
async fn a_delayed_message_keeps_its_payload_until_its_time() {
    let node = TestNode::of_profile("qualifio").await;
    let deliver_at = node.clock.now() + seconds(20 * 86_400);
    let later = Post { deliver_at: Some(deliver_at), payload_retention_days: 5, ..completed(&node, 1) };
    assert_eq!(node.post_event(later).await.payload_expires_day, deliver_at.day() + 6);
    let past = Some(Timestamp::EPOCH);
    let past = Post { deliver_at: past, payload_retention_days: 5, ..completed(&node, 2) };
    assert_eq!(node.post_event(past).await.payload_expires_day, node.clock.now().day() + 6);
    node.finish().await;
}
