//! Sending again by hand.

use fanfare_core::{
    delivery::{DeliveryKey, DeliveryState, EndReason, Trigger},
    endpoint::{Endpoint, EndpointMode},
    message::Message,
    ports::{Clock as _, store::ChangeError},
};

use crate::harness::{Answer, TestNode, seconds};

fn key(message: &Message, endpoint: &Endpoint) -> DeliveryKey {
    DeliveryKey { application: message.application, message: message.id, endpoint: endpoint.id }
}

#[tokio::test(start_paused = true)]
async fn an_ended_delivery_is_sent_again_with_a_fresh_schedule() {
    let mut node = TestNode::start().await;
    let endpoint = node.endpoint_with("a.test", |draft| draft.retry_schedule = Some(vec![seconds(1)])).await;
    node.net.usually("a.test", Answer::Status(500));
    let message = node.post().await;
    node.until_state(&message, &endpoint, DeliveryState::Failed).await;
    node.net.next("a.test", [Answer::Status(500)]);
    node.net.usually("a.test", Answer::Status(200));
    node.engine.resend(key(&message, &endpoint)).await.unwrap().unwrap();
    node.until_state(&message, &endpoint, DeliveryState::Succeeded).await;
    let triggers: Vec<_> = node.attempts(&message).await.iter().map(|attempt| attempt.trigger).collect();
    use Trigger::{Manual, Scheduled};
    assert_eq!(triggers, [Scheduled, Scheduled, Manual, Scheduled]);
    assert_eq!(node.delivery(&message, &endpoint).await.attempts, 4);
    node.finish().await;
}

#[tokio::test(start_paused = true)]
async fn a_waiting_delivery_is_sent_at_once() {
    let mut node = TestNode::start().await;
    let schedule = Some(vec![seconds(3600)]);
    let endpoint = node.endpoint_with("a.test", |draft| draft.retry_schedule = schedule.clone()).await;
    node.net.next("a.test", [Answer::Status(500)]);
    let message = node.post().await;
    node.until_state(&message, &endpoint, DeliveryState::Retrying).await;
    node.engine.resend(key(&message, &endpoint)).await.unwrap().unwrap();
    node.until_state(&message, &endpoint, DeliveryState::Succeeded).await;
    assert!(node.age() < seconds(2));
    node.finish().await;
}

#[tokio::test(start_paused = true)]
async fn one_in_flight_is_left_alone() {
    let mut node = TestNode::start().await;
    let endpoint = node.endpoint("a.test").await;
    node.net.next("a.test", [Answer::Slowly(200, seconds(5))]);
    let message = node.post().await;
    node.until_called("a.test", 1).await;
    node.engine.resend(key(&message, &endpoint)).await.unwrap().unwrap();
    node.until_state(&message, &endpoint, DeliveryState::Succeeded).await;
    node.pass(seconds(30)).await;
    assert_eq!(node.net.count("a.test"), 1);
    node.finish().await;
}

#[tokio::test(start_paused = true)]
async fn an_endpoint_that_never_had_it_gets_it() {
    let mut node = TestNode::start().await;
    let message = node.post().await;
    let endpoint = node.endpoint("a.test").await;
    node.engine.resend(key(&message, &endpoint)).await.unwrap().unwrap();
    node.until_state(&message, &endpoint, DeliveryState::Succeeded).await;
    assert_eq!(node.attempts(&message).await[0].trigger, Trigger::Manual);
    node.finish().await;
}

#[tokio::test(start_paused = true)]
async fn an_expired_message_is_sent_when_somebody_wants_it() {
    let mut node = TestNode::start().await;
    let endpoint = node.endpoint_with("a.test", |draft| draft.retry_schedule = Some(vec![seconds(9)])).await;
    node.net.next("a.test", [500, 500, 200].map(Answer::Status));
    let mut event = node.event();
    event.expires_at = Some(node.clock.now() + seconds(2));
    let message = node.post_event(event).await;
    node.until_state(&message, &endpoint, DeliveryState::Cancelled).await;
    node.engine.resend(key(&message, &endpoint)).await.unwrap().unwrap();
    node.until_state(&message, &endpoint, DeliveryState::Succeeded).await;
    assert_eq!(node.net.count("a.test"), 3, "its retries do not expire either");
    node.finish().await;
}

#[tokio::test(start_paused = true)]
async fn what_does_not_exist_cannot_be_sent_again() {
    let mut node = TestNode::start().await;
    let endpoint = node.endpoint("a.test").await;
    let message = node.post().await;
    node.until_state(&message, &endpoint, DeliveryState::Succeeded).await;
    let mut unknown = key(&message, &endpoint);
    unknown.message = node.engine.context().mint();
    assert_eq!(node.engine.resend(unknown).await.unwrap(), Err(ChangeError::NotFound));
    let mut unknown = key(&message, &endpoint);
    unknown.endpoint = node.engine.context().mint();
    assert_eq!(node.engine.resend(unknown).await.unwrap(), Err(ChangeError::NotFound));
    node.finish().await;
}

#[tokio::test(start_paused = true)]
async fn jof_3_an_endpoint_that_becomes_a_test_endpoint_gets_nothing_that_waited() {
    let mut node = TestNode::start().await;
    let endpoint = node.endpoint_with("a.test", |draft| draft.retry_schedule = Some(vec![seconds(60)])).await;
    node.net.usually("a.test", Answer::Status(500));
    let message = node.post().await;
    node.until_state(&message, &endpoint, DeliveryState::Retrying).await;
    node.change(&endpoint, |draft| draft.mode = EndpointMode::Test).await;
    node.until_state(&message, &endpoint, DeliveryState::Cancelled).await;
    assert_eq!(node.delivery(&message, &endpoint).await.reason, Some(EndReason::TestEndpoint));
    assert_eq!(node.net.count("a.test"), 1);
    node.engine.resend(key(&message, &endpoint)).await.unwrap().unwrap();
    node.until_called("a.test", 2).await;
    node.until_state(&message, &endpoint, DeliveryState::Cancelled).await;
    assert_eq!(node.net.count("a.test"), 2, "what somebody sends it arrives, and is not repeated by itself");
    node.finish().await;
}
