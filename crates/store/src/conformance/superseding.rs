//! Messages that take the place of others with their replace key.

use std::time::Duration;

use fanfare_core::{
    application::Application,
    delivery::{Delivery, DeliveryEvent, DeliveryKey, DeliveryState, EndReason, Incarnation, Trigger},
    endpoint::Endpoint,
    limits::REPLACE_KEY,
    message::Message,
    ports::store::{Accepted, Despite, NewDelivery, Recorded, Resend, Resent, Targets},
};

use super::{
    World,
    world::{at, unowned},
};

/// A message with a replace key, posted at that second.
fn keyed(world: &World, application: &Application, key: &str, second: i64) -> Message {
    Message { replace_key: Some(key.parse().unwrap()), ..world.new_message(application, at(second)) }
}

/// One that does not supersede.
fn meek(world: &World, application: &Application, key: &str, second: i64) -> Message {
    Message { supersedes: false, ..keyed(world, application, key, second) }
}

/// Posts a message to these endpoints at once; the keys of its deliveries.
async fn post<const N: usize>(world: &World, message: Message, to: [&Endpoint; N]) -> [DeliveryKey; N] {
    let (application, due) = (message.application, message.created_at);
    let targets = to.iter().map(|endpoint| unowned(endpoint.id, due)).collect();
    let message = world.post(message, targets).await;
    to.map(|endpoint| DeliveryKey { application, message, endpoint: endpoint.id })
}

/// Whether a delivery was superseded.
fn is_over(delivery: &Delivery) -> bool {
    delivery.state == DeliveryState::Cancelled
        && delivery.reason == Some(EndReason::Superseded)
        && delivery.owner.is_none()
}

/// A message of `key` that `owner` has claimed, and that was superseded only then.
async fn overtaken(
    world: &World,
    owner: Incarnation,
    application: &Application,
    endpoint: &Endpoint,
    key: &str,
) -> DeliveryKey {
    let [old] = post(world, keyed(world, application, key, 1), [endpoint]).await;
    assert_eq!(world.claim(owner, endpoint, at(1)).await, [old]);
    post(world, keyed(world, application, key, 2), []).await;
    assert_eq!(world.delivery(old).await.owner, Some(owner), "it is left to its owner");
    old
}

fn resend(key: DeliveryKey, despite: Despite) -> Resend {
    let trigger = Trigger::Manual;
    Resend { key, ordering: None, profile: None, trigger, despite, at: at(50) }
}

/// A replace key comes back with its message and its deliveries, and so does whether it supersedes.
pub async fn keeps_the_replace_key(world: &World) {
    let application = world.application().await;
    let endpoint = world.endpoint(&application).await;
    let owner = world.start().await;
    for message in [
        world.new_message(&application, at(1)),
        meek(world, &application, "participation 1, of 2", 1),
        keyed(world, &application, "participation 1, of 2", 1),
    ] {
        let [key] = post(world, message.clone(), [&endpoint]).await;
        let stored = world.store.message(application.id, message.id, true).await.unwrap();
        assert_eq!(stored, Some(message.clone()));
        assert_eq!(world.delivery(key).await.replace_key, message.replace_key);
    }
    let lane = fanfare_core::ports::store::LaneClaim {
        application: application.id,
        endpoint: endpoint.id,
        limit: 9,
        home: false,
    };
    let claimed = world.store.claim(owner, at(1), vec![lane]).await.unwrap();
    let keys: Vec<_> = claimed.iter().map(|claimed| claimed.delivery.replace_key.clone()).collect();
    assert_eq!(keys, [None, Some("participation 1, of 2".parse().unwrap())]);
}

/// What waits of an older message is cancelled at every endpoint in the transaction that accepts the newer.
pub async fn cancels_what_waits_everywhere(world: &World) {
    let application = world.application().await;
    let (a, b) = (world.endpoint(&application).await, world.endpoint(&application).await);
    let owner = world.start().await;
    let [scheduled] = {
        let later = Message { deliver_at: Some(at(900)), ..keyed(world, &application, "k", 1) };
        let to = NewDelivery { state: DeliveryState::Scheduled, ..unowned(a.id, at(900)) };
        let message = world.post(later, vec![to]).await;
        [DeliveryKey { application: application.id, message, endpoint: a.id }]
    };
    let old = post(world, meek(world, &application, "other", 1), [&a, &b]).await;
    assert_eq!(world.claim(owner, &a, at(1)).await, [old[0]]);
    world.record(world.report(old[0], owner, DeliveryEvent::Retry, at(2))).await;
    let [newer] = post(world, keyed(world, &application, "k", 3), [&b]).await;
    assert!(is_over(&world.delivery(scheduled).await));
    assert_eq!(world.delivery(scheduled).await.updated_at, at(3));
    post(world, keyed(world, &application, "other", 4), []).await;
    for key in old {
        assert!(is_over(&world.delivery(key).await), "waiting or retrying, {key:?}");
    }
    assert_eq!(world.claim(owner, &a, at(1000)).await, []);
    assert_eq!(world.claim(owner, &b, at(1000)).await, [newer]);
    assert_eq!(world.store.conservation().await.unwrap().states.of(DeliveryState::Cancelled), 3);
}

/// A key counts within its application only, and other keys and messages without one are left alone.
pub async fn leaves_others_alone(world: &World) {
    let (application, other) = (world.application().await, world.application().await);
    let (mine, theirs) = (world.endpoint(&application).await, world.endpoint(&other).await);
    let owner = world.start().await;
    let [another_key] = post(world, keyed(world, &application, "K", 1), [&mine]).await;
    let [no_key] = post(world, world.new_message(&application, at(1)), [&mine]).await;
    let [elsewhere] = post(world, keyed(world, &other, "k", 1), [&theirs]).await;
    post(world, keyed(world, &application, "k", 2), []).await;
    assert_eq!(world.claim(owner, &mine, at(9)).await, [another_key, no_key]);
    assert_eq!(world.claim(owner, &theirs, at(9)).await, [elsewhere]);
}

/// What is over stays as it is: a newer message is news, not a recall.
pub async fn leaves_ended_ones(world: &World) {
    let application = world.application().await;
    let endpoint = world.endpoint(&application).await;
    let owner = world.start().await;
    for (event, state) in
        [(DeliveryEvent::Succeed, DeliveryState::Succeeded), (DeliveryEvent::Fail, DeliveryState::Failed)]
    {
        let [key] = post(world, keyed(world, &application, "k", 1), [&endpoint]).await;
        assert_eq!(world.claim(owner, &endpoint, at(1)).await, [key]);
        world.record(world.report(key, owner, event, at(2))).await;
        post(world, keyed(world, &application, "k", 3), []).await;
        let delivery = world.delivery(key).await;
        assert_eq!((delivery.state, delivery.reason), (state, None));
    }
}

/// Messages that do not supersede cancel nothing, and each other least of all.
pub async fn qua_5_what_does_not_supersede_cancels_nothing(world: &World) {
    let application = world.application().await;
    let endpoint = world.endpoint(&application).await;
    let owner = world.start().await;
    let [first] = post(world, meek(world, &application, "k", 1), [&endpoint]).await;
    let [second] = post(world, meek(world, &application, "k", 2), [&endpoint]).await;
    assert_eq!(world.claim(owner, &endpoint, at(9)).await, [first, second]);
    assert!(!world.store.is_superseded(first).await.unwrap());
}

/// One that does not supersede and comes after one that does is cancelled from the start, whatever it asks.
pub async fn qua_5_cancels_what_comes_too_late_at_once(world: &World) {
    let application = world.application().await;
    let endpoint = world.endpoint(&application).await;
    let owner = world.start().await;
    let [complete] = post(world, keyed(world, &application, "k", 1), [&endpoint]).await;
    let [late] = post(world, meek(world, &application, "k", 2), [&endpoint]).await;
    let delivery = world.delivery(late).await;
    assert!(is_over(&delivery), "{delivery:?}");
    assert_eq!((delivery.attempts, delivery.updated_at), (0, at(2)));
    assert_eq!(world.claim(owner, &endpoint, at(9)).await, [complete]);
    let states = world.store.conservation().await.unwrap().states;
    assert_eq!((states.of(DeliveryState::Cancelled), states.total()), (1, 2));
}

/// Within a batch the order of its items counts.
pub async fn goes_by_the_order_within_a_batch(world: &World) {
    let application = world.application().await;
    let endpoint = world.endpoint(&application).await;
    let owner = world.start().await;
    let messages = [
        meek(world, &application, "k", 1),
        keyed(world, &application, "k", 1),
        meek(world, &application, "k", 1),
        keyed(world, &application, "k", 1),
    ];
    let mut batch = Vec::new();
    for message in messages {
        batch.push(world.accept_of(message, vec![unowned(endpoint.id, at(1))]).await);
    }
    let last =
        DeliveryKey { application: application.id, message: batch[3].message.id, endpoint: endpoint.id };
    assert_eq!(world.store.accept(batch).await.unwrap(), [Accepted::Stored; 4]);
    assert_eq!(world.claim(owner, &endpoint, at(9)).await, [last]);
    let states = world.store.conservation().await.unwrap().states;
    assert_eq!(states.of(DeliveryState::Cancelled), 3);
}

/// A message that is not stored supersedes nothing.
pub async fn a_repeated_message_supersedes_nothing(world: &World) {
    let application = world.application().await;
    let endpoint = world.endpoint(&application).await;
    let owner = world.start().await;
    let first = Message { event_id: Some("e".parse().unwrap()), ..keyed(world, &application, "k", 1) };
    post(world, first.clone(), []).await;
    let [newer] = post(world, keyed(world, &application, "k", 2), [&endpoint]).await;
    let again = world.accept_of(first.clone(), vec![]).await;
    let same_event = world.accept_of(Message { id: world.id(), ..first.clone() }, vec![]).await;
    assert_eq!(world.accept(again).await, Accepted::EventIdTaken(first.id));
    assert_eq!(world.accept(same_event).await, Accepted::EventIdTaken(first.id));
    let mut stale = world.accept_of(keyed(world, &application, "k", 3), vec![]).await;
    stale.application_version -= 1;
    assert_eq!(world.accept(stale).await, Accepted::Stale);
    assert!(!world.store.is_superseded(newer).await.unwrap());
    assert_eq!(world.claim(owner, &endpoint, at(9)).await, [newer]);
}

/// What somebody has in memory or in flight is left to its owner, who can ask.
pub async fn tells_the_owner_who_asks(world: &World) {
    let application = world.application().await;
    let endpoint = world.endpoint(&application).await;
    let owner = world.start().await;
    let [plain] = post(world, world.new_message(&application, at(1)), [&endpoint]).await;
    assert!(!world.store.is_superseded(plain).await.unwrap());
    assert_eq!(world.claim(owner, &endpoint, at(1)).await, [plain]);
    let old = overtaken(world, owner, &application, &endpoint, "k").await;
    assert!(world.store.is_superseded(old).await.unwrap());
    let report = world.report(old, owner, DeliveryEvent::Cancel, at(3));
    let report =
        fanfare_core::ports::store::Record { attempt: None, reason: Some(EndReason::Superseded), ..report };
    assert_eq!(world.record(report).await, Recorded::Applied);
    assert!(is_over(&world.delivery(old).await));
    let nobody = DeliveryKey { message: world.id(), ..old };
    assert!(!world.store.is_superseded(nobody).await.unwrap());
}

/// An attempt in flight that fails is the last one; the attempt is kept and uses up no retry.
pub async fn a_failure_in_flight_is_not_retried(world: &World) {
    let application = world.application().await;
    let endpoint = world.endpoint(&application).await;
    let owner = world.start().await;
    for (key, event) in [("r", DeliveryEvent::Retry), ("f", DeliveryEvent::Fail), ("b", DeliveryEvent::Block)]
    {
        let old = overtaken(world, owner, &application, &endpoint, key).await;
        let mut report = world.report(old, owner, event, at(3));
        report.failing_since = Some(Some(at(3)));
        assert_eq!(world.record(report).await, Recorded::Superseded);
        let delivery = world.delivery(old).await;
        assert!(is_over(&delivery), "{delivery:?}");
        assert_eq!((delivery.attempts, delivery.retries_used, delivery.due), (1, 0, at(1)));
    }
    assert_eq!(world.claim(owner, &endpoint, at(1000)).await, []);
    let health = world.store.health(application.id).await.unwrap();
    assert_eq!(health[0].failing_since, Some(at(3)), "what it says of the endpoint counts all the same");
}

/// One that arrives has arrived.
pub async fn a_success_in_flight_stands(world: &World) {
    let application = world.application().await;
    let endpoint = world.endpoint(&application).await;
    let owner = world.start().await;
    let old = overtaken(world, owner, &application, &endpoint, "k").await;
    let report = world.report(old, owner, DeliveryEvent::Succeed, at(3));
    assert_eq!(world.record(report).await, Recorded::Applied);
    let delivery = world.delivery(old).await;
    assert_eq!((delivery.state, delivery.reason), (DeliveryState::Succeeded, None));
}

/// Given back, it waits no more.
pub async fn what_is_given_back_ends(world: &World) {
    let application = world.application().await;
    let endpoint = world.endpoint(&application).await;
    let owner = world.start().await;
    let old = overtaken(world, owner, &application, &endpoint, "k").await;
    let [fine] = post(world, keyed(world, &application, "fine", 1), [&endpoint]).await;
    assert_eq!(world.claim(owner, &endpoint, at(1)).await, [fine]);
    world.store.release(owner, vec![old, fine], at(4)).await.unwrap();
    let delivery = world.delivery(old).await;
    assert!(is_over(&delivery) && delivery.updated_at == at(4), "{delivery:?}");
    assert_eq!(world.claim(owner, &endpoint, at(9)).await, [fine]);
}

/// Freed from the dead, it waits no more, and counts as freed.
pub async fn what_is_rescued_ends(world: &World) {
    let application = world.application().await;
    let endpoint = world.endpoint(&application).await;
    let dead = world.start().await;
    let old = overtaken(world, dead, &application, &endpoint, "k").await;
    let [fine] = post(world, keyed(world, &application, "fine", 1), [&endpoint]).await;
    assert_eq!(world.claim(dead, &endpoint, at(1)).await, [fine]);
    world.store.end_incarnation(dead).await.unwrap();
    let owner = world.start().await;
    assert_eq!(world.store.rescue(at(5), 9, true).await.unwrap(), 2);
    let delivery = world.delivery(old).await;
    assert!(is_over(&delivery) && delivery.updated_at == at(5), "{delivery:?}");
    assert_eq!(world.claim(owner, &endpoint, at(9)).await, [fine]);
}

/// At an ordered endpoint the one behind goes, whether what was before it waited or was in flight.
pub async fn lets_the_next_of_its_order_go(world: &World) {
    let application = world.application().await;
    let endpoint = world.endpoint(&application).await;
    let owner = world.start().await;
    for (key, claimed) in [("waiting", false), ("in flight", true)] {
        let ordered = || NewDelivery { ordering: Some(key.to_owned()), ..unowned(endpoint.id, at(1)) };
        let old = keyed(world, &application, key, 1);
        let old = DeliveryKey {
            application: application.id,
            message: world.post(old, vec![ordered()]).await,
            endpoint: endpoint.id,
        };
        let next = world.post(world.new_message(&application, at(1)), vec![ordered()]).await;
        let next = DeliveryKey { message: next, ..old };
        if claimed {
            assert_eq!(world.claim(owner, &endpoint, at(1)).await, [old]);
        }
        post(world, keyed(world, &application, key, 2), []).await;
        if claimed {
            assert_eq!(world.claim(owner, &endpoint, at(2)).await, []);
            let report = world.report(old, owner, DeliveryEvent::Retry, at(3));
            assert_eq!(world.record(report).await, Recorded::Superseded);
        }
        assert!(is_over(&world.delivery(old).await), "{key}");
        assert_eq!(world.due(at(3)).await, [endpoint.id], "{key}");
        assert_eq!(world.claim(owner, &endpoint, at(3)).await, [next], "{key}");
    }
}

/// One that was cancelled at once stands in nobody's way.
pub async fn blocks_no_order_from_the_start(world: &World) {
    let application = world.application().await;
    let endpoint = world.endpoint(&application).await;
    let owner = world.start().await;
    let ordered = || NewDelivery { ordering: Some("o".to_owned()), ..unowned(endpoint.id, at(1)) };
    post(world, keyed(world, &application, "k", 1), []).await;
    world.post(meek(world, &application, "k", 2), vec![ordered()]).await;
    let next = world.post(world.new_message(&application, at(3)), vec![ordered()]).await;
    let claimed = world.claim(owner, &endpoint, at(3)).await;
    assert_eq!(claimed.iter().map(|key| key.message).collect::<Vec<_>>(), [next]);
}

/// A fan-out that is superseded on its way: what is written later is cancelled at once and counted.
pub async fn supersedes_a_fanout_on_its_way(world: &World) {
    let application = world.application().await;
    let (a, b) = (world.endpoint(&application).await, world.endpoint(&application).await);
    let owner = world.start().await;
    let mut wide = world.accept_of(keyed(world, &application, "k", 1), vec![]).await;
    wide.targets = Targets::Fanout;
    let message = (application.id, wide.message.id);
    assert_eq!(world.accept(wide).await, Accepted::Stored);
    let slice = |endpoint: &Endpoint| vec![unowned(endpoint.id, at(1))];
    assert!(world.store.expand(message, None, slice(&a), a.id, false).await.unwrap());
    let key = |endpoint: &Endpoint| DeliveryKey {
        application: application.id,
        message: message.1,
        endpoint: endpoint.id,
    };
    assert!(!world.store.is_superseded(key(&a)).await.unwrap());
    let [newer] = post(world, keyed(world, &application, "k", 2), [&b]).await;
    assert!(is_over(&world.delivery(key(&a)).await));
    assert!(world.store.expand(message, Some(a.id), slice(&b), b.id, true).await.unwrap());
    assert!(is_over(&world.delivery(key(&b)).await));
    assert_eq!(world.claim(owner, &b, at(9)).await, [newer]);
    assert_eq!(world.store.conservation().await.unwrap().accepted, 3);
}

/// A fan-out supersedes like any message, from its acceptance on.
pub async fn a_fanout_supersedes(world: &World) {
    let application = world.application().await;
    let endpoint = world.endpoint(&application).await;
    let [old] = post(world, keyed(world, &application, "k", 1), [&endpoint]).await;
    let mut wide = world.accept_of(keyed(world, &application, "k", 2), vec![]).await;
    wide.targets = Targets::Fanout;
    assert_eq!(world.accept(wide).await, Accepted::Stored);
    assert!(is_over(&world.delivery(old).await));
}

/// What a person asks for is sent, superseded or not, and nothing supersedes it any more.
pub async fn resends_by_hand_what_was_superseded(world: &World) {
    let application = world.application().await;
    let (endpoint, missed) = (world.endpoint(&application).await, world.endpoint(&application).await);
    let owner = world.start().await;
    let [old] = post(world, keyed(world, &application, "k", 1), [&endpoint]).await;
    post(world, keyed(world, &application, "k", 2), []).await;
    let missing = DeliveryKey { endpoint: missed.id, ..old };
    let [hurried] = post(world, keyed(world, &application, "hurry", 60), [&endpoint]).await;
    let batch = vec![resend(old, Despite::ALL), resend(missing, Despite::ALL), resend(hurried, Despite::ALL)];
    assert_eq!(world.store.resend(batch).await.unwrap(), [const { Ok(Resent::Queued) }; 3]);
    for key in ["k", "hurry"] {
        post(world, keyed(world, &application, key, 61), []).await;
    }
    for (key, endpoint) in [(hurried, &endpoint), (old, &endpoint), (missing, &missed)] {
        assert!(!world.store.is_superseded(key).await.unwrap());
        assert_eq!(world.delivery(key).await.replace_key, None);
        assert_eq!(world.claim_up_to(owner, endpoint, at(50), 1).await, [key]);
        let report = world.report(key, owner, DeliveryEvent::Retry, at(51));
        assert_eq!(world.record(report).await, Recorded::Applied, "and it is tried again");
        assert_eq!(world.state(key).await, DeliveryState::Retrying);
    }
}

/// A recovery brings back nothing that is superseded or has expired; what it does bring back can be both.
pub async fn a_recovery_leaves_superseded_and_expired_ones(world: &World) {
    let application = world.application().await;
    let (endpoint, missed) = (world.endpoint(&application).await, world.endpoint(&application).await);
    let owner = world.start().await;
    let [failed] = post(world, keyed(world, &application, "k", 1), [&endpoint]).await;
    assert_eq!(world.claim(owner, &endpoint, at(1)).await, [failed]);
    world.record(world.report(failed, owner, DeliveryEvent::Fail, at(2))).await;
    let recover = |key| async move { world.store.resend(vec![resend(key, Despite::NOTHING)]).await.unwrap() };
    assert_eq!(recover(failed).await, [Ok(Resent::Queued)]);
    assert_eq!(world.delivery(failed).await.replace_key, Some("k".parse().unwrap()), "it can still be");
    assert_eq!(world.claim(owner, &endpoint, at(50)).await, [failed]);
    world.record(world.report(failed, owner, DeliveryEvent::Fail, at(51))).await;
    let before = world.delivery(failed).await;
    post(world, keyed(world, &application, "k", 52), []).await;
    let missing = DeliveryKey { endpoint: missed.id, ..failed };
    assert_eq!(
        (recover(failed).await, recover(missing).await),
        (vec![Ok(Resent::Left)], vec![Ok(Resent::Left)])
    );
    assert_eq!(world.delivery(failed).await, before);
    assert_eq!(world.store.delivery(missing).await.unwrap(), None);
    for (expires, there) in [(50, false), (51, true)] {
        let message = Message { expires_at: Some(at(expires)), ..world.new_message(&application, at(1)) };
        let key = DeliveryKey { message: world.post(message, vec![]).await, ..missing };
        assert_eq!(recover(key).await, [Ok(if there { Resent::Queued } else { Resent::Left })]);
        let made = world.store.delivery(key).await.unwrap();
        assert_eq!(made.map(|made| made.expires_at), there.then_some(Some(at(expires))));
    }
}

/// A recovery that comes before a message's time lets it wait for that; a person does not.
pub async fn a_recovery_keeps_to_the_time_of_delivery(world: &World) {
    let application = world.application().await;
    let endpoint = world.endpoint(&application).await;
    for (despite, due) in [(Despite::NOTHING, at(900)), (Despite::ALL, at(50))] {
        let later = Message { deliver_at: Some(at(900)), ..keyed(world, &application, "k", 1) };
        let message = world.post(later, vec![]).await;
        let key = DeliveryKey { application: application.id, message, endpoint: endpoint.id };
        world.store.resend(vec![resend(key, despite)]).await.unwrap();
        assert_eq!(world.delivery(key).await.due, due);
    }
}

/// The message in force for a key is remembered for as long as the limit says, then forgotten.
pub async fn forgets_a_replace_key_in_time(world: &World) {
    let application = world.application().await;
    let endpoint = world.endpoint(&application).await;
    post(world, keyed(world, &application, "k", 0), []).await;
    let forgotten = at(0) + REPLACE_KEY;
    for (now, over) in [(forgotten - Duration::from_secs(1), true), (forgotten, false)] {
        while world.store.retain_payloads(0, now, 9).await.unwrap() {}
        let [late] = post(world, meek(world, &application, "k", 1), [&endpoint]).await;
        assert_eq!(is_over(&world.delivery(late).await), over, "{now:?}");
    }
}

/// An erased payload takes neither a message's place away nor that of the one in force.
pub async fn holds_after_expunging(world: &World) {
    let application = world.application().await;
    let endpoint = world.endpoint(&application).await;
    let owner = world.start().await;
    let old = overtaken(world, owner, &application, &endpoint, "k").await;
    let force = world.post(keyed(world, &application, "k", 3), vec![]).await;
    for id in [old.message, force] {
        let audit = world.audit("message.expunge", id);
        world.store.expunge_message(application.id, id, audit).await.unwrap().unwrap();
    }
    assert!(world.store.is_superseded(old).await.unwrap());
    let [late] = post(world, meek(world, &application, "k", 4), [&endpoint]).await;
    assert!(is_over(&world.delivery(late).await));
}

/// Of more than one slice of deliveries with one key, one goes at once; the rest is superseded all the same.
pub async fn cancels_very_many(world: &World) {
    let many = 2 * fanfare_core::limits::SLICE_ROWS + 1;
    let application = world.application().await;
    let endpoint = world.endpoint(&application).await;
    let messages: Vec<_> = (0..many).map(|_| meek(world, &application, "k", 1)).collect();
    let key = |message: &Message| DeliveryKey {
        application: application.id,
        message: message.id,
        endpoint: endpoint.id,
    };
    let keys: Vec<_> = messages.iter().map(key).collect();
    let batch = world.accepts_of(messages, &[unowned(endpoint.id, at(1))]).await;
    world.store.accept(batch).await.unwrap();
    post(world, keyed(world, &application, "k", 2), []).await;
    let states = world.store.conservation().await.unwrap().states;
    assert_eq!(states.of(DeliveryState::Cancelled), fanfare_core::limits::SLICE_ROWS as u64);
    for key in keys {
        let superseded = world.store.is_superseded(key).await.unwrap();
        assert!(superseded || is_over(&world.delivery(key).await));
    }
}

/// A delivery carries the wire format of its endpoint, and a resend the one that it has then.
pub async fn keeps_the_profile_of_a_delivery(world: &World) {
    use fanfare_core::message::ProfileHash;
    let application = world.application().await;
    let endpoint = world.endpoint(&application).await;
    let owner = world.start().await;
    let own = Some(ProfileHash([9; 32]));
    let new = NewDelivery { profile: own, ..unowned(endpoint.id, at(1)) };
    let message = world.post(world.new_message(&application, at(1)), vec![new]).await;
    let key = DeliveryKey { application: application.id, message, endpoint: endpoint.id };
    assert_eq!(world.delivery(key).await.profile, own);
    let lane = fanfare_core::ports::store::LaneClaim {
        application: application.id,
        endpoint: endpoint.id,
        limit: 9,
        home: false,
    };
    let claimed = world.store.claim(owner, at(1), vec![lane]).await.unwrap();
    assert_eq!(claimed[0].delivery.profile, own);
    world.record(world.report(key, owner, DeliveryEvent::Retry, at(2))).await;
    assert_eq!(world.claim(owner, &endpoint, at(62)).await, [key]);
    assert_eq!(world.delivery(key).await.profile, own, "a retry goes by what it was accepted under");
    world.record(world.report(key, owner, DeliveryEvent::Fail, at(63))).await;
    for (now, despite) in [(Some(ProfileHash([8; 32])), Despite::ALL), (None, Despite::NOTHING)] {
        world.store.resend(vec![Resend { profile: now, ..resend(key, despite) }]).await.unwrap();
        assert_eq!(world.delivery(key).await.profile, now);
        assert_eq!(world.claim(owner, &endpoint, at(90)).await, [key]);
        world.record(world.report(key, owner, DeliveryEvent::Fail, at(91))).await;
    }
}
