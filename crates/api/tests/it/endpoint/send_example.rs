use serde_json::json;

use super::ENDPOINTS;
use crate::TestApp;

#[tokio::test(start_paused = true)]
async fn an_example_goes_to_this_endpoint_alone_whatever_it_wants() {
    let app = TestApp::start().await;
    app.application("acme").await;
    let schema = json!({"1": {"type": "object", "examples": [{"amount": 5}]}});
    let body = json!({"name": "a.b", "description": "", "schemas": schema});
    app.post("/api/v1/event-type", body).await.json(201);
    app.event_type("c.d").await;
    app.endpoint("acme", json!({"url": "https://other.example"})).await;
    let id = app.endpoint("acme", json!({"filterTypes": ["c.d"]})).await;
    let path = format!("{ENDPOINTS}/{id}/send-example");
    let message = app.post(&path, json!({"eventType": "a.b"})).await.json(200);
    assert_eq!(message["payload"], json!({"amount": 5}));
    let sent = app.network.sent(1).await;
    assert_eq!(sent[0].body, r#"{"amount":5}"#);
    let ping = app.post(&path, json!({"eventType": "svix.ping"})).await.json(200);
    assert_eq!(ping["payload"], json!({"success": true}));
    let empty = app.post(&path, json!({"eventType": "c.d"})).await.json(200);
    assert_eq!(empty["payload"], json!({}));
    app.post(&path, json!({"eventType": "no.such"})).await.refused(404, "not_found");
    app.network.sent(3).await;
    app.until(&format!("/api/v1/app/acme/delivery?endpoint_id={id}"), |list| {
        list["data"].as_array().is_some_and(|all| all.iter().all(|one| one["status"] == 0) && all.len() == 3)
    })
    .await;
    assert_eq!(app.network.count(), 3);
}
