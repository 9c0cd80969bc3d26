//! Replace keys: whatever comes first, nothing superseded waits to be sent.

use std::sync::Arc;

use fanfare_core::{
    delivery::{DeliveryEvent, DeliveryKey},
    ports::{Store, store::DeliveryFilter},
};
use fanfare_store::conformance::World;

use super::{LATER, at_once, lane, unowned};
use crate::NOW;

const ROUNDS: usize = 15;

/// One node posts messages that supersede, the other those that do not, while both send and fail.
pub(super) async fn nothing_superseded_waits(world: &World, stores: [Arc<dyn Store>; 2]) {
    let application = world.application().await;
    let endpoint = world.endpoint(&application).await;
    let owner = world.start().await;
    let mut items = [Vec::new(), Vec::new()];
    let mut messages = Vec::new();
    for number in 0..2 * ROUNDS {
        let mut message = world.new_message(&application, NOW);
        message.replace_key = Some("draft".parse().unwrap());
        message.supersedes = number % 2 == 0;
        messages.push(message.id);
        items[number % 2].push(world.accept_of(message, vec![unowned(endpoint.id)]).await);
    }
    let key = DeliveryKey { application: application.id, message: messages[0], endpoint: endpoint.id };
    let report = world.report(key, owner, DeliveryEvent::Retry, NOW);
    let tasks = items.into_iter().zip(stores.clone()).map(|(items, store)| {
        let (lane, report) = (lane(&endpoint, 5), report.clone());
        async move {
            for item in items {
                store.accept(vec![item]).await.unwrap();
                let claimed = store.claim(owner, LATER, vec![lane]).await.unwrap();
                for (place, claimed) in claimed.into_iter().enumerate() {
                    let key = claimed.delivery.key;
                    if place % 2 == 0 {
                        store.release(owner, vec![key], NOW).await.unwrap();
                    } else {
                        let item = fanfare_core::ports::store::Record {
                            key,
                            attempt: None,
                            due: Some(NOW),
                            ..report.clone()
                        };
                        store.record(vec![item]).await.unwrap();
                    }
                }
            }
        }
    });
    at_once(tasks.collect::<Vec<_>>()).await;
    let page = fanfare_core::ports::store::PageQuery { seek: None, descending: false, limit: 100 };
    let all = world.store.deliveries(application.id, DeliveryFilter::default(), page).await.unwrap().items;
    assert_eq!(all.len(), 2 * ROUNDS);
    let mut waiting = Vec::new();
    for delivery in all.iter().filter(|delivery| delivery.state.is_waiting() && delivery.owner.is_none()) {
        assert!(!world.store.is_superseded(delivery.key).await.unwrap(), "{:?} waits", delivery.key);
        waiting.push(delivery.key);
    }
    assert!(waiting.len() <= 1, "{waiting:?} wait, of one key");
}
