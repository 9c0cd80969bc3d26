//! Environments do not see each other: every path of one answers 404 to a key of another.

use http::Method;
use serde_json::json;

use crate::TestApp;

#[tokio::test(start_paused = true)]
async fn nothing_of_another_environment_can_be_seen_or_changed() {
    let app = TestApp::start().await;
    let id = app.application("acme").await;
    app.event_type("a.b").await;
    let endpoint = app.endpoint("acme", json!({})).await;
    let message = app.message("acme", "a.b").await;
    let list = format!("/api/v1/app/acme/attempt/msg/{message}");
    let attempt = app.until(&list, |list| list["data"] != json!([])).await["data"][0]["id"].clone();
    let attempt = attempt.as_str().unwrap();
    let foreign = app.foreign_key().await;
    let body = json!({
        "eventType": "a.b", "payload": {}, "name": "x", "url": "https://a.example", "description": "",
        "since": "2026-11-21T00:00:00Z", "headers": {},
    });
    let base = format!("/api/v1/app/{id}");
    for (method, path) in [
        (Method::GET, base.clone()),
        (Method::GET, "/api/v1/app/acme".to_owned()),
        (Method::PATCH, base.clone()),
        (Method::DELETE, base.clone()),
        (Method::GET, format!("{base}/endpoint")),
        (Method::POST, format!("{base}/endpoint")),
        (Method::GET, format!("{base}/endpoint/{endpoint}")),
        (Method::PUT, format!("{base}/endpoint/{endpoint}")),
        (Method::DELETE, format!("{base}/endpoint/{endpoint}")),
        (Method::GET, format!("{base}/endpoint/{endpoint}/secret")),
        (Method::PUT, format!("{base}/endpoint/{endpoint}/headers")),
        (Method::POST, format!("{base}/endpoint/{endpoint}/recover")),
        (Method::GET, format!("{base}/msg")),
        (Method::POST, format!("{base}/msg")),
        (Method::GET, format!("{base}/msg/{message}")),
        (Method::DELETE, format!("{base}/msg/{message}/content")),
        (Method::GET, format!("{base}/msg/{message}/endpoint")),
        (Method::POST, format!("{base}/msg/{message}/endpoint/{endpoint}/resend")),
        (Method::GET, format!("{base}/msg/{message}/attempt/{attempt}")),
        (Method::GET, format!("{base}/attempt/msg/{message}")),
        (Method::GET, format!("{base}/attempt/endpoint/{endpoint}")),
        (Method::GET, format!("{base}/delivery")),
        (Method::GET, format!("{base}/delivery/stream")),
        (Method::GET, format!("{base}/replay")),
        (Method::POST, format!("{base}/replay")),
        (Method::GET, "/api/v1/event-type/a.b".to_owned()),
        (Method::POST, format!("/api/v1/auth/app-portal-access/{id}")),
    ] {
        app.call(method, &path, &foreign, Some(body.clone())).await.refused(404, "not_found");
    }
    let list = app.call(Method::GET, "/api/v1/app", &foreign, None).await.json(200);
    assert_eq!(list["data"], json!([]));
    let uid = json!({"name": "theirs", "uid": "acme"});
    app.call(Method::POST, "/api/v1/app", &foreign, Some(uid)).await.json(201);
}

#[tokio::test(start_paused = true)]
async fn applications_do_not_see_each_other_either() {
    let app = TestApp::start().await;
    app.application("acme").await;
    app.application("other").await;
    let endpoint = app.endpoint("acme", json!({"uid": "main"})).await;
    let message = app.message("acme", "a.b").await;
    for path in [
        format!("/api/v1/app/other/endpoint/{endpoint}"),
        "/api/v1/app/other/endpoint/main".to_owned(),
        format!("/api/v1/app/other/msg/{message}"),
        format!("/api/v1/app/other/msg/{message}/endpoint"),
        format!("/api/v1/app/other/attempt/msg/{message}"),
    ] {
        app.get(&path).await.refused(404, "not_found");
    }
}
