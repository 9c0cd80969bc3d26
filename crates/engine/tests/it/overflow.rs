//! More work than memory takes: the store is the queue, and the bounds hold.

use std::time::Duration;

use fanfare_core::delivery::DeliveryState;

use crate::harness::{Answer, SMALL, TestNode, seconds};

#[tokio::test(start_paused = true)]
async fn the_store_takes_what_memory_does_not_and_all_is_delivered_once() {
    let mut node = TestNode::with_bounds(SMALL).await;
    let hosts = ["a.test", "b.test", "c.test", "d.test"];
    for host in hosts {
        node.endpoint(host).await;
        node.net.usually(host, Answer::Slowly(200, Duration::from_millis(100)));
    }
    for _ in 0..5 {
        node.post_many(50).await;
    }
    let mut looked = 0;
    while node.count(DeliveryState::Succeeded).await < 1000 {
        let in_flight: usize = hosts.iter().map(|host| node.net.in_flight(host)).sum();
        assert!(in_flight <= SMALL.in_flight);
        assert!(node.metric("queued") <= SMALL.queued as f64, "{} in memory", node.metric("queued"));
        assert!(node.metric("queued_bytes") <= SMALL.bytes as f64);
        node.pass(Duration::from_millis(100)).await;
        looked += 1;
        assert!(looked < 10_000, "{:?}", node.count(DeliveryState::Succeeded).await);
    }
    for host in hosts {
        assert_eq!(node.net.count(host), 250, "each once at {host}");
    }
    assert!(node.store.calls("claim") > 10, "the store really was the queue");
    node.finish().await;
}

#[tokio::test(start_paused = true)]
async fn large_payloads_are_bounded_by_bytes() {
    let node = TestNode::with_bounds(SMALL).await;
    node.endpoint("a.test").await;
    node.net.usually("a.test", Answer::Slowly(200, Duration::from_millis(100)));
    let payload = format!(r#"{{"much":"{}"}}"#, "x".repeat(100_000));
    for _ in 0..40 {
        node.post_event(node.event_saying(payload.clone())).await;
    }
    node.until_count(DeliveryState::Succeeded, 40).await;
    assert!(node.net.most_in_flight("a.test") >= 8);
    assert!(node.age() < seconds(20), "took {:?}", node.age());
    node.finish().await;
}

#[tokio::test(start_paused = true)]
async fn many_lanes_that_wait_are_all_served_though_memory_holds_few() {
    let mut node = TestNode::with_bounds(SMALL).await;
    for n in 0..100 {
        let host = format!("{n}.test");
        let endpoint = node.endpoint(&host).await;
        node.net.usually(&host, Answer::Slowly(200, Duration::from_millis(50)));
        node.set_paused(&endpoint, true).await;
    }
    node.post_many(5).await;
    for n in 0..100 {
        let page = fanfare_core::ports::store::PageQuery { seek: None, descending: false, limit: 250 };
        use fanfare_core::ports::store::ApplicationStore as _;
        let endpoints = node.store.inner.endpoints(node.application.id, page).await.unwrap().items;
        node.set_paused(&endpoints[n], false).await;
    }
    while node.count(DeliveryState::Succeeded).await < 500 {
        assert!(node.metric("queued") <= SMALL.queued as f64, "{} in memory", node.metric("queued"));
        node.pass(Duration::from_millis(100)).await;
        assert!(node.age() < seconds(600), "{} arrived", node.count(DeliveryState::Succeeded).await);
    }
    node.finish().await;
}
