//! Lists of deliveries and attempts.

use fanfare_core::{
    application::Application,
    delivery::{DeliveryEvent, DeliveryKey, DeliveryState},
    endpoint::Endpoint,
    message::Message,
    ports::store::{AttemptFilter, AttemptsOf, ChangeError, DeliveryFilter, MessageFilter},
};

use super::{
    World,
    world::{at, first, unowned},
};

/// Two endpoints and two messages: the first succeeded at both, the second failed at the first endpoint.
async fn scene(world: &World) -> (Application, [Endpoint; 2], [DeliveryKey; 4]) {
    let application = world.application().await;
    let endpoints = [world.endpoint(&application).await, world.endpoint(&application).await];
    let owner = world.start().await;
    let mut keys = Vec::new();
    for (seconds, event_type) in [(100, "a"), (200, "b")] {
        let event_type = event_type.parse().unwrap();
        let tags = [format!("at-{seconds}").parse().unwrap()].into();
        let message = Message { event_type, tags, ..world.new_message(&application, at(seconds)) };
        let targets = endpoints.iter().map(|endpoint| {
            let mut target = unowned(endpoint.id, at(seconds));
            target.owner = Some(owner);
            target
        });
        let message = world.post(message, targets.collect()).await;
        for endpoint in &endpoints {
            keys.push(DeliveryKey { application: application.id, message, endpoint: endpoint.id });
        }
    }
    let events =
        [(0, DeliveryEvent::Succeed, 101), (1, DeliveryEvent::Succeed, 101), (2, DeliveryEvent::Fail, 201)];
    for (place, event, seconds) in events {
        world.record(world.report(keys[place], owner, event, at(seconds))).await;
    }
    (application, endpoints, keys.try_into().unwrap())
}

/// By state, endpoint, message and the messages' attributes.
pub async fn lists_deliveries(world: &World) {
    let (application, endpoints, keys) = scene(world).await;
    let list = async |filter: DeliveryFilter| -> Vec<DeliveryKey> {
        let page = world.store.deliveries(application.id, filter, first(9)).await.unwrap();
        assert!(page.done);
        page.items.iter().map(|delivery| delivery.key).collect()
    };
    let any = DeliveryFilter::default;
    assert_eq!(list(any()).await, keys);
    let states = Some(vec![DeliveryState::Failed, DeliveryState::Pending]);
    assert_eq!(list(DeliveryFilter { states, ..any() }).await, keys[2..]);
    let endpoint = Some(endpoints[1].id);
    assert_eq!(list(DeliveryFilter { endpoint, ..any() }).await, [keys[1], keys[3]]);
    let message = Some(keys[0].message);
    assert_eq!(list(DeliveryFilter { message, ..any() }).await, keys[..2]);
    assert_eq!(list(DeliveryFilter { message, endpoint, ..any() }).await, keys[1..2]);
    let tag = Some("at-200".parse().unwrap());
    let of_messages = MessageFilter { tag, ..MessageFilter::default() };
    assert_eq!(list(DeliveryFilter { of_messages, ..any() }).await, keys[2..]);
    let of_messages = MessageFilter { before: Some(at(200)), ..MessageFilter::default() };
    assert_eq!(list(DeliveryFilter { of_messages, ..any() }).await, keys[..2]);
}

/// What went to an endpoint, with and without payloads.
pub async fn lists_messages_of_an_endpoint(world: &World) {
    let (application, endpoints, keys) = scene(world).await;
    for with_payload in [true, false] {
        let filter = DeliveryFilter::default();
        let page = world
            .store
            .delivered_messages(application.id, endpoints[0].id, filter, first(9), with_payload)
            .await
            .unwrap();
        let found: Vec<_> = page.items.iter().map(|item| (item.delivery.key, item.message.id)).collect();
        assert_eq!(found, [(keys[0], keys[0].message), (keys[2], keys[2].message)]);
        let whole = page.items.iter().all(|item| item.message.payload.bytes().is_some() == with_payload);
        assert!(whole);
    }
    let filter = DeliveryFilter { states: Some(vec![DeliveryState::Failed]), ..DeliveryFilter::default() };
    let page = world
        .store
        .delivered_messages(application.id, endpoints[0].id, filter, first(9), false)
        .await
        .unwrap();
    assert_eq!(page.items.len(), 1);
    assert_eq!(page.items[0].delivery.key, keys[2]);
}

/// Where a message went.
pub async fn lists_destinations(world: &World) {
    let (application, endpoints, keys) = scene(world).await;
    let page = world.store.destinations(application.id, keys[2].message, first(9)).await.unwrap();
    let found: Vec<_> = page.items.iter().map(|item| (item.endpoint.clone(), item.delivery.state)).collect();
    let [one, two] = endpoints;
    assert_eq!(found, [(one, DeliveryState::Failed), (two, DeliveryState::Pending)]);
    let none = world.store.destinations(application.id, world.id(), first(9)).await.unwrap();
    assert!(none.items.is_empty() && none.done);
}

/// The attempts of a message, at all its endpoints or at one.
pub async fn lists_attempts_of_a_message(world: &World) {
    let (application, endpoints, keys) = scene(world).await;
    for (endpoint, wanted) in [(None, &keys[..2]), (Some(endpoints[1].id), &keys[1..2])] {
        let filter = AttemptFilter { endpoint, ..AttemptFilter::default() };
        let of = AttemptsOf::Message(keys[0].message);
        let page = world.store.attempts(application.id, of, filter, first(9)).await.unwrap();
        let found: Vec<_> = page.items.iter().map(|attempt| attempt.delivery).collect();
        assert_eq!(found, wanted);
    }
}

/// The attempts to an endpoint.
pub async fn lists_attempts_of_an_endpoint(world: &World) {
    let (application, endpoints, keys) = scene(world).await;
    let of = AttemptsOf::Endpoint(endpoints[0].id);
    let page = world.store.attempts(application.id, of, AttemptFilter::default(), first(9)).await.unwrap();
    let found: Vec<_> = page.items.iter().map(|attempt| attempt.delivery).collect();
    assert_eq!(found, [keys[0], keys[2]]);
    let other = world.application().await;
    let none = world.store.attempts(other.id, of, AttemptFilter::default(), first(9)).await.unwrap();
    assert_eq!(none.items, []);
}

/// By success, status class, the attempts' times and the messages' attributes.
pub async fn filters_attempts(world: &World) {
    let (application, endpoints, keys) = scene(world).await;
    let of = AttemptsOf::Endpoint(endpoints[0].id);
    let list = async |filter: AttemptFilter| -> Vec<DeliveryKey> {
        let page = world.store.attempts(application.id, of, filter, first(9)).await.unwrap();
        page.items.iter().map(|attempt| attempt.delivery).collect()
    };
    let any = AttemptFilter::default;
    assert_eq!(list(AttemptFilter { success: Some(true), ..any() }).await, keys[..1]);
    assert_eq!(list(AttemptFilter { success: Some(false), ..any() }).await, keys[2..3]);
    assert_eq!(list(AttemptFilter { status_class: Some(200), ..any() }).await, keys[..1]);
    assert_eq!(list(AttemptFilter { status_class: Some(500), ..any() }).await, keys[2..3]);
    assert_eq!(list(AttemptFilter { status_class: Some(0), ..any() }).await, []);
    let messages = MessageFilter::default;
    let of_messages = MessageFilter { event_types: Some(vec!["b".parse().unwrap()]), ..messages() };
    assert_eq!(list(AttemptFilter { of_messages, ..any() }).await, keys[2..3]);
    let of_messages = MessageFilter { after: Some(at(201)), ..messages() };
    assert_eq!(list(AttemptFilter { of_messages, ..any() }).await, keys[2..3]);
    let of_messages = MessageFilter { before: Some(at(201)), ..messages() };
    assert_eq!(list(AttemptFilter { of_messages, ..any() }).await, keys[..1]);
}

/// An attempt's answer can be erased; the rest of it stays.
pub async fn expunges_an_attempt(world: &World) {
    let (application, endpoints, keys) = scene(world).await;
    let of = AttemptsOf::Endpoint(endpoints[0].id);
    let page = world.store.attempts(application.id, of, AttemptFilter::default(), first(9)).await.unwrap();
    let attempt = page.items[0].clone();
    let audit = || world.audit("attempt.expunge", attempt.id);
    let expunge = |message, id| world.store.expunge_attempt(application.id, message, id, audit());
    assert_eq!(expunge(keys[0].message, attempt.id).await.unwrap(), Ok(()));
    assert_eq!(expunge(keys[2].message, attempt.id).await.unwrap(), Err(ChangeError::NotFound));
    let stored = world.store.attempt(application.id, keys[0].message, attempt.id).await.unwrap();
    assert_eq!(stored, Some(fanfare_core::delivery::Attempt { response: None, ..attempt.clone() }));
}

/// Counted by state, within a window of the messages' times.
pub async fn counts_deliveries_of_an_endpoint(world: &World) {
    let (application, endpoints, _) = scene(world).await;
    let count = async |endpoint: &Endpoint, from, until| {
        world.store.endpoint_counts(application.id, endpoint.id, at(from), at(until)).await.unwrap()
    };
    let all = count(&endpoints[0], 0, 999).await;
    assert_eq!((all.total(), all.of(DeliveryState::Succeeded), all.of(DeliveryState::Failed)), (2, 1, 1));
    assert_eq!(count(&endpoints[1], 0, 999).await.of(DeliveryState::Pending), 1);
    assert_eq!(count(&endpoints[0], 100, 200).await.total(), 1);
    assert_eq!(count(&endpoints[0], 201, 999).await.total(), 0);
}
