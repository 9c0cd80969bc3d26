use serde_json::json;

use super::ENDPOINTS;
use crate::TestApp;

#[tokio::test(start_paused = true)]
async fn a_paused_endpoint_collects_and_drains_when_resumed() {
    let app = TestApp::start().await;
    app.application("acme").await;
    let id = app.endpoint("acme", json!({})).await;
    let path = format!("{ENDPOINTS}/{id}");
    assert_eq!(app.post(&format!("{path}/pause"), json!({})).await.json(200)["paused"], true);
    let message = app.message("acme", "a.b").await;
    let deliveries = "/api/v1/app/acme/delivery";
    let held = app.get(deliveries).await.json(200);
    assert_eq!(held["data"][0]["state"], "held");
    assert_eq!(held["data"][0]["msgId"], message);
    assert_eq!(app.network.count(), 0);
    assert_eq!(app.post(&format!("{path}/resume"), json!({})).await.json(200)["paused"], false);
    app.network.sent(1).await;
    app.until(deliveries, |list| list["data"][0]["state"] == "succeeded").await;
    app.post(&format!("{ENDPOINTS}/nobody/pause"), json!({})).await.refused(404, "not_found");
}
