//! Retention, in slices.

use fanfare_core::{
    delivery::{DeliveryEvent, DeliveryKey},
    id::{ApplicationId, EndpointId, MessageId},
    message::{Message, Payload},
    ports::store::{Accepted, AttemptFilter, AttemptsOf, Named},
};

use super::{
    World,
    world::{at, first, unowned},
};

const DAY: i64 = 86_400;

async fn is_there(world: &World, application: ApplicationId, message: MessageId) -> bool {
    world.store.message(application, message, false).await.unwrap().is_some()
}

/// A delivered message.
async fn delivered(world: &World, seconds: i64) -> (ApplicationId, EndpointId, MessageId) {
    let application = world.application().await;
    let endpoint = world.endpoint(&application).await;
    let owner = world.start().await;
    let key = world.owned_by(owner, &application, &endpoint, at(seconds)).await;
    world.record(world.report(key, owner, DeliveryEvent::Succeed, at(seconds + 1))).await;
    (application.id, endpoint.id, key.message)
}

/// Old messages go with deliveries and attempts, younger ones stay.
pub async fn erases_old_messages(world: &World) {
    let (application, endpoint, old) = delivered(world, 0).await;
    let (other, _, young) = delivered(world, 2 * DAY).await;
    while world.store.retain_messages(at(DAY), 100).await.unwrap() {}
    assert!(!is_there(world, application, old).await);
    assert!(is_there(world, other, young).await);
    let key = DeliveryKey { application, message: old, endpoint };
    assert_eq!(world.store.delivery(key).await.unwrap(), None);
    let of = AttemptsOf::Endpoint(endpoint);
    let attempts = world.store.attempts(application, of, AttemptFilter::default(), first(9)).await.unwrap();
    assert_eq!(attempts.items, []);
    let books = world.store.conservation().await.unwrap();
    assert_eq!((books.accepted, books.erased, books.states.total()), (2, 1, 1));
}

/// What still waits for an attempt stays, and goes once it has ended.
pub async fn keeps_what_still_waits(world: &World) {
    let application = world.application().await;
    let endpoint = world.endpoint(&application).await;
    let owner = world.start().await;
    let waiting = world.wait_for(&application, &endpoint, at(1)).await;
    let owned = world.owned_by(owner, &application, &endpoint, at(1)).await;
    let plain = world.post(world.new_message(&application, at(1)), vec![]).await;
    while world.store.retain_messages(at(DAY), 2).await.unwrap() {}
    assert!(is_there(world, application.id, waiting.message).await);
    assert!(is_there(world, application.id, owned.message).await);
    assert!(!is_there(world, application.id, plain).await);
    world.record(world.report(owned, owner, DeliveryEvent::Fail, at(2))).await;
    while world.store.retain_messages(at(DAY), 2).await.unwrap() {}
    assert!(!is_there(world, application.id, owned.message).await);
    assert!(is_there(world, application.id, waiting.message).await);
}

/// The walk comes through all applications, however small its slices.
pub async fn walks_many_applications_in_slices(world: &World) {
    let mut old = Vec::new();
    for place in 0..7 {
        let application = world.application().await;
        for _ in 0..place {
            let message = world.post(world.new_message(&application, at(1)), vec![]).await;
            old.push((application.id, message));
        }
    }
    let mut slices = 0;
    while world.store.retain_messages(at(DAY), 3).await.unwrap() {
        slices += 1;
        assert!(slices < 100, "the walk does not end");
    }
    assert!(slices > 5);
    for (application, message) in old {
        assert!(!is_there(world, application, message).await);
    }
}

/// A message with more deliveries than a slice takes goes in several.
pub async fn erases_a_large_message_in_slices(world: &World) {
    let application = world.application().await;
    let owner = world.start().await;
    let mut targets = Vec::new();
    for _ in 0..9 {
        let endpoint = world.endpoint(&application).await;
        let mut target = unowned(endpoint.id, at(1));
        target.owner = Some(owner);
        targets.push(target);
    }
    let endpoints: Vec<_> = targets.iter().map(|target| target.endpoint).collect();
    let message = world.post(world.new_message(&application, at(1)), targets).await;
    for endpoint in endpoints {
        let key = DeliveryKey { application: application.id, message, endpoint };
        world.record(world.report(key, owner, DeliveryEvent::Succeed, at(2))).await;
    }
    let mut slices = 0;
    while world.store.retain_messages(at(DAY), 4).await.unwrap() {
        slices += 1;
        assert!(slices < 100, "the walk does not end");
    }
    assert!(slices >= 4);
    assert!(!is_there(world, application.id, message).await);
    assert_eq!(world.store.conservation().await.unwrap().erased, 9);
}

/// Payloads go by day; their messages stay.
pub async fn erases_old_payloads(world: &World) {
    let application = world.application().await;
    let day = at(0).day();
    let mut ids = Vec::new();
    for expires in [day, day, day, day + 1] {
        let message = Message { payload_expires_day: expires, ..world.new_message(&application, at(1)) };
        ids.push(world.post(message, vec![]).await);
    }
    assert!(world.store.retain_payloads(day + 1, at(1), 2).await.unwrap());
    assert!(!world.store.retain_payloads(day + 1, at(1), 2).await.unwrap());
    for (place, id) in ids.into_iter().enumerate() {
        let message = world.store.message(application.id, id, true).await.unwrap().unwrap();
        assert_eq!(message.payload == Payload::Expunged, place < 3);
    }
}

/// Keys that hold nobody back any more go; others hold on.
pub async fn erases_expired_keys(world: &World) {
    let application = world.application().await;
    let mut first = world.accept_of(world.new_message(&application, at(1)), vec![]).await;
    first.idempotency = Some(([1; 32], at(100)));
    let earlier = first.message.id;
    world.accept(first).await;
    while world.store.retain_payloads(0, at(99), 9).await.unwrap() {}
    let mut again = world.accept_of(world.new_message(&application, at(2)), vec![]).await;
    again.idempotency = Some(([1; 32], at(100)));
    assert_eq!(world.accept(again.clone()).await, Accepted::Repeated(earlier));
    while world.store.retain_payloads(0, at(100), 9).await.unwrap() {}
    assert_eq!(world.accept(again).await, Accepted::Stored);
}

/// The row of a deleted endpoint goes with the last delivery that shows it.
pub async fn erases_endpoints_nobody_refers_to(world: &World) {
    let (application, endpoint, message) = delivered(world, 0).await;
    let audit = world.audit("endpoint.delete", endpoint);
    world.store.delete_endpoint(application, endpoint, audit).await.unwrap().unwrap();
    let shown = world.store.destinations(application, message, first(9)).await.unwrap();
    assert_eq!(shown.items[0].endpoint.id, endpoint);
    while world.store.retain_messages(at(DAY), 3).await.unwrap() {}
    let again = world.new_endpoint(application);
    let again = fanfare_core::endpoint::Endpoint { id: endpoint, ..again };
    let audit = world.audit("endpoint.create", endpoint);
    assert_eq!(world.store.create_endpoint(again, None, audit).await.unwrap(), Ok(()));
    assert!(world.store.endpoint(application, Named::Id(endpoint)).await.unwrap().is_some());
}

/// Compacting comes to an end.
pub async fn compacts(world: &World) {
    let mut slices = 0;
    while world.store.compact().await.unwrap() {
        slices += 1;
        assert!(slices < 100, "compacting does not end");
    }
}
