//! What the profile of an environment allows and asks for.

use serde_json::json;

use crate::{
    TestApp,
    app::{Answer, header},
    endpoint::ENDPOINTS,
};

/// A profile whose every rule differs from the default.
const STRICT: &str = r#"
name = "strict"
methods = ["PUT", "PATCH"]

[[signatures]]
header = "x-signature"
algorithm = "hmac-sha256"

[secrets]
on_create = false
chosen = false

[[secrets.kinds]]
type = "symmetric"
encoding = "text"

[endpoints]
https = "required"

[events]
catalogue = "strict"
"#;

async fn start() -> TestApp {
    let app = TestApp::under(STRICT).await;
    app.application("acme").await;
    app
}

#[tokio::test(start_paused = true)]
async fn urls_are_https_where_the_profile_says_so() {
    let app = start().await;
    let plain = json!({"url": "http://a.example"});
    app.post(ENDPOINTS, plain.clone()).await.invalid(&["body", "url"]);
    app.put(&format!("{ENDPOINTS}/main"), plain.clone()).await.invalid(&["body", "url"]);
    app.endpoint("acme", json!({"uid": "main"})).await;
    app.put(&format!("{ENDPOINTS}/main"), plain.clone()).await.invalid(&["body", "url"]);
    app.patch(&format!("{ENDPOINTS}/main"), plain).await.invalid(&["body", "url"]);
    app.patch(&format!("{ENDPOINTS}/main"), json!({"url": "https://b.example"})).await.json(200);
}

#[tokio::test(start_paused = true)]
async fn a_strict_catalogue_takes_only_what_is_in_it() {
    let app = start().await;
    let endpoint = app.endpoint("acme", json!({})).await;
    let body = json!({"eventType": "a.b", "payload": {}});
    app.post("/api/v1/app/acme/msg", body.clone()).await.invalid(&["body", "eventType"]);
    app.event_type("a.b").await;
    app.post("/api/v1/app/acme/msg", body).await.json(202);
    let ping = json!({"eventType": "svix.ping"});
    app.post(&format!("{ENDPOINTS}/{endpoint}/send-example"), ping).await.json(200);
    app.network.sent(2).await;
}

#[tokio::test(start_paused = true)]
async fn secrets_are_made_and_chosen_only_where_the_profile_says_so() {
    let app = start().await;
    app.event_type("a.b").await;
    let body = json!({"url": "https://a.example", "secret": "of my own"});
    app.post(ENDPOINTS, body).await.invalid(&["body", "secret"]);
    let id = app.endpoint("acme", json!({})).await;
    app.get(&format!("{ENDPOINTS}/{id}/secret")).await.refused(404, "not_found");
    app.message("acme", "a.b").await;
    assert_eq!(header(&app.network.sent(1).await[0], "x-signature"), None, "without a secret nothing signs");
    let rotate = format!("{ENDPOINTS}/{id}/secret/rotate");
    app.post(&rotate, json!({"key": "of my own"})).await.invalid(&["body", "key"]);
    app.post(&rotate, json!({})).await.empty(204);
    app.message("acme", "a.b").await;
    assert!(header(&app.network.sent(2).await[1], "x-signature").is_some());
}

#[tokio::test(start_paused = true)]
async fn a_method_is_one_of_the_profiles() {
    let app = start().await;
    app.event_type("a.b").await;
    let body = json!({"url": "https://a.example", "method": "POST"});
    app.post(ENDPOINTS, body).await.invalid(&["body", "method"]);
    let id = app.endpoint("acme", json!({})).await;
    app.message("acme", "a.b").await;
    assert_eq!(app.network.sent(1).await[0].method.as_str(), "PUT", "the first is the default");
    let patched = app.patch(&format!("{ENDPOINTS}/{id}"), json!({"method": "PATCH"})).await.json(200);
    assert_eq!(patched["method"], "PATCH");
    app.message("acme", "a.b").await;
    assert_eq!(app.network.sent(2).await[1].method.as_str(), "PATCH");
    app.patch(&format!("{ENDPOINTS}/{id}"), json!({"method": "GET"})).await.invalid(&["body", "method"]);
}

#[tokio::test(start_paused = true)]
async fn an_endpoint_in_test_mode_gets_examples_and_resends_only() {
    let app = start().await;
    app.event_type("a.b").await;
    let settings = json!({"url": "https://test.example", "uid": "test", "mode": "test"});
    app.endpoint("acme", settings).await;
    app.endpoint("acme", json!({"url": "https://live.example"})).await;
    let message = app.message("acme", "a.b").await;
    let path = format!("/api/v1/app/acme/msg/{message}/endpoint");
    assert_eq!(app.get(&path).await.json(200).all("url"), ["https://live.example/"]);
    app.network.answer("https://test.example/", Answer::Status(200, "ok"));
    let example = format!("{ENDPOINTS}/test/send-example");
    app.post(&example, json!({"eventType": "a.b"})).await.json(200);
    app.post(&format!("{path}/test/resend"), json!({})).await.json(202);
    app.network.sent(3).await;
    assert_eq!(app.get(&format!("{ENDPOINTS}/test")).await.json(200)["mode"], "test");
}
