//! What Prometheus sees: the names are stable, the labels bounded, the numbers right.

use std::collections::BTreeSet;

use fanfare_core::{delivery::DeliveryState, ports::FailureKind};

use crate::harness::{Answer, TestNode, seconds};

/// All series of the engine with their labels, without buckets, after something of everything has happened.
const SERIES: &str = "\
accepted_total
attempts_total{outcome=\"1xx\"}
attempts_total{outcome=\"3xx\"}
attempts_total{outcome=\"4xx\"}
attempts_total{outcome=\"5xx\"}
attempts_total{outcome=\"success\"}
backlog_age_seconds
backlog_lanes
batch_items_count{kind=\"accept\"}
batch_items_count{kind=\"record\"}
batch_items_sum{kind=\"accept\"}
batch_items_sum{kind=\"record\"}
commit_seconds_count{kind=\"accept\"}
commit_seconds_count{kind=\"record\"}
commit_seconds_sum{kind=\"accept\"}
commit_seconds_sum{kind=\"record\"}
commits_total{kind=\"accept\"}
commits_total{kind=\"record\"}
deliveries_ended_total{state=\"failed\"}
deliveries_ended_total{state=\"succeeded\"}
deliveries{state=\"blocked\"}
deliveries{state=\"cancelled\"}
deliveries{state=\"failed\"}
deliveries{state=\"pending\"}
deliveries{state=\"retrying\"}
deliveries{state=\"scheduled\"}
deliveries{state=\"skipped\"}
deliveries{state=\"succeeded\"}
end_to_end_seconds_count
end_to_end_seconds_sum
filter_failures_total
first_attempt_seconds_count
first_attempt_seconds_sum
in_flight
lanes
late_outcomes_total
queued
queued_bytes
refused_total{reason=\"conflict\"}
replays_open
store_failures_total
stream_resets_total
streams
unaccounted
";

#[tokio::test(start_paused = true)]
async fn numbers_follow_what_happens() {
    let mut node = TestNode::start().await;
    node.endpoint_with("a.test", |draft| draft.retry_schedule = Some(vec![seconds(1)])).await;
    node.net.next("a.test", [Answer::Status(503), Answer::Fail(FailureKind::Dns), Answer::Status(200)]);
    node.post().await;
    node.until_count(DeliveryState::Failed, 1).await;
    node.post().await;
    node.until_count(DeliveryState::Succeeded, 1).await;
    node.pass(seconds(2)).await;
    for (line, value) in [
        ("accepted_total", 2.0),
        ("attempts_total{outcome=\"5xx\"}", 1.0),
        ("attempts_total{outcome=\"dns\"}", 1.0),
        ("attempts_total{outcome=\"success\"}", 1.0),
        ("deliveries_ended_total{state=\"succeeded\"}", 1.0),
        ("deliveries_ended_total{state=\"failed\"}", 1.0),
        ("deliveries{state=\"succeeded\"}", 1.0),
        ("deliveries{state=\"failed\"}", 1.0),
        ("first_attempt_seconds_count", 2.0),
        ("end_to_end_seconds_count", 1.0),
        ("commits_total{kind=\"accept\"}", 2.0),
        ("commits_total{kind=\"record\"}", 3.0),
        ("in_flight", 0.0),
        ("queued", 0.0),
        ("unaccounted", 0.0),
        ("backlog_lanes", 0.0),
    ] {
        assert_eq!(node.metric(line), value, "{line}\n{}", node.metrics());
    }
    node.finish().await;
}

#[tokio::test(start_paused = true)]
async fn the_backlog_shows_its_age() {
    let mut node = TestNode::start().await;
    let endpoint = node.endpoint("a.test").await;
    node.store.disturb("claim", crate::harness::Fault::Refuse, 0);
    node.net.next("a.test", [Answer::Status(500)]);
    node.post().await;
    node.pass(seconds(30)).await;
    assert_eq!(node.metric("backlog_lanes"), 1.0);
    let age = node.metric("backlog_age_seconds");
    assert!((20.0..=27.0).contains(&age), "{age}");
    node.store.heal();
    node.until_count(DeliveryState::Succeeded, 1).await;
    node.pass(seconds(2)).await;
    assert_eq!((node.metric("backlog_lanes"), node.metric("backlog_age_seconds")), (0.0, 0.0));
    assert!(!endpoint.paused);
    node.finish().await;
}

#[tokio::test(start_paused = true)]
async fn the_names_and_labels_are_these() {
    let mut node = TestNode::start().await;
    node.endpoint_with("a.test", |draft| draft.retry_schedule = Some(vec![])).await;
    node.net.next("a.test", [100, 200, 302, 404, 503].map(Answer::Status));
    node.post_many(5).await;
    let mut event = node.event();
    event.event_id = Some("taken".parse().unwrap());
    node.post_event(event.clone()).await;
    node.engine.post(event).await.unwrap_err();
    node.until_count(DeliveryState::Failed, 4).await;
    node.pass(seconds(2)).await;
    let text = node.metrics();
    let series: BTreeSet<_> = text
        .lines()
        .filter(|line| !line.starts_with('#') && !line.contains("_bucket{"))
        .filter_map(|line| line.split_once(' '))
        .map(|(series, _)| series)
        .collect();
    let series: Vec<_> = series.into_iter().collect();
    assert_eq!(series.join("\n") + "\n", SERIES);
    node.finish().await;
}

#[tokio::test(start_paused = true)]
async fn a_message_for_later_counts_from_when_it_was_due_and_an_ordered_one_counts() {
    use fanfare_core::ports::Clock as _;
    let mut node = TestNode::start().await;
    node.endpoint_with("a.test", |draft| draft.ordered = true).await;
    let mut later = node.event();
    later.deliver_at = Some(node.clock.now() + seconds(100));
    later.ordering_key = Some("another".parse().unwrap());
    node.post_event(later).await;
    node.post().await;
    node.until_count(DeliveryState::Succeeded, 2).await;
    for histogram in ["first_attempt", "end_to_end"] {
        assert_eq!(node.metric(&format!("{histogram}_seconds_count")), 2.0);
        assert!(node.metric(&format!("{histogram}_seconds_sum")) < 1.0, "{}", node.metrics());
    }
    node.finish().await;
}
