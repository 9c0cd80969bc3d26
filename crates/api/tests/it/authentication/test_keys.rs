//! Keys that try things out (JOF-4).

use fanfare_core::environment::Role;
use http::Method;
use serde_json::{Value, json};

use crate::{
    TestApp,
    app::{Reply, header},
    endpoint::ENDPOINTS,
};

const MESSAGES: &str = "/api/v1/app/acme/msg";

async fn try_out(app: &TestApp, body: Value) -> Reply {
    let key = app.test_key(Role::Publisher).await;
    app.call(Method::POST, MESSAGES, &key, Some(body)).await
}

fn message() -> Value {
    json!({"eventType": "a.b", "payload": {"n": 1.50}})
}

#[tokio::test(start_paused = true)]
async fn jof_4_a_test_key_creates_nothing_sends_nothing_and_is_shown_what_would_be_sent() {
    let app = TestApp::start().await;
    app.application("acme").await;
    let live = app.endpoint("acme", json!({"url": "https://user:pw@live.example/"})).await;
    app.endpoint("acme", json!({"url": "https://test.example/", "mode": "test"})).await;
    app.endpoint("acme", json!({"channels": ["other"]})).await;
    let headers = json!({"headers": {"x-api-token": "s3cr3t"}});
    app.put(&format!("{ENDPOINTS}/{live}/headers"), headers).await.empty(204);
    let shown = try_out(&app, message()).await;
    let body = shown.json(200);
    assert_eq!(body["endpoints"], 1);
    let request = &body["requests"][0];
    assert_eq!(request["endpointId"], live);
    assert_eq!(request["method"], "POST");
    assert_eq!(request["url"], "https://live.example/");
    assert_eq!(request["body"], r#"{"n":1.5}"#);
    let value = |name: &str| {
        let headers = request["headers"].as_array().unwrap();
        headers.iter().find(|header| header["name"] == name).map(|header| header["value"].clone())
    };
    assert_eq!(value("x-api-token"), Some(json!("[redacted]")));
    assert!(value("webhook-signature").unwrap().as_str().unwrap().starts_with("v1,"));
    for secret in ["s3cr3t", "user:pw", "dXNlcjpwdw==", "whsec_"] {
        assert!(!shown.text().contains(secret), "{}", shown.text());
    }
    assert_eq!(app.get(MESSAGES).await.json(200)["data"], json!([]));
    app.message("acme", "a.b").await;
    let sent = app.network.sent(1).await;
    assert_eq!(sent.len(), 1, "only what the live key posted was sent");
}

/// Whoever holds a test key could otherwise have any payload signed for any receiver, unseen.
#[tokio::test(start_paused = true)]
async fn jof_4_a_test_key_gets_no_signature_that_a_receiver_would_believe() {
    let app = TestApp::of("trutac").await;
    app.application("acme").await;
    app.endpoint("acme", json!({"uid": "main", "secret": "s3cr3t", "eventTypes": ["*"]})).await;
    app.network.sent(1).await;
    let body = json!({"eventType": "clocking", "payload": {"n": 1}});
    let signature = |headers: &Value| {
        let headers = headers.as_array().unwrap();
        let found = headers.iter().find(|header| header["name"] == "TT-Hook-Signature");
        found.unwrap()["value"].as_str().unwrap().to_owned()
    };
    let shown = try_out(&app, body.clone()).await.json(200);
    let made_up = signature(&shown["requests"][0]["headers"]);
    app.post(MESSAGES, body).await.json(202);
    let sent = &app.network.sent(2).await[1];
    assert_eq!(sent.body, shown["requests"][0]["body"].as_str().unwrap(), "the same request");
    let real = header(sent, "TT-Hook-Signature").unwrap();
    assert_ne!(real, made_up);
    assert!(real.len() == made_up.len() && made_up.starts_with("sha1="), "{made_up}");
}

#[tokio::test(start_paused = true)]
async fn jof_4_a_test_key_repeats_without_using_up_an_idempotency_key_or_event_id() {
    let app = TestApp::start().await;
    app.application("acme").await;
    app.endpoint("acme", json!({})).await;
    let body = json!({"eventType": "a.b", "payload": {}, "eventId": "once"});
    for _ in 0..2 {
        assert_eq!(try_out(&app, body.clone()).await.json(200)["endpoints"], 1);
    }
    app.post(MESSAGES, body).await.json(202);
}

#[tokio::test(start_paused = true)]
async fn jof_4_messages_are_checked_as_with_a_live_key() {
    let app = TestApp::start().await;
    app.application("acme").await;
    app.event_type("a.b").await;
    app.delete("/api/v1/event-type/a.b").await.empty(204);
    try_out(&app, message()).await.invalid(&["body", "eventType"]);
    try_out(&app, json!({"eventType": "c", "payload": []})).await.invalid(&["body", "payload"]);
    let key = app.test_key(Role::Admin).await;
    let body = json!({"eventType": "c", "payload": {}, "application": {"name": "New"}});
    let refused = app.call(Method::POST, "/api/v1/app/new/msg", &key, Some(body)).await;
    refused.refused(403, "insufficient_access");
    app.get("/api/v1/app/new").await.refused(404, "not_found");
}

#[tokio::test(start_paused = true)]
async fn jof_4_an_answer_shows_a_bounded_number_of_requests() {
    let app = TestApp::start().await;
    app.application("acme").await;
    for _ in 0..101 {
        app.endpoint("acme", json!({})).await;
    }
    let shown = try_out(&app, message()).await.json(200);
    assert_eq!(shown["endpoints"], 101);
    assert_eq!(shown["requests"].as_array().unwrap().len(), 100);
    let large = json!({"eventType": "a.b", "payload": {"x": "x".repeat(5 * 1024 * 1024)}});
    let shown = try_out(&app, large).await.json(200);
    assert_eq!(shown["requests"].as_array().unwrap().len(), 3, "16 MiB hold three of 5 MiB");
}

/// A body that every operation takes.
fn anything() -> Value {
    json!({
        "name": "x", "description": "", "url": "https://a.example", "eventType": "a.b", "payload": {},
        "headers": {}, "since": "2026-11-21T00:00:00Z",
    })
}

#[tokio::test(start_paused = true)]
async fn jof_4_every_other_write_is_refused_and_every_read_goes_by_the_role() {
    let app = TestApp::start().await;
    app.application("acme").await;
    let endpoint = app.endpoint("acme", json!({})).await;
    let message = app.message("acme", "a.b").await;
    app.network.sent(1).await;
    let (admin, publisher) = (app.test_key(Role::Admin).await, app.test_key(Role::Publisher).await);
    let viewer = app.test_key(Role::Viewer).await;
    let document = app.get("/api/v1/openapi.json").await.json(200);
    let mut refused = 0;
    for (path, operations) in document["paths"].as_object().unwrap() {
        let at = path.replace("{app_id}", "acme").replace("{endpoint_id}", &endpoint);
        let at = at.replace("{msg_id}", &message).replace("{event_type_name}", "a.b");
        for verb in operations.as_object().unwrap().keys() {
            let method: Method = verb.to_uppercase().parse().unwrap();
            let reads = matches!(method, Method::GET | Method::HEAD)
                || path.ends_with("/msg")
                || path.ends_with("/render");
            if !reads {
                app.call(method, &at, &admin, Some(anything())).await.refused(403, "insufficient_access");
                refused += 1;
            }
        }
    }
    assert!(refused > 20, "{refused}");
    for path in ["/api/v1/app", MESSAGES, ENDPOINTS, "/api/v1/event-type"] {
        app.call(Method::GET, path, &publisher, None).await.json(200);
    }
    let secret = format!("{ENDPOINTS}/{endpoint}/secret");
    app.call(Method::GET, &secret, &admin, None).await.refused(403, "insufficient_access");
    let body = json!({"eventType": "a.b", "payload": {}});
    app.call(Method::POST, MESSAGES, &viewer, Some(body)).await.refused(403, "insufficient_access");
    let kept = app.get(&format!("{ENDPOINTS}/{endpoint}")).await.json(200);
    assert_eq!(kept.id(), endpoint);
}
