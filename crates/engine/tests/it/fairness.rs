//! A slow or dead endpoint costs itself and nobody else; every endpoint has the pace it bears and asks for.

use std::time::Duration;

use fanfare_core::{delivery::DeliveryState, ports::store::Named};

use crate::harness::{Answer, SMALL, TestNode, seconds};

#[tokio::test(start_paused = true)]
async fn hanging_endpoints_delay_no_other() {
    let mut node = TestNode::with_bounds(SMALL).await;
    for n in 0..20 {
        let host = format!("hanging-{n}.test");
        node.endpoint(&host).await;
        node.net.usually(&host, Answer::Hang);
    }
    let other = node.another_application("other").await;
    let healthy = node.endpoint_of(&other, "healthy.test", |_| {}).await;
    let mut to_healthy = node.event();
    to_healthy.application = Named::Id(other.id);
    let proof = node.post_event(to_healthy.clone()).await;
    node.until_state(&proof, &healthy, DeliveryState::Succeeded).await;
    node.post_many(50).await;
    node.pass(seconds(1)).await;
    for _ in 0..30 {
        let (before, count) = (node.age(), node.net.count("healthy.test"));
        node.post_event(to_healthy.clone()).await;
        node.until_called("healthy.test", count + 1).await;
        assert!(node.age() - before < Duration::from_millis(5), "took {:?}", node.age() - before);
        node.pass(Duration::from_millis(100)).await;
    }
    let hanging: usize = (0..20).map(|n| node.net.in_flight(&format!("hanging-{n}.test"))).sum();
    assert_eq!(hanging, 12, "three quarters of the places, and no more");
    for n in 0..20 {
        node.net.usually(&format!("hanging-{n}.test"), Answer::Status(200));
    }
    node.until_count(DeliveryState::Succeeded, 50 * 20 + 31).await;
    node.finish().await;
}

#[tokio::test(start_paused = true)]
async fn a_breaker_opens_probes_and_closes_and_costs_no_retry() {
    let mut node = TestNode::start().await;
    let endpoint = node.endpoint("a.test").await;
    node.net.usually("a.test", Answer::Slowly(500, Duration::from_millis(50)));
    let messages = node.post_many(60).await;
    node.until_called("a.test", 20).await;
    node.pass(seconds(1)).await;
    let opened_with = node.net.count("a.test");
    assert!((20..20 + 8).contains(&opened_with), "what was in flight and no more: {opened_with}");
    node.pass(seconds(28)).await;
    assert_eq!(node.net.count("a.test"), opened_with, "nothing is sent for half a minute");
    let waiting = node.delivery(&messages[59], &endpoint).await;
    assert_eq!((waiting.state, waiting.retries_used, waiting.attempts), (DeliveryState::Pending, 0, 0));
    node.pass(seconds(5)).await;
    assert_eq!(node.net.count("a.test"), opened_with + 1, "then one probe");
    node.pass(seconds(50)).await;
    assert_eq!(node.net.count("a.test"), opened_with + 1, "which failed: a minute now");
    node.net.usually("a.test", Answer::Status(200));
    node.pass(seconds(10)).await;
    assert!(node.net.count("a.test") > opened_with + 30, "the next one succeeded and all may go");
    node.until_count(DeliveryState::Succeeded, 60).await;
    node.finish().await;
}

#[tokio::test(start_paused = true)]
async fn an_endpoint_is_called_no_more_often_than_it_asks() {
    let mut node = TestNode::start().await;
    node.endpoint_with("a.test", |draft| draft.rate_limit = Some(10)).await;
    node.post_many(60).await;
    node.until_called("a.test", 60).await;
    let calls: Vec<_> = node.net.calls("a.test").iter().map(|call| call.at).collect();
    busiest_second_has(&calls, 11);
    let took = calls[59] - calls[0];
    assert!((seconds(5)..seconds(8)).contains(&took), "{took:?}");
    node.until_count(DeliveryState::Succeeded, 60).await;
    node.finish().await;
}

#[tokio::test(start_paused = true)]
async fn the_rate_of_an_application_holds_over_all_its_endpoints() {
    let mut node = TestNode::start().await;
    let application = node.application.clone();
    let name = fanfare_core::ports::store::Named::Id(application.id);
    let limit = |draft: &mut fanfare_engine::configure::application::ApplicationDraft| {
        draft.rate_limit = Some(10);
    };
    node.configure().change_application(application.environment, &name, limit).await.unwrap();
    for host in ["a.test", "b.test", "c.test"] {
        node.endpoint(host).await;
    }
    node.post_many(10).await;
    node.until_count(DeliveryState::Succeeded, 30).await;
    let mut calls: Vec<_> = ["a.test", "b.test", "c.test"]
        .iter()
        .flat_map(|host| node.net.calls(host))
        .map(|call| call.at)
        .collect();
    calls.sort_unstable();
    busiest_second_has(&calls, 11);
    node.finish().await;
}

fn busiest_second_has(calls: &[Duration], most: usize) {
    for (n, from) in calls.iter().enumerate() {
        let within = calls[n..].iter().take_while(|at| **at < *from + seconds(1)).count();
        assert!(within <= most, "{within} within a second from {from:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn an_endpoint_has_no_more_requests_at_once_than_it_asks() {
    let mut node = TestNode::start().await;
    node.endpoint_with("few.test", |draft| draft.max_concurrency = Some(2)).await;
    node.endpoint("many.test").await;
    for host in ["few.test", "many.test"] {
        node.net.usually(host, Answer::Slowly(200, Duration::from_millis(100)));
    }
    node.post_many(100).await;
    node.until_count(DeliveryState::Succeeded, 200).await;
    assert_eq!(node.net.most_in_flight("few.test"), 2);
    assert!(node.net.most_in_flight("many.test") > 8, "successes let a lane grow");
    node.finish().await;
}
