//! Sessions, links, the audit log.

use fanfare_core::{
    ports::store::{Audit, PageQuery, Seek},
    session::{Holder, Link, Session},
};

use super::{World, world::at};

fn session(hash: u8, holder: Holder) -> Session {
    Session { hash: [hash; 32], holder, created_at: at(0), expires_at: at(100) }
}

/// A session is there until it expires or is ended.
pub async fn keeps_sessions_until_they_end(world: &World) {
    for holder in [Holder::Operator, Holder::Key([9; 32])] {
        let session = session(1, holder);
        world.store.create_session(session.clone()).await.unwrap();
        assert_eq!(world.store.session([1; 32], at(99)).await.unwrap(), Some(session));
        assert_eq!(world.store.session([1; 32], at(100)).await.unwrap(), None);
        assert_eq!(world.store.session([2; 32], at(1)).await.unwrap(), None);
        world.store.end_session([1; 32]).await.unwrap();
        assert_eq!(world.store.session([1; 32], at(1)).await.unwrap(), None);
        world.store.end_session([1; 32]).await.unwrap();
    }
}

/// A link opens one session, once, in time.
pub async fn follows_a_link_once(world: &World) {
    let holder = Holder::Key([9; 32]);
    let link = |hash| Link { hash: [hash; 32], holder, session_expires_at: at(100), expires_at: at(10) };
    world.store.create_link(link(1)).await.unwrap();
    let opened = Session { created_at: at(9), ..session(7, holder) };
    assert_eq!(world.store.follow_link([2; 32], [7; 32], at(9)).await.unwrap(), None);
    assert_eq!(world.store.follow_link([1; 32], [7; 32], at(9)).await.unwrap(), Some(opened.clone()));
    assert_eq!(world.store.session([7; 32], at(9)).await.unwrap(), Some(opened));
    assert_eq!(world.store.follow_link([1; 32], [8; 32], at(9)).await.unwrap(), None);
    world.store.create_link(link(3)).await.unwrap();
    assert_eq!(world.store.follow_link([3; 32], [8; 32], at(10)).await.unwrap(), None);
    assert_eq!(world.store.session([8; 32], at(9)).await.unwrap(), None);
}

/// What has expired is erased, and nothing else.
pub async fn erases_expired_sessions(world: &World) {
    world.store.create_session(session(1, Holder::Operator)).await.unwrap();
    let later = Session { expires_at: at(300), ..session(2, Holder::Operator) };
    world.store.create_session(later.clone()).await.unwrap();
    while world.store.retain_payloads(0, at(200), 1).await.unwrap() {}
    assert_eq!(world.store.session([1; 32], at(50)).await.unwrap(), None);
    assert_eq!(world.store.session([2; 32], at(250)).await.unwrap(), Some(later));
}

/// The audit log is read by environment or application, newest first as asked.
pub async fn pages_the_audit_log(world: &World) {
    let application = world.new_application().id;
    let of_application = Audit { application: Some(application), ..world.audit("endpoint.pause", "x") };
    world.store.note(of_application).await.unwrap();
    for target in ["a", "b", "c"] {
        world.store.note(world.audit("secret.reveal", target)).await.unwrap();
    }
    let page = |seek| PageQuery { seek, descending: true, limit: 2 };
    let first = world.store.audits(world.environment.id, None, page(None)).await.unwrap();
    let targets: Vec<_> = first.items.iter().map(|entry| entry.target.as_str()).collect();
    assert_eq!((targets, first.done), (vec!["c", "b"], false));
    let seek = Some(Seek::After(first.items[1].id));
    let second = world.store.audits(world.environment.id, None, page(seek)).await.unwrap();
    assert_eq!(second.items[0].target, "a");
    let own = world.store.audits(world.environment.id, Some(application), page(None)).await.unwrap();
    let actions: Vec<_> = own.items.iter().map(|entry| entry.action.as_str()).collect();
    assert_eq!((actions, own.items[0].application), (vec!["endpoint.pause"], Some(application)));
    let other = world.other_environment("other").await;
    let foreign = world.store.audits(other.id, None, page(None)).await.unwrap();
    assert!(foreign.items.iter().all(|entry| entry.target != "c"), "{foreign:?}");
}
