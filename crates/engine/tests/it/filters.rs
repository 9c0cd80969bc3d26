//! Filters of endpoints in a running node.

use fanfare_core::{
    delivery::DeliveryState,
    limits::FANOUT_INLINE,
    message::{Message, Payload},
};

use crate::harness::TestNode;

async fn post(node: &mut TestNode, payload: &str) -> std::sync::Arc<Message> {
    let mut event = node.event();
    event.payload = Payload::Json(payload.to_owned().into());
    node.post_event(event).await
}

#[tokio::test(start_paused = true)]
async fn one_that_cannot_be_evaluated_is_counted_and_does_not_match() {
    let mut node = TestNode::start().await;
    node.endpoint_with("a.test", |draft| draft.filter = Some("payload.n == 1".to_owned())).await;
    node.endpoint("b.test").await;
    for payload in [r#"{"n": 1}"#, r#"{"n": 2}"#, r#"{"m": 1}"#, r#"{"n": "1"}"#] {
        post(&mut node, payload).await;
    }
    node.until_count(DeliveryState::Succeeded, 5).await;
    assert_eq!((node.net.count("a.test"), node.net.count("b.test")), (1, 4));
    assert_eq!(node.metric("filter_failures_total"), 1.0, "a text is no 1, but it can be compared");
    node.finish().await;
}

#[tokio::test(start_paused = true)]
async fn fan_outs_go_by_them_too() {
    let mut node = TestNode::start().await;
    for n in 0..=FANOUT_INLINE {
        let filter = format!("payload.n == {}", n % 2);
        node.endpoint_with("a.test", |draft| draft.filter = Some(filter)).await;
        node.endpoint("b.test").await;
    }
    post(&mut node, r#"{"n": 1}"#).await;
    let odd = FANOUT_INLINE / 2;
    node.until_count(DeliveryState::Succeeded, (odd + FANOUT_INLINE + 1) as u64).await;
    assert_eq!((node.net.count("a.test"), node.net.count("b.test")), (odd, FANOUT_INLINE + 1));
    node.finish().await;
}

/// Filters that together cost more than one may: the answer does not wait for them, everybody gets what they
/// want all the same.
#[tokio::test(start_paused = true)]
async fn dear_ones_are_evaluated_in_slices_after_the_answer() {
    let mut node = TestNode::start().await;
    let filter = "payload.rows.exists(row, row == 7) && payload.rows.all(row, row > 0)";
    for n in 0..6 {
        node.endpoint_with(&format!("{n}.test"), |draft| draft.filter = Some(filter.to_owned())).await;
    }
    node.endpoint("all.test").await;
    post(&mut node, r#"{"rows": [7, 1]}"#).await;
    node.until_count(DeliveryState::Succeeded, 7).await;
    assert_eq!(node.store.calls("expand"), 0, "cheap for a small payload");
    let rows = vec!["7"; 60_000].join(",");
    post(&mut node, &format!(r#"{{"rows": [{rows}]}}"#)).await;
    node.until_count(DeliveryState::Succeeded, 14).await;
    assert!(node.store.calls("expand") > 1, "{}", node.store.calls("expand"));
    assert_eq!(node.metric("filter_failures_total"), 0.0);
    for n in 0..6 {
        assert_eq!(node.net.count(&format!("{n}.test")), 2);
    }
    node.finish().await;
}
