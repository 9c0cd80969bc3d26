//! Ordered endpoints: of each ordering key one delivery at a time, on whichever node.

use std::{
    collections::BTreeSet,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
};

use fanfare_core::{
    delivery::DeliveryEvent,
    ports::{Store, store::NewDelivery},
};
use fanfare_store::conformance::World;

use super::{LATER, at_once, lane, unowned};
use crate::NOW;

const KEYS: usize = 3;
const MESSAGES: usize = 45;

/// Posted, claimed and recorded by both nodes at once, some after a failure.
pub(super) async fn one_of_a_key_at_a_time(world: &World, stores: [Arc<dyn Store>; 2]) {
    let application = world.application().await;
    let endpoint = world.endpoint(&application).await;
    let endpoint = world.change(&endpoint, |endpoint| endpoint.ordered = true).await;
    let owners = [world.start().await, world.start().await];
    let mut items = [Vec::new(), Vec::new()];
    for number in 0..MESSAGES {
        let ordering = Some(format!("key-{}", number % KEYS));
        let targets = vec![NewDelivery { ordering, ..unowned(endpoint.id) }];
        items[number % 2].push(world.accept_of(world.new_message(&application, NOW), targets).await);
    }
    let posters = items.into_iter().zip(stores.clone()).map(|(items, store)| async move {
        for pair in items.chunks(2) {
            store.accept(pair.to_vec()).await.unwrap();
        }
    });
    let (under_way, ended) = (Arc::new(Mutex::new(BTreeSet::new())), Arc::new(AtomicUsize::new(0)));
    let reports = world.report(
        fanfare_core::delivery::DeliveryKey {
            application: application.id,
            message: world.id(),
            endpoint: endpoint.id,
        },
        owners[0],
        DeliveryEvent::Succeed,
        NOW,
    );
    let workers = (0..4).map(|number| {
        let (store, owner) = (stores[number % 2].clone(), owners[number % 2]);
        let (under_way, ended, lane) = (under_way.clone(), ended.clone(), lane(&endpoint, 10));
        let report = reports.clone();
        async move {
            while ended.load(Ordering::SeqCst) < MESSAGES {
                let claimed = store.claim(owner, LATER, vec![lane]).await.unwrap();
                let mut batch = Vec::new();
                for claimed in claimed {
                    let delivery = claimed.delivery;
                    let key = delivery.ordering.clone().unwrap();
                    assert!(under_way.lock().unwrap().insert(key.clone()), "two of {key} were claimed");
                    let fails = delivery.attempts == 0 && delivery.seq % 5 == 0;
                    let (event, due) = if fails {
                        (DeliveryEvent::Retry, Some(NOW))
                    } else {
                        (DeliveryEvent::Succeed, None)
                    };
                    let attempt = report.attempt.clone().map(|attempt| fanfare_core::delivery::Attempt {
                        id: fanfare_core::id::AttemptId(
                            delivery.key.message.0.map(|byte| byte ^ u8::from(fails)),
                        ),
                        delivery: delivery.key,
                        ..attempt
                    });
                    let item = fanfare_core::ports::store::Record {
                        key: delivery.key,
                        owner,
                        event,
                        due,
                        attempt,
                        ..report.clone()
                    };
                    batch.push((key, event, item));
                }
                for (key, event, item) in batch {
                    // Another may claim the next one as soon as this is on disk.
                    under_way.lock().unwrap().remove(&key);
                    let recorded = store.record(vec![item]).await.unwrap();
                    assert_eq!(recorded, [fanfare_core::ports::store::Recorded::Applied]);
                    if event == DeliveryEvent::Succeed {
                        ended.fetch_add(1, Ordering::SeqCst);
                    }
                }
                tokio::task::yield_now().await;
            }
        }
    });
    let work: Vec<futures::future::BoxFuture<'static, ()>> = posters
        .map(|poster| Box::pin(poster) as futures::future::BoxFuture<'static, ()>)
        .chain(workers.map(|worker| Box::pin(worker) as futures::future::BoxFuture<'static, ()>))
        .collect();
    at_once(work).await;
    assert_eq!(ended.load(Ordering::SeqCst), MESSAGES);
    assert_eq!(world.store.backlog(LATER).await.unwrap().lanes, 0);
}
