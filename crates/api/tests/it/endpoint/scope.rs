use serde_json::json;

use super::ENDPOINTS;
use crate::TestApp;

async fn qualifio() -> TestApp {
    let app = TestApp::of("qualifio").await;
    app.application("acme").await;
    app
}

#[tokio::test(start_paused = true)]
async fn qua_one_endpoint_per_account_and_one_per_website() {
    let app = qualifio().await;
    app.endpoint("acme", json!({"uid": "account"})).await;
    app.endpoint("acme", json!({"uid": "site-1", "scope": "1"})).await;
    app.endpoint("acme", json!({"uid": "site-2", "scope": "2"})).await;
    for scope in [json!(null), json!("1")] {
        let reply = app.post(ENDPOINTS, json!({"url": "https://b.example", "scope": scope})).await;
        let body = reply.json(422);
        assert_eq!(body["detail"][0]["type"], "limit_reached");
        let msg = body["detail"][0]["msg"].as_str().unwrap();
        assert!(msg.contains("profile qualifio allows 1 live endpoints"), "{msg}");
    }
    // Neither by moving one, while one that stays where it is can be changed.
    let moved = app.patch(&format!("{ENDPOINTS}/site-2"), json!({"scope": "1"})).await;
    assert_eq!(moved.json(422)["detail"][0]["type"], "limit_reached");
    app.patch(&format!("{ENDPOINTS}/site-2"), json!({"description": "still here"})).await.json(200);
    app.delete(&format!("{ENDPOINTS}/site-1")).await.empty(204);
    app.patch(&format!("{ENDPOINTS}/site-2"), json!({"scope": "1"})).await.json(200);
}

#[tokio::test(start_paused = true)]
async fn qua_a_website_gets_its_own_participations_and_the_account_all() {
    let app = qualifio().await;
    app.endpoint("acme", json!({"uid": "account"})).await;
    app.endpoint("acme", json!({"uid": "site", "scope": "42"})).await;
    for (website, expected) in [(json!(42), 2), (json!("42"), 2), (json!(43), 1), (json!(null), 1)] {
        let payload = json!({"campaign": {"channel": {"website": {"id": website}}}});
        let body = json!({"eventType": "participation.completed", "payload": payload});
        let message = app.post("/api/v1/app/acme/msg", body).await.json(202).id();
        let list = app.get(&format!("/api/v1/app/acme/msg/{message}/endpoint")).await.json(200);
        assert_eq!(list["data"].as_array().unwrap().len(), expected, "{website}");
    }
}

#[tokio::test(start_paused = true)]
async fn scopes_are_refused_where_the_profile_knows_none() {
    let app = TestApp::start().await;
    app.application("acme").await;
    let reply = app.post(ENDPOINTS, json!({"url": "https://a.example", "scope": "1"})).await;
    reply.invalid(&["body", "scope"]);
    let app = qualifio().await;
    for bad in ["", "line\nbreak", &"x".repeat(257)] {
        let reply = app.post(ENDPOINTS, json!({"url": "https://a.example", "scope": bad})).await;
        reply.invalid(&["body", "scope"]);
    }
}

#[tokio::test(start_paused = true)]
async fn jof_1_one_live_and_one_test_endpoint() {
    let app = TestApp::of("jofi").await;
    app.application("acme").await;
    app.endpoint("acme", json!({"uid": "live"})).await;
    app.endpoint("acme", json!({"uid": "test", "mode": "test"})).await;
    for mode in ["live", "test"] {
        let reply = app.post(ENDPOINTS, json!({"url": "https://b.example", "mode": mode})).await;
        assert_eq!(reply.json(422)["detail"][0]["type"], "limit_reached", "{mode}");
    }
    let switched = app.patch(&format!("{ENDPOINTS}/test"), json!({"mode": "live"})).await;
    assert_eq!(switched.json(422)["detail"][0]["type"], "limit_reached");
}

/// Real threads and a real store: of many at once, one gets the place.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn jof_1_of_two_at_once_one_gets_the_place() {
    let app = std::sync::Arc::new(TestApp::start_threaded_under("jofi").await);
    app.application("acme").await;
    let calls = (0..8).map(|_| {
        let app = std::sync::Arc::clone(&app);
        async move { app.post(ENDPOINTS, json!({"url": "https://b.example"})).await.status.as_u16() }
    });
    let mut statuses = futures::future::join_all(calls).await;
    statuses.sort_unstable();
    assert_eq!(statuses, [201, 422, 422, 422, 422, 422, 422, 422]);
    assert_eq!(app.get(ENDPOINTS).await.json(200)["data"].as_array().unwrap().len(), 1);
}
