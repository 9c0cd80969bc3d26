use serde_json::json;

use super::ENDPOINTS;
use crate::TestApp;

async fn post(app: &TestApp, event_type: &str, payload: serde_json::Value) -> String {
    let body = json!({"eventType": event_type, "payload": payload});
    app.post("/api/v1/app/acme/msg", body).await.json(202).id()
}

async fn reached(app: &TestApp, message: &str) -> Vec<String> {
    let list = app.get(&format!("/api/v1/app/acme/msg/{message}/endpoint")).await.json(200);
    list["data"].as_array().unwrap().iter().map(|one| one["uid"].as_str().unwrap().to_owned()).collect()
}

/// Push rules of Qualifio: routing by what a participation says.
#[tokio::test(start_paused = true)]
async fn qua_6_filters_route_by_event_and_payload() {
    let app = TestApp::start().await;
    app.application("acme").await;
    let quiz = "event.type == 'participation.completed' && payload.campaign.id == 7";
    app.endpoint("acme", json!({"uid": "quiz", "filter": quiz})).await;
    app.endpoint("acme", json!({"uid": "given", "filter": "payload.optins.exists(o, o.given)"})).await;
    let path = format!("{ENDPOINTS}/all");
    app.put(&path, json!({"url": "https://a.example", "filter": "false"})).await.json(201);
    app.patch(&path, json!({"filter": null})).await.json(200);
    let payload = json!({"campaign": {"id": 7}, "optins": [{"given": false}, {"given": true}]});
    let message = post(&app, "participation.completed", payload.clone()).await;
    assert_eq!(reached(&app, &message).await, ["quiz", "given", "all"]);
    let message = post(&app, "participation.incomplete", payload).await;
    assert_eq!(reached(&app, &message).await, ["given", "all"]);
    let message = post(&app, "participation.completed", json!({"campaign": {"id": 8}})).await;
    assert_eq!(reached(&app, &message).await, ["all"], "a missing member is no match");
}

#[tokio::test(start_paused = true)]
async fn a_mistake_is_refused_with_its_position() {
    let app = TestApp::start().await;
    app.application("acme").await;
    for (filter, told) in [
        ("event.type == 'a' &&\n paylod.b == 1", "line 2, column 2: `paylod` is not known here"),
        ("payload.a ==", "line 1, column 13"),
        ("payload.a.map(x, x) == []", "`map` and `filter` are not part of filters"),
        ("payload.a.all(x, x.all(y, y))", "cannot stand inside each other"),
    ] {
        let reply = app.post(ENDPOINTS, json!({"url": "https://a.example", "filter": filter})).await;
        reply.invalid(&["body", "filter"]);
        let msg = reply.json(422)["detail"][0]["msg"].as_str().unwrap().to_owned();
        assert!(msg.contains(told), "{msg}");
    }
    let long = format!("payload.a == '{}'", "x".repeat(2048));
    app.post(ENDPOINTS, json!({"url": "https://a.example", "filter": long}))
        .await
        .invalid(&["body", "filter"]);
}

#[tokio::test(start_paused = true)]
async fn a_recovery_goes_by_filters() {
    let app = TestApp::start().await;
    app.application("acme").await;
    let id = app.endpoint("acme", json!({"uid": "main", "filter": "payload.n == 7"})).await;
    let path = format!("{ENDPOINTS}/{id}");
    app.patch(&path, json!({"disabled": true})).await.json(200);
    for n in [7, 8, 7] {
        post(&app, "a.b", json!({"n": n})).await;
    }
    app.clock.advance(std::time::Duration::from_secs(1)).await;
    app.patch(&path, json!({"disabled": false})).await.json(200);
    app.post(&format!("{path}/recover"), json!({"since": "2026-11-21T00:00:00Z"})).await.json(202);
    let stats = app.until(&format!("{path}/stats"), |stats| stats["success"] == 2).await;
    assert_eq!(stats["pending"], 0);
    assert_eq!(app.network.count(), 2);
}
