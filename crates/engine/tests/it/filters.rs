//! Filters of endpoints in a running node.

use fanfare_core::{
    delivery::DeliveryState,
    endpoint::EventFilter,
    limits::{FANOUT_INLINE, MATCH_SLICES},
    message::{Message, Payload},
};

use fanfare_engine::{accept::Post, configure::event_type::EventTypeDraft};

use crate::harness::{Fault, TestNode, seconds};

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

/// A filter that costs about as much as one may, whatever the payload.
fn dear() -> String {
    let compared: Vec<_> = (0..115).map(|n| format!("row == {n}")).collect();
    format!("payload.rows.exists(row, {})", compared.join(" || "))
}

/// Filters that together cost much: the answer waits for a few of them, for more it does not; everybody gets what
/// they want all the same.
#[tokio::test(start_paused = true)]
async fn many_dear_ones_are_evaluated_after_the_answer() {
    let mut node = TestNode::start().await;
    let mut made = 0;
    for (endpoints, expands) in [(MATCH_SLICES, false), (2 * MATCH_SLICES, true)] {
        while made < endpoints {
            node.endpoint_with("a.test", |draft| draft.filter = Some(dear())).await;
            made += 1;
        }
        let (calls, sent) = (node.store.calls("expand"), node.net.count("a.test"));
        post(&mut node, r#"{"rows": [7]}"#).await;
        node.until("all have it", || node.net.count("a.test") == sent + endpoints).await;
        assert_eq!(node.store.calls("expand") > calls, expands, "{endpoints}");
        post(&mut node, r#"{"rows": [700]}"#).await;
    }
    node.pass(seconds(10)).await;
    assert_eq!(node.net.count("a.test"), 3 * MATCH_SLICES);
    assert_eq!(node.metric("filter_failures_total"), 0.0);
    node.finish().await;
}

/// What is matched after the answer is not matched before it as well.
#[tokio::test(start_paused = true)]
async fn dear_ones_that_fail_are_counted_once() {
    let mut node = TestNode::start().await;
    for _ in 0..2 * MATCH_SLICES {
        node.endpoint_with("a.test", |draft| draft.filter = Some(dear())).await;
    }
    post(&mut node, r#"{"columns": [7]}"#).await;
    node.pass(seconds(10)).await;
    assert_eq!(node.metric("filter_failures_total"), (2 * MATCH_SLICES) as f64);
    node.finish().await;
}

/// Whatever the filters of its neighbours cost, an ordered endpoint gets its messages in the order of acceptance.
#[tokio::test(start_paused = true)]
async fn dear_ones_beside_it_change_no_order() {
    let node = TestNode::start().await;
    let (configure, environment) = (node.configure(), node.application.environment);
    for kind in ["dear", "cheap"] {
        let draft = EventTypeDraft::default();
        configure.create_event_type(environment, kind.parse().unwrap(), draft).await.unwrap();
    }
    node.endpoint_with("ordered.test", |draft| draft.ordered = true).await;
    for _ in 0..2 * MATCH_SLICES {
        node.endpoint_with("a.test", |draft| {
            draft.filter = Some(dear());
            draft.event_filter = EventFilter::Types(["dear".parse().unwrap()].into());
        })
        .await;
    }
    let mut posted = Vec::new();
    for kind in ["dear", "cheap", "dear", "cheap"] {
        let event_type = kind.parse().unwrap();
        let event = Post { event_type, ..node.event_saying(r#"{"rows": [700]}"#) };
        posted.push(node.post_event(event).await.id.to_string());
    }
    node.until("all are there", || node.net.count("ordered.test") == posted.len()).await;
    assert_eq!(node.net.messages("ordered.test"), posted);
    assert_eq!(node.store.calls("expand"), 0);
    node.finish().await;
}

/// A fan-out that takes long is not overtaken by a later one that is quick: what is ordered stays so.
#[tokio::test(start_paused = true)]
async fn dear_ones_change_no_order_of_fan_outs() {
    let node = TestNode::start().await;
    let (configure, environment) = (node.configure(), node.application.environment);
    for kind in ["dear", "cheap"] {
        let draft = EventTypeDraft::default();
        configure.create_event_type(environment, kind.parse().unwrap(), draft).await.unwrap();
    }
    for _ in 0..4 {
        node.endpoint_with("a.test", |draft| {
            draft.filter = Some(dear());
            draft.event_filter = EventFilter::Types(["dear".parse().unwrap()].into());
        })
        .await;
    }
    for _ in 0..FANOUT_INLINE {
        node.endpoint("b.test").await;
    }
    node.endpoint_with("ordered.test", |draft| draft.ordered = true).await;
    node.store.disturb("expand", Fault::Refuse, 0);
    let mut posted = Vec::new();
    for kind in ["dear", "cheap", "dear", "cheap"] {
        let event_type = kind.parse().unwrap();
        let event = Post { event_type, ..node.event_saying(r#"{"rows": [700]}"#) };
        posted.push(node.post_event(event).await.id.to_string());
    }
    // The first one gets no further than its second slice for now.
    node.store.disturb("expand", Fault::Refuse, 2);
    node.pass(seconds(10)).await;
    assert_eq!(node.net.count("ordered.test"), 0);
    node.store.heal();
    node.until("all are there", || node.net.count("ordered.test") == posted.len()).await;
    assert_eq!(node.net.messages("ordered.test"), posted);
    node.finish().await;
}
