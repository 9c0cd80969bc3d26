//! Replays: asked for, counted, watched, called off.

use std::time::Duration;

use fanfare_core::{environment::Role, limits::REPLAYS_OPEN};
use http::Method;
use serde_json::{Value, json};

use crate::{TestApp, app::Answer};

const REPLAYS: &str = "/api/v1/app/acme/replay";
const URL: &str = "https://customer.example/hook";

/// An application with an endpoint at which so many messages have failed, and that is well now.
async fn failed(many: usize) -> TestApp {
    let app = TestApp::start().await;
    app.application("acme").await;
    app.endpoint("acme", json!({"uid": "main", "retrySchedule": []})).await;
    app.network.answer(URL, Answer::Status(400, "no"));
    for _ in 0..many {
        app.message("acme", "a.b").await;
    }
    let list = "/api/v1/app/acme/delivery?state=failed";
    app.until(list, |list| list["data"].as_array().is_some_and(|data| data.len() == many)).await;
    app.network.answer(URL, Answer::Status(200, "ok"));
    app.clock.advance(Duration::from_secs(1)).await;
    app
}

fn since() -> Value {
    json!({"since": "2026-11-21T04:00:00Z"})
}

fn with(fields: Value) -> Value {
    let mut body = since();
    body.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
    body
}

#[tokio::test(start_paused = true)]
async fn what_failed_is_counted_then_sent_and_its_progress_is_shown() {
    let app = failed(5).await;
    let count = app.post(REPLAYS, with(json!({"dryRun": true}))).await.json(200);
    assert_eq!(*count, json!({"count": 5, "skipped": 0}));
    assert_eq!(app.network.count(), 5);
    let job = app.post(REPLAYS, since()).await.json(202);
    let id = job.id();
    assert_eq!(
        *job,
        json!({
            "id": id, "status": "counting", "task": "replay", "endpointIds": null, "eventTypes": null,
            "states": ["failed", "blocked"], "since": "2026-11-21T04:00:00.000Z", "until": job["until"],
            "include": [], "rate": 100, "counted": 0, "sent": 0, "skipped": 0, "failed": 0,
            "createdAt": job["createdAt"], "updatedAt": job["updatedAt"],
        })
    );
    let done = app.until(&format!("{REPLAYS}/{id}"), |job| job["status"] == "done").await;
    assert_eq!((&done["counted"], &done["sent"]), (&json!(5), &json!(5)));
    app.network.sent(10).await;
    let list = app.get(REPLAYS).await.json(200);
    assert_eq!(list["data"], json!([done]));
    let cancel = format!("{REPLAYS}/{id}/cancel");
    app.post(&cancel, json!({})).await.refused(409, "conflict");
}

#[tokio::test(start_paused = true)]
async fn a_cancelled_one_stops() {
    let app = failed(8).await;
    let job = app.post(REPLAYS, with(json!({"rate": 1}))).await.json(202).id();
    app.until(&format!("{REPLAYS}/{job}"), |job| job["sent"].as_u64() > Some(1)).await;
    let over = app.post(&format!("{REPLAYS}/{job}/cancel"), json!({})).await.json(200);
    assert_eq!(over["status"], "cancelled");
    let sent = over["sent"].as_u64().unwrap();
    app.clock.advance(Duration::from_secs(30)).await;
    let later = app.get(&format!("{REPLAYS}/{job}")).await.json(200);
    assert_eq!(later["sent"], sent);
    assert!(sent < 8, "{sent}");
}

#[tokio::test(start_paused = true)]
async fn recoveries_are_shown_too() {
    let app = failed(2).await;
    let job = app.post("/api/v1/app/acme/endpoint/main/recover", since()).await.json(202).id();
    let done = app.until(&format!("{REPLAYS}/{job}"), |job| job["status"] == "done").await;
    assert_eq!((&done["task"], &done["rate"]), (&json!("endpoint.recover"), &Value::Null));
    assert_eq!((&done["counted"], &done["sent"]), (&json!(2), &json!(2)));
}

#[tokio::test(start_paused = true)]
async fn a_customer_replays_its_own_and_no_test_endpoint() {
    let app = failed(3).await;
    app.application("other").await;
    app.endpoint("other", json!({})).await;
    let test = app.endpoint("acme", json!({"mode": "test", "uid": "test"})).await;
    let message = app.message("acme", "a.b").await;
    app.post(&format!("/api/v1/app/acme/msg/{message}/endpoint/test/resend"), json!({})).await.json(202);
    app.network.sent(5).await;
    app.clock.advance(Duration::from_secs(1)).await;
    let portal = app.portal("acme", &[]).await;
    let call =
        async |method: Method, path: &str, body: Value| app.call(method, path, &portal, Some(body)).await;
    let everything = with(json!({"states": ["failed", "succeeded"], "dryRun": true}));
    assert_eq!(app.post(REPLAYS, everything.clone()).await.json(200)["count"], 5);
    assert_eq!(call(Method::POST, REPLAYS, everything).await.json(200)["count"], 4);
    let named = with(json!({"endpointIds": [test]}));
    call(Method::POST, REPLAYS, named).await.refused(403, "insufficient_access");
    let job = call(Method::POST, REPLAYS, since()).await.json(202).id();
    call(Method::GET, &format!("{REPLAYS}/{job}"), Value::Null).await.json(200);
    for path in ["/api/v1/app/other/replay".to_owned(), format!("/api/v1/app/other/replay/{job}/cancel")] {
        call(Method::POST, &path, since()).await.refused(404, "not_found");
    }
    let theirs = format!("/api/v1/app/other/replay/{job}");
    app.get(&theirs).await.refused(404, "not_found");
    for role in [Role::Viewer, Role::Publisher] {
        let key = app.key(role).await;
        app.call(Method::POST, REPLAYS, &key, Some(since())).await.refused(403, "insufficient_access");
        app.call(Method::GET, REPLAYS, &key, None).await.json(200);
    }
}

#[tokio::test(start_paused = true)]
async fn a_repeated_request_starts_one_job() {
    let app = failed(1).await;
    let first = app.post_once(REPLAYS, "key", since()).await.json(202);
    assert_eq!(*app.post_once(REPLAYS, "key", since()).await.json(202), *first);
    assert_eq!(app.get(REPLAYS).await.json(200)["data"].as_array().unwrap().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn bad_input_is_told_with_its_place() {
    let app = failed(1).await;
    for (fields, field) in [
        (json!({"since": null}), "since"),
        (json!({"since": "2026-11-22T05:00:00Z"}), "since"),
        (json!({"until": "2026-11-21T04:00:00Z"}), "since"),
        (json!({"until": "soon"}), "until"),
        (json!({"rate": 0}), "rate"),
        (json!({"rate": 10_001}), "rate"),
        (json!({"rate": -1}), "rate"),
        (json!({"states": []}), "states"),
        (json!({"states": ["lost"]}), "states"),
        (json!({"states": ["pending"]}), "states"),
        (json!({"include": ["everything"]}), "include"),
        (json!({"endpointIds": []}), "endpointIds"),
        (json!({"endpointIds": vec!["main"; 101]}), "endpointIds"),
        (json!({"eventTypes": []}), "eventTypes"),
        (json!({"dryRun": "yes"}), "dryRun"),
    ] {
        app.post(REPLAYS, with(fields)).await.invalid(&["body", field]);
    }
    app.post(REPLAYS, json!({})).await.invalid(&["body", "since"]);
    app.post(REPLAYS, with(json!({"eventTypes": ["a b"]}))).await.invalid(&["body", "eventTypes", "0"]);
    app.post(REPLAYS, with(json!({"endpointIds": ["nobody"]}))).await.refused(404, "not_found");
    app.get(&format!("{REPLAYS}/nonsense")).await.refused(404, "not_found");
    app.post(&format!("{REPLAYS}/nonsense/cancel"), json!({})).await.refused(404, "not_found");
    app.post("/api/v1/app/nobody/replay", since()).await.refused(404, "not_found");
}

#[tokio::test(start_paused = true)]
async fn so_many_are_open_and_no_more() {
    let app = failed(3).await;
    let slow = with(json!({"rate": 1, "states": ["failed"]}));
    for _ in 0..REPLAYS_OPEN {
        app.post(REPLAYS, slow.clone()).await.json(202);
    }
    app.post(REPLAYS, slow.clone()).await.refused(429, "too_many_requests");
    app.post("/api/v1/app/acme/endpoint/main/recover", since()).await.refused(429, "too_many_requests");
    app.post(REPLAYS, with(json!({"dryRun": true}))).await.json(200);
}
