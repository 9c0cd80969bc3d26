//! Ordered endpoints: only the first waiting delivery of each key can be claimed.

use std::time::Duration;

use fanfare_core::{
    application::Application,
    delivery::{DeliveryEvent, DeliveryKey, DeliveryState, Incarnation, Trigger},
    endpoint::Endpoint,
    ports::store::{Despite, NewDelivery, Resend, Targets},
};

use super::{
    World,
    world::{NOBODY, at, unowned},
};

/// Accepts a message at an ordered endpoint.
async fn post(
    world: &World,
    (application, endpoint): (&Application, &Endpoint),
    key: &str,
    owner: Option<Incarnation>,
) -> DeliveryKey {
    let new = NewDelivery { ordering: Some(key.to_owned()), owner, ..unowned(endpoint.id, at(1)) };
    let message = world.post(world.new_message(application, at(1)), vec![new]).await;
    DeliveryKey { application: application.id, message, endpoint: endpoint.id }
}

async fn ordered(world: &World) -> (Application, Endpoint, Incarnation) {
    let application = world.application().await;
    let endpoint = world.endpoint(&application).await;
    let endpoint = world.change(&endpoint, |endpoint| endpoint.ordered = true).await;
    let owner = world.start().await;
    (application, endpoint, owner)
}

/// One of each key, in the order of acceptance.
pub async fn claims_only_the_head_of_each_key(world: &World) {
    let (application, endpoint, owner) = ordered(world).await;
    let to = (&application, &endpoint);
    let first = post(world, to, "a", None).await;
    post(world, to, "a", None).await;
    let other = post(world, to, "b", None).await;
    post(world, to, "b", None).await;
    let nameless = post(world, to, "", None).await;
    assert_eq!(world.claim(owner, &endpoint, at(9)).await, [first, other, nameless]);
    assert_eq!(world.claim(owner, &endpoint, at(9)).await, []);
    assert_eq!(world.due(at(9)).await, []);
}

/// A head that waits for its retry blocks those behind it, and nobody else.
pub async fn a_retrying_head_blocks_its_key_only(world: &World) {
    let (application, endpoint, owner) = ordered(world).await;
    let to = (&application, &endpoint);
    let head = post(world, to, "a", None).await;
    post(world, to, "a", None).await;
    world.claim(owner, &endpoint, at(9)).await;
    world.record(world.report(head, owner, DeliveryEvent::Retry, at(9))).await;
    let other = post(world, to, "b", None).await;
    assert_eq!(world.claim(owner, &endpoint, at(10)).await, [other]);
    assert_eq!(world.store.due_lanes(NOBODY, at(10), None, 9).await.unwrap().next, Some(at(69)));
    assert_eq!(world.claim(owner, &endpoint, at(69)).await, [head]);
}

/// However the head ends, the next one goes and its lane wakes.
pub async fn the_end_of_a_head_frees_the_next(world: &World) {
    let (application, endpoint, owner) = ordered(world).await;
    let to = (&application, &endpoint);
    let events = [DeliveryEvent::Succeed, DeliveryEvent::Fail, DeliveryEvent::Skip, DeliveryEvent::Cancel];
    let mut keys = Vec::new();
    for _ in 0..=events.len() {
        keys.push(post(world, to, "a", None).await);
    }
    for (place, event) in events.into_iter().enumerate() {
        assert_eq!(world.claim(owner, &endpoint, at(9)).await, [keys[place]]);
        assert_eq!(world.due(at(9)).await, []);
        world.record(world.report(keys[place], owner, event, at(9))).await;
        assert_eq!(world.due(at(9)).await, [endpoint.id]);
    }
}

/// A head in somebody's memory blocks what waits in the store.
pub async fn an_owned_head_blocks_too(world: &World) {
    let (application, endpoint, owner) = ordered(world).await;
    let to = (&application, &endpoint);
    post(world, to, "a", Some(owner)).await;
    post(world, to, "a", None).await;
    assert_eq!(world.due(at(9)).await, []);
    assert_eq!(world.claim(owner, &endpoint, at(9)).await, []);
}

/// When those in memory are through, the first one in the store goes.
pub async fn the_end_of_an_owned_head_frees_an_unowned_one(world: &World) {
    let (application, endpoint, owner) = ordered(world).await;
    let to = (&application, &endpoint);
    let first = post(world, to, "a", Some(owner)).await;
    let second = post(world, to, "a", Some(owner)).await;
    let third = post(world, to, "a", None).await;
    world.record(world.report(first, owner, DeliveryEvent::Succeed, at(2))).await;
    assert_eq!(world.due(at(9)).await, []);
    world.record(world.report(second, owner, DeliveryEvent::Succeed, at(3))).await;
    assert_eq!(world.claim(owner, &endpoint, at(9)).await, [third]);
}

/// Those given back keep their order.
pub async fn released_followers_stay_blocked(world: &World) {
    let (application, endpoint, owner) = ordered(world).await;
    let to = (&application, &endpoint);
    let first = post(world, to, "a", Some(owner)).await;
    let second = post(world, to, "a", Some(owner)).await;
    world.store.release(owner, vec![second], at(2)).await.unwrap();
    assert_eq!(world.due(at(9)).await, []);
    world.store.release(owner, vec![first], at(2)).await.unwrap();
    assert_eq!(world.claim(owner, &endpoint, at(9)).await, [first]);
}

/// A head that is called off frees the next one.
pub async fn a_cancelled_head_frees_the_next(world: &World) {
    let (application, endpoint, owner) = ordered(world).await;
    let to = (&application, &endpoint);
    let first = post(world, to, "a", None).await;
    let second = post(world, to, "a", None).await;
    let third = post(world, to, "a", None).await;
    for key in [second, first] {
        let audit = world.audit("delivery.cancel", key.message);
        assert!(world.store.cancel(key, audit).await.unwrap().unwrap());
    }
    assert_eq!(world.claim(owner, &endpoint, at(9)).await, [third]);
}

/// What is sent again was asked for last, so it goes last.
pub async fn a_resent_one_goes_to_the_end(world: &World) {
    let (application, endpoint, owner) = ordered(world).await;
    let to = (&application, &endpoint);
    let first = post(world, to, "a", Some(owner)).await;
    let second = post(world, to, "a", None).await;
    world.record(world.report(first, owner, DeliveryEvent::Fail, at(2))).await;
    let ordering = Some("a".to_owned());
    let again = Resend {
        key: first,
        ordering,
        profile: None,
        trigger: Trigger::Manual,
        despite: Despite::ALL,
        at: at(3),
    };
    world.store.resend(vec![again]).await.unwrap()[0].clone().unwrap();
    assert_eq!(world.claim(owner, &endpoint, at(9)).await, [second]);
    world.record(world.report(second, owner, DeliveryEvent::Succeed, at(9))).await;
    assert_eq!(world.claim(owner, &endpoint, at(9)).await, [first]);
    assert_eq!(world.state(first).await, DeliveryState::Pending);
}

/// A fan-out that reaches an endpoint late still comes before what was accepted after it.
pub async fn a_late_fanout_comes_before_its_followers(world: &World) {
    let (application, endpoint, owner) = ordered(world).await;
    let mut wide = world.accept_of(world.new_message(&application, at(1)), vec![]).await;
    wide.targets = Targets::Fanout;
    let message = wide.message.id;
    world.accept(wide).await;
    let follower = post(world, (&application, &endpoint), "a", None).await;
    let late = NewDelivery { ordering: Some("a".to_owned()), ..unowned(endpoint.id, at(1)) };
    let key = (application.id, message);
    assert!(world.store.expand(key, None, vec![late], endpoint.id, true).await.unwrap());
    let head = DeliveryKey { application: application.id, message, endpoint: endpoint.id };
    let now = at(1) + Duration::from_secs(9);
    assert_eq!(world.claim(owner, &endpoint, now).await, [head]);
    world.record(world.report(head, owner, DeliveryEvent::Succeed, now)).await;
    assert_eq!(world.claim(owner, &endpoint, now).await, [follower]);
}
