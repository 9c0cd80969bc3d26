use serde_json::json;

use crate::TestApp;

#[tokio::test(start_paused = true)]
async fn what_waits_can_be_cancelled() {
    let app = TestApp::start().await;
    app.application("acme").await;
    let endpoint = app.endpoint("acme", json!({"uid": "main"})).await;
    let body = json!({"eventType": "a.b", "payload": {}, "delaySeconds": 600, "eventId": "evt"});
    app.post("/api/v1/app/acme/msg", body).await.json(202);
    let path = "/api/v1/app/acme/msg/evt/endpoint/main/cancel";
    app.post(path, json!({})).await.empty(204);
    app.post(path, json!({})).await.refused(409, "conflict");
    let list = app.get("/api/v1/app/acme/delivery").await.json(200);
    assert_eq!(list["data"][0]["state"], "cancelled");
    assert_eq!(list["data"][0]["reason"], "by_hand");
    assert_eq!(list["data"][0]["status"], 2);
    let stats = app.get(&format!("/api/v1/app/acme/endpoint/{endpoint}/stats")).await.json(200);
    assert_eq!(stats["canceled"], 1);
    let other = app.endpoint("acme", json!({})).await;
    let nothing = format!("/api/v1/app/acme/msg/evt/endpoint/{other}/cancel");
    app.post(&nothing, json!({})).await.refused(404, "not_found");
}
