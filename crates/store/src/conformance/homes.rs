//! Homes: ordered and rate-limited endpoints are sent to by one node at a time.

use super::{World, world::at};

/// While a home lives, nobody else gets anything of its lane.
pub async fn one_home_at_a_time(world: &World) {
    if !world.store.is_shared() {
        return;
    }
    let application = world.application().await;
    let (endpoint, other) = (world.endpoint(&application).await, world.endpoint(&application).await);
    let (home, stranger) = (world.start().await, world.start().await);
    let mut keys = Vec::new();
    for due in 1..4 {
        keys.push(world.wait_for(&application, &endpoint, at(due)).await);
    }
    let elsewhere = world.wait_for(&application, &other, at(1)).await;
    assert_eq!(world.claim_home(home, &endpoint, at(9)).await, [keys[0]]);
    assert_eq!(world.claim_home(stranger, &endpoint, at(9)).await, []);
    assert_eq!(world.claim_home(stranger, &other, at(9)).await, [elsewhere], "another lane is free");
    assert_eq!(world.claim_home(home, &endpoint, at(9)).await, [keys[1]]);
    assert_eq!(world.claim_home(stranger, &endpoint, at(9)).await, []);
}

/// The end of a home frees its lanes; what it owned is rescued as ever.
pub async fn a_dead_home_is_followed(world: &World) {
    let application = world.application().await;
    let endpoint = world.endpoint(&application).await;
    let first = world.start().await;
    let (one, two) = (
        world.wait_for(&application, &endpoint, at(1)).await,
        world.wait_for(&application, &endpoint, at(2)).await,
    );
    assert_eq!(world.claim_home(first, &endpoint, at(9)).await, [one]);
    let next = world.start().await;
    world.store.end_incarnation(first).await.unwrap();
    assert_eq!(world.due_for(next, at(9)).await, [endpoint.id]);
    assert_eq!(world.claim_home(next, &endpoint, at(9)).await, [two]);
    assert_eq!(world.store.rescue(at(9), 9, true).await.unwrap(), 1);
    assert_eq!(world.claim_home(next, &endpoint, at(9)).await, [one]);
}

/// A lane that has nothing to do keeps its home for what comes, rests and wakes like any other.
pub async fn an_idle_lane_keeps_its_home(world: &World) {
    let application = world.application().await;
    let endpoint = world.endpoint(&application).await;
    let (stranger, home) = (world.start().await, world.start().await);
    let first = world.wait_for(&application, &endpoint, at(1)).await;
    assert_eq!(world.claim_home(home, &endpoint, at(1)).await, [first]);
    world.store.rest(application.id, endpoint.id, at(5)).await.unwrap();
    assert_eq!(world.claim_home(home, &endpoint, at(6)).await, []);
    let due = world.store.due_lanes(home, at(99), None, 9).await.unwrap();
    assert_eq!((due.lanes, due.next), (vec![], None), "it never wakes");
    assert_eq!(world.store.backlog(at(99)).await.unwrap().lanes, 0);
    let second = world.wait_for(&application, &endpoint, at(2)).await;
    if world.store.is_shared() {
        assert_eq!(world.claim_home(stranger, &endpoint, at(9)).await, []);
    }
    assert_eq!(world.claim_home(home, &endpoint, at(9)).await, [second]);
}

/// The rate limit was lifted: any node may send again, and the idle lane goes.
pub async fn whoever_needs_no_home_ends_it(world: &World) {
    let application = world.application().await;
    let endpoint = world.endpoint(&application).await;
    let (stranger, home) = (world.start().await, world.start().await);
    let first = world.wait_for(&application, &endpoint, at(1)).await;
    let second = world.wait_for(&application, &endpoint, at(2)).await;
    let third = world.wait_for(&application, &endpoint, at(3)).await;
    assert_eq!(world.claim_home(home, &endpoint, at(9)).await, [first]);
    assert_eq!(world.claim_up_to(stranger, &endpoint, at(9), 1).await, [second]);
    assert_eq!(world.due_for(stranger, at(9)).await, [endpoint.id]);
    assert_eq!(world.claim_home(stranger, &endpoint, at(9)).await, [third], "it had no home then");
}

/// Who cannot claim from a lane is not shown it; its home, and who comes after the home's end, are.
pub async fn shows_due_lanes_to_their_home_only(world: &World) {
    let application = world.application().await;
    let (endpoint, other) = (world.endpoint(&application).await, world.endpoint(&application).await);
    let (stranger, home) = (world.start().await, world.start().await);
    world.wait_for(&application, &endpoint, at(1)).await;
    world.wait_for(&application, &endpoint, at(5)).await;
    world.wait_for(&application, &other, at(7)).await;
    world.claim_home(home, &endpoint, at(1)).await;
    assert_eq!(world.due_for(home, at(6)).await, [endpoint.id]);
    assert_eq!(world.store.due_lanes(home, at(1), None, 9).await.unwrap().next, Some(at(5)));
    assert_eq!(world.due_for(stranger, at(6)).await, []);
    assert_eq!(world.store.due_lanes(stranger, at(1), None, 9).await.unwrap().next, Some(at(7)));
    world.store.end_incarnation(home).await.unwrap();
    assert_eq!(world.due_for(stranger, at(6)).await, [endpoint.id]);
}
