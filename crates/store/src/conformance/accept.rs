//! Accepting batches.

use bytes::Bytes;
use fanfare_core::{
    delivery::{DeliveryKey, DeliveryState, Trigger},
    message::{Message, Payload},
    ports::store::{Accepted, NewDelivery},
};

use super::{
    World,
    world::{at, unowned},
};

/// What was accepted can be read again, field by field.
pub async fn stores_a_message_with_its_deliveries(world: &World) {
    let application = world.application().await;
    let endpoint = world.endpoint(&application).await;
    let message = Message {
        event_id: Some("evt-1".parse().unwrap()),
        channels: ["a".parse().unwrap(), "b".parse().unwrap()].into(),
        tags: ["t".parse().unwrap()].into(),
        deliver_at: Some(at(30)),
        expires_at: Some(at(90)),
        ordering_key: Some("a key, with a comma".parse().unwrap()),
        only: Some(endpoint.id),
        ..world.new_message(&application, at(1))
    };
    let new = NewDelivery {
        state: DeliveryState::Scheduled,
        ordering: Some("a key, with a comma".to_owned()),
        ..unowned(endpoint.id, at(30))
    };
    world.post(message.clone(), vec![new]).await;
    let stored = world.store.message(application.id, message.id, true).await.unwrap();
    assert_eq!(stored, Some(message.clone()));
    let key = DeliveryKey { application: application.id, message: message.id, endpoint: endpoint.id };
    let delivery = world.delivery(key).await;
    assert_eq!((delivery.state, delivery.due, delivery.owner), (DeliveryState::Scheduled, at(30), None));
    assert_eq!((delivery.attempts, delivery.retries_used), (0, 0));
    assert_eq!((delivery.trigger, delivery.reason), (Trigger::Scheduled, None));
    assert_eq!(delivery.ordering.as_deref(), Some("a key, with a comma"));
    assert_eq!(delivery.updated_at, at(1));
}

/// Payload bytes come back as they went in: JSON, raw, empty, large, and none.
pub async fn keeps_every_kind_of_payload(world: &World) {
    let application = world.application().await;
    let payloads = [
        Payload::Json(Bytes::from_static(b"{ \"big\": 12345678901234567890.10 }")),
        Payload::Raw(Bytes::from_static(b"\x00\xff not JSON")),
        Payload::Raw(Bytes::new()),
        Payload::Json(Bytes::from(vec![b' '; 300_000])),
        Payload::Expunged,
    ];
    for payload in payloads {
        let message = Message { payload: payload.clone(), ..world.new_message(&application, at(1)) };
        let id = world.post(message, vec![]).await;
        let stored = world.store.message(application.id, id, true).await.unwrap().unwrap();
        assert_eq!(stored.payload, payload);
    }
}

/// A second request with the same idempotency key learns of the first message and stores nothing.
pub async fn repeats_an_idempotency_key(world: &World) {
    let application = world.application().await;
    let mut first = world.accept_of(world.new_message(&application, at(1)), vec![]).await;
    first.idempotency = Some(([1; 32], at(100)));
    let mut second = world.accept_of(world.new_message(&application, at(99)), vec![]).await;
    second.idempotency = first.idempotency;
    let (earlier, later) = (first.message.id, second.message.id);
    assert_eq!(world.accept(first).await, Accepted::Stored);
    assert_eq!(world.accept(second).await, Accepted::Repeated(earlier));
    assert_eq!(world.store.message(application.id, later, false).await.unwrap(), None);
}

/// An expired key holds nobody back, and belongs to the newer message then.
pub async fn forgets_an_expired_idempotency_key(world: &World) {
    let application = world.application().await;
    let mut last = None;
    for (when, until) in [(1, 100), (100, 200)] {
        let mut item = world.accept_of(world.new_message(&application, at(when)), vec![]).await;
        item.idempotency = Some(([1; 32], at(until)));
        last = Some(item.message.id);
        assert_eq!(world.accept(item).await, Accepted::Stored);
    }
    let mut third = world.accept_of(world.new_message(&application, at(150)), vec![]).await;
    third.idempotency = Some(([1; 32], at(300)));
    assert_eq!(world.accept(third).await, Accepted::Repeated(last.unwrap()));
}

/// An event id is unique within its application while it is remembered.
pub async fn refuses_a_taken_event_id(world: &World) {
    let application = world.application().await;
    let event = |message: Message| Message { event_id: Some("evt-1".parse().unwrap()), ..message };
    let earlier = world.post(event(world.new_message(&application, at(1))), vec![]).await;
    let again = world.accept_of(event(world.new_message(&application, at(2))), vec![]).await;
    assert_eq!(world.accept(again).await, Accepted::EventIdTaken(earlier));
}

/// An event id may come again once its time is over.
pub async fn allows_an_expired_event_id_again(world: &World) {
    let application = world.application().await;
    for when in [1, 3601] {
        let event_id = Some("evt-1".parse().unwrap());
        world.post(Message { event_id, ..world.new_message(&application, at(when)) }, vec![]).await;
    }
}

/// Items of one batch see each other's keys.
pub async fn tells_duplicates_within_one_batch_apart(world: &World) {
    let application = world.application().await;
    let mut batch = Vec::new();
    for event_id in ["one", "one", "two"] {
        let event_id = Some(event_id.parse().unwrap());
        let message = Message { event_id, ..world.new_message(&application, at(1)) };
        batch.push(world.accept_of(message, vec![]).await);
    }
    for _ in 0..2 {
        let mut item = world.accept_of(world.new_message(&application, at(1)), vec![]).await;
        item.idempotency = Some(([1; 32], at(100)));
        batch.push(item);
    }
    let ids: Vec<_> = batch.iter().map(|item| item.message.id).collect();
    let answers = world.store.accept(batch).await.unwrap();
    let wanted = [
        Accepted::Stored,
        Accepted::EventIdTaken(ids[0]),
        Accepted::Stored,
        Accepted::Stored,
        Accepted::Repeated(ids[3]),
    ];
    assert_eq!(answers, wanted);
}

/// A message that was matched before an endpoint came is matched again.
pub async fn sees_a_change_of_the_application(world: &World) {
    let application = world.application().await;
    let item = world.accept_of(world.new_message(&application, at(1)), vec![]).await;
    world.endpoint(&application).await;
    assert_eq!(world.accept(item.clone()).await, Accepted::Stale);
    assert_eq!(world.store.message(application.id, item.message.id, false).await.unwrap(), None);
    let again = world.accept_of((*item.message).clone(), vec![]).await;
    assert_eq!(world.accept(again).await, Accepted::Stored);
}

/// A message that was checked before the catalogue changed is checked again.
pub async fn sees_a_change_of_the_environment(world: &World) {
    let application = world.application().await;
    let item = world.accept_of(world.new_message(&application, at(1)), vec![]).await;
    world.event_type("invoice.paid").await;
    assert_eq!(world.accept(item).await, Accepted::Stale);
}

/// A deleted application accepts nothing.
pub async fn refuses_a_deleted_application(world: &World) {
    let application = world.application().await;
    let item = world.accept_of(world.new_message(&application, at(1)), vec![]).await;
    let audit = world.audit("application.delete", application.id);
    world.store.delete_application(application.id, audit).await.unwrap().unwrap();
    assert_eq!(world.accept(item).await, Accepted::ApplicationGone);
}

/// An application is none in another environment.
pub async fn refuses_an_application_of_another_environment(world: &World) {
    let application = world.application().await;
    let other = world.other_environment("other").await;
    let message = Message { environment: other.id, ..world.new_message(&application, at(1)) };
    let item = world.accept_of(message, vec![]).await;
    assert_eq!(world.accept(item).await, Accepted::ApplicationGone);
}

/// The same keys in two applications are two keys.
pub async fn keeps_keys_of_applications_apart(world: &World) {
    for _ in 0..2 {
        let application = world.application().await;
        let event_id = Some("evt-1".parse().unwrap());
        let message = Message { event_id, ..world.new_message(&application, at(1)) };
        let mut item = world.accept_of(message, vec![]).await;
        item.idempotency = Some(([1; 32], at(100)));
        assert_eq!(world.accept(item).await, Accepted::Stored);
    }
}

/// Every item is answered for itself, in order.
pub async fn no_item_fails_its_mates(world: &World) {
    let (good, gone) = (world.application().await, world.application().await);
    let audit = world.audit("application.delete", gone.id);
    let lost = world.accept_of(world.new_message(&gone, at(1)), vec![]).await;
    world.store.delete_application(gone.id, audit).await.unwrap().unwrap();
    let mut stale = world.accept_of(world.new_message(&good, at(1)), vec![]).await;
    stale.application_version -= 1;
    let fine = world.accept_of(world.new_message(&good, at(1)), vec![]).await;
    let answers = world.store.accept(vec![lost, stale, fine.clone()]).await.unwrap();
    assert_eq!(answers, [Accepted::ApplicationGone, Accepted::Stale, Accepted::Stored]);
    assert!(world.store.message(good.id, fine.message.id, false).await.unwrap().is_some());
}

/// A batch that is accepted again after an unclear answer stores nothing twice.
pub async fn takes_the_same_message_once(world: &World) {
    let application = world.application().await;
    let endpoint = world.endpoint(&application).await;
    let message = world.new_message(&application, at(1));
    let item = world.accept_of(message, vec![unowned(endpoint.id, at(1))]).await;
    assert_eq!(world.accept(item.clone()).await, Accepted::Stored);
    assert_eq!(world.accept(item.clone()).await, Accepted::Repeated(item.message.id));
}

/// Owned deliveries are in somebody's memory; unowned ones wake their lane.
pub async fn wakes_lanes_of_unowned_deliveries_only(world: &World) {
    let application = world.application().await;
    let (owned, waiting) = (world.endpoint(&application).await, world.endpoint(&application).await);
    let owner = world.start().await;
    world.owned_by(owner, &application, &owned, at(1)).await;
    world.wait_for(&application, &waiting, at(1)).await;
    assert_eq!(world.due(at(1)).await, [waiting.id]);
}

/// A delivery may be over from the start; then nobody owns it and nothing waits.
pub async fn starts_in_an_ended_state(world: &World) {
    let application = world.application().await;
    let endpoint = world.endpoint(&application).await;
    let skipped = NewDelivery { state: DeliveryState::Skipped, ..unowned(endpoint.id, at(1)) };
    let message = world.post(world.new_message(&application, at(1)), vec![skipped]).await;
    let key = DeliveryKey { application: application.id, message, endpoint: endpoint.id };
    assert_eq!(world.state(key).await, DeliveryState::Skipped);
    assert_eq!(world.due(at(9)).await, []);
}
