use std::time::Duration;

use fanfare_core::environment::Role;
use fanfare_engine::configure::key::token_hash;
use http::{Method, Request};

use crate::TestApp;

#[tokio::test(start_paused = true)]
async fn every_way_of_being_wrong_is_the_same_401() {
    let app = TestApp::start().await;
    let none = Request::builder().uri("/api/v1/app").body(axum::body::Body::empty()).unwrap();
    let reply = app.send(none).await;
    assert_eq!(reply.headers["www-authenticate"], "Bearer");
    let expected = r#"{"code":"authentication_failed","detail":"Invalid token"}"#;
    assert_eq!((reply.status.as_u16(), reply.text().as_str()), (401, expected));
    for token in ["", "sk_live_nothing", "sk_test_nothing", "é"] {
        let reply = app.call(Method::GET, "/api/v1/app", token, None).await;
        assert_eq!((reply.status.as_u16(), reply.text().as_str()), (401, expected), "{token}");
    }
    let basic = Request::builder().uri("/api/v1/app").header("authorization", "Basic c2s6");
    let reply = app.send(basic.body(axum::body::Body::empty()).unwrap()).await;
    assert_eq!(reply.status, 401);
}

#[tokio::test(start_paused = true)]
async fn what_another_process_revokes_ends_within_a_second() {
    let app = TestApp::start().await;
    let key = app.cli().create_key(app.environment, Role::Viewer).await.unwrap();
    let call = async || app.call(Method::GET, "/api/v1/app", key.token.reveal(), None).await.status.as_u16();
    assert_eq!(call().await, 200);
    app.cli().revoke_key(app.environment, None, key.key.id).await.unwrap();
    app.clock.advance(Duration::from_secs(1)).await;
    assert_eq!(call().await, 401);
}

#[tokio::test(start_paused = true)]
async fn tokens_are_stored_as_hashes() {
    let app = TestApp::start().await;
    let key = app.cli().create_key(app.environment, Role::Admin).await.unwrap();
    assert!(key.token.reveal().starts_with("sk_live_"));
    assert_eq!(key.key.hash, token_hash(key.token.reveal()));
    let kept = app.cli().keys(app.environment).await.unwrap();
    assert!(kept.iter().any(|kept| kept.hash == key.key.hash));
}
