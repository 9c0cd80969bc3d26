//! Held and resting lanes.

use fanfare_core::{
    delivery::{DeliveryEvent, DeliveryState, EndReason},
    endpoint::{DisableReason, Disabled, Endpoint},
    ports::store::RestingLane,
};

use super::{
    World,
    world::{NOBODY, at},
};

/// Pausing holds the lane, resuming frees it, and the backlog is still there.
pub async fn holds_the_lane_of_a_paused_endpoint(world: &World) {
    hold_and_free(world, |endpoint, held| endpoint.paused = held).await;
}

/// Disabling holds the lane, enabling frees it.
pub async fn holds_the_lane_of_a_disabled_endpoint(world: &World) {
    let disabled = Disabled { at: at(2), reason: DisableReason::ByHand };
    hold_and_free(world, |endpoint, held| endpoint.disabled = held.then(|| disabled.clone())).await;
}

async fn hold_and_free(world: &World, set: impl Fn(&mut Endpoint, bool)) {
    let application = world.application().await;
    let endpoint = world.endpoint(&application).await;
    let owner = world.start().await;
    let key = world.wait_for(&application, &endpoint, at(1)).await;
    let held = world.change(&endpoint, |endpoint| set(endpoint, true)).await;
    assert_eq!(world.due(at(9)).await, []);
    assert_eq!(world.claim(owner, &endpoint, at(9)).await, []);
    world.change(&held, |endpoint| set(endpoint, false)).await;
    assert_eq!(world.due(at(9)).await, [endpoint.id]);
    assert_eq!(world.claim(owner, &endpoint, at(9)).await, [key]);
}

/// What comes to a paused endpoint waits there, and goes when it is resumed.
pub async fn collects_while_held(world: &World) {
    let application = world.application().await;
    let endpoint = world.endpoint(&application).await;
    let owner = world.start().await;
    let paused = world.change(&endpoint, |endpoint| endpoint.paused = true).await;
    let posted = world.wait_for(&application, &endpoint, at(1)).await;
    let owned = world.owned_by(owner, &application, &endpoint, at(1)).await;
    world.store.release(owner, vec![owned], at(2)).await.unwrap();
    assert_eq!(world.due(at(9)).await, []);
    assert_eq!(world.claim(owner, &endpoint, at(9)).await, []);
    world.change(&paused, |endpoint| endpoint.paused = false).await;
    assert_eq!(world.claim(owner, &endpoint, at(9)).await, [posted, owned]);
}

/// What waits for a deleted endpoint is cancelled, in slices.
pub async fn cancels_what_waits_for_a_deleted_endpoint(world: &World) {
    let application = world.application().await;
    let (endpoint, other) = (world.endpoint(&application).await, world.endpoint(&application).await);
    let owner = world.start().await;
    let mut keys = Vec::new();
    for _ in 0..5 {
        keys.push(world.wait_for(&application, &endpoint, at(1)).await);
    }
    let untouched = world.wait_for(&application, &other, at(1)).await;
    let audit = world.audit("endpoint.delete", endpoint.id);
    world.store.delete_endpoint(application.id, endpoint.id, audit).await.unwrap().unwrap();
    assert_eq!(world.due(at(9)).await, [other.id]);
    assert_eq!(world.claim(owner, &endpoint, at(9)).await, []);
    assert!(world.store.cancel_of_deleted_endpoints(at(9), 2).await.unwrap());
    while world.store.cancel_of_deleted_endpoints(at(9), 2).await.unwrap() {}
    for key in keys {
        let delivery = world.delivery(key).await;
        assert_eq!(delivery.state, DeliveryState::Cancelled);
        assert_eq!((delivery.reason, delivery.updated_at), (Some(EndReason::EndpointDeleted), at(9)));
    }
    assert_eq!(world.state(untouched).await, DeliveryState::Pending);
}

/// What a node gives back after its endpoint was deleted is cancelled too.
pub async fn cancels_what_comes_back_to_a_deleted_endpoint(world: &World) {
    let application = world.application().await;
    let endpoint = world.endpoint(&application).await;
    let owner = world.start().await;
    let released = world.owned_by(owner, &application, &endpoint, at(1)).await;
    let retried = world.owned_by(owner, &application, &endpoint, at(1)).await;
    let audit = world.audit("endpoint.delete", endpoint.id);
    world.store.delete_endpoint(application.id, endpoint.id, audit).await.unwrap().unwrap();
    assert!(!world.store.cancel_of_deleted_endpoints(at(2), 9).await.unwrap());
    assert_eq!(world.state(released).await, DeliveryState::Pending);
    world.store.release(owner, vec![released], at(3)).await.unwrap();
    world.record(world.report(retried, owner, DeliveryEvent::Retry, at(3))).await;
    assert_eq!(world.due(at(999)).await, []);
    assert!(!world.store.cancel_of_deleted_endpoints(at(4), 9).await.unwrap());
    assert_eq!(world.state(released).await, DeliveryState::Cancelled);
    assert_eq!(world.state(retried).await, DeliveryState::Cancelled);
}

/// Nothing is claimed while a lane rests.
pub async fn rests_until_then(world: &World) {
    let application = world.application().await;
    let endpoint = world.endpoint(&application).await;
    let owner = world.start().await;
    let key = world.wait_for(&application, &endpoint, at(1)).await;
    world.store.rest(application.id, endpoint.id, at(50)).await.unwrap();
    assert_eq!(world.due(at(49)).await, []);
    assert_eq!(world.claim(owner, &endpoint, at(49)).await, []);
    assert_eq!(world.store.due_lanes(NOBODY, at(49), None, 9).await.unwrap().next, Some(at(50)));
    assert_eq!(world.claim(owner, &endpoint, at(50)).await, [key]);
}

/// A breaker that closes early ends the rest.
pub async fn shortens_a_rest(world: &World) {
    let application = world.application().await;
    let endpoint = world.endpoint(&application).await;
    let owner = world.start().await;
    let key = world.wait_for(&application, &endpoint, at(1)).await;
    world.store.rest(application.id, endpoint.id, at(50)).await.unwrap();
    world.store.rest(application.id, endpoint.id, at(5)).await.unwrap();
    assert_eq!(world.due(at(5)).await, [endpoint.id]);
    assert_eq!(world.claim(owner, &endpoint, at(5)).await, [key]);
}

/// A rest holds for work that comes later, and ends by itself.
pub async fn remembers_a_rest_without_work(world: &World) {
    let application = world.application().await;
    let endpoint = world.endpoint(&application).await;
    let owner = world.start().await;
    world.store.rest(application.id, endpoint.id, at(50)).await.unwrap();
    assert_eq!(world.store.backlog(at(1)).await.unwrap().lanes, 0);
    let key = world.wait_for(&application, &endpoint, at(1)).await;
    assert_eq!(world.claim(owner, &endpoint, at(49)).await, []);
    assert_eq!(world.claim(owner, &endpoint, at(50)).await, [key]);
    assert_eq!(world.claim(owner, &endpoint, at(51)).await, []);
    assert_eq!(world.store.due_lanes(NOBODY, at(99), None, 9).await.unwrap().lanes, []);
}

/// Rests that go on are told in the order of their ends, in pages; those that are over are not.
pub async fn tells_which_lanes_rest(world: &World) {
    let application = world.application().await;
    let mut wanted = Vec::new();
    for (until, waits) in [(30, true), (10, true), (20, false), (20, true), (5, true)] {
        let endpoint = world.endpoint(&application).await;
        if waits {
            world.wait_for(&application, &endpoint, at(1)).await;
        }
        world.store.rest(application.id, endpoint.id, at(until)).await.unwrap();
        wanted.push(RestingLane { until: at(until), application: application.id, endpoint: endpoint.id });
    }
    wanted.retain(|lane| lane.until > at(5));
    wanted.sort_unstable_by_key(|lane| (lane.until, lane.endpoint));
    let (mut seen, mut after) = (Vec::new(), None);
    loop {
        let page = world.store.resting(at(5), after, 2).await.unwrap();
        match page.last() {
            Some(last) => after = Some(*last),
            None => break,
        }
        seen.extend(page);
    }
    assert_eq!(seen, wanted);
    assert_eq!(world.store.resting(at(30), None, 9).await.unwrap(), []);
}
