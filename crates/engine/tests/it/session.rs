//! Sessions end with the key in whose name they are held, and links open one session, once, in time.

use std::time::Duration;

use fanfare_core::{
    environment::Role,
    limits::{OPERATOR_LINK, OPERATOR_SESSION, PORTAL_LINK},
};
use fanfare_engine::session::{Sessions, Visitor};

use crate::harness::TestNode;

#[tokio::test(start_paused = true)]
async fn a_portal_link_opens_one_session_that_ends_with_its_token() {
    let node = TestNode::start().await;
    let sessions = Sessions::new(node.engine.context().clone());
    let hour = Duration::from_secs(3600);
    let made = node.configure().create_portal_token(&node.application, vec![], false, hour).await.unwrap();
    let link = sessions.portal_link(&made.key).await.unwrap();
    let opened = sessions.follow(link.reveal()).await.unwrap().unwrap();
    assert!(sessions.follow(link.reveal()).await.unwrap().is_none());
    let visitor = sessions.visitor(opened.token.reveal()).await.unwrap();
    assert!(matches!(visitor, Some(Visitor::Key(key)) if key.application == Some(node.application.id)));
    assert!(sessions.log_in(made.token.reveal()).await.unwrap().is_none(), "it opens no console");
    let (environment, application) = (node.application.environment, Some(node.application.id));
    node.configure().revoke_key(environment, application, made.key.id).await.unwrap();
    assert!(sessions.visitor(opened.token.reveal()).await.unwrap().is_none());
    node.finish().await;
}

#[tokio::test(start_paused = true)]
async fn a_key_opens_a_session_that_can_be_ended_and_that_expires() {
    let node = TestNode::start().await;
    let sessions = Sessions::new(node.engine.context().clone());
    let made = node.configure().create_key(node.application.environment, Role::Viewer).await.unwrap();
    assert!(sessions.log_in("sk_live_nonsense").await.unwrap().is_none());
    for ended_by_hand in [true, false] {
        let opened = sessions.log_in(made.token.reveal()).await.unwrap().unwrap();
        let token = opened.token.reveal();
        assert!(sessions.visitor(token).await.unwrap().is_some());
        match ended_by_hand {
            true => sessions.end(token).await.unwrap(),
            false => tokio::time::advance(OPERATOR_SESSION).await,
        }
        assert!(sessions.visitor(token).await.unwrap().is_none());
    }
    node.finish().await;
}

#[tokio::test(start_paused = true)]
async fn links_can_be_followed_in_time_only() {
    let node = TestNode::start().await;
    let sessions = Sessions::new(node.engine.context().clone());
    let week = Duration::from_secs(7 * 86_400);
    let made = node.configure().create_portal_token(&node.application, vec![], false, week).await.unwrap();
    let (portal, operator) =
        (sessions.portal_link(&made.key).await.unwrap(), sessions.operator_link().await.unwrap());
    tokio::time::advance(PORTAL_LINK).await;
    assert!(sessions.follow(portal.reveal()).await.unwrap().is_none());
    let late = sessions.operator_link().await.unwrap();
    let opened = sessions.follow(operator.reveal()).await.unwrap().unwrap();
    assert!(matches!(sessions.visitor(opened.token.reveal()).await.unwrap(), Some(Visitor::Operator)));
    tokio::time::advance(OPERATOR_LINK).await;
    assert!(sessions.follow(late.reveal()).await.unwrap().is_none());
    node.finish().await;
}
