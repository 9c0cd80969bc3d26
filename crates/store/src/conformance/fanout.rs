//! Messages to very many endpoints, expanded in slices.

use fanfare_core::{
    application::Application,
    delivery::{DeliveryKey, DeliveryState},
    endpoint::Endpoint,
    id::MessageId,
    ports::store::Targets,
};

use super::{
    World,
    world::{at, unowned},
};

async fn wide(world: &World, application: &Application, time: i64) -> MessageId {
    let mut item = world.accept_of(world.new_message(application, at(time)), vec![]).await;
    item.targets = Targets::Fanout;
    let id = item.message.id;
    world.accept(item).await;
    id
}

async fn endpoints(world: &World, application: &Application, count: usize) -> Vec<Endpoint> {
    let mut endpoints = Vec::new();
    for _ in 0..count {
        endpoints.push(world.endpoint(application).await);
    }
    endpoints
}

/// Slices write deliveries and move the cursor; the last one removes it.
pub async fn writes_slices(world: &World) {
    let application = world.application().await;
    let endpoints = endpoints(world, &application, 4).await;
    let message = wide(world, &application, 1).await;
    let mut from = None;
    for (place, slice) in endpoints.chunks(2).enumerate() {
        let open = world.store.fanouts(None, 9).await.unwrap();
        assert_eq!((open.len(), open[0].after), (1, from));
        assert_eq!((open[0].application, open[0].message), (application.id, message));
        let after = slice[1].id;
        let slice = slice.iter().map(|endpoint| unowned(endpoint.id, at(1))).collect();
        let key = (application.id, message);
        assert!(world.store.expand(key, from, slice, after, place == 1).await.unwrap());
        from = Some(after);
    }
    assert!(world.store.fanouts(None, 9).await.unwrap().is_empty());
    assert_eq!(world.due(at(1)).await.len(), 4);
    assert_eq!(world.store.conservation().await.unwrap().accepted, 4);
}

/// Two who expand the same slice: one writes, the other learns that it was too late.
pub async fn refuses_a_cursor_that_moved(world: &World) {
    let application = world.application().await;
    let endpoints = endpoints(world, &application, 2).await;
    let message = wide(world, &application, 1).await;
    let key = (application.id, message);
    let slice = |place: usize| vec![unowned(endpoints[place].id, at(1))];
    let after = endpoints[0].id;
    assert!(world.store.expand(key, None, slice(0), after, false).await.unwrap());
    assert!(!world.store.expand(key, None, slice(1), after, false).await.unwrap());
    let missing = DeliveryKey { application: application.id, message, endpoint: endpoints[1].id };
    assert_eq!(world.store.delivery(missing).await.unwrap(), None);
    assert!(world.store.expand(key, Some(after), slice(1), endpoints[1].id, true).await.unwrap());
    assert!(!world.store.expand(key, Some(after), slice(1), endpoints[1].id, true).await.unwrap());
}

/// The one accepted first goes on first.
pub async fn goes_oldest_first(world: &World) {
    let application = world.application().await;
    let first = wide(world, &application, 9).await;
    let second = wide(world, &application, 1).await;
    let open = world.store.fanouts(None, 9).await.unwrap();
    let order: Vec<_> = open.iter().map(|fanout| fanout.message).collect();
    assert_eq!(order, [first, second]);
    assert_eq!(world.store.fanouts(None, 1).await.unwrap(), open[..1]);
    assert_eq!(world.store.fanouts(Some(open[0].seq), 9).await.unwrap(), open[1..]);
}

/// A delivery that is there already stays as it is.
pub async fn leaves_existing_deliveries(world: &World) {
    let application = world.application().await;
    let endpoint = world.endpoint(&application).await;
    let message = wide(world, &application, 1).await;
    let key = (application.id, message);
    let slice = vec![unowned(endpoint.id, at(1))];
    assert!(world.store.expand(key, None, slice, endpoint.id, false).await.unwrap());
    let slice = vec![unowned(endpoint.id, at(500))];
    assert!(world.store.expand(key, Some(endpoint.id), slice, endpoint.id, true).await.unwrap());
    let key = DeliveryKey { application: application.id, message, endpoint: endpoint.id };
    let delivery = world.delivery(key).await;
    assert_eq!((delivery.due, delivery.state), (at(1), DeliveryState::Pending));
}

/// The fan-out of a deleted application does not go on.
pub async fn survives_nothing_of_a_deleted_application(world: &World) {
    let application = world.application().await;
    wide(world, &application, 1).await;
    let audit = world.audit("application.delete", application.id);
    world.store.delete_application(application.id, audit).await.unwrap().unwrap();
    assert!(world.store.fanouts(None, 9).await.unwrap().is_empty());
    while world.store.erase_applications(9).await.unwrap() {}
    assert!(world.store.fanouts(None, 9).await.unwrap().is_empty());
}
