//! Finding and claiming due work.

use bytes::Bytes;
use fanfare_core::{
    delivery::{DeliveryEvent, DeliveryState},
    limits::CLAIM_BYTES,
    message::Payload,
    ports::store::LaneClaim,
};

use super::{
    World,
    world::{NOBODY, at, unowned},
};

/// The earliest due first; of equals, the one accepted first.
pub async fn claims_due_deliveries_in_order(world: &World) {
    let application = world.application().await;
    let endpoint = world.endpoint(&application).await;
    let owner = world.start().await;
    let third = world.wait_for(&application, &endpoint, at(3)).await;
    let first = world.wait_for(&application, &endpoint, at(1)).await;
    let fourth = world.wait_for(&application, &endpoint, at(3)).await;
    let second = world.wait_for(&application, &endpoint, at(2)).await;
    assert_eq!(world.claim(owner, &endpoint, at(9)).await, [first, second, third, fourth]);
}

/// No more than asked for; the rest stays due.
pub async fn claims_up_to_the_limit(world: &World) {
    let application = world.application().await;
    let endpoint = world.endpoint(&application).await;
    let owner = world.start().await;
    for _ in 0..5 {
        world.wait_for(&application, &endpoint, at(1)).await;
    }
    assert_eq!(world.claim_up_to(owner, &endpoint, at(9), 3).await.len(), 3);
    assert_eq!(world.due(at(9)).await, [endpoint.id]);
    assert_eq!(world.claim_up_to(owner, &endpoint, at(9), 3).await.len(), 2);
    assert_eq!(world.due(at(9)).await, []);
}

/// Large payloads do not flood the memory of who claims: what is left stays due.
pub async fn claims_up_to_a_bound_of_payload_bytes(world: &World) {
    let application = world.application().await;
    let (one, other) = (world.endpoint(&application).await, world.endpoint(&application).await);
    let owner = world.start().await;
    let large = Payload::Raw(Bytes::from(vec![b'x'; CLAIM_BYTES / 2]));
    for endpoint in [&one, &one, &one, &other] {
        let mut message = world.new_message(&application, at(1));
        message.payload = large.clone();
        world.post(message, vec![unowned(endpoint.id, at(1))]).await;
    }
    let lanes = [&one, &other].map(|endpoint| LaneClaim {
        application: application.id,
        endpoint: endpoint.id,
        limit: 9,
        home: false,
    });
    let claimed = world.store.claim(owner, at(1), lanes.to_vec()).await.unwrap();
    assert_eq!(claimed.len(), 2, "two of half the bound reach it");
    assert!(claimed.iter().all(|claimed| claimed.delivery.key.endpoint == one.id));
    assert_eq!(world.due(at(1)).await.len(), 2);
    assert_eq!(world.store.claim(owner, at(1), lanes.to_vec()).await.unwrap().len(), 2);
}

/// What was claimed is owned and not there for a second claim.
pub async fn claims_nothing_twice(world: &World) {
    let application = world.application().await;
    let endpoint = world.endpoint(&application).await;
    let owner = world.start().await;
    let key = world.wait_for(&application, &endpoint, at(1)).await;
    assert_eq!(world.claim(owner, &endpoint, at(1)).await, [key]);
    assert_eq!(world.delivery(key).await.owner, Some(owner));
    assert_eq!(world.claim(owner, &endpoint, at(1)).await, []);
}

/// What is due later stays, and the lane says when.
pub async fn leaves_what_is_not_due(world: &World) {
    let application = world.application().await;
    let endpoint = world.endpoint(&application).await;
    let owner = world.start().await;
    let soon = world.wait_for(&application, &endpoint, at(10)).await;
    let later = world.wait_for(&application, &endpoint, at(20)).await;
    assert_eq!(world.claim(owner, &endpoint, at(9)).await, []);
    assert_eq!(world.claim(owner, &endpoint, at(10)).await, [soon]);
    let due = world.store.due_lanes(NOBODY, at(10), None, 9).await.unwrap();
    assert_eq!((due.lanes, due.next), (vec![], Some(at(20))));
    assert_eq!(world.state(later).await, DeliveryState::Pending);
}

/// A claim brings all that sending needs: the delivery as stored and the message with its payload; one
/// whose payload is gone says so.
pub async fn carries_the_message(world: &World) {
    let application = world.application().await;
    let endpoint = world.endpoint(&application).await;
    let owner = world.start().await;
    let message = world.new_message(&application, at(1));
    world.post(message.clone(), vec![unowned(endpoint.id, at(1))]).await;
    let lane = LaneClaim { application: application.id, endpoint: endpoint.id, limit: 9, home: false };
    let claimed = world.store.claim(owner, at(1), vec![lane]).await.unwrap();
    assert_eq!(*claimed[0].message, message);
    assert_eq!(claimed[0].delivery, world.delivery(claimed[0].delivery.key).await);
    world.store.release(owner, vec![claimed[0].delivery.key], at(2)).await.unwrap();
    let audit = world.audit("message.expunge", message.id);
    world.store.expunge_message(application.id, message.id, audit).await.unwrap().unwrap();
    let claimed = world.store.claim(owner, at(2), vec![lane]).await.unwrap();
    assert!(claimed[0].message.payload.bytes().is_none());
}

/// A lane without waiting work is not there.
pub async fn drops_an_idle_lane(world: &World) {
    let application = world.application().await;
    let endpoint = world.endpoint(&application).await;
    let owner = world.start().await;
    world.wait_for(&application, &endpoint, at(1)).await;
    world.claim(owner, &endpoint, at(1)).await;
    assert_eq!(world.store.backlog(at(1)).await.unwrap().lanes, 0);
    assert_eq!(world.store.due_lanes(NOBODY, at(1), None, 9).await.unwrap().next, None);
    assert_eq!(world.claim(owner, &endpoint, at(1)).await, []);
}

/// `next` is when the first lane beyond the answer wakes, whether it is due already or not.
pub async fn tells_when_to_look_again(world: &World) {
    let application = world.application().await;
    for due in [1, 2, 50] {
        let endpoint = world.endpoint(&application).await;
        world.wait_for(&application, &endpoint, at(due)).await;
    }
    assert_eq!(world.store.due_lanes(NOBODY, at(9), None, 9).await.unwrap().next, Some(at(50)));
    assert_eq!(world.store.due_lanes(NOBODY, at(9), None, 1).await.unwrap().next, Some(at(2)));
    assert_eq!(world.store.due_lanes(NOBODY, at(0), None, 9).await.unwrap().next, Some(at(1)));
    assert_eq!(world.store.due_lanes(NOBODY, at(99), None, 9).await.unwrap().next, None);
}

/// Many due lanes come in pages, in the order of their times, each once.
pub async fn walks_due_lanes_in_pages(world: &World) {
    let application = world.application().await;
    let mut wanted = Vec::new();
    for due in [3, 1, 2, 2, 1] {
        let endpoint = world.endpoint(&application).await;
        world.wait_for(&application, &endpoint, at(due)).await;
        wanted.push((at(due), endpoint.id));
    }
    wanted.sort_unstable();
    let (mut seen, mut after) = (Vec::new(), None);
    loop {
        let due = world.store.due_lanes(NOBODY, at(9), after, 2).await.unwrap();
        seen.extend(due.lanes.iter().map(|lane| (lane.wake_at, lane.endpoint)));
        match due.lanes.last() {
            Some(last) => after = Some(*last),
            None => break,
        }
    }
    assert_eq!(seen, wanted);
}

/// The backlog counts lanes with waiting work and knows the oldest that is due.
pub async fn counts_the_backlog(world: &World) {
    let application = world.application().await;
    let owner = world.start().await;
    let (old, held, later) = (
        world.endpoint(&application).await,
        world.endpoint(&application).await,
        world.endpoint(&application).await,
    );
    world.wait_for(&application, &held, at(1)).await;
    world.change(&held, |endpoint| endpoint.paused = true).await;
    world.wait_for(&application, &old, at(5)).await;
    world.wait_for(&application, &later, at(50)).await;
    let backlog = world.store.backlog(at(10)).await.unwrap();
    assert_eq!((backlog.lanes, backlog.oldest_due), (3, Some(at(5))));
    let claimed = world.claim(owner, &old, at(10)).await;
    world.record(world.report(claimed[0], owner, DeliveryEvent::Succeed, at(10))).await;
    let backlog = world.store.backlog(at(10)).await.unwrap();
    assert_eq!((backlog.lanes, backlog.oldest_due), (2, None));
}

/// What that claim took waits again and wakes its lane; what the same node took at other times stays its own.
pub async fn undoes_a_claim_in_doubt(world: &World) {
    let application = world.application().await;
    let (endpoint, other) = (world.endpoint(&application).await, world.endpoint(&application).await);
    let owner = world.start().await;
    let kept = world.wait_for(&application, &endpoint, at(1)).await;
    assert_eq!(world.claim(owner, &endpoint, at(4)).await, [kept]);
    let elsewhere = world.wait_for(&application, &other, at(1)).await;
    assert_eq!(world.claim(owner, &other, at(5)).await, [elsewhere]);
    let doubtful = world.wait_for(&application, &endpoint, at(2)).await;
    assert_eq!(world.claim(owner, &endpoint, at(5)).await, [doubtful]);
    let lanes = vec![LaneClaim { application: application.id, endpoint: endpoint.id, limit: 9, home: false }];
    for _ in 0..2 {
        world.store.unclaim(owner, at(5), lanes.clone(), at(6)).await.unwrap();
    }
    assert_eq!(world.delivery(doubtful).await.owner, None);
    assert_eq!(world.delivery(kept).await.owner, Some(owner));
    assert_eq!(world.delivery(elsewhere).await.owner, Some(owner));
    assert_eq!(world.due(at(6)).await, [endpoint.id]);
    assert_eq!(world.claim(owner, &endpoint, at(7)).await, [doubtful]);
    world.store.unclaim(owner, at(5), lanes, at(8)).await.unwrap();
    assert_eq!(world.delivery(doubtful).await.owner, Some(owner), "claimed since");
}
