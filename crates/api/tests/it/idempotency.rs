//! `idempotency-key` on everything but messages.

use std::time::Duration;

use http::Method;
use serde_json::json;

use crate::TestApp;

#[tokio::test(start_paused = true)]
async fn the_same_key_gives_the_first_answer_again() {
    let app = TestApp::start().await;
    let path = "/api/v1/app";
    let first = app.post_once(path, "key", json!({"name": "A", "uid": "a"})).await.json(201);
    let again = app.post_once(path, "key", json!({"name": "B", "uid": "b"})).await.json(201);
    assert_eq!(again, first);
    app.post_once(path, "other", json!({"name": "A", "uid": "a"})).await.refused(409, "conflict");
    app.post_once(path, "other", json!({"name": "B", "uid": "b"})).await.json(201);
    app.clock.advance(Duration::from_secs(12 * 3600 + 1)).await;
    app.post_once(path, "key", json!({"name": "C", "uid": "c"})).await.json(201);
}

#[tokio::test(start_paused = true)]
async fn answers_without_a_body_are_kept_too() {
    let app = TestApp::start().await;
    app.application("acme").await;
    let id = app.endpoint("acme", json!({})).await;
    let path = format!("/api/v1/app/acme/endpoint/{id}/secret");
    let rotate = format!("{path}/rotate");
    app.post_once(&rotate, "key", json!({})).await.empty(204);
    let secret = app.get(&path).await.json(200);
    app.post_once(&rotate, "key", json!({})).await.empty(204);
    assert_eq!(app.get(&path).await.json(200), secret);
}

#[tokio::test(start_paused = true)]
async fn concurrent_duplicates_wait_for_the_first() {
    let app = TestApp::start().await;
    let posts = (0..8).map(|n| app.post_once("/api/v1/app", "key", json!({"name": format!("{n}")})));
    let replies = futures::future::join_all(posts).await;
    let ids: std::collections::BTreeSet<_> = replies.iter().map(|reply| reply.json(201).id()).collect();
    assert_eq!(ids.len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_key_belongs_to_its_token() {
    let app = TestApp::start().await;
    let first = app.post_once("/api/v1/app", "key", json!({"name": "A"})).await.json(201);
    let foreign = app.foreign_key().await;
    let request = http::Request::builder()
        .method(Method::POST)
        .uri("/api/v1/app")
        .header("authorization", format!("Bearer {foreign}"))
        .header("idempotency-key", "key");
    let reply = app.send(request.body(json!({"name": "B"}).to_string().into()).unwrap()).await;
    assert_ne!(reply.json(201).id(), first.id());
    let nobody = http::Request::builder()
        .method(Method::POST)
        .uri("/api/v1/app")
        .header("authorization", "Bearer nobody")
        .header("idempotency-key", "key");
    let reply = app.send(nobody.body(json!({"name": "B"}).to_string().into()).unwrap()).await;
    reply.refused(401, "authentication_failed");
}
