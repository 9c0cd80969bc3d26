//! Erasing deleted applications.

use fanfare_core::{
    delivery::DeliveryEvent,
    message::Message,
    ports::store::{Recorded, Targets},
};

use super::{
    World,
    world::{at, unowned},
};

/// Everything of a deleted application goes, slice by slice, and the books balance in between.
pub async fn erases_an_application_in_slices(world: &World) {
    let application = world.application().await;
    let endpoint = world.endpoint(&application).await;
    let owner = world.start().await;
    for place in 0..5 {
        let key = world.owned_by(owner, &application, &endpoint, at(1)).await;
        if place > 2 {
            world.record(world.report(key, owner, DeliveryEvent::Retry, at(2))).await;
        }
        let message = world.new_message(&application, at(1));
        let message = Message { event_id: Some(format!("evt-{place}").parse().unwrap()), ..message };
        world.post(message, vec![unowned(endpoint.id, at(1))]).await;
    }
    let mut wide = world.accept_of(world.new_message(&application, at(1)), vec![]).await;
    wide.targets = Targets::Fanout;
    world.accept(wide).await;
    world.store.rest(application.id, endpoint.id, at(50)).await.unwrap();
    let audit = world.audit("application.delete", application.id);
    world.store.delete_application(application.id, audit).await.unwrap().unwrap();
    assert_eq!(world.due(at(99)).await, []);
    let mut slices = 0;
    while world.store.erase_applications(3).await.unwrap() {
        assert!(world.store.conservation().await.unwrap().holds());
        slices += 1;
        assert!(slices < 100, "erasing does not end");
    }
    assert!(slices > 5);
    let books = world.store.conservation().await.unwrap();
    assert_eq!((books.accepted, books.erased), (10, 10));
    assert_eq!(world.store.backlog(at(99)).await.unwrap().lanes, 0);
    assert!(!world.store.erase_applications(3).await.unwrap());
}

/// Nobody else loses anything.
pub async fn leaves_other_applications(world: &World) {
    let (gone, stays) = (world.application().await, world.application().await);
    let endpoint = world.endpoint(&stays).await;
    let owner = world.start().await;
    let key = world.wait_for(&stays, &endpoint, at(1)).await;
    world.post(world.new_message(&gone, at(1)), vec![]).await;
    let audit = world.audit("application.delete", gone.id);
    world.store.delete_application(gone.id, audit).await.unwrap().unwrap();
    while world.store.erase_applications(2).await.unwrap() {}
    assert_eq!(world.store.application_config(stays.id).await.unwrap().unwrap().endpoints.len(), 1);
    assert_eq!(world.claim(owner, &endpoint, at(9)).await, [key]);
}

/// What a node still reports or gives back of a deleted application does no harm.
pub async fn ends_what_is_under_way(world: &World) {
    let application = world.application().await;
    let endpoint = world.endpoint(&application).await;
    let owner = world.start().await;
    let early = world.owned_by(owner, &application, &endpoint, at(1)).await;
    let late = world.owned_by(owner, &application, &endpoint, at(1)).await;
    let audit = world.audit("application.delete", application.id);
    world.store.delete_application(application.id, audit).await.unwrap().unwrap();
    world.record(world.report(early, owner, DeliveryEvent::Retry, at(2))).await;
    assert_eq!(world.due(at(999)).await, []);
    assert_eq!(world.claim(owner, &endpoint, at(999)).await, []);
    while world.store.erase_applications(100).await.unwrap() {}
    let report = world.report(late, owner, DeliveryEvent::Retry, at(3));
    assert_eq!(world.record(report).await, Recorded::Late);
    world.store.release(owner, vec![late], at(4)).await.unwrap();
    assert_eq!(world.store.backlog(at(99)).await.unwrap().lanes, 0);
}
