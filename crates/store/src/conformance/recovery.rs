//! Recovery jobs.

use fanfare_core::{id::ApplicationId, id::EndpointId, ports::store::RecoverJob};

use super::{World, world::at};

fn job(world: &World, application: ApplicationId, endpoint: EndpointId) -> RecoverJob {
    RecoverJob {
        id: world.id(),
        application,
        endpoint,
        since: at(1),
        until: at(99),
        after: None,
        created_at: at(50),
    }
}

/// One after the other, each going on where it stood.
pub async fn works_off_jobs_in_order(world: &World) {
    let application = world.application().await;
    let endpoint = world.endpoint(&application).await;
    let first = job(world, application.id, endpoint.id);
    let second = job(world, application.id, endpoint.id);
    for job in [&first, &second] {
        let audit = world.audit("endpoint.recover", endpoint.id);
        world.store.create_recovery(job.clone(), audit).await.unwrap();
    }
    assert_eq!(world.store.next_recovery().await.unwrap(), Some(first.clone()));
    let place = world.id();
    world.store.advance_recovery(first.id, Some(place)).await.unwrap();
    let moved = RecoverJob { after: Some(place), ..first.clone() };
    assert_eq!(world.store.next_recovery().await.unwrap(), Some(moved));
    world.store.advance_recovery(first.id, None).await.unwrap();
    assert_eq!(world.store.next_recovery().await.unwrap(), Some(second.clone()));
    world.store.advance_recovery(second.id, None).await.unwrap();
    assert_eq!(world.store.next_recovery().await.unwrap(), None);
}

/// A job does not outlive its application.
pub async fn ends_with_its_application(world: &World) {
    let application = world.application().await;
    let endpoint = world.endpoint(&application).await;
    let audit = world.audit("endpoint.recover", endpoint.id);
    world.store.create_recovery(job(world, application.id, endpoint.id), audit).await.unwrap();
    let audit = world.audit("application.delete", application.id);
    world.store.delete_application(application.id, audit).await.unwrap().unwrap();
    while world.store.erase_applications(100).await.unwrap() {}
    assert_eq!(world.store.next_recovery().await.unwrap(), None);
}
