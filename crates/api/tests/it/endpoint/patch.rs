use serde_json::{Value, json};

use super::ENDPOINTS;
use crate::TestApp;

#[tokio::test(start_paused = true)]
async fn a_patch_changes_only_what_it_names_and_null_clears() {
    let app = TestApp::start().await;
    app.application("acme").await;
    app.event_type("a.b").await;
    let settings = json!({
        "uid": "main", "filterTypes": ["a.b"], "channels": ["eu"], "rateLimit": 4, "timeoutMs": 10,
        "retrySchedule": [1], "maxConcurrency": 2, "ordered": true, "description": "d", "version": 4,
    });
    app.endpoint("acme", settings).await;
    let path = format!("{ENDPOINTS}/main");
    let before = app.get(&path).await.json(200);
    let mut same = app.patch(&path, json!({})).await.json(200);
    same.0["updatedAt"] = before["updatedAt"].clone();
    assert_eq!(same, before);
    for (clear, shown) in [
        ("filterTypes", "eventTypes"),
        ("channels", "channels"),
        ("rateLimit", "throttleRate"),
        ("timeoutMs", "timeoutMs"),
        ("retrySchedule", "retrySchedule"),
        ("maxConcurrency", "maxConcurrency"),
    ] {
        let patched = app.patch(&path, json!({ clear: null })).await.json(200);
        assert_eq!(patched[shown], Value::Null, "{clear}");
    }
    assert_eq!(app.patch(&path, json!({"ordered": null})).await.json(200)["ordered"], false);
    app.patch(&path, json!({"url": null})).await.invalid(&["body", "url"]);
    app.patch(&path, json!({"channels": []})).await.invalid(&["body", "channels"]);
    app.patch(&path, json!({"eventTypes": ["no.such"]})).await.invalid(&["body", "eventTypes"]);
    app.patch(&path, json!({"url": "https://a.example/#x"})).await.invalid(&["body", "url"]);
}

#[tokio::test(start_paused = true)]
async fn a_disabled_endpoint_gets_nothing() {
    let app = TestApp::start().await;
    app.application("acme").await;
    let id = app.endpoint("acme", json!({})).await;
    let path = format!("{ENDPOINTS}/{id}");
    let disabled = app.patch(&path, json!({"disabled": true})).await.json(200);
    assert_eq!(disabled["disabledReason"], "by_hand");
    app.message("acme", "a.b").await;
    assert_eq!(app.patch(&path, json!({"disabled": false})).await.json(200)["disabled"], false);
    let wanted = app.message("acme", "a.b").await;
    let sent = app.network.sent(1).await;
    assert_eq!(crate::app::header(&sent[0], "webhook-id"), Some(wanted.as_str()));
    assert_eq!(sent.len(), 1);
}
