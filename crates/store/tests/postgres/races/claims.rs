//! Claims: each delivery once, and none forgotten.

use std::{
    collections::BTreeSet,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use fanfare_core::{
    delivery::DeliveryKey,
    ports::{Store, store::LaneClaim},
};
use fanfare_store::conformance::World;

use super::{LATER, at_once, lane, unowned};
use crate::NOW;

const ENDPOINTS: usize = 3;
const MESSAGES: usize = 60;

/// Several on each node claim the same lanes.
pub(super) async fn each_delivery_is_claimed_once(world: &World, stores: [Arc<dyn Store>; 2]) {
    let application = world.application().await;
    let mut lanes = Vec::new();
    for _ in 0..ENDPOINTS {
        lanes.push(lane(&world.endpoint(&application).await, 7));
    }
    let mut batch = Vec::new();
    for _ in 0..MESSAGES {
        let targets = lanes.iter().map(|lane| unowned(lane.endpoint)).collect();
        batch.push(world.accept_of(world.new_message(&application, NOW), targets).await);
    }
    world.store.accept(batch).await.unwrap();
    let owners = [world.start().await, world.start().await];
    let claimers = (0..6).map(|number| {
        let (store, lanes, owner) = (stores[number % 2].clone(), lanes.clone(), owners[number % 2]);
        async move {
            let mut mine = Vec::new();
            while !store.due_lanes(owner, LATER, None, 10).await.unwrap().lanes.is_empty() {
                let claimed = store.claim(owner, LATER, lanes.clone()).await.unwrap();
                assert!(claimed.iter().all(|claimed| claimed.delivery.owner == Some(owner)));
                mine.extend(claimed.into_iter().map(|claimed| claimed.delivery.key));
            }
            mine
        }
    });
    let claimed: Vec<DeliveryKey> = at_once(claimers).await.into_iter().flatten().collect();
    assert_eq!(claimed.len(), ENDPOINTS * MESSAGES);
    assert_eq!(claimed.iter().collect::<BTreeSet<_>>().len(), claimed.len(), "some were claimed twice");
}

/// Deliveries arrive and are given back while others claim: in the end each was claimed, by what the lanes say
/// alone.
pub(super) async fn no_wake_is_lost(world: &World, stores: [Arc<dyn Store>; 2]) {
    let application = world.application().await;
    let endpoint = world.endpoint(&application).await;
    let owner = world.start().await;
    let mut items = Vec::new();
    for _ in 0..MESSAGES {
        let message = world.new_message(&application, NOW);
        items.push(world.accept_of(message, vec![unowned(endpoint.id)]).await);
    }
    let expected: BTreeSet<_> = items.iter().map(|item| item.message.id).collect();
    let posted = Arc::new(AtomicBool::new(false));
    let poster = {
        let (store, posted) = (stores[0].clone(), posted.clone());
        async move {
            for item in items {
                store.accept(vec![item]).await.unwrap();
            }
            posted.store(true, Ordering::SeqCst);
        }
    };
    let claimer = |store: Arc<dyn Store>, gives_back: bool| {
        let (posted, limit) = (posted.clone(), if gives_back { 3 } else { 2 });
        let lane = LaneClaim { limit, ..lane(&endpoint, 0) };
        async move {
            let mut kept = BTreeSet::new();
            loop {
                // In this order: what was posted before is seen by the look after.
                let all = posted.load(Ordering::SeqCst);
                if store.due_lanes(owner, LATER, None, 1).await.unwrap().lanes.is_empty() {
                    if all {
                        return kept;
                    }
                    tokio::task::yield_now().await;
                    continue;
                }
                for claimed in store.claim(owner, LATER, vec![lane]).await.unwrap() {
                    let key = claimed.delivery.key;
                    if gives_back && kept.len() % 2 == 0 && claimed.delivery.updated_at != NOW {
                        // Every second one goes back once more.
                        store.release(owner, vec![key], NOW).await.unwrap();
                        kept.extend(
                            store
                                .claim(owner, LATER, vec![lane])
                                .await
                                .unwrap()
                                .into_iter()
                                .map(|again| again.delivery.key.message),
                        );
                    } else {
                        kept.insert(key.message);
                    }
                }
            }
        }
    };
    let both = [claimer(stores[0].clone(), false), claimer(stores[1].clone(), true)];
    let (_, claimed) = tokio::join!(at_once([poster]), at_once(both));
    let claimed: BTreeSet<_> = claimed.into_iter().flatten().collect();
    assert_eq!(claimed, expected);
}
