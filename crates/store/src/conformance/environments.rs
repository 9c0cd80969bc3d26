//! Environments, keys, event types, profiles, remembered answers.

use fanfare_core::{
    environment::{ApiKey, EventType, KeyMode, Role},
    id::EnvironmentId,
    message::ProfileHash,
    portal::Portal,
    ports::store::{Audit, ChangeError, EventTypeQuery, RememberedAnswer},
    secret::Sealed,
};

use super::{
    World,
    world::{at, first},
};

fn key(world: &World, environment: EnvironmentId, number: u8, role: Role) -> ApiKey {
    ApiKey {
        id: world.id(),
        environment,
        hash: [number; 32],
        role,
        mode: KeyMode::Live,
        application: None,
        feature_flags: vec!["beta".parse().unwrap()],
        read_only: true,
        created_at: at(i64::from(number)),
        expires_at: Some(at(900)),
        revoked_at: None,
    }
}

async fn add(world: &World, key: &ApiKey) {
    let audit = Audit { environment: key.environment, ..world.audit("key.create", key.id) };
    world.store.create_key(key.clone(), audit).await.unwrap();
}

/// Names are unique; the list is by name.
pub async fn makes_environments(world: &World) {
    let other = world.other_environment("another").await;
    let twin = fanfare_core::environment::Environment { id: world.id(), ..other.clone() };
    let audit = world.audit("environment.create", "another");
    assert_eq!(
        world.store.create_environment(twin, Vec::new(), audit).await.unwrap(),
        Err(ChangeError::Taken)
    );
    let all = world.store.environments().await.unwrap();
    assert_eq!(all, [other.clone(), world.environment.clone()]);
    let config = world.store.environment_config(other.id).await.unwrap().unwrap();
    assert_eq!((config.environment, config.event_types), (other, vec![]));
    assert_eq!(world.store.environment_config(world.id()).await.unwrap(), None);
}

/// An environment and the catalogue it begins with are there together, or not at all.
pub async fn makes_environments_with_event_types(world: &World) {
    let other = world.other_environment("another").await;
    let environment =
        fanfare_core::environment::Environment { id: world.id(), name: "third".to_owned(), ..other.clone() };
    let types = vec![world.new_event_type("a.b"), world.new_event_type("c.d")];
    let make = |environment: &fanfare_core::environment::Environment| {
        let audit = world.audit("environment.create", &environment.name);
        world.store.create_environment(environment.clone(), types.clone(), audit)
    };
    assert_eq!(make(&environment).await.unwrap(), Ok(()));
    let config = world.store.environment_config(environment.id).await.unwrap().unwrap();
    assert_eq!(config.event_types, types);
    let twin = fanfare_core::environment::Environment { id: world.id(), ..environment };
    assert_eq!(make(&twin).await.unwrap(), Err(ChangeError::Taken));
    assert_eq!(world.store.environment_config(twin.id).await.unwrap(), None);
}

/// No two types of an environment go by the same name, be it as an alias.
pub async fn keeps_aliases_apart(world: &World) {
    let put = |event_type: EventType| {
        let audit = world.audit("event_type.put", &event_type.name);
        world.store.put_event_type(event_type, true, audit)
    };
    let with = |name: &str, alias: &str| EventType {
        aliases: vec![alias.parse().unwrap()],
        ..world.new_event_type(name)
    };
    assert_eq!(put(with("a.b", "a_b")).await.unwrap(), Ok(false));
    for clash in [with("c.d", "a_b"), with("c.d", "a.b"), with("c.d", "c.d"), with("a_b", "x")] {
        assert_eq!(put(clash).await.unwrap(), Err(ChangeError::Taken));
    }
    assert_eq!(put(with("a.b", "a_b")).await.unwrap(), Ok(true), "its own alias stays");
    assert_eq!(put(with("c.d", "c_d")).await.unwrap(), Ok(false));
    let config = world.store.environment_config(world.environment.id).await.unwrap().unwrap();
    let aliases: Vec<_> = config.aliases().into_iter().map(|(a, b)| format!("{a}={b}")).collect();
    assert_eq!(aliases, ["a_b=a.b", "c_d=c.d"]);
}

/// A key is found by its hash, field by field, valid or not.
pub async fn finds_keys_by_hash(world: &World) {
    let application = world.application().await;
    let admin = key(world, world.environment.id, 1, Role::Admin);
    let mut portal = key(world, world.environment.id, 2, Role::Portal);
    portal.application = Some(application.id);
    let test = ApiKey { mode: KeyMode::Test, ..key(world, world.environment.id, 3, Role::Publisher) };
    for key in [&admin, &portal, &test] {
        add(world, key).await;
        assert_eq!(world.store.key(key.hash).await.unwrap().as_ref(), Some(key));
    }
    assert_eq!(world.store.key([9; 32]).await.unwrap(), None);
}

/// The keys of one environment, oldest first.
pub async fn lists_keys_without_portal_tokens(world: &World) {
    let application = world.application().await;
    let other = world.other_environment("other").await;
    let younger = key(world, world.environment.id, 2, Role::Viewer);
    let older = key(world, world.environment.id, 1, Role::Publisher);
    let foreign = key(world, other.id, 3, Role::Admin);
    let mut portal = key(world, world.environment.id, 4, Role::Portal);
    portal.application = Some(application.id);
    for key in [&younger, &older, &foreign, &portal] {
        add(world, key).await;
    }
    assert_eq!(world.store.keys(world.environment.id).await.unwrap(), [older, younger]);
}

/// Revoking ends validity once and for all, within the own environment.
pub async fn revokes_keys(world: &World) {
    let other = world.other_environment("other").await;
    let mine = key(world, world.environment.id, 1, Role::Admin);
    add(world, &mine).await;
    let foreign = Audit { environment: other.id, ..world.audit("key.revoke", mine.id) };
    assert_eq!(world.store.revoke_key(mine.id, foreign).await.unwrap(), Err(ChangeError::NotFound));
    for when in [7, 8] {
        let audit = Audit { at: at(when), ..world.audit("key.revoke", mine.id) };
        assert_eq!(world.store.revoke_key(mine.id, audit).await.unwrap(), Ok(()));
        let stored = world.store.key(mine.hash).await.unwrap().unwrap();
        assert_eq!(stored.revoked_at, Some(at(7)));
    }
}

/// Portal tokens of one application end together, unless they end before; keys and others stay.
pub async fn ends_portal_tokens_of_one_application(world: &World) {
    let (mine, other) = (world.application().await.id, world.application().await.id);
    let token = |number, application, end| ApiKey {
        application: Some(application),
        expires_at: end,
        ..key(world, world.environment.id, number, Role::Portal)
    };
    let before = [
        token(1, mine, Some(at(900))),
        token(2, mine, None),
        token(3, mine, Some(at(5))),
        token(4, other, Some(at(900))),
        key(world, world.environment.id, 5, Role::Admin),
    ];
    for key in &before {
        add(world, key).await;
    }
    let audit = world.audit("portal_token.expire_all", mine);
    assert_eq!(world.store.expire_portal_tokens(mine, at(10), audit).await.unwrap(), 2);
    let mut ends = Vec::new();
    for key in &before {
        ends.push(world.store.key(key.hash).await.unwrap().unwrap().expires_at);
    }
    assert_eq!(ends, [Some(at(10)), Some(at(10)), Some(at(5)), Some(at(900)), Some(at(900))]);
}

/// How a portal looks is part of its environment, and a new version of it.
pub async fn keeps_how_a_portal_looks(world: &World) {
    let id = world.environment.id;
    let config = async || world.store.environment_config(id).await.unwrap().unwrap();
    let before = config().await;
    assert_eq!(before.environment.portal, Portal::default());
    let portal = Portal {
        name: Some("Acme".to_owned()),
        colour: Some("#aa0000".parse().unwrap()),
        logo: Some("https://cdn.example/logo.png".parse().unwrap()),
        origins: vec!["https://app.example".parse().unwrap()],
    };
    world.store.change_portal(id, portal.clone(), world.audit("portal.update", id)).await.unwrap().unwrap();
    let after = config().await;
    assert_eq!(after.environment.portal, portal);
    assert!(after.version > before.version);
    assert_eq!(world.store.environments().await.unwrap()[0].portal, portal);
    let nobody: EnvironmentId = world.id();
    let changed =
        world.store.change_portal(nobody, portal, world.audit("portal.update", nobody)).await.unwrap();
    assert_eq!(changed, Err(ChangeError::NotFound));
}

/// Put, replaced, refused, erased; each environment has its own.
pub async fn keeps_event_types(world: &World) {
    let stored = world.event_type("invoice.paid").await;
    let put = |event_type: &EventType, replace| {
        let audit = world.audit("event_type.put", &event_type.name);
        world.store.put_event_type(event_type.clone(), replace, audit)
    };
    assert_eq!(put(&stored, false).await.unwrap(), Err(ChangeError::Taken));
    let changed = EventType { description: "Changed".to_owned(), updated_at: at(5), ..stored };
    assert_eq!(put(&changed, true).await.unwrap(), Ok(true));
    let other = world.other_environment("other").await;
    let config = world.store.environment_config(other.id).await.unwrap().unwrap();
    assert_eq!(config.event_types, []);
    let config = world.store.environment_config(world.environment.id).await.unwrap().unwrap();
    assert_eq!(config.event_types, std::slice::from_ref(&changed));
    let foreign = Audit { environment: other.id, ..world.audit("event_type.expunge", &changed.name) };
    let expunged = world.store.expunge_event_type(changed.name.clone(), foreign).await.unwrap();
    assert_eq!(expunged, Err(ChangeError::NotFound));
    let audit = world.audit("event_type.expunge", &changed.name);
    assert_eq!(world.store.expunge_event_type(changed.name.clone(), audit).await.unwrap(), Ok(()));
    assert_eq!(put(&changed, false).await.unwrap(), Ok(false));
}

/// Archived ones and those behind flags are shown to who asks for them.
pub async fn narrows_event_types(world: &World) {
    let types = [("a", false, None), ("b", true, None), ("c", false, Some("beta")), ("d", true, Some("x"))];
    for (name, archived, flag) in types {
        let feature_flag = flag.map(|flag| flag.parse().unwrap());
        let event_type = EventType { archived, feature_flag, ..world.new_event_type(name) };
        let audit = world.audit("event_type.put", name);
        world.store.put_event_type(event_type, false, audit).await.unwrap().unwrap();
    }
    let list = async |archived, flags: Option<Vec<&str>>| -> String {
        let feature_flags = flags.map(|flags| flags.iter().map(|flag| flag.parse().unwrap()).collect());
        let query = EventTypeQuery { archived, feature_flags };
        let page = world.store.event_types(world.environment.id, query, first(9)).await.unwrap();
        page.items.iter().map(|event_type| event_type.name.to_string()).collect()
    };
    assert_eq!(list(false, None).await, "ac");
    assert_eq!(list(true, None).await, "abcd");
    assert_eq!(list(true, Some(vec![])).await, "ab");
    assert_eq!(list(true, Some(vec!["beta"])).await, "abc");
    assert_eq!(list(false, Some(vec!["beta", "x"])).await, "ac");
}

/// An archived type may be made again.
pub async fn puts_archived_event_types_back(world: &World) {
    let archived = EventType { archived: true, ..world.new_event_type("a") };
    let audit = world.audit("event_type.put", "a");
    assert_eq!(world.store.put_event_type(archived, false, audit).await.unwrap(), Ok(false));
    let audit = world.audit("event_type.put", "a");
    let back = world.new_event_type("a");
    assert_eq!(world.store.put_event_type(back, false, audit).await.unwrap(), Ok(true));
}

/// Profiles' texts are kept by hash, once.
pub async fn keeps_profiles(world: &World) {
    let hash = ProfileHash([3; 32]);
    assert_eq!(world.store.profile(hash).await.unwrap(), None);
    world.store.keep_profile(hash, "name = 'x'".to_owned()).await.unwrap();
    world.store.keep_profile(hash, "name = 'x'".to_owned()).await.unwrap();
    assert_eq!(world.store.profile(hash).await.unwrap().as_deref(), Some("name = 'x'"));
}

/// Which profiles are in use: of environments, and of endpoints that have one of their own and are there.
pub async fn knows_profiles_in_use(world: &World) {
    let names = async || {
        let names = world.store.profiles_in_use().await.unwrap();
        names.iter().map(ToString::to_string).collect::<Vec<_>>()
    };
    let before = names().await;
    let application = world.application().await;
    let endpoint = world.endpoint(&application).await;
    assert_eq!(names().await, before);
    let own = world.change(&endpoint, |endpoint| endpoint.profile = Some("zebra".parse().unwrap())).await;
    assert_eq!(names().await, [before.as_slice(), &["zebra".to_owned()]].concat());
    let audit = world.audit("endpoint.delete", own.id);
    world.store.delete_endpoint(application.id, own.id, audit).await.unwrap().unwrap();
    assert_eq!(names().await, before);
}

/// An answer is kept until it expires.
pub async fn remembers_answers(world: &World) {
    let answer = |status| RememberedAnswer { status, body: Sealed(vec![1, 2]) };
    world.store.remember_answer([1; 32], answer(201), at(10)).await.unwrap();
    assert_eq!(world.store.remembered_answer([1; 32], at(9)).await.unwrap(), Some(answer(201)));
    assert_eq!(world.store.remembered_answer([1; 32], at(10)).await.unwrap(), None);
    assert_eq!(world.store.remembered_answer([2; 32], at(9)).await.unwrap(), None);
    world.store.remember_answer([1; 32], answer(200), at(30)).await.unwrap();
    while world.store.retain_payloads(0, at(20), 9).await.unwrap() {}
    assert_eq!(world.store.remembered_answer([1; 32], at(20)).await.unwrap(), Some(answer(200)));
}

/// Changes of the catalogue and of keys give the environment a new version; portal tokens, which come by
/// the minute, do not.
pub async fn versions_grow_with_changes(world: &World) {
    let application = world.application().await;
    let version =
        async || world.store.environment_config(world.environment.id).await.unwrap().unwrap().version;
    let start = version().await;
    let name = world.event_type("a").await.name;
    let put = version().await;
    assert!(put > start);
    world.store.expunge_event_type(name, world.audit("event_type.expunge", "a")).await.unwrap().unwrap();
    let expunged = version().await;
    assert!(expunged > put);
    let admin = key(world, world.environment.id, 1, Role::Admin);
    add(world, &admin).await;
    let made = version().await;
    assert!(made > expunged);
    let mut portal = key(world, world.environment.id, 2, Role::Portal);
    portal.application = Some(application.id);
    add(world, &portal).await;
    assert_eq!(version().await, made);
    world.store.revoke_key(admin.id, world.audit("key.revoke", admin.id)).await.unwrap().unwrap();
    assert!(version().await > made);
}
