//! Incarnations, and taking over the work of the dead.

use fanfare_core::{
    delivery::{DeliveryEvent, DeliveryState},
    ports::store::Standing,
};

use super::{
    World,
    world::{LEASE, at},
};

/// What a dead incarnation owned waits again, no retry used up, and its lane wakes.
pub async fn frees_what_the_dead_own(world: &World) {
    let application = world.application().await;
    let endpoint = world.endpoint(&application).await;
    let dead = world.start().await;
    let key = world.owned_by(dead, &application, &endpoint, at(1)).await;
    let retrying = world.owned_by(dead, &application, &endpoint, at(1)).await;
    world.record(world.report(retrying, dead, DeliveryEvent::Retry, at(1))).await;
    assert_eq!(world.claim(dead, &endpoint, at(61)).await, [retrying]);
    world.store.end_incarnation(dead).await.unwrap();
    let owner = world.start().await;
    assert_eq!(world.store.rescue(at(70), 100, true).await.unwrap(), 2);
    let delivery = world.delivery(key).await;
    assert_eq!((delivery.state, delivery.owner, delivery.retries_used), (DeliveryState::Pending, None, 0));
    let delivery = world.delivery(retrying).await;
    assert_eq!((delivery.state, delivery.retries_used), (DeliveryState::Retrying, 1));
    assert_eq!(world.due(at(70)).await, [endpoint.id]);
    assert_eq!(world.claim(owner, &endpoint, at(70)).await, [key, retrying]);
    // What the dead one reports after all comes too late.
    let late = world.report(key, dead, DeliveryEvent::Succeed, at(71));
    assert_eq!(world.record(late).await, fanfare_core::ports::store::Recorded::Late);
    assert_eq!(world.delivery(key).await.owner, Some(owner));
}

/// Nobody takes from the living.
pub async fn leaves_what_the_living_own(world: &World) {
    let application = world.application().await;
    let endpoint = world.endpoint(&application).await;
    let owner = world.start().await;
    let key = world.owned_by(owner, &application, &endpoint, at(1)).await;
    assert!(world.store.heartbeat(owner, LEASE).await.unwrap().is_alive());
    assert_eq!(world.store.rescue(at(9), 100, true).await.unwrap(), 0);
    assert_eq!(world.delivery(key).await.owner, Some(owner));
}

/// Fewer than the limit means that none are left.
pub async fn frees_in_slices(world: &World) {
    let application = world.application().await;
    let dead = world.start().await;
    for _ in 0..5 {
        let endpoint = world.endpoint(&application).await;
        world.owned_by(dead, &application, &endpoint, at(1)).await;
    }
    world.store.end_incarnation(dead).await.unwrap();
    let mut freed = Vec::new();
    for _ in 0..3 {
        freed.push(world.store.rescue(at(9), 2, true).await.unwrap());
    }
    assert_eq!(freed, [2, 2, 1]);
    assert_eq!(world.due(at(9)).await.len(), 5);
}

/// Where one server may run at a time, its start is the end of all before it; elsewhere both live.
pub async fn a_new_start_ends_the_old(world: &World) {
    let application = world.application().await;
    let endpoint = world.endpoint(&application).await;
    let old = world.start().await;
    world.owned_by(old, &application, &endpoint, at(1)).await;
    let new = world.start().await;
    assert!(new > old);
    let one_server = !world.store.is_shared();
    assert_eq!(world.store.heartbeat(old, LEASE).await.unwrap().is_alive(), !one_server);
    assert_eq!(world.store.rescue(at(9), 100, true).await.unwrap(), usize::from(one_server));
}

/// A heartbeat tells an incarnation whether it was declared dead.
pub async fn heartbeats_tell_the_dead(world: &World) {
    let owner = world.start().await;
    assert!(world.store.heartbeat(owner, LEASE).await.unwrap().is_alive());
    world.store.end_incarnation(owner).await.unwrap();
    assert_eq!(world.store.heartbeat(owner, LEASE).await.unwrap(), Standing::Dead);
}

/// The first master key that was seen is the one.
pub async fn checks_the_master_key(world: &World) {
    assert!(world.store.check_master_key([1; 32]).await.unwrap());
    assert!(world.store.check_master_key([1; 32]).await.unwrap());
    assert!(!world.store.check_master_key([2; 32]).await.unwrap());
    assert!(world.store.check_master_key([1; 32]).await.unwrap());
}
