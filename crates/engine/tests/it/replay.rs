//! Replays: deliveries are counted, then sent again at a rate, each once, whatever happens in between.

use std::{sync::Arc, time::Duration};

use fanfare_core::{
    delivery::DeliveryState,
    endpoint::Endpoint,
    limits::PAGE_MOST,
    message::Message,
    ports::{
        Clock as _,
        store::{MessageStore as _, ReplayStore as _},
    },
    replay::{Replay, ReplayStatus, Selection},
};
use fanfare_engine::{Counted, accept::Post};

use crate::harness::{Answer, Fault, TestNode, seconds};

/// Everything in these states from the beginning until now.
fn all(node: &TestNode, states: &[DeliveryState]) -> Selection {
    Selection {
        endpoints: None,
        event_types: None,
        states: states.to_vec(),
        since: fanfare_core::time::Timestamp(0),
        until: node.clock.now() + seconds(1),
        superseded: false,
        expired: false,
        missed: false,
    }
}

fn lost(node: &TestNode) -> Selection {
    all(node, &Selection::LOST)
}

/// An endpoint at which so many messages have failed, and that is well now.
async fn failed(node: &mut TestNode, host: &str, count: usize) -> (Endpoint, Vec<Arc<Message>>) {
    let endpoint = node.endpoint_with(host, |draft| draft.retry_schedule = Some(vec![])).await;
    let before = node.count(DeliveryState::Failed).await;
    node.net.usually(host, Answer::Status(400));
    let messages = node.post_many(count).await;
    node.until_count(DeliveryState::Failed, before + count as u64).await;
    node.net.usually(host, Answer::Status(200));
    (endpoint, messages)
}

/// So many messages that have arrived at an endpoint, and the selection of all such.
async fn arrived(node: &mut TestNode, host: &str, count: usize) -> Selection {
    node.endpoint(host).await;
    let before = node.count(DeliveryState::Succeeded).await;
    node.post_many(count).await;
    node.until_count(DeliveryState::Succeeded, before + count as u64).await;
    all(node, &[DeliveryState::Succeeded])
}

async fn done(node: &TestNode, selection: Selection) -> Replay {
    let job = node.replay(selection, Some(1000)).await;
    node.until_status(job, ReplayStatus::Done).await
}

async fn stored(node: &TestNode, job: fanfare_core::id::JobId) -> Replay {
    node.store.inner.replay(node.application.id, job).await.unwrap().unwrap()
}

async fn expunge(node: &TestNode, message: &Message) {
    let audit = node.configure().audit(message.environment, None, "message.expunge", &message.id);
    node.store.inner.expunge_message(message.application, message.id, audit).await.unwrap().unwrap();
}

#[tokio::test(start_paused = true)]
async fn what_failed_is_counted_and_sent_again() {
    let mut node = TestNode::start().await;
    let (endpoint, messages) = failed(&mut node, "a.test", 12).await;
    let counted = node.engine.count_replay(node.application.id, &lost(&node)).await.unwrap();
    assert_eq!(counted, Counted { counted: 12, skipped: 0 });
    assert_eq!(node.net.count("a.test"), 12, "counting sends nothing");
    let job = done(&node, lost(&node)).await;
    assert_eq!((job.counts.counted, job.counts.sent), (12, 12));
    for message in &messages {
        node.until_state(message, &endpoint, DeliveryState::Succeeded).await;
    }
    assert_eq!(node.net.count("a.test"), 24);
    assert_eq!(node.metric("replayed_total{result=\"sent\"}"), 12.0);
    assert_eq!(node.metric("replays_ended_total{status=\"done\"}"), 1.0);
    node.finish().await;
}

#[tokio::test(start_paused = true)]
async fn what_succeeded_is_sent_once_more_and_not_for_ever() {
    let many = PAGE_MOST + 50;
    let mut node = TestNode::start().await;
    node.endpoint("a.test").await;
    node.post_many(many).await;
    node.until_count(DeliveryState::Succeeded, many as u64).await;
    let job = done(&node, all(&node, &[DeliveryState::Succeeded])).await;
    assert_eq!(job.counts.sent, many as u64);
    node.pass(seconds(30)).await;
    assert_eq!(node.net.count("a.test"), 2 * many);
    node.finish().await;
}

#[tokio::test(start_paused = true)]
async fn it_goes_no_faster_than_its_rate() {
    let mut node = TestNode::start().await;
    let selection = arrived(&mut node, "a.test", 60).await;
    let job = node.replay(selection, Some(4)).await;
    node.until_status(job, ReplayStatus::Running).await;
    let begun = node.age();
    node.pass(seconds(5)).await;
    let sent = node.net.count("a.test") - 60;
    assert!((18..=22).contains(&sent), "{sent} in 5 s at 4 a second");
    node.until_status(job, ReplayStatus::Done).await;
    let took = node.age() - begun;
    assert!((seconds(14)..seconds(17)).contains(&took), "{took:?} for 60 at 4 a second");
    node.finish().await;
}

#[tokio::test(start_paused = true)]
async fn a_slow_job_holds_up_no_other() {
    let mut node = TestNode::start().await;
    let selection = arrived(&mut node, "a.test", 100).await;
    let slow = node.replay(selection.clone(), Some(1)).await;
    let fast = node.replay(selection, Some(1000)).await;
    let begun = node.age();
    node.until_status(fast, ReplayStatus::Done).await;
    assert!(node.age() - begun < seconds(2));
    assert_eq!(stored(&node, slow).await.status, ReplayStatus::Running);
    node.until_status(slow, ReplayStatus::Done).await;
    node.finish().await;
}

/// A receiver that is slower than the replay: what happens now goes out soon all the same.
#[tokio::test(start_paused = true)]
async fn new_events_are_not_held_up_behind_a_replay() {
    let mut node = TestNode::start().await;
    let endpoint = node.endpoint("a.test").await;
    let many = 6 * PAGE_MOST as u64;
    node.post_many(6 * PAGE_MOST).await;
    node.until_count(DeliveryState::Succeeded, many).await;
    node.change(&endpoint, |draft| draft.max_concurrency = Some(1)).await;
    node.net.usually("a.test", Answer::Slowly(200, Duration::from_millis(100)));
    let job = node.replay(all(&node, &[DeliveryState::Succeeded]), Some(10_000)).await;
    node.until_status(job, ReplayStatus::Running).await;
    node.pass(seconds(5)).await;
    let message = node.post().await;
    let posted = node.age();
    node.until_state(&message, &endpoint, DeliveryState::Succeeded).await;
    let took = node.age() - posted;
    assert!(took < seconds(90), "{took:?}: without a bound it would be 150 s");
    assert_eq!(stored(&node, job).await.status, ReplayStatus::Running, "the replay goes on after it");
    node.until_status(job, ReplayStatus::Done).await;
    node.finish().await;
}

/// Nobody needs to be sent anything while its endpoint is held: the replay is queued like all else.
#[tokio::test(start_paused = true)]
async fn a_paused_endpoint_takes_a_replay_in() {
    let mut node = TestNode::start().await;
    let endpoint = node.endpoint("a.test").await;
    let many = 3 * PAGE_MOST as u64;
    node.post_many(3 * PAGE_MOST).await;
    node.until_count(DeliveryState::Succeeded, many).await;
    node.set_paused(&endpoint, true).await;
    let job = done(&node, all(&node, &[DeliveryState::Succeeded])).await;
    assert_eq!((job.counts.sent, node.count(DeliveryState::Pending).await), (many, many));
    node.set_paused(&endpoint, false).await;
    node.until_count(DeliveryState::Succeeded, many).await;
    node.finish().await;
}

#[tokio::test(start_paused = true)]
async fn a_cancelled_job_sends_nothing_more() {
    let mut node = TestNode::start().await;
    let selection = arrived(&mut node, "a.test", 50).await;
    let job = node.replay(selection, Some(5)).await;
    node.until_called("a.test", 50 + 10).await;
    let audit = node.configure().audit(node.application.environment, None, "replay.cancel", &job);
    assert_eq!(node.engine.cancel_replay(node.application.id, job, audit).await.unwrap(), Ok(true));
    let sent = stored(&node, job).await.counts.sent;
    node.pass(seconds(60)).await;
    let over = stored(&node, job).await;
    assert_eq!((over.status, over.counts.sent), (ReplayStatus::Cancelled, sent));
    assert_eq!(node.net.count("a.test") as u64, 50 + sent);
    assert_eq!(node.metric("replays_ended_total{status=\"cancelled\"}"), 1.0);
    node.finish().await;
}

#[tokio::test(start_paused = true)]
async fn what_has_no_payload_or_is_expired_or_superseded_is_skipped_and_said_so() {
    let mut node = TestNode::start().await;
    let (endpoint, messages) = failed(&mut node, "a.test", 2).await;
    expunge(&node, &messages[0]).await;
    node.net.usually("a.test", Answer::Status(400));
    let expiring = Post { expires_at: Some(node.clock.now() + seconds(5)), ..node.event() };
    let keyed = Post { replace_key: Some("k".parse().unwrap()), ..node.event() };
    let newer = Post { replace_key: Some("k".parse().unwrap()), ..node.event() };
    let expired = node.post_event(expiring).await;
    let superseded = node.post_event(keyed).await;
    node.until_count(DeliveryState::Failed, 4).await;
    node.net.usually("a.test", Answer::Status(200));
    node.post_event(newer).await;
    node.pass(seconds(10)).await;
    let states = [DeliveryState::Failed, DeliveryState::Cancelled];
    let before = node.net.count("a.test");
    let selection = all(&node, &states);
    let counted = node.engine.count_replay(node.application.id, &selection).await.unwrap();
    assert_eq!(counted, Counted { counted: 4, skipped: 3 });
    let job = done(&node, selection).await;
    assert_eq!((job.counts.counted, job.counts.sent, job.counts.skipped), (4, 1, 3));
    node.until_state(&messages[1], &endpoint, DeliveryState::Succeeded).await;
    let asked = Selection { superseded: true, expired: true, ..all(&node, &states) };
    let job = done(&node, asked).await;
    assert_eq!((job.counts.sent, job.counts.skipped), (2, 1), "only the payload cannot be asked for");
    for message in [&expired, &superseded] {
        node.until_state(message, &endpoint, DeliveryState::Succeeded).await;
    }
    assert_eq!(node.net.count("a.test"), before + 3);
    node.finish().await;
}

#[tokio::test(start_paused = true)]
async fn what_is_in_flight_is_left_alone() {
    let mut node = TestNode::start().await;
    node.endpoint("a.test").await;
    node.net.usually("a.test", Answer::Slowly(200, seconds(8)));
    node.post_many(3).await;
    node.until_called("a.test", 3).await;
    let job = done(&node, all(&node, &[DeliveryState::Pending])).await;
    assert_eq!((job.counts.counted, job.counts.sent, job.counts.skipped), (3, 0, 3));
    node.until_count(DeliveryState::Succeeded, 3).await;
    node.pass(seconds(60)).await;
    assert_eq!(node.net.count("a.test"), 3);
    node.finish().await;
}

#[tokio::test(start_paused = true)]
async fn what_waits_for_a_retry_goes_at_once() {
    let mut node = TestNode::start().await;
    let day = Duration::from_secs(86_400);
    node.endpoint_with("a.test", |draft| draft.retry_schedule = Some(vec![day])).await;
    node.net.next("a.test", (0..5).map(|_| Answer::Status(400)));
    node.post_many(5).await;
    node.until_count(DeliveryState::Retrying, 5).await;
    done(&node, all(&node, &[DeliveryState::Retrying])).await;
    node.until_count(DeliveryState::Succeeded, 5).await;
    assert!(node.age() < seconds(60));
    node.finish().await;
}

/// Wherever the node dies, or the store's answer gets lost: each delivery is sent again exactly once.
#[tokio::test(start_paused = true)]
async fn a_crash_at_any_step_loses_nothing_and_sends_no_page_twice() {
    let many = PAGE_MOST * 2 + 10;
    for fault in [Fault::Hang, Fault::Ambiguous, Fault::Refuse] {
        // Three steps count, three send.
        for step in 0..7 {
            let mut node = TestNode::start().await;
            node.endpoint("a.test").await;
            node.post_many(many).await;
            node.until_count(DeliveryState::Succeeded, many as u64).await;
            node.store.disturb("step_replay", fault, step);
            let job = node.replay(all(&node, &[DeliveryState::Succeeded]), Some(10_000)).await;
            node.pass(seconds(2)).await;
            node.crash().await;
            node.store.heal();
            node.restart().await;
            let over = node.until_status(job, ReplayStatus::Done).await;
            let counts = over.counts;
            assert_eq!((counts.counted, counts.sent), (many as u64, many as u64), "{fault:?} {step}");
            node.until_count(DeliveryState::Succeeded, many as u64).await;
            node.pass(seconds(10)).await;
            assert_eq!(node.net.count("a.test"), 2 * many, "{fault:?} at step {step}");
            node.finish().await;
        }
    }
}

#[tokio::test(start_paused = true)]
async fn nothing_is_sent_before_all_is_counted() {
    let mut node = TestNode::start().await;
    let selection = arrived(&mut node, "a.test", PAGE_MOST + 20).await;
    let before = node.net.count("a.test");
    node.store.disturb("step_replay", Fault::Refuse, 1);
    let job = node.replay(selection, None).await;
    node.pass(seconds(30)).await;
    let counting = stored(&node, job).await;
    assert_eq!((counting.status, counting.counts.counted), (ReplayStatus::Counting, PAGE_MOST as u64));
    assert_eq!(node.net.count("a.test"), before);
    node.store.heal();
    let over = node.until_status(job, ReplayStatus::Done).await;
    assert_eq!(over.counts.counted, over.counts.sent);
    node.finish().await;
}

#[tokio::test(start_paused = true)]
async fn a_job_that_cannot_go_on_says_why_and_ends() {
    let mut node = TestNode::start().await;
    failed(&mut node, "a.test", 1).await;
    node.store.disturb("choose", Fault::Break, 0);
    let job = node.replay(lost(&node), None).await;
    let over = node.until_status(job, ReplayStatus::Failed).await;
    assert_eq!(over.error.as_deref(), Some("disturbed by the test"));
    assert_eq!(node.metric("replays_ended_total{status=\"failed\"}"), 1.0);
    node.finish().await;
}

#[tokio::test(start_paused = true)]
async fn an_ordered_endpoint_gets_its_replay_in_order() {
    let mut node = TestNode::start().await;
    let wish = |draft: &mut fanfare_engine::configure::endpoint::EndpointDraft| draft.ordered = true;
    let endpoint = node.endpoint_with("a.test", wish).await;
    let mut messages = Vec::new();
    for _ in 0..20 {
        messages.push(node.post().await);
    }
    node.until_count(DeliveryState::Succeeded, 20).await;
    done(&node, all(&node, &[DeliveryState::Succeeded])).await;
    node.until_called("a.test", 40).await;
    node.until_count(DeliveryState::Succeeded, 20).await;
    let mut last = fanfare_core::time::Timestamp(0);
    for message in &messages {
        let at = node.delivery(message, &endpoint).await.updated_at;
        assert!(at >= last, "{} was overtaken", message.id);
        last = at;
    }
    node.finish().await;
}

/// With nothing changing meanwhile, what was counted is what was sent and skipped, whatever was chosen.
#[tokio::test(start_paused = true)]
async fn the_count_is_what_is_sent_and_skipped() {
    let mut node = TestNode::start().await;
    let (one, first) = failed(&mut node, "a.test", 40).await;
    let (_, second) = failed(&mut node, "b.test", 30).await;
    for message in first.iter().chain(&second).step_by(7) {
        expunge(&node, message).await;
    }
    use DeliveryState as S;
    let type_of = |name: &str| Some([name.parse().unwrap()].into());
    for states in [&[S::Failed][..], &[S::Failed, S::Succeeded], &[S::Blocked], &[S::Cancelled, S::Succeeded]]
    {
        for endpoints in [None, Some([one.id].into())] {
            for event_types in [None, type_of("thing.happened"), type_of("other")] {
                let chosen = Selection { endpoints: endpoints.clone(), event_types, ..all(&node, states) };
                let counted = node.engine.count_replay(node.application.id, &chosen).await.unwrap();
                let counts = done(&node, chosen.clone()).await.counts;
                assert_eq!(counts.counted, counted.counted, "{chosen:?}");
                assert_eq!(counts.sent + counts.skipped, counted.counted, "{chosen:?}");
                assert_eq!((counts.skipped, counts.failed), (counted.skipped, 0), "{chosen:?}");
                let waiting = [S::Pending, S::Retrying];
                for state in waiting {
                    node.until_count(state, 0).await;
                }
            }
        }
    }
    node.finish().await;
}

#[tokio::test(start_paused = true)]
async fn a_deleted_application_takes_its_jobs_along() {
    let mut node = TestNode::start().await;
    failed(&mut node, "a.test", 20).await;
    let job = node.replay(lost(&node), Some(1)).await;
    node.until_status(job, ReplayStatus::Running).await;
    let name = fanfare_core::ports::store::Named::Id(node.application.id);
    node.configure().delete_application(node.application.environment, &name).await.unwrap();
    node.engine.configuration_changed().await.unwrap();
    node.pass(seconds(120)).await;
    assert!(node.store.inner.open_replays(10).await.unwrap().is_empty());
    node.finish().await;
}
