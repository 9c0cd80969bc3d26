//! Ordered endpoints: one at a time per key, in the order of acceptance.

use std::time::Duration;

use fanfare_core::{delivery::DeliveryState, endpoint::Endpoint, message::Message};

use crate::harness::{Answer, TestNode, seconds};

async fn ordered(node: &TestNode, schedule: &[u64]) -> Endpoint {
    let schedule: Vec<_> = schedule.iter().map(|wait| seconds(*wait)).collect();
    node.endpoint_with("a.test", |draft| {
        draft.ordered = true;
        draft.retry_schedule = Some(schedule);
    })
    .await
}

async fn post(node: &mut TestNode, key: &str) -> std::sync::Arc<Message> {
    let mut event = node.event();
    event.ordering_key = Some(key.parse().unwrap());
    node.post_event(event).await
}

/// The order in which messages of `posted` arrived first.
fn arrivals(node: &TestNode, posted: &[std::sync::Arc<Message>]) -> Vec<usize> {
    let mut seen = Vec::new();
    for id in node.net.messages("a.test") {
        if let Some(n) = posted.iter().position(|message| message.id.to_string() == id)
            && !seen.contains(&n)
        {
            seen.push(n);
        }
    }
    seen
}

#[tokio::test(start_paused = true)]
async fn messages_of_a_key_go_one_at_a_time_in_order() {
    let mut node = TestNode::start().await;
    ordered(&node, &[]).await;
    node.net.usually("a.test", Answer::Slowly(200, Duration::from_millis(30)));
    let mut posted = Vec::new();
    for _ in 0..20 {
        posted.push(post(&mut node, "one").await);
    }
    node.until_count(DeliveryState::Succeeded, 20).await;
    assert_eq!(arrivals(&node, &posted), (0..20).collect::<Vec<_>>());
    assert_eq!(node.net.most_in_flight("a.test"), 1);
    node.finish().await;
}

#[tokio::test(start_paused = true)]
async fn a_failing_head_blocks_its_key_and_no_other() {
    let mut node = TestNode::start().await;
    let endpoint = ordered(&node, &[30]).await;
    node.net.next("a.test", [Answer::Status(500)]);
    let head = post(&mut node, "one").await;
    node.until_state(&head, &endpoint, DeliveryState::Retrying).await;
    let behind = post(&mut node, "one").await;
    let other = post(&mut node, "two").await;
    node.until_state(&other, &endpoint, DeliveryState::Succeeded).await;
    assert!(node.age() < seconds(2));
    node.pass(seconds(10)).await;
    assert_eq!(node.delivery(&behind, &endpoint).await.state, DeliveryState::Pending);
    node.until_count(DeliveryState::Succeeded, 3).await;
    assert_eq!(node.net.messages("a.test")[2..], [head.id.to_string(), behind.id.to_string()]);
    node.finish().await;
}

#[tokio::test(start_paused = true)]
async fn order_holds_over_retries_and_a_crash() {
    let mut node = TestNode::start().await;
    ordered(&node, &[1, 1, 1, 1, 1]).await;
    let mut posted = Vec::new();
    for n in 0..30 {
        posted.push(post(&mut node, "one").await);
        if n % 7 == 0 {
            node.net.next("a.test", [Answer::Slowly(503, Duration::from_millis(200))]);
        }
        if n == 15 {
            node.crash_and_restart().await;
        }
    }
    node.until_count(DeliveryState::Succeeded, 30).await;
    assert_eq!(arrivals(&node, &posted), (0..30).collect::<Vec<_>>());
    node.finish().await;
}

#[tokio::test(start_paused = true)]
async fn a_head_that_is_given_up_frees_the_next() {
    let mut node = TestNode::start().await;
    let endpoint = ordered(&node, &[]).await;
    node.net.next("a.test", [Answer::Status(500)]);
    let head = post(&mut node, "one").await;
    let next = post(&mut node, "one").await;
    node.until_state(&next, &endpoint, DeliveryState::Succeeded).await;
    assert_eq!(node.delivery(&head, &endpoint).await.state, DeliveryState::Failed);
    node.finish().await;
}

#[tokio::test(start_paused = true)]
async fn a_resent_message_goes_to_the_end_of_its_key() {
    let mut node = TestNode::start().await;
    let endpoint = ordered(&node, &[]).await;
    let first = post(&mut node, "one").await;
    node.until_state(&first, &endpoint, DeliveryState::Succeeded).await;
    node.net.usually("a.test", Answer::Slowly(200, seconds(1)));
    let waiting = [post(&mut node, "one").await, post(&mut node, "one").await];
    node.engine.resend(node.delivery(&first, &endpoint).await.key).await.unwrap().unwrap();
    node.until_called("a.test", 4).await;
    let wanted = [&waiting[0], &waiting[1], &first].map(|message| message.id.to_string());
    assert_eq!(node.net.messages("a.test")[1..], wanted);
    node.until_count(DeliveryState::Succeeded, 3).await;
    node.finish().await;
}
