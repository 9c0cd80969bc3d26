use std::time::Duration;

use serde_json::json;

use crate::TestApp;

#[tokio::test(start_paused = true)]
async fn jof_what_is_posted_while_webhooks_are_off_is_stored_and_goes_nowhere() {
    let app = TestApp::start().await;
    app.application("acme").await;
    assert_eq!(app.get("/api/v1/app/acme").await.json(200)["webhooksEnabled"], true);
    let endpoint = app.endpoint("acme", json!({})).await;
    let off = app.patch("/api/v1/app/acme", json!({"webhooksEnabled": false})).await.json(200);
    assert_eq!(off["webhooksEnabled"], false);
    let lost = app.message("acme", "a.b").await;
    app.get(&format!("/api/v1/app/acme/msg/{lost}")).await.json(200);
    let deliveries = format!("/api/v1/app/acme/msg/{lost}/endpoint");
    assert_eq!(app.get(&deliveries).await.json(200)["data"], json!([]));
    app.patch("/api/v1/app/acme", json!({"webhooksEnabled": null})).await.json(200);
    let sent = app.message("acme", "a.b").await;
    let requests = app.network.sent(1).await;
    assert_eq!(crate::app::header(&requests[0], "webhook-id").unwrap(), sent);
    assert_eq!(app.get(&deliveries).await.json(200)["data"], json!([]), "switching on brings nothing back");
    app.clock.advance(Duration::from_secs(1)).await;
    let since = json!({"since": "2026-11-21T00:00:00Z"});
    app.post(&format!("/api/v1/app/acme/endpoint/{endpoint}/recover"), since).await.json(202);
    let again = app.network.sent(2).await;
    assert_eq!(crate::app::header(&again[1], "webhook-id").unwrap(), lost, "asked for by hand it goes out");
}

#[tokio::test(start_paused = true)]
async fn jof_an_example_sent_by_hand_goes_out_though_webhooks_are_off() {
    let app = TestApp::start().await;
    app.post("/api/v1/app", json!({"name": "A", "uid": "acme", "webhooksEnabled": false})).await.json(201);
    let endpoint = app.endpoint("acme", json!({})).await;
    let example = format!("/api/v1/app/acme/endpoint/{endpoint}/send-example");
    app.post(&example, json!({"eventType": "svix.ping"})).await.json(200);
    app.network.sent(1).await;
}
