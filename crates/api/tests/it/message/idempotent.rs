use std::time::Duration;

use serde_json::json;

use super::MESSAGES;
use crate::TestApp;

#[tokio::test(start_paused = true)]
async fn the_same_key_gives_the_first_answer_again() {
    let app = TestApp::start().await;
    app.application("acme").await;
    app.endpoint("acme", json!({})).await;
    let body = json!({"eventType": "a.b", "payload": {"n": 1}});
    let first = app.post_once(MESSAGES, "key", body.clone()).await;
    let other = json!({"eventType": "c.d", "payload": {"n": 2}});
    let again = app.post_once(MESSAGES, "key", other).await;
    assert_eq!(again.json(202), first.json(202));
    let fresh = app.post_once(MESSAGES, "another", body.clone()).await.json(202);
    assert_ne!(fresh.id(), first.json(202).id());
    app.application("other").await;
    let elsewhere = app.post_once("/api/v1/app/other/msg", "key", body).await.json(202);
    assert_ne!(elsewhere.id(), first.json(202).id());
    app.until("/api/v1/app/acme/delivery", |list| {
        list["data"].as_array().is_some_and(|all| all.iter().all(|one| one["status"] == 0))
    })
    .await;
    assert_eq!(app.network.count(), 2);
}

#[tokio::test(start_paused = true)]
async fn keys_of_sdks_live_ten_minutes_and_others_twelve_hours() {
    let app = TestApp::start().await;
    app.application("acme").await;
    let post = async |key: &str| {
        let body = json!({"eventType": "a.b", "payload": {}});
        app.post_once(MESSAGES, key, body).await.json(202).id()
    };
    let (auto, other) = (post("auto_x").await, post("x").await);
    app.clock.advance(Duration::from_secs(599)).await;
    assert_eq!(post("auto_x").await, auto);
    app.clock.advance(Duration::from_secs(2)).await;
    assert_ne!(post("auto_x").await, auto);
    assert_eq!(post("x").await, other);
    app.clock.advance(Duration::from_secs(12 * 3600)).await;
    assert_ne!(post("x").await, other);
}

#[tokio::test(start_paused = true)]
async fn a_refused_post_is_not_kept() {
    let app = TestApp::start().await;
    app.application("acme").await;
    app.post_once(MESSAGES, "key", json!({"eventType": "a.b"})).await.invalid(&["body", "payload"]);
    app.post_once(MESSAGES, "key", json!({"eventType": "a.b", "payload": {}})).await.json(202);
    let long = "k".repeat(257);
    let body = json!({"eventType": "a.b", "payload": {}});
    app.post_once(MESSAGES, &long, body).await.invalid(&["header", "idempotency-key"]);
}

#[tokio::test(start_paused = true)]
async fn concurrent_duplicates_are_one_message() {
    let app = TestApp::start().await;
    app.application("acme").await;
    let body = json!({"eventType": "a.b", "payload": {}});
    let posts = (0..8).map(|_| app.post_once(MESSAGES, "key", body.clone()));
    let replies = futures::future::join_all(posts).await;
    let ids: std::collections::BTreeSet<_> = replies.iter().map(|reply| reply.json(202).id()).collect();
    assert_eq!(ids.len(), 1);
}
