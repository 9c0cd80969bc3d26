use serde_json::json;

use super::ENDPOINTS;
use crate::TestApp;

#[tokio::test(start_paused = true)]
async fn what_an_endpoint_missed_is_sent() {
    let app = TestApp::start().await;
    app.application("acme").await;
    let id = app.endpoint("acme", json!({"disabled": true})).await;
    let message = app.message("acme", "a.b").await;
    let path = format!("{ENDPOINTS}/{id}");
    app.patch(&path, json!({"disabled": false})).await.json(200);
    app.clock.advance(std::time::Duration::from_secs(1)).await;
    let body = json!({"since": "2026-11-21T04:00:00Z"});
    let job = app.post(&format!("{path}/recover"), body).await.json(202);
    assert_eq!(job["status"], "running");
    assert_eq!(job["task"], "endpoint.recover");
    assert!(job["updatedAt"].is_string());
    let sent = app.network.sent(1).await;
    assert_eq!(crate::app::header(&sent[0], "webhook-id"), Some(message.as_str()));
}

#[tokio::test(start_paused = true)]
async fn a_window_too_far_back_or_turned_around_is_refused() {
    let app = TestApp::start().await;
    app.application("acme").await;
    let id = app.endpoint("acme", json!({})).await;
    let path = format!("{ENDPOINTS}/{id}/recover");
    app.post(&path, json!({"since": "2026-11-07T04:59:59Z"})).await.invalid(&["body", "since"]);
    app.post(&path, json!({"since": "2026-11-07T05:00:01Z"})).await.json(202);
    let turned = json!({"since": "2026-11-20T05:00:00Z", "until": "2026-11-19T05:00:00Z"});
    app.post(&path, turned).await.invalid(&["body", "until"]);
    app.post(&path, json!({})).await.invalid(&["body", "since"]);
    app.post(&path, json!({"since": "yesterday"})).await.invalid(&["body", "since"]);
}
