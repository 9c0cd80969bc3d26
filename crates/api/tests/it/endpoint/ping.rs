use std::time::Duration;

use serde_json::{Value, json};

use super::ENDPOINTS;
use crate::{
    TestApp,
    app::{Answer, header},
};

const URL: &str = "https://customer.example/hook";

async fn trutac() -> TestApp {
    let app = TestApp::of("trutac").await;
    app.application("acme").await;
    app
}

fn body(request: &fanfare_core::render::Request) -> Value {
    serde_json::from_slice(&request.body).unwrap()
}

#[tokio::test(start_paused = true)]
async fn tru_10_an_endpoint_is_pinged_when_it_is_made_and_changed() {
    let app = trutac().await;
    let settings = json!({"uid": "main", "eventTypes": ["clocking"], "secret": "s3cr3t"});
    let id = app.endpoint("acme", settings).await;
    let sent = app.network.sent(1).await;
    assert_eq!(header(&sent[0], "TT-Hook-Event"), Some("ping"));
    assert!(header(&sent[0], "TT-Hook-Signature").unwrap().starts_with("sha1="), "signed like the rest");
    let expected = json!({"action": "created", "hook":
        {"id": id, "payloadUrl": URL, "active": true, "events": ["clocking"]}});
    assert_eq!(body(&sent[0]), expected);
    assert!(!String::from_utf8_lossy(&sent[0].body).contains("s3cr3t"));
    app.patch(&format!("{ENDPOINTS}/main"), json!({"eventTypes": ["*"]})).await.json(200);
    let sent = app.network.sent(2).await;
    assert_eq!(body(&sent[1])["action"], "updated");
    assert_eq!(body(&sent[1])["hook"]["events"], json!(["*"]));
    let put = json!({"url": "https://b.example", "eventTypes": ["clocking"]});
    app.put(&format!("{ENDPOINTS}/made-by-put"), put.clone()).await.json(201);
    app.put(&format!("{ENDPOINTS}/made-by-put"), put).await.json(200);
    let actions: Vec<_> =
        app.network.sent(4).await[2..].iter().map(|sent| body(sent)["action"].clone()).collect();
    assert_eq!(actions, ["created", "updated"]);
}

#[tokio::test(start_paused = true)]
async fn tru_10_one_that_is_off_or_paused_is_not_pinged() {
    let app = trutac().await;
    let off = json!({"uid": "off", "eventTypes": ["*"], "disabled": true});
    app.endpoint("acme", off).await;
    app.patch(&format!("{ENDPOINTS}/off"), json!({"description": "x"})).await.json(200);
    app.post(&format!("{ENDPOINTS}/off/ping"), json!({})).await.refused(409, "conflict");
    app.endpoint("acme", json!({"uid": "on", "eventTypes": ["*"]})).await;
    app.network.sent(1).await;
    app.post(&format!("{ENDPOINTS}/on/pause"), json!({})).await.json(200);
    app.patch(&format!("{ENDPOINTS}/on"), json!({"description": "x"})).await.json(200);
    app.post(&format!("{ENDPOINTS}/on/resume"), json!({})).await.json(200);
    app.clock.advance(Duration::from_secs(60)).await;
    assert_eq!(app.network.count(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_ping_is_sent_by_hand_where_the_profile_has_one() {
    let app = trutac().await;
    app.endpoint("acme", json!({"uid": "main", "eventTypes": ["clocking"]})).await;
    let message = app.post(&format!("{ENDPOINTS}/main/ping"), json!({})).await.json(202);
    assert_eq!(message["eventType"], "ping");
    assert_eq!(body(&app.network.sent(2).await[1])["hook"]["payloadUrl"], URL);
    let app = TestApp::start().await;
    app.application("acme").await;
    app.endpoint("acme", json!({"uid": "main"})).await;
    app.post(&format!("{ENDPOINTS}/main/ping"), json!({})).await.invalid(&["path", "endpoint_id"]);
    app.post(&format!("{ENDPOINTS}/nobody/ping"), json!({})).await.refused(404, "not_found");
    assert_eq!(app.network.count(), 0, "standard tells endpoints nothing");
}

/// A profile that disables for every reason there is, and tells endpoints about themselves.
const STRICT: &str = r#"
name = "touchy"
methods = ["POST"]

[delivery]
gone_disables = true
disable_after = "1h"
exhausted = "disable"
retry_schedule = []

[lifecycle]
event_type = "hello"
on = ["create"]
template = '{"action": $action}'
"#;

#[tokio::test(start_paused = true)]
async fn tru_10_a_failing_ping_disables_nothing() {
    let app = TestApp::under(STRICT).await;
    app.application("acme").await;
    app.network.answer(URL, Answer::Status(410, "gone"));
    app.endpoint("acme", json!({"uid": "main"})).await;
    let main = format!("{ENDPOINTS}/main");
    let failed = |stats: &Value, many: u64| stats["fail"] == many;
    app.until(&format!("{main}/stats"), |stats| failed(stats, 1)).await;
    app.clock.advance(Duration::from_secs(2 * 3600)).await;
    app.network.answer(URL, Answer::Status(500, "error"));
    app.post(&format!("{main}/ping"), json!({})).await.json(202);
    app.until(&format!("{main}/stats"), |stats| failed(stats, 2)).await;
    assert_eq!(app.get(&main).await.json(200)["disabled"], false);
    // Anything else does, here.
    app.message("acme", "a.b").await;
    app.until(&main, |endpoint| endpoint["disabled"] == true).await;
}
