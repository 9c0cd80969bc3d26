//! Applications.

use fanfare_core::{
    application::Application,
    ports::store::{Audit, ChangeError, Named},
    time::Timestamp,
};

use super::{World, world::at};

async fn make(world: &World, application: &Application) -> Result<(), ChangeError> {
    let audit =
        Audit { environment: application.environment, ..world.audit("application.create", application.id) };
    world.store.create_application(application.clone(), audit).await.unwrap()
}

fn with_uid(world: &World, uid: &str) -> Application {
    Application { uid: Some(uid.parse().unwrap()), ..world.new_application() }
}

/// By id and by uid, in the own environment only, with every microsecond.
pub async fn makes_and_finds_applications(world: &World) {
    let application = Application {
        rate_limit: Some(7),
        metadata: [("a".to_owned(), "b".to_owned())].into(),
        created_at: Timestamp(at(1).0 + 123),
        updated_at: Timestamp(at(1).0 + 456),
        ..with_uid(world, "customer-1")
    };
    assert_eq!(make(world, &application).await, Ok(()));
    let other = world.other_environment("other").await;
    let names = [Named::Id(application.id), Named::Uid(application.uid.clone().unwrap())];
    for name in names {
        let found = world.store.application(world.environment.id, name.clone()).await.unwrap();
        assert_eq!(found.as_ref(), Some(&application));
        assert_eq!(world.store.application(other.id, name).await.unwrap(), None);
    }
    let missing = Named::Uid("customer-2".parse().unwrap());
    assert_eq!(world.store.application(world.environment.id, missing).await.unwrap(), None);
}

/// A uid is unique within its environment.
pub async fn refuses_a_taken_uid(world: &World) {
    assert_eq!(make(world, &with_uid(world, "one")).await, Ok(()));
    assert_eq!(make(world, &with_uid(world, "one")).await, Err(ChangeError::Taken));
    let other = world.other_environment("other").await;
    let elsewhere = Application { environment: other.id, ..with_uid(world, "one") };
    assert_eq!(make(world, &elsewhere).await, Ok(()));
    let second = with_uid(world, "two");
    assert_eq!(make(world, &second).await, Ok(()));
    let renamed = Application { uid: Some("one".parse().unwrap()), ..second.clone() };
    let audit = world.audit("application.update", second.id);
    let answer = world.store.update_application(renamed, second.updated_at, audit).await.unwrap();
    assert_eq!(answer, Err(ChangeError::Taken));
    // Keeping one's own is no conflict.
    let audit = world.audit("application.update", second.id);
    let seen = second.updated_at;
    assert_eq!(world.store.update_application(second, seen, audit).await.unwrap(), Ok(()));
}

/// A deleted application's uid can be given anew at once.
pub async fn frees_the_uid_of_a_deleted_one(world: &World) {
    let first = with_uid(world, "one");
    assert_eq!(make(world, &first).await, Ok(()));
    let audit = world.audit("application.delete", first.id);
    world.store.delete_application(first.id, audit).await.unwrap().unwrap();
    let second = with_uid(world, "one");
    assert_eq!(make(world, &second).await, Ok(()));
    while world.store.erase_applications(9).await.unwrap() {}
    let name = Named::Uid("one".parse().unwrap());
    let found = world.store.application(world.environment.id, name).await.unwrap();
    assert_eq!(found.map(|found| found.id), Some(second.id));
}

/// Of two who change the same, the second learns of the first.
pub async fn refuses_a_stale_update(world: &World) {
    let application = world.application().await;
    let change = |name: &str, seconds| Application {
        name: name.to_owned(),
        updated_at: at(seconds),
        ..application.clone()
    };
    let update = |changed: Application, seen| {
        let audit = world.audit("application.update", changed.id);
        world.store.update_application(changed, seen, audit)
    };
    assert_eq!(update(change("first", 5), at(0)).await.unwrap(), Ok(()));
    assert_eq!(update(change("second", 6), at(0)).await.unwrap(), Err(ChangeError::Stale));
    let missing = Application { id: world.id(), ..application.clone() };
    assert_eq!(update(missing, at(0)).await.unwrap(), Err(ChangeError::NotFound));
    let stored = world.store.application(world.environment.id, Named::Id(application.id)).await.unwrap();
    assert_eq!(stored.unwrap().name, "first");
}

/// A deleted application is gone for every method at once, long before its rows are.
pub async fn deletes_at_once(world: &World) {
    let application = world.application().await;
    let endpoint = world.endpoint(&application).await;
    let other = world.other_environment("other").await;
    let foreign = Audit { environment: other.id, ..world.audit("application.delete", application.id) };
    let answer = world.store.delete_application(application.id, foreign).await.unwrap();
    assert_eq!(answer, Err(ChangeError::NotFound));
    let delete = || {
        let audit = world.audit("application.delete", application.id);
        world.store.delete_application(application.id, audit)
    };
    assert_eq!(delete().await.unwrap(), Ok(()));
    assert_eq!(delete().await.unwrap(), Err(ChangeError::NotFound));
    let name = Named::Id(application.id);
    assert_eq!(world.store.application(world.environment.id, name).await.unwrap(), None);
    assert_eq!(world.store.application_config(application.id).await.unwrap(), None);
    assert_eq!(world.store.endpoint(application.id, Named::Id(endpoint.id)).await.unwrap(), None);
    let page = super::world::first(9);
    assert_eq!(world.store.endpoints(application.id, page).await.unwrap().items, []);
    let page = super::world::first(9);
    assert_eq!(world.store.applications(world.environment.id, page).await.unwrap().items, []);
    let audit = world.audit("endpoint.create", "x");
    let answer = world.store.create_endpoint(world.new_endpoint(application.id), None, audit).await.unwrap();
    assert_eq!(answer, Err(ChangeError::NotFound));
}

/// The cache gets the application, its living endpoints by id, and the version of it all.
pub async fn gives_the_configuration(world: &World) {
    let application = world.application().await;
    let mut endpoints = Vec::new();
    for _ in 0..3 {
        endpoints.push(world.endpoint(&application).await);
    }
    let audit = world.audit("endpoint.delete", endpoints[1].id);
    world.store.delete_endpoint(application.id, endpoints[1].id, audit).await.unwrap().unwrap();
    endpoints.remove(1);
    let config = world.store.application_config(application.id).await.unwrap().unwrap();
    assert_eq!((config.application, config.endpoints), (application.clone(), endpoints.clone()));
    let paused = world.change(&endpoints[0], |endpoint| endpoint.paused = true).await;
    let newer = world.store.application_config(application.id).await.unwrap().unwrap();
    assert!(newer.version > config.version);
    assert_eq!(newer.endpoints[0], paused);
}

/// Everything that changed since a version is a range.
pub async fn tells_what_changed(world: &World) {
    let (first, second) = (world.application().await, world.application().await);
    let all = world.store.changes_since(0).await.unwrap();
    assert_eq!(all.applications, [first.id, second.id]);
    assert_eq!(all.environments, [world.environment.id]);
    let none = world.store.changes_since(all.version).await.unwrap();
    assert_eq!((none.applications, none.environments, none.version), (vec![], vec![], all.version));
    world.endpoint(&first).await;
    world.event_type("a").await;
    let some = world.store.changes_since(all.version).await.unwrap();
    assert_eq!((some.applications, some.environments), (vec![first.id], vec![world.environment.id]));
    let audit = world.audit("application.delete", second.id);
    world.store.delete_application(second.id, audit).await.unwrap().unwrap();
    let gone = world.store.changes_since(some.version).await.unwrap();
    assert_eq!(gone.applications, [second.id]);
}

/// Every change leaves a row; a refused one leaves none.
pub async fn writes_audit_rows(world: &World) {
    let application = world.application().await;
    let twin = Application { id: application.id, ..world.new_application() };
    assert_eq!(make(world, &twin).await, Err(ChangeError::Taken));
    let audit = world.audit("application.update", application.id);
    let seen = application.updated_at;
    world.store.update_application(application.clone(), seen, audit).await.unwrap().unwrap();
    let audit = world.audit("application.delete", application.id);
    world.store.delete_application(application.id, audit).await.unwrap().unwrap();
    let rows = world.subject.audit_rows().await;
    let actions: Vec<_> = rows.iter().map(|row| row.1.as_str()).collect();
    let wanted = ["environment.create", "application.create", "application.update", "application.delete"];
    assert_eq!(actions, wanted);
    assert_eq!(rows[3].2, application.id.to_string());
}
