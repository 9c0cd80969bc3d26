//! Pausing, disabling and deleting endpoints with work under way.

use fanfare_core::{
    delivery::{DeliveryState, EndReason},
    ports::store::Named,
};

use crate::harness::{Answer, SMALL, TestNode, seconds};

#[tokio::test(start_paused = true)]
async fn a_paused_endpoint_goes_on_collecting_and_drains_when_resumed() {
    let mut node = TestNode::start().await;
    let endpoint = node.endpoint_with("a.test", |draft| draft.max_concurrency = Some(1)).await;
    node.net.next("a.test", [Answer::Slowly(200, seconds(5))]);
    node.post_many(5).await;
    node.until_called("a.test", 1).await;
    node.set_paused(&endpoint, true).await;
    node.post_many(5).await;
    node.pass(seconds(60)).await;
    assert_eq!(node.net.count("a.test"), 1, "what was in flight was finished, and nothing begun");
    assert_eq!(node.count(DeliveryState::Pending).await, 9);
    node.set_paused(&endpoint, false).await;
    let resumed = node.age();
    node.until_count(DeliveryState::Succeeded, 10).await;
    assert!(node.age() - resumed < seconds(1), "took {:?}", node.age() - resumed);
    assert_eq!(node.net.count("a.test"), 10);
    node.finish().await;
}

#[tokio::test(start_paused = true)]
async fn a_large_backlog_drains_at_a_bounded_pace() {
    let mut node = TestNode::with_bounds(SMALL).await;
    let endpoint = node.endpoint("a.test").await;
    node.set_paused(&endpoint, true).await;
    node.net.usually("a.test", Answer::Slowly(200, seconds(1)));
    node.post_many(400).await;
    node.set_paused(&endpoint, false).await;
    node.until_called("a.test", 1).await;
    assert!(node.net.in_flight("a.test") <= 8, "as slowly as any lane at its start");
    node.until_count(DeliveryState::Succeeded, 400).await;
    assert!(node.net.most_in_flight("a.test") <= 16);
    node.finish().await;
}

#[tokio::test(start_paused = true)]
async fn a_disabled_endpoint_keeps_its_backlog_and_matches_nothing_new() {
    let mut node = TestNode::start().await;
    let endpoint = node.endpoint("a.test").await;
    node.net.usually("a.test", Answer::Status(500));
    let kept = node.post().await;
    node.until_state(&kept, &endpoint, DeliveryState::Retrying).await;
    node.change(&endpoint, |draft| draft.disabled = true).await;
    let missed = node.post().await;
    node.net.usually("a.test", Answer::Status(200));
    node.pass(seconds(600)).await;
    assert_eq!(node.net.count("a.test"), 1);
    assert_eq!(node.find_delivery(missed.application, missed.id, endpoint.id).await, None);
    node.change(&endpoint, |draft| draft.disabled = false).await;
    node.until_state(&kept, &endpoint, DeliveryState::Succeeded).await;
    let next = node.post().await;
    node.until_state(&next, &endpoint, DeliveryState::Succeeded).await;
    node.finish().await;
}

#[tokio::test(start_paused = true)]
async fn deleting_an_endpoint_cancels_what_waits_in_memory_and_in_the_store() {
    let mut node = TestNode::with_bounds(SMALL).await;
    let endpoint = node.endpoint_with("a.test", |draft| draft.max_concurrency = Some(1)).await;
    node.net.usually("a.test", Answer::Slowly(500, seconds(2)));
    let messages = node.post_many(60).await;
    node.until_called("a.test", 2).await;
    let name = Named::Id(endpoint.id);
    node.configure().delete_endpoint(&node.application, &name).await.unwrap();
    node.engine.configuration_changed().await.unwrap();
    node.until_count(DeliveryState::Cancelled, 60).await;
    assert_eq!(node.net.count("a.test"), 2, "only what was in flight");
    let last = node.delivery(&messages[59], &endpoint).await;
    assert_eq!((last.reason, last.attempts), (Some(EndReason::EndpointDeleted), 0));
    let unwanted = node.post().await;
    assert_eq!(node.find_delivery(unwanted.application, unwanted.id, endpoint.id).await, None);
    node.finish().await;
}

#[tokio::test(start_paused = true)]
async fn a_deleted_application_is_sent_nothing_more_and_its_rows_go() {
    let mut node = TestNode::start().await;
    node.endpoint_with("a.test", |draft| draft.max_concurrency = Some(1)).await;
    node.net.usually("a.test", Answer::Slowly(200, seconds(2)));
    node.post_many(20).await;
    node.until_called("a.test", 1).await;
    let name = Named::Id(node.application.id);
    node.configure().delete_application(node.application.environment, &name).await.unwrap();
    node.engine.configuration_changed().await.unwrap();
    let event = node.event();
    assert!(node.engine.post(event).await.is_err());
    node.pass(seconds(180)).await;
    assert_eq!(node.net.count("a.test"), 1);
    use fanfare_core::ports::store::UpkeepStore as _;
    let books = node.store.inner.conservation().await.unwrap();
    assert_eq!((books.states.total(), books.erased), (0, 20));
    node.finish().await;
}
