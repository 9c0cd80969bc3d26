use serde_json::{Value, json};

use super::ENDPOINTS;
use crate::TestApp;

#[tokio::test(start_paused = true)]
async fn a_put_replaces_and_clears_but_keeps_secret_and_headers() {
    let app = TestApp::start().await;
    app.application("acme").await;
    let settings = json!({"uid": "main", "channels": ["eu"], "rateLimit": 4, "headers": {"X-A": "1"}});
    app.endpoint("acme", settings).await;
    let path = format!("{ENDPOINTS}/main");
    let secret = app.get(&format!("{path}/secret")).await.json(200);
    let put = app.put(&path, json!({"url": "https://b.example", "uid": "main"})).await.json(200);
    assert_eq!(put["url"], "https://b.example/");
    assert_eq!(put["channels"], Value::Null);
    assert_eq!(put["rateLimit"], Value::Null);
    assert_eq!(app.get(&format!("{path}/secret")).await.json(200), secret);
    assert_eq!(app.get(&format!("{path}/headers")).await.json(200)["headers"]["X-A"], "1");
}

#[tokio::test(start_paused = true)]
async fn a_put_makes_what_is_not_there() {
    let app = TestApp::start().await;
    app.application("acme").await;
    let made = app.put(&format!("{ENDPOINTS}/fresh"), json!({"url": "https://a.example"})).await.json(201);
    assert_eq!(made["uid"], "fresh");
    let differs = json!({"url": "https://a.example", "uid": "else"});
    app.put(&format!("{ENDPOINTS}/fresh"), differs).await.invalid(&["body", "uid"]);
}

#[tokio::test(start_paused = true)]
async fn an_answer_can_be_sent_back() {
    let app = TestApp::start().await;
    app.application("acme").await;
    app.event_type("a.b").await;
    let id = app.endpoint("acme", json!({"filterTypes": ["a.b"], "rateLimit": 4})).await;
    let path = format!("{ENDPOINTS}/{id}");
    let before = app.get(&path).await.json(200);
    let mut after = app.put(&path, before.0.clone()).await.json(200);
    after.0["updatedAt"] = before["updatedAt"].clone();
    assert_eq!(after, before);
}

#[tokio::test(start_paused = true)]
async fn a_filter_may_keep_a_type_that_was_archived() {
    let app = TestApp::start().await;
    app.application("acme").await;
    app.event_type("a.b").await;
    let id = app.endpoint("acme", json!({"filterTypes": ["a.b"]})).await;
    app.delete("/api/v1/event-type/a.b").await.empty(204);
    let body = json!({"url": "https://c.example", "filterTypes": ["a.b"]});
    app.put(&format!("{ENDPOINTS}/{id}"), body.clone()).await.json(200);
    app.post(ENDPOINTS, body).await.invalid(&["body", "eventTypes"]);
}
