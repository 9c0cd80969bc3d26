//! The delivery log that customers see (TRI-13).

use std::time::Duration;

use http::Method;
use serde_json::{Value, json};

use crate::{
    TestApp,
    app::{Answer, header},
    endpoint::ENDPOINTS,
};

/// The path of the request of a message's only attempt, once that is recorded.
async fn request_path(app: &TestApp, message: &str) -> String {
    let list = format!("/api/v1/app/acme/attempt/msg/{message}");
    let attempts = app.until(&list, |list| !list["data"].as_array().unwrap().is_empty()).await;
    let attempt = attempts["data"][0]["id"].as_str().unwrap();
    format!("/api/v1/app/acme/msg/{message}/attempt/{attempt}/request")
}

fn value<'a>(request: &'a Value, name: &str) -> Option<&'a str> {
    let headers = request["headers"].as_array().unwrap();
    headers.iter().find(|header| header["name"] == name)?["value"].as_str()
}

/// An environment under `trimoji` with an endpoint, whose token it answers.
async fn trimoji(app: &TestApp) -> (String, String) {
    app.application("acme").await;
    let settings = json!({"profile": "trimoji", "eventTypes": ["QUIZZ_COMPLETED"]});
    app.event_type("QUIZZ_COMPLETED").await;
    let endpoint = app.endpoint("acme", settings).await;
    let secret = app.get(&format!("{ENDPOINTS}/{endpoint}/secret")).await.json(200);
    (endpoint, secret["key"].as_str().unwrap().to_owned())
}

#[tokio::test(start_paused = true)]
async fn tri_13_a_customer_sees_what_a_failed_attempt_sent_without_the_token() {
    let app = TestApp::start().await;
    let (_, token) = trimoji(&app).await;
    app.network.answer("https://customer.example/hook", Answer::Status(204, ""));
    let message = app.message("acme", "QUIZZ_COMPLETED").await;
    let sent = app.network.sent(1).await.remove(0);
    assert_eq!(header(&sent, "authorization"), Some(token.as_str()), "the real one went out");
    let path = request_path(&app, &message).await;
    let portal = app.portal("acme", &[]).await;
    let reply = app.call(Method::GET, &path, &portal, None).await;
    let shown = reply.json(200);
    assert!(!reply.text().contains(&token), "{}", reply.text());
    assert_eq!(value(&shown, "Authorization"), Some("[redacted]"));
    let body: Value = serde_json::from_str(shown["body"].as_str().unwrap()).unwrap();
    assert_eq!((&body["_token"], &body["n"]), (&json!("[redacted]"), &json!(1)));
    let names = shown["headers"].as_array().unwrap().iter().map(|header| header["name"].as_str().unwrap());
    let sent_names: Vec<_> = sent.headers.iter().map(|header| header.name.as_str()).collect();
    assert_eq!(names.collect::<Vec<_>>(), sent_names, "order and letter case are those of the wire");
    assert_eq!((&shown["method"], &shown["url"]), (&json!("POST"), &json!("https://customer.example/hook")));
    assert_eq!((&shown["changed"], &shown["missing"]), (&json!(false), &Value::Null));
}

#[tokio::test(start_paused = true)]
async fn tri_13_the_signature_is_that_of_the_attempt_though_the_secret_was_rotated() {
    let app = TestApp::start().await;
    app.application("acme").await;
    let endpoint = app.endpoint("acme", json!({})).await;
    let message = app.message("acme", "a.b").await;
    let sent = app.network.sent(1).await.remove(0);
    let path = request_path(&app, &message).await;
    app.clock.advance(Duration::from_secs(60)).await;
    let rotate = format!("{ENDPOINTS}/{endpoint}/secret/rotate");
    app.post(&rotate, json!({"key": null})).await.empty(204);
    let shown = app.get(&path).await.json(200);
    for name in ["webhook-id", "webhook-timestamp", "webhook-signature"] {
        assert_eq!(value(&shown, name), header(&sent, name), "{name}");
    }
    assert_eq!(shown["changed"], true);
}

#[tokio::test(start_paused = true)]
async fn tri_13_what_cannot_be_shown_any_more_says_why() {
    let app = TestApp::start().await;
    let (endpoint, _) = trimoji(&app).await;
    let message = app.message("acme", "QUIZZ_COMPLETED").await;
    let path = request_path(&app, &message).await;
    app.clock.advance(Duration::from_secs(1)).await;
    app.patch(&format!("{ENDPOINTS}/{endpoint}"), json!({"url": "https://other.example/"})).await.json(200);
    let moved = app.get(&path).await.json(200);
    assert_eq!((&moved["changed"], &moved["url"]), (&json!(true), &json!("https://customer.example/hook")));
    app.delete(&format!("/api/v1/app/acme/msg/{message}/content")).await.empty(204);
    let erased = app.get(&path).await.json(200);
    assert_eq!((&erased["missing"], &erased["body"]), (&json!("payload_erased"), &Value::Null));
    app.delete(&format!("{ENDPOINTS}/{endpoint}")).await.empty(204);
    let deleted = app.get(&path).await.json(200);
    assert_eq!((&deleted["missing"], &deleted["headers"]), (&json!("endpoint_deleted"), &Value::Null));
    assert_eq!((&deleted["changed"], &deleted["method"]), (&json!(true), &json!("POST")));
}

#[tokio::test(start_paused = true)]
async fn tri_13_a_portal_token_sees_no_attempt_of_another_application() {
    let app = TestApp::start().await;
    app.application("acme").await;
    app.application("other").await;
    app.endpoint("acme", json!({})).await;
    let message = app.message("acme", "a.b").await;
    let path = request_path(&app, &message).await;
    let portal = app.portal("other", &[]).await;
    app.call(Method::GET, &path, &portal, None).await.refused(404, "not_found");
    app.get(&path.replace("/request", "x/request")).await.refused(404, "not_found");
}
