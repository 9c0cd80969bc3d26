//! Pages: both orders, both directions from any key, an exact end.

use std::fmt::Debug;

use bytes::Bytes;
use fanfare_core::{
    limits::PAGE_BYTES,
    message::Payload,
    ports::store::{
        AttemptFilter, AttemptsOf, DeliveryFilter, EventTypeQuery, MessageFilter, Page, PageQuery, Seek,
        StoreResult,
    },
};

use super::{
    World,
    world::{at, unowned},
};

/// Walks a list of the given keys, ascending, in every way there is.
async fn walk<K: Clone + PartialEq + Debug, T>(
    keys: &[K],
    key: impl Fn(&T) -> K,
    fetch: impl AsyncFn(PageQuery<K>) -> StoreResult<Page<T>>,
) {
    for descending in [false, true] {
        let mut list = keys.to_vec();
        if descending {
            list.reverse();
        }
        for limit in [1, 2, list.len() - 1, list.len(), list.len() + 1] {
            let ask = async |seek| {
                let page = fetch(PageQuery { seek, descending, limit }).await.unwrap();
                (page.items.iter().map(&key).collect::<Vec<_>>(), page.done)
            };
            let taken = limit.min(list.len());
            assert_eq!(ask(None).await, (list[..taken].to_vec(), limit >= list.len()));
            for (place, from) in list.iter().enumerate() {
                let rest = &list[place + 1..];
                let wanted = (rest[..limit.min(rest.len())].to_vec(), limit >= rest.len());
                assert_eq!(ask(Some(Seek::After(from.clone()))).await, wanted);
                let before = &list[..place];
                let wanted = (before[place.saturating_sub(limit)..].to_vec(), limit >= before.len());
                assert_eq!(ask(Some(Seek::Before(from.clone()))).await, wanted);
            }
        }
    }
}

/// Messages by id.
pub async fn messages_in_both_directions(world: &World) {
    let application = world.application().await;
    let mut ids = Vec::new();
    for seconds in 0..5 {
        ids.push(world.post(world.new_message(&application, at(seconds)), vec![]).await);
    }
    let fetch = async |page| world.store.messages(application.id, MessageFilter::default(), page, true).await;
    walk(&ids, |message| message.id, fetch).await;
}

/// Pages of payloads end when these are large enough, and go on from there.
pub async fn large_payloads_make_pages_short(world: &World) {
    let application = world.application().await;
    let endpoint = world.endpoint(&application).await;
    let large = Bytes::from(vec![b' '; PAGE_BYTES / 2]);
    let mut ids = Vec::new();
    for seconds in 0..5 {
        let mut message = world.new_message(&application, at(seconds));
        message.payload = Payload::Json(large.clone());
        ids.push(world.post(message, vec![unowned(endpoint.id, at(1))]).await);
    }
    let filter = MessageFilter::default();
    let ask = |seek| PageQuery { seek, descending: false, limit: 5 };
    for (seek, wanted, done) in [
        (None, &ids[..2], false),
        (Some(Seek::After(ids[1])), &ids[2..4], false),
        (Some(Seek::After(ids[3])), &ids[4..], true),
        (Some(Seek::Before(ids[4])), &ids[2..4], false),
    ] {
        let page = world.store.messages(application.id, filter.clone(), ask(seek), true).await.unwrap();
        assert_eq!(page.items.iter().map(|message| message.id).collect::<Vec<_>>(), wanted);
        assert_eq!(page.done, done);
        let of = DeliveryFilter::default();
        let page = world.store.delivered_messages(application.id, endpoint.id, of, ask(seek), true).await;
        let page = page.unwrap();
        assert_eq!(page.items.iter().map(|item| item.message.id).collect::<Vec<_>>(), wanted);
        assert_eq!(page.done, done);
    }
    let page = world.store.messages(application.id, filter, ask(None), false).await.unwrap();
    assert_eq!((page.items.len(), page.done), (5, true), "without payloads nothing is large");
}

/// Applications by id.
pub async fn applications_in_both_directions(world: &World) {
    let mut ids = Vec::new();
    for _ in 0..5 {
        ids.push(world.application().await.id);
    }
    let fetch = async |page| world.store.applications(world.environment.id, page).await;
    walk(&ids, |application| application.id, fetch).await;
}

/// Endpoints by id.
pub async fn endpoints_in_both_directions(world: &World) {
    let application = world.application().await;
    let mut ids = Vec::new();
    for _ in 0..5 {
        ids.push(world.endpoint(&application).await.id);
    }
    let fetch = async |page| world.store.endpoints(application.id, page).await;
    walk(&ids, |endpoint| endpoint.id, fetch).await;
}

/// Event types by name.
pub async fn event_types_in_both_directions(world: &World) {
    let mut names = Vec::new();
    for name in ["a", "a-b", "a.b", "b"] {
        names.push(world.event_type(name).await.name);
    }
    let query = EventTypeQuery::default();
    let fetch = async |page| world.store.event_types(world.environment.id, query.clone(), page).await;
    walk(&names, |event_type| event_type.name.clone(), fetch).await;
}

/// Deliveries by message and endpoint; messages by endpoint; endpoints by message.
pub async fn deliveries_in_both_directions(world: &World) {
    let application = world.application().await;
    let mut endpoints = Vec::new();
    for _ in 0..4 {
        endpoints.push(world.endpoint(&application).await.id);
    }
    let (mut keys, mut messages) = (Vec::new(), Vec::new());
    for seconds in 0..3 {
        let targets = endpoints.iter().map(|endpoint| unowned(*endpoint, at(1))).collect();
        let message = world.post(world.new_message(&application, at(seconds)), targets).await;
        keys.extend(endpoints.iter().map(|endpoint| (message, *endpoint)));
        messages.push(message);
    }
    let filter = DeliveryFilter::default();
    let fetch = async |page| world.store.deliveries(application.id, filter.clone(), page).await;
    walk(&keys, |delivery| (delivery.key.message, delivery.key.endpoint), fetch).await;
    let one = DeliveryFilter { endpoint: Some(endpoints[1]), ..filter.clone() };
    let of_one: Vec<_> = messages.iter().map(|message| (*message, endpoints[1])).collect();
    let fetch = async |page| world.store.deliveries(application.id, one.clone(), page).await;
    walk(&of_one, |delivery| (delivery.key.message, delivery.key.endpoint), fetch).await;
    let one = DeliveryFilter { message: Some(messages[1]), ..filter.clone() };
    let of_one: Vec<_> = endpoints.iter().map(|endpoint| (messages[1], *endpoint)).collect();
    let fetch = async |page| world.store.deliveries(application.id, one.clone(), page).await;
    walk(&of_one, |delivery| (delivery.key.message, delivery.key.endpoint), fetch).await;
    let fetch = async |page| {
        world.store.delivered_messages(application.id, endpoints[1], filter.clone(), page, true).await
    };
    walk(&messages, |item| item.message.id, fetch).await;
    let fetch = async |page| world.store.destinations(application.id, messages[0], page).await;
    walk(&endpoints, |item| item.endpoint.id, fetch).await;
}

/// Attempts by id.
pub async fn attempts_in_both_directions(world: &World) {
    let application = world.application().await;
    let endpoint = world.endpoint(&application).await;
    let owner = world.start().await;
    let key = world.owned_by(owner, &application, &endpoint, at(1)).await;
    let mut ids = Vec::new();
    for seconds in 2..7 {
        let report = world.report(key, owner, fanfare_core::delivery::DeliveryEvent::Retry, at(seconds));
        ids.push(report.attempt.as_ref().unwrap().id);
        world.record(report).await;
    }
    for of in [AttemptsOf::Message(key.message), AttemptsOf::Endpoint(endpoint.id)] {
        let filter = AttemptFilter::default();
        let fetch = async |page| world.store.attempts(application.id, of, filter.clone(), page).await;
        walk(&ids, |attempt| attempt.id, fetch).await;
    }
}
