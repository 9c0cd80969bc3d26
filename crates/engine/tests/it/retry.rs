//! What follows from an answer: success, retry, failure, slowing down, disabling.

use std::time::Duration;

use fanfare_core::{
    delivery::{DeliveryState, EndReason},
    endpoint::DisableReason,
    ports::{Clock as _, FailureKind},
};

use crate::harness::{Answer, TestNode, seconds};

const DAY: u64 = 86_400;

#[tokio::test(start_paused = true)]
async fn retries_follow_the_schedule_within_its_jitter() {
    let mut node = TestNode::start().await;
    let endpoint = node.endpoint("a.test").await;
    node.net.next("a.test", [500, 404, 500].map(Answer::Status));
    let message = node.post().await;
    node.until_state(&message, &endpoint, DeliveryState::Succeeded).await;
    let calls = node.net.calls("a.test");
    let waits: Vec<_> = calls.windows(2).map(|pair| pair[1].at - pair[0].at).collect();
    for (wait, planned) in waits.iter().zip([5.0, 300.0, 1800.0]) {
        let share = wait.as_secs_f64() / planned;
        assert!((0.8..1.21).contains(&share), "waited {wait:?} of {planned} s");
    }
    assert_eq!(waits.len(), 3);
    assert!(waits.iter().any(|wait| wait.subsec_millis() > 10), "spread at all: {waits:?}");
    let delivery = node.delivery(&message, &endpoint).await;
    assert_eq!((delivery.attempts, delivery.retries_used), (4, 3));
    let statuses: Vec<_> = node.attempts(&message).await.iter().map(|attempt| attempt.status).collect();
    assert_eq!(statuses, [500, 404, 500, 200]);
    node.finish().await;
}

#[tokio::test(start_paused = true)]
async fn a_schedule_of_its_own_replaces_the_profiles_and_ends_in_failed() {
    let mut node = TestNode::start().await;
    let schedule = Some(vec![seconds(10), seconds(20)]);
    let endpoint = node.endpoint_with("a.test", |draft| draft.retry_schedule = schedule.clone()).await;
    node.net.usually("a.test", Answer::Fail(FailureKind::Connect));
    let message = node.post().await;
    node.until_state(&message, &endpoint, DeliveryState::Failed).await;
    assert_eq!(node.net.count("a.test"), 3);
    let last = node.net.calls("a.test")[2].at;
    assert!((seconds(24)..=seconds(37)).contains(&last), "{last:?}");
    assert_eq!(node.attempts(&message).await[0].failure.as_ref().unwrap().0, "connect");
    node.pass(seconds(60)).await;
    assert_eq!(node.net.count("a.test"), 3);
    node.finish().await;
}

#[tokio::test(start_paused = true)]
async fn every_2xx_is_a_success_and_nothing_else_is() {
    let mut node = TestNode::start().await;
    let endpoint = node.endpoint_with("a.test", |draft| draft.retry_schedule = Some(vec![])).await;
    for status in [200, 201, 202, 204, 299] {
        node.net.next("a.test", [Answer::Status(status)]);
        let message = node.post().await;
        node.until_state(&message, &endpoint, DeliveryState::Succeeded).await;
    }
    for status in [100, 199, 300, 301, 302, 307, 308, 400, 404, 500, 999] {
        node.net.next("a.test", [Answer::Status(status)]);
        let message = node.post().await;
        node.until_state(&message, &endpoint, DeliveryState::Failed).await;
    }
    node.finish().await;
}

#[tokio::test(start_paused = true)]
async fn retry_after_rests_the_whole_lane_in_both_forms() {
    let mut node = TestNode::start().await;
    node.endpoint("a.test").await;
    let date = fanfare_core::time::Timestamp(node.clock.now().0 + 240_000_000);
    let date = date.format("%a, %d %b %Y %H:%M:%S GMT");
    for (asked, at_least) in [("120".to_owned(), 120), (date, 240)] {
        let before = node.net.count("a.test");
        node.net.next("a.test", [Answer::RetryAfter(429, asked)]);
        node.post().await;
        node.until_called("a.test", before + 1).await;
        node.pass(Duration::from_millis(10)).await;
        node.post().await;
        node.until_called("a.test", before + 3).await;
        let calls = &node.net.calls("a.test")[before + 1..];
        assert!(calls.iter().all(|call| call.at >= seconds(at_least)), "{calls:?}");
        assert!(calls[0].at < seconds(at_least + 3), "{calls:?}");
    }
    node.finish().await;
}

#[tokio::test(start_paused = true)]
async fn throttling_answers_slow_the_endpoint_down_to_one_at_a_time() {
    for status in [429, 502, 503, 504] {
        let mut node = TestNode::start().await;
        node.endpoint("a.test").await;
        node.net.next("a.test", (0..8).map(|_| Answer::Slowly(status, seconds(1))));
        node.net.usually("a.test", Answer::Slowly(200, seconds(1)));
        node.post_many(12).await;
        node.until_called("a.test", 8).await;
        assert_eq!(node.net.in_flight("a.test"), 8);
        node.pass(Duration::from_millis(1500)).await;
        assert_eq!(node.net.in_flight("a.test"), 1, "after {status}");
        node.until_count(DeliveryState::Succeeded, 12).await;
        node.finish().await;
    }
}

#[tokio::test(start_paused = true)]
async fn gone_disables_the_endpoint_and_keeps_its_backlog() {
    let mut node = TestNode::start().await;
    let endpoint = node.endpoint_with("a.test", |draft| draft.max_concurrency = Some(1)).await;
    node.net.next("a.test", [Answer::Status(410)]);
    let messages = node.post_many(3).await;
    node.until_state(&messages[0], &endpoint, DeliveryState::Failed).await;
    node.until("the endpoint is known to be disabled", || node.store.calls("release") > 0).await;
    let disabled = node.stored_endpoint(&endpoint).await.disabled.expect("it is disabled");
    assert_eq!(disabled.reason, DisableReason::Gone);
    assert_eq!(audit_rows(&node, "engine"), 1);
    let missed = node.post().await;
    node.pass(seconds(60)).await;
    let (sent, waiting) = (node.net.count("a.test"), node.count(DeliveryState::Pending).await);
    assert_eq!((sent, waiting), (1, 2), "nothing new matched, nothing sent, nothing lost");
    assert_eq!(node.find_delivery(missed.application, missed.id, endpoint.id).await, None);
    node.change(&endpoint, |draft| draft.disabled = false).await;
    node.until_count(DeliveryState::Succeeded, 2).await;
    node.finish().await;
}

fn audit_rows(node: &TestNode, actor: &str) -> i64 {
    let conn = rusqlite::Connection::open(node.path().join("fanfare.db")).unwrap();
    let sql = "SELECT count(*) FROM audit WHERE actor = ? AND action LIKE 'endpoint.disable%'";
    conn.query_row(sql, [actor], |row| row.get(0)).unwrap()
}

#[tokio::test(start_paused = true)]
async fn five_days_of_nothing_but_failure_disable_an_endpoint() {
    let mut node = TestNode::start().await;
    let endpoint = node.endpoint("a.test").await;
    node.net.usually("a.test", Answer::Status(500));
    let message = node.post().await;
    node.until_called("a.test", 1).await;
    node.pass(seconds(1)).await;
    node.clock.step(seconds(4 * DAY));
    node.until_called("a.test", 2).await;
    node.pass(seconds(1)).await;
    assert_eq!(node.stored_endpoint(&endpoint).await.disabled, None);
    // A restart does not forget since when it fails.
    node.crash_and_restart().await;
    node.clock.step(seconds(DAY));
    node.until_called("a.test", 3).await;
    node.pass(seconds(1)).await;
    let disabled = node.stored_endpoint(&endpoint).await.disabled.expect("it is disabled");
    assert_eq!(disabled.reason, DisableReason::Failing);
    assert_eq!(node.delivery(&message, &endpoint).await.state, DeliveryState::Retrying);
    node.finish().await;
}

#[tokio::test(start_paused = true)]
async fn one_success_in_five_days_keeps_an_endpoint_enabled() {
    let mut node = TestNode::start().await;
    let endpoint = node.endpoint("a.test").await;
    node.net.usually("a.test", Answer::Status(500));
    node.post().await;
    node.until_called("a.test", 1).await;
    node.pass(seconds(1)).await;
    node.clock.step(seconds(4 * DAY));
    node.net.next("a.test", [Answer::Status(200)]);
    node.until_called("a.test", 2).await;
    node.post().await;
    node.until_called("a.test", 3).await;
    node.pass(seconds(1)).await;
    node.clock.step(seconds(4 * DAY));
    node.until_called("a.test", 4).await;
    node.pass(seconds(1)).await;
    assert_eq!(node.stored_endpoint(&endpoint).await.disabled, None);
    node.finish().await;
}

#[tokio::test(start_paused = true)]
async fn an_endpoint_has_a_timeout_of_its_own() {
    let mut node = TestNode::start().await;
    let endpoint = node.endpoint_with("a.test", |draft| draft.timeout = Some(seconds(2))).await;
    node.endpoint("b.test").await;
    node.net.next("a.test", [Answer::Hang]);
    let message = node.post().await;
    node.until_state(&message, &endpoint, DeliveryState::Succeeded).await;
    assert_eq!(node.net.calls("a.test")[0].timeout, seconds(2));
    assert_eq!(node.net.calls("b.test")[0].timeout, fanfare_core::limits::ATTEMPT_TIMEOUT);
    let attempts = node.attempts(&message).await;
    let timed_out = attempts.iter().find(|attempt| attempt.failure.is_some()).unwrap();
    assert_eq!(timed_out.failure.as_ref().unwrap().0, "timeout");
    assert!((seconds(2)..seconds(3)).contains(&timed_out.duration));
    node.finish().await;
}

#[tokio::test(start_paused = true)]
async fn what_is_stored_of_an_answer_is_capped() {
    let mut node = TestNode::start().await;
    let endpoint = node.endpoint("a.test").await;
    node.net.next("a.test", [Answer::Body(200, 64 * 1024)]);
    let message = node.post().await;
    node.until_state(&message, &endpoint, DeliveryState::Succeeded).await;
    let stored = node.attempts(&message).await[0].response.clone().unwrap();
    assert_eq!(stored.len(), fanfare_core::limits::RESPONSE_STORED_BYTES);
    node.finish().await;
}

#[tokio::test(start_paused = true)]
async fn a_panic_while_sending_is_a_failed_attempt_of_its_delivery_and_of_no_other() {
    let mut node = TestNode::start().await;
    let endpoint = node.endpoint_with("a.test", |draft| draft.retry_schedule = Some(vec![seconds(60)])).await;
    node.net.next("a.test", [Answer::Panic, Answer::Status(200), Answer::Panic]);
    let bad = node.post().await;
    node.until_called("a.test", 1).await;
    let good = node.post().await;
    node.until_state(&good, &endpoint, DeliveryState::Succeeded).await;
    node.pass(seconds(10)).await;
    assert_eq!(node.net.count("a.test"), 2, "the bad one is not tried in a circle");
    assert_eq!(node.delivery(&bad, &endpoint).await.state, DeliveryState::Retrying);
    node.until_state(&bad, &endpoint, DeliveryState::Failed).await;
    assert_eq!(node.attempts(&bad).await.len(), 2);
    node.finish().await;
}

#[tokio::test(start_paused = true)]
async fn an_erased_payload_cancels_what_waits_for_it() {
    use fanfare_core::ports::store::MessageStore as _;
    let mut node = TestNode::start().await;
    let endpoint = node.endpoint("a.test").await;
    node.net.next("a.test", [Answer::Status(500)]);
    let message = node.post().await;
    node.until_state(&message, &endpoint, DeliveryState::Retrying).await;
    let (application, configure) = (&node.application, node.configure());
    let audit =
        configure.audit(application.environment, Some(application.id), "message.expunge", &message.id);
    node.store.inner.expunge_message(application.id, message.id, audit).await.unwrap().unwrap();
    node.until_state(&message, &endpoint, DeliveryState::Cancelled).await;
    assert_eq!(node.delivery(&message, &endpoint).await.reason, Some(EndReason::PayloadGone));
    node.finish().await;
}
