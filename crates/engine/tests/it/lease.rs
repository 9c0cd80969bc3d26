//! A node that was declared dead begins anew; what it reports late changes nothing.

use fanfare_core::{
    delivery::DeliveryState,
    limits::LEASE,
    node::Roles,
    ports::{Clock as _, store::NodeStore as _},
};

use crate::harness::{Answer, Fault, TestNode, seconds};

/// Another start of a server over the same file: the running one is dead to the store.
async fn declare_dead(node: &TestNode) {
    let now = node.clock.now();
    let usurper =
        node.store.inner.start_incarnation("usurper".to_owned(), Roles::ALL, LEASE, now).await.unwrap();
    node.store.inner.end_incarnation(usurper).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_node_declared_dead_goes_on_under_a_new_name() {
    let mut node = TestNode::start().await;
    node.endpoint_with("a.test", |draft| draft.max_concurrency = Some(1)).await;
    node.net.usually("a.test", Answer::Slowly(200, seconds(1)));
    node.post_many(30).await;
    node.until_called("a.test", 2).await;
    declare_dead(&node).await;
    node.until_count(DeliveryState::Succeeded, 30).await;
    let sent = node.net.count("a.test");
    assert!(sent <= 31, "only the one in flight may come twice: {sent}");
    node.post_many(5).await;
    node.until_count(DeliveryState::Succeeded, 35).await;
    node.finish().await;
}

#[tokio::test(start_paused = true)]
async fn a_late_outcome_keeps_its_attempt_and_changes_nothing() {
    let mut node = TestNode::start().await;
    let endpoint = node.endpoint_with("a.test", |draft| draft.timeout = Some(seconds(30))).await;
    node.net.next("a.test", [Answer::Slowly(500, seconds(20))]);
    let message = node.post().await;
    node.until_called("a.test", 1).await;
    declare_dead(&node).await;
    node.until_state(&message, &endpoint, DeliveryState::Succeeded).await;
    assert!(node.age() < seconds(10), "it was rescued and sent again");
    node.until("the late outcome", || node.metric("late_outcomes_total") == 1.0).await;
    let delivery = node.delivery(&message, &endpoint).await;
    assert_eq!((delivery.state, delivery.retries_used), (DeliveryState::Succeeded, 0));
    let statuses: Vec<_> = node.attempts(&message).await.iter().map(|attempt| attempt.status).collect();
    assert_eq!((statuses.len(), node.net.count("a.test")), (2, 2));
    assert!(statuses.contains(&500) && statuses.contains(&200));
    node.finish().await;
}

#[tokio::test(start_paused = true)]
async fn no_attempt_starts_while_the_lease_is_in_doubt() {
    let mut node = TestNode::start().await;
    node.endpoint("a.test").await;
    node.store.disturb("heartbeat", Fault::Refuse, 0);
    node.pass(seconds(21)).await;
    node.post().await;
    node.pass(seconds(60)).await;
    assert_eq!(node.net.count("a.test"), 0);
    node.store.heal();
    node.until_count(DeliveryState::Succeeded, 1).await;
    assert_eq!(node.net.count("a.test"), 1);
    node.finish().await;
}
