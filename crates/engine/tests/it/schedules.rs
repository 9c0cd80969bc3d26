//! What the five systems do with a receiver that never takes a delivery: every wait of their schedules, on simulated
//! time, and how it ends.

use std::time::Duration;

use fanfare_core::{
    delivery::{DeliveryState, EndReason},
    endpoint::EventFilter,
    ports::FailureKind,
};
use fanfare_engine::configure::{endpoint::EndpointDraft, event_type::EventTypeDraft};

use crate::harness::{Answer, TestNode, seconds};

const HOST: &str = "a.test";
const MINUTE: u64 = 60;
const HOUR: u64 = 3600;
/// Longer than it takes to notice that a delivery is due.
const NOTICED: Duration = Duration::from_secs(15);

/// A receiver that answers like this for ever gets a first attempt and one after each of these waits, none sooner
/// and none later than the jitter of 20 % allows; then the delivery is `end`, and the endpoint is still on.
async fn holds(profile: &str, answer: Answer, waits: &[u64], end: DeliveryState) {
    let mut node = TestNode::of_profile(profile).await;
    let event = node.event();
    let (configure, kind) = (node.configure(), event.event_type.clone());
    let environment = node.application.environment;
    configure.create_event_type(environment, kind.clone(), EventTypeDraft::default()).await.unwrap();
    let wants = |draft: &mut EndpointDraft| {
        draft.url = format!("https://{HOST}/").parse().unwrap();
        if profile != "jofi" {
            draft.event_filter = EventFilter::Types([kind].into());
        }
    };
    let endpoint = node.endpoint_with(HOST, wants).await;
    node.net.usually(HOST, answer);
    let message = node.post_event(event).await;
    node.until_called(HOST, 1).await;
    for (before, wait) in waits.iter().map(|wait| seconds(*wait)).enumerate() {
        node.until_state(&message, &endpoint, DeliveryState::Retrying).await;
        pass(&node, wait.mul_f64(0.75)).await;
        assert_eq!(node.net.count(HOST), before + 1, "{profile}: sooner than {wait:?}");
        pass(&node, wait.mul_f64(0.5)).await;
        node.pass(NOTICED).await;
        assert_eq!(node.net.count(HOST), before + 2, "{profile}: later than {wait:?}");
    }
    node.until_state(&message, &endpoint, end).await;
    pass(&node, seconds(48 * HOUR)).await;
    node.pass(NOTICED).await;
    assert_eq!(node.net.count(HOST), waits.len() + 1, "{profile}: nothing more");
    let found = node.delivery(&message, &endpoint).await;
    assert_eq!((found.state, found.reason), (end, None::<EndReason>), "{profile}");
    assert_eq!(node.stored_endpoint(&endpoint).await.disabled, None, "{profile}: the endpoint stays on");
    node.finish().await;
}

/// Days go by without their ticks; seconds tick by tick.
async fn pass(node: &TestNode, time: Duration) {
    if time < NOTICED { node.pass(time).await } else { node.clock.step(time) }
}

#[tokio::test(start_paused = true)]
async fn qua_11_one_request_and_seven_more_then_blocked() {
    let waits = [MINUTE, 5 * MINUTE, 15 * MINUTE, HOUR, 3 * HOUR, 6 * HOUR, 12 * HOUR];
    for answer in [Answer::Status(500), Answer::Status(404), Answer::Status(410), Answer::Status(302)] {
        holds("qualifio", answer, &waits, DeliveryState::Blocked).await;
    }
}

#[tokio::test(start_paused = true)]
async fn tri_13_a_failure_is_logged_and_not_tried_again() {
    for answer in [Answer::Status(500), Answer::Status(201), Answer::Status(410)] {
        holds("trimoji", answer, &[], DeliveryState::Failed).await;
    }
}

#[tokio::test(start_paused = true)]
async fn trutac_what_fails_or_times_out_is_lost() {
    for answer in [Answer::Status(500), Answer::Fail(FailureKind::Timeout), Answer::Status(410)] {
        holds("trutac", answer, &[], DeliveryState::Failed).await;
    }
}

#[tokio::test(start_paused = true)]
async fn talview_and_jofi_retry_by_the_default_schedule() {
    let waits = [5, 5 * MINUTE, 30 * MINUTE, 2 * HOUR, 5 * HOUR, 10 * HOUR, 14 * HOUR, 20 * HOUR, 24 * HOUR];
    holds("talview", Answer::Status(500), &waits, DeliveryState::Failed).await;
    holds("jofi", Answer::Status(500), &waits, DeliveryState::Failed).await;
}
