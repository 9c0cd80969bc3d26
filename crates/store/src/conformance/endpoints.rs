//! Endpoints.

use std::time::Duration;

use fanfare_core::{
    application::Application,
    auth::{AuthSettings, CredentialsIn},
    delivery::{DeliveryEvent, Method},
    endpoint::{DisableReason, Disabled, Endpoint, EndpointKind, EndpointMode, EventFilter},
    ports::store::{Audit, ChangeError, Named},
    secret::Sealed,
    time::Timestamp,
};

use super::{
    World,
    world::{at, first},
};

fn with_uid(world: &World, application: &Application, uid: &str) -> Endpoint {
    Endpoint { uid: Some(uid.parse().unwrap()), ..world.new_endpoint(application.id) }
}

async fn make(world: &World, endpoint: &Endpoint) -> Result<(), ChangeError> {
    let audit = world.audit("endpoint.create", endpoint.id);
    world.store.create_endpoint(endpoint.clone(), None, audit).await.unwrap()
}

async fn update(world: &World, endpoint: &Endpoint) -> Result<(), ChangeError> {
    let audit = world.audit("endpoint.update", endpoint.id);
    world.store.update_endpoint(endpoint.clone(), None, audit).await.unwrap()
}

async fn delete(world: &World, endpoint: &Endpoint) -> Result<(), ChangeError> {
    let audit = Audit { at: at(7), ..world.audit("endpoint.delete", endpoint.id) };
    world.store.delete_endpoint(endpoint.application, endpoint.id, audit).await.unwrap()
}

/// By id and by uid, in the own application only.
pub async fn makes_and_finds_endpoints(world: &World) {
    let (application, other) = (world.application().await, world.application().await);
    let endpoint = with_uid(world, &application, "one");
    assert_eq!(make(world, &endpoint).await, Ok(()));
    for name in [Named::Id(endpoint.id), Named::Uid("one".parse().unwrap())] {
        let found = world.store.endpoint(application.id, name.clone()).await.unwrap();
        assert_eq!(found.as_ref(), Some(&endpoint));
        assert_eq!(world.store.endpoint(other.id, name).await.unwrap(), None);
    }
}

/// Every field comes back as it went in.
pub async fn keeps_every_field(world: &World) {
    let application = world.application().await;
    let endpoint = Endpoint {
        kind: EndpointKind::Inbox,
        description: "An \"endpoint\"\u{1f980}".to_owned(),
        version: 3,
        event_filter: EventFilter::Types(["a.b".parse().unwrap(), "c".parse().unwrap()].into()),
        channels: Some(["x".parse().unwrap()].into()),
        metadata: [("k".to_owned(), "v".to_owned())].into(),
        rate_limit: Some(10),
        max_concurrency: Some(2),
        ordered: true,
        timeout: Some(Duration::from_millis(1500)),
        retry_schedule: Some(vec![Duration::from_secs(1), Duration::from_secs(2)]),
        disabled: Some(Disabled { at: at(3), reason: DisableReason::ByHand }),
        paused: true,
        mode: EndpointMode::Test,
        method: Some(Method::Patch),
        profile: Some("talview".parse().unwrap()),
        scope: Some("a website \u{1f980}".parse().unwrap()),
        filter: Some("payload.a == 'x'".to_owned()),
        auth: AuthSettings::OAuth2 {
            token_url: "https://login.example/token".parse().unwrap(),
            scope: Some("hooks".to_owned()),
            audience: None,
            credentials_in: CredentialsIn::Body,
        },
        auth_credentials: Some(Sealed(vec![1, 2, 3])),
        verify_tls: false,
        created_at: Timestamp(at(1).0 + 1),
        updated_at: Timestamp(at(1).0 + 2),
        ..with_uid(world, &application, "one")
    };
    assert_eq!(make(world, &endpoint).await, Ok(()));
    let found = world.store.endpoint(application.id, Named::Id(endpoint.id)).await.unwrap();
    assert_eq!(found, Some(endpoint));
}

/// A uid is unique within its application.
pub async fn refuses_a_taken_uid(world: &World) {
    let (application, other) = (world.application().await, world.application().await);
    assert_eq!(make(world, &with_uid(world, &application, "one")).await, Ok(()));
    assert_eq!(make(world, &with_uid(world, &application, "one")).await, Err(ChangeError::Taken));
    assert_eq!(make(world, &with_uid(world, &other, "one")).await, Ok(()));
    let second = with_uid(world, &application, "two");
    assert_eq!(make(world, &second).await, Ok(()));
    let renamed = Endpoint { uid: Some("one".parse().unwrap()), revision: 2, ..second.clone() };
    assert_eq!(update(world, &renamed).await, Err(ChangeError::Taken));
    assert_eq!(update(world, &Endpoint { revision: 2, ..second }).await, Ok(()));
}

/// Of two who change the same revision, the second learns of the first.
pub async fn refuses_a_stale_revision(world: &World) {
    let application = world.application().await;
    let endpoint = world.endpoint(&application).await;
    let next = Endpoint { description: "first".to_owned(), revision: 2, ..endpoint.clone() };
    assert_eq!(update(world, &next).await, Ok(()));
    let late = Endpoint { description: "second".to_owned(), revision: 2, ..endpoint.clone() };
    assert_eq!(update(world, &late).await, Err(ChangeError::Stale));
    assert_eq!(update(world, &Endpoint { revision: 4, ..endpoint.clone() }).await, Err(ChangeError::Stale));
    let missing = Endpoint { id: world.id(), revision: 3, ..endpoint };
    assert_eq!(update(world, &missing).await, Err(ChangeError::NotFound));
}

/// A deleted endpoint is gone from every list, and its credentials are gone for good.
pub async fn deletes_and_wipes(world: &World) {
    let application = world.application().await;
    let endpoint = world.endpoint(&application).await;
    let endpoint = world
        .change(&endpoint, |endpoint| {
            endpoint.auth = AuthSettings::Bearer;
            endpoint.auth_credentials = Some(Sealed(vec![1, 2, 3]));
        })
        .await;
    let owner = world.start().await;
    let key = world.owned_by(owner, &application, &endpoint, at(1)).await;
    let mut report = world.report(key, owner, DeliveryEvent::Fail, at(2));
    report.failing_since = Some(Some(at(2)));
    world.record(report).await;
    assert_eq!(delete(world, &endpoint).await, Ok(()));
    assert_eq!(delete(world, &endpoint).await, Err(ChangeError::NotFound));
    let name = Named::Id(endpoint.id);
    assert_eq!(world.store.endpoint(application.id, name).await.unwrap(), None);
    assert_eq!(world.store.endpoints(application.id, first(9)).await.unwrap().items, []);
    assert_eq!(world.store.health(application.id).await.unwrap(), []);
    assert_eq!(
        update(world, &Endpoint { revision: 3, ..endpoint.clone() }).await,
        Err(ChangeError::NotFound)
    );
    let shown = world.store.destinations(application.id, key.message, first(9)).await.unwrap();
    let shown = &shown.items[0].endpoint;
    assert_eq!((shown.keys.len(), &shown.headers, &shown.userinfo), (0, &None, &None));
    assert_eq!((&shown.auth, &shown.auth_credentials), (&AuthSettings::None, &None));
    assert_eq!((shown.deleted_at, &shown.url), (Some(at(7)), &endpoint.url));
}

/// A deleted endpoint's uid can be given anew.
pub async fn frees_the_uid_of_a_deleted_one(world: &World) {
    let application = world.application().await;
    let endpoint = with_uid(world, &application, "one");
    assert_eq!(make(world, &endpoint).await, Ok(()));
    assert_eq!(delete(world, &endpoint).await, Ok(()));
    assert_eq!(make(world, &with_uid(world, &application, "one")).await, Ok(()));
}

/// The endpoints a message went to are shown, deleted or not, in order.
pub async fn shows_deleted_ones_as_destinations(world: &World) {
    let application = world.application().await;
    let (gone, stays) = (world.endpoint(&application).await, world.endpoint(&application).await);
    let targets = [&gone, &stays].map(|endpoint| super::world::unowned(endpoint.id, at(1)));
    let message = world.post(world.new_message(&application, at(1)), targets.to_vec()).await;
    assert_eq!(delete(world, &gone).await, Ok(()));
    let shown = world.store.destinations(application.id, message, first(9)).await.unwrap();
    let ids: Vec<_> = shown.items.iter().map(|shown| shown.endpoint.id).collect();
    assert_eq!(ids, [gone.id, stays.id]);
}

/// No endpoint without its application, and none in somebody else's environment.
pub async fn needs_its_application(world: &World) {
    let application = world.application().await;
    let other = world.other_environment("other").await;
    let nowhere = world.new_endpoint(world.id());
    assert_eq!(make(world, &nowhere).await, Err(ChangeError::NotFound));
    let endpoint = world.new_endpoint(application.id);
    let audit = Audit { environment: other.id, ..world.audit("endpoint.create", endpoint.id) };
    let answer = world.store.create_endpoint(endpoint, None, audit).await.unwrap();
    assert_eq!(answer, Err(ChangeError::NotFound));
}

/// A limit counts what is of a kind, and only what is there: test endpoints, or live ones of one scope.
pub async fn holds_no_more_of_a_kind_than_may_be(world: &World) {
    let application = world.application().await;
    let of = |mode, scope: Option<&str>| {
        let scope = scope.map(|scope| scope.parse().unwrap());
        Endpoint { mode, scope, ..world.new_endpoint(application.id) }
    };
    let make = async |endpoint: &Endpoint| {
        let audit = world.audit("endpoint.create", endpoint.id);
        world.store.create_endpoint(endpoint.clone(), Some(1), audit).await.unwrap()
    };
    let (live, test) = (of(EndpointMode::Live, None), of(EndpointMode::Test, None));
    let (north, south) = (of(EndpointMode::Live, Some("north")), of(EndpointMode::Live, Some("south")));
    for endpoint in [&live, &test, &north, &south] {
        assert_eq!(make(endpoint).await, Ok(()));
        let second = of(endpoint.mode, endpoint.scope.as_ref().map(|scope| scope.as_str()));
        assert_eq!(make(&second).await, Err(ChangeError::Full));
    }
    assert_eq!(make(&of(EndpointMode::Test, Some("north"))).await, Err(ChangeError::Full));
    let update = async |endpoint: &Endpoint, most| {
        let audit = world.audit("endpoint.update", endpoint.id);
        world.store.update_endpoint(endpoint.clone(), most, audit).await.unwrap()
    };
    let moved = Endpoint { scope: None, revision: 2, ..north.clone() };
    assert_eq!(update(&moved, Some(1)).await, Err(ChangeError::Full));
    let same = Endpoint { paused: true, revision: 2, ..north.clone() };
    assert_eq!(update(&same, Some(1)).await, Ok(()), "an endpoint does not stand in its own way");
    assert_eq!(delete(world, &live).await, Ok(()));
    assert_eq!(update(&Endpoint { revision: 3, ..moved }, Some(1)).await, Ok(()));
}

/// Every change leaves a row; a refused one leaves none.
pub async fn writes_audit_rows(world: &World) {
    let application = world.application().await;
    let endpoint = world.endpoint(&application).await;
    let changed = world.change(&endpoint, |endpoint| endpoint.paused = true).await;
    assert_eq!(update(world, &changed).await, Err(ChangeError::Stale));
    assert_eq!(delete(world, &endpoint).await, Ok(()));
    let rows = world.subject.audit_rows().await;
    let actions: Vec<_> = rows.iter().skip(2).map(|row| row.1.as_str()).collect();
    assert_eq!(actions, ["endpoint.create", "endpoint.update", "endpoint.delete"]);
    assert!(rows.iter().skip(2).all(|row| row.2 == endpoint.id.to_string()));
}
