//! Leases of a store that several nodes share: the store's clock says who lives.
//!
//! Where a store is not shared no lease runs out, and each case checks that.

use fanfare_core::{
    delivery::{DeliveryEvent, DeliveryState},
    node::Roles,
    ports::store::{Recorded, Standing},
};

use super::{
    World,
    world::{LEASE, NOBODY, at},
};

/// A node that stops renewing loses what it owns.
pub async fn rescues_what_a_lease_run_out_left(world: &World) {
    let application = world.application().await;
    let endpoint = world.endpoint(&application).await;
    let silent = world.start().await;
    let key = world.owned_by(silent, &application, &endpoint, at(1)).await;
    world.outlive(silent).await;
    let shared = world.store.is_shared();
    assert_eq!(world.store.rescue(at(2), 9, true).await.unwrap(), usize::from(shared));
    assert_eq!(world.delivery(key).await.owner.is_none(), shared);
    assert_eq!(world.delivery(key).await.retries_used, 0);
    assert_eq!(world.due(at(2)).await.len(), usize::from(shared));
}

/// After an outage all leases have run out: who does not judge takes only from those that are dead already.
pub async fn takes_nothing_from_who_is_not_judged(world: &World) {
    let application = world.application().await;
    let endpoint = world.endpoint(&application).await;
    let (silent, dead) = (world.start().await, world.start().await);
    let key = world.owned_by(silent, &application, &endpoint, at(1)).await;
    world.owned_by(dead, &application, &endpoint, at(1)).await;
    world.store.end_incarnation(dead).await.unwrap();
    if !world.store.is_shared() {
        return;
    }
    world.outlive(silent).await;
    assert_eq!(world.store.rescue(at(2), 9, false).await.unwrap(), 1);
    assert_eq!(world.delivery(key).await.owner, Some(silent));
    assert!(world.store.heartbeat(silent, LEASE).await.unwrap().is_alive());
}

/// One whose lease goes on keeps what it owns, however late it is by the clocks of the nodes.
pub async fn leaves_a_lease_that_goes_on(world: &World) {
    let application = world.application().await;
    let endpoint = world.endpoint(&application).await;
    let owner = world.start().await;
    let key = world.owned_by(owner, &application, &endpoint, at(1)).await;
    world.outlive(owner).await;
    assert!(world.store.heartbeat(owner, LEASE).await.unwrap().is_alive());
    assert_eq!(world.store.rescue(at(1_000_000), 9, true).await.unwrap(), 0);
    assert_eq!(world.delivery(key).await.owner, Some(owner));
}

/// There is no way back: another may have its work.
pub async fn what_is_declared_dead_stays_dead(world: &World) {
    let silent = world.start().await;
    world.outlive(silent).await;
    assert_eq!(world.store.rescue(at(2), 9, true).await.unwrap(), 0, "it owned nothing");
    let standing = world.store.heartbeat(silent, LEASE).await.unwrap();
    assert_eq!(standing.is_alive(), !world.store.is_shared());
    assert_eq!(world.store.heartbeat(NOBODY, LEASE).await.unwrap(), Standing::Dead);
}

/// Nobody had declared it dead: it has lost nothing.
pub async fn a_late_renewal_in_time_holds(world: &World) {
    let application = world.application().await;
    let endpoint = world.endpoint(&application).await;
    let owner = world.start().await;
    let key = world.owned_by(owner, &application, &endpoint, at(1)).await;
    world.outlive(owner).await;
    assert!(world.store.heartbeat(owner, LEASE).await.unwrap().is_alive());
    let report = world.report(key, owner, DeliveryEvent::Succeed, at(2));
    assert_eq!(world.record(report).await, Recorded::Applied);
}

/// An accept that was under way when its node was declared dead is rescued all the same.
pub async fn frees_what_is_written_for_the_dead(world: &World) {
    let application = world.application().await;
    let endpoint = world.endpoint(&application).await;
    let dead = world.start().await;
    world.store.end_incarnation(dead).await.unwrap();
    assert_eq!(world.store.rescue(at(2), 9, true).await.unwrap(), 0);
    let key = world.owned_by(dead, &application, &endpoint, at(3)).await;
    assert_eq!(world.store.rescue(at(4), 9, true).await.unwrap(), 1);
    assert_eq!(world.delivery(key).await.owner, None);
}

/// What comes from the dead is kept as an attempt, and the delivery is its new owner's.
pub async fn a_late_report_of_a_rescued_delivery_changes_nothing(world: &World) {
    if !world.store.is_shared() {
        return;
    }
    let application = world.application().await;
    let endpoint = world.endpoint(&application).await;
    let (frozen, other) = (world.start().await, world.start().await);
    let key = world.owned_by(frozen, &application, &endpoint, at(1)).await;
    world.outlive(frozen).await;
    assert_eq!(world.store.rescue(at(2), 9, true).await.unwrap(), 1);
    let late = world.report(key, frozen, DeliveryEvent::Retry, at(3));
    assert_eq!(world.record(late).await, Recorded::Late, "nobody owns it");
    assert_eq!(world.claim(other, &endpoint, at(3)).await, [key]);
    let late = world.report(key, frozen, DeliveryEvent::Succeed, at(4));
    assert_eq!(world.record(late).await, Recorded::Late, "another owns it");
    world.store.release(frozen, vec![key], at(4)).await.unwrap();
    let delivery = world.delivery(key).await;
    assert_eq!((delivery.state, delivery.owner), (DeliveryState::Pending, Some(other)));
    let report = world.report(key, other, DeliveryEvent::Succeed, at(5));
    assert_eq!(world.record(report).await, Recorded::Applied);
    assert_eq!(world.state(key).await, DeliveryState::Succeeded);
}

/// The lowest living number that delivers leads, until it ends.
pub async fn the_first_that_delivers_leads(world: &World) {
    if !world.store.is_shared() {
        let only = world.start().await;
        let standing = world.store.heartbeat(only, LEASE).await.unwrap();
        return assert_eq!(standing, Standing::Alive { leads: true, deliverers: 1 });
    }
    let gate = world.start_as(Roles { api: true, deliver: false }).await;
    let (first, second) = (world.start().await, world.start().await);
    let silent = world.start().await;
    world.outlive(silent).await;
    let standing = async |who| world.store.heartbeat(who, LEASE).await.unwrap();
    assert_eq!(standing(gate).await, Standing::Alive { leads: false, deliverers: 2 });
    assert_eq!(standing(first).await, Standing::Alive { leads: true, deliverers: 2 });
    assert_eq!(standing(second).await, Standing::Alive { leads: false, deliverers: 2 });
    world.store.end_incarnation(first).await.unwrap();
    assert_eq!(standing(second).await, Standing::Alive { leads: true, deliverers: 1 });
}

/// On a shared store a start is no end of others; elsewhere it is.
pub async fn a_start_ends_nobody(world: &World) {
    let old = world.start().await;
    let new = world.start().await;
    assert!(new > old);
    assert!(world.store.heartbeat(new, LEASE).await.unwrap().is_alive());
    let standing = world.store.heartbeat(old, LEASE).await.unwrap();
    assert_eq!(standing.is_alive(), world.store.is_shared());
}
