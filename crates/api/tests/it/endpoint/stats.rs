use serde_json::json;

use super::ENDPOINTS;
use crate::{TestApp, app::Answer};

#[tokio::test(start_paused = true)]
async fn deliveries_are_counted_by_where_they_stand() {
    let app = TestApp::start().await;
    app.application("acme").await;
    app.network.answer("https://bad.example/", Answer::Status(500, "no"));
    let good = app.endpoint("acme", json!({"retrySchedule": []})).await;
    let settings = json!({"url": "https://bad.example", "retrySchedule": [3600]});
    let bad = app.endpoint("acme", settings).await;
    app.message("acme", "a.b").await;
    let body = json!({"eventType": "a.b", "payload": {}, "delaySeconds": 600});
    app.post("/api/v1/app/acme/msg", body).await.json(202);
    let stats = format!("{ENDPOINTS}/{good}/stats");
    let expected = json!({"success": 1, "pending": 1, "sending": 0, "fail": 0, "canceled": 0});
    assert_eq!(app.until(&stats, |stats| stats["success"] == 1).await, expected);
    let stats = format!("{ENDPOINTS}/{bad}/stats");
    let expected = json!({"success": 0, "pending": 1, "sending": 1, "fail": 0, "canceled": 0});
    assert_eq!(app.until(&stats, |stats| stats["sending"] == 1).await, expected);
    let none = app.get(&format!("{stats}?until=2026-11-20T00:00:00Z")).await.json(200);
    assert_eq!(none["pending"], 0);
    let turned = format!("{stats}?since=2026-11-21T00:00:00Z&until=2026-11-20T00:00:00Z");
    app.get(&turned).await.invalid(&["query", "until"]);
}
