//! From a post to a delivery: the happy path, repeats, delays, expiry.

use std::time::Duration;

use fanfare_core::{
    delivery::{DeliveryState, EndReason, Trigger},
    endpoint::EventFilter,
    ports::Clock as _,
};
use fanfare_engine::accept::{Audience, PostError, Posted};

use crate::harness::{Answer, TestNode, seconds};

#[tokio::test(start_paused = true)]
async fn a_message_is_delivered_as_it_came_without_a_look_into_the_store() {
    let node = TestNode::start().await;
    let endpoint = node.endpoint("a.test").await;
    let payload = "{\"b\" :  1.10,\t\"b\": 12345678901234567890, \"ä\":\"\\u00e4\" }";
    let message = node.post_event(node.event_saying(payload)).await;
    node.until_state(&message, &endpoint, DeliveryState::Succeeded).await;
    let calls = node.net.calls("a.test");
    assert_eq!(calls.len(), 1);
    assert_eq!(calls[0].body, payload.as_bytes());
    assert_eq!(calls[0].message, message.id.to_string());
    assert_eq!(node.store.calls("claim"), 0, "it went from its accept straight to its attempt");
    let delivery = node.delivery(&message, &endpoint).await;
    assert_eq!((delivery.attempts, delivery.retries_used, delivery.owner), (1, 0, None));
    let attempts = node.attempts(&message).await;
    assert_eq!(attempts.len(), 1);
    assert!(attempts[0].success);
    assert_eq!((attempts[0].status, attempts[0].trigger), (200, Trigger::Scheduled));
    assert_eq!(attempts[0].url, "http://a.test/");
    assert_eq!(attempts[0].duration, Duration::from_millis(1));
    node.finish().await;
}

#[tokio::test(start_paused = true)]
async fn messages_posted_together_share_a_commit() {
    let mut node = TestNode::start().await;
    node.endpoint("a.test").await;
    node.post_many(100).await;
    assert_eq!(node.store.calls("accept"), 1);
    node.until_count(DeliveryState::Succeeded, 100).await;
    node.finish().await;
}

#[tokio::test(start_paused = true)]
async fn a_message_that_nobody_wants_is_stored_all_the_same() {
    let mut node = TestNode::start().await;
    node.post().await;
    assert_eq!(node.metric("accepted_total"), 1.0);
    node.finish().await;
}

#[tokio::test(start_paused = true)]
async fn a_repeated_idempotency_key_gets_the_message_of_the_first_time() {
    let mut node = TestNode::start().await;
    node.endpoint("a.test").await;
    let mut event = node.event();
    event.idempotency = Some(([7; 32], node.clock.now() + seconds(600)));
    let first = node.post_event(event.clone()).await;
    let Posted::Repeated(again) = node.engine.post(event.clone()).await.unwrap() else {
        panic!("it was stored twice")
    };
    assert_eq!((again.id, &again.payload), (first.id, &first.payload));
    node.clock.step(seconds(601));
    assert_ne!(node.post_event(event).await.id, first.id, "the key has expired");
    node.until_count(DeliveryState::Succeeded, 2).await;
    node.finish().await;
}

#[tokio::test(start_paused = true)]
async fn duplicates_in_one_batch_are_one_message() {
    let mut node = TestNode::start().await;
    node.endpoint("a.test").await;
    let mut event = node.event();
    event.idempotency = Some(([7; 32], node.clock.now() + seconds(600)));
    let other = node.event();
    let posted = node.post_together(vec![event.clone(), other, event.clone(), event]).await;
    let ids: Vec<_> = posted.into_iter().map(|posted| posted.unwrap().id).collect();
    assert_eq!((ids[2], ids[3]), (ids[0], ids[0]));
    assert_ne!(ids[1], ids[0]);
    assert_eq!(node.store.calls("accept"), 1);
    node.until_count(DeliveryState::Succeeded, 2).await;
    assert_eq!(node.net.count("a.test"), 2);
    node.finish().await;
}

#[tokio::test(start_paused = true)]
async fn an_event_id_is_taken_once_and_its_batch_mates_are_stored() {
    let mut node = TestNode::start().await;
    node.endpoint("a.test").await;
    let mut event = node.event();
    event.event_id = Some("order-1".parse().unwrap());
    let (mate, other_mate) = (node.event(), node.event());
    let posted = node.post_together(vec![mate, event.clone(), event.clone(), other_mate]).await;
    assert!(posted[0].is_ok() && posted[1].is_ok() && posted[3].is_ok());
    assert_eq!(posted[2], Err(PostError::EventIdTaken));
    assert_eq!(node.engine.post(event).await.unwrap_err(), PostError::EventIdTaken);
    node.until_count(DeliveryState::Succeeded, 3).await;
    node.finish().await;
}

#[tokio::test(start_paused = true)]
async fn a_message_for_one_endpoint_reaches_it_alone_whatever_its_filters_say() {
    let mut node = TestNode::start().await;
    node.configure()
        .create_event_type(node.application.environment, "other.thing".parse().unwrap(), Default::default())
        .await
        .unwrap();
    let picky = |draft: &mut fanfare_engine::configure::endpoint::EndpointDraft| {
        draft.event_filter = EventFilter::Types(["other.thing".parse().unwrap()].into());
    };
    let picky = node.endpoint_with("picky.test", picky).await;
    node.endpoint("all.test").await;
    let mut example = node.event();
    example.audience = Audience::Only(picky.id);
    let message = node.post_event(example).await;
    node.until_state(&message, &picky, DeliveryState::Succeeded).await;
    assert_eq!((node.net.count("picky.test"), node.net.count("all.test")), (1, 0));
    node.finish().await;
}

#[tokio::test(start_paused = true)]
async fn a_delayed_message_is_sent_when_it_is_due() {
    let mut node = TestNode::start().await;
    let endpoint = node.endpoint("a.test").await;
    let mut event = node.event();
    event.deliver_at = Some(node.clock.now() + seconds(90));
    let posted_at = node.age();
    let message = node.post_event(event).await;
    assert_eq!(node.delivery(&message, &endpoint).await.state, DeliveryState::Scheduled);
    node.until_state(&message, &endpoint, DeliveryState::Succeeded).await;
    let waited = node.net.calls("a.test")[0].at - posted_at;
    assert!((seconds(90)..seconds(90) + Duration::from_millis(20)).contains(&waited), "{waited:?}");
    node.finish().await;
}

#[tokio::test(start_paused = true)]
async fn a_message_that_expires_while_it_waits_for_a_retry_is_cancelled() {
    let mut node = TestNode::start().await;
    let endpoint = node.endpoint("a.test").await;
    node.net.usually("a.test", Answer::Status(500));
    let mut event = node.event();
    event.expires_at = Some(node.clock.now() + seconds(3));
    let message = node.post_event(event).await;
    node.until_state(&message, &endpoint, DeliveryState::Cancelled).await;
    assert_eq!(node.delivery(&message, &endpoint).await.reason, Some(EndReason::Expired));
    assert_eq!(node.net.count("a.test"), 1);
    assert!(node.age() < seconds(5), "at {:?}", node.age());
    node.finish().await;
}

#[tokio::test(start_paused = true)]
async fn a_message_that_expires_in_memory_is_cancelled_and_not_sent() {
    let mut node = TestNode::start().await;
    let endpoint = node.endpoint_with("a.test", |draft| draft.max_concurrency = Some(1)).await;
    node.net.usually("a.test", Answer::Slowly(200, seconds(10)));
    node.post().await;
    let mut event = node.event();
    event.expires_at = Some(node.clock.now() + seconds(3));
    let message = node.post_event(event).await;
    node.until_state(&message, &endpoint, DeliveryState::Cancelled).await;
    assert_eq!(node.delivery(&message, &endpoint).await.reason, Some(EndReason::Expired));
    assert_eq!(node.net.count("a.test"), 1);
    node.finish().await;
}
