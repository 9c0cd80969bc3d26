//! Updates: what becomes of deliveries is told once it is in the store.

use std::{
    future::ready,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use fanfare_core::{
    delivery::{DeliveryState, EndReason},
    limits::{FANOUT_INLINE, STREAM_HEARTBEAT, STREAM_LOOK},
    message::Message,
    ports::{Clock as _, FailureKind},
    replay::{ReplayStatus, Selection},
};
use fanfare_engine::updates::{Feed, Follower, Said, Told, Update, Wanted};

use crate::harness::{Answer, Fault, TestNode, seconds};

fn follow(node: &TestNode) -> Follower {
    let wanted = Wanted {
        environment: node.application.environment,
        application: Some(node.application.id),
        endpoints: None,
        event_types: None,
        states: None,
    };
    node.engine.follow(wanted, None).unwrap()
}

async fn next(follower: &Follower) -> Arc<Update> {
    match follower.next().await {
        Told::Update(update) => update,
        other => panic!("{other:?}"),
    }
}

/// The next update, which must be of this message and agree with the store.
async fn next_of(
    node: &TestNode,
    follower: &Follower,
    message: &Message,
    state: DeliveryState,
) -> Arc<Update> {
    let update = next(follower).await;
    let change = &update.change;
    assert_eq!((change.key.message, change.state), (message.id, state));
    assert_eq!(change.event_type, message.event_type);
    let stored = node.find_delivery(message.application, message.id, change.key.endpoint).await.unwrap();
    assert_eq!(stored.state, state, "it is in the store before it is told");
    assert_eq!(change.due, state.is_waiting().then_some(stored.due));
    update
}

#[tokio::test(start_paused = true)]
async fn a_delivery_is_told_from_accept_to_its_end_with_its_attempts() {
    let mut node = TestNode::start().await;
    let follower = follow(&node);
    node.endpoint_with("a.test", |draft| draft.retry_schedule = Some(vec![seconds(5)])).await;
    node.net.next("a.test", [Answer::Fail(FailureKind::Dns), Answer::Status(500)]);
    let message = node.post().await;
    let pending = next_of(&node, &follower, &message, DeliveryState::Pending).await;
    assert_eq!(pending.change.attempt, None);
    let retrying = next_of(&node, &follower, &message, DeliveryState::Retrying).await;
    let attempt = retrying.change.attempt.as_ref().unwrap();
    assert_eq!((attempt.success, attempt.status, attempt.failure.as_deref()), (false, 0, Some("dns")));
    let failed = next_of(&node, &follower, &message, DeliveryState::Failed).await;
    let attempt = failed.change.attempt.as_ref().unwrap();
    assert_eq!((attempt.success, attempt.status, attempt.failure.as_deref()), (false, 500, None));
    let attempts = node.attempts(&message).await;
    assert_eq!(attempts.last().unwrap().id, attempt.id);
    let fine = node.post().await;
    next_of(&node, &follower, &fine, DeliveryState::Pending).await;
    let succeeded = next_of(&node, &follower, &fine, DeliveryState::Succeeded).await;
    assert!(succeeded.change.attempt.as_ref().unwrap().success);
    node.finish().await;
}

#[tokio::test(start_paused = true)]
async fn nothing_is_told_that_the_store_does_not_take() {
    let mut node = TestNode::start().await;
    let follower = follow(&node);
    node.endpoint("a.test").await;
    node.store.disturb("record", Fault::Refuse, 0);
    let message = node.post().await;
    next_of(&node, &follower, &message, DeliveryState::Pending).await;
    node.until_called("a.test", 1).await;
    node.pass(seconds(30)).await;
    assert!(futures::FutureExt::now_or_never(follower.next()).is_none());
    node.store.heal();
    next_of(&node, &follower, &message, DeliveryState::Succeeded).await;
    node.finish().await;
}

#[tokio::test(start_paused = true)]
async fn what_is_sent_again_or_called_off_is_told_too() {
    let mut node = TestNode::start().await;
    let endpoint = node.endpoint("a.test").await;
    let message = node.post().await;
    node.until_state(&message, &endpoint, DeliveryState::Succeeded).await;
    let follower = follow(&node);
    let key = node.delivery(&message, &endpoint).await.key;
    node.engine.resend(key).await.unwrap().unwrap();
    assert_eq!(next(&follower).await.change.state, DeliveryState::Pending);
    next_of(&node, &follower, &message, DeliveryState::Succeeded).await;
    let selection = Selection {
        states: vec![DeliveryState::Succeeded],
        missed: false,
        ..Selection::recovery(endpoint.id, fanfare_core::time::Timestamp(0), node.clock.now())
    };
    let job = node.replay(selection, None).await;
    node.until_status(job, ReplayStatus::Done).await;
    assert_eq!(next(&follower).await.change.state, DeliveryState::Pending);
    next_of(&node, &follower, &message, DeliveryState::Succeeded).await;
    node.set_paused(&endpoint, true).await;
    let waits = node.post().await;
    next_of(&node, &follower, &waits, DeliveryState::Pending).await;
    node.pass(seconds(1)).await;
    let audit = node.configure().audit(waits.environment, None, "delivery.cancel", &waits.id);
    let key = node.delivery(&waits, &endpoint).await.key;
    assert_eq!(node.engine.cancel(key, audit).await.unwrap(), Ok(true));
    let cancelled = next_of(&node, &follower, &waits, DeliveryState::Cancelled).await;
    assert_eq!(cancelled.change.reason, Some(EndReason::ByHand));
    node.finish().await;
}

#[tokio::test(start_paused = true)]
async fn a_fan_out_tells_every_delivery() {
    let many = FANOUT_INLINE + 20;
    let mut node = TestNode::start().await;
    for number in 0..many {
        node.endpoint(&format!("{number}.test")).await;
    }
    let follower = follow(&node);
    node.post().await;
    let (mut pending, mut succeeded) = (0, 0);
    while succeeded < many {
        match next(&follower).await.change.state {
            DeliveryState::Pending => pending += 1,
            DeliveryState::Succeeded => succeeded += 1,
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(pending, many);
    node.finish().await;
}

#[tokio::test(start_paused = true)]
async fn a_follower_hears_the_end_of_the_node_and_goes_on_after_it_with_a_word() {
    let mut node = TestNode::start().await;
    node.endpoint("a.test").await;
    let follower = follow(&node);
    node.post().await;
    let seen = next(&follower).await.id.to_string();
    next(&follower).await;
    node.shut_down().await;
    assert_eq!(follower.next().await, Told::End);
    drop(follower);
    node.restart().await;
    let wanted = Wanted {
        environment: node.application.environment,
        application: None,
        endpoints: None,
        event_types: None,
        states: None,
    };
    let back = node.engine.follow(wanted, Some(&seen)).unwrap();
    assert!(matches!(back.next().await, Told::Reset(fanfare_engine::updates::Gap::Unknown, _)));
    drop(back);
    node.finish().await;
}

#[tokio::test(start_paused = true)]
async fn a_feed_says_now_and_then_that_it_is_there_and_ends_once_it_is_no_longer_allowed() {
    let mut node = TestNode::start().await;
    let clock = Arc::clone(&node.engine.context().ports.clock);
    let mut feed = Feed::new(follow(&node), Arc::clone(&clock));
    let allowed = AtomicBool::new(true);
    let asked = || ready(allowed.load(Ordering::Relaxed));
    let begun = clock.monotonic();
    assert_eq!(feed.next(asked).await, Some(Said::StillHere));
    assert_eq!(clock.monotonic().since(begun), STREAM_HEARTBEAT);
    node.endpoint("a.test").await;
    node.post().await;
    assert!(matches!(feed.next(asked).await, Some(Said::Update(_))));
    node.until_count(DeliveryState::Succeeded, 1).await;
    node.pass(STREAM_LOOK).await;
    allowed.store(false, Ordering::Relaxed);
    assert_eq!(feed.next(asked).await, None, "also where there is something to say");
    drop(feed);
    node.finish().await;
}
